//! Guests about files: what a run finds in its folder, and what races there.
//!
//! Invariant: whatever they print is the same in every process that takes the same decisions.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::thread;
use std::time::Duration;

use photofinish::scenario::{Failure, Find, Scenario, Variant};
use photofinish_calls as calls;
use photofinish_calls::file::Size;

use crate::{racy, sound};

/// The guests of this file.
pub static SCENARIO: Scenario = Scenario {
    name: "files",
    story: "Files in a folder that is each run's own.",
    programs: &[],
    variants: VARIANTS,
};

const TORN: &[Find] = &[Find { signature: "torn", within_runs: 300 }];

static VARIANTS: &[Variant] = &[
    sound("told", "All that can be read of many files is printed.", told),
    sound("left", "Files are left behind, and nobody finds them.", left),
    sound("stubborn", "A folder that cannot be looked into is left behind.", stubborn),
    sound("aborted", "Files are left behind by a program that exits in the middle.", aborted),
    sound("limits", "All that limits a file is printed.", limits),
    sound("locked", "Three threads count under flock.", locked),
    sound("journal", "What fsync and rename put in place is whole.", journal),
    racy("torn", "A file is written in place while another thread reads it.", TORN, torn),
];

fn tell(name: &str) {
    let data = fs::symlink_metadata(name).expect("it is there");
    println!(
        "{name}: ino {} dev {} size {} blocks {} mode {:o} links {} modified {}.{:09} changed {} born {:?}",
        data.ino(),
        data.dev(),
        data.len(),
        data.blocks(),
        data.mode(),
        data.nlink(),
        data.mtime(),
        data.mtime_nsec(),
        data.ctime_nsec(),
        data.created().ok(),
    );
}

fn told() -> Result<(), Failure> {
    println!("in {:?}, for a while in {:?}", std::env::current_dir(), std::env::temp_dir());
    for index in 0..40_u32 {
        let name = format!("file-{}", (index * 7_919) % 101);
        fs::write(&name, vec![b'x'; index as usize * 300]).expect("there is room");
        if index % 3 == 0 {
            fs::remove_file(&name).expect("it is there");
        }
    }
    fs::create_dir("folder").expect("it is new");
    std::os::unix::fs::symlink("folder", "link").expect("it is new");
    for entry in fs::read_dir(".").expect("it is there") {
        tell(entry.expect("an entry").file_name().to_str().expect("text"));
    }
    let mut random = [0; 8];
    File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut random)).expect("there is one");
    println!("random {random:?}, {:?}", fs::canonicalize("link"));
    let others = [0_u64, 1, 2].map(|number| {
        thread::spawn(move || {
            let name = format!("of-{number}");
            let mut file = File::create(&name).expect("it is new");
            for _ in 0..5 {
                file.write_all(b"line\n").expect("there is room");
                file.sync_all().expect("a file");
            }
            fs::rename(&name, format!("done-{number}")).expect("it is there");
        })
    });
    for other in others {
        other.join().expect("it does not panic");
    }
    for number in 0..3 {
        tell(&format!("done-{number}"));
    }
    Ok(())
}

/// Whether nobody was here before, in the folder for what is of no use later.
fn find_nothing() {
    let here = fs::read_dir(std::env::temp_dir()).expect("it is there").count();
    assert_eq!(here, 0, "somebody left something");
}

/// Writes more than is kept in memory.
fn write_large(name: &str) {
    fs::write(name, vec![b'x'; 1 << 19]).expect("there is room");
}

fn left() -> Result<(), Failure> {
    find_nothing();
    fs::create_dir_all("a/b/c").expect("it is new");
    fs::write("a/b/c/file", "content").expect("there is room");
    write_large("a/large");
    // Long enough that two runs at one time meet.
    for _ in 0..200 {
        fs::write("again", "content").expect("there is room");
        assert_eq!(fs::read_dir(".").expect("it is there").count(), 2);
    }
    Ok(())
}

