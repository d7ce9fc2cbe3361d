//! A guest on the real kernel.
//!
//! Every owned symbol falls through here. Invariant: the program is the same that a simulation runs.

use std::process::ExitCode;

use crate::GUESTS;

/// Runs a guest by its name on the command line.
#[must_use]
pub fn run(name: &str) -> ExitCode {
    let found = name.split_once('/').and_then(|(scenario, variant)| {
        let scenario = GUESTS.iter().find(|candidate| candidate.name == scenario)?;
        scenario.variants.iter().find(|candidate| candidate.name == variant)
    });
    let Some(variant) = found else {
        eprintln!("there is no guest {name}\nnext: `guests list`");
        return ExitCode::from(2);
    };
    match (variant.run)() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{}\n{}", failure.signature, failure.detail);
            ExitCode::FAILURE
        }
    }
}
