//! Records of business systems into the twin, as claims.

use model::{Code, Disposition, RequestState, SubjectType, entity::material};
use tests::{
    erp::{Lot, Order, lot, material as material_record, order, page},
    on_both,
};
use workflow::sync::{Applied, Page};

on_both! {
    async fn orders_materials_and_lots_appear_with_their_claims(world: World) {
        let erp = world.erp().await;
        let at = world.ago(600);
        let planned = Order { material: Some("1"), line: Some("L2"), ..order("1", "O-1") };
        let applied = erp.apply([material_record("1", at), lot("1", "LOT-1", "1").at(at), planned.at(at)]).await;
        assert_eq!(applied, Applied { changed: 3, ..Default::default() });
        let row = world.order("O-1").await.unwrap();
        assert_eq!((row.state, row.quantity.to_string()), (RequestState::Released, "1000".to_owned()));
        let job = world.view().job_orders_of(&[row.id]).await.unwrap().remove(0);
        assert_eq!(job.line_id, Some(world.line("L2")));
        let claims = world.claims(row.id.0).await;
        let (_, state, _) = claims.iter().find(|(attribute, ..)| attribute == "state").unwrap();
        assert_eq!((state.canonical.as_deref(), state.values.as_slice()), (Some("RELEASED"), &["released".to_owned()][..]));
        assert_eq!(state.source_time, Some(at));
        let row = world.lot("LOT-1").await.unwrap();
        assert_eq!(
            (row.disposition, row.location.as_deref(), row.open_holds),
            (Disposition::Unrestricted, Some("A-01"), 0)
        );
    }

    async fn the_same_records_again_change_nothing(world: World) {
        let erp = world.erp().await;
        let at = world.ago(600);
        let records = [material_record("1", at), lot("1", "LOT-1", "1").at(at), order("1", "O-1").at(at)];
        erp.apply(records.clone()).await;
        let head = world.head().await;
        for _ in 0..3 {
            assert_eq!(erp.apply(records.clone()).await, Applied { unchanged: 3, ..Default::default() });
        }
        let again = world.erp().await;
        assert_eq!(again.apply(records).await.unchanged, 3, "a process that was started anew knows it too");
        assert_eq!(world.head().await, head);
    }

    async fn a_change_touches_what_changed_and_nothing_else(world: World) {
        let erp = world.erp().await;
        erp.apply([order("1", "O-1").at(world.ago(600)), order("2", "O-2").at(world.ago(600))]).await;
        let head = world.head().await;
        let applied = erp
            .apply([
                Order { quantity: 900, ..order("1", "O-1") }.at(world.ago(500)),
                order("2", "O-2").at(world.ago(600)),
            ])
            .await;
        assert_eq!((applied.changed, applied.unchanged), (1, 1));
        let touched: Vec<_> =
            world.store.journal_after(head, 9).await.unwrap().iter().map(|row| row.subject_type).collect();
        assert!(
            touched.contains(&SubjectType::ProductionOrder) && touched.contains(&SubjectType::ExternalReference),
            "{touched:?}"
        );
        assert!(!touched.contains(&SubjectType::JobOrder));
        assert_eq!(world.order("O-1").await.unwrap().quantity.to_string(), "900");
    }

    async fn an_order_may_change_its_number_and_stays_the_same_order(world: World) {
        let erp = world.erp().await;
        erp.apply([order("1", "O-1").at(world.ago(600))]).await;
        let id = world.order("O-1").await.unwrap().id;
        erp.apply([order("1", "O-1/A").at(world.ago(500))]).await;
        assert_eq!(world.order("O-1/A").await.unwrap().id, id);
        assert_eq!(world.order("O-1").await, None);
    }

    async fn what_a_record_no_longer_says_is_no_longer_claimed(world: World) {
        let erp = world.erp().await;
        erp.apply([material_record("1", world.ago(600)), lot("1", "LOT-1", "1").at(world.ago(600))]).await;
        let gone = Lot { location: None, ..lot("1", "LOT-1", "1") };
        assert_eq!(erp.apply([gone.at(world.ago(500))]).await.changed, 1);
        let row = world.lot("LOT-1").await.unwrap();
        assert_eq!(row.location, None);
        let claims = world.claims(row.id.0).await;
        assert!(!claims.iter().any(|(_, said, _)| said.canonical.as_deref() == Some("A-01")), "{claims:?}");
        assert_eq!(erp.apply([gone.at(world.ago(500))]).await.unchanged, 1);
    }

    async fn an_unmapped_status_becomes_a_dead_letter_and_its_neighbours_are_applied(world: World) {
        let erp = world.erp().await;
        let at = world.ago(600);
        let odd = Order { state: Err("ON_THE_MOON"), ..order("2", "O-2") };
        let applied = erp.apply([order("1", "O-1").at(at), odd.at(at), order("3", "O-3").at(at)]).await;
        assert_eq!(applied, Applied { changed: 2, dead_letters: 1, ..Default::default() });
        assert!(world.order("O-1").await.is_some() && world.order("O-3").await.is_some());
        assert_eq!(world.order("O-2").await, None, "it is not guessed");
        let letter = world.letters().await.remove(0);
        assert_eq!((letter.code.as_str(), letter.external_id.as_str()), (Code::UnmappedValue.as_str(), "2"));
        assert!(letter.message.contains("ON_THE_MOON") && letter.payload.contains("O-2"), "{letter:?}");
        let head = world.head().await;
        assert_eq!(erp.apply([odd.at(at)]).await.dead_letters, 1);
        assert_eq!(world.head().await, head, "the same refusal is not written twice");
        erp.apply([order("2", "O-2").at(world.ago(500))]).await;
        assert!(world.order("O-2").await.is_some());
        assert!(world.letters().await.is_empty());
    }

    async fn a_status_that_is_refused_leaves_what_was_known(world: World) {
        let erp = world.erp().await;
        erp.apply([order("1", "O-1").at(world.ago(600))]).await;
        erp.apply([Order { state: Err("ON_THE_MOON"), quantity: 5, ..order("1", "O-1") }.at(world.ago(500))]).await;
        let row = world.order("O-1").await.unwrap();
        assert_eq!((row.state, row.quantity.to_string()), (RequestState::Released, "1000".to_owned()));
        assert_eq!(world.letters().await.len(), 1);
    }

    async fn malformed_records_are_refused_with_a_code_and_stop_nobody(world: World) {
        let erp = world.erp().await;
        let at = world.ago(600);
        let bad = [
            (Order { quantity: -1, ..order("10", "O-10") }.at(at), Code::InvalidQuantity),
            (Order { quantity: i64::MAX, ..order("11", "O-11") }.at(at), Code::InvalidQuantity),
            (order("12", " ").at(at), Code::InvalidInput),
            (Order { material: Some("404"), ..order("13", "O-13") }.at(at), Code::ReferenceMissing),
            (lot("14", "LOT-14", "404").at(at), Code::ReferenceMissing),
            (Lot { disposition: Err(""), ..lot("15", "LOT-15", "404") }.at(at), Code::UnmappedValue),
        ];
        let mut records = vec![order("1", "O-1").at(at)];
        records.extend(bad.iter().map(|(record, _)| record.clone()));
        records.push(order("2", "O-2").at(at));
        let applied = erp.apply(records).await;
        assert_eq!((applied.changed, applied.dead_letters), (2, bad.len() as u64));
        let letters = world.letters().await;
        for (record, code) in bad {
            let letter = letters.iter().find(|letter| letter.external_id == record.external_id).unwrap();
            assert_eq!(letter.code, code.as_str(), "{record:?}");
        }
    }

    /// A number that another order has is a typing error there, and no reason to stand still here.
    async fn a_number_that_is_taken_is_refused_and_stops_nobody(world: World) {
        let erp = world.erp().await;
        erp.apply([order("1", "O-1").at(world.ago(600)), order("2", "O-2").at(world.ago(600))]).await;
        let applied = erp
            .apply([
                order("2", "O-1").at(world.ago(500)),
                order("3", "O-1").at(world.ago(500)),
                order("4", "O-4").at(world.ago(500)),
            ])
            .await;
        assert_eq!((applied.changed, applied.dead_letters), (1, 2));
        assert_eq!(world.letters().await.len(), 2);
        let head = world.head().await;
        erp.apply([order("1", "O-1").at(world.ago(400)), order("2", "O-1").at(world.ago(500))]).await;
        let kinds: Vec<_> =
            world.store.journal_after(head, 9).await.unwrap().iter().map(|row| row.subject_type).collect();
        assert!(!kinds.contains(&SubjectType::ProductionOrder), "the two do not take turns: {kinds:?}");
    }

    async fn a_record_whose_reference_is_missing_is_applied_after_that_has_arrived(world: World) {
        let erp = world.erp().await;
        let waiting = Order { material: Some("1"), ..order("1", "O-1") };
        let applied = erp.apply([waiting.at(world.ago(600)), lot("1", "LOT-1", "1").at(world.ago(600))]).await;
        assert_eq!(applied.dead_letters, 2);
        assert_eq!(world.letters().await.iter().filter(|letter| letter.code == "REFERENCE_MISSING").count(), 2);
        let first_half = Page { complete: false, ..page([material_record("1", world.ago(600))]) };
        erp.syncer.apply(first_half).await.unwrap();
        assert_eq!(world.order("O-1").await, None, "the pass is not over");
        assert_eq!(erp.apply([]).await.changed, 2);
        assert!(world.letters().await.is_empty());
        let material = world.table::<material::Entity>().await.remove(0);
        assert_eq!(world.order("O-1").await.unwrap().material_id, Some(material.id));
        assert_eq!(world.lot("LOT-1").await.unwrap().material_id, material.id);
    }

    async fn another_crosswalk_maps_what_is_known_anew(world: World) {
        let erp = world.erp().await;
        let at = world.ago(600);
        erp.apply([material_record("1", at), lot("1", "LOT-1", "1").at(at)]).await;
        let mut remapped = lot("1", "LOT-1", "1").at(at);
        if let workflow::sync::Body::Says(says) = &mut remapped.body {
            let disposition = says.attributes.get_mut("disposition").unwrap();
            disposition.canonical = Ok(Some(Disposition::Restricted.to_string()));
        }
        let applied = erp.syncer.apply(Page { mapping_version: "test/2".into(), ..page([remapped]) }).await.unwrap();
        assert_eq!(applied.changed, 1);
        assert_eq!(world.lot("LOT-1").await.unwrap().disposition, Disposition::Restricted);
        let lot = world.lot("LOT-1").await.unwrap();
        assert!(world.claims(lot.id.0).await.iter().all(|(_, _, version)| version == "test/2"));
    }

    async fn the_cursor_is_saved_with_the_page_and_a_failed_page_leaves_it(world: World) {
        let erp = world.erp().await;
        let with_cursor = |cursor: &str, id: &str| Page {
            cursor: Some(cursor.to_owned()),
            ..page([order(id, &format!("O-{id}")).at(world.ago(600))])
        };
        erp.syncer.apply(with_cursor("a", "1")).await.unwrap();
        assert_eq!(erp.syncer.cursor("records").await.unwrap().as_deref(), Some("a"));
        assert_eq!(erp.syncer.cursor("others").await.unwrap(), None);
        let elsewhere = world.store.take_lease("erp", "test", std::time::Duration::ZERO).await.unwrap().unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        world.store.take_lease(&elsewhere.name, "new", std::time::Duration::from_secs(9)).await.unwrap().unwrap();
        erp.syncer.apply(with_cursor("b", "2")).await.unwrap_err();
        assert_eq!(erp.syncer.cursor("records").await.unwrap().as_deref(), Some("a"));
    }

    async fn a_lot_on_hold_keeps_its_holds_whatever_the_erp_says(world: World) {
        let erp = world.erp().await;
        erp.apply([material_record("1", world.ago(600)), lot("1", "LOT-1", "1").at(world.ago(600))]).await;
        let row = world.lot("LOT-1").await.unwrap();
        tests::asks::done(&world.ask("max", tests::asks::place_hold(&row)).await);
        erp.apply([Lot { quantity: 80, ..lot("1", "LOT-1", "1") }.at(world.ago(500))]).await;
        let row = world.lot("LOT-1").await.unwrap();
        assert_eq!((row.quantity.to_string().as_str(), row.open_holds), ("80", 1));
    }
}
