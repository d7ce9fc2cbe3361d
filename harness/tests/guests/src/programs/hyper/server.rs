//! A server of HTTP/1.1 and HTTP/2 on loopback.
//!
//! Does not know who asks. Invariant: it ends when it was told to and every connection is over.

use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The body of a request or an answer.
pub(super) type Body = BoxBody<Bytes, hyper::Error>;

/// How long `/slow` takes: long against what a schedule may hold anybody up for.
pub(super) const SLOW: Duration = Duration::from_secs(10);

/// What a server speaks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Version {
    One,
    Two,
}

/// A server that runs.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<u32>,
}

impl Server {
    pub(super) async fn start(version: Version) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let address = listener.local_addr().expect("it has one");
        let (stop, stopped) = oneshot::channel();
        Self { address, stop, task: tokio::spawn(serve(listener, version, stopped)) }
    }

    /// Tells it to stop, and waits until it has: how many connections there were.
    pub(super) async fn stop(self) -> u32 {
        self.stop.send(()).expect("it runs until it is told");
        self.task.await.expect("it does not panic")
    }
}

async fn serve(listener: TcpListener, version: Version, mut stopped: oneshot::Receiver<()>) -> u32 {
    let graceful = GracefulShutdown::new();
    let mut accepted = 0;
    loop {
        tokio::select! {
            connection = listener.accept() => {
                accepted += 1;
                let (stream, _) = connection.expect("nothing is wrong with the listener");
                attend(stream, version, &graceful);
            }
            _ = &mut stopped => break,
        }
    }
    drop(listener);
    graceful.shutdown().await;
    accepted
}

/// Serves one connection in a task of its own. A client may leave in the middle, which is no business of the server's.
fn attend(stream: TcpStream, version: Version, graceful: &GracefulShutdown) {
    stream.set_nodelay(true).expect("TCP has the option");
    let io = TokioIo::new(stream);
    match version {
        Version::One => {
            let connection = hyper::server::conn::http1::Builder::new();
            tokio::spawn(graceful.watch(connection.serve_connection(io, service_fn(answer))));
        }
        Version::Two => {
            let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            tokio::spawn(graceful.watch(connection.serve_connection(io, service_fn(answer))));
        }
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Body>, hyper::Error> {
    let body = match request.uri().path() {
        "/echo" => request.into_body().boxed(),
        "/slow" => {
            tokio::time::sleep(SLOW).await;
            whole("at last")
        }
        "/never" => pending().await,
        _ => {
            let mut answer = Response::new(whole(""));
            *answer.status_mut() = StatusCode::NOT_FOUND;
            return Ok(answer);
        }
    };
    Ok(Response::new(body))
}

/// A body whose length is known.
pub(super) fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed()
}
