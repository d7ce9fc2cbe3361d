//! Runs a variant of `fork-cancel` as it is: real threads, real sockets, the real clock, and a shorter second.
//!
//! It does not know of any simulator. Invariant: it ends, since every wait of the program and of its test does.

use std::collections::BTreeMap;
use std::env;
use std::process::ExitCode;
use std::time::Duration;

use photofinish_scenarios::fork_cancel::{SCENARIO, run_paced};

const DEFAULT_RUNS: u64 = 20;
const DEFAULT_SECOND_US: u64 = 20_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match parse(&arguments) {
        Ok(asked) => run_all(asked),
        Err(problem) => {
            eprintln!("{problem}\n\n{}", usage());
            ExitCode::from(2)
        }
    }
}

struct Asked<'a> {
    variant: &'a str,
    runs: u64,
    second: Duration,
}

fn parse(arguments: &[String]) -> Result<Asked<'_>, String> {
    let word = |index: usize| arguments.get(index).map(String::as_str);
    let number = |index: usize, default: u64| {
        let wrong = |text| format!("{text:?} is not a number");
        word(index).map_or(Ok(default), |text| text.parse().map_err(|_| wrong(text)))
    };
    if let Some(extra) = word(3) {
        return Err(format!("there is no fourth argument, but it is {extra:?}"));
    }
    let variant = word(0).unwrap_or(SCENARIO.variants[0].name);
    if !SCENARIO.variants.iter().any(|known| known.name == variant) {
        return Err(format!("there is no variant {variant:?}"));
    }
    let second = Duration::from_micros(number(2, DEFAULT_SECOND_US)?);
    Ok(Asked { variant, runs: number(1, DEFAULT_RUNS)?, second })
}

fn usage() -> String {
    let names: Vec<&str> = SCENARIO.variants.iter().map(|variant| variant.name).collect();
    format!(
        "usage: fork-cancel [VARIANT] [RUNS] [SECOND]\n\nRUNS is {DEFAULT_RUNS} unless given; SECOND is how many \
         microseconds the program takes for a second, {DEFAULT_SECOND_US} unless given; VARIANT is one of\n  {}",
        names.join("\n  ")
    )
}

fn run_all(Asked { variant, runs, second }: Asked<'_>) -> ExitCode {
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    for run in 1..=runs {
        if let Some(Err(failure)) = run_paced(variant, second) {
            let count = found.entry(failure.signature.clone()).or_default();
            *count += 1;
            if *count == 1 {
                println!("run {run}: fail: {}\n{}", failure.signature, failure.detail);
            }
        }
    }
    for (signature, count) in &found {
        println!("{count} of {runs}: {signature}");
    }
    let failed: u64 = found.values().sum();
    println!("{}/{variant}: {failed} of {runs} runs failed (real threads, real sockets)", SCENARIO.name);
    ExitCode::from(u8::from(failed > 0))
}
