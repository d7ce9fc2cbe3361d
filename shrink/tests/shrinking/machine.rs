//! Runs small programs over the kernel, and judges plans by their runs.
//!
//! Does not know what the shrinker asks. Invariant: a run is a function of its program and its chooser.

use std::cell::RefCell;
use std::rc::Rc;

use photofinish_shrink::{Judge, Kept, Size, Stopped};
use photofinish_sim::call::futex::{FutexWait, wait, wake};
use photofinish_sim::call::time::sleep_until;
use photofinish_sim::call::{Caller, Stop};
use photofinish_sim::choice::Chooser;
use photofinish_sim::chooser::Lenient;
use photofinish_sim::ending::Ending;
use photofinish_sim::event::Memory;
use photofinish_sim::kernel::{Detail, Kernel, Next};
use photofinish_sim::limits::Limits;
use photofinish_sim::plan::Plan;
use photofinish_sim::process::Pid;
use photofinish_sim::thread::ThreadId;

/// One thing a thread does. Words begin at 0.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    /// An atomic load into the thread's own number.
    Load(usize),
    /// An atomic store of that number and 1.
    StoreMore(usize),
    /// An atomic addition of 1.
    Add(usize),
    /// So many additions of 1.
    Work(usize, u64),
    /// A mutex as the standard library's: one atomic, and a futex when it is taken.
    Lock(usize),
    Unlock(usize),
    /// Waits while the word is 0, if it is 0 now.
    Wait(usize),
    Wake(usize),
    /// Leaves out the next operation if the thread's number is not 0.
    Unless,
    Sleep(u64),
    Spawn(usize),
    Join(usize),
    /// The run fails if the word is another.
    Expect(usize, u64),
}

/// Scripts by number, the first being the main thread's.
pub(crate) type Program = Vec<Vec<Op>>;

/// How a run failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Expectation,
    Deadlock,
}

/// What a thread does after an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Next,
    /// The same once more, from its point.
    Again,
}

struct Runner {
    script: usize,
    op: usize,
    /// Whether the operation's point was passed.
    is_pointed: bool,
    caller: Caller,
    number: u64,
    left: Option<u64>,
    until_ns: Option<u64>,
    children: Vec<ThreadId>,
}

impl Runner {
    fn new(thread: ThreadId, script: usize) -> Self {
        let caller = Caller::new(thread, Pid::FIRST);
        Self {
            script,
            op: 0,
            is_pointed: false,
            caller,
            number: 0,
            left: None,
            until_ns: None,
            children: vec![],
        }
    }
}

struct Machine<'a> {
    kernel: Kernel,
    program: &'a Program,
    runners: Vec<Runner>,
    words: Vec<u64>,
    failure: Option<Failure>,
}

/// Runs a program; how it failed, if it did, and what is kept of it.
pub(crate) fn run(program: &Program, chooser: Box<dyn Chooser>) -> (Option<Failure>, Kept) {
    let memory = Rc::<RefCell<Memory>>::default();
    let limits = Limits { points_max: 300_000, ..Limits::default() };
    let kernel = Kernel::new(limits, chooser, Box::new(memory.clone()), Detail::HashOnly);
    let runners = vec![Runner::new(ThreadId::MAIN, 0)];
    let mut machine = Machine { kernel, program, runners, words: vec![0; 8], failure: None };
    while machine.step() != Next::End {}
    let failure = match machine.kernel.ending() {
        Some(Ending::Deadlock(_)) => Some(Failure::Deadlock),
        _ => machine.failure,
    };
    let figures = machine.kernel.figures();
    let size = Size {
        threads: figures.threads,
        hosts: 1,
        messages: 0,
        points: figures.points,
        virtual_ns: figures.virtual_ns,
    };
    let trace = memory.take().trace;
    (failure, Kept { plan: trace.plan(), trace, size })
}

