//! A TCP echo on tokio.
//!
//! Invariant: every client gets back what it sent, byte for byte.

use std::io;
use std::net::SocketAddr;

use photofinish::scenario::Failure;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;

/// How many clients, and how often each sends.
#[derive(Clone, Copy)]
struct Load {
    clients: u8,
    rounds: u8,
}

const LOAD: Load = Load { clients: 4, rounds: 100 };

pub(super) fn current_thread() -> Result<(), Failure> {
    let runtime = Builder::new_current_thread().enable_all().build().expect("it starts");
    runtime.block_on(echo(LOAD)).expect("nothing fails");
    Ok(())
}

pub(crate) fn multi_thread() -> Result<(), Failure> {
    let runtime = Builder::new_multi_thread().worker_threads(3).enable_all().build().expect("it starts");
    runtime.block_on(echo(LOAD)).expect("nothing fails");
    Ok(())
}

async fn echo(load: Load) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(serve(listener, load.clients));
    let clients: Vec<_> =
        (0..load.clients).map(|number| tokio::spawn(client(address, number, load))).collect();
    for client in clients {
        client.await??;
    }
    server.await?
}

async fn serve(listener: TcpListener, clients: u8) -> io::Result<()> {
    let mut connections = Vec::new();
    for _ in 0..clients {
        let (stream, _) = listener.accept().await?;
        connections.push(tokio::spawn(repeat(stream)));
    }
    for connection in connections {
        connection.await??;
    }
    Ok(())
}

async fn repeat(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut room = [0; 64];
    loop {
        let count = stream.read(&mut room).await?;
        if count == 0 {
            return Ok(());
        }
        stream.write_all(&room[..count]).await?;
    }
}

async fn client(address: SocketAddr, number: u8, load: Load) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    for round in 0..load.rounds {
        let sent = [number, round, number ^ round];
        stream.write_all(&sent).await?;
        let mut back = [0; 3];
        stream.read_exact(&mut back).await?;
        assert!(sent == back, "client {number} sent {sent:?} and got {back:?}");
    }
    Ok(())
}
