//! Records made by hand, each about one thing that a report must show.
//!
//! Does not look like what the kernel writes in every step. Invariant: an example is small enough to be read.

use photofinish_reports::record::{
    Author, Commands, Decision, End, Figures, Frame, Headline, Host, Operation, Packet, Pair, Passing, Pause,
    Process, Record, SCHEMA, Sender, Stack, Step, Switch, Thread, Undone, Verdict, Wake, What,
};

/// Makes a record, step by step.
#[derive(Default)]
pub(crate) struct Maker {
    record: Record,
    points: u64,
}

impl Maker {
    pub(crate) fn new(program: &str, signature: &str, threads: &[Option<&str>]) -> Self {
        let thread = |name: &Option<&str>| Thread { name: name.map(str::to_owned), parent: None, pid: 1000 };
        let record = Record {
            schema: SCHEMA,
            headline: Headline {
                program: program.to_owned(),
                strategy: String::from("walk:4:0:0"),
                verdict: Verdict::Fail,
                signature: Some(signature.to_owned()),
                ending: String::from("returned"),
                ..Headline::default()
            },
            commands: Commands {
                replay: format!("cargo xtask sim {program} --seed 5"),
                ..Commands::default()
            },
            hosts: vec![Host { name: String::from("localhost") }],
            processes: vec![Process { pid: 1000, program: program.to_owned(), host: 0 }],
            threads: threads.iter().map(thread).collect(),
            ..Record::default()
        };
        Self { record, points: 0 }
    }

    /// A stack of the program's own functions: `function file:line`, innermost first.
    pub(crate) fn stack(&mut self, places: &[&str]) -> u32 {
        let mut stack = Stack::default();
        for place in places {
            let (function, at) = place.split_once(' ').expect("a function and a place");
            let (file, line) = at.split_once(':').expect("a file and a line");
            let frame = Frame {
                function: function.to_owned(),
                file: format!("app/src/{file}"),
                line: line.parse().expect("a number"),
                author: Author::Program,
            };
            self.record.frames.push(frame);
            stack.0.push(u32::try_from(self.record.frames.len() - 1).expect("few"));
        }
        self.record.stacks.push(stack);
        u32::try_from(self.record.stacks.len() - 1).expect("few")
    }

    /// A step after so many points more.
    pub(crate) fn step(&mut self, after: u64, thread: u32, what: What, places: &[&str]) -> &mut Self {
        self.points += after;
        let stack = (!places.is_empty()).then(|| self.stack(places));
        let (step, at_ns) = (self.points, self.points * 10);
        self.record.steps.push(Step { step, at_ns, thread, what, stack });
        self
    }

    pub(crate) fn decide(
        &mut self,
        thread: u32,
        what: &str,
        places: &[&str],
        pair: Option<[(u32, &[&str]); 2]>,
    ) {
        let stack = Some(self.stack(places));
        let pair = pair.map(|pair| {
            let [first, second] =
                pair.map(|(thread, places)| Operation { thread, stack: self.stack(places) });
            Pair { first, second }
        });
        let (step, at_ns, what) = (self.points, self.points * 10, what.to_owned());
        let undone = Some(Undone::Passes);
        self.record.decisions.push(Decision { step, at_ns, thread, what, stack, undone, pair });
    }

    pub(crate) fn done(&mut self) -> Record {
        let switches =
            self.record.steps.iter().filter(|step| matches!(step.what, What::Switched { .. })).count();
        self.record.figures = Figures {
            points: self.points,
            switches: switches as u64,
            virtual_ns: self.points * 10,
            ..Figures::default()
        };
        self.record.clone()
    }
}

pub(crate) fn switched(to: u32, why: Switch) -> What {
    What::Switched { to, why }
}

pub(crate) fn woke(thread: u32) -> What {
    What::Woke { thread, how: Wake::Cause }
}

pub(crate) fn called(name: &str, arg: i64, result: i64) -> What {
    What::Called { name: name.to_owned(), arg, result }
}

pub(crate) fn blocked(on: &str) -> What {
    What::Blocked { on: on.to_owned(), until_ns: None }
}

