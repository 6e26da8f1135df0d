use proptest::prelude::*;
use uuid::Uuid;

use super::{Strategy, *};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn claim(number: u128, kind: SourceKind, value: &str, since: i64) -> Claimed {
    Claimed {
        source: SourceId(Uuid::from_u128(number)),
        kind,
        code: kind.to_string(),
        value: (!value.is_empty()).then(|| value.to_owned()),
        since: at(since),
        source_time: Some(at(since)),
        live: true,
    }
}

fn disposition() -> Rule {
    let order = ["RESTRICTED", "IN_PROCESS", "PLANNED", "CLOSED", "UNRESTRICTED"];
    Rule {
        id: "lot.disposition/1".into(),
        strategy: Strategy::MostRestrictive(order.map(str::to_owned).to_vec()),
        within: None,
        alike: vec![vec!["IN_PROCESS".into(), "UNRESTRICTED".into()]],
        disputed: true,
        window: Duration::from_secs(60),
        windows: vec![(SourceKind::Wms, SourceKind::Erp, Duration::from_secs(10))],
    }
}

fn erp_and_wms() -> [Claimed; 2] {
    [claim(1, SourceKind::Erp, "UNRESTRICTED", 0), claim(2, SourceKind::Wms, "RESTRICTED", 100)]
}

#[test]
fn a_difference_is_pending_within_the_window_of_the_pair_and_a_conflict_after_it() {
    let claims = erp_and_wms();
    let early = reconcile(&disposition(), &claims, None, at(109)).unwrap();
    assert_eq!((early.verdict, early.value.as_deref()), (Verdict::Pending, Some("RESTRICTED")));
    assert_eq!((early.differs_since, early.deadline), (Some(at(100)), Some(at(110))));
    let late = reconcile(&disposition(), &claims, None, at(110)).unwrap();
    assert_eq!((late.verdict, late.deadline), (Verdict::Conflict, None));
    assert!(
        late.reason.contains("ERP says UNRESTRICTED") && late.reason.contains("lot.disposition/1"),
        "{}",
        late.reason
    );
}

#[test]
fn a_silent_decider_is_stale_and_a_silent_other_contradicts_nobody() {
    let mut claims = erp_and_wms();
    claims[1].live = false;
    let stale = reconcile(&disposition(), &claims, None, at(500)).unwrap();
    assert_eq!((stale.verdict, stale.value.as_deref()), (Verdict::Stale, Some("RESTRICTED")));
    let mut claims = erp_and_wms();
    claims[0].live = false;
    assert_eq!(reconcile(&disposition(), &claims, None, at(500)).unwrap().verdict, Verdict::Agreed);
}

#[test]
fn an_accepted_difference_holds_until_its_end_and_only_for_these_claims() {
    let claims = erp_and_wms();
    let chosen = Some(claims[0].source);
    let accepted = Accepted { fingerprint: fingerprint(&claims), chosen, until: at(1_000), by: "Ann".into() };
    let settled = reconcile(&disposition(), &claims, Some(&accepted), at(999)).unwrap();
    assert_eq!((settled.verdict, settled.value.as_deref()), (Verdict::Resolved, Some("UNRESTRICTED")));
    assert_eq!(reconcile(&disposition(), &claims, Some(&accepted), at(1_000)).unwrap().verdict, Verdict::Conflict);
    let mut others = claims.clone();
    others[1].value = Some("CLOSED".into());
    assert_eq!(reconcile(&disposition(), &others, Some(&accepted), at(999)).unwrap().verdict, Verdict::Conflict);
}

#[test]
fn quantities_that_are_close_agree_and_what_is_not_disputed_is_settled() {
    let rule = Rule {
        strategy: Strategy::Authority(vec![SourceKind::Wms, SourceKind::Erp]),
        within: Some(Decimal::ONE),
        ..disposition()
    };
    let claims = [claim(1, SourceKind::Erp, "100.5", 0), claim(2, SourceKind::Wms, "100", 0)];
    let close = reconcile(&rule, &claims, None, at(900)).unwrap();
    assert_eq!((close.verdict, close.value.as_deref()), (Verdict::Agreed, Some("100")));
    let far = [claim(1, SourceKind::Erp, "102", 0), claim(2, SourceKind::Wms, "100", 0)];
    assert_eq!(reconcile(&rule, &far, None, at(900)).unwrap().verdict, Verdict::Conflict);
    let settled = Rule { disputed: false, ..rule };
    assert_eq!(reconcile(&settled, &far, None, at(900)).unwrap().verdict, Verdict::Resolved);
}

