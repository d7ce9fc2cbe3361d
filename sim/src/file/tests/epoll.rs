//! Scripts over `epoll(7)` with the answers that Linux 6.18 gave.
//!
//! A command without an answer went well. Does not know threads. Invariant checked: each command of each script answers as
//! Linux did.

use super::world::{World, check};
use crate::fd::Object;
use crate::file::epoll::{EpollId, Wake, Who};

#[test]
fn levels_and_edges_are_reported_as_by_linux() {
    check(&[
        (
            "a level is reported as long as it holds",
            "eventfd a 0; epoll e; add e a IN; wait e 8 -> -; write a 1 -> 8; wait e 8 -> a=IN; \
             wait e 8 -> a=IN; read a 8 -> 1; wait e 8 -> -",
        ),
        (
            "an edge is reported once, and again with each write",
            "eventfd a 0; epoll e; add e a IN|ET; write a 1 -> 8; wait e 8 -> a=IN; wait e 8 -> -; \
             write a 1 -> 8; wait e 8 -> a=IN; wait e 8 -> -",
        ),
        (
            "a file that is ready when it is added is reported at once, level or edge",
            "eventfd a 1; eventfd b 1; epoll e; add e a IN; add e b IN|ET; wait e 8 -> a=IN b=IN; \
             wait e 8 -> a=IN",
        ),
        (
            "writability is an edge that a read gives",
            "eventfd a 0; epoll e; add e a IN|OUT|ET; wait e 8 -> a=OUT; wait e 8 -> -; \
             write a 1 -> 8; wait e 8 -> a=IN|OUT; read a 8 -> 1; wait e 8 -> a=OUT",
        ),
        (
            "one shot disables until it is modified",
            "eventfd a 1; epoll e; add e a IN|ONESHOT; wait e 8 -> a=IN; wait e 8 -> -; \
             write a 1 -> 8; wait e 8 -> -; mod e a IN|ONESHOT; wait e 8 -> a=IN; wait e 8 -> -",
        ),
        (
            "an edge that was taken back before anybody looked is not reported",
            "eventfd a 0; epoll e; add e a IN|ET; write a 1 -> 8; read a 8 -> 1; wait e 8 -> -",
        ),
        (
            "what is ready comes in the order in which it became ready",
            "eventfd a 0; eventfd b 0; eventfd c 0; epoll e; add e a IN; add e b IN; add e c IN; \
             write c 1 -> 8; write a 1 -> 8; write b 1 -> 8; wait e 8 -> c=IN a=IN b=IN; \
             wait e 8 -> c=IN a=IN b=IN",
        ),
        (
            "one at a time, everything has its turn",
            "eventfd a 1; eventfd b 1; eventfd c 1; epoll e; add e a IN; add e b IN; add e c IN; \
             wait e 1 -> a=IN; wait e 1 -> b=IN; wait e 2 -> c=IN a=IN; wait e 1 -> b=IN; \
             wait e 3 -> c=IN a=IN b=IN",
        ),
        (
            "whether an instance is ready is found out behind what is not, which loses its place",
            "eventfd a 0; eventfd b 0; eventfd c 0; epoll e; add e a IN; add e b IN; add e c IN; write a 1 -> 8; \
             write b 1 -> 8; write c 1 -> 8; read a 8 -> 1; poll e -> IN|RDNORM; write a 1 -> 8; \
             wait e 8 -> b=IN c=IN a=IN",
        ),
        (
            "a level that vanished and came back is last in line",
            "eventfd a 1; eventfd b 1; epoll e; add e a IN; add e b IN; wait e 8 -> a=IN b=IN; \
             read a 8 -> 1; wait e 8 -> b=IN; write a 1 -> 8; wait e 8 -> b=IN a=IN",
        ),
        (
            "modification asks again and brings an edge back",
            "eventfd a 1; epoll e; add e a IN|ET; wait e 8 -> a=IN; wait e 8 -> -; mod e a IN|ET; \
             wait e 8 -> a=IN; wait e 8 -> -",
        ),
        (
            "modification to what is not ready takes nothing off the list, but nothing is delivered",
            "eventfd a 1; epoll e; add e a IN; mod e a PRI; wait e 8 -> -; poll e -> NOTHING; \
             mod e a IN; poll e -> IN|RDNORM; wait e 8 -> a=IN",
        ),
    ]);
}

