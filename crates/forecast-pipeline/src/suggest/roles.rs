//! Which column is what: by its name, by its contents, and by what makes rows unique.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use forecast_core::{Frequency, Horizon};
use forecast_features::ingest::{Cell, IngestOptions, Row, RowsRequest, TableSpec, from_rows};

use super::SuggestError;
use super::guess::{Content, content, likeness};
use super::table::{Column, TableHead};

const TIME_WORDS: &[&str] = &[
    "date",
    "time",
    "day",
    "week",
    "month",
    "ds",
    "timestamp",
    "datetime",
    "period",
    "jour",
    "datum",
    "fecha",
];
const TARGET_WORDS: &[&str] = &[
    "sales", "units", "qty", "quantity", "demand", "y", "target", "volume", "sold", "ventes", "amount",
    "revenue", "value",
];
const KEY_WORDS: &[&str] = &[
    "store",
    "shop",
    "boutique",
    "item",
    "product",
    "sku",
    "id",
    "series",
    "location",
    "article",
    "warehouse",
    "region",
    "customer",
    "country",
    "city",
];
/// Words that speak for a key even where a column has not changed yet.
const PLACE_AND_PRODUCT_WORDS: &[&str] =
    &["store", "shop", "boutique", "item", "product", "sku", "location", "article", "warehouse", "customer"];
const FUTURE_WORDS: &[&str] = &[
    "price",
    "promo",
    "promotion",
    "promotions",
    "discount",
    "holiday",
    "event",
    "campaign",
    "snap",
    "markdown",
    "onpromotion",
    "open",
    "prix",
    "feiertag",
];
const AVAILABLE_WORDS: &[&str] = &["available", "availability", "in_stock", "instock", "on_shelf"];

/// Most key columns looked for, and most candidates tried.
const MOST_KEYS: usize = 4;
const MOST_CANDIDATES: usize = 10;

/// What every column is for; positions in the table.
#[derive(Debug)]
pub(super) struct Roles {
    pub(super) time: usize,
    pub(super) time_format: Option<&'static str>,
    pub(super) target: usize,
    pub(super) comma: bool,
    pub(super) series: Vec<usize>,
    /// Whether a series and a time name one row.
    pub(super) unique: bool,
    pub(super) statics: Vec<usize>,
    pub(super) known_future: Vec<usize>,
    pub(super) available: Option<usize>,
    pub(super) unused: Vec<usize>,
    pub(super) frequency: Option<Frequency>,
    pub(super) horizon: u32,
}

/// Gives every column of the table a role.
pub(super) fn assign(table: &TableHead, path: &Path) -> Result<Roles, SuggestError> {
    let contents: Vec<Content> = table.columns.iter().map(content).collect();
    let name = |position: usize| table.columns[position].name.as_str();
    let positions = || 0..table.columns.len();

    let time = first_best(positions().filter(|&at| matches!(contents[at], Content::Time(_))), |at| {
        likeness(name(at), TIME_WORDS)
    })
    .ok_or_else(|| SuggestError::NoTime { path: path.to_owned(), columns: table.names() })?;
    let numeric = |at: usize| {
        matches!(contents[at], Content::Whole | Content::Number | Content::CommaNumber | Content::Flag)
    };
    // Without a telling name the last number stands most often for what was sold.
    let target = first_best(positions().rev().filter(|&at| at != time && numeric(at)), |at| {
        match likeness(name(at), TARGET_WORDS) {
            0 if likeness(name(at), KEY_WORDS) + likeness(name(at), FUTURE_WORDS) == 0 => 1,
            0 => 0,
            more => more + 1,
        }
    })
    .ok_or_else(|| SuggestError::NoTarget { path: path.to_owned(), columns: table.names() })?;

    let free = || positions().filter(move |&at| at != time && at != target);
    let available = free().find(|&at| {
        contents[at] == Content::Flag && AVAILABLE_WORDS.contains(&name(at).to_lowercase().as_str())
    });
    let may_be_key = |at: usize| {
        available != Some(at)
            && likeness(name(at), FUTURE_WORDS) == 0
            && matches!(contents[at], Content::Text | Content::Whole | Content::Flag)
    };
    let (series, unique) = keys(table, time, free().filter(|&at| may_be_key(at)).collect());
    let rest: Vec<usize> = free().filter(|at| !series.contains(at) && available != Some(*at)).collect();
    let groups = groups(table, &series);
    let varies = |at: usize| table.columns[at].values.len() > 1;
    let statics: Vec<usize> = rest
        .iter()
        .copied()
        .filter(|&at| {
            contents[at] != Content::Empty && varies(at) && is_constant(&table.columns[at], &groups)
        })
        .collect();
    let known_future: Vec<usize> = rest
        .iter()
        .copied()
        .filter(|&at| !statics.contains(&at) && varies(at) && likeness(name(at), FUTURE_WORDS) > 0)
        .collect();
    let unused =
        rest.iter().copied().filter(|at| !statics.contains(at) && !known_future.contains(at)).collect();
    let time_format = match contents[time] {
        Content::Time(format) => format,
        _ => None,
    };
    let frequency = frequency(&table.columns[time], time_format);
    let comma = contents.contains(&Content::CommaNumber);
    let horizon = horizon(frequency, table, &table.columns[time]);
    Ok(Roles {
        time,
        time_format,
        target,
        comma,
        series,
        unique,
        statics,
        known_future,
        available,
        unused,
        frequency,
        horizon,
    })
}

