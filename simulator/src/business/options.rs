//! How the business systems are set up.

use std::{path::PathBuf, time::Duration};

use chrono::TimeDelta;

use crate::Error;

/// Which business systems to simulate, and how. Cycles are plant time: divide them by the plant's speed for real time.
#[derive(Clone, Debug)]
pub struct BusinessOptions {
    /// Decides what is random, where no plant does.
    pub seed: u64,
    /// How many times as fast as real time the story goes, where no plant says so.
    pub speed: f64,
    /// Folder for the MES's database and its outbox; made if missing.
    pub dir: PathBuf,
    /// The ERP; none to leave it out.
    pub erp: Option<ErpOptions>,
    /// The MES; none to leave it out.
    pub mes: Option<MesOptions>,
    /// The WMS; none to leave it out.
    pub wms: Option<WmsOptions>,
    /// Whether the systems begin to disagree as the story has it. Tests that count do without.
    pub story: bool,
}

/// The SAP-like ERP.
#[derive(Clone, Debug)]
pub struct ErpOptions {
    /// Port; 0 takes a free one below 32768.
    pub port: u16,
    /// User of the basic authentication.
    pub user: String,
    /// Password of that user.
    pub password: String,
    /// How far the clock of the ERP is ahead.
    pub skew: TimeDelta,
    /// Most records of an answer; the rest is behind `__next`.
    pub page_size: usize,
}

/// The MES.
#[derive(Clone, Debug)]
pub struct MesOptions {
    /// Port of the B2MML door; 0 takes a free one below 32768.
    pub port: u16,
    /// Bearer token of the B2MML door.
    pub token: String,
    /// How far the clock of the MES is ahead.
    pub skew: TimeDelta,
    /// How often the MES looks at the floor and the ERP, and writes its views.
    pub cycle: Duration,
    /// Whether the ERP tells the MES, with its next cycle, which lots a client restricted or freed there. Without it, every
    /// system has to be told by itself.
    pub hears_of_holds: bool,
}

/// The WMS.
#[derive(Clone, Debug)]
pub struct WmsOptions {
    /// Port; 0 takes a free one below 32768.
    pub port: u16,
    /// Bearer token.
    pub token: String,
    /// How far the clock of the WMS is ahead.
    pub skew: TimeDelta,
    /// How often the WMS hears from the ERP and its forklifts.
    pub cycle: Duration,
    /// Where events are announced.
    pub webhook: Option<Webhook>,
}

/// A receiver of events.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Webhook {
    /// `http://host:port/path`.
    pub url: String,
    /// Key of the signature.
    pub secret: String,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").field("url", &self.url).finish_non_exhaustive()
    }
}

impl BusinessOptions {
    /// All three systems, with the clocks and cycles of the demo.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        BusinessOptions {
            seed: 1,
            speed: 1.0,
            dir: dir.into(),
            erp: Some(ErpOptions {
                port: 0,
                user: "PLANTGRAPH".to_owned(),
                password: "erp-pass".to_owned(),
                skew: TimeDelta::zero(),
                page_size: 100,
            }),
            mes: Some(MesOptions {
                port: 0,
                token: "mes-token".to_owned(),
                skew: TimeDelta::seconds(-3),
                cycle: Duration::from_secs(5),
                hears_of_holds: false,
            }),
            wms: Some(WmsOptions {
                port: 0,
                token: "wms-token".to_owned(),
                skew: TimeDelta::seconds(2),
                cycle: Duration::from_secs(3),
                webhook: None,
            }),
            story: true,
        }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        let bad = |name, problem| Err(Error::Option { name, problem });
        if self.erp.as_ref().is_some_and(|erp| erp.page_size == 0) {
            return bad("erp.page_size", "must be at least 1");
        }
        let cycles = [self.mes.as_ref().map(|mes| mes.cycle), self.wms.as_ref().map(|wms| wms.cycle)];
        if cycles.into_iter().flatten().any(|cycle| cycle.is_zero()) {
            return bad("cycle", "must be more than 0");
        }
        Ok(())
    }
}
