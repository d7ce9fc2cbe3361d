//! The control messages of unix sockets and of streams: `__scm_send`, `scm_recv_unix`, `sock_cmsg_send`.
//!
//! Does not know descriptors' files. Invariant: rights are told only as far as there is room for them.

use super::Stop;
use crate::cmsg::{self, HEADER, Message, SCM_CREDENTIALS, SCM_RIGHTS, SOL_SOCKET, Told, word};
use crate::errno::Errno;
use crate::unix::Credentials;

/// `SCM_MAX_FD`.
const RIGHTS_MAX: usize = 253;
/// `sizeof(struct ucred)`.
const CREDENTIALS_BYTES: usize = 12;

/// What the control messages of one `sendmsg(2)` say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// `SCM_RIGHTS`: descriptors of the sender.
    pub(super) rights: Vec<i32>,
    /// `SCM_CREDENTIALS`: pid, uid, gid; the last of several.
    pub(super) credentials: Option<(i32, u32, u32)>,
}

/// Reads the control messages of a unix socket's `sendmsg(2)`. Those of other levels mean nothing to it.
///
/// # Errors
/// `EINVAL` for a message that does not fit into the bytes, of a wrong length, or of a type that is not sent; for more rights
/// than a message carries.
pub(super) fn read(bytes: &[u8]) -> Result<Said, Errno> {
    let mut said = Said::default();
    for message in cmsg::messages(bytes) {
        let Message { level, kind, data } = message?;
        match (level, kind) {
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
    }
    Ok(said)
}

/// Looks at the control messages of a `sendmsg(2)` on a stream of `tcp(7)`, which takes notice of those of `socket(7)` alone, and
/// not of what only unix sockets obey.
///
/// # Errors
/// Unmodelled for one of those, and for one that does not fit: it is looked at when a stream has its connection.
pub(super) fn check_stream(bytes: &[u8]) -> Result<(), Stop> {
    for message in cmsg::messages(bytes) {
        let what = match message {
            Ok(message) if message.is_for_unix_sockets() => continue,
            Ok(Message { level: SOL_SOCKET, kind, .. }) => {
                format!("with the control message {kind} of socket(7)")
            }
            Ok(_) => continue,
            Err(_) => "with a control message that does not fit".into(),
        };
        return Err(Stop::Unmodelled(format!("sendmsg(2) on a stream {what}"), Errno::EINVAL));
    }
    Ok(())
}

/// How many rights there is room for: `scm_max_fds`.
pub(super) fn rights_max(told: &Told) -> usize {
    told.left().saturating_sub(HEADER) / 4
}

/// `SCM_CREDENTIALS`.
pub(super) fn put_credentials(told: &mut Told, of: Credentials) {
    let data = [of.pid.0.to_ne_bytes(), of.uid.to_ne_bytes(), of.gid.to_ne_bytes()].concat();
    told.put(Message { level: SOL_SOCKET, kind: SCM_CREDENTIALS, data: &data });
}

/// `SCM_RIGHTS`: as many as [`rights_max`] allows; none make no message.
pub(super) fn put_rights(told: &mut Told, fds: &[i32]) {
    if !fds.is_empty() {
        let data: Vec<u8> = fds.iter().flat_map(|fd| fd.to_ne_bytes()).collect();
        told.put(Message { level: SOL_SOCKET, kind: SCM_RIGHTS, data: &data });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmsg::MSG_CTRUNC;
    use crate::process::Pid;

    const WHO: Credentials = Credentials { pid: Pid(7), uid: 8, gid: 9 };

    fn told(room: usize, fds: &[i32]) -> (Vec<u8>, i32) {
        let mut told = Told::new(room);
        put_rights(&mut told, fds);
        told.done()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut told = Told::new(200);
        put_credentials(&mut told, WHO);
        put_rights(&mut told, &[3, 4, 5]);
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
        put_credentials(&mut told, WHO);
        let (bytes, flags) = told.done();
        assert_eq!((bytes.len(), flags), (20, MSG_CTRUNC));
        assert_eq!(bytes[..8], 20_usize.to_ne_bytes());
        let mut none = Told::new(15);
        assert_eq!(rights_max(&none), 0);
        put_credentials(&mut none, WHO);
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
