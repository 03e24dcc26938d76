//! Move a recorded run through the MLflow registry, and back.

fn main() {}
