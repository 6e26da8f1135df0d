//! Messages that are stored together.

use std::{collections::BTreeMap, time::Duration};

use rumqttc::Publish;
use tokio::time::Instant;
use workflow::sync::Record;

/// How long the first message waits for others.
const AGE_MAX: Duration = Duration::from_millis(100);
/// After this time without another one, none is coming: brokers stop at some twenty that are not acknowledged.
const QUIET: Duration = Duration::from_millis(15);
/// Messages that are stored together: one transaction for each stream.
pub(super) const MESSAGES_MAX: usize = 500;

/// Messages under way.
#[derive(Default)]
pub(super) struct Batch {
    /// To acknowledge when all is stored.
    pub(super) messages: Vec<Publish>,
    /// By stream.
    pub(super) records: BTreeMap<String, Vec<Record>>,
    began: Option<(Instant, Instant)>,
}

impl Batch {
    /// A message that is part of it from now on.
    pub(super) fn add(&mut self, message: Publish) {
        let now = Instant::now();
        self.began = Some((self.began.map_or(now, |(first, _)| first), now));
        self.messages.push(message);
    }

    pub(super) fn is_full(&self) -> bool {
        self.messages.len() >= MESSAGES_MAX
    }

    /// When it has to be stored; `None`: there is nothing to store.
    pub(super) fn due(&self) -> Option<Instant> {
        self.began.map(|(first, last)| (first + AGE_MAX).min(last + QUIET))
    }
}
