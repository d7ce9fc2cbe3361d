//! A runtime of smol on each host, with a reactor, timers and threads of its own.
//!
//! Does not know how a process comes to statics of its own. Invariant: a program that finds another's runtime fails, or waits for ever.

use std::time::Duration;

use photofinish::scenario::Failure;
use photofinish::world::World;
use smol::Timer;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::net::{TcpListener, TcpStream};

use super::expect;

const PORT: u16 = 7_000;

/// Answers each connection with its own word, in a task of its own and by way of a thread that may block.
fn serve() {
    smol::block_on(async {
        let listener = TcpListener::bind(("0.0.0.0", PORT)).await.expect("a free port");
        loop {
            let (mut stream, _) = listener.accept().await.expect("somebody comes");
            let serving = smol::spawn(async move {
                let mut word = [0; 5];
                if stream.read_exact(&mut word).await.is_ok() {
                    let word = smol::unblock(move || word).await;
                    // Whoever asked may be gone.
                    let _ = stream.write_all(&word).await;
                }
            });
            serving.detach();
        }
    });
}

async fn ask() -> std::io::Result<[u8; 5]> {
    let mut stream = TcpStream::connect(("server", PORT)).await?;
    stream.write_all(b"hello").await?;
    let mut word = [0; 5];
    stream.read_exact(&mut word).await?;
    Ok(word)
}

fn client() {
    smol::block_on(async {
        Timer::after(Duration::from_secs(1)).await;
        assert_eq!(&smol::spawn(ask()).await.expect("an answer"), b"hello");
    });
}

/// Server and client have runtimes of their own, and so has the server that comes back after a crash in the middle of its work.
pub(super) fn of_each_host() -> Result<(), Failure> {
    let world = World::new();
    let server = world.host("server").start(serve);
    for name in ["first", "second"] {
        let client = world.host(name).start(client);
        client.wait().success(name);
        expect("the server is up", server.crash(), true)?;
        server.restart();
    }
    Ok(())
}
