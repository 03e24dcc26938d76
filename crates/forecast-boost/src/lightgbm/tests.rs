//! Damaged, odd and hostile texts of LightGBM, and what the reader says of each.

use super::*;
use crate::objective::{LightGbmObjective, Objective};

const HEADER: &str = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=1\n\
                      objective=quantile\nfeature_names=price store\nfeature_infos=[0:9] 0:1:33\n";

/// price at most 1.5, and then stores 1 and 33.
const SPLITS: &str = "num_leaves=3\nnum_cat=1\nsplit_feature=0 1\nsplit_gain=5 inf\nthreshold=1.5 0\n\
                      decision_type=10 1\nleft_child=1 -1\nright_child=-2 -3\nleaf_value=1 2 4\n\
                      leaf_weight=6 5 4\nleaf_count=60 50 40\ninternal_value=2 3\ninternal_weight=15 10\n\
                      internal_count=150 100\ncat_boundaries=0 2\ncat_threshold=2 2\nis_linear=0\nshrinkage=0.1\n";

const STUMP: &str = "num_leaves=1\nnum_cat=0\nsplit_feature=\nthreshold=\ndecision_type=\nleft_child=\n\
                     right_child=\nleaf_value=-1e-1\nleaf_weight=\nleaf_count=150\nis_linear=0\nshrinkage=1\n";

const TAIL: &str = "end of trees\n\nfeature_importances:\nprice=1\n\nparameters:\n[alpha: 0.75]\n[fair_c: 2]\n\
                    [tweedie_variance_power: 1.25]\n\nend of parameters\n\npandas_categorical:null\n";

fn text(header: &str, trees: &[&str], tail: &str) -> String {
    let numbered = trees.iter().enumerate().map(|(index, tree)| format!("Tree={index}\n{tree}\n\n"));
    let trees: Vec<String> = numbered.collect();
    let sizes: Vec<String> = trees.iter().map(|tree| tree.len().to_string()).collect();
    format!("{header}tree_sizes={}\n\n{}{tail}", sizes.join(" "), trees.concat())
}

fn whole() -> String {
    text(HEADER, &[SPLITS, STUMP], TAIL)
}

/// The error for the whole text with one thing changed everywhere.
fn refusal(from: &str, to: &str) -> String {
    let [header, splits, stump, tail] = [HEADER, SPLITS, STUMP, TAIL].map(|part| part.replace(from, to));
    let text = text(&header, &[&splits, &stump], &tail);
    assert_ne!(text, whole(), "{from:?} is somewhere");
    match Model::from_lightgbm(text) {
        Err(error) => error.to_string(),
        Ok(_) => format!("read with {to:?} for {from:?}"),
    }
}

#[test]
fn reads_splits_and_what_reached_them() {
    let model = Model::from_lightgbm(whole()).unwrap();
    let kinds: Vec<(&str, ColumnKind)> =
        model.columns().iter().map(|column| (column.name.as_str(), column.kind)).collect();
    assert_eq!(kinds, [("price", ColumnKind::Numeric), ("store", ColumnKind::Categorical)]);
    assert!(matches!(model.objective(), Objective::Quantile { level: 0.75 }));
    let rows = [
        ([1.5, 1.0], 0.9),
        ([1.5, 33.7], 0.9),
        ([1.5, 0.0], 3.9),
        ([1.6, 1.0], 1.9),
        ([f32::NAN, 65.0], 3.9),
    ];
    for (row, expected) in rows {
        assert_eq!(model.predict_row(&row).unwrap(), expected, "{row:?}");
    }
    let tree = &model.trees[0];
    let covers = tree.leaves.iter().chain(tree.nodes.iter().map(|node| &node.cover));
    let expected = [(60, 6.0, 1.0), (50, 5.0, 2.0), (40, 4.0, 4.0), (150, 15.0, 2.0), (100, 10.0, 3.0)];
    assert_eq!(covers.map(|cover| (cover.rows, cover.hess, cover.value)).collect::<Vec<_>>(), expected);
    assert_eq!(tree.nodes[0].gain, 5.0);
}

#[test]
fn what_was_read_is_written_and_read_the_same() {
    let model = Model::from_lightgbm(whole()).unwrap();
    let written = model.to_lightgbm().unwrap();
    assert!(written.starts_with("tree\nversion=v4\n") && written.ends_with("pandas_categorical:null\n"));
    let range = "[-3.4028234663852886e38:3.4028234663852886e38]";
    assert!(written.contains(&format!("\nfeature_infos={range} -1:1:33\n")), "{written}");
    let again = Model::from_lightgbm(&written).unwrap();
    assert_eq!((&again.trees, &again.columns), (&model.trees, &model.columns));
    assert!(matches!(again.objective(), Objective::Quantile { level: 0.75 }));
    assert_eq!(again.to_lightgbm().unwrap(), written);
}

