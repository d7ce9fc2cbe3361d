//! A counter on two hosts: a primary that crashes, and a backup that remembers.
//!
//! Invariant: every answer is to a request of its own, so that what was answered can be counted, and the counter never counts what was
//! not asked for.

use std::collections::BTreeSet;
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use photofinish::scenario::Failure;
use photofinish::world::{Fault, Faults, World};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// What the primary does first when it has counted.
#[derive(Clone, Copy)]
enum First {
    Answer,
    Backup,
}

pub(super) fn answer_first() -> Result<(), Failure> {
    count(First::Answer)
}

pub(super) fn backup_first() -> Result<(), Failure> {
    count(First::Backup)
}

fn count(first: First) -> Result<(), Failure> {
    let world = World::new();
    world.host("backup").start(backup);
    world.host("primary").start(move || primary(first));
    let [answered, counted] = [(); 2].map(|()| Arc::new(AtomicU64::new(0)));
    let client = {
        let (answered, counted) = (Arc::clone(&answered), Arc::clone(&counted));
        world.host("client").start(move || client(&answered, &counted))
    };
    world.faults(
        &Faults::new()
            .crashes(Fault::every(2 * SECOND).odds(1, 2).lasting(100 * MS..=3 * SECOND).only(["primary"]))
            .pauses(Fault::every(SECOND).lasting(MS..=SECOND))
            .partitions(Fault::every(2 * SECOND).lasting(100 * MS..=3 * SECOND))
            .holds(Fault::every(2 * SECOND).lasting(MS..=SECOND))
            .spare(["client"])
            .until(20 * SECOND),
    );
    client.wait().success("the client");
    let (answered, counted) = (answered.load(Ordering::Relaxed), counted.load(Ordering::Relaxed));
    if counted < answered {
        let detail = format!("{answered} were answered, {counted} were counted");
        return Err(Failure { signature: String::from("lost write"), detail });
    }
    Ok(())
}

/// Remembers the largest number that it is told, and answers with it.
fn backup() {
    let socket = UdpSocket::bind("backup:2").expect("the port is free");
    let mut most = 0;
    loop {
        let mut number = [0; 8];
        let (_, primary) = socket.recv_from(&mut number).expect("a number");
        most = most.max(u64::from_le_bytes(number));
        socket.send_to(&most.to_le_bytes(), primary).expect("room");
    }
}

/// Tells the backup a number until it answers with one that is no less.
fn tell(socket: &UdpSocket, number: u64) -> u64 {
    loop {
        socket.send_to(&number.to_le_bytes(), "backup:2").expect("room");
        let mut answer = [0; 8];
        if socket.recv_from(&mut answer).is_ok() && u64::from_le_bytes(answer) >= number {
            return u64::from_le_bytes(answer);
        }
    }
}

/// Counts a request that is not 0, and answers it with its own number and the count.
fn primary(first: First) {
    let socket = UdpSocket::bind("primary:1").expect("the port is free");
    let to_backup = UdpSocket::bind("primary:0").expect("a free port");
    to_backup.set_read_timeout(Some(100 * MS)).expect("not 0");
    let mut count = tell(&to_backup, 0);
    loop {
        let mut request = [0; 8];
        let (_, client) = socket.recv_from(&mut request).expect("a request");
        count += u64::from(request != [0; 8]);
        let mut answer = [0; 16];
        answer[..8].copy_from_slice(&request);
        answer[8..].copy_from_slice(&count.to_le_bytes());
        match first {
            First::Answer => {
                socket.send_to(&answer, client).expect("room");
                tell(&to_backup, count);
            }
            First::Backup => {
                tell(&to_backup, count);
                socket.send_to(&answer, client).expect("room");
            }
        }
    }
}

/// Makes requests while faults strike, and asks for the count when they are over.
fn client(answered: &AtomicU64, counted: &AtomicU64) {
    let world = World::new();
    let socket = UdpSocket::bind("client:0").expect("a free port");
    socket.set_read_timeout(Some(50 * MS)).expect("not 0");
    let mut acknowledged = BTreeSet::new();
    let mut ask = |request: u64| {
        socket.send_to(&request.to_le_bytes(), "primary:1").expect("room");
        let mut answer = [0; 16];
        let (_, primary) = socket.recv_from(&mut answer).ok()?;
        assert_eq!(primary.port(), 1);
        let (id, count) = answer.split_at(8);
        let (id, count) =
            [id, count].map(|half| u64::from_le_bytes(half.try_into().expect("8 bytes"))).into();
        if id != 0 && acknowledged.insert(id) {
            answered.fetch_add(1, Ordering::Relaxed);
        }
        (id == request).then_some(count)
    };
    let mut request = 0;
    while world.elapsed() < 22 * SECOND {
        request += 1;
        let _: Option<u64> = ask(request);
        std::thread::sleep(20 * MS);
    }
    loop {
        if let Some(count) = ask(0) {
            counted.store(count, Ordering::Relaxed);
            return;
        }
    }
}
