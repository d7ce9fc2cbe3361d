//! Records by hand: a small run, and any record for property tests.
//!
//! Knows no format. Invariant: [`small`] has a step of each kind that a picture shows.

use photofinish_reports::json::read;
use photofinish_reports::record::{
    Author, Commands, Decision, End, Figures, Frame, Headline, Host, Packet, Pause, Process, Record, SCHEMA,
    Sender, Stack, Step, Switch, Thread, Undone, Verdict, Wake, What,
};
use proptest::prelude::*;

/// What a program could write to be taken for markup, a command or an end of text.
pub(crate) const HOSTILE: &str = "<script>alert('1')</script> ]]> &amp; \"quoted\" \u{1b}[31mred\u{1b}[0m \u{0}\u{8}\u{85}\u{fffe}\u{ffff} \r\n|`日本語`\u{202e}";

/// A run that was recorded.
pub(crate) fn recorded(name: &str) -> Record {
    let path = format!("{}/tests/records/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(&path).expect("a record that is committed");
    read(&bytes, &path).expect("a record of this schema")
}

fn step(step: u64, at_ns: u64, thread: u32, what: What) -> Step {
    Step { step, at_ns, thread, what, stack: None }
}

fn text(text: &str) -> String {
    text.to_owned()
}

/// Two hosts, three threads, a message between them, a task that traces, and a panic.
pub(crate) fn small() -> Record {
    let frame = |function: &str, line| Frame {
        function: text(function),
        file: text("app/src/pool.rs"),
        line,
        author: Author::Program,
    };
    Record {
        schema: SCHEMA,
        headline: Headline {
            program: text("late-listener/buggy"),
            about: Some(text("A listener is attached after the work was begun.")),
            seed: Some(2),
            strategy: text("eager:90:0"),
            verdict: Verdict::Fail,
            signature: Some(text("panic in app::pool::take: the len is N")),
            ending: text("panicked"),
            detail: vec![text("the len is 3"), text("at src/pool.rs:12:5")],
        },
        figures: Figures {
            points: 900,
            switches: 7,
            virtual_ns: 5_000,
            stalled_ns: 1_000,
            events_hash: u64::MAX,
        },
        commands: Commands {
            replay: text("cargo xtask sim late-listener/buggy --seed 2 --strategy eager:90:0"),
            debug: Some(text("cargo xtask sim late-listener/buggy --seed 2 --gdb")),
            token: Some(text("pf1-AAAA")),
        },
        decisions: vec![Decision {
            step: 40,
            at_ns: 1_000,
            thread: 1,
            what: text("rpc-0 was stopped, and client went on"),
            stack: Some(0),
            undone: Some(Undone::Passes),
            pair: None,
        }],
        minimal: Some(text("it is needed")),
        hosts: vec![Host { name: text("localhost") }, Host { name: text("db") }],
        processes: vec![
            Process { pid: 1000, program: text("app"), host: 0 },
            Process { pid: 1001, program: text("server"), host: 1 },
        ],
        threads: vec![
            Thread { name: None, parent: None, pid: 1000 },
            Thread { name: Some(text("rpc-0")), parent: Some(0), pid: 1000 },
            Thread { name: Some(text("server")), parent: Some(0), pid: 1001 },
        ],
        steps: steps(),
        stacks: vec![Stack(vec![0, 1])],
        frames: vec![frame("app::pool::take", 12), frame("app::main", 3)],
        ends: vec![End { thread: 1, what: text("panicked"), stack: 0 }],
        ..Record::default()
    }
}

fn steps() -> Vec<Step> {
    let packet = |sent| Packet { segment: text("data"), bytes: 20, from: 0, to: 1, sent, socket: Some(3) };
    let traced = |of: &str, name: &str, span| What::Traced {
        level: text("INFO"),
        of: text(of),
        target: text("app"),
        name: text(name),
        fields: text("n=1"),
        span,
        task: Some(7),
    };
    let sent = Sender { thread: 0, step: 12, at_ns: 300 };
    let switched = |to, why| What::Switched { to, why };
    let mut steps = vec![
        step(1, 100, 0, What::Spawned { child: 1 }),
        step(2, 110, 0, What::Spawned { child: 2 }),
        step(5, 200, 0, What::Task { task: 7, name: text("relay"), place: text("src/main.rs:9:5") }),
        step(12, 300, 0, What::Sent(packet(None))),
        step(13, 310, 0, What::Blocked { on: text("the end of thread 1"), until_ns: Some(9_000) }),
        step(13, 310, 0, switched(1, Switch::Blocked)),
        step(14, 320, 1, What::Named { name: text("rpc-0") }),
        step(15, 330, 1, traced("new", "request", Some(5))),
        step(16, 340, 1, traced("enter", "request", Some(5))),
        step(17, 350, 1, traced("event", "sending", Some(5))),
        step(18, 360, 1, traced("exit", "request", Some(5))),
        step(19, 370, 1, traced("close", "request", Some(5))),
        step(20, 380, 1, What::Called { name: text("read"), arg: 3, result: -11 }),
        step(40, 1_000, 1, switched(2, Switch::Preempted)),
        step(41, 1_010, 2, What::Named { name: text("server") }),
        step(42, 1_020, 2, What::Blocked { on: text("something to read from socket 1"), until_ns: None }),
        step(42, 2_020, 2, What::Passed { ns: 1_000, why: Pause::Stalled }),
        step(42, 2_020, 2, What::Arrived(packet(Some(sent)))),
        step(42, 2_020, 2, What::Woke { thread: 2, how: Wake::Cause }),
        step(50, 2_100, 2, What::Wrote { fd: 1, text: text("got 20 bytes\n") }),
        step(51, 2_110, 2, What::Marked { mark: text("busy at src/server.rs:4"), outcome: text("reached") }),
        step(52, 2_120, 2, What::Ended),
        step(52, 2_120, 2, switched(1, Switch::Ended)),
        step(60, 2_200, 1, What::Wrote { fd: 2, text: text("thread panicked\n") }),
    ];
    let message = text("the len is 3");
    let panicked = What::Panicked { message, place: text("src/pool.rs:12:5") };
    steps.push(Step { stack: Some(0), ..step(61, 2_210, 1, panicked) });
    steps.push(step(61, 2_210, 1, What::Wrong { kind: text("judged"), what: text("late") }));
    steps
}

/// Every kind of step, with every text of it being this one.
pub(crate) fn every_kind(with: &str) -> Vec<What> {
    let t = || with.to_owned();
    let packet = || Packet { segment: t(), bytes: u64::MAX, from: 1, to: u32::MAX, sent: None, socket: None };
    let every = vec![
        What::Spawned { child: 1 },
        What::Named { name: t() },
        What::Ended,
        What::Switched { to: 1, why: Switch::Yielded },
        What::Blocked { on: t(), until_ns: Some(u64::MAX) },
        What::Woke { thread: 1, how: Wake::Deadline },
        What::Passed { ns: u64::MAX, why: Pause::Idle },
        What::Called { name: t(), arg: i64::MIN, result: i64::MAX },
        What::Sent(packet()),
        What::Arrived(Packet { sent: Some(Sender { thread: 9, step: 1, at_ns: 2 }), ..packet() }),
        What::Strayed { packet: packet(), fate: t() },
        What::Link { from: 0, to: 1, change: t() },
        What::Host { host: 1, change: t() },
        What::Forked { child: 1001 },
        What::Executed { pid: 1001, program: t() },
        What::Exited { pid: 1001, status: t() },
        What::Signalled { pid: -1, signal: 15 },
        What::Wrote { fd: 1, text: t() },
        What::Panicked { message: t(), place: t() },
        What::Traced { level: t(), of: t(), target: t(), name: t(), fields: t(), span: Some(1), task: None },
        What::Marked { mark: t(), outcome: t() },
        What::Wrong { kind: t(), what: t() },
        What::Noted { what: t() },
        What::Task { task: 1, name: t(), place: t() },
        What::Other,
    ];
    // A kind that is added to `What` has to be added above, too: this match then does not compile.
    for what in &every {
        match what {
            What::Spawned { .. } | What::Named { .. } | What::Ended | What::Switched { .. } => {}
            What::Blocked { .. } | What::Woke { .. } | What::Passed { .. } | What::Called { .. } => {}
            What::Sent(_) | What::Arrived(_) | What::Strayed { .. } | What::Link { .. } => {}
            What::Host { .. } | What::Forked { .. } | What::Executed { .. } | What::Exited { .. } => {}
            What::Signalled { .. } | What::Wrote { .. } | What::Panicked { .. } | What::Traced { .. } => {}
            What::Marked { .. }
            | What::Wrong { .. }
            | What::Noted { .. }
            | What::Task { .. }
            | What::Other => {}
        }
    }
    every
}

/// Any text, hostile more often than chance has it.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![3 => any::<String>(), 1 => Just(HOSTILE.to_owned()), 1 => "[a-z:/ ]{0,12}"]
}

