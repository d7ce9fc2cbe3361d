//! What crosses between a run and whoever asked for it.
//!
//! Knows neither the process that makes runs nor the one that asks, so that a simulator which must not link the boundary can answer
//! requests, too. Invariant: decoding is total: any bytes give a message or an error, never a panic.
//!
//! Reading order: [`wire`] (how one message follows another), `frame` (what the messages are), `room` (where they go).

#![forbid(unsafe_code)]

mod frame;
mod room;
pub mod wire;

pub use frame::{
    Ask, CORES, Check, DIFFERS, Damaged, Died, Final, Foreign, Frame, Hello, Input, PROTOCOL, Replay, Reply,
    Request, Series, Sight, StackOf, Watch, decode, encode, encode_into,
};
