//! Calls that are not modelled.
//!
//! Invariant: each ignores what it is answered and ends as if all were well.

use std::net::UdpSocket;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::thread::Builder;

use photofinish::scenario::Failure;

pub(super) fn command() -> Result<(), Failure> {
    println!("{}", Command::new("true").spawn().is_ok());
    Ok(())
}

pub(super) fn unix_socket() -> Result<(), Failure> {
    println!("{}", UnixStream::pair().is_ok());
    Ok(())
}

pub(super) fn udp() -> Result<(), Failure> {
    println!("{}", UdpSocket::bind("127.0.0.1:0").is_ok());
    Ok(())
}

pub(super) fn big_stack() -> Result<(), Failure> {
    println!("{}", Builder::new().stack_size(1 << 30).spawn(|| ()).is_ok());
    Ok(())
}
