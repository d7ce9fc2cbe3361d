//! Records to be opened: a race as small as a race can be, a hostile one, and a long one.
//!
//! Knows no page. Invariant: [`long`] has as many steps as it is asked for, in each of its two runs.

use std::collections::BTreeMap;

use photofinish_reports::record::{
    Author, Commands, Decision, End, Figures, Frame, Headline, Operation, Pair, Passing, Pause, Process,
    Record, SCHEMA, Stack, Step, Switch, Thread, Undone, Verdict, Wake, What,
};

fn text(text: &str) -> String {
    text.to_owned()
}

fn step(step: u64, thread: u32, what: What, stack: u32) -> Step {
    Step { step, at_ns: step * 10, thread, what, stack: Some(stack) }
}

fn called(name: &str, result: i64) -> What {
    What::Called { name: text(name), arg: 3, result }
}

fn switched(to: u32, why: Switch) -> What {
    What::Switched { to, why }
}

fn frame(function: &str, line: u32, author: Author) -> Frame {
    Frame { function: text(function), file: text("app/src/counter.rs"), line, author }
}

/// Two threads read a counter before either writes it: fails; without the one choice it passes.
pub(crate) fn race() -> Record {
    let said = |message: &str| What::Traced {
        level: text("INFO"),
        of: text("event"),
        target: text("app"),
        name: text("event src/counter.rs:12"),
        fields: format!("message={message}"),
        span: None,
        task: None,
    };
    let failing = vec![
        step(1, 0, What::Spawned { child: 1 }, 0),
        step(2, 0, called("read", 0), 1),
        step(3, 0, switched(1, Switch::Preempted), 1),
        step(4, 1, called("read", 0), 1),
        step(5, 1, said("adding one to zero"), 2),
        step(6, 1, called("write", 1), 2),
        step(7, 1, What::Ended, 2),
        step(7, 1, switched(0, Switch::Ended), 2),
        step(8, 0, called("write", 1), 2),
        step(9, 0, What::Wrote { fd: 1, text: text("counter is 1\n") }, 0),
        step(9, 0, What::Wrong { kind: text("judged"), what: text("lost-update") }, 0),
    ];
    let passing = vec![
        step(1, 0, What::Spawned { child: 1 }, 0),
        step(2, 0, called("read", 0), 1),
        step(3, 0, called("write", 1), 2),
        step(4, 0, What::Blocked { on: text("the end of thread 1"), until_ns: None }, 0),
        step(4, 0, switched(1, Switch::Blocked), 0),
        step(5, 1, called("read", 1), 1),
        step(6, 1, called("write", 2), 2),
        step(7, 1, What::Ended, 2),
        step(7, 1, What::Woke { thread: 0, how: Wake::Cause }, 2),
        step(7, 1, switched(0, Switch::Ended), 2),
        step(8, 0, What::Wrote { fd: 1, text: text("counter is 2\n") }, 0),
    ];
    let operation = |thread, stack| Operation { thread, stack };
    let pair = Pair { first: operation(1, 3), second: operation(0, 4) };
    Record {
        schema: SCHEMA,
        headline: Headline {
            program: text("lost-update/buggy"),
            about: Some(text("Two threads add one to a counter.")),
            seed: Some(u64::MAX),
            strategy: text("swarm"),
            verdict: Verdict::Fail,
            signature: Some(text("lost-update")),
            ending: text("returned"),
            detail: vec![text("the counter is 1 and should be 2")],
        },
        figures: Figures { points: 10, switches: 2, virtual_ns: 100, stalled_ns: 0, events_hash: u64::MAX },
        commands: Commands {
            replay: text("cargo xtask sim --seed pf1-AAAA"),
            debug: None,
            token: Some(text("pf1-AAAA")),
        },
        decisions: vec![Decision {
            step: 3,
            at_ns: 30,
            thread: 0,
            what: text("main is held while anything else can happen"),
            stack: Some(1),
            undone: Some(Undone::Passes),
            pair: Some(pair),
        }],
        minimal: Some(text("It is needed.")),
        processes: vec![Process { pid: 1000, program: text("lost-update"), host: 0 }],
        threads: threads(),
        steps: failing,
        stacks: vec![
            Stack(vec![2]),
            Stack(vec![3, 0, 2]),
            Stack(vec![3, 1, 2]),
            Stack(vec![0, 2]),
            Stack(vec![1, 2]),
        ],
        frames: vec![
            frame("app::counter::Counter::load", 11, Author::Program),
            frame("app::counter::Counter::store", 13, Author::Program),
            frame("app::main", 21, Author::Program),
            frame("core::sync::atomic::fence", 900, Author::Std),
        ],
        sources: BTreeMap::from([(
            text("app/src/counter.rs"),
            (8..24).map(|line| (line, format!("    line_{line}();"))).collect(),
        )]),
        ends: vec![End { thread: 0, what: text("returned"), stack: 0 }],
        passing: Some(Passing {
            how: text("without decision 1"),
            ending: text("returned"),
            signature: None,
            figures: Figures::default(),
            threads: threads(),
            steps: passing,
            left_out: 0,
        }),
        ..Record::default()
    }
}

