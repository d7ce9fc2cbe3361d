//! Calls that are not modelled.
//!
//! Invariant: each ignores what it is answered and ends as if all were well.

use std::net::{Ipv4Addr, UdpSocket};
use std::process::Command;
use std::thread::Builder;

use photofinish::scenario::Failure;

pub(super) fn command() -> Result<(), Failure> {
    println!("{}", Command::new("true").spawn().is_ok());
    Ok(())
}

pub(super) fn netlink() -> Result<(), Failure> {
    println!("{}", photofinish_calls::socket::socket(libc::AF_NETLINK, libc::SOCK_RAW, 0).is_ok());
    Ok(())
}

pub(super) fn multicast() -> Result<(), Failure> {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
    println!("{}", socket.join_multicast_v4(&Ipv4Addr::new(224, 0, 0, 251), &Ipv4Addr::UNSPECIFIED).is_ok());
    Ok(())
}

pub(super) fn big_stack() -> Result<(), Failure> {
    println!("{}", Builder::new().stack_size(1 << 30).spawn(|| ()).is_ok());
    Ok(())
}

pub(super) fn machine() -> Result<(), Failure> {
    for (name, made) in photofinish_calls::machine::CALLS {
        println!("{name} {}", made() == -1);
    }
    Ok(())
}
