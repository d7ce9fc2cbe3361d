//! `epoll(7)`.
//!
//! Invariant: an event is asked for only once nothing can change it.

use libc::{
    EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, EPOLLERR, EPOLLET, EPOLLEXCLUSIVE, EPOLLHUP,
    EPOLLIN, EPOLLONESHOT, EPOLLOUT, EPOLLRDHUP, F_GETFD, F_GETFL, POLLIN, POLLRDHUP,
};
use photofinish_calls::epoll::{self, Event};
use photofinish_calls::time::Time;
use photofinish_calls::{Failed, descriptor, event};

use super::case::family;
use super::pipe::ends_of;
use super::sockets::{Fd, Pair, pair, read, ready, recv, send, tcp, until};
use super::transcript::Transcript;

family! {
    "epoll", "Instances and what they report.";
    "flags" = flags, ["epoll_create", "epoll_create1", "fcntl"], "Making an instance.";
    "control" = control, ["epoll_ctl"], "Adding, changing and deleting, and everything that is wrong.";
    "level" = level, ["epoll_wait", "epoll_ctl"], "Told as long as it is so.";
    "edge" = edge, ["epoll_wait", "epoll_ctl"], "Told when it comes to be so.";
    "one-shot" = one_shot, ["epoll_wait", "epoll_ctl"], "Told once.";
    "order" = order, ["epoll_wait"], "Who comes first, and fewer than there are.";
    "closed" = closed, ["close", "epoll_wait"], "Files that are closed, and copies that are not.";
    "nested" = nested, ["epoll_ctl", "epoll_wait", "poll"], "Instances in instances.";
    "sockets" = sockets, ["epoll_wait"], "A connection, from both ends.";
    "wrong" = wrong, ["epoll_wait", "epoll_pwait", "epoll_pwait2", "read", "write"], "What cannot be asked.";
    "time-out" = timeout, ["epoll_wait", "epoll_pwait", "epoll_pwait2"], "Nothing comes, or late.";
    "threads" = threads, ["epoll_wait", "epoll_ctl"], "Woken by another thread.";
}

/// A new instance.
pub(super) fn instance() -> Fd {
    Fd(epoll::epoll_create1(0).expect("few"))
}

#[expect(clippy::cast_sign_loss, reason = "EPOLLET is the sign bit of an int")]
fn watch(of: &Fd, op: i32, fd: i32, events: i32, data: u64) -> Result<(), Failed> {
    epoll::epoll_ctl(of.0, op, fd, Some(Event { events: events as u32, data }))
}

fn shown(events: Result<Vec<Event>, Failed>) -> Result<String, Failed> {
    events.map(|events| {
        format!("{:?}", events.iter().map(|e| format!("{}:{:#x}", e.data, e.events)).collect::<Vec<_>>())
    })
}

/// What an instance has now.
fn now(of: &Fd) -> Result<String, Failed> {
    shown(epoll::epoll_wait(of.0, 8, 0))
}

fn counter(initial: u32) -> Fd {
    Fd(event::eventfd(initial, libc::EFD_NONBLOCK).expect("few"))
}

fn flags(t: &mut Transcript) {
    for size in [1, 0, -1, i32::MAX] {
        t.call(format_args!("epoll_create {size}"), epoll::epoll_create(size).map(|fd| drop(Fd(fd))));
    }
    for flags in [0, EPOLL_CLOEXEC] {
        let fd = Fd(epoll::epoll_create1(flags).expect("few"));
        t.call("F_GETFD", descriptor::fcntl(fd.0, F_GETFD, 0));
        t.call("F_GETFL", descriptor::fcntl(fd.0, F_GETFL, 0));
        t.line(format_args!("ready: {}", ready(&fd)));
    }
    for flags in [1, libc::O_NONBLOCK, -1] {
        t.call(format_args!("epoll_create1 {flags:#x}"), epoll::epoll_create1(flags).map(|_| ()));
    }
}

