//! Scripts of socket calls: one call a line, `socket verb arguments => answer`. No call waits, unless its verb begins with `b`.
//!
//! Does not know what is right. Invariant: an answer is a number, text, `ok` or an error's name, `EAGAIN` for one that would
//! wait; for `poll` the names of what is ready, for `edges` what an edge-triggered `epoll(7)` of all sockets would tell, in its
//! order. Every right that a message carried is delivered or orphaned once.

use core::fmt::Display;
use std::collections::BTreeMap;

use super::rights::Rights;
use crate::errno::Errno;
use crate::fd::{Blocking, DescriptionId};
use crate::net::tcp::How;
use crate::process::Pid;
use crate::ready::{Mask, Refusal};
use crate::unix::{Asker, Credentials, Kind, Name, Outgoing, Received, RecvAsk, UnixId, UnixSockets};

/// The process that makes all calls.
pub(super) const ME: Credentials = Credentials { pid: Pid(7), uid: 1_000, gid: 100 };

/// What `edges` asks for, and what is told unasked.
const POLLED: Mask = Mask(Mask::IN.0 | Mask::OUT.0 | Mask::RDHUP.0 | Mask::ERR.0 | Mask::HUP.0);

pub(super) fn asker(blocking: Blocking) -> Asker {
    Asker { credentials: ME, blocking }
}

/// Runs a script on no sockets and checks every answer.
#[track_caller]
pub(super) fn check(script: &str) {
    let mut player = Player::default();
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (call, expected) = line.split_once(" => ").unwrap_or((line, "ok"));
        let words: Vec<&str> = call.split_whitespace().collect();
        let answer = player.call(words[0], words[1], &words[2..]);
        assert_eq!(answer, expected, "in line `{line}` of\n{script}");
        player.collect();
    }
    player.end();
}

#[derive(Default)]
struct Player {
    unix: UnixSockets,
    sockets: BTreeMap<String, UnixId>,
    /// The files that sockets were bound to.
    nodes: BTreeMap<String, u64>,
    rights: Rights,
    /// The list of an edge-triggered `epoll(7)`.
    edges: Vec<UnixId>,
}

impl Player {
    fn call(&mut self, name: &str, verb: &str, words: &[&str]) -> String {
        let answer = match verb {
            "edges" => Ok(self.edges()),
            "new" | "pair" | "accept" | "baccept" => self.make(name, verb, words),
            "send" | "sendto" | "pass" | "fill" | "sendcred" => self.send(name, verb, words),
            "recv" | "peek" | "brecv" | "drain" => self.recv(name, verb, words),
            "name" | "peer" | "poll" | "unread" | "unsent" | "get" | "cred" => self.ask(name, verb, words),
            _ => self.change(name, verb, words),
        };
        match answer {
            Ok(text) => text,
            Err(Refusal::Fail(errno)) => Errno::name(errno).into(),
            Err(Refusal::Wait(_)) => "EAGAIN".into(),
            Err(Refusal::Unmodelled(what, _)) => format!("unmodelled {what}"),
        }
    }

    fn keep(&mut self, name: &str, id: UnixId) {
        if self.unix.readiness(id).meets(POLLED) {
            self.edges.push(id);
        }
        if let Some(before) = self.sockets.insert(name.into(), id) {
            self.unix.close(before);
        }
        self.collect();
    }

    fn collect(&mut self) {
        while let Some(change) = self.unix.pop_change() {
            let concerned = change.key.is_empty() || change.key.meets(POLLED);
            if concerned && !self.edges.contains(&change.of) {
                self.edges.push(change.of);
            }
        }
        self.rights.collect(&mut self.unix);
    }

    fn edges(&mut self) -> String {
        let mut told = Vec::new();
        for id in core::mem::take(&mut self.edges) {
            let Some((name, _)) = self.sockets.iter().find(|(_, socket)| **socket == id) else { continue };
            let ready = self.unix.readiness(id);
            if ready.meets(POLLED) {
                told.push(format!("{name}[{}]", poll(ready).replace(' ', ",")));
            }
        }
        if told.is_empty() { "none".into() } else { told.join(" ") }
    }

