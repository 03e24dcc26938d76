//! Models of every shape come back as they were, and what is no model is refused where it goes wrong.

use proptest::prelude::*;

use crate::dataset::{ColumnKind, MAX_CATEGORY};
use crate::model::{ColumnInfo, Model};
use crate::objective::{LightGbmObjective, Objective};
use crate::predict::Forest;
use crate::quantiles::QuantileModel;
use crate::tree::{Child, Cover, Node, Test, Tree};

const COLUMNS: u32 = 4;

fn model(objective: Objective, start: f64, trees: Vec<Tree>) -> Model {
    let columns = (0..COLUMNS)
        .map(|column| ColumnInfo {
            name: format!("column {column} ü"),
            kind: if column % 2 == 0 { ColumnKind::Numeric } else { ColumnKind::Categorical },
        })
        .collect();
    let loss = objective.loss();
    Model { columns, start, trees, objective, loss, forest: Forest::default() }.ready()
}

fn objective() -> impl Strategy<Value = Objective> {
    prop_oneof![
        Just(Objective::Squared),
        Just(Objective::Absolute),
        (1e-3..1e6).prop_map(|delta| Objective::Huber { delta }),
        Just(Objective::Poisson),
        (1.001..1.999).prop_map(|power| Objective::Tweedie { power }),
        (0.001..0.999).prop_map(|level| Objective::Quantile { level }),
        only_read().prop_map(Objective::LightGbm),
    ]
}

fn only_read() -> impl Strategy<Value = LightGbmObjective> {
    prop_oneof![
        Just(LightGbmObjective::OfRoots(Box::new(Objective::Quantile { level: 0.3 }))),
        (1e-3..1e6).prop_map(|c| LightGbmObjective::Fair { c }),
        Just(LightGbmObjective::Mape),
        Just(LightGbmObjective::Gamma),
        Just(LightGbmObjective::Custom),
    ]
}

fn finite() -> impl Strategy<Value = f64> {
    use proptest::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO
}

fn cover() -> impl Strategy<Value = Cover> {
    (any::<u32>(), finite(), finite()).prop_map(|(rows, hess, value)| Cover {
        rows: rows.into(),
        hess,
        value,
    })
}

/// A column, even ones numeric and odd ones categorical, and a test of its kind.
fn split() -> impl Strategy<Value = (u32, Test)> {
    let threshold = any::<f32>().prop_filter("a threshold is a number", |threshold| !threshold.is_nan());
    let at_most =
        (threshold, any::<bool>(), any::<bool>()).prop_map(|(threshold, missing_left, zero_is_missing)| {
            if zero_is_missing {
                Test::AtMostZeroMissing { threshold, missing_left }
            } else {
                Test::AtMost { threshold, missing_left }
            }
        });
    let set = proptest::collection::btree_set(0..=MAX_CATEGORY as u32, 0..20);
    prop_oneof![
        (0..COLUMNS / 2, at_most).prop_map(|(place, test)| (2 * place, test)),
        (0..COLUMNS / 2, set).prop_map(|(place, set)| (2 * place + 1, Test::In(set.into_iter().collect()))),
    ]
}

