//! That no two events, and no two stamps, are taken for each other.
//!
//! Invariant: every field of every event is changed here once.

use std::collections::BTreeSet;

use super::*;
use crate::fd::Object;
use crate::mark::Asks;
use crate::net::SocketId;
use crate::traced::{Level, SpanId, TaskId, What};

const STAMP: Stamp = Stamp { step: 1, at_ns: 2, thread: ThreadId(3) };

fn hash(events: &[(Stamp, Event)]) -> u64 {
    let mut hash = EventsHash::default();
    events.iter().for_each(|(stamp, event)| hash.fold(stamp, event));
    hash.finish()
}

/// Every variant, and each of its fields with another value.
fn all() -> Vec<Event> {
    let called = |name, arg, result| Event::Called { name: Cow::Borrowed(name), arg, result };
    let wrote = |fd, bytes: &[u8]| Event::Wrote { fd, bytes: bytes.to_vec() };
    let panicked =
        |message: &str, place: &str| Event::Panicked { message: message.into(), place: place.into() };
    let on = |on| Event::Blocked { on, deadline_ns: None };
    let arrived = |segment, bytes| arrived(segment, bytes, None, None);
    let waits = [
        WaitOn::Futex { word: 0, bits: 1 },
        WaitOn::Futex { word: 1, bits: 0 },
        WaitOn::Futex { word: 1, bits: 1 },
        WaitOn::Readable(Object::Socket(SocketId(0))),
        WaitOn::Readable(Object::Socket(SocketId(1))),
        WaitOn::Readable(Object::Standard(1)),
        WaitOn::Writable(Object::Socket(SocketId(1))),
        WaitOn::Poll,
        WaitOn::Signal,
        WaitOn::Child(Pid(1)),
        WaitOn::Lock(1),
        WaitOn::Record(1),
        WaitOn::Join(ThreadId(1)),
        WaitOn::Sleep,
    ];
    let mut events: Vec<Event> = waits.into_iter().map(on).collect();
    for deadline_ns in [Some(0), Some(1)] {
        events.push(Event::Blocked { on: WaitOn::Sleep, deadline_ns });
    }
    for thread in [ThreadId(0), ThreadId(1)] {
        events.push(Event::Spawned { child: thread });
        for why in [Why::Preempted, Why::Blocked, Why::Ended, Why::Yielded] {
            events.push(Event::Switched { to: thread, why });
        }
        for how in [Woken::Cause, Woken::Deadline, Woken::Spurious, Woken::Signal] {
            events.push(Event::Woke { thread, how });
        }
    }
    for why in [Pass::Idle, Pass::Stalled, Pass::Spun] {
        events.extend([Event::Passed { ns: 0, why }, Event::Passed { ns: 1, why }]);
    }
    for text in ["", "a", "b", "ab", "1234567", "1234567\u{f}", "12345678", "123456789", "\0", "\0\0"] {
        events.push(Event::Named { name: text.into() });
        events.push(Event::Unmodelled { what: text.into() });
        events.push(Event::Judged { signature: text.into() });
        events.push(Event::Escaped { what: text.into() });
        events.push(called(text, 0, 0));
        events.push(arrived(text, 0));
        events.extend([panicked(text, "p"), panicked("p", text)]);
        events.extend([wrote(1, text.as_bytes()), wrote(2, text.as_bytes())]);
    }
    events.extend([called("", 1, 0), called("", 0, 1), called("", -1, 0), called("", 0, -1)]);
    events.extend([Event::Ended, arrived("", 1)]);
    for process in [Pid(1), Pid(2)] {
        events.push(Event::Forked { child: process });
        events.extend(["", "a"].map(|name| Event::Executed { process, program: name.into() }));
        let statuses = [Status::Exited(0), Status::Exited(1), Status::Signalled(1)];
        events.extend(statuses.map(|status| Event::Exited { process, status }));
        events.extend([1, 2].map(|host| Event::Unattended {
            host: HostId(host),
            process,
            status: Status::Exited(1),
        }));
        events.extend([1, 2].map(|signal| Event::Signalled { process, signal }));
    }
    events.extend(chosen());
    events.extend(of_marks());
    events.extend(traced());
    events.extend(between_hosts());
    events
}

fn arrived(segment: &'static str, bytes: u64, origin: Option<Stamp>, socket: Option<SocketId>) -> Event {
    Event::Arrived { segment: Cow::Borrowed(segment), bytes, origin, socket }
}

/// No origin, and one with each of its fields changed.
fn origins() -> [Option<Stamp>; 5] {
    let others =
        [Stamp { step: 2, ..STAMP }, Stamp { at_ns: 3, ..STAMP }, Stamp { thread: ThreadId(4), ..STAMP }];
    [None, Some(STAMP), Some(others[0]), Some(others[1]), Some(others[2])]
}

/// What happens to packets.
fn between_hosts() -> Vec<Event> {
    let mut events = Vec::new();
    events.extend(origins()[1..].iter().map(|origin| arrived("", 0, *origin, None)));
    events.extend([0, 1].map(|socket| arrived("", 0, None, Some(SocketId(socket)))));
    for (from, to) in [(1, 2), (2, 1), (1, 3)] {
        let hop = Hop { from: HostId(from), to: HostId(to) };
        for (name, bytes) in [("", 0), ("a", 0), ("", 1)] {
            let segment = Cow::Borrowed(name);
            for origin in origins() {
                events.push(Event::Sent { hop, segment: segment.clone(), bytes, origin });
                for socket in [None, Some(SocketId(0)), Some(SocketId(1))] {
                    events.push(Event::Reached { hop, segment: segment.clone(), bytes, origin, socket });
                }
                events.push(Event::Duplicated { hop, segment: segment.clone(), bytes, origin });
                for why in [Loss::Cut, Loss::Down, Loss::Nowhere, Loss::Struck, Loss::Overflow, Loss::Gap] {
                    events.push(Event::Lost { hop, segment: segment.clone(), bytes, origin, why });
                }
            }
        }
        for change in
            [LinkChange::Cut, LinkChange::Healed, LinkChange::Held, LinkChange::Released, LinkChange::Reset]
        {
            events.push(Event::Link { hop, change });
        }
    }
    events
}

