//! The options of one socket, and how `setsockopt(2)` and `getsockopt(2)` change and read them.
//!
//! Does not know the states of a socket. Invariant: a refused value leaves every field as it was.

use super::name::{IpName, Ipv6Name, Name, TcpName, UdpName};
use super::value::{bytes, doubled, int, int_or_byte, linger, timeout_ns, timeval};
use crate::errno::Errno;
use crate::net::address::{Family, Stacks};
use crate::net::limits::{
    DATAGRAM_BUFFER_BYTES, KEEP_ALIVE_IDLE_S, KEEP_ALIVE_INTERVAL_S, KEEP_ALIVE_PROBES, RECEIVE_BUFFER_BYTES,
    RECEIVE_BUFFER_BYTES_MIN, SEND_BUFFER_BYTES, SEND_BUFFER_BYTES_MIN,
};
use crate::net::socket::Kind;
use crate::ready::Refusal;

/// The options of one socket. An accepted socket starts with a copy of its listener's (`sk_clone_lock`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// `SO_REUSEADDR`.
    pub reuse_address: bool,
    /// `SO_REUSEPORT`. Sockets that really share an address with it are unmodelled: Linux spreads packets by a hash.
    pub reuse_port: bool,
    /// `SO_BROADCAST`: without it a broadcast is `EACCES`; with it, it is unmodelled.
    pub broadcast: bool,
    /// `SO_KEEPALIVE`: without effect on loopback, where a peer always answers.
    pub keep_alive: bool,
    /// `TCP_KEEPIDLE`, `TCP_KEEPINTVL`, `TCP_KEEPCNT`.
    pub keep_alive_times: [i32; 3],
    /// `TCP_USER_TIMEOUT` in milliseconds; 0 is none.
    pub user_timeout_ms: u32,
    /// `TCP_NODELAY`; without effect: no write waits for a fuller segment here, with or without it.
    pub no_delay: bool,
    /// `SO_OOBINLINE`; without effect: urgent data is refused where it is sent.
    pub urgent_inline: bool,
    /// `IPV6_V6ONLY`. Binding to an IPv6 address that is not the wildcard sets it (`__inet6_bind`).
    pub v6_only: bool,
    /// Whether `SO_LINGER` is on.
    pub lingers: bool,
    /// The time of `SO_LINGER`, remembered when it is turned off.
    pub linger_seconds: u32,
    /// `SO_RCVTIMEO`.
    pub receive_timeout_ns: Option<u64>,
    /// `SO_SNDTIMEO`.
    pub send_timeout_ns: Option<u64>,
    /// `SO_RCVBUF` as reported, once asked for: twice what was asked (`socket(7)`).
    pub receive_buffer_doubled: Option<usize>,
    /// `SO_SNDBUF` as reported, once asked for.
    pub send_buffer_doubled: Option<usize>,
    /// `IP_TOS`.
    pub type_of_service: i32,
    /// `IP_TTL`.
    pub time_to_live: i32,
    /// `IP_MULTICAST_TTL`.
    pub multicast_time_to_live: i32,
    /// `IP_MULTICAST_LOOP`.
    pub multicast_loop: bool,
    /// `IPV6_UNICAST_HOPS`.
    pub hops: i32,
    /// `IPV6_MULTICAST_HOPS`.
    pub multicast_hops: i32,
    /// `IPV6_MULTICAST_LOOP`.
    pub multicast_loop_v6: bool,
    /// `IPV6_TCLASS`.
    pub traffic_class: i32,
    /// `IP_PKTINFO`.
    pub tells_packet_info: bool,
    /// `IP_RECVTTL`.
    pub tells_time_to_live: bool,
    /// `IP_RECVTOS`.
    pub tells_type_of_service: bool,
    /// `IPV6_RECVPKTINFO`.
    pub tells_packet_info_v6: bool,
    /// `IPV6_RECVHOPLIMIT`.
    pub tells_hops: bool,
    /// `IPV6_RECVTCLASS`.
    pub tells_traffic_class: bool,
    /// `IP_MTU_DISCOVER`; without effect: a path carries whole whatever IPv4 has a length for.
    pub mtu_discovery: i32,
    /// `IPV6_MTU_DISCOVER`. Every path carries [`MTU_BYTES`](crate::net::limits::MTU_BYTES) whole, so only the longest datagrams notice.
    pub mtu_discovery_v6: i32,
    /// `IPV6_DONTFRAG`: the same, by another name.
    pub dont_fragment: bool,
    /// `UDP_SEGMENT`: how long the datagrams are that a call's bytes are cut into; 0 for as long as they are.
    pub segment_bytes: u16,
    /// `UDP_GRO`; without effect: what arrives is never put together.
    pub coalesces: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            reuse_address: false,
            reuse_port: false,
            broadcast: false,
            keep_alive: false,
            keep_alive_times: [KEEP_ALIVE_IDLE_S, KEEP_ALIVE_INTERVAL_S, KEEP_ALIVE_PROBES],
            user_timeout_ms: 0,
            no_delay: false,
            urgent_inline: false,
            v6_only: false,
            lingers: false,
            linger_seconds: 0,
            receive_timeout_ns: None,
            send_timeout_ns: None,
            receive_buffer_doubled: None,
            send_buffer_doubled: None,
            type_of_service: 0,
            time_to_live: TIME_TO_LIVE,
            multicast_time_to_live: 1,
            multicast_loop: true,
            hops: TIME_TO_LIVE,
            multicast_hops: 1,
            multicast_loop_v6: true,
            traffic_class: 0,
            tells_packet_info: false,
            tells_time_to_live: false,
            tells_type_of_service: false,
            tells_packet_info_v6: false,
            tells_hops: false,
            tells_traffic_class: false,
            mtu_discovery: MTU_DISCOVERY_WANT,
            mtu_discovery_v6: MTU_DISCOVERY_WANT,
            dont_fragment: false,
            segment_bytes: 0,
            coalesces: false,
        }
    }
}

