//! The service by itself.
//!
//! Does not know Photofinish. Invariant: it links in every build, instrumented ones included.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use downstream::Careful;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    downstream::service::serve(listener, Arc::new(Careful(AtomicU32::new(3))), 5).await
}
