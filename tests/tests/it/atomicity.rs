//! All or nothing: a write that did not commit never was.

use model::{
    Error,
    entity::{area, line},
    journal::ChangeKind,
};
use tests::{on_both, together};
use workflow::{
    ingest::{Batch, IngestOptions},
    plant::install,
};

use crate::writing::{area, begin, write_areas};

on_both! {
    async fn a_writer_that_dies_in_the_middle_leaves_no_trace(world: World) {
        let (head, line) = (world.head().await, world.line_row(world.line("L1")).await);
        let mut tx = begin(&world.store).await;
        let created = tx.create::<area::Entity>(area(world.nord.plant, "GHOST"), ChangeKind::Created).await.unwrap();
        let renamed = line::Model { name: "Ghost".into(), ..line.clone() };
        tx.update::<line::Entity>(&line, renamed, ChangeKind::Updated).await.unwrap();
        tx.save_cursor(world.nord.sources["FLOOR"], "ghost", "42".into()).await.unwrap();
        assert_eq!(tx.changes(), 2);
        drop(tx);
        // Whoever comes next is not held up by it, and takes its positions.
        let next = write_areas(&world.store, world.nord.plant, "REAL", 2).await;
        assert_eq!(next, head + 2);
        assert_eq!(world.line_row(line.id).await, line);
        assert_eq!(world.view().by_id::<area::Entity>(created.id.0).await.unwrap(), None);
        assert_eq!(world.store.job_cursor(world.nord.sources["FLOOR"], "ghost").await.unwrap(), None);
    }

    async fn a_writer_that_dies_does_not_disturb_those_beside_it(world: World) {
        let plant = world.nord.plant;
        let before = world.head().await;
        together((0..12).map(|writer| {
            let store = world.store.clone();
            async move {
                for turn in 0..5 {
                    if writer % 3 == 0 {
                        let mut tx = begin(&store).await;
                        tx.create::<area::Entity>(area(plant, &format!("ghost-{writer}-{turn}")), ChangeKind::Created)
                            .await
                            .unwrap();
                        drop(tx);
                    } else {
                        write_areas(&store, plant, &format!("real-{writer}-{turn}"), 1).await;
                    }
                }
            }
        }))
        .await;
        assert_eq!(world.head().await, before + 8 * 5);
    }

    async fn two_who_change_one_row_do_not_overwrite_each_other(world: World) {
        let line = world.line_row(world.line("L1")).await;
        let mut tx = begin(&world.store).await;
        tx.update::<line::Entity>(&line, line::Model { name: "First".into(), ..line.clone() }, ChangeKind::Updated)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut late = begin(&world.store).await;
        let stale = late
            .update::<line::Entity>(&line, line::Model { name: "Second".into(), ..line.clone() }, ChangeKind::Updated)
            .await
            .unwrap_err();
        assert!(matches!(stale, Error::Stale { .. }) && stale.is_transient(), "{stale}");
        drop(late);
        assert_eq!(world.line_row(line.id).await.name, "First");
    }

    async fn a_plant_that_contradicts_itself_is_refused_and_half_of_it_is_not_there(world: World) {
        let head = world.head().await;
        let mut definition = tests::plant::definition("WEST", &["W1", "W2"]);
        definition.lines[1].sources = vec!["NOBODY".into()];
        let refused = install(&world.store, &definition).await.unwrap_err();
        assert!(refused.to_string().contains("NOBODY"), "{refused}");
        definition.lines[1].sources.clear();
        definition.lines[1].parameters[0].low = Some(100.0);
        install(&world.store, &definition).await.unwrap_err();
        assert_eq!(world.head().await, head);
    }

    async fn a_plant_that_is_installed_again_changes_nothing(world: World) {
        let (head, ids) = (world.head().await, world.nord.lines.clone());
        let again = world.redefine(|_| {}).await;
        assert_eq!((world.head().await, again.nord.lines), (head, ids));
        let _ = world.redefine(|definition| definition.lines[0].name = "Filler".into()).await;
        assert_eq!(world.head().await, head + 1);
    }

    async fn a_batch_with_no_news_commits_its_cursor_and_no_row(world: World) {
        let floor = world.floor_under(world.lease("floor").await, IngestOptions::default());
        let head = world.head().await;
        floor.submit(Batch { signals: Vec::new(), cursor: Some("seq 7".into()) }).await.unwrap();
        assert_eq!(world.head().await, head);
        let cursor = world.store.job_cursor(floor.source, workflow::ingest::SIGNAL_STREAM).await.unwrap();
        assert_eq!(cursor.as_deref(), Some("seq 7"));
    }
}
