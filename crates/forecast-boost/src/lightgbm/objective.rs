//! Objectives under LightGBM's names, and the parameters that belong to them.

use super::lines::{Field, Lines, quote, wrong};
use crate::BoostError;
use crate::objective::{LightGbmObjective, Objective};

/// LightGBM's names for the parameters that an objective has.
const ALPHA: &str = "alpha";
const FAIR_C: &str = "fair_c";
const TWEEDIE_POWER: &str = "tweedie_variance_power";

/// What the `parameters:` section says of objectives.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    known: Vec<(&'static str, f64)>,
}

impl Parameters {
    /// Reads what follows the trees, which must not end in the middle of the section.
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self, BoostError> {
        let mut parameters = Self::default();
        let Some(begin) = lines.find(|line| line.text == "parameters:") else { return Ok(parameters) };
        for line in lines {
            if line.text == "end of parameters" {
                return Ok(parameters);
            }
            let pair = line.text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
            let Some((key, value)) = pair.and_then(|text| text.split_once(": ")) else { continue };
            if let Some(key) = [ALPHA, FAIR_C, TWEEDIE_POWER].into_iter().find(|&known| known == key) {
                let value = value
                    .parse()
                    .map_err(|_| wrong(line.number, format!("{key}: {} is not a number", quote(value))))?;
                parameters.known.retain(|&(known, _)| known != key);
                parameters.known.push((key, value));
            }
        }
        let what = "the parameters have no end; the file is cut, save the model again";
        Err(wrong(begin.number, what))
    }

    fn get(&self, key: &str, objective: &Field<'_>) -> Result<f64, BoostError> {
        self.known.iter().find(|&&(known, _)| known == key).map(|&(_, value)| value).ok_or_else(|| {
            objective.wrong(format_args!(
                "{} has a parameter {key} that the file lacks; add a line \"[{key}: …]\" under \"parameters:\"",
                quote(objective.text)
            ))
        })
    }
}

/// The objective that the header names.
pub(super) fn read(field: Option<Field<'_>>, parameters: &Parameters) -> Result<Objective, BoostError> {
    let Some(field) = field else { return Ok(Objective::LightGbm(LightGbmObjective::Custom)) };
    let mut words = field.words();
    let name = words.next().unwrap_or("");
    let objective = match name {
        "regression" => Objective::Squared,
        "regression_l1" => Objective::Absolute,
        "quantile" => Objective::Quantile { level: parameters.get(ALPHA, &field)? },
        "huber" => Objective::Huber { delta: parameters.get(ALPHA, &field)? },
        "poisson" => Objective::Poisson,
        "tweedie" => match parameters.get(TWEEDIE_POWER, &field)? {
            // Its deviance is Poisson's then.
            1.0 => Objective::Poisson,
            power => Objective::Tweedie { power },
        },
        "gamma" => Objective::LightGbm(LightGbmObjective::Gamma),
        "mape" => Objective::LightGbm(LightGbmObjective::Mape),
        "fair" => Objective::LightGbm(LightGbmObjective::Fair { c: parameters.get(FAIR_C, &field)? }),
        "custom" => Objective::LightGbm(LightGbmObjective::Custom),
        _ => {
            return Err(field.wrong(format_args!(
                "{} does not forecast a number; regression, regression_l1, huber, fair, poisson, quantile, \
                 mape, gamma and tweedie do",
                quote(name)
            )));
        }
    };
    objective.check().map_err(|error| field.wrong(error))?;
    // LightGBM ignores the word for the other objectives.
    let has_roots = ["regression", "regression_l1", "quantile", "mape", "fair"].contains(&name);
    if has_roots && words.any(|word| word == "sqrt") {
        return Ok(Objective::LightGbm(LightGbmObjective::OfRoots(Box::new(objective))));
    }
    Ok(objective)
}

/// What the header says of an objective, nothing where LightGBM has no name for it; and its parameter.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Written {
    pub(super) text: Option<String>,
    pub(super) parameter: Option<(&'static str, f64)>,
}

pub(super) fn write(objective: &Objective) -> Written {
    let (text, parameter) = match objective {
        Objective::Squared => ("regression", None),
        Objective::Absolute => ("regression_l1", None),
        Objective::Quantile { level } => ("quantile", Some((ALPHA, *level))),
        Objective::Huber { delta } => ("huber", Some((ALPHA, *delta))),
        Objective::Poisson => ("poisson", None),
        Objective::Tweedie { power } => ("tweedie", Some((TWEEDIE_POWER, *power))),
        Objective::LightGbm(objective) => match objective {
            LightGbmObjective::Gamma => ("gamma", None),
            LightGbmObjective::Mape => ("mape", None),
            LightGbmObjective::Fair { c } => ("fair", Some((FAIR_C, *c))),
            LightGbmObjective::OfRoots(objective) => {
                let of_labels = write(objective);
                return Written { text: of_labels.text.map(|text| text + " sqrt"), ..of_labels };
            }
            LightGbmObjective::Custom => return Written::default(),
        },
        Objective::Custom(_) => return Written::default(),
    };
    Written { text: Some(text.to_owned()), parameter }
}
