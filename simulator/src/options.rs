//! How a simulator is set up.

use std::{path::PathBuf, time::Duration};

use crate::{BusinessOptions, Error, plant::PlantOptions};

/// Fastest useful time lapse: beyond it, a state is shorter than the tick that publishes it.
const SPEED_MAX: f64 = 100.0;

/// What to simulate, and where. Durations are plant time: divide them by `speed` for real time.
#[derive(Clone)]
pub struct SimulatorOptions {
    /// Decides everything that is random: the same seed tells the same story.
    pub seed: u64,
    /// Port of the OPC UA server; 0 takes a free one below 32768.
    pub opcua_port: u16,
    /// Port of the ERP; 0 takes a free one below 32768.
    pub erp_port: u16,
    /// The key that clients of the ERP send as a bearer token.
    pub erp_key: String,
    /// Folder for the OPC UA server's key, its certificate, and those of its clients; made if missing.
    pub pki_dir: PathBuf,
    /// How long a line stays down before the operator on the floor restarts it.
    pub repair_time: Duration,
    /// When the first fault strikes line 1.
    pub first_fault_after: Duration,
    /// How long the ERP takes to learn what happened on the floor.
    pub confirmation_delay: Duration,
    /// How many times as fast as real time the plant runs: more than 0, up to 100.
    pub speed: f64,
    /// Certificate (DER) of a client that may log on as the operator without a password.
    pub operator_certificate: Option<PathBuf>,
    /// Lets clients in that do not say who they are.
    pub allow_anonymous: bool,
    /// Accepts the application certificate of any client. True unless told: who may connect is
    /// decided by user and password here; trust on first contact is the client's to decide.
    pub trust_client_certificates: bool,
    /// The three business systems beside the plant; none to leave them out. Their seed and speed are the plant's.
    pub business: Option<BusinessOptions>,
}

impl SimulatorOptions {
    /// A plant for a demonstration: the first stop comes after 20 seconds and lasts 25.
    pub fn new(pki_dir: impl Into<PathBuf>, erp_key: impl Into<String>) -> Self {
        SimulatorOptions {
            seed: 1,
            opcua_port: 0,
            erp_port: 0,
            erp_key: erp_key.into(),
            pki_dir: pki_dir.into(),
            repair_time: Duration::from_secs(25),
            first_fault_after: Duration::from_secs(20),
            confirmation_delay: Duration::from_secs(2),
            speed: 1.0,
            operator_certificate: None,
            allow_anonymous: false,
            trust_client_certificates: true,
            business: None,
        }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if !(self.speed > 0.0 && self.speed <= SPEED_MAX) {
            return Err(Error::Option { name: "speed", problem: "must be more than 0 and at most 100" });
        }
        if self.erp_key.is_empty() {
            return Err(Error::Option { name: "erp_key", problem: "must not be empty" });
        }
        Ok(())
    }

    pub(crate) fn plant(&self) -> PlantOptions {
        PlantOptions { seed: self.seed, first_fault_after: self.first_fault_after, repair_time: self.repair_time }
    }
}
