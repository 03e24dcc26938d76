//! Alerts, dashboards and autoscalers ask for metrics that the server exports.

use super::super::finding::Report;
use super::super::rule::{Project, Rule, RuleGroup};
use super::super::yaml::Node;
use crate::contract::Metric;

pub(super) const GROUP: RuleGroup = RuleGroup {
    title: "Monitoring",
    rules: &[
        Rule {
            id: "metric",
            holds: "Every metric of the server that a rule or dashboard asks for is exported.",
            check: metric,
        },
        Rule {
            id: "metric-label",
            holds: "Labels that queries ask for are carried by the metric.",
            check: label,
        },
        Rule {
            id: "recorded",
            holds: "Every recorded series that is asked for is recorded.",
            check: recorded,
        },
    ],
};

/// How the names of our metrics begin.
const OURS: [&str; 3] = ["http_server_", "forecast_", "process_"];

/// Labels that come from scraping, not from the server.
const SCRAPED: [&str; 10] = [
    "job",
    "namespace",
    "pod",
    "instance",
    "container",
    "service",
    "endpoint",
    "node",
    "exported_job",
    "cluster",
];

/// A query with the place of each of its lines.
struct Query<'a> {
    node: &'a Node,
    text: &'a str,
}

fn queries(project: &Project) -> Vec<Query<'_>> {
    let mut queries = Vec::new();
    let files = project.tree.under("deploy/").filter(|file| !file.path.starts_with(crate::contract::FOLDER));
    for document in files.flat_map(|file| &file.documents) {
        document.walk("", &mut |key, node| {
            if let Some(text) =
                node.text().filter(|_| ["expr", "query", "metricsQuery", "seriesQuery"].contains(&key))
            {
                queries.push(Query { node, text });
            }
        });
    }
    queries
}

impl Query<'_> {
    /// The place of the line of a query at an offset in its text.
    fn place(&self, offset: usize) -> super::super::finding::Place {
        let mut place = self.node.place.clone();
        if self.text.contains('\n') {
            place.line += self.text[..offset].matches('\n').count();
        }
        place
    }

    /// Names in the query with their offsets, texts in quotes left out.
    fn names(&self) -> Vec<(usize, &str)> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        let mut names = Vec::new();
        let (mut quoted, mut start) = (false, None);
        for (at, c) in self.text.char_indices().chain([(self.text.len(), ' ')]) {
            if !quoted && is_part(c) {
                start.get_or_insert(at);
            } else if let Some(from) = start.take() {
                names.push((from, &self.text[from..at]));
            }
            if c == '"' {
                quoted = !quoted;
            }
        }
        names
    }
}

fn metrics(project: &Project) -> &[Metric] {
    let contract = project.tree.contract("forecast-api");
    contract
        .and_then(|contract| contract.http.as_ref())
        .map(|http| http.metrics.as_slice())
        .unwrap_or_default()
}

/// The family that a series belongs to.
fn family<'a>(metrics: &'a [Metric], series: &str) -> Option<&'a Metric> {
    metrics.iter().find(|metric| {
        let suffix = series.strip_prefix(metric.name.as_str());
        match metric.kind.as_str() {
            "histogram" => suffix.is_some_and(|suffix| ["_bucket", "_sum", "_count"].contains(&suffix)),
            _ => suffix == Some(""),
        }
    })
}

fn metric(project: &Project, report: &mut Report) {
    let metrics = metrics(project);
    for query in queries(project) {
        let labels: Vec<&str> =
            metrics.iter().flat_map(|metric| &metric.labels).map(String::as_str).collect();
        for (offset, name) in query.names() {
            let is_ours = OURS.iter().any(|prefix| name.starts_with(prefix)) && !name.contains(':');
            if !is_ours || labels.contains(&name) || family(metrics, name).is_some() {
                continue;
            }
            let nearest = metrics.iter().min_by_key(|metric| strsim::levenshtein(&metric.name, name));
            let remedy =
                nearest.map_or_else(String::new, |metric| format!("ask for {}, or export it", metric.name));
            report.add(&query.place(offset), format!("the server exports no {name}"), remedy);
        }
    }
}

fn label(project: &Project, report: &mut Report) {
    let metrics = metrics(project);
    for query in queries(project) {
        for (offset, name) in query.names() {
            let Some(metric) = family(metrics, name) else { continue };
            let rest = &query.text[offset + name.len()..];
            let Some(selector) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) else {
                continue;
            };
            for part in selector.0.split(',') {
                let label = part.trim().split(['=', '!']).next().unwrap_or_default();
                let is_plain =
                    !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                if is_plain && !SCRAPED.contains(&label) && !metric.labels.iter().any(|known| known == label)
                {
                    let at = offset + name.len() + selector.0.find(label).unwrap_or_default();
                    let message = format!("{name} has no label {label}");
                    report.add(&query.place(at), message, format!("use one of {}", metric.labels.join(", ")));
                }
            }
        }
    }
}

fn recorded(project: &Project, report: &mut Report) {
    let mut recorded: Vec<String> = Vec::new();
    for document in project.tree.under("deploy/").flat_map(|file| &file.documents) {
        document.walk("", &mut |key, node| {
            if key == "record" {
                recorded.extend(node.text().map(str::to_owned));
            }
        });
    }
    for query in queries(project) {
        for (offset, name) in query.names().into_iter().filter(|(_, name)| name.starts_with("forecast:")) {
            if !recorded.iter().any(|known| known == name) {
                let nearest = recorded.iter().min_by_key(|known| strsim::levenshtein(known, name));
                let remedy = nearest.map_or("record it in rules.yaml".to_owned(), |known| {
                    format!("use {known}, or record it")
                });
                report.add(&query.place(offset), format!("nothing records {name}"), remedy);
            }
        }
    }
}
