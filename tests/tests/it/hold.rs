//! Holds: at once, and lifted by somebody else.

use model::{Code, SubjectType, entity::material_lot};
use tests::{
    World,
    asks::{conflict, done, place_hold, refused, release_hold},
    erp::{lot, material},
    on_both,
    people::{ANN, MAX, MAX_TABLET, MIA, OLGA, PIA, ROBOT},
    together,
};
use workflow::service::{Outcome, PlaceHold, ReleaseHold};

/// A lot of 100 kg that may be used.
async fn free_lot(world: &World) -> material_lot::Model {
    let erp = world.erp().await;
    erp.apply([material("1", world.ago(600)), lot("1", "LOT-1", "1").at(world.ago(600))]).await;
    read(world).await
}

async fn read(world: &World) -> material_lot::Model {
    world.lot("LOT-1").await.unwrap()
}

on_both! {
    async fn a_hold_binds_at_once_and_is_seen_by_a_subscriber(world: World) {
        let lot = free_lot(&world).await;
        let mut reader = world.journal.read(None, model::Scope::of([world.nord.plant])).await.unwrap();
        let hold = world.hold(done(&world.ask(OLGA, place_hold(&lot)).await)).await;
        assert_eq!(read(&world).await.open_holds, 1);
        assert_eq!((hold.placed_by.as_str(), hold.reason.as_str()), ("Olga", "metal found"));
        let told = reader.next().await.unwrap();
        let mut lots = told.iter().filter(|row| row.row.subject_type == SubjectType::MaterialLot);
        let after: material_lot::Model = lots.next_back().unwrap().after().unwrap();
        assert_eq!((after.id, after.open_holds), (lot.id, 1));
    }

    async fn who_placed_a_hold_does_not_release_it_whichever_account_is_used(world: World) {
        let lot = free_lot(&world).await;
        let hold = world.hold(done(&world.ask(MAX, place_hold(&lot)).await)).await;
        for account in [MAX, MAX_TABLET] {
            assert_eq!(refused(&world.ask(account, release_hold(&hold)).await).code, Code::SamePerson, "{account}");
        }
        for account in [OLGA, PIA, ANN] {
            let outcome = world.ask(account, release_hold(&hold)).await;
            assert_eq!(refused(&outcome).code, Code::MissingRight);
            assert_eq!(refused(&outcome).who_can, ["Max", "Mia"]);
        }
        assert_eq!(refused(&world.ask(ROBOT, release_hold(&hold)).await).code, Code::ServiceAccount);
        assert_eq!(read(&world).await.open_holds, 1);
        done(&world.ask(MIA, release_hold(&hold)).await);
        assert_eq!(read(&world).await.open_holds, 0);
        assert_eq!(world.hold(hold.id.0).await.released_by.as_deref(), Some("Mia"));
    }

    async fn a_lot_is_free_when_all_of_its_holds_are_released(world: World) {
        let mut holds = Vec::new();
        let mut lot = free_lot(&world).await;
        for account in [OLGA, MAX, PIA] {
            holds.push(world.hold(done(&world.ask(account, place_hold(&lot)).await)).await);
            lot = read(&world).await;
        }
        assert_eq!(lot.open_holds, 3);
        for (hold, left) in holds.iter().zip([2, 1, 0]) {
            done(&world.ask(MIA, release_hold(hold)).await);
            assert_eq!(read(&world).await.open_holds, left);
        }
    }

    async fn a_hold_is_released_once(world: World) {
        let lot = free_lot(&world).await;
        let hold = world.hold(done(&world.ask(OLGA, place_hold(&lot)).await)).await;
        let outcomes = together([MAX, MIA].map(|account| {
            let (world, hold) = (world.clone(), hold.clone());
            async move { world.ask(account, release_hold(&hold)).await }
        }))
        .await;
        let released = world.hold(hold.id.0).await;
        let winner = released.released_by.clone().unwrap();
        let loser = if winner == "Max" { &outcomes[1] } else { &outcomes[0] };
        assert_eq!(conflict(loser).unwrap().name, winner);
        assert_eq!(refused(&world.ask(MIA, release_hold(&released)).await).code, Code::InvalidState);
        assert_eq!(read(&world).await.open_holds, 0);
    }

    async fn of_eight_holds_on_what_was_seen_at_once_one_is_placed(world: World) {
        let lot = free_lot(&world).await;
        let outcomes = together((0..8).map(|_| {
            let (world, lot) = (world.clone(), lot.clone());
            async move { world.ask(OLGA, place_hold(&lot)).await }
        }))
        .await;
        assert_eq!(
            outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Done { .. })).count(),
            1,
            "{outcomes:?}"
        );
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Done { .. } | Outcome::Conflict { .. })));
        assert_eq!(read(&world).await.open_holds, 1);
    }

    async fn wrong_requests_are_refused_and_change_nothing(world: World) {
        let lot = free_lot(&world).await;
        let hold = world.hold(done(&world.ask(OLGA, place_hold(&lot)).await)).await;
        let lot = read(&world).await;
        let nothing = PlaceHold { reason: " ".into(), ..place_hold(&lot) };
        assert_eq!(refused(&world.ask(OLGA, nothing).await).code, Code::InvalidInput);
        let elsewhere = PlaceHold { lot: model::LotId::new(), ..place_hold(&lot) };
        assert_eq!(refused(&world.ask(OLGA, elsewhere).await).code, Code::NotFound);
        let unknown = ReleaseHold { hold: model::HoldId::new(), ..release_hold(&hold) };
        assert_eq!(refused(&world.ask(MAX, unknown).await).code, Code::NotFound);
        let outdated = ReleaseHold { expected_revision: hold.revision + 1, ..release_hold(&hold) };
        conflict(&world.ask(MAX, outdated).await);
        assert_eq!(read(&world).await, lot);
    }
}
