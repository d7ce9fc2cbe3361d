//! Scripts of socket calls: one call a line, `socket verb arguments => answer`.
//!
//! Does not know what is right. Invariant: an answer is a number, text, `ok`, an error's name, `wait` or `unmodelled`; for
//! `poll` the names of what is ready, for `from` the text, the sender and how long the datagram was; for `hear` also the control
//! messages, which are written `level/type=bytes`, as `say` sends them.

use core::fmt::Display;
use core::net::SocketAddr;
use std::collections::BTreeMap;

use super::fabric::Fabric;
use crate::cmsg::{Message, Told, messages};
use crate::errno::Errno;
use crate::net::tcp::{How, Progress, RecvFlags};
use crate::net::{Family, Net, Outgoing, Readiness, SocketId};
use crate::ready::{Mask, Refusal};

const LATENCY_NS: u64 = 1_000;

/// Runs a script on a fresh host and checks every answer.
#[track_caller]
pub(super) fn check(script: &str) {
    Player::new().play(script);
}

/// Like [`check`], after a listener `l` at `127.0.0.1:80`, a connected client `c` and its accepted peer `s` were made.
#[track_caller]
pub(super) fn check_pair(script: &str) {
    let mut player = Player::new();
    player.play(
        "l new\n l bind 127.0.0.1:80\n l listen 8\n c new\n c connect 127.0.0.1:80 => wait
         * run\n c again => ok\n s accept l => 127.0.0.1:32768",
    );
    player.play(script);
}

struct Player {
    fabric: Fabric,
    sockets: BTreeMap<String, SocketId>,
}

impl Player {
    fn new() -> Self {
        Self { fabric: Fabric::new(), sockets: BTreeMap::new() }
    }

    #[track_caller]
    fn play(&mut self, script: &str) {
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")) {
            let (call, expected) = line.split_once(" => ").unwrap_or((line, "ok"));
            let words: Vec<&str> = call.split_whitespace().collect();
            let answer = self.call(words[0], words[1], &words[2..]);
            assert_eq!(answer, expected, "in line `{line}` of\n{script}");
            self.fabric.collect(LATENCY_NS);
        }
    }

    fn call(&mut self, name: &str, verb: &str, words: &[&str]) -> String {
        let now_ns = self.fabric.now_ns;
        let word = |nth: usize| words.get(nth).copied().unwrap_or("");
        match verb {
            "run" => {
                let ns = word(0).parse().map_or(1_000_000, |ms: u64| ms * 1_000_000);
                self.fabric.run(LATENCY_NS, now_ns + ns);
                return "ok".into();
            }
            "step" => {
                self.fabric.step(LATENCY_NS);
                return "ok".into();
            }
            "new" | "new6" => {
                let family = if verb == "new" { Family::Inet } else { Family::Inet6 };
                let id = self.fabric.net.create_tcp(crate::host::HostId::FIRST, family);
                self.sockets.insert(name.into(), id.expect("few sockets"));
                return "ok".into();
            }
            "udp" | "udp6" => {
                let family = if verb == "udp" { Family::Inet } else { Family::Inet6 };
                let id = self.fabric.net.create_udp(crate::host::HostId::FIRST, family);
                self.sockets.insert(name.into(), id.expect("few sockets"));
                return "ok".into();
            }
            "accept" => {
                let accepted = self.fabric.net.accept(self.sockets[word(0)]);
                if let Ok(accepted) = &accepted {
                    self.sockets.insert(name.into(), accepted.id);
                }
                return show(accepted.map(|accepted| accepted.peer));
            }
            _ => {}
        }
        let (id, now_ns) = (self.sockets[name], self.fabric.now_ns);
        if verb == "edges" {
            return edges(&mut self.fabric, id);
        }
        let net = &mut self.fabric.net;
        named(net, id, verb, words, now_ns)
            .or_else(|| moved(net, id, verb, words))
            .or_else(|| asked(net, id, verb, words))
            .unwrap_or_else(|| panic!("no verb {verb}"))
    }
}

