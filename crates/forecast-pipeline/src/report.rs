//! `report.html`: one self-contained page about a run, for somebody who never saw the code.
//!
//! No script, no font, no image from elsewhere: the page can be mailed, printed and kept. Numbers
//! come from the backtest report as they are; nothing is computed here that the run did not measure,
//! except which series to show.

mod caution;
mod chart;
mod fans;
mod features;
mod intervals;
mod overview;
mod words;

use askama::Template;
use forecast_core::Frequency;
use forecast_features::ingest::Severity;
use forecast_model::artifact::ArtifactInfo;
use forecast_model::{CalibrationCheck, Family, ModelResult};

use crate::config::TrainingConfig;
use crate::error::TrainingError;
use crate::record::skill;
use crate::steps::Fitted;
use chart::{Axis, Chart, Line, Role, Scale, quantity};
use words::{counted, percent, period_range, signed_percent, steps_word, unit};

/// Inputs listed by name; the rest is counted.
const MOST_IMPORTANCES: usize = 15;

/// The page and its first sentence.
pub(crate) struct Page {
    pub(crate) html: String,
    pub(crate) headline: String,
}

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage {
    target: String,
    title: String,
    subtitle: String,
    headline: String,
    cards: Vec<Fact>,
    data_sentence: String,
    total_chart: String,
    findings: Vec<Finding>,
    backtest_sentence: String,
    leaderboard: Vec<BoardRow>,
    windows: Vec<WindowRow>,
    champion: String,
    has_baseline: bool,
    horizon_sentence: String,
    steps_label: String,
    horizon_chart: String,
    levels: Vec<LevelRow>,
    coverage_sentence: String,
    coverage_note: String,
    importance: Vec<ImportanceBar>,
    importance_more: usize,
    fans_sentence: String,
    has_bands: bool,
    band_label: String,
    fans: Vec<fans::Fan>,
    footer: Vec<Fact>,
}

/// A value with its label.
struct Fact {
    label: String,
    value: String,
}

struct Finding {
    severity: String,
    message: String,
    count: String,
    example: String,
    remedy: String,
}

struct BoardRow {
    model: String,
    champion: bool,
    wape: String,
    versus: String,
    /// Style class: whether it beats seasonal naive.
    tone: &'static str,
    mae: String,
    rmse: String,
    mase: String,
    rmsse: String,
    bias: String,
    fit: String,
}

struct WindowRow {
    dates: String,
    champion: String,
    baseline: String,
}

struct LevelRow {
    level: String,
    coverage: String,
    off: String,
    pinball: String,
}

struct ImportanceBar {
    meaning: String,
    name: String,
    width: String,
    share: String,
}

/// Makes the page.
pub(crate) fn page(
    fitted: &Fitted,
    config: &TrainingConfig,
    about: &ArtifactInfo,
) -> Result<Page, TrainingError> {
    let (report, quality) = (&fitted.report, &fitted.ingested.quality);
    let champion = fitted.champion();
    let baseline = report.model(Family::SeasonalNaive).filter(|model| model.family != champion.family);
    let frequency = quality.frequency;
    let headline = caution::cautioned(headline(fitted, baseline), champion, baseline);
    let fans = fans::fans(fitted)?;
    let (importance, importance_more) = importance(fitted);
    let steps = config.horizon().steps();
    let page = ReportPage {
        target: config.table.target.clone(),
        title: format!("{} {} ahead", steps, steps_word(frequency, steps)),
        subtitle: format!(
            "Trained on {} to {} · {} · champion: {}",
            quality.first,
            quality.last,
            counted(quality.series, "series", "series"),
            champion.family
        ),
        headline: headline.clone(),
        cards: cards(fitted),
        data_sentence: overview::sentence(quality),
        total_chart: overview::total_chart(&fitted.ingested.panel)?,
        findings: quality.findings.iter().map(finding).collect(),
        backtest_sentence: backtest_sentence(fitted),
        leaderboard: report.models.iter().map(|model| board_row(model, fitted)).collect(),
        windows: windows(fitted, baseline),
        champion: champion.family.to_string(),
        has_baseline: baseline.is_some(),
        horizon_sentence: horizon_sentence(champion, frequency),
        steps_label: steps_word(frequency, 2).to_owned(),
        horizon_chart: horizon_chart(champion, baseline)?,
        levels: levels(champion),
        coverage_sentence: coverage_sentence(champion),
        coverage_note: match report.calibration {
            CalibrationCheck::LeaveOneWindowOut => {
                "Measured honestly: the ranges of each window were set with the errors of the other windows only. \
                 Where much of what happened is exactly 0, the lower bound is 0 as well and covers more than it \
                 is meant to, because no forecast of a quantity lies below 0."
            }
            CalibrationCheck::SameWindow => {
                "There was one backtest window only, so ranges were set and measured on the same errors: expect \
                 them to hold less well. Use two windows or more for an honest figure."
            }
        }
        .to_owned(),
        importance,
        importance_more,
        fans_sentence: fans::sentence(fitted, fans.len()),
        has_bands: fans.iter().any(|fan| fan.has_band),
        band_label: fans::band_label(&report.levels),
        fans,
        footer: footer(fitted, config, about),
    };
    let html = page.render().map_err(|error| TrainingError::Report(error.to_string()))?;
    Ok(Page { html, headline })
}

