//! The rows, compiled against the versions with the bugs.
//!
//! Invariant: but for what a crate has come to call otherwise, nothing here is of a row.

#[path = "rows/mod.rs"]
pub(crate) mod rows;

/// The crates, by the names that the rows have for them.
pub(crate) mod crates {
    pub(crate) use async_channel_buggy as async_channel;
    pub(crate) use bb8_buggy as bb8;
    pub(crate) use crossbeam_deque_buggy as crossbeam_deque;
    pub(crate) use flume_buggy as flume;
    pub(crate) use moka_buggy as moka;
    pub(crate) use papaya_buggy as papaya;
    pub(crate) use r2d2_buggy as r2d2;
    pub(crate) use spin_buggy as spin;
    pub(crate) use tarpc_buggy as tarpc;
    pub(crate) use tokio_buggy as tokio;
    pub(crate) use tokio_util_buggy as tokio_util;

    use std::time::{Duration, SystemTime};

    use self::tarpc::client::{Channel, RpcError};
    use self::tarpc::context::{self, Context};

    /// Of a call that is given up after an hour.
    pub(crate) fn patient() -> Context {
        let mut context = context::current();
        context.deadline = SystemTime::now() + Duration::from_secs(3600);
        context
    }

    pub(crate) async fn call(client: &Channel<u32, u32>, context: Context) -> Result<u32, RpcError> {
        client.call(context, "method", 1).await
    }
}