fn nth<'words>(words: &[&'words str], nth: usize) -> &'words str {
    words.get(nth).copied().unwrap_or("")
}

fn number(words: &[&str], at: usize) -> usize {
    nth(words, at).parse().expect("a number")
}

/// The calls about names and connections.
fn named(net: &mut Net, id: SocketId, verb: &str, words: &[&str], now_ns: u64) -> Option<String> {
    let address = || nth(words, 0).parse().expect("an address");
    Some(match verb {
        "bind" => done(net.bind(id, address(), now_ns)),
        "listen" => done(net.listen(id, nth(words, 0).parse().expect("a backlog"), now_ns)),
        "connect" => done(net.connect(id, address(), now_ns, Progress::First)),
        "again" => done(net.connect(id, "127.0.0.1:1".parse().expect("unused"), now_ns, Progress::Again)),
        "unspec" => {
            net.disconnect(id);
            "ok".into()
        }
        "shutdown" => {
            let how = How::from_linux(nth(words, 0).parse().expect("a number")).expect("0..=2");
            done(net.shutdown(id, how))
        }
        "close" => {
            net.close(id);
            "ok".into()
        }
        "lingers" => net.is_lingering(id).to_string(),
        "name" => net.local_address(id).to_string(),
        "peer" => show(net.peer_address(id).map_err(Refusal::from)),
        _ => return None,
    })
}

/// The calls that move bytes.
fn moved(net: &mut Net, id: SocketId, verb: &str, words: &[&str]) -> Option<String> {
    let to = || Some(nth(words, 1).parse().expect("an address"));
    let size = nth(words, 0).parse().unwrap_or(100);
    let flags = RecvFlags {
        peek: verb.starts_with("peek"),
        real_length: verb == "trunc",
        dont_wait: verb == "dontwait",
        ..RecvFlags::default()
    };
    Some(match verb {
        "send" => show(net.send(id, nth(words, 0).as_bytes())),
        "fill" => show(net.send(id, &vec![7; number(words, 0)])),
        "sendto" => show(net.send_to(id, nth(words, 0).as_bytes(), to())),
        "fillto" => show(net.send_to(id, &vec![7; number(words, 0)], to())),
        "recv" | "peek" => {
            let mut buffer = vec![0; size];
            let count = net.recv(id, &mut buffer, flags);
            show(count.map(|count| format!("'{}'", String::from_utf8_lossy(&buffer[..count]))))
        }
        "from" | "peekfrom" => received(net, id, size, flags),
        "say" => show(net.send_message(
            id,
            Outgoing {
                bytes: nth(words, 0).as_bytes(),
                to: to().filter(|to: &SocketAddr| !to.ip().is_unspecified()),
                control: &controls(&words[2..]),
            },
        )),
        "hear" => heard(net, id, size),
        "drain" | "trunc" | "dontwait" => show(net.recv(id, &mut vec![0; size], flags)),
        "count" => count(net, id),
        _ => return None,
    })
}

/// The calls that ask and set.
fn asked(net: &mut Net, id: SocketId, verb: &str, words: &[&str]) -> Option<String> {
    let option = |at: usize| nth(words, at).parse().expect("a number");
    Some(match verb {
        "set" => {
            let value: Vec<u8> = words[2..].iter().flat_map(|word| encode(word)).collect();
            done(net.set_option(id, option(0), option(1), &value))
        }
        "get" => show(net.get_option(id, option(0), option(1)).map(|bytes| decode(&bytes))),
        "unread" => show(net.unread(id).map_err(Refusal::from)),
        "poll" => poll(net.readiness(id)),
        _ => return None,
    })
}

/// What a receiving call gave: the bytes, the sender, and the whole length if it is more.
fn received(net: &mut Net, id: SocketId, size: usize, flags: RecvFlags) -> String {
    let mut buffer = vec![0; size];
    show(net.recv_from(id, &mut buffer, flags).map(|received| {
        let text = String::from_utf8_lossy(&buffer[..received.count]).into_owned();
        let from = received.from.map_or_else(String::new, |from| format!(" {from}"));
        let rest =
            if received.is_truncated() { format!(" of {}", received.full_length) } else { String::new() };
        format!("'{text}'{from}{rest}")
    }))
}

