use chrono::{DateTime, TimeDelta, Utc};
use model::{
    BillItemId, Disposition, LotId, MaterialId, OrderId, PlantId, Quantity, Readiness, RequestState, StagingState,
    StagingTaskId,
    entity::{bill_item, material, material_lot, production_order, staging_task},
};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{Component, Inputs, Judgement, Times, judge};

const PLANT: PlantId = PlantId(uuid::Uuid::nil());

fn now() -> DateTime<Utc> {
    "2026-06-01T06:00:00Z".parse().unwrap()
}

fn times() -> Times {
    Times { now: now(), horizon: TimeDelta::hours(24), lead: TimeDelta::minutes(30) }
}

/// An order of 100 kg of M1 that starts in two hours; one kg of it takes two pieces of M2.
#[derive(Clone, Debug)]
struct Case {
    order: production_order::Model,
    made: material::Model,
    item: bill_item::Model,
    component: material::Model,
    lots: Vec<material_lot::Model>,
    staging: Vec<staging_task::Model>,
    produced: i64,
}

fn material(code: &str, unit: &str) -> material::Model {
    material::Model {
        id: MaterialId::new(),
        plant_id: PLANT,
        code: code.into(),
        name: code.into(),
        unit: unit.into(),
        class_id: None,
        revision: 1,
    }
}

fn case() -> Case {
    let (made, component) = (material("M1", "kg"), material("M2", "pcs"));
    let order = production_order::Model {
        id: OrderId::new(),
        plant_id: PLANT,
        number: "P-1".into(),
        material_id: Some(made.id),
        state: RequestState::Released,
        quantity: Quantity(100.into()),
        unit: "kg".into(),
        planned_start: Some(now() + TimeDelta::hours(2)),
        planned_end: None,
        other_state: None,
        revision: 1,
    };
    let item = bill_item::Model {
        id: BillItemId::new(),
        plant_id: PLANT,
        material_id: made.id,
        component_id: component.id,
        quantity: Quantity(2.into()),
        unit: "pcs".into(),
        revision: 1,
    };
    Case { order, made, item, component, lots: Vec::new(), staging: Vec::new(), produced: 0 }
}

impl Case {
    fn lot(mut self, number: &str, quantity: i64, change: impl FnOnce(&mut material_lot::Model)) -> Self {
        let mut lot = material_lot::Model {
            id: LotId::new(),
            plant_id: PLANT,
            material_id: self.component.id,
            number: number.into(),
            quantity: Quantity(quantity.into()),
            unit: "pcs".into(),
            disposition: Disposition::Unrestricted,
            status: None,
            location: None,
            open_holds: 0,
            parent_lot_id: None,
            other_disposition: None,
            expires_at: None,
            revision: 1,
        };
        change(&mut lot);
        self.lots.push(lot);
        self
    }

    fn staging(mut self, state: StagingState, due_in: Option<TimeDelta>) -> Self {
        self.staging.push(staging_task::Model {
            id: StagingTaskId::new(),
            plant_id: PLANT,
            number: "S-1".into(),
            order_id: Some(self.order.id),
            material_id: None,
            lot_id: self.lots.first().map(|lot| lot.id),
            quantity: Quantity(200.into()),
            unit: "pcs".into(),
            from_location: None,
            to_location: None,
            state,
            other_state: None,
            due_at: due_in.map(|due| now() + due),
            revision: 1,
        });
        self
    }

    fn order(mut self, change: impl FnOnce(&mut production_order::Model)) -> Self {
        change(&mut self.order);
        self
    }

    fn judge(&self) -> Option<Judgement> {
        self.judge_at(&times())
    }

    fn judge_at(&self, times: &Times) -> Option<Judgement> {
        let component =
            Component { item: &self.item, material: Some(&self.component), lots: self.lots.iter().collect() };
        let inputs = Inputs {
            order: &self.order,
            made: Some(&self.made),
            produced: Quantity(self.produced.into()),
            bill: vec![component],
            staging: self.staging.iter().collect(),
        };
        judge(&inputs, times)
    }

    /// The readiness, and what is missing: lot number, quantity.
    #[track_caller]
    fn found(&self) -> (Readiness, Vec<(Option<&str>, String)>) {
        let judged = self.judge().expect("inside the horizon");
        let name = |id: LotId| self.lots.iter().find(|lot| lot.id == id).unwrap().number.as_str();
        let missing = judged.missing.iter().map(|lack| (lack.lot.map(name), lack.quantity.to_string())).collect();
        (judged.readiness, missing)
    }

    fn reason(&self) -> String {
        self.judge().unwrap().missing.into_iter().map(|lack| lack.reason).collect::<Vec<_>>().join(" | ")
    }
}

