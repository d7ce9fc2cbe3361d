//! All epoll instances of a run and who watches what.
//!
//! Does not know threads: it says which instance has something for its waiters. Invariant: `watchers` lists exactly the
//! items of all instances, under the object of each.

use std::collections::{BTreeMap, VecDeque};

use super::event::{EpollId, Event, Key, Op, Target, Wake, Who, bits};
use super::instance::{Instance, Item};
use crate::errno::Errno;
use crate::fd::{DescriptionId, Object};
use crate::ready::{Mask, Refusal};

/// Items of all instances together: far below `/proc/sys/fs/epoll/max_user_watches` of any machine.
const ITEMS_MAX: usize = 1 << 16;

/// All epoll instances of a run.
#[derive(Debug, Default)]
pub struct Epolls {
    all: BTreeMap<EpollId, Instance>,
    created: u32,
    items_count: usize,
    /// In the order in which a wake calls them: as in a wait queue, the latest first, and the exclusive ones behind, the
    /// earliest first.
    watchers: BTreeMap<Object, Vec<Watcher>>,
    wakes: VecDeque<Wake>,
}

/// An item, as a watched file knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Watcher {
    pub(super) of: EpollId,
    pub(super) key: Key,
    exclusive: Exclusive,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exclusive {
    Yes,
    No,
}

impl Epolls {
    /// `epoll_create(2)`.
    pub fn create(&mut self) -> EpollId {
        let id = EpollId(self.created);
        self.created += 1;
        self.all.insert(id, Instance::default());
        id
    }

    /// The last reference to an instance is gone. Its own open file is to be forgotten, too.
    pub fn close(&mut self, id: EpollId) {
        let keys: Vec<Key> = self.instance(id).items().map(|(key, _)| key).collect();
        for key in keys {
            self.remove(id, key);
        }
        self.all.remove(&id);
    }

    /// The last reference to an open file is gone: it leaves every instance (`eventpoll_release`).
    pub fn forget(&mut self, description: DescriptionId) {
        let found: Vec<(EpollId, Key)> = (self.all.iter())
            .flat_map(|(&id, instance)| instance.keys_of(description).into_iter().map(move |key| (id, key)))
            .collect();
        for (id, key) in found {
            self.remove(id, key);
        }
    }

    /// `epoll_ctl(2)` for a file that can be polled; the caller answers `EPERM` for the others. `poll` says what a file that
    /// is no instance is ready for, and is asked only where Linux asks.
    ///
    /// # Errors
    /// `EINVAL` for an instance in itself, for what `EPOLLEXCLUSIVE` excludes and for too many paths from one file to
    /// instances, `ELOOP` for a circle or too long a chain of instances, `EEXIST`, `ENOENT`.
    pub fn control(
        &mut self,
        id: EpollId,
        op: Op,
        target: Target,
        poll: &mut dyn FnMut(Object) -> Mask,
    ) -> Result<(), Refusal> {
        if target.object == Object::Epoll(id) {
            return Err(Errno::EINVAL.into());
        }
        match op {
            Op::Add(event) => self.add(id, target, event)?,
            Op::Modify(event) => self.modify(id, target.key, event)?,
            Op::Delete => return self.remove(id, target.key).map(|_| ()).ok_or(Errno::ENOENT.into()),
        }
        if self.poll_item(id, target.key, poll) != 0 && self.instance_mut(id).link(target.key) {
            self.wake(id);
        }
        Ok(())
    }

    /// Whether any instance watches an object: if not, its changes need not be told.
    #[must_use]
    pub fn watches(&self, object: Object) -> bool {
        self.watchers.contains_key(&object)
    }

    /// What an instance watches, each once, in the order of their objects.
    #[must_use]
    pub fn watched(&self, id: EpollId) -> Vec<Object> {
        let of = |watchers: &Vec<Watcher>| watchers.iter().any(|watcher| watcher.of == id);
        self.watchers.iter().filter(|(_, watchers)| of(watchers)).map(|(object, _)| *object).collect()
    }

