//! The ordinary test function behind the attribute: it asks for runs of its body until one fails.
//!
//! Does not know how runs are made. Invariant: what is reported can be seen again with the command that stands under it.

use std::io::Write as _;
use std::path::Path;
use std::sync::Once;
use std::time::{Duration, Instant};

use photofinish_sim::chooser::Strategy;
use photofinish_sim::limits::Limits;
use photofinish_sim::seed::Seed;

use super::Test;
use crate::client::{Client, Isolation, Main, Request};
use crate::examine::{Examined, examine};
use crate::record::Record;
use crate::story::{Length, Told};
use crate::symbols::Symbols;
use crate::verdict::Verdict;

/// Replays one seed.
const SEED: &str = "PHOTOFINISH_SEED";
/// Set by `cargo photofinish` to its own name, for the command that replays.
pub(crate) const COMMAND: &str = "PHOTOFINISH_COMMAND";
/// Set in each test's process by the runner of that name.
const NEXTEST: &str = "NEXTEST";
/// Seeds that a test without limits of its own tries.
const SEEDS: u64 = 100;
/// Processors that a test is told it has if it does not say.
const CORES: u32 = 4;

/// Searches a test; returns if every run passed.
///
/// # Panics
/// With the signature of the first run that did not pass, whose story is printed; or if no run could be made.
#[track_caller]
pub fn check(test: &'static Test) {
    match search(test, std::env::var(SEED).ok().as_deref()) {
        Ok(None) => {}
        Ok(Some(failure)) => {
            eprintln!("{}", failure.story);
            panic!("{}", failure.headline);
        }
        Err(why) => panic!("photofinish could not run {}: {why}", test.name),
    }
}

/// A run that did not pass.
struct Failed {
    headline: String,
    story: String,
}

/// The seeds to try, and when to stop.
struct Plan {
    seeds: core::ops::Range<u64>,
    until: Option<Duration>,
    length: Length,
}

impl Plan {
    fn of(test: &Test, replayed: Option<&str>) -> Result<Self, String> {
        let until = test.time_ms.map(Duration::from_millis);
        let Some(text) = replayed else {
            // A test that says how long searches as long.
            let seeds = test.seeds.unwrap_or(if until.is_some() { u64::MAX } else { SEEDS });
            return Ok(Self { seeds: 0..seeds, until, length: Length::Short });
        };
        let seed: Seed = text.parse().map_err(|why| format!("{SEED}={text}: {why}"))?;
        let last = seed.0.checked_add(1).ok_or_else(|| format!("{SEED}={text} is too large"))?;
        Ok(Self { seeds: seed.0..last, until: None, length: Length::EveryEvent })
    }
}

fn search(test: &Test, replayed: Option<&str>) -> Result<Option<Failed>, String> {
    let plan = Plan::of(test, replayed)?;
    let strategy = test.strategy.map_or(Ok(Strategy::Swarm), str::parse)?;
    let executable = std::env::current_exe().map_err(|error| format!("which executable it is: {error}"))?;
    let limits =
        Limits { threads_max: test.threads.unwrap_or(Limits::default().threads_max), ..Limits::default() };
    println!("photofinish: {}: seeds {} to {}, {strategy}", test.name, plan.seeds.start, plan.seeds.end - 1);
    let mut client = Client::start_with(&executable, Main::Own, limits.threads_max, Isolation::Fork)
        .map_err(|error| error.to_string())?;
    say_once(&client);
    let began = Instant::now();
    let mut runs = 0;
    for seed in plan.seeds.clone() {
        if plan.until.is_some_and(|until| began.elapsed() >= until) {
            break;
        }
        let mut request = Request {
            program: test.name.to_owned(),
            seed: Seed(seed),
            strategy,
            replay: None,
            events: plan.length == Length::EveryEvent,
            limits,
            cores: test.cores.unwrap_or(CORES),
            os: test.os,
            oracles: None,
        };
        request.strategy = client.resolve(&request).map_err(|error| error.to_string())?;
        let examined = examine(&mut client, &request).map_err(|error| error.to_string())?;
        runs += 1;
        let passed = examined.judgement.verdict == Verdict::Pass;
        if !passed || plan.length == Length::EveryEvent {
            let failed = tell(test, &request, &examined, &executable, plan.length);
            if !passed {
                return Ok(Some(failed));
            }
            println!("{}", failed.story);
        }
    }
    println!("photofinish: {}: {runs} runs passed, {} ms", test.name, began.elapsed().as_millis());
    Ok(None)
}

