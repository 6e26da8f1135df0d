//! Salts that give every source of randomness its own stream out of the one seed, so that a draw
//! more on one line does not change what happens on the other.

/// Salt of the fault schedule.
pub(super) const FAULTS: u64 = 0x6661_756c_7473;
/// Salt of the lines; the position of the line is added.
pub(super) const LINES: u64 = 0x6c69_6e65_7300;
