//! Subscribers that are cut off in the middle and come back with a cursor.

use model::{LineState, entity::journal};
use serde_json::{Value, json};
use tests::{
    Kind, World,
    asyncua::MachineRoom,
    on_both,
    people::OLGA,
    plant_file::{Access, PlantFile},
    run,
    service::Installation,
    socket::{End, Follower, Socket, Watch},
    until::PATIENCE,
};

const CYCLE: [LineState; 4] =
    [LineState::Execute, LineState::Suspending, LineState::Suspended, LineState::Unsuspending];
const CHANGES: &str = "subscription ($after: String, $filter: ChangeFilter) { changes(after: $after, filter: $filter) {
    cursor kind subjectType revision correlation } }";

/// What names a row of the journal to a subscriber.
fn told(event: &Value) -> Value {
    json!([event["kind"], event["subjectType"], event["revision"], event["correlation"]])
}

fn written(row: &journal::Model) -> Value {
    json!([row.kind.as_str(), row.subject_type.as_str(), row.revision, row.correlation])
}

fn watch(after: String, filter: Value) -> Watch {
    Watch { query: CHANGES.to_owned(), variables: json!({ "filter": filter }), after: Some(after) }
}

on_both! {
    async fn a_subscriber_that_is_cut_off_again_and_again_loses_nothing_and_gets_nothing_twice(world: World) {
        let room = MachineRoom::new();
        let mut machines = room.start().await;
        let plant = PlantFile::nord().floor(room.port, Access::Open);
        let installation = Installation::new(&world.database, &[plant.text()]);
        let begin = world.head().await;
        let _service = installation.start().await;
        let token = installation.token(OLGA).await;
        let after = world.journal.cursor(begin);
        let everything = Follower::start(installation.address, &token, watch(after.clone(), json!({})));
        let states = json!({ "kinds": ["LINE_STATE_CHANGED"] });
        let only_states = Follower::start(installation.address, &token, watch(after, states));
        only_states.wait_within("both lines are heard", PATIENCE, |events| (events.len() == 2).then_some(())).await;
        machines.cycle("Line1", &CYCLE, 160, 40).await;
        for cut in 1..=6 {
            let enough = |events: &[Value]| (events.len() > 20 * cut).then_some(());
            only_states.wait_within("more events", PATIENCE, enough).await;
            everything.cut();
            only_states.cut();
        }
        machines.cycled("Line1").await;
        let last = |events: &[Value]| (events.len() == 162).then_some(());
        only_states.wait_within("all states", PATIENCE, last).await;
        let rows = world.journal_rows(begin).await;
        let rows: Vec<_> = rows.iter().filter(|row| row.plant_id == Some(world.nord.plant)).collect();
        everything.wait_within("all changes", PATIENCE, |events| (events.len() >= rows.len()).then_some(())).await;
        let expected: Vec<_> = rows.iter().map(|row| written(row)).collect();
        let all: Vec<_> = everything.events().iter().map(told).collect();
        // Rows may have come after the journal was read.
        assert_eq!(all[..expected.len()], expected, "the stream is the journal's slice");
        let states: Vec<_> = expected.into_iter().filter(|row| row[0] == "LINE_STATE_CHANGED").collect();
        assert_eq!(only_states.events().iter().map(told).collect::<Vec<_>>(), states, "and so is a filtered one");
        assert!(only_states.ends().len() >= 6, "it was cut off: {:?}", only_states.ends());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_is_none_of_this_journal_is_refused() {
    run(Kind::Sqlite, async |world| {
        let foreign = World::new(Kind::Sqlite).await;
        let installation = Installation::new(&world.database, &[PlantFile::nord().text()]);
        let _service = installation.start().await;
        let token = installation.token(OLGA).await;
        let own = world.journal.cursor(1);
        // The last character carries two bits only, and may be an A already.
        let other = if own.starts_with('A') { 'B' } else { 'A' };
        let forged = format!("{other}{}", &own[1..]);
        for cursor in ["garbage", "", &foreign.journal.cursor(1), &forged, &"A".repeat(5_000)] {
            let mut socket = Socket::open(installation.address, &token).await.unwrap();
            socket.subscribe("1", CHANGES, json!({ "after": cursor })).await.unwrap();
            match socket.event().await {
                Err(End::Error(code, _)) => assert_eq!(code, "CURSOR_INVALID", "{cursor}"),
                other => panic!("{cursor}: {other:?}"),
            }
        }
        foreign.finish().await;
    })
    .await;
}
