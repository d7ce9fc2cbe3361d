//! The checked heap: each misuse is found, named and told with where it came from, and a program that does none is left alone.
//!
//! Knows the guests by name only. Invariant: what is found is found twice, at the same place.

use photofinish::client::{self, Isolation, Request, Run, StackOf};
use photofinish::examine::{Examined, examine};
use photofinish::scenario::Heap;
use photofinish::sim::ending::Ending;
use photofinish::sim::event::Event;
use photofinish::sim::heap::Seen;
use photofinish::verdict::Verdict;

mod served;
mod swept;

use served::{client, guests, request};
use swept::check_scenario;

fn examined(program: &str) -> (Examined, Vec<(StackOf, Vec<String>)>) {
    let mut client = client(guests(), Isolation::Fork);
    let request = request(&mut client, program, 3);
    let examined = examine(&mut client, &request).expect("it serves");
    let stacks = examined.run.stacks.iter().map(|stack| {
        let places = stack.addresses.iter().flat_map(|address| client.symbols().places(*address));
        (stack.of, places.map(|place| place.function).collect())
    });
    let stacks = stacks.collect();
    (examined, stacks)
}

/// A guest, its signature, words of its detail, and the function in which each stack was.
fn check(program: &str, signature: &str, words: &str, places: &[(StackOf, &str)]) -> Run {
    let (Examined { run, judgement, .. }, stacks) = examined(&format!("heap/{program}"));
    assert_eq!(judgement.verdict, Verdict::Fail, "{program}: {judgement:?}");
    assert_eq!(judgement.signature.as_deref(), Some(signature), "{program}: {judgement:?} {stacks:#?}");
    assert!(judgement.detail.contains(words), "{program}: {}", judgement.detail);
    for (of, function) in places {
        let (_, found) = stacks.iter().find(|stack| stack.0 == *of).expect("it has such a stack");
        assert!(
            found.iter().any(|found| found.ends_with(function)),
            "{program}: {of:?} not in {function}: {found:#?}"
        );
    }
    run
}

const FAULTS: &str = "photofinish_guests::heap::faults";

#[test]
fn a_double_free_is_told_with_both_and_with_the_allocation() {
    let places =
        [(StackOf::Misuse, "release_again"), (StackOf::Freed, "release"), (StackOf::Allocated, "allocate")];
    let signature = format!("heap: double free in {FAULTS}::release_again");
    check("double-free", &signature, "a block of 40 bytes was freed that was free already", &places);
    check("double-free-library", &signature, "free already", &[(StackOf::Allocated, "duplicate")]);
    let signature = format!("heap: double free in {FAULTS}::moved_after");
    check("double-free-realloc", &signature, "free already", &places[1..]);
}

#[test]
fn a_wild_free_is_told_apart_from_one_inside_a_block() {
    let signature = format!("heap: wild free in {FAULTS}::release");
    let inside = "lies 16 bytes into a block of 40";
    check("wild-free-inside", &signature, inside, &[(StackOf::Allocated, "allocate")]);
    check("wild-free", &signature, "lies in no block", &[(StackOf::Misuse, "wild")]);
}

#[test]
fn what_was_written_is_told_by_the_block() {
    let allocated = [(StackOf::Allocated, "allocate")];
    let past = format!("heap: write past the end of a block allocated in {FAULTS}::allocate");
    check("write-past", &past, "byte 40 of a block of 40 bytes was written to", &allocated);
    let unseen = check("write-past-unseen", &past, "byte 43 of a block of 40 bytes", &allocated);
    assert!(
        matches!(unseen.ending, Ending::Misused(misuse) if misuse.seen == Seen::End),
        "{:?}",
        unseen.ending
    );
    let before = format!("heap: write before the start of a block allocated in {FAULTS}::allocate");
    check("write-before", &before, "byte -1 of a block of 40 bytes", &allocated);
}