/// The bytes of control messages.
fn controls(words: &[&str]) -> Vec<u8> {
    let mut told = Told::new(1_000);
    for word in words {
        let (name, data) = word.split_once('=').expect("level/type=bytes");
        let (level, kind) = name.split_once('/').expect("level/type");
        let digits = |at| u8::from_str_radix(&data[at..at + 2], 16).expect("two digits");
        let data: Vec<u8> = (0..data.len()).step_by(2).map(digits).collect();
        let number = |text: &str| text.parse().expect("a number");
        told.put(Message { level: number(level), kind: number(kind), data: &data });
    }
    told.done().0
}

/// What a receiving call gave, with the control messages there is room for, and `cut` if there are more.
fn heard(net: &mut Net, id: SocketId, room: usize) -> String {
    let mut buffer = [0; 100];
    show(net.recv_from(id, &mut buffer, RecvFlags::default()).map(|received| {
        let mut text = format!("'{}'", String::from_utf8_lossy(&buffer[..received.count]));
        let (control, flags) = net.told(id, &received, room);
        for message in messages(&control) {
            let Message { level, kind, data } = message.expect("it fits");
            text += &format!(" {level}/{kind}=");
            data.iter().for_each(|byte| text += &format!("{byte:02x}"));
        }
        text + if flags == 0 { "" } else { " cut" }
    }))
}

/// Takes all datagrams there are and says how many.
fn count(net: &mut Net, id: SocketId) -> String {
    let flags = RecvFlags { dont_wait: true, ..RecvFlags::default() };
    let mut buffer = vec![0; 70_000];
    (0..).take_while(|_| net.recv_from(id, &mut buffer, flags).is_ok()).count().to_string()
}

/// Whom the changes of a socket since the last look concern.
fn edges(fabric: &mut Fabric, id: SocketId) -> String {
    fabric.collect(LATENCY_NS);
    let keys = fabric.changes.iter().filter(|change| change.of == id).map(|change| match change.key {
        Mask::READERS => "in",
        Mask::WRITERS => "out",
        _ => "all",
    });
    let keys: Vec<&str> = keys.collect();
    let answer = if keys.is_empty() { "none".into() } else { keys.join(" ") };
    fabric.changes.clear();
    answer
}

/// An `int`, or with the suffix `l` a `long`.
fn encode(word: &str) -> Vec<u8> {
    match word.strip_suffix('l') {
        Some(word) => word.parse::<i64>().expect("a long").to_ne_bytes().to_vec(),
        None => word.parse::<i32>().expect("an int").to_ne_bytes().to_vec(),
    }
}

fn decode(bytes: &[u8]) -> String {
    let ints: Vec<String> = bytes
        .chunks(4)
        .map(|int| i32::from_ne_bytes(int.try_into().expect("whole ints")).to_string())
        .collect();
    ints.join(" ")
}

fn poll(ready: Readiness) -> String {
    let all = [
        (ready.readable, "in"),
        (ready.writable, "out"),
        (ready.error, "err"),
        (ready.hup, "hup"),
        (ready.rdhup, "rdhup"),
    ];
    let names: Vec<&str> = all.iter().filter(|(holds, _)| *holds).map(|(_, name)| *name).collect();
    if names.is_empty() { "none".into() } else { names.join(" ") }
}

fn done<E: Into<Refusal>>(answer: Result<(), E>) -> String {
    show(answer.map(|()| "ok").map_err(Into::into))
}

fn show<T: Display>(answer: Result<T, Refusal>) -> String {
    match answer {
        Ok(value) => value.to_string(),
        Err(Refusal::Fail(errno)) => Errno::name(errno).into(),
        Err(Refusal::Wait(_)) => "wait".into(),
        Err(Refusal::Unmodelled(..)) => "unmodelled".into(),
    }
}