    /// How many threads sleep in `epoll_wait(2)` on an instance: with `EPOLLEXCLUSIVE`, an instance without any lets the
    /// wake pass on to the next. Each wake takes one off.
    pub fn set_sleepers(&mut self, id: EpollId, count: u32) {
        self.instance_mut(id).sleepers = count;
    }

    /// A file woke those who wait for it with this key (`ep_poll_callback` for each of its items). What this means for
    /// instances that watch instances is included.
    ///
    /// A wake with a key is taken to reach only the first exclusive waiter that cares for it, one without to reach all:
    /// so do all files of Linux that we model (`wake_up_poll`, `wake_up_all`).
    pub fn changed(&mut self, object: Object, key: Mask) {
        for at in 0.. {
            let Some(&watcher) = self.watchers(object).get(at) else { return };
            let woke = self.call_back(watcher, key);
            if woke && watcher.exclusive == Exclusive::Yes && !key.is_empty() {
                return;
            }
        }
    }

    /// What an instance is ready for (`ep_eventpoll_poll`), where `poll` answers for all other files. Items that prove not
    /// ready leave the ready list.
    pub fn readiness(&mut self, id: EpollId, poll: &mut dyn FnMut(Object) -> Mask) -> Mask {
        let mut ready = Mask::NONE;
        while let Some(key) = self.instance(id).first_before(u64::MAX) {
            if self.poll_item(id, key, poll) != 0 {
                ready = Mask::IN | Mask::RDNORM;
                break;
            }
            self.instance_mut(id).unlink(key);
        }
        self.hand_over(id);
        ready
    }

    /// Hands over what `epoll_wait(2)` delivers at once (`ep_send_events`), at most `max` events, and says how many: none if it
    /// has to wait.
    pub fn collect(
        &mut self,
        id: EpollId,
        max: usize,
        poll: &mut dyn FnMut(Object) -> Mask,
        deliver: &mut dyn FnMut(Event),
    ) -> usize {
        let mut delivered = 0;
        let end = self.instance(id).end();
        while delivered < max {
            let Some(key) = self.instance(id).first_before(end) else { break };
            self.instance_mut(id).unlink(key);
            let found = self.poll_item(id, key, poll);
            if found == 0 {
                continue;
            }
            let instance = self.instance_mut(id);
            let event = &mut instance.item_mut(key).expect("the ready list holds items").event;
            deliver(Event { events: found, data: event.data });
            delivered += 1;
            if event.events & bits::ONESHOT != 0 {
                event.events &= bits::PRIVATE;
            } else if event.events & bits::ET == 0 {
                instance.link(key);
            }
        }
        self.hand_over(id);
        delivered
    }

    /// The next instance whose waiters must look again.
    pub fn pop_wake(&mut self) -> Option<Wake> {
        self.wakes.pop_front()
    }

    pub(super) fn instance(&self, id: EpollId) -> &Instance {
        self.all.get(&id).expect("a descriptor keeps its instance")
    }

    fn instance_mut(&mut self, id: EpollId) -> &mut Instance {
        self.all.get_mut(&id).expect("a descriptor keeps its instance")
    }

    pub(super) fn watchers(&self, object: Object) -> &[Watcher] {
        self.watchers.get(&object).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, id: EpollId, target: Target, event: Event) -> Result<(), Refusal> {
        let Target { key, object } = target;
        let below = if let Object::Epoll(below) = object { Some(below) } else { None };
        let exclusive = if event.events & bits::EXCLUSIVE != 0 { Exclusive::Yes } else { Exclusive::No };
        if exclusive == Exclusive::Yes && (below.is_some() || event.events & !bits::EXCLUSIVE_OK != 0) {
            return Err(Errno::EINVAL.into());
        }
        if below.is_some_and(|below| self.too_deep(id, below)) {
            return Err(Errno::ELOOP.into());
        }
        if self.instance(id).item(key).is_some() {
            return Err(Errno::EEXIST.into());
        }
        if self.items_count == ITEMS_MAX {
            return Err(Refusal::unmodelled(
                format!("more than {ITEMS_MAX} files in epoll instances"),
                Errno::ENOSPC,
            ));
        }
        let nested = below.is_some() || self.watches(Object::Epoll(id));
        self.insert(Watcher { of: id, key, exclusive }, Item::new(object, always_told(event)));
        if nested && self.too_many_paths(key, object) {
            self.remove(id, key);
            return Err(Errno::EINVAL.into());
        }
        Ok(())
    }