/// `net.ipv4.ip_default_ttl`, and `hop_limit` of IPv6.
const TIME_TO_LIVE: i32 = 64;

/// `IP_PMTUDISC_WANT` and `IPV6_PMTUDISC_WANT`.
const MTU_DISCOVERY_WANT: i32 = 1;

/// `IPV6_PMTUDISC_OMIT`, and the last.
const MTU_DISCOVERY_OMIT: i32 = 5;

/// The bits of a type of service that a TCP socket keeps to itself: `INET_ECN_MASK`.
const CONGESTION_BITS: i32 = 3;

impl Options {
    /// Bytes a receiver of these options holds. Linux charges every byte about double, which is why it doubles what was
    /// asked; we charge one for one and hold what was asked.
    #[must_use]
    pub fn receive_capacity(&self) -> usize {
        self.receive_buffer_doubled.map_or(RECEIVE_BUFFER_BYTES, |doubled| doubled / 2)
    }

    /// Bytes a sender of these options holds back.
    #[must_use]
    pub fn send_capacity(&self) -> usize {
        self.send_buffer_doubled.map_or(SEND_BUFFER_BYTES, |doubled| doubled / 2)
    }

    /// What the datagrams a receiver holds may weigh, as Linux weighs them (`sk_rcvbuf`).
    #[must_use]
    pub fn datagram_capacity(&self) -> usize {
        self.receive_buffer_doubled.unwrap_or(DATAGRAM_BUFFER_BYTES)
    }

    /// `SO_LINGER` on with time 0: `close(2)` resets.
    #[must_use]
    pub fn resets_on_close(&self) -> bool {
        self.lingers && self.linger_seconds == 0
    }

    /// How long `close(2)` waits, if it does.
    #[must_use]
    pub fn linger_ns(&self) -> Option<u64> {
        (self.lingers && self.linger_seconds > 0).then(|| u64::from(self.linger_seconds) * 1_000_000_000)
    }

    /// How long a connection is silent before it is probed, if it is at all.
    #[must_use]
    pub fn keep_alive_idle_ns(&self) -> Option<u64> {
        self.keep_alive.then(|| seconds_ns(self.keep_alive_times[0]))
    }

    /// How long a probe waits for its answer.
    #[must_use]
    pub fn keep_alive_interval_ns(&self) -> u64 {
        seconds_ns(self.keep_alive_times[1])
    }

    /// After how many probes without an answer a connection is given up.
    #[must_use]
    pub fn keep_alive_probes(&self) -> u32 {
        self.keep_alive_times[2].unsigned_abs()
    }

    /// How long a program waits for its peer, if it said so.
    #[must_use]
    pub fn user_timeout_ns(&self) -> Option<u64> {
        (self.user_timeout_ms > 0).then(|| u64::from(self.user_timeout_ms) * 1_000_000)
    }