    fn make(&mut self, name: &str, verb: &str, words: &[&str]) -> Result<String, Refusal> {
        match verb {
            "new" => {
                let id = self.unix.create(crate::host::HostId::FIRST, kind(words[0]))?;
                self.keep(name, id);
            }
            "pair" => {
                let (first, second) = self.unix.pair((crate::host::HostId::FIRST, kind(words[1])), ME)?;
                self.keep(words[0], second);
                self.keep(name, first);
            }
            _ => {
                let blocking = if verb == "accept" { Blocking::No } else { Blocking::Yes };
                let accepted = self.unix.accept(self.sockets[words[0]], blocking)?;
                self.keep(name, accepted.id);
                return Ok(show(&accepted.peer));
            }
        }
        Ok("ok".into())
    }

    /// What the boundary makes of an address: a path leads to an inode or is refused.
    fn find(&self, word: &str) -> Name {
        match (word.strip_prefix('@'), self.nodes.get(word)) {
            (Some(rest), _) => Name::Abstract(rest.into()),
            (None, Some(&node)) => Name::Path { path: word.into(), node },
            (None, None) => Name::Unresolved(Errno::ENOENT),
        }
    }

    fn change(&mut self, name: &str, verb: &str, words: &[&str]) -> Result<String, Refusal> {
        let id = self.sockets[name];
        let number = |nth: usize| words[nth].parse().expect("a number");
        match verb {
            "bind" if words[0].starts_with('/') => {
                let node = self.nodes.len() as u64;
                let taken = self.nodes.contains_key(words[0]);
                let made = Name::Path { path: words[0].into(), node };
                self.unix.bind(id, if taken { Name::Unresolved(Errno::EADDRINUSE) } else { made })?;
                self.nodes.insert(words[0].into(), node);
            }
            "bind" => self.unix.bind(id, self.find(words[0]))?,
            "autobind" => self.unix.autobind(id)?,
            "listen" => self.unix.listen(id, number(0), ME)?,
            "connect" => {
                let name = self.find(words[0]);
                self.unix.connect(id, &name, asker(Blocking::No))?;
            }
            "disconnect" => self.unix.disconnect(id)?,
            "shutdown" => self.unix.shutdown(id, How::from_linux(number(0))?),
            "close" => {
                self.sockets.remove(name);
                self.unix.close(id);
            }
            "set" => {
                let value: Vec<u8> = words[2..].iter().flat_map(|word| encode(word)).collect();
                self.unix.set_option(id, number(0), number(1), &value)?;
            }
            _ => panic!("no verb {verb}"),
        }
        Ok("ok".into())
    }

    fn send(&mut self, name: &str, verb: &str, words: &[&str]) -> Result<String, Refusal> {
        let id = self.sockets[name];
        let number = || words[0].parse().expect("a number");
        let text = |nth: usize| words.get(nth).map_or(Vec::new(), |word| word.as_bytes().to_vec());
        let (bytes, to, rights) = match verb {
            "sendto" => (text(1), Some(self.find(words[0])), 0),
            "pass" => (text(1), None, number()),
            "fill" => (vec![b'x'; number()], None, 0),
            _ => (text(0), None, 0),
        };
        let rights = self.rights.make(rights);
        let outgoing = Outgoing {
            bytes: &bytes,
            to: to.as_ref(),
            rights: &rights,
            credentials: (verb == "sendcred").then_some(ME),
            asker: asker(Blocking::No),
        };
        let answer = self.unix.send(id, outgoing);
        if answer.is_err() {
            self.rights.settle(&rights);
        }
        Ok(answer?.to_string())
    }

