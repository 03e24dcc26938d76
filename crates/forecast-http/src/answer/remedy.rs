//! What a caller of the API does about a problem of rows, where the catalogue speaks to whoever trains a
//! model: options of the training cannot be set in a request.

use forecast_features::ingest::{Problem, ProblemCode};

/// What to do about a problem of a request.
pub(super) fn remedy(problem: &Problem) -> &str {
    for_requests(problem.code).unwrap_or(&problem.remedy)
}

/// What is wrong, in words of a request.
pub(super) fn message(problem: &Problem) -> &str {
    match problem.code {
        ProblemCode::FutureUnknownSeries => "a row of `future` is of a series that `series` does not ask for",
        _ => &problem.message,
    }
}

fn for_requests(code: ProblemCode) -> Option<&'static str> {
    use ProblemCode as Code;
    Some(match code {
        Code::MissingColumn => "send it in every row",
        Code::UnsupportedType => "send dates as text, numbers as numbers, keys and categories as text",
        Code::BadTime | Code::AmbiguousTime => "write dates as 2024-01-31, times as 2024-01-31T13:00:00",
        Code::BadNumber => "send a number, or null where it is not known",
        Code::StaticChanges => "give one value per series",
        Code::FrequencyUnclear | Code::OffGrid | Code::MixedFrequency => {
            "send rows of the model's frequency, which `GET /model/info` names"
        }
        Code::DuplicateRows | Code::FutureDuplicateRows => "send one row for every series and time",
        Code::NegativeTarget => "nothing, if returns were meant",
        Code::TooManyRows => "correct the date that lies far from the others",
        Code::NoRows => "send rows of the series in `history`",
        Code::FutureUnknownSeries => "leave the row out, or ask for its series",
        Code::FutureConflict => "begin `future` after the last row of `history`",
        Code::MissingTarget => "send 0 where nothing was sold; rows of the days ahead belong in `future`",
        _ => return None,
    })
}
