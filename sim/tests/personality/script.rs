//! What scripts are written in: calls of the only thread, by numbers.
//!
//! Does not know rows. Invariant: what is not modelled is an answer like any other, never a panic.

use photofinish_sim::call::address::Address;
use photofinish_sim::call::io::{read, write};
use photofinish_sim::call::message::{self, Parcel};
use photofinish_sim::call::poll::PollFd;
use photofinish_sim::call::socket::{self as calls, Ask};
use photofinish_sim::call::sockopt::{OptionName, getsockopt, setsockopt};
use photofinish_sim::call::{Caller, Stop, fd, poll};
use photofinish_sim::chooser::Boring;
use photofinish_sim::errno::Errno;
use photofinish_sim::event::Memory;
use photofinish_sim::kernel::{Detail, Kernel, Next};
use photofinish_sim::limits::Limits;
use photofinish_sim::net::Readiness;
use photofinish_sim::personality::{Answer, Connection, Kind, Os, Outcome, Personality, Row};
use photofinish_sim::ready::Mask;
use photofinish_sim::unix::Name;

/// Why a call did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Not {
    /// This error number.
    Fail(Errno),
    Unmodelled,
    /// It would wait for ever.
    Waits,
}

/// What a call answers.
pub(crate) type Said<T> = Result<T, Not>;

pub(crate) const SO_ERROR: OptionName = OptionName { level: 1, name: 4 };
pub(crate) const ALL: [Connection; 3] = [Connection::Tcp, Connection::UnixStream, Connection::UnixSeqpacket];
pub(crate) const STREAMS: [Connection; 2] = [Connection::Tcp, Connection::UnixStream];
const FIRST_PORT: u16 = 80;

/// A kernel of one system, driven by its only thread.
pub(crate) struct Host {
    pub(crate) kernel: Kernel,
    pub(crate) rules: &'static Personality,
}

pub(crate) fn host(os: Os) -> Host {
    let mut kernel =
        Kernel::new(Limits::default(), Box::new(Boring), Box::new(Memory::default()), Detail::HashOnly);
    kernel.net.hosts.get_mut(photofinish_sim::host::HostId::FIRST).spec.os = os;
    Host { kernel, rules: Personality::of(os) }
}

/// Linux's numbers of a kind.
pub(crate) fn ask(kind: Kind) -> Ask {
    let (domain, kind) = match kind {
        Kind::Tcp => (2, 1),
        Kind::Udp => (2, 2),
        Kind::UnixStream => (1, 1),
        Kind::UnixDatagram => (1, 2),
        Kind::UnixSeqpacket => (1, 5),
    };
    Ask { domain, kind, protocol: 0 }
}

pub(crate) fn kind(connection: Connection) -> Kind {
    match connection {
        Connection::Tcp => Kind::Tcp,
        Connection::UnixStream => Kind::UnixStream,
        Connection::UnixSeqpacket => Kind::UnixSeqpacket,
    }
}

/// Where the socket of a number is to be found.
pub(crate) fn place(kind: Kind, number: u16) -> Address {
    match kind {
        Kind::Tcp | Kind::Udp => Address::Inet(([127, 0, 0, 1], FIRST_PORT + number).into()),
        _ => {
            let path = format!("/{number}").into_bytes();
            Address::Unix(Name::Path { path, node: u64::from(number) })
        }
    }
}

impl Host {
    /// Makes a call until it answers.
    pub(crate) fn call<T>(
        &mut self,
        mut call: impl FnMut(&mut Kernel, &mut Caller) -> Result<T, Stop>,
    ) -> Said<T> {
        let mut caller = Caller::new(self.kernel.current(), self.kernel.process());
        loop {
            match call(&mut self.kernel, &mut caller) {
                Ok(answer) => return Ok(answer),
                Err(Stop::Fail(errno)) => return Err(Not::Fail(errno)),
                Err(Stop::Unmodelled(..)) => return Err(Not::Unmodelled),
                Err(Stop::Block(wait)) => {
                    if self.kernel.block(wait) == Next::End {
                        return Err(Not::Waits);
                    }
                    caller.woken = self.kernel.take_woken();
                }
            }
        }
    }

    /// Lets everything on its way arrive.
    pub(crate) fn rest(&mut self) {
        let mut entries = [PollFd { fd: -1, events: Mask::NONE, revents: Mask::NONE }];
        let ten_ms = Some(10_000_000);
        self.call(|kernel, caller| poll::poll(kernel, caller, &mut entries, ten_ms)).expect("it waits");
    }

    pub(crate) fn socket(&mut self, kind: Kind) -> i32 {
        self.call(|kernel, caller| calls::socket(kernel, caller, ask(kind))).expect("there is such a kind")
    }

    pub(crate) fn set_nonblocking(&mut self, number: i32) {
        self.call(|kernel, caller| fd::fcntl(kernel, caller, number, 4, 0o4000)).expect("it is open");
    }

    pub(crate) fn bind(&mut self, number: i32, address: &Address) -> Said<()> {
        self.call(|kernel, caller| calls::bind(kernel, caller, number, address))
    }

    pub(crate) fn listen(&mut self, number: i32, backlog: i32) -> Said<()> {
        self.call(|kernel, caller| calls::listen(kernel, caller, number, backlog))
    }

    pub(crate) fn connect(&mut self, number: i32, address: &Address) -> Said<()> {
        self.call(|kernel, caller| calls::connect(kernel, caller, number, address))
    }

