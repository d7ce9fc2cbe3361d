//! Which runs a test is searched by: its own seeds, or the one run that the environment asks for by seed, token or trace.
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
use photofinish_sim::plan;
use photofinish_sim::seed::Seed;

use super::token::{self, Resolved, Whose};
use super::{Test, serve};
use crate::client::{Client, Request};
use crate::examine::Examined;
use crate::story::Length;
use crate::token::{PREFIX, Token};
use crate::tracefile::{self, TraceError, TraceFile};
use crate::typed::{Typed, quoted};
use crate::verdict;

/// Replays one seed.
pub(super) const SEED: &str = "PHOTOFINISH_SEED";
/// Replays a token, as a failure prints it.
pub(super) const TOKEN: &str = "PHOTOFINISH_TOKEN";
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
    token: Option<String>,
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
            token: variable(TOKEN),
            trace: variable(TRACE),
            record: variable(RECORD),
            typed: Typed::here(executable, variables),
        }
    }

    /// What to type to see a run again with all its events.
    pub(super) fn replay_line(&self, name: &str, seed: Seed) -> String {
        match (&self.trace, &self.token) {
            (Some(trace), _) => self.typed.alone(&format!("{TRACE}={}", quoted(trace)), path(name)),
            (None, Some(token)) => self.token_line(name, token),
            (None, None) => self.typed.alone(&format!("{SEED}={seed}"), path(name)),
        }
    }

    /// What to type to see the run of a token again.
    pub(super) fn token_line(&self, name: &str, token: &str) -> String {
        self.typed.alone(&format!("{TOKEN}={}", quoted(token)), path(name))
    }

    /// The variables that are set and name a run.
    fn set(&self) -> Vec<&'static str> {
        let variables = [(SEED, &self.seed), (TOKEN, &self.token), (TRACE, &self.trace)];
        variables.into_iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name).collect()
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
    Seeds(Range<u64>, Box<Strategy>),
    Trace(Box<TraceFile>),
    Token(Box<Token>, Option<Box<Resolved>>),
}

/// What a test is to do.
#[derive(Debug)]
pub(super) enum Asked {
    /// Make these runs.
    Runs(Box<Plan>),
    /// Nothing: the run that is asked for is of another test, of this name.
    Nothing(String),
}

impl Asked {
    pub(super) fn of(test: &Test, environment: &Environment, executable: &Path) -> Result<Self, String> {
        if let [one, other, ..] = environment.set()[..] {
            return Err(format!("{one} and {other} are both set, and each names a run"));
        }
        let replay = |runs| Plan { runs, until: None, length: Length::EveryEvent, oracles: None };
        let plan = match (&environment.trace, &environment.token) {
            (Some(trace), _) => {
                let file = read_trace(test.name, environment, Path::new(trace), executable)?;
                replay(Runs::Trace(Box::new(file)))
            }
            (None, Some(text)) => match token::read(text, test.name, &serve::names())? {
                Whose::This(token) => replay(Runs::Token(token, None)),
                Whose::Another(other) => return Ok(Self::Nothing(other)),
            },
            (None, None) => Plan::of(test, environment)?,
        };
        Ok(Self::Runs(Box::new(plan)))
    }
}

