//! Two pairs of eyes: `RESEQUENCE_ORDER` needs two people.

use std::time::Duration;

use model::{
    CaseState, Code, DecisionOption, DecisionState, LineState,
    entity::{command::CommandState, exception_case},
};
use tests::{
    World,
    asks::{decide, done, refused, resequence, waits},
    erp::order,
    floor::{active_order, state},
    on_both,
    people::{ANN, ANN_TABLET, BOB, OLGA, PAT, PIA, ROBOT},
    plant::{ERP, line},
    together,
};
use workflow::{commands::Outbox, service::Outcome};

/// Cases on so many extra lines, each of which ran an order that the ERP knows.
async fn cases(world: &World, count: usize) -> (World, Vec<exception_case::Model>) {
    let codes: Vec<_> = (0..count).map(|number| format!("X{number}")).collect();
    let at_once = |code: &String| workflow::plant::LineDefinition { downtime_threshold: Duration::ZERO, ..line(code) };
    let world = world.redefine(|plant| plant.lines.extend(codes.iter().map(at_once))).await;
    let (erp, floor) = (world.erp().await, world.floor().await);
    erp.apply(codes.iter().map(|code| order(code, code).at(world.ago(7200)))).await;
    let lines: Vec<_> = codes.iter().map(|code| (code, world.line(code))).collect();
    let down = |(code, line): &(&String, _)| {
        [
            active_order(*line, code, world.ago(3600)),
            state(*line, LineState::Execute, world.ago(3600)),
            state(*line, LineState::Held, world.ago(1800)),
        ]
    };
    floor.send(lines.iter().flat_map(down)).await;
    let lines: Vec<_> = lines.into_iter().map(|(_, line)| line).collect();
    let cases = world.view().open_cases_of(&lines).await.unwrap();
    assert_eq!(cases.len(), count);
    (world, cases)
}

