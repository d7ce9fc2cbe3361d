//! Any program that takes a seed, as a word of its command line or from its environment, and answers by its exit status.
//!
//! Does not know what is simulated. Invariant: each run is a process of its own, which is gone with its whole group when the run is told.

use std::hash::{Hash as _, Hasher as _};
use std::path::PathBuf;
use std::time::Duration;
use std::{io, process};

use photofinish_served::supervise::{How, Left, supervise};
use photofinish_sim::ending::Ending;
use photofinish_sim::event::{Event, EventsHash, Stamp};
use photofinish_sim::thread::ThreadId;

use super::{Replays, Target, TargetError};
use crate::client::{ENVIRONMENT, Request, Run};

/// What a shell answers that cannot start a program.
const CANNOT_START: i32 = 126;
/// What a shell answers that does not find one.
const NOT_FOUND: i32 = 127;

/// A program that is started for each run.
#[derive(Clone, Debug)]
pub struct Command {
    name: String,
    words: Vec<String>,
    limit: Duration,
    folder: Option<PathBuf>,
    environment: Vec<(String, String)>,
    passes: Vec<i32>,
    fails: Option<Vec<i32>>,
    signature_line: Option<String>,
}

impl Command {
    /// A program and its arguments. In each word `{seed}` stands for the seed and `{config}` for the configuration. A run that takes
    /// longer than the limit hangs.
    #[must_use]
    pub fn new(name: &str, words: &[String], limit: Duration) -> Self {
        Self {
            name: name.to_owned(),
            words: words.to_vec(),
            limit,
            folder: None,
            environment: Vec::new(),
            passes: vec![0],
            fails: None,
            signature_line: None,
        }
    }

    /// Starts it in this folder.
    #[must_use]
    pub fn folder(self, folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()), ..self }
    }

    /// Gives it this variable, beside the few that every target gets; the value is read as its words are.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With one of these exit statuses a run has passed, instead of with 0 alone.
    #[must_use]
    pub fn passes_with(self, statuses: &[i32]) -> Self {
        Self { passes: statuses.to_vec(), ..self }
    }

    /// With one of these exit statuses a run has failed, and by every other one nobody can tell; otherwise every other one is a failure.
    #[must_use]
    pub fn fails_with(self, statuses: &[i32]) -> Self {
        Self { fails: Some(statuses.to_vec()), ..self }
    }

    /// Names failures after what follows these words, at the beginning of the last line that begins with them.
    #[must_use]
    pub fn signature_line(self, beginning: &str) -> Self {
        Self { signature_line: Some(beginning.to_owned()), ..self }
    }

    fn start(&self, request: &Request) -> io::Result<Left> {
        let config = request.foreign.as_ref().map(|foreign| &*foreign.config).unwrap_or_default();
        let seed = request.seed.to_string();
        let filled = |word: &String| word.replace("{seed}", &seed).replace("{config}", config);
        let (program, words) = self.words.split_first().ok_or_else(|| io::Error::other("it has no words"))?;
        let mut command = process::Command::new(filled(program));
        command.args(words.iter().map(filled)).env_clear().envs(ENVIRONMENT);
        command.envs(self.environment.iter().map(|(name, value)| (name, filled(value))));
        self.folder.iter().for_each(|folder| {
            command.current_dir(folder);
        });
        supervise(&mut command, None, self.limit)
    }

    /// What an exit status means.
    fn meaning(&self, status: i32) -> Result<Meaning, TargetError> {
        let is_of = |statuses: &[i32]| statuses.contains(&status);
        let no_run = |why| TargetError::Status { target: self.name.clone(), status, why, next: START_NEXT };
        match &self.fails {
            _ if is_of(&self.passes) => Ok(Meaning::Passed),
            Some(fails) if is_of(fails) => Ok(Meaning::Failed),
            _ if status == NOT_FOUND => Err(no_run("by which a shell says that it found no such program")),
            _ if status == CANNOT_START => {
                Err(no_run("by which a shell says that it cannot start the program"))
            }
            Some(_) => Ok(Meaning::Unknown),
            None => Ok(Meaning::Failed),
        }
    }

    /// The run of a program that exited with this status.
    fn exited(&self, status: i32, left: &Left) -> Result<Run, TargetError> {
        let failed = || self.failed(Ending::Exited(status), left);
        Ok(match self.meaning(status)? {
            Meaning::Passed => Run::ended(Ending::Returned),
            Meaning::Failed => failed(),
            // Whatever its status, it says by itself that it failed.
            Meaning::Unknown if self.said(left).is_some() || panicked(&left.error).is_some() => failed(),
            Meaning::Unknown => {
                let what = format!(
                    "its exit status was {status}, by which it says neither that the run passed nor that it failed\n\
                     next: the same command by hand, or name the status in `passes` or `fails` of its declaration"
                );
                let judged = Some((format!("exit status {status}"), what.clone()));
                Run { judged, ..Run::ended(Ending::Lost { what }) }
            }
        })
    }

    /// A run that did not pass, and how it failed as far as it says so.
    fn failed(&self, ending: Ending, left: &Left) -> Run {
        let mut run = Run::ended(ending);
        run.judged = self.said(left);
        run.events.extend(panicked(&left.error).map(|event| (stamp(), event)));
        run
    }

    /// What the program says is wrong, if it says so in a line that is known.
    fn said(&self, left: &Left) -> Option<(String, String)> {
        let text = [&*left.output, &*left.error].map(String::from_utf8_lossy).join("\n");
        if let Some(beginning) = &self.signature_line
            && let Some(words) = text.lines().rev().find_map(|line| line.strip_prefix(&**beginning))
        {
            return Some((words.trim().to_owned(), format!("it said `{beginning}{words}`")));
        }
        None
    }
}

