//! One event, its listeners, and what a listener that comes late is told.
//!
//! It does not know what the event means or who listens. Invariant: listeners of one event run one at a time, in
//! the order in which they were registered, except for a replay, which runs on the thread that registers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::locked;
use super::policy::{Emit, EmitterPolicy, Memory};
use super::reentrant::ReentrantLock;

/// What a listener does with an event.
pub(super) type Callback<E> = Arc<dyn Fn(&E) + Send + Sync>;

/// Names a registered listener; the default names none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Token(u64);

/// How many events a listener wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lifetime {
    Forever,
    Once,
}

/// An event of type `E` and those who listen to it.
pub(super) struct Emitter<E> {
    policy: EmitterPolicy,
    /// Held by everything that looks at or changes who listens, except the old way of emitting.
    handlers_lock: ReentrantLock,
    handlers: Mutex<Vec<Handler<E>>>,
    /// Held over a whole dispatch: one at a time.
    emit_loop: Mutex<()>,
    /// Those still to be called in the dispatch under way, so that others can take them out.
    executing: Mutex<BTreeMap<u64, Handler<E>>>,
    /// Held by everything that looks at or changes the latest event, except the old way of emitting.
    latest_lock: Mutex<()>,
    latest: Mutex<Option<E>>,
}

struct Handler<E> {
    id: u64,
    lifetime: Lifetime,
    callback: Callback<E>,
}

/// The last token given out, over all emitters.
static LAST_TOKEN: Mutex<u64> = Mutex::new(0);

impl<E: Clone> Emitter<E> {
    /// An event that nobody listens to yet.
    pub(super) fn new(policy: EmitterPolicy) -> Self {
        Self {
            policy,
            handlers_lock: ReentrantLock::new(),
            handlers: Mutex::new(Vec::new()),
            emit_loop: Mutex::new(()),
            executing: Mutex::new(BTreeMap::new()),
            latest_lock: Mutex::new(()),
            latest: Mutex::new(None),
        }
    }

    /// Listens to every event from now on.
    pub(super) fn on(&self, callback: impl Fn(&E) + Send + Sync + 'static) -> Token {
        self.register(Arc::new(callback), Lifetime::Forever)
    }

    /// Listens to one event.
    pub(super) fn once(&self, callback: impl Fn(&E) + Send + Sync + 'static) -> Token {
        self.register(Arc::new(callback), Lifetime::Once)
    }

    fn register(&self, callback: Callback<E>, lifetime: Lifetime) -> Token {
        let held = self.handlers_lock.lock();
        let token = next_token();
        let handler = Handler { id: token.0, lifetime, callback: callback.clone() };
        match self.policy.memory {
            Memory::Plain => self.push(handler),
            Memory::ReplayUnderLock => {
                let _latest_held = locked(&self.latest_lock);
                let replay = locked(&self.latest).clone();
                if let Some(event) = replay {
                    callback(&event);
                    if lifetime == Lifetime::Once {
                        return Token::default();
                    }
                }
                self.push(handler);
            }
            Memory::ReplayOutside => {
                let replay = {
                    let _latest_held = locked(&self.latest_lock);
                    locked(&self.latest).clone()
                };
                let wanted = replay.is_none() || lifetime == Lifetime::Forever;
                if wanted {
                    self.push(handler);
                }
                drop(held);
                if let Some(event) = replay {
                    callback(&event);
                }
                return if wanted { token } else { Token::default() };
            }
        }
        token
    }

    /// Stops listening; a token that names nobody is ignored.
    pub(super) fn off(&self, token: Token) {
        let _held = self.handlers_lock.lock();
        locked(&self.handlers).retain(|handler| handler.id != token.0);
        locked(&self.executing).remove(&token.0);
    }

    /// Stops everybody listening.
    pub(super) fn off_all(&self) {
        let _held = self.handlers_lock.lock();
        locked(&self.handlers).clear();
    }

    /// Tells everybody who listens, and says how many were told.
    pub(super) fn emit(&self, event: &E) -> usize {
        let _one_at_a_time = match self.policy.emit {
            Emit::Old => {
                if self.policy.memory != Memory::Plain {
                    *locked(&self.latest) = Some(event.clone());
                }
                let one_at_a_time = locked(&self.emit_loop);
                self.snapshot();
                one_at_a_time
            }
            Emit::Atomic => {
                let one_at_a_time = locked(&self.emit_loop);
                let _held = self.handlers_lock.lock();
                if self.policy.memory != Memory::Plain {
                    let _latest_held = locked(&self.latest_lock);
                    *locked(&self.latest) = Some(event.clone());
                }
                self.snapshot();
                one_at_a_time
            }
        };
        let mut told = 0;
        while let Some(handler) = self.next_executing() {
            (handler.callback)(event);
            told += 1;
            if handler.lifetime == Lifetime::Once {
                let _held = self.handlers_lock.lock();
                locked(&self.handlers).retain(|other| other.id != handler.id);
            }
        }
        told
    }

