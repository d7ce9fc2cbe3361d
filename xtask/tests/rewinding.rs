//! Runs in an image that is put back: that they are those of processes of their own, and that one process makes many.
//!
//! Does not know what the programs do. Invariant: what is compared is all that a run leaves, its events included.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use photofinish::client::{self, Client, Isolation, Request, Run};
use photofinish::scenario::Heap;
use photofinish::sim::ending::Ending;
use photofinish::sim::limits::Limits;

mod served;

use served::{client, guests, request};

/// A run with its events. One that wants more memory than there is is to meet that limit soon.
fn asked(client: &mut Client, program: &str, seed: u64) -> Request {
    let limits = Limits { memory_max: 256 << 20, ..Limits::default() };
    Request { limits, events: true, ..request(client, program, seed) }
}

/// The processes in which a server makes runs, that are there now.
fn processes(client: &Client) -> BTreeSet<String> {
    let path = format!("/proc/{0}/task/{0}/children", client.pid());
    let children = fs::read_to_string(path).expect("the server is there");
    children.split_whitespace().map(str::to_owned).collect()
}

fn programs(of: impl Fn(&str) -> bool) -> Vec<String> {
    let listed = client::list(guests()).expect("it lists what it holds");
    let chosen = listed.iter().filter(|listed| of(&listed.scenario));
    chosen.map(photofinish::scenario::Listed::name).collect()
}

/// Makes a run both ways, and sees that it is the same.
fn compare(rewound: &mut Client, forked: &mut Client, request: &Request) {
    let [here, there]: [Run; 2] = [rewound, forked].map(|client| client.run(request).expect("it serves"));
    let (name, seed) = (&request.program, request.seed);
    if let (Ending::Escaped { .. }, Ending::Escaped { .. }) = (&here.ending, &there.ending) {
        // Where it was when its real time was over is as the machine was busy.
        return;
    }
    assert_eq!(here.figures, there.figures, "{name}, seed {seed}");
    // What a process reads of itself in `/proc` has its real number in its name, and differs from server to server.
    let [mut here, mut there] = [here, there];
    let [one, other] = [&mut here, &mut there].map(|run| {
        core::mem::take(&mut run.sights)
            .into_iter()
            .map(|sight| (sight.events, sight.thread))
            .collect::<Vec<_>>()
    });
    assert_eq!(one, other, "{name}, seed {seed}");
    assert!(here == there, "{name}, seed {seed}: {} and {}", here.ending.word(), there.ending.word());
    assert!(!matches!(here.ending, Ending::Bug { .. }), "{name}, seed {seed}: {:?}", here.ending);
}

#[test]
fn what_a_run_leaves_behind_no_other_finds() {
    let mut forked = client(guests(), Isolation::Fork);
    for program in programs(|scenario| scenario == "leftovers") {
        let mut rewound = client(guests(), Isolation::Rewind);
        let mut seen = BTreeSet::new();
        for seed in 0..12 {
            let request = asked(&mut forked, &program, seed);
            compare(&mut rewound, &mut forked, &request);
            let now = processes(&rewound);
            assert!(now.len() <= 1, "{program}: {now:?}");
            seen.extend(now);
        }
        // Symbols that were looked up take a process each, and forty threads a larger pool.
        let few = seen.len() <= 3;
        assert!(few || !is_possible(), "{program}: twelve runs took {} processes", seen.len());
    }
}

/// Whether this kernel tells which pages a process wrote: then a run of nothing leaves a process for the next.
fn is_possible() -> bool {
    let mut client = client(guests(), Isolation::Rewind);
    for seed in 0..4 {
        let request = asked(&mut client, "races/statics", seed);
        client.run(&request).expect("it serves");
    }
    !processes(&client).is_empty()
}

#[test]
fn every_guest_does_in_an_image_what_it_does_in_a_process() {
    let mut rewound = client(guests(), Isolation::Rewind);
    let mut forked = client(guests(), Isolation::Fork);
    // The guarded look at what really differs from process to process.
    let programs = programs(|scenario| scenario != "guarded");
    for program in &programs {
        let request = asked(&mut forked, program, 0);
        compare(&mut rewound, &mut forked, &request);
    }
}

#[test]
fn a_checked_heap_is_put_back_too() {
    let mut rewound = client(guests(), Isolation::Rewind);
    let mut forked = client(guests(), Isolation::Fork);
    for seed in 0..6 {
        for program in ["races/lost-update", "leftovers/heap", "leftovers/mapping"] {
            let request = Request { heap: Some(Heap::Checked), ..asked(&mut forked, program, seed) };
            compare(&mut rewound, &mut forked, &request);
        }
    }
}

#[test]
fn a_run_that_takes_its_process_along_is_told_and_the_next_has_another() {
    let mut rewound = client(guests(), Isolation::Rewind);
    let mut forked = client(guests(), Isolation::Fork);
    for seed in 0..4 {
        for program in
            ["races/statics", "endings/abort", "races/statics", "endings/panic", "races/lost-update"]
        {
            let request = asked(&mut forked, program, seed);
            compare(&mut rewound, &mut forked, &request);
        }
    }
}

#[test]
fn a_process_that_is_killed_between_two_runs_is_replaced() {
    let mut rewound = client(guests(), Isolation::Rewind);
    let mut forked = client(guests(), Isolation::Fork);
    for seed in 0..6 {
        let request = asked(&mut forked, "races/lost-update", seed);
        compare(&mut rewound, &mut forked, &request);
        for process in processes(&rewound) {
            let killed = Command::new("kill").args(["-9", &process]).status().expect("there is kill(1)");
            assert!(killed.success(), "seed {seed}: {process}");
        }
    }
}
