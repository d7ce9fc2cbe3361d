//! Links that are cut, held, slow and lossy.
//!
//! Invariant: TCP loses nothing on a link that heals; what a datagram may suffer, it suffers only where it was asked for.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use photofinish::scenario::Failure;
use photofinish::world::{Host, Latency, World};

use super::{expect, wrong};

const SECOND: Duration = Duration::from_secs(1);
const MILLI: Duration = Duration::from_millis(1);

/// Sends back what it gets, and ends with its client.
fn echo() {
    let listener = TcpListener::bind("0.0.0.0:7").expect("a free port");
    let (mut stream, _) = listener.accept().expect("a client");
    let mut buffer = [0; 512];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        stream.write_all(&buffer[..count]).expect("the client listens");
    }
}

fn connect() -> TcpStream {
    loop {
        match TcpStream::connect("server:7") {
            Ok(stream) => return stream,
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionRefused),
        }
        std::thread::sleep(MILLI);
    }
}

fn ask(stream: &mut TcpStream, what: &[u8]) -> Duration {
    let began = Instant::now();
    stream.write_all(what).expect("there is room");
    let mut heard = vec![0; what.len()];
    stream.read_exact(&mut heard).expect("the answer comes in the end");
    assert_eq!(heard, what);
    began.elapsed()
}

/// A server and a client who have talked, and halfway to the moment at which the client does something more.
fn later(client: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> (World, Host, Host) {
    let world = World::new();
    let server = world.host("server").start(echo);
    let client = world.host("client").start(move || {
        let mut stream = connect();
        ask(&mut stream, b"before");
        std::thread::sleep(10 * SECOND);
        client(&mut stream);
    });
    std::thread::sleep(5 * SECOND);
    (world, server, client)
}

pub(super) fn partition() -> Result<(), Failure> {
    let (world, server, client) = later(|stream| {
        let took = ask(stream, b"while nothing gets through");
        assert!(took > 40 * SECOND, "{took:?} through a partition of a minute");
        ask(stream, b"after");
    });
    world.partition(&server, &client);
    std::thread::sleep(60 * SECOND);
    world.heal("server", "client");
    client.wait().success("the client");
    server.wait().success("the server");
    Ok(())
}

pub(super) fn one_way() -> Result<(), Failure> {
    let (world, server, client) = later(|stream| {
        stream.write_all(b"heard, but not answered").expect("there is room");
        let error = stream.read(&mut [0; 64]).expect_err("nothing comes back");
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    });
    world.partition_one_way(&server, &client);
    client.wait().success("the client");
    drop(server);
    Ok(())
}

pub(super) fn slow() -> Result<(), Failure> {
    let world = World::new();
    let server = world.host("server").start(echo);
    let client = world.host("client").build();
    let link = world.link("client", "server").latency(Latency::uniform(10 * MILLI, 20 * MILLI));
    let _ = link.loss(1, 10).bandwidth(1_000_000);
    client
        .run(|| {
            let mut stream = connect();
            for round in 0..50_u8 {
                let took = ask(&mut stream, &[round; 400]);
                assert!(took >= 20 * MILLI, "a round trip in {took:?}");
            }
        })
        .success("the client");
    server.wait().success("the server");
    Ok(())
}

pub(super) fn held() -> Result<(), Failure> {
    let (world, server, client) = later(|stream| {
        let took = ask(stream, b"kept for a while");
        assert!(took > 15 * SECOND && took < 30 * SECOND, "{took:?}");
    });
    world.hold(&client, &server);
    std::thread::sleep(25 * SECOND);
    world.release(&client, &server);
    client.wait().success("the client");
    Ok(())
}

pub(super) fn reset() -> Result<(), Failure> {
    let world = World::new();
    let server = world.host("server").start(|| {
        let listener = TcpListener::bind("0.0.0.0:7").expect("a free port");
        let (mut stream, _) = listener.accept().expect("a client");
        let error = stream.read(&mut [0]).expect_err("a reset");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    });
    let client = world.host("client").start(|| {
        let error = connect().read(&mut [0]).expect_err("a reset");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    });
    std::thread::sleep(5 * SECOND);
    world.reset_connections(&client, &server);
    client.wait().success("the client");
    server.wait().success("the server");
    Ok(())
}

/// How many of a hundred datagrams arrive, and in which order, over a link that does what `describe` says.
fn datagrams(describe: impl Fn(World)) -> Vec<u8> {
    let world = World::new();
    let heard: std::sync::Arc<std::sync::Mutex<Vec<u8>>> = std::sync::Arc::default();
    let listener = std::sync::Arc::clone(&heard);
    let server = world.host("server").start(move || {
        let socket = UdpSocket::bind("0.0.0.0:9").expect("a free port");
        socket.set_read_timeout(Some(60 * SECOND)).expect("a time");
        let mut buffer = [0];
        while socket.recv(&mut buffer).is_ok() {
            listener.lock().expect("nobody panics").push(buffer[0]);
        }
    });
    let client = world.host("client").build();
    describe(world);
    std::thread::sleep(5 * SECOND);
    client
        .run(|| {
            let socket = UdpSocket::bind("0.0.0.0:0").expect("a free port");
            for number in 0..100 {
                socket.send_to(&[number], "server:9").expect("it is sent");
                std::thread::sleep(10 * MILLI);
            }
        })
        .success("the client");
    server.wait().success("the server");
    let mut heard = heard.lock().expect("nobody panics");
    std::mem::take(&mut *heard)
}

pub(super) fn plain() -> Result<(), Failure> {
    expect("datagrams", datagrams(|_| {}), (0..100).collect::<Vec<u8>>())
}

pub(super) fn never() -> Result<(), Failure> {
    expect(
        "datagrams",
        datagrams(|world| {
            world.link("client", "server").loss(1, 1);
        }),
        Vec::new(),
    )
}

pub(super) fn twice() -> Result<(), Failure> {
    let heard = datagrams(|world| {
        world.links().latency(Latency::fixed(MILLI)).duplicate(1, 1);
    });
    let twice: Vec<u8> = (0..100).flat_map(|number| [number, number]).collect();
    if heard == twice { Ok(()) } else { Err(wrong("datagrams", format!("{heard:?}"))) }
}
