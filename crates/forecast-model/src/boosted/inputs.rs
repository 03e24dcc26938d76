//! What boosted trees look at: features of the plan, the size of a series, and what it is called.

use forecast_boost::Features;
use forecast_core::SeriesKey;
use forecast_features::plan::{Feature, FeatureColumn, FeaturePlan};
use serde::{Deserialize, Serialize};

/// Begins the name of every column that is not a feature of the plan.
const PREFIX: &str = "series_";

/// The columns of the trees: some of the plan's, then what [`facts`](Self::facts) says of the series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Inputs {
    /// Positions in the plan of the features that are looked at, rising.
    features: Vec<u32>,
    /// Number of columns of the plan.
    plan_width: u32,
    /// Name of the column with the size of a series.
    size: String,
    keys: Vec<KeyColumn>,
}

/// One column of the series' keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct KeyColumn {
    name: String,
    /// The values in the panel that the trees were fitted to, sorted: the place of each is its code.
    values: Vec<String>,
}

impl Inputs {
    /// The inputs for a plan and the series `keys` of key columns with these names.
    ///
    /// The age of a series is left out: trees cannot go on with it beyond what they have seen, and where
    /// series began together it numbers the days, which they then learn by heart.
    pub(super) fn new(plan: &FeaturePlan, (names, keys): (&[String], &[SeriesKey])) -> Self {
        let columns = plan.columns();
        let age = Some(Feature::Age.name()).filter(|_| plan.features().contains(&Feature::Age));
        let is_age = |column: &FeatureColumn| age.as_ref() == Some(&column.name);
        let features = (0..).zip(columns).filter(|(_, column)| !is_age(column)).map(|(at, _)| at).collect();
        let column = |(part, name): (usize, &String)| {
            let mut values: Vec<String> =
                keys.iter().filter_map(|key| key.values().nth(part)).map(str::to_owned).collect();
            values.sort_unstable();
            values.dedup();
            KeyColumn { name: unused(columns, name), values }
        };
        let keys = names.iter().enumerate().map(column).collect();
        Self { features, plan_width: columns.len() as u32, size: unused(columns, "size"), keys }
    }

    /// How many columns the trees have.
    pub(super) fn width(&self) -> usize {
        self.features.len() + self.facts_width()
    }

    /// Positions in the plan of the features that are looked at.
    pub(super) fn features(&self) -> impl Iterator<Item = usize> {
        self.features.iter().map(|&feature| feature as usize)
    }

    /// How many values [`facts`](Self::facts) gives per series.
    pub(super) fn facts_width(&self) -> usize {
        1 + self.keys.len()
    }

    /// Appends the size of a series and the code of each part of its key; NaN for one never seen.
    pub(super) fn facts(&self, key: &SeriesKey, size: f64, out: &mut Vec<f32>) {
        out.push(size as f32);
        let mut parts = key.values();
        for column in &self.keys {
            let place = |part| column.values.binary_search_by(|value| value.as_str().cmp(part)).ok();
            out.push(parts.next().and_then(place).map_or(f32::NAN, |code| code as f32));
        }
    }

    /// Rows of the trees' columns, from rows of the plan's features and the facts of their series.
    pub(super) fn rows(&self, rows: &[f32], facts: &[f32]) -> Vec<f32> {
        let (plan_width, facts_width) = (self.plan_width as usize, self.facts_width());
        let mut seen = Vec::with_capacity(rows.len() + facts.len());
        for (row, facts) in rows.chunks_exact(plan_width.max(1)).zip(facts.chunks_exact(facts_width)) {
            seen.extend(self.features().map(|feature| row[feature]));
            seen.extend_from_slice(facts);
        }
        seen
    }

