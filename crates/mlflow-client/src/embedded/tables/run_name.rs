//! Names for runs and models that nobody named.

use uuid::Uuid;

const QUALITIES: [&str; 16] = [
    "amber", "brisk", "calm", "deft", "eager", "fine", "gentle", "hardy", "keen", "lively", "mellow",
    "noble", "quick", "royal", "steady", "velvet",
];

const THINGS: [&str; 16] = [
    "atlas", "bobbin", "cedar", "dome", "ember", "fjord", "garnet", "harbor", "iris", "jetty", "lantern",
    "meadow", "opal", "quill", "river", "spindle",
];

/// A name such as `calm-cedar-417`: easy to say, not unique.
pub(super) fn made_up() -> String {
    let id = Uuid::new_v4();
    let [a, b, c, d, ..] = *id.as_bytes();
    let quality = QUALITIES[usize::from(a) % QUALITIES.len()];
    let thing = THINGS[usize::from(b) % THINGS.len()];
    format!("{quality}-{thing}-{}", u16::from_be_bytes([c, d]) % 1_000)
}