#[test]
fn a_write_after_free_is_seen_at_the_latest_when_the_run_ends() {
    let signature = format!("heap: write after free of a block freed in {FAULTS}::release");
    let places = [(StackOf::Freed, "release"), (StackOf::Allocated, "allocate")];
    for (program, words) in [
        ("write-after-free", "the program was over"),
        // abort(3) is an end like any other.
        ("write-after-free-crash", "the program was over"),
        ("write-after-free-busy", "now and then"),
    ] {
        let run = check(program, &signature, words, &places);
        assert!(matches!(run.ending, Ending::Misused(misuse) if misuse.offset == 7), "{:?}", run.ending);
    }
}

#[test]
fn a_crash_on_freed_memory_says_so() {
    let (Examined { run, judgement, .. }, stacks) = examined("heap/read-after-free");
    assert!(judgement.signature.is_some_and(|said| said.starts_with("signal SIGSEGV")), "{:?}", run.ending);
    assert!(judgement.detail.contains("near a freed block"), "{}", judgement.detail);
    let freed = stacks.iter().find(|(of, _)| *of == StackOf::Freed);
    assert!(freed.is_some_and(|(_, stack)| stack.iter().any(|f| f.ends_with("release"))), "{stacks:#?}");
}

fn written(run: &Run) -> String {
    let pieces = run.events.iter().filter_map(|(_, event)| match event {
        Event::Wrote { bytes, .. } => Some(String::from_utf8_lossy(bytes)),
        _ => None,
    });
    pieces.collect()
}

#[test]
fn blocks_lie_where_they_lie_whoever_looks() {
    let mut client = client(guests(), Isolation::Fork);
    let search = request(&mut client, "heap/addresses", 1);
    let told = Request { events: true, ..search.clone() };
    let plain = Request { heap: Some(Heap::Plain), ..search.clone() };
    let [searched, told, plain] = [search, told, plain].map(|asked| client.run(&asked).expect("it serves"));
    assert_eq!(written(&searched), written(&told), "with events kept or not");
    assert_eq!(searched.figures.events_hash, told.figures.events_hash);
    assert_ne!(written(&searched), written(&plain), "it is another heap");
}

#[test]
fn every_guest_shows_what_it_is_there_for() {
    check_scenario("heap", 60);
}

/// The conformance cases of the heap pass on the checked one: what the program can see is as on Linux.
#[test]
fn the_checked_heap_answers_as_the_plain_one() {
    let mut client = client(guests(), Isolation::Fork);
    for case in ["malloc", "aligned", "realloc", "std"] {
        let plain = request(&mut client, &format!("conformance-memory/{case}"), 0);
        let checked = Request { heap: Some(Heap::Checked), ..plain.clone() };
        let [plain, checked] = [plain, checked].map(|asked| client.run(&asked).expect("it serves"));
        assert_eq!(checked.ending, Ending::Returned, "{case}");
        assert_eq!(written(&checked), written(&plain), "{case}");
    }
}

/// Programs on std, mio, tokio, hyper and smol, with files, processes and hosts: none of them misuses its heap, and none is said to.
#[test]
fn no_healthy_guest_is_accused() {
    let scenarios =
        ["sync", "files", "processes", "programs", "hyper", "smol", "polling", "hosts", "tracing"];
    let listed = client::list(guests()).expect("it lists what it holds");
    let mut client = client(guests(), Isolation::Fork);
    let mut runs = 0;
    for listed in listed.iter().filter(|listed| scenarios.contains(&&*listed.scenario)) {
        // Ten thousand threads are no more about the heap than ten are.
        if listed.name() == "sync/many-threads" {
            continue;
        }
        for seed in 0..2 {
            let plain = request(&mut client, &listed.name(), seed);
            let run = client.run(&Request { heap: Some(Heap::Checked), ..plain }).expect("it serves");
            assert!(
                !matches!(run.ending, Ending::Misused(_)),
                "{} at seed {seed}: {:?}",
                listed.name(),
                run.ending
            );
            runs += 1;
        }
    }
    assert!(runs > 60, "only {runs} runs were made");
}
