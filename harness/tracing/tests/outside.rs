//! The layer where there is no simulation, and with hooks that only keep what they are told.
//!
//! Invariant: each test traces through a subscriber of its own, on its own thread.

use std::cell::RefCell;
use std::fmt;

use photofinish_tracing::{Hooks, Note, Spawned, What, install};
use tracing::subscriber::with_default;
use tracing::{Level, event, info, info_span, span, trace_span};
use tracing_subscriber::layer::SubscriberExt as _;

/// What the hooks of a thread were told; nothing while it takes part in no simulation.
#[derive(Default)]
struct Told {
    on: bool,
    spans: u64,
    lines: Vec<String>,
    spawned: Vec<(u64, Spawned)>,
}

thread_local! {
    static TOLD: RefCell<Told> = RefCell::default();
}

fn is_on() -> bool {
    TOLD.with_borrow(|told| told.on)
}

fn note(note: &Note<'_>) -> Option<u64> {
    TOLD.with_borrow_mut(|told| {
        let mut span = note.span;
        if note.what == What::Created {
            told.spans += 1;
            span = Some(told.spans);
        }
        let Note { what, level, target, name, fields, parent, task, .. } = note;
        let name = if *what == What::Event { "" } else { name };
        let mut line = format!("{what:?} {level:?} {target} {name} [{fields}]");
        for (word, number) in [("span", span), ("in", *parent), ("task", *task)] {
            if let Some(number) = number {
                line += &format!(" {word} {number}");
            }
        }
        told.lines.push(line);
        span
    })
}

fn spawned(span: u64, spawned: &Spawned) {
    TOLD.with_borrow_mut(|told| told.spawned.push((span, spawned.clone())));
}

/// What is told when this thread traces inside something like a simulation.
fn told(program: impl FnOnce()) -> Told {
    install(Hooks { is_on, note, spawned });
    let subscriber = tracing_subscriber::registry().with(photofinish_tracing::layer());
    TOLD.with_borrow_mut(|told| told.on = true);
    with_default(subscriber, program);
    TOLD.take()
}

#[track_caller]
fn check(program: impl FnOnce(), expected: &[&str]) {
    assert_eq!(told(program).lines, expected);
}

#[test]
fn outside_a_simulation_nothing_is_told() {
    install(Hooks { is_on, note, spawned });
    let subscriber = tracing_subscriber::registry().with(photofinish_tracing::layer());
    with_default(subscriber, || {
        info_span!("visit", n = 1).in_scope(|| info!("come in"));
        // A span from outside that is used inside has no number there.
        let span = info_span!("visit", n = 2);
        TOLD.with_borrow_mut(|told| told.on = true);
        span.in_scope(|| info!(target: "app", "come in"));
    });
    assert_eq!(TOLD.take().lines, ["Event Info app  [come in]"]);
}

#[test]
fn fields_are_text_in_the_order_of_their_declaration() {
    let wrong = fmt::Error;
    let error: &(dyn std::error::Error + 'static) = &wrong;
    check(
        || {
            info!(target: "app", z = 1, a = -2_i64, word = "two words", shown = %"as is", r#type = ?Some(3), "and {}", "done");
            info!(target: "app", error, yes = true, half = 0.5);
            event!(target: "app", Level::WARN, message = "a message", empty = tracing::field::Empty);
        },
        &[
            "Event Info app  [and done z=1 a=-2 word=\"two words\" shown=as is type=Some(3)]",
            "Event Info app  [error=an error occurred when formatting an argument yes=true half=0.5]",
            "Event Warn app  [a message]",
        ],
    );
}

#[test]
fn a_span_is_created_recorded_entered_left_and_closed() {
    check(
        || {
            let outer = span!(target: "app", Level::ERROR, "outer", late = tracing::field::Empty);
            let entered = outer.enter();
            let inner = span!(target: "app", Level::DEBUG, "inner", n = 1);
            inner.in_scope(|| info!(target: "app", "inside"));
            drop(entered);
            outer.record("late", 7);
            info!(target: "app", parent: &inner, "of inner");
            let _alone = span!(target: "app", parent: None, Level::TRACE, "alone");
        },
        &[
            "Created Error app outer [] span 1",
            "Entered Error app outer [] span 1",
            "Created Debug app inner [n=1] span 2 in 1",
            "Entered Debug app inner [] span 2",
            "Event Info app  [inside] in 2",
            "Exited Debug app inner [] span 2",
            "Exited Error app outer [] span 1",
            "Recorded Error app outer [late=7] span 1",
            "Event Info app  [of inner] in 2",
            "Created Trace app alone [] span 3",
            "Closed Trace app alone [] span 3",
            "Closed Debug app inner [] span 2",
            "Closed Error app outer [] span 1",
        ],
    );
}

#[test]
fn a_value_may_trace_itself() {
    struct Chatty;
    impl fmt::Debug for Chatty {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            info!(target: "app", "while writing");
            f.write_str("chatty")
        }
    }
    let lines = told(|| {
        info!(target: "app", value = ?Chatty, "outer");
    })
    .lines;
    assert_eq!(lines.last().map(String::as_str), Some("Event Info app  [outer value=chatty]"));
}

#[test]
fn text_is_cut_at_a_character() {
    let long = "ö".repeat(2000);
    let lines = told(|| info!(target: "app", a = 1, %long, after = 2, "message")).lines;
    let text = lines[0].split_once('[').expect("fields are in brackets").1;
    assert!(text.starts_with("message a=1 long=öö") && text.ends_with("…]"), "{text}");
    assert_eq!(text.len(), 2048 + "…]".len());
}

#[test]
fn spans_that_tokio_makes_for_tasks_are_recognised() {
    let told = told(|| {
        let _task = trace_span!(
            target: "tokio::task", parent: None, "runtime.spawn", kind = %"task", task.name = %"door", task.id = 17_u64,
            size.bytes = 8_u64, loc.file = "src/main.rs", loc.line = 3_u32, loc.col = 9_u32,
        );
        let _blocking = trace_span!(
            target: "tokio::task::blocking", "runtime.spawn", task.name = %"", task.id = 18_u64, loc.file = "src/a.rs",
            loc.line = 4_u32, loc.col = 1_u32,
        );
        let _without_a_number = trace_span!(target: "tokio::task", "runtime.spawn");
        let _other = trace_span!(target: "app", "runtime.spawn", task.id = 19_u64);
    });
    let spawned = |task, name: &str, place: &str| Spawned { task, name: name.into(), place: place.into() };
    let expected = [(1, spawned(17, "door", "src/main.rs:3:9")), (2, spawned(18, "", "src/a.rs:4:1"))];
    assert_eq!((told.spawned, told.spans), (expected.to_vec(), 4));
}
