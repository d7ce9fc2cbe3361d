//! `pipe(7)`: what Linux 6.18 accepted, answered, and woke.
//!
//! Does not know epoll. Invariants checked: bytes come out as they went in; whoever would wait is woken before it need not.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::world::{World, check};
use crate::errno::Errno;
use crate::file::pipe::{Attempt, End, PipeId, Pipes};
use crate::ready::{Change, Mask, Refusal, Side};

/// The size of each write, and how Linux filled a pipe with such writes before `EAGAIN`: their count, the bytes in all, the
/// size of the last; and after how many bytes, read by the thousand, `POLLOUT` came.
const FILLS: [(usize, usize, usize, usize, usize); 12] = [
    (1, 65_536, 65_536, 1, 5000),
    (100, 640, 64_000, 100, 4000),
    (4095, 16, 65_520, 4095, 5000),
    (4096, 16, 65_536, 4096, 5000),
    (4097, 11, 45_066, 4096, 5000),
    (5000, 11, 54_096, 4096, 5000),
    (8192, 8, 65_536, 8192, 5000),
    (10_000, 7, 64_096, 4096, 5000),
    (65_535, 1, 65_535, 65_535, 5000),
    (65_536, 1, 65_536, 65_536, 5000),
    (65_537, 1, 65_536, 65_536, 5000),
    (100_000, 1, 65_536, 65_536, 5000),
];

#[test]
fn a_pipe_takes_what_linux_takes() {
    for (size, count, total, last, freed) in FILLS {
        let (mut pipes, id) = pipe();
        let mut sizes = Vec::new();
        while let Ok(written) = pipes.write(id, &vec![0; size], Attempt::Once) {
            sizes.push(written);
        }
        assert_eq!((sizes.len(), pipes.unread(id), sizes.last()), (count, total, Some(&last)), "by {size}");
        assert_eq!(sizes.iter().sum::<usize>(), total, "by {size}");
        let mut read = 0;
        while !pipes.readiness(id, End::Write).meets(Mask::OUT) {
            read += pipes.read(id, &mut [0; 1000], Attempt::Once).expect("something to read");
        }
        assert_eq!(read, freed, "by {size}");
    }
}

#[test]
fn pipes_answer_as_linux_does() {
    check(&[
        (
            "pages are begun and filled",
            "pipe p; write p.w 4000 -> 4000; write p.w 5000 -> 5000; write p.w 200 -> 200; write p.w 96 -> 96; \
             write p.w 97 -> 97; write p.w 8192 -> 8192; write p.w 4096 -> 4096; write p.w 50 -> 50; \
             write p.w 10000 -> 10000; write p.w 30000 -> 28672; write p.w 12 -> EAGAIN; write p.w 1 -> EAGAIN",
        ),
        ("an empty pipe waits", "pipe p; read p.r 1 -> EAGAIN; poll p.r -> NOTHING; poll p.w -> OUT|WRNORM"),
        (
            "nothing is read or written at once",
            "pipe p; read p.r 0 -> 0; write p.w 0 -> 0; close p.r; write p.w 0 -> 0",
        ),
        (
            "a pipe without writers ends",
            "pipe p; write p.w 2 -> 2; close p.w; poll p.r -> IN|HUP|RDNORM; read p.r 9 -> 2; \
          poll p.r -> HUP; read p.r 9 -> 0",
        ),
        (
            "a pipe without readers breaks",
            "pipe p; close p.r; poll p.w -> OUT|ERR|WRNORM; write p.w 1 -> EPIPE",
        ),
        (
            "a full one, too",
            "pipe p; write p.w 65536 -> 65536; close p.r; poll p.w -> ERR; write p.w 1 -> EPIPE",
        ),
        ("the wrong end", "pipe p; read p.w 1 -> EBADF; write p.r 1 -> EBADF"),
        (
            "an end lives as long as its last number",
            "pipe p; dup p.w x; close p.w; read p.r 1 -> EAGAIN; close x; read p.r 1 -> 0",
        ),
    ]);
}

#[test]
fn what_is_not_modelled_is_refused() {
    let (mut pipes, id) = pipe();
    assert_eq!(pipes.capacity(id), 65_536);
    assert!(matches!(pipes.set_capacity(id, 4096), Err(Refusal::Unmodelled(_, Errno::EPERM))));
    let more = (1..=1024).map(|_| pipes.create()).find(Result::is_err);
    assert!(matches!(more, Some(Err(Refusal::Unmodelled(..)))), "there is a limit on pipes");
}

const READERS: Change<End> = Change { of: End::Read, key: Mask(0x41) };
const WRITERS: Change<End> = Change { of: End::Write, key: Mask(0x104) };

enum Step {
    Write(usize, Attempt, Result<usize, Refusal>),
    Read(usize, Attempt, Result<usize, Refusal>),
    Poll,
    Close(End),
}

fn steps(title: &str, steps: &[(Step, &[Change<End>])]) {
    let (mut pipes, id) = pipe();
    for (at, (step, expected)) in steps.iter().enumerate() {
        match step {
            Step::Write(size, attempt, answer) => {
                assert_eq!(&pipes.write(id, &vec![0; *size], *attempt), answer, "{title}: step {at}");
            }
            Step::Read(size, attempt, answer) => {
                assert_eq!(&pipes.read(id, &mut vec![0; *size], *attempt), answer, "{title}: step {at}");
            }
            Step::Poll => _ = pipes.poll(id, End::Write),
            Step::Close(end) => pipes.close_end(id, *end),
        }
        let changes = core::iter::from_fn(|| pipes.pop_change());
        let changes: Vec<_> = changes.map(|change| Change { of: change.of.1, key: change.key }).collect();
        assert_eq!(&changes, expected, "{title}: step {at}");
    }
}

