//! Every kind of request that is refused, and what its sender reads. docs/bad-input.md shows the same.

use forecast_testkit::docs::check_section;
use reqwest::RequestBuilder;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::fixture::{HORIZON, Registry, trained};
use crate::running::{Reply, Running};

/// A refused request.
struct Case {
    name: &'static str,
    /// The request as a reader should see it.
    shown: String,
    request: RequestBuilder,
    status: u16,
    code: &'static str,
}

/// Makes requests to a server.
struct Maker<'a> {
    server: &'a Running,
    cases: Vec<Case>,
}

impl Maker<'_> {
    /// `POST /forecast` with any text.
    fn text(&mut self, name: &'static str, body: &str, expected: (u16, &'static str)) {
        self.post(name, (body.trim(), body), expected);
    }

    /// `POST /forecast` with a JSON value.
    fn json(&mut self, name: &'static str, body: &Value, expected: (u16, &'static str)) {
        self.post(name, (&shortened(body), &body.to_string()), expected);
    }

    fn post(&mut self, name: &'static str, (shown, body): (&str, &str), (status, code): (u16, &'static str)) {
        let request = self.server.request("POST", "/forecast").header(CONTENT_TYPE, "application/json");
        let shown = format!("POST /forecast {shown}").trim_end().to_owned();
        self.cases.push(Case { name, shown, request: request.body(body.to_owned()), status, code });
    }

    fn get(&mut self, name: &'static str, path: &str, expected: (u16, &'static str)) {
        self.other(name, (&format!("GET {path}"), self.server.request("GET", path)), expected);
    }

    /// Any request, with what a reader should see of it.
    fn other(
        &mut self,
        name: &'static str,
        (shown, request): (&str, RequestBuilder),
        (status, code): (u16, &'static str),
    ) {
        self.cases.push(Case { name, shown: shown.to_owned(), request, status, code });
    }
}

/// A body in which rows that are as good as any other are counted rather than shown.
fn shortened(body: &Value) -> String {
    let mut body = body.clone();
    let series = trained().series();
    for (field, most) in [("series", 3), ("future", 1), ("history", 1)] {
        let Some(rows) = body.get_mut(field).and_then(Value::as_array_mut) else { continue };
        let good: Vec<Value> = match field {
            "future" => series.iter().flat_map(|key| trained().future_of(key)).collect(),
            "history" => series.iter().flat_map(|key| trained().history_of(key, 60)).collect(),
            _ => Vec::new(),
        };
        let (dull, telling): (Vec<Value>, Vec<Value>) = rows.drain(..).partition(|row| good.contains(row));
        let left = dull.len() + telling.len().saturating_sub(most);
        rows.extend(telling.into_iter().take(most));
        if left > 0 {
            rows.push(json!(format!("… {left} more …")));
        }
    }
    let mut text = body.to_string();
    if let Some((end, _)) = text.char_indices().nth(300) {
        text.truncate(end);
        text.push('…');
    }
    text
}

fn body_cases(make: &mut Maker<'_>) {
    let series = &trained().series()[0];
    make.text("an empty body", "", (400, "bad_json"));
    make.text("not JSON", "series=Paris", (400, "bad_json"));
    make.text("a comma too many", "{\n  \"series\": [],\n}", (400, "bad_json"));
    make.text("a body that stops half-way", "{\"series\": [{\"bou", (400, "bad_json"));
    make.text("two objects", "{} {}", (400, "bad_json"));
    make.json("a list where an object should be", &json!([series]), (422, "wrong_type"));
    make.json("an unknown field", &json!({"series": [series], "horizont": 7}), (422, "unknown_field"));
    let long = json!({"series": [series], "future": vec![json!({"note": "x".repeat(1_000)}); 300]});
    make.json("a body that is too large", &long, (413, "body_too_large"));
    let text = json!({"series": [series]}).to_string();
    let post = |media: &str| make.server.request("POST", "/forecast").header(CONTENT_TYPE, media);
    let (form, brotli) = (post("application/x-www-form-urlencoded"), post("application/json"));
    let shown = "POST /forecast with content-type: application/x-www-form-urlencoded";
    make.other("another media type", (shown, form.body(text.clone())), (415, "unsupported_media_type"));
    let shown = "POST /forecast with content-encoding: br";
    let brotli = brotli.header("content-encoding", "br").body(text.clone());
    make.other("another compression", (shown, brotli), (415, "unsupported_media_type"));
    let torn = post_torn(make.server);
    let shown = "POST /forecast with content-encoding: gzip, and something else";
    make.other("a compressed body that is not", (shown, torn), (400, "bad_body"));
}

