//! System calls by an instruction of the program's own.
//!
//! Invariant: each is also asked through std or the C library where there is a way, and the answers agree.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use photofinish::scenario::Failure;
use photofinish_calls::{Failed, bypass, descriptor, identity};

pub(super) fn ids() -> Result<(), Failure> {
    assert_eq!(bypass::getpid(), Ok(i64::from(std::process::id())));
    let check = || assert_eq!(bypass::gettid(), Ok(i64::from(identity::gettid())));
    check();
    thread::spawn(check).join().expect("it does not panic");
    Ok(())
}

/// Threads that echo, each with a peer.
const PAIRS: usize = 3;
/// Messages of each.
const MESSAGES: u8 = 20;

pub(super) fn echo() -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it is bound");
    thread::scope(|scope| {
        for _ in 0..PAIRS {
            scope.spawn(|| serve(&listener.accept().expect("somebody connects").0));
            scope.spawn(move || ask(&TcpStream::connect(address).expect("it listens")));
        }
    });
    Ok(())
}

fn serve(stream: &TcpStream) {
    let mut message = [0; 8];
    loop {
        match bypass::read(stream.as_raw_fd(), &mut message) {
            Ok(0) => return,
            Ok(read) => {
                let read = usize::try_from(read).expect("a count");
                let written = bypass::write(stream.as_raw_fd(), &message[..read]);
                assert_eq!(written, Ok(i64::try_from(read).expect("it is small")));
            }
            Err(failed) => panic!("read: {failed}"),
        }
    }
}

fn ask(stream: &TcpStream) {
    for n in 0..MESSAGES {
        assert_eq!(bypass::write(stream.as_raw_fd(), &[n]), Ok(1));
        let mut answer = [0; 8];
        assert_eq!(bypass::read(stream.as_raw_fd(), &mut answer), Ok(1));
        assert_eq!(answer[0], n);
    }
}

/// Whose turn it is: even for one thread, odd for the other.
static TURN: AtomicU32 = AtomicU32::new(0);
const ROUNDS: u32 = 20;

pub(super) fn futex() -> Result<(), Failure> {
    TURN.store(0, Ordering::Release);
    thread::scope(|scope| {
        scope.spawn(|| play(0));
        scope.spawn(|| play(1));
    });
    assert_eq!(TURN.load(Ordering::Acquire), ROUNDS * 2);
    Ok(())
}

fn play(mine: u32) {
    for turn in (mine..ROUNDS * 2).step_by(2) {
        loop {
            let now = TURN.load(Ordering::Acquire);
            if now == turn {
                break;
            }
            match bypass::futex_wait(&TURN, now) {
                Ok(()) | Err(Failed(libc::EAGAIN | libc::EINTR)) => {}
                Err(failed) => panic!("futex: {failed}"),
            }
        }
        TURN.store(turn + 1, Ordering::Release);
        bypass::futex_wake(&TURN, 1).expect("a wake cannot fail");
    }
}

pub(super) fn random() -> Result<(), Failure> {
    let mut bytes = [0; 16];
    assert_eq!(bypass::getrandom(&mut bytes), Ok(16));
    println!("{bytes:02x?}");
    Ok(())
}

pub(super) fn kept() -> Result<(), Failure> {
    assert_eq!(descriptor::read(-1, &mut [0]), Err(Failed(libc::EBADF)));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    assert!(TcpStream::connect("127.0.0.1:1").is_err(), "nobody listens there");
    let errno = std::io::Error::last_os_error().raw_os_error();
    assert_eq!(bypass::write(-1, &[]), Err(Failed(libc::EBADF)));
    assert_eq!(bypass::read(listener.as_raw_fd(), &mut [0]), Err(Failed(libc::ENOTCONN)));
    assert_eq!(
        std::io::Error::last_os_error().raw_os_error(),
        errno,
        "a call past libc does not touch errno"
    );
    #[cfg(target_arch = "x86_64")]
    assert!(bypass::keeps_registers());
    Ok(())
}

pub(super) fn memory() -> Result<(), Failure> {
    assert_eq!(bypass::map_a_page(), Ok(true));
    Ok(())
}

pub(super) fn exit() -> Result<(), Failure> {
    std::io::stdout().write_all(b"leaving\n").expect("there is room");
    thread::spawn(|| bypass::exit_group(0)).join().expect("it does not come back");
    unreachable!("the process is gone")
}

pub(super) fn io_uring() -> Result<(), Failure> {
    println!("{}", bypass::io_uring_setup().is_err());
    Ok(())
}

pub(super) fn ptrace() -> Result<(), Failure> {
    println!("{}", bypass::ptrace().is_err());
    Ok(())
}

pub(super) fn nonsense() -> Result<(), Failure> {
    assert_eq!(bypass::nonsense(), Err(Failed(libc::ENOSYS)));
    Ok(())
}