#[test]
fn enough_that_may_be_used_is_ready() {
    assert_eq!(case().lot("A", 150, |_| {}).lot("B", 50, |_| {}).found(), (Readiness::Ready, vec![]));
    assert_eq!(case().lot("A", 199, |_| {}).found(), (Readiness::Short, vec![(None, "1".into())]));
}

#[test]
fn what_is_made_already_needs_nothing_more() {
    let half = Case { produced: 50, ..case().lot("A", 100, |_| {}) };
    assert_eq!(half.found(), (Readiness::Ready, vec![]));
    let more = Case { produced: 120, ..case() };
    assert_eq!(more.found(), (Readiness::Ready, vec![]));
}

#[test]
fn what_holds_and_dispositions_keep_is_blocked_as_far_as_it_is_needed() {
    let case = case()
        .lot("A", 120, |_| {})
        .lot("B", 50, |lot| lot.open_holds = 1)
        .lot("C", 500, |lot| lot.disposition = Disposition::Restricted);
    let parts = vec![(Some("B"), "50".to_owned()), (Some("C"), "30".to_owned())];
    assert_eq!(case.found(), (Readiness::Blocked, parts));
    assert_eq!(case.reason(), "a hold on the lot is open | the lot is RESTRICTED");
}

#[test]
fn what_would_not_be_enough_even_free_is_short() {
    let case = case().lot("A", 120, |_| {}).lot("B", 50, |lot| lot.open_holds = 2);
    let parts = vec![(Some("B"), "50".to_owned()), (None, "30".to_owned())];
    assert_eq!(case.found(), (Readiness::Short, parts));
}

#[test]
fn what_is_gone_not_there_yet_or_expires_before_does_not_count() {
    let case = case()
        .lot("A", 500, |lot| lot.disposition = Disposition::Closed)
        .lot("B", 500, |lot| lot.disposition = Disposition::Planned)
        .lot("C", 500, |lot| lot.expires_at = Some(now() + TimeDelta::hours(2)))
        .lot("D", 60, |lot| lot.expires_at = Some(now() + TimeDelta::hours(3)));
    assert_eq!(case.found(), (Readiness::Short, vec![(None, "140".into())]));
    assert!(case.reason().ends_with("lot C expires before it would be used"), "{}", case.reason());
}

#[test]
fn units_are_never_converted_by_guess() {
    let kilograms = case().lot("A", 500, |lot| lot.unit = "kg".into());
    assert_eq!(kilograms.found(), (Readiness::Short, vec![(None, "200".into())]));
    assert!(kilograms.reason().contains("lot A is in kg, which does not add to pcs"), "{}", kilograms.reason());
    let unnamed = case().lot("A", 200, |lot| lot.unit.clear()).order(|order| order.unit.clear());
    assert_eq!(unnamed.found().0, Readiness::Ready, "without a unit that of the material is meant");
    let pallets = case().lot("A", 500, |_| {}).order(|order| order.unit = "pal".into());
    assert_eq!(pallets.found(), (Readiness::Short, vec![(None, "100".into())]));
    assert_eq!(pallets.reason(), "the order is in pal, but the bill of M1 is for one kg");
}

#[test]
fn staging_is_late_when_it_is_due_or_still_open_within_the_lead() {
    use StagingState::{Cancelled, InProgress, Planned, Staged};
    let stocked = || case().lot("A", 200, |_| {});
    let minutes = |minutes| Some(TimeDelta::minutes(minutes));
    let readiness = |case: Case| case.found().0;
    assert_eq!(readiness(stocked().staging(Planned, minutes(90))), Readiness::Ready);
    assert_eq!(readiness(stocked().staging(Planned, minutes(91))), Readiness::Late);
    assert_eq!(readiness(stocked().staging(Planned, None)), Readiness::Ready);
    for state in [Staged, Cancelled] {
        assert_eq!(readiness(stocked().staging(state, minutes(91))), Readiness::Ready);
    }
    let open = stocked().staging(InProgress, minutes(60));
    let at = |minutes| Times { now: now() + TimeDelta::minutes(minutes), ..times() };
    assert_eq!(open.judge_at(&at(90)).unwrap().readiness, Readiness::Ready);
    let late = open.judge_at(&at(91)).unwrap();
    assert_eq!((late.readiness, late.missing[0].lot), (Readiness::Late, Some(open.lots[0].id)));
    assert_eq!(late.missing[0].material, open.component.id, "the task names only the lot");
    assert_eq!(open.judge_at(&at(100)).unwrap(), late, "the same again, while time passes");
    let blocked = case().lot("A", 200, |lot| lot.open_holds = 1).staging(Planned, minutes(91));
    assert_eq!(readiness(blocked), Readiness::Blocked, "the worse of the two");
}

