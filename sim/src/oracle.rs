//! What may be asked of any run besides what its own program asks, and what was found.
//!
//! Plain data: the kernel looks, the harness says who asks. Invariant: an oracle that nobody asked for changes nothing of a run,
//! neither its events nor its hash.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a program may leave behind when its main function returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LeftKind {
    /// A thread that is not over.
    Thread,
    /// A task of an asynchronous runtime that its tracing shows and that is not over.
    Task,
    /// A child that runs, or that nobody waited for.
    Child,
    /// A socket that is open.
    Socket,
    /// Another descriptor that is open, beyond standard input, output and error.
    Descriptor,
}

impl LeftKind {
    /// All of them, those first whose leak explains those of others.
    pub const ALL: [Self; 5] = [Self::Thread, Self::Child, Self::Task, Self::Socket, Self::Descriptor];

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Thread => "thread",
            Self::Task => "task",
            Self::Child => "child",
            Self::Socket => "socket",
            Self::Descriptor => "descriptor",
        }
    }
}

/// Kinds of which nothing may be left behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaks(u8);

impl Leaks {
    /// Anything may be left behind.
    pub const NONE: Self = Self(0);
    /// Threads.
    pub const THREADS: Self = Self::of(LeftKind::Thread);
    /// Tasks.
    pub const TASKS: Self = Self::of(LeftKind::Task);
    /// Children.
    pub const CHILDREN: Self = Self::of(LeftKind::Child);
    /// Sockets.
    pub const SOCKETS: Self = Self::of(LeftKind::Socket);
    /// Descriptors that are no sockets.
    pub const DESCRIPTORS: Self = Self::of(LeftKind::Descriptor);
    /// Nothing may be left behind.
    pub const ALL: Self =
        Self::THREADS.and(Self::TASKS).and(Self::CHILDREN).and(Self::SOCKETS).and(Self::DESCRIPTORS);

    const fn of(kind: LeftKind) -> Self {
        Self(1 << kind as u8)
    }

    /// These and others.
    #[must_use]
    pub const fn and(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }

    /// Whether this kind may not be left behind.
    #[must_use]
    pub const fn forbid(self, kind: LeftKind) -> bool {
        self.0 & Self::of(kind).0 != 0
    }
}

/// What is asked of a run besides what its own program asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oracles {
    /// What may not be left behind when the main function returns.
    pub leaks: Leaks,
    /// Whether a thread may be left that can never go on.
    pub stuck: Stuck,
    /// A thread may not run later than this many virtual nanoseconds after its timer, less what passed because the chooser let
    /// time pass.
    pub late_ns: Option<u64>,
    /// Threads may not run for more than so many scheduling points without getting anywhere.
    pub idle_points: Option<u64>,
}

/// Whether a thread that can never go on fails a run that returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stuck {
    /// It does not: it is over with the process.
    #[default]
    Allowed,
    /// It does.
    Forbidden,
}

impl Oracles {
    /// Nothing is asked.
    pub const NONE: Self =
        Self { leaks: Leaks::NONE, stuck: Stuck::Allowed, late_ns: None, idle_points: None };
}

const LIST: &str = "threads, tasks, children, sockets, descriptors, leaks (all of these), stuck, late=MS, idle=POINTS or none";

/// As typed after `--oracles`: words with commas between them.
impl FromStr for Oracles {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut oracles = Self::NONE;
        for word in text.split(',') {
            let unknown = || format!("`{word}` is no oracle; those are {LIST}");
            let number = |digits: &str| digits.parse::<u64>().map_err(|_| unknown());
            match word.split_once('=') {
                Some(("late", ms)) => oracles.late_ns = Some(number(ms)?.saturating_mul(1_000_000)),
                Some(("idle", points)) => oracles.idle_points = Some(number(points)?),
                Some(_) => return Err(unknown()),
                None => match word {
                    "none" => {}
                    "stuck" => oracles.stuck = Stuck::Forbidden,
                    "leaks" => oracles.leaks = Leaks::ALL,
                    kind => {
                        let is_it = |candidate: &LeftKind| plural(*candidate) == kind;
                        let kind = LeftKind::ALL.into_iter().find(is_it).ok_or_else(unknown)?;
                        oracles.leaks = oracles.leaks.and(Leaks::of(kind));
                    }
                },
            }
        }
        Ok(oracles)
    }
}

impl fmt::Display for Oracles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        if self.leaks == Leaks::ALL {
            words.push(String::from("leaks"));
        } else {
            let asked = LeftKind::ALL.into_iter().filter(|kind| self.leaks.forbid(*kind));
            words.extend(asked.map(|kind| String::from(plural(kind))));
        }
        words.extend((self.stuck == Stuck::Forbidden).then(|| String::from("stuck")));
        words.extend(self.late_ns.map(|ns| format!("late={}", ns / 1_000_000)));
        words.extend(self.idle_points.map(|points| format!("idle={points}")));
        f.write_str(if words.is_empty() { "none" } else { "" })?;
        f.write_str(&words.join(","))
    }
}

fn plural(kind: LeftKind) -> &'static str {
    match kind {
        LeftKind::Thread => "threads",
        LeftKind::Task => "tasks",
        LeftKind::Child => "children",
        LeftKind::Socket => "sockets",
        LeftKind::Descriptor => "descriptors",
    }
}

/// One thing that was left behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// What kind of thing.
    pub kind: LeftKind,
    /// Which one, as it is called in every run that leaves it.
    pub name: String,
    /// For a person: its number, and what it was doing.
    pub detail: String,
}

impl Left {
    /// Short and stable, for a run that fails by it.
    #[must_use]
    pub fn signature(&self) -> String {
        format!("leak: {} {}", self.kind.word(), self.name)
    }
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

/// What an oracle found wrong with a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Short and stable.
    pub signature: String,
    /// For a person.
    pub detail: String,
}

/// The name of a thread without what numbers it among its like.
#[must_use]
pub fn role(name: &str) -> &str {
    let role = name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '_' | '#' | ' '));
    if role.is_empty() || name.starts_with("root/") { "without a name" } else { role }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oracles_are_read_as_they_are_written() {
        let check = |text: &str, expected: Oracles| {
            assert_eq!(text.parse(), Ok(expected), "{text}");
            assert_eq!(expected.to_string(), text);
        };
        let none = Oracles::NONE;
        check("none", none);
        check("leaks", Oracles { leaks: Leaks::ALL, ..none });
        check("threads,sockets", Oracles { leaks: Leaks::SOCKETS.and(Leaks::THREADS), ..none });
        check("stuck,late=20", Oracles { stuck: Stuck::Forbidden, late_ns: Some(20_000_000), ..none });
        check(
            "children,tasks,descriptors,idle=7",
            Oracles {
                leaks: Leaks::CHILDREN.and(Leaks::TASKS).and(Leaks::DESCRIPTORS),
                idle_points: Some(7),
                ..none
            },
        );
        for wrong in ["", "leak", "late", "late=", "late=x", "stuck=1", "leaks,"] {
            let told = wrong.parse::<Oracles>().expect_err(wrong);
            assert!(told.contains("is no oracle; those are threads"), "{told}");
        }
    }

    #[test]
    fn threads_of_one_role_have_one_name() {
        let cases = [
            ("worker-3", "worker"),
            ("worker", "worker"),
            ("pool #12", "pool"),
            ("root/2/0", "without a name"),
            ("7", "without a name"),
        ];
        cases.iter().for_each(|(name, expected)| assert_eq!(role(name), *expected, "{name}"));
    }
}
