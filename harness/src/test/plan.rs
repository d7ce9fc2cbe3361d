//! Which runs a test is searched by: its own seeds, or the one run that the environment asks for.
//!
//! Does not make runs. Invariant: an environment that asks for a run which cannot be made is a mistake, and no search instead.

use core::fmt;
use core::ops::Range;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use photofinish_sim::chooser::Strategy;
use photofinish_sim::limits::Limits;
use photofinish_sim::oracle::Oracles;
use photofinish_sim::seed::Seed;

use super::Test;
use crate::client::Request;
use crate::examine::Examined;
use crate::story::Length;
use crate::tracefile::{self, TraceError, TraceFile};
use crate::typed::{Typed, quoted};
use crate::verdict;

/// Replays one seed.
const SEED: &str = "PHOTOFINISH_SEED";
/// Replays the trace in a file.
const TRACE: &str = "PHOTOFINISH_TRACE";
/// The file that the trace of the reported run is written to.
pub(super) const RECORD: &str = "PHOTOFINISH_RECORD";
/// Seeds that a test without limits of its own tries.
const SEEDS: u64 = 100;

/// What the environment of the tests says.
#[derive(Clone, Debug)]
pub(super) struct Environment {
    seed: Option<String>,
    trace: Option<String>,
    pub(super) record: Option<String>,
    typed: Typed,
}

impl Environment {
    /// Reads the variables of tests of this executable.
    pub(super) fn read(variables: &BTreeMap<String, String>, executable: &Path) -> Self {
        let variable = |name: &str| variables.get(name).cloned();
        Self {
            seed: variable(SEED),
            trace: variable(TRACE),
            record: variable(RECORD),
            typed: Typed::here(executable, variables),
        }
    }

    /// What to type to see a run again with all its events.
    pub(super) fn replay_line(&self, name: &str, seed: Seed) -> String {
        let what = match &self.trace {
            Some(trace) => format!("{TRACE}={}", quoted(trace)),
            None => format!("{SEED}={seed}"),
        };
        self.typed.alone(&what, path(name))
    }

    /// What of [`Environment::replay_line`] nobody could tell.
    pub(super) fn unknown(&self) -> Option<&'static str> {
        self.typed.unknown()
    }
}

/// A test's path in its crate: so runners know it.
fn path(name: &str) -> &str {
    name.split_once("::").map_or(name, |(_, path)| path)
}

/// The runs to make, how they are told, and when to stop.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    runs: Runs,
    pub(super) until: Option<Duration>,
    pub(super) length: Length,
    /// What is asked of runs that are not replayed, besides that they pass.
    pub(super) oracles: Option<Oracles>,
}

#[derive(Clone, Debug)]
enum Runs {
    Seeds(Range<u64>, Strategy),
    Trace(Box<TraceFile>),
}

impl Plan {
    pub(super) fn of(test: &Test, environment: &Environment, executable: &Path) -> Result<Self, String> {
        if let Some(trace) = &environment.trace {
            if environment.seed.is_some() {
                return Err(format!("{SEED} and {TRACE} are both set, and each names a run"));
            }
            let file = read_trace(test.name, environment, Path::new(trace), executable)?;
            let runs = Runs::Trace(Box::new(file));
            return Ok(Self { runs, until: None, length: Length::EveryEvent, oracles: None });
        }
        let oracles = test.oracles.map(str::parse).transpose()?;
        let strategy = test.strategy.map_or(Ok(Strategy::Swarm), str::parse)?;
        let until = test.time_ms.map(Duration::from_millis);
        let Some(text) = &environment.seed else {
            // A test that says how long searches as long.
            let seeds = test.seeds.unwrap_or(if until.is_some() { u64::MAX } else { SEEDS });
            return Ok(Self { runs: Runs::Seeds(0..seeds, strategy), until, length: Length::Short, oracles });
        };
        let seed: Seed = text.parse().map_err(|why| format!("{SEED}={text}: {why}"))?;
        let last = seed.0.checked_add(1).ok_or_else(|| format!("{SEED}={text} is too large"))?;
        Ok(Self {
            runs: Runs::Seeds(seed.0..last, strategy),
            until: None,
            length: Length::EveryEvent,
            oracles,
        })
    }

    /// The bounds of every run.
    pub(super) fn limits(&self, test: &Test) -> Limits {
        let limits = match &self.runs {
            Runs::Seeds(..) => Limits::default(),
            Runs::Trace(file) => return file.limits,
        };
        Limits { threads_max: test.threads.unwrap_or(limits.threads_max), ..limits }
    }

