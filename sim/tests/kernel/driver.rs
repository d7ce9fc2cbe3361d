//! Runs a [`Program`] over a kernel exactly as the boundary does, on plain data: no real thread, no memory of anybody's.
//!
//! Does not know what is being proved. Invariant: after every report the kernel's books are audited, virtual time has not
//! gone back, and after a scheduling point nothing that is due is left.

use std::cell::RefCell;
use std::rc::Rc;

use photofinish_sim::call::address::Address;
use photofinish_sim::call::futex::{FutexRequeue, FutexWait, requeue, wait, wake};
use photofinish_sim::call::io::{read, write};
use photofinish_sim::call::socket::{Ask, accept4, bind, connect, listen, socket};
use photofinish_sim::call::time::sleep_until;
use photofinish_sim::call::{Caller, Stop};
use photofinish_sim::choice::Chooser;
use photofinish_sim::ending::Ending;
use photofinish_sim::event::{Event, Memory, Stamp};
use photofinish_sim::kernel::{Detail, Figures, Kernel, Next};
use photofinish_sim::limits::Limits;
use photofinish_sim::process::Pid;
use photofinish_sim::thread::{State, ThreadId};
use photofinish_sim::trace::Trace;

use crate::program::{Op, Program};

/// All that came of a run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) ending: Ending,
    pub(crate) figures: Figures,
    pub(crate) trace: Trace,
    pub(crate) events: Vec<(Stamp, Event)>,
    /// What the program could see: thread, operation, answer.
    pub(crate) seen: Vec<(ThreadId, Op, i64)>,
    pub(crate) words: Vec<u64>,
}

/// Where a thread is within its operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Before,
    Pointed,
    Waited,
}

#[derive(Debug)]
struct Runner {
    script: usize,
    op: usize,
    stage: Stage,
    caller: Caller,
    deadline_ns: Option<u64>,
    children: Vec<ThreadId>,
    listener: Option<i32>,
    stream: Option<i32>,
}

impl Runner {
    fn new(thread: ThreadId, script: usize) -> Self {
        Self {
            script,
            op: 0,
            stage: Stage::Before,
            caller: Caller::new(thread, Pid::FIRST),
            deadline_ns: None,
            children: Vec::new(),
            listener: None,
            stream: None,
        }
    }
}

pub(crate) struct Driver<'a> {
    pub(crate) kernel: Kernel,
    program: &'a Program,
    runners: Vec<Runner>,
    words: Vec<u64>,
    seen: Vec<(ThreadId, Op, i64)>,
    memory: Rc<RefCell<Memory>>,
}

/// Runs a program to its end.
pub(crate) fn run(program: &Program, chooser: Box<dyn Chooser>, detail: Detail) -> Outcome {
    run_within(program, chooser, detail, program.limits)
}

/// Runs a program to its end within other limits than its own.
pub(crate) fn run_within(
    program: &Program,
    chooser: Box<dyn Chooser>,
    detail: Detail,
    limits: Limits,
) -> Outcome {
    let mut driver = Driver::new(program, chooser, detail, limits);
    while driver.step() != Next::End {}
    driver.outcome()
}

const TCP: Ask = Ask { domain: 2, kind: 1, protocol: 0 };

pub(crate) fn address(word: usize) -> u64 {
    0x1000 + 4 * word as u64
}

fn low(word: u64) -> u32 {
    u32::try_from(word & 0xffff_ffff).expect("masked")
}

impl<'a> Driver<'a> {
    pub(crate) fn new(
        program: &'a Program,
        chooser: Box<dyn Chooser>,
        detail: Detail,
        limits: Limits,
    ) -> Self {
        let memory = Rc::<RefCell<Memory>>::default();
        let kernel = Kernel::new(limits, chooser, Box::new(memory.clone()), detail);
        let runners = vec![Runner::new(ThreadId::MAIN, 0)];
        Self { kernel, program, runners, words: vec![0; 8], seen: Vec::new(), memory }
    }

    /// One report to the kernel by the running thread.
    pub(crate) fn step(&mut self) -> Next {
        let (thread, before_ns) = (self.kernel.current(), self.kernel.now_ns());
        let pointing = self.runners[thread.index()].stage == Stage::Before;
        let runner = &self.runners[thread.index()];
        let was_atomic = self.program.scripts[runner.script].get(runner.op).is_some_and(|op| op.is_atomic());
        let next = self.report(thread);
        // An atomic that is simply passed moves nothing but the count of points.
        if next != Next::Stay || !was_atomic || self.kernel.figures().points.is_multiple_of(16) {
            self.kernel.audit().unwrap_or_else(|wrong| panic!("{wrong}"));
        }
        assert!(self.kernel.now_ns() >= before_ns, "time went back");
        match next {
            Next::Stay => assert_eq!(self.kernel.current(), thread),
            Next::Run(to) => {
                assert_eq!(self.kernel.current(), to);
                assert_ne!(to, thread, "a switch to itself");
                assert_eq!(self.kernel.threads().get(to).state, State::Runnable);
            }
            Next::End => assert!(self.kernel.ending().is_some(), "ended without an ending"),
        }
        if pointing && next != Next::End {
            let due_ns = self.kernel.next_due_ns();
            assert!(due_ns.is_none_or(|at_ns| at_ns > self.kernel.now_ns()), "left over: {due_ns:?}");
        }
        next
    }

