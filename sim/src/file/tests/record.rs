//! Locks of ranges, by hand and against a model that knows of each byte whose it is.

use proptest::prelude::*;

use crate::fd::{Blocking, Files, Object};
use crate::file::lock::FileNumber;
use crate::file::record::{LAST, Lock, Owner, Purpose, RecordLocks, Span};
use crate::process::Pid;

const FILE: FileNumber = FileNumber(1);
const ME: Owner = Owner::Process(Pid(1));
const YOU: Owner = Owner::Process(Pid(2));

fn span(first: u64, last: u64) -> Span {
    Span { first, last }
}

/// The locks of the file as text: owner, purpose, bytes.
fn shown(locks: &RecordLocks) -> String {
    let one = |lock: &Lock| {
        let owner = match lock.owner {
            Owner::Process(pid) => pid.0.to_string(),
            Owner::Open(_) => "o".to_owned(),
        };
        let purpose = if lock.purpose == Purpose::Read { 'r' } else { 'w' };
        let Span { first, last } = lock.span;
        format!("{owner}{purpose}{first}-{}", if last == LAST { String::new() } else { last.to_string() })
    };
    locks.of(FILE).map(one).collect::<Vec<_>>().join(" ")
}

/// What there is after these steps, each of which takes bytes or gives them up.
fn after(steps: &[(Owner, Option<Purpose>, u64, u64)]) -> String {
    let mut locks = RecordLocks::default();
    for &(owner, purpose, first, last) in steps {
        match purpose {
            Some(purpose) => locks.take(FILE, Lock { owner, purpose, span: span(first, last) }),
            None => locks.release(FILE, owner, span(first, last)),
        }
    }
    shown(&locks)
}

#[test]
fn locks_are_split_joined_and_replaced() {
    const R: Option<Purpose> = Some(Purpose::Read);
    const W: Option<Purpose> = Some(Purpose::Write);
    for (steps, expected) in [
        (&[(ME, R, 0, 9), (ME, None, 3, 5)][..], "1r0-2 1r6-9"),
        (&[(ME, R, 0, 9), (ME, None, 0, 5)], "1r6-9"),
        (&[(ME, R, 0, 9), (ME, None, 5, 20)], "1r0-4"),
        (&[(ME, R, 0, 9), (ME, None, 0, LAST)], ""),
        (&[(ME, R, 0, 9), (ME, W, 3, 5)], "1r0-2 1w3-5 1r6-9"),
        (&[(ME, R, 0, 9), (ME, W, 3, 5), (ME, R, 3, 5)], "1r0-9"),
        (&[(ME, R, 0, 9), (ME, W, 3, 5), (ME, W, 0, 20)], "1w0-20"),
        (&[(ME, R, 0, 4), (ME, R, 5, 9)], "1r0-9"),
        (&[(ME, R, 5, 9), (ME, R, 0, 4)], "1r0-9"),
        (&[(ME, R, 0, 4), (ME, R, 6, 9)], "1r0-4 1r6-9"),
        (&[(ME, R, 0, 4), (ME, R, 6, 9), (ME, R, 5, 5)], "1r0-9"),
        (&[(ME, R, 0, 4), (ME, W, 5, 9)], "1r0-4 1w5-9"),
        (&[(ME, W, 7, LAST), (ME, None, 9, 9)], "1w7-8 1w10-"),
        (&[(ME, W, 0, 6), (ME, W, 7, LAST)], "1w0-"),
        (&[(ME, R, LAST, LAST), (ME, R, 0, 0)], "1r0-0 1r9223372036854775807-"),
        (&[(ME, R, 0, 9), (YOU, R, 5, 6), (ME, None, 0, 0)], "1r1-9 2r5-6"),
        (&[(ME, R, 0, 9), (YOU, R, 5, 6), (ME, None, 0, 9), (ME, R, 0, 0)], "2r5-6 1r0-0"),
    ] {
        assert_eq!(after(steps), expected, "{steps:?}");
    }
}