fn post_torn(server: &Running) -> RequestBuilder {
    let request = server.request("POST", "/forecast").header(CONTENT_TYPE, "application/json");
    request.header("content-encoding", "gzip").body("not gzip at all")
}

fn series_cases(make: &mut Maker<'_>) {
    let series = trained().series();
    let first = &series[0];
    let mistyped = |name: &str| {
        let mut mistyped = first.clone();
        mistyped[name] = format!("{}x", first[name].as_str().unwrap()).into();
        mistyped
    };
    make.json("no series", &json!({"horizon": 7}), (422, "missing_field"));
    make.json("an empty list of series", &json!({"series": []}), (422, "out_of_range"));
    make.json("series that are no list", &json!({"series": first}), (422, "wrong_type"));
    make.json("a series that is no object", &json!({"series": ["Paris"]}), (422, "wrong_type"));
    make.json("a key column is missing", &json!({"series": [{"boutique": "Paris"}]}), (422, "missing_field"));
    let misnamed = json!({"series": [{"boutique": "Paris", "item": "1"}]});
    make.json("a key column has another name", &misnamed, (422, "invalid_request"));
    let wrong = json!({"series": [{"boutique": true, "product": ["1"]}]});
    make.json("keys of the wrong type", &wrong, (422, "wrong_type"));
    make.json("an unknown series", &json!({"series": [mistyped("product")]}), (404, "unknown_series"));
    let several = json!({"series": [mistyped("product"), first, mistyped("boutique")]});
    make.json("several unknown series", &several, (404, "unknown_series"));
    make.json("a series twice", &json!({"series": [first, series[1], first]}), (422, "duplicate_series"));
    let many: Vec<Value> = (0..21).map(|n| json!({"boutique": "b", "product": n})).collect();
    make.json("too many series", &json!({ "series": many }), (422, "too_many_series"));
}

fn option_cases(make: &mut Maker<'_>) {
    let series = &trained().series()[0];
    let mut horizon = |name, value: Value, code| {
        make.json(name, &json!({"series": [series], "horizon": value}), (422, code));
    };
    horizon("a horizon of nothing", json!(0), "out_of_range");
    horizon("a horizon in the past", json!(-7), "out_of_range");
    horizon("a horizon with a fraction", json!(1.5), "wrong_type");
    horizon("a horizon in words", json!("28 days"), "wrong_type");
    horizon("a horizon longer than the model's", json!(HORIZON + 1), "horizon_too_long");
    horizon("a horizon beyond all bounds", json!(1e300), "out_of_range");
    let mut quantiles = |name, value: Value, code| {
        make.json(name, &json!({"series": [series], "quantiles": value}), (422, code));
    };
    quantiles("a quantile that is none", json!([0.5, 1.5]), "out_of_range");
    quantiles("quantiles in percent", json!([10, 50, 90]), "out_of_range");
    quantiles("a quantile beyond those calibrated", json!([0.5, 0.9999]), "quantile_out_of_range");
    quantiles("a quantile twice", json!([0.5, 0.5]), "out_of_range");
    quantiles("quantiles in words", json!(["median"]), "wrong_type");
    quantiles("a single quantile", json!(0.5), "wrong_type");
}

