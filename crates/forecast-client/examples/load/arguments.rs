//! The command line of the load program.

use std::path::PathBuf;
use std::time::Duration;

use forecast_client::ForecastRequest;

use crate::request::read_request;

/// What `--help` says.
pub(crate) const USAGE: &str = "\
Usage: load BASE_URL [OPTION]...

Asks a service for forecasts over many connections, without retries; exit code 0 where none failed.

  --connections N   connections, each with one request at a time (default: 8, at most 1024)
  --seconds S       how long to ask (default: 10, at most 3600)
  --requests R      stop after so many requests in all (default: no limit)
  --pause-ms MS     wait between an answer and the next request (default: 0)
  --timeout-ms MS   a request without an answer after this long has failed (default: 10000)
  --request FILE    what to ask for, as JSON (default: the model's first series)
  --json FILE       write the report to this file as well";

const MOST_CONNECTIONS: u64 = 1_024;
const LONGEST_SECONDS: u64 = 3_600;

/// What the command line asks for.
#[derive(Debug, PartialEq)]
pub(crate) enum Asked {
    Help,
    Run(Box<Arguments>),
}

/// How the service is to be loaded.
#[derive(Debug, PartialEq)]
pub(crate) struct Arguments {
    /// Address of the service, `http` only.
    pub(crate) base_url: String,
    /// Connections at once.
    pub(crate) connections: u64,
    /// When to stop at the latest.
    pub(crate) time_limit: Duration,
    /// After how many requests in all to stop.
    pub(crate) requests: u64,
    /// Between an answer and the next request of a connection.
    pub(crate) pause: Duration,
    /// How long an answer may take.
    pub(crate) timeout: Duration,
    /// What to ask for; the model's first series where nothing is given.
    pub(crate) request: Option<ForecastRequest>,
    /// Where the report goes as JSON.
    pub(crate) json: Option<PathBuf>,
}

impl Arguments {
    /// The command line without the program's name, or what is wrong with it.
    pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Result<Asked, String> {
        let mut base_url = None;
        let mut found = Self {
            base_url: String::new(),
            connections: 8,
            time_limit: Duration::from_secs(10),
            requests: u64::MAX,
            pause: Duration::ZERO,
            timeout: Duration::from_secs(10),
            request: None,
            json: None,
        };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let flag = word.as_str();
            let mut value = || words.next().ok_or_else(|| format!("{flag} needs a value"));
            match flag {
                "-h" | "--help" => return Ok(Asked::Help),
                "--connections" => found.connections = number(flag, &value()?, 1..=MOST_CONNECTIONS)?,
                "--seconds" => {
                    found.time_limit = Duration::from_secs(number(flag, &value()?, 1..=LONGEST_SECONDS)?);
                }
                "--requests" => found.requests = number(flag, &value()?, 1..=u64::MAX)?,
                "--pause-ms" => found.pause = Duration::from_millis(number(flag, &value()?, 0..=60_000)?),
                "--timeout-ms" => found.timeout = Duration::from_millis(number(flag, &value()?, 1..=60_000)?),
                "--request" => found.request = Some(read_request(&value()?)?),
                "--json" => found.json = Some(value()?.into()),
                _ if flag.starts_with('-') => return Err(format!("there is no option {flag}")),
                _ if base_url.is_some() => return Err(format!("one address is enough; what is {flag}?")),
                _ => base_url = Some(word),
            }
        }
        found.base_url = base_url.ok_or("the address is missing, such as http://localhost:8080")?;
        Ok(Asked::Run(Box::new(found)))
    }
}

fn number(flag: &str, text: &str, allowed: std::ops::RangeInclusive<u64>) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| allowed.contains(number));
    number.ok_or_else(|| {
        format!("{flag} {text} must be a whole number from {} to {}", allowed.start(), allowed.end())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Asked, String> {
        Arguments::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn the_load_is_bounded_by_default() {
        let Ok(Asked::Run(arguments)) = parse("http://localhost:8080") else { panic!("refused") };
        assert_eq!((arguments.connections, arguments.time_limit.as_secs()), (8, 10));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, says) in [
            ("--seconds 5", "the address is missing, such as http://localhost:8080"),
            ("http://x --connections 0", "--connections 0 must be a whole number from 1 to 1024"),
            ("http://x --seconds long", "--seconds long must be a whole number from 1 to 3600"),
            ("http://x --json", "--json needs a value"),
            ("http://x --retries 3", "there is no option --retries"),
        ] {
            assert_eq!(parse(line), Err(says.to_owned()), "{line}");
        }
        assert_eq!(parse("http://x -h"), Ok(Asked::Help));
    }
}