/// A tree grown by splitting leaves, as a fit does: the left part keeps the leaf's number.
fn tree() -> impl Strategy<Value = Tree> {
    let split = (any::<prop::sample::Index>(), split(), finite(), cover());
    (cover(), proptest::collection::vec((split, cover()), 0..40)).prop_map(|(first, splits)| {
        let mut tree = Tree { nodes: Vec::new(), leaves: vec![first] };
        for ((place, (column, test), gain, cover), leaf) in splits {
            let (split, node, new) = (place.index(tree.leaves.len()), tree.nodes.len(), tree.leaves.len());
            for earlier in &mut tree.nodes {
                for child in [&mut earlier.left, &mut earlier.right] {
                    if *child == Child::leaf(split) {
                        *child = Child::node(node);
                    }
                }
            }
            let (left, right) = (Child::leaf(split), Child::leaf(new));
            tree.nodes.push(Node { column, test, left, right, gain, cover });
            tree.leaves.push(leaf);
        }
        tree
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_model_comes_back_as_it_was(
        objective in objective(),
        start in finite(),
        trees in proptest::collection::vec(tree(), 0..8),
        row in proptest::collection::vec(any::<f32>(), COLUMNS as usize),
    ) {
        let model = model(objective, start, trees);
        let bytes = model.to_bytes().unwrap();
        let back = Model::from_bytes(&bytes).unwrap();
        prop_assert_eq!(&back.columns, &model.columns);
        prop_assert_eq!(back.start.to_bits(), model.start.to_bits());
        prop_assert_eq!(&back.trees, &model.trees);
        prop_assert_eq!(format!("{:?}", back.objective), format!("{:?}", model.objective));
        let (before, after) = (model.predict_row(&row).unwrap(), back.predict_row(&row).unwrap());
        prop_assert_eq!(before.to_bits(), after.to_bits());
        prop_assert_eq!(back.to_bytes().unwrap(), bytes);
    }
}

fn quantiles(levels: &[f64], trees: &[Tree]) -> QuantileModel {
    let at = |&level| model(Objective::Quantile { level }, level, trees.to_vec());
    QuantileModel::from_models(levels.iter().map(at).collect()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn a_model_of_several_quantiles_comes_back_as_it_was(
        trees in proptest::collection::vec(tree(), 0..4),
        row in proptest::collection::vec(any::<f32>(), COLUMNS as usize),
    ) {
        let model = quantiles(&[0.1, 0.5, 0.9], &trees);
        let bytes = model.to_bytes().unwrap();
        let back = QuantileModel::from_bytes(&bytes).unwrap();
        prop_assert_eq!(back.levels(), model.levels());
        let (mut before, mut after) = ([0.0; 3], [0.0; 3]);
        model.predict_row(&row, &mut before).unwrap();
        back.predict_row(&row, &mut after).unwrap();
        prop_assert_eq!(before.map(f64::to_bits), after.map(f64::to_bits));
        prop_assert_eq!(back.to_bytes().unwrap(), bytes);
    }
}

#[test]
fn one_model_is_not_taken_for_several_nor_several_for_one() {
    let one = model(Objective::Squared, 0.0, Vec::new()).to_bytes().unwrap();
    let several = quantiles(&[0.2, 0.8], &[]).to_bytes().unwrap();
    let said = QuantileModel::from_bytes(&one).unwrap_err().to_string();
    assert_eq!(said, "cannot read the model: it holds one model; read it with Model::from_bytes (byte 10)");
    let said = Model::from_bytes(&several).unwrap_err().to_string();
    assert!(said.contains("a model of several quantiles; read it with QuantileModel::from_bytes (byte 10)"));
}

#[test]
fn levels_that_do_not_ascend_are_refused() {
    let mut bytes = quantiles(&[0.2, 0.8], &[]).to_bytes().unwrap();
    // The second level, which is also where that model starts.
    let second = 0.8_f64.to_le_bytes();
    let at = bytes.windows(8).position(|window| window == second).unwrap();
    bytes[at..at + 8].copy_from_slice(&0.2_f64.to_le_bytes());
    let body = bytes.len() - 4;
    let checksum = crc32fast::hash(&bytes[..body]);
    bytes[body..].copy_from_slice(&checksum.to_le_bytes());
    let said = QuantileModel::from_bytes(&bytes).unwrap_err().to_string();
    assert!(said.contains("it must be ascending, each level once (byte 20)"), "{said}");
}

fn node(test: Test, left: Child, right: Child) -> Node {
    Node { column: 0, test, left, right, gain: 1.0, cover: Cover::default() }
}

fn at_most(threshold: f32) -> Test {
    Test::AtMost { threshold, missing_left: false }
}

/// What a reader says of a model with one tree, which only the writer's own care would have kept out.
fn refused(nodes: Vec<Node>) -> String {
    let leaves = vec![Cover::default(); nodes.len() + 1];
    // Made past `ready`, which relies on what the reader is to check.
    let tree = Tree { nodes, leaves };
    let mut model = model(Objective::Squared, 0.0, Vec::new());
    model.trees = vec![tree];
    match model.to_bytes().and_then(|bytes| Model::from_bytes(&bytes)) {
        Err(error) => error.to_string(),
        Ok(_) => "nothing".to_owned(),
    }
}

#[test]
fn what_is_not_a_tree_is_refused() {
    let two_parents = vec![node(at_most(0.5), Child::leaf(0), Child::leaf(0))];
    assert!(refused(two_parents).contains("leaf 0 is the child of two nodes (byte"));

    let own_parent = vec![node(at_most(0.5), Child::node(0), Child::leaf(0))];
    assert!(refused(own_parent).contains("node 0 cannot be a child of node 0: it is no later one (byte"));

    let no_such_leaf = vec![node(at_most(0.5), Child::leaf(0), Child::leaf(7))];
    assert!(refused(no_such_leaf).contains("a child is 15, but must be below 4 (byte"));

    let circle = vec![
        node(at_most(0.5), Child::leaf(0), Child::leaf(1)),
        node(at_most(0.5), Child::node(2), Child::leaf(2)),
        node(at_most(0.5), Child::node(1), Child::leaf(3)),
    ];
    assert!(refused(circle).contains("node 1 cannot be a child of node 2: it is no later one (byte"));

    let no_such_column = Node { column: 4, ..node(at_most(0.5), Child::leaf(0), Child::leaf(1)) };
    assert!(refused(vec![no_such_column]).contains("a column is 4, but must be below 4 (byte"));

    let set_of_numbers = node(Test::In(vec![1]), Child::leaf(0), Child::leaf(1));
    let said = refused(vec![set_of_numbers]);
    assert!(said.contains("does not go with column \"column 0 ü\", which is Numeric (byte"), "{said}");
}

#[test]
fn what_could_not_be_read_is_not_written() {
    let one = |test| refused(vec![node(test, Child::leaf(0), Child::leaf(1))]);
    assert_eq!(
        one(at_most(f32::NAN)),
        "cannot store the model: node 0 of tree 0 has a threshold that is not a number"
    );
    for categories in [vec![3, 3], vec![4, 2], vec![MAX_CATEGORY as u32 + 1]] {
        assert!(one(Test::In(categories)).contains("do not ascend or are too large"));
    }
    let mut lonely = model(Objective::Squared, 0.0, Vec::new());
    lonely.trees = vec![Tree::default()];
    let error = lonely.to_bytes().unwrap_err().to_string();
    assert_eq!(error, "cannot store the model: tree 0 has 0 nodes and 0 leaves, not one more");
    let endless =
        Tree { nodes: Vec::new(), leaves: vec![Cover { value: f64::INFINITY, ..Cover::default() }] };
    let error = model(Objective::Squared, 0.0, vec![endless]).to_bytes().unwrap_err().to_string();
    assert_eq!(
        error,
        "cannot store the model: the value of leaf 0 of tree 0 is inf; only finite numbers can be stored"
    );
}
