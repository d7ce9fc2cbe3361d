//! One epoll instance: its items and its ready list.
//!
//! Does not know other instances. Invariant: an item has a place exactly if the ready list holds its key there.

use std::collections::BTreeMap;

use super::event::{Event, Key};
use crate::fd::{DescriptionId, Object};

/// A watched file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) object: Object,
    pub(super) event: Event,
    place: Option<u64>,
}

impl Item {
    pub(super) fn new(object: Object, event: Event) -> Self {
        Self { object, event, place: None }
    }
}

/// Items, and those among them that may be ready, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Instance {
    items: BTreeMap<Key, Item>,
    /// By place: those put back while others are delivered come after all that were there before.
    ready: BTreeMap<u64, Key>,
    next_place: u64,
    /// Threads in `epoll_wait(2)` that no wake has taken off the queue.
    pub(super) sleepers: u32,
}

impl Instance {
    pub(super) fn item(&self, key: Key) -> Option<&Item> {
        self.items.get(&key)
    }

    pub(super) fn item_mut(&mut self, key: Key) -> Option<&mut Item> {
        self.items.get_mut(&key)
    }

    pub(super) fn items(&self) -> impl Iterator<Item = (Key, &Item)> {
        self.items.iter().map(|(&key, item)| (key, item))
    }

    /// The items over one open file.
    pub(super) fn keys_of(&self, description: DescriptionId) -> Vec<Key> {
        let (first, last) = (Key { description, fd: i32::MIN }, Key { description, fd: i32::MAX });
        self.items.range(first..=last).map(|(&key, _)| key).collect()
    }

    pub(super) fn insert(&mut self, key: Key, item: Item) {
        let before = self.items.insert(key, item);
        assert!(before.is_none(), "an item is added once");
    }

    pub(super) fn remove(&mut self, key: Key) -> Option<Item> {
        self.unlink(key);
        self.items.remove(&key)
    }

    /// Puts an item at the end of the ready list. Returns whether it was not there.
    pub(super) fn link(&mut self, key: Key) -> bool {
        let Some(item) = self.items.get_mut(&key).filter(|item| item.place.is_none()) else { return false };
        item.place = Some(self.next_place);
        self.ready.insert(self.next_place, key);
        self.next_place += 1;
        true
    }

    pub(super) fn unlink(&mut self, key: Key) {
        if let Some(place) = self.items.get_mut(&key).and_then(|item| item.place.take()) {
            self.ready.remove(&place);
        }
    }

    /// Behind the last place taken so far.
    pub(super) fn end(&self) -> u64 {
        self.next_place
    }

    /// The first item of the ready list, if it came before `end`.
    pub(super) fn first_before(&self, end: u64) -> Option<Key> {
        self.ready.first_key_value().filter(|&(&place, _)| place < end).map(|(_, &key)| key)
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.ready.is_empty()
    }
}