/// The result in plain words.
fn headline(fitted: &Fitted, baseline: Option<&ModelResult>) -> String {
    let champion = fitted.champion();
    let (name, error) = (champion.family, champion.overall.wape);
    if !error.is_finite() {
        return format!(
            "{name} did best in the backtest; no share of error can be given, because nothing was sold."
        );
    }
    let off = format!("{:.1}", 100.0 * error);
    let season = words::season(fitted.ingested.quality.frequency);
    match (baseline, skill(&fitted.report, champion)) {
        (Some(baseline), Some(saved)) => {
            let naive = 100.0 * baseline.overall.wape;
            let verdict = if saved > 0.005 {
                format!("the error falls by {}", percent(saved, 0))
            } else if saved > -0.005 {
                "there is no gain".to_owned()
            } else {
                format!("that would be better by {}", percent(-saved, 0))
            };
            format!(
                "Of every 100 units sold, {name} is off by {off}; repeating {season} (seasonal naive) would be off \
                 by {naive:.1}: {verdict}."
            )
        }
        _ => format!(
            "Of every 100 units sold, {name} is off by {off}; no other model of the backtest did better."
        ),
    }
}

fn cards(fitted: &Fitted) -> Vec<Fact> {
    let champion = fitted.champion();
    let mut cards = vec![Fact {
        label: "of sales is the error (WAPE)".to_owned(),
        value: percent(champion.overall.wape, 1),
    }];
    if let Some(saved) = skill(&fitted.report, champion).filter(|_| champion.family != Family::SeasonalNaive)
    {
        cards.push(Fact {
            label: "error against seasonal naive".to_owned(),
            value: signed_percent(-saved, 0),
        });
    }
    cards.push(Fact {
        label: "bias: too high (+) or low (−)".to_owned(),
        value: signed_percent(champion.overall.bias, 1),
    });
    if let Some((_, high)) = outer(champion) {
        let label = format!("of values stayed below the upper bound (meant: {})", percent(high.level, 0));
        cards.push(Fact { label, value: percent(high.coverage, 0) });
    }
    cards.push(Fact { label: "series".to_owned(), value: words::grouped(fitted.ingested.quality.series) });
    cards
}

/// The lowest and highest quantile, where there are two.
fn outer(
    model: &ModelResult,
) -> Option<(forecast_model::QuantileAccuracy, forecast_model::QuantileAccuracy)> {
    match model.quantiles.as_slice() {
        [first, .., last] => Some((*first, *last)),
        _ => None,
    }
}

fn finding(problem: &forecast_features::ingest::Problem) -> Finding {
    let remedy = if problem.severity > Severity::Info { problem.remedy.clone() } else { String::new() };
    Finding {
        severity: problem.severity.to_string(),
        message: problem.message.clone(),
        count: words::grouped(problem.count),
        example: problem.example.to_string(),
        remedy,
    }
}

fn backtest_sentence(fitted: &Fitted) -> String {
    let report = &fitted.report;
    let frequency = fitted.ingested.quality.frequency;
    let steps = report.windows.first().map_or(0, |window| window.horizon.steps());
    format!(
        "Each model forecast the last {} of {} {} without having seen {}, and was compared with what happened. \
         The champion has the lowest {}.",
        counted(report.windows.len() as u64, "window", "windows"),
        steps,
        steps_word(frequency, steps),
        if report.windows.len() == 1 { "it" } else { "them" },
        report.metric.name().to_uppercase(),
    )
}

fn board_row(model: &ModelResult, fitted: &Fitted) -> BoardRow {
    let overall = &model.overall;
    let saved = skill(&fitted.report, model).filter(|_| model.family != Family::SeasonalNaive);
    BoardRow {
        model: model.family.to_string(),
        champion: model.family == fitted.champion().family,
        wape: percent(overall.wape, 1),
        versus: saved.map_or_else(|| "–".to_owned(), |saved| signed_percent(-saved, 0)),
        tone: match saved {
            Some(saved) if saved > 0.005 => "good",
            Some(saved) if saved < -0.005 => "bad",
            _ => "",
        },
        mae: words::decimal(overall.mae),
        rmse: words::decimal(overall.rmse),
        mase: words::decimal(overall.mase),
        rmsse: words::decimal(overall.rmsse),
        bias: signed_percent(overall.bias, 1),
        fit: format!("{:.1} s", model.fit_seconds),
    }
}

