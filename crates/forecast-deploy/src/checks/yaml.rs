//! YAML (and so JSON) as a tree in which every part knows its line.
//!
//! Order and repeated keys are kept, because a repeated key is a mistake to report. Anchors are resolved
//! and merge keys (`<<`) applied, as compose files use them.
//!
//! Refuses: tags, keys that are not text, and aliases that grow beyond every use.

use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::finding::Place;

/// A part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// Where it is. A list or mapping stands where its key does.
    pub(super) place: Place,
    pub(super) value: Value,
}

/// What a part holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Scalar { text: String, style: Style },
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// Whether a scalar's text decides its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `8080` is a number.
    Plain,
    /// `"8080"` is text.
    Quoted,
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) place: Place,
    pub(super) node: Node,
}

/// A text that is no YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) line: usize,
    pub(super) problem: String,
}

/// The documents of a file's text, without the empty ones.
pub(super) fn parse(file: &str, text: &str) -> Result<Vec<Node>, SyntaxError> {
    parse_inline(&Place { file: file.into(), line: 0 }, text)
}

/// The documents of a text within a file, such as a block scalar, after the line of `place`.
pub(super) fn parse_inline(place: &Place, text: &str) -> Result<Vec<Node>, SyntaxError> {
    let mut builder = Builder {
        file: Arc::clone(&place.file),
        first_line: place.line,
        open: Vec::new(),
        anchors: Vec::new(),
        aliased: 0,
        documents: Vec::new(),
    };
    builder.read(text)?;
    Ok(builder.documents)
}

/// How many parts the aliases of a text may bring. Real files bring a few dozen; nested aliases reach
/// any number within a few lines.
const MOST_ALIASED: usize = 100_000;

/// A list or mapping that has begun.
struct Open {
    node: Node,
    anchor: usize,
    key: Option<(String, usize)>,
}

struct Builder {
    file: Arc<str>,
    /// Line before the text's first.
    first_line: usize,
    open: Vec<Open>,
    anchors: Vec<(usize, Node)>,
    /// Parts that aliases brought.
    aliased: usize,
    documents: Vec<Node>,
}

impl Builder {
    fn read(&mut self, text: &str) -> Result<(), SyntaxError> {
        for event in Parser::new_from_str(text) {
            let (event, span) =
                event.map_err(|fault| error(self.first_line + fault.marker().line(), fault.info()))?;
            self.take(event, self.first_line + span.start.line())?;
        }
        Ok(())
    }

    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), SyntaxError> {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let style = if style == ScalarStyle::Plain { Style::Plain } else { Style::Quoted };
                let value = Value::Scalar { text: text.into_owned(), style };
                self.close(Node { place: self.place(line), value }, anchor, line)
            }
            Event::SequenceStart(anchor, _) => self.open(Value::List(Vec::new()), anchor, line),
            Event::MappingStart(anchor, _) => self.open(Value::Map(Vec::new()), anchor, line),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(done) => self.close(done.node, done.anchor, line),
                None => Ok(()),
            },
            Event::Alias(anchor) => {
                let known = self.anchors.iter().rev().find(|(id, _)| *id == anchor);
                let (_, known) = known.ok_or_else(|| error(line, "an alias of nothing"))?;
                self.aliased += known.size();
                if self.aliased > MOST_ALIASED {
                    return Err(error(line, "aliases of aliases grow beyond 100000 parts; write them out"));
                }
                let node = known.clone();
                self.close(node, 0, line)
            }
            _ => Ok(()),
        }
    }

    fn place(&self, line: usize) -> Place {
        Place { file: Arc::clone(&self.file), line }
    }

    fn open(&mut self, value: Value, anchor: usize, line: usize) -> Result<(), SyntaxError> {
        let parent = self.open.last();
        let line = parent.and_then(|parent| parent.key.as_ref()).map_or(line, |(_, line)| *line);
        let node = Node { place: self.place(line), value };
        self.open.push(Open { node, anchor, key: None });
        Ok(())
    }

    fn close(&mut self, node: Node, anchor: usize, line: usize) -> Result<(), SyntaxError> {
        let file = Arc::clone(&self.file);
        if anchor > 0 {
            self.anchors.push((anchor, node.clone()));
        }
        let Some(parent) = self.open.last_mut() else {
            if !node.is_null() {
                self.documents.push(node);
            }
            return Ok(());
        };
        match (&mut parent.node.value, parent.key.take()) {
            (Value::List(items), _) => items.push(node),
            (Value::Map(entries), Some((key, _))) if key == "<<" => merge(entries, node),
            (Value::Map(entries), Some((key, line))) => {
                entries.push(Entry { key, place: Place { file, line }, node });
            }
            (Value::Map(_), None) => match node.value {
                Value::Scalar { text, .. } => parent.key = Some((text, line)),
                _ => return Err(error(line, "a key that is not text")),
            },
            (Value::Scalar { .. }, _) => {}
        }
        Ok(())
    }
}

