//! What surrounds lines, lots and orders: found by ids, parents and natural keys, and only inside a scope.

use model::{
    LotId, MaterialId, Scope, SubjectType,
    entity::{
        accepted_difference, alarm, bill_item, document, job_response, lot_link, material_class, shift, shipment,
        shipment_item, staging_task, storage_location, stream_cursor, subject::Subject,
    },
    store::View,
};
use tests::{World, on_both, plant::ERP, reading::ALL};

use crate::writing::begin;

/// How many rows of each kind a view sees by their ids.
async fn seen(world: &World, view: &View) -> Vec<(SubjectType, usize, usize)> {
    let mut counts = Vec::new();
    macro_rules! count {
        ($($module:ident),+ $(,)?) => {$(
            let ids: Vec<_> = world.table::<$module::Entity>().await.iter().map(<$module::Entity as Subject>::id).collect();
            let seen = view.by_ids::<$module::Entity>(&ids).await.unwrap().len();
            counts.push((<$module::Entity as Subject>::TYPE, ids.len(), seen));
        )+};
    }
    count!(
        accepted_difference,
        alarm,
        bill_item,
        document,
        job_response,
        lot_link,
        material_class,
        shift,
        shipment,
        shipment_item,
        staging_task,
        storage_location,
    );
    counts
}

fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}

