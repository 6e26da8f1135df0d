//! One system: a state that is asked under one lock, with its faults.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tracing::debug;

use super::{
    call::{Call, Reply},
    fault::{Fault, FaultKind, Faults, malform},
    hook::Announcement,
    ledger::{Effect, Ledger},
    options::Webhook,
};
use crate::clock::wall_now;

/// What a system is: a state that can be asked.
pub(crate) trait System: Clone + Send + 'static {
    /// What the system asks the planning book to do.
    type Intent: Send;

    /// The name that faults and the ledger have for what a request does.
    fn action(&self, call: &Call) -> &'static str;
    /// Answers, and changes what is to be changed. `now` is the system's own clock.
    fn answer(&mut self, call: &Call, now: DateTime<Utc>) -> Reply;
    /// What came to be asked of the book since the last time.
    fn intents(&mut self) -> Vec<Self::Intent>;
    /// What came to be announced since the last time.
    fn events(&mut self) -> Vec<String>;
    /// Forgets sessions.
    fn restarted(&mut self);
    /// What clients did.
    fn ledger(&self) -> &Ledger;
    /// A test changes something; none when the system does not know the request.
    fn hand(&mut self, name: &str, body: &Value, now: DateTime<Utc>) -> Option<Result<(), String>>;
}

/// The state and what is wrong with it.
pub(crate) struct Held<S> {
    pub(crate) state: S,
    /// What reads answer until then.
    stale: Option<(Instant, Box<S>)>,
    faults: Faults,
    webhook: Option<Webhook>,
    /// A fault on reads, for systems that are not read over HTTP.
    pub(crate) read_fault: Option<(Instant, Fault)>,
}

type Wish<S> = Box<dyn Fn(Vec<<S as System>::Intent>) + Send + Sync>;

struct Shared<S: System> {
    held: Mutex<Held<S>>,
    skew: TimeDelta,
    /// Hands intents to the planning book.
    wish: Wish<S>,
    announcements: mpsc::Sender<Announcement>,
    /// For how long the system is to be away.
    restart: watch::Sender<Duration>,
    /// Whether a fault on `read` is for somebody else than this server.
    reads_elsewhere: bool,
}

/// A system that can be asked, from a socket or by a test. Cheap to clone.
pub(crate) struct Server<S: System>(Arc<Shared<S>>);

impl<S: System> Clone for Server<S> {
    fn clone(&self) -> Self {
        Server(self.0.clone())
    }
}

/// How an answer reaches the client.
pub(super) enum Delivery {
    Whole(Reply),
    Late(Duration, Reply),
    Half(Reply),
    /// Not at all, after this time.
    Never(Duration),
}

impl<S: System> Server<S> {
    pub(crate) fn new(
        state: S,
        skew: TimeDelta,
        wish: impl Fn(Vec<S::Intent>) + Send + Sync + 'static,
        announcements: mpsc::Sender<Announcement>,
        webhook: Option<Webhook>,
        reads_elsewhere: bool,
    ) -> Self {
        let held = Held { state, stale: None, faults: Faults::default(), webhook, read_fault: None };
        Server(Arc::new(Shared {
            held: Mutex::new(held),
            skew,
            wish: Box::new(wish),
            announcements,
            restart: watch::channel(Duration::ZERO).0,
            reads_elsewhere,
        }))
    }

