//! What changes something at a server: acknowledging an alarm. Only in a build with the feature `floor-writes`, only for
//! notifiers whose plant file says `acknowledge = true`, and only as a command of the outbox.

use std::{fmt, time::Duration};

use model::entity::command::CommandState;
use opcua::types::{LocalizedText, MethodId, NodeId, StatusCode, Variant};
use serde::Deserialize;
use tokio::{
    sync::{mpsc, oneshot},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use workflow::{Error, commands::Outbox, ingest::AlarmKey};

use super::{
    engine::Handle,
    services::Services,
    source::{Fault, Source},
};

/// The action of the outbox that acknowledges an alarm: `sourceNode`, `condition`, `branch`, `comment`.
pub const ACKNOWLEDGE_ALARM: &str = "ACKNOWLEDGE_ALARM";
/// Orders that wait for the connection. One is carried out at a time.
const ORDERS: usize = 1;
/// Longest comment: devices keep a line.
const MAX_COMMENT: usize = 200;
/// How often the outbox is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// A server that has not answered by then leaves it open whether it acted.
const ANSWERS_WITHIN: Duration = Duration::from_secs(15);
/// How often, and how many times, it is looked whether the alarm says that it is acknowledged.
const VERIFY: Duration = Duration::from_millis(500);
const VERIFICATIONS: usize = 20;

/// Why an alarm was not acknowledged.
#[derive(Clone, Debug, PartialEq)]
pub enum Unacknowledged {
    /// The server does not show this alarm, or its plant file does not allow it. Nothing was sent.
    NotAllowed(&'static str),
    /// The server said no.
    Refused(String),
    /// Nobody knows whether it acted.
    Unknown(String),
}

impl fmt::Display for Unacknowledged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAllowed(why) => f.write_str(why),
            Self::Refused(why) => write!(f, "the server refused it: {why}"),
            Self::Unknown(why) => write!(f, "nobody knows whether the server took it: {why}"),
        }
    }
}

/// What the engine is asked for.
pub(super) enum Order {
    /// Acknowledge an alarm.
    Acknowledge { key: AlarmKey, comment: String, done: oneshot::Sender<Result<(), Unacknowledged>> },
    /// Whether an alarm is acknowledged, by what its server last said; `None`: it does not show it.
    Look { key: AlarmKey, done: oneshot::Sender<Option<bool>> },
}

/// The way to the engine.
pub(super) type Sender = mpsc::Sender<Order>;

/// What waits for the engine.
pub(super) struct Orders(mpsc::Receiver<Order>);

impl Orders {
    pub(super) fn new() -> (Sender, Self) {
        let (sender, receiver) = mpsc::channel(ORDERS);
        (sender, Self(receiver))
    }

    /// The next one. Safe to give up waiting.
    pub(super) async fn next(&mut self) -> Order {
        match self.0.recv().await {
            Some(order) => order,
            None => std::future::pending().await,
        }
    }
}

impl Source {
    /// Carries an order out on this session.
    pub(super) async fn execute(&mut self, order: Order, services: &Services) -> Result<(), Fault> {
        match order {
            Order::Look { key, done } => {
                let _ = done.send(self.alarms.known(&key).map(|known| known.acked));
            }
            Order::Acknowledge { key, comment, done } => {
                let sent = self.acknowledge(&key, &comment, services).await;
                let source = &self.config.source;
                tracing::info!(source, condition = key.condition, ok = sent.is_ok(), "an alarm was to be acknowledged");
                let _ = done.send(sent);
            }
        }
        Ok(())
    }

    /// Acknowledges the last event of an alarm.
    async fn acknowledge(&self, key: &AlarmKey, comment: &str, services: &Services) -> Result<(), Unacknowledged> {
        let known = self.alarms.known(key).ok_or(Unacknowledged::NotAllowed("the server does not show this alarm"))?;
        if !known.acknowledge {
            let why = "the plant file does not let people acknowledge it: acknowledge = true is missing";
            return Err(Unacknowledged::NotAllowed(why));
        }
        let method = NodeId::from(MethodId::AcknowledgeableConditionType_Acknowledge);
        let comment: String = comment.chars().take(MAX_COMMENT).collect();
        let arguments = vec![Variant::from(known.event.clone()), LocalizedText::new("", &comment).into()];
        match services.call((known.condition.clone(), method, Some(arguments)).into()).await {
            Ok(()) | Err(StatusCode::BadConditionBranchAlreadyAcked) => Ok(()),
            Err(status) if super::attach::is_connection(status) => Err(Unacknowledged::Unknown(status.to_string())),
            Err(status) => Err(Unacknowledged::Refused(status.to_string())),
        }
    }
}

