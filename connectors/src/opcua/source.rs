//! What outlives a session: the subscription, the place reached in it, what is known of the items, and what was announced.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use model::{Code, clock::SharedClock};
use opcua::types::StatusCode;
use tokio::sync::watch;
use workflow::ingest::{self, Batch, Signal};

use super::{
    OpcUaConfig,
    alarms::Alarms,
    cursor::Cursor,
    delivery::{Delivery, MAX_REFUSALS},
    health::{Health, Reporter},
    item::layout,
    items::Items,
    notification::Decoder,
    resolve::{Unresolved, state_numbers},
    sequence::Sequence,
    services::{Published, Services},
    subscription::Subscription,
    writes::Orders,
};

/// Why the work on a session can not simply go on.
#[derive(Debug)]
pub(super) enum Fault {
    /// The connection was lost, or is another one.
    Link,
    /// A service failed; the connection may be about to be lost.
    Service(StatusCode),
    /// The subscription is gone, for this reason.
    Lost(String),
    /// The message with this number, and perhaps later ones, was not stored.
    NotStored {
        /// Its number.
        number: u32,
        /// Why.
        error: workflow::Error,
    },
    /// The server does not answer, and its connection does not even close.
    Stuck,
    /// The ingest has ended, and so must we.
    Stopped(workflow::Error),
}

/// What the twin was last told of the source.
#[derive(Debug, PartialEq, Eq)]
enum Announced {
    Nothing,
    Live,
    Stale(String),
}

/// One OPC UA source.
pub(super) struct Source {
    pub(super) config: Arc<OpcUaConfig>,
    pub(super) clock: SharedClock,
    pub(super) delivery: Delivery,
    pub(super) decoder: Decoder,
    pub(super) items: Items,
    pub(super) alarms: Alarms,
    pub(super) orders: Orders,
    pub(super) subscription: Option<Subscription>,
    pub(super) health: Reporter,
    /// The server says that it does not run: whatever it delivers is not the present.
    pub(super) halted: bool,
    layout: String,
    announced: Announced,
    /// Why values may be missing; said when there is a subscription again.
    lost: Option<String>,
    /// The message that was refused last, and how often.
    refused: (u32, u32),
}

impl Source {
    /// A source that begins where `resume`, the cursor of an earlier process, ended.
    pub(super) fn new(
        config: OpcUaConfig,
        ingest: ingest::Handle,
        resume: Option<&str>,
        clock: SharedClock,
        orders: Orders,
    ) -> (Self, watch::Receiver<Health>) {
        let count = config.items.len();
        let layout = layout(&config.items);
        let (health, watch) = Reporter::new(&config.source, count);
        let cursor = resume.map(|text| Cursor::decode(text).ok_or("the place that was reached is not readable"));
        let cursor = cursor.transpose();
        let newest = cursor.as_ref().ok().and_then(|cursor| cursor.as_ref()?.newest);
        let (subscription, items, lost) = match cursor {
            Ok(None) => (None, Items::new(count), None),
            Ok(Some(cursor)) if cursor.layout == layout => {
                let loss_free = Duration::from_millis(cursor.loss_free_ms);
                let items = Items::left_behind(count, &cursor.dead, loss_free);
                (Some(Subscription::left_behind(&cursor)), items, None)
            }
            Ok(Some(_)) => (None, Items::new(count), Some("the plant file binds other nodes than before".to_owned())),
            Err(problem) => (None, Items::new(count), Some(problem.to_owned())),
        };
        let decoder = Decoder::new(count, newest);
        let source = Self {
            config: Arc::new(config),
            clock,
            delivery: Delivery::to(ingest),
            decoder,
            items,
            alarms: Alarms::new(),
            orders,
            subscription,
            health,
            halted: false,
            layout,
            announced: Announced::Nothing,
            lost,
            refused: (0, 0),
        };
        (source, watch)
    }