    /// The clock of the system.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        wall_now() + self.0.skew
    }

    pub(crate) fn skew(&self) -> TimeDelta {
        self.0.skew
    }

    /// The state, exclusively; never across an await.
    pub(crate) fn held(&self) -> MutexGuard<'_, Held<S>> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state as time or a test does, and passes on what follows from it.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut S, DateTime<Utc>) -> T) -> T {
        let now = self.now();
        let mut held = self.held();
        let outcome = change(&mut held.state, now);
        self.pass_on(held);
        outcome
    }

    /// For how long the system is to be away, whenever that changes.
    pub(super) fn restarts(&self) -> watch::Receiver<Duration> {
        self.0.restart.subscribe()
    }

    pub(crate) fn inject(&self, fault: Fault) {
        let mut held = self.held();
        if fault.fault == FaultKind::Restart && fault.on == "any" {
            held.state.restarted();
            self.0.restart.send_replace(fault.lasts());
        } else if self.0.reads_elsewhere && fault.on == "read" {
            held.read_fault = Some((Instant::now() + fault.lasts(), fault));
        } else {
            held.faults.arm(fault);
        }
    }

    pub(crate) fn disarm(&self) {
        let mut held = self.held();
        held.faults.clear();
        held.stale = None;
        held.read_fault = None;
    }

    pub(crate) fn effects(&self) -> Vec<Effect> {
        self.held().state.ledger().effects()
    }

    pub(crate) fn set_webhook(&self, webhook: Option<Webhook>) {
        self.held().webhook = webhook;
    }

    /// Tells the book and the receiver of events what came of a change.
    fn pass_on(&self, mut held: MutexGuard<'_, Held<S>>) {
        let (intents, events) = (held.state.intents(), held.state.events());
        let webhook = held.webhook.clone();
        drop(held);
        if !intents.is_empty() {
            (self.0.wish)(intents);
        }
        for body in events {
            if let Some(to) = webhook.clone() {
                // A full queue loses the event: it is only a hint.
                let _ = self.0.announcements.try_send(Announcement { to, body });
            }
        }
    }

    pub(super) fn ask(&self, call: &Call) -> Delivery {
        if let Some(name) = call.path.strip_prefix("/_sim/") {
            return Delivery::Whole(self.admin(name, call));
        }
        let mut held = self.held();
        let action = held.state.action(call);
        let Some(fault) = held.faults.strike(call.is_read(), action) else {
            let reply = self.answer(&mut held, call);
            self.pass_on(held);
            return Delivery::Whole(reply);
        };
        debug!(action, fault = ?fault.fault, "a fault strikes");
        let delivery = self.fail(&mut held, call, &fault);
        self.pass_on(held);
        delivery
    }

    /// What a healthy system answers.
    fn answer(&self, held: &mut Held<S>, call: &Call) -> Reply {
        let now = self.now();
        if held.stale.as_ref().is_some_and(|(until, _)| Instant::now() > *until) {
            held.stale = None;
        }
        match &mut held.stale {
            Some((_, before)) if call.is_read() => before.answer(call, now),
            _ => held.state.answer(call, now),
        }
    }

    fn fail(&self, held: &mut Held<S>, call: &Call, fault: &Fault) -> Delivery {
        let status = fault.status.and_then(|status| StatusCode::from_u16(status).ok());
        let broken = || Reply::empty(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        match fault.fault {
            FaultKind::Error => Delivery::Whole(broken()),
            FaultKind::ErrorAfterEffect => {
                self.answer(held, call);
                Delivery::Whole(broken())
            }
            FaultKind::TimeoutAfterEffect => {
                self.answer(held, call);
                Delivery::Never(fault.lasts())
            }
            FaultKind::Reset => Delivery::Never(Duration::ZERO),
            FaultKind::ResetAfterEffect => {
                self.answer(held, call);
                Delivery::Never(Duration::ZERO)
            }
            FaultKind::LostUpdate => {
                let before = held.state.clone();
                let reply = self.answer(held, call);
                held.state = before;
                Delivery::Whole(reply)
            }
            FaultKind::StaleReadBack => {
                let before = held.state.clone();
                let reply = self.answer(held, call);
                held.stale = Some((Instant::now() + fault.lasts(), Box::new(before)));
                Delivery::Whole(reply)
            }
            FaultKind::Slow => Delivery::Late(fault.lasts(), self.answer(held, call)),
            FaultKind::RateLimited => {
                let seconds = fault.lasts().as_secs().max(1).to_string();
                Delivery::Whole(Reply::empty(StatusCode::TOO_MANY_REQUESTS).with("retry-after", seconds))
            }
            FaultKind::Truncated => Delivery::Half(self.answer(held, call)),
            FaultKind::MalformedRecord => {
                let mut reply = self.answer(held, call);
                if let Ok(mut body) = serde_json::from_slice(&reply.body) {
                    malform(&mut body, fault);
                    reply.body = body.to_string().into_bytes();
                }
                Delivery::Whole(reply)
            }
            FaultKind::Half => Delivery::Whole(self.answer(held, &Call { half: true, ..call.clone() })),
            FaultKind::Restart => {
                held.state.restarted();
                self.0.restart.send_replace(fault.lasts());
                Delivery::Never(Duration::ZERO)
            }
        }
    }

    /// The door for tests.
    fn admin(&self, name: &str, call: &Call) -> Reply {
        let refuse = |problem: String| Reply::json(StatusCode::BAD_REQUEST, &json!({ "error": problem }));
        let done = Reply::empty(StatusCode::NO_CONTENT);
        match (call.method.as_str(), name) {
            ("GET", "ledger") => Reply::json(StatusCode::OK, &json!({ "effects": self.effects() })),
            ("GET", "faults") => Reply::json(StatusCode::OK, &json!({ "armed": self.held().faults.armed() })),
            ("DELETE", "faults") => {
                self.disarm();
                done
            }
            ("POST", "faults") => match serde_json::from_slice(&call.body) {
                Ok(fault) => {
                    self.inject(fault);
                    done
                }
                Err(problem) => refuse(problem.to_string()),
            },
            ("POST", "webhook") => match serde_json::from_slice(&call.body) {
                Ok(webhook) => {
                    self.set_webhook(webhook);
                    done
                }
                Err(problem) => refuse(problem.to_string()),
            },
            ("POST", name) => match serde_json::from_slice::<Value>(&call.body) {
                Ok(body) => match self.change(|state, now| state.hand(name, &body, now)) {
                    Some(Ok(())) => done,
                    Some(Err(problem)) => refuse(problem),
                    None => Reply::empty(StatusCode::NOT_FOUND),
                },
                Err(problem) => refuse(problem.to_string()),
            },
            _ => Reply::empty(StatusCode::NOT_FOUND),
        }
    }
}

/// For systems that ask nothing of the book.
pub(crate) type Nothing = Infallible;