    fn recv(&mut self, name: &str, verb: &str, words: &[&str]) -> Result<String, Refusal> {
        let id = self.sockets[name];
        let size = words.first().map_or(100, |word| word.parse().expect("a size"));
        let mut buffer = vec![0; size];
        let blocking = if verb == "brecv" { Blocking::Yes } else { Blocking::No };
        let mut ask = RecvAsk { asker: asker(blocking), peek: verb == "peek", after: None };
        let mut received = self.unix.recv(id, &mut buffer, ask)?;
        let all = words.get(1) == Some(&"256");
        while all && !received.ends && received.count < size {
            ask.after = received.writer;
            let Ok(more) = self.unix.recv(id, &mut buffer[received.count..], ask) else { break };
            received.rights.extend(&more.rights);
            received = Received { count: received.count + more.count, rights: received.rights, ..more };
            received.full_length = received.count;
        }
        if !ask.peek {
            self.rights.settle(&received.rights);
        }
        Ok(match verb {
            "drain" => received.count.to_string(),
            "brecv" => format!("'{}'", String::from_utf8_lossy(&buffer[..received.count])),
            _ => show_received(&received, &buffer),
        })
    }

    fn ask(&mut self, name: &str, verb: &str, words: &[&str]) -> Result<String, Refusal> {
        let id = self.sockets[name];
        let number = |nth: usize| words[nth].parse().expect("a number");
        Ok(match verb {
            "name" => show(self.unix.local_name(id)),
            "peer" => show(self.unix.peer_name(id)?),
            "poll" => poll(self.unix.readiness(id)),
            "unread" => self.unix.unread(id)?.to_string(),
            "unsent" => self.unix.unsent(id).to_string(),
            "cred" if self.unix.peer_credentials(id) == Credentials::NONE => "none".into(),
            "cred" => {
                assert_eq!(self.unix.peer_credentials(id), ME);
                "me".into()
            }
            _ => decode(&self.unix.get_option(id, number(0), number(1))?),
        })
    }

    /// Closes everything: nothing may be left.
    fn end(mut self) {
        for id in core::mem::take(&mut self.sockets).into_values() {
            self.unix.close(id);
        }
        self.collect();
        assert_eq!(self.unix.live_count(), 0, "everything is closed and something is left");
        assert_eq!(self.rights.outstanding(), Vec::<DescriptionId>::new(), "rights are lost");
    }
}

fn kind(word: &str) -> Kind {
    match word {
        "stream" => Kind::Stream,
        "dgram" => Kind::Datagram,
        _ => Kind::SeqPacket,
    }
}

fn show(name: &Name) -> String {
    match name {
        Name::Unnamed | Name::Unresolved(_) => "-".into(),
        Name::Path { path, .. } => String::from_utf8_lossy(path).into_owned(),
        Name::Abstract(bytes) if bytes.len() == 5 => "@#####".into(),
        Name::Abstract(bytes) => format!("@{}", String::from_utf8_lossy(bytes)),
    }
}

fn show_received(received: &Received, buffer: &[u8]) -> String {
    let mut text = format!("'{}'", String::from_utf8_lossy(&buffer[..received.count]));
    let mut add = |what: &str, value: &dyn Display| text += &format!(" {what}{value}");
    if received.from != Name::Unnamed {
        add("from ", &show(&received.from));
    }
    if let Some(who) = received.credentials {
        let known = [(ME, "me"), (Credentials::OVERFLOW, "nobody"), (Credentials::EMPTY, "(0, 0, 0)")];
        add("cred ", &known.iter().find(|(known, _)| *known == who).expect("known").1);
    }
    if !received.rights.is_empty() {
        add("rights ", &received.rights.len());
    }
    if received.count < received.full_length {
        add("trunc", &"");
    }
    text
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

fn poll(ready: Mask) -> String {
    assert_eq!(ready.meets(Mask::IN), ready.meets(Mask::RDNORM));
    assert_eq!(ready & Mask::WRITERS == Mask::WRITERS, ready.meets(Mask::WRITERS));
    let all = [
        (Mask::IN, "in"),
        (Mask::OUT, "out"),
        (Mask::ERR, "err"),
        (Mask::HUP, "hup"),
        (Mask::RDHUP, "rdhup"),
    ];
    let names: Vec<&str> = all.iter().filter(|(bit, _)| ready.meets(*bit)).map(|(_, name)| *name).collect();
    if names.is_empty() { "none".into() } else { names.join(" ") }
}
