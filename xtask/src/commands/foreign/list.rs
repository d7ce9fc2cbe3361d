//! `list`: the targets that are not ours, behind the scenarios.
//!
//! Builds nothing and runs nothing. Invariant: every name it prints is accepted by `cargo xtask sim`.

use serde::Serialize;

use super::ForeignError;
use crate::cli::ListArgs;
use crate::commands::list::expected;
use crate::targets::Targets;

/// As scenarios are printed with `--json`, and what they are.
#[derive(Serialize)]
struct Line {
    #[serde(flatten)]
    listed: photofinish::scenario::Listed,
    kind: &'static str,
}

/// Lists the targets.
///
/// # Errors
/// Their file is not understood.
pub fn run(args: &ListArgs) -> Result<(), ForeignError> {
    let mut group = "";
    let targets = Targets::load()?;
    for target in &targets.all {
        let listed = target.listed();
        if args.json {
            let line = Line { listed, kind: target.kind.word() };
            crate::say!("{}", serde_json::to_string(&line).expect("plain data has a JSON form"));
            continue;
        }
        if target.group() != group {
            group = target.group();
            crate::say!("{group} ({}): {}", target.kind.word(), target.story);
        }
        crate::say!("  {}", target.name);
        crate::say!("      {}", target.differs);
        crate::say!("      expected: {}", expected(&listed));
    }
    Ok(())
}