    /// The runs, each with what is special about it added to `usual`.
    pub(super) fn requests(&self, usual: &Request) -> impl Iterator<Item = Request> {
        let usual = usual.clone();
        let (seeds, strategy, file) = match &self.runs {
            Runs::Seeds(seeds, strategy) => (seeds.clone(), *strategy, None),
            Runs::Trace(file) => {
                (file.seed.0..file.seed.0.saturating_add(1), file.strategy, Some(file.clone()))
            }
        };
        seeds.map(move |seed| match &file {
            Some(file) => Request { events: usual.events, ..file.request() },
            None => Request { seed: Seed(seed), strategy, ..usual.clone() },
        })
    }

    /// Judges a replay that went another way than what was recorded.
    pub(super) fn compare(&self, examined: &mut Examined) {
        if let Runs::Trace(file) = &self.runs
            && file.events_hash != examined.run.figures.events_hash
        {
            examined.judgement = verdict::not_the_same(file.events_hash, examined.run.figures.events_hash);
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.runs {
            Runs::Seeds(seeds, strategy) => {
                write!(f, "seeds {} to {}, {strategy}", seeds.start, seeds.end - 1)
            }
            Runs::Trace(file) => write!(f, "the trace of seed {}, {}", file.seed, file.strategy),
        }
    }
}

fn read_trace(
    name: &str,
    environment: &Environment,
    trace: &Path,
    executable: &Path,
) -> Result<TraceFile, String> {
    let build = tracefile::build_id(executable).map_err(|error| error.to_string())?;
    let next = |seed: &str| {
        let line = environment.typed.alone(&format!("{SEED}={seed} {RECORD}=FILE"), path(name));
        format!("next: `{line}` writes one")
    };
    let file = tracefile::read(trace, &build).map_err(|error| match error {
        TraceError::OtherBuild { file, .. } => {
            format!(
                "{} is of another build of these tests\n{}",
                trace.display(),
                next(&file.seed.to_string())
            )
        }
        other => {
            // What it says next is for our own executables.
            let said = other.to_string();
            format!("{}\n{}", said.lines().next().unwrap_or_default(), next("N"))
        }
    })?;
    if file.program != name {
        return Err(format!("{} is a trace of {}\nnext: name that test", trace.display(), file.program));
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(seeds: Option<u64>, time_ms: Option<u64>) -> Test {
        let (body, strategy, os, threads, cores, fails) = (|| Ok(()), None, None, None, None, None);
        let (heap, oracles) = (None, None);
        Test { name: "app::t", body, seeds, time_ms, strategy, os, threads, cores, heap, oracles, fails }
    }

    fn environment(set: &[(&str, &str)]) -> Environment {
        let variables = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Environment::read(&variables, Path::new("/target/debug/deps/app-1"))
    }

    fn check_plan(test: &Test, set: &[(&str, &str)], expected: Result<Range<u64>, &str>) {
        match (Plan::of(test, &environment(set), Path::new("/proc/self/exe")), expected) {
            (Ok(Plan { runs: Runs::Seeds(seeds, _), .. }), Ok(expected)) => assert_eq!(seeds, expected),
            (Err(said), Err(expected)) => assert!(said.contains(expected), "{said}"),
            (plan, expected) => panic!("{plan:?} is not {expected:?}"),
        }
    }

    #[test]
    fn seeds_are_bounded_by_number_or_by_time() {
        check_plan(&test(None, None), &[], Ok(0..100));
        check_plan(&test(Some(7), None), &[], Ok(0..7));
        check_plan(&test(Some(7), Some(50)), &[], Ok(0..7));
        check_plan(&test(None, Some(50)), &[], Ok(0..u64::MAX));
        check_plan(&test(Some(7), Some(50)), &[(SEED, "17")], Ok(17..18));
        check_plan(&test(None, None), &[(SEED, "x")], Err("PHOTOFINISH_SEED=x: "));
        check_plan(&test(None, None), &[(SEED, "18446744073709551615")], Err("too large"));
        check_plan(&test(None, None), &[(SEED, "1"), (TRACE, "t")], Err("both set"));
        check_plan(
            &test(None, None),
            &[(TRACE, "/no/such/file")],
            Err("PHOTOFINISH_RECORD=FILE cargo test t"),
        );
    }

    fn check_replay(set: &[(&str, &str)], expected: &str) {
        assert_eq!(environment(set).replay_line("app::pool::t", Seed(17)), expected);
    }

    #[test]
    fn a_replay_names_its_seed_or_its_trace() {
        check_replay(&[], "PHOTOFINISH_SEED=17 cargo test pool::t -- --exact");
        check_replay(&[(TRACE, "a b")], "PHOTOFINISH_TRACE='a b' cargo test pool::t -- --exact");
    }
}
