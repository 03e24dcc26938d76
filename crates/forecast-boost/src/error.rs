//! What can be wrong with parameters, data and stored models, each with its place and remedy.

use thiserror::Error;

/// Why a booster did not fit, predict, read or write.
#[derive(Debug, Error, Clone, PartialEq)]
#[non_exhaustive]
pub enum BoostError {
    /// A parameter lies outside its range.
    #[error("parameter {name} is {value}; it must be {allowed}")]
    Parameter {
        /// Name of the parameter, as in [`Params`](crate::Params).
        name: &'static str,
        /// What it was set to.
        value: String,
        /// The allowed range, in words.
        allowed: &'static str,
    },
    /// Parameters that name a column which the data do not have.
    #[error(
        "parameter {name} names column {column:?}, which the data do not have; the columns are {columns}"
    )]
    UnknownColumn {
        /// Name of the parameter.
        name: &'static str,
        /// The column it names.
        column: String,
        /// Names of the columns there are.
        columns: String,
    },
    /// A column, the label or the weights have another length than the rest.
    #[error("{what} has {found} values, but there are {expected} rows")]
    Length {
        /// Which column.
        what: String,
        /// How many values it has.
        found: usize,
        /// How many rows there are.
        expected: usize,
    },
    /// There are no rows.
    #[error("the data have no rows; at least one is needed")]
    NoRows,
    /// There are no columns.
    #[error("the data have no feature columns; at least one is needed")]
    NoFeatures,
    /// Two columns have one name.
    #[error("two columns are called {0:?}; names must differ")]
    DuplicateColumn(String),
    /// A value that cannot be learned from.
    #[error("{what} is {value} in row {row}; it must be {allowed}")]
    Value {
        /// Which column.
        what: String,
        /// The row, from 0.
        row: usize,
        /// The value.
        value: f64,
        /// What is allowed, in words.
        allowed: &'static str,
    },
    /// More rows than row numbers of 32 bits can name.
    #[error("{rows} rows are more than the {limit} that one fit can hold; sample the rows")]
    TooManyRows {
        /// How many there are.
        rows: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The data to predict have other columns than those that the model was fitted on.
    #[error(
        "the model was fitted on {expected} features, but the data have {found}; give the same columns in the same order"
    )]
    FeatureCount {
        /// Features of the model.
        expected: usize,
        /// Features of the data.
        found: usize,
    },
    /// What is wrong with the validation data.
    #[error("in the validation data: {0}")]
    Validation(#[source] Box<BoostError>),
    /// A column of the validation data is another than that of the training data.
    #[error(
        "column {place} is {found}, but {expected} in the training data; give the same columns in the same order"
    )]
    OtherColumn {
        /// The column's place, from 0.
        place: usize,
        /// Its name and kind in the training data.
        expected: String,
        /// Its name and kind here.
        found: String,
    },
    /// Training and validation data must agree about init scores.
    #[error("only the {0} data have an init score; give both or neither, or losses do not compare")]
    InitScoreMissing(&'static str),
    /// More categories than two-byte bins can tell apart.
    #[error(
        "column {column:?} has more than {limit} categories in too many of its rows; join rare ones, or encode it"
    )]
    TooManyCategories {
        /// The column's name.
        column: String,
        /// How many there may be.
        limit: usize,
    },
    /// A loss gave what trees cannot be fitted to.
    #[error(
        "the objective's derivatives in row {row} are {grad} and {hess} after {trees} trees; both must be finite and the second not below 0"
    )]
    Derivatives {
        /// The row, from 0.
        row: usize,
        /// First derivative.
        grad: f32,
        /// Second derivative.
        hess: f32,
        /// How many trees there were.
        trees: usize,
    },
    /// A loss that starts nowhere.
    #[error("the objective starts from {0}; it must be a finite number")]
    Start(f64),
    /// A loss that cannot be compared.
    #[error("the objective's loss on the validation data is NaN after {trees} trees; it must be a number")]
    LossIsNan {
        /// How many trees there were.
        trees: usize,
    },
    /// Models that are to forecast levels of one distribution do not belong together.
    #[error("{0}; give models that were fitted to quantiles of ascending levels on the same columns")]
    NotOneDistribution(String),
    /// A place for results has another length than they have.
    #[error("{what} need {expected} places, but {found} were given")]
    OutputLength {
        /// Which results.
        what: &'static str,
        /// How many there are.
        expected: usize,
        /// How many places there are.
        found: usize,
    },
    /// A model that cannot be stored.
    #[error("cannot store the model: {what}")]
    Store {
        /// What stands in the way, and what to do.
        what: String,
    },
    /// A stored model that cannot be read.
    #[error("cannot read the model: {what} ({place})")]
    Format {
        /// What is wrong, and what to do.
        what: String,
        /// Line or byte where it was noticed.
        place: String,
    },
}