on_both! {
    async fn another_plant_sees_no_row_by_id(world: World) {
        world.shelves().await;
        for (kind, there, seen) in seen(&world, &world.view()).await {
            assert_eq!((there, seen), (1, 1), "{kind}");
        }
        for scope in [Scope::of([world.sued.plant]), Scope::default()] {
            for (kind, _, seen) in seen(&world, &world.store.view(scope)).await {
                assert_eq!(seen, 0, "a {kind} leaks");
            }
        }
    }

    async fn every_finder_finds_inside_the_scope_and_nothing_outside(world: World) {
        let all = world.shelves().await;
        let (nord, erp) = (world.nord.plant, world.nord.sources[ERP]);
        let mut tx = begin(&world.store).await;
        tx.save_cursor(erp, "orders", "7".into()).await.unwrap();
        tx.commit().await.unwrap();
        for (view, expected) in [(world.view(), 1), (world.store.view(Scope::of([world.sued.plant])), 0)] {
            let plants = [nord];
            let mut found = Vec::new();
            macro_rules! finds {
                ($($finder:ident($($argument:expr),*)),+ $(,)?) => {$(
                    found.push((stringify!($finder), view.$finder($($argument),*).await.unwrap().len()));
                )+};
            }
            finds!(
                materials_by_codes(&plants, &words(["P"])),
                material_classes_by_codes(&plants, &words(["DAIRY", "NONE"])),
                bill_items_of(&[all.product.id]),
                bill_items_using(&[all.component.id]),
                links_to(&[all.lots[1].id]),
                links_from(&[all.lots[0].id]),
                sublots_of(&[all.lots[1].id]),
                job_responses_of(&[all.job.id]),
                job_responses_by_numbers(&plants, &words(["R-1"])),
                storage_locations_by_codes(&plants, &words(["S-1"])),
                staging_tasks_by_numbers(&plants, &words(["T-1"])),
                staging_tasks_of_orders(&[all.order.id]),
                staging_tasks_of_lots(&[all.lots[0].id]),
                shipments_by_numbers(&plants, &words(["D-1"])),
                shipment_items_of(&[all.shipment.id]),
                shipment_items_of_lots(&[all.lots[1].id]),
                documents_by_numbers(&plants, &words(["A-1"])),
                documents_of(SubjectType::Shipment, &[all.shipment.id.0]),
                shifts_of(&plants),
                shifts_by_codes(&plants, &words(["EARLY"])),
                alarms_of(&[world.line("L1")]),
                accepted_differences_of(&[all.lots[0].id.0]),
                streams_of(&[erp]),
            );
            for (finder, count) in found {
                assert_eq!(count, expected, "{finder}");
            }
            assert_eq!(view.materials_of_classes(&[all.class.id]).await.unwrap().len(), 2 * expected);
            assert_eq!(view.materials_page(Some(nord), ALL).await.unwrap().rows.len(), 2 * expected);
            assert_eq!(view.materials_count(None).await.unwrap(), 2 * expected as u64);
            assert_eq!(view.lots_of_material_page(all.product.id, ALL).await.unwrap().rows.len(), 2 * expected);
            assert_eq!(view.lots_of_material_count(all.product.id).await.unwrap(), 2 * expected as u64);
            assert_eq!(view.storage_locations_page(None, ALL).await.unwrap().rows.len(), expected);
            assert_eq!(view.storage_locations_count(Some(nord)).await.unwrap(), expected as u64);
            assert_eq!(view.staging_tasks_page(None, &[all.staging.state], ALL).await.unwrap().rows.len(), expected);
            assert_eq!(view.staging_tasks_count(Some(nord), &[]).await.unwrap(), expected as u64);
            assert_eq!(view.staging_tasks_count(None, &[model::StagingState::Staged]).await.unwrap(), 0);
            assert_eq!(view.shipments_page(None, &[], ALL).await.unwrap().rows.len(), expected);
            assert_eq!(view.shipments_count(Some(nord), &[all.shipment.state]).await.unwrap(), expected as u64);
        }
    }

    /// The syncer looks hundreds of keys up at once; more than one statement takes, and pairs whose halves fit others.
    async fn a_write_finds_many_rows_by_their_natural_keys(world: World) {
        let all = world.shelves().await;
        let nord = world.nord.plant;
        let [used, made, part] = all.lots.clone();
        let tx = begin(&world.store).await;
        let many: Vec<String> = (0..2_500).map(|number| format!("X-{number}")).chain(words(["C-1", "P-1"])).collect();
        let mut found: Vec<_> =
            tx.job_lots_by_numbers(nord, &many).await.unwrap().into_iter().map(|lot| lot.number).collect();
        found.sort();
        assert_eq!(found, ["C-1", "P-1"]);
        assert!(tx.job_lots_by_numbers(world.sued.plant, &many).await.unwrap().is_empty());
        let keys = [(all.product.id, "C-1".to_owned()), (all.product.id, "P-1".to_owned())];
        assert_eq!(tx.job_lots_by_keys(nord, &keys).await.unwrap(), vec![made.clone()]);
        let bills = [(all.product.id, all.component.id), (all.component.id, all.product.id)];
        assert_eq!(tx.job_bill_items(&bills).await.unwrap(), vec![all.bill.clone()]);
        assert!(tx.job_bill_items(&[(all.product.id, MaterialId::new())]).await.unwrap().is_empty());
        assert_eq!(tx.job_lot_links(&[(used.id, made.id), (made.id, used.id)]).await.unwrap(), vec![all.link.clone()]);
        assert!(tx.job_lot_links(&[(LotId::new(), made.id), (used.id, part.id)]).await.unwrap().is_empty());
        let ids: Vec<_> = (0..2_500).map(|_| LotId::new().0).chain([part.id.0]).collect();
        assert_eq!(tx.job_by_ids::<model::entity::material_lot::Entity>(&ids).await.unwrap(), vec![part]);
        assert_eq!(tx.job_materials_by_codes(nord, &words(["P", "C", "?"])).await.unwrap().len(), 2);
        assert_eq!(tx.job_orders_by_numbers(nord, &words(["N-1"])).await.unwrap(), vec![all.order.clone()]);
        assert_eq!(tx.job_job_orders_of(&[all.order.id]).await.unwrap(), vec![all.job]);
        assert_eq!(tx.job_responses_by_numbers(nord, &words(["R-1"])).await.unwrap(), vec![all.response]);
        assert_eq!(tx.job_storage_locations_by_codes(nord, &words(["S-1"])).await.unwrap(), vec![all.location]);
        assert_eq!(tx.job_staging_tasks_by_numbers(nord, &words(["T-1"])).await.unwrap(), vec![all.staging.clone()]);
        assert_eq!(tx.job_staging_tasks_of(&[all.order.id]).await.unwrap(), vec![all.staging]);
        assert_eq!(tx.job_shipments_by_numbers(nord, &words(["D-1"])).await.unwrap(), vec![all.shipment.clone()]);
        assert_eq!(tx.job_shipment_items_of(&[all.shipment.id]).await.unwrap(), vec![all.item]);
        assert_eq!(tx.job_documents_by_numbers(nord, &words(["A-1"])).await.unwrap(), vec![all.document]);
        assert_eq!(tx.job_lines_by_codes(nord, &words(["L1", "L9"])).await.unwrap().len(), 1);
        assert_eq!(tx.job_shifts(nord).await.unwrap(), vec![all.shift]);
        let source = all.alarm.source_id;
        let alarm = tx.job_alarm(source, &all.alarm.source_node, &all.alarm.condition, "").await.unwrap();
        assert_eq!(alarm.as_ref(), Some(&all.alarm));
        assert_eq!(tx.job_retained_alarms(source).await.unwrap(), vec![all.alarm]);
        assert_eq!(tx.job_accepted_differences_of(&[used.id.0]).await.unwrap(), vec![all.accepted]);
        let line = world.line("L1");
        let references = tx.job_references_of_many(&[line.0, used.id.0]).await.unwrap();
        assert!(!references.is_empty() && references.iter().all(|reference| reference.subject_id == line.0));
        let reference = &references[0];
        let same = tx
            .job_references_by_ids_of_kind(reference.source_id, SubjectType::Line, &words(["?", &reference.external_id]))
            .await
            .unwrap();
        assert_eq!(same.len(), 1);
        assert_eq!(same[0].subject_type, SubjectType::Line);
        tx.commit().await.unwrap();
    }

    /// A stream keeps what was counted while its place is saved again and again.
    async fn saving_the_place_of_a_stream_keeps_its_counts(world: World) {
        use sea_orm::{ActiveValue::Set, EntityTrait};
        let erp = world.nord.sources[ERP];
        for (cursor, rows) in [("1", 0), ("2", 5)] {
            let mut tx = begin(&world.store).await;
            tx.save_cursor(erp, "lots", cursor.into()).await.unwrap();
            tx.commit().await.unwrap();
            let streams = world.view().streams_of(&[erp]).await.unwrap();
            assert_eq!((streams[0].cursor.as_str(), streams[0].rows_read), (cursor, rows));
            let connection = world.database.connect().await;
            let counted = stream_cursor::ActiveModel {
                source_id: Set(erp),
                stream: Set("lots".into()),
                rows_read: Set(5),
                ..Default::default()
            };
            stream_cursor::Entity::update(counted).exec(&connection).await.unwrap();
            connection.close().await.unwrap();
        }
    }
}