fn stubborn() -> Result<(), Failure> {
    find_nothing();
    fs::create_dir_all("a/b").expect("it is new");
    fs::write("a/b/file", "content").expect("there is room");
    write_large("a/b/large");
    fs::set_permissions("a/b", fs::Permissions::from_mode(0o000)).expect("it is ours");
    fs::set_permissions("a", fs::Permissions::from_mode(0o000)).expect("it is ours");
    Ok(())
}

fn aborted() -> Result<(), Failure> {
    find_nothing();
    fs::write("file", "content").expect("there is room");
    write_large("large");
    let other = thread::spawn(|| fs::write("other", "content"));
    thread::sleep(Duration::from_millis(1));
    drop(other);
    Ok(())
}

fn limits() -> Result<(), Failure> {
    for size in [10, 1 << 19] {
        fs::write("file", vec![b'x'; size]).expect("there is room");
        let file = File::options().read(true).write(true).open("file").expect("it is there");
        let fd = file.as_raw_fd();
        for length in [1 << 43, 1 << 44, 1 << 50, i64::MAX] {
            println!("as long as {length}: {:?}", calls::file::ftruncate(Size::Plain, fd, length));
            println!("blocks: {:?}", file.metadata().map(|data| data.blocks()).ok());
            println!("there: {:?}", calls::file::lseek(Size::Plain, fd, length, libc::SEEK_SET));
            println!("written there: {:?}", calls::descriptor::write(fd, b""));
            println!("room there: {:?}", calls::file::fallocate(Size::Plain, fd, 0, length - 1, 1));
        }
        println!("a byte too far: {:?}", calls::file::pwrite(Size::Plain, fd, b"x", 1 << 50));
        println!("zeroes: {:?}", calls::file::fallocate(Size::Plain, fd, libc::FALLOC_FL_ZERO_RANGE, 0, 1));
        println!("seals: {:?}", calls::descriptor::fcntl(fd, libc::F_GET_SEALS, 0));
        println!("one more: {:?}", calls::descriptor::fcntl(fd, libc::F_ADD_SEALS, libc::F_SEAL_SEAL));
        let direct = File::options().read(true).custom_flags(libc::O_DIRECT).open("file");
        println!("direct: {:?}", direct.and_then(|mut file| file.read(&mut [0; 3])).ok());
    }
    Ok(())
}

fn count_under_lock() -> io::Result<()> {
    let lock = File::options().read(true).write(true).create(true).truncate(false).open("lock")?;
    lock.lock()?;
    let before: u64 = fs::read_to_string("count")?.parse().expect("a number");
    fs::write("count", (before + 1).to_string())
}

fn locked() -> Result<(), Failure> {
    fs::write("count", "0").expect("there is room");
    let others = [0; 3].map(|_| thread::spawn(|| (0..4).try_for_each(|_| count_under_lock())));
    for other in others {
        other.join().expect("it does not panic").expect("files work");
    }
    assert_eq!(fs::read_to_string("count").ok().as_deref(), Some("12"));
    Ok(())
}

fn replace(name: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create("beside")?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename("beside", name)
}

fn journal() -> Result<(), Failure> {
    replace(Path::new("state"), "0000").expect("files work");
    let writer = thread::spawn(|| {
        (1..6).try_for_each(|number| replace(Path::new("state"), &number.to_string().repeat(4)))
    });
    for _ in 0..6 {
        let text = fs::read_to_string("state").expect("it is there");
        assert_eq!(text, text[..1].repeat(4));
        thread::sleep(Duration::from_micros(300));
    }
    writer.join().expect("it does not panic").expect("files work");
    Ok(())
}

fn torn() -> Result<(), Failure> {
    fs::write("state", "0000").expect("there is room");
    let writer = thread::spawn(|| fs::write("state", "1111"));
    let text = fs::read_to_string("state").expect("it is there");
    writer.join().expect("it does not panic").expect("there is room");
    if text.len() == 4 {
        return Ok(());
    }
    Err(Failure { signature: "torn".into(), detail: format!("read {text:?}") })
}
