//! The panel depends on the rows alone: not on their order, their files, their format, the threads.

use arrow_array::{ArrayRef, BooleanArray, Date32Array, Float32Array, Int64Array, StringArray};
use proptest::prelude::*;

use super::support::{Setup, Tables, assert_same_panel, setup, shared};

/// One row of a table with every kind of column.
#[derive(Clone, Debug)]
struct Record {
    day: i32,
    store: u8,
    item: u8,
    sales: Option<u8>,
    price: Option<f32>,
    promo: Option<u8>,
    stock: bool,
}

fn record() -> impl Strategy<Value = Record> {
    let values =
        (prop::option::weighted(0.9, 0..20u8), prop::option::of(0..400u16), prop::option::of(0..3u8));
    (19_000..19_040i32, 0..3u8, 0..3u8, values, any::<bool>()).prop_map(
        |(day, store, item, (sales, cents, promo), stock)| {
            let price = cents.map(|cents| f32::from(cents) / 8.0);
            Record { day, store, item, sales, price, promo, stock }
        },
    )
}

/// Records with at most one row per series and day, and always a first series of 40 days.
fn records() -> impl Strategy<Value = Vec<Record>> {
    let base = (19_000..19_040).map(|day| Record {
        day,
        store: 9,
        item: 9,
        sales: Some(1),
        price: Some(1.0),
        promo: Some(0),
        stock: true,
    });
    let base: Vec<Record> = base.collect();
    prop::collection::vec(record(), 1..120).prop_map(move |mut records| {
        records.extend(base.clone());
        records.sort_by_key(|record| (record.store, record.item, record.day));
        records.dedup_by_key(|record| (record.store, record.item, record.day));
        records
    })
}

const PROMOS: [&str; 3] = ["gift", "no, thanks", "sale \"%\""];

fn csv_text(records: &[Record]) -> String {
    let mut text = "store,item,date,sales,price,promo,stock,kind\n".to_owned();
    for record in records {
        let date =
            chrono::NaiveDate::from_ymd_opt(1970, 1, 1).unwrap() + chrono::Days::new(record.day as u64);
        let sales = record.sales.map(|sales| sales.to_string()).unwrap_or_default();
        let price = record.price.map(|price| price.to_string()).unwrap_or_default();
        let promo = record.promo.map(|promo| format!("\"{}\"", PROMOS[promo as usize].replace('"', "\"\"")));
        let (store, item, stock) = (record.store, record.item, record.stock);
        let promo = promo.unwrap_or_default();
        text.push_str(&format!("s{store},{item},{date},{sales},{price},{promo},{stock},k{item}\n"));
    }
    text
}

fn parquet_columns(records: &[Record]) -> Vec<(&'static str, ArrayRef)> {
    vec![
        (
            "store",
            shared(StringArray::from_iter_values(records.iter().map(|record| format!("s{}", record.store)))),
        ),
        ("item", shared(Int64Array::from_iter_values(records.iter().map(|record| i64::from(record.item))))),
        ("date", shared(Date32Array::from_iter_values(records.iter().map(|record| record.day)))),
        ("sales", shared(Float32Array::from_iter(records.iter().map(|record| record.sales.map(f32::from))))),
        ("price", shared(Float32Array::from_iter(records.iter().map(|record| record.price)))),
        (
            "promo",
            shared(StringArray::from_iter(
                records.iter().map(|r| r.promo.map(|promo| PROMOS[promo as usize])),
            )),
        ),
        ("stock", shared(BooleanArray::from_iter(records.iter().map(|record| Some(record.stock))))),
        (
            "kind",
            shared(StringArray::from_iter_values(records.iter().map(|record| format!("k{}", record.item)))),
        ),
    ]
}

fn full_setup() -> Setup {
    setup().covariates(&["price", "promo"]).statics(&["kind"]).spec(|spec| {
        spec.series = vec!["store".into(), "item".into()];
        spec.available = Some("stock".into());
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn order_and_files_do_not_matter(records in records(), seed in any::<u64>(), cut in 0.0..1.0f64) {
        let expected = Tables::of(&csv_text(&records)).ingested(&full_setup());
        let mut shuffled = records.clone();
        // A small linear congruential generator shuffles well enough here.
        let mut state = seed;
        for last in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(last, (state >> 33) as usize % (last + 1));
        }
        let (head, tail) = shuffled.split_at((cut * shuffled.len() as f64) as usize);
        let tables = Tables::new().with("b.csv", csv_text(head)).with("a.csv", csv_text(tail));
        let split = tables.read(&["*.csv"], &full_setup()).unwrap_or_else(|error| panic!("{error}"));
        assert_same_panel(&expected.panel, &split.panel);
        prop_assert_eq!(expected.quality.target, split.quality.target);
    }

    #[test]
    fn csv_and_parquet_make_the_same_panel(records in records(), cut in 0.0..1.0f64) {
        let expected = Tables::of(&csv_text(&records)).ingested(&full_setup());
        let (head, tail) = records.split_at((cut * records.len() as f64) as usize);
        let tables = Tables::new()
            .with_parquet("whole.parquet", parquet_columns(&records))
            .with("0.csv", csv_text(head))
            .with_parquet("1.parquet", parquet_columns(tail));
        let parquet = tables.read(&["whole.parquet"], &full_setup()).unwrap_or_else(|error| panic!("{error}"));
        assert_same_panel(&expected.panel, &parquet.panel);
        let mixed = tables.read(&["0.csv", "1.parquet"], &full_setup()).unwrap_or_else(|error| panic!("{error}"));
        assert_same_panel(&expected.panel, &mixed.panel);
    }
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let records: Vec<Record> = (0..900)
        .map(|number| Record {
            day: 19_000 + number % 300,
            store: (number / 300) as u8,
            item: 0,
            sales: Some((number % 17) as u8),
            price: Some(number as f32 / 3.0),
            promo: None,
            stock: true,
        })
        .collect();
    let tables = Tables::of(&csv_text(&records));
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| tables.ingested(&full_setup()))
    };
    let (one, four) = (with_threads(1), with_threads(4));
    assert_same_panel(&one.panel, &four.panel);
    assert_eq!(one.quality, four.quality);
    assert_eq!(one.source, four.source);
}
