//! `deploy/contract/forecast-train.json`, written from what the program is.

use clap::CommandFactory;
use forecast_deploy::contract::{Contract, ExitCode, Flag, Variable, further_telemetry_variables};
use forecast_pipeline::mlflow::config::VARIABLES;
use forecast_testkit::{docs::check_file, flags::flags};

use crate::cli::Cli;
use crate::manual::CODES;
use crate::settings::EXPERIMENT_NAME;

#[test]
fn the_contract_says_what_the_program_takes_and_gives() {
    let own = [(EXPERIMENT_NAME, "demand-forecast", "experiment that the run belongs to")].into_iter();
    let mlflow = VARIABLES.iter().map(|v| (v.name, v.default, v.meaning));
    let telemetry = forecast_telemetry::VARIABLES.iter().map(|v| (v.name, v.default, v.meaning));
    let variables = own.chain(mlflow).chain(telemetry);
    let flags = flags(&Cli::command()).into_iter();
    let contract = Contract {
        program: "forecast-train".to_owned(),
        variables: variables
            .map(|(name, default, meaning)| Variable::new(name, default, meaning).unwrap())
            .collect(),
        further_variables: further_telemetry_variables(),
        flags: flags.map(|flag| Flag { name: flag.name, value: flag.value, meaning: flag.meaning }).collect(),
        exit_codes: CODES.map(|(code, meaning)| ExitCode { code, meaning: meaning.to_owned() }).into(),
        http: None,
    };
    check_file("deploy/contract/forecast-train.json", &contract.to_json().unwrap()).unwrap();
}
