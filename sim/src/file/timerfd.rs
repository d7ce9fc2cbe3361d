//! `timerfd_create(2)` (`fs/timerfd.c`).
//!
//! Does not know descriptors; its times are what the timer's host takes for nanoseconds since the run began, to which its caller
//! converts.
//! Invariant: a timer is not armed while it is expired; a periodic one is armed again once somebody looks.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::errno::Errno;
use crate::host::HostClock;
use crate::ready::{Change, Mask, Refusal, Side};

/// The size of what is read.
const SIZE: usize = size_of::<u64>();

/// A timer that is a file: its order of creation in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimerFdId(pub u32);

/// By which clock a timer's times are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// `CLOCK_REALTIME`.
    Realtime,
    /// `CLOCK_MONOTONIC`.
    Monotonic,
    /// `CLOCK_BOOTTIME`.
    Boottime,
}

impl Clock {
    /// The clock that a number of `timerfd_create(2)` names.
    ///
    /// # Errors
    /// `EINVAL` for clocks that no timer has. The two that wake a machine are not modelled.
    pub fn from_number(number: i32) -> Result<Self, Refusal> {
        match number {
            0 => Ok(Self::Realtime),
            1 => Ok(Self::Monotonic),
            7 => Ok(Self::Boottime),
            8 | 9 => Err(Refusal::unmodelled("timers that wake the machine", Errno::EPERM)),
            _ => Err(Errno::EINVAL.into()),
        }
    }
}

/// When a timer is to expire first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// Never: a time of 0 disarms, be it relative or absolute.
    Never,
    /// So many nanoseconds from now.
    After(u64),
    /// At this time (`TFD_TIMER_ABSTIME`), in nanoseconds since the run began: below 0 before it. The virtual clocks are
    /// never set, so that `TFD_TIMER_CANCEL_ON_SET` may be asked for and never cancels.
    At(i64),
}

/// What a timer is set to, as the program reads it back: `struct itimerspec` in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remaining {
    /// Until it expires next, 0 if it does not.
    pub value_ns: u64,
    /// Between expirations, 0 if there is one alone.
    pub interval_ns: u64,
}

/// All timers of a run that are files.
#[derive(Debug, Default)]
pub struct TimerFds {
    all: BTreeMap<TimerFdId, Timer>,
    created: u32,
    changes: VecDeque<Change<TimerFdId>>,
}

#[derive(Debug)]
struct Timer {
    clock: Clock,
    /// How the clocks of the host go that it was made on.
    host: HostClock,
    state: State,
    /// When it expires, or did.
    due_ns: i64,
    interval_ns: u64,
    ticks: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Disarmed,
    Armed,
    Expired,
}

impl TimerFds {
    /// `timerfd_create(2)`.
    pub fn create(&mut self, clock: Clock, host: HostClock) -> TimerFdId {
        let id = TimerFdId(self.created);
        self.created += 1;
        self.all
            .insert(id, Timer { clock, host, state: State::Disarmed, due_ns: 0, interval_ns: 0, ticks: 0 });
        id
    }

    /// The last reference is gone.
    pub fn close(&mut self, id: TimerFdId) {
        self.all.remove(&id);
    }

    /// How the clocks of a timer's host go.
    #[must_use]
    pub fn host_clock(&self, id: TimerFdId) -> HostClock {
        self.timer(id).host
    }

    /// By which clock the times of `timerfd_settime(2)` are meant.
    #[must_use]
    pub fn clock(&self, id: TimerFdId) -> Clock {
        self.timer(id).clock
    }

    /// `timerfd_settime(2)`. Returns what it was set to before.
    pub fn set(&mut self, id: TimerFdId, first: First, interval_ns: u64, now_ns: u64) -> Remaining {
        let timer = self.timer_mut(id);
        if timer.state == State::Expired && timer.interval_ns > 0 {
            timer.forward(now_ns);
        }
        let before = timer.remaining(now_ns);
        let (state, due_ns) = match first {
            First::Never => (State::Disarmed, 0),
            First::After(ns) => (State::Armed, signed(now_ns).saturating_add(signed(ns))),
            First::At(ns) => (State::Armed, ns),
        };
        *timer = Timer { clock: timer.clock, host: timer.host, state, due_ns, interval_ns, ticks: 0 };
        before
    }

