//! Control messages: the bytes of `cmsg(3)`, read as `__scm_send` reads them and written as `put_cmsg` writes them.
//!
//! Does not know descriptors' files. Invariant: nothing is written past the room the program gave; what finds no room is told
//! by `MSG_CTRUNC`. Layout of the 64-bit Linux ABI: a header of 16 bytes, everything at multiples of 8.

use crate::errno::Errno;
use crate::unix::Credentials;

/// `sizeof(struct cmsghdr)`.
const HEADER: usize = 16;
const SOL_SOCKET: i32 = 1;
const SCM_RIGHTS: i32 = 1;
const SCM_CREDENTIALS: i32 = 2;
/// `SCM_MAX_FD`.
const RIGHTS_MAX: usize = 253;
/// `sizeof(struct ucred)`.
const CREDENTIALS_BYTES: usize = 12;

/// `MSG_CTRUNC`.
pub(super) const MSG_CTRUNC: i32 = 0x8;

/// What the control messages of one `sendmsg(2)` say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// `SCM_RIGHTS`: descriptors of the sender.
    pub(super) rights: Vec<i32>,
    /// `SCM_CREDENTIALS`: pid, uid, gid; the last of several.
    pub(super) credentials: Option<(i32, u32, u32)>,
}

fn align(length: usize) -> usize {
    length.next_multiple_of(8)
}

fn word(bytes: &[u8], at: usize) -> i32 {
    bytes.get(at..).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| i32::from_ne_bytes(*bytes))
}

/// Reads the control messages of a unix socket's `sendmsg(2)`. Those of other levels mean nothing to it.
///
/// # Errors
/// `EINVAL` for a message that does not fit into the bytes, of a wrong length, or of a type that is not sent; for more rights
/// than a message carries.
pub(super) fn read(bytes: &[u8]) -> Result<Said, Errno> {
    let mut said = Said::default();
    let mut at = 0;
    // `__cmsg_nxthdr`: no further header fits.
    while at + HEADER <= bytes.len() {
        let length = bytes[at..].first_chunk().map_or(0, |bytes| usize::from_ne_bytes(*bytes));
        if length < HEADER || length > bytes.len() - at {
            return Err(Errno::EINVAL);
        }
        let data = &bytes[at + HEADER..at + length];
        match (word(bytes, at + 8), word(bytes, at + 12)) {
            (SOL_SOCKET, SCM_RIGHTS) => {
                said.rights.extend(data.chunks_exact(4).map(|right| word(right, 0)));
                if said.rights.len() > RIGHTS_MAX {
                    return Err(Errno::EINVAL);
                }
            }
            (SOL_SOCKET, SCM_CREDENTIALS) if data.len() == CREDENTIALS_BYTES => {
                let ids = (word(data, 4).cast_unsigned(), word(data, 8).cast_unsigned());
                said.credentials = Some((word(data, 0), ids.0, ids.1));
            }
            (SOL_SOCKET, _) => return Err(Errno::EINVAL),
            _ => {}
        }
        at += align(length);
    }
    Ok(said)
}

/// Control messages on their way to a program that gave so much room.
#[derive(Debug)]
pub(super) struct Told {
    bytes: Vec<u8>,
    room: usize,
    /// Whether something found no room: `MSG_CTRUNC`.
    truncated: bool,
}

impl Told {
    /// Nothing yet.
    pub(super) fn new(room: usize) -> Self {
        Self { bytes: Vec::new(), room, truncated: false }
    }

    fn left(&self) -> usize {
        self.room - self.bytes.len()
    }

    /// How many rights there is room for: `scm_max_fds`.
    pub(super) fn rights_max(&self) -> usize {
        self.left().saturating_sub(HEADER) / 4
    }

    /// Tells that something was left out.
    pub(super) fn truncate(&mut self) {
        self.truncated = true;
    }

    /// `put_cmsg`: cuts what does not fit.
    fn put(&mut self, kind: i32, data: &[u8]) {
        if self.left() < HEADER {
            self.truncated = true;
            return;
        }
        let whole = HEADER + data.len();
        let length = whole.min(self.left());
        self.truncated |= length < whole;
        let end = self.bytes.len() + align(whole).min(self.left());
        self.bytes.extend(length.to_ne_bytes());
        self.bytes.extend(SOL_SOCKET.to_ne_bytes());
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend(&data[..length - HEADER]);
        self.bytes.resize(end, 0);
    }

    /// `SCM_CREDENTIALS`.
    pub(super) fn put_credentials(&mut self, of: Credentials) {
        let data = [of.pid.0.to_ne_bytes(), of.uid.to_ne_bytes(), of.gid.to_ne_bytes()].concat();
        self.put(SCM_CREDENTIALS, &data);
    }

    /// `SCM_RIGHTS`: as many as [`Told::rights_max`] allows; none make no message.
    pub(super) fn put_rights(&mut self, fds: &[i32]) {
        if !fds.is_empty() {
            let data: Vec<u8> = fds.iter().flat_map(|fd| fd.to_ne_bytes()).collect();
            self.put(SCM_RIGHTS, &data);
        }
    }

    /// The bytes, and `MSG_CTRUNC` if something is missing.
    pub(super) fn done(self) -> (Vec<u8>, i32) {
        (self.bytes, if self.truncated { MSG_CTRUNC } else { 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Pid;

    const WHO: Credentials = Credentials { pid: Pid(7), uid: 8, gid: 9 };

    fn told(room: usize, fds: &[i32]) -> (Vec<u8>, i32) {
        let mut told = Told::new(room);
        told.put_rights(fds);
        told.done()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut told = Told::new(200);
        told.put_credentials(WHO);
        told.put_rights(&[3, 4, 5]);
        let (bytes, flags) = told.done();
        assert_eq!((bytes.len(), flags), (32 + 32, 0));
        let said = read(&bytes).expect("it is whole");
        assert_eq!(said, Said { rights: vec![3, 4, 5], credentials: Some((7, 8, 9)) });
    }

    #[test]
    fn the_last_message_needs_no_padding() {
        // 16 + 4 bytes of room: the length is CMSG_LEN, not CMSG_SPACE.
        let (bytes, flags) = told(20, &[3]);
        assert_eq!((bytes.len(), flags), (20, 0));
        assert_eq!(told(24, &[3]).0.len(), 24);
    }

    #[test]
    fn what_finds_no_room_is_cut_and_told() {
        let mut told = Told::new(20);
        told.put_credentials(WHO);
        let (bytes, flags) = told.done();
        assert_eq!((bytes.len(), flags), (20, MSG_CTRUNC));
        assert_eq!(bytes[..8], 20_usize.to_ne_bytes());
        let mut none = Told::new(15);
        assert_eq!(none.rights_max(), 0);
        none.put_credentials(WHO);
        assert_eq!(none.done(), (Vec::new(), MSG_CTRUNC));
    }

    #[test]
    fn a_message_that_does_not_fit_is_refused() {
        let (mut bytes, _) = told(100, &[1, 2]);
        bytes[0] = 200;
        assert_eq!(read(&bytes), Err(Errno::EINVAL));
        bytes[0] = 15;
        assert_eq!(read(&bytes), Err(Errno::EINVAL));
        assert_eq!(read(&bytes[..15]), Ok(Said::default()), "less than a header is nothing");
    }

    #[test]
    fn other_levels_mean_nothing_and_other_types_are_refused() {
        let (mut bytes, _) = told(100, &[1]);
        bytes[12] = 9;
        assert_eq!(read(&bytes), Err(Errno::EINVAL));
        bytes[8] = 41;
        assert_eq!(read(&bytes), Ok(Said::default()));
    }
}
