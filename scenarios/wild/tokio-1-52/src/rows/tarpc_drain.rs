//! tarpc#423: a request that is queued while the connection's task ends is never answered.
//!
//! Invariant: a call over a connection that has gone comes back.

use photofinish::scenario::Failure;
use photofinish_wild::{block_on, race};

use super::super::crates::{call, patient, tarpc, tokio};

pub(crate) fn run() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("threads can be started");
    let (transport, peer) =
        tarpc::transport::channel::unbounded::<tarpc::Response<u32>, tarpc::ClientMessage<u32>>();
    let connection = tarpc::client::new(tarpc::client::Config::default(), transport);
    let (client, dispatch) = (connection.client, connection.dispatch);
    let (caller, connected) = (runtime.handle().clone(), runtime.handle().clone());
    race([
        Box::new(move || {
            let _entered = caller.enter();
            let answer: Result<u32, _> = block_on(call(&client, patient()));
            assert!(answer.is_err(), "nobody is there to answer");
        }) as Box<dyn FnOnce() + Send>,
        Box::new(move || {
            let _entered = connected.enter();
            drop(peer);
            // That the peer has gone is how it ends.
            let _ = block_on(dispatch);
        }),
    ]);
    Ok(())
}