    fn push(&self, handler: Handler<E>) {
        locked(&self.handlers).push(handler);
    }

    fn snapshot(&self) {
        let handlers: Vec<Handler<E>> = locked(&self.handlers).clone();
        *locked(&self.executing) = handlers.into_iter().map(|handler| (handler.id, handler)).collect();
    }

    fn next_executing(&self) -> Option<Handler<E>> {
        locked(&self.executing).pop_first().map(|(_, handler)| handler)
    }
}

impl<E> Clone for Handler<E> {
    fn clone(&self) -> Self {
        Self { id: self.id, lifetime: self.lifetime, callback: self.callback.clone() }
    }
}

fn next_token() -> Token {
    let mut last = locked(&LAST_TOKEN);
    *last += 1;
    Token(*last)
}

#[cfg(test)]
mod tests {
    use super::Emitter;
    use crate::late_listener::program::policy::{Emit, EmitterPolicy, Memory};
    use std::sync::{Arc, Mutex};

    type Log = Arc<Mutex<Vec<String>>>;

    const ALL: [EmitterPolicy; 6] = [
        EmitterPolicy { memory: Memory::Plain, emit: Emit::Old },
        EmitterPolicy { memory: Memory::Plain, emit: Emit::Atomic },
        EmitterPolicy { memory: Memory::ReplayUnderLock, emit: Emit::Old },
        EmitterPolicy { memory: Memory::ReplayUnderLock, emit: Emit::Atomic },
        EmitterPolicy { memory: Memory::ReplayOutside, emit: Emit::Old },
        EmitterPolicy { memory: Memory::ReplayOutside, emit: Emit::Atomic },
    ];

    fn note(log: &Log, name: &'static str) -> impl Fn(&u32) + Send + Sync + use<> {
        let log = log.clone();
        move |event| log.lock().unwrap().push(format!("{name}{event}"))
    }

    fn check(memory: &[Memory], play: impl Fn(&Arc<Emitter<u32>>, &Log), expected: &[&str]) {
        for policy in ALL.into_iter().filter(|policy| memory.contains(&policy.memory)) {
            let (emitter, log) = (Arc::new(Emitter::new(policy)), Log::default());
            play(&emitter, &log);
            assert_eq!(*log.lock().unwrap(), expected, "{policy:?}");
        }
    }

    const EVERY: &[Memory] = &[Memory::Plain, Memory::ReplayUnderLock, Memory::ReplayOutside];
    const REPLAY: &[Memory] = &[Memory::ReplayUnderLock, Memory::ReplayOutside];

    #[test]
    fn listeners_are_told_in_the_order_they_came() {
        let play = |emitter: &Arc<Emitter<u32>>, log: &Log| {
            emitter.on(note(log, "a"));
            emitter.once(note(log, "b"));
            assert_eq!(emitter.emit(&1), 2);
            assert_eq!(emitter.emit(&2), 1);
        };
        check(EVERY, play, &["a1", "b1", "a2"]);
    }

    #[test]
    fn a_late_listener_hears_nothing_from_a_plain_emitter() {
        let play = |emitter: &Arc<Emitter<u32>>, log: &Log| {
            assert_eq!(emitter.emit(&1), 0);
            emitter.on(note(log, "a"));
        };
        check(&[Memory::Plain], play, &[]);
    }

    #[test]
    fn a_late_listener_is_told_the_latest_event_where_it_is_remembered() {
        let play = |emitter: &Arc<Emitter<u32>>, log: &Log| {
            emitter.emit(&1);
            emitter.emit(&2);
            emitter.on(note(log, "a"));
            emitter.once(note(log, "b"));
            emitter.emit(&3);
        };
        check(REPLAY, play, &["a2", "b2", "a3"]);
    }

    #[test]
    fn who_is_taken_out_during_a_dispatch_is_not_told() {
        let play = |emitter: &Arc<Emitter<u32>>, log: &Log| {
            let later = Arc::new(Mutex::new(super::Token::default()));
            let taken = (emitter.clone(), later.clone());
            emitter.on(move |_| taken.0.off(*taken.1.lock().unwrap()));
            *later.lock().unwrap() = emitter.on(note(log, "a"));
            emitter.on(note(log, "b"));
            emitter.emit(&1);
        };
        check(EVERY, play, &["b1"]);
    }

    #[test]
    fn nobody_listens_after_off_all_and_a_token_for_nobody_is_ignored() {
        let play = |emitter: &Arc<Emitter<u32>>, log: &Log| {
            emitter.on(note(log, "a"));
            emitter.off(super::Token::default());
            emitter.emit(&1);
            emitter.off_all();
            emitter.emit(&2);
        };
        check(EVERY, play, &["a1"]);
    }
}
