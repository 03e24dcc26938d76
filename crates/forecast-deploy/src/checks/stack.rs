//! The Kubernetes objects that are applied together, as kustomize would put them together.
//!
//! The base and each overlay, option and further folder is a stack of its own: a rule looks at one stack
//! at a time and sees merged objects, whose parts still know the files that they come from.
//!
//! Refuses: transformers that the deployment does not use. An unknown field of a kustomization is itself
//! reported, so nothing is silently left out.

use super::finding::Place;
use super::patch::{self, PatchFault};
use super::tree::Tree;
use super::workload::containers;
use super::yaml::{self, Entry, Node, Style, Value};

/// The folder of the manifests.
pub(super) const FOLDER: &str = "deploy/k8s/";

/// The stack that components are tried on.
const BASE: &str = "deploy/k8s/base";

/// Fields of a kustomization that are understood here.
pub(super) const KNOWN_FIELDS: [&str; 13] = [
    "apiVersion",
    "kind",
    "metadata",
    "namespace",
    "resources",
    "components",
    "images",
    "patches",
    "labels",
    "configMapGenerator",
    "patchesStrategicMerge",
    "replicas",
    "commonAnnotations",
];

/// Objects that are applied together.
#[derive(Debug)]
pub(super) struct Stack {
    /// Folder of its kustomization.
    pub(super) folder: String,
    pub(super) objects: Vec<Object>,
    /// References and patches that lead nowhere.
    pub(super) faults: Vec<PatchFault>,
    /// Every file that went into it.
    pub(super) files: Vec<String>,
}

/// A Kubernetes object.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) node: Node,
    /// Set by the kustomization, or its own.
    pub(super) namespace: Option<String>,
    /// Where the kustomization sets it.
    pub(super) namespace_place: Option<Place>,
}

impl Object {
    fn new(node: Node) -> Self {
        let namespace = node.text_at("metadata/namespace").map(str::to_owned);
        Self { node, namespace, namespace_place: None }
    }

    pub(super) fn kind(&self) -> &str {
        self.node.text_at("kind").unwrap_or_default()
    }

    pub(super) fn name(&self) -> &str {
        self.node.text_at("metadata/name").unwrap_or_default()
    }

    pub(super) fn is(&self, kind: &str, name: &str) -> bool {
        self.kind() == kind && self.name() == name
    }
}

/// Whether a document is a Kubernetes object.
fn is_object(node: &Node) -> bool {
    node.get("apiVersion").is_some() && node.get("kind").is_some()
}

/// All stacks of a repository: one for every folder with a kustomization, and one for every file of
/// objects that is applied by itself.
pub(super) fn stacks(tree: &Tree) -> Vec<Stack> {
    let new = |folder: &str| Stack {
        folder: folder.to_owned(),
        objects: Vec::new(),
        faults: Vec::new(),
        files: Vec::new(),
    };
    let mut stacks = Vec::new();
    for folder in tree.files.keys().filter_map(|path| path.strip_suffix("/kustomization.yaml")) {
        let mut stack = new(folder);
        if is_component(tree, folder) {
            stack.add(tree, base_of(tree, folder));
        }
        stack.add(tree, folder);
        stacks.push(stack);
    }
    for file in tree.under("deploy/").filter(|file| file.documents.iter().any(is_object)) {
        if stacks.iter().all(|stack| !stack.files.contains(&file.path)) {
            let mut stack = new(file.path.rsplit_once('/').map_or("", |(folder, _)| folder));
            stack.add(tree, base_of(tree, &stack.folder.clone()));
            stack
                .objects
                .extend(file.documents.iter().filter(|node| is_object(node)).cloned().map(Object::new));
            stacks.push(stack);
        }
    }
    stacks
}

fn kustomization_of<'a>(tree: &'a Tree, folder: &str) -> Option<&'a Node> {
    tree.file(&format!("{folder}/kustomization.yaml"))?.documents.first()
}

fn is_component(tree: &Tree, folder: &str) -> bool {
    kustomization_of(tree, folder).and_then(|node| node.get("kind")).is_some_and(|kind| kind.is("Component"))
}

/// What a component is tried on: the kustomization above it, else the base.
fn base_of<'a>(tree: &Tree, folder: &'a str) -> &'a str {
    let mut above = folder;
    while let Some((parent, _)) = above.rsplit_once('/') {
        above = parent;
        if kustomization_of(tree, above).is_some() && !is_component(tree, above) {
            return above;
        }
    }
    BASE
}

