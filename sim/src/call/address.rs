//! Addresses of sockets of any family, as the boundary read them.
//!
//! Does not know `sockaddr` layouts, nor files. Invariant: an address of another family than the socket's is refused with the
//! error number of that socket's family, never read as if it were of it.

use core::net::SocketAddr;

use crate::errno::Errno;
use crate::net::Family;
use crate::unix::Name;

/// An address that a program gave, or is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// `AF_INET` or `AF_INET6`.
    Inet(SocketAddr),
    /// `AF_UNIX`; of a program's address only if the socket is a unix socket.
    Unix(Name),
    /// `AF_UNSPEC`, with what it says if it is read as `AF_INET`.
    Unspecified {
        /// The address in the place of `sockaddr_in`'s.
        as_inet: Option<SocketAddr>,
        /// Its bytes in all.
        length: usize,
    },
    /// Another family, or not of the length of its family.
    Other {
        /// `AF_*`.
        family: i32,
        /// Its bytes in all.
        length: usize,
    },
}

impl Address {
    /// As a unix socket takes it: `unix_validate_addr`.
    ///
    /// # Errors
    /// `EINVAL` for another family or a wrong length.
    pub(super) fn of_unix(&self) -> Result<&Name, Errno> {
        match self {
            Self::Unix(name) => Ok(name),
            _ => Err(Errno::EINVAL),
        }
    }

    /// As a socket of `ip(7)` takes it.
    ///
    /// # Errors
    /// `EINVAL` if it is too short for the socket's family, `EAFNOSUPPORT` for another family.
    pub(super) fn of_inet(&self, family: Family) -> Result<SocketAddr, Errno> {
        match self {
            Self::Inet(address) => Ok(*address),
            Self::Unix(_) => Err(Errno::EAFNOSUPPORT),
            Self::Unspecified { length, .. } | Self::Other { length, .. } => {
                Err(if *length < shortest(family) { Errno::EINVAL } else { Errno::EAFNOSUPPORT })
            }
        }
    }

    /// As `bind(2)` takes it: `__inet_bind` reads the unspecified family as `AF_INET` for the wildcard alone.
    ///
    /// # Errors
    /// As [`Address::of_inet`].
    pub(super) fn to_bind(&self, family: Family) -> Result<SocketAddr, Errno> {
        match self {
            Self::Unspecified { as_inet: Some(address), .. }
                if family == Family::Inet && address.ip().is_unspecified() =>
            {
                Ok(*address)
            }
            _ => self.of_inet(family),
        }
    }

    /// As `sendto(2)` of a datagram takes it; none for one that is to go to the peer (`udp_sendmsg`, `udpv6_sendmsg`).
    ///
    /// # Errors
    /// `EINVAL`, `EAFNOSUPPORT`.
    pub(super) fn to_send(&self, family: Family) -> Result<Option<SocketAddr>, Errno> {
        match (self, family) {
            (Self::Unspecified { as_inet: Some(address), .. }, Family::Inet) => Ok(Some(*address)),
            (Self::Unspecified { .. }, Family::Inet6) => Ok(None),
            (Self::Unix(_) | Self::Other { .. }, Family::Inet6) => Err(Errno::EINVAL),
            _ => self.of_inet(family).map(Some),
        }
    }
}

/// `sizeof(struct sockaddr_in)`, `SIN6_LEN_RFC2133`.
fn shortest(family: Family) -> usize {
    match family {
        Family::Inet => 16,
        Family::Inet6 => 24,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_another_family_is_refused_as_linux_refuses_it() {
        let other = |length| Address::Other { family: 1, length };
        for (address, family, errno) in [
            (other(2), Family::Inet, Errno::EINVAL),
            (other(16), Family::Inet, Errno::EAFNOSUPPORT),
            (other(16), Family::Inet6, Errno::EINVAL),
            (other(24), Family::Inet6, Errno::EAFNOSUPPORT),
        ] {
            assert_eq!(address.of_inet(family), Err(errno), "{address:?} on {family:?}");
        }
        assert_eq!(other(110).of_unix(), Err(Errno::EINVAL));
    }

    #[test]
    fn the_unspecified_family_is_read_as_inet_where_linux_does() {
        let wildcard = "0.0.0.0:9".parse().expect("an address");
        let address = Address::Unspecified { as_inet: Some(wildcard), length: 16 };
        assert_eq!(address.to_bind(Family::Inet), Ok(wildcard));
        assert_eq!(address.to_bind(Family::Inet6), Err(Errno::EINVAL));
        assert_eq!(address.to_send(Family::Inet), Ok(Some(wildcard)));
        assert_eq!(address.to_send(Family::Inet6), Ok(None));
        let named = Address::Unspecified { as_inet: "1.2.3.4:9".parse().ok(), length: 16 };
        assert_eq!(named.to_bind(Family::Inet), Err(Errno::EAFNOSUPPORT));
    }
}
