//! The rows, compiled against the versions without the bugs.
//!
//! Invariant: but for what a crate has come to call otherwise, nothing here is of a row.

#[path = "rows/mod.rs"]
pub(crate) mod rows;

/// The crates, by the names that the rows have for them.
pub(crate) mod crates {
    pub(crate) use async_channel;
    pub(crate) use bb8;
    pub(crate) use crossbeam_deque;
    pub(crate) use flume;
    pub(crate) use moka;
    pub(crate) use papaya;
    pub(crate) use r2d2;
    pub(crate) use spin;
    pub(crate) use tarpc;
    pub(crate) use tokio;
    pub(crate) use tokio_util;

    use std::time::{Duration, Instant};

    use self::tarpc::client::{Channel, RpcError};
    use self::tarpc::context::{self, Context};

    /// Of a call that is given up after an hour.
    pub(crate) fn patient() -> Context {
        let mut context = context::current();
        context.deadline = Instant::now() + Duration::from_secs(3600);
        context
    }

    pub(crate) async fn call(client: &Channel<u32, u32>, context: Context) -> Result<u32, RpcError> {
        client.call(context, 1).await
    }
}