fn control(t: &mut Transcript) {
    let (ep, fd, file) = (instance(), counter(0), std::fs::File::open("/dev/null").expect("there is one"));
    let file = std::os::fd::AsRawFd::as_raw_fd(&file);
    let gone = counter(0);
    let gone_fd = gone.0;
    t.call("close", gone.close());
    for (what, number) in
        [("a counter", fd.0), ("a file", file), ("nothing", gone_fd), ("-1", -1), ("itself", ep.0)]
    {
        for op in [EPOLL_CTL_MOD, EPOLL_CTL_DEL, EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_MOD, 0, 4, -1] {
            t.call(format_args!("{what}, {op}"), watch(&ep, op, number, EPOLLIN, 1));
        }
        t.call(
            format_args!("{what}, add without event"),
            epoll::epoll_ctl(ep.0, EPOLL_CTL_ADD, number, None),
        );
        t.call(
            format_args!("{what}, delete without event"),
            epoll::epoll_ctl(ep.0, EPOLL_CTL_DEL, number, None),
        );
    }
    for (what, number) in [("a counter", fd.0), ("a file", file), ("nothing", gone_fd)] {
        t.call(
            format_args!("in {what}"),
            epoll::epoll_ctl(number, EPOLL_CTL_ADD, fd.0, Some(Event { events: 1, data: 0 })),
        );
        t.call(format_args!("of {what}"), epoll::epoll_ctl(number, EPOLL_CTL_DEL, file, None));
    }
    for events in [EPOLLEXCLUSIVE | EPOLLIN, EPOLLEXCLUSIVE | EPOLLONESHOT, EPOLLEXCLUSIVE | EPOLLRDHUP] {
        t.call(format_args!("add {events:#x}"), watch(&ep, EPOLL_CTL_ADD, fd.0, events, 1));
        t.call(format_args!("mod {events:#x}"), watch(&ep, EPOLL_CTL_MOD, fd.0, events, 1));
        t.call("mod", watch(&ep, EPOLL_CTL_MOD, fd.0, EPOLLIN, 1));
        t.call("delete", watch(&ep, EPOLL_CTL_DEL, fd.0, 0, 1));
    }
}

fn level(t: &mut Transcript) {
    let (ep, fd) = (instance(), counter(1));
    t.call("add", watch(&ep, EPOLL_CTL_ADD, fd.0, EPOLLIN, 7));
    for _ in 0..3 {
        t.call("wait", now(&ep));
    }
    t.call("read", event::eventfd_read(fd.0));
    t.call("wait", now(&ep));
    t.call("write", event::eventfd_write(fd.0, 1));
    t.line(format_args!("the instance: {}", ready(&ep)));
    t.call("wait", now(&ep));
    t.call("also to write", watch(&ep, EPOLL_CTL_MOD, fd.0, EPOLLIN | EPOLLOUT, 8));
    t.call("wait", now(&ep));
    t.call("for nothing", watch(&ep, EPOLL_CTL_MOD, fd.0, 0, 9));
    t.call("wait", now(&ep));
}

fn edge(t: &mut Transcript) {
    let (ep, (reads, writes)) = (instance(), ends_of(libc::O_NONBLOCK));
    t.call("add", watch(&ep, EPOLL_CTL_ADD, reads.0, EPOLLIN | EPOLLET, 1));
    t.call("add", watch(&ep, EPOLL_CTL_ADD, writes.0, EPOLLOUT | EPOLLET, 2));
    t.call("wait", now(&ep));
    t.call("wait", now(&ep));
    for text in [&b"abc"[..], b"def"] {
        t.call("write", descriptor::write(writes.0, text));
        t.call("wait", now(&ep));
        t.call("wait", now(&ep));
    }
    t.call("read", read(&reads, 2));
    t.call("wait", now(&ep));
    t.call("again", watch(&ep, EPOLL_CTL_MOD, reads.0, EPOLLIN | EPOLLET, 3));
    t.call("wait", now(&ep));
    t.call("read", read(&reads, 20));
    t.call("fill", descriptor::write(writes.0, &[0; 70_000]));
    t.call("wait", now(&ep));
    t.call("read", descriptor::read(reads.0, &mut [0; 4_096]));
    t.call("wait", now(&ep));
    t.call("close", writes.close());
    t.call("wait", now(&ep));
    t.call("wait", now(&ep));
}

