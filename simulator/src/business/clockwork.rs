//! What time does to the business systems: their cycles, and the story.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    Business,
    fault::FaultKind,
    options::BusinessOptions,
    shipping::{Course, ERP_HEARS_AFTER, PICKING_AT, SHIPMENTS},
};
use crate::{
    Error,
    clock::{Pace, wall_now},
    erp::NewOrder,
    mes::{Change, Database, Outbox},
    plant::LineId,
};

/// Real time between two looks at what is due.
const TICK: Duration = Duration::from_millis(50);
/// When the pallet falls.
const DAMAGE_AT: Duration = Duration::from_secs(12);
/// The lot on it.
const DAMAGED_LOT: &str = "L-4711";
/// The order for which there is not enough of a component.
const SHORT_ORDER: &str = "MO-009001";
/// The order whose sugar nobody brings.
const LATE_ORDER: &str = "MO-009002";
/// The component that is not brought.
const LATE_COMPONENT: &str = "RM-SUGAR";
/// When it should be there.
const LATE_DUE: TimeDelta = TimeDelta::seconds(60);

/// A turn of the story.
#[derive(Clone, Copy)]
enum Turn {
    /// The forklift drops a pallet: the WMS blocks its lot, and nobody tells the ERP.
    Damage,
    /// The WMS goes on with a shipment.
    Ships(&'static str, &'static str),
    /// The ERP hears of it.
    Picked(&'static str, &'static str),
}

/// Everything that time moves.
pub(super) struct Clockwork {
    business: Business,
    records: Option<(Database, Outbox)>,
    alone: bool,
    story: bool,
    hears_of_holds: bool,
    pace: Pace,
    /// Plant time.
    now: Duration,
    /// Cycle and next turn of the MES and the WMS.
    mes: (Duration, Duration),
    wms: (Duration, Duration),
    /// What the MES could not write yet: what changes while a reader keeps it waiting.
    unwritten: Vec<Change>,
    /// What is still to come, in order.
    turns: Vec<(Duration, Turn)>,
}

impl Clockwork {
    pub(super) fn new(
        options: &BusinessOptions,
        business: Business,
        records: Option<(Database, Outbox)>,
        alone: bool,
    ) -> Self {
        let cycle = |cycle: Option<Duration>| {
            let cycle = cycle.unwrap_or(Duration::MAX / 2);
            (cycle, cycle)
        };
        Clockwork {
            business,
            records,
            alone,
            story: options.story,
            hears_of_holds: options.mes.as_ref().is_some_and(|mes| mes.hears_of_holds),
            pace: Pace::start(options.speed, Instant::now(), wall_now()),
            now: Duration::ZERO,
            mes: cycle(options.mes.as_ref().map(|mes| mes.cycle)),
            wms: cycle(options.wms.as_ref().map(|wms| wms.cycle)),
            unwritten: Vec::new(),
            turns: if options.story { turns() } else { Vec::new() },
        }
    }

    /// The first day: every system knows what there is.
    pub(super) async fn begin(&mut self) {
        let now = wall_now();
        {
            let mut book = self.business.desk.book();
            book.furnish(now);
            if self.story {
                let order = |number, material, line, quantity, released, minutes| NewOrder {
                    number: Some(number),
                    material,
                    line,
                    quantity,
                    released,
                    planned_start: now + TimeDelta::minutes(minutes),
                };
                book.add_order(&order(SHORT_ORDER, "FG-COLA-330", LineId::Two, 2_400, false, 45), now);
                book.add_order(&order(LATE_ORDER, "FG-BBQ-350", LineId::One, 600, true, 10), now);
            }
        }
        self.plan();
        let business = &self.business;
        business.erp.iter().for_each(|server| server.change(|state, now| state.add_deliveries(now)));
        business.wms.iter().for_each(|server| server.change(|state, now| state.add_shipments(now)));
        self.turn_erp();
        self.turn_wms();
        if self.story {
            let strand = |server: &super::Server<crate::wms::Wms>| {
                server.change(|state, now| state.strand(LATE_ORDER, LATE_COMPONENT, now + LATE_DUE, now));
            };
            self.business.wms.iter().for_each(strand);
        }
        self.turn_mes().await;
    }

