//! The answers that are not about who runs, drawn alike by every seeded chooser.
//!
//! Does not know the schedule. Invariant: its shape is drawn once, from the seed's configuration stream, and each kind of
//! question draws from the stream of its purpose.

use crate::choice::{Kind, Question};
use crate::seed::{Draws, Seed, Stream};

/// How latencies are drawn in one run.
#[derive(Clone, Copy, Debug)]
enum Latency {
    /// Always the least.
    Least,
    /// Every latency equally likely.
    Uniform,
    /// The least, but for one segment in so many.
    Spikes(u64),
}

/// How long work on files takes in one run.
#[derive(Clone, Copy, Debug)]
enum Disk {
    /// Always the least.
    Idle,
    /// The least, but one time in so many anything up to the longest.
    Spikes(u64),
    /// Anything, the short as likely as the long.
    Busy,
}

/// Draws latencies, wake orders, ties, spurious wake-ups, times of file work, short and interrupted calls, faults, entropy, and
/// what the program lets the search choose.
#[derive(Debug)]
pub(super) struct Aside {
    latency: Latency,
    disk: Disk,
    spurious_one_in: Option<u64>,
    short_one_in: Option<u64>,
    interrupt_one_in: Option<u64>,
    shuffle_one_in: u64,
    aside: Draws,
    network: Draws,
    files: Draws,
    entropy: Draws,
    calls: Draws,
    marks: Draws,
    links: Draws,
    faults: Draws,
    workload: Draws,
}

impl Aside {
    pub(super) fn new(seed: Seed) -> Self {
        // Config words beyond the strategy's own: a copy of the stream moved by a different seed, so that a strategy that
        // draws one knob more leaves the network's shape alone.
        let mut config = Draws::new(Seed(!seed.0), Stream::Config);
        let latency = match config.below(4) {
            0 => Latency::Least,
            1 | 2 => Latency::Uniform,
            _ => Latency::Spikes(config.magnitude(1, 5)),
        };
        let spurious_one_in = config.one_in(8).then(|| config.magnitude(4, 8));
        let shuffle_one_in = config.magnitude(0, 4);
        let disk = match config.below(4) {
            0 => Disk::Idle,
            1 | 2 => Disk::Spikes(config.magnitude(1, 5)),
            _ => Disk::Busy,
        };
        let short_one_in = config.one_in(8).then(|| config.magnitude(0, 4));
        let interrupt_one_in = config.one_in(8).then(|| config.magnitude(4, 8));
        Self {
            latency,
            disk,
            spurious_one_in,
            short_one_in,
            interrupt_one_in,
            shuffle_one_in,
            aside: Draws::new(seed, Stream::Aside),
            network: Draws::new(seed, Stream::Network),
            files: Draws::new(seed, Stream::Files),
            entropy: Draws::new(seed, Stream::Entropy),
            calls: Draws::new(seed, Stream::Calls),
            marks: Draws::new(seed, Stream::Marks),
            links: Draws::new(seed, Stream::Links),
            faults: Draws::new(seed, Stream::Faults),
            workload: Draws::new(seed, Stream::Workload),
        }
    }

    /// The answer to a question of any kind but `Preempt` and `Next`.
    pub(super) fn choose(&mut self, question: &Question<'_>) -> u64 {
        if let Some(odds) = question.odds {
            return u64::from(self.of_fault(question.kind).strikes(odds));
        }
        match question.kind {
            Kind::Latency => match self.latency {
                Latency::Least => 0,
                Latency::Uniform => self.network.below(question.bound),
                Latency::Spikes(n) if self.network.one_in(n) => self.network.below(question.bound),
                Latency::Spikes(_) => 0,
            },
            Kind::FileTime => match self.disk {
                Disk::Busy => self.files.below(question.bound),
                Disk::Spikes(n) if self.files.one_in(n) => self.files.below(question.bound),
                Disk::Idle | Disk::Spikes(_) => 0,
            },
            Kind::Entropy => self.entropy.below(question.bound),
            Kind::Spurious => match self.spurious_one_in {
                Some(n) => u64::from(self.aside.one_in(n)),
                None => 0,
            },
            Kind::Short => match self.short_one_in {
                // A single byte, all but one, or anything.
                Some(n) if self.calls.one_in(n) => match self.calls.below(3) {
                    0 => 1,
                    1 => question.bound - 1,
                    _ => self.calls.below(question.bound),
                },
                _ => 0,
            },
            Kind::Interrupt => match self.interrupt_one_in {
                Some(n) => u64::from(self.calls.one_in(n)),
                None => 0,
            },
            Kind::Chosen => self.workload.below(question.bound),
            Kind::Victim | Kind::Shape | Kind::Aim | Kind::Lasts => self.faults.below(question.bound),
            Kind::FutexWake
            | Kind::Tie
            | Kind::Preempt
            | Kind::Next
            | Kind::Armed
            | Kind::Buggify
            | Kind::Loss
            | Kind::Duplicate
            | Kind::Reorder
            | Kind::Enabled
            | Kind::Crash
            | Kind::Pause
            | Kind::Partition
            | Kind::Hold
            | Kind::Reset => {
                if self.aside.one_in(self.shuffle_one_in) {
                    self.aside.below(question.bound)
                } else {
                    0
                }
            }
        }
    }

    /// The stream of a kind that is asked with odds.
    fn of_fault(&mut self, kind: Kind) -> &mut Draws {
        match kind {
            Kind::Armed | Kind::Buggify => &mut self.marks,
            Kind::Loss | Kind::Duplicate | Kind::Reorder => &mut self.links,
            Kind::Enabled | Kind::Crash | Kind::Pause | Kind::Partition | Kind::Hold | Kind::Reset => {
                &mut self.faults
            }
            _ => &mut self.aside,
        }
    }
}
