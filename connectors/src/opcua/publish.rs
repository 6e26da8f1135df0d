//! The publish loop on one session: requests wait at the server, answers are read in order, silence is noticed.

use std::{convert::Infallible, time::Duration};

use futures::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use model::Code;
use opcua::types::{StatusCode, SubscriptionAcknowledgement};
use tokio::{
    sync::watch,
    time::{Interval, MissedTickBehavior, interval, sleep, sleep_until},
};

use super::{
    attach::{GONE, again, is_connection, is_session},
    link::Link,
    sequence::{Arrival, Sequence},
    services::{Published, Reply, Services},
    source::{Fault, Source},
    watchdog::{Alarm, Watchdog},
};

/// Publish requests that wait at the server: one answers while the next is on its way, and one more for a slow network.
const WINDOW: usize = 3;
/// First pause after a service failed.
const PAUSE_FIRST: Duration = Duration::from_millis(200);
/// Longest such pause.
const PAUSE_LONGEST: Duration = Duration::from_secs(5);
/// How often the health of the items is brought up to date.
const REFRESH: Duration = Duration::from_secs(1);
/// After so many alarms on one connection that we tried to drop, it will never be dropped.
const STUCK: u32 = 3;

/// The answer to one Publish request.
struct Answer {
    /// The subscription that it was sent for.
    asked_for: u32,
    /// The acknowledgements that went out with it.
    acks: Vec<SubscriptionAcknowledgement>,
    reply: Result<Reply, StatusCode>,
}

/// The work on one session, over all its connections.
pub(super) struct Publisher<'a> {
    source: &'a mut Source,
    services: Services,
    link: watch::Receiver<Link>,
    /// The connection that `in_flight` belongs to.
    generation: u64,
    in_flight: FuturesUnordered<BoxFuture<'static, Answer>>,
    window: usize,
    watchdog: Watchdog,
    dropped: u32,
    failures: u32,
    ticks: Interval,
}

impl<'a> Publisher<'a> {
    pub(super) fn new(source: &'a mut Source, services: Services, link: watch::Receiver<Link>) -> Self {
        let mut ticks = interval(REFRESH);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Self {
            source,
            services,
            link,
            generation: 0,
            in_flight: FuturesUnordered::new(),
            window: WINDOW,
            watchdog: Watchdog::start(),
            dropped: 0,
            failures: 0,
            ticks,
        }
    }

    /// Works until the session can not be used any more ([`Fault::Stuck`]) or the ingest ends ([`Fault::Stopped`]).
    pub(super) async fn run(&mut self) -> Fault {
        loop {
            let Err(fault) = self.hold().await;
            let recovered = match fault {
                Fault::Stuck | Fault::Stopped(_) => return fault,
                Fault::Link => {
                    self.failures = 0;
                    continue;
                }
                Fault::Service(status) => self.failed(status).await,
                Fault::Lost(cause) => {
                    self.abandon(cause).await;
                    Ok(())
                }
                Fault::NotStored { number, error } => self.source.rewind(number, &error).await,
            };
            if let Err(fault) = recovered {
                return fault;
            }
            self.pause().await;
        }
    }

    /// A service failed. When that is not because of the connection, a person should know.
    async fn failed(&mut self, status: StatusCode) -> Result<(), Fault> {
        tracing::debug!(source = self.source.config.source, %status, "an OPC UA service failed");
        if is_session(status) {
            // On a new connection the library finds out, and makes a new session.
            self.services.drop_connection().await;
        }
        if is_connection(status) {
            return Ok(());
        }
        let reason = format!("the OPC UA server refuses what is needed to read it ({status})");
        self.source.stale(Code::SourceRefused, &reason).await
    }

    /// Holds a subscription and reads it. Ends with a fault only.
    async fn hold(&mut self) -> Result<Infallible, Fault> {
        self.connection().await?;
        self.source.attach(&self.services).await?;
        self.watchdog.listen();
        self.pump().await
    }

    /// Waits until there is a connection.
    async fn connection(&mut self) -> Result<(), Fault> {
        loop {
            let link = self.link.borrow_and_update().clone();
            self.source.health.update(|health| {
                health.connected = link.up.is_some();
                health.session = link.up;
            });
            if link.up.is_some() {
                if link.generation != self.generation {
                    self.generation = link.generation;
                    self.in_flight.clear();
                    self.window = WINDOW;
                    self.dropped = 0;
                    self.source.halted = false;
                }
                return Ok(());
            }
            self.lost(&link).await?;
            if self.link.changed().await.is_err() {
                // The session ended; whoever drove it ends us.
                return std::future::pending().await;
            }
        }
    }

    /// Says that the connection is lost. While the first one is tried for, what was said before stands.
    async fn lost(&mut self, link: &Link) -> Result<(), Fault> {
        match &link.reason {
            Some(reason) => self.source.stale(Code::SourceUnreachable, reason).await,
            None => Ok(()),
        }
    }

    async fn pump(&mut self) -> Result<Infallible, Fault> {
        loop {
            while self.in_flight.len() < self.window {
                self.ask();
            }
            let keep_alive = self.source.subscription.as_ref().map(|s| s.keep_alive).unwrap_or_default();
            let silent = self.watchdog.due(keep_alive);
            let (retry, verify) = (self.source.items.retry_at(), self.source.items.verify_at());
            let alarms = self.source.alarms.due();
            tokio::select! {
                biased;
                changed = self.link.changed() => {
                    if changed.is_err() {
                        return std::future::pending().await;
                    }
                    self.on_link().await?;
                }
                settled = self.source.delivery.settled() => settled?,
                Some(answer) = self.in_flight.next() => self.on_answer(answer).await?,
                () = sleep_until(silent) => self.on_silence().await?,
                () = sleep_until(retry), if self.source.items.has_dead() => {
                    self.source.retry_items(&self.services).await?;
                }
                () = sleep_until(alarms.unwrap_or(verify)), if alarms.is_some() => {
                    self.source.see_to_alarms(&self.services).await?;
                }
                order = self.source.orders.next() => self.source.execute(order, &self.services).await?,
                () = sleep_until(verify) => self.source.verify_items(&self.services).await?,
                _ = self.ticks.tick() => self.source.refresh(),
            }
        }
    }

