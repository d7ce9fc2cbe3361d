//! Clients of HTTP/1.1.
//!
//! Invariant: each waits for the end of the server it started.

use std::time::Duration;

use http_body_util::BodyExt;
use http_body_util::channel::Channel;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use photofinish::scenario::Failure;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, sleep, timeout};

use super::server::{Body, SLOW, Server, Version, whole};

/// Several workers, as a server has them.
pub(super) fn workers() -> Runtime {
    Builder::new_multi_thread().worker_threads(3).enable_all().build().expect("a runtime")
}

async fn connect(server: &Server) -> SendRequest<Body> {
    let stream = TcpStream::connect(server.address).await.expect("it listens");
    let (requests, connection) = handshake(TokioIo::new(stream)).await.expect("a handshake of nothing");
    // How it ends is told to whoever asks on it.
    tokio::spawn(connection);
    requests
}

async fn ask(requests: &mut SendRequest<Body>, path: &str, body: Body) -> hyper::Result<(StatusCode, Bytes)> {
    requests.ready().await?;
    let request = Request::post(path).header(hyper::header::HOST, "server").body(body);
    let answer = requests.send_request(request.expect("it is well formed")).await?;
    Ok((answer.status(), answer.into_body().collect().await?.to_bytes()))
}

pub(super) fn keep_alive() -> Result<(), Failure> {
    workers().block_on(one_after_another());
    Ok(())
}

pub(super) fn current_thread() -> Result<(), Failure> {
    Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(one_after_another());
    Ok(())
}

async fn one_after_another() {
    let server = Server::start(Version::One).await;
    let mut requests = connect(&server).await;
    for size in [0, 1, 1_000, 70_000, 200_000] {
        let body = vec![b'a'; size];
        let answer = ask(&mut requests, "/echo", whole(body.clone())).await.expect("an answer");
        assert_eq!(answer, (StatusCode::OK, body.into()), "{size} bytes");
    }
    let (status, _) = ask(&mut requests, "/nowhere", whole("")).await.expect("an answer");
    assert_eq!(status, StatusCode::NOT_FOUND);
    drop(requests);
    assert_eq!(server.stop().await, 1, "one connection");
}

pub(super) fn chunked() -> Result<(), Failure> {
    workers().block_on(async {
        let server = Server::start(Version::One).await;
        let mut requests = connect(&server).await;
        let (mut chunks, body) = Channel::<Bytes, hyper::Error>::new(2);
        let sending = tokio::spawn(async move {
            for n in 0..10_u8 {
                chunks.send_data(vec![n; 1 + 500 * usize::from(n)].into()).await.expect("somebody reads");
                sleep(Duration::from_millis(u64::from(n % 3))).await;
            }
        });
        let (status, answer) = ask(&mut requests, "/echo", body.boxed()).await.expect("an answer");
        sending.await.expect("it does not panic");
        assert_eq!(status, StatusCode::OK);
        let expected: Vec<u8> = (0..10_u8).flat_map(|n| vec![n; 1 + 500 * usize::from(n)]).collect();
        assert_eq!(answer, expected);
        drop(requests);
        assert_eq!(server.stop().await, 1, "one connection");
    });
    Ok(())
}

pub(super) fn time_out() -> Result<(), Failure> {
    // Natively, too, this must not take long.
    const PATIENCE: Duration = Duration::from_millis(1_500);
    workers().block_on(async {
        let server = Server::start(Version::One).await;
        let mut requests = connect(&server).await;
        let began = Instant::now();
        // Without a body: of one that arrives late and is never read hyper cannot see the end, nor that the client has left.
        let given_up = timeout(PATIENCE, ask(&mut requests, "/never", whole(""))).await;
        assert!(given_up.is_err(), "there is no answer");
        assert!(began.elapsed() >= PATIENCE, "it waited as long as it said");
        drop(requests);
        let mut others = connect(&server).await;
        let answer = ask(&mut others, "/echo", whole("you there?")).await.expect("an answer");
        assert_eq!(answer, (StatusCode::OK, "you there?".into()));
        drop(others);
        assert_eq!(server.stop().await, 2, "two connections");
    });
    Ok(())
}

pub(super) fn graceful() -> Result<(), Failure> {
    workers().block_on(async {
        let server = Server::start(Version::One).await;
        let address = server.address;
        let mut requests = connect(&server).await;
        let asking = tokio::spawn(async move {
            let answer = ask(&mut requests, "/slow", whole("")).await;
            (answer, ask(&mut requests, "/echo", whole("")).await)
        });
        sleep(SLOW / 4).await;
        let stopping = tokio::spawn(server.stop());
        let (begun, after) = asking.await.expect("it does not panic");
        assert_eq!(begun.expect("it was begun"), (StatusCode::OK, "at last".into()));
        assert!(after.is_err(), "no other request is answered");
        assert_eq!(stopping.await.expect("it does not panic"), 1, "one connection");
        assert!(TcpStream::connect(address).await.is_err(), "nobody listens");
    });
    Ok(())
}
