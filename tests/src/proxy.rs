//! A network that fails on command: a TCP proxy between the service and a machine.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

/// What one read takes at most.
const CHUNK_BYTES: usize = 16 * 1024;

/// What the network does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// It works.
    Up,
    /// Every connection is cut and no new one is made.
    Down,
    /// Connections stay, and nothing moves on them.
    Stalled,
    /// What the machine sends is lost on the way, and nobody is told; new connections are made.
    Lossy,
}

/// The proxy. It ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    /// Where to connect instead of to the machine.
    pub port: u16,
    network: watch::Sender<Network>,
    _task: AbortOnDropHandle<()>,
}

impl Proxy {
    /// A network that works, to a port of this machine.
    pub async fn to(target: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (network, state) = watch::channel(Network::Up);
        #[expect(clippy::disallowed_methods, reason = "it is aborted when the proxy is dropped")]
        let task = tokio::spawn(accept(listener, SocketAddr::from((Ipv4Addr::LOCALHOST, target)), state));
        Self { port, network, _task: AbortOnDropHandle::new(task) }
    }

    /// From now on the network does this.
    pub fn set(&self, network: Network) {
        self.network.send_replace(network);
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, network: watch::Receiver<Network>) {
    // Connections end with the network's sender.
    let connections = TaskTracker::new();
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        if *network.borrow() != Network::Down {
            connections.spawn(connection(client, target, network.clone()));
        }
    }
}

async fn connection(client: TcpStream, target: SocketAddr, mut network: watch::Receiver<Network>) {
    let Ok(server) = TcpStream::connect(target).await else { return };
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let (mut request, mut response) = ([0; CHUNK_BYTES], [0; CHUNK_BYTES]);
    loop {
        let state = *network.borrow_and_update();
        if state == Network::Down {
            return;
        }
        let moves = state != Network::Stalled;
        tokio::select! {
            changed = network.changed() => if changed.is_err() { return },
            read = from_client.read(&mut request), if moves => {
                let Ok(count @ 1..) = read else { return };
                if to_server.write_all(&request[..count]).await.is_err() { return }
            }
            read = from_server.read(&mut response), if moves => {
                let Ok(count @ 1..) = read else { return };
                if state != Network::Lossy && to_client.write_all(&response[..count]).await.is_err() { return }
            }
        }
    }
}