#[test]
fn reads_and_writes_wake_the_other_end() {
    use Attempt::{Again, First, Once};
    use Step::{Close, Poll, Read, Write};
    steps(
        "only the write that ends emptiness wakes",
        &[
            (Read(1, First, Err(Refusal::Wait(Side::Read))), &[]),
            (Write(10, First, Ok(10)), &[READERS]),
            (Write(10, First, Ok(10)), &[]),
            (Read(5, Again, Ok(5)), &[READERS]),
            (Read(5, First, Ok(5)), &[]),
            (Read(10, Again, Ok(10)), &[]),
            (Write(10, Once, Ok(10)), &[READERS]),
        ],
    );
    steps(
        "once polled, every call that returns wakes",
        &[
            (Poll, &[]),
            (Write(10, First, Ok(10)), &[READERS]),
            (Write(10, Once, Ok(10)), &[READERS]),
            (Write(98_304, Once, Ok(61_440)), &[READERS]),
            (Write(1, Once, Err(Refusal::Wait(Side::Write))), &[READERS]),
            (Write(1, First, Err(Refusal::Wait(Side::Write))), &[]),
        ],
    );
    // Seen of edge-triggered instances over both ends, with a thread that writes 65536 + 5000 bytes at once.
    steps(
        "a write that waits wakes readers as it begins and as it ends",
        &[
            (Poll, &[]),
            (Write(70_536, First, Ok(65_536)), &[READERS]),
            (Write(5000, Again, Err(Refusal::Wait(Side::Write))), &[]),
            (Read(4096, Once, Ok(4096)), &[WRITERS]),
            (Write(5000, Again, Ok(4096)), &[]),
            (Read(8192, Once, Ok(8192)), &[WRITERS]),
            (Write(904, Again, Ok(904)), &[READERS, WRITERS]),
        ],
    );
    steps(
        "writers are woken when a page comes free",
        &[
            (Write(65_536, Once, Ok(65_536)), &[READERS]),
            (Read(4095, Once, Ok(4095)), &[]),
            (Read(1, Once, Ok(1)), &[WRITERS]),
            (Read(60_000, Once, Ok(60_000)), &[]),
        ],
    );
    steps(
        "the end that stays is told of the one that goes",
        &[(Close(End::Read), &[Change { of: End::Write, key: Mask::NONE }])],
    );
    steps(
        "in either direction",
        &[(Close(End::Write), &[Change { of: End::Read, key: Mask::NONE }]), (Close(End::Read), &[])],
    );
}

#[test]
fn a_call_that_waited_begins_a_page_of_its_own() {
    for (attempt, pages_left) in [(Attempt::First, 15), (Attempt::Again, 14)] {
        let (mut pipes, id) = pipe();
        for attempt in [Attempt::First, attempt] {
            assert_eq!(pipes.write(id, &[0; 10], attempt), Ok(10));
        }
        assert_eq!(pipes.write(id, &[0; 65_536], Attempt::Once), Ok(pages_left * 4096), "{attempt:?}");
    }
}

fn pipe() -> (Pipes, PipeId) {
    let mut pipes = Pipes::default();
    let id = pipes.create().expect("a pipe");
    (pipes, id)
}

proptest! {
    #[test]
    fn bytes_come_out_as_they_went_in(
        calls in proptest::collection::vec((any::<bool>(), prop_oneof![1..10_usize, 4000..4200_usize, 1..70_000_usize]), 1..80),
    ) {
        let (mut pipes, id) = pipe();
        let (mut inside, mut next) = (VecDeque::new(), 0_u8);
        for (writes, size) in calls {
            if writes {
                let bytes: Vec<u8> = (0..size).map(|at| next.wrapping_add((at % 251) as u8)).collect();
                match pipes.write(id, &bytes, Attempt::Once) {
                    Ok(written) => {
                        prop_assert!(written == size || size > 4096, "a page is written whole or not at all");
                        inside.extend(&bytes[..written]);
                    }
                    Err(refusal) => {
                        prop_assert_eq!(refusal, Refusal::Wait(Side::Write));
                        prop_assert!(size <= 4096 || !pipes.readiness(id, End::Write).meets(Mask::OUT));
                    }
                }
                next = next.wrapping_add(91);
            } else {
                let mut buffer = vec![0; size];
                let expected: Vec<u8> = inside.drain(..size.min(inside.len())).collect();
                match pipes.read(id, &mut buffer, Attempt::Once) {
                    Ok(read) => prop_assert_eq!(&buffer[..read], &expected[..]),
                    Err(refusal) => {
                        prop_assert_eq!(refusal, Refusal::Wait(Side::Read));
                        prop_assert!(expected.is_empty());
                    }
                }
            }
            prop_assert_eq!(pipes.unread(id), inside.len());
            prop_assert_eq!(pipes.readiness(id, End::Read).meets(Mask::IN), !inside.is_empty());
        }
    }
}

#[test]
fn a_pipe_ends_with_its_second_end() {
    let mut world = World::default();
    for _ in 0..2000 {
        world.run("pipe p; close p.r; close p.w");
    }
    assert_eq!(world.run("pipe p; write p.w 1"), "1", "closed pipes do not count");
}
