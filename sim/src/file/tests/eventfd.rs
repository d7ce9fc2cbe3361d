//! `eventfd(2)`: scripts with the answers that Linux 6.18 gave, and what wakes.
//!
//! Does not know epoll. Invariant checked: what a counter says it is ready for is what does not wait.

use super::world::check;
use crate::errno::Errno;
use crate::file::eventfd::{EventFds, Take};
use crate::ready::{Mask, Refusal, Side};

#[test]
fn counters_count_as_by_linux() {
    check(&[
        (
            "all is taken at once",
            "eventfd a 3; read a 8 -> 3; read a 8 -> EAGAIN; write a 0 -> 8; read a 8 -> EAGAIN",
        ),
        ("a longer buffer does", "eventfd a 3; read a 16 -> 3"),
        (
            "one is taken at a time",
            "semaphore s 2; read s 8 -> 1; read s 8 -> 1; read s 8 -> EAGAIN; write s 1 -> 8; read s 8 -> 1",
        ),
        (
            "the counter stops before its greatest value",
            "eventfd a 1; write a 18446744073709551615 -> EINVAL; write a 18446744073709551614 -> EAGAIN; \
             write a 18446744073709551613 -> 8; poll a -> IN; write a 0 -> 8; write a 1 -> EAGAIN; \
             read a 8 -> 18446744073709551614; poll a -> OUT; write a 18446744073709551613 -> 8; poll a -> IN|OUT",
        ),
    ]);
}

#[test]
fn only_whole_numbers_are_read_and_written() {
    let mut all = EventFds::default();
    let id = all.create(0, Take::All);
    for size in [0, 1, 7] {
        assert_eq!(
            all.read(id, &mut vec![0; size]),
            Err(Refusal::Fail(Errno::EINVAL)),
            "reading {size} bytes"
        );
    }
    for size in [0, 7, 9, 16] {
        assert_eq!(all.write(id, &vec![0; size]), Err(Refusal::Fail(Errno::EINVAL)), "writing {size} bytes");
    }
    assert_eq!(all.pop_change(), None);
}

#[test]
fn writes_wake_readers_and_reads_wake_writers() {
    let mut all = EventFds::default();
    let id = all.create(0, Take::All);
    let mut keys = |what: &mut dyn FnMut(&mut EventFds) -> Result<usize, Refusal>| {
        let answer = what(&mut all);
        (answer, all.pop_change().map(|change| change.key))
    };
    assert_eq!(keys(&mut |all| all.read(id, &mut [0; 8])), (Err(Refusal::Wait(Side::Read)), None));
    assert_eq!(keys(&mut |all| all.write(id, &0_u64.to_le_bytes())), (Ok(8), Some(Mask::IN)));
    assert_eq!(keys(&mut |all| all.write(id, &(u64::MAX - 1).to_le_bytes())), (Ok(8), Some(Mask::IN)));
    assert_eq!(keys(&mut |all| all.write(id, &1_u64.to_le_bytes())), (Err(Refusal::Wait(Side::Write)), None));
    assert_eq!(keys(&mut |all| all.read(id, &mut [0; 8])), (Ok(8), Some(Mask::OUT)));
}
