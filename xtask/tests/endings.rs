//! How programs end, and what is said of it.
//!
//! Knows the guests by name only. Invariant: no ending of a program is an ending of the server: it serves the next run.

use photofinish::client::{Isolation, Request, Run, StackOf};
use photofinish::examine::{Examined, examine};
use photofinish::sim::event::Event;
use photofinish::sim::limits::Limits;
use photofinish::symbols::Symbols;
use photofinish::verdict::Verdict;

mod served;

use served::{client, guests, request};

fn ended(program: &str, limits: Limits) -> Examined {
    let mut client = client(guests(), Isolation::Fork);
    let healthy = request(&mut client, "sync/mpsc", 1);
    // How it ends does not depend on the schedule, so that of another program will do.
    let ending = Request { program: format!("endings/{program}"), limits, ..healthy.clone() };
    let examined = examine(&mut client, &ending).expect("it serves");
    // Whatever it did to itself, the next run is none the worse.
    let next = examine(&mut client, &healthy).expect("it still serves");
    assert_eq!(next.judgement.verdict, Verdict::Pass, "after {program}");
    examined
}

fn written(run: &Run, to: i32) -> String {
    let pieces = run.events.iter().filter_map(|(_, event)| match event {
        Event::Wrote { fd, bytes } if *fd == to => Some(bytes.as_slice()),
        _ => None,
    });
    String::from_utf8_lossy(&pieces.collect::<Vec<_>>().concat()).into_owned()
}

/// The functions of the stack that was recorded for this reason.
fn functions(run: &Run, of: StackOf) -> Vec<String> {
    let symbols = Symbols::open(guests());
    let stacks = run.stacks.iter().filter(|stack| stack.of == of);
    let addresses = stacks.flat_map(|stack| stack.addresses.iter().copied());
    addresses.flat_map(|address| symbols.places(address)).map(|place| place.function).collect()
}

/// Whether a function has this name; line tables do not always say in which module.
fn is(function: &str, name: &str) -> bool {
    function == name
        || function.starts_with("photofinish_guests::") && function.ends_with(&format!("::{name}"))
}

/// A program, the signature of its failure, and words that stand in the detail or in what it wrote.
fn check_limited(limits: Limits, program: &str, expected: (Verdict, &str), words: &str) -> Examined {
    let examined = ended(program, limits);
    let Examined { run, judgement, .. } = &examined;
    let signature = judgement.signature.as_deref().unwrap_or_default();
    assert_eq!((judgement.verdict, signature), expected, "{program}: {judgement:?}");
    let said = format!("{}\n{}\n{}", judgement.detail, written(run, 1), written(run, 2));
    assert!(said.contains(words), "{program} does not say {words:?}: {said}");
    examined
}

fn check(program: &str, expected: (Verdict, &str), words: &str) -> Examined {
    check_limited(Limits::default(), program, expected, words)
}

const PASS: (Verdict, &str) = (Verdict::Pass, "");

fn fail(signature: &str) -> (Verdict, &str) {
    (Verdict::Fail, signature)
}

fn inconclusive(signature: &str) -> (Verdict, &str) {
    (Verdict::Inconclusive, signature)
}

#[test]
fn a_program_that_leaves() {
    check("exit-3", fail("exit 3"), "leaving");
    check("exit-3-thread", fail("exit 3"), "status 3");
    check("exit-0", PASS, "");
}

#[test]
fn a_program_that_crashes() {
    let aborted =
        check("abort", fail("signal SIGABRT in photofinish_guests::endings::sudden::abort"), "SIGABRT");
    let stack = functions(&aborted.run, StackOf::Signal);
    assert!(stack.iter().any(|function| is(function, "abort")), "{stack:?}");
    for program in ["overflow", "overflow-thread"] {
        let overflowed =
            check(program, fail("signal SIGSEGV in photofinish_guests::endings::sudden::descend"), "SIGSEGV");
        let stack = functions(&overflowed.run, StackOf::Signal);
        assert!(stack.iter().any(|function| is(function, "descend")), "{stack:?}");
    }
    check(
        "panic-in-drop",
        fail("signal SIGABRT in photofinish_guests::endings::sudden::panic_in_drop"),
        "panic in a destructor during cleanup",
    );
}

#[test]
fn a_program_that_panics() {
    let signature = "panic in photofinish_guests::endings::sudden::panic: main has had enough";
    let panicked = check("panic", fail(signature), "main has had enough");
    let stack = functions(&panicked.run, StackOf::Panic);
    assert!(stack.iter().any(|function| is(function, "panic")), "{stack:?}");
    let survived = check("panic-survived", PASS, "main goes on");
    let message = "a thread has had enough";
    let told = |event: &Event| matches!(event, Event::Panicked { message: said, .. } if said == message);
    assert!(survived.run.events.iter().any(|(_, event)| told(event)), "{:?}", survived.run.events);
    assert!(written(&survived.run, 2).contains(message));
}

