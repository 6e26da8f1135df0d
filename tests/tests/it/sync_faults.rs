//! Reading an ERP and a WMS that fail: half an extract deletes nothing, nonsense stops nobody, a restart costs nothing, and
//! reading everything again changes nothing.

use std::{collections::BTreeSet, time::Duration};

use model::{
    CaseClass, CaseState, Code,
    entity::{dead_letter, exception_case, external_reference, material_lot, stream_cursor},
};
use serde_json::{Value, json};
use simulator::{BusinessSystem, Fault, FaultKind};
use tests::{
    World,
    asks::done,
    business::{BOTH, IVY, Stage, code},
    on_both,
    reading::ALL,
};
use workflow::service::{ResetStream, ResumeStream};

/// Lots that both systems have, besides those of their first day.
const LOTS: usize = 120;
/// Rows of one answer of the ERP, so that there are many pages.
const PAGE: usize = 10;
/// The stream of lots.
const LOT_STREAMS: [(BusinessSystem, &str); 2] = [(BusinessSystem::Erp, "batches"), (BusinessSystem::Wms, "lots")];
/// More than the requests of any test.
const ALWAYS: u32 = 10_000;
/// The manifests of the tests look at all keys when the last look is so long ago.
const SWEEP: Duration = Duration::from_millis(2_100);

async fn stage(world: World) -> Stage {
    let stage = Stage::new(world, |options| {
        let erp = options.erp.as_mut().unwrap();
        erp.page_size = PAGE;
    })
    .await;
    stage.business.add_lots(LOTS);
    stage
}

/// The records of lots that the twin has of a system, and those among them that are gone.
async fn lots(stage: &Stage, system: BusinessSystem) -> (BTreeSet<String>, usize) {
    let source = stage.world.nord.sources[code(system)];
    let mut rows = stage.world.table::<external_reference::Entity>().await;
    rows.retain(|row| row.source_id == source && row.subject_type == model::SubjectType::MaterialLot);
    let gone = rows.iter().filter(|row| row.absent_since.is_some()).count();
    (rows.into_iter().map(|row| row.external_id).collect(), gone)
}

async fn gone(stage: &Stage) -> usize {
    let rows = stage.world.table::<external_reference::Entity>().await;
    rows.iter().filter(|row| row.absent_since.is_some()).count()
}

async fn letters(stage: &Stage, system: BusinessSystem) -> Vec<dead_letter::Model> {
    stage.world.view().dead_letters_page(stage.world.nord.sources[code(system)], ALL).await.unwrap().rows
}

async fn streams(stage: &Stage, system: BusinessSystem) -> Vec<stream_cursor::Model> {
    stage.world.view().streams_of(&[stage.world.nord.sources[code(system)]]).await.unwrap()
}

async fn stopped(stage: &Stage, stream: &str) -> Vec<exception_case::Model> {
    let mut cases = stage.world.table::<exception_case::Entity>().await;
    cases.retain(|case| case.class == CaseClass::SyncStopped && case.attribute.as_deref() == Some(stream));
    cases
}

async fn reset(stage: &Stage, system: BusinessSystem) {
    for stream in streams(stage, system).await {
        let source = stage.world.nord.sources[code(system)];
        done(&stage.world.ask(IVY, ResetStream { source, stream: stream.stream }).await);
    }
}

