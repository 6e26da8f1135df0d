//! What a tick of the plant reports: every single change, in order.

use std::time::Duration;

use super::{LineId, State};

/// One change of one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Plant time of the change, counted from the start of the plant.
    pub at: Duration,
    /// The line that changed.
    pub line: LineId,
    /// What changed, with its new value.
    pub change: Change,
}

/// The new value of whatever changed.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The line entered this state.
    State(State),
    /// Why the line went down; `None` once somebody has restarted it.
    StopReason(Option<StopReason>),
    /// Machine speed in pieces per minute; 0 while the line does not produce.
    Speed(f64),
    /// Good pieces of the active order so far.
    Good(u32),
    /// Scrapped pieces of the active order so far.
    Scrap(u32),
    /// Process temperature in °C.
    Temperature(f64),
    /// Process pressure in bar.
    Pressure(f64),
    /// Number of the active order; `None` while there is none.
    ActiveOrder(Option<String>),
    /// The line took up this order.
    OrderStarted(String),
    /// The line made the last good piece of this order.
    OrderFinished {
        /// Number of the order.
        number: String,
        /// Good pieces: exactly the quantity of the order.
        good: u32,
        /// Scrapped pieces.
        scrap: u32,
    },
}

/// Why a line went down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopReason {
    /// Number of the reason; 0 is reserved for "none".
    pub number: i32,
    /// The text on the operator's panel.
    pub text: &'static str,
}