fn future_cases(make: &mut Maker<'_>) {
    let all = trained().series();
    let series = &all[0];
    let rows = trained().future_of(series);
    let mut future = |name, rows: Value, code| {
        make.json(name, &json!({"series": [series], "future": rows}), (422, code));
    };
    future("future rows that are no list", json!({"price": 1}), "wrong_type");
    future("a future row that is no object", json!(["2025-12-01"]), "wrong_type");
    future("a cell that is a list", json!([{"date": ["2025-12-01"]}]), "wrong_type");
    let changed = |row: usize, column: &str, value: Value| {
        let mut rows = rows.clone();
        rows[row][column] = value;
        json!(rows)
    };
    let without = |column: &str| {
        let mut rows = rows.clone();
        rows.iter_mut().for_each(|row| drop(row.as_object_mut().unwrap().remove(column)));
        json!(rows)
    };
    future("a price in words", changed(3, "price", json!("cheap")), "invalid_future");
    future("a date that is none", changed(3, "date", json!("2025-13-01")), "invalid_future");
    future("a future column is missing", without("price"), "invalid_future");
    future("a key column of the rows is missing", without("product"), "invalid_future");
    future("a future value is empty", changed(3, "price", Value::Null), "missing_future");
    future("the future stops before the horizon", json!(rows[..10]), "missing_future");
    future("the future begins too late", json!(rows[2..]), "missing_future");
    let mut holed = rows.clone();
    holed.remove(5);
    future("a day of the future is missing", json!(holed), "missing_future");
    future("a day of the future twice", json!([rows.clone(), rows[..1].to_vec()].concat()), "invalid_future");
    let foreign = [rows.clone(), trained().future_of(&all[1])].concat();
    future("future rows of a series that is not asked for", json!(foreign), "invalid_future");
    let both = json!({"series": [series, all[1]], "future": rows});
    make.json("future rows of one series of two", &both, (422, "missing_future"));
}

fn history_cases(make: &mut Maker<'_>) {
    let all = trained().series();
    let series = &all[0];
    let (rows, future) = (trained().history_of(series, 60), trained().future_of(series));
    let mut history = |name, rows: Value, code| {
        make.json(name, &json!({"history": rows, "series": [series], "future": future}), (422, code));
    };
    let changed = |row: usize, column: &str, value: Value| {
        let mut rows = rows.clone();
        rows[row][column] = value;
        json!(rows)
    };
    history("sales in words", changed(7, "sales", json!("many")), "invalid_history");
    history(
        "a day of the history twice",
        json!([rows.clone(), rows[..1].to_vec()].concat()),
        "invalid_history",
    );
    history(
        "a day with the wrong distance",
        changed(7, "date", json!("2025-11-01T12:30:00")),
        "invalid_history",
    );
    let foreign = [rows.clone(), trained().history_of(&all[1], 3)].concat();
    history("history of a series that is not asked for", json!(foreign), "invalid_history");
    let mut bare = rows.clone();
    bare.iter_mut().for_each(|row| drop(row.as_object_mut().unwrap().remove("sales")));
    history("history without sales", json!(bare), "invalid_history");
    let many: Vec<Value> = (0..1_001).map(|_| json!({})).collect();
    history("too many rows of history", json!(many), "too_many_rows");
    let bare = json!({"history": rows, "series": [series]});
    make.json("history without the days ahead", &bare, (422, "missing_future"));
}

fn path_cases(make: &mut Maker<'_>) {
    make.get("an unknown path", "/forecasts", (404, "not_found"));
    make.get("a method that the path does not know", "/forecast", (405, "method_not_allowed"));
    let delete = make.server.request("DELETE", "/model/info");
    make.other("another method", ("DELETE /model/info", delete), (405, "method_not_allowed"));
    make.get("an unknown parameter", "/series?q=scarf", (400, "bad_parameter"));
    make.get("a limit that is none", "/series?limit=all", (400, "bad_parameter"));
    make.get("a history without its key", "/series/history?boutique=Paris", (400, "bad_parameter"));
    make.get("a history of nothing", "/series/history?boutique=Paris&product=1", (404, "unknown_series"));
    let wrong = "/series/history?boutique=Paris&product=1&date=2025-12-01";
    make.get("a key column that is none", wrong, (400, "bad_parameter"));
}