/// The first of those with the highest score.
fn first_best(positions: impl Iterator<Item = usize>, score: impl Fn(usize) -> u32) -> Option<usize> {
    let mut best: Option<(u32, usize)> = None;
    for position in positions {
        let score = score(position);
        if best.is_none_or(|(highest, _)| score > highest) {
            best = Some((score, position));
        }
    }
    best.map(|(_, position)| position)
}

/// The fewest columns that, with the time, name one row; of equals those with the most telling names.
fn keys(table: &TableHead, time: usize, mut candidates: Vec<usize>) -> (Vec<usize>, bool) {
    let score = |at: &usize| likeness(&table.columns[*at].name, KEY_WORDS);
    candidates.sort_by_key(|at| (std::cmp::Reverse(score(at)), *at));
    candidates.truncate(MOST_CANDIDATES);
    // Where only the beginning is seen, a column that has not changed yet may well do so later.
    let mut constant = Vec::new();
    if table.cut {
        constant = candidates.clone();
        constant.retain(|&at| {
            let column = &table.columns[at];
            column.values.len() == 1 && likeness(&column.name, PLACE_AND_PRODUCT_WORDS) > 0
        });
    }
    for size in 0..=MOST_KEYS.min(candidates.len()) {
        let found = subsets(&candidates, size)
            .into_iter()
            .filter(|keys| names_one_row(table, time, keys))
            .max_by_key(|keys| keys.iter().map(score).sum::<u32>());
        if let Some(mut keys) = found {
            keys.extend(constant.iter().filter(|at| !keys.contains(at)).copied().collect::<Vec<_>>());
            keys.sort_unstable();
            return (keys, true);
        }
    }
    let mut named: Vec<usize> = candidates.into_iter().filter(|at| score(at) > 0).collect();
    named.sort_unstable();
    (named, false)
}

/// All subsets of a size; the later ones hold earlier (better) candidates, as `max_by_key` prefers.
fn subsets(candidates: &[usize], size: usize) -> Vec<Vec<usize>> {
    let mut subsets: Vec<Vec<usize>> = vec![Vec::new()];
    for &candidate in candidates {
        let longer: Vec<Vec<usize>> = subsets
            .iter()
            .filter(|subset| subset.len() < size)
            .map(|subset| subset.iter().copied().chain([candidate]).collect())
            .collect();
        subsets.extend(longer);
    }
    subsets.retain(|subset| subset.len() == size);
    subsets.reverse();
    subsets
}

fn names_one_row(table: &TableHead, time: usize, keys: &[usize]) -> bool {
    let most: usize = keys.iter().map(|&at| table.columns[at].values.len()).product();
    if most.saturating_mul(table.columns[time].values.len()) < table.rows() {
        return false;
    }
    let mut seen = HashSet::with_capacity(table.rows());
    (0..table.rows()).all(|row| {
        let codes: Vec<u32> =
            keys.iter().chain([&time]).map(|&column| table.columns[column].codes[row]).collect();
        seen.insert(codes)
    })
}

/// The series of every row, as numbers.
fn groups(table: &TableHead, series: &[usize]) -> Vec<usize> {
    let mut numbers: HashMap<Vec<u32>, usize> = HashMap::new();
    (0..table.rows())
        .map(|row| {
            let key = series.iter().map(|&column| table.columns[column].codes[row]).collect();
            let next = numbers.len();
            *numbers.entry(key).or_insert(next)
        })
        .collect()
}

fn is_constant(column: &Column, groups: &[usize]) -> bool {
    let mut first: HashMap<usize, u32> = HashMap::new();
    groups.iter().zip(&column.codes).all(|(&group, &code)| *first.entry(group).or_insert(code) == code)
}

/// What ingestion makes of the times alone.
pub(super) fn frequency(times: &Column, format: Option<&str>) -> Option<Frequency> {
    let rows: Vec<Row> = times
        .known()
        .map(|time| {
            Row::from_iter([
                ("time".to_owned(), Cell::Text(time.to_owned())),
                ("y".to_owned(), Cell::Number(1.0)),
            ])
        })
        .collect();
    let mut spec = TableSpec::new("time", "y", Vec::<String>::new());
    spec.time_format = format.map(str::to_owned);
    let options = IngestOptions::new(Horizon::ONE);
    let request = RowsRequest { history: &rows, future: &[], spec: &spec, options: &options, known: None };
    from_rows(&request).ok().map(|ingested| ingested.panel.frequency())
}

/// What people of that trade look ahead by, as far as the history bears it, if its end is seen.
pub(super) fn horizon(frequency: Option<Frequency>, table: &TableHead, times: &Column) -> u32 {
    let usual = match frequency {
        Some(Frequency::Hourly) => 48,
        Some(Frequency::Daily) | None => 28,
        Some(Frequency::Weekly(_)) => 13,
        Some(Frequency::MonthStart | Frequency::MonthEnd) => 12,
        Some(Frequency::QuarterStart | Frequency::QuarterEnd) => 4,
    };
    let most = match u32::try_from(times.values.len() / 6) {
        Ok(sixth) if !table.cut => sixth.max(1),
        _ => usual,
    };
    usual.min(most)
}
