//! Who runs.
//!
//! Does not know what threads do between two points. Invariant: the running thread is never in the run queue, and whether a
//! thread is taken to be spinning depends on what the program did, never on when the chooser wanted to be asked.

use super::door::Place;
use super::{Kernel, Next};
use crate::choice::{Attention, Candidate, Kind, Notice};
use crate::ending::Ending;
use crate::event::{Pass, Why};
use crate::limits::{CALL_NS, SPIN_POINTS, SPIN_WAIT_NS, TURN_POINTS};
use crate::thread::ThreadId;

impl Kernel {
    /// A scheduling point before a system call: it costs more time than one at an atomic, and is progress.
    pub fn call_point(&mut self) -> Next {
        self.step += 1;
        self.epoch_ns += CALL_NS;
        self.progress_at = self.step;
        self.count_call();
        if self.call_is_quiet() {
            self.place = Place::default();
            return Next::Stay;
        }
        self.attend(0, 0)
    }

    /// Whether nothing but the point itself happens at a call. What is due in time is nearer, in points, after each call, so that
    /// then it has to be planned anew.
    fn call_is_quiet(&self) -> bool {
        self.step < self.attention
            && self.first_due_ns() == u64::MAX
            && self.displaced.is_none()
            && self.ending.is_none()
    }

    /// A call that writes to standard output or error. With several processes nobody else runs before its thread's next point:
    /// they share the lock of `std::io::stdout`, which must not be held by one that is killed meanwhile.
    pub fn output_point(&mut self) -> Next {
        // One that does nothing else loses its turn in the end, as every thread.
        if self.processes.iter().nth(1).is_none() || self.step >= self.turn_ends_at {
            return self.call_point();
        }
        self.step += 1;
        self.epoch_ns += CALL_NS;
        self.progress_at = self.step;
        if self.ending.is_some() { Next::End } else { Next::Stay }
    }

    /// The second half of [`Kernel::point`]: everything that a point may have to do besides going on.
    #[inline(never)]
    pub fn attend(&mut self, pc: u64, word: u64) -> Next {
        self.place = Place { pc, word };
        if self.ending.is_some() {
            return Next::End;
        }
        if self.step >= self.limits.points_max {
            return self.give_up(Ending::Livelock { points: self.limits.points_max });
        }
        if self.step >= self.idle_until() {
            return self.give_up(Ending::Idle { points: self.step - self.asked_of.advanced_at });
        }
        if self.is_forked() {
            // As after `vfork(2)`, nobody else runs until the child executes a program or leaves.
            return Next::Stay;
        }
        self.deliver_due();
        let next = match self.displaced {
            Some(why) => self.dispatch(why),
            None => self.go_on(),
        };
        if !matches!(next, Next::Run(_)) {
            // A switch has planned it for the thread that it leads to.
            self.plan_attention();
        }
        if self.ending.is_some() { Next::End } else { next }
    }

    /// The running thread can go on, and does unless it loses its turn or another is chosen.
    fn go_on(&mut self) -> Next {
        match self.unfair() {
            true => self.yield_turn(),
            false if self.step >= self.ask_at => self.ask(),
            false => Next::Stay,
        }
    }

    /// Whether the running thread has spun, or held its turn, for too long.
    fn unfair(&mut self) -> bool {
        let mut spinning = false;
        if self.step >= self.spin_check_at {
            spinning = self.step - self.progress_at >= SPIN_POINTS;
            let from = if spinning { self.step } else { self.progress_at };
            self.spin_check_at = from + SPIN_POINTS;
            if !spinning {
                self.spin_wait_ns = 0;
            }
        }
        let turn_over = self.step >= self.turn_ends_at;
        if turn_over {
            self.turn_ends_at = self.step + TURN_POINTS;
        }
        spinning || turn_over && self.others_can_run()
    }

