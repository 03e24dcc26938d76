//! MLflow's rules for names, keys and lengths, as its server applies them before it writes.
//!
//! Lengths are characters. Where a server cuts a value silently (params, tags of runs) this store
//! cuts it too; everywhere else a value that is too long is refused.

use super::fault::{Fault, Outcome};
use crate::limits::{ALIAS_CHARS, KEY_CHARS, PARAM_VALUE_CHARS, TAG_VALUE_CHARS};
use crate::types::{Dataset, DatasetInput, Metric, Param, Tag};

const EXPERIMENT_NAME_CHARS: usize = 500;
const EXPERIMENT_TAG_VALUE_CHARS: usize = 20_000;
const ARTIFACT_LOCATION_CHARS: usize = 2_048;
const REGISTRY_TAG_VALUE_CHARS: usize = 100_000;
const DATASET_NAME_CHARS: usize = 500;
const DATASET_DIGEST_CHARS: usize = 36;
const DATASET_SOURCE_CHARS: usize = 65_535;
const DATASET_SCHEMA_CHARS: usize = 1_048_575;
const DATASET_PROFILE_CHARS: usize = 16_777_215;
const INPUT_TAG_KEY_CHARS: usize = 255;
const INPUT_TAG_VALUE_CHARS: usize = 500;

pub(super) fn experiment_name(name: &str) -> Outcome<()> {
    if name.is_empty() {
        return Err(invalid("the experiment's name is empty"));
    }
    at_most("the experiment's name", name, EXPERIMENT_NAME_CHARS)
}

pub(super) fn artifact_location(location: &str) -> Outcome<()> {
    at_most("the artifact location", location, ARTIFACT_LOCATION_CHARS)
}

/// The number that an experiment's id is.
pub(super) fn experiment_id(id: &str) -> Outcome<i64> {
    id.parse().map_err(|_| invalid(format!("experiment id {id:?} is not a whole number")))
}

pub(super) fn metric(metric: &Metric) -> Outcome<()> {
    key("metric", &metric.key)?;
    if metric.timestamp_ms < 0 {
        return Err(invalid(format!("metric {:?} was measured before 1970", metric.key)));
    }
    Ok(())
}

/// The param as it is stored.
pub(super) fn param(param: &Param) -> Outcome<Param> {
    key("param", &param.key)?;
    Ok(Param { key: param.key.clone(), value: cut("param", &param.value, PARAM_VALUE_CHARS) })
}

/// The tag of a run as it is stored.
pub(super) fn run_tag(tag: &Tag) -> Outcome<Tag> {
    key("tag", &tag.key)?;
    Ok(Tag { key: tag.key.clone(), value: cut("tag", &tag.value, TAG_VALUE_CHARS) })
}

pub(super) fn experiment_tag(tag: &Tag) -> Outcome<()> {
    key("tag", &tag.key)?;
    at_most("the tag's value", &tag.value, EXPERIMENT_TAG_VALUE_CHARS)
}

pub(super) fn registry_tag(tag: &Tag) -> Outcome<()> {
    key("tag", &tag.key)?;
    at_most("the tag's value", &tag.value, REGISTRY_TAG_VALUE_CHARS)
}

pub(super) fn registered_model_name(name: &str) -> Outcome<()> {
    if name.trim().is_empty() {
        return Err(invalid("the registered model's name is empty"));
    }
    if name.contains(['/', ':']) || looks_like_a_path(name) {
        return Err(invalid(format!(
            "the registered model's name {name:?} holds / or : or starts with a dot part"
        )));
    }
    Ok(())
}

pub(super) fn logged_model_name(name: &str) -> Outcome<()> {
    if name.is_empty() || name.contains(['/', ':', '.', '%', '"', '\'']) {
        return Err(invalid(format!(
            "the logged model's name {name:?} is empty or holds one of / : . % \" '"
        )));
    }
    Ok(())
}

/// An alias to read by.
pub(super) fn alias(alias: &str) -> Outcome<()> {
    if alias.is_empty() || alias.chars().any(|c| !(c.is_alphanumeric() || matches!(c, '_' | '-'))) {
        return Err(invalid(format!(
            "the alias {alias:?} is empty or holds something else than letters, digits, _ and -"
        )));
    }
    at_most("the alias", alias, ALIAS_CHARS)
}

/// An alias to set.
pub(super) fn new_alias(name: &str) -> Outcome<()> {
    alias(name)?;
    let version_like = name
        .strip_prefix(['v', 'V'])
        .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()));
    if version_like || name.eq_ignore_ascii_case("latest") {
        return Err(invalid(format!(
            "the alias {name:?} is reserved: `latest` and `v` with digits mean versions"
        )));
    }
    Ok(())
}

