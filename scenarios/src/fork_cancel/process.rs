//! Nodes as processes: each with a runtime and a socket of its own.
//!
//! It does not know what a node does. A simulator that brings a runtime and sockets of its own starts nodes without it. Invariant: a
//! node looks for nobody before it can be found itself.

use std::io;
use std::net::{SocketAddr, UdpSocket};

use tokio::runtime::Builder;

use super::net::Socket;
use super::program::client::Client;
use super::program::node::Node;
use super::program::relay::Relay;
use super::program::stop::Stop;

/// How many threads run a node's tasks.
pub(super) const WORKERS: usize = 2;

/// How nodes find each other.
pub(super) trait Network: Send + Sync {
    /// The socket of the node with this name.
    ///
    /// # Errors
    ///
    /// If it cannot be bound.
    fn bind(&self, name: &'static str) -> io::Result<UdpSocket>;

    /// Where the node with this name is.
    ///
    /// # Errors
    ///
    /// If nobody has the name.
    fn resolve(&self, name: &'static str) -> io::Result<SocketAddr>;
}

impl Relay {
    /// Runs it until `stop`.
    ///
    /// # Errors
    ///
    /// If the runtime or the socket cannot be had, or nobody has the next node's name.
    pub(super) fn run(&self, network: &dyn Network, stop: Stop) -> io::Result<()> {
        let runtime = Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
        runtime.block_on(async {
            let socket = Socket::adopt(network.bind(self.config.name)?)?;
            let (node, happening) = Node::start(self.config.clone(), socket);
            let next = self.next.map(|name| network.resolve(name)).transpose()?;
            self.serve(node, happening, next, stop).await
        })
    }
}

impl Client {
    /// Runs it until it leaves, or `stop`.
    ///
    /// # Errors
    ///
    /// If the runtime or the socket cannot be had, or nobody has the relay's name.
    pub(super) fn run(&self, network: &dyn Network, stop: Stop) -> io::Result<()> {
        let runtime = Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
        runtime.block_on(async {
            let socket = Socket::adopt(network.bind(self.config.name)?)?;
            let (node, happening) = Node::start(self.config.clone(), socket);
            let relay = network.resolve(self.relay)?;
            self.serve(node, happening, relay, stop).await
        })
    }
}
