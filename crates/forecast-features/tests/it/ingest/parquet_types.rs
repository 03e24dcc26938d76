//! Parquet columns of every type that a writer may choose.

use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Date64Array, Decimal128Array, DictionaryArray, Float16Array,
    Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, LargeStringArray, NullArray,
    StringArray, StringViewArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, TimestampSecondArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
};
use forecast_core::Frequency;

use super::support::{Tables, assert_same_panel, levels, setup, shared, target};

const DAYS: [i32; 3] = [19_000, 19_001, 19_002];
const SECONDS_A_DAY: i64 = 86_400;

fn dates() -> ArrayRef {
    shared(Date32Array::from(DAYS.to_vec()))
}

fn stores() -> ArrayRef {
    shared(StringArray::from(vec!["7", "7", "7"]))
}

fn sales() -> ArrayRef {
    shared(Int64Array::from(vec![1, 2, 3]))
}

fn panel(date: ArrayRef, store: ArrayRef, sales: ArrayRef) -> forecast_core::Panel {
    let tables =
        Tables::new().with_parquet("t.parquet", vec![("date", date), ("store", store), ("sales", sales)]);
    tables.read(&["t.parquet"], &setup()).unwrap_or_else(|error| panic!("{error}")).panel
}

#[test]
fn targets_may_be_numbers_of_any_width() {
    let halves: Vec<_> = [1.0, 2.0, 3.0].map(half_float).to_vec();
    let columns: Vec<ArrayRef> = vec![
        shared(Int8Array::from(vec![1, 2, 3])),
        shared(Int16Array::from(vec![1, 2, 3])),
        shared(Int32Array::from(vec![1, 2, 3])),
        shared(UInt8Array::from(vec![1, 2, 3])),
        shared(UInt16Array::from(vec![1, 2, 3])),
        shared(UInt32Array::from(vec![1, 2, 3])),
        shared(UInt64Array::from(vec![1, 2, 3])),
        shared(Float16Array::from(halves)),
        shared(Float32Array::from(vec![1.0, 2.0, 3.0])),
        shared(Float64Array::from(vec![1.0, 2.0, 3.0])),
        shared(Decimal128Array::from(vec![100, 200, 300]).with_precision_and_scale(10, 2).unwrap()),
        shared(StringArray::from(vec!["1", "2.0", "3"])),
    ];
    let expected = panel(dates(), stores(), sales());
    for column in columns {
        let kind = column.data_type().to_string();
        let read = panel(dates(), stores(), column);
        assert_eq!(target(&read, &["7"]), target(&expected, &["7"]), "{kind}");
    }
    let flags = panel(dates(), stores(), shared(BooleanArray::from(vec![true, false, true])));
    assert_eq!(target(&flags, &["7"]), [1.0, 0.0, 1.0]);
}

fn half_float(value: f32) -> <arrow_array::types::Float16Type as arrow_array::ArrowPrimitiveType>::Native {
    <arrow_array::types::Float16Type as arrow_array::ArrowPrimitiveType>::Native::from_f32(value)
}

#[test]
fn keys_may_be_text_or_numbers_of_any_kind() {
    let dictionary: DictionaryArray<Int8Type> = ["7", "7", "7"].into_iter().collect();
    let columns: Vec<ArrayRef> = vec![
        shared(LargeStringArray::from(vec!["7", " 7", "7"])),
        shared(StringViewArray::from(vec!["7", "7", "7 "])),
        shared(dictionary),
        shared(Int32Array::from(vec![7, 7, 7])),
        shared(UInt64Array::from(vec![7, 7, 7])),
        shared(Float64Array::from(vec![7.0, 7.0, 7.0])),
    ];
    let expected = panel(dates(), stores(), sales());
    for column in columns {
        assert_same_panel(&expected, &panel(dates(), column, sales()));
    }
}

#[test]
fn times_may_be_dates_timestamps_text_or_numbers() {
    let seconds: Vec<i64> = DAYS.iter().map(|day| i64::from(*day) * SECONDS_A_DAY).collect();
    let scaled = |factor: i64| seconds.iter().map(|second| second * factor).collect::<Vec<i64>>();
    // Midnight in Paris is 23:00 the day before in London's winter.
    let paris: Vec<i64> = seconds.iter().map(|second| (second - 3600) * 1_000_000).collect();
    let offset: Vec<i64> = seconds.iter().map(|second| (second + 5 * 3600) * 1_000).collect();
    let columns: Vec<ArrayRef> = vec![
        shared(Date64Array::from(scaled(1_000))),
        shared(TimestampSecondArray::from(seconds.clone())),
        shared(TimestampMillisecondArray::from(scaled(1_000))),
        shared(TimestampMicrosecondArray::from(scaled(1_000_000))),
        shared(TimestampNanosecondArray::from(scaled(1_000_000_000))),
        shared(TimestampNanosecondArray::from(scaled(1_000_000_000)).with_timezone("UTC")),
        shared(TimestampMicrosecondArray::from(paris).with_timezone("Europe/Paris")),
        shared(TimestampMillisecondArray::from(offset).with_timezone("-05:00")),
        shared(StringArray::from(vec!["2022-01-08", "2022-01-09T00:00:00Z", "20220110"])),
        shared(Int32Array::from(vec![20_220_108, 20_220_109, 20_220_110])),
    ];
    let expected = panel(dates(), stores(), sales());
    assert_eq!(expected.frequency(), Frequency::Daily);
    for column in columns {
        let kind = column.data_type().to_string();
        let read = panel(column, stores(), sales());
        assert_eq!(read.series(0).start(), expected.series(0).start(), "{kind}");
        assert_same_panel(&expected, &read);
    }
}

#[test]
fn covariates_keep_the_kind_that_the_file_gives_them() {
    let tables = Tables::new().with_parquet(
        "t.parquet",
        vec![
            ("date", dates()),
            ("store", stores()),
            ("sales", sales()),
            ("text", shared(StringArray::from(vec![Some("2"), None, Some("10")]))),
            ("flag", shared(BooleanArray::from(vec![Some(true), None, Some(false)]))),
            ("nothing", shared(NullArray::new(3))),
        ],
    );
    let described = setup().covariates(&["text", "flag", "nothing"]);
    let panel = tables.read(&["t.parquet"], &described).unwrap().panel;
    assert_eq!(levels(&panel.covariates()[0].kind), ["10", "2"], "text stays text");
    let flags = panel.series(0).covariate(1);
    assert!(flags[0] == 1.0 && flags[1].is_nan() && flags[2] == 0.0);
    assert!(panel.series(0).covariate(2).iter().all(|value| value.is_nan()));
}