fn any_step() -> impl Strategy<Value = Step> {
    let what = any_text().prop_flat_map(|text| proptest::sample::select(every_kind(&text)));
    let small = prop_oneof![4 => 0..4_u32, 1 => any::<u32>()];
    let time = prop_oneof![4 => 0..5_000_u64, 1 => any::<u64>()];
    (what, small.clone(), time, any::<u64>(), proptest::option::of(small))
        .prop_map(|(what, thread, at_ns, step, stack)| Step { step, at_ns, thread, what, stack })
}

/// Any record: numbers that refer to nothing, times that go backwards, texts of any characters.
pub(crate) fn any_record() -> impl Strategy<Value = Record> {
    let threads = proptest::collection::vec((proptest::option::of(any_text()), 998..1003_i32), 0..4);
    let steps = proptest::collection::vec(any_step(), 0..24);
    (threads, steps, any_text(), any::<u64>()).prop_map(|(threads, steps, text, number)| {
        let mut record = small();
        record.threads =
            threads.into_iter().map(|(name, pid)| Thread { name, parent: Some(0), pid }).collect();
        record.steps = steps;
        record.headline.program.clone_from(&text);
        record.headline.signature = Some(text.clone());
        record.headline.detail = vec![text.clone(), text.clone()];
        record.hosts[1].name.clone_from(&text);
        record.frames[0].function.clone_from(&text);
        record.decisions[0].what = text;
        record.decisions[0].at_ns = number;
        record.figures.virtual_ns = number;
        record
    })
}
