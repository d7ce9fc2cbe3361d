//! Round trips over TCP: threads that block, and tasks of tokio.
//!
//! They know nothing of how they are measured. Invariant: each client makes [`ROUNDS`] round trips, one after another.

use std::io::{Read, Result, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Clients at a time.
const CLIENTS: u32 = 4;
/// Round trips of each client.
const ROUNDS: u32 = 20_000;
/// Threads of tokio's runtime.
const WORKERS: usize = 3;
/// What is said each time.
const WORDS: [u8; 16] = *b"there and back, ";

/// A client and a server thread for each connection.
pub(crate) fn threads() -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            thread::spawn(move || {
                let mut stream = TcpStream::connect(address)?;
                stream.set_nodelay(true)?;
                let mut heard = [0; WORDS.len()];
                for _ in 0..ROUNDS {
                    stream.write_all(&WORDS)?;
                    stream.read_exact(&mut heard)?;
                }
                Ok(())
            })
        })
        .collect();
    let servers: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (mut stream, _) = listener.accept()?;
            Ok(thread::spawn(move || {
                let mut heard = [0; WORDS.len()];
                loop {
                    match stream.read(&mut heard)? {
                        0 => return Ok(()),
                        count => stream.write_all(&heard[..count])?,
                    }
                }
            }))
        })
        .collect::<Result<_>>()?;
    clients.into_iter().chain(servers).try_for_each(|thread| thread.join().expect("it does not panic"))
}

/// A client and a server task for each connection, on tokio's runtime of several workers.
pub(crate) fn tasks() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let mut tasks: Vec<_> = (0..CLIENTS).map(|_| tokio::spawn(client(address))).collect();
        for _ in 0..CLIENTS {
            let (stream, _) = listener.accept().await?;
            tasks.push(tokio::spawn(serve(stream)));
        }
        for task in tasks {
            task.await.expect("it does not panic")?;
        }
        Ok(())
    })
}

async fn client(address: std::net::SocketAddr) -> Result<()> {
    let mut stream = tokio::net::TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut heard = [0; WORDS.len()];
    for _ in 0..ROUNDS {
        stream.write_all(&WORDS).await?;
        stream.read_exact(&mut heard).await?;
    }
    Ok(())
}

async fn serve(mut stream: tokio::net::TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut heard = [0; WORDS.len()];
    loop {
        match stream.read(&mut heard).await? {
            0 => return Ok(()),
            count => stream.write_all(&heard[..count]).await?,
        }
    }
}
