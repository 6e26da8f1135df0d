//! Three business systems beside the plant: an ERP, a MES and a WMS, each with its own words, clock and batch cycle, on
//! real sockets. They tell one story and now and then disagree about it.
//!
//! Each answers, beside what it is for, under `/_sim/` without authentication: `faults` (POST, GET, DELETE), `ledger`
//! (GET), and `lot`, `lots`, `delete` (POST), by which tests change it behind everybody's back.

pub(crate) mod board;
pub(crate) mod call;
mod clockwork;
pub(crate) mod fault;
pub(crate) mod hand;
pub(crate) mod hands;
pub(crate) mod hook;
pub(crate) mod ledger;
pub(crate) mod options;
pub(crate) mod server;
pub(crate) mod shipping;
mod socket;
#[cfg(test)]
pub(crate) mod tests;

use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicUsize},
};

use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use fault::{Fault, FaultKind};
pub use hand::LotSeen;
pub use ledger::Effect;
pub use options::{BusinessOptions, ErpOptions, MesOptions, Webhook, WmsOptions};

use crate::{
    Error,
    clock::wall_now,
    erp::{self, Book},
    mes::{Database, Mes, Outbox},
    port,
    running::spawn,
    sap::{Intent, Sap},
    wms::Wms,
};
use board::Board;
use clockwork::Clockwork;
use hook::{EVENTS_WAITING_MAX, announce};
use server::Server;

/// One of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BusinessSystem {
    /// The SAP-like ERP.
    Erp,
    /// The MES.
    Mes,
    /// The WMS.
    Wms,
}

/// How a system loses a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// The record is gone; a WMS and a MES leave a tombstone, an ERP nothing.
    Hard,
    /// The record says that it is deleted.
    Soft,
}

/// The business systems that run, with hands for tests. Cheap to clone.
#[derive(Clone)]
pub struct Business {
    /// Where the ERP's services are: `http://127.0.0.1:<port>`; empty when it does not run.
    pub erp_url: String,
    /// Where the MES takes B2MML; empty when it does not run.
    pub mes_url: String,
    /// Where the WMS's API is; empty when it does not run.
    pub wms_url: String,
    /// The file of the MES's database.
    pub mes_database: PathBuf,
    /// The folder in which the MES leaves its messages.
    pub mes_outbox: PathBuf,
    erp: Option<Server<Sap>>,
    mes: Option<Server<Mes>>,
    wms: Option<Server<Wms>>,
    desk: erp::Desk,
    board: Board,
    added: Arc<AtomicUsize>,
}

/// Parts that run.
type Parts = Vec<JoinHandle<Result<(), Error>>>;

impl Business {
    /// Starts the systems alone, without a plant: orders are planned and released, and nobody makes them unless a test
    /// says so. Returns once the sockets listen and the first cycle of each is over.
    ///
    /// # Errors
    /// An option that makes no sense, a port that is taken, a folder that cannot be used.
    pub async fn start(
        options: BusinessOptions,
        cancel: CancellationToken,
        tracker: &TaskTracker,
    ) -> Result<Self, Error> {
        let desk = erp::Desk::new(Book::new(options.seed, wall_now()));
        let (business, _) = Self::start_with(options, desk, Board::default(), true, cancel, tracker).await?;
        Ok(business)
    }

    /// Starts the systems around a book, and what is seen of a floor. `alone`: nobody else lets the book plan.
    pub(crate) async fn start_with(
        options: BusinessOptions,
        desk: erp::Desk,
        board: Board,
        alone: bool,
        cancel: CancellationToken,
        tracker: &TaskTracker,
    ) -> Result<(Self, Parts), Error> {
        options.check()?;
        let stop = cancel.child_token();
        let dir = options.dir.join("mes");
        let mut business = Business {
            erp_url: String::new(),
            mes_url: String::new(),
            wms_url: String::new(),
            mes_database: dir.join("mes.db"),
            mes_outbox: dir.join("outbox"),
            erp: None,
            mes: None,
            wms: None,
            desk: desk.clone(),
            board: board.clone(),
            added: Arc::default(),
        };
        let (sender, queue) = mpsc::channel(EVENTS_WAITING_MAX);
        let mut parts = Vec::new();
        if let Some(erp) = &options.erp {
            let wish = move |intents| carry_out(&desk, intents);
            let server = Server::new(Sap::new(erp), erp.skew, wish, sender.clone(), None, false);
            business.erp = Some(server.clone());
            business.erp_url = listen(server, erp.port, "the ERP's OData", &stop, tracker, &mut parts).await?;
        }
        if let Some(mes) = &options.mes {
            let server = Server::new(Mes::new(mes), mes.skew, |_| {}, sender.clone(), None, true);
            business.mes = Some(server.clone());
            business.mes_url = listen(server, mes.port, "the MES", &stop, tracker, &mut parts).await?;
        }
        if let Some(wms) = &options.wms {
            let server = Server::new(Wms::new(wms), wms.skew, |_| {}, sender, wms.webhook.clone(), false);
            business.wms = Some(server.clone());
            business.wms_url = listen(server, wms.port, "the WMS", &stop, tracker, &mut parts).await?;
        }
        let records = match &options.mes {
            Some(_) => {
                let unusable = |source| Error::Folder { path: dir.clone(), source };
                let outbox = Outbox::open(&business.mes_outbox).map_err(unusable)?;
                Some((Database::create(&business.mes_database).await.map_err(Error::Mes)?, outbox))
            }
            None => None,
        };
        let mut clockwork = Clockwork::new(&options, business.clone(), records, alone);
        clockwork.begin().await;
        parts.push(spawn(tracker, &stop, clockwork.run(stop.clone())));
        let announcing = announce(queue, stop.clone());
        parts.push(spawn(tracker, &stop, async move {
            announcing.await;
            Ok(())
        }));
        Ok((business, parts))
    }
}

/// Does in the planning book what the ERP was asked for.
fn carry_out(desk: &erp::Desk, intents: Vec<Intent>) {
    let mut book = desk.book();
    for intent in intents {
        match intent {
            Intent::Release(order) => book.release_order(&order, wall_now()),
            Intent::Cancel(order) => book.cancel_order(&order, wall_now()),
            Intent::Move(order, line) => book.move_order(&order, line.code(), wall_now()),
        }
    }
}

async fn listen<S: server::System>(
    server: Server<S>,
    port: u16,
    name: &'static str,
    stop: &CancellationToken,
    tracker: &TaskTracker,
    parts: &mut Parts,
) -> Result<String, Error> {
    let listener = port::listen(port, name).await?;
    let url = format!("http://{}:{}", port::HOST, port::of(&listener, name)?);
    parts.push(spawn(tracker, stop, server.serve(listener, name, tracker.clone(), stop.clone())));
    Ok(url)
}
