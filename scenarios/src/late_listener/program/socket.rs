//! A message socket with its own I/O thread, in the manner of a callback library: `open` returns at once.
//!
//! It does not know what its callbacks do. Invariant: callbacks run on the I/O thread only, one at a time, under
//! the callback lock, and `closed` is the last.

use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::frame::Frame;
use super::reentrant::ReentrantLock;
use super::{locked, named};

/// What the socket tells its owner.
pub(super) trait Callbacks: Send + 'static {
    /// It is connected.
    fn opened(&self);
    /// A frame came.
    fn message(&self, frame: Frame);
    /// It is closed, or was never opened.
    fn closed(&self);
}

/// Where the socket's stream comes from.
pub(super) enum Origin {
    /// It is to be connected to this address, on the I/O thread.
    Dial(SocketAddr),
    /// It was accepted.
    Accepted(TcpStream),
}

/// A message socket.
pub(super) struct Socket {
    link: Mutex<Link>,
    writing: Mutex<()>,
    callback: ReentrantLock,
}

enum Link {
    Opening,
    Open(Arc<TcpStream>),
    Closed,
}

/// The sockets of one manager and their I/O threads.
#[derive(Default)]
pub(super) struct SocketSet {
    sockets: Mutex<Vec<(Arc<Socket>, JoinHandle<()>)>>,
}

impl SocketSet {
    /// Starts a socket's I/O thread and returns without waiting for anything.
    pub(super) fn open(&self, origin: Origin, callbacks: impl Callbacks) -> Arc<Socket> {
        let socket = Arc::new(Socket {
            link: Mutex::new(Link::Opening),
            writing: Mutex::new(()),
            callback: ReentrantLock::new(),
        });
        let thread = named("io", {
            let socket = socket.clone();
            move || socket.run(origin, &callbacks)
        });
        locked(&self.sockets).push((socket.clone(), thread));
        socket
    }

    /// Closes every socket and waits for the I/O threads.
    pub(super) fn stop(&self) {
        let sockets = std::mem::take(&mut *locked(&self.sockets));
        for (socket, _) in &sockets {
            socket.close();
        }
        for (_, thread) in sockets {
            thread.join().expect("an I/O thread does not panic");
        }
    }
}

impl Socket {
    /// Sends a frame; one that cannot be sent is dropped, as the peer's absence is told by `closed`.
    pub(super) fn send(&self, frame: Frame) {
        let stream = match &*locked(&self.link) {
            Link::Open(stream) => stream.clone(),
            Link::Opening | Link::Closed => return,
        };
        let _whole_frames = locked(&self.writing);
        let _ = frame.write(&*stream);
    }

    /// Asks the I/O thread to end; `closed` follows on that thread.
    pub(super) fn close(&self) {
        let before = std::mem::replace(&mut *locked(&self.link), Link::Closed);
        if let Link::Open(stream) = before {
            // It fails only where the peer was first, and then the I/O thread ends all the same.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn run(&self, origin: Origin, callbacks: &impl Callbacks) {
        let stream = match origin {
            Origin::Dial(address) => TcpStream::connect(address).ok(),
            Origin::Accepted(stream) => Some(stream),
        };
        if let Some(stream) = stream.map(Arc::new)
            && self.adopt(&stream)
        {
            self.call(|| callbacks.opened());
            while let Ok(frame) = Frame::read(&*stream) {
                self.call(|| callbacks.message(frame));
            }
        }
        *locked(&self.link) = Link::Closed;
        self.call(|| callbacks.closed());
    }

    fn adopt(&self, stream: &Arc<TcpStream>) -> bool {
        let mut link = locked(&self.link);
        let wanted = matches!(*link, Link::Opening);
        if wanted {
            *link = Link::Open(stream.clone());
        }
        wanted
    }

    fn call(&self, callback: impl FnOnce()) {
        let _held = self.callback.lock();
        callback();
    }
}