#[test]
fn line_ends_of_the_header_may_be_converted() {
    let [header, tail] = [HEADER, TAIL].map(|part| part.replace('\n', "\r\n"));
    assert!(Model::from_lightgbm(text(&header, &[SPLITS, STUMP], &tail)).is_ok());
}

#[test]
fn a_forest_is_the_mean_of_its_trees() {
    let header = HEADER.replace("feature_names", "average_output\nfeature_names");
    let model = Model::from_lightgbm(text(&header, &[SPLITS, STUMP], TAIL)).unwrap();
    assert_eq!(model.predict_row(&[1.5, 0.0]).unwrap(), 0.5 * (4.0 - 0.1));
}

#[test]
fn objectives_keep_their_names_parameters_and_links() {
    let with = |objective: &str| {
        let header = HEADER.replace("objective=quantile\n", objective);
        Model::from_lightgbm(text(&header, &[STUMP], TAIL)).unwrap()
    };
    let log = (-0.1_f64).exp();
    let cases = [
        ("objective=regression\n", -0.1, "Squared"),
        ("objective=regression_l1\n", -0.1, "Absolute"),
        ("objective=huber\n", -0.1, "Huber { delta: 0.75 }"),
        ("objective=poisson\n", log, "Poisson"),
        ("objective=tweedie\n", log, "Tweedie { power: 1.25 }"),
        ("objective=gamma\n", log, "LightGbm(Gamma)"),
        ("objective=mape\n", -0.1, "LightGbm(Mape)"),
        ("objective=fair\n", -0.1, "LightGbm(Fair { c: 2.0 })"),
        ("", -0.1, "LightGbm(Custom)"),
        ("objective=regression sqrt\n", -0.1 * 0.1, "LightGbm(OfRoots(Squared))"),
        ("objective=quantile sqrt\n", -0.1 * 0.1, "LightGbm(OfRoots(Quantile { level: 0.75 }))"),
        ("objective=poisson sqrt\n", log, "Poisson"),
    ];
    for (line, expected, objective) in cases {
        let model = with(line);
        assert_eq!(format!("{:?}", model.objective()), objective);
        assert_eq!(model.predict_row(&[0.0, 0.0]).unwrap(), expected, "{line}");
        let again = Model::from_lightgbm(model.to_lightgbm().unwrap()).unwrap();
        assert_eq!(format!("{:?}", again.objective()), objective);
    }
    let refused = Objective::LightGbm(LightGbmObjective::Mape).check_is_fitted().unwrap_err().to_string();
    assert!(refused.contains("objective is LightGbm(Mape)"), "{refused}");
}

