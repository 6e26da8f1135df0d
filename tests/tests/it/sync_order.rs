//! Pages come in any order, twice and interleaved; the twin is the same.

use std::collections::BTreeMap;

use model::{Disposition, RequestState, SubjectType};
use tests::{
    World,
    erp::{Erp, Lot, Order, lot, material, order, page},
    on_both,
};
use workflow::sync::Record;

/// The records of one order and one lot through their lives; `key` keeps the runs of one test apart.
///
/// The order's quantity goes to 900 and back, and one of its states is unknown; the lot loses its place.
fn lives(world: &World, key: &str) -> Vec<Vec<Record>> {
    let (order_id, material_id, lot_id) = (format!("o{key}"), format!("m{key}"), format!("l{key}"));
    let (number, lot_number) = (format!("O-{key}"), format!("L-{key}"));
    let first = Order { material: Some(&material_id), ..order(&order_id, &number) };
    let placed = lot(&lot_id, &lot_number, &material_id);
    let running = Order { quantity: 900, state: Ok(RequestState::Running), ..first };
    let odd = Order { state: Err("ON_THE_MOON"), quantity: 700, ..first };
    let blocked = Lot { location: None, disposition: Ok(Disposition::Restricted), ..placed };
    let free = Lot { quantity: 60, location: None, ..placed };
    vec![
        vec![material(&material_id, world.ago(1000))],
        vec![first.at(world.ago(900)), placed.at(world.ago(900))],
        vec![running.at(world.ago(800)), odd.at(world.ago(750)), blocked.at(world.ago(700))],
        vec![first.at(world.ago(700)), free.at(world.ago(600))],
    ]
}

/// All orders of `count` things.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    match count {
        0 => vec![Vec::new()],
        _ => permutations(count - 1)
            .into_iter()
            .flat_map(|rest| {
                (0..count).map(move |at| {
                    let mut order = rest.clone();
                    order.insert(at, count - 1);
                    order
                })
            })
            .collect(),
    }
}

/// What the twin concludes of one run, in words without ids.
async fn conclusion(world: &World, key: &str) -> BTreeMap<String, String> {
    let order = world.order(&format!("O-{key}")).await.expect("the order is there");
    let lot = world.lot(&format!("L-{key}")).await.expect("the lot is there");
    let mut words = BTreeMap::from([
        ("order".to_owned(), format!("{} {} {}", order.state, order.quantity, order.material_id.is_some())),
        ("lot".to_owned(), format!("{} {} {:?}", lot.disposition, lot.quantity, lot.location)),
    ]);
    for (kind, id) in [(SubjectType::ProductionOrder, order.id.0), (SubjectType::MaterialLot, lot.id.0)] {
        for (attribute, said, _) in world.claims(id).await {
            words.insert(format!("{kind}.{attribute}"), said.canonical.unwrap_or_default().replace(key, ""));
        }
    }
    let waiting = world.letters().await.iter().filter(|letter| letter.external_id.ends_with(key)).count();
    words.insert("waiting".to_owned(), waiting.to_string());
    words
}

/// Hands the pages in, each again after its successor, as an overlapping read does.
async fn deliver(erp: &Erp, pages: &[Vec<Record>], order: &[usize]) {
    for (index, number) in order.iter().enumerate() {
        erp.syncer.apply(page(pages[*number].clone())).await.unwrap();
        if index > 0 {
            erp.syncer.apply(page(pages[order[index - 1]].clone())).await.unwrap();
        }
    }
}

on_both! {
    async fn every_permutation_of_interleaved_and_repeated_pages_gives_the_same_twin(world: World) {
        let erp = world.erp().await;
        let in_order = lives(&world, "-0-");
        deliver(&erp, &in_order, &[0, 1, 2, 3]).await;
        let expected = conclusion(&world, "-0-").await;
        assert_eq!(expected["order"], "RELEASED 1000 true");
        assert_eq!(expected["lot"], "UNRESTRICTED 60 None");
        assert_eq!(expected["waiting"], "0");
        for (run, order) in permutations(4).iter().enumerate() {
            let key = format!("-{}-", run + 1);
            let pages = lives(&world, &key);
            deliver(&erp, &pages, order).await;
            assert_eq!(conclusion(&world, &key).await, expected, "in the order {order:?}");
            if run % 5 == 0 {
                let head = world.head().await;
                deliver(&erp, &pages, order).await;
                assert_eq!(world.head().await, head, "a replay is a no-op, in the order {order:?}");
            }
        }
    }
}
