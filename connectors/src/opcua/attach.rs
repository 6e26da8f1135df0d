//! Gets hold of a subscription on a session: the one that we have, taken over if need be, or a new one.

use opcua::types::{
    AttributeId, DataChangeFilter, DataChangeTrigger, DeadbandType, ExtensionObject, MonitoredItemCreateRequest,
    MonitoredItemNotification, MonitoringMode, MonitoringParameters, NodeId, ReadValueId, StatusCode,
};
use workflow::ingest::{Batch, Signal};

use super::{
    condition,
    item::{Item, Target},
    notification::handle_of,
    resolve::{Unresolved, resolve},
    services::{CHUNK, Published, Services},
    source::{Fault, Source},
    subscription::{Subscription, Terms},
};

/// What a gap says when the server forgot the subscription.
pub(super) const GONE: &str = "the server does not have the subscription any more";

impl Source {
    /// Gets hold of a subscription, and of what it has reported since.
    pub(super) async fn attach(&mut self, services: &Services) -> Result<(), Fault> {
        let session = services.session_number();
        let Some(subscription) = &mut self.subscription else { return self.create(services, session).await };
        if subscription.owner != Some(session) {
            self.decoder.forget_states();
            self.alarms.forget();
            let started = services.started().await.map_err(Fault::Service)?;
            if subscription.is_of_another_start(started) {
                return Err(Fault::Lost("the server was restarted".to_owned()));
            }
            // After a restart of ours nothing in memory knows the present values, so the server repeats them.
            let restarted = subscription.owner.is_none();
            match services.transfer(subscription.id, restarted).await {
                Ok(()) => subscription.owner = Some(session),
                Err(status) if is_connection(status) => return Err(Fault::Service(status)),
                Err(status) => {
                    return Err(Fault::Lost(format!("the server does not hand the subscription over ({status})")));
                }
            }
            tracing::info!(source = self.config.source, subscription = subscription.id, "took a subscription over");
        }
        self.want_alarms();
        self.catch_up(services).await?;
        self.confirm_states(services).await
    }

    /// After a cut, a line that did not change has nothing to report, and would be shown as stale until it does. What was
    /// reported last is confirmed; anything newer is on its way, and confirming it would overtake what came before it.
    async fn confirm_states(&mut self, services: &Services) -> Result<(), Fault> {
        if !self.is_stale() {
            return Ok(());
        }
        let now = self.clock.now();
        let is_state =
            |index: &usize| matches!(self.config.items[*index].target, Target::State(_) | Target::PackMl(..));
        let present = self.items.present().into_iter().filter(is_state);
        let states: Vec<_> = present.filter_map(|index| Some((index, self.items.node(index)?.clone()))).collect();
        let mut last = Vec::new();
        for chunk in states.chunks(CHUNK) {
            let nodes = chunk.iter().map(|(_, node)| node.clone()).collect();
            let values = services.read_present(nodes).await.map_err(Fault::Service)?;
            for ((index, _), value) in chunk.iter().zip(values) {
                if self.decoder.is_last(*index, &value, now) {
                    last.push(MonitoredItemNotification { client_handle: handle_of(*index), value });
                }
            }
        }
        if last.is_empty() {
            return Ok(());
        }
        self.decoder.repeat();
        let message = Published { values: last, ..Published::default() };
        self.learn_states(services, &message).await?;
        let signals = self.decoder.decode(&self.config.items, message.values, now).signals;
        self.delivery.notice(Batch { signals, cursor: None }).await
    }

    /// Asks for everything that was reported and did not arrive. Before the first Publish on a connection: its answers
    /// would push the old messages out of the server's memory.
    pub(super) async fn catch_up(&mut self, services: &Services) -> Result<(), Fault> {
        while let Some(subscription) = &self.subscription {
            let Some(message) = again(services, subscription.id, subscription.sequence.next()).await? else { break };
            self.health.republished();
            self.take(services, message).await?;
        }
        Ok(())
    }

    async fn create(&mut self, services: &Services, session: u32) -> Result<(), Fault> {
        let terms = Terms::new(self.config.publishing_interval);
        let started = services.started().await.map_err(Fault::Service)?;
        let granted = services.create_subscription(&terms).await.map_err(Fault::Service)?;
        let subscription = Subscription::granted(&granted, session, started);
        self.items.forget();
        self.decoder.forget_states();
        self.alarms.forget();
        let all = (0..self.config.items.len()).collect();
        match self.make_items(services, subscription.id, all).await {
            Ok(missing) => {
                tracing::info!(source = self.config.source, subscription = subscription.id, "made a subscription");
                self.begin(services, subscription, missing).await
            }
            Err(fault) => {
                // Half a subscription would report into the void for ever.
                let _ = services.delete_subscription(subscription.id).await;
                Err(fault)
            }
        }
    }

    /// Looks again for the items that do not deliver.
    pub(super) async fn retry_items(&mut self, services: &Services) -> Result<(), Fault> {
        let Some(id) = self.subscription.as_ref().map(|subscription| subscription.id) else { return Ok(()) };
        let dead = self.items.dead();
        let signals = self.make_items(services, id, dead).await?;
        self.refresh();
        // The place is saved with the next message: batches before it may not be durable yet.
        if signals.is_empty() { Ok(()) } else { self.delivery.notice(Batch { signals, cursor: None }).await }
    }