    fn modify(&mut self, id: EpollId, key: Key, event: Event) -> Result<(), Refusal> {
        if event.events & bits::EXCLUSIVE != 0 {
            return Err(Errno::EINVAL.into());
        }
        let item = self.instance_mut(id).item_mut(key).ok_or(Errno::ENOENT)?;
        if item.event.events & bits::EXCLUSIVE != 0 {
            return Err(Errno::EINVAL.into());
        }
        item.event = always_told(event);
        Ok(())
    }

    /// `ep_poll_callback`. Returns whether the wake that called counts this as its exclusive waiter.
    fn call_back(&mut self, watcher: Watcher, key: Mask) -> bool {
        let instance = self.instance_mut(watcher.of);
        let events = instance.item(watcher.key).expect("a watcher is an item").event.events;
        let disabled = events & !bits::PRIVATE == 0;
        if disabled || (!key.is_empty() && key.0 & events == 0) {
            return false;
        }
        instance.link(watcher.key);
        let concerned = match key & (Mask::IN | Mask::OUT) {
            Mask::NONE => true,
            Mask::IN => events & Mask::IN.0 != 0,
            Mask::OUT => events & Mask::OUT.0 != 0,
            _ => false,
        };
        let woke = instance.sleepers > 0 && concerned;
        self.wake(watcher.of);
        woke
    }

    /// Wakes who waits for an instance, and the instances that watch it.
    fn wake(&mut self, id: EpollId) {
        self.take_sleeper(id);
        self.wakes.push_back(Wake { of: id, who: Who::Everybody });
        self.changed(Object::Epoll(id), Mask::IN);
    }

    /// After a walk over the ready list that left something in it, the next sleeper may find something, too (`ep_done_scan`).
    fn hand_over(&mut self, id: EpollId) {
        if !self.instance(id).is_quiet() {
            self.take_sleeper(id);
            self.wakes.push_back(Wake { of: id, who: Who::Sleeper });
        }
    }

    fn take_sleeper(&mut self, id: EpollId) {
        let instance = self.instance_mut(id);
        instance.sleepers = instance.sleepers.saturating_sub(1);
    }

    /// `ep_item_poll`: what an item's file is ready for, of what it is watched for.
    fn poll_item(&mut self, id: EpollId, key: Key, poll: &mut dyn FnMut(Object) -> Mask) -> u32 {
        let item = *self.instance(id).item(key).expect("the ready list holds items");
        let ready = match item.object {
            Object::Epoll(below) => self.readiness(below, poll),
            object => poll(object),
        };
        ready.0 & item.event.events
    }

    fn insert(&mut self, watcher: Watcher, item: Item) {
        let queue = self.watchers.entry(item.object).or_default();
        match watcher.exclusive {
            Exclusive::Yes => queue.push(watcher),
            Exclusive::No => queue.insert(0, watcher),
        }
        self.items_count += 1;
        self.instance_mut(watcher.of).insert(watcher.key, item);
    }

    fn remove(&mut self, id: EpollId, key: Key) -> Option<Item> {
        let item = self.instance_mut(id).remove(key)?;
        let queue = self.watchers.get_mut(&item.object).expect("every item is a watcher");
        queue.retain(|watcher| (watcher.of, watcher.key) != (id, key));
        if queue.is_empty() {
            self.watchers.remove(&item.object);
        }
        self.items_count -= 1;
        Some(item)
    }
}

/// `EPOLLERR` and `EPOLLHUP` cannot be left out.
fn always_told(event: Event) -> Event {
    Event { events: event.events | (Mask::ERR | Mask::HUP).0, ..event }
}