impl Plan {
    /// By seeds.
    fn of(test: &Test, environment: &Environment) -> Result<Self, String> {
        let oracles = test.oracles.map(str::parse).transpose()?;
        let strategy = test.strategy.map_or(Ok(Strategy::Swarm), str::parse)?;
        let until = test.time_ms.map(Duration::from_millis);
        let Some(text) = &environment.seed else {
            // A test that says how long searches as long.
            let seeds = test.seeds.unwrap_or(if until.is_some() { u64::MAX } else { SEEDS });
            return Ok(Self {
                runs: Runs::Seeds(0..seeds, Box::new(strategy)),
                until,
                length: Length::Short,
                oracles,
            });
        };
        if text.starts_with(PREFIX) {
            return Err(format!("{SEED} is a token\nnext: the same with {TOKEN} in its place"));
        }
        let seed: Seed = text.parse().map_err(|why| format!("{SEED}={text}: {why}"))?;
        let last = seed.0.checked_add(1).ok_or_else(|| format!("{SEED}={text} is too large"))?;
        Ok(Self {
            runs: Runs::Seeds(seed.0..last, Box::new(strategy)),
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
            Runs::Token(token, _) => return token.options.limits,
        };
        Limits { threads_max: test.threads.unwrap_or(limits.threads_max), ..limits }
    }

    /// Finds the run of a token; says how it was found, if there is something to say.
    pub(super) fn resolve(&mut self, client: &mut Client) -> Result<Vec<String>, String> {
        let Runs::Token(token, resolved) = &mut self.runs else { return Ok(Vec::new()) };
        let found = resolved.insert(Box::new(token::resolve(client, token)?));
        Ok(core::mem::take(&mut found.told))
    }

    /// The runs, each with what is special about it added to `usual`. That of a token must have been found.
    pub(super) fn requests(&self, usual: &Request) -> impl Iterator<Item = Request> {
        let usual = usual.clone();
        let (seeds, strategy, one) = match &self.runs {
            Runs::Seeds(seeds, strategy) => (seeds.clone(), **strategy, None),
            Runs::Trace(file) => (0..1, file.strategy, Some(file.request())),
            Runs::Token(_, resolved) => {
                let found = resolved.as_ref().expect("it was looked for");
                (0..1, found.request.strategy, Some(found.request.clone()))
            }
        };
        seeds.map(move |seed| match &one {
            Some(one) => Request { events: usual.events, ..one.clone() },
            None => Request { seed: Seed(seed), strategy, ..usual.clone() },
        })
    }

    /// What one of the runs is called.
    pub(super) fn title(&self, request: &Request) -> String {
        match &self.runs {
            Runs::Seeds(..) | Runs::Trace(_) => format!("seed {}", request.seed),
            Runs::Token(..) => String::from("token"),
        }
    }

    /// How its decisions were found, which a token does not know.
    pub(super) fn strategy(&self, request: &Request) -> Option<Strategy> {
        match &self.runs {
            Runs::Seeds(..) | Runs::Trace(_) => Some(request.strategy),
            Runs::Token(..) => None,
        }
    }

    /// The decisions of a token that were found.
    pub(super) fn decisions(&self) -> Option<&plan::Plan> {
        match &self.runs {
            Runs::Token(_, Some(resolved)) => Some(&resolved.plan),
            _ => None,
        }
    }

    /// What is to be told of a run that is not the one that was asked for.
    pub(super) fn other_than(&self, signature: Option<&str>) -> Option<&'static str> {
        match &self.runs {
            Runs::Token(token, _) => token.other_than(signature),
            Runs::Seeds(..) | Runs::Trace(_) => None,
        }
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
            Runs::Token(token, _) => write!(f, "a token of {}", counted(token.decisions.len())),
        }
    }
}

fn counted(decisions: usize) -> String {
    if decisions == 1 { String::from("1 decision") } else { format!("{decisions} decisions") }
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
        let (heap, oracles, shrink_ms) = (None, None, None);
        Test {
            name: "app::t",
            body,
            seeds,
            time_ms,
            strategy,
            os,
            threads,
            cores,
            heap,
            oracles,
            fails,
            shrink_ms,
        }
    }

    fn environment(set: &[(&str, &str)]) -> Environment {
        let variables = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Environment::read(&variables, Path::new("/target/debug/deps/app-1"))
    }

    fn check_plan(test: &Test, set: &[(&str, &str)], expected: Result<Range<u64>, &str>) {
        match (Asked::of(test, &environment(set), Path::new("/proc/self/exe")), expected) {
            (Ok(Asked::Runs(plan)), Ok(expected)) => match plan.runs {
                Runs::Seeds(seeds, _) => assert_eq!(seeds, expected),
                other => panic!("{other:?} is not {expected:?}"),
            },
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
        check_plan(&test(None, None), &[(TRACE, "t"), (TOKEN, "pf1-x")], Err("TOKEN and PHOTOFINISH_TRACE"));
        check_plan(&test(None, None), &[(SEED, "pf1-x")], Err("with PHOTOFINISH_TOKEN in its place"));
        check_plan(&test(None, None), &[(TOKEN, "pf1-x")], Err("damaged"));
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
        check_replay(&[(TOKEN, "pf1-x")], "PHOTOFINISH_TOKEN=pf1-x cargo test pool::t -- --exact");
        check_replay(&[(TRACE, "a b")], "PHOTOFINISH_TRACE='a b' cargo test pool::t -- --exact");
    }
}
