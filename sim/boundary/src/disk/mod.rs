//! The files of a run: the names of its private folder, the contents behind them, where its processes stand, and what it has been told
//! of other files.
//!
//! Does not know calls. Invariant: it is touched only while the phase is `Simulator`, by the one thread that executes the run,
//! and no reference outlives the expression that asked for it.

pub(crate) mod folder;
pub(crate) mod held;
pub(crate) mod node;
pub(crate) mod open;
pub(crate) mod process;
mod store;
pub(crate) mod sys;

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char, c_int};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::CString;
use std::path::PathBuf;

use photofinish_sim::call::Stop;
use photofinish_sim::call::time::{Clock, gettime_ns};
use photofinish_sim::errno::Errno;
use photofinish_sim::fd::Object;
use photofinish_sim::file::lock::FileNumber;
use photofinish_sim::host::HostId;
use photofinish_sim::kernel::Kernel;
use photofinish_sim::limits::REALTIME_START_NS;
use photofinish_sim::process::Pid;
use photofinish_sim::tree::{self, Birth, Bounds, Spot, Time, Tree, Within};

use node::Nodes;
use open::Opened;
pub(crate) use photofinish_sim::tree::{Follow, MOUNT};
use process::{Standing, Start};
use store::Store;

/// What a run knows of files.
pub(crate) struct Disk {
    /// The private folders of the hosts.
    tree: Tree,
    roots: BTreeMap<HostId, FileNumber>,
    /// What is in the files there.
    store: Store,
    /// All other files.
    pub(crate) nodes: Nodes,
    /// Processes that went elsewhere than [`MOUNT`], or changed their mask.
    processes: BTreeMap<Pid, Standing>,
    /// Our descriptors of `random(4)`.
    random: BTreeSet<c_int>,
    /// The files of the private folder that are open, by numbers that no other had.
    open: BTreeMap<c_int, Opened>,
    opened_count: c_int,
    /// How often a real descriptor was asked for.
    uses_count: u64,
}

struct Cell(UnsafeCell<Option<Box<Disk>>>);

// SAFETY: the cell is touched only by the one thread that executes the run, or by the server's only thread between runs.
unsafe impl Sync for Cell {}

static DISK: Cell = Cell(UnsafeCell::new(None));

/// Gives the next run its private folder, and its contents a real one, which is made when there is the first.
pub(crate) fn begin(contents: PathBuf) {
    let disk = Disk {
        tree: Tree::new(process::who()),
        roots: BTreeMap::new(),
        store: Store::new(contents),
        nodes: Nodes::default(),
        processes: BTreeMap::new(),
        random: BTreeSet::new(),
        open: BTreeMap::new(),
        opened_count: 0,
        uses_count: 0,
    };
    // SAFETY: no run is on, so nobody else looks at the cell.
    unsafe { *DISK.0.get() = Some(Box::new(disk)) };
}

/// The files of the run that is on. As for `run`: each use is one expression.
pub(crate) fn disk() -> &'static mut Disk {
    // SAFETY: one thread executes the run, and by this function's rule no other reference is alive.
    let disk = unsafe { &mut *DISK.0.get() };
    match disk {
        Some(disk) => disk,
        None => crate::crash::die("photofinish: bug: a run without a folder", b""),
    }
}

/// The names in the private folder, to look at.
pub(crate) fn tree() -> &'static Tree {
    &disk().tree
}

/// A path of the program, and the descriptor of the folder it begins in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    pub(crate) folder: c_int,
    pub(crate) path: *const c_char,
}

impl At {
    /// A path that begins in the working directory.
    pub(crate) fn cwd(path: *const c_char) -> Self {
        Self { folder: libc::AT_FDCWD, path }
    }

