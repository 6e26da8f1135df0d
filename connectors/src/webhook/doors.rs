//! All inboxes behind one address, `/in/PLANT/SOURCE`.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use chrono::{DateTime, Utc};
use model::Code;
use reqwest::header::HeaderMap;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use workflow::sync::Syncer;

use super::{Inbox, Proof, Refusal, inbox};
use crate::{
    Error,
    b2mml::{self, Door, Reply},
    erp::Hint,
    manifest::System,
    plant_file::SystemSection,
};

/// The inboxes of all systems of all plants. Cheap to clone.
#[derive(Clone, Default)]
pub struct Doors(Arc<RwLock<Entries>>);

/// By the codes of the plant and of the system.
type Entries = HashMap<(String, String), Arc<Entry>>;

/// What one system may send.
pub enum Entry {
    /// Hints.
    Webhook(Inbox),
    /// Messages of B2MML.
    B2mml(Proof, Door),
}

impl Entry {
    /// Where hints go from now on: the job that reads the system, in the process that owns it.
    pub fn leads_to(&self, poller: mpsc::Sender<Hint>) {
        match self {
            Self::Webhook(inbox) => inbox.leads_to(poller),
            Self::B2mml(..) => {}
        }
    }

    /// Stores what comes in until cancelled. Whoever calls this owns the source.
    pub async fn store(&self, syncer: Syncer, cancel: CancellationToken) {
        match self {
            Self::Webhook(_) => cancel.cancelled().await,
            Self::B2mml(_, door) => door.run(syncer, cancel).await,
        }
    }
}

/// The way in that a manifest declares; `None`: this system sends nothing by itself.
///
/// # Errors
/// [`Error::Secret`] when the plant file does not say where the secret is.
pub fn way_in(section: &SystemSection) -> Result<Option<Entry>, Error> {
    if let Some(webhook) = &section.manifest.webhook {
        return Ok(Some(Entry::Webhook(Inbox::new(webhook, section)?)));
    }
    let System::B2mml(system) = &section.manifest.system else { return Ok(None) };
    let proof = match &system.receive {
        None => return Ok(None),
        Some(b2mml::manifest::Sender::Bearer(name)) => Proof::Bearer(section.secret(name)?.clone()),
        Some(b2mml::manifest::Sender::Basic { user, password }) => {
            Proof::Basic(user.clone(), section.secret(password)?.clone())
        }
    };
    let reading = b2mml::Reading { line_by_location: section.line_by_location.clone() };
    Ok(Some(Entry::B2mml(proof, Door::new(reading))))
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// It was taken; there is nothing to say.
    Taken,
    /// It was read, and this is the XML to answer.
    Confirmed(String),
}

impl Doors {
    /// Opens a way in; one that was there before is replaced.
    pub fn open(&self, plant: &str, source: &str, entry: Entry) -> Arc<Entry> {
        let entry = Arc::new(entry);
        let key = (plant.to_owned(), source.to_owned());
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(key, entry.clone());
        entry
    }

    /// How large the body of a request may be. Only who has already proved who they are may send a large one.
    pub fn bytes_max(&self, plant: &str, source: &str, headers: &HeaderMap) -> usize {
        match self.entry(plant, source).as_deref() {
            Some(Entry::B2mml(proof, _)) if proof.holds(headers).unwrap_or(false) => b2mml::BODY_BYTES_MAX,
            _ => inbox::BODY_BYTES_MAX,
        }
    }

    fn entry(&self, plant: &str, source: &str) -> Option<Arc<Entry>> {
        let key = (plant.to_owned(), source.to_owned());
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    /// Takes a request.
    ///
    /// # Errors
    /// A path without a system and a request without a valid proof are answered alike.
    pub async fn receive(
        &self,
        plant: &str,
        source: &str,
        headers: &HeaderMap,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Arrived, Refusal> {
        match self.entry(plant, source).as_deref() {
            None => Err(Refusal::nothing_here()),
            Some(Entry::Webhook(inbox)) => {
                if let Some(hint) = inbox.receive(headers, body, now)? {
                    inbox.pass_on(hint);
                }
                Ok(Arrived::Taken)
            }
            Some(Entry::B2mml(proof, door)) => {
                let proved = proof.holds(headers).unwrap_or_else(|error| {
                    tracing::error!(%error, "a sender can not be verified");
                    false
                });
                if !proved {
                    return Err(Refusal::nothing_here());
                }
                match door.take(body, now).await {
                    Reply::Confirmed(None) => Ok(Arrived::Taken),
                    Reply::Confirmed(Some(xml)) => Ok(Arrived::Confirmed(xml)),
                    Reply::Unreadable(problem) => Err(Refusal::new(Code::RequestMalformed, problem)),
                    Reply::Busy => Err(Refusal::new(Code::LeaseLost, "it can not be stored here now: send it again")),
                }
            }
        }
    }
}
