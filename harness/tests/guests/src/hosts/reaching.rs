//! Who reaches whom, by which name and address.
//!
//! Invariant: nothing here depends on how long a packet takes.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use photofinish::scenario::Failure;
use photofinish::world::World;

use super::expect;

pub(super) fn names() -> Result<(), Failure> {
    let world = World::new();
    let peers: Arc<Mutex<Vec<SocketAddr>>> = Arc::default();
    let seen = Arc::clone(&peers);
    let server = world.host("server").ip([10, 1, 1, 1]).start(move || {
        let listener = TcpListener::bind("0.0.0.0:7000").expect("a free port");
        let socket = UdpSocket::bind("server:7001").expect("a free port of its own");
        let (mut stream, peer) = listener.accept().expect("a client");
        seen.lock().expect("nobody panics").push(peer);
        let mut buffer = [0; 5];
        stream.read_exact(&mut buffer).expect("five bytes");
        stream.write_all(&buffer).expect("room");
        let (count, peer) = socket.recv_from(&mut buffer).expect("a datagram");
        seen.lock().expect("nobody panics").push(peer);
        socket.send_to(&buffer[..count], peer).expect("room");
    });
    let client = world.host("client").ip([10, 1, 1, 2]).start(|| {
        let mut stream = loop {
            match TcpStream::connect("server:7000") {
                Ok(stream) => break stream,
                Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionRefused),
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        assert_eq!(stream.peer_addr().expect("connected").to_string(), "10.1.1.1:7000");
        assert_eq!(stream.local_addr().expect("connected").ip().to_string(), "10.1.1.2");
        stream.write_all(b"hello").expect("room");
        let mut buffer = [0; 5];
        stream.read_exact(&mut buffer).expect("an answer");
        let socket = UdpSocket::bind("0.0.0.0:0").expect("a free port");
        socket.send_to(&buffer, "server:7001").expect("room");
        let (count, peer) = socket.recv_from(&mut buffer).expect("an answer");
        assert_eq!((count, peer.to_string().as_str()), (5, "10.1.1.1:7001"));
    });
    client.wait().success("the client");
    server.wait().success("the server");
    let peers = peers.lock().expect("nobody panics");
    expect("peers", peers.iter().map(|peer| peer.ip().to_string()).collect(), vec!["10.1.1.2".to_owned(); 2])
}

pub(super) fn ports() -> Result<(), Failure> {
    let world = World::new();
    let serve = || {
        let listener = TcpListener::bind("127.0.0.1:80").expect("the port of this very host");
        assert_eq!(
            TcpListener::bind("127.0.0.1:80").map(|_| ()).map_err(|e| e.kind()),
            Err(ErrorKind::AddrInUse)
        );
        let client = std::thread::spawn(|| TcpStream::connect("localhost:80").map(|_| ()));
        listener.accept().expect("its own client");
        client.join().expect("it did not panic").expect("its own server");
    };
    let hosts = ["a", "b"].map(|name| world.host(name).start(serve));
    for host in &hosts {
        host.wait().success("a server");
    }
    // Nothing listens there on the address that others can reach.
    let asks = world.host("c").start(|| {
        let refused = TcpStream::connect("a:80").map(|_| ()).map_err(|error| error.kind());
        assert_eq!(refused, Err(ErrorKind::ConnectionRefused));
        let not_mine = TcpListener::bind("10.0.0.1:80").map(|_| ()).map_err(|error| error.kind());
        assert_eq!(not_mine, Err(ErrorKind::AddrNotAvailable));
        let unknown = TcpStream::connect("nobody:80").map(|_| ());
        assert!(unknown.is_err());
    });
    asks.wait().success("who asks");
    // The first host has loopback alone.
    let far = TcpStream::connect("10.0.0.1:80").map(|_| ()).map_err(|error| error.kind());
    expect("unreachable", far, Err(ErrorKind::NetworkUnreachable))
}