impl Stack {
    /// Adds what the kustomization of a folder names, and changes what it patches.
    fn add(&mut self, tree: &Tree, folder: &str) {
        let path = format!("{folder}/kustomization.yaml");
        let Some(kustomization) = kustomization_of(tree, folder) else { return };
        if self.files.contains(&path) {
            return;
        }
        self.files.push(path);
        for item in kustomization.items_at("resources") {
            self.add_named(tree, folder, item);
        }
        for generator in kustomization.items_at("configMapGenerator") {
            self.generate(tree, folder, generator);
        }
        for item in kustomization.items_at("patches") {
            self.patch(tree, folder, item);
        }
        for item in kustomization.items_at("patchesStrategicMerge") {
            self.merge_file(tree, folder, item);
        }
        for item in kustomization.items_at("replicas") {
            self.set_replicas(item);
        }
        for item in kustomization.items_at("images") {
            self.check_image(item);
        }
        // After the patches, as kustomize does.
        for item in kustomization.items_at("components") {
            self.add_named(tree, folder, item);
        }
        if let Some(namespace) = kustomization.get("namespace").filter(|node| node.text().is_some()) {
            self.set_namespace(namespace);
        }
    }

    fn set_namespace(&mut self, place: &Node) {
        let namespace = place.text().unwrap_or_default();
        for object in &mut self.objects {
            object.namespace = Some(namespace.to_owned());
            object.namespace_place = Some(place.place.clone());
            if object.kind() == "Namespace" {
                rename(&mut object.node, namespace);
            }
        }
    }

    /// Adds a file, or the folder of another kustomization.
    fn add_named(&mut self, tree: &Tree, folder: &str, item: &Node) {
        let Some(name) = item.text().filter(|name| !name.contains("://")) else { return };
        let path = resolve(folder, name);
        if let Some(file) = tree.file(&path) {
            self.files.push(path);
            self.objects
                .extend(file.documents.iter().filter(|node| is_object(node)).cloned().map(Object::new));
        } else if tree.file(&format!("{path}/kustomization.yaml")).is_some() {
            self.add(tree, &path);
        } else {
            self.fault(item, format!("there is neither a file nor a kustomization at {path}"));
        }
    }

    fn fault(&mut self, node: &Node, problem: String) {
        self.faults.push(PatchFault { place: node.place.clone(), problem });
    }

    fn patch(&mut self, tree: &Tree, folder: &str, item: &Node) {
        let inline;
        let documents = match (item.get("path"), item.get("patch")) {
            (Some(path), _) => {
                let name = resolve(folder, path.text().unwrap_or_default());
                let Some(file) = tree.file(&name) else {
                    return self.fault(path, format!("there is no file {name}"));
                };
                self.files.push(name);
                file.documents.as_slice()
            }
            (None, Some(patch)) => {
                inline = inline_documents(patch);
                inline.as_slice()
            }
            (None, None) => return self.fault(item, "the patch has neither path nor patch".to_owned()),
        };
        for document in documents {
            self.patch_one(item, document);
        }
    }

    /// A patch in the old form: the name of a file, or the patch itself.
    fn merge_file(&mut self, tree: &Tree, folder: &str, item: &Node) {
        let text = item.text().unwrap_or_default();
        if text.contains('\n') {
            return inline_documents(item).iter().for_each(|document| self.patch_one(item, document));
        }
        let name = resolve(folder, text);
        let Some(file) = tree.file(&name) else {
            return self.fault(item, format!("there is no file {name}"));
        };
        self.files.push(name);
        file.documents.iter().for_each(|document| self.patch_one(item, document));
    }

    fn set_replicas(&mut self, item: &Node) {
        let (name, count) = (item.text_at("name").unwrap_or_default(), item.get("count"));
        let mut is_found = false;
        let scales = |object: &&mut Object| ["Deployment", "StatefulSet"].contains(&object.kind());
        for object in self.objects.iter_mut().filter(scales).filter(|object| object.name() == name) {
            let (Some(count), Some(spec)) = (count, entry_mut(&mut object.node, "spec")) else { continue };
            let change =
                Entry { key: "replicas".to_owned(), place: count.place.clone(), node: count.clone() };
            let change = Node { place: count.place.clone(), value: Value::Map(vec![change]) };
            patch::merge(&mut spec.node, &change);
            is_found = true;
        }
        if !is_found {
            self.fault(item, format!("there is no {name:?} to give replicas to"));
        }
    }

    /// An image that no container has changes nothing: the old version would stay.
    fn check_image(&mut self, item: &Node) {
        let name = item.text_at("name").unwrap_or_default();
        let is_found = containers(self).any(|container| container.repository() == name);
        if !is_found {
            let place = item.place_at("name").clone();
            let problem = format!("no container has the image {name}, so this version reaches nothing");
            self.faults.push(PatchFault { place, problem });
        }
    }

