//! Processes on a whole kernel: they begin, share files, are signalled, end and are waited for.
//!
//! Does not know the boundary, whose part it plays. Invariant: the kernel's books are right after every step.

use proptest::prelude::*;

use photofinish_sim::call::fd::{close, dup2};
use photofinish_sim::call::io::{read, write};
use photofinish_sim::call::pipe::pipe;
use photofinish_sim::call::process::{Ask, kill, pidfd_open, sigaction, wait};
use photofinish_sim::call::user::{Whose, become_all, become_one, set_groups};
use photofinish_sim::call::{Caller, Stop};
use photofinish_sim::chooser::{Boring, Strategy as Search};
use photofinish_sim::ending::Ending;
use photofinish_sim::errno::Errno;
use photofinish_sim::event::Memory;
use photofinish_sim::fd::OnExec;
use photofinish_sim::kernel::{Detail, Kernel, Next, User};
use photofinish_sim::limits::Limits;
use photofinish_sim::process::signal::{Disposition, Handler, SA_NOCLDWAIT, bit};
use photofinish_sim::process::{Life, Pid, Status};
use photofinish_sim::ready::Mask;
use photofinish_sim::seed::Seed;
use photofinish_sim::thread::{State, ThreadId};
use photofinish_sim::wait::{WaitOn, Woken};

const SIGKILL: i32 = 9;
const SIGUSR1: i32 = 10;
const SIGTERM: i32 = 15;
const SIGCHLD: i32 = 17;
const O_CLOEXEC: i32 = 0o2_000_000;
const WNOHANG: i32 = 1;
const ANY: Ask = Ask { which: -1, options: WNOHANG };

fn kernel() -> Kernel {
    Kernel::new(Limits::default(), Box::new(Boring), Box::new(Memory::default()), Detail::HashOnly)
}

fn me(kernel: &Kernel) -> Caller {
    Caller::new(kernel.current(), kernel.process())
}

fn check(kernel: &Kernel) {
    kernel.audit().unwrap_or_else(|wrong| panic!("{wrong}"));
}

/// A child that runs a program, and its main thread.
fn child(kernel: &mut Kernel) -> (Pid, ThreadId) {
    let pid = kernel.fork().expect("below the limit");
    check(kernel);
    let main = kernel.exec("child").expect("below the limit");
    check(kernel);
    (pid, main)
}

fn handler(flags: i32) -> Disposition {
    Disposition::Handler(Handler { address: 1, flags, mask: 0 })
}

fn pending(kernel: &Kernel) -> bool {
    kernel.is_interrupted()
}

#[test]
fn a_process_becomes_nobody_but_itself() {
    const NONE: u32 = u32::MAX;
    let mut kernel = kernel();
    kernel.user = User { uid: 7, gid: 8 };
    for (whose, own, other) in [(Whose::User, 7, 8), (Whose::Group, 8, 7)] {
        let one = |id| become_one(&kernel, "setuid", whose, id);
        let all = |ids: &[u32]| become_all(&kernel, "setreuid", whose, ids);
        assert_eq!((one(own), all(&[own, NONE]), all(&[NONE, NONE])), (Ok(()), Ok(()), Ok(())));
        assert_eq!(one(NONE), Err(Stop::Fail(Errno::EINVAL)));
        for refused in [one(other), all(&[own, other])] {
            assert!(matches!(refused, Err(Stop::Unmodelled(_, Errno::EPERM))), "{refused:?}");
        }
    }
    let refused = |groups| matches!(groups, Err(Stop::Unmodelled(_, Errno::EPERM)));
    assert!(refused(set_groups(&kernel, 0)) && refused(set_groups(&kernel, 1)));
    let _ = kernel.fork().expect("below the limit");
    assert_eq!(set_groups(&kernel, 0), Ok(()));
    assert!(refused(set_groups(&kernel, 1)));
}

