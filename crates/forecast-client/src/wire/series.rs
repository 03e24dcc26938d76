//! The series that a model knows.

use serde::Deserialize;

use super::SeriesKey;

/// `GET /series`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SeriesList {
    /// How many series the model knows.
    pub total: usize,
    /// The first of them, in the model's order.
    pub series: Vec<SeriesKey>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read() {
        let list: SeriesList =
            serde_json::from_str(r#"{"total":2,"series":[{"store":"1","item":"7"}]}"#).unwrap();
        assert_eq!((list.total, &list.series[0]), (2, &SeriesKey::from([("store", "1"), ("item", "7")])));
    }
}