    fn patch_one(&mut self, item: &Node, document: &Node) {
        let about = if document.items().is_empty() { document } else { item };
        let field = |name: &str| {
            let of_target = item.text_at(&format!("target/{name}"));
            let own = if name == "name" { "metadata/name" } else { "kind" };
            of_target.or_else(|| document.text_at(own)).map(str::to_owned)
        };
        let (kind, name) = (field("kind"), field("name"));
        let wanted = |object: &&mut Object| {
            kind.as_deref().is_none_or(|kind| object.kind() == kind)
                && name.as_deref().is_none_or(|name| object.name() == name)
        };
        let mut faults = Vec::new();
        let mut count = 0;
        let deletes = document.get("$patch").is_some_and(|directive| directive.is("delete"));
        for object in self.objects.iter_mut().filter(wanted) {
            count += 1;
            if document.items().is_empty() && !deletes {
                patch::merge(&mut object.node, document);
            } else {
                faults.extend(patch::apply(&mut object.node, document));
            }
        }
        if deletes {
            self.objects.retain_mut(|object| !wanted(&object));
        }
        // A target is a question: kustomize lets it find nothing.
        if count == 0 && item.get("target").is_none() {
            let (kind, name) = (kind.unwrap_or_default(), name.unwrap_or_default());
            faults.push(PatchFault {
                place: about.place_at("metadata/name").clone(),
                problem: format!("there is no {kind} {name:?} to patch"),
            });
        }
        self.faults.extend(faults);
    }

    /// A generated ConfigMap is an object like others; one that is merged adds its keys.
    fn generate(&mut self, tree: &Tree, folder: &str, generator: &Node) {
        let mut data = Vec::new();
        let text = |place: &Place, text: &str| {
            let value = Value::Scalar { text: text.to_owned(), style: Style::Quoted };
            Node { place: place.clone(), value }
        };
        for literal in generator.items_at("literals") {
            if let Some((key, value)) = literal.text().and_then(|literal| literal.split_once('=')) {
                let (place, node) = (literal.place.clone(), text(&literal.place, value));
                data.push(Entry { key: key.to_owned(), place, node });
            }
        }
        for item in generator.items_at("files") {
            let named = item.text().unwrap_or_default();
            let (key, path) =
                named.split_once('=').unwrap_or((named.rsplit('/').next().unwrap_or(named), named));
            let path = resolve(folder, path);
            match tree.file(&path) {
                Some(file) => {
                    let (place, node) = (item.place.clone(), text(&item.place, &file.text));
                    data.push(Entry { key: key.to_owned(), place, node });
                }
                None => self.fault(item, format!("there is no file {path}")),
            }
        }
        let place = generator.place_at("name").clone();
        let name = generator.text_at("name").unwrap_or_default();
        let data = Node { place: place.clone(), value: Value::Map(data) };
        if generator.get("behavior").is_none_or(|behavior| behavior.is("create")) {
            let entry = |key: &str, node: Node| Entry { key: key.to_owned(), place: place.clone(), node };
            let metadata = Value::Map(vec![entry("name", text(&place, name))]);
            let parts = vec![
                entry("apiVersion", text(&place, "v1")),
                entry("kind", text(&place, "ConfigMap")),
                entry("metadata", Node { place: place.clone(), value: metadata }),
                entry("data", data),
            ];
            self.objects.push(Object::new(Node { place: place.clone(), value: Value::Map(parts) }));
            return;
        }
        let known = self.objects.iter_mut().find(|object| object.is("ConfigMap", name));
        match known.and_then(|object| entry_mut(&mut object.node, "data")) {
            Some(entry) => patch::merge(&mut entry.node, &data),
            None => self.fault(generator, format!("there is no ConfigMap {name:?} to merge with")),
        }
    }

    /// The objects of a kind.
    pub(super) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Object> {
        self.objects.iter().filter(move |object| object.kind() == kind)
    }

    pub(super) fn find(&self, kind: &str, name: &str) -> Option<&Object> {
        self.objects.iter().find(|object| object.is(kind, name))
    }
}

/// The documents of a patch that stands in the kustomization itself. Their lines are the patch's.
fn inline_documents(patch: &Node) -> Vec<Node> {
    let text = patch.text().unwrap_or_default();
    // A block scalar stands where its first line does.
    let before = Place { line: patch.place.line.saturating_sub(1), ..patch.place.clone() };
    yaml::parse_inline(&before, text).unwrap_or_default()
}

fn entry_mut<'a>(node: &'a mut Node, key: &str) -> Option<&'a mut Entry> {
    match &mut node.value {
        Value::Map(entries) => entries.iter_mut().find(|entry| entry.key == key),
        _ => None,
    }
}

fn rename(node: &mut Node, to: &str) {
    let name = entry_mut(node, "metadata").and_then(|entry| entry_mut(&mut entry.node, "name"));
    if let Some(Entry { node: Node { value: Value::Scalar { text, .. }, .. }, .. }) = name {
        to.clone_into(text);
    }
}

/// A path from the root, from a folder and a path that starts there.
fn resolve(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}