#[test]
fn a_killed_child_is_a_zombie_until_it_is_waited_for() {
    let mut kernel = kernel();
    let (pid, main) = child(&mut kernel);
    let caller = me(&kernel);
    assert_eq!(wait(&mut kernel, &caller, ANY), Ok(None));
    let fd = pidfd_open(&mut kernel, &caller, pid.0, 0).expect("it runs");
    let object = kernel.object(fd).expect("open");
    assert_eq!(kernel.poll(object), Mask::NONE);
    kill(&mut kernel, &caller, pid.0, SIGKILL).expect("it runs");
    check(&kernel);
    assert_eq!(kernel.take_killed(), [main]);
    assert_eq!(kernel.poll(object), Mask::IN | Mask::RDNORM);
    assert_eq!(kill(&mut kernel, &caller, pid.0, 0), Ok(()), "a zombie is there");
    let ended = wait(&mut kernel, &caller, ANY).expect("a child").expect("it is over");
    assert_eq!((ended.pid, ended.status), (pid, Status::Signalled(SIGKILL)));
    assert_eq!(kernel.poll(object), Mask::IN | Mask::RDNORM | Mask::HUP);
    assert_eq!(wait(&mut kernel, &caller, ANY), Err(Errno::ECHILD.into()));
    assert_eq!(kill(&mut kernel, &caller, pid.0, 65), Err(Errno::ESRCH.into()));
    check(&kernel);
}

#[test]
fn an_exec_closes_what_is_to_be_closed_and_an_end_the_rest() {
    let mut kernel = kernel();
    let caller = me(&kernel);
    let (from, to) = pipe(&mut kernel, &caller, O_CLOEXEC).expect("numbers");
    let pid = kernel.fork().expect("below the limit");
    let in_child = me(&kernel);
    dup2(&mut kernel, &in_child, to, 1, OnExec::Keep).expect("open");
    let _ = kernel.exec("child").expect("below the limit");
    check(&kernel);
    let numbers: Vec<i32> = kernel.processes.get(pid).fds.iter().map(|(fd, _)| fd).collect();
    assert_eq!(numbers, [0, 1, 2]);
    close(&mut kernel, &mut caller.clone(), to).expect("open");
    let mut reader = me(&kernel);
    let blocked = read(&mut kernel, &mut reader, from, &mut [0; 4]);
    assert!(matches!(blocked, Err(Stop::Block(_))), "the child could write: {blocked:?}");
    check(&kernel);
    kill(&mut kernel, &caller, pid.0, SIGKILL).expect("it runs");
    assert_eq!(read(&mut kernel, &mut reader, from, &mut [0; 4]), Ok(0), "nobody can write any more");
    check(&kernel);
}

#[test]
fn what_is_blocked_waits_also_if_it_is_ignored() {
    let mut kernel = kernel();
    let caller = me(&kernel);
    kernel.set_blocked_signals(bit(SIGCHLD));
    kill(&mut kernel, &caller, caller.process.0, SIGCHLD).expect("it is there");
    assert_eq!(kernel.waiting_signals(), bit(SIGCHLD));
    assert!(!pending(&kernel), "it is blocked");
    kernel.set_blocked_signals(0);
    assert!(!kernel.signal_is_due(), "what is ignored interrupts nothing");
    assert_eq!(kernel.take_signal(), None);
    assert!(!pending(&kernel), "it was dropped");
}

#[test]
fn children_of_who_does_not_want_to_know_are_gone_at_once() {
    for does in [Disposition::Ignore, handler(SA_NOCLDWAIT)] {
        let mut kernel = kernel();
        let caller = me(&kernel);
        sigaction(&mut kernel, &caller, SIGCHLD, Some(does)).expect("a signal");
        let (pid, _) = child(&mut kernel);
        kill(&mut kernel, &caller, pid.0, SIGTERM).expect("it runs");
        assert_eq!(kernel.processes.get(pid).life, Life::Gone);
        assert_eq!(wait(&mut kernel, &caller, ANY), Err(Errno::ECHILD.into()));
        assert_eq!(pending(&kernel), does != Disposition::Ignore, "who has a handler is told");
        check(&kernel);
    }
}

#[test]
fn a_forked_child_that_a_signal_ends_leaves_its_parents_thread_alone() {
    let mut kernel = kernel();
    let pid = kernel.fork().expect("below the limit");
    let caller = me(&kernel);
    kill(&mut kernel, &caller, pid.0, SIGTERM).expect("it is there");
    assert_eq!(kernel.fatal_to_forked(), Some(SIGTERM));
    check(&kernel);
    kernel.exit_forked(Status::Signalled(SIGTERM));
    check(&kernel);
    assert!(!kernel.current_is_over(), "the thread is its parent's again");
    let caller = me(&kernel);
    let ended = wait(&mut kernel, &caller, ANY).expect("a child").expect("it is over");
    assert_eq!(ended.status, Status::Signalled(SIGTERM));
}