    /// The running thread gives up its turn: `sched_yield(2)`, or because it spins.
    pub fn yield_turn(&mut self) -> Next {
        if self.is_forked() {
            return Next::Stay;
        }
        if self.others_can_run() {
            self.chooser.notice(Notice::Yielded(self.current));
            return self.dispatch(Why::Yielded);
        }
        // Alone, and spinning: time passes in growing steps until something happens.
        let Some(next_ns) = self.timers.next_ns() else { return Next::Stay };
        let (first, doubled_to) = SPIN_WAIT_NS;
        let more = if self.spin_wait_ns < doubled_to { self.spin_wait_ns } else { self.spin_wait_ns / 8 };
        self.spin_wait_ns = self.spin_wait_ns.saturating_add(more).max(first);
        let ns = self.spin_wait_ns.min(next_ns.saturating_sub(self.now_ns()));
        self.pass(ns, Pass::Spun);
        if let Some(why) = self.displaced {
            return self.dispatch(why);
        }
        // What is due next is nearer now, in points, than when this was planned.
        self.plan_attention();
        if self.ending.is_some() { Next::End } else { Next::Stay }
    }

    /// Puts the question of a scheduling point.
    fn ask(&mut self) -> Next {
        loop {
            self.candidates.clear();
            self.candidates.push(Candidate::Thread(self.current));
            self.candidates.extend_from_slice(&self.ready);
            if !self.rested.is_empty() {
                self.candidates.extend_from_slice(&self.rested);
            }
            let pick = self.put(Kind::Preempt);
            match self.candidates[pick] {
                _ if self.ending.is_some() => return Next::End,
                Candidate::Thread(_) if pick == 0 => {
                    self.plan_questions();
                    return Next::Stay;
                }
                Candidate::Thread(thread) => {
                    self.take_waiting(pick - 1);
                    self.ready.push(Candidate::Thread(self.current));
                    return self.switch_to(thread, Why::Preempted);
                }
                Candidate::Clock => self.stall(),
            }
            if let Some(why) = self.displaced {
                return self.dispatch(why);
            }
        }
    }

    /// The running thread cannot go on: finds the next one to run, letting time pass as needed.
    pub(super) fn dispatch(&mut self, why: Why) -> Next {
        loop {
            if self.ending.is_some() {
                return Next::End;
            }
            if !self.others_can_run() {
                if why == Why::Yielded && self.displaced.is_none() {
                    // Those for whom it gave up its turn are gone.
                    return self.switch_to(self.current, why);
                }
                match self.timers.next_ns() {
                    Some(at_ns) => self.pass(at_ns.saturating_sub(self.now_ns()), Pass::Idle),
                    None => {
                        let waits = self.waits();
                        return self.end(Ending::Deadlock(waits));
                    }
                }
                continue;
            }
            if self.ready.is_empty() {
                core::mem::swap(&mut self.ready, &mut self.rested);
            }
            match self.put_next() {
                _ if self.ending.is_some() => return Next::End,
                None => self.stall(),
                Some(thread) => return self.switch_to(thread, why),
            }
        }
    }

    /// Asks who of the run queue is next, and takes that thread out of it; none if time passes instead. Threads that rest are not
    /// asked for, so that threads that spin cannot keep the one they spin for from running, whoever chooses.
    fn put_next(&mut self) -> Option<ThreadId> {
        core::mem::swap(&mut self.ready, &mut self.candidates);
        let runnable = self.candidates.len();
        let pick = self.put(Kind::Next);
        self.candidates.truncate(runnable);
        core::mem::swap(&mut self.ready, &mut self.candidates);
        if pick == runnable {
            return None;
        }
        match self.ready.remove(pick) {
            Candidate::Thread(thread) => Some(thread),
            Candidate::Clock => unreachable!("the run queue holds threads"),
        }
    }

    /// Takes the thread at this place out of the run queue, or of those that rest, which follow it.
    fn take_waiting(&mut self, at: usize) {
        match at.checked_sub(self.ready.len()) {
            None => self.ready.remove(at),
            Some(at) => self.rested.remove(at),
        };
    }