    /// The path as the program gave it.
    ///
    /// # Errors
    /// `EFAULT` for none at all.
    pub(crate) fn bytes(&self) -> Result<&[u8], Errno> {
        if self.path.is_null() {
            return Err(Errno::EFAULT);
        }
        // SAFETY: the call's contract: a NUL-terminated path.
        Ok(unsafe { CStr::from_ptr(self.path) }.to_bytes())
    }

    /// The path, where there must be one.
    ///
    /// # Errors
    /// As for [`At::bytes`], `ENOENT` for an empty one, `ENAMETOOLONG`.
    pub(crate) fn name(&self) -> Result<&[u8], Errno> {
        match self.bytes()? {
            [] => Err(Errno::ENOENT),
            long if long.len() >= libc::PATH_MAX as usize => Err(Errno::ENAMETOOLONG),
            path => Ok(path),
        }
    }
}

/// Where a path leads.
#[derive(Debug)]
pub(crate) enum Found {
    /// Into the private folder of the run.
    Inside(Spot),
    /// To a file that all runs share: for the real kernel, and as the program would name it.
    Outside { real: CString, shown: Vec<u8> },
    /// To a program of the scenario.
    Program(Vec<u8>),
}

impl Found {
    /// What is there, if it is in the private folder.
    ///
    /// # Errors
    /// Unmodelled elsewhere: a call on `what` there would show, or would see, what other runs do.
    pub(crate) fn inside(self, what: &str) -> Result<Spot, Stop> {
        match self {
            Self::Inside(spot) => Ok(spot),
            Self::Outside { shown, .. } | Self::Program(shown) => Err(refused(what, &shown)),
        }
    }
}

/// A change of what all runs share.
pub(crate) fn refused(what: &str, shown: &[u8]) -> Stop {
    let shown = String::from_utf8_lossy(shown);
    Stop::Unmodelled(format!("{what} outside the private folder: {shown}"), Errno::EROFS)
}

/// Finds out where a path of the running thread leads.
///
/// # Errors
/// Those of `path_resolution(7)`; unmodelled for a descriptor by its path (`/proc/self/fd/3`) that is no file on a disk, and for what
/// shows descriptors and folders of processes otherwise.
pub(crate) fn find(kernel: &Kernel, at: At, follow: Follow) -> Result<Found, Stop> {
    let path = at.name()?;
    let from = if path[0] == b'/' { Start::Outside(Vec::new()) } else { process::start(kernel, at.folder)? };
    let mut way = Way { from, path: path.to_vec() };
    for _ in 0..DESCRIPTORS_MAX {
        match way.follow(kernel, follow)? {
            Step::There(found) => return Ok(found),
            Step::On(on) => way = on,
        }
    }
    Err(Errno::ELOOP.into())
}

/// The same, as far as a path may lead.
///
/// # Errors
/// As for [`find`], and those of `openat2(2)`; unmodelled for what is outside of the private folder.
pub(crate) fn find_within(kernel: &Kernel, at: At, follow: Follow, bounds: Bounds) -> Result<Found, Stop> {
    if bounds == Bounds::default() {
        return find(kernel, at, follow);
    }
    let path = at.name()?;
    let is_absolute = path[0] == b'/';
    if is_absolute && bounds.within == Within::Beneath {
        return Err(Errno::EXDEV.into());
    }
    let begins_above = is_absolute && bounds.within == Within::All;
    let root = disk().root(kernel.host_id());
    let unmodelled = |path: &[u8]| {
        let shown = String::from_utf8_lossy(path);
        Stop::Unmodelled(format!("openat2(2) with bounds outside the private folder: {shown}"), Errno::EXDEV)
    };
    let from = match process::start(kernel, at.folder) {
        _ if begins_above => root,
        Ok(Start::Inside(folder)) => folder,
        Ok(Start::Outside(_)) => return Err(unmodelled(path)),
        Err(stop) => return Err(stop),
    };
    match tree().walk_within(bounds, root, from, path, follow)? {
        tree::Found::Inside(spot) => Ok(Found::Inside(spot)),
        tree::Found::Outside(path) => match own_descriptor(&path) {
            Some((fd, _)) if bounds.no_magic && kernel.object(fd).is_none() => Err(Errno::ENOENT.into()),
            Some((fd, [])) if bounds.no_magic && follow == Follow::No => {
                through_descriptor(kernel, fd, path.clone(), follow)
            }
            Some(_) if bounds.no_magic => Err(Errno::ELOOP.into()),
            _ => Err(unmodelled(&path)),
        },
    }
}