#[test]
fn a_forked_child_that_kills_its_parent_takes_the_thread_with_it() {
    let mut kernel = kernel();
    let (parent, main) = child(&mut kernel);
    // The first process waits, so that its child runs.
    let mut waiting = me(&kernel);
    let Err(Stop::Block(on)) = wait(&mut kernel, &waiting, Ask { which: -1, options: 0 }) else {
        panic!("the child runs")
    };
    assert_eq!(kernel.block(on), Next::Run(main));
    let _ = kernel.fork().expect("below the limit");
    let caller = me(&kernel);
    kill(&mut kernel, &caller, parent.0, SIGKILL).expect("it runs");
    let _ = kernel.exec("grandchild").expect("below the limit");
    check(&kernel);
    assert!(kernel.current_is_over(), "its process was killed");
    waiting.woken = Some(Woken::Cause);
    assert!(wait(&mut kernel, &waiting, ANY).expect("a child").is_some(), "and is a zombie");
}

#[test]
fn a_process_ends_with_its_last_thread() {
    let mut kernel = kernel();
    let (pid, main) = child(&mut kernel);
    let caller = me(&kernel);
    let Err(Stop::Block(on)) = wait(&mut kernel, &caller, Ask { which: -1, options: 0 }) else {
        panic!("the child runs")
    };
    assert_eq!(kernel.block(on), Next::Run(main));
    assert_eq!(kernel.end_thread(), Next::Run(ThreadId::MAIN));
    check(&kernel);
    assert_eq!(kernel.processes.get(pid).life, Life::Zombie(Status::Exited(0)));
}

/// What a thread of a random program does.
#[derive(Clone, Copy, Debug)]
enum Op {
    /// Forks, and the child executes this script.
    Start(usize),
    /// Sends a signal to a process, by the order of creation.
    Send(usize, i32),
    /// Takes a signal from now on.
    Handle(i32),
    /// Waits for any child.
    Wait,
    Read,
    Write,
    CloseWriter,
    /// Another thread of the process runs this script.
    Thread(usize),
    Leave,
}

fn some_op() -> impl Strategy<Value = Op> {
    let signal = || prop_oneof![Just(SIGUSR1), Just(SIGTERM), Just(SIGKILL), Just(SIGCHLD)];
    prop_oneof![
        3 => (1..4_usize).prop_map(Op::Start),
        2 => (1..6_usize, signal()).prop_map(|(which, signal)| Op::Send(which, signal)),
        2 => prop_oneof![Just(SIGUSR1), Just(SIGTERM), Just(SIGCHLD)].prop_map(Op::Handle),
        2 => Just(Op::Wait),
        2 => Just(Op::Read),
        2 => Just(Op::Write),
        1 => Just(Op::CloseWriter),
        1 => (1..4_usize).prop_map(Op::Thread),
        1 => Just(Op::Leave),
    ]
}

struct Runner {
    script: usize,
    op: usize,
    caller: Option<Caller>,
}

struct World<'a> {
    kernel: Kernel,
    scripts: &'a [Vec<Op>],
    runners: Vec<Runner>,
    pipe: (i32, i32),
}

