//! What is known of each direction of each connection, whoever its ends are.
//!
//! Does not know sockets' states. Invariant: packets of one flow arrive at different times, in the order in which they were sent.

use super::packet::{Care, Flow, Packet};
use super::socket::SocketId;

#[derive(Debug, Default)]
struct Course {
    next_arrival_ns: u64,
    /// Segments of bytes, and the end behind them, that were sent.
    sent: u64,
    /// How many of those arrived.
    arrived: u64,
    /// Who was made for the SYN of this flow.
    granted: Option<SocketId>,
    /// Its sender ended in order, and first.
    time_wait: Option<TimeWait>,
}

/// What a host remembers of a connection with another that it closed first, for segments that still come.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeWait {
    pub(super) until_ns: u64,
    /// How often the host had begun: it remembers nothing across a crash.
    pub(super) boot: u32,
}

/// All flows of a run.
#[derive(Debug, Default)]
pub(crate) struct Flows(Vec<Course>);

impl Flows {
    /// A pair of flows: the first from the connecting side.
    pub(super) fn add_pair(&mut self) -> Flow {
        let flow = Flow(u32::try_from(self.0.len()).expect("a run is far too short for 2^31 connects"));
        self.0.extend([Course::default(), Course::default()]);
        flow
    }

    fn course(&mut self, flow: Flow) -> &mut Course {
        &mut self.0[flow.0 as usize]
    }

    /// When a packet that could arrive at `earliest_ns` does.
    pub(super) fn arrival_ns(&mut self, flow: Flow, earliest_ns: u64) -> u64 {
        let next_ns = &mut self.course(flow).next_arrival_ns;
        let arrival_ns = earliest_ns.max(*next_ns);
        *next_ns = arrival_ns.saturating_add(1);
        arrival_ns
    }

    /// Gives a segment its place among those that are sent again: odd for bytes and their end, one after the other, and even for an
    /// acknowledgement between them.
    pub(super) fn place(&mut self, packet: &mut Packet) {
        if let Some(flow) = packet.flow.filter(|_| packet.care() == Care::InOrder) {
            let course = self.course(flow);
            packet.journey.place = 2 * course.sent + u64::from(packet.wants_answer());
            course.sent += u64::from(packet.wants_answer());
        }
    }

    /// A segment arrives between hosts: whether all bytes before it have. If not they never will, as their sender is gone.
    pub(super) fn arrives(&mut self, packet: &Packet) -> bool {
        let Some(flow) = packet.flow.filter(|_| packet.care() == Care::InOrder && packet.wants_answer())
        else {
            return true;
        };
        let course = self.course(flow);
        let next = packet.journey.place == 2 * course.arrived + 1;
        course.arrived += u64::from(next);
        next
    }

    /// The sender of a flow enters TIME_WAIT.
    pub(super) fn keep(&mut self, flow: Flow, time_wait: TimeWait) {
        self.course(flow).time_wait = Some(time_wait);
    }

    pub(super) fn time_wait(&self, flow: Flow) -> Option<TimeWait> {
        self.0[flow.0 as usize].time_wait
    }

    pub(super) fn grant(&mut self, flow: Flow, to: SocketId) {
        self.course(flow).granted = Some(to);
    }

    pub(super) fn granted(&self, flow: Flow) -> Option<SocketId> {
        self.0[flow.0 as usize].granted
    }
}
