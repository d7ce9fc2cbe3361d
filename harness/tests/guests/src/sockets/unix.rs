//! Streams and datagrams of `unix(7)` through std.
//!
//! Invariant: a guest leaves no file behind, and begins by removing what an interrupted one left.

use std::io::{ErrorKind, Read as _, Write as _};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener, UnixStream};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use photofinish::scenario::Failure;

/// A path nobody has.
fn path(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("guest-{}-{name}", std::process::id()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).expect("a folder for temporary files");
    }
    let _absent = std::fs::remove_file(&path);
    path
}

pub(super) fn pair() -> Result<(), Failure> {
    let (mut here, mut there) = UnixStream::pair().expect("a pair");
    let echo = thread::spawn(move || {
        let mut said = Vec::new();
        there.read_to_end(&mut said).expect("a stream");
        there.write_all(&said).expect("the other reads");
    });
    here.write_all(b"hello").expect("the other reads");
    here.shutdown(std::net::Shutdown::Write).expect("a peer");
    let mut answer = String::new();
    here.read_to_string(&mut answer).expect("a stream");
    assert_eq!(answer, "hello");
    echo.join().expect("it does not panic");
    assert!(here.local_addr().expect("a socket").is_unnamed());
    Ok(())
}

pub(super) fn streams() -> Result<(), Failure> {
    let path = path("streams");
    let listener = UnixListener::bind(&path).expect("nobody has it");
    assert_eq!(listener.local_addr().expect("bound").as_pathname(), Some(path.as_path()));
    let clients: Vec<_> = (1..=3_u8)
        .map(|number| {
            let path = path.clone();
            thread::spawn(move || {
                let mut stream = UnixStream::connect(&path).expect("it listens");
                assert_eq!(stream.peer_addr().expect("connected").as_pathname(), Some(path.as_path()));
                stream.write_all(&[number]).expect("it reads");
                let mut answer = [0];
                stream.read_exact(&mut answer).expect("it answers");
                assert_eq!(answer[0], number * 10);
            })
        })
        .collect();
    for _ in 0..3 {
        let (mut stream, from) = listener.accept().expect("three come");
        assert!(from.is_unnamed());
        let mut number = [0];
        stream.read_exact(&mut number).expect("it writes");
        stream.write_all(&[number[0] * 10]).expect("it reads");
    }
    for client in clients {
        client.join().expect("it is answered");
    }
    std::fs::remove_file(&path).expect("the file is there");
    Ok(())
}

pub(super) fn without_file() -> Result<(), Failure> {
    let name = SocketAddr::from_abstract_name(format!("guest-{}", std::process::id())).expect("short");
    let listener = UnixListener::bind_addr(&name).expect("nobody has it");
    assert_eq!(UnixListener::bind_addr(&name).map(drop).map_err(|e| e.kind()), Err(ErrorKind::AddrInUse));
    let client = {
        let name = name.clone();
        thread::spawn(move || UnixStream::connect_addr(&name).expect("it listens"))
    };
    let (mut stream, _) = listener.accept().expect("one comes");
    drop(client.join().expect("it connects"));
    assert_eq!(stream.read(&mut [0]).expect("a stream"), 0);
    assert_eq!(listener.local_addr().expect("bound").as_abstract_name(), name.as_abstract_name());
    Ok(())
}

pub(super) fn messages() -> Result<(), Failure> {
    let (server, client) = (path("server"), path("client"));
    let bound = UnixDatagram::bind(&server).expect("nobody has it");
    let answers = thread::spawn(move || {
        let mut buffer = [0; 16];
        for _ in 0..3 {
            let (count, from) = bound.recv_from(&mut buffer).expect("three come");
            let to = from.as_pathname().expect("it has a name");
            bound.send_to(&buffer[..count], to).expect("it is there");
        }
    });
    let asks = UnixDatagram::bind(&client).expect("nobody has it");
    for question in ["a", "", "much longer"] {
        asks.send_to(question.as_bytes(), &server).expect("it is there");
        let mut buffer = [0; 4];
        let (count, from) = asks.recv_from(&mut buffer).expect("an answer");
        assert_eq!(&buffer[..count], &question.as_bytes()[..question.len().min(4)]);
        assert_eq!(from.as_pathname(), Some(server.as_path()));
    }
    answers.join().expect("it does not panic");
    assert_eq!(
        asks.send_to(b"x", &server).map_err(|e| e.kind()),
        Err(ErrorKind::ConnectionRefused),
        "the file outlives the socket"
    );
    for path in [server, client] {
        std::fs::remove_file(path).expect("the file is there");
    }
    Ok(())
}

pub(super) fn much() -> Result<(), Failure> {
    let (mut writes, mut reads) = UnixStream::pair().expect("a pair");
    let bytes: Vec<u8> = (0..600_000_u32).map(|n| (n % 251) as u8).collect();
    let expected = bytes.clone();
    let writer = thread::spawn(move || writes.write_all(&bytes));
    let mut all = Vec::new();
    reads.read_to_end(&mut all).expect("a stream");
    assert!(all == expected, "bytes come in order");
    writer.join().expect("it does not panic").expect("all is read");
    reads.set_read_timeout(Some(Duration::from_millis(5))).expect("a time");
    Ok(())
}

pub(super) fn paths() -> Result<(), Failure> {
    let path = path("paths");
    let absent = |path: &PathBuf| UnixStream::connect(path).map(drop).map_err(|e| e.kind());
    assert_eq!(absent(&path), Err(ErrorKind::NotFound));
    std::fs::write(&path, b"no socket").expect("a folder");
    assert_eq!(absent(&path), Err(ErrorKind::ConnectionRefused));
    assert_eq!(UnixListener::bind(&path).map(drop).map_err(|e| e.kind()), Err(ErrorKind::AddrInUse));
    std::fs::remove_file(&path).expect("the file is there");
    let listener = UnixListener::bind(&path).expect("nobody has it");
    let before = UnixStream::connect(&path);
    assert!(before.is_ok(), "it listens");
    std::fs::remove_file(&path).expect("the file is there");
    assert_eq!(absent(&path), Err(ErrorKind::NotFound));
    let second = UnixListener::bind(&path).expect("the path is free");
    let client = UnixStream::connect(&path).expect("it listens");
    second.accept().expect("it is the second's");
    listener.set_nonblocking(true).expect("a socket");
    listener.accept().expect("the one from before");
    assert_eq!(listener.accept().map(drop).map_err(|e| e.kind()), Err(ErrorKind::WouldBlock));
    drop(client);
    std::fs::remove_file(&path).expect("the file is there");
    Ok(())
}
