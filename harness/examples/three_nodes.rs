//! Three nodes that keep a number on disk, under a partition, a heal, a crash and a restart.
use photofinish::scenario::{Expectation, Failure, Heap, Oracles, Os, Scenario, Variant};
use photofinish::world::World;
use std::{fs, net::UdpSocket, thread::sleep, time::Duration};

const PATIENCE: Duration = Duration::from_secs(2);

/// Keeps the largest number it was sent, and answers with it.
fn node() {
    let socket = UdpSocket::bind("0.0.0.0:7000").expect("a free port");
    let mut number = [0; 8];
    loop {
        let (_, peer) = socket.recv_from(&mut number).expect("a datagram");
        let kept = fs::read("kept").map_or([0; 8], |kept| kept.try_into().expect("8 bytes"));
        let kept = u64::from_be_bytes(kept).max(u64::from_be_bytes(number)).to_be_bytes();
        fs::write("kept", kept).expect("a disk");
        socket.send_to(&kept, peer).expect("a route");
    }
}

/// Whether a node says within three tries that it has a number.
fn has(node: &str, number: u64) -> bool {
    let socket = UdpSocket::bind("0.0.0.0:0").expect("a free port");
    socket.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    let (number, mut answer) = (number.to_be_bytes(), [0; 8]);
    (0..3).any(|_| {
        socket.send_to(&number, (node, 7000)).expect("a route");
        socket.recv(&mut answer).is_ok_and(|_| answer == number)
    })
}

fn run() -> Result<(), Failure> {
    let world = World::new();
    let nodes = ["a", "b", "c"].map(|name| world.host(name).start(node));
    let client = world.host("client").build();
    let check = |number, expected: [bool; 3]| {
        let asks = move || assert_eq!(["a", "b", "c"].map(|node| has(node, number)), expected);
        client.run(asks).success("a client");
    };
    sleep(PATIENCE);
    check(1, [true, true, true]);
    world.partition("client", "a");
    check(2, [false, true, true]);
    world.heal("client", "a");
    nodes[1].crash();
    check(3, [true, false, true]);
    nodes[1].restart();
    sleep(PATIENCE);
    check(4, [true, true, true]);
    Ok(())
}

const EXPECT: Expectation = Expectation::NEVER_FAILS;
const FAULTS: Variant = Variant {
    name: "faults",
    story: "All.",
    os: Os::Linux,
    heap: Heap::Plain,
    expect: EXPECT,
    oracles: Oracles::NONE,
    run,
};
const SCENARIO: Scenario = Scenario { name: "nodes", story: "Three.", programs: &[], variants: &[FAULTS] };

fn main() {
    photofinish::serve(&[&SCENARIO])
}
