//! The listener: slow clients, limits, shutdown.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use super::client::Running;
use crate::front_door::{Options, ServerOptions};

const REQUEST: &str =
    "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer user\r\n";

/// Everything that comes until the other side closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = timeout(Duration::from_secs(10), stream.read_to_end(&mut bytes)).await.expect("closed in time");
    String::from_utf8_lossy(&bytes).into_owned()
}

fn with_body(body: &str, connection: &str) -> String {
    format!("{REQUEST}Connection: {connection}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn headers_that_never_end() {
    let header_timeout = Duration::from_millis(300);
    let options = ServerOptions { header_timeout, ..ServerOptions::default() };
    let running = Running::with_server(Options::default(), options).await;
    // Nothing at all; half of the HTTP/2 preface; headers that drip.
    for beginning in ["", "PRI * HT", "GET /graphql HTTP/1.1\r\nHost: x\r\n"] {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        let began = Instant::now();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let (mut reading, mut writing) = stream.into_split();
        let drip = running.toy.tracker.spawn(async move {
            while !beginning.is_empty() && writing.write_all(b"X-a: b\r\n").await.is_ok() {
                sleep(Duration::from_millis(50)).await;
            }
            writing
        });
        let mut bytes = Vec::new();
        let _ = timeout(Duration::from_secs(5), reading.read_to_end(&mut bytes)).await.expect("dropped in time");
        assert!(began.elapsed() < Duration::from_secs(3), "{beginning:?} held on for {:?}", began.elapsed());
        drip.abort();
    }
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(with_body(r#"{"query":"{ slow(millis: 800) name }"}"#, "close").as_bytes()).await.unwrap();
    assert!(rest(&mut stream).await.contains("the user"), "a slow answer is no slow client");
}

#[tokio::test]
async fn a_head_that_is_too_large() {
    let running = Running::new(Options::default()).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    let head = format!("{REQUEST}X: {}\r\n\r\n", "x".repeat(100 * 1024));
    let _ = stream.write_all(head.as_bytes()).await;
    assert!(!rest(&mut stream).await.contains("200 OK"));
}

#[tokio::test]
async fn connections_have_a_bound() {
    let options = ServerOptions { connections_max: 2, ..ServerOptions::default() };
    let running = Running::with_server(Options::default(), options).await;
    let socket = running.sign_in("user").await;
    let other = running.sign_in("user").await;
    let mut third = TcpStream::connect(running.address).await.unwrap();
    third.write_all(with_body(r#"{"query":"{ name }"}"#, "close").as_bytes()).await.unwrap();
    let mut byte = [0];
    let waits = timeout(Duration::from_millis(300), third.read(&mut byte)).await.is_err();
    assert!(waits, "sockets count, and the next connection waits");
    drop(socket);
    assert!(rest(&mut third).await.contains("the user"));
    drop(other);
}

#[tokio::test]
async fn large_answers_are_compressed_and_small_ones_are_not() {
    let running = Running::new(Options::default()).await;
    let text = "x".repeat(2_000);
    for (encoding, query, expected) in [
        ("gzip", format!("{{ echo(text: \\\"{text}\\\") }}"), true),
        ("br", format!("{{ echo(text: \\\"{text}\\\") }}"), true),
        ("zstd", format!("{{ echo(text: \\\"{text}\\\") }}"), true),
        ("gzip", "{ number(value: 1) }".to_owned(), false),
    ] {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        let request = with_body(&format!("{{\"query\":\"{query}\"}}"), "close");
        let request = request.replacen("\r\n", &format!("\r\nAccept-Encoding: {encoding}\r\n"), 1);
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = rest(&mut stream).await;
        assert_eq!(answer.contains(&format!("content-encoding: {encoding}")), expected, "{encoding}: {answer:.400}");
    }
}

#[tokio::test]
async fn a_stop_lets_running_requests_end() {
    let running = Running::new(Options::default()).await;
    let mut busy = TcpStream::connect(running.address).await.unwrap();
    let request = with_body(r#"{"query":"{ slow(millis: 500) name }"}"#, "keep-alive");
    busy.write_all(request.as_bytes()).await.unwrap();
    let mut idle = TcpStream::connect(running.address).await.unwrap();
    idle.write_all(with_body(r#"{"query":"{ name }"}"#, "keep-alive").as_bytes()).await.unwrap();
    let mut some = [0; 64];
    idle.read_exact(&mut some).await.unwrap();
    running.toy.cancel.cancel();
    rest(&mut idle).await;
    assert!(rest(&mut busy).await.contains("the user"));
    timeout(Duration::from_secs(2), running.server).await.unwrap().unwrap();
    assert!(TcpStream::connect(running.address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_stop_has_a_deadline() {
    let options = ServerOptions { shutdown_deadline: Duration::from_millis(200), ..ServerOptions::default() };
    let running = Running::with_server(Options::default(), options).await;
    let mut busy = TcpStream::connect(running.address).await.unwrap();
    let request = with_body(r#"{"query":"{ slow(millis: 14000) }"}"#, "keep-alive");
    busy.write_all(request.as_bytes()).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    running.toy.cancel.cancel();
    timeout(Duration::from_secs(3), running.server).await.unwrap().unwrap();
    assert!(!rest(&mut busy).await.contains("200 OK"));
    running.toy.tracker.close();
    timeout(Duration::from_secs(3), running.toy.tracker.wait()).await.expect("the connection is cut off");
}

#[tokio::test]
async fn http2_without_negotiation() {
    let running = Running::new(Options::default()).await;
    // Another test may have installed it; the client wants one even for plain HTTP.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().http2_prior_knowledge().timeout(Duration::from_secs(5)).build().unwrap();
    let request = client.post(format!("http://{}/graphql", running.address)).bearer_auth("user");
    let response = request.json(&serde_json::json!({ "query": "{ name }" })).send().await.unwrap();
    assert_eq!(response.version(), reqwest::Version::HTTP_2);
    assert_eq!(response.text().await.unwrap(), r#"{"data":{"name":"the user"}}"#);
}
