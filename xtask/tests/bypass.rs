//! What goes past the C library is caught: served where we model it, and never real without a word.
//!
//! Knows the guests by name only. Invariant: the guests of `bypass` make their system calls by an instruction of their own, which no
//! symbol sees.

use photofinish::client::{self, Isolation, Request, StackOf};
use photofinish::examine::{Examined, examine};
use photofinish::sim::event::Event;
use photofinish::symbols::Symbols;
use photofinish::verdict::Verdict;

mod served;

use served::{client, guests, request};

fn examined(program: &str, seed: u64, isolation: Isolation) -> Examined {
    let mut client = client(guests(), isolation);
    assert_eq!(client.notes(), &[] as &[String], "this machine can catch everything");
    let request = Request { events: true, ..request(&mut client, program, seed) };
    examine(&mut client, &request).expect("it serves")
}

fn escapes(examined: &Examined) -> Vec<&str> {
    let escaped = examined.run.events.iter().filter_map(|(_, event)| match event {
        Event::Escaped { what } => Some(&**what),
        _ => None,
    });
    escaped.collect()
}

fn said(examined: &Examined) -> String {
    let pieces = examined.run.events.iter().filter_map(|(_, event)| match event {
        Event::Wrote { fd: 1, bytes } => Some(bytes.as_slice()),
        _ => None,
    });
    String::from_utf8(pieces.collect::<Vec<_>>().concat()).expect("the guests write text")
}

/// Whether a function of this name stands in the stack recorded for this reason.
fn stands_in(examined: &Examined, of: StackOf, name: &str) -> bool {
    let symbols = Symbols::open(guests());
    let stacks = examined.run.stacks.iter().filter(|stack| stack.of == of);
    let mut places = stacks.flat_map(|stack| &stack.addresses).flat_map(|address| symbols.places(*address));
    places.any(|place| place.function == name || place.function.ends_with(&format!("::{name}")))
}

#[test]
fn what_is_modelled_is_served_under_every_schedule() {
    let listed = client::list(guests()).expect("it lists what it holds");
    let sound = listed.iter().filter(|listed| listed.scenario == "bypass" && listed.must.is_empty());
    for program in sound.map(photofinish::scenario::Listed::name) {
        for seed in 0..20 {
            let examined = examined(&program, seed, Isolation::Fork);
            assert_eq!(
                examined.judgement.verdict,
                Verdict::Pass,
                "{program}, seed {seed}: {:?}",
                examined.judgement
            );
            assert!(!escapes(&examined).is_empty(), "{program}: nothing was caught");
        }
    }
}

#[test]
fn what_is_caught_is_an_event_with_the_line_that_did_it() {
    for (program, call, caller) in [
        ("echo", "write", "ask"),
        ("futex", "futex", "play"),
        ("ids", "getpid", "ids"),
        ("random", "getrandom", "random"),
        ("vdso", "clock_gettime", "vdso_clock_gettime"),
        ("counter", "rdtsc", "counter"),
    ] {
        let examined = examined(&format!("bypass/{program}"), 1, Isolation::Fork);
        assert!(escapes(&examined).contains(&call), "{program}: {:?}", escapes(&examined));
        assert!(stands_in(&examined, StackOf::Escaped, caller), "{program}: no {caller}");
    }
}

#[test]
fn what_is_not_modelled_makes_a_run_inconclusive_and_is_named() {
    for (program, call) in [
        ("io-uring", "system call io_uring_setup/425 made past libc"),
        ("ptrace", "system call ptrace/"),
        ("nonsense", "system call number 9999/9999 made past libc"),
    ] {
        let examined = examined(&format!("bypass/{program}"), 1, Isolation::Fork);
        let signature = examined.judgement.signature.clone().unwrap_or_default();
        assert_eq!(examined.judgement.verdict, Verdict::Inconclusive, "{program}: {signature}");
        assert!(signature.starts_with("unmodelled: ") && signature.contains(call), "{program}: {signature}");
        let caller = program.replace('-', "_");
        assert!(stands_in(&examined, StackOf::Unmodelled, &caller), "{program}: no {caller}");
    }
}

#[test]
fn the_counter_is_virtual_time_at_a_tick_per_nanosecond() {
    let told = |seed, isolation| said(&examined("bypass/counter", seed, isolation));
    let [one, again] = [(); 2].map(|()| told(3, Isolation::Fork));
    assert_eq!(one, again, "two processes");
    assert_eq!(one, told(3, Isolation::Baton), "with batons");
    assert!(one.ends_with("on processor 0\n"), "{one}");
}

#[test]
fn a_loop_on_the_counter_lets_others_run() {
    let done = (0..20)
        .filter(|seed| said(&examined("bypass/counter-spin", *seed, Isolation::Fork)).starts_with("true"));
    assert_eq!(done.count(), 20);
}

#[test]
fn random_bytes_follow_from_the_seed() {
    let told = |seed| said(&examined("bypass/random", seed, Isolation::Fork));
    assert_eq!(told(1), told(1));
    assert_ne!(told(1), told(2));
}

/// Held by `harness/tests/guests/tests/past_libc.rs`: without the flag of instrumented builds, each of these makes such calls.
#[test]
fn a_program_over_rustix_asks_the_c_library_when_it_is_built_for_simulation() {
    for program in ["polling/echo", "polling/notify", "polling/modes", "smol/echo", "smol/others"] {
        let examined = examined(program, 0, Isolation::Fork);
        assert_eq!(examined.judgement.verdict, Verdict::Pass, "{program}: {:?}", examined.judgement);
        assert!(escapes(&examined).is_empty(), "{program}: {:?}", escapes(&examined));
    }
}
