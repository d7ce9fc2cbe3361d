//! Round trips and a large transfer over TCP, as tasks.
//!
//! They do not know whose sockets they use: `super::names` says so. Invariant: a client ends when everything it sent was received.

use std::io::Result;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::amounts::{BULK, MESSAGE, WRITE};
use super::names::{HERE, SERVER, TcpListener, TcpStream};

/// Sends back what comes, on every connection.
pub(crate) async fn echo() -> Result<()> {
    let listener = TcpListener::bind(HERE).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(answer(stream));
    }
}

async fn answer(mut stream: TcpStream) -> Result<()> {
    let mut heard = [0; MESSAGE];
    while stream.read_exact(&mut heard).await.is_ok() {
        stream.write_all(&heard).await?;
        stream.flush().await?;
    }
    Ok(())
}

/// So many connections with so many round trips each.
pub(crate) async fn clients(connections: u64, rounds: u64) -> Result<()> {
    let tasks: Vec<_> = (0..connections).map(|_| tokio::spawn(client(rounds))).collect();
    for task in tasks {
        task.await.expect("it does not panic")?;
    }
    Ok(())
}

async fn client(rounds: u64) -> Result<()> {
    let mut stream = TcpStream::connect(SERVER).await?;
    let mut heard = [0; MESSAGE];
    for _ in 0..rounds {
        stream.write_all(&[7; MESSAGE]).await?;
        stream.flush().await?;
        stream.read_exact(&mut heard).await?;
    }
    Ok(())
}

/// Takes a large transfer, and says so with one byte.
pub(crate) async fn sink() -> Result<()> {
    let (mut stream, _) = TcpListener::bind(HERE).await?.accept().await?;
    let (mut buffer, mut left) = (vec![0; WRITE], BULK);
    while left > 0 {
        left -= stream.read(&mut buffer).await? as u64;
    }
    stream.write_all(&[1]).await?;
    stream.flush().await?;
    std::future::pending().await
}

/// Makes it.
pub(crate) async fn source() -> Result<()> {
    let mut stream = TcpStream::connect(SERVER).await?;
    let block = vec![7; WRITE];
    for _ in 0..BULK / WRITE as u64 {
        stream.write_all(&block).await?;
        stream.flush().await?;
    }
    stream.read_exact(&mut [0]).await.map(drop)
}