    /// Lets one more request wait at the server.
    fn ask(&mut self) {
        let asked_for = self.source.subscription.as_ref().map_or(0, |subscription| subscription.id);
        let acks = self.source.delivery.take_acks();
        let reply = self.services.publish(acks.clone());
        self.in_flight.push(Box::pin(async move { Answer { asked_for, acks, reply: reply.await } }));
    }

    async fn on_link(&mut self) -> Result<(), Fault> {
        let link = self.link.borrow_and_update().clone();
        if link.generation != self.generation || link.up.is_none() {
            // Even when it is back already: what it carried is to be caught up with first.
            self.lost(&link).await?;
            return Err(Fault::Link);
        }
        self.source.halted = link.halted;
        if link.halted {
            let reason = "the OPC UA server says that it is not running";
            return self.source.stale(Code::SourceUnreachable, reason).await;
        }
        Ok(())
    }

    async fn on_answer(&mut self, answer: Answer) -> Result<(), Fault> {
        let status = match answer.reply {
            Ok(reply) => return self.on_message(reply).await,
            Err(status) => status,
        };
        self.source.delivery.return_acks(answer.acks);
        match status {
            StatusCode::BadNoSubscription | StatusCode::BadSubscriptionIdInvalid => {
                let present = self.source.subscription.as_ref().is_some_and(|s| s.id == answer.asked_for);
                // Otherwise it was sent before the present one was made.
                if present { Err(Fault::Lost(GONE.to_owned())) } else { Ok(()) }
            }
            StatusCode::BadTooManyPublishRequests => {
                self.window = (self.window - 1).max(1);
                Ok(())
            }
            // It waited its ten minutes.
            StatusCode::BadTimeout => Ok(()),
            status => Err(Fault::Service(status)),
        }
    }

    async fn on_message(&mut self, reply: Reply) -> Result<(), Fault> {
        let Reply { subscription: id, server_time, message } = reply;
        let Some(subscription) = self.source.subscription.as_ref().filter(|subscription| subscription.id == id) else {
            // One that we gave up, and that the server still has.
            let _ = self.services.delete_subscription(id).await;
            return Ok(());
        };
        self.watchdog.heard();
        self.failures = 0;
        if let Some(time) = server_time {
            self.source.health.clock_skew(time - self.source.clock.now());
        }
        let number = message.sequence_number;
        let published = Published::of(message);
        match subscription.sequence.judge(number) {
            Arrival::Known => return Ok(()),
            Arrival::Next => {}
            Arrival::Missing(numbers) => self.fetch(id, numbers).await?,
            Arrival::Lost => {
                let (from, cause) = (self.source.decoder.newest(), "messages of the server were lost".to_owned());
                self.source.place(Sequence::expecting(number));
                self.source.missed(&self.services, from, cause).await?;
            }
        }
        match published {
            Some(message) => self.source.take(&self.services, message).await,
            None => self.source.keep_alive().await,
        }
    }

    /// Has messages sent again that were lost on the way, in their order, while a later one waits.
    async fn fetch(&mut self, subscription: u32, numbers: Vec<u32>) -> Result<(), Fault> {
        let mut lost = 0u32;
        let mut complete_until = None;
        for number in numbers {
            match again(&self.services, subscription, number).await? {
                Some(message) => {
                    self.source.health.republished();
                    self.source.take(&self.services, message).await?;
                }
                None => {
                    complete_until = complete_until.or(self.source.decoder.newest());
                    lost += 1;
                    self.source.place(Sequence::past(number));
                }
            }
        }
        if lost == 0 {
            return Ok(());
        }
        let cause = format!("the server does not have {lost} lost messages any more");
        self.source.missed(&self.services, complete_until, cause).await
    }

    async fn on_silence(&mut self) -> Result<(), Fault> {
        let alarm = self.watchdog.alarm();
        let alive = self.services.is_alive().await;
        tracing::warn!(source = self.source.config.source, alive, ?alarm, "the OPC UA subscription is silent");
        if alive {
            self.source.catch_up(&self.services).await?;
            if alarm == Alarm::Again {
                // The server may have forgotten our requests; it gets new ones with the new subscription.
                self.in_flight.clear();
                return Err(Fault::Lost("the subscription was silent on a live session".to_owned()));
            }
        } else {
            self.dropped += 1;
            if self.dropped >= STUCK {
                return Err(Fault::Stuck);
            }
        }
        // The library then connects again and activates the same session.
        self.services.drop_connection().await;
        Ok(())
    }

    /// Gives the subscription up; at the server too, as far as it listens.
    async fn abandon(&mut self, cause: String) {
        if let Some(subscription) = &self.source.subscription {
            let _ = self.services.delete_subscription(subscription.id).await;
        }
        self.source.give_up(cause);
    }

    /// Waits a little longer after each failure, and not longer than the connection stays as it is.
    async fn pause(&mut self) {
        let pause = PAUSE_FIRST.saturating_mul(1 << self.failures.min(8)).min(PAUSE_LONGEST);
        self.failures += 1;
        tokio::select! {
            () = sleep(pause) => {}
            // Its value is looked at when the work begins again.
            _ = self.link.changed() => self.link.mark_changed(),
        }
    }
}
