//! hyper#4143: the end of a chunked body that is written in the second turn of one poll is not flushed.
//!
//! Invariant: who has dropped the sender of a body has sent all of it.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::mpsc::{self as threads, Receiver};
use std::task::{Context, Poll};
use std::thread;

use photofinish::scenario::Failure;

use super::super::crates::bytes::Bytes;
use super::super::crates::hyper::body::{Body, Frame, Incoming};
use super::super::crates::hyper::server::conn::http1;
use super::super::crates::hyper::service::service_fn;
use super::super::crates::hyper::{Request, Response};
use super::super::crates::hyper_util::rt::TokioIo;
use super::super::crates::tokio;
use super::super::crates::tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use super::super::crates::tokio::sync::mpsc::{self, Sender};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const END: &[u8] = b"\r\n0\r\n\r\n";

struct Chunks(mpsc::Receiver<Bytes>);

impl Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk))))
    }
}

/// A thread outside the runtime, which ends each body.
fn end(bodies: &Receiver<Sender<Bytes>>) {
    for body in bodies {
        drop(body);
    }
}

async fn serve(bodies: threads::Sender<Sender<Bytes>>, connection: DuplexStream) {
    let service = service_fn(move |_: Request<Incoming>| {
        let (sender, receiver) = mpsc::channel(4);
        sender.try_send(Bytes::from_static(b"hello")).expect("there is room for one");
        bodies.send(sender).expect("the thread is there");
        async move { Ok::<_, Infallible>(Response::new(Chunks(receiver))) }
    });
    // The client goes away when it has had enough.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(connection), service).await;
}

pub(crate) fn run() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("it takes what there is");
    let (bodies, made) = threads::channel();
    let ending = thread::spawn(move || end(&made));
    runtime.block_on(async {
        let (mut client, server) = tokio::io::duplex(1024);
        let server = tokio::spawn(serve(bodies, server));
        client.write_all(REQUEST).await.expect("the server is there");
        let mut response = Vec::new();
        while !response.ends_with(END) {
            let count = client.read_buf(&mut response).await.expect("the server is there");
            assert_ne!(count, 0, "the connection was closed within a response");
        }
        drop(client);
        server.await.expect("it does not panic");
    });
    ending.join().expect("it does not panic");
    Ok(())
}
