//! A client of HTTP/2.
//!
//! Invariant: all its requests travel on one connection.

use http_body_util::BodyExt;
use hyper::client::conn::http2::handshake;
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use photofinish::scenario::Failure;
use tokio::net::TcpStream;

use super::client::workers;
use super::server::{Server, Version, whole};

pub(super) fn http2() -> Result<(), Failure> {
    workers().block_on(async {
        let server = Server::start(Version::Two).await;
        let stream = TcpStream::connect(server.address).await.expect("it listens");
        let (requests, connection) =
            handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("it speaks HTTP/2");
        let connection = tokio::spawn(connection);
        let asked: Vec<_> = (0..8_u8)
            .map(|n| {
                let mut requests = requests.clone();
                tokio::spawn(async move {
                    let body = vec![n; 3_000 * usize::from(n)];
                    let request = Request::post("http://server/echo").body(whole(body.clone()));
                    let answer = requests.send_request(request.expect("it is well formed")).await;
                    let answer = answer.expect("an answer");
                    assert_eq!(answer.status(), StatusCode::OK);
                    let echoed = answer.into_body().collect().await.expect("a body").to_bytes();
                    assert_eq!(echoed, body, "request {n}");
                })
            })
            .collect();
        for asked in asked {
            asked.await.expect("it does not panic");
        }
        drop(requests);
        connection.await.expect("it does not panic").expect("it ends in order");
        assert_eq!(server.stop().await, 1, "one connection");
    });
    Ok(())
}