impl Handle {
    /// Acknowledges the last event of an alarm, with a comment. An alarm that is acknowledged already is no failure.
    ///
    /// # Errors
    /// See [`Unacknowledged`].
    pub async fn acknowledge(&self, key: AlarmKey, comment: String) -> Result<(), Unacknowledged> {
        let (done, answer) = oneshot::channel();
        let asked = async {
            self.orders.send(Order::Acknowledge { key, comment, done }).await.ok()?;
            answer.await.ok()
        };
        match timeout(ANSWERS_WITHIN, asked).await {
            Ok(Some(answer)) => answer,
            Ok(None) => Err(Unacknowledged::NotAllowed("the source is not read any more")),
            Err(_) => Err(Unacknowledged::Unknown("the server is not connected, or does not answer".to_owned())),
        }
    }

    /// Whether its server says that an alarm is acknowledged; `None` when it does not show it, or can not be asked.
    pub async fn is_acknowledged(&self, key: AlarmKey) -> Option<bool> {
        let (done, answer) = oneshot::channel();
        let asked = async {
            self.orders.send(Order::Look { key, done }).await.ok()?;
            answer.await.ok()?
        };
        timeout(ANSWERS_WITHIN, asked).await.ok()?
    }

    /// Carries out the acknowledgements of an outbox, until `cancel` or until the outbox belongs to somebody else.
    ///
    /// # Errors
    /// The store's.
    pub async fn carry_out(self, outbox: Outbox, cancel: CancellationToken) -> Result<(), Error> {
        while cancel.run_until_cancelled(sleep(LOOK)).await.is_some() {
            while let Some(command) = outbox.lease_next().await? {
                let (state, outcome) = match asked(&command.action, &command.payload) {
                    Ok((key, comment)) => self.carry_out_one(key, comment).await,
                    Err(problem) => (CommandState::Rejected, problem),
                };
                outbox.moved(command.id, state, Some(outcome)).await?;
            }
        }
        Ok(())
    }

    /// To acknowledge twice does what once does, so that an earlier attempt of which nobody knows is simply repeated.
    async fn carry_out_one(&self, key: AlarmKey, comment: String) -> (CommandState, String) {
        match self.acknowledge(key.clone(), comment).await {
            Ok(()) => {}
            Err(error @ Unacknowledged::Unknown(_)) => return (CommandState::Unknown, error.to_string()),
            Err(error) => return (CommandState::Rejected, error.to_string()),
        }
        // What counts is what the alarm says by itself.
        for _ in 0..VERIFICATIONS {
            match self.is_acknowledged(key.clone()).await {
                Some(true) => return (CommandState::Verified, "the server says that it is acknowledged".to_owned()),
                // Acknowledged and gone: a server drops what nobody has to look at any more.
                None => return (CommandState::Verified, "the server does not show it any more".to_owned()),
                Some(false) => sleep(VERIFY).await,
            }
        }
        (CommandState::Mismatch, "the server took it, and the alarm still says that nobody acknowledged it".to_owned())
    }
}

/// What a command asks for.
fn asked(action: &str, payload: &str) -> Result<(AlarmKey, String), String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Payload {
        source_node: String,
        condition: String,
        #[serde(default)]
        branch: String,
        #[serde(default)]
        comment: String,
    }
    if action != ACKNOWLEDGE_ALARM {
        return Err(format!("an OPC UA source knows only {ACKNOWLEDGE_ALARM}, not {action}"));
    }
    let Payload { source_node, condition, branch, comment } =
        serde_json::from_str(payload).map_err(|error| format!("its payload does not read: {error}"))?;
    Ok((AlarmKey { source_node, condition, branch }, comment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_acknowledgement_is_carried_out() {
        let payload = r#"{"sourceNode":"nsu=urn:x;s=a","condition":"nsu=urn:x;s=b","comment":"seen","reason":"x"}"#;
        let (key, comment) = asked(ACKNOWLEDGE_ALARM, payload).expect("readable");
        assert_eq!((key.condition.as_str(), key.branch.as_str(), comment.as_str()), ("nsu=urn:x;s=b", "", "seen"));
        assert!(asked("START_ORDER", payload).is_err());
        assert!(asked(ACKNOWLEDGE_ALARM, "{}").is_err());
    }
}
