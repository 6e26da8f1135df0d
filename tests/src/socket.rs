//! Subscribers over `graphql-transport-ws`: one socket, and one that comes back whatever happens to it.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, sync::Notify, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};
use tokio_util::task::AbortOnDropHandle;

use crate::until::{PATIENCE, until};

/// How soon a subscriber comes back.
const COMES_BACK_AFTER: Duration = Duration::from_millis(100);
/// The service pings three times in this time; a socket on which nothing comes is dead.
const DEAD_AFTER: Duration = Duration::from_secs(60);

/// Why no further event comes.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// The operation was refused or ended with an error: its code and its extensions.
    Error(String, Value),
    /// The operation was completed.
    Complete,
    /// The service closed the socket.
    Closed(u16, String),
    /// The connection broke.
    Lost(String),
}

/// A socket with one signed-in caller.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// Opens a socket and signs in.
    pub async fn open(address: SocketAddr, token: &str) -> Result<Self, End> {
        let mut request = format!("ws://{address}/graphql").into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        let (stream, _) = connect_async(request).await.map_err(|error| End::Lost(error.to_string()))?;
        let mut socket = Self { stream };
        socket
            .send(json!({ "type": "connection_init", "payload": { "Authorization": format!("Bearer {token}") } }))
            .await?;
        let ack = socket.message().await?;
        assert_eq!(ack["type"], "connection_ack", "{ack}");
        Ok(socket)
    }

    /// Begins an operation.
    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) -> Result<(), End> {
        self.send(json!({ "type": "subscribe", "id": id, "payload": { "query": query, "variables": variables } })).await
    }

    /// The data of the next event of the operation that runs.
    pub async fn event(&mut self) -> Result<Value, End> {
        let mut message = self.message().await?;
        match message["type"].as_str() {
            Some("next") if message["payload"].get("errors").is_none() => Ok(message["payload"]["data"].take()),
            Some("next") => Err(ended(&message["payload"]["errors"][0])),
            Some("error") => Err(ended(&message["payload"][0])),
            Some("complete") => Err(End::Complete),
            other => panic!("{other:?} is not expected here: {message}"),
        }
    }

    async fn send(&mut self, message: Value) -> Result<(), End> {
        self.stream.send(Message::text(message.to_string())).await.map_err(|error| End::Lost(error.to_string()))
    }

    async fn message(&mut self) -> Result<Value, End> {
        loop {
            let message = timeout(DEAD_AFTER, self.stream.next()).await;
            match message.map_err(|_| End::Lost("nothing came".to_owned()))? {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                // Answers to pings go out with the next read.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Err(End::Closed(frame.code.into(), frame.reason.to_string()));
                }
                Some(Err(error)) => return Err(End::Lost(error.to_string())),
                other => return Err(End::Lost(format!("{other:?}"))),
            }
        }
    }
}

fn ended(error: &Value) -> End {
    End::Error(error["extensions"]["code"].as_str().unwrap_or_default().to_owned(), error["extensions"].clone())
}

/// What to subscribe to.
#[derive(Clone, Debug)]
pub struct Watch {
    /// A subscription with the variable `$after`, whose events have a `cursor`.
    pub query: String,
    /// Its other variables.
    pub variables: Value,
    /// Where to begin; now if nowhere.
    pub after: Option<String>,
}

/// A subscriber that comes back with its last cursor whenever it is cut off, as a phone does.
#[derive(Debug)]
pub struct Follower {
    shared: Arc<Shared>,
    _task: AbortOnDropHandle<()>,
}

#[derive(Debug, Default)]
struct Shared {
    events: Mutex<Vec<Value>>,
    /// Why each connection ended.
    ends: Mutex<Vec<End>>,
    cut: Notify,
}

impl Follower {
    /// Begins to follow.
    pub fn start(address: SocketAddr, token: &str, watch: Watch) -> Self {
        let shared = Arc::new(Shared::default());
        let run = run(shared.clone(), address, token.to_owned(), watch);
        #[expect(clippy::disallowed_methods, reason = "it is aborted when the follower is dropped")]
        let task = AbortOnDropHandle::new(tokio::spawn(run));
        Self { shared, _task: task }
    }

    /// Cuts the connection without a word, as a dead battery does. It comes back by itself.
    pub fn cut(&self) {
        self.shared.cut.notify_one();
    }

    /// The events so far.
    pub fn events(&self) -> Vec<Value> {
        self.shared.events.lock().unwrap().clone()
    }

    /// How often it was connected and cut off again, and why.
    pub fn ends(&self) -> Vec<End> {
        self.shared.ends.lock().unwrap().clone()
    }

    /// Waits for an event like this one, however long ago it came.
    pub async fn wait_for(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        self.wait_within(what, PATIENCE, |events| events.iter().find(|event| is(event)).cloned()).await
    }

    /// Waits until the events together have something.
    pub async fn wait_within<T>(&self, what: &str, within: Duration, find: impl Fn(&[Value]) -> Option<T>) -> T {
        until(what, within, async || {
            let events = self.shared.events.lock().unwrap();
            find(&events).ok_or_else(|| (events.len(), events.last().cloned(), self.ends()))
        })
        .await
    }
}

async fn run(shared: Arc<Shared>, address: SocketAddr, token: String, watch: Watch) {
    let mut after = watch.after;
    loop {
        let end = tokio::select! {
            end = follow(&shared, address, &token, &watch.query, &watch.variables, &mut after) => end,
            () = shared.cut.notified() => End::Lost("cut by the test".to_owned()),
        };
        let is_final = matches!(end, End::Error(..) | End::Complete);
        shared.ends.lock().unwrap().push(end);
        if is_final {
            return;
        }
        tokio::time::sleep(COMES_BACK_AFTER).await;
    }
}

/// One connection, from its beginning to its end.
async fn follow(
    shared: &Shared,
    address: SocketAddr,
    token: &str,
    query: &str,
    variables: &Value,
    after: &mut Option<String>,
) -> End {
    let subscribed = async {
        let mut socket = Socket::open(address, token).await?;
        let mut variables = variables.clone();
        variables["after"] = json!(after);
        socket.subscribe("1", query, variables).await?;
        Ok(socket)
    };
    let mut socket = match subscribed.await {
        Ok(socket) => socket,
        Err(end) => return end,
    };
    loop {
        match socket.event().await {
            Ok(data) => {
                let event = data.as_object().and_then(|data| data.values().next().cloned()).unwrap();
                *after = Some(event["cursor"].as_str().expect("the subscription asks for the cursor").to_owned());
                shared.events.lock().unwrap().push(event);
            }
            Err(end) => return end,
        }
    }
}
