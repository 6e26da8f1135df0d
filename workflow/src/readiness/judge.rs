//! Whether the material of an order is ready. Pure.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use model::{
    Disposition, Quantity, Readiness, RequestState, StagingState,
    entity::{bill_item, material, material_lot, production_order, staging_task},
    state::MissingMaterial,
};
use rust_decimal::Decimal;

/// Lots that are named one by one for each component; the rest of them is one sum. A person can not look at more.
const LOTS_NAMED_MAX: usize = 20;
/// Lots that are named as of no use for each component; a person who looks finds the others.
const USELESS_NAMED_MAX: usize = 3;

/// What the readiness of an order follows from.
#[derive(Clone, Debug)]
pub struct Inputs<'a> {
    /// The order.
    pub order: &'a production_order::Model,
    /// What it makes.
    pub made: Option<&'a material::Model>,
    /// How much of it is made already, in the unit of the order.
    pub produced: Quantity,
    /// What goes into one unit of it. Nothing known: nothing is said of its readiness.
    pub bill: Vec<Component<'a>>,
    /// What is to be brought for it.
    pub staging: Vec<&'a staging_task::Model>,
}

/// A line of the bill, with the stock of its material.
#[derive(Clone, Debug)]
pub struct Component<'a> {
    /// The line.
    pub item: &'a bill_item::Model,
    /// Its material, whose unit is meant where a line or a lot names none.
    pub material: Option<&'a material::Model>,
    /// The lots of the material.
    pub lots: Vec<&'a material_lot::Model>,
}

/// The times that count.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// Now.
    pub now: DateTime<Utc>,
    /// Orders that start within this time from now are looked at.
    pub horizon: TimeDelta,
    /// Material has to be staged so long before the planned start.
    pub lead: TimeDelta,
}

/// Whether the material is ready, and what is missing if it is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The worst of what was found.
    pub readiness: Readiness,
    /// What was found; empty when it is ready.
    pub missing: Vec<MissingMaterial>,
}

/// Whether the material of an order is ready; `None` for an order outside the horizon, one that is over, and one whose bill of
/// material is not known.
///
/// For each component: SHORT when what exists is not enough, BLOCKED when it is enough with what may not be used, LATE when
/// enough may be used and its staging is not done in time. The order is what its worst component is.
pub fn judge(inputs: &Inputs<'_>, times: &Times) -> Option<Judgement> {
    let order = inputs.order;
    let start = order.planned_start?;
    let made = inputs.made?;
    if is_over(order.state) || start > times.now + times.horizon || inputs.bill.is_empty() {
        return None;
    }
    let mut found = Vec::new();
    let remaining = order.quantity.0 - inputs.produced.0;
    if remaining > Decimal::ZERO {
        match unit(&order.unit, &made.unit) == made.unit {
            true => {
                let mut bill = Vec::from_iter(&inputs.bill);
                bill.sort_by_key(|component| component.item.id.0);
                bill.into_iter().for_each(|component| weigh(component, remaining, start.max(times.now), &mut found));
                late(inputs, start, times, &mut found);
            }
            false => found.push((Readiness::Short, in_another_unit(order, made, remaining))),
        }
    }
    let readiness = found.iter().map(|(readiness, _)| *readiness).max_by_key(|state| severity(*state));
    Some(Judgement {
        readiness: readiness.unwrap_or(Readiness::Ready),
        missing: found.into_iter().map(|(_, missing)| missing).collect(),
    })
}

/// Whether an order will not be made, or not further.
fn is_over(state: RequestState) -> bool {
    use RequestState::{Aborted, Cancelled, Closed, Completed};
    matches!(state, Cancelled | Completed | Aborted | Closed)
}

/// How far it is from being ready: late material comes by itself, blocked material needs a decision, missing material is not there.
fn severity(readiness: Readiness) -> u8 {
    match readiness {
        Readiness::Ready => 0,
        Readiness::Late => 1,
        Readiness::Blocked => 2,
        Readiness::Short => 3,
    }
}

/// A quantity that names no unit is in that of its material.
fn unit<'a>(named: &'a str, of_material: &'a str) -> &'a str {
    if named.is_empty() { of_material } else { named }
}

fn in_another_unit(order: &production_order::Model, made: &material::Model, remaining: Decimal) -> MissingMaterial {
    MissingMaterial {
        material: made.id,
        lot: None,
        quantity: quantity(remaining),
        unit: order.unit.clone(),
        reason: format!("the order is in {}, but the bill of {} is for one {}", order.unit, made.code, made.unit),
    }
}

