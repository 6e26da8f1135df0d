//! From a line that stops to a case with an owner.

use model::{CaseState, LineState, Role, Severity, TaskPurpose, entity::timer::TimerState, journal::ChangeKind};
use tests::{
    asks::{acknowledge, done, evidence, refused},
    erp::order,
    floor::{active_order, state},
    on_both,
    people::{ANN, OLGA, PIA},
};

on_both! {
    async fn a_line_that_is_down_for_longer_than_its_threshold_opens_a_case(world: World) {
        let (floor, erp, line) = (world.floor().await, world.erp().await, world.line("L1"));
        erp.apply([order("1", "O-1").at(world.ago(7200))]).await;
        let stopped = world.ago(301);
        floor
            .send([active_order(line, "O-1", world.ago(3600)), state(line, LineState::Execute, world.ago(3600))])
            .await;
        floor.send([state(line, LineState::Aborting, world.ago(303)), state(line, LineState::Aborted, stopped)]).await;
        assert_eq!(world.open_case(line).await, None, "the timer opens it");
        assert_eq!(world.fire_due().await, 1);
        let case = world.open_case(line).await.unwrap();
        assert_eq!(
            (case.state, case.owner_role, case.severity),
            (CaseState::Assigned, Role::MaintenanceLead, Severity::High)
        );
        assert_eq!((case.signal_at, case.signals), (stopped, 1), "the signal is as old as the stop");
        let order = world.order("O-1").await.unwrap();
        assert_eq!(case.order_id, Some(order.id), "the order that ran");
        let tasks = world.open_tasks(&case).await;
        assert_eq!(
            (tasks.len(), tasks[0].purpose, tasks[0].owner_role),
            (1, TaskPurpose::Triage, Role::MaintenanceLead)
        );
    }

    async fn a_line_that_is_down_for_less_opens_none(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        floor
            .send([state(line, LineState::Execute, world.ago(3600)), state(line, LineState::Held, world.ago(290))])
            .await;
        assert_eq!(world.fire_due().await, 0);
        assert_eq!(world.open_case(line).await, None);
        floor
            .send([state(line, LineState::Unholding, world.ago(9)), state(line, LineState::Execute, world.ago(8))])
            .await;
        let timers = world.timers().await;
        assert_eq!((timers.len(), timers[0].state), (1, TimerState::Cancelled), "it is back");
    }

    async fn a_line_that_is_back_before_the_timer_is_looked_at_opens_none(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        floor
            .send([
                state(line, LineState::Execute, world.ago(3600)),
                state(line, LineState::Held, world.ago(900)),
                state(line, LineState::Execute, world.ago(100)),
            ])
            .await;
        assert_eq!(world.fire_due().await, 0);
        assert_eq!(world.open_case(line).await, None);
    }

    async fn only_an_interruption_is_downtime(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        let paths: [&[LineState]; 4] = [
            &[LineState::Idle, LineState::Stopped],
            &[LineState::Execute, LineState::Completing, LineState::Complete, LineState::Stopped],
            &[LineState::Execute, LineState::Suspending, LineState::Suspended],
            &[LineState::Execute, LineState::Holding],
        ];
        for (path, from) in paths.iter().zip([5, 4, 3, 2]) {
            floor
                .send(
                    path.iter().zip(0..).map(|(told, minute)| state(line, *told, world.ago(from * 3600 - minute * 60))),
                )
                .await;
            world.fire_due().await;
            assert_eq!(world.open_case(line).await, None, "{path:?}");
            floor.send([state(line, LineState::Resetting, world.ago(from * 3600 - 1800))]).await;
        }
        assert!(world.timers().await.iter().all(|timer| timer.state != TimerState::Fired));
    }

    async fn stopped_aborted_and_held_are_down(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        let other = world.line("L2");
        let third = world.redefine(|plant| plant.lines.push(tests::plant::line("L3"))).await.line("L3");
        for (line, down) in [(line, LineState::Stopped), (other, LineState::Aborted), (third, LineState::Held)] {
            floor.send([state(line, LineState::Execute, world.ago(3600)), state(line, down, world.ago(600))]).await;
        }
        assert_eq!(world.fire_due().await, 3);
        for line in [line, other, third] {
            assert!(world.open_case(line).await.is_some());
        }
    }

    async fn without_a_threshold_the_case_is_in_the_transaction_of_the_change(world: World) {
        let world = world.redefine(|plant| plant.lines[0].downtime_threshold = std::time::Duration::ZERO).await;
        let (floor, line) = (world.floor().await, world.line("L1"));
        floor.send([state(line, LineState::Execute, world.ago(60))]).await;
        let head = world.head().await;
        floor.send([state(line, LineState::Held, world.ago(10))]).await;
        let rows = world.store.journal_after(head, 100).await.unwrap();
        for kind in [ChangeKind::LineStateChanged, ChangeKind::CaseOpened] {
            assert!(rows.iter().any(|row| row.kind == kind), "{kind}");
        }
        assert!(rows.iter().all(|row| row.correlation == rows[0].correlation));
    }

    async fn a_second_stop_joins_the_open_case(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        let case = world.downtime_case(&floor, line).await;
        floor
            .send([state(line, LineState::Execute, world.ago(900)), state(line, LineState::Held, world.ago(600))])
            .await;
        world.fire_due().await;
        let joined = world.open_case(line).await.unwrap();
        assert_eq!((joined.id, joined.signals, joined.rework_loops), (case.id, 2, 0));
    }

    async fn a_case_that_nobody_takes_is_escalated_to_the_plant_manager(world: World) {
        let world = world.redefine(|plant| plant.lines[0].acknowledge_within = std::time::Duration::ZERO).await;
        let (floor, line) = (world.floor().await, world.line("L1"));
        let case = world.downtime_case(&floor, line).await;
        assert_eq!(case.escalated_to, None);
        assert_eq!(world.fire_due().await, 1);
        let escalated = world.case(case.id).await;
        assert_eq!((escalated.escalated_to, escalated.state), (Some(Role::PlantManager), CaseState::Assigned));
        assert_eq!(world.fire_due().await, 0);
        done(&world.ask(PIA, acknowledge(&escalated)).await);
        assert_eq!(world.case(case.id).await.owner_name.as_deref(), Some("Pia"));
    }

    async fn a_case_that_somebody_takes_is_not_escalated(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        let case = world.downtime_case(&floor, line).await;
        done(&world.ask(ANN, acknowledge(&case)).await);
        let pending = world.timers().await.into_iter().filter(|timer| timer.state == TimerState::Pending).count();
        assert_eq!(pending, 0, "nothing can escalate it any more");
        let taken = world.case(case.id).await;
        assert_eq!(taken.owner_person.as_deref(), Some(ANN));
        let late = world.ask(PIA, acknowledge(&taken)).await;
        assert!(refused(&late).message.contains("Ann"), "{late:?}");
    }

    async fn an_operator_may_add_evidence_but_not_take_the_case(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        let case = world.downtime_case(&floor, line).await;
        let refusal = world.ask(OLGA, acknowledge(&case)).await;
        let refusal = refused(&refusal);
        assert_eq!(
            (refusal.code, refusal.missing_right.as_deref()),
            (model::Code::MissingRight, Some("ACKNOWLEDGE_CASE"))
        );
        assert_eq!(refusal.who_can, ["Ann", "Pia"], "people, not service accounts");
        let task = world.open_tasks(&case).await.remove(0);
        done(&world.ask(OLGA, evidence(&task)).await);
    }
}