on_both! {
    async fn two_approvers_at_once_always_complete(world: World) {
        const CASES: usize = 200;
        let (world, cases) = cases(&world, CASES).await;
        let (replica, target) = (world.replica().await, world.line("L2"));
        for case in &cases {
            let outcomes = together([(world.clone(), ANN), (replica.clone(), PAT)].map(|(world, person)| {
                let case = case.clone();
                async move { world.ask(person, resequence(&case, target)).await }
            }))
            .await;
            let first = outcomes
                .iter()
                .filter(|outcome| matches!(outcome, Outcome::NeedsApproval { approvals: 1, needed: 2, .. }));
            let second = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Done { .. }));
            assert_eq!((first.count(), second.count()), (1, 1), "{outcomes:?}");
        }
        let ids: Vec<_> = cases.iter().map(|case| case.id).collect();
        let decisions = world.view().decisions_of(&ids).await.unwrap();
        assert_eq!(decisions.len(), CASES);
        assert!(decisions.iter().all(|decision| decision.state == DecisionState::Effective));
        assert_eq!(world.view().commands_of(&ids).await.unwrap().len(), CASES, "one command each");
    }

    async fn five_approvers_at_once_complete_once(world: World) {
        let (world, cases) = cases(&world, 5).await;
        let people = tests::people::crowd(&world.store, world.nord.plant, 5).await;
        let target = world.line("L2");
        for case in cases {
            let outcomes = together(people.iter().map(|person| {
                let (world, case, person) = (world.clone(), case.clone(), person.clone());
                async move { world.ask(&person, resequence(&case, target)).await }
            }))
            .await;
            let count = |fits: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| fits(outcome)).count();
            assert_eq!(count(|outcome| matches!(outcome, Outcome::NeedsApproval { .. })), 1, "{outcomes:?}");
            assert_eq!(count(|outcome| matches!(outcome, Outcome::Done { .. })), 1, "{outcomes:?}");
            assert_eq!(
                count(|outcome| matches!(outcome, Outcome::Conflict { winner: Some(_), .. })),
                3,
                "{outcomes:?}"
            );
        }
    }

    async fn one_person_is_one_pair_of_eyes_whichever_account_is_used(world: World) {
        let (world, mut cases) = cases(&world, 1).await;
        let (case, target) = (cases.remove(0), world.line("L2"));
        assert_eq!(waits(&world.ask(ANN, resequence(&case, target)).await), 1);
        for account in [ANN, ANN_TABLET] {
            let again = world.ask(account, resequence(&case, target)).await;
            assert_eq!(refused(&again).code, Code::SamePerson, "{account}");
        }
        assert_eq!(refused(&world.ask(ROBOT, resequence(&case, target)).await).code, Code::ServiceAccount);
        assert_eq!(refused(&world.ask(OLGA, resequence(&case, target)).await).code, Code::MissingRight);
        assert_eq!(refused(&world.ask(BOB, resequence(&case, target)).await).code, Code::NotFound);
        let decision = world.view().decisions_of(&[case.id]).await.unwrap().remove(0);
        assert_eq!(decision.state, DecisionState::PendingApproval);
        done(&world.ask(PAT, resequence(&case, target)).await);
    }

    async fn both_accounts_of_one_person_at_once_are_still_one_pair_of_eyes(world: World) {
        let (world, cases) = cases(&world, 10).await;
        let target = world.line("L2");
        for case in cases {
            let outcomes = together([ANN, ANN_TABLET].map(|account| {
                let (world, case) = (world.clone(), case.clone());
                async move { world.ask(account, resequence(&case, target)).await }
            }))
            .await;
            assert!(!outcomes.iter().any(|outcome| matches!(outcome, Outcome::Done { .. })), "{outcomes:?}");
        }
    }

    async fn approvers_approve_exactly_what_was_proposed(world: World) {
        let (world, mut cases) = cases(&world, 1).await;
        let case = cases.remove(0);
        waits(&world.ask(ANN, resequence(&case, world.line("L2"))).await);
        let other = world.ask(PAT, resequence(&case, world.line("L1"))).await;
        assert_eq!(refused(&other).code, Code::InvalidState);
        done(&world.ask(PAT, resequence(&case, world.line("L2"))).await);
    }

    async fn a_decision_that_takes_effect_overtakes_one_that_waits(world: World) {
        let (world, mut cases) = cases(&world, 1).await;
        let case = cases.remove(0);
        waits(&world.ask(PAT, resequence(&case, world.line("L2"))).await);
        done(&world.ask(PIA, decide(&case, DecisionOption::Restart)).await);
        let mut decisions = world.view().decisions_of(&[case.id]).await.unwrap();
        decisions.sort_by_key(|decision| decision.proposed_at);
        let states: Vec<_> = decisions.iter().map(|decision| decision.state).collect();
        assert_eq!(states, [DecisionState::Superseded, DecisionState::Effective]);
        assert!(world.view().commands_of(&[case.id]).await.unwrap().is_empty());
    }

    async fn what_can_not_be_done_is_refused_before_anybody_approves(world: World) {
        let (world, mut cases) = cases(&world, 1).await;
        let case = cases.remove(0);
        let bare = decide(&case, DecisionOption::ResequenceOrder);
        assert!(refused(&world.ask(ANN, bare).await).message.contains("targetLine"));
        for target in [case.line_id.unwrap(), world.sued.lines["S1"], model::LineId::new()] {
            assert_eq!(refused(&world.ask(ANN, resequence(&case, target)).await).code, Code::InvalidState);
        }
        let floor = world.floor().await;
        let orderless = world.downtime_case(&floor, world.line("L1")).await;
        let outcome = world.ask(ANN, resequence(&orderless, world.line("L2"))).await;
        assert!(refused(&outcome).message.contains("no order"), "{outcome:?}");
    }

    /// The ERP has to say that the order moved: an acknowledgement is not an effect.
    async fn the_case_goes_on_only_when_the_command_was_read_back(world: World) {
        let (world, mut cases) = cases(&world, 1).await;
        let case = cases.remove(0);
        waits(&world.ask(ANN, resequence(&case, world.line("L2"))).await);
        done(&world.ask(PAT, resequence(&case, world.line("L2"))).await);
        let case = world.do_tasks(ANN, &world.case(case.id).await).await;
        assert_eq!(case.state, CaseState::Executing);
        let outbox = Outbox::new(world.store.clone(), world.nord.sources[ERP], world.lease("erp").await);
        let command = outbox.lease_next().await.unwrap().unwrap();
        let payload: serde_json::Value = serde_json::from_str(&command.payload).unwrap();
        assert_eq!((&payload["externalId"], &payload["line"]), (&"X0".into(), &"L2".into()));
        assert_eq!(outbox.lease_next().await.unwrap(), None, "somebody is at it");
        for state in [CommandState::Sent, CommandState::Acked, CommandState::Verifying] {
            outbox.moved(command.id, state, None).await.unwrap();
            assert_eq!(world.case(case.id).await.state, CaseState::Executing, "{state}");
        }
        outbox.moved(command.id, CommandState::Verified, Some("the order is on L2".into())).await.unwrap();
        assert_eq!(world.case(case.id).await.state, CaseState::Verifying);
    }

    async fn a_command_that_failed_gives_the_case_back_to_people(world: World) {
        let (world, mut cases) = cases(&world, 3).await;
        let outbox = Outbox::new(world.store.clone(), world.nord.sources[ERP], world.lease("erp").await);
        for failed in [CommandState::Rejected, CommandState::Mismatch, CommandState::Unknown] {
            let case = cases.remove(0);
            waits(&world.ask(ANN, resequence(&case, world.line("L2"))).await);
            done(&world.ask(PAT, resequence(&case, world.line("L2"))).await);
            let command = outbox.lease_next().await.unwrap().unwrap();
            outbox.moved(command.id, failed, Some("the order is locked".into())).await.unwrap();
            let case = world.case(case.id).await;
            assert_eq!((case.state, case.rework_loops, case.decision), (CaseState::Assigned, 1, None), "{failed}");
            let task = world.open_tasks(&case).await.remove(0);
            assert!(task.title.contains("the order is locked"), "{task:?}");
            // Decided anew; the failed command does not stand in the way.
            let case = world.decided(ANN, &case, DecisionOption::Restart).await;
            let case = world.do_tasks(ANN, &case).await;
            assert_eq!(case.state, CaseState::Verifying, "{failed}");
        }
    }
}