/// What one component lacks for an order of which so much remains to be made.
fn weigh(
    component: &Component<'_>,
    remaining: Decimal,
    when: DateTime<Utc>,
    found: &mut Vec<(Readiness, MissingMaterial)>,
) {
    let item = component.item;
    let base = component.material.map_or("", |material| material.unit.as_str());
    let wanted = unit(&item.unit, base);
    let missing = |lot: Option<&material_lot::Model>, amount, reason| MissingMaterial {
        material: item.component_id,
        lot: lot.map(|lot| lot.id),
        quantity: quantity(amount),
        unit: wanted.to_owned(),
        reason,
    };
    let Some(need) = remaining.checked_mul(item.quantity.0) else {
        let reason = format!("{remaining} times {} is more than can be counted", item.quantity);
        return found.push((Readiness::Short, missing(None, remaining, reason)));
    };
    let stock = Stock::of(component, wanted, base, when);
    let mut open = need.saturating_sub(stock.usable);
    if open <= Decimal::ZERO {
        return;
    }
    let mut lacks = Vec::new();
    let mut unnamed = Decimal::ZERO;
    for (number, (lot, reason)) in stock.blocked.into_iter().enumerate() {
        let part = open.min(lot.quantity.0);
        open -= part;
        match number < LOTS_NAMED_MAX {
            _ if part.is_zero() => break,
            true => lacks.push(missing(Some(lot), part, reason)),
            false => unnamed += part,
        }
    }
    if !unnamed.is_zero() {
        lacks.push(missing(None, unnamed, "it is in more lots that may not be used".to_owned()));
    }
    let readiness = if open.is_zero() { Readiness::Blocked } else { Readiness::Short };
    if !open.is_zero() {
        let mut reason = format!("{} {wanted} are needed, and there is not so much", need.normalize());
        for useless in stock.useless.iter().take(USELESS_NAMED_MAX) {
            reason.push_str("; ");
            reason.push_str(useless);
        }
        lacks.push(missing(None, open, reason));
    }
    found.extend(lacks.into_iter().map(|lack| (readiness, lack)));
}

/// The lots of a component, by what they are good for.
struct Stock<'a> {
    usable: Decimal,
    /// With the reason; in the order of their numbers.
    blocked: Vec<(&'a material_lot::Model, String)>,
    /// What is there in words, but does not count.
    useless: Vec<String>,
}

impl<'a> Stock<'a> {
    fn of(component: &Component<'a>, wanted: &str, base: &str, when: DateTime<Utc>) -> Self {
        let mut stock = Self { usable: Decimal::ZERO, blocked: Vec::new(), useless: Vec::new() };
        let mut lots = component.lots.clone();
        lots.sort_by(|a, b| (&a.number, a.id.0).cmp(&(&b.number, b.id.0)));
        for lot in lots {
            let counted = unit(&lot.unit, base);
            let exists = !matches!(lot.disposition, Disposition::Closed | Disposition::Planned);
            if lot.quantity.0 <= Decimal::ZERO || !exists {
                continue;
            } else if counted != wanted {
                let number = &lot.number;
                stock.useless.push(format!("lot {number} is in {counted}, which does not add to {wanted}"));
            } else if lot.expires_at.is_some_and(|at| at <= when) {
                stock.useless.push(format!("lot {} expires before it would be used", lot.number));
            } else if lot.disposition.is_usable(lot.open_holds) {
                stock.usable = stock.usable.saturating_add(lot.quantity.0);
            } else {
                stock.blocked.push((lot, why_not(lot)));
            }
        }
        stock
    }
}

fn why_not(lot: &material_lot::Model) -> String {
    match lot.open_holds {
        0 => format!("the lot is {}", lot.disposition),
        1 => "a hold on the lot is open".to_owned(),
        holds => format!("{holds} holds on the lot are open"),
    }
}

/// What is to be brought and will not be there in time. A task that names neither material nor lot is of no use here.
fn late(inputs: &Inputs<'_>, start: DateTime<Utc>, times: &Times, found: &mut Vec<(Readiness, MissingMaterial)>) {
    let limit = start.checked_sub_signed(times.lead).unwrap_or(start);
    let lots = || inputs.bill.iter().flat_map(|component| component.lots.iter().copied());
    let mut tasks = inputs.staging.clone();
    tasks.sort_by(|a, b| (&a.number, a.id.0).cmp(&(&b.number, b.id.0)));
    for task in tasks {
        let done = matches!(task.state, StagingState::Staged | StagingState::Cancelled);
        let expected = task.due_at.map_or(times.now, |due| due.max(times.now));
        if done || expected <= limit {
            continue;
        }
        let of_lot = || Some(lots().find(|lot| Some(lot.id) == task.lot_id)?.material_id);
        let Some(material) = task.material_id.or_else(of_lot) else { continue };
        let due = task.due_at.map(|due| format!(" and due at {}", text(due))).unwrap_or_default();
        let missing = MissingMaterial {
            material,
            lot: task.lot_id,
            quantity: quantity(task.quantity.0),
            unit: task.unit.clone(),
            reason: format!("{} is {}{due}; it has to be there at {}", task.number, task.state, text(limit)),
        };
        found.push((Readiness::Late, missing));
    }
}

fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn quantity(amount: Decimal) -> Quantity {
    Quantity(amount.normalize())
}
