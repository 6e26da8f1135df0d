//! A small issuer on a real socket, that can rotate, fail, stall and lie.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use tokio_util::task::TaskTracker;

use super::Private;

/// What the issuer answers.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Document(String),
    Failure,
    Redirect(String),
}

pub(super) struct PublishingIssuer {
    pub(super) url: String,
    state: Arc<IssuerState>,
}

struct IssuerState {
    answer: Mutex<Answer>,
    delay: Mutex<Duration>,
    fetches: AtomicUsize,
}

impl PublishingIssuer {
    pub(super) async fn start(keys: &[&Private]) -> Self {
        let state = Arc::new(IssuerState {
            answer: Mutex::new(document(keys)),
            delay: Mutex::default(),
            fetches: AtomicUsize::new(0),
        });
        let router = Router::new().route("/keys", get(keys_answer)).with_state(state.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        TaskTracker::new().spawn(async move { axum::serve(listener, router).await });
        Self { url, state }
    }

    pub(super) fn answers(&self, answer: Answer) {
        *self.state.answer.lock().unwrap() = answer;
    }

    pub(super) fn publishes(&self, keys: &[&Private]) {
        self.answers(document(keys));
    }

    pub(super) fn takes(&self, delay: Duration) {
        *self.state.delay.lock().unwrap() = delay;
    }

    pub(super) fn fetches(&self) -> usize {
        self.state.fetches.load(Ordering::SeqCst)
    }
}

fn document(keys: &[&Private]) -> Answer {
    let keys: Vec<_> = keys.iter().map(|key| key.public()).collect();
    Answer::Document(json!({ "keys": keys }).to_string())
}

async fn keys_answer(State(state): State<Arc<IssuerState>>) -> Response {
    state.fetches.fetch_add(1, Ordering::SeqCst);
    let delay = *state.delay.lock().unwrap();
    tokio::time::sleep(delay).await;
    let answer = state.answer.lock().unwrap().clone();
    match answer {
        Answer::Document(text) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
        Answer::Failure => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Answer::Redirect(to) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
    }
}
