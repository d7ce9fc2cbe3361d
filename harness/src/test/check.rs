//! The ordinary test function behind the attribute: it asks for runs of its body until one says how the test ends.
//!
//! Does not know how runs are made, nor what the environment asks for, see [`super::plan`]. Invariant: what is reported can be seen
//! again with the command that stands under it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Instant;

use photofinish_sim::seed::Seed;

use super::Test;
use super::plan::{Environment, Plan, RECORD};
use crate::client::{CORES, Client, Isolation, Main, Request};
use crate::examine::{Examined, examine};
use crate::record::Record;
use crate::story::{Length, Told};
use crate::sweep::matches;
use crate::symbols::Symbols;
use crate::tracefile::{self, TraceFile};
use crate::typed;
use crate::verdict::{Judgement, Verdict};

/// Searches a test; returns if every run passed, or one failed as it should.
///
/// # Panics
/// With the signature of the first run that did not pass, whose story is printed; if none failed although one should; or if no run
/// could be made.
#[track_caller]
pub fn check(test: &'static Test) {
    let searched = std::env::current_exe().map_err(|error| format!("which executable it is: {error}"));
    let searched = searched.and_then(|executable| {
        let environment = Environment::read(&typed::variables(), &executable);
        Search::of(test, &environment, executable).and_then(Search::run)
    });
    match searched {
        Ok(None) => {}
        Ok(Some(failure)) => {
            eprintln!("{}", failure.story);
            panic!("{}", failure.headline);
        }
        Err(why) => panic!("photofinish could not run {}: {why}", test.name),
    }
}

/// Why a test fails.
struct Failed {
    headline: String,
    story: String,
}

/// A test that is being searched.
struct Search<'a> {
    test: &'static Test,
    environment: &'a Environment,
    plan: Plan,
    executable: PathBuf,
    client: Client,
}

impl<'a> Search<'a> {
    fn of(test: &'static Test, environment: &'a Environment, executable: PathBuf) -> Result<Self, String> {
        let plan = Plan::of(test, environment, &executable)?;
        let threads_max = plan.limits(test).threads_max;
        println!("photofinish: {}: {plan}", test.name);
        let client = Client::start_with(&executable, Main::Own, threads_max, Isolation::Fork)
            .map_err(|error| error.to_string())?;
        say_once(&client);
        Ok(Self { test, environment, plan, executable, client })
    }

    fn run(mut self) -> Result<Option<Failed>, String> {
        let began = Instant::now();
        let mut runs: u64 = 0;
        let plan = self.plan.clone();
        for mut request in plan.requests(&self.request()) {
            if runs > 0 && plan.until.is_some_and(|until| began.elapsed() >= until) {
                break;
            }
            request.strategy = self.client.resolve(&request).map_err(|error| error.to_string())?;
            let mut examined = examine(&mut self.client, &request).map_err(|error| error.to_string())?;
            plan.compare(&mut examined);
            runs += 1;
            let outcome = Outcome::of(self.test.fails, &examined.judgement);
            if outcome == Outcome::Passed && plan.length == Length::Short {
                continue;
            }
            let story = self.tell(&request, &examined);
            self.record(&request, &examined).inspect_err(|_| eprintln!("{story}"))?;
            let headline = headline(self.test, &request, &examined.judgement);
            match outcome {
                Outcome::Failed => return Ok(Some(Failed { headline, story })),
                _ if plan.length == Length::EveryEvent => say(&format!("{headline}\n{story}")),
                _ => println!("{headline}\n{story}"),
            }
            if outcome == Outcome::FailedAsItShould {
                return Ok(None);
            }
        }
        let (name, ms) = (self.test.name, began.elapsed().as_millis());
        if let Some(pattern) = self.test.fails {
            let headline = format!("none of {runs} runs failed with `{pattern}`");
            return Ok(Some(Failed { headline, story: String::new() }));
        }
        println!("photofinish: {name}: {runs} runs passed, {ms} ms");
        Ok(None)
    }

    /// A run of this test, whatever is to be special about it.
    fn request(&self) -> Request {
        Request {
            events: self.plan.length == Length::EveryEvent,
            limits: self.plan.limits(self.test),
            cores: self.test.cores.unwrap_or(CORES),
            os: self.test.os,
            heap: self.test.heap,
            oracles: self.plan.oracles,
            ..Request::new(self.test.name, Seed(0))
        }
    }

