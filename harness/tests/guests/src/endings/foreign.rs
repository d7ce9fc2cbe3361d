//! Calls that are not modelled.
//!
//! Invariant: each ignores what it is answered and ends as if all were well.

use std::fs::File;
use std::io::Read as _;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::AsRawFd as _;
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

/// Files of the machine by other names than their own; each is to be noted.
const SPELLED: [&str; 11] = [
    "proc/meminfo",
    "//proc/meminfo",
    "/tmp/../proc/./meminfo",
    "to-meminfo",
    "/proc/self/fd/../status",
    "/proc/self/fd/",
    "/dev/fd",
    "/dev/stdin",
    "/proc/self/cwd",
    "/dev/fd/../status",
    "to-status",
];

/// Devices by other names than their own, which are to be those that they are.
const DEVICES: [&str; 4] = ["dev/urandom", "//dev/urandom", "/dev/./urandom", "/tmp/photofinish/to-random"];

pub(super) fn spelled() -> Result<(), Failure> {
    let link = |target: &str, name: &str| std::os::unix::fs::symlink(target, name).expect("it is new");
    link("/proc/meminfo", "to-meminfo");
    link("../../dev/urandom", "to-random");
    std::fs::metadata("to-random").expect("it leads there");
    let device = File::open("/dev/urandom").expect("there is one");
    link(&format!("/proc/self/fd/{}", device.as_raw_fd()), "to-descriptor");
    let mut bytes = [0_u8; 8];
    let mut read = |name: &str| {
        File::open(name).and_then(|mut file| file.read_exact(&mut bytes)).expect("it is a device");
        println!("{name} {bytes:?}");
    };
    read("to-descriptor");
    let status = File::open("/proc/self/status").expect("there is one");
    link(&format!("/dev/fd/{}", status.as_raw_fd()), "to-status");
    // Nothing of it shows but that it is there.
    println!("{}", std::fs::metadata("/dev/stdin").is_ok() && std::fs::metadata("/proc/self/fd").is_ok());
    println!("{:?}", std::fs::remove_file("/nope/../x").map_err(|error| error.kind()));
    for name in SPELLED.into_iter().filter(|name| !name.starts_with("proc")) {
        println!("{name} {}", File::open(name).is_ok());
    }
    std::env::set_current_dir("/").expect("it is there");
    println!("{} {}", SPELLED[0], File::open(SPELLED[0]).is_ok());
    DEVICES.into_iter().for_each(read);
    println!("{:?}", File::options().write(true).open("dev/null").is_ok());
    Ok(())
}

pub(super) fn machine() -> Result<(), Failure> {
    for (name, made) in photofinish_calls::machine::CALLS {
        println!("{name} {}", made() == -1);
    }
    Ok(())
}
