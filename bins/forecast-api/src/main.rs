//! Serve forecasts over HTTP.

fn main() {}