    fn tell(&self, request: &Request, examined: &Examined) -> String {
        let Examined { run, judgement, difference } = examined;
        let mut record = Record::new(&request.program, request.seed, request.strategy, run, judgement);
        record.difference.clone_from(difference);
        let symbols = Symbols::open(&self.executable);
        let replay = self.environment.replay_line(self.test.name, request.seed);
        let told = Told { record: &record, run, symbols: &symbols, replay: &replay, plan: None };
        let told = told.tell(self.plan.length);
        let unknown = self.environment.unknown().map(|what| format!("  {what}\n")).unwrap_or_default();
        format!("\nseed {} · {} · {}\n{told}{unknown}", request.seed, self.test.name, request.strategy)
    }

    /// Writes the picks of the run that is reported, if that was asked for.
    fn record(&self, request: &Request, examined: &Examined) -> Result<(), String> {
        let Some(path) = &self.environment.record else { return Ok(()) };
        let path = Path::new(path);
        let build = tracefile::build_id(&self.executable).map_err(|error| error.to_string())?;
        let next = format!(
            "`{}` makes the same run again",
            self.environment.replay_line(self.test.name, request.seed)
        );
        TraceFile::whole(request, &examined.run, &build, &next)
            .and_then(|file| tracefile::write(path, &file))
            .map_err(|error| format!("{RECORD}: {error}"))
    }
}

/// What a run says of its test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Nothing is wrong so far.
    Passed,
    /// What the test says must be found.
    FailedAsItShould,
    /// The test fails.
    Failed,
}

impl Outcome {
    fn of(fails: Option<&str>, judgement: &Judgement) -> Self {
        let signature = judgement.signature.as_deref().unwrap_or_default();
        match judgement.verdict {
            Verdict::Pass => Self::Passed,
            Verdict::Fail if fails.is_some_and(|pattern| matches(pattern, signature)) => {
                Self::FailedAsItShould
            }
            _ => Self::Failed,
        }
    }
}

fn headline(test: &Test, request: &Request, judgement: &Judgement) -> String {
    let seed = request.seed;
    let signature = judgement.signature.as_deref().unwrap_or("passed");
    match (judgement.verdict, test.fails) {
        (Verdict::Fail, Some(pattern)) if matches(pattern, signature) => {
            format!("seed {seed} fails as it should: {signature}")
        }
        (Verdict::Fail, Some(pattern)) => format!("seed {seed}: {signature}, and not `{pattern}`"),
        (Verdict::Fail | Verdict::Pass, _) => format!("seed {seed}: {signature}"),
        (Verdict::Inconclusive, _) => format!("seed {seed} is inconclusive: {signature}"),
        (Verdict::Diverged, _) => format!("seed {seed} is not deterministic: {signature}"),
        (Verdict::Bug, _) => format!("seed {seed} shows a bug of Photofinish itself: {signature}"),
    }
}

/// Says what this machine or this build lacks, past the capture of the test's output: a passing test would hide it.
fn say_once(client: &Client) {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        let mut lines: Vec<String> = client.notes().iter().map(|note| format!("note: {note}")).collect();
        if !photofinish_boundary::is_instrumented() {
            lines.push(UNINSTRUMENTED.to_owned());
        }
        lines.iter().for_each(|line| say(line));
    });
}

/// Says something past the capture of the test's output.
fn say(what: &str) {
    // Nobody listening is no reason to fail.
    let _ = writeln!(std::io::stderr(), "photofinish: {what}");
}

const UNINSTRUMENTED: &str = "note: these tests were built without instrumentation, so threads are preempted at calls into the \
    system alone, and races between two atomic operations are missed; `cargo photofinish test` builds them with it";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_should_fail_fails_so_or_not_at_all() {
        let check = |fails: Option<&str>, verdict: Verdict, signature: &str, expected: Outcome| {
            let signature = Some(signature.to_owned()).filter(|signature| !signature.is_empty());
            let judgement = Judgement { verdict, signature, detail: String::new() };
            assert_eq!(Outcome::of(fails, &judgement), expected, "{fails:?} {judgement:?}");
        };
        check(None, Verdict::Pass, "", Outcome::Passed);
        check(None, Verdict::Fail, "panic in f: x", Outcome::Failed);
        check(None, Verdict::Inconclusive, "unmodelled: x", Outcome::Failed);
        check(Some("panic in f: *"), Verdict::Pass, "", Outcome::Passed);
        check(Some("panic in f: *"), Verdict::Fail, "panic in f: x", Outcome::FailedAsItShould);
        check(Some("panic in f: y"), Verdict::Fail, "panic in f: x", Outcome::Failed);
        check(Some("*"), Verdict::Diverged, "x", Outcome::Failed);
        check(Some("*"), Verdict::Bug, "x", Outcome::Failed);
    }
}
