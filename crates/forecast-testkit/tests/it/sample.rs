//! The sample is the same everywhere, and has in it what it says.

use std::collections::BTreeMap;
use std::process::Command;

use chrono::{Datelike, Weekday};
use forecast_testkit::sample::{Family, SaleRow, Sample, SampleOptions, generate};
use sha2::{Digest, Sha256};

fn default_sample() -> Sample {
    generate(&SampleOptions::default()).unwrap()
}

fn hash(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes).unwrap();
    hex::encode(Sha256::digest(&bytes))
}

fn mean_sales<'a>(rows: impl Iterator<Item = &'a SaleRow>) -> f64 {
    let (sum, count) = rows.fold((0.0, 0.0), |(sum, count), row| (sum + f64::from(row.sales), count + 1.0));
    assert!(count > 0.0, "no row to average");
    sum / count
}

/// Sales of each series in the order of its days.
fn by_series(sample: &Sample) -> BTreeMap<(&str, &str), Vec<&SaleRow>> {
    let mut series: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in &sample.history {
        series.entry((&*row.plan.boutique, &*row.plan.product)).or_default().push(row);
    }
    series
}

/// These hashes change only when the generator is changed on purpose; accuracy frozen elsewhere in
/// tests on the sample changes with them.
#[test]
fn the_default_sample_is_the_same_bytes_everywhere() {
    let sample = default_sample();
    assert_eq!(
        [
            hash(|out| sample.write_history(out)),
            hash(|out| sample.write_future(out)),
            hash(|out| sample.write_request(out)),
        ],
        [
            "3caa8e705b013c74e7b57f7e24a08442bc9e09d71009e553813d9692d70cc011",
            "df1c841b1a4eabb60e79d4f4ef8ddc74997c5be50a1cd8d45aa869a7ab317277",
            "a1be7b8d38224bf459dcfd03c28b84c7d4568c14d5ec4b846f4a45e1253cd394",
        ]
    );
}

#[test]
fn another_seed_gives_other_sales_on_the_same_days() {
    let options = SampleOptions { boutiques: 2, products: 3, days: 90, ..SampleOptions::default() };
    let one = generate(&options).unwrap();
    let other = generate(&SampleOptions { seed: 8, ..options }).unwrap();
    assert_eq!(one.history.len(), other.history.len());
    assert_ne!(one, other);
}

#[test]
fn a_boutique_more_leaves_the_others_as_they_were() {
    let options = SampleOptions { boutiques: 2, products: 3, days: 90, ..SampleOptions::default() };
    let two = generate(&options).unwrap();
    let three = generate(&SampleOptions { boutiques: 3, ..options }).unwrap();
    assert_eq!(by_series(&two)[&("London", "Aria tote")], by_series(&three)[&("London", "Aria tote")]);
}

#[test]
fn rows_are_consecutive_days_and_the_future_covers_every_series() {
    let sample = default_sample();
    let series = by_series(&sample);
    assert_eq!(series.len(), 12 * 15);
    for (key, rows) in &series {
        assert!(
            rows.windows(2).all(|pair| pair[0].plan.date.succ_opt() == Some(pair[1].plan.date)),
            "{key:?} has a gap"
        );
        assert_eq!(rows[rows.len() - 1].plan.date, SampleOptions::DEFAULT_END, "{key:?}");
    }
    assert_eq!(sample.future.len(), 12 * 15 * 28);
    assert_eq!(sample.future[0].date, SampleOptions::DEFAULT_END.succ_opt().unwrap());
}

#[test]
fn nothing_is_sold_out_of_stock() {
    let sample = default_sample();
    let empty: Vec<_> = sample.history.iter().filter(|row| !row.in_stock).collect();
    let share = empty.len() as f64 / sample.history.len() as f64;
    assert!((0.01..0.08).contains(&share), "{share} of the rows out of stock");
    assert!(empty.iter().all(|row| row.sales == 0));
}

#[test]
fn saturdays_lead_in_every_boutique() {
    let sample = default_sample();
    let boutiques: std::collections::BTreeSet<_> =
        sample.history.iter().map(|row| &*row.plan.boutique).collect();
    for boutique in boutiques {
        let on = |weekday: Weekday| {
            mean_sales(sample.history.iter().filter(|row| {
                row.in_stock && &*row.plan.boutique == boutique && row.plan.date.weekday() == weekday
            }))
        };
        assert!(on(Weekday::Sat) > 1.4 * on(Weekday::Mon), "{boutique}");
    }
}

