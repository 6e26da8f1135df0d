//! What is particular to each line: its names, its pace and its process limits.

/// One of the two lines of the plant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LineId {
    /// Sauces, hot filled.
    One,
    /// Beverages, pasteurized in the bottle.
    Two,
}

impl LineId {
    /// Both lines.
    pub const ALL: [LineId; 2] = [LineId::One, LineId::Two];

    /// Position in [`LineId::ALL`].
    pub fn index(self) -> usize {
        match self {
            LineId::One => 0,
            LineId::Two => 1,
        }
    }

    /// The code the business systems use: `L1`, `L2`.
    pub fn code(self) -> &'static str {
        match self {
            LineId::One => "L1",
            LineId::Two => "L2",
        }
    }

    /// The name the controller uses: `Line1`, `Line2`.
    pub fn browse_name(self) -> &'static str {
        match self {
            LineId::One => "Line1",
            LineId::Two => "Line2",
        }
    }

    /// The line with this code.
    pub fn from_code(code: &str) -> Option<LineId> {
        LineId::ALL.into_iter().find(|line| line.code() == code)
    }

    /// The line that is not this one.
    pub fn other(self) -> LineId {
        match self {
            LineId::One => LineId::Two,
            LineId::Two => LineId::One,
        }
    }

    /// Pace and limits of the line.
    pub fn profile(self) -> Profile {
        match self {
            LineId::One => Profile {
                pieces_per_min: 150.0,
                scrap_share: 0.02,
                temperature: Band { set_point: 79.0, low: 72.0, high: 85.0, noise: 0.35 },
                pressure: Band { set_point: 3.2, low: 2.6, high: 3.8, noise: 0.03 },
            },
            LineId::Two => Profile {
                pieces_per_min: 120.0,
                scrap_share: 0.015,
                temperature: Band { set_point: 76.0, low: 68.0, high: 85.0, noise: 0.3 },
                pressure: Band { set_point: 4.5, low: 3.8, high: 5.2, noise: 0.04 },
            },
        }
    }
}

/// Pace and limits of a line.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// Nominal speed in pieces per minute.
    pub pieces_per_min: f64,
    /// Share of the pieces that are scrapped, 0 to 1.
    pub scrap_share: f64,
    /// Process temperature in °C.
    pub temperature: Band,
    /// Process pressure in bar.
    pub pressure: Band,
}

/// Where a process value should be.
#[derive(Clone, Copy, Debug)]
pub struct Band {
    /// The value the controller aims at.
    pub set_point: f64,
    /// Lower limit.
    pub low: f64,
    /// Upper limit; an excursion goes beyond it.
    pub high: f64,
    /// Largest random step of one sample.
    pub noise: f64,
}
