//! Which options we model, and their numbers.
//!
//! Does not know values. Invariant: a number that is not here is unmodelled. Numbers are those of the generic Linux ABI,
//! shared by `x86_64` and `aarch64`.

use crate::errno::Errno;
use crate::ready::Refusal;

/// An option we model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// `SO_REUSEADDR`.
    ReuseAddress,
    /// `SO_TYPE`.
    Type,
    /// `SO_ERROR`.
    Error,
    /// `SO_BROADCAST`.
    Broadcast,
    /// `SO_SNDBUF`.
    SendBuffer,
    /// `SO_RCVBUF`.
    ReceiveBuffer,
    /// `SO_KEEPALIVE`.
    KeepAlive,
    /// `SO_OOBINLINE`.
    UrgentInline,
    /// `SO_LINGER`.
    Linger,
    /// `SO_REUSEPORT`.
    ReusePort,
    /// `SO_RCVTIMEO`.
    ReceiveTimeout,
    /// `SO_SNDTIMEO`.
    SendTimeout,
    /// `SO_ACCEPTCONN`.
    AcceptConnections,
    /// `SO_PROTOCOL`.
    Protocol,
    /// `SO_DOMAIN`.
    Domain,
    /// An option of `ip(7)`.
    Ip(IpName),
    /// An option of `ipv6(7)`.
    Ipv6(Ipv6Name),
    /// An option of `tcp(7)`.
    Tcp(TcpName),
    /// An option of `udp(7)`.
    Udp(UdpName),
}

/// The options of `ip(7)`. What a header says of a datagram its receiver can ask for; that of a segment nobody can read, no link
/// counts hops, and there is no group to reach: there they are stored without effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpName {
    /// `IP_TOS`.
    TypeOfService,
    /// `IP_TTL`.
    TimeToLive,
    /// `IP_MULTICAST_TTL`.
    MulticastTimeToLive,
    /// `IP_MULTICAST_LOOP`.
    MulticastLoop,
    /// `IP_PKTINFO`.
    PacketInfo,
    /// `IP_RECVTTL`.
    ReceiveTimeToLive,
    /// `IP_RECVTOS`.
    ReceiveTypeOfService,
    /// `IP_MTU_DISCOVER`.
    MtuDiscovery,
}

/// The options of `ipv6(7)`. Of a stream all but `IPV6_V6ONLY` are without effect, as those of `ip(7)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ipv6Name {
    /// `IPV6_UNICAST_HOPS`.
    UnicastHops,
    /// `IPV6_MULTICAST_HOPS`.
    MulticastHops,
    /// `IPV6_MULTICAST_LOOP`.
    MulticastLoop,
    /// `IPV6_V6ONLY`.
    V6Only,
    /// `IPV6_TCLASS`.
    TrafficClass,
    /// `IPV6_RECVPKTINFO`.
    ReceivePacketInfo,
    /// `IPV6_RECVHOPLIMIT`.
    ReceiveHops,
    /// `IPV6_RECVTCLASS`.
    ReceiveTrafficClass,
    /// `IPV6_MTU_DISCOVER`.
    MtuDiscovery,
    /// `IPV6_DONTFRAG`.
    DontFragment,
}

/// The options of `tcp(7)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpName {
    /// `TCP_NODELAY`.
    NoDelay,
    /// `TCP_KEEPIDLE`, `TCP_KEEPINTVL`, `TCP_KEEPCNT` by number.
    KeepAliveTime(u8),
    /// `TCP_QUICKACK`.
    QuickAck,
    /// `TCP_USER_TIMEOUT`.
    UserTimeout,
}

/// The options of `udp(7)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UdpName {
    /// `UDP_SEGMENT`.
    Segment,
    /// `UDP_GRO`.
    Coalesce,
}

const SOL_SOCKET: i32 = 1;
const IPPROTO_IP: i32 = 0;
const IPPROTO_TCP: i32 = 6;
const IPPROTO_UDP: i32 = 17;
const IPPROTO_IPV6: i32 = 41;

