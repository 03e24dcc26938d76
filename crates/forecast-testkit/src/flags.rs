//! The flags of a command line as its parser knows them, for what is generated from the code.

use clap::Command;

/// A flag of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// With its dashes.
    pub name: String,
    /// Placeholder or choices of its value; none for a switch.
    pub value: Option<String>,
    /// Its help, in one line.
    pub meaning: String,
}

/// Every long flag of a command, in the order of its help, without `--help` and `--version`.
#[must_use]
pub fn flags(command: &Command) -> Vec<Flag> {
    let shown = command.get_arguments().filter(|argument| !argument.is_hide_set());
    let flag = |argument: &clap::Arg| {
        let long = argument.get_long().filter(|long| !["help", "version"].contains(long))?;
        let choices: Vec<_> =
            argument.get_possible_values().iter().map(|choice| choice.get_name().to_owned()).collect();
        let names = argument.get_value_names().unwrap_or_default().iter().map(ToString::to_string);
        let value = if choices.is_empty() { names.collect::<Vec<_>>().join(" ") } else { choices.join("|") };
        Some(Flag {
            name: format!("--{long}"),
            value: argument.get_action().takes_values().then_some(value),
            meaning: argument.get_help().map(|help| help.to_string().replace('\n', " ")).unwrap_or_default(),
        })
    };
    shown.filter_map(flag).collect()
}

#[cfg(test)]
mod tests {
    use clap::{Arg, ArgAction};

    use super::*;

    #[test]
    fn switches_and_values_are_told_apart() {
        let command = Command::new("c")
            .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print\nJSON"))
            .arg(Arg::new("to").long("to").value_parser(["staging", "production"]))
            .arg(Arg::new("name").long("name").value_name("NAME"));
        let found: Vec<_> =
            flags(&command).into_iter().map(|flag| (flag.name, flag.value, flag.meaning)).collect();
        let expected = [
            ("--json", None, "Print JSON"),
            ("--to", Some("staging|production"), ""),
            ("--name", Some("NAME"), ""),
        ];
        let expected =
            expected.map(|(name, value, help)| (name.to_owned(), value.map(str::to_owned), help.to_owned()));
        assert_eq!(found, expected);
    }
}