fn one_shot(t: &mut Transcript) {
    let (ep, fd) = (instance(), counter(1));
    for flags in [EPOLLONESHOT, EPOLLONESHOT | EPOLLET] {
        t.call("add", watch(&ep, EPOLL_CTL_ADD, fd.0, EPOLLIN | flags, 7));
        t.call("wait", now(&ep));
        t.call("wait", now(&ep));
        t.call("write", event::eventfd_write(fd.0, 1));
        t.call("wait", now(&ep));
        t.call("again", watch(&ep, EPOLL_CTL_MOD, fd.0, EPOLLIN | EPOLLOUT | flags, 8));
        t.call("wait", now(&ep));
        t.call("wait", now(&ep));
        t.call("delete", watch(&ep, EPOLL_CTL_DEL, fd.0, 0, 0));
    }
}

fn order(t: &mut Transcript) {
    let ep = instance();
    let counters: Vec<Fd> = (0..5).map(|_| counter(0)).collect();
    for (data, fd) in (0..).zip(&counters) {
        t.call("add", watch(&ep, EPOLL_CTL_ADD, fd.0, EPOLLIN, data));
    }
    for index in [3, 1, 4, 0] {
        t.call("write", event::eventfd_write(counters[index].0, 1));
    }
    for most in [2, 1, 3, 8, 2] {
        t.call(format_args!("wait for {most}"), shown(epoll::epoll_wait(ep.0, most, 0)));
    }
    t.call("read", event::eventfd_read(counters[1].0));
    t.call("write", event::eventfd_write(counters[2].0, 1));
    t.call("wait", now(&ep));
}

fn closed(t: &mut Transcript) {
    let (ep, fd) = (instance(), counter(1));
    t.call("add", watch(&ep, EPOLL_CTL_ADD, fd.0, EPOLLIN, 1));
    let copy = Fd(descriptor::dup(fd.0).expect("few"));
    let number = fd.0;
    t.call("close", fd.close());
    t.call("its copy lives", now(&ep));
    t.call("delete by its number", watch(&ep, EPOLL_CTL_DEL, number, 0, 0));
    t.call("add the copy", watch(&ep, EPOLL_CTL_ADD, copy.0, EPOLLIN, 2));
    t.call("wait", now(&ep));
    t.call("close the copy", copy.close());
    t.call("wait", now(&ep));
    let again = counter(1);
    t.call("add another", watch(&ep, EPOLL_CTL_ADD, again.0, EPOLLIN, 3));
    let copy = Fd(descriptor::dup(again.0).expect("few"));
    t.call("add its copy", watch(&ep, EPOLL_CTL_ADD, copy.0, EPOLLIN | EPOLLOUT, 4));
    t.call("wait", now(&ep));
    let other = Fd(descriptor::dup(ep.0).expect("few"));
    t.call("close the instance", ep.close());
    t.call("its copy", now(&other));
}

fn nested(t: &mut Transcript) {
    let (outer, inner, fd) = (instance(), instance(), counter(0));
    t.call("add", watch(&inner, EPOLL_CTL_ADD, fd.0, EPOLLIN, 1));
    t.call("nest", watch(&outer, EPOLL_CTL_ADD, inner.0, EPOLLIN, 2));
    t.call("the other way round", watch(&inner, EPOLL_CTL_ADD, outer.0, EPOLLIN, 3));
    t.line(format_args!("nothing: {} {}", ready(&outer), ready(&inner)));
    t.call("write", event::eventfd_write(fd.0, 1));
    t.line(format_args!("something: {} {}", ready(&outer), ready(&inner)));
    t.call("outer", now(&outer));
    t.call("inner", now(&inner));
    t.call("read", event::eventfd_read(fd.0));
    t.call("outer", now(&outer));
    let mut chain = vec![instance()];
    for _ in 0..6 {
        let next = instance();
        t.call("chain", watch(&next, EPOLL_CTL_ADD, chain[chain.len() - 1].0, EPOLLIN, 0));
        chain.push(next);
    }
}

