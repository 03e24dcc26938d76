//! The page in a real browser.

use std::time::Duration;

use fantoccini::key::Key;
use fantoccini::{Client, Locator};
use serde_json::{Value, json};

use crate::browser::{Driver, Looks};
use crate::fixture::{HORIZON, MODEL, Registry, trained};
use crate::running::Running;

const WITHIN: Duration = Duration::from_secs(60);
const WIDE: Looks = Looks { width: 1280, height: 1000 };
const NARROW: Looks = Looks { width: 500, height: 900 };

async fn see(browser: &Client, selector: &str) -> fantoccini::elements::Element {
    let found = browser.wait().at_most(WITHIN).for_element(Locator::Css(selector)).await;
    found.unwrap_or_else(|error| panic!("{selector}: {error}"))
}

async fn text(browser: &Client, selector: &str) -> String {
    see(browser, selector).await.text().await.unwrap()
}

async fn run(browser: &Client, script: &str) -> Value {
    browser.execute(script, Vec::new()).await.unwrap()
}

/// Waits until a script says true.
async fn until(browser: &Client, script: &str) {
    let began = std::time::Instant::now();
    while run(browser, script).await != json!(true) {
        assert!(began.elapsed() < WITHIN, "still not: {script}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Whether something of a colour that nothing else has was drawn.
const FAN_IS_DRAWN: &str = "
    const canvas = document.querySelector('#chart canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let drawn = 0;
    for (let at = 0; at < data.length; at += 4) {
        const [red, , blue, alpha] = data.slice(at, at + 4);
        if (alpha > 40 && red > blue + 60) drawn += 1;
    }
    return drawn;";

#[tokio::test]
async fn a_series_is_found_and_its_forecast_is_what_the_api_says() {
    let registry = Registry::with(&trained().ridge).await;
    let server = Running::ready(&registry).await;
    let driver = Driver::start();
    let browser = driver.open(WIDE).await;
    browser.goto(&server.url).await.unwrap();
    see(&browser, "body[data-ready='1']").await;

    let all = trained().series();
    let options = browser.find_all(Locator::Css("#series [role=option]")).await.unwrap();
    assert_eq!(options.len(), all.len());
    assert_eq!(text(&browser, "#found").await, format!("{} series", all.len()));

    // Found by words and chosen by keys alone.
    let wanted = &all[4];
    let [boutique, product] = ["boutique", "product"].map(|name| wanted[name].as_str().unwrap());
    browser.active_element().await.unwrap().send_keys("/").await.unwrap();
    let search = browser.active_element().await.unwrap();
    assert_eq!(search.attr("id").await.unwrap().as_deref(), Some("query"));
    search.send_keys(&format!("{} {}", product.to_uppercase(), boutique)).await.unwrap();
    until(&browser, "return document.querySelectorAll('#series [role=option]').length === 1").await;
    search.send_keys(&Key::Down.to_string()).await.unwrap();
    search.send_keys(&Key::Enter.to_string()).await.unwrap();
    let title = format!("{boutique} / {product}");
    until(&browser, "return document.querySelector('#chart-section').ariaBusy === 'false'").await;
    assert_eq!(text(&browser, "#chart-title").await, title);
    assert_eq!(text(&browser, "#series [aria-selected=true]").await, title);

    let answer = server.ask(&json!({"series": [wanted]})).await.json();
    let forecast = &answer["forecasts"][0];
    assert!(run(&browser, FAN_IS_DRAWN).await.as_u64().unwrap() > 500, "there is no fan");
    assert_eq!(see(&browser, "#chart").await.attr("data-bands").await.unwrap().as_deref(), Some("1"));
    legend_says(&browser, forecast, 0).await;
    // Along the chart with the arrow keys.
    see(&browser, "#chart").await.send_keys(&Key::Right.to_string()).await.unwrap();
    legend_says(&browser, forecast, 1).await;
    assert!(text(&browser, "#readout .when").await.contains("2 Dec 2025"));
    let lines = browser.find_all(Locator::Css("#numbers-body tr")).await.unwrap();
    assert_eq!(lines.len(), HORIZON);

    // Chosen by hand, and found again by its address.
    see(&browser, "#query").await.send_keys(&Key::Escape.to_string()).await.unwrap();
    until(
        &browser,
        &format!("return document.querySelectorAll('#series [role=option]').length === {}", all.len()),
    )
    .await;
    see(&browser, "#series-0").await.click().await.unwrap();
    until(&browser, "return document.querySelector('#series-0').ariaSelected === 'true'").await;
    let address = browser.current_url().await.unwrap();
    browser.goto("about:blank").await.unwrap();
    browser.goto(address.as_str()).await.unwrap();
    see(&browser, "body[data-ready='1']").await;
    assert_eq!(text(&browser, "#chart-title").await, text(&browser, "#series-0").await);

    assert_eq!(driver.console(&browser).await, [""; 0]);
    browser.close().await.unwrap();
}

/// The values above the chart, against a step of the API's answer.
async fn legend_says(browser: &Client, forecast: &Value, step: usize) {
    let script = "return Object.fromEntries([...document.querySelectorAll('#readout data')]
        .map((data) => [data.dataset.quantile ?? 'mean', [Number(data.value), data.textContent]]));";
    let shown = run(browser, script).await;
    let expected = |name: &str| {
        let values = if name == "mean" { &forecast["mean"] } else { &forecast["quantiles"][name] };
        values[step].as_f64().unwrap()
    };
    for name in ["mean", "0.1", "0.5", "0.9"] {
        assert_eq!(shown[name][0].as_f64(), Some(expected(name)), "{name} at {step}: {shown}");
        assert!(
            shown[name][1].as_str().unwrap().chars().all(|c| c.is_ascii_digit() || ".,".contains(c)),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn the_model_card_and_its_accuracy_are_shown() {
    let registry = Registry::with(&trained().ridge).await;
    let server = Running::ready(&registry).await;
    let driver = Driver::start();
    let browser = driver.open(NARROW).await;
    browser.goto(&server.url).await.unwrap();
    see(&browser, "body[data-ready='1']").await;
    let (info, metrics) = (server.get("/model/info").await.json(), server.get("/model/metrics").await.json());
    let card = text(&browser, "#card").await;
    let facts = [
        format!("{MODEL}, version 1"),
        "production".to_owned(),
        "ridge".to_owned(),
        format!("sales, daily, up to {HORIZON} steps ahead"),
        "2026-01-02 03:04 UTC".to_owned(),
        "to 30 Nov 2025".to_owned(),
        info["run_id"].as_str().unwrap().to_owned(),
        "price, promotion, holiday".to_owned(),
    ];
    for fact in facts {
        assert!(card.contains(&fact), "{fact}: {card}");
    }
    let headline = text(&browser, "#headline").await;
    for name in ["champion", "baseline"] {
        let wape = format!("{:.1} %", metrics[name]["metrics"]["wape"].as_f64().unwrap() * 100.0);
        assert!(headline.contains(&wape), "{wape}: {headline}");
    }
    assert!(text(&browser, "#importance").await.contains(info["importance"][0]["feature"].as_str().unwrap()));
    // Nothing sticks out of a narrow page.
    let overflow = "return document.documentElement.scrollWidth - document.documentElement.clientWidth;";
    assert_eq!(run(&browser, overflow).await, json!(0));
    browser.goto(&format!("{}/docs#unknown_series", server.url)).await.unwrap();
    see(&browser, "body[data-ready='true']").await;
    assert!(text(&browser, "#codes").await.contains("unknown_series"));
    assert!(text(&browser, "#operations").await.contains("/forecast"));
    // What a reader copies is answered.
    let example = text(&browser, "#example").await;
    let question = example.split_once("-d '").and_then(|(_, rest)| rest.split_once("' http")).unwrap().0;
    let reply = server.ask_text(question.to_owned()).await;
    assert_eq!(reply.status, 200, "{example}: {}", reply.text);
    assert_eq!(driver.console(&browser).await, [""; 0]);
    browser.close().await.unwrap();
}

#[tokio::test]
async fn a_page_without_a_model_says_why_and_fills_itself_when_there_is_one() {
    let registry = Registry::empty();
    let server = Running::start(&registry);
    server.until("/health", |reply| reply.text.contains("forecast-train")).await;
    let driver = Driver::start();
    let browser = driver.open(WIDE).await;
    browser.goto(&server.url).await.unwrap();
    until(&browser, "return !document.querySelector('#waiting').hidden").await;
    let reason = text(&browser, "#waiting").await;
    assert!(reason.contains("Waiting for a model") && reason.contains("forecast-train"), "{reason}");
    assert!(!see(&browser, "#main").await.is_displayed().await.unwrap());
    let version = registry.register(&trained().naive).await;
    registry.promote(version).await;
    see(&browser, "body[data-ready='1']").await;
    assert!(!see(&browser, "#waiting").await.is_displayed().await.unwrap());
    assert!(text(&browser, "#model-badge").await.contains(MODEL));
    assert_eq!(driver.console(&browser).await, [""; 0]);
    browser.close().await.unwrap();
}