    /// Reads a message, hands it over, and moves the place on.
    ///
    /// # Errors
    /// See [`Fault`].
    pub(super) async fn take(&mut self, services: &Services, message: Published) -> Result<(), Fault> {
        let Some(id) = self.subscription.as_ref().map(|subscription| subscription.id) else { return Ok(()) };
        self.learn_states(services, &message).await?;
        let received = self.clock.now();
        let values = message.values.len();
        let decoded = self.decoder.decode(&self.config.items, message.values, received);
        self.health.message(received, values, decoded.overflows, decoded.absurd);
        for _ in 0..decoded.overflows {
            self.health.gap();
        }
        for index in decoded.heard {
            self.items.heard(index);
        }
        for (index, status) in decoded.gone {
            // The item will be made again when its node is found again.
            if let Some(item) = self.items.id(index) {
                let _ = services.delete_item(id, item).await;
            }
            self.items.died(index, &Unresolved { status, reason: format!("the server dropped the node ({status})") });
        }
        let mut signals = decoded.signals;
        signals.extend(self.take_events(services, message.events, received).await?);
        signals.extend(self.now_live());
        self.place(Sequence::past(message.number));
        let batch = Batch { signals, cursor: self.cursor() };
        self.delivery.message(batch, id, message.number).await?;
        match message.ended {
            // Meant for the session that had it before us; if it means us, the next Publish will say so.
            None | Some(StatusCode::GoodSubscriptionTransferred) => Ok(()),
            Some(status) => Err(Fault::Lost(format!("the server ended the subscription ({status})"))),
        }
    }

    /// States whose numbers are not known yet are looked up before their message is read.
    pub(super) async fn learn_states(&mut self, services: &Services, message: &Published) -> Result<(), Fault> {
        let unknown = self.decoder.unknown_states(&self.config.items, &message.values);
        if unknown.is_empty() {
            return Ok(());
        }
        let numbers = state_numbers(services, &unknown).await.map_err(Fault::Service)?;
        for (state, number) in unknown.into_iter().zip(numbers) {
            self.decoder.learn(state, number);
        }
        Ok(())
    }

    /// The subscription says that it lives and has nothing to report.
    pub(super) async fn keep_alive(&mut self) -> Result<(), Fault> {
        self.health.heard(self.clock.now());
        match self.now_live() {
            Some(signal) => self.delivery.notice(Batch { signals: vec![signal], cursor: None }).await,
            None if self.items.live() == 0 => {
                let reason = "no bound node delivers a value; see the list of dead items";
                self.stale(Code::BindingInvalid, reason).await
            }
            None => Ok(()),
        }
    }

    /// The signal that the source is live, when that is news. With nothing that delivers, it is not live.
    fn now_live(&mut self) -> Option<Signal> {
        if self.announced == Announced::Live || self.items.live() == 0 || self.halted {
            return None;
        }
        self.announced = Announced::Live;
        self.health.update(|health| {
            health.live = true;
            health.problem = None;
        });
        tracing::info!(source = self.config.source, "the OPC UA source is live");
        Some(Signal::SourceLive)
    }

    /// Tells the twin, once, that what it shows may be out of date, and why.
    pub(super) async fn stale(&mut self, code: Code, reason: &str) -> Result<(), Fault> {
        if matches!(&self.announced, Announced::Stale(said) if said == reason) {
            return Ok(());
        }
        tracing::warn!(source = self.config.source, code = code.as_str(), reason, "the OPC UA source is stale");
        self.health.update(|health| {
            health.live = false;
            health.problem = Some((code, reason.to_owned()));
        });
        let signals = vec![Signal::SourceStale { reason: reason.to_owned() }];
        self.delivery.notice(Batch { signals, cursor: None }).await?;
        self.announced = Announced::Stale(reason.to_owned());
        Ok(())
    }

    /// Whether the twin was told last that what it shows may be out of date.
    pub(super) fn is_stale(&self) -> bool {
        matches!(self.announced, Announced::Stale(_))
    }

    /// Values between `from` and now can not be had any more.
    pub(super) fn gap(&self, from: Option<DateTime<Utc>>, cause: String) -> Signal {
        tracing::warn!(source = self.config.source, ?from, cause, "values of the OPC UA source may be missing");
        self.health.gap();
        Signal::Gap { from, to: self.clock.now(), cause }
    }