#[test]
fn promotions_lift_sales_and_most_where_prices_fall_most() {
    let sample = default_sample();
    let uplift = |family: Family| {
        let with =
            |promotion: bool| {
                mean_sales(sample.history.iter().filter(|row| {
                    row.in_stock && row.plan.family == family && row.plan.promotion == promotion
                }))
            };
        with(true) / with(false)
    };
    assert!(uplift(Family::ReadyToWear) > uplift(Family::Leather));
    for family in [Family::Fragrance, Family::ReadyToWear, Family::Scarves] {
        assert!((1.3..4.0).contains(&uplift(family)), "{} {}", family.name(), uplift(family));
    }
}

#[test]
fn december_is_the_best_month_of_the_year() {
    let sample = default_sample();
    let month = |month| {
        mean_sales(
            sample
                .history
                .iter()
                .filter(|row| row.in_stock && row.plan.date.year() == 2024 && row.plan.date.month() == month),
        )
    };
    for other in 1..12 {
        assert!(month(12) > 1.2 * month(other), "December {} month {other} {}", month(12), month(other));
    }
}

#[test]
fn prices_rise_and_are_cut_while_a_promotion_runs() {
    let sample = default_sample();
    let series = by_series(&sample);
    let prices = &series[&("Paris", "Merino knit")];
    let full = |rows: &[&SaleRow]| {
        rows.iter().filter(|row| !row.plan.promotion).map(|row| row.plan.price_cents).max().unwrap()
    };
    assert!(full(&prices[800..]) > full(&prices[..100]));
    let cheapest = prices.iter().min_by_key(|row| row.plan.price_cents).unwrap();
    assert!(cheapest.plan.promotion);
}

#[test]
fn watches_and_jewellery_are_intermittent_and_a_third_of_the_series() {
    let sample = default_sample();
    let intermittent: Vec<_> = by_series(&sample)
        .into_values()
        .filter(|rows| rows.iter().filter(|row| row.sales == 0).count() * 10 > rows.len() * 7)
        .map(|rows| rows[0].plan.family)
        .collect();
    let share = intermittent.len() as f64 / 180.0;
    assert!((0.25..0.40).contains(&share), "{share} of the series are intermittent");
    let by_nature = intermittent.iter().filter(|family| family.is_intermittent()).count();
    assert!(by_nature * 10 > intermittent.len() * 9);
}

#[test]
fn launches_and_delistings_happen() {
    let sample = default_sample();
    let series = by_series(&sample);
    let late = series.values().filter(|rows| rows.len() < 913).count();
    assert!((24..60).contains(&late), "{late} series start late");
    let gone = &series[&("Paris", "Étole wool")];
    assert!(gone[gone.len() - 60..].iter().all(|row| !row.in_stock));
}

#[test]
fn closed_boutiques_sell_nothing_on_christmas_day() {
    let sample = default_sample();
    let closed: Vec<_> = sample
        .history
        .iter()
        .filter(|row| row.plan.holiday == Some("Christmas Day") && &*row.plan.boutique == "Paris")
        .collect();
    assert!(!closed.is_empty() && closed.iter().all(|row| row.sales == 0));
}

#[test]
fn the_command_writes_the_three_files_and_refuses_a_size_with_its_limits() {
    let folder = tempfile::tempdir().unwrap();
    let run = |days: &str| {
        Command::new(env!("CARGO_BIN_EXE_forecast-sample"))
            .args(["--boutiques", "1", "--products", "2", "--days", days, "--out"])
            .arg(folder.path())
            .output()
            .unwrap()
    };
    assert!(run("60").status.success());
    for file in ["sales.csv", "future.csv", "request.json"] {
        assert!(folder.path().join(file).is_file(), "{file}");
    }
    let refused = run("5");
    assert_eq!(refused.status.code(), Some(64));
    assert_eq!(
        String::from_utf8_lossy(&refused.stderr),
        "forecast-sample: days is 5; choose a number from 60 to 3650\n"
    );
}