on_both! {
    async fn half_an_extract_deletes_nothing_and_asks_a_person(world: World) {
        let stage = stage(world.clone()).await;
        stage.read_both().await;
        for (system, stream) in LOT_STREAMS {
            let before = lots(&stage, system).await;
            assert!(before.0.len() >= LOTS && before.1 == 0, "{system:?}: {before:?}");
            stage.business.inject(system, Fault::new(FaultKind::Half).on("read").times(ALWAYS));
            for _ in 0..3 {
                tokio::time::sleep(SWEEP).await;
                stage.read(system).await.unwrap();
            }
            assert_eq!(lots(&stage, system).await, before, "{system:?}");
            let cases = stopped(&stage, stream).await;
            assert_eq!(cases.len(), 1, "one case, however often it is seen: {cases:?}");
            assert!(cases[0].state.is_open() && cases[0].title.contains("missing"), "{:?}", cases[0]);
            assert_eq!(world.open_tasks(&cases[0]).await.len(), 1);
            // The extract is whole again, and a person lets the stream go on.
            stage.business.heal(system);
            let source = world.nord.sources[code(system)];
            done(&world.ask(IVY, ResumeStream { source, stream: stream.to_owned() }).await);
            tokio::time::sleep(SWEEP).await;
            stage.read(system).await.unwrap();
            assert_eq!(lots(&stage, system).await, before, "{system:?}");
            assert_eq!(world.case(cases[0].id).await.state, CaseState::Closed);
        }
    }

    async fn what_is_really_gone_is_gone_after_two_looks(world: World) {
        let stage = stage(world.clone()).await;
        stage.read_both().await;
        assert!(stage.business.delete_lot(BusinessSystem::Erp, "T-0000004", simulator::Deletion::Hard));
        for _ in 0..2 {
            tokio::time::sleep(SWEEP).await;
            stage.read(BusinessSystem::Erp).await.unwrap();
        }
        let lot = world.lot("T-0000004").await.unwrap();
        let records = world.view().references_of(&[lot.id.0]).await.unwrap();
        let here: Vec<_> = records.iter().map(|row| (row.source_id, row.absent_since.is_some())).collect();
        assert!(here.contains(&(world.nord.sources["ERP"], true)), "{here:?}");
        assert!(here.contains(&(world.nord.sources["WMS"], false)), "the WMS still has it: {here:?}");
        assert_eq!(gone(&stage).await, 1, "and nothing else");
    }

    async fn malformed_records_are_dead_letters_and_their_neighbours_are_applied(world: World) {
        let stage = stage(world.clone()).await;
        let nonsense: [Value; 4] = [json!("=1+1"), json!({"a": [1]}), json!("1e999"), json!(-5)];
        for (system, field) in [(BusinessSystem::Erp, "YY1_StockQuantity_BAT"), (BusinessSystem::Wms, "quantity")] {
            for value in &nonsense {
                let fault = Fault { value: Some(value.clone()), field: Some(field.to_owned()), ..Fault::new(FaultKind::MalformedRecord) };
                stage.business.inject(system, fault.on("read").times(ALWAYS));
                stage.read(system).await.unwrap();
                stage.business.heal(system);
                let letters = letters(&stage, system).await;
                assert!(!letters.is_empty(), "{system:?}: {value} was taken");
                for letter in &letters {
                    assert!(
                        [Code::InvalidInput.as_str(), Code::InvalidQuantity.as_str(), Code::ReferenceMissing.as_str()]
                            .contains(&letter.code.as_str()),
                        "{letter:?}"
                    );
                }
                assert!(streams(&stage, system).await.iter().all(|row| row.paused_reason.is_none()));
                reset(&stage, system).await;
            }
            stage.read(system).await.unwrap();
            assert_eq!(letters(&stage, system).await, Vec::<dead_letter::Model>::new(), "{system:?}: what is right again is applied");
            assert!(lots(&stage, system).await.0.len() >= LOTS);
        }
    }

    async fn a_restart_in_the_middle_of_a_page_loses_nothing_and_reads_little_again(world: World) {
        let stage = stage(world.clone()).await;
        let system = BusinessSystem::Erp;
        let (mut interruptions, mut in_the_middle) = (0, 0);
        loop {
            // A few answers, then it is away; each time somewhere else.
            stage.business.inject(system, Fault::new(FaultKind::Slow).on("read").ms(0).times(3 + 4 * interruptions));
            stage.business.inject(system, Fault::new(FaultKind::Restart).on("read").ms(200));
            // Ours is another process each time, too.
            if stage.read(system).await.is_ok() {
                break;
            }
            interruptions += 1;
            let batches = streams(&stage, system).await.into_iter().find(|row| row.stream == "batches");
            if let Some(batches) = batches.filter(|row| row.cursor.contains("\"watermark\":null")) {
                in_the_middle += usize::from(batches.rows_read > 0);
                let known = lots(&stage, system).await.0.len();
                assert_eq!(batches.rows_read, known as i64, "it goes on where it was: {batches:?}");
            }
            assert!(interruptions < 40, "it never comes to an end: {:?}", streams(&stage, system).await);
            stage.business.heal(system);
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
        assert!(in_the_middle > 1, "{in_the_middle} of {interruptions}");
        let known = lots(&stage, system).await.0.len();
        assert!(known >= LOTS, "{known}");
        assert_eq!((letters(&stage, system).await.len(), gone(&stage).await), (0, 0));
    }

    async fn reading_everything_again_changes_nothing(world: World) {
        let stage = stage(world.clone()).await;
        stage.read_both().await;
        // The systems hear of each other in cycles of their own; what is read again must not be news of theirs.
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_secs(6)).await;
            let mut changed = 0;
            for system in BOTH {
                changed += stage.read(system).await.unwrap().changed;
            }
            if changed == 0 {
                break;
            }
        }
        for system in BOTH {
            assert_eq!(letters(&stage, system).await, Vec::<dead_letter::Model>::new(), "{system:?}");
            reset(&stage, system).await;
        }
        let (head, rows) = (world.head().await, world.table::<material_lot::Entity>().await);
        assert!(rows.len() >= LOTS);
        for system in BOTH {
            let report = stage.read(system).await.unwrap();
            assert!(report.rows as usize > LOTS, "{report:?}");
            assert_eq!((report.changed, report.dead_letters), (0, 0), "{system:?}: {report:?}");
        }
        assert_eq!(world.journal_rows(head).await, Vec::<model::entity::journal::Model>::new(), "not one entry");
        assert_eq!(world.table::<material_lot::Entity>().await, rows);
    }

    async fn two_processes_that_overlap_do_not_both_write(world: World) {
        let stage = stage(world.clone()).await;
        let system = BusinessSystem::Wms;
        let mut old = stage.poller(system).await;
        world.store.take_lease("wms", "test", Duration::ZERO).await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
        world.store.take_lease("wms", "another process", Duration::from_secs(600)).await.unwrap().unwrap();
        assert!(old.run_once().await.is_err(), "the lease is gone");
        assert_eq!(lots(&stage, system).await.0.len(), 0);
    }
}
