//! The runtime smol: an executor, a thread that drives I/O and timers, threads that may block.
//!
//! Does not know the poller underneath. Invariant: whatever is spawned is waited for.

use std::io::Result as Answer;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use photofinish::scenario::{Failure, Scenario, Variant};
use smol::future::or;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::net::unix::UnixStream;
use smol::net::{TcpListener, TcpStream, UdpSocket};
use smol::stream::StreamExt;
use smol::{Timer, channel, unblock};

use crate::sound;

/// The guests of this file.
pub static SCENARIO: Scenario = Scenario {
    name: "smol",
    story: "Tasks of smol that talk, wait, and hand work to threads.",
    programs: &[],
    variants: VARIANTS,
};

static VARIANTS: &[Variant] = &[
    sound("echo", "Three clients and a server, all tasks of one executor.", echo),
    sound("threads", "The same, with each client on an executor of its own thread.", threads),
    sound("timers", "Timers end in their order, an interval ticks, a time-out wins.", timers),
    sound("unblock", "Work that blocks is done by other threads, and its answers come back.", unblocking),
    sound("others", "Datagrams, and a pair of unix sockets.", others),
];

async fn serve(listener: TcpListener, clients: usize) -> Answer<()> {
    let mut incoming = listener.incoming().take(clients);
    let mut serving = Vec::new();
    while let Some(connection) = incoming.next().await {
        let connection = connection?;
        serving.push(smol::spawn(smol::io::copy(connection.clone(), connection)));
    }
    for served in serving {
        served.await?;
    }
    Ok(())
}

async fn client(server: SocketAddr) -> Answer<()> {
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    for round in 0..4_u8 {
        let said = vec![round; 1 + 100 * usize::from(round)];
        stream.write_all(&said).await?;
        let mut heard = vec![0; said.len()];
        stream.read_exact(&mut heard).await?;
        assert_eq!(heard, said);
    }
    Ok(())
}

async fn listening() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
    let address = listener.local_addr().expect("it has one");
    (listener, address)
}

fn echo() -> Result<(), Failure> {
    smol::block_on(async {
        let (listener, address) = listening().await;
        let serving = smol::spawn(serve(listener, 3));
        let clients: Vec<_> = (0..3).map(|_| smol::spawn(client(address))).collect();
        for client in clients {
            client.await.expect("nothing is wrong");
        }
        serving.await.expect("nothing is wrong");
    });
    Ok(())
}

fn threads() -> Result<(), Failure> {
    let (listener, address) = smol::block_on(listening());
    let clients: Vec<_> = (0..3).map(|_| thread::spawn(move || smol::block_on(client(address)))).collect();
    smol::block_on(serve(listener, 3)).expect("nothing is wrong");
    for client in clients {
        client.join().expect("it does not panic").expect("nothing is wrong");
    }
    Ok(())
}

fn timers() -> Result<(), Failure> {
    smol::block_on(async {
        let began = Instant::now();
        let (say, order) = channel::unbounded();
        let sleeping: Vec<_> = [1_800_u64, 0, 900]
            .map(|ms| {
                let say = say.clone();
                smol::spawn(async move {
                    Timer::at(began + Duration::from_millis(ms)).await;
                    say.send(ms).await.expect("somebody listens");
                })
            })
            .into();
        for sleeping in sleeping {
            sleeping.await;
        }
        assert!(began.elapsed() >= Duration::from_millis(1_800));
        let told: Vec<u64> = (0..3).map(|_| order.try_recv().expect("three have spoken")).collect();
        assert_eq!(told[0], 0, "it was over at once");
        let ticks = Timer::interval(Duration::from_millis(10)).take(3).count().await;
        assert_eq!(ticks, 3);
        let first = or(async { order.recv().await.is_ok() }, async {
            Timer::after(Duration::from_millis(5)).await;
            false
        });
        assert!(!first.await, "nobody says anything more");
    });
    Ok(())
}

fn unblocking() -> Result<(), Failure> {
    smol::block_on(async {
        let working: Vec<_> = (0..4_u64)
            .map(|n| {
                unblock(move || {
                    thread::sleep(Duration::from_millis(n));
                    n * n
                })
            })
            .collect();
        let mut sum = 0;
        for worked in working {
            sum += worked.await;
        }
        assert_eq!(sum, 14);
    });
    Ok(())
}

fn others() -> Result<(), Failure> {
    smol::block_on(async {
        let one = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let other = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let [here, there] = [&one, &other].map(|socket| socket.local_addr().expect("it has one"));
        let answering = smol::spawn(async move {
            let mut bytes = [0; 8];
            let (count, from) = other.recv_from(&mut bytes).await?;
            assert_eq!(from, here);
            other.send_to(&bytes[..count], from).await
        });
        one.send_to(b"there", there).await.expect("there is room");
        let mut bytes = [0; 8];
        assert_eq!(one.recv_from(&mut bytes).await.expect("it arrives"), (5, there));
        assert_eq!(answering.await.expect("nothing is wrong"), 5);
        let (mut left, mut right) = UnixStream::pair().expect("a pair");
        let hearing = smol::spawn(async move {
            let mut heard = String::new();
            right.read_to_string(&mut heard).await.map(|_| heard)
        });
        left.write_all(b"over here").await.expect("the other end reads");
        drop(left);
        assert_eq!(hearing.await.expect("it is text"), "over here");
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::VARIANTS;

    #[test]
    fn natively_each_passes_too() {
        for variant in VARIANTS {
            assert_eq!((variant.run)(), Ok(()), "{}", variant.name);
        }
    }
}