#[test]
fn an_open_file_is_another_owner_than_the_process_that_has_it() {
    let mut files = Files::default();
    let [one, other] = [256, 257].map(|real| Owner::Open(files.open(Object::Real(real), Blocking::Yes)));
    let mut locks = RecordLocks::default();
    let wanted = |owner, purpose| Lock { owner, purpose, span: span(0, 9) };
    locks.take(FILE, wanted(one, Purpose::Read));
    for owner in [ME, other] {
        assert!(locks.conflicts(FILE, wanted(owner, Purpose::Read)).next().is_none());
        assert_eq!(
            locks.conflicts(FILE, wanted(owner, Purpose::Write)).next(),
            Some(&wanted(one, Purpose::Read))
        );
        assert!(locks.conflicts(FileNumber(2), wanted(owner, Purpose::Write)).next().is_none());
    }
    assert!(locks.conflicts(FILE, wanted(one, Purpose::Write)).next().is_none());
    assert_eq!(locks.own(FILE, one, span(9, 12)), Some(&wanted(one, Purpose::Read)));
    assert_eq!(locks.own(FILE, one, span(10, 12)), None);
    assert_eq!((locks.files_of(one), locks.files_of(other)), (vec![FILE], vec![]));
    assert!(locks.has_any(one) && !locks.has_any(ME));
}

/// Bytes of the model; the last one stands for all that follow.
const BYTES: usize = 12;
const OWNERS: [Owner; 3] = [ME, YOU, Owner::Process(Pid(3))];

/// Of each owner and byte, what it is locked for; and who had a lock first.
#[derive(Default)]
struct Model {
    bytes: [[Option<Purpose>; BYTES]; OWNERS.len()],
    order: Vec<usize>,
}

fn reach(span: Span) -> std::ops::RangeInclusive<usize> {
    let byte = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(BYTES - 1);
    byte(span.first)..=byte(span.last)
}

impl Model {
    fn set(&mut self, owner: usize, span: Span, purpose: Option<Purpose>) {
        self.bytes[owner][reach(span)].fill(purpose);
        if self.bytes[owner].iter().all(Option::is_none) {
            self.order.retain(|other| *other != owner);
        } else if !self.order.contains(&owner) {
            self.order.push(owner);
        }
    }

    /// The runs of equal bytes, by owner.
    fn locks(&self) -> Vec<Lock> {
        let mut locks: Vec<Lock> = Vec::new();
        for &owner in &self.order {
            let mut first = 0;
            for part in self.bytes[owner].chunk_by(|a, b| a == b) {
                let end = first + part.len();
                let last = if end == BYTES { LAST } else { end as u64 - 1 };
                let span = span(first as u64, last);
                locks.extend(part[0].map(|purpose| Lock { owner: OWNERS[owner], purpose, span }));
                first = end;
            }
        }
        locks
    }

    /// Whether another owner's byte is in the way.
    fn conflicts(&self, wanted: &Lock) -> bool {
        let others = OWNERS.iter().zip(&self.bytes).filter(|(owner, _)| **owner != wanted.owner);
        let taken = others.flat_map(|(_, bytes)| &bytes[reach(wanted.span)]).flatten();
        taken.into_iter().any(|purpose| wanted.purpose == Purpose::Write || *purpose == Purpose::Write)
    }
}

/// Bytes whose end is within the model, or that go on for ever.
fn bytes() -> impl Strategy<Value = Span> {
    let within = (0..BYTES as u64 - 1, 0..BYTES as u64 - 1);
    prop_oneof![
        4 => within.prop_map(|(one, other)| span(one.min(other), one.max(other))),
        1 => (0..BYTES as u64).prop_map(|first| span(first, LAST)),
    ]
}

proptest! {
    #[test]
    fn each_byte_is_locked_as_it_was_asked_for(
        steps in proptest::collection::vec((0..OWNERS.len(), bytes(), 0..3_u8), 1..60),
    ) {
        let (mut locks, mut model) = (RecordLocks::default(), Model::default());
        for (owner, span, what) in steps {
            let purpose = [None, Some(Purpose::Read), Some(Purpose::Write)][usize::from(what)];
            if let Some(purpose) = purpose {
                let wanted = Lock { owner: OWNERS[owner], purpose, span };
                let found = locks.conflicts(FILE, wanted).next().copied();
                prop_assert_eq!(found.is_some(), model.conflicts(&wanted));
                let expected = model.locks().into_iter().find(|lock| {
                    let two = lock.purpose == Purpose::Read && purpose == Purpose::Read;
                    lock.owner != wanted.owner && !two && lock.span.first <= span.last && span.first <= lock.span.last
                });
                prop_assert_eq!(found, expected);
                if found.is_some() {
                    continue;
                }
                locks.take(FILE, wanted);
            } else {
                locks.release(FILE, OWNERS[owner], span);
            }
            model.set(owner, span, purpose);
            prop_assert_eq!(locks.of(FILE).copied().collect::<Vec<_>>(), model.locks());
            for (owner, bytes) in OWNERS.into_iter().zip(&model.bytes) {
                prop_assert_eq!(locks.has_any(owner), bytes.iter().any(Option::is_some));
            }
        }
    }
}