    /// Whether what is too long for a path is refused rather than cut: `ip6_sk_ignore_df`, the other way round.
    #[must_use]
    pub fn never_fragments_v6(&self) -> bool {
        self.mtu_discovery_v6 > MTU_DISCOVERY_WANT && self.mtu_discovery_v6 != MTU_DISCOVERY_OMIT
    }

    /// Whether a program is told anything of an IPv4 datagram's way: `ipv4_pktinfo_prepare`.
    #[must_use]
    pub fn prepares_packet_info(&self) -> bool {
        self.tells_packet_info || self.tells_packet_info_v6
    }

    /// Which stacks an unspecified IPv6 address stands for.
    #[must_use]
    pub fn stacks(&self) -> Stacks {
        if self.v6_only { Stacks::V6Only } else { Stacks::Dual }
    }
}

fn seconds_ns(seconds: i32) -> u64 {
    u64::from(seconds.unsigned_abs()) * 1_000_000_000
}

/// Whose options they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The family of the socket.
    pub family: Family,
    /// Its type.
    pub kind: Kind,
    /// The port it holds.
    pub port: Option<u16>,
}

/// Sets an option that is a matter of [`Options`] alone.
///
/// # Errors
/// As `setsockopt(2)`.
pub fn set(options: &mut Options, holder: Holder, name: Name, value: &[u8]) -> Result<(), Refusal> {
    match name {
        Name::ReuseAddress => options.reuse_address = int(value)? != 0,
        Name::ReusePort => options.reuse_port = int(value)? != 0,
        Name::Broadcast => options.broadcast = int(value)? != 0,
        Name::KeepAlive => options.keep_alive = int(value)? != 0,
        Name::UrgentInline => options.urgent_inline = int(value)? != 0,
        Name::SendBuffer => {
            options.send_buffer_doubled = Some(doubled(int(value)?, SEND_BUFFER_BYTES_MIN));
        }
        Name::ReceiveBuffer => {
            options.receive_buffer_doubled = Some(doubled(int(value)?, RECEIVE_BUFFER_BYTES_MIN));
        }
        Name::Linger => {
            let seconds = linger(value)?;
            options.lingers = seconds.is_some();
            options.linger_seconds = seconds.unwrap_or(options.linger_seconds);
        }
        Name::ReceiveTimeout => options.receive_timeout_ns = timeout_ns(value)?,
        Name::SendTimeout => options.send_timeout_ns = timeout_ns(value)?,
        // `sk_setsockopt` reads the value before it looks at the name.
        Name::Type | Name::Error | Name::AcceptConnections | Name::Protocol | Name::Domain => {
            return int(value).and(Err(Errno::ENOPROTOOPT)).map_err(Refusal::from);
        }
        Name::Ip(name) => set_ip(options, holder.kind, name, value)?,
        Name::Ipv6(name) => set_ipv6(options, holder, name, value)?,
        Name::Tcp(_) if holder.kind == Kind::Datagram => return Err(Errno::ENOPROTOOPT.into()),
        Name::Tcp(name) => set_tcp(options, name, value)?,
        Name::Udp(_) if holder.kind == Kind::Stream => return Err(Errno::ENOPROTOOPT.into()),
        Name::Udp(name) => set_udp(options, name, value)?,
    }
    Ok(())
}

/// `do_ip_setsockopt`.
fn set_ip(options: &mut Options, kind: Kind, name: IpName, value: &[u8]) -> Result<(), Errno> {
    let number = int_or_byte(value);
    match name {
        IpName::TimeToLive | IpName::MulticastTimeToLive | IpName::MulticastLoop if value.is_empty() => {
            return Err(Errno::EINVAL);
        }
        IpName::TypeOfService => options.type_of_service = without_congestion_bits(number & 0xff, kind),
        IpName::TimeToLive => {
            options.time_to_live = if number == -1 { TIME_TO_LIVE } else { within(number, 1)? };
        }
        IpName::MulticastTimeToLive if kind == Kind::Stream => return Err(Errno::EINVAL),
        IpName::MulticastTimeToLive => {
            options.multicast_time_to_live = if number == -1 { 1 } else { within(number, 0)? };
        }
        IpName::MulticastLoop => options.multicast_loop = number != 0,
        IpName::PacketInfo => options.tells_packet_info = number != 0,
        IpName::ReceiveTimeToLive => options.tells_time_to_live = number != 0,
        IpName::ReceiveTypeOfService => options.tells_type_of_service = number != 0,
        IpName::MtuDiscovery => options.mtu_discovery = discovery(number)?,
    }
    Ok(())
}

