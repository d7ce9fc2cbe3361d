//! Clients that block, on threads of their own, in the standard library's sockets.
//!
//! Invariant: each keeps one connection for all its requests.

use std::thread;
use std::time::Duration;

use photofinish::scenario::Failure;
use ureq::Agent;

use super::client::workers;
use super::server::{Server, Version};

pub(super) fn ureq() -> Result<(), Failure> {
    let runtime = workers();
    let server = runtime.block_on(Server::start(Version::One));
    let echo = format!("http://{}/echo", server.address);
    let clients: Vec<_> = (0..2)
        .map(|who| {
            let echo = echo.clone();
            thread::spawn(move || {
                let patience = Some(Duration::from_secs(30));
                let agent: Agent =
                    Agent::config_builder().timeout_global(patience).proxy(None).build().into();
                for size in [1, 100, 30_000] {
                    let body = format!("{who}").repeat(size);
                    let mut answer = agent.post(&echo).send(body.as_str()).expect("an answer");
                    assert_eq!(answer.status(), 200);
                    assert_eq!(answer.body_mut().read_to_string().expect("text"), body);
                }
                let nowhere = agent.get(echo.replace("echo", "nowhere")).call();
                assert!(matches!(nowhere, Err(ureq::Error::StatusCode(404))), "{nowhere:?}");
            })
        })
        .collect();
    for client in clients {
        client.join().expect("it does not panic");
    }
    assert_eq!(runtime.block_on(server.stop()), 2, "one connection each");
    Ok(())
}
