//! The whole policy, on tokio's paused clock: no test waits.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::*;

/// What a scripted attempt does.
enum Step {
    Answer,
    Fail(Retry, Service),
    Hang,
}

/// Attempts that follow a script and write down when they were made.
struct Script {
    steps: Mutex<VecDeque<Step>>,
    made_at: Mutex<Vec<Duration>>,
    started: Instant,
}

impl Script {
    fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            steps: Mutex::new(steps.into_iter().collect()),
            made_at: Mutex::default(),
            started: Instant::now(),
        }
    }

    async fn attempt(&self, _number: u32) -> Result<&'static str, Failure> {
        self.made_at.lock().unwrap().push(self.started.elapsed());
        let step = self.steps.lock().unwrap().pop_front().expect("an attempt more than the script has");
        match step {
            Step::Answer => Ok("answer"),
            Step::Fail(retry, service) => {
                let error = ClientError::NotTheApi { status: 503, beginning: String::new() };
                Err(Failure { error, retry, service })
            }
            Step::Hang => std::future::pending().await,
        }
    }

    fn made(&self) -> Vec<Duration> {
        self.made_at.lock().unwrap().clone()
    }
}

fn policy() -> Policy {
    Policy::new(&ClientConfig::new("http://localhost"))
}

const UNAVAILABLE: Step = Step::Fail(Retry::Soon, Service::Failing);

#[tokio::test(start_paused = true)]
async fn two_failures_and_then_an_answer_is_an_answer() {
    let script = Script::new([UNAVAILABLE, UNAVAILABLE, Step::Answer]);
    assert_eq!(policy().call(|number| script.attempt(number)).await.unwrap(), "answer");
    let made = script.made();
    let (first_wait, second_wait) = (made[1] - made[0], made[2] - made[1]);
    assert!((100..=201).contains(&first_wait.as_millis()), "{first_wait:?}");
    assert!((200..=401).contains(&second_wait.as_millis()), "{second_wait:?}");
}

#[tokio::test(start_paused = true)]
async fn three_attempts_are_made_and_no_more() {
    let script = Script::new([UNAVAILABLE, UNAVAILABLE, UNAVAILABLE]);
    let error = policy().call(|number| script.attempt(number)).await.unwrap_err();
    assert_eq!((error.status(), script.made().len()), (Some(503), 3));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_request_is_made_once_and_does_not_count_against_the_service() {
    let policy = policy();
    for _ in 0..10 {
        let script = Script::new([Step::Fail(Retry::No, Service::Healthy)]);
        assert!(policy.call(|number| script.attempt(number)).await.is_err());
    }
    assert_eq!(policy.circuit(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn what_the_service_asks_to_wait_is_waited() {
    let asked = Duration::from_secs(4);
    let script = Script::new([Step::Fail(Retry::After(asked), Service::Healthy), Step::Answer]);
    assert!(policy().call(|number| script.attempt(number)).await.is_ok());
    assert!((4_000..=4_001).contains(&script.made()[1].as_millis()), "{:?}", script.made());
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_deadline_ends_the_call_at_once() {
    let asked = Duration::from_secs(60);
    let script = Script::new([Step::Fail(Retry::After(asked), Service::Healthy)]);
    let started = Instant::now();
    assert!(policy().call(|number| script.attempt(number)).await.is_err());
    assert_eq!((started.elapsed(), script.made().len()), (Duration::ZERO, 1));
}

#[tokio::test(start_paused = true)]
async fn silence_ends_after_the_attempts_timeout_and_is_not_tried_again() {
    let script = Script::new([Step::Hang]);
    let started = Instant::now();
    let error = policy().call(|number| script.attempt(number)).await.unwrap_err();
    assert!(matches!(error, ClientError::TimedOut { after } if after == Duration::from_secs(10)));
    assert!(started.elapsed() <= Duration::from_millis(10_001));
}

#[tokio::test(start_paused = true)]
async fn the_last_attempt_gets_only_what_is_left_of_the_deadline() {
    let mut config = ClientConfig::new("http://localhost");
    config.deadline = Duration::from_secs(5);
    let script =
        Script::new([Step::Fail(Retry::After(Duration::from_secs(3)), Service::Failing), Step::Hang]);
    let error = Policy::new(&config).call(|number| script.attempt(number)).await.unwrap_err();
    assert!(matches!(error, ClientError::TimedOut { after } if after <= Duration::from_secs(2)));
}

#[tokio::test(start_paused = true)]
async fn the_circuit_opens_in_the_middle_of_a_call_and_closes_after_a_good_probe() {
    let policy = policy();
    let first = Script::new([UNAVAILABLE, UNAVAILABLE, UNAVAILABLE]);
    assert!(policy.call(|number| first.attempt(number)).await.is_err());

    // Failures four and five open it: the third attempt of this call is not made, and the caller
    // hears what the service said rather than that the circuit is open.
    let second = Script::new([UNAVAILABLE, UNAVAILABLE]);
    let error = policy.call(|number| second.attempt(number)).await.unwrap_err();
    assert_eq!((error.status(), second.made().len()), (Some(503), 2));

    let refused = Script::new([]);
    let error = policy.call(|number| refused.attempt(number)).await.unwrap_err();
    assert!(matches!(error, ClientError::CircuitOpen { retry_in } if retry_in > Duration::from_secs(29)));

    tokio::time::advance(Duration::from_secs(30)).await;
    let probe = Script::new([Step::Answer]);
    assert!(policy.call(|number| probe.attempt(number)).await.is_ok());
    assert_eq!(policy.circuit(), CircuitState::Closed);
}
