//! The configuration page says what the code reads.

use forecast_testkit::docs::{check_section, table};
use mlflow_client::config::VARIABLES;

#[test]
fn the_configuration_page_names_every_variable() {
    let rows = VARIABLES.iter().map(|variable| {
        [format!("`{}`", variable.name), variable.default.to_owned(), variable.meaning.to_owned()]
    });
    let text = table(["Variable", "Where not set", "Meaning"], rows);
    check_section("docs/configuration.md", "mlflow", &text).unwrap();
}