/// What an exit status means.
enum Meaning {
    Passed,
    Failed,
    /// The declaration names all that mean something, and not this one.
    Unknown,
}

/// What to do when there is no such program.
const START_NEXT: &str = "the program's path in its declaration, and whether it is built";

impl Target for Command {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn replays(&self) -> Replays {
        Replays::BySeed
    }

    fn run(&mut self, request: &Request) -> Result<Run, TargetError> {
        let left = self.start(request).map_err(|source| TargetError::Start {
            target: self.name.clone(),
            program: self.words.first().cloned().unwrap_or_default(),
            source,
            next: START_NEXT,
        })?;
        let limit = self.limit.as_millis();
        let hung = || format!("it did not end within {limit} ms and was killed");
        let mut run = match left.how {
            How::Exited(status) => self.exited(status, &left)?,
            How::Signalled(signal) => self.failed(Ending::Signalled(signal), &left),
            How::Hung => self.failed(Ending::Escaped { what: hung() }, &left),
        };
        run.figures.events_hash = hash(&left.output);
        for (fd, bytes) in [(1, left.output), (2, left.error)] {
            if !bytes.is_empty() {
                run.events.push((stamp(), Event::Wrote { fd, bytes }));
            }
        }
        Ok(run)
    }
}

/// Nobody knows when anything happened.
fn stamp() -> Stamp {
    Stamp { step: 0, at_ns: 0, thread: ThreadId::MAIN }
}

/// Of what a program wrote.
fn hash(output: &[u8]) -> u64 {
    let mut hash = EventsHash::default();
    output.hash(&mut hash);
    hash.finish()
}

/// The first panic that std's own hook told of: `thread 'main' (123) panicked at src/main.rs:7:5:`, and the message in the lines below.
fn panicked(error: &[u8]) -> Option<Event> {
    let text = String::from_utf8_lossy(error);
    let mut lines = text.lines();
    let place = lines.find_map(|line| {
        let (_, place) = line.strip_prefix("thread '")?.split_once(" panicked at ")?;
        Some(place.strip_suffix(':')?.to_owned())
    })?;
    Some(Event::Panicked { message: lines.next().unwrap_or_default().to_owned(), place })
}

#[cfg(test)]
mod tests {
    use photofinish_sim::seed::Seed;

    use super::super::{Asking, judge};
    use super::*;
    use crate::verdict::Verdict;

    /// Nothing here takes that long but what hangs.
    const LONG: Duration = Duration::from_secs(60);

