//! Whose the events of a run are: its hosts, processes and threads, found in the events themselves.
//!
//! Does not name what has no name. Invariant: every thread that an event speaks of is in the table.

use photofinish_sim::event::{Event, Stamp};
use photofinish_sim::host::HostChange;
use photofinish_sim::process::Pid;

use super::{Host, Process, Thread};

/// The hosts, processes and threads of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// By number; the one that a run begins on is the first.
    pub hosts: Vec<Host>,
    /// In the order in which they came into being.
    pub processes: Vec<Process>,
    /// By number.
    pub threads: Vec<Thread>,
}

/// Finds them in the events of a run of this program.
#[must_use]
pub fn people(program: &str, events: &[(Stamp, Event)]) -> People {
    let first = Process { pid: Pid::FIRST.0, program: program.to_owned(), host: 0 };
    let mut people = People { processes: vec![first], ..People::default() };
    people.host(0).name = String::from("localhost");
    people.thread(0).pid = Pid::FIRST.0;
    // The thread that is created next is the first of this process.
    let mut begins: Option<i32> = None;
    // Processes that a thread forked and that have not executed a program, innermost last.
    let mut forked: Vec<(u32, i32)> = Vec::new();
    for (stamp, event) in events {
        let runs = stamp.thread.0;
        match event {
            Event::Spawned { child } => {
                let forked = forked.iter().rev().find(|(thread, _)| *thread == runs);
                let pid = begins.take().or(forked.map(|(_, pid)| *pid));
                let pid = pid.unwrap_or_else(|| people.thread(runs).pid);
                *people.thread(child.0) = Thread { name: None, parent: Some(runs), pid };
            }
            Event::Named { name } => people.thread(runs).name = Some(name.clone()),
            Event::Forked { child } => {
                let parent = people.thread(runs).pid;
                let parent = people.processes.iter().find(|process| process.pid == parent);
                let process = Process { pid: child.0, ..parent.cloned().unwrap_or_default() };
                people.processes.push(process);
                forked.push((runs, child.0));
            }
            Event::Executed { process, program } => {
                begins = Some(process.0);
                forked.retain(|(_, pid)| *pid != process.0);
                let executes = people.processes.iter_mut().find(|of| of.pid == process.0);
                executes.into_iter().for_each(|of| of.program.clone_from(program));
            }
            Event::Exited { process, .. } => forked.retain(|(_, pid)| *pid != process.0),
            Event::Host { host, change: HostChange::Added { name } } => {
                people.host(host.0).name.clone_from(name);
            }
            Event::Host { host, change: HostChange::Started { process, program } } => {
                begins = Some(process.0);
                people.host(host.0);
                people.processes.push(Process { pid: process.0, program: program.clone(), host: host.0 });
            }
            Event::Switched { to, .. } | Event::Woke { thread: to, .. } => drop(people.thread(to.0)),
            _ => drop(people.thread(runs)),
        }
    }
    people
}

impl People {
    fn host(&mut self, number: u32) -> &mut Host {
        at(&mut self.hosts, number)
    }

    fn thread(&mut self, number: u32) -> &mut Thread {
        at(&mut self.threads, number)
    }
}

/// The entry of this number, which is made if there is none.
fn at<T: Default>(table: &mut Vec<T>, number: u32) -> &mut T {
    let index = number as usize;
    if table.len() <= index {
        table.resize_with(index + 1, T::default);
    }
    &mut table[index]
}

#[cfg(test)]
mod tests {
    use photofinish_sim::host::HostId;
    use photofinish_sim::process::Status;
    use photofinish_sim::thread::ThreadId;

    use super::*;

    /// The processes of the threads of these events, each with the thread that ran.
    fn pids(events: &[(u32, Event)]) -> Vec<i32> {
        let stamp = |thread| Stamp { step: 0, at_ns: 0, thread: ThreadId(thread) };
        let events: Vec<_> = events.iter().map(|(thread, event)| (stamp(*thread), event.clone())).collect();
        people("app", &events).threads.iter().map(|thread| thread.pid).collect()
    }

    fn spawned(child: u32) -> Event {
        Event::Spawned { child: ThreadId(child) }
    }

    #[test]
    fn a_thread_is_of_its_creators_process() {
        assert_eq!(pids(&[(0, spawned(1)), (1, spawned(2))]), [1000, 1000, 1000]);
    }

    #[test]
    fn a_program_begins_on_a_thread_of_its_own_process() {
        let executed = Event::Executed { process: Pid(1001), program: String::from("child") };
        let events = [(0, Event::Forked { child: Pid(1001) }), (0, executed), (0, spawned(1))];
        assert_eq!(pids(&events), [1000, 1001]);
        let left = Event::Exited { process: Pid(1001), status: Status::Exited(0) };
        assert_eq!(
            pids(&[(0, Event::Forked { child: Pid(1001) }), (0, left), (0, spawned(1))]),
            [1000, 1000]
        );
    }

    #[test]
    fn a_hosts_program_is_on_that_host() {
        let stamp = Stamp { step: 0, at_ns: 0, thread: ThreadId(0) };
        let change = |change| (stamp, Event::Host { host: HostId(1), change });
        let started = HostChange::Started { process: Pid(1001), program: String::from("serve") };
        let added = HostChange::Added { name: String::from("server") };
        let people = people("app", &[change(added), change(started), (stamp, spawned(1))]);
        assert_eq!(people.hosts[1].name, "server");
        assert_eq!(people.processes[1], Process { pid: 1001, program: String::from("serve"), host: 1 });
        assert_eq!(people.threads[1].pid, 1001);
    }
}
