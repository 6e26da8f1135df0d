//! A toy schema that counts what it executes, and a door in front of it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_graphql::{
    Context, Enum, Error, ErrorExtensions, ID, InputObject, Object, OneofObject, Schema, SimpleObject, Subscription,
    ValidationMode,
};
use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, header, response},
};
use futures::{FutureExt, Stream, StreamExt, future::BoxFuture, stream};
use model::{
    Code, Principal,
    clock::{Clock, SystemClock},
};
use serde_json::{Value, json};
use tokio::time::sleep;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use crate::front_door::{Authenticator, FrontDoor, Options, Parts, Refusal};

/// What was executed.
#[derive(Default)]
pub struct Calls {
    pub queries: AtomicUsize,
    pub mutations: AtomicUsize,
    pub finished_mutations: AtomicUsize,
    pub open_streams: AtomicUsize,
}

impl Calls {
    pub fn total(&self) -> usize {
        self.queries.load(Ordering::SeqCst) + self.mutations.load(Ordering::SeqCst)
    }
}

pub struct Query;

fn calls(context: &Context<'_>) -> Arc<Calls> {
    context.data_unchecked::<Arc<Calls>>().clone()
}

fn coded(code: Code) -> Error {
    Error::new("a coded refusal").extend_with(|_, extensions| extensions.set("code", code.as_str()))
}

#[Object]
impl Query {
    async fn name(&self, context: &Context<'_>) -> String {
        calls(context).queries.fetch_add(1, Ordering::SeqCst);
        context.data_unchecked::<Principal>().name.clone()
    }

    async fn echo(&self, text: String) -> String {
        text
    }

    async fn number(&self, value: i32) -> i32 {
        value
    }

    async fn sum(&self, input: Numbers) -> i32 {
        input.values.into_iter().sum()
    }

    async fn page(&self, first: Option<i32>, last: Option<i32>) -> Page {
        let _ = (first, last);
        Page
    }

    async fn items(&self, ids: Vec<ID>) -> Vec<Item> {
        ids.into_iter().map(|_| Item).collect()
    }

    #[graphql(entity)]
    async fn find_item(&self, id: ID) -> Item {
        let _ = id;
        Item
    }

    #[graphql(deprecation = "use echo")]
    async fn pick(&self, choice: Choice) -> String {
        match choice {
            Choice::Text(text) => text,
            Choice::Word(word) => format!("{word:?}"),
        }
    }

    async fn leaks(&self) -> Result<String, Error> {
        Err(std::io::Error::other("connection to postgres://user:secret@db failed").into())
    }

    async fn conflict(&self) -> Result<String, Error> {
        Err(coded(Code::Conflict))
    }

    async fn misnamed(&self) -> Result<String, Error> {
        Err(Error::new("inside").extend_with(|_, extensions| extensions.set("code", "NO_SUCH_CODE")))
    }

    async fn slow(&self, millis: u64) -> bool {
        sleep(Duration::from_millis(millis)).await;
        true
    }

    async fn panics(&self) -> bool {
        assert_eq!(1, 2, "a resolver that panics");
        true
    }

    async fn person(&self) -> Person {
        Person
    }
}

#[derive(InputObject)]
struct Numbers {
    values: Vec<i32>,
}

/// Exactly one of them.
#[derive(OneofObject)]
enum Choice {
    Text(String),
    Word(Word),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum Word {
    Yes,
    No,
}

struct Page;

#[Object]
impl Page {
    async fn nodes(&self) -> Vec<Item> {
        vec![Item]
    }

    async fn edges(&self) -> Vec<Edge> {
        vec![Edge]
    }
}

struct Edge;

#[Object]
impl Edge {
    async fn node(&self) -> Item {
        Item
    }
}

struct Item;

#[Object]
impl Item {
    async fn id(&self) -> ID {
        "item".into()
    }

    async fn page(&self, #[graphql(default = 20)] first: i32) -> Page {
        let _ = first;
        Page
    }

    async fn siblings(&self) -> Vec<Item> {
        Vec::new()
    }
}

struct Person;

#[Object]
impl Person {
    async fn friend(&self) -> Person {
        Person
    }

