//! What the control messages of a datagram's `sendmsg(2)` say: `udp_cmsg_send`, `ip_cmsg_send`, `ip6_datagram_send_ctl`.
//!
//! Does not know routes. Invariant: a message that Linux obeys and we do not is unmodelled; one that it refuses is `EINVAL`, and one of a
//! level that it does not look at means nothing.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::cmsg::{
    IP_PKTINFO, IP_TOS, IP_TTL, IPV6_HOPLIMIT, IPV6_PKTINFO, IPV6_TCLASS, Message, SOL_IP, SOL_IPV6,
    SOL_SOCKET, messages, word,
};
use crate::errno::Errno;
use crate::host::HostSpec;
use crate::net::address::Family;
use crate::net::options::Options;
use crate::net::packet::Header;
use crate::net::route;
use crate::ready::Refusal;

const SOL_UDP: i32 = 17;
const IP_RETOPTS: i32 = 7;
const IP_PROTOCOL: i32 = 52;
const IPV6_DONTFRAG: i32 = 62;
/// The old numbers of `IPV6_PKTINFO`, options, routing headers and `IPV6_HOPLIMIT`, then `IPV6_FLOWINFO`, `IPV6_HOPOPTS`,
/// `IPV6_RTHDRDSTOPTS`, `IPV6_RTHDR` and `IPV6_DSTOPTS`.
const UNMODELLED_V6: [i32; 10] = [2, 3, 4, 5, 8, 11, 54, 55, 57, 59];
const UDP_SEGMENT: i32 = 103;
/// `sizeof(struct in_pktinfo)`.
const PACKET_INFO_BYTES: usize = 12;
/// `sizeof(struct in6_pktinfo)`.
const PACKET_INFO_BYTES_V6: usize = 20;

/// What they say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// Where the datagram is to come from, in place of the socket's address; of IPv4 an unspecified one is any.
    pub(super) source: Option<IpAddr>,
    /// Over which interface it is to go; 0 for any.
    pub(super) interface: u32,
    type_of_service: Option<u8>,
    hops: Option<u8>,
    dont_fragment: Option<bool>,
    segment_bytes: Option<u16>,
}

/// Whose they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Speaker<'a> {
    /// The family of the socket.
    pub(super) family: Family,
    /// Where it is.
    pub(super) host: &'a HostSpec,
}

impl Said {
    /// Reads those of a datagram over IPv4, which may be an IPv6 socket's.
    pub(super) fn over_v4(control: &[u8], speaker: Speaker<'_>) -> Result<Self, Refusal> {
        let mut said = Self::segments(control)?;
        for message in messages(control) {
            let message = message?;
            match message.level {
                SOL_IPV6 if speaker.family == Family::Inet6 && message.kind == IPV6_PKTINFO => {
                    let (address, interface) = packet_info_v6(message.data)?;
                    said.source = Some(address.to_ipv4_mapped().ok_or(Errno::EINVAL)?.into());
                    said.go_over(interface);
                }
                SOL_SOCKET => of_sockets(message)?,
                SOL_IP => said.take_v4(message)?,
                _ => {}
            }
        }
        Ok(said)
    }

    /// Reads those of a datagram over IPv6.
    pub(super) fn over_v6(control: &[u8], speaker: Speaker<'_>) -> Result<Self, Refusal> {
        let mut said = Self::segments(control)?;
        for message in messages(control) {
            let message = message?;
            match message.level {
                SOL_SOCKET => of_sockets(message)?,
                SOL_IPV6 => said.take_v6(message, speaker.host)?,
                _ => {}
            }
        }
        Ok(said)
    }

    /// `udp_cmsg_send`, which looks at all before the others are looked at.
    fn segments(control: &[u8]) -> Result<Self, Errno> {
        let mut said = Self::default();
        for message in messages(control) {
            match message? {
                Message { level: SOL_UDP, kind: UDP_SEGMENT, data: &[low, high] } => {
                    said.segment_bytes = Some(u16::from_ne_bytes([low, high]));
                }
                Message { level: SOL_UDP, .. } => return Err(Errno::EINVAL),
                _ => {}
            }
        }
        Ok(said)
    }

    fn go_over(&mut self, interface: u32) {
        if interface != 0 {
            self.interface = interface;
        }
    }

    fn take_v4(&mut self, message: Message<'_>) -> Result<(), Refusal> {
        let Message { kind, data, .. } = message;
        match kind {
            IP_PKTINFO if data.len() == PACKET_INFO_BYTES => {
                let address: [u8; 4] = *data[4..].first_chunk().expect("it is long enough");
                self.source = Some(Ipv4Addr::from(address).into());
                self.go_over(word(data, 0).cast_unsigned());
            }
            IP_TTL => self.hops = Some(number(data, 1)?),
            IP_TOS => {
                self.type_of_service = Some(if let &[byte] = data { byte } else { number(data, 0)? });
            }
            IP_RETOPTS | IP_PROTOCOL => return Err(unmodelled(message)),
            _ => return Err(Errno::EINVAL.into()),
        }
        Ok(())
    }