impl Machine<'_> {
    fn step(&mut self) -> Next {
        let thread = self.kernel.current();
        let runner = &mut self.runners[thread.index()];
        let Some(op) = self.program[runner.script].get(runner.op).copied() else {
            return match thread {
                ThreadId::MAIN => self.kernel.end(Ending::Returned),
                _ => self.kernel.end_thread(),
            };
        };
        if !runner.is_pointed {
            runner.is_pointed = true;
            let pc = 1 + runner.op as u64;
            return match op {
                Op::Load(_) | Op::StoreMore(_) | Op::Add(_) | Op::Work(..) | Op::Lock(_) | Op::Unlock(_) => {
                    self.kernel.point(pc, 0)
                }
                Op::Unless | Op::Expect(..) => Next::Stay,
                _ => self.kernel.call_point(),
            };
        }
        runner.caller.woken = self.kernel.take_woken();
        match self.effect(thread, op) {
            Ok(then) => {
                let runner = &mut self.runners[thread.index()];
                runner.is_pointed = false;
                if then == Then::Next {
                    runner.op += 1;
                    (runner.left, runner.until_ns) = (None, None);
                }
                Next::Stay
            }
            Err(Stop::Block(wait)) => self.kernel.block(wait),
            Err(other) => unreachable!("{other:?}"),
        }
    }

    fn effect(&mut self, thread: ThreadId, op: Op) -> Result<Then, Stop> {
        let runner = &mut self.runners[thread.index()];
        match op {
            Op::Load(word) => runner.number = self.words[word],
            Op::StoreMore(word) => self.words[word] = runner.number + 1,
            Op::Add(word) => self.words[word] += 1,
            Op::Work(word, points) => {
                self.words[word] += 1;
                self.kernel.progress();
                let left = runner.left.unwrap_or(points) - 1;
                runner.left = Some(left);
                if left > 0 {
                    return Ok(Then::Again);
                }
            }
            Op::Lock(word) => match self.words[word] {
                0 => self.words[word] = 1,
                _ => {
                    self.wait_while(thread, word, 1)?;
                    return Ok(Then::Again);
                }
            },
            Op::Unlock(word) => {
                self.words[word] = 0;
                wake(&mut self.kernel, address(word), 1, u32::MAX)?;
            }
            Op::Wait(word) => self.wait_while(thread, word, 0)?,
            Op::Wake(word) => wake(&mut self.kernel, address(word), 1, u32::MAX).map(|_| ())?,
            Op::Unless => runner.op += usize::from(runner.number != 0),
            Op::Sleep(ns) => {
                let until_ns = *runner.until_ns.get_or_insert(self.kernel.now_ns() + ns);
                sleep_until(&mut self.kernel, &mut runner.caller, until_ns)?;
            }
            Op::Spawn(script) => {
                let child = self.kernel.spawn().expect("few threads");
                self.runners.push(Runner::new(child, script));
                self.runners[thread.index()].children.push(child);
            }
            Op::Join(child) => self.kernel.join(runner.children[child])?,
            Op::Expect(word, value) => {
                if self.words[word] != value {
                    self.failure = Some(Failure::Expectation);
                }
            }
        }
        Ok(Then::Next)
    }

    fn wait_while(&mut self, thread: ThreadId, word: usize, expected: u32) -> Result<(), Stop> {
        let value = u32::try_from(self.words[word]).expect("small");
        let call = FutexWait { address: address(word), value, expected, bits: u32::MAX, deadline_ns: None };
        match wait(&mut self.kernel, &mut self.runners[thread.index()].caller, &call) {
            Err(Stop::Block(wait)) => Err(Stop::Block(wait)),
            // Woken, or the word is another: a lock is tried again.
            _ => Ok(()),
        }
    }
}

fn address(word: usize) -> u64 {
    0x1000 + 4 * word as u64
}

/// Judges plans by the runs of a program.
pub(crate) struct Runs<'a> {
    pub(crate) program: &'a Program,
    pub(crate) failure: Failure,
    pub(crate) width: usize,
}

impl Judge for Runs<'_> {
    fn width(&self) -> usize {
        self.width
    }

    fn ask(&mut self, plans: &[Plan]) -> Result<Vec<Option<Kept>>, Stopped> {
        let answer = |plan: &Plan| {
            let (failure, kept) = run(self.program, Box::new(Lenient::new(plan.clone())));
            (failure == Some(self.failure)).then(|| Kept { plan: plan.taken_in(&kept.trace), ..kept })
        };
        Ok(plans.iter().map(answer).collect())
    }
}
