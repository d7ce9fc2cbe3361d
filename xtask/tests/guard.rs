//! The determinism guard: what is not deterministic is caught, and its cause named; what is, is left alone.
//!
//! The guests come by what no simulation gives them by real means, but for the addresses: there, a server is told that its machine does
//! not let it turn address randomisation off. Invariant: a cause that is named here is named for what the guest really did.

use std::fs;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use photofinish::client::{Client, Isolation, Request};
use photofinish::examine::{Examined, count, examine};
use photofinish::guard::{Cause, Difference, Known, Percent};
use photofinish::sweep::Tally;
use photofinish::verdict::Verdict;

mod served;

use served::{client, guests, request};

fn examined_by(client: &mut Client, program: &str, seed: u64) -> Examined {
    client.set_guard(Percent::ALL);
    let request = request(client, program, seed);
    examine(client, &request).expect("it serves")
}

fn examined(program: &str, seed: u64) -> Examined {
    examined_by(&mut client(guests(), Isolation::Fork), program, seed)
}

/// Checks that a run was found to differ, for this cause, with these words as evidence, and with both stacks through this function.
fn check(examined: &Examined, cause: Cause, evidence: &str, function: &str) -> Difference {
    let Examined { judgement, difference, .. } = examined;
    println!("{}", judgement.detail);
    let difference = difference.clone().expect("it differs");
    assert_eq!(judgement.verdict, Verdict::Diverged, "{}", judgement.detail);
    assert_eq!(judgement.signature, Some(format!("nondeterminism: {cause}")), "{}", judgement.detail);
    assert_eq!(difference.cause, cause, "{}", judgement.detail);
    assert!(difference.evidence.iter().any(|line| line.contains(evidence)), "{:?}", difference.evidence);
    assert!(difference.event.is_some() && difference.differed > 0, "{}", judgement.detail);
    assert_eq!(difference.sides.len(), 2, "{}", judgement.detail);
    // What is started by a script has no debug information of its own.
    for side in difference.sides.iter().filter(|_| !function.is_empty()) {
        let is_named = side.stack.iter().any(|place| place.ends_with(function));
        assert!(is_named, "{function}: {side:?} {}", judgement.detail);
    }
    assert_ne!(difference.sides[0].event, difference.sides[1].event);
    difference
}

#[test]
fn a_real_clock_is_named() {
    let found = examined("guarded/clock", 1);
    let difference = check(&found, Cause::Clock, "adjtimex", "clock");
    assert!(difference.evidence[0].contains("leak.rs"), "where it was asked: {:?}", difference.evidence);
    check(&examined("guarded/uptime", 1), Cause::Clock, "/proc/uptime", "uptime");
}

#[test]
fn real_randomness_is_named() {
    let found = examined("guarded/randomness", 1);
    let difference = check(&found, Cause::Randomness, "the instruction rdrand", "randomness");
    let json = serde_json::to_value(&difference).expect("plain data has a JSON form");
    assert_eq!((&json["cause"], &json["sides"][1]["thread"]), (&"randomness".into(), &0.into()), "{json}");
    let found = examined("guarded/uuid", 1);
    check(&found, Cause::Randomness, "/proc/sys/kernel/random/uuid", "uuid");
}

#[test]
fn a_file_that_changes_is_named() {
    let path = guests().with_file_name(photofinish_guests::guarded::FILE);
    let over = AtomicBool::new(false);
    let file = fs::File::create(path).expect("the target folder can be written");
    // In place: to replace a file may take as long as some runs.
    let write = |number: u64| {
        file.write_all_at(&number.to_be_bytes().map(|byte| byte & 0x7f), 0).expect("it is ours")
    };
    write(0);
    let found = thread::scope(|scope| {
        scope.spawn(|| {
            let mut number = 0;
            while !over.load(Ordering::Relaxed) {
                number += 1;
                write(number);
            }
        });
        let found = examined("guarded/file", 1);
        over.store(true, Ordering::Relaxed);
        found
    });
    check(&found, Cause::FileContent, "guarded.txt", "file");
    let found = examined("guarded/file", 1);
    assert_eq!((found.judgement.verdict, found.difference), (Verdict::Pass, None), "nobody changes it");
}

