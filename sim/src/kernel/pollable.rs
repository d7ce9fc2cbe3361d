//! Who hears of a change of an open file.
//!
//! Does not know what a file does. Invariant: whoever waits for a file, by a call of its own, by `poll(2)` or through
//! `epoll(7)`, is woken by every change that its wait may be about.

use super::Kernel;
use crate::fd::Object;
use crate::file::epoll::{Epolls, Who};
use crate::file::timerfd::{TimerFdId, TimerFds};
use crate::ready::Mask;
use crate::thread::ThreadId;
use crate::timer::Due;
use crate::wait::{WaitOn, Woken};

impl Kernel {
    /// Sends off what the sockets transmitted, and wakes who waited for what changed.
    pub fn settle(&mut self) {
        self.send_packets();
        self.settle_suspects();
        while let Some(change) = self.net.pop_change() {
            self.file_changed(Object::Socket(change.of), change.key);
        }
        self.settle_unix();
        while let Some(change) = self.pipes.pop_change() {
            let (pipe, end) = change.of;
            self.file_changed(Object::Pipe(pipe, end), change.key);
        }
        while let Some(change) = self.eventfds.pop_change() {
            self.file_changed(Object::EventFd(change.of), change.key);
        }
        while let Some(change) = self.timerfds.pop_change() {
            self.file_changed(Object::TimerFd(change.of), change.key);
        }
        self.wake_sleepers();
    }

    /// What nobody will receive any more is let go of, which may close further sockets.
    fn settle_unix(&mut self) {
        while self.unix.has_effects() {
            while let Some(change) = self.unix.pop_change() {
                self.file_changed(Object::Unix(change.of), change.key);
            }
            while let Some(right) = self.unix.pop_orphan() {
                self.let_go(right);
            }
        }
    }

    /// A file changed: who waits for it looks again.
    pub(super) fn file_changed(&mut self, object: Object, key: Mask) {
        const READ: Mask = Mask(Mask::READERS.0 | Mask::RDHUP.0 | Mask::HUP.0 | Mask::ERR.0);
        const WRITE: Mask = Mask(Mask::WRITERS.0 | Mask::HUP.0 | Mask::ERR.0);
        if !self.waiters.is_empty() {
            if key.is_empty() || key.meets(READ) {
                self.wake_all(WaitOn::Readable(object));
            }
            if key.is_empty() || key.meets(WRITE) {
                self.wake_all(WaitOn::Writable(object));
            }
        }
        self.wake_pollers(object);
        self.epolls.changed(object, key);
        self.wake_sleepers();
    }

    fn wake_pollers(&mut self, object: Object) {
        for thread in self.pollers.remove(&object).unwrap_or_default() {
            self.wake(thread, Woken::Cause);
        }
    }

    /// Wakes who waits for instances of `epoll(7)` that have something: of those in `epoll_wait(2)`, who came last.
    fn wake_sleepers(&mut self) {
        while let Some(wake) = self.epolls.pop_wake() {
            let instance = Object::Epoll(wake.of);
            let asleep = self.waiters.get(&WaitOn::Readable(instance)).and_then(|asleep| asleep.last());
            if let Some(&thread) = asleep {
                self.wake(thread, Woken::Cause);
            }
            if wake.who == Who::Everybody {
                self.wake_pollers(instance);
            }
        }
    }

    /// An instance of `epoll(7)` is told how many threads wait for it.
    pub(super) fn count_sleepers(&mut self, on: WaitOn) {
        if let WaitOn::Readable(Object::Epoll(id)) = on {
            let count = self.waiters.get(&on).map_or(0, Vec::len);
            self.epolls.set_sleepers(id, u32::try_from(count).expect("threads are limited far below 2^32"));
        }
    }

    /// Lets the instances of `epoll(7)` do something for which they may have to ask what other files are ready for.
    pub(crate) fn with_epolls<T>(
        &mut self,
        act: impl FnOnce(&mut Epolls, &mut dyn FnMut(Object) -> Mask) -> T,
    ) -> T {
        // They never ask about one of themselves, so that the kernel can do without them meanwhile.
        let mut epolls = core::mem::take(&mut self.epolls);
        let answer = act(&mut epolls, &mut |object| self.poll(object));
        self.epolls = epolls;
        answer
    }

    /// Uses a timer that is a file, and arms it for when it is due then.
    pub(crate) fn with_timer<T>(&mut self, id: TimerFdId, act: impl FnOnce(&mut TimerFds, u64) -> T) -> T {
        let clock = self.timerfds.host_clock(id);
        let now_ns = clock.elapsed_ns(self.now_ns());
        let answer = act(&mut self.timerfds, now_ns);
        if let Some(key) = self.armed.remove(&id) {
            self.timers.cancel(key);
        }
        match self.timerfds.next_due(id) {
            Some(at_ns) if at_ns <= now_ns => self.timerfds.expire(id, now_ns),
            Some(at_ns) => {
                self.armed.insert(id, self.timers.set(clock.virtual_ns(at_ns), Due::TimerFd(id)));
                self.changed();
            }
            None => {}
        }
        answer
    }

    /// All timers that are files.
    pub(crate) fn timerfds(&mut self) -> &mut TimerFds {
        &mut self.timerfds
    }

    /// Time has come to where a timer that is a file is due.
    pub(super) fn expire(&mut self, id: TimerFdId) {
        self.armed.remove(&id);
        let now_ns = self.timerfds.host_clock(id).elapsed_ns(self.now_ns());
        self.timerfds.expire(id, now_ns);
        let before = self.ready.len();
        self.settle();
        self.note_all_due(before);
    }

    pub(super) fn close_timer(&mut self, id: TimerFdId) {
        if let Some(key) = self.armed.remove(&id) {
            self.timers.cancel(key);
        }
        self.timerfds.close(id);
    }

    /// The running thread is about to wait for changes of these files.
    pub(crate) fn watch(&mut self, objects: Vec<Object>) {
        for object in &objects {
            self.pollers.entry(*object).or_default().push(self.current);
        }
        self.threads.get_mut(self.current).polls = objects;
    }

    /// A thread does not wait for changes any more.
    pub(super) fn unwatch(&mut self, thread: ThreadId) {
        for object in core::mem::take(&mut self.threads.get_mut(thread).polls) {
            if let Some(pollers) = self.pollers.get_mut(&object) {
                pollers.retain(|poller| *poller != thread);
                if pollers.is_empty() {
                    self.pollers.remove(&object);
                }
            }
        }
    }
}