#[test]
fn pipes_under_epoll_answer_as_linux_does() {
    check(&[
        (
            "what cannot be left out is reported even to who asked for nothing",
            "pipe p; epoll e; add e p.r NOTHING; close p.w; wait e 8 -> p.r=HUP; wait e 8 -> p.r=HUP",
        ),
        (
            "the other end of a closed pipe",
            "pipe p; epoll e; add e p.w OUT; close p.r; wait e 8 -> p.w=OUT|ERR; \
             write p.w 1 -> EPIPE; wait e 8 -> p.w=OUT|ERR",
        ),
        (
            "a hangup with something to read",
            "pipe p; epoll e; add e p.r IN|RDHUP|ET; write p.w 3 -> 3; wait e 8 -> p.r=IN; \
             close p.w; wait e 8 -> p.r=IN|HUP; wait e 8 -> -; read p.r 3 -> 3; wait e 8 -> -; \
             read p.r 1 -> 0",
        ),
        (
            "a polled pipe is an edge with each write, even one that finds it full",
            "pipe p; epoll e; add e p.r IN|ET; write p.w 65536 -> 65536; wait e 8 -> p.r=IN; \
             wait e 8 -> -; write p.w 1 -> EAGAIN; wait e 8 -> p.r=IN; wait e 8 -> -",
        ),
        (
            "room in a full pipe comes with a page, and is an edge only then",
            "pipe p; epoll e; add e p.w OUT|ET; wait e 8 -> p.w=OUT; write p.w 65536 -> 65536; \
             wait e 8 -> -; read p.r 1 -> 1; wait e 8 -> -; read p.r 4095 -> 4095; \
             wait e 8 -> p.w=OUT; read p.r 4096 -> 4096; wait e 8 -> -",
        ),
        (
            "keys of wakes: who waits for RDNORM of a counter hears of a pipe alone",
            "pipe p; eventfd a 0; epoll e; add e p.r RDNORM; add e a RDNORM; write p.w 1 -> 1; \
             write a 1 -> 8; wait e 8 -> p.r=RDNORM",
        ),
    ]);
}

#[test]
fn items_are_named_and_ordered_as_by_linux() {
    check(&[
        (
            "two numbers of one file are two items, and the one added last is called first",
            "eventfd a 0; dup a b; epoll e; add e a IN; add e b IN; write a 1 -> 8; \
             wait e 8 -> b=IN a=IN; del e a; wait e 8 -> b=IN",
        ),
        (
            "an exclusive item is called after all others",
            "eventfd a 0; dup a b; dup a c; epoll e; add e a IN|EXCLUSIVE; add e b IN; \
             add e c IN|EXCLUSIVE; write a 1 -> 8; wait e 8 -> b=IN a=IN c=IN",
        ),
        (
            "an item outlives the number it was added by, and can then not be named",
            "eventfd a 0; dup a b; epoll e; add e a IN; close a; write b 1 -> 8; wait e 8 -> a=IN; \
             del e b -> ENOENT; close b; wait e 8 -> -",
        ),
        (
            "the number, used again for the same file, is the same item",
            "eventfd a 0; dup a b; epoll e; add e a IN; close a; dup b c; add e c IN -> EEXIST; \
             del e c; wait e 8 -> -",
        ),
        (
            "closing a file takes it off",
            "eventfd a 1; eventfd b 1; epoll e; add e a IN; add e b IN; close a; wait e 8 -> b=IN; \
             poll e -> IN|RDNORM",
        ),
        (
            "twice, not there, itself, not an instance",
            "eventfd a 0; epoll e; add e a IN; add e a OUT -> EEXIST; mod e e IN -> EINVAL; \
             add e e IN -> EINVAL; del e e -> EINVAL; del e a; del e a -> ENOENT; \
             mod e a IN -> ENOENT; add a e IN -> EINVAL",
        ),
        (
            "exclusive excludes",
            "eventfd a 0; epoll e; epoll f; add e f IN|EXCLUSIVE -> EINVAL; \
             add e a IN|EXCLUSIVE|ONESHOT -> EINVAL; add e a RDNORM|EXCLUSIVE -> EINVAL; \
             mod e a IN|EXCLUSIVE -> EINVAL; add e a IN|ET|WAKEUP|EXCLUSIVE; mod e a IN -> EINVAL; \
             mod e a IN|EXCLUSIVE -> EINVAL; add e a IN|EXCLUSIVE -> EEXIST; del e a; add e a IN; \
             mod e a IN|EXCLUSIVE -> EINVAL",
        ),
    ]);
}

