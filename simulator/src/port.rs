//! Listening on the loopback interface, on a given port or on a free one.

use std::{io, net::Ipv4Addr, ops::Range};

use tokio::net::TcpListener;

use crate::Error;

/// The simulator has a known password; it is not meant to be reachable from another machine.
pub(crate) const HOST: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// Where free ports are looked for: below the ephemeral ports of Linux (from 32768), because the
/// kernel hands those to outgoing connections, and a restart would find its port taken.
const FREE_PORTS: Range<u16> = 20_000..32_000;
/// How many ports are tried before giving up: far more than one machine's simulators can hold.
const ATTEMPTS_MAX: u16 = 512;

/// Listens on `port`, or on a free port below 32768 when it is 0.
pub(crate) async fn listen(port: u16, service: &'static str) -> Result<TcpListener, Error> {
    if port != 0 {
        return bind(port, service).await;
    }
    // A random start keeps a client that still looks for a stopped simulator from finding the next.
    let start = rand::random_range(FREE_PORTS);
    let span = FREE_PORTS.end - FREE_PORTS.start;
    let mut last = None;
    for step in 0..ATTEMPTS_MAX {
        let port = FREE_PORTS.start + (start - FREE_PORTS.start + step) % span;
        match bind(port, service).await {
            Ok(listener) => return Ok(listener),
            Err(error) => last = Some(error),
        }
    }
    Err(last.expect("at least one port was tried"))
}

async fn bind(port: u16, service: &'static str) -> Result<TcpListener, Error> {
    let error = |source: io::Error| Error::Listen { service, address: format!("{HOST}:{port}"), source };
    TcpListener::bind((HOST, port)).await.map_err(error)
}

/// The port a listener has got.
pub(crate) fn of(listener: &TcpListener, service: &'static str) -> Result<u16, Error> {
    let error = |source| Error::Listen { service, address: HOST.to_string(), source };
    listener.local_addr().map(|address| address.port()).map_err(error)
}