    /// Lets time pass until cancelled.
    pub(super) async fn run(mut self, cancel: CancellationToken) -> Result<(), Error> {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                () = cancel.cancelled() => break,
                _ = ticks.tick() => self.tick().await,
            }
        }
        match self.records {
            Some((database, _)) => database.close().await.map_err(Error::Mes),
            None => Ok(()),
        }
    }

    async fn tick(&mut self) {
        self.now += self.pace.step(Instant::now(), wall_now());
        self.plan();
        self.turn_erp();
        while let Some((_, turn)) = self.turns.pop_if(|(at, _)| *at <= self.now) {
            self.tell(turn);
        }
        if self.now >= self.wms.1 {
            self.wms.1 = self.now + self.wms.0;
            self.turn_wms();
        }
        self.suffer().await;
        if self.now >= self.mes.1 {
            self.mes.1 = self.now + self.mes.0;
            self.turn_mes().await;
        }
    }

    /// Without a floor, nobody else lets the book plan; what it says to the floor is lost.
    fn plan(&self) {
        if self.alone {
            self.business.desk.book().dispatch(wall_now());
        }
    }

    fn turn_erp(&self) {
        let Some(server) = &self.business.erp else { return };
        let skew = server.skew();
        server.change(|state, _| state.follow(&self.business.desk.book(), skew));
    }

    fn turn_wms(&self) {
        let Some(server) = &self.business.wms else { return };
        let skew = server.skew();
        server.change(|state, now| state.follow(&self.business.desk.book(), skew, now));
    }

    async fn turn_mes(&mut self) {
        let (Some(server), Some((database, outbox))) = (&self.business.mes, &mut self.records) else { return };
        let skew = server.skew();
        if database.is_locked() {
            return;
        }
        let told = self.business.erp.as_ref().map(|erp| erp.change(|state, _| state.told())).unwrap_or_default();
        let floor = self.business.board.seen().clone();
        let news = server.change(|state, now| {
            state.follow(&self.business.desk.book(), &floor, skew, now);
            for (lot, restricted) in told.into_iter().filter(|_| self.hears_of_holds) {
                // A lot that the MES does not know, or knows so, is no news.
                let _ = state.hear_of_hold(&lot, restricted, now);
            }
            state.news(now)
        });
        self.unwritten.extend(news.changes);
        match database.write(&self.unwritten).await {
            Ok(()) => self.unwritten.clear(),
            // A reader took its time.
            Err(error) => warn!(%error, "the simulated MES cannot write its views and tries again"),
        }
        for (kind, document) in news.messages {
            if let Err(error) = outbox.leave(kind, &document) {
                warn!(%error, kind, "the simulated MES cannot leave a message");
            }
        }
    }

    /// Lets the readers of the MES's database suffer from the fault that is on, if any.
    async fn suffer(&mut self) {
        let (Some(server), Some((database, _))) = (&self.business.mes, &mut self.records) else { return };
        let fault = {
            let mut held = server.held();
            held.read_fault.take_if(|(until, _)| Instant::now() > *until);
            held.read_fault.as_ref().map(|(_, fault)| fault.fault)
        };
        let malformed = fault == Some(FaultKind::MalformedRecord);
        server.change(|state, now| state.malform(malformed, now));
        if let Err(error) = database.suffer(fault.filter(|_| !malformed)).await {
            warn!(%error, "the simulated MES tries again to suffer from its fault");
        }
    }

    fn tell(&self, turn: Turn) {
        let business = &self.business;
        match turn {
            Turn::Damage => {
                info!(lot = DAMAGED_LOT, "a pallet falls: the simulated WMS blocks its lot, and nobody tells the ERP");
                business.wms.iter().for_each(|server| {
                    server.change(|state, now| state.damage(DAMAGED_LOT, "DAMAGED_PALLET", now));
                });
            }
            Turn::Ships(number, state) => business.wms.iter().for_each(|server| {
                server.change(|wms, now| wms.move_shipment(number, state, now));
            }),
            Turn::Picked(number, status) => business.erp.iter().for_each(|server| {
                server.change(|sap, now| sap.hear_of_picking(number, status, now));
            }),
        }
    }
}

/// The story, its last turn first.
fn turns() -> Vec<(Duration, Turn)> {
    let mut turns = vec![(DAMAGE_AT, Turn::Damage)];
    for shipping in SHIPMENTS.iter().filter(|shipping| shipping.course == Course::Picked) {
        for (at, (state, status)) in PICKING_AT.into_iter().zip([("PICKING", "B"), ("READY", "C")]) {
            turns.push((at, Turn::Ships(shipping.number, state)));
            turns.push((at + ERP_HEARS_AFTER, Turn::Picked(shipping.number, status)));
        }
    }
    turns.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    turns
}