    fn sh(script: &str) -> Command {
        Command::new("t/v", &["sh", "-c", script, "sh", "{seed}"].map(String::from), LONG)
    }

    fn run(mut command: Command, seed: u64) -> Result<Run, String> {
        let asking = Asking { program: "t/v", seed: Seed(seed), config: "loss = 1" };
        command.run(&asking.request()).map_err(|error| error.to_string())
    }

    #[test]
    fn an_exit_status_is_an_answer() {
        let ending = |command, seed| run(command, seed).expect("it starts").ending;
        assert_eq!(ending(sh("exit $1"), 0), Ending::Returned);
        assert_eq!(ending(sh("exit $1"), 3), Ending::Exited(3));
        assert_eq!(ending(sh("exit $1").passes_with(&[0, 3]), 3), Ending::Returned);
        assert_eq!(ending(sh("kill -ABRT $$"), 0), Ending::Signalled(6));
        for command in [sh("no-such-program"), sh("no-such-program").fails_with(&[1])] {
            let said = run(command, 0).expect_err("there is none");
            assert!(said.contains("a shell says that it found no such program"), "{said}");
        }
        assert_eq!(ending(sh("exit 127").fails_with(&[127]), 0), Ending::Exited(127));
        let missing = Command::new("t/v", &[String::from("/no/such/program")], LONG);
        let said = run(missing, 0).expect_err("there is none");
        assert!(said.contains("starting /no/such/program for t/v failed"), "{said}");
    }

    #[test]
    fn an_exit_status_that_no_list_names_decides_nothing_unless_the_failure_is_told() {
        let judged = |command: Command| judge(&run(command.fails_with(&[1]), 3).expect("it starts"));
        let unknown = judged(sh("exit $1"));
        let signature = unknown.signature.as_deref();
        assert_eq!((unknown.verdict, signature), (Verdict::Inconclusive, Some("exit status 3")));
        assert!(unknown.detail.contains("`passes` or `fails`"), "{}", unknown.detail);
        let script = "printf \"thread 'main' (7) panicked at src/a.rs:7:5:\\nlost 3\\n\" >&2; exit 101";
        let panicked = judged(sh(script));
        let signature = panicked.signature.as_deref();
        assert_eq!((panicked.verdict, signature), (Verdict::Fail, Some("panic at src/a.rs: lost N")));
        let named = judged(sh("echo FAILED: three; exit 3").signature_line("FAILED: "));
        assert_eq!((named.verdict, named.signature.as_deref()), (Verdict::Fail, Some("three")));
    }

    #[test]
    fn seed_and_configuration_are_where_the_declaration_puts_them() {
        let command =
            sh("echo \"$1 $SEED $CONFIG $HOME\"").variable("SEED", "s{seed}").variable("CONFIG", "{config}");
        let run = run(command, 17).expect("it starts");
        let bytes = b"17 s17 loss = 1 \n".to_vec();
        assert_eq!(run.events, [(stamp(), Event::Wrote { fd: 1, bytes })]);
    }

    #[test]
    fn a_failure_is_named_by_its_own_line_or_its_panic() {
        let script = "echo 'FAILED: two leaders'; echo 'FAILED: three' >&2; exit 1";
        let judged = run(sh(script).signature_line("FAILED: "), 0).expect("it starts").judged;
        assert_eq!(judged.map(|(signature, _)| signature).as_deref(), Some("three"));
        let script =
            "printf \"thread 'main' (77) panicked at src/a.rs:7:5:\\nlost 3\\nnote: x\\n\" >&2; exit 101";
        let events = run(sh(script), 0).expect("it starts").events;
        let panicked =
            Event::Panicked { message: String::from("lost 3"), place: String::from("src/a.rs:7:5") };
        assert!(events.contains(&(stamp(), panicked)), "{events:?}");
    }

    #[test]
    fn equal_output_is_an_equal_run_whatever_stands_in_the_error() {
        let hash = |script, seed| run(sh(script), seed).expect("it starts").figures.events_hash;
        assert_eq!(hash("echo a; echo $1 >&2", 1), hash("echo a; echo $1 >&2", 2));
        assert_ne!(hash("echo $1", 1), hash("echo $1", 2));
    }
}
