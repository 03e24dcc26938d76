//! The command line of the smoke test.

use std::time::Duration;

use forecast_client::ForecastRequest;

use crate::request::read_request;

/// What `--help` says.
pub(crate) const USAGE: &str = "\
Usage: smoke BASE_URL [OPTION]...

Asks a forecast service everything that a caller depends on; exit code 0 where all is well.

  --request FILE       the forecast to ask for, as JSON (default: the model's first series)
  --expect-version V   the version of the model that must be served
  --expect-run ID      the training run that the served model must come from
  --wait SECONDS       how long it may take to become ready and to serve what is
                       expected (default: 60)";

/// What the command line asks for.
#[derive(Debug, PartialEq)]
pub(crate) enum Asked {
    Help,
    Run(Box<Arguments>),
}

/// What is to be tested.
#[derive(Debug, PartialEq)]
pub(crate) struct Arguments {
    /// Address of the service.
    pub(crate) base_url: String,
    /// What to ask for; the model's first series where nothing is given.
    pub(crate) request: Option<ForecastRequest>,
    /// Version in the registry that must be served.
    pub(crate) version: Option<String>,
    /// Training run that the served model must come from.
    pub(crate) run_id: Option<String>,
    /// How long to wait for readiness and for what is expected.
    pub(crate) wait: Duration,
}

impl Arguments {
    /// The command line without the program's name, or what is wrong with it.
    pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Result<Asked, String> {
        let mut base_url = None;
        let mut found = Self {
            base_url: String::new(),
            request: None,
            version: None,
            run_id: None,
            wait: Duration::from_secs(60),
        };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "-h" | "--help" => return Ok(Asked::Help),
                "--request" => found.request = Some(read_request(&value()?)?),
                "--expect-version" => found.version = Some(value()?),
                "--expect-run" => found.run_id = Some(value()?),
                "--wait" => {
                    let text = value()?;
                    let seconds =
                        text.parse().map_err(|_| format!("--wait {text} is no number of seconds"))?;
                    found.wait = Duration::from_secs(seconds);
                }
                flag if flag.starts_with('-') => return Err(format!("there is no option {flag}")),
                _ if base_url.is_some() => return Err(format!("one address is enough; what is {word}?")),
                _ => base_url = Some(word),
            }
        }
        found.base_url = base_url.ok_or("the address is missing, such as http://localhost:8080")?;
        Ok(Asked::Run(Box::new(found)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Asked, String> {
        Arguments::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn an_address_is_enough() {
        let Ok(Asked::Run(arguments)) = parse("http://localhost:8080") else { panic!("refused") };
        assert_eq!((arguments.base_url.as_str(), arguments.wait.as_secs()), ("http://localhost:8080", 60));
    }

    #[test]
    fn expectations_are_read_in_any_order() {
        let Ok(Asked::Run(arguments)) = parse("--expect-run abc http://x --expect-version 3 --wait 5") else {
            panic!("refused")
        };
        assert_eq!((arguments.run_id.as_deref(), arguments.version.as_deref()), (Some("abc"), Some("3")));
        assert_eq!(arguments.wait, Duration::from_secs(5));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, says) in [
            ("", "the address is missing, such as http://localhost:8080"),
            ("http://x --wait", "--wait needs a value"),
            ("http://x --wait soon", "--wait soon is no number of seconds"),
            ("http://x --quickly", "there is no option --quickly"),
            ("http://x http://y", "one address is enough; what is http://y?"),
            (
                "http://x --request /nowhere.json",
                "cannot read /nowhere.json: No such file or directory (os error 2)",
            ),
        ] {
            assert_eq!(parse(line), Err(says.to_owned()), "{line}");
        }
        assert_eq!(parse("--help"), Ok(Asked::Help));
    }
}