fn windows(fitted: &Fitted, baseline: Option<&ModelResult>) -> Vec<WindowRow> {
    let frequency = fitted.ingested.quality.frequency;
    let wape = |model: &ModelResult, window: usize| {
        model.by_window.get(window).map_or_else(|| "–".to_owned(), |accuracy| percent(accuracy.wape, 1))
    };
    let rows = fitted.report.windows.iter().enumerate();
    rows.map(|(number, window)| WindowRow {
        dates: period_range(frequency, window.first(), window.origin.plus(window.horizon.steps() as i32)),
        champion: wape(fitted.champion(), number),
        baseline: baseline.map_or_else(|| "–".to_owned(), |model| wape(model, number)),
    })
    .collect()
}

fn horizon_sentence(champion: &ModelResult, frequency: Frequency) -> String {
    let steps = &champion.by_step;
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return String::new() };
    let unit = unit(frequency);
    format!(
        "How the error changes the farther ahead one looks: {} at 1 {unit} ahead, {} at {} ahead.",
        percent(first.wape, 1),
        percent(last.wape, 1),
        counted(steps.len() as u64, unit, steps_word(frequency, 2)),
    )
}

fn horizon_chart(champion: &ModelResult, baseline: Option<&ModelResult>) -> Result<String, TrainingError> {
    let line = |model: &ModelResult, role| Line {
        role,
        start: 1,
        values: model.by_step.iter().map(|accuracy| accuracy.wape).collect(),
    };
    let mut lines: Vec<Line> = baseline.iter().map(|model| line(model, Role::Baseline)).collect();
    lines.push(line(champion, Role::Champion));
    let (axis, scale) = (Axis::Steps, Scale::Percent);
    Chart { size: (920, 270), axis, scale, bands: Vec::new(), lines, origin: None }.draw()
}

fn levels(champion: &ModelResult) -> Vec<LevelRow> {
    let quantiles = champion.quantiles.iter();
    quantiles
        .map(|quantile| LevelRow {
            level: percent(quantile.level, 1),
            coverage: percent(quantile.coverage, 1),
            off: format!("{} points", words::signed(100.0 * (quantile.coverage - quantile.level), 1)),
            pinball: quantity(quantile.pinball),
        })
        .collect()
}

fn coverage_sentence(champion: &ModelResult) -> String {
    match outer(champion) {
        Some((low, high)) => format!(
            "The upper bound of the range should be above what happens {} of the time: in the backtest it was, {} of \
             the time. What happened was at or below the lower bound {} of the time; meant is {}.",
            percent(high.level, 1),
            percent(high.coverage, 1),
            percent(low.coverage, 1),
            percent(low.level, 1),
        ),
        None => "How often sales came out at or below the quantile, which ideally is its level.".to_owned(),
    }
}

fn importance(fitted: &Fitted) -> (Vec<ImportanceBar>, usize) {
    let all = fitted.model.feature_importance();
    let frequency = fitted.ingested.quality.frequency;
    let largest = all.first().map_or(1.0, |(_, share)| *share).max(f64::MIN_POSITIVE);
    let bars = all
        .iter()
        .take(MOST_IMPORTANCES)
        .map(|(name, share)| ImportanceBar {
            meaning: features::meaning(&fitted.plan, name, frequency),
            name: name.clone(),
            width: format!("{:.1}", 100.0 * share / largest),
            share: percent(*share, 1),
        })
        .collect();
    (bars, all.len().saturating_sub(MOST_IMPORTANCES))
}

fn footer(fitted: &Fitted, config: &TrainingConfig, about: &ArtifactInfo) -> Vec<Fact> {
    let fact = |label: &str, value: String| Fact { label: label.to_owned(), value };
    let card = fitted.model.card();
    let mut facts = vec![
        fact("Data", config.data.join(", ")),
        fact("Fingerprint of the data (SHA-256)", fitted.ingested.source.digest.clone()),
        fact("Trained", card.trained_at.format("%Y-%m-%d %H:%M UTC").to_string()),
        fact("Seed", card.seed.to_string()),
        fact("Version of the library", card.library_version.clone()),
    ];
    facts.extend(about.run_id.iter().map(|run_id| fact("MLflow run", run_id.clone())));
    facts.extend(about.model_id.iter().map(|model_id| fact("Model", format!("models:/{model_id}"))));
    facts
}