#[test]
fn a_thread_and_a_system_call_of_the_c_library_are_named() {
    let found = examined("guarded/thread", 1);
    check(&found, Cause::Uncontrolled, "made a thread that is not ours", "foreign_thread");
    let found = while_threads_come_and_go(|| examined("guarded/sysinfo", 1));
    check(&found, Cause::Uncontrolled, "sysinfo", "sysinfo");
}

/// So many threads come and go.
const THREADS: usize = 150;

/// An idle machine has as many threads, and as much free memory, from one run to the next: here it has not. Memory alone will not do, for
/// the kernel keeps what was just freed on lists that it does not count.
fn while_threads_come_and_go<T>(work: impl FnOnce() -> T) -> T {
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                let waiting: Vec<_> = (0..THREADS).map(|_| thread::spawn(thread::park)).collect();
                for one in waiting {
                    one.thread().unpark();
                    one.join().expect("it does nothing");
                }
            }
        });
        let result = work();
        is_done.store(true, Ordering::Relaxed);
        result
    })
}

/// A server that takes its machine to forbid `personality(2)`.
fn randomised() -> PathBuf {
    let script = Path::new(env!("CARGO_TARGET_TMPDIR")).join("randomised");
    let server = guests().display();
    let text =
        format!("#!/bin/sh\nexec env PHOTOFINISH_AGAIN=forbidden TMPDIR=/tmp/photofinish {server} \"$@\"\n");
    fs::write(&script, text).expect("the target folder can be written");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("it is ours");
    script
}

#[test]
fn a_program_that_goes_by_addresses_is_named() {
    let path = randomised();
    let mut client = client(&path, Isolation::Fork);
    let found = examined_by(&mut client, "guarded/addresses", 1);
    check(&found, Cause::AddressOrder, "only its heap moved", "");
}

#[test]
fn what_cannot_be_watched_is_not_guessed() {
    check(
        &examined("guarded/clock-page", 1),
        Cause::Unknown,
        "no file, system call or instruction",
        "clock_page",
    );
}

#[test]
fn a_failure_that_does_not_repeat_is_nondeterminism_and_not_the_failure() {
    let found = examined("guarded/randomness-panic", 1);
    check(&found, Cause::Randomness, "rdrand", "randomness_panic");
}

#[test]
fn what_is_deterministic_passes_with_every_run_made_twice() {
    let mut client = client(guests(), Isolation::Fork);
    for program in ["guarded/same", "sync/mpsc", "time/read", "sync/parking-lot-mutex", "guarded/addresses"] {
        for seed in 0..20 {
            let found = examined_by(&mut client, program, seed);
            assert_eq!(
                (found.judgement.verdict, found.difference),
                (Verdict::Pass, None),
                "{program}, seed {seed}: {}",
                found.judgement.detail
            );
        }
    }
    let found = examined_by(&mut client, "guarded/same-panic", 1);
    assert_eq!((found.judgement.verdict, found.difference), (Verdict::Fail, None));
}

#[test]
fn a_watched_run_is_the_run() {
    use photofinish::client::Watch;
    let mut client = client(guests(), Isolation::Fork);
    for (program, steps) in [("guarded/same", (0, 40)), ("files/told", (0, 0)), ("bypass/echo", (3, 20))] {
        let request = Request { events: true, ..request(&mut client, program, 3) };
        let plain = client.run(&request).expect("it serves");
        let watch = Some(Watch { stacks: (2, 6), inputs: true, steps, ..Watch::default() });
        let watched = client.run(&Request { watch, ..request }).expect("it serves");
        assert!(plain.events == watched.events, "{program}: {:?}", watched.ending);
        assert_eq!(plain.figures, watched.figures, "{program}");
        let at: Vec<usize> =
            (0..watched.events.len()).filter(|event| watched.stack_at(*event).is_some()).collect();
        assert_eq!(at, [2, 3, 4, 5], "{program}");
        assert_eq!(
            (plain.event_stacks.len(), watched.event_stacks.len()),
            (0, watched.events.len()),
            "{program}"
        );
    }
}