    /// Walks the paths of the items that deliver, and drops those whose node is another one now, or none.
    pub(super) async fn verify_items(&mut self, services: &Services) -> Result<(), Fault> {
        let Some(id) = self.subscription.as_ref().map(|subscription| subscription.id) else { return Ok(()) };
        self.items.verified();
        let config = self.config.clone();
        let present = self.items.present();
        let wanted: Vec<_> = present.iter().map(|index| &config.items[*index]).collect();
        let resolved = resolve(services, &wanted).await.map_err(Fault::Service)?;
        let mut signals = Vec::new();
        for (index, resolved) in present.into_iter().zip(resolved) {
            let why = match resolved {
                Ok(node) if self.items.leads_to(index, node.clone()) => continue,
                Ok(node) => {
                    let reason = format!("Objects/{} is another node now ({node})", config.items[index].name());
                    Unresolved { status: StatusCode::BadNodeIdUnknown, reason }
                }
                Err(unresolved) => unresolved,
            };
            if let Some(item) = self.items.id(index) {
                let _ = services.delete_item(id, item).await;
            }
            signals.extend(self.died(index, &why));
            self.items.retry_now();
        }
        self.refresh();
        if signals.is_empty() { Ok(()) } else { self.delivery.notice(Batch { signals, cursor: None }).await }
    }

    /// Makes items at the server. Returns the signals of those that can not be had, as far as that is news.
    async fn make_items(
        &mut self,
        services: &Services,
        subscription: u32,
        indices: Vec<usize>,
    ) -> Result<Vec<Signal>, Fault> {
        self.items.retried();
        let config = self.config.clone();
        let wanted: Vec<_> = indices.iter().map(|index| &config.items[*index]).collect();
        let resolved = resolve(services, &wanted).await.map_err(Fault::Service)?;
        let mut signals = Vec::new();
        let mut found = Vec::new();
        for (index, resolved) in indices.into_iter().zip(resolved) {
            match resolved {
                Ok(node) => found.push((index, node)),
                Err(unresolved) => signals.extend(self.died(index, &unresolved)),
            }
        }
        for chunk in found.chunks(CHUNK) {
            let requests =
                chunk.iter().map(|(index, node)| request(*index, &config.items[*index], node.clone())).collect();
            let results = services.create_items(subscription, requests).await.map_err(Fault::Service)?;
            for ((index, node), result) in chunk.iter().zip(results) {
                let item = &config.items[*index];
                if result.status_code.is_bad() {
                    let status = result.status_code;
                    let reason = format!("the server does not monitor Objects/{} ({status})", item.name());
                    signals.extend(self.died(*index, &Unresolved { status, reason }));
                } else {
                    self.items.created(*index, item, node.clone(), result.monitored_item_id, result.revised_queue_size);
                    if matches!(item.target, Target::Alarms(..)) {
                        // It may have nothing to say for years.
                        self.items.heard(*index);
                        self.want_alarms();
                    }
                }
            }
        }
        Ok(signals)
    }

    fn died(&mut self, index: usize, why: &Unresolved) -> Option<Signal> {
        if !self.items.died(index, why) {
            return None;
        }
        tracing::warn!(source = self.config.source, reason = why.reason, "a bound node does not deliver");
        let now = self.clock.now();
        self.decoder.lost(&self.config.items[index], why.status, now)
    }
}

/// Asks for a message again; `None` when the server does not have it.
pub(super) async fn again(services: &Services, subscription: u32, number: u32) -> Result<Option<Published>, Fault> {
    services.republish(subscription, number).await.map_err(|status| match status {
        StatusCode::BadSubscriptionIdInvalid | StatusCode::BadNoSubscription => Fault::Lost(GONE.to_owned()),
        status => Fault::Service(status),
    })
}

fn request(index: usize, item: &Item, node: NodeId) -> MonitoredItemCreateRequest {
    if matches!(item.target, Target::Alarms(..)) {
        return event_request(index, item, node);
    }
    // Without this filter some servers do not report that a value turned bad.
    let filter = DataChangeFilter {
        trigger: DataChangeTrigger::StatusValue,
        deadband_type: DeadbandType::None as u32,
        deadband_value: 0.0,
    };
    let parameters = MonitoringParameters {
        client_handle: handle_of(index),
        sampling_interval: item.sampling.as_secs_f64() * 1_000.0,
        filter: ExtensionObject::from_message(filter),
        queue_size: item.queue,
        discard_oldest: true,
    };
    MonitoredItemCreateRequest::new(node.into(), MonitoringMode::Reporting, parameters)
}

fn event_request(index: usize, item: &Item, node: NodeId) -> MonitoredItemCreateRequest {
    let parameters = MonitoringParameters {
        client_handle: handle_of(index),
        sampling_interval: 0.0,
        filter: ExtensionObject::from_message(condition::filter()),
        queue_size: item.queue,
        discard_oldest: true,
    };
    let node = ReadValueId { node_id: node, attribute_id: AttributeId::EventNotifier as u32, ..Default::default() };
    MonitoredItemCreateRequest::new(node, MonitoringMode::Reporting, parameters)
}

/// Whether a status tells of the connection or the session, and not of what was asked.
pub(super) fn is_connection(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BadTimeout
            | StatusCode::BadConnectionClosed
            | StatusCode::BadConnectionRejected
            | StatusCode::BadNotConnected
            | StatusCode::BadNoCommunication
            | StatusCode::BadDisconnect
            | StatusCode::BadCommunicationError
            | StatusCode::BadServerNotConnected
            | StatusCode::BadServerHalted
            | StatusCode::BadShutdown
            | StatusCode::BadSecureChannelClosed
            | StatusCode::BadSecureChannelIdInvalid
            | StatusCode::BadTcpSecureChannelUnknown
            | StatusCode::BadTcpInternalError
            | StatusCode::BadEndOfStream
            | StatusCode::BadTooManyOperations
    ) || is_session(status)
}

/// Whether a status tells that the server does not know the session any more.
pub(super) fn is_session(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BadSessionIdInvalid | StatusCode::BadSessionClosed | StatusCode::BadSessionNotActivated
    )
}