pub(crate) fn judged(what: &str) -> What {
    What::Wrong { kind: String::from("judged"), what: what.to_owned() }
}

pub(crate) fn traced(level: &str, fields: &str) -> What {
    What::Traced {
        level: level.to_owned(),
        of: String::from("event"),
        target: String::from("app"),
        name: String::from("event"),
        fields: fields.to_owned(),
        span: None,
        task: None,
    }
}

/// Two threads read a counter before either writes it.
pub(crate) fn lost_update() -> Record {
    let mut made = Maker::new("visits", "lost-update", &[None, None]);
    made.record.headline.seed = Some(5);
    made.record.headline.detail = vec![String::from("2 came, 1 counted")];
    made.step(5, 0, What::Spawned { child: 1 }, &["app::run visits.rs:16"]);
    made.points += 2;
    let first: (u32, &[&str]) = (1, &["app::visit visits.rs:11", "app::run::{closure#0} visits.rs:16"]);
    let second: (u32, &[&str]) = (0, &["app::visit visits.rs:12", "app::run visits.rs:17"]);
    let stopped = ["app::visit visits.rs:12", "app::run visits.rs:17"];
    made.decide(0, "thread 0 is preempted by thread 1", &stopped, Some([first, second]));
    made.step(0, 0, switched(1, Switch::Preempted), &stopped);
    made.step(3, 1, What::Ended, &[]).step(0, 1, switched(0, Switch::Ended), &[]);
    made.step(6, 0, called("pthread_join", 1, 0), &["app::run visits.rs:18"]);
    made.step(5, 0, judged("lost-update"), &[]);
    let mut record = made.done();
    let mut steps = record.steps.clone();
    steps.drain(1..4);
    record.passing = Some(Passing {
        how: String::from("without decision 1"),
        ending: String::from("returned"),
        threads: record.threads.clone(),
        steps,
        ..Passing::default()
    });
    record
}

/// Two threads take two locks in both orders, and a third waits for both.
pub(crate) fn deadlock() -> Record {
    let mut made = Maker::new("locks", "deadlock in left, right", &[None, Some("left"), Some("right")]);
    made.record.headline.ending = String::from("deadlock");
    made.step(3, 0, What::Spawned { child: 1 }, &["app::main main.rs:4"]);
    made.step(3, 0, What::Spawned { child: 2 }, &["app::main main.rs:5"]);
    made.step(1, 0, blocked("the end of thread 1"), &["app::main main.rs:6"]);
    made.step(0, 0, switched(1, Switch::Blocked), &[]);
    made.points += 9;
    made.decide(1, "left is preempted by right", &["app::left main.rs:11"], None);
    made.step(0, 1, switched(2, Switch::Preempted), &["app::left main.rs:11"]);
    made.step(12, 2, blocked("futex word 1"), &["app::right main.rs:22"]);
    made.step(0, 2, switched(1, Switch::Blocked), &[]);
    made.step(4, 1, blocked("futex word 2"), &["app::left main.rs:12"]);
    for (thread, place) in
        [(0, "app::main main.rs:6"), (1, "app::left main.rs:12"), (2, "app::right main.rs:22")]
    {
        let stack = made.stack(&[place]);
        made.record.ends.push(End { thread, what: String::from("waits"), stack });
    }
    made.done()
}

