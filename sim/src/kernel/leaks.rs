//! What the first process leaves behind when its main function returns.
//!
//! Does not say what may be left. Invariant: it is told in one order, by kind and then by number, whoever asks.

use super::Kernel;
use crate::fd::Object;
use crate::oracle::{Left, LeftKind, role};
use crate::process::{Life, Pid};
use crate::thread::{State, ThreadId};

impl Kernel {
    /// What is left of the first process beyond its main thread and its standard descriptors.
    #[must_use]
    pub fn left(&self) -> Vec<Left> {
        let mut left: Vec<Left> = self.left_threads().collect();
        left.extend(self.left_children());
        left.extend(self.left_tasks());
        let mut files: Vec<Left> = self.left_files().collect();
        files.sort_by_key(|file| file.kind);
        left.extend(files);
        left
    }

    fn left_threads(&self) -> impl Iterator<Item = Left> {
        let is_left = |id: ThreadId, process: Pid, state: &State| {
            id != ThreadId::MAIN && process == Pid::FIRST && *state != State::Ended
        };
        self.threads.iter().filter(move |(id, thread)| is_left(*id, thread.process, &thread.state)).map(
            |(id, thread)| {
                let name = self.name_of(thread);
                let detached = if thread.detached { ", detached" } else { "" };
                let doing = match (self.wait_of(id), &thread.state) {
                    (Some(waits), State::Blocked(wait)) if wait.deadline_ns.is_some() => {
                        format!("{waits}; its wait ends at a time")
                    }
                    (Some(waits), _) => waits.to_string(),
                    (None, _) => format!("thread {} ({name}) could run", id.0),
                };
                Left {
                    kind: LeftKind::Thread,
                    name: role(&name).to_owned(),
                    detail: format!("{doing}{detached}"),
                }
            },
        )
    }

    pub(super) fn left_tasks(&self) -> impl Iterator<Item = Left> {
        self.tracing.open_tasks().map(|(id, name, place)| {
            let file = place.split(':').next().unwrap_or_default();
            let shown = if name.is_empty() { "without a name" } else { name };
            Left {
                kind: LeftKind::Task,
                name: format!("{shown} spawned in {file}"),
                detail: format!("task {} ({shown}), spawned at {place}", id.0),
            }
        })
    }

    fn left_children(&self) -> impl Iterator<Item = Left> {
        self.processes.iter().filter(|process| process.parent == Some(Pid::FIRST)).filter_map(|process| {
            let state = match process.life {
                Life::Running => "runs",
                Life::Zombie(_) => "was not waited for",
                Life::Gone => return None,
            };
            let program = &process.program;
            Some(Left {
                kind: LeftKind::Child,
                name: format!("{program} {state}"),
                detail: format!("child {} ({program}) {state}", process.pid.0),
            })
        })
    }

    fn left_files(&self) -> impl Iterator<Item = Left> {
        self.processes.get(Pid::FIRST).fds.iter().filter_map(|(fd, descriptor)| {
            let object = self.files.object(descriptor.description);
            let (kind, name) = match object {
                Object::Standard(_) => return None,
                Object::Socket(socket) => (LeftKind::Socket, self.net.kind_of(socket)),
                Object::Unix(_) => (LeftKind::Socket, "of unix(7)"),
                Object::Pipe(..) => (LeftKind::Descriptor, "of a pipe"),
                Object::EventFd(_) => (LeftKind::Descriptor, "of an event counter"),
                Object::TimerFd(_) => (LeftKind::Descriptor, "of a timer"),
                Object::Epoll(_) => (LeftKind::Descriptor, "of epoll(7)"),
                Object::Process(_) => (LeftKind::Descriptor, "of a process"),
                Object::Real(_) => (LeftKind::Descriptor, "of a file"),
            };
            let detail = format!("descriptor {fd}: {}", self.describe_file(object));
            Some(Left { kind, name: name.to_owned(), detail })
        })
    }
}