/// `do_ipv6_setsockopt`: only an IPv6 socket knows these.
fn set_ipv6(options: &mut Options, holder: Holder, name: Ipv6Name, value: &[u8]) -> Result<(), Errno> {
    if holder.family == Family::Inet || (name == Ipv6Name::MulticastHops && holder.kind == Kind::Stream) {
        return Err(Errno::ENOPROTOOPT);
    }
    let number = match int(value) {
        // The one that takes too short a value for 0.
        Err(_) if name == Ipv6Name::DontFragment => 0,
        number => number?,
    };
    match (name, number) {
        (Ipv6Name::UnicastHops, -1) => options.hops = TIME_TO_LIVE,
        (Ipv6Name::UnicastHops, number) => options.hops = within(number, 0)?,
        (Ipv6Name::MulticastHops, -1) => options.multicast_hops = 1,
        (Ipv6Name::MulticastHops, number) => options.multicast_hops = within(number, 0)?,
        (Ipv6Name::MulticastLoop, number @ (0 | 1)) => options.multicast_loop_v6 = number == 1,
        (Ipv6Name::MulticastLoop, _) => return Err(Errno::EINVAL),
        (Ipv6Name::TrafficClass, -1) => options.traffic_class = 0,
        (Ipv6Name::TrafficClass, number) => {
            options.traffic_class = without_congestion_bits(within(number, 0)?, holder.kind);
        }
        (Ipv6Name::V6Only, _) if holder.port.is_some() => return Err(Errno::EINVAL),
        (Ipv6Name::V6Only, number) => options.v6_only = number != 0,
        (Ipv6Name::ReceivePacketInfo, number) => options.tells_packet_info_v6 = number != 0,
        (Ipv6Name::ReceiveHops, number) => options.tells_hops = number != 0,
        (Ipv6Name::ReceiveTrafficClass, number) => options.tells_traffic_class = number != 0,
        (Ipv6Name::MtuDiscovery, number) => options.mtu_discovery_v6 = discovery(number)?,
        (Ipv6Name::DontFragment, number) => options.dont_fragment = number != 0,
    }
    Ok(())
}

/// `do_tcp_setsockopt`.
fn set_tcp(options: &mut Options, name: TcpName, value: &[u8]) -> Result<(), Refusal> {
    let number = int(value)?;
    match name {
        TcpName::NoDelay => options.no_delay = number != 0,
        TcpName::KeepAliveTime(which) => {
            // MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL, MAX_TCP_KEEPCNT.
            let time_max = if which == 2 { 127 } else { 32_767 };
            if !(1..=time_max).contains(&number) {
                return Err(Errno::EINVAL.into());
            }
            options.keep_alive_times[usize::from(which)] = number;
        }
        // Without effect: an acknowledgement is never held back here.
        TcpName::QuickAck => {}
        TcpName::UserTimeout => {
            options.user_timeout_ms = u32::try_from(number).map_err(|_| Errno::EINVAL)?;
        }
    }
    Ok(())
}

/// `udp_lib_setsockopt`.
fn set_udp(options: &mut Options, name: UdpName, value: &[u8]) -> Result<(), Errno> {
    let number = int(value)?;
    match name {
        UdpName::Segment => options.segment_bytes = u16::try_from(number).map_err(|_| Errno::EINVAL)?,
        UdpName::Coalesce => options.coalesces = number != 0,
    }
    Ok(())
}

fn discovery(number: i32) -> Result<i32, Errno> {
    if (0..=MTU_DISCOVERY_OMIT).contains(&number) { Ok(number) } else { Err(Errno::EINVAL) }
}

fn within(number: i32, least: i32) -> Result<i32, Errno> {
    if (least..=255).contains(&number) { Ok(number) } else { Err(Errno::EINVAL) }
}

fn without_congestion_bits(number: i32, kind: Kind) -> i32 {
    if kind == Kind::Stream { number & !CONGESTION_BITS } else { number }
}

