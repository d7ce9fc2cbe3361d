//! A kernel with hosts whose sockets one thread uses.
//!
//! Does not know what is right. Invariant: with boring choices a packet takes [`WAY_NS`], and no call takes time.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

use photofinish_sim::choice::{Chooser, Pick};
use photofinish_sim::chooser::Boring;
use photofinish_sim::errno::Errno;
use photofinish_sim::event::{Event, Recorder, Stamp};
use photofinish_sim::fd::Object;
use photofinish_sim::host::{HostClock, HostId, HostSpec};
use photofinish_sim::kernel::{Detail, Kernel, Next};
use photofinish_sim::limits::Limits;
use photofinish_sim::link::Latency;
use photofinish_sim::net::tcp::{Progress, RecvFlags};
use photofinish_sim::net::{Family, Hop, Net, SocketId};
use photofinish_sim::personality::Os;
use photofinish_sim::ready::{Refusal, Side};
use photofinish_sim::thread::ThreadId;
use photofinish_sim::wait::{Wait, WaitOn};

/// Options by their level and number.
pub(crate) const SO_KEEPALIVE: (i32, i32) = (1, 9);
pub(crate) const TCP_KEEPIDLE: (i32, i32) = (6, 4);
pub(crate) const TCP_KEEPINTVL: (i32, i32) = (6, 5);
pub(crate) const TCP_KEEPCNT: (i32, i32) = (6, 6);

pub(crate) const MS: u64 = 1_000_000;
pub(crate) const SECOND: u64 = 1_000 * MS;
/// What a packet takes from host to host.
pub(crate) const WAY_NS: u64 = MS;

#[derive(Clone, Default)]
struct Events(Rc<RefCell<Vec<Event>>>);

impl Recorder for Events {
    fn pick(&mut self, _pick: &Pick) {}

    fn born(&mut self, _parent: ThreadId) {}

    fn event(&mut self, _stamp: &Stamp, event: &Event) {
        self.0.borrow_mut().push(event.clone());
    }
}

pub(crate) struct World {
    pub(crate) kernel: Kernel,
    events: Events,
}

/// A connection: the end that asked, the one that accepted, and who listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub(crate) client: SocketId,
    pub(crate) server: SocketId,
    pub(crate) listener: SocketId,
}

pub(crate) fn hop(from: HostId, to: HostId) -> Hop {
    Hop { from, to }
}

/// The n-th host, which has 10.0.0.n.
pub(crate) fn address(host: HostId, port: u16) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, u8::try_from(host.0).expect("few hosts")], port))
}

impl World {
    /// Hosts 1 to `count`.
    pub(crate) fn new(count: u32) -> Self {
        Self::chosen(count, Box::new(Boring))
    }

    pub(crate) fn chosen(count: u32, chooser: Box<dyn Chooser>) -> Self {
        let events = Events::default();
        let mut kernel = Kernel::new(Limits::default(), chooser, Box::new(events.clone()), Detail::Events);
        kernel.links.default.latency = Latency::fixed_ns(WAY_NS);
        for n in 1..=count {
            let spec = HostSpec {
                name: format!("h{n}"),
                addresses: Vec::new(),
                os: Os::Linux,
                cores: 1,
                clock: HostClock::default(),
            };
            assert_eq!(kernel.add_host(spec), Ok(HostId(n)));
        }
        Self { kernel, events }
    }

    pub(crate) fn now_ns(&self) -> u64 {
        self.kernel.now_ns()
    }

    /// A call on the network, and what follows from it.
    pub(crate) fn net<T>(&mut self, call: impl FnOnce(&mut Net, u64) -> T) -> T {
        let now_ns = self.now_ns();
        let answer = call(&mut self.kernel.net, now_ns);
        self.kernel.settle();
        self.check();
        answer
    }

    pub(crate) fn check(&self) {
        self.kernel.audit().unwrap_or_else(|wrong| panic!("{wrong}"));
    }

    /// Lets so much time pass.
    pub(crate) fn pass(&mut self, ns: u64) {
        let at_ns = self.now_ns() + ns;
        let wait = Wait { on: WaitOn::Sleep, deadline_ns: Some(at_ns) };
        assert_eq!(self.kernel.block(wait), Next::Stay, "{:?}", self.kernel.ending());
        assert!(self.now_ns() >= at_ns, "later only if a chooser wants it");
        self.check();
    }