#[test]
fn what_cannot_be_held_or_is_damaged_is_refused_with_its_line() {
    let cases = [
        ("tree\nversion", "forest\nversion", "begins with \"forest\"", "line 1"),
        ("=v4", "=v2", "load the model with LightGBM 4", "line 2"),
        ("num_class=1", "num_class=3", "one model per class", "line 3"),
        ("iteration=1", "iteration=2", "one model per class or output", "line 4"),
        ("idx=1", "idx=2", "max_feature_idx says 3", "line 8"),
        ("idx=1", "idx=-1", "\"-1\" is not a number", "line 6"),
        ("quantile", "binary sigmoid:1", "\"binary\" does not forecast a number", "line 7"),
        ("price store", "store store", "two columns are called \"store\"", "line 8"),
        ("[0:9] 0:1:33", "0:1 [0:9]", "split by a threshold and by categories", "column \"price\""),
        ("[alpha: 0.75]", "", "add a line \"[alpha: …]\"", "line 7"),
        ("[alpha: 0.75]", "[alpha: high]", "\"high\" is not a number", "line 54"),
        ("end of parameters", "", "have no end", "line 53"),
        ("end of trees", "", "the file is cut", "line 50"),
        ("num_leaves=3", "num_leaves=99999999999", "3 numbers where 99999999999 belong", "line 21"),
        ("num_leaves=3", "num_leaves=0", "at least one leaf", "line 13"),
        ("num_leaves=3", "num_leaves=-3", "\"-3\" is not a number", "line 13"),
        ("num_leaves=3", "num_leafs=3", "no num_leaves=", "line 12"),
        ("num_leaves=3\n", "num_leaves=3\nnum_leaves=3\n", "there twice, first in line 13", "line 14"),
        ("num_cat=1", "num_cat=18446744073709551615", "2 numbers where 18446744073709551615", "line 27"),
        ("feature=0 1", "feature=0 2", "column 2, but the model has 2", "line 15"),
        ("threshold=1.5", "threshold=nan", "NaN divides nothing", "line 17"),
        ("threshold=1.5 0", "threshold=1.5 1", "1 names no set", "line 17"),
        ("threshold=1.5 0", "threshold=1.5 0.5", "0.5 names no set", "line 17"),
        ("type=10 1", "type=1 1", "1.5 names no set", "line 17"),
        ("type=10 1", "type=12 1", "12 is no way to decide", "line 18"),
        ("left_child=1 -1", "left_child=0 -1", "0 below node 0", "line 19"),
        ("left_child=1 -1", "left_child=2 -1", "2 below node 0", "line 19"),
        ("right_child=-2 -3", "right_child=-2 1", "1 below node 1", "line 20"),
        ("right_child=-2 -3", "right_child=-2 -4", "-4 below node 1", "line 20"),
        ("right_child=-2 -3", "right_child=-2 -2", "-2 below node 1", "line 20"),
        ("right_child=-2 -3", "right_child=-2 -2147483648", "-2147483648 below node 1", "line 20"),
        ("leaf_value=1 2", "leaf_value=1 inf", "inf predicts nothing", "line 21"),
        ("leaf_count=60", "leaf_count=many", "\"many\" is not a number", "line 23"),
        ("[alpha: 0.75]", "[alpha: 1]", "it must be above 0 and below 1", "line 7"),
        ("boundaries=0 2", "boundaries=1 2", "must rise from 0", "line 27"),
        ("boundaries=0 2", "boundaries=0 9", "2 numbers where 9 belong", "line 28"),
        ("linear=0", "linear=1", "fit with linear_tree=false", "line 29"),
    ];
    for (from, to, what, place) in cases {
        let error = refusal(from, to);
        assert!(error.contains(what) && error.ends_with(&format!("({place})")), "{to}: {error}");
    }
    let far = format!("boundaries=0 {}", 1 << 20);
    let words = format!("cat_threshold={}1", "0 ".repeat((1 << 20) - 1));
    let splits = SPLITS.replace("boundaries=0 2", &far).replace("cat_threshold=2 2", &words);
    let error = Model::from_lightgbm(text(HEADER, &[&splits], TAIL)).unwrap_err().to_string();
    assert!(error.contains("category 33554400 is more than 16777215"), "{error}");
    let error = Model::from_lightgbm(b"tree\n\xff").unwrap_err().to_string();
    assert!(error.contains("not UTF-8") && error.contains("(line 2)"), "{error}");
}

#[test]
fn sizes_of_trees_must_be_right() {
    for (from, to, what) in [
        ("tree_sizes=", "tree_sizes=1", "Tree=0 does not end"),
        ("tree_sizes=", "tree_sizes=18446744073709551615 ", "Tree=0 does not end"),
        ("\nTree=0", "\n\nTree=1", "Tree=0 does not begin"),
        ("\nTree=1\n", "\nTree=1\nlonger=1\n", "belongs here"),
    ] {
        let error = Model::from_lightgbm(whole().replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(what), "{to}: {error}");
    }
}

#[test]
fn a_cut_file_is_refused_wherever_it_is_cut() {
    let whole = whole();
    let end = whole.find("end of parameters").unwrap() + "end of parameters".len();
    for length in 0..end {
        assert!(Model::from_lightgbm(&whole[..length]).is_err(), "the first {length} bytes");
    }
    assert!(Model::from_lightgbm(&whole[..end]).is_ok());
}

#[test]
fn any_changed_byte_is_read_or_refused_without_a_panic() {
    let whole = whole();
    let mut read = 0;
    for place in 0..whole.len() {
        for byte in [b'9', b'-', b' ', b'\n', b'=', b'e', 0xff] {
            let mut bytes = whole.clone().into_bytes();
            bytes[place] = byte;
            if let Ok(model) = Model::from_lightgbm(&bytes) {
                assert!(model.predict_row(&[1.0, 33.0]).is_ok());
                read += 1;
            }
        }
    }
    assert!(read > 0);
}

#[test]
fn a_split_that_lightgbm_takes_for_zero_is_not_written() {
    let mut model = Model::from_lightgbm(whole()).unwrap();
    model.trees[0].nodes[0].test = Test::AtMost { threshold: 1e-36, missing_left: true };
    let error = model.to_lightgbm().unwrap_err().to_string();
    assert!(error.contains("splits column \"price\" at 1e-36"), "{error}");
}
