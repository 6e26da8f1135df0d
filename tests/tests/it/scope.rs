//! What is out of scope does not exist.

use std::time::Duration;

use model::{
    Scope, SubjectType,
    entity::{
        area, case_decision, case_evidence, case_task, case_transition, command, dead_letter, enterprise,
        exception_case, external_reference, hold, job_order, line, material, material_lot, parameter, plant,
        production_order, role_grant, source_system, subject::Subject, timer, work_unit,
    },
    store::{CaseFilter, View},
};
use tests::{
    World,
    asks::{acknowledge, decide, done, evidence, place_hold, refused, release_hold, waits},
    erp::{lot, material as material_record, order},
    floor::active_order,
    on_both,
    people::{ANN, BOB, MAX},
    plant::ERP,
    reading::ALL,
};

/// Fills NORD with a row of every kind.
async fn busy(world: &World) -> exception_case::Model {
    let (erp, floor) = (world.erp().await, world.floor().await);
    let unmapped = lot("9", "LOT-9", "1");
    erp.apply([
        material_record("1", world.ago(600)),
        lot("1", "LOT-1", "1").at(world.ago(600)),
        order("1", "O-1").at(world.ago(600)),
        tests::erp::Lot { disposition: Err("odd"), ..unmapped }.at(world.ago(600)),
    ])
    .await;
    floor.send([active_order(world.line("L1"), "O-1", world.ago(3700))]).await;
    let case = world.downtime_case(&floor, world.line("L1")).await;
    done(&world.ask(ANN, acknowledge(&case)).await);
    let case = world.case(case.id).await;
    let resequence = tests::asks::resequence(&case, world.line("L2"));
    assert_eq!(waits(&world.ask(ANN, resequence).await), 1);
    done(&world.ask("pat", tests::asks::resequence(&case, world.line("L2"))).await);
    let task = world.open_tasks(&case).await.remove(0);
    done(&world.ask(ANN, evidence(&task)).await);
    let held = world.lot("LOT-1").await.unwrap();
    done(&world.ask(MAX, place_hold(&held)).await);
    world.case(case.id).await
}

/// Rows of a kind at NORD: how many there are, and how many a view sees by their ids.
async fn seen<E: Subject>(world: &World, view: &View) -> (SubjectType, usize, usize) {
    let rows = world.table::<E>().await;
    let ids: Vec<_> = rows.iter().filter(|row| E::plant(row) == Some(world.nord.plant)).map(E::id).collect();
    (E::TYPE, ids.len(), view.by_ids::<E>(&ids).await.unwrap().len())
}

async fn everything(world: &World, view: &View) -> Vec<(SubjectType, usize, usize)> {
    macro_rules! all {
        ($($module:ident),+ $(,)?) => { vec![$(seen::<$module::Entity>(world, view).await),+] };
    }
    all!(
        area,
        case_decision,
        case_evidence,
        case_task,
        case_transition,
        command,
        dead_letter,
        enterprise,
        exception_case,
        external_reference,
        hold,
        job_order,
        line,
        material,
        material_lot,
        parameter,
        plant,
        production_order,
        role_grant,
        source_system,
        timer,
        work_unit,
    )
}