    pub(crate) fn accept(&mut self, number: i32) -> Said<i32> {
        self.call(|kernel, caller| calls::accept(kernel, caller, number)).map(|(number, _)| number)
    }

    pub(crate) fn close(&mut self, number: i32) {
        self.call(|kernel, caller| fd::close(kernel, caller, number)).expect("it is open");
        self.rest();
    }

    pub(crate) fn shutdown(&mut self, number: i32, how: i32) -> Said<()> {
        let answer = self.call(|kernel, caller| calls::shutdown(kernel, caller, number, how));
        self.rest();
        answer
    }

    pub(crate) fn getpeername(&mut self, number: i32) -> Said<()> {
        self.call(|kernel, caller| calls::getpeername(kernel, caller, number)).map(drop)
    }

    pub(crate) fn read(&mut self, number: i32) -> Said<usize> {
        let mut buffer = [0; 64];
        self.call(|kernel, caller| read(kernel, caller, number, &mut buffer))
    }

    pub(crate) fn write(&mut self, number: i32) -> Said<usize> {
        let answer = self.call(|kernel, caller| write(kernel, caller, number, b"abc"));
        self.rest();
        answer
    }

    pub(crate) fn send(&mut self, number: i32, bytes: &[u8], to: Option<&Address>) -> Said<usize> {
        let parcel = Parcel { bytes, to, control: &[], flags: 0 };
        let answer = self.call(|kernel, caller| message::sendmsg(kernel, caller, number, parcel));
        self.rest();
        answer
    }

    pub(crate) fn set(&mut self, number: i32, option: OptionName, value: &[u8]) -> Said<()> {
        self.call(|kernel, caller| setsockopt(kernel, caller, number, option, value))
    }

    pub(crate) fn get(&mut self, number: i32, option: OptionName) -> Said<i32> {
        let value = self.call(|kernel, caller| getsockopt(kernel, caller, number, option))?;
        Ok(value.first_chunk().map_or(0, |bytes| i32::from_ne_bytes(*bytes)))
    }

    /// What `poll(2)` shows when everything that every system has is asked for.
    pub(crate) fn poll(&mut self, number: i32) -> Said<Mask> {
        let linux = self.rules.os == Os::Linux;
        let asked = Mask::IN | Mask::OUT | Mask::PRI | Mask::RDHUP.when(linux);
        self.poll_for(number, asked)
    }

    pub(crate) fn poll_for(&mut self, number: i32, events: Mask) -> Said<Mask> {
        let mut entries = [PollFd { fd: number, events, revents: Mask::NONE }];
        self.call(|kernel, caller| poll::poll(kernel, caller, &mut entries, Some(0)))?;
        Ok(entries[0].revents)
    }

    /// A listener at its place.
    pub(crate) fn listener(&mut self, connection: Connection) -> (i32, Address) {
        let number = self.socket(kind(connection));
        let address = place(kind(connection), number.try_into().expect("numbers are small"));
        self.bind(number, &address).expect("it is free");
        self.listen(number, 8).expect("it is bound");
        (number, address)
    }

    /// Two ends of a connection; of a seqpacket one, a pair, which is there on every system.
    pub(crate) fn pair(&mut self, connection: Connection) -> (i32, i32) {
        if connection == Connection::UnixSeqpacket {
            let ask = ask(Kind::UnixSeqpacket);
            return self.call(|kernel, caller| calls::socketpair(kernel, caller, ask)).expect("a pair");
        }
        let (listener, address) = self.listener(connection);
        let client = self.socket(kind(connection));
        self.connect(client, &address).expect("it listens");
        let server = self.accept(listener).expect("it is there");
        self.rest();
        (client, server)
    }

    /// A TCP connection that was reset from the other end, with nothing read there.
    pub(crate) fn reset(&mut self) -> (i32, i32) {
        let (client, server) = self.pair(Connection::Tcp);
        let linger_of_nothing = [1_i32.to_ne_bytes(), 0_i32.to_ne_bytes()].concat();
        self.set(server, OptionName { level: 1, name: 13 }, &linger_of_nothing).expect("SO_LINGER");
        self.close(server);
        (client, server)
    }

    /// Whether a system has sockets of a kind by `socket(2)`.
    pub(crate) fn has(&self, kind: Kind) -> bool {
        kind != Kind::UnixSeqpacket || self.rules.os != Os::Macos
    }
}

/// What a row makes of a call.
pub(crate) fn expected(row: Row<Outcome>) -> Said<()> {
    match row.answer() {
        Answer::Known(Outcome::Succeeds) => Ok(()),
        Answer::Known(Outcome::Fails(errno)) => Err(Not::Fail(errno)),
        Answer::Unknown => Err(Not::Unmodelled),
    }
}

/// What a row makes of `poll(2)`, for what scripts ask for.
pub(crate) fn shown(row: Row<Readiness>) -> Said<Mask> {
    match row.answer() {
        Answer::Known(readiness) => {
            Ok(readiness.mask() & (Mask::IN | Mask::OUT | Mask::RDHUP | Mask::HUP | Mask::ERR))
        }
        Answer::Unknown => Err(Not::Unmodelled),
    }
}

/// What a row answers, if anybody knows.
pub(crate) fn known<T: Copy>(row: Row<T>) -> Option<T> {
    match row.answer() {
        Answer::Known(answer) => Some(answer),
        Answer::Unknown => None,
    }
}