/// Reads an option that is a matter of [`Options`] alone; `None` for one that asks about the socket's state.
///
/// # Errors
/// As `getsockopt(2)`.
pub fn get(options: &Options, holder: Holder, name: Name) -> Result<Option<Vec<u8>>, Refusal> {
    let size = |size: usize| i32::try_from(size).expect("buffers are cut to a few MiB");
    let receive_buffer =
        if holder.kind == Kind::Stream { RECEIVE_BUFFER_BYTES } else { DATAGRAM_BUFFER_BYTES };
    Ok(Some(match name {
        Name::ReuseAddress => bytes(i32::from(options.reuse_address)),
        Name::ReusePort => bytes(i32::from(options.reuse_port)),
        Name::Broadcast => bytes(i32::from(options.broadcast)),
        Name::KeepAlive => bytes(i32::from(options.keep_alive)),
        Name::UrgentInline => bytes(i32::from(options.urgent_inline)),
        Name::SendBuffer => bytes(size(options.send_buffer_doubled.unwrap_or(SEND_BUFFER_BYTES))),
        Name::ReceiveBuffer => bytes(size(options.receive_buffer_doubled.unwrap_or(receive_buffer))),
        Name::Linger => [u32::from(options.lingers), options.linger_seconds].map(u32::to_ne_bytes).concat(),
        Name::ReceiveTimeout => timeval(options.receive_timeout_ns),
        Name::SendTimeout => timeval(options.send_timeout_ns),
        Name::Type | Name::Error | Name::AcceptConnections | Name::Protocol | Name::Domain => {
            return Ok(None);
        }
        Name::Ip(name) => bytes(get_ip(options, name)),
        // `do_ip_getsockopt`, unlike its counterpart for setting, says `EOPNOTSUPP` to a level it does not know.
        Name::Ipv6(_) if holder.family == Family::Inet => return Err(Errno::EOPNOTSUPP.into()),
        Name::Ipv6(name) => bytes(get_ipv6(options, name)),
        Name::Udp(_) if holder.kind == Kind::Stream => return Err(of_another(holder.family).into()),
        Name::Udp(UdpName::Segment) => bytes(i32::from(options.segment_bytes)),
        Name::Udp(UdpName::Coalesce) => bytes(i32::from(options.coalesces)),
        Name::Tcp(_) if holder.kind == Kind::Datagram => return Err(of_another(holder.family).into()),
        Name::Tcp(TcpName::NoDelay) => bytes(i32::from(options.no_delay)),
        Name::Tcp(TcpName::KeepAliveTime(which)) => bytes(options.keep_alive_times[usize::from(which)]),
        Name::Tcp(TcpName::UserTimeout) => bytes(options.user_timeout_ms.cast_signed()),
        Name::Tcp(TcpName::QuickAck) => {
            // Linux answers whether the connection is interactive at the moment, which it finds out by itself.
            return Err(Refusal::unmodelled("getsockopt(2) of TCP_QUICKACK", Errno::ENOPROTOOPT));
        }
    }))
}

/// What reading an option of another protocol comes to.
fn of_another(family: Family) -> Errno {
    if family == Family::Inet { Errno::EOPNOTSUPP } else { Errno::ENOPROTOOPT }
}

fn get_ip(options: &Options, name: IpName) -> i32 {
    match name {
        IpName::TypeOfService => options.type_of_service,
        IpName::TimeToLive => options.time_to_live,
        IpName::MulticastTimeToLive => options.multicast_time_to_live,
        IpName::MulticastLoop => i32::from(options.multicast_loop),
        IpName::PacketInfo => i32::from(options.tells_packet_info),
        IpName::ReceiveTimeToLive => i32::from(options.tells_time_to_live),
        IpName::ReceiveTypeOfService => i32::from(options.tells_type_of_service),
        IpName::MtuDiscovery => options.mtu_discovery,
    }
}

fn get_ipv6(options: &Options, name: Ipv6Name) -> i32 {
    match name {
        Ipv6Name::UnicastHops => options.hops,
        Ipv6Name::MulticastHops => options.multicast_hops,
        Ipv6Name::MulticastLoop => i32::from(options.multicast_loop_v6),
        Ipv6Name::V6Only => i32::from(options.v6_only),
        Ipv6Name::TrafficClass => options.traffic_class,
        Ipv6Name::ReceivePacketInfo => i32::from(options.tells_packet_info_v6),
        Ipv6Name::ReceiveHops => i32::from(options.tells_hops),
        Ipv6Name::ReceiveTrafficClass => i32::from(options.tells_traffic_class),
        Ipv6Name::MtuDiscovery => options.mtu_discovery_v6,
        Ipv6Name::DontFragment => i32::from(options.dont_fragment),
    }
}
