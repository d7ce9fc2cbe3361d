//! Ordinary programs under the simulation: what must hold under every schedule, and what must break under some.
//!
//! Knows the guests by name only. Invariant: every variant of `sync`, `time`, `races` and `files` is run here, with many seeds.

use photofinish::client::{self, Isolation, Request};
use photofinish::examine::{Examined, examine};
use photofinish::sim::chooser::Strategy;
use photofinish::sim::event::Event;
use photofinish::sim::limits::Limits;
use photofinish::verdict::Verdict;

mod served;
mod swept;

use served::{client, guests, request};
use swept::{check_scenario, sweep};

/// A run of a seed, after `change` to what is asked for.
fn run(program: &str, seed: u64, change: impl FnOnce(Request) -> Request) -> Examined {
    let mut client = client(guests(), Isolation::Fork);
    let request = change(request(&mut client, program, seed));
    examine(&mut client, &request).expect("it serves")
}

/// What a program wrote to its standard output.
fn said(program: &str, seed: u64, change: impl FnOnce(Request) -> Request) -> String {
    let Examined { run, judgement, .. } = run(program, seed, change);
    assert_eq!(judgement.verdict, Verdict::Pass, "{judgement:?}");
    let pieces = run.events.iter().filter_map(|(_, event)| match event {
        Event::Wrote { fd: 1, bytes } => Some(bytes.as_slice()),
        _ => None,
    });
    String::from_utf8(pieces.collect::<Vec<_>>().concat()).expect("the guests write text")
}

#[test]
fn what_synchronises_does_so_under_every_schedule() {
    check_scenario("sync", 30);
}

#[test]
fn what_waits_for_the_clock_waits_as_long_as_it_says() {
    check_scenario("time", 300);
}

#[test]
fn what_talks_through_sockets_is_understood_under_every_schedule() {
    check_scenario("sockets", 30);
}

#[test]
fn what_is_racy_is_found_out() {
    check_scenario("races", 500);
    check_scenario("files", 60);
}

#[test]
fn a_boring_schedule_finds_no_race() {
    let listed = client::list(guests()).expect("it lists what it holds");
    for listed in listed.iter().filter(|listed| listed.scenario == "races") {
        for seed in 0..5 {
            let boring = |request| Request { strategy: Strategy::Boring, ..request };
            assert_eq!(
                run(&listed.name(), seed, boring).judgement.verdict,
                Verdict::Pass,
                "{}",
                listed.name()
            );
        }
    }
}

#[test]
fn a_lost_update_is_found_on_one_seed_in_ten_at_least() {
    let tally = sweep("races/lost-update", 200);
    let found = &tally.found["lost-update"];
    assert!(found.runs >= 20, "{} of 200", found.runs);
}

#[test]
fn a_deadlock_says_who_waits_for_whom() {
    let mut client = client(guests(), Isolation::Fork);
    let deadlock = (0..200)
        .map(|seed| {
            let request = request(&mut client, "races/lock-order", seed);
            examine(&mut client, &request).expect("it serves").judgement
        })
        .find(|judgement| judgement.verdict != Verdict::Pass)
        .expect("200 seeds are enough");
    assert_eq!(
        deadlock.signature.as_deref(),
        Some("deadlock in photofinish_guests::races::programs::lock_order")
    );
    for words in ["(left) waits for futex word", "(right) waits for futex word", "(root) waits for"] {
        assert!(deadlock.detail.contains(words), "{}", deadlock.detail);
    }
}

#[test]
fn both_outcomes_of_a_race_with_a_time_out_are_seen() {
    for program in ["race-tie", "race-condvar", "race-recv", "race-park", "race-read"] {
        let tally = sweep(&format!("time/{program}"), 300);
        let timed_out = tally.found["timed-out"].runs;
        assert!(tally.passed > 0 && tally.passed + timed_out == tally.runs, "{program}: {tally:?}");
    }
}

#[test]
fn hash_keys_follow_from_the_seed() {
    let said = |seed| said("sync/hash-order", seed, |request| request);
    let words: Vec<String> = (0..10).map(said).collect();
    for (seed, words_of) in (0..10).zip(&words) {
        assert_eq!(said(seed), *words_of, "seed {seed}");
        let (one, other) = words_of.trim_end().split_once('\n').expect("two threads say something");
        assert_ne!(one, other, "two threads have the same keys");
    }
    let mut different = words.clone();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), words.len(), "two seeds gave the same keys");
}

#[test]
fn the_number_of_processors_is_a_setting() {
    for cores in [1, 2, 4, 64] {
        assert_eq!(said("sync/processors", 1, |request| Request { cores, ..request }), format!("{cores}\n"));
    }
}

#[test]
fn connecting_is_given_up_in_time() {
    for seed in 0..20 {
        // Without stalls: a thread may be descheduled between the first segment it sends and its wait for the answer.
        let limits = Limits { stall_ns: 0, ..Limits::default() };
        let took: u64 = said("time/connect", seed, |request| Request { limits, ..request })
            .trim()
            .parse()
            .expect("microseconds");
        assert!((500_000..501_000).contains(&took), "{took} us");
    }
}

#[test]
fn an_hour_takes_no_time() {
    let mut client = client(guests(), Isolation::Fork);
    let began = std::time::Instant::now();
    for seed in 0..10 {
        let request = request(&mut client, "time/sleep", seed);
        let run = client.run(&request).expect("it serves");
        assert!(run.figures.virtual_ns > 3_600 * 1_000_000_000, "{:?}", run.figures);
        assert_eq!(run.figures.stalled_ns, 0);
    }
    assert!(began.elapsed().as_millis() < 1_000, "ten runs took {:?}", began.elapsed());
}

#[test]
fn seeds_are_numbers_of_any_size() {
    for seed in [u64::MAX, 1 << 63, u64::from(u32::MAX)] {
        assert_eq!(run("sync/mpsc", seed, |request| request).judgement.verdict, Verdict::Pass);
    }
}

#[test]
fn processes_start_end_and_are_waited_for() {
    check_scenario("processes", 30);
}