    /// Whether a thread besides the running one could run.
    fn others_can_run(&self) -> bool {
        !self.ready.is_empty() || !self.rested.is_empty()
    }

    /// Adds the clock, if it may run ahead, to the candidates, and asks which it is: its place among them.
    #[inline]
    fn put(&mut self, kind: Kind) -> usize {
        if let Some(at_ns) = self.timers.next_ns()
            && self.stalled_ns + at_ns.saturating_sub(self.now_ns()) <= self.limits.stall_ns
        {
            self.candidates.push(Candidate::Clock);
        }
        let pick = self.pose(kind, self.candidates.len() as u64, None);
        usize::try_from(pick).expect("below the number of candidates")
    }

    /// Lets the next timer or packet happen although threads could run.
    fn stall(&mut self) {
        let at_ns = self.timers.next_ns().expect("the clock is a candidate only with something due");
        let ns = at_ns.saturating_sub(self.now_ns());
        let (from_ns, stalled_ns) = (self.now_ns(), self.stalled_ns);
        // Whatever is due meanwhile is due after this stall.
        self.stalled_ns += ns;
        self.pass(ns, Pass::Stalled);
        self.stalled_ns = stalled_ns + (self.now_ns() - from_ns);
    }

    fn switch_to(&mut self, to: ThreadId, why: Why) -> Next {
        let from = self.current;
        self.leave(why);
        let next = if to == from {
            // It blocked, and what it waits for came before anybody else ran.
            Next::Stay
        } else {
            self.switches += 1;
            self.emit_switch(to, why);
            if why == Why::Yielded && self.displaced.is_none() {
                self.rested.push(Candidate::Thread(from));
            }
            self.current = to;
            self.spin_wait_ns = 0;
            Next::Run(to)
        };
        self.displaced = None;
        self.note_lateness();
        self.enter();
        self.plan_questions();
        self.plan_attention();
        next
    }

    /// The running thread stops. One that is preempted goes on later where it was, also with spinning.
    fn leave(&mut self, why: Why) {
        let (idle_points, turn_points) = match why {
            Why::Preempted => (self.step - self.progress_at, self.step + TURN_POINTS - self.turn_ends_at),
            Why::Blocked | Why::Ended | Why::Yielded => (0, 0),
        };
        let from = self.threads.get_mut(self.current);
        from.points += self.step - self.switched_at;
        from.idle_points = idle_points;
        from.turn_points = turn_points;
        self.switched_at = self.step;
    }

    /// The current thread begins to run.
    fn enter(&mut self) {
        self.place.word = 0;
        let to = self.threads.get_mut(self.current);
        self.progress_at = self.step - to.idle_points;
        self.spin_check_at = (self.progress_at + SPIN_POINTS).max(self.step + 1);
        self.turn_ends_at = (self.step + TURN_POINTS - to.turn_points).max(self.step + 1);
    }

    /// Something new can happen: a chooser that wants to know is asked at the next point.
    pub(super) fn changed(&mut self) {
        if self.chooser.attention() == Attention::AtEveryChange {
            // A question that is planned for this very step stays: its answer may be what it was planned for.
            self.ask_at = self.ask_at.min(self.step + 1);
        }
        self.attention = 0;
    }

    /// Plans the next `Preempt` question.
    pub(super) fn plan_questions(&mut self) {
        let quiet = self.chooser.quiet_points(&self.moment());
        self.ask_at = (self.step + 1).saturating_add(quiet);
    }

    /// Plans the next point that is not simply passed.
    fn plan_attention(&mut self) {
        self.attention = self
            .ask_at
            .min(self.spin_check_at)
            .min(self.turn_ends_at)
            .min(self.limits.points_max)
            .min(self.idle_until())
            .min(self.next_due_step());
    }
}
