//! The sales table as an input of the run: identity, columns and size, not contents.

use std::path::Path;

use forecast_features::ingest::Ingested;
use mlflow_client::types::{Dataset, DatasetInput};
use serde_json::json;

/// The history as a dataset in the words of MLflow's page.
pub(crate) fn dataset_input(ingested: &Ingested) -> DatasetInput {
    let (source, quality) = (&ingested.source, &ingested.quality);
    let columns: Vec<_> = source
        .schema
        .iter()
        .map(|column| json!({"type": column.mlflow_type.name(), "name": column.name, "required": !column.nullable}))
        .collect();
    let profile = json!({
        "num_rows": source.rows,
        "num_elements": source.rows.saturating_mul(source.schema.len() as u64),
        "num_series": quality.series,
        "first": quality.first,
        "last": quality.last,
        "frequency": quality.frequency,
        "zero_share": quality.zero_share,
        "bytes": source.bytes,
    });
    let dataset = Dataset {
        name: dataset_name(&source.files),
        digest: source.digest.clone(),
        source_type: "local".to_owned(),
        source: json!({"uri": source.files.join(", ")}).to_string(),
        schema: Some(json!({"mlflow_colspec": columns}).to_string()),
        profile: Some(profile.to_string()),
    };
    DatasetInput::new(dataset, "training")
}

/// The name of a single file, or of the folder of several.
fn dataset_name(files: &[String]) -> String {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let found = match files {
        [] => None,
        [single] => name(Path::new(single)),
        [first, ..] => Path::new(first).parent().and_then(name),
    };
    found.unwrap_or_else(|| "sales".to_owned()).chars().take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::dataset_name;

    #[test]
    fn a_dataset_is_called_as_its_file_or_folder() {
        assert_eq!(dataset_name(&["a/sales.csv".into()]), "sales.csv");
        assert_eq!(dataset_name(&["a/2024/1.csv".into(), "a/2024/2.csv".into()]), "2024");
        assert_eq!(dataset_name(&["1.csv".into(), "2.csv".into()]), "sales");
    }
}
