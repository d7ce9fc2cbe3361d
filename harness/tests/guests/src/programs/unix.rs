//! tokio's unix sockets and datagrams.
//!
//! Invariant: what is sent comes back, byte for byte.

use std::io;

use photofinish::scenario::Failure;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UdpSocket, UnixListener, UnixStream};
use tokio::runtime::Builder;

pub(super) fn echo() -> Result<(), Failure> {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("it starts");
    runtime.block_on(both()).expect("nothing fails");
    Ok(())
}

async fn both() -> io::Result<()> {
    let path = std::env::temp_dir().join(format!("photofinish-{}.socket", std::process::id()));
    let _: io::Result<()> = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path)?;
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await?;
        repeat(stream).await
    });
    talk(UnixStream::connect(&path).await?).await?;
    server.await??;
    let (one, other) = UnixStream::pair()?;
    let server = tokio::spawn(repeat(other));
    talk(one).await?;
    server.await??;
    let _: io::Result<()> = std::fs::remove_file(&path);
    Ok(())
}

async fn repeat(mut stream: UnixStream) -> io::Result<()> {
    let mut room = [0; 512];
    loop {
        let count = stream.read(&mut room).await?;
        if count == 0 {
            return Ok(());
        }
        stream.write_all(&room[..count]).await?;
    }
}

async fn talk(stream: UnixStream) -> io::Result<()> {
    let (mut reads, mut writes) = stream.into_split();
    for round in 0..20_u8 {
        let sent = vec![round; 3 + usize::from(round)];
        writes.write_all(&sent).await?;
        let mut back = vec![0; sent.len()];
        reads.read_exact(&mut back).await?;
        assert!(back == sent, "round {round}");
    }
    writes.shutdown().await?;
    assert!(reads.read(&mut [0]).await? == 0, "the end comes back, too");
    Ok(())
}

pub(super) fn datagrams() -> Result<(), Failure> {
    let runtime = Builder::new_current_thread().enable_all().build().expect("it starts");
    runtime.block_on(async {
        let server = UdpSocket::bind("127.0.0.1:0").await.expect("any port");
        let address = server.local_addr().expect("bound");
        let repeats = tokio::spawn(async move {
            let mut room = [0; 64];
            for _ in 0..5 {
                let (count, from) = server.recv_from(&mut room).await.expect("datagrams come");
                server.send_to(&room[..count], from).await.expect("somebody listens");
            }
        });
        let client = UdpSocket::bind("127.0.0.1:0").await.expect("any port");
        client.connect(address).await.expect("an address");
        for round in 0..5_u8 {
            client.send(&[round, 7]).await.expect("somebody listens");
            let mut back = [0; 3];
            let count = client.recv(&mut back).await.expect("it comes back");
            assert!(back[..count] == [round, 7], "round {round}");
        }
        repeats.await.expect("it does not panic");
    });
    Ok(())
}
