//! Parameters against their limits.

use std::collections::HashMap;

use model::{LimitState, LineId, ParameterId, Quality, Quantity, entity::parameter, journal::ChangeKind, store::Tx};
use rust_decimal::{
    Decimal,
    prelude::{FromPrimitive, ToPrimitive},
};

use crate::{error::Error, ingest::Stamp};

/// Journals a parameter that crossed a limit or changed its quality; other readings stay in memory.
pub(super) async fn cross(
    tx: &mut Tx,
    parameters: &mut HashMap<(LineId, String), parameter::Model>,
    id: ParameterId,
    value: Option<f64>,
    stamp: &Stamp,
) -> Result<(), Error> {
    let Some(row) = parameters.values_mut().find(|row| row.id == id) else { return Ok(()) };
    let quality = stamp.quality_of(value);
    // The value that comes back after a bad reading can be older than the moment when it could not be read.
    let comes_back = row.quality == Quality::Bad && quality != Quality::Bad;
    if !comes_back && row.changed_at.is_some_and(|known| stamp.event_time() < known) {
        return Ok(());
    }
    let limit = |quantity: Option<Quantity>| quantity.and_then(|quantity| quantity.0.to_f64());
    let usable = value.filter(|_| quality != Quality::Bad);
    let limit_state =
        usable.map_or(row.limit_state, |value| Some(LimitState::of(value, limit(row.low), limit(row.high))));
    if limit_state == row.limit_state && quality == row.quality {
        return Ok(());
    }
    let kind =
        if limit_state == row.limit_state { ChangeKind::ParameterQualityChanged } else { ChangeKind::LimitCrossed };
    let after = parameter::Model {
        limit_state,
        quality,
        changed_at: Some(stamp.event_time()),
        value: usable.and_then(Decimal::from_f64).map(|value| Quantity(value.normalize())),
        ..row.clone()
    };
    *row = tx.update::<parameter::Entity>(row, after, kind).await?;
    Ok(())
}