on_both! {
    async fn a_view_of_another_plant_sees_no_row_of_this_one_by_id(world: World) {
        busy(&world).await;
        for (kind, there, seen) in everything(&world, &world.view()).await {
            assert_eq!(seen, there, "{kind}");
            assert!(there > 0 || kind == SubjectType::Enterprise, "the test has no {kind} to hide");
        }
        for scope in [Scope::of([world.sued.plant]), Scope::default()] {
            for (kind, _, seen) in everything(&world, &world.store.view(scope)).await {
                assert_eq!(seen, 0, "a {kind} leaks");
            }
        }
    }

    async fn a_view_of_another_plant_finds_lists_and_counts_nothing_of_this_one(world: World) {
        let case = busy(&world).await;
        let nord = world.nord.plant;
        let (lot, order) = (world.lot("LOT-1").await.unwrap(), world.order("O-1").await.unwrap());
        let (nord_only, erp) = ([nord], world.nord.sources[ERP]);
        let one = |text: &str| [text.to_owned()];
        let view = world.store.view(Scope::of([world.sued.plant]));
        let all_cases = CaseFilter::default();
        assert!(view.plants_by_codes(&one("NORD")).await.unwrap().is_empty());
        assert_eq!(view.plants_count().await.unwrap(), 1);
        assert_eq!(view.plants().await.unwrap().len(), 1);
        assert_eq!(view.plants_page(ALL).await.unwrap().rows.len(), 1);
        assert!(view.areas_of(&nord_only).await.unwrap().is_empty());
        assert!(view.lines_of(&nord_only).await.unwrap().is_empty());
        assert!(view.lines_by_codes(&nord_only, &one("L1")).await.unwrap().is_empty());
        assert!(view.work_units_of(&[world.line("L1")]).await.unwrap().is_empty());
        assert!(view.parameters_of(&[world.line("L1")]).await.unwrap().is_empty());
        assert!(view.lots_by_numbers(&nord_only, &one("LOT-1")).await.unwrap().is_empty());
        assert!(view.lots_page(Some(nord), None, ALL).await.unwrap().rows.is_empty());
        assert_eq!(view.lots_count(None, None).await.unwrap(), 0);
        assert!(view.holds_of(&[lot.id]).await.unwrap().is_empty());
        assert!(view.orders_page(None, &[], ALL).await.unwrap().rows.is_empty());
        assert_eq!(view.orders_count(Some(nord), &[]).await.unwrap(), 0);
        assert!(view.orders_by_numbers(&nord_only, &one("O-1")).await.unwrap().is_empty());
        assert!(view.job_orders_of(&[order.id]).await.unwrap().is_empty());
        assert!(view.cases_page(None, &all_cases, ALL).await.unwrap().rows.is_empty());
        assert_eq!(view.cases_count(Some(nord), &all_cases).await.unwrap(), 0);
        assert!(view.open_cases_of(&[world.line("L1")]).await.unwrap().is_empty());
        assert!(view.tasks_of(&[case.id]).await.unwrap().is_empty());
        assert!(view.evidence_of(&[case.id]).await.unwrap().is_empty());
        assert!(view.decisions_of(&[case.id]).await.unwrap().is_empty());
        assert!(view.transitions_of(&[case.id]).await.unwrap().is_empty());
        assert!(view.commands_of(&[case.id]).await.unwrap().is_empty());
        assert!(view.sources_of(&nord_only).await.unwrap().is_empty());
        assert!(view.dead_letters_page(erp, ALL).await.unwrap().rows.is_empty());
        assert_eq!(view.dead_letters_count(erp).await.unwrap(), 0);
        assert!(view.references_of(&[lot.id.0]).await.unwrap().is_empty());
    }

    async fn a_subscriber_of_another_plant_gets_nothing_of_this_one(world: World) {
        let mut reader =
            world.journal.read(Some(&world.journal.cursor(0)), Scope::of([world.sued.plant])).await.unwrap();
        busy(&world).await;
        let mut rows = Vec::new();
        while let Ok(entries) = tokio::time::timeout(Duration::from_millis(500), reader.next()).await {
            rows.extend(entries.unwrap());
        }
        assert!(!rows.is_empty());
        assert!(rows.iter().all(|entry| entry.row.plant_id == Some(world.sued.plant)));
    }

    /// The same words for what is forbidden and for what is not there.
    async fn asking_for_what_is_out_of_scope_is_answered_as_if_it_were_not_there(world: World) {
        let case = busy(&world).await;
        let task = world.open_tasks(&case).await.remove(0);
        let lot = world.lot("LOT-1").await.unwrap();
        let hold = world.view().holds_of(&[lot.id]).await.unwrap().remove(0);
        let nowhere = exception_case::Model { id: model::CaseId::new(), ..case.clone() };
        let absent = world.ask(BOB, acknowledge(&nowhere)).await;
        assert_eq!(refused(&absent).code, model::Code::NotFound);
        for forbidden in [
            world.ask(BOB, acknowledge(&case)).await,
            world.ask(BOB, decide(&case, model::DecisionOption::Restart)).await,
            world.ask(BOB, tests::asks::complete(&task)).await,
            world.ask(BOB, evidence(&task)).await,
            world.ask(BOB, place_hold(&lot)).await,
            world.ask(BOB, release_hold(&hold)).await,
        ] {
            assert_eq!(forbidden, absent);
        }
    }
}
