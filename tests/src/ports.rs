//! Ports for servers that come back at the same address.

use std::{
    net::TcpListener,
    sync::atomic::{AtomicU16, Ordering},
};

use uuid::Uuid;

/// Below the range from which systems take ports for outgoing connections: there, somebody else could sit on the port of
/// a server that is down for a moment.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// Where this process looks next; 0 before the first look.
static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port that nobody listens on, and that no other test of this process gets.
pub fn free_port() -> u16 {
    // Another run of the tests on the same machine begins elsewhere.
    let begin = u16::try_from(Uuid::new_v4().as_u128() % u128::from(COUNT)).unwrap() + 1;
    let _already = NEXT.compare_exchange(0, begin, Ordering::Relaxed, Ordering::Relaxed);
    (0..COUNT)
        .map(|_| FIRST + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port")
}