    pub(crate) fn outcome(self) -> Outcome {
        let memory = self.memory.take();
        Outcome {
            ending: self.kernel.ending().cloned().expect("the run is over"),
            figures: self.kernel.figures(),
            trace: memory.trace,
            events: memory.events,
            seen: self.seen,
            words: self.words,
        }
    }

    fn report(&mut self, thread: ThreadId) -> Next {
        let runner = &mut self.runners[thread.index()];
        let Some(op) = self.program.scripts[runner.script].get(runner.op).copied() else {
            return if thread == ThreadId::MAIN {
                self.kernel.end(Ending::Returned)
            } else {
                self.kernel.end_thread()
            };
        };
        match runner.stage {
            Stage::Before => {
                runner.stage = Stage::Pointed;
                runner.caller = Caller::new(thread, Pid::FIRST);
                runner.deadline_ns = None;
                match op.word() {
                    Some(word) => self.kernel.point(7, address(word)),
                    None => self.kernel.call_point(),
                }
            }
            Stage::Pointed => self.effect(thread, op),
            Stage::Waited => {
                runner.stage = Stage::Pointed;
                runner.caller.woken = self.kernel.take_woken();
                assert!(runner.caller.woken.is_some(), "went on without a wake");
                Next::Stay
            }
        }
    }

    fn finish(&mut self, thread: ThreadId, op: Op, answer: i64) -> Next {
        self.seen.push((thread, op, answer));
        let runner = &mut self.runners[thread.index()];
        runner.stage = Stage::Before;
        runner.op += 1;
        if !op.is_atomic() {
            self.kernel.emit(&Event::Called { name: op.name().into(), arg: 0, result: answer });
        }
        if self.kernel.ending().is_some() { Next::End } else { Next::Stay }
    }

    fn effect(&mut self, thread: ThreadId, op: Op) -> Next {
        match op {
            Op::Load { word } => self.finish(thread, op, self.words[word].cast_signed()),
            Op::Add { word } => {
                self.words[word] += 1;
                self.kernel.progress();
                self.finish(thread, op, 0)
            }
            Op::Spin { word, least } => {
                if self.words[word] >= least {
                    return self.finish(thread, op, 0);
                }
                self.runners[thread.index()].stage = Stage::Before;
                Next::Stay
            }
            Op::Churn { word, least, own } => {
                if self.words[word] >= least {
                    return self.finish(thread, op, 0);
                }
                self.words[own] += 1;
                self.kernel.progress();
                self.runners[thread.index()].stage = Stage::Before;
                Next::Stay
            }
            Op::SpinYield { word, least } => {
                if self.words[word] >= least {
                    return self.finish(thread, op, 0);
                }
                self.runners[thread.index()].stage = Stage::Before;
                self.kernel.yield_turn()
            }
            Op::Poll { word, least, ns } => self.poll(thread, op, (word, least), ns),
            Op::Yield => match self.finish(thread, op, 0) {
                Next::End => Next::End,
                _ => self.kernel.yield_turn(),
            },
            Op::Spawn { script } => match self.kernel.spawn() {
                Ok(child) => {
                    assert_eq!(child.index(), self.runners.len());
                    self.runners.push(Runner::new(child, script));
                    self.runners[thread.index()].children.push(child);
                    self.finish(thread, op, 0)
                }
                Err(next) => next,
            },
            _ => self.call(thread, op),
        }
    }

    /// Sleeps as often as it takes.
    fn poll(&mut self, thread: ThreadId, op: Op, (word, least): (usize, u64), ns: u64) -> Next {
        if self.words[word] >= least {
            return self.finish(thread, op, 0);
        }
        match self.attempt(thread, Op::Sleep { ns }) {
            Err(Stop::Block(wait)) => {
                self.runners[thread.index()].stage = Stage::Waited;
                self.kernel.block(wait)
            }
            _ => {
                self.runners[thread.index()].stage = Stage::Before;
                Next::Stay
            }
        }
    }

