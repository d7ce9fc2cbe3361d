//! Where nodes are started, and how they find each other: on hosts of a simulated world, or as threads of this process.
//!
//! It does not know what a node does. Invariant: a node's name is its only address.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use photofinish::world::{Host, Latency, World};

use super::super::process::Network;
use super::super::program::stop::{Stop, Stopper};
use super::case::Links;

/// A node, ready to be started: it is told where the others are, and when to end.
pub(super) type Program = Box<dyn Fn(&dyn Network, Stop) -> io::Result<()> + Send + Sync>;

/// Where nodes are started.
pub(super) trait Places {
    /// Makes room for nodes of these names, with such links between them.
    ///
    /// # Errors
    ///
    /// If there is none.
    fn open(&mut self, names: &[&'static str], links: Links) -> io::Result<()>;

    /// Starts a node of this name.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    fn start(&mut self, name: &'static str, program: Program) -> io::Result<()>;

    /// Ends all that were started.
    ///
    /// # Errors
    ///
    /// What a node ended with by itself.
    fn close(&mut self) -> io::Result<()>;
}

/// Hosts where there is a world, threads otherwise.
pub(super) fn any() -> Box<dyn Places> {
    match World::try_new() {
        Ok(world) => Box::new(Hosts { world, started: Vec::new(), stopper: Stopper::default() }),
        Err(_) => Box::new(Threads::default()),
    }
}

/// Each node is a process on a host of its own, which ends when that loses its power: a runtime cannot be woken from another process.
#[derive(Debug)]
struct Hosts {
    world: World,
    started: Vec<Host>,
    /// Never used, and kept for as long as there are nodes.
    stopper: Stopper,
}

/// The port of every node.
const PORT: u16 = 7000;

/// What [`Links::Slow`] takes, at least and at most.
const SLOW: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(10)];

/// Every node has the same port, and its host has its name.
#[derive(Debug)]
struct Named;

impl Places for Hosts {
    fn open(&mut self, names: &[&'static str], links: Links) -> io::Result<()> {
        if links == Links::Slow {
            let _ = self.world.links().latency(Latency::uniform(SLOW[0], SLOW[1]));
        }
        self.started = names.iter().map(|name| self.world.host(name).cores(2).build()).collect();
        Ok(())
    }

    fn start(&mut self, name: &'static str, program: Program) -> io::Result<()> {
        let host = self.started.iter().find(|host| host.name() == name).ok_or(io::ErrorKind::NotFound)?;
        let stop = self.stopper.stop();
        host.start(move || {
            if let Err(error) = program(&Named, stop.clone()) {
                panic!("{name}: {error}");
            }
        });
        Ok(())
    }

    fn close(&mut self) -> io::Result<()> {
        for host in self.started.drain(..) {
            let by_itself = host.ended();
            host.crash();
            if let Some(ended) = by_itself
                && !ended.is_success()
            {
                return Err(io::Error::other(format!("{} ended with {:?}", host.name(), ended.0)));
            }
        }
        Ok(())
    }
}

impl Network for Named {
    fn bind(&self, _name: &'static str) -> io::Result<UdpSocket> {
        UdpSocket::bind((Ipv4Addr::UNSPECIFIED, PORT))
    }

    fn resolve(&self, name: &'static str) -> io::Result<SocketAddr> {
        let mut addresses = (name, PORT).to_socket_addrs()?;
        addresses.find(SocketAddr::is_ipv4).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// All nodes are threads of this process, on its loopback interface.
#[derive(Default)]
struct Threads {
    loopback: Arc<Loopback>,
    stopper: Stopper,
    started: Vec<JoinHandle<io::Result<()>>>,
}

/// The sockets by name, bound beforehand so that nobody looks for one that is not there yet.
#[derive(Debug, Default)]
struct Loopback {
    sockets: Mutex<BTreeMap<&'static str, UdpSocket>>,
}

impl fmt::Debug for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} threads", self.started.len())
    }
}

impl Places for Threads {
    fn open(&mut self, names: &[&'static str], _links: Links) -> io::Result<()> {
        let mut sockets = self.loopback.sockets.lock().unwrap_or_else(PoisonError::into_inner);
        for &name in names {
            sockets.insert(name, UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?);
        }
        Ok(())
    }

    fn start(&mut self, name: &'static str, program: Program) -> io::Result<()> {
        let (loopback, stop) = (Arc::clone(&self.loopback), self.stopper.stop());
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || program(&*loopback, stop))?;
        self.started.push(thread);
        Ok(())
    }

    fn close(&mut self) -> io::Result<()> {
        self.stopper.stop_all();
        for thread in self.started.drain(..) {
            thread.join().map_err(|_| io::Error::other("a node panicked"))??;
        }
        Ok(())
    }
}

impl Network for Loopback {
    fn bind(&self, name: &'static str) -> io::Result<UdpSocket> {
        self.with(name, UdpSocket::try_clone)
    }

    fn resolve(&self, name: &'static str) -> io::Result<SocketAddr> {
        self.with(name, UdpSocket::local_addr)
    }
}

impl Loopback {
    fn with<T>(&self, name: &str, ask: impl Fn(&UdpSocket) -> io::Result<T>) -> io::Result<T> {
        let sockets = self.sockets.lock().unwrap_or_else(PoisonError::into_inner);
        ask(sockets.get(name).ok_or(io::ErrorKind::NotFound)?)
    }
}
