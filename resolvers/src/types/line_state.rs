//! What a line reports of its state.

use async_graphql::{Description, Object};
use chrono::{DateTime, Utc};
use model::entity::line;

use crate::words::{Freshness, LineState, Quality};

/// What a line reports of its state, and how far that may be trusted. A report that can not be trusted is never shown as a
/// value: then `state` is null, and `lastKnownState` tells what was last known.
#[derive(Clone, Debug, Description)]
pub struct LineStateReport(pub line::Model);

#[Object(use_type_description)]
impl LineStateReport {
    /// The state now; null when the last report had a bad status, when its source fell silent, or before the first report.
    async fn state(&self) -> Option<LineState> {
        let is_current = self.0.freshness.is_current(self.0.state_quality);
        self.0.state.filter(|_| is_current).map(LineState::from)
    }

    /// The last state that arrived with a usable status, whether or not it still holds; null before the first.
    async fn last_known_state(&self) -> Option<LineState> {
        self.0.state.map(LineState::from)
    }

    /// When the line came into `lastKnownState`, by the time of its source.
    async fn since(&self) -> Option<DateTime<Utc>> {
        self.0.state_since
    }

    /// Quality of the last report.
    async fn quality(&self) -> Quality {
        self.0.state_quality.into()
    }

    /// OPC UA StatusCode of the last report, all 32 bits in hexadecimal: `0x00000000` is Good.
    async fn status_code(&self) -> String {
        status_code(self.0.state_status)
    }

    /// Whether the source keeps the state current.
    async fn freshness(&self) -> Freshness {
        self.0.freshness.into()
    }

    /// Why it does not; null unless stale.
    async fn stale_reason(&self) -> Option<&str> {
        self.0.stale_reason.as_deref()
    }

    /// When the device says that the last report was true. The device's clock may be wrong.
    async fn source_time(&self) -> Option<DateTime<Utc>> {
        self.0.state_source_time
    }

    /// When the OPC UA server says that the last report was true.
    async fn server_time(&self) -> Option<DateTime<Utc>> {
        self.0.state_server_time
    }

    /// When the last report arrived here.
    async fn received_time(&self) -> Option<DateTime<Utc>> {
        self.0.state_received_time
    }
}

/// A StatusCode as text: it does not fit into `Int`, and nobody reads it in decimal.
pub(super) fn status_code(status: i64) -> String {
    format!("0x{status:08X}")
}
