//! What a program traces is part of its run: the same each time, with virtual time, thread, task and spans.
//!
//! Knows the programs by name only. Invariant: what is traced does not depend on whether anybody keeps it.

use photofinish::client::{self, Client, Isolation, Request, Run};
use photofinish::examine::{Examined, examine};
use photofinish::record::Record;
use photofinish::sim::chooser::Strategy;
use photofinish::sim::event::Event;
use photofinish::sim::seed::Seed;
use photofinish::sweep::Tally;

mod served;

use served::{client, guests, request};

const PROGRAMS: [&str; 4] = ["tracing/tasks", "tracing/described", "tracing/threads", "tracing/panics"];

fn run(client: &mut Client, request: &Request) -> Run {
    client.run(request).expect("it serves")
}

/// What a program traced, with the milliseconds and the thread.
fn traced(run: &Run) -> Vec<String> {
    let line = |event: &Event| match event {
        Event::Traced(traced) => Some(traced.to_string()),
        Event::TaskSpawned(spawned) => Some(format!("{spawned:?}")),
        _ => None,
    };
    let events = run.events.iter();
    events
        .filter_map(|(stamp, event)| Some((stamp, line(event)?)))
        .map(|(stamp, line)| format!("{:>3} ms t{} {line}", stamp.at_ns / 1_000_000, stamp.thread.0))
        .collect()
}

#[test]
fn programs_that_trace_do_as_they_should_under_every_schedule() {
    let listed = client::list(guests()).expect("it lists what it holds");
    for listed in listed.iter().filter(|listed| listed.scenario == "tracing") {
        assert!(PROGRAMS.contains(&&*listed.name()), "{} is run by no test", listed.name());
        let (mut client, mut tally) = (client(guests(), Isolation::Fork), Tally::default());
        for seed in 0..30 {
            let request = request(&mut client, &listed.name(), seed);
            let examined = examine(&mut client, &request).expect("it serves");
            tally.add(request.seed, &request.strategy.to_string(), &examined);
        }
        let complaints = tally.complaints(listed, Seed(0));
        assert!(complaints.is_empty(), "{}: {complaints:#?}", listed.name());
    }
}

#[test]
fn what_is_traced_is_the_same_in_every_process_and_kept_or_not() {
    for program in PROGRAMS {
        let (mut one, mut other) = (client(guests(), Isolation::Fork), client(guests(), Isolation::Fork));
        for seed in 0..10 {
            let searched = request(&mut one, program, seed);
            let told = Request { events: true, ..searched.clone() };
            let (search, one, other) =
                (run(&mut one, &searched), run(&mut one, &told), run(&mut other, &told));
            for (index, (a, b)) in one.events.iter().zip(&other.events).enumerate() {
                assert_eq!(a, b, "{program}, seed {seed}: event {index}");
            }
            assert_eq!(one.figures, other.figures, "{program}, seed {seed}");
            assert_eq!(search.figures, one.figures, "{program}, seed {seed}, events not kept");
            assert!(traced(&search).is_empty() && !traced(&one).is_empty(), "{program}, seed {seed}");
        }
    }
}

/// What a program traces under the boring schedule.
fn boring(program: &str) -> String {
    let mut client = client(guests(), Isolation::Fork);
    let request = request(&mut client, program, 0);
    let request = Request { strategy: Strategy::Boring, events: true, ..request };
    traced(&run(&mut client, &request)).join("\n")
}

#[test]
fn what_tasks_trace() {
    insta::assert_snapshot!(boring("tracing/tasks"));
}

#[test]
fn what_described_tasks_trace() {
    insta::assert_snapshot!(boring("tracing/described"));
}

#[test]
fn a_failing_run_is_told_with_what_was_traced_before() {
    let mut client = client(guests(), Isolation::Fork);
    let request = Request { strategy: Strategy::Boring, ..request(&mut client, "tracing/panics", 0) };
    let Examined { run, judgement, .. } = examine(&mut client, &request).expect("it serves");
    let record = Record::new(&request.program, request.seed, request.strategy, &run, &judgement);
    // Without the nanoseconds, which differ from compiler to compiler.
    let lines: Vec<String> =
        record.traced.iter().map(|line| format!("{}·{}", &line[..5], &line[11..])).collect();
    insta::assert_snapshot!(lines.join("\n"));
}