    async fn name(&self) -> &str {
        "Ada"
    }
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn bump(&self, context: &Context<'_>, millis: Option<u64>) -> usize {
        let calls = calls(context);
        calls.mutations.fetch_add(1, Ordering::SeqCst);
        sleep(Duration::from_millis(millis.unwrap_or(0))).await;
        calls.finished_mutations.fetch_add(1, Ordering::SeqCst) + 1
    }
}

#[derive(SimpleObject)]
struct Tick {
    cursor: String,
    number: usize,
    payload: String,
}

/// Counts the streams that live.
struct Open(Arc<Calls>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open_streams.fetch_sub(1, Ordering::SeqCst);
    }
}

pub struct Subscriptions;

#[Subscription]
impl Subscriptions {
    /// Ticks from 1 to `to`, `millis` apart, each with `bytes` of payload.
    async fn ticks(
        &self,
        context: &Context<'_>,
        to: usize,
        #[graphql(default = 0)] millis: u64,
        #[graphql(default = 0)] bytes: usize,
    ) -> impl Stream<Item = Tick> + use<> {
        let calls = calls(context);
        calls.open_streams.fetch_add(1, Ordering::SeqCst);
        let open = Arc::new(Open(calls));
        stream::iter(1..=to).then(move |number| {
            let open = open.clone();
            async move {
                let _open = open;
                sleep(Duration::from_millis(millis)).await;
                Tick { cursor: format!("c{number}"), number, payload: "x".repeat(bytes) }
            }
        })
    }

    async fn expired(&self) -> Result<stream::Empty<bool>, Error> {
        Err(coded(Code::CursorExpired))
    }

    async fn panicking(&self) -> impl Stream<Item = bool> + use<> {
        stream::iter([true, false]).map(|healthy| if healthy { true } else { panic!("a stream that panics") })
    }
}

/// Tokens are words: `user`, `developer`, `brief` (ends in 300 ms).
struct Words;

impl Authenticator for Words {
    fn authenticate<'a>(&'a self, bearer: &'a str) -> BoxFuture<'a, Result<Principal, Refusal>> {
        let mut principal = Principal {
            subject: bearer.to_owned(),
            person: bearer.to_owned(),
            name: format!("the {bearer}"),
            grants: Vec::new(),
            service: false,
            developer: bearer == "developer",
            expires_at: None,
        };
        if bearer == "brief" {
            principal.expires_at = Some(SystemClock.now() + chrono::Duration::milliseconds(300));
        }
        let is_known = ["user", "developer", "brief"].contains(&bearer);
        let verdict = if is_known {
            Ok(principal)
        } else {
            Err(Refusal::new(Code::Unauthenticated, "the token is not accepted"))
        };
        async move { verdict }.boxed()
    }
}

/// A door with a toy behind it.
pub struct Toy {
    pub door: FrontDoor,
    pub calls: Arc<Calls>,
    pub tracker: TaskTracker,
    pub cancel: CancellationToken,
}

impl Toy {
    pub fn new(options: Options) -> Self {
        let calls = Arc::new(Calls::default());
        let schema = Schema::build(Query, Mutation, Subscriptions)
            .validation_mode(ValidationMode::Fast)
            .data(calls.clone())
            .finish();
        let (tracker, cancel) = (TaskTracker::new(), CancellationToken::new());
        let door = FrontDoor::new(Parts {
            executor: Arc::new(schema),
            authenticator: Arc::new(Words),
            prepare: Arc::new(|_, _| {}),
            options,
            clock: Arc::new(SystemClock),
            tracker: tracker.clone(),
            cancel: cancel.clone(),
        })
        .unwrap();
        Self { door, calls, tracker, cancel }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.door.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer { parts, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// A POST of a query, as the developer.
    pub async fn query(&self, query: &str) -> Answer {
        self.post("developer", &json!({ "query": query })).await
    }

    pub async fn post(&self, token: &str, body: &Value) -> Answer {
        self.send(post(token).body(Body::from(body.to_string())).unwrap()).await
    }
}

/// A POST that lacks only its body.
pub fn post(token: &str) -> axum::http::request::Builder {
    Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/graphql-response+json")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
}

pub struct Answer {
    pub parts: response::Parts,
    pub body: String,
}

impl Answer {
    pub fn status(&self) -> StatusCode {
        self.parts.status
    }

    pub fn header(&self, name: header::HeaderName) -> &str {
        self.parts.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    /// The code of the first error; empty without one.
    pub fn code(&self) -> String {
        let json = self.json();
        for error in json["errors"].as_array().into_iter().flatten() {
            let id = error["extensions"]["id"].as_str().expect("each error has an id");
            uuid::Uuid::parse_str(id).unwrap();
            assert!(error["extensions"]["code"].is_string(), "each error has a code");
        }
        json["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
    }
}