#[test]
fn instances_in_instances_answer_as_linux_does() {
    check(&[
        (
            "circles and long chains are refused",
            "epoll a; epoll b; epoll c; epoll d; epoll e; epoll f; add a b IN; add b c IN; \
             add c a IN -> ELOOP; add b a IN -> ELOOP; add c d IN; add d e IN; add e f IN -> ELOOP; \
             del a b; add e f IN; add a b IN -> ELOOP; add a c IN; add f b IN -> ELOOP",
        ),
        (
            "a refusal of the chain comes before one of the item",
            "epoll a; epoll b; add a b IN; add a b IN -> EEXIST; add b a IN -> ELOOP; \
             mod b a IN -> ENOENT",
        ),
        (
            "an instance in an instance is ready as its items are",
            "eventfd a 0; epoll i; epoll o; add i a IN; add o i IN; poll o -> NOTHING; \
             write a 1 -> 8; poll o -> IN|RDNORM; wait o 8 -> i=IN; wait o 8 -> i=IN; \
             wait i 8 -> a=IN; read a 8 -> 1; wait o 8 -> -; poll i -> NOTHING",
        ),
        (
            "an edge of an instance comes with every wake of an item, wanted or not",
            "eventfd a 0; epoll i; epoll o; add i a IN; add o i IN|ET; write a 1 -> 8; \
             wait o 8 -> i=IN; wait o 8 -> -; write a 1 -> 8; wait o 8 -> i=IN; wait i 8 -> a=IN; \
             wait o 8 -> -",
        ),
        (
            "an inner item that is edge triggered is consumed inside alone",
            "eventfd a 0; epoll i; epoll o; add i a IN|ET; add o i IN; write a 1 -> 8; \
             wait o 8 -> i=IN; wait o 8 -> i=IN; wait i 8 -> a=IN; wait o 8 -> -",
        ),
        (
            "adding to an inner instance something that is ready wakes the outer one",
            "eventfd a 1; epoll i; epoll o; add o i IN; poll o -> NOTHING; add i a IN; \
             wait o 8 -> i=IN; del i a; wait o 8 -> -",
        ),
        (
            "who waits for RDNORM of an instance is not woken, but told if it is ready when added",
            "eventfd a 0; epoll i; epoll o; epoll q; add i a IN; add o i RDNORM; write a 1 -> 8; \
             wait o 8 -> -; add q i RDNORM; wait q 8 -> i=RDNORM; wait q 8 -> i=RDNORM",
        ),
    ]);
}

#[test]
fn counters_under_epoll_answer_as_linux_does() {
    check(&[
        (
            "a semaphore stays ready until it is counted down",
            "semaphore s 2; epoll e; add e s IN|OUT; wait e 8 -> s=IN|OUT; read s 8 -> 1; \
             wait e 8 -> s=IN|OUT; read s 8 -> 1; wait e 8 -> s=OUT; read s 8 -> EAGAIN",
        ),
        (
            "a counter at its end has no room",
            "eventfd a 0; epoll e; add e a IN|OUT|ET; write a 18446744073709551614 -> 8; \
             wait e 8 -> a=IN; write a 0 -> 8; wait e 8 -> a=IN; write a 1 -> EAGAIN; wait e 8 -> -; \
             read a 8 -> 18446744073709551614; wait e 8 -> a=OUT",
        ),
    ]);
}

/// Wakes that commands cause, by what the scripts call the instances.
fn wakes(setting: &str, sleepers: &[(&str, u32)], command: &str) -> Vec<(String, Who)> {
    let mut world = World::default();
    world.run(setting);
    for &(name, count) in sleepers {
        let id = id(&world, name);
        world.epolls.set_sleepers(id, count);
    }
    world.wakes.clear();
    world.run(command);
    let name = |wake: &Wake| {
        ["e", "f"].into_iter().find(|name| id(&world, name) == wake.of).expect("a named instance")
    };
    world.wakes.iter().map(|wake| (name(wake).into(), wake.who)).collect()
}

fn id(world: &World, name: &str) -> EpollId {
    let Object::Epoll(id) = world.object(name) else { panic!("{name} is no instance") };
    id
}

fn all(name: &str) -> (String, Who) {
    (name.into(), Who::Everybody)
}

fn one(name: &str) -> (String, Who) {
    (name.into(), Who::Sleeper)
}