fn many_at_once(make: &mut Maker<'_>) {
    let series = trained().series();
    let body =
        json!({"series": [series[0], {"boutique": 7}], "horizon": 0, "quantiles": [0.5, 2], "futur": []});
    make.json("all faults at once", &body, (422, "invalid_request"));
}

/// What the sender reads, without what differs from request to request.
fn told(case: &Case, reply: &Reply) -> String {
    let problem = reply.json();
    assert_eq!(problem["request_id"], reply.header("x-request-id"), "{}", case.name);
    assert_eq!(problem["type"], format!("/docs#{}", problem["code"].as_str().unwrap()));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let first = format!("{} {}: {}", reply.status, text(&problem["code"]), text(&problem["detail"]));
    let mut lines = vec![format!("# {}", case.name), case.shown.clone(), first];
    for fault in problem["errors"].as_array().into_iter().flatten() {
        let place = fault["pointer"].as_str().unwrap_or("-");
        let place = if place.is_empty() { "the whole body" } else { place };
        lines.push(match fault["detail"] == problem["detail"] {
            true => format!("  at {place} ({})", text(&fault["code"])),
            false => format!("  at {place} ({}): {}", text(&fault["code"]), text(&fault["detail"])),
        });
    }
    lines.join("\n")
}

#[tokio::test]
async fn every_refused_request_is_described_to_its_sender() {
    let registry = Registry::with(&trained().ridge).await;
    let server = Running::ready(&registry).await;
    let mut make = Maker { server: &server, cases: Vec::new() };
    body_cases(&mut make);
    series_cases(&mut make);
    option_cases(&mut make);
    future_cases(&mut make);
    history_cases(&mut make);
    path_cases(&mut make);
    many_at_once(&mut make);
    let (mut texts, mut surprises) = (Vec::new(), Vec::new());
    for case in &make.cases {
        let reply = server.send(case.request.try_clone().unwrap()).await;
        let code = reply.json()["code"].clone();
        if (reply.status, code.as_str()) != (case.status, Some(case.code)) {
            surprises.push(format!("{}, not {} {}: {}", case.name, case.status, case.code, reply.text));
        }
        if reply.status >= 400 {
            assert_eq!(reply.header("content-type"), "application/problem+json", "{}", case.name);
            texts.push(told(case, &reply));
        }
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n\n"));
    let text = texts.join("\n\n");
    let section = format!("{} kinds.\n\n```text\n{text}\n```", texts.len());
    check_section("docs/bad-input.md", "refused requests", &section).unwrap();
}

#[tokio::test]
async fn a_missing_future_names_series_date_and_column() {
    let registry = Registry::with(&trained().ridge).await;
    let server = Running::ready(&registry).await;
    let series = &trained().series()[0];
    let mut rows = trained().future_of(series);
    rows[4]["price"] = Value::Null;
    let problem = server.ask(&json!({"series": [series], "future": rows})).await.json();
    let fault = &problem["errors"][0];
    let key = format!("{}/{}", series["boutique"].as_str().unwrap(), series["product"].as_str().unwrap());
    assert_eq!(
        (fault["series"].as_str(), fault["date"].as_str(), fault["column"].as_str()),
        (Some(key.as_str()), Some("2025-12-05"), Some("price")),
        "{problem}"
    );
    assert_eq!(
        (problem["code"].as_str(), fault["pointer"].as_str()),
        (Some("missing_future"), Some("/future"))
    );
}

#[tokio::test]
async fn without_a_model_every_question_is_answered_with_the_reason() {
    let registry = Registry::empty();
    let server = Running::start(&registry);
    server.until("/health", |reply| reply.text.contains("forecast-train")).await;
    let ask = server.ask(&json!({"series": [trained().series()[0]]})).await;
    let mut replies = vec![ask];
    for path in ["/health/ready", "/model/info", "/model/metrics", "/series", "/series/history"] {
        replies.push(server.get(path).await);
    }
    for reply in replies {
        let problem = reply.json();
        assert_eq!((reply.status, problem["code"].as_str()), (503, Some("no_model")), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains("there is no MLflow store at"));
        assert_eq!(reply.header("retry-after"), "5");
    }
}
