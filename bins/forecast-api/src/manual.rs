//! The part of `docs/configuration.md` about this program, written from its settings and exit codes, so
//! that neither is documented and forgotten.

use forecast_testkit::docs::{check_section, table};

use crate::cli::settings;
use crate::exit::CODES;

#[test]
fn the_manual_says_what_the_program_reads() {
    let settings = settings().into_iter().map(|setting| {
        [
            format!("`--{}`", setting.flag),
            format!("`{}`", setting.variable),
            format!("`{}`", setting.default),
            sentence(setting.meaning),
        ]
    });
    let settings = table(["Flag", "Variable", "Where not set", "Meaning"], settings);
    let mut codes: Vec<(u8, &str)> = CODES.iter().map(|(exit, meaning)| (*exit as u8, *meaning)).collect();
    codes.push((2, "The command line is wrong."));
    codes.sort_unstable();
    let codes = codes.into_iter().map(|(code, meaning)| [code.to_string(), meaning.to_owned()]);
    let codes = table(["Exit code", "Meaning"], codes);
    let text = format!(
        "Serves forecasts over HTTP. It reads these settings, besides the variables of [MLflow](#mlflow) and of \
         [telemetry](#telemetry); there is no file.\n\n{settings}\n{codes}"
    );
    check_section("docs/configuration.md", "forecast-api", &text).unwrap();
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}