#[test]
fn each_event_has_its_stack_and_each_stack_is_sent_once() {
    use photofinish::client::{StackOf, Watch};
    let mut client = client(guests(), Isolation::Fork);
    for program in ["guarded/same", "sync/mpsc"] {
        let watch = Some(Watch { stacks: (0, u64::MAX), ..Watch::default() });
        let request = Request { events: true, watch, ..request(&mut client, program, 3) };
        let run = client.run(&request).expect("it serves");
        assert_eq!(run.event_stacks.len(), run.events.len(), "{program}");
        assert!((0..run.events.len()).all(|event| run.stack_at(event).is_some()), "{program}");
        let sent = run.stacks.iter().filter(|stack| matches!(stack.of, StackOf::Events(_)));
        let mut sent: Vec<_> = sent.map(|stack| &stack.addresses).collect();
        let (count, events) = (sent.len(), run.events.len());
        println!("{program}: {events} events, {count} stacks");
        sent.sort();
        sent.dedup();
        assert_eq!(sent.len(), count, "{program}");
        assert!(count < events, "{program}: {events} events, {count} stacks");
    }
}

#[test]
fn a_sweep_counts_it_by_its_cause_and_ends_with_its_code() {
    let listed = photofinish::client::list(guests()).expect("it lists what it holds");
    let listed = listed.iter().find(|listed| listed.name() == "guarded/uuid").expect("it is there");
    let mut client = client(guests(), Isolation::Fork);
    client.set_guard("50".parse().expect("a percentage"));
    let (mut tally, mut known) = (Tally::default(), Known::default());
    for seed in 0..10 {
        let request = request(&mut client, "guarded/uuid", seed);
        let examined = count(&mut client, &request, &mut known).expect("it serves");
        tally.add(request.seed, "boring", &examined);
    }
    let found = tally.found.get("nondeterminism: randomness").expect("half of them are drawn");
    assert!(found.difference.is_some(), "{found:?}");
    assert_eq!(tally.worst_unexpected(listed), Some(Verdict::Diverged));
}

/// A server that puts the image of its runs back, and has made a run of this program; none where the kernel cannot do that.
fn put_back(program: &str) -> Option<Client> {
    let mut client = client(guests(), Isolation::Rewind);
    for seed in 100..104 {
        let request = request(&mut client, program, seed);
        client.run(&request).expect("it serves");
    }
    let children = format!("/proc/{0}/task/{0}/children", client.pid());
    let children = fs::read_to_string(children).expect("the server is there");
    (!children.is_empty()).then_some(client)
}

#[test]
fn what_an_earlier_run_left_behind_is_told_from_what_the_program_does() {
    let Some(mut client) = put_back("guarded/kept") else { return };
    let found = examined_by(&mut client, "guarded/kept", 1);
    let difference = check(&found, Cause::LeftBehind, "an earlier run left", "kept");
    assert!(difference.pairs > difference.differed, "forked ones agree: {}", found.judgement.detail);
    let Some(mut client) = put_back("guarded/uptime") else { return };
    check(&examined_by(&mut client, "guarded/uptime", 1), Cause::Clock, "/proc/uptime", "uptime");
}

#[test]
fn a_failure_of_an_image_that_was_put_back_is_compared_with_one_that_has_other_runs_behind_it() {
    let Some(mut client) = put_back("guarded/kept-panic") else { return };
    let (mut same, mut other) = (Known::default(), Known::default());
    for seed in 0..3 {
        // The first of them is compared with a forked image, and those behind it with one in which fewer runs were made.
        let request = request(&mut client, "guarded/kept-panic", seed);
        let found = count(&mut client, &request, &mut other).expect("it serves");
        check(&found, Cause::LeftBehind, "an earlier run left", "kept");
        // The twin's process has runs behind it, too.
        let request = Request { program: String::from("guarded/same-panic"), ..request };
        let found = count(&mut client, &request, &mut same).expect("it serves");
        assert_eq!((found.judgement.verdict, found.difference), (Verdict::Fail, None), "seed {seed}");
    }
}