/// Folders that one path may lead through by their descriptors, each of which is a link (`MAXSYMLINKS`).
const DESCRIPTORS_MAX: u32 = 40;

/// A path and where it begins; outside that is text, and none for `/`.
struct Way {
    from: Start,
    path: Vec<u8>,
}

/// Where a way leads.
enum Step {
    There(Found),
    /// On from the descriptor of a folder that it comes to.
    On(Way),
}

impl Way {
    fn follow(self, kernel: &Kernel, follow: Follow) -> Result<Step, Stop> {
        let Self { from, path } = self;
        let root = || disk().root(kernel.host_id());
        let (from, path) = match from {
            Start::Inside(folder) => (folder, path),
            Start::Outside(start) => {
                let path = if path[0] == b'/' { path } else { [&start, &b"/"[..], &path].concat() };
                if !tree::leads_inside(&path) {
                    return outside(kernel, path, follow);
                }
                (root(), path)
            }
        };
        match tree().walk(root(), from, &path, follow)? {
            tree::Found::Inside(spot) => Ok(Step::There(Found::Inside(spot))),
            tree::Found::Outside(path) => outside(kernel, path, follow),
        }
    }
}

/// A path from `/` that does not lead into the private folder by its names.
fn outside(kernel: &Kernel, path: Vec<u8>, follow: Follow) -> Result<Step, Stop> {
    if let Some((fd, rest)) = own_descriptor(&path) {
        if rest.is_empty() {
            return Ok(Step::There(through_descriptor(kernel, fd, path, follow)?));
        }
        kernel.object(fd).ok_or(Errno::ENOENT)?;
        return Ok(Step::On(Way { from: process::start(kernel, fd)?, path: rest.to_vec() }));
    }
    let names = tree::plain(&path);
    match names[..] {
        // No number, or it would be a descriptor.
        [b"proc", b"self" | b"thread-self", b"fd", _, ..] | [b"dev", b"fd", _, ..] => {
            return Err(Errno::ENOENT.into());
        }
        [b"proc", _, b"cwd" | b"root" | b"map_files", ..] | [b"proc", _, b"fd" | b"task", _, ..] => {
            let shown = String::from_utf8_lossy(&path);
            let what = format!("files of a process by their path: {shown}");
            return Err(Stop::Unmodelled(what, Errno::ENOENT));
        }
        _ => {}
    }
    // By its names alone, for who compares it; a slash behind it stays.
    let mut shown = names.iter().flat_map(|name| [&b"/"[..], name]).collect::<Vec<_>>().concat();
    if path.ends_with(b"/") || shown.is_empty() {
        shown.push(b'/');
    }
    Ok(Step::There(match is_program(&shown) {
        true => Found::Program(shown),
        false => Found::Outside { real: sys::c_path(path)?, shown },
    }))
}

/// A program of the scenario is a file that is nowhere.
fn is_program(path: &[u8]) -> bool {
    path.starts_with(crate::process::FOLDER) && crate::process::program(path).is_some()
}

/// The descriptor of the process that a path names or leads through, and what stands behind it: `.` for a slash alone.
pub(crate) fn own_descriptor(path: &[u8]) -> Option<(c_int, &[u8])> {
    let (fd, rest) = tree::along(path, named_descriptor)?;
    let behind = rest.iter().position(|byte| *byte != b'/').map_or(&b"."[..], |start| &rest[start..]);
    Some((fd, if rest.is_empty() { rest } else { behind }))
}