#[test]
fn values_that_are_alike_agree_and_so_do_times_that_are_close() {
    let claims = [claim(1, SourceKind::Erp, "UNRESTRICTED", 0), claim(2, SourceKind::Wms, "IN_PROCESS", 0)];
    let agreed = reconcile(&disposition(), &claims, None, at(900)).unwrap();
    assert_eq!((agreed.verdict, agreed.value.as_deref()), (Verdict::Agreed, Some("IN_PROCESS")));
    let rule = Rule { within: Some(Decimal::from(60)), ..disposition() };
    let times = ["2026-11-22T10:00:00Z", "2026-11-22T11:00:59+01:00"];
    let claims = [claim(1, SourceKind::Erp, times[0], 0), claim(2, SourceKind::Wms, times[1], 0)];
    assert_eq!(reconcile(&rule, &claims, None, at(900)).unwrap().verdict, Verdict::Agreed);
    let rule = Rule { within: Some(Decimal::from(58)), ..rule };
    assert_eq!(reconcile(&rule, &claims, None, at(900)).unwrap().verdict, Verdict::Conflict);
}

#[test]
fn nothing_is_said_by_nobody_and_nothing_contradicts_nobody() {
    assert_eq!(reconcile(&disposition(), &[], None, at(0)), None);
    let nothing = [claim(1, SourceKind::Erp, "", 0), claim(2, SourceKind::Wms, "RESTRICTED", 0)];
    assert_eq!(reconcile(&disposition(), &nothing, None, at(500)).unwrap().verdict, Verdict::Agreed);
}

fn kinds() -> impl Generator<Value = SourceKind> {
    prop::sample::select(SourceKind::ALL.to_vec())
}

use proptest::strategy::Strategy as Generator;

fn claims() -> impl Generator<Value = Vec<Claimed>> {
    let one = (
        kinds(),
        prop::sample::select(vec!["", "UNRESTRICTED", "RESTRICTED", "CLOSED", "7"]),
        0..200_i64,
        any::<bool>(),
    );
    prop::collection::vec(one, 0..6).prop_map(|claims| {
        let claims = claims.into_iter().enumerate();
        claims
            .map(|(i, (kind, value, since, live))| Claimed { live, ..claim(i as u128 + 1, kind, value, since) })
            .collect()
    })
}

fn rules() -> impl Generator<Value = Rule> {
    let strategies =
        vec![disposition().strategy, Strategy::Latest, Strategy::Authority(vec![SourceKind::Erp, SourceKind::Wms])];
    (prop::sample::select(strategies), any::<bool>()).prop_map(|(strategy, disputed)| Rule {
        strategy,
        disputed,
        ..disposition()
    })
}

proptest! {
    #[test]
    fn the_order_of_the_claims_changes_nothing(
        rule in rules(), (claims, shuffled) in claims().prop_flat_map(|c| (Just(c.clone()), Just(c).prop_shuffle())), now in 0..400_i64
    ) {
        prop_assert_eq!(reconcile(&rule, &claims, None, at(now)), reconcile(&rule, &shuffled, None, at(now)));
    }

    #[test]
    fn the_value_is_one_that_was_claimed_and_time_only_turns_pending_into_conflict(rule in rules(), claims in claims(), now in 0..400_i64) {
        let (a, b) = (reconcile(&rule, &claims, None, at(now)), reconcile(&rule, &claims, None, at(now + 10_000)));
        let (Some(a), Some(b)) = (a, b) else { prop_assert!(claims.is_empty()); return Ok(()); };
        prop_assert_eq!(&a.value, &b.value);
        prop_assert!(a.value.is_none() || claims.iter().any(|claim| claim.value == a.value && Some(claim.source) == a.by));
        prop_assert!(a.verdict == b.verdict || (a.verdict, b.verdict) == (Verdict::Pending, Verdict::Conflict));
        prop_assert_eq!(a.deadline.is_some(), a.verdict == Verdict::Pending);
    }
}