pub(super) fn dataset_input(input: &DatasetInput) -> Outcome<()> {
    let Dataset { name, digest, source, schema, profile, .. } = &input.dataset;
    at_most("the dataset's name", name, DATASET_NAME_CHARS)?;
    at_most("the dataset's digest", digest, DATASET_DIGEST_CHARS)?;
    at_most("the dataset's source", source, DATASET_SOURCE_CHARS)?;
    at_most("the dataset's schema", schema.as_deref().unwrap_or_default(), DATASET_SCHEMA_CHARS)?;
    at_most("the dataset's profile", profile.as_deref().unwrap_or_default(), DATASET_PROFILE_CHARS)?;
    for tag in &input.tags {
        at_most("the key of a dataset's tag", &tag.key, INPUT_TAG_KEY_CHARS)?;
        at_most("the value of a dataset's tag", &tag.value, INPUT_TAG_VALUE_CHARS)?;
    }
    Ok(())
}

/// The tags with each key once, the last value counting.
pub(super) fn last_of_each_key(tags: impl IntoIterator<Item = Tag>) -> Vec<Tag> {
    let mut kept: Vec<Tag> = Vec::new();
    for tag in tags {
        match kept.iter_mut().find(|earlier| earlier.key == tag.key) {
            Some(earlier) => earlier.value = tag.value,
            None => kept.push(tag),
        }
    }
    kept
}

fn key(what: &str, key: &str) -> Outcome<()> {
    if key.chars().any(|c| !(c.is_alphanumeric() || matches!(c, '/' | '_' | '.' | '-' | ' ' | ':'))) {
        return Err(invalid(format!(
            "the {what} key {key:?} holds something else than letters, digits, _ - . / : and spaces"
        )));
    }
    if looks_like_a_path(key) {
        return Err(invalid(format!(
            "the {what} key {key:?} is empty, starts or ends with /, or has an empty, . or .. part"
        )));
    }
    at_most(&format!("the {what} key"), key, KEY_CHARS)
}

/// True for a name that would mean another one if it were taken for a path.
fn looks_like_a_path(name: &str) -> bool {
    name.starts_with("..") || name.split('/').any(|part| matches!(part, "" | "." | ".."))
}

fn at_most(what: &str, text: &str, chars: usize) -> Outcome<()> {
    // Counting bytes first spares counting the characters of nearly every text.
    if text.len() > chars && text.chars().count() > chars {
        return Err(invalid(format!("{what} has more than {chars} characters")));
    }
    Ok(())
}

fn cut(what: &str, text: &str, chars: usize) -> String {
    if text.len() <= chars {
        return text.to_owned();
    }
    let kept: String = text.chars().take(chars).collect();
    if kept.len() < text.len() {
        tracing::warn!("the value of a {what} was cut to {chars} characters, as an MLflow server does");
    }
    kept
}

fn invalid(detail: impl Into<String>) -> Fault {
    Fault::Invalid(detail.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_follow_mlflows_rules() {
        for good in ["wape", "window 1/wape", "mlflow.user", "a:b", "é_1"] {
            assert!(key("tag", good).is_ok(), "{good} was refused");
        }
        for bad in ["", "/a", "a/", "a//b", "a/./b", "../a", "a=b", "a\nb", "..."] {
            assert!(key("tag", bad).is_err(), "{bad} was accepted");
        }
        assert!(key("tag", &"k".repeat(250)).is_ok());
        assert!(key("tag", &"k".repeat(251)).is_err());
    }

    #[test]
    fn long_values_are_cut_or_refused_like_a_server_does() {
        let long = "é".repeat(9_000);
        assert_eq!(param(&Param::new("p", &long)).unwrap().value.chars().count(), 6_000);
        assert_eq!(run_tag(&Tag::new("t", &long)).unwrap().value.chars().count(), 8_000);
        assert!(experiment_tag(&Tag::new("t", "x".repeat(20_001))).is_err());
        assert!(registry_tag(&Tag::new("t", "x".repeat(100_001))).is_err());
    }

    #[test]
    fn some_aliases_are_reserved() {
        for bad in ["latest", "LATEST", "v1", "V22", "", "a b", "a/b"] {
            assert!(new_alias(bad).is_err(), "{bad} was accepted");
        }
        for good in ["production", "champion-2", "v", "v1a"] {
            assert!(new_alias(good).is_ok(), "{good} was refused");
        }
    }

    #[test]
    fn names_of_models_are_checked() {
        assert!(registered_model_name("demand-forecast").is_ok());
        for bad in ["", " ", "a/b", "a:b", ".", "..x"] {
            assert!(registered_model_name(bad).is_err(), "{bad} was accepted");
        }
        assert!(logged_model_name("demand forecast").is_ok());
        assert!(logged_model_name("v1.0").is_err());
    }
}