fn named_descriptor(names: &[&[u8]]) -> Option<c_int> {
    let ([b"proc", b"self" | b"thread-self", b"fd", number] | [b"dev", b"fd", number]) = names else {
        return None;
    };
    if !number.iter().all(u8::is_ascii_digit) || number.len() > 1 && number.starts_with(b"0") {
        return None;
    }
    // What is too large is no descriptor of anybody's.
    Some(core::str::from_utf8(number).ok()?.parse().unwrap_or(c_int::MAX))
}

/// The file behind a descriptor, by its path. The path itself, which is a link, is the real kernel's.
pub(crate) fn through_descriptor(
    kernel: &Kernel,
    fd: i32,
    shown: Vec<u8>,
    follow: Follow,
) -> Result<Found, Stop> {
    let real = match kernel.object(fd) {
        None => return Err(Errno::ENOENT.into()),
        Some(Object::Real(real)) => real,
        Some(_) => {
            let what = format!("{}", String::from_utf8_lossy(&shown));
            return Err(Stop::Unmodelled(what, Errno::ENOENT));
        }
    };
    match open::node_of(real) {
        Some(node) if follow.leads_on() => Ok(Found::Inside(Spot::of(node))),
        _ => {
            let real = sys::c_path(format!("/proc/self/fd/{}", open::real(real)?).into_bytes())?;
            Ok(Found::Outside { real, shown })
        }
    }
}

/// The program's time of the day.
pub(crate) fn now(kernel: &Kernel) -> Time {
    Time::from_ns(gettime_ns(kernel, Clock::Realtime))
}

/// Looks at a change of names that was made, and lets go of what nobody can reach any more.
pub(crate) fn change<T>(
    kernel: &Kernel,
    change: impl FnOnce(&mut Tree, Time) -> Result<T, Errno>,
) -> Result<T, Errno> {
    let now = now(kernel);
    let answer = change(&mut disk().tree, now)?;
    disk().forget_contents();
    Ok(answer)
}

/// What the next file is from the start.
fn birth(kernel: &Kernel) -> Birth {
    Birth { number: disk().nodes.next(), now: now(kernel), mask: process::mask(kernel.process()) }
}

/// Makes something at a place, with the next number.
pub(crate) fn make<T>(
    kernel: &Kernel,
    make: impl FnOnce(&mut Tree, Birth) -> Result<T, Errno>,
) -> Result<(FileNumber, T), Errno> {
    let birth = birth(kernel);
    let made = make(&mut disk().tree, birth)?;
    disk().nodes.take_number();
    Ok((birth.number, made))
}

/// Whether a descriptor of ours is one of `random(4)`.
pub(crate) fn is_random(real: c_int) -> bool {
    disk().random.contains(&real)
}

/// A descriptor of ours is one of `random(4)` from here on.
pub(crate) fn note_random(real: c_int) {
    disk().random.insert(real);
}

/// Whether the run that is on had nothing to do with files.
pub(crate) fn is_untouched() -> bool {
    let Disk { tree, nodes, processes, random, .. } = disk();
    tree.is_empty() && nodes.is_empty() && processes.is_empty() && random.is_empty()
}

impl Disk {
    /// The first folder of a host, which is made once.
    fn root(&mut self, host: HostId) -> FileNumber {
        if let Some(root) = self.roots.get(&host) {
            return *root;
        }
        let number = self.nodes.take_number();
        self.tree.add_root(number, Time::from_ns(REALTIME_START_NS));
        self.roots.insert(host, number);
        number
    }

    /// Moves the position of an open file.
    fn go(&mut self, number: c_int, at: i64) {
        if let Some(opened) = self.open.get_mut(&number) {
            opened.at = at;
        }
    }

    /// Lets go of the contents of files that are gone.
    fn forget_contents(&mut self) {
        for number in self.tree.take_gone() {
            self.store.forget(number);
        }
    }
}