    fn take_v6(&mut self, message: Message<'_>, host: &HostSpec) -> Result<(), Refusal> {
        let Message { kind, data, .. } = message;
        match kind {
            IPV6_PKTINFO => {
                let (address, interface) = packet_info_v6(data)?;
                if interface != 0 && self.interface != 0 && interface != self.interface {
                    return Err(Errno::EINVAL.into());
                }
                self.go_over(interface);
                check_source_v6(host, address, self.interface)?;
                if !address.is_unspecified() {
                    self.source = Some(address.into());
                }
            }
            // The socket's own.
            IPV6_HOPLIMIT if word(data, 0) == -1 && data.len() == 4 => self.hops = None,
            IPV6_HOPLIMIT => self.hops = Some(number(data, 0)?),
            // `ip6_flow_hdr` takes its low byte.
            IPV6_TCLASS if word(data, 0) == -1 && data.len() == 4 => self.type_of_service = Some(0xff),
            IPV6_TCLASS => self.type_of_service = Some(number(data, 0)?),
            IPV6_DONTFRAG => match number(data, 0)? {
                value @ (0 | 1) => self.dont_fragment = Some(value == 1),
                _ => return Err(Errno::EINVAL.into()),
            },
            kind if UNMODELLED_V6.contains(&kind) => return Err(unmodelled(message)),
            _ => return Err(Errno::EINVAL.into()),
        }
        Ok(())
    }

    /// What the header says of a datagram to an address, from a socket of these options.
    pub(super) fn header(&self, options: &Options, to: IpAddr) -> Header {
        let (type_of_service, hops) = match to {
            IpAddr::V4(_) => (options.type_of_service, options.time_to_live),
            IpAddr::V6(_) => (options.traffic_class, options.hops),
        };
        let byte = |number| u8::try_from(number).expect("options of headers are bytes");
        Header {
            type_of_service: self.type_of_service.unwrap_or(byte(type_of_service)),
            hops: self.hops.unwrap_or(byte(hops)),
        }
    }

    /// Whether a datagram over IPv6 that is too long for its path is refused.
    pub(super) fn never_fragments(&self, options: &Options) -> bool {
        self.dont_fragment.unwrap_or(options.dont_fragment) || options.never_fragments_v6()
    }

    /// How long the datagrams are that the bytes are cut into; 0 for as long as they are.
    pub(super) fn segment_bytes(&self, options: &Options) -> usize {
        self.segment_bytes.unwrap_or(options.segment_bytes).into()
    }
}

/// `__sock_cmsg_send`: what unix sockets do not obey is for timestamps, marks and priorities.
fn of_sockets(message: Message<'_>) -> Result<(), Refusal> {
    if message.is_for_unix_sockets() { Ok(()) } else { Err(unmodelled(message)) }
}

fn unmodelled(message: Message<'_>) -> Refusal {
    let Message { level, kind, .. } = message;
    let what = format!("sendmsg(2) with the control message {kind} of level {level}");
    Refusal::unmodelled(what, Errno::EINVAL)
}

/// An `int` from so much on that fits into a byte.
fn number(data: &[u8], least: i32) -> Result<u8, Errno> {
    let fits = data.len() == 4 && word(data, 0) >= least;
    u8::try_from(word(data, 0)).ok().filter(|_| fits).ok_or(Errno::EINVAL)
}

/// `struct in6_pktinfo`: more bytes than it has are as good.
fn packet_info_v6(data: &[u8]) -> Result<(Ipv6Addr, u32), Errno> {
    let address = *data.first_chunk::<16>().ok_or(Errno::EINVAL)?;
    if data.len() < PACKET_INFO_BYTES_V6 {
        return Err(Errno::EINVAL);
    }
    Ok((address.into(), word(data, 16).cast_unsigned()))
}

/// The interface must be there, and the address be the host's: that of loopback, only over loopback.
fn check_source_v6(host: &HostSpec, address: Ipv6Addr, interface: u32) -> Result<(), Errno> {
    if interface != 0 && !route::has_interface(host, interface) {
        return Err(Errno::ENODEV);
    }
    let elsewhere = address.is_loopback() && interface > 1;
    let own = route::is_own(host, address.into()) && !elsewhere;
    if own || address.is_unspecified() { Ok(()) } else { Err(Errno::EINVAL) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmsg::Told;

    fn said(level: i32, kind: i32, data: &[u8]) -> [Result<Said, Refusal>; 2] {
        let mut told = Told::new(100);
        told.put(Message { level, kind, data });
        let (bytes, _) = told.done();
        let host = HostSpec::new("a");
        let speaker = Speaker { family: Family::Inet6, host: &host };
        [Said::over_v4(&bytes, speaker), Said::over_v6(&bytes, speaker)]
    }

    #[test]
    fn what_linux_obeys_and_we_do_not_is_unmodelled() {
        let over_v4 = [(SOL_IP, 7), (SOL_IP, 52), (SOL_SOCKET, 36), (SOL_SOCKET, 37)];
        let over_v6 = UNMODELLED_V6.map(|kind| (SOL_IPV6, kind));
        for (level, kind) in over_v4 {
            assert!(matches!(said(level, kind, &[0; 4])[0], Err(Refusal::Unmodelled(..))), "{level} {kind}");
        }
        for (level, kind) in over_v6 {
            assert!(matches!(said(level, kind, &[0; 4])[1], Err(Refusal::Unmodelled(..))), "{level} {kind}");
        }
    }

    #[test]
    fn what_is_of_no_concern_means_nothing() {
        let nothing = || Ok(Said::default());
        for (level, kind) in [(SOL_SOCKET, 1), (SOL_SOCKET, 2), (6, 1), (255, 0)] {
            assert_eq!(said(level, kind, &[]), [nothing(), nothing()], "{level} {kind}");
        }
        assert_eq!(said(SOL_IP, 99, &[])[1], nothing());
        assert_eq!(said(SOL_IPV6, 99, &[])[0], nothing());
    }
}
