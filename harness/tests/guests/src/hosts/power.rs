//! Hosts that crash, come back, pause and go on.
//!
//! Invariant: a guest fails if a host keeps anything but its files over a crash, or loses these.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use photofinish::scenario::Failure;
use photofinish::world::World;

use super::expect;

const SECOND: Duration = Duration::from_secs(1);
/// More than all stalls of a run together: what began before is done, or waits.
const LONG: Duration = Duration::from_secs(3);

pub(super) fn files() -> Result<(), Failure> {
    let world = World::new();
    let write = |name: &'static str| {
        move || {
            let path = "/tmp/photofinish/life";
            let before = std::fs::read_to_string(path).unwrap_or_default();
            println!("{name} finds {before:?}");
            std::fs::write(path, format!("{before}{name}")).expect("a folder of its own");
            std::thread::sleep(10 * LONG);
        }
    };
    let a = world.host("a").start(write("a"));
    let b = world.host("b").start(write("b"));
    std::thread::sleep(LONG);
    a.crash();
    a.restart();
    a.wait().success("a");
    b.wait().success("b");
    let told = Arc::new(std::sync::Mutex::new(String::new()));
    let teller = Arc::clone(&told);
    a.run(move || {
        *teller.lock().expect("nobody panics") = std::fs::read_to_string("life").expect("it is there")
    })
    .success("a reader");
    let told = told.lock().expect("nobody panics").clone();
    expect("files", told, "aa".to_owned())
}

fn echo() {
    let listener = TcpListener::bind("0.0.0.0:7").expect("the port is free after a crash");
    for stream in listener.incoming() {
        let mut stream = stream.expect("a connection");
        let mut buffer = [0; 64];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            if stream.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
    }
}

fn ask(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"?")?;
    stream.read_exact(&mut [0])
}

fn connect(to: &str) -> TcpStream {
    loop {
        match TcpStream::connect(to) {
            Ok(stream) => return stream,
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionRefused),
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

pub(super) fn crash() -> Result<(), Failure> {
    let world = World::new();
    let server = world.host("server").start(echo);
    let client = world.host("client").start(|| {
        let mut stream = connect("server:7");
        ask(&mut stream).expect("it is up");
        std::thread::sleep(3 * LONG);
        // It crashed and came back meanwhile, and knows nothing of the connection.
        let error = ask(&mut stream).expect_err("nobody has this connection");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        ask(&mut connect("server:7")).expect("it is up again");
    });
    std::thread::sleep(LONG);
    server.crash();
    let ended = server.ended();
    server.restart();
    client.wait().success("the client");
    expect("killed", ended.map(photofinish::world::Ended::is_killed), Some(true))
}

pub(super) fn pause() -> Result<(), Failure> {
    let world = World::new();
    let server = world.host("server").start(echo);
    let client = world.host("client").start(|| {
        let mut stream = connect("server:7");
        ask(&mut stream).expect("it runs");
        std::thread::sleep(3 * LONG);
        let began = std::time::Instant::now();
        ask(&mut stream).expect("it runs again");
        assert!(began.elapsed() > 20 * LONG, "answered by a paused host after {:?}", began.elapsed());
    });
    std::thread::sleep(LONG);
    server.pause();
    std::thread::sleep(30 * LONG);
    server.resume();
    client.wait().success("the client");
    Ok(())
}

pub(super) fn restarts() -> Result<(), Failure> {
    let world = World::new();
    let lives = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&lives);
    let host = world.host("phoenix").start(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        println!("alive");
        std::thread::spawn(|| std::thread::sleep(3_600 * SECOND)).join().expect("it sleeps");
    });
    for _ in 0..20 {
        std::thread::sleep(LONG);
        host.crash();
        std::thread::sleep(LONG);
        host.restart();
    }
    std::thread::sleep(LONG);
    expect("lives", lives.load(Ordering::Relaxed), 21)
}

/// Waiting goes on over a crash, and a second crash or restart is none.
pub(super) fn lives() -> Result<(), Failure> {
    let world = World::new();
    let begun = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&begun);
    let host = world.host("server").start(move || {
        if counter.fetch_add(1, Ordering::Relaxed) == 0 {
            std::thread::sleep(3_600 * SECOND);
        }
    });
    let script = host.clone();
    let done = std::thread::spawn(move || {
        std::thread::sleep(LONG);
        let changes = [script.crash(), script.crash(), script.pause(), script.restart(), script.restart()];
        (changes, script.is_up(), script.is_paused())
    });
    host.wait().success("its second life");
    let (changes, is_up, is_paused) = done.join().expect("it does not panic");
    expect("changes", changes, [true, false, false, true, false])?;
    expect("state", (is_up, is_paused, begun.load(Ordering::Relaxed)), (true, false, 2))
}

pub(super) fn unattended() -> Result<(), Failure> {
    World::new().host("server").start(|| panic!("nobody listens"));
    std::thread::sleep(LONG);
    Ok(())
}

pub(super) fn paused() -> Result<(), Failure> {
    let server = World::new().host("server").start(|| std::thread::sleep(LONG));
    server.pause();
    let _ = server.wait();
    Ok(())
}
