//! How deep and how wide instances may watch instances (`ep_loop_check`, `reverse_path_check`).
//!
//! Does not know events. Invariant: no chain of instances, each watching the next, is a circle or longer than `NESTS_MAX`
//! steps; so every walk over them ends.

use std::collections::BTreeMap;

use super::event::{EpollId, Key};
use super::table::Epolls;
use crate::fd::Object;

/// `EP_MAX_NESTS`.
const NESTS_MAX: usize = 4;

/// How many paths may lead from a file up to an instance that nobody watches, by the instances between (`path_limits`); those
/// that watch the file itself are not counted.
const PATHS_MAX: [u32; NESTS_MAX + 1] = [u32::MAX, 500, 100, 50, 10];

impl Epolls {
    /// Whether `above` may not watch `below`: they would be a circle, or a chain that is too long.
    pub(super) fn too_deep(&self, above: EpollId, below: EpollId) -> bool {
        let Some(down) = self.depth_below(below, above, 0, &mut BTreeMap::new()) else { return true };
        down + 1 + self.depth_above(above, &mut BTreeMap::new()) > NESTS_MAX
    }

    /// The length of the longest chain that begins at an instance; none if it is too long or reaches `forbidden`.
    fn depth_below(
        &self,
        id: EpollId,
        forbidden: EpollId,
        depth: usize,
        known: &mut BTreeMap<EpollId, usize>,
    ) -> Option<usize> {
        if let Some(&depth) = known.get(&id) {
            return Some(depth);
        }
        let mut longest = 0;
        for (_, item) in self.instance(id).items() {
            let Object::Epoll(below) = item.object else { continue };
            if below == forbidden || depth > NESTS_MAX {
                return None;
            }
            longest = longest.max(self.depth_below(below, forbidden, depth + 1, known)? + 1);
        }
        known.insert(id, longest);
        (longest <= NESTS_MAX).then_some(longest)
    }

    fn depth_above(&self, id: EpollId, known: &mut BTreeMap<EpollId, usize>) -> usize {
        if let Some(&depth) = known.get(&id) {
            return depth;
        }
        let above = self.watchers(Object::Epoll(id));
        let longest = above.iter().map(|watcher| self.depth_above(watcher.of, known) + 1).max().unwrap_or(0);
        known.insert(id, longest);
        longest
    }

    /// Whether an item that was just added opened too many ways from a file to the instances over it.
    pub(super) fn too_many_paths(&self, key: Key, object: Object) -> bool {
        let mut files = BTreeMap::new();
        self.files_below(key, object, &mut files);
        files.iter().any(|(&key, &object)| {
            let mut counts = [0; NESTS_MAX + 1];
            let watchers =
                self.watchers(object).iter().filter(|watcher| watcher.key.description == key.description);
            watchers.map(|watcher| watcher.of).any(|above| self.exceeds(above, 0, &mut counts))
        })
    }

    /// The files that are no instances, at and under a file.
    fn files_below(&self, key: Key, object: Object, files: &mut BTreeMap<Key, Object>) {
        let Object::Epoll(id) = object else {
            files.insert(key, object);
            return;
        };
        for (key, item) in self.instance(id).items() {
            self.files_below(key, item.object, files);
        }
    }

    fn exceeds(&self, id: EpollId, depth: usize, counts: &mut [u32; NESTS_MAX + 1]) -> bool {
        let above = self.watchers(Object::Epoll(id));
        if above.is_empty() {
            counts[depth] += 1;
            return counts[depth] > PATHS_MAX[depth];
        }
        depth == NESTS_MAX || above.iter().any(|watcher| self.exceeds(watcher.of, depth + 1, counts))
    }
}
