//! `deploy/contract/forecast-promote.json`, written from what the program is.

use clap::CommandFactory;
use forecast_deploy::contract::{Contract, ExitCode, Flag, Variable, further_telemetry_variables};
use forecast_testkit::{docs::check_file, flags::flags};

use crate::arguments::Arguments;
use crate::exit::CODES;
use crate::settings::{DEFAULT_MODEL, MODEL_VARIABLE};

#[test]
fn the_contract_says_what_the_program_takes_and_gives() {
    let own = [(MODEL_VARIABLE, DEFAULT_MODEL, "the registered model")].into_iter();
    let mlflow = mlflow_client::config::VARIABLES.iter().map(|v| (v.name, v.default, v.meaning));
    let telemetry = forecast_telemetry::VARIABLES.iter().map(|v| (v.name, v.default, v.meaning));
    let variables = own.chain(mlflow).chain(telemetry);
    let flags = flags(&Arguments::command()).into_iter();
    let contract = Contract {
        program: "forecast-promote".to_owned(),
        variables: variables
            .map(|(name, default, meaning)| Variable::new(name, default, meaning).unwrap())
            .collect(),
        further_variables: further_telemetry_variables(),
        flags: flags.map(|flag| Flag { name: flag.name, value: flag.value, meaning: flag.meaning }).collect(),
        exit_codes: CODES
            .map(|(code, word, meaning)| ExitCode { code, meaning: format!("{word}: {meaning}") })
            .into(),
        http: None,
    };
    check_file("deploy/contract/forecast-promote.json", &contract.to_json().unwrap()).unwrap();
}