#[test]
fn a_program_that_never_reaches_a_scheduling_point() {
    let limits = Limits { real_ms_max: 200, ..Limits::default() };
    let words = "the program ran for 200 ms of real time without a scheduling point";
    let Examined { run, .. } = check_limited(limits, "spin", inconclusive("escaped"), words);
    let stack = functions(&run, StackOf::Signal);
    assert!(stack.iter().any(|function| is(function, "spin_for_ever")), "{stack:?}");
}

#[test]
fn a_program_that_goes_on_for_ever() {
    let limits = Limits { points_max: 10_000, ..Limits::default() };
    check_limited(limits, "yields", fail("livelock"), "10000 scheduling points passed");
    check("sleep-long", fail("out-of-time"), "604800 s of virtual time");
    check(
        "park-alone",
        fail("deadlock in photofinish_guests::endings::hunger::park_alone"),
        "thread 0 (root) waits for futex word",
    );
}

#[test]
fn threads_of_c_code_that_wait_for_each_other() {
    let crossed = "deadlock in photofinish_calls::waiting::Mutex::lock";
    check("mutexes-crossed", fail(crossed), "thread 1 seems to hold it");
    let alone = "deadlock in photofinish_calls::waiting::Semaphore::wait";
    check("semaphore-alone", fail(alone), "thread 0 (root) waits for futex word");
}

#[test]
fn a_program_that_wants_too_much() {
    check("threads", inconclusive("out-of-threads"), "more than 64 threads");
    let few = Limits { threads_max: 5, ..Limits::default() };
    check_limited(few, "threads", inconclusive("out-of-threads"), "more than 5 threads");
    let little = Limits { memory_max: 256 << 20, ..Limits::default() };
    check_limited(
        little,
        "memory",
        fail("signal SIGABRT in photofinish_guests::endings::hunger::memory"),
        "memory allocation of 1073741824 bytes failed",
    );
    check_limited(little, "memory-asked", PASS, "");
}

#[test]
fn a_program_that_asks_for_what_is_not_modelled() {
    for (program, call, caller) in [
        ("command", "execve(2) of true", "command"),
        ("netlink", "socket(2) of family 16", "netlink"),
        ("multicast", "socket option 35 of level 0", "multicast"),
        ("big-stack", "pthread_create(3)", "big_stack"),
    ] {
        let Examined { run, judgement, .. } = ended(program, Limits::default());
        let signature = judgement.signature.unwrap_or_default();
        assert_eq!(judgement.verdict, Verdict::Inconclusive, "{program}: {signature}");
        assert!(signature.starts_with("unmodelled: ") && signature.contains(call), "{program}: {signature}");
        assert!(judgement.detail.contains(call), "{program}: {}", judgement.detail);
        let stack = functions(&run, StackOf::Unmodelled);
        assert!(stack.iter().any(|function| is(function, caller)), "{program}: {stack:?}");
    }
}

#[test]
fn what_belongs_to_the_machine_and_to_others_is_refused_by_name() {
    let Examined { run, judgement, .. } = ended("machine", Limits::default());
    assert_eq!(judgement.verdict, Verdict::Inconclusive, "{judgement:?}");
    let noted = run.events.iter().filter_map(|(_, event)| match event {
        Event::Unmodelled { what } => what.split([' ', '(']).next(),
        _ => None,
    });
    let noted: Vec<&str> = noted.collect();
    let refused: String = noted.iter().map(|name| format!("{name} true\n")).collect();
    assert_eq!(written(&run, 1), refused);
    assert!(noted.len() > 15 && noted.contains(&"clock_settime") && noted.contains(&"setreuid"), "{noted:?}");
}

#[test]
fn a_file_of_the_machine_is_known_by_whatever_name() {
    let [one, other] = [ended("spelled", Limits::default()), ended("spelled", Limits::default())];
    let noted = one.run.events.iter().filter(|(_, event)| matches!(event, Event::Unmodelled { .. })).count();
    let said = written(&one.run, 1);
    assert_eq!(noted, 12, "{said}{:?}", one.judgement);
    assert_eq!(said.lines().count(), 5 + 11 + 3, "{said}");
    assert!(said.ends_with("true\n"), "nothing is kept in /dev/null: {said}");
    // Random bytes are the run's.
    assert_eq!(said, written(&other.run, 1));
    assert_eq!(one.run.events, other.run.events);
}

#[test]
fn what_a_program_writes_is_kept() {
    let Examined { run, .. } = check("output", PASS, "");
    let lines = |word: &str, count: u32| (0..count).map(|n| format!("{word} {n}\n")).collect::<String>();
    assert_eq!(written(&run, 1), lines("line", 5_000) + &"x".repeat(300_000));
    assert_eq!(written(&run, 2), lines("error line", 500));
    assert!(!run.truncated);
    check("files", PASS, "files work");
}
