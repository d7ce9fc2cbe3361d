//! The names by which C code calls what its compiler was told of its files and buffers: `fcntl64(2)`, `__read_chk(3)`.
//!
//! Invariant: each answers as the plain call does, which other cases hold against Linux.

use std::io::Write as _;
use std::net::UdpSocket;
use std::os::fd::AsRawFd as _;
use std::time::{SystemTime, UNIX_EPOCH};

use libc::{F_DUPFD_CLOEXEC, F_GETFL, F_RDLCK, F_UNLCK, F_WRLCK, O_ACCMODE, O_CLOEXEC, O_RDONLY, POLLIN};
use photofinish_calls::{compiled, descriptor, path};

use super::case::family;
use super::scratch::{Scratch, filled};
use super::sockets::{Fd, Pair, bits, pair, send, tcp, until};
use super::transcript::Transcript;

family! {
    "compiled", "What C code calls by other names.";
    "large" = large, ["fcntl64", "mkstemps64", "mkostemps64"], "Large files.";
    "bytes" = bytes, ["__read_chk", "__pread_chk", "__pread64_chk", "__recv_chk", "__recvfrom_chk"], "Bytes for which there is room.";
    "poll" = polls, ["__poll_chk", "__ppoll_chk"], "Entries for which there is room.";
    "paths" = paths, [
        "__readlink_chk", "__readlinkat_chk", "__getcwd_chk", "__gethostname_chk", "__realpath_chk", "__ttyname_r_chk", "__open_2",
        "__open64_2", "__openat_2", "__openat64_2",
    ], "Paths for which there is room, and files that are there.";
    "machine" = machine, ["timespec_get", "get_nprocs", "get_nprocs_conf"], "What time it is, and where.";
}

fn large(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let (socket, file) = (tcp(), filled(c"f", b"some"));
    for (name, fd) in [("a socket", socket.0), ("a file", file.0), ("nothing", -1)] {
        t.call(name, compiled::fcntl_number(fd, F_GETFL, 0).map(|flags| flags & O_ACCMODE));
        let copy = compiled::fcntl_number(fd, F_DUPFD_CLOEXEC, file.0 + 20);
        t.call("copied", copy.map(|copy| Fd(copy).0 - file.0));
    }
    for kind in [F_WRLCK, F_RDLCK, F_UNLCK] {
        t.call(format_args!("lock {kind}"), compiled::lock_byte(file.0, kind));
        t.call("of nothing", compiled::lock_byte(-1, kind));
    }
    for (text, suffix, flags) in
        [("t-XXXXXX.txt", 4, None), ("t-XXXXXX.txt", 4, Some(O_CLOEXEC)), ("t-XXXXX.txt", 4, None)]
    {
        let mut template = [text.as_bytes(), b"\0"].concat();
        let made = compiled::mkstemps(&mut template, suffix, flags).map(Fd);
        t.value("drawn", !template.starts_with(b"t-XXXX"));
        t.call("written to", made.and_then(|file| descriptor::write(file.0, b"x")));
    }
}

fn bytes(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let (mut room, mut large) = ([0; 3], [0; 8]);
    filled(c"f", b"of the file");
    let file = Fd(path::openat(libc::AT_FDCWD, c"f", O_RDONLY, 0).expect("it is there"));
    t.call("read", compiled::read(file.0, &mut room));
    t.call("read", compiled::read(file.0, &mut large));
    t.value("is", (room, large));
    for answer in compiled::pread(file.0, &mut room, 7) {
        t.call("pread", answer);
    }
    t.value("is", room);
    let Pair { client, server } = pair();
    t.call("send", send(&client, b"abcdef"));
    until(&server, POLLIN);
    t.call("read", compiled::read(server.0, &mut room));
    t.call("recv", compiled::recv(server.0, &mut room, libc::MSG_PEEK));
    t.call("recvfrom", compiled::recvfrom(server.0, &mut room, 0));
    t.value("is", room);
    let datagrams = UdpSocket::bind("127.0.0.1:0").expect("a port");
    datagrams.send_to(b"datagram", datagrams.local_addr().expect("its own")).expect("there is room");
    t.call("recvfrom", compiled::recvfrom(datagrams.as_raw_fd(), &mut large, 0));
    t.value("is", large);
    t.call("read of nothing", compiled::read(-1, &mut room));
    t.call("recv of a file", compiled::recv(file.0, &mut room, 0));
}

fn polls(t: &mut Transcript) {
    let (reader, mut writer) = std::io::pipe().expect("few");
    for text in ["", "x"] {
        writer.write_all(text.as_bytes()).expect("there is room");
        for answer in compiled::poll(reader.as_raw_fd(), POLLIN) {
            t.call("poll", answer.map(|(ready, events)| format!("{ready} {}", bits(events))));
        }
    }
}

fn paths(t: &mut Transcript) {
    let scratch = Scratch::new();
    filled(c"f", b"some");
    t.call("symlink", path::symlink(c"f", c"s"));
    let mut room = [0; 16];
    for name in [c"s", c"f", c"x"] {
        for answer in compiled::readlink(name, &mut room) {
            t.call(format_args!("readlink {name:?}"), answer);
        }
        let found = compiled::realpath(name);
        t.call("realpath", found.map(|path| path == scratch.0.join("f").display().to_string()));
        for answer in compiled::open(name, O_RDONLY | O_CLOEXEC) {
            t.call("open", answer.map(Fd).and_then(|file| descriptor::read(file.0, &mut [0; 9])));
        }
    }
    t.value("read", room[0]);
    t.call("getcwd", compiled::getcwd(4096).map(|path| path == scratch.0.display().to_string()));
    t.call("getcwd", compiled::getcwd(2).map(|_| ()));
    t.call("gethostname", compiled::gethostname(256));
    t.call("ttyname_r of a socket", compiled::ttyname_r(tcp().0));
    t.call("ttyname_r of nothing", compiled::ttyname_r(-1));
}

fn machine(t: &mut Transcript) {
    let std = std::thread::available_parallelism().map_or(1, usize::from);
    t.value("as many as std's, or more", compiled::processors().map(|number| number as usize >= std));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let (base, at) = compiled::time_of(1);
    t.value("base", base);
    t.value("now", at.seconds.unsigned_abs().abs_diff(now) < 60 && (0..1_000_000_000).contains(&at.fraction));
    t.value("no base", [compiled::time_of(0).0, compiled::time_of(7).0]);
}
