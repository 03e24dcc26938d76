//! Patches as kustomize applies them: strategic merges and lists of operations (RFC 6902).
//!
//! What comes out keeps the place of every part, so that a mistake in a merged object is reported in the
//! file that made it.

use super::finding::Place;
use super::yaml::{Entry, Node, Value};

/// Lists that are merged item by item, with the key that tells their items apart.
/// Source: `patchMergeKey` in Kubernetes' API types.
const MERGE_KEYS: [(&str, &str); 10] = [
    ("containers", "name"),
    ("initContainers", "name"),
    ("env", "name"),
    ("volumes", "name"),
    ("imagePullSecrets", "name"),
    ("volumeMounts", "mountPath"),
    ("topologySpreadConstraints", "topologyKey"),
    ("ports", "containerPort"),
    ("ports", "port"),
    ("hostAliases", "ip"),
];

/// An operation that cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PatchFault {
    pub(super) place: Place,
    pub(super) problem: String,
}

impl PatchFault {
    /// What to change. Taking the deletion of a Secret away would apply its placeholders.
    pub(super) fn remedy(&self) -> &'static str {
        if self.problem.contains("Secret") {
            "keep the Secret in the base, or delete it by a patch with target, which may find nothing"
        } else {
            "name what exists in the base, or remove the line"
        }
    }
}

/// Merges a partial object into a whole one.
pub(super) fn merge(base: &mut Node, patch: &Node) {
    match (&mut base.value, &patch.value) {
        (Value::Map(entries), Value::Map(changes)) => {
            changes.iter().for_each(|change| merge_entry(entries, change));
        }
        _ => *base = patch.clone(),
    }
}

fn merge_entry(entries: &mut Vec<Entry>, change: &Entry) {
    if change.node.is_null() {
        entries.retain(|entry| entry.key != change.key);
        return;
    }
    let Some(known) = entries.iter_mut().find(|entry| entry.key == change.key) else {
        entries.push(change.clone());
        return;
    };
    match (&mut known.node.value, &change.node.value) {
        (Value::List(items), Value::List(more)) => {
            let key = MERGE_KEYS
                .iter()
                .find(|(list, key)| *list == change.key && more.iter().all(|item| item.get(key).is_some()));
            match key {
                Some((_, key)) => more.iter().for_each(|item| merge_item(items, item, key)),
                None => known.node = change.node.clone(),
            }
        }
        (Value::Map(_), Value::Map(_)) => merge(&mut known.node, &change.node),
        _ => *known = change.clone(),
    }
}

fn merge_item(items: &mut Vec<Node>, item: &Node, key: &str) {
    let same = |known: &Node| known.text_at(key) == item.text_at(key);
    if item.get("$patch").is_some_and(|directive| directive.is("delete")) {
        items.retain(|known| !same(known));
    } else if let Some(known) = items.iter_mut().find(|known| same(known)) {
        merge(known, item);
    } else {
        items.push(item.clone());
    }
}

/// Applies a list of operations, and says which of them do not fit.
pub(super) fn apply(base: &mut Node, operations: &Node) -> Vec<PatchFault> {
    let mut faults = Vec::new();
    for operation in operations.items() {
        if let Err(problem) = apply_one(base, operation) {
            faults.push(PatchFault { place: operation.place_at("path").clone(), problem });
        }
    }
    faults
}

fn apply_one(base: &mut Node, operation: &Node) -> Result<(), String> {
    let path = operation.text_at("path").ok_or("the operation has no path")?;
    let mut keys: Vec<String> =
        path.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~")).collect();
    let last = keys.pop().ok_or("the path is empty")?;
    let mut parent = base;
    for key in &keys {
        parent = child(parent, key).ok_or_else(|| format!("{path} leads nowhere: there is no {key}"))?;
    }
    let missing = || format!("{path} leads nowhere: there is no {last}");
    match (operation.text_at("op").unwrap_or_default(), operation.get("value")) {
        ("add", Some(value)) => add(parent, &last, value).ok_or_else(missing),
        ("replace", Some(value)) => {
            *child(parent, &last).ok_or_else(missing)? = value.clone();
            Ok(())
        }
        ("test", Some(value)) => {
            let found = child(parent, &last).ok_or_else(missing)?;
            if found.to_json() == value.to_json() {
                Ok(())
            } else {
                Err(format!("{path} holds something else"))
            }
        }
        ("remove", _) => {
            child(parent, &last).ok_or_else(missing)?;
            match &mut parent.value {
                Value::Map(entries) => entries.retain(|entry| entry.key != last),
                Value::List(items) => drop(items.remove(last.parse().map_err(|_| missing())?)),
                Value::Scalar { .. } => {}
            }
            Ok(())
        }
        ("add" | "replace" | "test", None) => Err("the operation has no value".to_owned()),
        (other, _) => Err(format!("no operation {other:?} is known here")),
    }
}

fn child<'a>(node: &'a mut Node, key: &str) -> Option<&'a mut Node> {
    match &mut node.value {
        Value::Map(entries) => entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.node),
        Value::List(items) => items.get_mut(key.parse::<usize>().ok()?),
        Value::Scalar { .. } => None,
    }
}

fn add(parent: &mut Node, key: &str, value: &Node) -> Option<()> {
    match &mut parent.value {
        Value::Map(entries) => {
            entries.retain(|entry| entry.key != key);
            let (key, place, node) = (key.to_owned(), value.place.clone(), value.clone());
            entries.push(Entry { key, place, node });
        }
        Value::List(items) if key == "-" => items.push(value.clone()),
        Value::List(items) => {
            let index = key.parse().ok().filter(|index| *index <= items.len())?;
            items.insert(index, value.clone());
        }
        Value::Scalar { .. } => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::yaml::parse;
    use super::*;

    fn node(file: &str, text: &str) -> Node {
        parse(file, text).unwrap().remove(0)
    }

    #[test]
    fn a_merge_keeps_what_it_does_not_name_and_says_where_the_rest_is_from() {
        let mut base =
            node("base", "spec:\n  containers:\n    - name: a\n      image: x:1\n    - name: b\n  keep: 1\n");
        merge(
            &mut base,
            &node("patch", "spec:\n  containers:\n    - name: a\n      image: x:2\n  keep: null\n"),
        );
        assert_eq!(
            base.to_json(),
            serde_json::json!({"spec": {"containers": [{"name": "a", "image": "x:2"}, {"name": "b"}]}})
        );
        let image = base.items_at("spec/containers")[0].get("image").unwrap();
        assert_eq!((&*image.place.file, image.place.line), ("patch", 4));
    }

    #[test]
    fn operations_change_what_is_there_and_report_what_is_not() {
        let mut base = node("base", "a:\n  - b: 1\nm: {x/y: 1}\n");
        let operations = "- {op: replace, path: /a/0/b, value: 2}\n- {op: add, path: /a/-, value: z}\n\
                          - {op: remove, path: /m/x~1y}\n- {op: replace, path: /a/7/b, value: 2}\n\
                          - {op: test, path: /a/0/b, value: 1}\n";
        let faults = apply(&mut base, &node("patch", operations));
        assert_eq!(base.to_json(), serde_json::json!({"a": [{"b": 2}, "z"], "m": {}}));
        let problems: Vec<_> =
            faults.iter().map(|fault| (fault.place.line, fault.problem.as_str())).collect();
        assert_eq!(
            problems,
            [(4, "/a/7/b leads nowhere: there is no 7"), (5, "/a/0/b holds something else")]
        );
    }
}