    /// The subscription is gone. What it would have reported is a gap, which is recorded with the next one.
    pub(super) fn give_up(&mut self, cause: String) {
        self.subscription = None;
        self.delivery.forget();
        self.items.forget();
        // The first cause is the true one; later ones are only failed attempts to begin anew.
        self.lost.get_or_insert(cause);
    }

    /// There is a subscription again. Says what was missed, has it from the server's history as far as that is kept, and
    /// says which nodes are missing.
    pub(super) async fn begin(
        &mut self,
        services: &Services,
        subscription: Subscription,
        missing: Vec<Signal>,
    ) -> Result<(), Fault> {
        if let Some(cause) = self.lost.clone() {
            let from = self.decoder.newest();
            let filled = self.fill(services, from).await?;
            // Only now: when the connection is lost over it, the next attempt has it again.
            self.lost = None;
            let gap = self.gap(from, format!("{cause}{}", filled.remark));
            self.delivery.notice(Batch { signals: vec![gap], cursor: None }).await?;
            self.replayed(filled.signals).await?;
        }
        self.delivery.forget();
        self.subscription = Some(subscription);
        self.refresh();
        let batch = Batch { signals: missing, cursor: self.cursor() };
        self.delivery.notice(batch).await
    }

    /// Messages of the server are lost. What they said is had from its history, as far as that is kept.
    pub(super) async fn missed(
        &mut self,
        services: &Services,
        from: Option<DateTime<Utc>>,
        cause: String,
    ) -> Result<(), Fault> {
        let filled = self.fill(services, from).await?;
        let gap = self.gap(from, format!("{cause}{}", filled.remark));
        self.delivery.notice(Batch { signals: vec![gap], cursor: None }).await?;
        self.replayed(filled.signals).await?;
        self.want_alarms();
        Ok(())
    }

    /// Hands over what the server kept, apart from the present.
    async fn replayed(&mut self, signals: Vec<Signal>) -> Result<(), Fault> {
        if signals.is_empty() {
            return Ok(());
        }
        self.delivery.notice(Batch { signals, cursor: None }).await
    }

    /// A message was not stored: it will be asked for again, or, when it never can be stored, passed over with a gap.
    pub(super) async fn rewind(&mut self, number: u32, error: &workflow::Error) -> Result<(), Fault> {
        tracing::warn!(source = self.config.source, number, %error, "a message of the OPC UA source was not stored");
        self.delivery.rewind();
        self.decoder.rewind();
        if self.announced == Announced::Live {
            self.announced = Announced::Nothing;
        }
        self.place(Sequence::expecting(number));
        self.refused = match self.refused {
            _ if error.is_transient() => (0, 0),
            (refused, times) if refused == number => (number, times + 1),
            _ => (number, 1),
        };
        if self.refused.1 < MAX_REFUSALS {
            return Ok(());
        }
        self.place(Sequence::past(number));
        let gap = self.gap(self.decoder.newest(), format!("a message could not be stored: {error}"));
        self.delivery.notice(Batch { signals: vec![gap], cursor: self.cursor() }).await
    }

    /// Moves the place in the subscription.
    pub(super) fn place(&mut self, sequence: Sequence) {
        if let Some(subscription) = &mut self.subscription {
            subscription.sequence = sequence;
        }
    }

    /// Brings the health of the items up to date.
    pub(super) fn refresh(&self) {
        self.health.update(|health| {
            health.live_items = self.items.live();
            health.dead = self.items.report(&self.config.items);
            health.loss_free_outage = self.items.loss_free();
        });
    }

    fn cursor(&self) -> Option<String> {
        let subscription = self.subscription.as_ref()?;
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let mut cursor = Cursor::new(subscription.id, subscription.sequence.next(), self.layout.clone());
        cursor.started = subscription.started;
        cursor.dead = self.items.dead();
        cursor.keep_alive_ms = millis(subscription.keep_alive);
        cursor.loss_free_ms = millis(self.items.loss_free().unwrap_or_default());
        cursor.newest = self.decoder.newest();
        Some(cursor.encode())
    }
}