impl Name {
    /// The option of a level and a name of the Linux ABI.
    ///
    /// # Errors
    /// Unmodelled, with `ENOPROTOOPT`, for any we do not know. Among those are `SO_INCOMING_CPU`, `SO_COOKIE`,
    /// `SO_BINDTODEVICE`, `IP_RECVERR`, `IP_MTU`, memberships of groups, `TCP_MAXSEG`, `TCP_CORK`, `TCP_DEFER_ACCEPT`, `TCP_INFO`, `TCP_FASTOPEN`.
    pub fn from_linux(level: i32, name: i32) -> Result<Self, Refusal> {
        Ok(match (level, name) {
            (SOL_SOCKET, 2) => Self::ReuseAddress,
            (SOL_SOCKET, 3) => Self::Type,
            (SOL_SOCKET, 4) => Self::Error,
            (SOL_SOCKET, 6) => Self::Broadcast,
            (SOL_SOCKET, 7) => Self::SendBuffer,
            (SOL_SOCKET, 8) => Self::ReceiveBuffer,
            (SOL_SOCKET, 9) => Self::KeepAlive,
            (SOL_SOCKET, 10) => Self::UrgentInline,
            (SOL_SOCKET, 13) => Self::Linger,
            (SOL_SOCKET, 15) => Self::ReusePort,
            // 66 and 67 are the `_NEW` forms, the same bytes on 64-bit machines.
            (SOL_SOCKET, 20 | 66) => Self::ReceiveTimeout,
            (SOL_SOCKET, 21 | 67) => Self::SendTimeout,
            (SOL_SOCKET, 30) => Self::AcceptConnections,
            (SOL_SOCKET, 38) => Self::Protocol,
            (SOL_SOCKET, 39) => Self::Domain,
            (IPPROTO_IP, 1) => Self::Ip(IpName::TypeOfService),
            (IPPROTO_IP, 2) => Self::Ip(IpName::TimeToLive),
            (IPPROTO_IP, 33) => Self::Ip(IpName::MulticastTimeToLive),
            (IPPROTO_IP, 34) => Self::Ip(IpName::MulticastLoop),
            (IPPROTO_IP, 8) => Self::Ip(IpName::PacketInfo),
            (IPPROTO_IP, 10) => Self::Ip(IpName::MtuDiscovery),
            (IPPROTO_IP, 12) => Self::Ip(IpName::ReceiveTimeToLive),
            (IPPROTO_IP, 13) => Self::Ip(IpName::ReceiveTypeOfService),
            (IPPROTO_TCP, 1) => Self::Tcp(TcpName::NoDelay),
            (IPPROTO_TCP, 4) => Self::Tcp(TcpName::KeepAliveTime(0)),
            (IPPROTO_TCP, 5) => Self::Tcp(TcpName::KeepAliveTime(1)),
            (IPPROTO_TCP, 6) => Self::Tcp(TcpName::KeepAliveTime(2)),
            (IPPROTO_TCP, 12) => Self::Tcp(TcpName::QuickAck),
            (IPPROTO_TCP, 18) => Self::Tcp(TcpName::UserTimeout),
            (IPPROTO_UDP, 103) => Self::Udp(UdpName::Segment),
            (IPPROTO_UDP, 104) => Self::Udp(UdpName::Coalesce),
            (IPPROTO_IPV6, 16) => Self::Ipv6(Ipv6Name::UnicastHops),
            (IPPROTO_IPV6, 18) => Self::Ipv6(Ipv6Name::MulticastHops),
            (IPPROTO_IPV6, 19) => Self::Ipv6(Ipv6Name::MulticastLoop),
            (IPPROTO_IPV6, 26) => Self::Ipv6(Ipv6Name::V6Only),
            (IPPROTO_IPV6, 23) => Self::Ipv6(Ipv6Name::MtuDiscovery),
            (IPPROTO_IPV6, 49) => Self::Ipv6(Ipv6Name::ReceivePacketInfo),
            (IPPROTO_IPV6, 51) => Self::Ipv6(Ipv6Name::ReceiveHops),
            (IPPROTO_IPV6, 62) => Self::Ipv6(Ipv6Name::DontFragment),
            (IPPROTO_IPV6, 66) => Self::Ipv6(Ipv6Name::ReceiveTrafficClass),
            (IPPROTO_IPV6, 67) => Self::Ipv6(Ipv6Name::TrafficClass),
            _ => {
                let what = format!("socket option {name} of level {level}");
                return Err(Refusal::unmodelled(what, Errno::ENOPROTOOPT));
            }
        })
    }
}