/// What the program let the search choose.
fn chosen() -> Vec<Event> {
    let chose = |number, from, to, place: &str| Event::Chose {
        number,
        from,
        to,
        place: place.to_owned(),
        words: None,
    };
    let places = ["", "a"].map(|place| chose(0, 0, 0, place));
    let words = ["", "a"].map(|words| Event::Chose {
        number: 0,
        from: 0,
        to: 0,
        place: String::new(),
        words: Some(words.to_owned()),
    });
    let numbers = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (-1, 0, 0), (1 << 64, 0, 0)];
    let numbers = numbers.map(|(number, from, to)| chose(number, from, to, ""));
    places.into_iter().chain(words).chain(numbers).collect()
}

/// Those of marks.
fn of_marks() -> Vec<Event> {
    let mut events = Vec::new();
    let mark = Mark { file: "f".into(), line: 1, column: 1, message: "m".into(), asks: Asks::Always };
    let marks = [
        mark.clone(),
        Mark { file: "g".into(), ..mark.clone() },
        Mark { line: 2, ..mark.clone() },
        Mark { column: 2, ..mark.clone() },
        Mark { message: "n".into(), ..mark.clone() },
        Mark { asks: Asks::Sometimes, ..mark },
    ];
    for (mark, detail) in marks.iter().flat_map(|mark| [(mark, ""), (mark, "why")]) {
        let (mark, detail) = (Box::new(mark.clone()), String::from(detail));
        for outcome in [Outcome::True, Outcome::False] {
            events.push(Event::Marked { mark: mark.clone(), outcome, detail: detail.clone() });
        }
        events.push(Event::Unfulfilled { mark, detail });
    }
    events
}

/// What tracing says, each field with another value.
fn traced() -> Vec<Event> {
    let plain = Traced {
        what: What::Event,
        level: Level::Info,
        target: "t".into(),
        name: "n".into(),
        fields: String::new(),
        span: None,
        parent: None,
        task: None,
    };
    let mut all = vec![plain.clone()];
    let kinds = [What::Created, What::Recorded, What::Entered, What::Exited, What::Closed];
    all.extend(kinds.map(|what| Traced { what, ..plain.clone() }));
    let levels = [Level::Error, Level::Warn, Level::Debug, Level::Trace];
    all.extend(levels.map(|level| Traced { level, ..plain.clone() }));
    all.push(Traced { target: "n".into(), ..plain.clone() });
    all.push(Traced { name: "t".into(), ..plain.clone() });
    all.push(Traced { fields: String::from("n"), ..plain.clone() });
    for number in [0, 1] {
        all.push(Traced { span: Some(SpanId(number)), ..plain.clone() });
        all.push(Traced { parent: Some(SpanId(number)), ..plain.clone() });
        all.push(Traced { task: Some(TaskId(number)), ..plain.clone() });
    }
    let spawned = |task, name: &str, place: &str| Spawned {
        task: TaskId(task),
        name: name.to_owned(),
        place: place.to_owned(),
    };
    let tasks = [spawned(1, "", ""), spawned(2, "", ""), spawned(1, "a", ""), spawned(1, "", "a")];
    let traced = all.into_iter().map(|traced| Event::Traced(Box::new(traced)));
    traced.chain(tasks.map(|task| Event::TaskSpawned(Box::new(task)))).collect()
}

#[test]
fn a_switch_is_folded_in_as_its_event() {
    for why in [Why::Preempted, Why::Blocked, Why::Ended, Why::Yielded] {
        let to = ThreadId(4);
        let mut hash = EventsHash::default();
        hash.fold_switch(&STAMP, to, why);
        assert_eq!(hash.finish(), self::hash(&[(STAMP, Event::Switched { to, why })]), "{why:?}");
    }
}

#[test]
fn every_field_of_every_event_and_of_its_stamp_changes_the_hash() {
    let mut seen = BTreeSet::from([hash(&[])]);
    let stamps = [
        STAMP,
        Stamp { step: 2, ..STAMP },
        Stamp { at_ns: 3, ..STAMP },
        Stamp { thread: ThreadId(4), ..STAMP },
    ];
    for event in all() {
        for stamp in stamps {
            assert!(seen.insert(hash(&[(stamp, event.clone())])), "{stamp:?} {event:?}");
        }
    }
}

#[test]
fn the_order_and_the_number_of_events_change_the_hash() {
    let events: Vec<(Stamp, Event)> = all().into_iter().map(|event| (STAMP, event)).collect();
    let whole = hash(&events);
    for at in 1..events.len() {
        let mut swapped = events.clone();
        swapped.swap(at - 1, at);
        assert_ne!(hash(&swapped), whole, "events {at} and the one before change places");
        let mut shorter = events.clone();
        shorter.remove(at);
        assert_ne!(hash(&shorter), whole, "without event {at}");
        let mut longer = events.clone();
        longer.insert(at, events[at].clone());
        assert_ne!(hash(&longer), whole, "event {at} twice");
    }
}
