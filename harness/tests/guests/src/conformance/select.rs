//! `select(2)` and `pselect(2)`.
//!
//! Invariant: a set is asked about only once nothing can change it.

use std::os::fd::AsRawFd as _;
use std::time::Duration;

use photofinish_calls::epoll::{Sets, pselect, select};
use photofinish_calls::time::Time;
use photofinish_calls::{Failed, descriptor, event};

use super::case::family;
use super::pipe::ends_of;
use super::sockets::Fd;
use super::transcript::Transcript;

family! {
    "select", "Sets of descriptors.";
    "states" = states, ["select", "pselect"], "Pipes, full and empty, open and closed.";
    "wrong" = wrong, ["select", "pselect"], "Numbers and times that are wrong.";
    "time-out" = timeout, ["select", "pselect"], "Nothing comes, or late.";
}

const NOW: Option<Time> = Some(Time { seconds: 0, fraction: 0 });

/// All three sets with these numbers in them.
fn all(fds: &[i32]) -> Sets {
    let set = || Some(fds.to_vec());
    Sets { read: set(), write: set(), except: set() }
}

/// An answer by the places of the numbers in a list.
fn shown(fds: &[i32], answer: Result<(i32, Sets), Failed>) -> Result<String, Failed> {
    let place = |fd: &i32| fds.iter().position(|other| other == fd);
    let places = |set: Option<Vec<i32>>| set.map(|set| set.iter().map(place).collect::<Vec<_>>());
    answer.map(|(count, sets)| {
        format!("{count}: {:?} {:?} {:?}", places(sets.read), places(sets.write), places(sets.except))
    })
}

fn ask(t: &mut Transcript, what: &str, fds: &[i32], sets: &Sets) {
    let most = fds.iter().max().map_or(0, |fd| fd + 1);
    let answer = select(most, sets, NOW).map(|(count, sets, _)| (count, sets));
    t.call(format_args!("{what}: select"), shown(fds, answer));
    t.call(format_args!("{what}: pselect"), shown(fds, pselect(most, sets, NOW, None)));
}

fn states(t: &mut Transcript) {
    let (reads, writes) = ends_of(libc::O_NONBLOCK);
    let file = std::fs::File::open("/dev/null").expect("there is one");
    let counter = Fd(event::eventfd(0, 0).expect("few"));
    let fds = [reads.0, writes.0, file.as_raw_fd(), counter.0];
    ask(t, "fresh", &fds, &all(&fds));
    t.call("write", descriptor::write(writes.0, &[0; 70_000]));
    ask(t, "full", &fds, &all(&fds));
    ask(t, "only to read", &fds, &Sets { read: Some(fds.to_vec()), ..Sets::default() });
    ask(t, "only to write", &fds, &Sets { write: Some(fds.to_vec()), ..Sets::default() });
    ask(t, "nothing asked", &fds, &Sets::default());
    ask(t, "empty sets", &fds, &all(&[]));
    t.call("close", writes.close());
    let fds = [reads.0, file.as_raw_fd(), counter.0];
    ask(t, "none writes", &fds, &all(&fds));
    let (reads, writes) = ends_of(libc::O_NONBLOCK);
    t.call("close", reads.close());
    ask(t, "none reads", &[writes.0], &all(&[writes.0]));
    let high = Fd(descriptor::fcntl(writes.0, libc::F_DUPFD, 200).expect("few"));
    ask(t, "a high number", &[writes.0, high.0], &all(&[writes.0, high.0]));
}

fn wrong(t: &mut Transcript) {
    let (reads, writes) = ends_of(0);
    let fds = [reads.0, writes.0];
    let gone = writes.0;
    for count in [-1, i32::MIN, 0] {
        let answer = select(count, &all(&fds), NOW).map(|(count, sets, _)| (count, sets));
        t.call(format_args!("{count} numbers"), shown(&fds, answer));
    }
    // What lies at and above the count is not looked at.
    t.call("up to the first", shown(&fds, pselect(reads.0, &all(&fds), NOW, None)));
    t.call("close", writes.close());
    t.call("a closed number", shown(&fds, pselect(gone + 1, &all(&fds), NOW, None)));
    for (seconds, fraction) in [(-1, 0), (0, -1)] {
        let timeout = Some(Time { seconds, fraction });
        let answer = select(0, &Sets::default(), timeout).map(|(count, sets, _)| (count, sets));
        t.call(format_args!("select for {timeout:?}"), shown(&fds, answer));
        t.call(
            format_args!("pselect for {timeout:?}"),
            shown(&fds, pselect(0, &Sets::default(), timeout, None)),
        );
    }
    let timeout = Some(Time { seconds: 0, fraction: 1_000_000_000 });
    t.call("pselect for a whole second of ns", shown(&fds, pselect(0, &Sets::default(), timeout, None)));
    let timeout = Some(Time { seconds: 0, fraction: 2_000_000 });
    let answer = select(reads.0 + 1, &all(&fds[..1]), timeout).map(|(count, sets, _)| (count, sets));
    t.call("select for two seconds of us", shown(&fds, answer));
}

fn timeout(t: &mut Transcript) {
    let (reads, writes) = ends_of(0);
    let (number, sets) = (reads.0, Sets { read: Some(vec![reads.0]), ..Sets::default() });
    let start = std::time::Instant::now();
    let short = Some(Time { seconds: 0, fraction: 3_000 });
    let answer = select(number + 1, &sets, short);
    t.value("nothing is left", answer.map(|(count, sets, left)| (count, sets.read == Some(vec![]), left)));
    let short = Some(Time { seconds: 0, fraction: 3_000_000 });
    t.call("pselect", shown(&[number], pselect(number + 1, &sets, short, Some(&[libc::SIGUSR1]))));
    t.value("6 ms passed", start.elapsed() >= Duration::from_millis(6));
    let late = writes.0;
    let writer = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(4));
        descriptor::write(late, b"x")
    });
    t.call("for ever", shown(&[number], pselect(number + 1, &sets, None, None)));
    t.call("written", writer.join().expect("it does not panic"));
    let answer = select(number + 1, &sets, Some(Time { seconds: 60, fraction: 0 }));
    t.value("most is left", answer.map(|(count, _, left)| (count, left.map(|left| left.seconds >= 58))));
}