fn tell(test: &Test, request: &Request, examined: &Examined, executable: &Path, length: Length) -> Failed {
    let Examined { run, judgement } = examined;
    let record = Record::new(&request.program, request.seed, request.strategy, run, judgement);
    let symbols = Symbols::open(executable);
    let replay = replay_line(test.name, request.seed, |name| std::env::var(name).ok());
    let told = Told { record: &record, run, symbols: &symbols, replay: &replay }.tell(length);
    let story = format!("\nseed {} · {} · {}\n{told}", request.seed, test.name, request.strategy);
    let signature = judgement.signature.as_deref().unwrap_or("passed");
    let headline = match judgement.verdict {
        Verdict::Fail | Verdict::Pass => format!("seed {}: {signature}", request.seed),
        Verdict::Inconclusive => format!("seed {} is inconclusive: {signature}", request.seed),
        Verdict::Diverged => format!("seed {} is not deterministic: {signature}", request.seed),
        Verdict::Bug => format!("seed {} shows a bug of Photofinish itself: {signature}", request.seed),
    };
    Failed { headline, story }
}

/// What to type to see a run again with all its events.
fn replay_line(name: &str, seed: Seed, variable: impl Fn(&str) -> Option<String>) -> String {
    // Test runners know tests by their path in the crate.
    let name = name.split_once("::").map_or(name, |(_, path)| path);
    let command = variable(COMMAND).unwrap_or_else(|| String::from("cargo"));
    if variable(NEXTEST).is_some() {
        return format!("{SEED}={seed} {command} nextest run --no-capture -E 'test(={name})'");
    }
    format!("{SEED}={seed} {command} test {name} -- --exact")
}

/// Says what this machine or this build lacks, past the capture of the test's output: a passing test would hide it.
fn say_once(client: &Client) {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        let mut lines: Vec<String> = client.notes().iter().map(|note| format!("note: {note}")).collect();
        if !photofinish_boundary::is_instrumented() {
            lines.push(UNINSTRUMENTED.to_owned());
        }
        for line in lines {
            // Nobody listening is no reason to fail.
            let _ = writeln!(std::io::stderr(), "photofinish: {line}");
        }
    });
}

const UNINSTRUMENTED: &str = "note: these tests were built without instrumentation, so threads are preempted at calls into the \
    system alone, and races between two atomic operations are missed; `cargo photofinish test` builds them with it";

#[cfg(test)]
mod tests {
    use super::*;

    fn test(seeds: Option<u64>, time_ms: Option<u64>) -> Test {
        let body = || Ok(());
        Test { name: "app::t", body, seeds, time_ms, strategy: None, os: None, threads: None, cores: None }
    }

    fn check_plan(test: &Test, replayed: Option<&str>, expected: Result<core::ops::Range<u64>, &str>) {
        match (Plan::of(test, replayed), expected) {
            (Ok(plan), Ok(seeds)) => assert_eq!(plan.seeds, seeds),
            (Err(said), Err(expected)) => assert!(said.contains(expected), "{said}"),
            (plan, expected) => panic!("{:?} is not {expected:?}", plan.map(|plan| plan.seeds)),
        }
    }

    #[test]
    fn seeds_are_bounded_by_number_or_by_time() {
        check_plan(&test(None, None), None, Ok(0..100));
        check_plan(&test(Some(7), None), None, Ok(0..7));
        check_plan(&test(Some(7), Some(50)), None, Ok(0..7));
        check_plan(&test(None, Some(50)), None, Ok(0..u64::MAX));
        check_plan(&test(Some(7), Some(50)), Some("17"), Ok(17..18));
        check_plan(&test(None, None), Some("x"), Err("PHOTOFINISH_SEED=x: "));
        check_plan(&test(None, None), Some("18446744073709551615"), Err("too large"));
    }

    fn check_replay(set: &[(&str, &str)], expected: &str) {
        let variable =
            |name: &str| set.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned());
        assert_eq!(replay_line("app::pool::t", Seed(17), variable), expected);
    }

    #[test]
    fn the_replay_is_asked_for_as_the_search_was() {
        check_replay(&[], "PHOTOFINISH_SEED=17 cargo test pool::t -- --exact");
        check_replay(
            &[(COMMAND, "cargo photofinish")],
            "PHOTOFINISH_SEED=17 cargo photofinish test pool::t -- --exact",
        );
        check_replay(
            &[(NEXTEST, "1")],
            "PHOTOFINISH_SEED=17 cargo nextest run --no-capture -E 'test(=pool::t)'",
        );
    }
}
