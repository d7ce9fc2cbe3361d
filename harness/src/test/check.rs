//! The ordinary test function behind the attribute: it asks for runs of its body until one says how the test ends.
//!
//! Does not know how runs are made, nor what the environment asks for, see [`super::plan`]. Invariant: what is reported can be seen
//! again with the command that stands under it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Instant;

use photofinish_sim::plan::Plan as Decisions;
use photofinish_sim::preempt::Preempt;
use photofinish_sim::seed::Seed;

use super::Test;
use super::plan::{Asked, Environment, Plan, RECORD, TOKEN};
use super::small::{self, Made};
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
        match Asked::of(test, &environment, &executable)? {
            Asked::Runs(plan) => Search::of(test, &environment, *plan, executable).and_then(Search::run),
            Asked::Nothing(other) => {
                say(&format!("{} is passed over: {TOKEN} is of {other}", test.name));
                Ok(None)
            }
        }
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
    /// At least one.
    clients: Vec<Client>,
}

/// A run that is reported.
struct Reported<'r> {
    request: &'r Request,
    examined: &'r Examined,
    /// If its decisions were not drawn by its seed.
    decisions: Option<&'r Decisions>,
    /// What to type to see it again.
    replay: String,
}

impl<'a> Search<'a> {
    fn of(
        test: &'static Test,
        environment: &'a Environment,
        mut plan: Plan,
        executable: PathBuf,
    ) -> Result<Self, String> {
        let threads_max = plan.limits(test).threads_max;
        println!("photofinish: {}: {plan}", test.name);
        let mut client = Client::start_with(&executable, Main::Own, threads_max, Isolation::Rewind)
            .map_err(|error| error.to_string())?;
        say_once(&client);
        for line in plan.resolve(&mut client)? {
            println!("{line}");
        }
        Ok(Self { test, environment, plan, executable, clients: vec![client] })
    }

    fn run(mut self) -> Result<Option<Failed>, String> {
        let began = Instant::now();
        let mut runs: u64 = 0;
        let plan = self.plan.clone();
        for mut request in plan.requests(&self.request()) {
            if runs > 0 && plan.until.is_some_and(|until| began.elapsed() >= until) {
                break;
            }
            let client = self.clients.first_mut().expect("there is one");
            request.strategy = client.resolve(&request).map_err(|error| error.to_string())?;
            let mut examined = examine(client, &request).map_err(|error| error.to_string())?;
            plan.compare(&mut examined);
            runs += 1;
            let outcome = Outcome::of(self.test.fails, &examined.judgement);
            if outcome == Outcome::Passed && plan.length == Length::Short {
                continue;
            }
            let story = match outcome {
                Outcome::Failed if plan.length == Length::Short => self.tell_small(&request, &examined)?,
                _ => self.tell_as_found(&request, &examined)?,
            };
            let headline = headline(self.test, &plan.title(&request), &examined.judgement);
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

    /// The story of a failure that was searched for: of a small run that fails in the same way, if one is found.
    fn tell_small(&mut self, request: &Request, examined: &Examined) -> Result<String, String> {
        let threads_max = self.plan.limits(self.test).threads_max;
        let with = (self.executable.as_path(), threads_max);
        let small = match small::make(&mut self.clients, self.test, with, (request, examined)) {
            Made::Small(small) => small,
            Made::AsFound => return self.tell_as_found(request, examined),
            Made::Not(why) => {
                let story = self.tell_as_found(request, examined)?;
                return Ok(format!("{story}  not made small: {why}\n"));
            }
        };
        let as_found = self.environment.replay_line(self.test.name, request.seed);
        let token = small.token.as_ref();
        let reported = Reported {
            request: &small.request,
            examined: &small.examined,
            decisions: Some(&small.plan),
            replay: token
                .map_or_else(|_| as_found.clone(), |text| self.environment.token_line(self.test.name, text)),
        };
        let mut more = small.reasons();
        match token {
            Ok(_) => more.push_str(&format!("  as it was found: {as_found}\n")),
            Err(why) => more.push_str(&format!(
                "  the replay is of the run as it was found, since this one has no token: {why}\n"
            )),
        }
        self.report(&reported, &format!("seed {}, made small", request.seed), &more)
    }

    /// The story of a run as it was found, or as it was asked for.
    fn tell_as_found(&self, request: &Request, examined: &Examined) -> Result<String, String> {
        let replay = self.environment.replay_line(self.test.name, request.seed);
        let reported = Reported { request, examined, decisions: self.plan.decisions(), replay };
        let other = self.plan.other_than(examined.judgement.signature.as_deref());
        let more = other.map(|other| format!("  note: {other}\n")).unwrap_or_default();
        self.report(&reported, &self.plan.title(request), &more)
    }

    /// Tells a run, with more below its story, and writes its picks if that was asked for.
    fn report(&self, reported: &Reported<'_>, title: &str, more: &str) -> Result<String, String> {
        let Reported { request, examined, decisions, replay } = reported;
        let Examined { run, judgement, difference } = *examined;
        let mut record = Record::new(&request.program, request.seed, request.strategy, run, judgement);
        record.difference.clone_from(difference);
        let symbols = Symbols::open(&self.executable);
        let told = Told { record: &record, run, symbols: &symbols, replay, plan: *decisions };
        let told = told.tell(self.plan.length);
        let unknown = self.environment.unknown().map(|what| format!("  {what}\n")).unwrap_or_default();
        let strategy =
            self.plan.strategy(request).map(|strategy| format!(" · {strategy}")).unwrap_or_default();
        let story = format!("\n{title} · {}{strategy}\n{told}{unknown}{more}", self.test.name);
        self.record(request, examined, replay).inspect_err(|_| eprintln!("{story}"))?;
        Ok(story)
    }

    /// Writes the picks of the run that is reported, if that was asked for.
    fn record(&self, request: &Request, examined: &Examined, replay: &str) -> Result<(), String> {
        let Some(path) = &self.environment.record else { return Ok(()) };
        let path = Path::new(path);
        let build = tracefile::build_id(&self.executable).map_err(|error| error.to_string())?;
        let next = format!("`{replay}` makes the same run again");
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

fn headline(test: &Test, title: &str, judgement: &Judgement) -> String {
    let signature = judgement.signature.as_deref().unwrap_or("passed");
    match (judgement.verdict, test.fails) {
        (Verdict::Fail, Some(pattern)) if matches(pattern, signature) => {
            format!("{title} fails as it should: {signature}")
        }
        (Verdict::Fail, Some(pattern)) => format!("{title}: {signature}, and not `{pattern}`"),
        (Verdict::Fail | Verdict::Pass, _) => format!("{title}: {signature}"),
        (Verdict::Inconclusive, _) => format!("{title} is inconclusive: {signature}"),
        (Verdict::Diverged, _) => format!("{title} is not deterministic: {signature}"),
        (Verdict::Bug, _) => format!("{title} shows a bug of Photofinish itself: {signature}"),
    }
}

/// Says what this machine or this build lacks, past the capture of the test's output: a passing test would hide it.
fn say_once(client: &Client) {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        let mut lines: Vec<String> = client.notes().iter().map(|note| format!("note: {note}")).collect();
        if photofinish_boundary::level() == Preempt::Calls {
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
