//! The executable that serves the scenarios on turmoil to `cargo xtask`; `native SCENARIO/VARIANT` runs one as it is.
//!
//! Does not know what is in them. Invariant: but for `native` its main function is the harness' and nothing else.

use photofinish_turmoil_scenarios::SCENARIOS;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [word, program] if word == "native" => native(program),
        _ => photofinish::serve(SCENARIOS),
    }
}

/// Runs a variant where nobody simulates or searches, and panics with what its oracle says.
fn native(program: &str) {
    let variants = SCENARIOS.iter().flat_map(|scenario| {
        scenario.variants.iter().map(|variant| (format!("{}/{}", scenario.name, variant.name), variant))
    });
    let found = variants.into_iter().find(|(name, _)| name == program);
    let (_, variant) =
        found.unwrap_or_else(|| panic!("there is no {program} here\nnext: `cargo xtask list`"));
    if let Err(failure) = (variant.run)() {
        panic!("{}: {}", failure.signature, failure.detail);
    }
}