fn threads() -> Vec<Thread> {
    let thread = |name: Option<&str>, parent| Thread { name: name.map(text), parent, pid: 1000 };
    vec![thread(None, None), thread(Some("adder"), Some(0))]
}

/// What a program could say to be taken for markup.
pub(crate) const HOSTILE: &str = "</script><script>window.pwned=1</script><img src=x onerror=\"window.pwned=2\"> \
     '\"`${window.pwned=3}` <!--<script> ]]> &lt; \u{202e}gnp\u{2066}\u{200b} \u{1b}[31m\u{0}\u{8}\u{2028}\u{2029}";

/// The same race, in which everything that the program could choose is hostile.
pub(crate) fn hostile() -> Record {
    let mut record = race();
    let is = || text(HOSTILE);
    record.headline.program = is();
    record.headline.about = Some(is());
    record.headline.signature = Some(is());
    record.headline.detail = vec![is()];
    record.commands.replay = is();
    record.decisions[0].what = is();
    record.minimal = Some(is());
    record.ends[0].what = is();
    for (number, thread) in record.threads.iter_mut().enumerate() {
        thread.name = Some(format!("{HOSTILE}{number}"));
    }
    for (number, frame) in record.frames.iter_mut().enumerate() {
        frame.function = format!("{HOSTILE}{number}");
        frame.file = is();
    }
    let lines = (8..24).map(|line| (line, is())).collect();
    record.sources = BTreeMap::from([(is(), lines)]);
    let whats = [
        What::Panicked { message: is(), place: is() },
        What::Wrote { fd: 2, text: is() },
        What::Noted { what: is() },
        What::Traced {
            level: is(),
            of: text("event"),
            target: is(),
            name: is(),
            fields: is(),
            span: None,
            task: Some(7),
        },
        What::Task { task: 7, name: is(), place: is() },
        What::Executed { pid: 1000, program: is() },
    ];
    record.steps.extend(whats.into_iter().map(|what| step(10, 0, what, 1)));
    if let Some(passing) = &mut record.passing {
        passing.how = is();
        passing.signature = Some(is());
    }
    record.processes.push(Process { pid: 1001, program: is(), host: 0 });
    record
}

/// A run of so many steps of many threads, beside another that is as long and parts from it in the middle.
pub(crate) fn long(steps: usize) -> Record {
    let mut record = race();
    let threads = 24;
    record.threads = (0..threads)
        .map(|thread| Thread {
            name: Some(format!("worker-{thread}")),
            parent: (thread > 0).then_some(0),
            pid: 1000,
        })
        .collect();
    record.frames = (0..400)
        .map(|number| {
            frame(
                &format!("app::module_{}::Type{number}::function_{number}", number % 20),
                8 + number % 16,
                Author::Program,
            )
        })
        .collect();
    record.stacks = (0..300)
        .map(|number| Stack((0..20).map(|depth| (number * 7 + depth * 13) % 400).collect()))
        .collect();
    record.steps = many(steps, threads, 1);
    record.decisions[0].step = record.steps[steps / 2].step;
    record.decisions[0].thread = record.steps[steps / 2].thread;
    if let Some(passing) = &mut record.passing {
        passing.threads.clone_from(&record.threads);
        passing.steps = many(steps, threads, 3);
    }
    record
}

/// Threads take turns, call, wait and wake each other; from the middle on, in another order for another factor.
fn many(steps: usize, threads: u32, factor: u64) -> Vec<Step> {
    let mut made = Vec::with_capacity(steps);
    let (mut thread, mut at_ns) = (0, 0);
    for index in 0..steps {
        let number = index as u64;
        let turn = if index < steps / 2 { number } else { number * factor };
        let other = u32::try_from((turn * 7 + 1) % u64::from(threads)).unwrap_or(0);
        let what = match index % 8 {
            3 => What::Blocked { on: format!("futex word {}", turn % 50), until_ns: None },
            4 => switched(other, Switch::Blocked),
            5 => What::Woke { thread: (other + 1) % threads, how: Wake::Cause },
            6 if index % 64 == 6 => What::Passed { ns: 5_000 + turn % 1_000, why: Pause::Stalled },
            7 if index % 512 == 7 => What::Wrote { fd: 1, text: format!("line {turn} of the output\n") },
            _ => What::Called {
                name: text("clock_gettime"),
                arg: 1,
                result: 86_400_000_000_000 + (at_ns as i64),
            },
        };
        at_ns += 200 + turn % 13;
        let stack = u32::try_from(turn % 300).ok();
        made.push(Step { step: number * 3, at_ns, thread, what, stack });
        if index % 8 == 4 {
            thread = other;
        }
    }
    made
}
