//! The service is killed while it takes values in.

use chrono::{DateTime, Utc};
use model::{
    LineState,
    entity::{journal, line},
    journal::ChangeKind,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use tests::{
    Kind, World,
    asyncua::MachineRoom,
    on_both,
    plant_file::{Access, PlantFile},
    service::Installation,
    until::PATIENCE,
};

use crate::opcua::{done, gaps, heard, now, states, watch_lines};

const KILLS: usize = 5;
/// States between two kills, at least.
const STATES_PER_LIFE: usize = 40;
const CYCLE: [LineState; 4] = [LineState::Execute, LineState::Holding, LineState::Held, LineState::Unholding];

/// The states of a line as the journal has them.
async fn stored(world: &World, code: &str) -> Vec<(String, DateTime<Utc>)> {
    let rows = world.journal_rows(0).await;
    rows.iter()
        .filter(|row| row.kind == ChangeKind::LineStateChanged && row.subject_id == world.line(code).0)
        .map(|row| serde_json::from_str::<line::Model>(&row.after).unwrap())
        .map(|line| (line.state.unwrap().to_string(), line.state_since.unwrap()))
        .collect()
}

on_both! {
    async fn killed_five_times_it_has_lost_nothing_that_it_acknowledged(world: World) {
        let room = MachineRoom::new();
        let mut machines = room.start().await;
        let plant = PlantFile::nord().floor(room.port, Access::Encrypted);
        let installation = Installation::new(&world.database, &[plant.text()]);
        installation.trust(&room.certificate());
        let begin = now(&world).await;
        let mut service = installation.start().await;
        let phone = watch_lines(&installation, begin).await;
        heard(&phone, "L1").await;
        // More than it can take in during the test: it is always killed in the middle of work.
        machines.cycle("Line1", &CYCLE, 100_000, 40).await;
        for life in 1..=KILLS {
            let seen = phone.events().len();
            let enough = |events: &[serde_json::Value]| (events.len() >= seen + STATES_PER_LIFE).then_some(());
            phone.wait_within(&format!("states in life {life}"), PATIENCE, enough).await;
            service.crash().await;
            service = installation.start().await;
        }
        let seen = states(&phone.events(), "L1").len();
        phone
            .wait_within("states in the last life", PATIENCE, |events| (states(events, "L1").len() > seen + 40).then_some(()))
            .await;
        assert_eq!(service.stop().await, 0);

        let told = states(&phone.events(), "L1");
        let done = done(&mut machines, "Line1").await;
        let stored = stored(&world, "L1").await;
        assert!(stored.len() > KILLS * STATES_PER_LIFE);
        assert_eq!(told, stored[..told.len()], "what a subscriber was told is there, and was told once");
        assert_eq!(stored, done[..stored.len()], "every state once, in order: the server had kept what was not acknowledged");
        assert_eq!(gaps(&world).await, 0);
        let (code, verdict, complaint) = installation.run(&["audit", "verify"]).await;
        assert_eq!(code, 0, "{complaint}");
        assert!(verdict.contains(&format!("to {}", world.head().await)), "{verdict}");
    }
}

async fn tampering_is_named(kind: Kind) {
    // A world of its own that is not checked in the end: it does not survive the test.
    let world = World::new(kind).await;
    let installation = Installation::new(&world.database, &[]);
    let pos = world.head().await / 2;
    let connection = world.database.connect().await;
    let mut row: journal::ActiveModel = journal::ActiveModel { pos: Set(pos), ..Default::default() };
    row.actor = Set("mallory".to_owned());
    row.update(&connection).await.unwrap();
    connection.close().await.unwrap();
    let (code, _, complaint) = installation.run(&["audit", "verify"]).await;
    assert_eq!(code, 5, "{complaint}");
    assert!(complaint.contains("JOURNAL_BROKEN") && complaint.contains(&pos.to_string()), "{complaint}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_names_the_first_position_that_somebody_changed() {
    tampering_is_named(Kind::Sqlite).await;
    tampering_is_named(Kind::Postgres).await;
}