/// Keys of a merged mapping that are set beside the `<<` win, wherever they stand.
fn merge(entries: &mut Vec<Entry>, merged: Node) {
    let maps = match merged.value {
        Value::List(maps) => maps,
        _ => vec![merged],
    };
    for map in maps {
        if let Value::Map(more) = map.value {
            entries.extend(more.into_iter().map(|mut entry| {
                entry.place.line = MERGED;
                entry
            }));
        }
    }
}

/// The line of an entry that a merge key brought: it is no repetition of another.
pub(super) const MERGED: usize = 0;

fn error(line: usize, problem: &str) -> SyntaxError {
    SyntaxError { line, problem: problem.to_owned() }
}

impl Node {
    /// The value of a key; one that stands here wins over a merged one.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        let entries = self.entries();
        let own = entries.iter().find(|entry| entry.key == key && entry.place.line != MERGED);
        own.or_else(|| entries.iter().find(|entry| entry.key == key)).map(|entry| &entry.node)
    }

    /// The value at the end of a path of keys with `/` between them.
    pub(super) fn at(&self, path: &str) -> Option<&Node> {
        path.split('/').try_fold(self, |node, key| node.get(key))
    }

    /// The text at the end of a path.
    pub(super) fn text_at(&self, path: &str) -> Option<&str> {
        self.at(path).and_then(Node::text)
    }

    /// The list at the end of a path; empty where there is none.
    pub(super) fn items_at(&self, path: &str) -> &[Node] {
        self.at(path).map(Node::items).unwrap_or_default()
    }

    /// The entries of the mapping at the end of a path.
    pub(super) fn entries_at(&self, path: &str) -> &[Entry] {
        self.at(path).map(Node::entries).unwrap_or_default()
    }

    /// Where the end of a path is, or the last part of it that exists.
    pub(super) fn place_at(&self, path: &str) -> &Place {
        let mut node = self;
        for key in path.split('/') {
            match node.get(key) {
                Some(next) => node = next,
                None => break,
            }
        }
        &node.place
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    pub(super) fn number(&self) -> Option<u64> {
        self.text()?.parse().ok()
    }

    pub(super) fn is(&self, text: &str) -> bool {
        self.text() == Some(text)
    }

    pub(super) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub(super) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, style: Style::Plain } if ["", "~", "null"].contains(&text.as_str()))
    }

    /// How many parts it has, itself included.
    fn size(&self) -> usize {
        let items = self.items().iter().map(Node::size);
        1 + items.chain(self.entries().iter().map(|entry| entry.node.size())).sum::<usize>()
    }

    /// The same as JSON, typed as YAML 1.2 types plain text.
    pub(super) fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::List(items) => items.iter().map(Node::to_json).collect(),
            Value::Map(entries) => {
                entries.iter().map(|entry| (entry.key.clone(), entry.node.to_json())).collect()
            }
            Value::Scalar { text, style: Style::Quoted } => text.as_str().into(),
            Value::Scalar { .. } if self.is_null() => serde_json::Value::Null,
            // What JSON takes for a number, `true` or `false` is the same in YAML.
            Value::Scalar { text, .. } => serde_json::from_str(text)
                .ok()
                .filter(|value: &serde_json::Value| value.is_number() || value.is_boolean())
                .unwrap_or_else(|| text.as_str().into()),
        }
    }

    /// This node and everything below it, with the last key on the way.
    pub(super) fn walk<'a>(&'a self, key: &'a str, visit: &mut dyn FnMut(&'a str, &'a Node)) {
        visit(key, self);
        self.items().iter().for_each(|item| item.walk(key, visit));
        self.entries().iter().for_each(|entry| entry.node.walk(&entry.key, visit));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_knows_its_line() {
        let text = "a:\n  - b: 1\n    c: \"2\"\n---\nd:\n  e: |\n    x\n";
        let documents = parse("f", text).unwrap();
        assert_eq!(documents.len(), 2);
        assert_eq!(documents[0].at("a").unwrap().place.line, 1);
        let item = &documents[0].items_at("a")[0];
        assert_eq!((item.place.line, item.place_at("c").line, item.place_at("missing").line), (2, 3, 2));
        assert_eq!((documents[1].place.line, documents[1].text_at("d/e")), (5, Some("x\n")));
        assert_eq!(documents[0].to_json(), serde_json::json!({"a": [{"b": 1, "c": "2"}]}));
    }

    #[test]
    fn merged_keys_give_way_to_those_beside_them() {
        let text = "x: &x\n  a: 1\n  b: 2\ny:\n  <<: *x\n  b: 3\n";
        let document = parse("f", text).unwrap().remove(0);
        assert_eq!((document.text_at("y/a"), document.text_at("y/b")), (Some("1"), Some("3")));
    }

    #[test]
    fn aliases_that_grow_without_end_are_an_error() {
        let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for level in 1..10 {
            let before = level - 1;
            let items = vec![format!("*a{before}"); 10].join(",");
            text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        let error = parse("f", &text).unwrap_err();
        assert!((4..8).contains(&error.line) && error.problem.contains("100000"), "{error:?}");
    }

    #[test]
    fn a_syntax_error_says_where() {
        assert_eq!(parse("f", "a: 1\nb: [1\nc: 2\n").unwrap_err().line, 3);
    }
}