/// A message between hosts is lost, and who waits for its answer panics; six threads matter.
pub(crate) fn hosts() -> Record {
    let names = [None, None, Some("acceptor"), None, Some("pool"), Some("pool")];
    let mut made = Maker::new("answers", "panic in app::ask", &names);
    let record = &mut made.record;
    record.hosts = ["alpha", "beta"].map(|name| Host { name: name.to_owned() }).to_vec();
    let process = |pid, program: &str, host| Process { pid, program: program.to_owned(), host };
    record.processes =
        vec![process(1000, "answers", 0), process(1001, "server", 0), process(1002, "client", 1)];
    record.threads.iter_mut().zip([1000, 1001, 1001, 1002, 1002, 1002]).for_each(|(of, pid)| of.pid = pid);
    let packet = |sent: Option<Sender>| Packet {
        segment: String::from("DATA"),
        bytes: 14,
        from: 1,
        sent,
        ..Packet::default()
    };
    made.step(2, 3, called("send", 4, 14), &["app::ask client.rs:30"]);
    made.step(1, 3, blocked("something to read from socket 1"), &["app::ask client.rs:31"]);
    made.step(0, 3, switched(2, Switch::Blocked), &[]);
    made.step(4, 2, blocked("something to read from socket 0"), &["app::serve server.rs:9"]);
    made.step(100_000, 2, What::Passed { ns: 900_000, why: Pause::Idle }, &[]);
    made.step(0, 2, What::Arrived(packet(Some(Sender { thread: 3, step: 2, at_ns: 20 }))), &[]);
    made.step(0, 2, woke(2), &[]);
    made.step(3, 2, traced("INFO", "asked by=\"client\""), &["app::serve server.rs:12"]);
    made.step(3, 2, woke(4), &["app::serve server.rs:13"]);
    made.step(0, 2, switched(4, Switch::Yielded), &[]);
    made.step(3, 4, woke(5), &["app::work pool.rs:7"]);
    made.step(0, 4, switched(5, Switch::Yielded), &[]);
    made.step(3, 5, called("connect", 7, -111), &["app::work pool.rs:9"]);
    made.step(0, 5, What::Strayed { packet: packet(None), fate: String::from("lost: partition") }, &[]);
    made.step(1_000_000_000, 5, switched(3, Switch::Blocked), &[]);
    made.step(
        2,
        3,
        What::Wrote { fd: 2, text: String::from("no answer\nafter 10 s") },
        &["app::ask client.rs:33"],
    );
    let panicked =
        What::Panicked { message: String::from("no answer"), place: String::from("src/client.rs:34:9") };
    made.step(1, 3, panicked, &["app::ask client.rs:34"]);
    for (thread, what, places) in [
        (3, "panicked", ["app::ask client.rs:34", "app::main main.rs:3"]),
        (2, "waits", ["app::serve server.rs:9", "app::main main.rs:4"]),
    ] {
        let stack = made.stack(&places);
        made.record.ends.push(End { thread, what: what.to_owned(), stack });
    }
    made.record.headline.ending = String::from("panicked");
    made.done()
}

/// A program that tries to be markup, to drive the terminal, and to be wider than it.
pub(crate) fn hostile() -> Record {
    let script = "</script><script>alert(1)</script><img src=x onerror=alert(2)>";
    let names = [
        Some("|`*_[x](http://y)"),
        Some("end; participant c9"),
        Some("\u{202e}\u{1b}[2J\u{7}"),
        Some("東京東京東京東京"),
    ];
    let mut made = Maker::new(script, script, &names);
    made.record.headline.detail = vec![script.repeat(9), String::from("a\r\nb | c\t\u{0}")];
    made.record.commands.replay = format!("cargo xtask sim --seed '{}'", "\u{1b}]0;x\u{7}".repeat(90));
    made.step(1, 0, What::Spawned { child: 1 }, &["<a::<b>>::{closure#0} a|b.rs:1"]);
    made.decide(0, script, &["`::` \u{1b}:1"], Some([(1, &["a </pre>:1"]), (2, &["b `|`:2"])]));
    made.step(0, 0, switched(2, Switch::Preempted), &[]);
    made.step(1, 2, traced("WARN", &format!("{script} @everyone #1")), &["c c.rs:1"]);
    made.step(1, 3, What::Wrote { fd: 1, text: format!("\u{1b}[31m{script}\n```\n# x\n") }, &["c c.rs:1"]);
    made.step(1, 3, switched(0, Switch::Blocked), &[]);
    let panicked = What::Panicked { message: script.to_owned(), place: String::from("\u{9b}1m") };
    made.step(1, 0, panicked, &["d d.rs:1"]);
    made.done()
}

/// A run that passed, and in which nothing happened.
pub(crate) fn nothing() -> Record {
    let mut record = Maker::new("idle", "", &[None]).done();
    record.headline.verdict = Verdict::Pass;
    record.headline.signature = None;
    record
}