fn sockets(t: &mut Transcript) {
    let Pair { client, server } = pair();
    let ep = instance();
    let all = EPOLLIN | EPOLLOUT | EPOLLRDHUP;
    t.call("add", watch(&ep, EPOLL_CTL_ADD, client.0, all | EPOLLET, 1));
    t.call("add", watch(&ep, EPOLL_CTL_ADD, server.0, all, 2));
    t.call("fresh", watch(&ep, EPOLL_CTL_ADD, tcp().0, all, 3));
    t.call("wait", now(&ep));
    t.call("wait", now(&ep));
    t.call("send", send(&client, b"x"));
    until(&server, POLLIN);
    t.call("wait", now(&ep));
    t.call("recv", recv(&server, 9, 0));
    t.call("wait", now(&ep));
    drop(server);
    until(&client, POLLRDHUP);
    t.call("wait", now(&ep));
    t.value("always told", (EPOLLERR, EPOLLHUP));
}

fn wrong(t: &mut Transcript) {
    let (ep, fd) = (instance(), counter(1));
    t.call("add", watch(&ep, EPOLL_CTL_ADD, fd.0, EPOLLIN, 1));
    for most in [0, -1, i32::MIN, i32::MAX] {
        t.call(format_args!("for {most}"), shown(epoll::epoll_wait(ep.0, most, 0)));
    }
    for (what, number) in [("a counter", fd.0), ("nothing", -1)] {
        t.call(format_args!("of {what}"), shown(epoll::epoll_wait(number, 1, 0)));
        t.call(format_args!("of {what}"), shown(epoll::epoll_pwait(number, 1, 0, None)));
        t.call(format_args!("of {what}"), shown(epoll::epoll_pwait2(number, 1, None, None)));
    }
    for (seconds, fraction) in [(-1, 0), (0, -1), (0, 1_000_000_000)] {
        let timeout = Some(Time { seconds, fraction });
        t.call(format_args!("{timeout:?}"), shown(epoll::epoll_pwait2(ep.0, 1, timeout, None)));
    }
    t.call("read", read(&ep, 8));
    t.call("write", descriptor::write(ep.0, &[0; 8]));
    t.call("unread", descriptor::unread(ep.0));
}

fn timeout(t: &mut Transcript) {
    let (ep, fd) = (instance(), counter(0));
    t.call("add", watch(&ep, EPOLL_CTL_ADD, fd.0, EPOLLIN, 1));
    let start = std::time::Instant::now();
    t.call("3 ms", shown(epoll::epoll_wait(ep.0, 4, 3)));
    t.call("2 ms", shown(epoll::epoll_pwait(ep.0, 4, 2, Some(&[libc::SIGUSR1]))));
    let timeout = Time { seconds: 0, fraction: 1_000_000 };
    t.call("1 ms", shown(epoll::epoll_pwait2(ep.0, 4, Some(timeout), None)));
    t.value("6 ms passed", start.elapsed() >= std::time::Duration::from_millis(6));
    let late = fd.0;
    let writer = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(5));
        event::eventfd_write(late, 1)
    });
    t.call("for ever", shown(epoll::epoll_pwait2(ep.0, 4, None, Some(&[]))));
    t.call("written", writer.join().expect("it does not panic"));
}

fn threads(t: &mut Transcript) {
    let (ep, fd) = (instance(), counter(0));
    let (number, instance) = (fd.0, ep.0);
    t.call("add", watch(&ep, EPOLL_CTL_ADD, fd.0, EPOLLIN | EPOLLET, 1));
    let waits = std::thread::spawn(move || shown(epoll::epoll_wait(instance, 4, -1)));
    t.call("write", event::eventfd_write(number, 1));
    t.call("waited", waits.join().expect("it does not panic"));
    let waits = std::thread::spawn(move || shown(epoll::epoll_wait(instance, 4, -1)));
    t.call("change", watch(&ep, EPOLL_CTL_MOD, fd.0, EPOLLOUT | EPOLLET, 2));
    t.call("waited", waits.join().expect("it does not panic"));
    t.call("change", watch(&ep, EPOLL_CTL_MOD, fd.0, EPOLLIN | EPOLLONESHOT, 3));
    let waiting: Vec<_> = (0..3)
        .map(|_| std::thread::spawn(move || epoll::epoll_wait(instance, 4, 20).map(|events| events.len())))
        .collect();
    let mut found: Vec<_> = waiting.into_iter().map(|thread| thread.join().expect("no panic")).collect();
    found.sort_by_key(|found| found.unwrap_or(9));
    t.value("one of three", found);
}