    /// `timerfd_gettime(2)`.
    pub fn get(&mut self, id: TimerFdId, now_ns: u64) -> Remaining {
        let timer = self.timer_mut(id);
        timer.rearm(now_ns);
        timer.remaining(now_ns)
    }

    /// `read(2)`: how often the timer expired since it was set or read.
    ///
    /// # Errors
    /// `EINVAL` for a buffer that is too short, or to wait if it did not.
    pub fn read(&mut self, id: TimerFdId, buffer: &mut [u8], now_ns: u64) -> Result<usize, Refusal> {
        let buffer = buffer.first_chunk_mut::<SIZE>().ok_or(Errno::EINVAL)?;
        let timer = self.timer_mut(id);
        if timer.ticks == 0 {
            return Err(Refusal::Wait(Side::Read));
        }
        timer.rearm(now_ns);
        *buffer = core::mem::take(&mut timer.ticks).to_le_bytes();
        Ok(SIZE)
    }

    /// When [`TimerFds::expire`] is to be called, to be asked again after every other call.
    #[must_use]
    pub fn next_due(&self, id: TimerFdId) -> Option<u64> {
        let timer = self.timer(id);
        (timer.state == State::Armed).then(|| u64::try_from(timer.due_ns).unwrap_or(0))
    }

    /// Time has come to where the timer is due (`timerfd_triggered`); nothing happens if it is not.
    pub fn expire(&mut self, id: TimerFdId, now_ns: u64) {
        let timer = self.timer_mut(id);
        if timer.state == State::Armed && timer.due_ns <= signed(now_ns) {
            timer.state = State::Expired;
            timer.ticks = timer.ticks.saturating_add(1);
            self.changes.push_back(Change { of: id, key: Mask::IN });
        }
    }

    /// What a timer is ready for (`timerfd_poll`).
    #[must_use]
    pub fn readiness(&self, id: TimerFdId) -> Mask {
        Mask::IN.when(self.timer(id).ticks > 0)
    }

    /// The next timer whose waiters must look again.
    pub fn pop_change(&mut self) -> Option<Change<TimerFdId>> {
        self.changes.pop_front()
    }

    fn timer(&self, id: TimerFdId) -> &Timer {
        self.all.get(&id).expect("a descriptor keeps its timer")
    }

    fn timer_mut(&mut self, id: TimerFdId) -> &mut Timer {
        self.all.get_mut(&id).expect("a descriptor keeps its timer")
    }
}

impl Timer {
    fn remaining(&self, now_ns: u64) -> Remaining {
        let left_ns =
            if self.state == State::Disarmed { 0 } else { self.due_ns.saturating_sub(signed(now_ns)) };
        Remaining { value_ns: u64::try_from(left_ns).unwrap_or(0), interval_ns: self.interval_ns }
    }

    /// Counts the expirations of a periodic timer that nobody looked at, and arms it for the next.
    fn rearm(&mut self, now_ns: u64) {
        if self.state == State::Expired && self.interval_ns > 0 {
            // The first of them is counted already.
            let missed = self.forward(now_ns).saturating_sub(1);
            self.ticks = self.ticks.saturating_add(missed);
            self.state = State::Armed;
        }
    }

    /// Moves the time when it is due by whole intervals beyond now, and returns by how many (`hrtimer_forward`).
    fn forward(&mut self, now_ns: u64) -> u64 {
        let (late_ns, interval_ns) =
            (i128::from(now_ns) - i128::from(self.due_ns), i128::from(self.interval_ns));
        let passed = late_ns / interval_ns + 1;
        let due_ns = i128::from(self.due_ns) + passed * interval_ns;
        self.due_ns = i64::try_from(due_ns).unwrap_or(i64::MAX);
        u64::try_from(passed).unwrap_or(0)
    }
}

/// A time that does not fit is later than any run lasts, as `timespec64_to_ktime` has it.
fn signed(ns: u64) -> i64 {
    i64::try_from(ns).unwrap_or(i64::MAX)
}
