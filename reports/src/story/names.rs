//! What hosts, processes and threads are called: once in a report, and the same everywhere.
//!
//! A thread has the name that it gave itself. The first thread without a name is `main`, the first of another process is called by
//! its program and process, and others without one by number. Threads of one name, as those of a pool, have their numbers besides; and where a run has several processes or hosts that
//! matter, see [`Names::place`].
//!
//! Does not shorten or escape. Invariant: two threads of a run never have the same name.

use std::collections::BTreeMap;

use crate::record::{Host, Process, Record, Thread};

/// The names of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    threads: Vec<String>,
    /// Host and program by process, if there is more than one.
    places: BTreeMap<i32, String>,
}

impl Names {
    /// Those of the failing run.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        Self::among(&record.threads, &record.processes, &record.hosts)
    }

    /// Those of these threads, in processes, on hosts.
    #[must_use]
    pub fn among(threads: &[Thread], processes: &[Process], hosts: &[Host]) -> Self {
        let plain: Vec<String> = threads
            .iter()
            .enumerate()
            .map(|(number, thread)| plain(threads, processes, number, thread))
            .collect();
        let mut often: BTreeMap<&str, usize> = BTreeMap::new();
        plain.iter().for_each(|name| *often.entry(name).or_default() += 1);
        // A name with a number may be one that another thread gave itself.
        let unique = |(number, name): (usize, &String)| match often[name.as_str()] {
            1 => name.clone(),
            _ => {
                let mut unique = format!("{name} #{number}");
                while often.contains_key(unique.as_str()) {
                    unique.push('\'');
                }
                unique
            }
        };
        let mut places = BTreeMap::new();
        if processes.len() > 1 {
            for process in processes {
                let host = usize::try_from(process.host).ok().and_then(|host| hosts.get(host));
                let place = match host.filter(|host| hosts.len() > 1 && !host.name.is_empty()) {
                    Some(host) => format!("{}/{}", host.name, process.program),
                    None => process.program.clone(),
                };
                places.insert(process.pid, place);
            }
        }
        Self { threads: plain.iter().enumerate().map(unique).collect(), places }
    }

    /// A thread's name.
    #[must_use]
    pub fn thread(&self, thread: u32) -> String {
        let known = usize::try_from(thread).ok().and_then(|thread| self.threads.get(thread));
        known.cloned().unwrap_or_else(|| format!("thread {thread}"))
    }

    /// The host and program of a process, if the run has several processes.
    #[must_use]
    pub fn place(&self, pid: i32) -> Option<&str> {
        self.places.get(&pid).map(String::as_str).filter(|place| !place.is_empty())
    }
}

fn plain(threads: &[Thread], processes: &[Process], number: usize, thread: &Thread) -> String {
    let first = || threads.iter().position(|other| other.pid == thread.pid);
    let program = || processes.iter().find(|process| process.pid == thread.pid).map(|of| of.program.as_str());
    match &thread.name {
        Some(name) if !name.trim().is_empty() => name.clone(),
        _ if number == 0 => String::from("main"),
        _ if first() == Some(number) => format!("{}[{}]", program().unwrap_or("main"), thread.pid),
        _ => format!("thread {number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(names: &[Option<&str>], expected: &[&str]) {
        let thread = |name: &Option<&str>| Thread { name: name.map(str::to_owned), ..Thread::default() };
        let threads: Vec<Thread> = names.iter().map(thread).collect();
        let names = Names::among(&threads, &[], &[]);
        let got: Vec<String> =
            (0..u32::try_from(threads.len()).expect("few")).map(|at| names.thread(at)).collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn no_two_threads_have_one_name() {
        check(&[None, None], &["main", "thread 1"]);
        check(&[None, Some("io"), Some("io"), Some("rpc")], &["main", "io #1", "io #2", "rpc"]);
        check(&[Some("a"), Some("a"), Some("a #1")], &["a #0", "a #1'", "a #1"]);
        check(&[Some(" "), Some("main")], &["main #0", "main #1"]);
        assert_eq!(Names::default().thread(7), "thread 7");
    }

    #[test]
    fn a_place_is_named_if_there_are_several() {
        let processes = |most: i32| -> Vec<Process> {
            let of = |pid| Process { pid, program: format!("p{pid}"), host: u32::from(pid == 2) };
            (1..=most).map(of).collect()
        };
        let hosts = ["alpha", "beta"].map(|name| Host { name: name.to_owned() });
        assert_eq!(Names::among(&[], &processes(1), &hosts[..1]).place(1), None);
        assert_eq!(Names::among(&[], &processes(2), &hosts[..1]).place(1), Some("p1"));
        assert_eq!(Names::among(&[], &processes(2), &hosts).place(2), Some("beta/p2"));
    }
}