impl World<'_> {
    fn step(&mut self) -> Next {
        let thread = self.kernel.current().index();
        let mut interrupted = false;
        while self.kernel.is_interrupted() {
            if self.kernel.ending().is_some() {
                return Next::End;
            }
            if self.kernel.current_is_over() {
                return self.kernel.after_end();
            }
            if let Some(taken) = self.kernel.take_signal() {
                interrupted = true;
                self.kernel.signal_taken(&taken);
            }
        }
        if self.runners[thread].caller.is_none() {
            self.runners[thread].caller = Some(me(&self.kernel));
            return self.kernel.call_point();
        }
        if let Some(woken) = self.kernel.take_woken() {
            let woken = if interrupted { Woken::Signal } else { woken };
            self.runners[thread].caller.as_mut().expect("it was set").woken = Some(woken);
        }
        let Some(&op) = self.scripts[self.runners[thread].script].get(self.runners[thread].op) else {
            return self.kernel.end_thread();
        };
        let Some(mut caller) = self.runners[thread].caller.take() else { return Next::Stay };
        match self.act(op, &mut caller) {
            Ok(Some(next)) => next,
            Err(Stop::Block(wait)) => {
                self.runners[thread].caller = Some(caller);
                self.kernel.block(wait)
            }
            _ => {
                self.runners[thread].op += 1;
                Next::Stay
            }
        }
    }

    fn run_on(&mut self, script: usize) {
        self.runners.push(Runner { script, op: 0, caller: None });
    }

    fn act(&mut self, op: Op, caller: &mut Caller) -> Result<Option<Next>, Stop> {
        let kernel = &mut self.kernel;
        match op {
            Op::Start(script) => {
                let _ = kernel.fork()?;
                match kernel.exec("child") {
                    Ok(_) => self.run_on(script),
                    Err(next) => return Ok(Some(next)),
                }
            }
            Op::Thread(script) => match kernel.spawn() {
                Ok(_) => self.run_on(script),
                Err(next) => return Ok(Some(next)),
            },
            Op::Send(which, signal) => {
                let target = kernel.processes.iter().nth(which).map(|process| process.pid);
                kill(kernel, caller, target.ok_or(Errno::ESRCH)?.0, signal)?;
            }
            Op::Handle(signal) => sigaction(kernel, caller, signal, Some(handler(0))).map(drop)?,
            Op::Wait => wait(kernel, caller, Ask { which: -1, options: 0 }).map(drop)?,
            Op::Read => read(kernel, caller, self.pipe.0, &mut [0; 8]).map(drop)?,
            Op::Write => write(kernel, caller, self.pipe.1, &[0; 40_000]).map(drop)?,
            Op::CloseWriter => close(kernel, caller, self.pipe.1)?,
            Op::Leave if caller.process != Pid::FIRST => {
                return Ok(Some(kernel.exit_process(Status::Exited(1))));
            }
            Op::Leave => {}
        }
        Ok(None)
    }
}

fn run(scripts: &[Vec<Op>], seed: u64) -> (Ending, u64) {
    let limits = Limits { threads_max: 24, points_max: 400, ..Limits::default() };
    let chooser = Search::Swarm.chooser(Seed(seed));
    let kernel = Kernel::new(limits, chooser, Box::new(Memory::default()), Detail::HashOnly);
    let runners = vec![Runner { script: 0, op: 0, caller: None }];
    let mut world = World { kernel, scripts, runners, pipe: (0, 0) };
    let caller = me(&world.kernel);
    world.pipe = pipe(&mut world.kernel, &caller, 0).expect("numbers");
    while world.step() != Next::End {
        check(&world.kernel);
    }
    no_wake_is_lost(&mut world.kernel);
    (world.kernel.ending().cloned().expect("it ended"), world.kernel.figures().events_hash)
}

/// Who still waits when nothing can happen any more waits for what is not the case.
fn no_wake_is_lost(kernel: &mut Kernel) {
    if !matches!(kernel.ending(), Some(Ending::Deadlock(_))) {
        return;
    }
    let waits: Vec<WaitOn> = kernel
        .threads()
        .iter()
        .filter_map(|(_, thread)| match &thread.state {
            State::Blocked(wait) => Some(wait.on),
            _ => None,
        })
        .collect();
    for on in waits {
        match on {
            WaitOn::Readable(object) => {
                assert!(!kernel.poll(object).meets(Mask::IN | Mask::HUP), "{on:?} could go on");
            }
            WaitOn::Writable(object) => assert!(!kernel.poll(object).meets(Mask::ERR), "{on:?} could go on"),
            WaitOn::Child(parent) => {
                let own: Vec<Life> = kernel
                    .processes
                    .iter()
                    .filter(|process| process.parent == Some(parent) && process.life != Life::Gone)
                    .map(|process| process.life)
                    .collect();
                assert!(!own.is_empty() && own.iter().all(|life| *life == Life::Running), "{own:?}");
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_processes_keep_the_books_and_run_alike(
        scripts in prop::collection::vec(prop::collection::vec(some_op(), 1..7), 4),
        seed in any::<u64>(),
    ) {
        prop_assert_eq!(run(&scripts, seed), run(&scripts, seed));
    }
}