    /// Waits for a socket; whether the run goes on.
    pub(crate) fn wait(&mut self, id: SocketId, side: Side) -> Next {
        let wait = Wait { on: WaitOn::side(Object::Socket(id), side), deadline_ns: None };
        let next = self.kernel.block(wait);
        self.check();
        next
    }

    /// Makes a call until it answers.
    pub(crate) fn done<T>(
        &mut self,
        id: SocketId,
        mut call: impl FnMut(&mut Net, u64) -> Result<T, Refusal>,
    ) -> Result<T, Errno> {
        loop {
            match self.net(&mut call) {
                Ok(answer) => return Ok(answer),
                Err(Refusal::Fail(errno)) => return Err(errno),
                Err(Refusal::Unmodelled(what, _)) => panic!("unmodelled: {what}"),
                Err(Refusal::Wait(side)) => {
                    assert_eq!(self.wait(id, side), Next::Stay, "{:?}", self.kernel.ending());
                }
            }
        }
    }

    pub(crate) fn socket(&mut self, host: HostId) -> SocketId {
        self.net(|net, _| net.create_tcp(host, Family::Inet)).expect("few sockets")
    }

    pub(crate) fn listen(&mut self, host: HostId, port: u16) -> SocketId {
        let id = self.socket(host);
        self.net(|net, now_ns| net.bind(id, address(host, port), now_ns)).expect("free");
        self.net(|net, now_ns| net.listen(id, 64, now_ns)).expect("bound");
        id
    }

    /// A datagram socket with an address.
    pub(crate) fn datagrams(&mut self, host: HostId, port: u16) -> SocketId {
        let id = self.net(|net, _| net.create_udp(host, Family::Inet)).expect("few sockets");
        self.net(|net, now_ns| net.bind(id, address(host, port), now_ns)).expect("free");
        id
    }

    pub(crate) fn connect(&mut self, id: SocketId, to: SocketAddr) -> Result<(), Errno> {
        let mut progress = Progress::First;
        self.done(id, |net, now_ns| {
            net.connect(id, to, now_ns, core::mem::replace(&mut progress, Progress::Again))
        })
    }

    /// A connection between two hosts.
    pub(crate) fn pair(&mut self, from: HostId, to: HostId) -> Pair {
        let listener = self.listen(to, 80);
        let client = self.socket(from);
        self.connect(client, address(to, 80)).expect("listens");
        let server = self.done(listener, |net, _| net.accept(listener)).expect("connected").id;
        Pair { client, server, listener }
    }

    pub(crate) fn send(&mut self, id: SocketId, bytes: &[u8]) -> Result<usize, Errno> {
        self.done(id, |net, _| net.send(id, bytes))
    }

    pub(crate) fn recv(&mut self, id: SocketId) -> Result<Vec<u8>, Errno> {
        let mut buffer = vec![0; 1 << 20];
        let count = self.done(id, |net, _| net.recv(id, &mut buffer, RecvFlags::default()))?;
        buffer.truncate(count);
        Ok(buffer)
    }

    /// What is there without waiting.
    pub(crate) fn try_recv(&mut self, id: SocketId) -> Option<Vec<u8>> {
        let mut buffer = vec![0; 1 << 20];
        let flags = RecvFlags { dont_wait: true, ..RecvFlags::default() };
        let count = self.net(|net, _| net.recv(id, &mut buffer, flags)).ok()?;
        buffer.truncate(count);
        Some(buffer)
    }

    pub(crate) fn close(&mut self, id: SocketId) {
        self.net(|net, _| net.close(id));
    }

    pub(crate) fn set(&mut self, id: SocketId, option: (i32, i32), value: i32) {
        self.net(|net, now_ns| {
            net.set_option(id, option.0, option.1, &value.to_ne_bytes()).expect("modelled");
            net.option_was_set(id, now_ns);
        });
    }

    pub(crate) fn cut_both(&mut self, a: HostId, b: HostId) {
        [hop(a, b), hop(b, a)].into_iter().for_each(|hop| self.kernel.cut(hop));
        self.check();
    }

    pub(crate) fn heal_both(&mut self, a: HostId, b: HostId) {
        [hop(a, b), hop(b, a)].into_iter().for_each(|hop| self.kernel.heal(hop));
        self.check();
    }

    pub(crate) fn crash(&mut self, host: HostId) {
        self.kernel.crash(host).expect("up");
        self.check();
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.events.0.borrow().clone()
    }
}
