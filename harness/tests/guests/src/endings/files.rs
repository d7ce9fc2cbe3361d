//! What a program writes.
//!
//! Invariant: it leaves nothing behind.

use std::fs;
use std::io::{self, Write};
use std::thread;

use photofinish::scenario::Failure;

const LINES: u32 = 5_000;

/// Thousands of lines to standard output, hundreds to standard error from another thread, and one large piece.
pub(super) fn output() -> Result<(), Failure> {
    let other = thread::spawn(|| (0..LINES / 10).for_each(|line| eprintln!("error line {line}")));
    for line in 0..LINES {
        println!("line {line}");
    }
    other.join().expect("it does not panic");
    io::stdout().write_all(&[b'x'; 300_000]).expect("there is room");
    io::stdout().flush().expect("there is room");
    Ok(())
}

/// A folder of real files, gone afterwards.
pub(super) fn files() -> Result<(), Failure> {
    let folder = std::env::temp_dir().join(format!("photofinish-guest-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a temporary folder");
    let path = folder.join("words");
    fs::write(&path, "some words\n").expect("a temporary file");
    let mut file = fs::File::options().append(true).open(&path).expect("it is there");
    file.write_all(b"and more\n").expect("there is room");
    drop(file);
    assert_eq!(fs::read_to_string(&path).ok().as_deref(), Some("some words\nand more\n"));
    assert_eq!(fs::metadata(&path).map(|data| data.len()).ok(), Some(20));
    assert_eq!(fs::read_dir(&folder).expect("it is there").count(), 1);
    fs::remove_dir_all(&folder).expect("nobody else uses it");
    println!("files work");
    Ok(())
}

/// Leaves a file behind and aborts.
pub(super) fn crashed() -> Result<(), Failure> {
    fs::write("file", "content").expect("there is room");
    std::process::abort()
}

/// Leaves a file behind and never rests, so that the watchdog ends it.
pub(super) fn hung() -> Result<(), Failure> {
    fs::write("file", "content").expect("there is room");
    let mut number = 0_u64;
    while std::hint::black_box(number) != u64::MAX {
        number += 1;
    }
    Ok(())
}
