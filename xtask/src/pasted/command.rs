//! Our own command lines in a text, read by the reader that reads them when they are typed.
//!
//! Does not know which programs there are. Invariant: what is typed of a run stands in its arguments, or the line is refused by name;
//! where prose begins the line ends.

use clap::{CommandFactory as _, Parser as _};

use super::{Named, Seeded};
use crate::asked::RunArgs;
use crate::cli::{Cli, Command, SeedOrToken};

/// What stands before a subcommand.
const NAME: &str = "xtask";
/// Subcommands that make one run of a seed.
const OF_RUNS: [&str; 2] = ["sim", "shrink"];
/// So much of a text is looked at for one command.
const LENGTH_MAX: usize = 4096;
/// So many words of it are taken.
const WORDS_MAX: usize = 64;
/// What stands around words and is not of them.
const AROUND: [char; 12] = ['`', '\'', '"', '*', ',', '.', ';', ')', ']', '}', '!', '?'];

/// The commands of a text that run a seed.
pub(super) fn commands(text: &str) -> impl Iterator<Item = Named> {
    let starts = text.match_indices(NAME).map(|(at, name)| at + name.len());
    // Most texts have none, and the reader of our commands is large.
    let mut cli = None;
    starts.filter_map(move |start| command(cli.get_or_insert_with(built), &text[start..]))
}

fn built() -> clap::Command {
    let mut cli = Cli::command();
    cli.build();
    cli
}

fn command(cli: &clap::Command, text: &str) -> Option<Named> {
    let text = text.strip_prefix([' ', '\t', '\n'])?;
    let most = text.floor_char_boundary(LENGTH_MAX);
    let paragraph = text[..most].split("\n\n").next()?.replace("\\\n", "");
    let mut words = paragraph.split_whitespace();
    let subcommand = cli.find_subcommand(words.next()?)?;
    let name = OF_RUNS.into_iter().find(|name| *name == subcommand.get_name())?;
    let words = typed(subcommand, words);
    let line = || format!("cargo {NAME} {name} {}", words.join(" "));
    let (program, args) = match Cli::try_parse_from([NAME, name].into_iter().chain(words.iter().copied())) {
        Ok(Cli { command: Command::Sim(args) }) if args.seeds.is_none() => {
            (args.scenarios.first().cloned(), args.run)
        }
        Ok(Cli { command: Command::Shrink(args) }) => (args.scenario, args.run),
        Ok(_) => return None,
        // A token that cannot be read is told of as one.
        Err(_) if words.iter().any(|word| word.contains("pf")) => return None,
        Err(error) => {
            let said = error.to_string();
            let why = said.lines().next().unwrap_or_default().trim_start_matches("error: ");
            return Some(Named::Refused { line: line(), why: why.to_owned() });
        }
    };
    if args.trace.is_some() {
        return Some(Named::Trace { line: line() });
    }
    of(program?, args)
}

/// The run that arguments mean, if it is of a seed.
pub(super) fn of(program: String, args: RunArgs) -> Option<Named> {
    match args.seed {
        Some(SeedOrToken::Seed(seed)) => Some(Named::Seed(Box::new(Seeded { program, seed, args }))),
        Some(SeedOrToken::Token(_)) | None => None,
    }
}

/// The words that were typed: options with their values, and one program.
fn typed<'a>(subcommand: &clap::Command, words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let takes_value = |option: &str| {
        let known = subcommand.get_arguments().find(|argument| argument.get_long() == Some(option));
        known.and_then(clap::Arg::get_num_args).is_some_and(|range| range.min_values() > 0)
    };
    let mut words = words.take(WORDS_MAX);
    let mut typed = Vec::new();
    let mut is_named = false;
    while let Some(word) = words.next() {
        let mut said = word.trim_matches(AROUND);
        let mut last = word;
        match said.strip_prefix("--") {
            Some("") => break,
            Some(option) => {
                typed.push(said);
                if !option.contains('=') && takes_value(option) {
                    let Some(value) = words.next() else { break };
                    last = value;
                    said = value.trim_matches(AROUND);
                    typed.push(said);
                }
            }
            None if !is_named && !said.is_empty() && !said.starts_with('-') => {
                is_named = true;
                typed.push(said);
            }
            None => break,
        }
        // Behind a mark that is not the word's the sentence goes on, or the code ends.
        if !last.ends_with(said) {
            break;
        }
    }
    typed
}
