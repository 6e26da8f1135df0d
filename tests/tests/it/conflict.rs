//! Systems that contradict each other: verdicts, cases, and the three ways out of them.

use chrono::TimeDelta;
use model::{
    CaseClass, CaseState, Code, DecisionOption, Disposition,
    entity::{
        accepted_difference,
        command::{Action, CommandState},
        exception_case,
    },
};
use tests::{
    World,
    asks::{decide, done, place_hold, refused, release_hold},
    erp::{Erp, Lot, lot, material, page},
    on_both,
    people::{ANN, MAX, MIA, OLGA},
    plant::{CONFLICT_WINDOW, ERP, WMS},
};
use workflow::{
    case::Effect,
    commands::Outbox,
    service::{Decide, ResumeStream},
    sync::{Page, Sweep},
};

/// The lot as one system says it.
fn says(disposition: Disposition) -> Lot<'static> {
    Lot { disposition: Ok(disposition), ..lot("7", "LOT-1", "1") }
}

/// An ERP that gives a lot free, and a WMS that does not: apart for longer than their window.
async fn apart(world: &World) -> (Erp, Erp, exception_case::Model) {
    let (erp, wms) = (world.system(ERP).await, world.system(WMS).await);
    for (system, disposition) in [(&erp, Disposition::Unrestricted), (&wms, Disposition::Restricted)] {
        system.apply([material("1", world.ago(600)), says(disposition).at(world.ago(600))]).await;
    }
    assert_eq!(
        world.lot("LOT-1").await.unwrap().disposition,
        Disposition::Restricted,
        "the careful one counts at once"
    );
    assert!(open(world).await.is_empty(), "it may be their clocks");
    tokio::time::sleep(CONFLICT_WINDOW * 2).await;
    assert_eq!(world.fire_due().await, 1);
    let case = open(world).await.remove(0);
    assert_eq!((case.class, case.state), (CaseClass::StatusConflict, CaseState::Assigned));
    assert!(
        case.title.contains("ERP says UNRESTRICTED") && case.title.contains("WMS says RESTRICTED"),
        "{}",
        case.title
    );
    let evidence = world.view().evidence_of(&[case.id]).await.unwrap();
    assert!(evidence.len() >= 3, "each claim and the reason: {evidence:?}");
    (erp, wms, case)
}

async fn open(world: &World) -> Vec<exception_case::Model> {
    let mut cases = world.table::<exception_case::Entity>().await;
    cases.retain(|case| case.state.is_open());
    cases
}

/// Decides about a contradiction, naming a system.
fn about(world: &World, case: &exception_case::Model, option: DecisionOption, system: &str) -> Decide {
    let source = Some(world.nord.sources[system]);
    Decide { effect: Effect { source, ..Effect::default() }, ..decide(case, option) }
}

async fn outbox(world: &World, system: &str) -> Outbox {
    Outbox::new(world.store.clone(), world.nord.sources[system], world.lease(&system.to_lowercase()).await)
}

/// Takes the next command of a system through all its states.
async fn carry_out(world: &World, system: &str, action: Action) {
    let outbox = outbox(world, system).await;
    let command = outbox.lease_next().await.unwrap().expect("a command waits");
    assert_eq!(command.action, action.as_str());
    for state in [CommandState::Sent, CommandState::Acked, CommandState::Verifying, CommandState::Verified] {
        outbox.moved(command.id, state, None).await.unwrap();
    }
}