    fn call(&mut self, thread: ThreadId, op: Op) -> Next {
        match self.attempt(thread, op) {
            Ok(answer) => self.finish(thread, op, answer),
            Err(Stop::Fail(errno)) => self.finish(thread, op, -i64::from(errno.0)),
            Err(Stop::Unmodelled(what, errno)) => {
                self.kernel.unmodelled(what);
                self.finish(thread, op, -i64::from(errno.0))
            }
            Err(Stop::Block(wait)) => {
                let runner = &mut self.runners[thread.index()];
                if runner.caller.deadline_ns.is_none() {
                    runner.caller.deadline_ns = wait.deadline_ns;
                }
                runner.stage = Stage::Waited;
                self.kernel.block(wait)
            }
        }
    }

    fn attempt(&mut self, thread: ThreadId, op: Op) -> Result<i64, Stop> {
        let now_ns = self.kernel.now_ns();
        let runner = &mut self.runners[thread.index()];
        let kernel = &mut self.kernel;
        match op {
            Op::Wait { word, expected, bits, timeout_ns } => {
                if let (None, Some(ns)) = (runner.deadline_ns, timeout_ns) {
                    runner.deadline_ns = Some(now_ns.saturating_add(ns));
                }
                let call = FutexWait {
                    address: address(word),
                    value: low(self.words[word]),
                    expected,
                    bits,
                    deadline_ns: runner.deadline_ns,
                };
                wait(kernel, &mut runner.caller, &call).map(|()| 0)
            }
            Op::Wake { word, most, bits } => wake(kernel, address(word), most, bits).map(i64::from),
            Op::Requeue { from, to, wake_max, move_max } => {
                let call = FutexRequeue {
                    from: address(from),
                    to: address(to),
                    wake_max,
                    move_max,
                    compare: Some((0, 0)),
                };
                requeue(kernel, &call).map(i64::from)
            }
            Op::Sleep { ns } => {
                let until_ns = *runner.deadline_ns.get_or_insert(now_ns.saturating_add(ns));
                sleep_until(kernel, &mut runner.caller, until_ns).map(|()| 0)
            }
            Op::SleepUntil { at_ns } => sleep_until(kernel, &mut runner.caller, at_ns).map(|()| 0),
            Op::WaitUntil { word, at_ns } => {
                let value = low(self.words[word]);
                let (address, deadline_ns) = (address(word), Some(at_ns));
                let call = FutexWait { address, value, expected: 0, bits: u32::MAX, deadline_ns };
                wait(kernel, &mut runner.caller, &call).map(|()| 0)
            }
            Op::Join { child } => match runner.children.get(child) {
                Some(child) => kernel.join(*child).map(|()| 0),
                None => Ok(-1),
            },
            Op::Random => {
                let mut bytes = [0; 8];
                kernel.random(&mut bytes);
                Ok(i64::from_le_bytes(bytes))
            }
            _ => self.socket_call(thread, op),
        }
    }

    fn socket_call(&mut self, thread: ThreadId, op: Op) -> Result<i64, Stop> {
        let at = thread.index();
        match op {
            Op::Listen { port } => {
                let me = &self.runners[at].caller;
                let fd = socket(&mut self.kernel, me, TCP)?;
                bind(&mut self.kernel, me, fd, &Address::Inet(([127, 0, 0, 1], port).into()))?;
                listen(&mut self.kernel, me, fd, 8)?;
                self.runners[at].listener = Some(fd);
                Ok(0)
            }
            Op::Connect { port } => {
                let fd = match self.runners[at].stream {
                    Some(fd) => fd,
                    None => {
                        let fd = socket(&mut self.kernel, &self.runners[at].caller, TCP)?;
                        self.runners[at].stream = Some(fd);
                        fd
                    }
                };
                let caller = &mut self.runners[at].caller;
                connect(&mut self.kernel, caller, fd, &Address::Inet(([127, 0, 0, 1], port).into()))
                    .map(|()| 0)
            }
            Op::Accept => {
                let Some(listener) = self.runners[at].listener else { return Ok(-1) };
                let (fd, _) = accept4(&mut self.kernel, &mut self.runners[at].caller, listener, 0)?;
                self.runners[at].stream = Some(fd);
                Ok(0)
            }
            Op::Send => {
                let Some(fd) = self.runners[at].stream else { return Ok(-1) };
                write(&mut self.kernel, &mut self.runners[at].caller, fd, b"x").map(|n| n as i64)
            }
            Op::Receive => {
                let Some(fd) = self.runners[at].stream else { return Ok(-1) };
                read(&mut self.kernel, &mut self.runners[at].caller, fd, &mut [0]).map(|n| n as i64)
            }
            _ => unreachable!("{op:?} is no call"),
        }
    }
}
