//! The events of a source: conditions that become signals, and the rounds in which the server repeats them.

use chrono::{DateTime, Utc};
use opcua::types::{EventFieldList, StatusCode};
use tokio::time::Instant;
use workflow::ingest::{Batch, Signal};

use super::{
    attach::is_connection,
    item::Target,
    services::Services,
    source::{Fault, Source},
};

impl Source {
    /// Reads the events of one message.
    pub(super) async fn take_events(
        &mut self,
        services: &Services,
        events: Vec<EventFieldList>,
        received: DateTime<Utc>,
    ) -> Result<Vec<Signal>, Fault> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        if self.alarms.lacks_namespaces() {
            let namespaces = services.namespaces().await.map_err(Fault::Service)?;
            self.alarms.learn(namespaces.known_namespaces().iter().map(|(uri, index)| (*index, uri.clone())).collect());
        }
        self.health.events(events.len());
        let read = self.alarms.read(&self.config.items, events, received, Instant::now());
        if read.refused > 0 {
            let source = &self.config.source;
            tracing::warn!(source, alarms = read.refused, "the server shows more alarms than are taken");
        }
        let mut signals = read.signals;
        for index in read.overflown {
            let cause = format!("the server's queue for events of {} overflowed", self.config.items[index].name());
            signals.push(self.gap(None, cause));
        }
        Ok(signals)
    }

    /// What is shown may have changed unseen. Nothing is asked for where nothing is bound.
    pub(super) fn want_alarms(&mut self) {
        if self.config.items.iter().any(|item| matches!(item.target, Target::Alarms(..))) {
            self.alarms.want(Instant::now());
        }
    }

    /// Asks the server to repeat its alarms when that is due, and concludes a round that has settled.
    pub(super) async fn see_to_alarms(&mut self, services: &Services) -> Result<(), Fault> {
        let (alive, now) = (self.items.present(), Instant::now());
        if let Some(signal) = self.alarms.settled(&self.config.items, &alive, now) {
            self.delivery.notice(Batch { signals: vec![signal], cursor: None }).await?;
        }
        let Some(id) = self.subscription.as_ref().map(|subscription| subscription.id) else { return Ok(()) };
        if !self.alarms.is_due(now) {
            return Ok(());
        }
        match services.refresh_conditions(id).await {
            Ok(()) => {}
            Err(status) if is_connection(status) => return Err(Fault::Service(status)),
            // Somebody else's round is under way.
            Err(StatusCode::BadRefreshInProgress) => self.alarms.want_later(now),
            Err(status) => {
                let source = &self.config.source;
                tracing::warn!(source, %status, "the server does not repeat its alarms; only changes are seen");
            }
        }
        Ok(())
    }
}