#[test]
fn nothing_is_said_of_what_is_far_away_over_or_unknown() {
    let far = case().order(|order| order.planned_start = Some(now() + TimeDelta::hours(24) + TimeDelta::seconds(1)));
    assert_eq!(far.judge(), None);
    assert_eq!(case().order(|order| order.planned_start = None).judge(), None);
    let past = case().order(|order| order.planned_start = Some(now() - TimeDelta::days(3)));
    assert_eq!(past.found().0, Readiness::Short, "it should have started, and can not");
    for state in [RequestState::Completed, RequestState::Cancelled, RequestState::Aborted, RequestState::Closed] {
        assert_eq!(case().order(|order| order.state = state).judge(), None, "{state}");
    }
    let case = case();
    let inputs = Inputs {
        order: &case.order,
        made: Some(&case.made),
        produced: Quantity::default(),
        bill: Vec::new(),
        staging: Vec::new(),
    };
    assert_eq!(judge(&inputs, &times()), None, "without a bill nothing is known");
}

#[test]
fn the_largest_quantities_do_not_overflow() {
    let mut case = case().lot("A", i64::MAX, |lot| lot.quantity = Quantity(Decimal::MAX)).lot("B", i64::MAX, |_| {});
    case.order.quantity = Quantity(Decimal::MAX);
    assert_eq!(case.judge().unwrap().readiness, Readiness::Short);
    case.order.quantity = Quantity(Decimal::from(1_000_000_000_000_i64));
    case.item.quantity = Quantity(Decimal::from(1_000_000_000_000_i64));
    assert_eq!(case.judge().unwrap().readiness, Readiness::Ready);
    let forever = DateTime::<Utc>::MIN_UTC;
    let start = case.order(|order| order.planned_start = Some(forever)).staging(StagingState::Planned, None);
    assert_eq!(start.judge().unwrap().readiness, Readiness::Late);
}

prop_compose! {
    fn lots()(list in prop::collection::vec((0i64..300, 0usize..6, 0i64..3, prop::option::of(0i64..5)), 0..40)) -> Case {
        list.into_iter().enumerate().fold(case(), |case, (number, (quantity, disposition, holds, hours))| {
            case.lot(&format!("L{number:02}"), quantity, |lot| {
                lot.disposition = Disposition::ALL[disposition];
                lot.open_holds = holds;
                lot.expires_at = hours.map(|hours| now() + TimeDelta::hours(hours));
            })
        })
    }
}

proptest! {
    #[test]
    fn the_order_of_lots_changes_nothing(case in lots(), by in 0usize..40) {
        let mut turned = case.clone();
        let count = turned.lots.len().max(1);
        turned.lots.rotate_left(by % count);
        prop_assert_eq!(case.judge(), turned.judge());
    }

    #[test]
    fn what_is_missing_sums_up_to_what_is_not_usable(case in lots()) {
        let judged = case.judge().unwrap();
        let expired = |lot: &material_lot::Model| lot.expires_at.is_some_and(|at| at <= now() + TimeDelta::hours(2));
        let usable: Decimal = case.lots.iter()
            .filter(|lot| lot.disposition.is_usable(lot.open_holds) && !expired(lot)).map(|lot| lot.quantity.0).sum();
        let missing: Decimal = judged.missing.iter().map(|lack| lack.quantity.0).sum();
        prop_assert_eq!(missing, (Decimal::from(200) - usable).max(Decimal::ZERO));
        prop_assert_eq!(judged.readiness == Readiness::Ready, judged.missing.is_empty());
        prop_assert!(judged.missing.iter().all(|lack| lack.quantity.0 > Decimal::ZERO));
        prop_assert_eq!(judged.readiness == Readiness::Blocked, !judged.missing.is_empty()
            && case.lots.iter().filter(|lot| !expired(lot))
                .filter(|lot| !matches!(lot.disposition, Disposition::Closed | Disposition::Planned))
                .map(|lot| lot.quantity.0).sum::<Decimal>() >= Decimal::from(200));
    }

    #[test]
    fn freeing_a_lot_never_makes_it_worse(case in lots(), at in 0usize..40) {
        let mut freed = case.clone();
        if let Some(lot) = freed.lots.get_mut(at) {
            (lot.disposition, lot.open_holds) = (Disposition::Unrestricted, 0);
        }
        let rank = |case: &Case| match case.judge().unwrap().readiness {
            Readiness::Ready => 0, Readiness::Late => 1, Readiness::Blocked => 2, Readiness::Short => 3,
        };
        prop_assert!(rank(&freed) <= rank(&case));
    }
}
