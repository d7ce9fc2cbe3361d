//! Messages, and how they cross a connection: a length of four bytes, and as many bytes of postcard.
//!
//! Does not know what they are for. Invariant: a frame is written in one piece, and no reader takes in more than [`FRAME_MAX`] bytes.

use std::io::{Error, ErrorKind, Result};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use turmoil::net::TcpStream;

/// A deposit in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) id: u64,
    pub(super) amount: u32,
}

/// What servers are asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Request {
    /// Of the client: to apply this, once.
    Deposit(Entry),
    /// Of the client: what there is.
    Read,
    /// Of the primary: to hold these, too, the first of which has this number.
    Replicate { from: usize, entries: Vec<Entry> },
}

/// What they answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Reply {
    /// It is applied.
    Done,
    /// The amounts, in their order.
    Ledger(Vec<u32>),
    /// The backup holds so many entries.
    Holds(usize),
    /// The backup serves clients by itself, and whoever was primary is it no more.
    Deposed,
}

/// Bytes of one frame.
const FRAME_MAX: usize = 1 << 16;

pub(super) async fn send<T: Serialize>(stream: &mut TcpStream, message: &T) -> Result<()> {
    let body = postcard::to_stdvec(message).map_err(Error::other)?;
    let length = u32::try_from(body.len()).map_err(Error::other)?;
    let frame = [&length.to_be_bytes(), body.as_slice()].concat();
    stream.write_all(&frame).await
}

pub(super) async fn receive<T: DeserializeOwned>(stream: &mut TcpStream) -> Result<T> {
    let length = usize::try_from(stream.read_u32().await?).map_err(Error::other)?;
    if length > FRAME_MAX {
        return Err(Error::new(ErrorKind::InvalidData, format!("a frame of {length} bytes")));
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    postcard::from_bytes(&body).map_err(|error| Error::new(ErrorKind::InvalidData, error))
}

/// Asks, and waits for the answer.
pub(super) async fn ask(stream: &mut TcpStream, request: &Request) -> Result<Reply> {
    send(stream, request).await?;
    receive(stream).await
}
