//! Datagrams of `udp(7)` through std.
//!
//! Invariant: a guest that waits for a datagram is sent it until it says so.

use std::io::ErrorKind;
use std::net::UdpSocket;
use std::thread;
use std::time::Duration;

use photofinish::scenario::Failure;

fn socket() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").expect("any port")
}

pub(super) fn asked() -> Result<(), Failure> {
    let server = socket();
    let to = server.local_addr().expect("bound");
    let answers = thread::spawn(move || {
        let mut buffer = [0; 64];
        loop {
            let (count, from) = server.recv_from(&mut buffer).expect("somebody asks");
            server.send_to(&buffer[..count], from).expect("loopback");
            if &buffer[..count] == b"end" {
                return;
            }
        }
    });
    let client = socket();
    let mut buffer = [0; 64];
    for question in ["one", "two", "end"] {
        client.send_to(question.as_bytes(), to).expect("loopback");
        let (count, from) = client.recv_from(&mut buffer).expect("loopback loses nothing that fits");
        assert_eq!((&buffer[..count], from), (question.as_bytes(), to));
    }
    answers.join().expect("it does not panic");
    Ok(())
}

pub(super) fn connected() -> Result<(), Failure> {
    let (one, other) = (socket(), socket());
    one.connect(other.local_addr().expect("bound")).expect("loopback");
    other.connect(one.local_addr().expect("bound")).expect("loopback");
    assert_eq!(one.peer_addr().ok(), other.local_addr().ok());
    one.send(b"abcdef").expect("loopback");
    let mut buffer = [0; 3];
    assert_eq!(other.peek(&mut buffer).ok(), Some(3));
    assert_eq!(other.recv(&mut buffer).ok(), Some(3), "the rest is lost");
    other.set_nonblocking(true).expect("a socket");
    assert_eq!(other.recv(&mut buffer).map_err(|e| e.kind()), Err(ErrorKind::WouldBlock));
    drop(other);
    one.set_read_timeout(Some(Duration::from_millis(50))).expect("a time");
    one.send(b"x").expect("loopback");
    assert_eq!(one.recv(&mut buffer).map_err(|e| e.kind()), Err(ErrorKind::ConnectionRefused));
    Ok(())
}
