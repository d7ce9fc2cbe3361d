//! mio without a runtime.
//!
//! Invariant: the loop ends when every client has closed its connection.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};
use photofinish::scenario::Failure;

const CLIENTS: usize = 3;
const LISTENER: Token = Token(0);

/// A server of mio's kind: one thread, many connections.
struct Server {
    poll: Poll,
    listener: TcpListener,
    connections: BTreeMap<Token, TcpStream>,
    accepted: usize,
}

pub(super) fn echo() -> Result<(), Failure> {
    let mut server = Server::bind().expect("any port");
    let address = server.listener.local_addr().expect("bound");
    let clients: Vec<_> =
        (0..CLIENTS).map(|number| std::thread::spawn(move || talk(address, number))).collect();
    server.run().expect("nothing fails");
    for client in clients {
        client.join().expect("it does not panic").expect("nothing fails");
    }
    Ok(())
}

impl Server {
    fn bind() -> io::Result<Self> {
        let poll = Poll::new()?;
        let any = "127.0.0.1:0".parse().expect("an address");
        let mut listener = TcpListener::bind(any)?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self { poll, listener, connections: BTreeMap::new(), accepted: 0 })
    }

    fn run(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(8);
        while self.accepted < CLIENTS || !self.connections.is_empty() {
            self.poll.poll(&mut events, None)?;
            for event in &events {
                match event.token() {
                    LISTENER => self.accept()?,
                    token => self.repeat(token)?,
                }
            }
        }
        Ok(())
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            match self.listener.accept() {
                Ok((mut stream, _)) => {
                    self.accepted += 1;
                    let token = Token(self.accepted);
                    self.poll.registry().register(&mut stream, token, Interest::READABLE)?;
                    self.connections.insert(token, stream);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    fn repeat(&mut self, token: Token) -> io::Result<()> {
        let Some(stream) = self.connections.get_mut(&token) else { return Ok(()) };
        let mut room = [0; 32];
        loop {
            match stream.read(&mut room) {
                Ok(0) => {
                    let mut stream = self.connections.remove(&token).expect("it was found");
                    return self.poll.registry().deregister(&mut stream);
                }
                // A few bytes always fit.
                Ok(count) => stream.write_all(&room[..count])?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

fn talk(address: SocketAddr, number: usize) -> io::Result<()> {
    let mut stream = std::net::TcpStream::connect(address)?;
    for round in 0..10 {
        let sent = format!("{number}:{round}");
        stream.write_all(sent.as_bytes())?;
        let mut back = vec![0; sent.len()];
        stream.read_exact(&mut back)?;
        assert!(back == sent.as_bytes(), "client {number}");
    }
    Ok(())
}

pub(super) fn waker() -> Result<(), Failure> {
    const WAKER: Token = Token(7);
    let mut poll = Poll::new().expect("few");
    let waker = Waker::new(poll.registry(), WAKER).expect("few");
    let mut events = Events::with_capacity(4);
    poll.poll(&mut events, Some(Duration::from_millis(3))).expect("a poll");
    assert!(events.is_empty(), "nobody woke it");
    let wakes = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(5));
        waker.wake().expect("a counter");
        waker
    });
    poll.poll(&mut events, Some(Duration::from_secs(60))).expect("a poll");
    let tokens: Vec<Token> = events.iter().map(mio::event::Event::token).collect();
    assert!(tokens == [WAKER], "{tokens:?}");
    drop(wakes.join().expect("it does not panic"));
    Ok(())
}