#[test]
fn each_item_that_becomes_ready_wakes() {
    let pair = "eventfd a 0; dup a b; epoll e; epoll f; add e a IN";
    let cases: [(&str, &str, &[_]); 10] = [
        ("", "write a 1", &[all("e")]),
        ("; pipe p; add e p.r IN|ONESHOT", "close p.w", &[all("e")]),
        ("; pipe p; add e p.r IN|ONESHOT; write p.w 1; wait e 1", "close p.w", &[]),
        ("; write a 1", "write a 1", &[all("e")]),
        ("; add e b IN", "write a 1", &[all("e"), all("e")]),
        ("; add f a IN", "write a 1", &[all("f"), all("e")]),
        ("; add f e IN", "write a 1", &[all("e"), all("f")]),
        ("; mod e a OUT", "write a 1", &[]),
        ("; write a 1", "mod e a IN", &[]),
        ("; write a 1; mod e a OUT; wait e 1", "mod e a IN", &[]),
    ];
    for (more, command, expected) in cases {
        assert_eq!(wakes(&format!("{pair}{more}"), &[], command), expected, "{more}, then {command}");
    }
}

/// So that the next thread in `epoll_wait(2)` has a look at what the first left.
#[test]
fn what_stays_on_the_list_wakes_the_next_sleeper() {
    let two = "eventfd a 1; eventfd b 1; epoll e; epoll f";
    let cases: [(&str, &str, &[_]); 5] = [
        ("; add e a IN", "wait e 8", &[one("e")]),
        ("; add e a IN|ET", "wait e 8", &[]),
        ("; add e a IN|ET; add e b IN|ET", "wait e 1", &[one("e")]),
        ("; add e a IN", "poll e", &[one("e")]),
        ("; add e a IN; add f e IN", "wait f 8", &[one("e"), one("f")]),
    ];
    for (more, command, expected) in cases {
        assert_eq!(wakes(&format!("{two}{more}"), &[], command), expected, "{more}, then {command}");
    }
}

/// On Linux, the instances were slept on by a thread each, or not.
#[test]
fn an_exclusive_wake_ends_where_somebody_sleeps() {
    let cases: [(&[_], &str); 4] = [
        (&[], "wait e 8 -> a=IN; wait f 8 -> a=IN"),
        (&[("e", 1)], "wait e 8 -> a=IN; wait f 8 -> -"),
        (&[("f", 1)], "wait e 8 -> a=IN; wait f 8 -> a=IN"),
        (&[("e", 1), ("f", 1)], "wait e 8 -> a=IN; wait f 8 -> -"),
    ];
    for (sleepers, expected) in cases {
        let mut world = World::default();
        world.run("eventfd a 0; epoll e; epoll f; add e a IN|EXCLUSIVE; add f a IN|EXCLUSIVE");
        for &(name, count) in sleepers {
            let id = id(&world, name);
            world.epolls.set_sleepers(id, count);
        }
        world.run("write a 1");
        world.expect(&format!("{sleepers:?}"), expected);
    }
}

#[test]
fn a_wake_takes_one_sleeper_off() {
    let mut world = World::default();
    world.run("eventfd a 0; epoll e; epoll f; add e a IN|EXCLUSIVE|ET; add f a IN|EXCLUSIVE|ET");
    let id = id(&world, "e");
    world.epolls.set_sleepers(id, 1);
    world.expect("the first", "write a 1 -> 8; wait f 8 -> -");
    world.expect("the second", "write a 1 -> 8; wait f 8 -> a=IN");
}

#[test]
fn only_what_an_item_lists_is_watched() {
    let mut world = World::default();
    world.run("eventfd a 0; dup a b; epoll e; epoll f");
    let steps = [
        ("poll a", false),
        ("add e a IN", true),
        ("add e b IN", true),
        ("del e a", true),
        ("add f b IN", true),
        ("close e", true),
        ("del f b", false),
        ("add f a IN", true),
        ("close b", true),
    ];
    for (command, watched) in steps {
        world.run(command);
        assert_eq!(world.epolls.watches(world.object("a")), watched, "after {command}");
    }
    let object = world.object("a");
    world.run("close a");
    assert!(!world.epolls.watches(object), "a closed file is not watched");
}

#[test]
fn too_many_paths_from_one_file_are_refused() {
    // The limit on paths with one instance between is 500.
    for (middle, top, refused) in [(20, 25, 0), (20, 26, 20), (1, 501, 1)] {
        let mut world = World::default();
        world.run("eventfd a 0");
        for at in 0..middle {
            world.run(&format!("epoll m{at}; add m{at} a IN"));
        }
        let mut answers = Vec::new();
        for at in 0..top {
            world.run(&format!("epoll t{at}"));
            answers.extend((0..middle).map(|below| world.run(&format!("add t{at} m{below} IN"))));
        }
        let count = answers.iter().filter(|answer| *answer == "EINVAL").count();
        assert_eq!((count, answers.len()), (refused, middle * top), "{middle} below {top}");
    }
}
