//! The same as `tasks.rs`, by threads that block.
//!
//! They know nothing of how they are measured. Invariant: a client ends when everything it sent was received.

use std::io::{Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use super::amounts::{BULK, MESSAGE, WRITE};
use super::names::{HERE, SERVER};

/// Sends back what comes, on every connection.
pub(crate) fn echo() -> Result<()> {
    let listener = TcpListener::bind(HERE)?;
    loop {
        let (stream, _) = listener.accept()?;
        thread::spawn(move || answer(stream));
    }
}

fn answer(mut stream: TcpStream) -> Result<()> {
    let mut heard = [0; MESSAGE];
    while stream.read_exact(&mut heard).is_ok() {
        stream.write_all(&heard)?;
    }
    Ok(())
}

/// So many connections with so many round trips each.
pub(crate) fn clients(connections: u64, rounds: u64) -> Result<()> {
    let threads: Vec<_> = (0..connections).map(|_| thread::spawn(move || client(rounds))).collect();
    threads.into_iter().try_for_each(|thread| thread.join().expect("it does not panic"))
}

fn client(rounds: u64) -> Result<()> {
    let mut stream = TcpStream::connect(SERVER)?;
    let mut heard = [0; MESSAGE];
    for _ in 0..rounds {
        stream.write_all(&[7; MESSAGE])?;
        stream.read_exact(&mut heard)?;
    }
    Ok(())
}

/// Takes a large transfer, and says so with one byte.
pub(crate) fn sink() -> Result<()> {
    let (mut stream, _) = TcpListener::bind(HERE)?.accept()?;
    let (mut buffer, mut left) = (vec![0; WRITE], BULK);
    while left > 0 {
        left -= stream.read(&mut buffer)? as u64;
    }
    stream.write_all(&[1])
}

/// Makes it.
pub(crate) fn source() -> Result<()> {
    let mut stream = TcpStream::connect(SERVER)?;
    let block = vec![7; WRITE];
    for _ in 0..BULK / WRITE as u64 {
        stream.write_all(&block)?;
    }
    stream.read_exact(&mut [0])
}
