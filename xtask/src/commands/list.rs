//! `cargo xtask list`: the scenarios, their variants and expectations.
//!
//! Runs nothing.
//! Invariant: every name it prints is accepted by `cargo xtask sim`.

use photofinish::scenario::Listed;

use crate::cli::ListArgs;
use crate::exit::Exit;
use crate::scenarios::{ScenarioError, Scenarios};

/// Lists the scenarios.
pub fn run(args: &ListArgs) -> Result<Exit, ScenarioError> {
    let scenarios = Scenarios::load()?;
    let mut scenario = "";
    for listed in &scenarios.all {
        if args.json {
            crate::say!("{}", serde_json::to_string(listed).expect("plain data has a JSON form"));
            continue;
        }
        if listed.scenario != scenario {
            scenario = &listed.scenario;
            crate::say!("{scenario}: {}", listed.story);
        }
        crate::say!("  {}", listed.name());
        crate::say!("      {}", listed.differs);
        crate::say!("      expected: {}", expected(listed));
    }
    Ok(Exit::Passed)
}

fn expected(listed: &Listed) -> String {
    if listed.must.is_empty() && listed.may.is_empty() {
        return String::from("never fails");
    }
    let mut words: Vec<String> = Vec::new();
    if listed.always {
        words.push(String::from("always fails"));
    }
    words.extend(listed.must.iter().map(|(signature, runs)| format!("`{signature}` within {runs} runs")));
    words.extend(listed.may.iter().map(|signature| format!("perhaps `{signature}`")));
    words.join(", ")
}
