//! From a decision to a closed case: only when everything is done and the line has proved that it runs.

use chrono::{DateTime, Utc};
use model::{CaseState, Code, DecisionOption, LineState, TaskPurpose, TaskState, entity::exception_case};
use tests::{
    World,
    asks::{complete, done, refused},
    floor::{Floor, state, unreadable},
    on_both,
    people::{ANN, OLGA},
};
use workflow::ingest::Signal;

/// A case on L1 that is decided, with its checks done: all that is left is to run.
async fn verifying(world: &World, floor: &Floor) -> exception_case::Model {
    let case = world.downtime_case(floor, world.line("L1")).await;
    let case = world.do_tasks(ANN, &case).await;
    let case = world.decided(ANN, &case, DecisionOption::Restart).await;
    assert_eq!(case.state, CaseState::Executing);
    let case = world.do_tasks(ANN, &case).await;
    assert_eq!(case.state, CaseState::Verifying);
    case
}

async fn run_since(world: &World, floor: &Floor, at: DateTime<Utc>) {
    let second = chrono::TimeDelta::seconds(1);
    let line = world.line("L1");
    floor.send([state(line, LineState::Resetting, at - second), state(line, LineState::Execute, at)]).await;
}

on_both! {
    async fn a_case_closes_when_the_checks_are_done_and_the_line_has_run_for_its_time(world: World) {
        let floor = world.floor().await;
        let case = world.downtime_case(&floor, world.line("L1")).await;
        let contained = world.do_tasks(ANN, &case).await;
        assert_eq!(contained.state, CaseState::Contained);
        let case = world.decided(ANN, &contained, DecisionOption::Restart).await;
        assert_eq!((case.state, case.decided_by.as_deref()), (CaseState::Executing, Some("Ann")));
        run_since(&world, &floor, world.ago(700)).await;
        assert_eq!(world.fire_due().await, 0, "it runs, but the checks are not done");
        let checks = world.open_tasks(&case).await;
        assert!(checks.iter().all(|task| task.purpose == TaskPurpose::RestartCheck));
        done(&world.ask(OLGA, complete(&checks[0])).await);
        let bare = world.ask(OLGA, complete(&checks[1])).await;
        assert_eq!(refused(&bare).code, Code::EvidenceMissing);
        assert_eq!(world.case(case.id).await.state, CaseState::Executing, "one check is not all");
        assert_eq!(world.do_tasks(OLGA, &case).await.state, CaseState::Verifying);
        assert_eq!(world.fire_due().await, 1, "the line has run long enough already");
        let closed = world.case(case.id).await;
        assert_eq!((closed.state, closed.decision), (CaseState::Closed, Some(DecisionOption::Restart)));
        assert_eq!(world.open_case(world.line("L1")).await, None);
    }

    async fn a_case_stays_open_while_the_line_has_not_run_for_its_time(world: World) {
        let floor = world.floor().await;
        let case = verifying(&world, &floor).await;
        assert_eq!(world.fire_due().await, 0, "it does not run at all");
        run_since(&world, &floor, world.ago(590)).await;
        assert_eq!(world.fire_due().await, 0);
        assert_eq!(world.case(case.id).await.state, CaseState::Verifying);
    }

    async fn a_line_that_leaves_execute_in_between_proves_nothing_until_it_has_run_anew(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        let case = verifying(&world, &floor).await;
        run_since(&world, &floor, world.ago(900)).await;
        // Starved for a moment: no new stop, but the time begins anew.
        floor.send([state(line, LineState::Suspended, world.ago(500))]).await;
        floor.send([state(line, LineState::Execute, world.ago(450))]).await;
        assert_eq!(world.fire_due().await, 0);
        assert_eq!(world.case(case.id).await.state, CaseState::Verifying);
        floor
            .send([
                state(line, LineState::Suspended, world.ago(440)),
                state(line, LineState::Resetting, world.ago(439)),
            ])
            .await;
        world.fire_due().await;
        assert_eq!(world.case(case.id).await.state, CaseState::Verifying);
    }

    async fn silence_or_a_bad_status_proves_nothing_either(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        let case = verifying(&world, &floor).await;
        for broken in [unreadable(line, world.ago(300)), Signal::SourceStale { reason: "the link is cut".into() }] {
            run_since(&world, &floor, world.ago(302)).await;
            floor.send([broken]).await;
            assert_eq!(world.line_row(line).await.executing_since, None);
            assert_eq!(world.fire_due().await, 0);
            // It is heard again in EXECUTE; whether it ran in between is not known.
            floor.send([state(line, LineState::Execute, world.ago(10))]).await;
            assert_eq!(world.fire_due().await, 0);
        }
        assert_eq!(world.case(case.id).await.state, CaseState::Verifying);
    }

    async fn a_stop_during_verification_is_a_rework_loop_with_a_decision_of_its_own(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        let case = verifying(&world, &floor).await;
        run_since(&world, &floor, world.ago(500)).await;
        floor.send([state(line, LineState::Aborted, world.ago(400))]).await;
        let again = world.case(case.id).await;
        assert_eq!((again.state, again.rework_loops, again.signals), (CaseState::Assigned, 1, 2));
        assert_eq!((again.decision, again.decided_by.as_deref()), (None, None));
        let tasks = world.open_tasks(&again).await;
        assert_eq!((tasks.len(), tasks[0].purpose), (1, TaskPurpose::Triage), "it begins with finding out");
        assert_eq!(world.fire_due().await, 0);
        let case = world.do_tasks(ANN, &again).await;
        let case = world.decided(ANN, &case, DecisionOption::Restart).await;
        world.do_tasks(ANN, &case).await;
        run_since(&world, &floor, world.now() - chrono::TimeDelta::seconds(390)).await;
        assert_eq!(world.fire_due().await, 0, "only the time after the second stop counts");
        let transitions = world.view().transitions_of(&[case.id]).await.unwrap();
        assert_eq!(transitions.iter().filter(|step| step.event == "DECIDED").count(), 2);
    }

    async fn what_is_left_to_do_ends_with_the_case(world: World) {
        let floor = world.floor().await;
        let case = world.downtime_case(&floor, world.line("L1")).await;
        done(&world.ask(OLGA, tests::asks::decide(&case, DecisionOption::CallMaintenance)).await);
        let case = world.case(case.id).await;
        assert_eq!(case.state, CaseState::Contained, "help is on the way; the final decision is still open");
        let case = world.decided(ANN, &case, DecisionOption::Restart).await;
        world.do_tasks(ANN, &case).await;
        run_since(&world, &floor, world.ago(700)).await;
        world.fire_due().await;
        assert_eq!(world.case(case.id).await.state, CaseState::Closed);
        let tasks = world.view().tasks_of(&[case.id]).await.unwrap();
        assert!(tasks.iter().all(|task| task.state != TaskState::Open), "{tasks:?}");
    }
}
