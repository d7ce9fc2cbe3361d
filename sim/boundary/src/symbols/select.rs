//! `select(2)`, `pselect(2)`.
//!
//! Does not know what makes a file ready. Invariant: a set of the program is written only by a call that succeeds.

use core::ffi::c_int;

use libc::{fd_set, sigset_t, timespec, timeval};
use photofinish_sim::call::select::{self as calls, FdSet, Sets};
use photofinish_sim::errno::Errno;

use super::masked::{self, Wanted};
use super::{fail, poll};
use crate::own::owned;
use crate::run::with_kernel;

/// The sets of the program; each may be left out.
#[derive(Clone, Copy)]
struct Places {
    read: *mut fd_set,
    write: *mut fd_set,
    except: *mut fd_set,
}

/// How many words of a set the kernel looks at (`FDS_LONGS`).
fn words(count: c_int) -> usize {
    usize::try_from(count).unwrap_or(0).div_ceil(64).min(FdSet::default().0.len())
}

fn read(set: *const fd_set, count: c_int) -> FdSet {
    let mut bits = FdSet::default();
    if !set.is_null() {
        for (index, word) in bits.0[..words(count)].iter_mut().enumerate() {
            // SAFETY: select(2): a set has bits for all numbers below `count`, in words of 64.
            let place = unsafe { set.cast::<u64>().add(index) };
            // SAFETY: as above.
            *word = unsafe { place.read_unaligned() };
        }
        clear_from(&mut bits, count);
    }
    bits
}

/// Numbers from `count` on are not asked about.
fn clear_from(bits: &mut FdSet, count: c_int) {
    let count = usize::try_from(count).unwrap_or(0);
    if !count.is_multiple_of(64)
        && let Some(last) = bits.0.get_mut(count / 64)
    {
        *last &= (1 << (count % 64)) - 1;
    }
}

fn write(set: *mut fd_set, count: c_int, bits: &FdSet) {
    if set.is_null() {
        return;
    }
    for (index, word) in bits.0[..words(count)].iter().enumerate() {
        // SAFETY: as for `read`.
        let place = unsafe { set.cast::<u64>().add(index) };
        // SAFETY: as for `read`.
        unsafe { place.write_unaligned(*word) };
    }
}

fn select_sets(count: c_int, places: Places, timeout_ns: Option<u64>, wanted: Wanted) -> c_int {
    let asked = Sets {
        read: read(places.read, count),
        write: read(places.write, count),
        except: read(places.except, count),
    };
    let answer = masked::call("select", count, wanted, |kernel, caller| {
        calls::select(kernel, caller, count, &asked, timeout_ns)
    });
    match answer {
        Ok((ready, found)) => {
            write(places.read, count, &found.read);
            write(places.write, count, &found.write);
            write(places.except, count, &found.except);
            c_int::try_from(ready).expect("three times 1024 at most")
        }
        Err(errno) => fail(errno),
    }
}

/// A time-out of `select(2)`, of which the microseconds may be more than a second.
fn from_timeval(timeout: &timeval) -> Result<u64, Errno> {
    let seconds = u64::try_from(timeout.tv_sec).map_err(|_| Errno::EINVAL)?;
    let us = u64::try_from(timeout.tv_usec).map_err(|_| Errno::EINVAL)?;
    Ok(seconds.saturating_mul(1_000_000_000).saturating_add(us.saturating_mul(1_000)))
}

owned! {
    /// `select(2)`: what remains of the time-out is written back.
    fn select(
        count: c_int, read: *mut fd_set, write: *mut fd_set, except: *mut fd_set, timeout: *mut timeval,
    ) -> c_int {
        // SAFETY: the caller gives a valid time-out, or none.
        let timeout = unsafe { timeout.as_mut() };
        let timeout_ns = match timeout.as_deref().map(from_timeval).transpose() {
            Ok(timeout_ns) => timeout_ns,
            Err(errno) => return fail(errno),
        };
        let before_ns = with_kernel(|kernel| kernel.elapsed_ns());
        let answer = select_sets(count, Places { read, write, except }, timeout_ns, Wanted::AsIs);
        if let (Some(timeout), Some(timeout_ns)) = (timeout, timeout_ns) {
            let spent_ns = with_kernel(|kernel| kernel.elapsed_ns()) - before_ns;
            let left_us = timeout_ns.saturating_sub(spent_ns) / 1_000;
            timeout.tv_sec = (left_us / 1_000_000).cast_signed();
            timeout.tv_usec = (left_us % 1_000_000).cast_signed();
        }
        answer
    }

    /// `pselect(2)`: the time-out stays as it is.
    fn pselect(
        count: c_int,
        read: *mut fd_set,
        write: *mut fd_set,
        except: *mut fd_set,
        timeout: *const timespec,
        mask: *const sigset_t,
    ) -> c_int {
        match poll::from_timespec(timeout) {
            Ok(timeout_ns) => select_sets(count, Places { read, write, except }, timeout_ns, Wanted::read(mask)),
            Err(errno) => fail(errno),
        }
    }
}