on_both! {
    async fn a_corrected_source_closes_the_case_when_it_says_so_itself(world: World) {
        let (erp, _, case) = apart(&world).await;
        let to_free = about(&world, &case, DecisionOption::CorrectSource, ERP);
        done(&world.ask(MAX, to_free).await);
        carry_out(&world, ERP, Action::BlockLot).await;
        assert_eq!(world.case(case.id).await.state, CaseState::Verifying, "the ERP did it, and has not said so yet");
        erp.apply([says(Disposition::Restricted).at(world.ago(10))]).await;
        let case = world.case(case.id).await;
        assert_eq!((case.state, case.decision), (CaseState::Closed, Some(DecisionOption::CorrectSource)));
        assert!(case.verified_at.is_some());
    }

    async fn systems_that_agree_again_close_their_case_without_anybody(world: World) {
        let (_, wms, case) = apart(&world).await;
        wms.apply([says(Disposition::Unrestricted).at(world.ago(10))]).await;
        let case = world.case(case.id).await;
        assert_eq!((case.state, case.decision, case.decided_at), (CaseState::Closed, None, None));
        assert!(world.open_tasks(&case).await.is_empty());
        assert_eq!(world.lot("LOT-1").await.unwrap().disposition, Disposition::Unrestricted);
    }

    async fn a_difference_within_the_window_leaves_no_case(world: World) {
        let (erp, wms) = (world.system(ERP).await, world.system(WMS).await);
        for (system, disposition) in [(&erp, Disposition::Unrestricted), (&wms, Disposition::Restricted)] {
            system.apply([material("1", world.ago(600)), says(disposition).at(world.ago(600))]).await;
        }
        erp.apply([says(Disposition::Restricted).at(world.ago(10))]).await;
        tokio::time::sleep(CONFLICT_WINDOW * 2).await;
        assert_eq!(world.fire_due().await, 0, "the timer is gone with the difference");
        assert!(open(&world).await.is_empty());
    }

    async fn an_accepted_claim_counts_until_it_ends_and_then_it_is_a_conflict_again(world: World) {
        let (_, wms, case) = apart(&world).await;
        let mut accept = about(&world, &case, DecisionOption::AcceptClaim, ERP);
        accept.effect.until = Some(world.now() + TimeDelta::milliseconds(900));
        done(&world.ask(MAX, accept).await);
        assert_eq!(world.case(case.id).await.state, CaseState::Closed);
        assert_eq!(world.lot("LOT-1").await.unwrap().disposition, Disposition::Unrestricted, "as the ERP says");
        assert_eq!(wms.apply([says(Disposition::Restricted).at(world.ago(600))]).await.changed, 0);
        tokio::time::sleep(std::time::Duration::from_millis(1_200)).await;
        assert_eq!(world.fire_due().await, 1);
        assert_eq!(world.lot("LOT-1").await.unwrap().disposition, Disposition::Restricted);
        assert_ne!(open(&world).await.remove(0).id, case.id, "a new case");
    }

    async fn an_accepted_difference_is_over_as_soon_as_a_system_says_something_else(world: World) {
        let (_, wms, case) = apart(&world).await;
        done(&world.ask(MAX, decide(&case, DecisionOption::AcceptDifference)).await);
        assert_eq!(world.case(case.id).await.state, CaseState::Closed);
        assert_eq!(world.table::<accepted_difference::Entity>().await.len(), 1);
        wms.apply([says(Disposition::Closed).at(world.ago(10))]).await;
        tokio::time::sleep(CONFLICT_WINDOW * 2).await;
        world.fire_due().await;
        assert_eq!(open(&world).await.len(), 1, "this is another difference");
    }

    async fn who_may_not_decide_or_names_no_system_is_told(world: World) {
        let (_, _, case) = apart(&world).await;
        let outcome = world.ask(OLGA, about(&world, &case, DecisionOption::CorrectSource, ERP)).await;
        assert_eq!(refused(&outcome).code, Code::MissingRight);
        let outcome = world.ask(MAX, decide(&case, DecisionOption::CorrectSource)).await;
        assert!(refused(&outcome).message.contains("source"), "{outcome:?}");
        let outcome = world.ask(ANN, decide(&case, DecisionOption::Restart)).await;
        assert!(refused(&outcome).message.contains("CORRECT_SOURCE"), "{outcome:?}");
    }

    async fn a_command_that_nobody_knows_the_end_of_gives_the_case_back(world: World) {
        let (_, _, case) = apart(&world).await;
        done(&world.ask(MAX, about(&world, &case, DecisionOption::CorrectSource, ERP)).await);
        let outbox = outbox(&world, ERP).await;
        let command = outbox.lease_next().await.unwrap().unwrap();
        outbox.moved(command.id, CommandState::Unknown, Some("the ERP did not answer".into())).await.unwrap();
        let case = world.case(case.id).await;
        assert_eq!((case.state, case.rework_loops), (CaseState::Assigned, 1));
        assert!(world.open_tasks(&case).await.iter().any(|task| task.title.contains("did not answer")));
    }

    async fn a_hold_reaches_every_system_that_claims_the_lot_and_so_does_its_release(world: World) {
        let (erp, wms) = (world.system(ERP).await, world.system(WMS).await);
        for system in [&erp, &wms] {
            system.apply([material("1", world.ago(600)), says(Disposition::Unrestricted).at(world.ago(600))]).await;
        }
        let lot = world.lot("LOT-1").await.unwrap();
        let hold = world.hold(done(&world.ask(OLGA, place_hold(&lot)).await)).await;
        let case = open(&world).await.remove(0);
        assert_eq!((case.class, case.state), (CaseClass::QualityHold, CaseState::Assigned));
        carry_out(&world, ERP, Action::BlockLot).await;
        assert_eq!(world.case(case.id).await.state, CaseState::Assigned, "the WMS may still ship it");
        carry_out(&world, WMS, Action::BlockLot).await;
        assert_eq!(world.case(case.id).await.state, CaseState::Contained);
        done(&world.ask(MIA, release_hold(&hold)).await);
        assert_eq!(world.case(case.id).await.state, CaseState::Executing);
        carry_out(&world, WMS, Action::ReleaseLot).await;
        carry_out(&world, ERP, Action::ReleaseLot).await;
        assert_eq!(world.case(case.id).await.state, CaseState::Closed);
    }

    async fn what_is_missing_twice_is_gone_and_comes_back_as_it_was(world: World) {
        let erp = world.erp().await;
        let at = world.ago(600);
        let lots = || [material("1", at), lot("1", "LOT-1", "1").at(at), lot("2", "LOT-2", "1").at(at)];
        erp.apply(lots()).await;
        let swept = |keys: &[&str]| Page { sweep: Some(sweep(keys)), ..page([]) };
        assert_eq!(erp.syncer.apply(swept(&["1"])).await.unwrap().absent, 0, "once may be an accident");
        assert_eq!(erp.syncer.apply(swept(&["1"])).await.unwrap().absent, 1);
        let gone = world.lot("LOT-2").await.unwrap();
        let record = world.view().references_of(&[gone.id.0]).await.unwrap().remove(0);
        assert!(record.absent_since.is_some(), "its history stays");
        assert_eq!(erp.apply(lots()).await.changed, 1);
        let record = world.view().references_of(&[gone.id.0]).await.unwrap().remove(0);
        assert_eq!(record.absent_since, None);
    }

    async fn an_extract_that_lost_half_its_rows_deletes_nothing_and_stops_the_stream(world: World) {
        let erp = world.erp().await;
        let at = world.ago(600);
        let numbers: Vec<String> = (1..=40).map(|number| number.to_string()).collect();
        erp.apply([material("1", at)]).await;
        erp.apply(numbers.iter().map(|number| lot(number, number, "1").at(at))).await;
        let half: Vec<&str> = numbers.iter().step_by(2).map(String::as_str).collect();
        for _ in 0..3 {
            let applied = erp.syncer.apply(Page { sweep: Some(sweep(&half)), ..page([]) }).await.unwrap();
            assert_eq!(applied.absent, 0);
        }
        let reason = erp.syncer.paused("records").await.unwrap().expect("it is stopped");
        assert!(reason.contains("20 of 40"), "{reason}");
        let cases = open(&world).await;
        assert_eq!((cases.len(), cases[0].class), (1, CaseClass::SyncStopped));
        let resume = ResumeStream { source: world.nord.sources[ERP], stream: "records".into() };
        assert_eq!(refused(&world.ask(MAX, resume).await).code, Code::MissingRight);
    }
}

fn sweep(keys: &[&str]) -> Sweep {
    Sweep {
        external_model: "stock.lot".into(),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        max_ratio: 0.1,
    }
}