    /// Columns of values, in the order of the inputs, with their names and kinds.
    pub(super) fn named<'a>(&'a self, plan: &'a [FeatureColumn], values: &'a [Vec<f32>]) -> Features<'a> {
        let (of_plan, facts) = values.split_at(self.features.len());
        let mut features = Features::new();
        for (column, values) in self.features().map(|feature| &plan[feature]).zip(of_plan) {
            features = match column.cardinality {
                Some(_) => features.categorical(&column.name, values),
                None => features.numeric(&column.name, values),
            };
        }
        let mut facts = facts.iter();
        if let Some(sizes) = facts.next() {
            features = features.numeric(&self.size, sizes);
        }
        for (column, codes) in self.keys.iter().zip(facts) {
            features = features.categorical(&column.name, codes);
        }
        features
    }

    /// Names of the columns, of which `plan` has the first.
    pub(super) fn names<'a>(&'a self, plan: &'a [FeatureColumn]) -> impl Iterator<Item = &'a str> {
        let of_plan = self.features().map(|feature| plan[feature].name.as_str());
        of_plan.chain(self.fact_names())
    }

    fn fact_names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.size.as_str()).chain(self.keys.iter().map(|column| column.name.as_str()))
    }

    /// Whether they belong to a plan of `width` columns.
    pub(super) fn fit(&self, width: usize) -> bool {
        let inside = self.features.is_sorted() && self.features().all(|feature| feature < width);
        inside
            && self.plan_width as usize == width
            && self.keys.iter().all(|column| column.values.is_sorted())
    }
}

/// A name that no feature of the plan has.
fn unused(columns: &[FeatureColumn], name: &str) -> String {
    let mut name = format!("{PREFIX}{name}");
    while columns.iter().any(|column| column.name == name) {
        name.push('_');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use forecast_core::ColumnKind;
    use forecast_features::plan::{InputColumn, Parts};

    /// A lag, the age, and a known-future column that is called as a key column would be.
    fn plan() -> FeaturePlan {
        let column = "series_store".to_owned();
        let input = InputColumn { name: column.clone(), kind: ColumnKind::Numeric };
        let features = vec![Feature::Lag { lag: 1 }, Feature::Age, Feature::Covariate { column }];
        FeaturePlan::new(Parts { features, covariates: vec![input], ..Parts::default() }).unwrap()
    }

    fn inputs() -> Inputs {
        let keys = [["north", "tea"], ["south", "jam"], ["south", "tea"]].map(SeriesKey::new);
        Inputs::new(&plan(), (&["store", "item"].map(str::to_owned), &keys))
    }

    #[test]
    fn a_series_is_its_size_and_the_codes_of_its_key() {
        let inputs = inputs();
        let mut facts = Vec::new();
        inputs.facts(&SeriesKey::new(["south", "jam"]), 12.5, &mut facts);
        assert_eq!(facts, [12.5, 1.0, 0.0]);
        facts.clear();
        inputs.facts(&SeriesKey::new(["east", "tea"]), 1.0, &mut facts);
        assert!(facts[1].is_nan() && facts[2] == 1.0, "{facts:?}");
        facts.clear();
        inputs.facts(&SeriesKey::new(["south"]), 1.0, &mut facts);
        assert!(facts[2].is_nan(), "{facts:?}");
    }

    #[test]
    fn names_are_unlike_those_of_the_plan() {
        let inputs = inputs();
        let plan = plan();
        let names: Vec<&str> = inputs.names(plan.columns()).collect();
        assert_eq!(names, ["lag_1", "series_store", "series_size", "series_store_", "series_item"]);
        assert!(inputs.fit(3) && !inputs.fit(2));
    }

    #[test]
    fn rows_have_the_facts_behind_the_features_and_no_age() {
        let inputs = inputs();
        let seen = inputs.rows(&[1.0, 99.0, 0.0, 2.0, 99.0, 1.0], &[5.0, 0.0, 1.0, 6.0, 1.0, 0.0]);
        assert_eq!(seen, [1.0, 0.0, 5.0, 0.0, 1.0, 2.0, 1.0, 6.0, 1.0, 0.0]);
        assert_eq!(seen.len(), 2 * inputs.width());
    }
}
