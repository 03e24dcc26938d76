//! Every frequency is told from the dates.

use forecast_core::{Frequency, Period};

use super::support::{Tables, setup};

#[test]
fn every_frequency_is_detected_with_gaps_and_in_any_spelling() {
    for frequency in Frequency::all() {
        let mut text = "date,store,sales\n".to_owned();
        for step in (0..80).filter(|step| step % 5 != 3) {
            let time = frequency.timestamp(Period(20_000 / frequency.season_length() as i32 + step)).unwrap();
            let written =
                if step % 2 == 0 { time.format("%Y-%m-%dT%H:%M:%SZ") } else { time.format("%Y/%m/%d %H:%M") };
            text.push_str(&format!("{written},a,{step}\n"));
        }
        let ingested = Tables::of(&text).ingested(&setup());
        assert_eq!(ingested.panel.frequency(), frequency);
        assert!(ingested.quality.frequency_detected);
        assert_eq!(ingested.quality.gaps_inside, 16, "{frequency}");
    }
}

#[test]
fn months_and_quarters_may_be_written_without_a_day() {
    let monthly = "date,store,sales\n2024-01,a,1\n2024-02,a,2\n2024-04,a,3\n";
    assert_eq!(Tables::of(monthly).panel(&setup()).frequency(), Frequency::MonthStart);
    let quarterly = "date,store,sales\n2024-Q1,a,1\n2024-Q2,a,2\n2024-Q4,a,3\n";
    assert_eq!(Tables::of(quarterly).panel(&setup()).frequency(), Frequency::QuarterStart);
}

#[test]
fn a_given_frequency_settles_what_the_dates_leave_open() {
    let two_days = "date,store,sales\n2024-01-01,a,1\n2024-01-03,a,2\n";
    let given = setup().options(|options| options.frequency = Some(Frequency::Daily));
    let ingested = Tables::of(two_days).ingested(&given);
    assert_eq!(ingested.panel.rows(), 3);
    assert!(!ingested.quality.frequency_detected);
}
