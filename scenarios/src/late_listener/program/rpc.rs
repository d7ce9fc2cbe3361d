//! Remote calls that wait for an answer.
//!
//! It does not know how a call travels. Invariant: a call is answered once; later answers are ignored.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};

use super::frame::{NodeId, Verdict};
use super::locked;
use super::policy::RPC_TIMEOUT;

/// Why a call has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RpcError {
    /// There is no connection to the peer.
    SendFailed,
    /// The peer did not answer in time.
    TimedOut,
}

/// What a call returns.
pub(super) type Answer = Result<Verdict, RpcError>;

/// The calls that wait.
#[derive(Default)]
pub(super) struct Rpc {
    calls: Mutex<Calls>,
}

#[derive(Default)]
struct Calls {
    waiting: BTreeMap<u64, Arc<Call>>,
    last_id: u64,
}

struct Call {
    peer: NodeId,
    answer: Mutex<Option<Answer>>,
    answered: Condvar,
}

impl Rpc {
    /// Makes a call to `peer`: `send` sets it off, and its answer is waited for.
    pub(super) fn call(&self, peer: NodeId, send: impl FnOnce(u64)) -> Answer {
        let call = Arc::new(Call { peer, answer: Mutex::new(None), answered: Condvar::new() });
        let id = {
            let mut calls = locked(&self.calls);
            calls.last_id += 1;
            let id = calls.last_id;
            calls.waiting.insert(id, call.clone());
            id
        };
        send(id);
        let answer = call.wait();
        locked(&self.calls).waiting.remove(&id);
        answer
    }

    /// Answers one call.
    pub(super) fn answer(&self, id: u64, answer: Answer) {
        let call = locked(&self.calls).waiting.get(&id).cloned();
        if let Some(call) = call {
            call.set(answer);
        }
    }

    /// The connection to `peer` is gone: whoever waits for it need not wait longer.
    pub(super) fn fail_all_to(&self, peer: NodeId) {
        let calls: Vec<Arc<Call>> =
            locked(&self.calls).waiting.values().filter(|call| call.peer == peer).cloned().collect();
        for call in calls {
            call.set(Err(RpcError::SendFailed));
        }
    }
}

impl Call {
    fn set(&self, answer: Answer) {
        locked(&self.answer).get_or_insert(answer);
        self.answered.notify_one();
    }

    fn wait(&self) -> Answer {
        let none = |answer: &mut Option<Answer>| answer.is_none();
        let waited = self.answered.wait_timeout_while(locked(&self.answer), RPC_TIMEOUT, none);
        let (answer, _) = waited.expect("no thread panics while it holds a lock");
        answer.unwrap_or(Err(RpcError::TimedOut))
    }
}
