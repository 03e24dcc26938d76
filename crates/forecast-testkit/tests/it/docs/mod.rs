//! The documentation says what is: its links lead somewhere, its names exist, its quotes are printed.

mod guides;
mod links;
mod markdown;
mod messages;
mod names;
mod template;

/// The guide in English; the commands are taken from here.
const GUIDE: &str = "docs/deployment.md";
/// The guide in French, with the headings of the reference.
const GUIDE_FR: &str = "docs/fr/guide-deploiement.md";
/// The runbooks.
const OPERATIONS: &str = "docs/operations.md";
