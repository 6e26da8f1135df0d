//! A server on a free port, and a client that speaks to it.

use std::{net::SocketAddr, time::Duration};

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest, http::Response},
};

use super::toy::Toy;
use crate::front_door::{Options, ServerOptions, harden, serve};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Running {
    pub toy: Toy,
    pub address: SocketAddr,
    pub server: JoinHandle<()>,
}

impl Running {
    pub async fn new(options: Options) -> Self {
        Self::with_server(options, ServerOptions::default()).await
    }

    pub async fn with_server(options: Options, server_options: ServerOptions) -> Self {
        let toy = Toy::new(options);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = harden(toy.door.router());
        let serving = serve(listener, router, server_options, toy.tracker.clone(), toy.cancel.clone());
        Self { server: toy.tracker.spawn(serving), toy, address }
    }

    /// Opens a socket with these headers.
    pub async fn open(&self, headers: &[(&'static str, &str)]) -> Result<Client, tungstenite::Error> {
        let mut request = format!("ws://{}/graphql", self.address).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (socket, response) = connect_async(request).await?;
        Ok(Client { socket, response })
    }

    /// A socket of the right subprotocol, nothing said yet.
    pub async fn connect(&self) -> Client {
        self.open(&[("sec-websocket-protocol", "graphql-transport-ws")]).await.unwrap()
    }

    /// A socket of a signed-in caller.
    pub async fn sign_in(&self, token: &str) -> Client {
        let mut client = self.connect().await;
        client.init(token).await;
        assert_eq!(client.next().await, json!({ "type": "connection_ack" }));
        client
    }
}

pub struct Client {
    pub socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub response: Response<Option<Vec<u8>>>,
}

impl Client {
    pub async fn send(&mut self, message: Value) {
        self.send_text(&message.to_string()).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    pub async fn init(&mut self, token: &str) {
        let authorization = format!("Bearer {token}");
        self.send(json!({ "type": "connection_init", "payload": { "Authorization": authorization } })).await;
    }

    pub async fn subscribe(&mut self, id: &str, query: &str) {
        self.send(json!({ "type": "subscribe", "id": id, "payload": { "query": query } })).await;
    }

    /// The next message of the protocol.
    pub async fn next(&mut self) -> Value {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.expect("a message in time") {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("expected a message, got {other:?}"),
            }
        }
    }

    /// The code and the reason that the service closes with; messages before it are skipped.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.expect("closed in time") {
                Some(Ok(Message::Close(Some(frame)))) => return (frame.code.into(), frame.reason.to_string()),
                Some(Ok(_)) => {}
                other => panic!("expected a close frame, got {other:?}"),
            }
        }
    }

    /// Whether nothing comes for a while.
    pub async fn is_quiet(&mut self, millis: u64) -> bool {
        timeout(Duration::from_millis(millis), self.socket.next()).await.is_err()
    }
}
