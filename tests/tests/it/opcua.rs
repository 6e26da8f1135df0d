//! From a third-party OPC UA server to a subscriber of the graph, whatever happens on the way.

use std::time::Duration;

use chrono::{DateTime, Utc};
use model::{LineState, journal::ChangeKind};
use serde_json::{Value, json};
use tests::{
    Kind, World,
    asyncua::{MachineRoom, Machines, Written},
    graph::Caller,
    on_both,
    people::OLGA,
    plant_file::{Access, PlantFile},
    proxy::{Network, Proxy},
    run,
    service::Installation,
    socket::{Follower, Watch},
    until::{PATIENCE, until},
};

/// States that a line goes through in turn; each is another than the one before, so each is a change.
const CYCLE: [LineState; 4] = [LineState::Execute, LineState::Holding, LineState::Held, LineState::Unholding];
/// How long the link is away.
const CUT: Duration = Duration::from_secs(3);
/// How long it may take until the twin is right again after a server was restarted.
const RIGHT_AGAIN_WITHIN: Duration = Duration::from_secs(30);

const LINE_STATE: &str = "subscription ($after: String) { lineState(plant: \"NORD\", after: $after) {
    cursor kind line { code } state { state lastKnownState since freshness staleReason } } }";
const BOARD: &str = "{ plant(code: \"NORD\") { sources { code freshness reason gaps } lines {
    code activeOrderNumber goodCount scrapCount state { state lastKnownState freshness staleReason }
    parameters { name value limitState } } } }";

/// Where the journal ends now. Taken before the service starts, which may hear its machines before it says that it is ready.
pub(crate) async fn now(world: &World) -> String {
    world.journal.cursor(world.head().await)
}

/// A subscriber to the states of NORD.
pub(crate) async fn watch_lines(installation: &Installation, after: String) -> Follower {
    let watch = Watch { query: LINE_STATE.to_owned(), variables: json!({}), after: Some(after) };
    Follower::start(installation.address, &installation.token(OLGA).await, watch)
}

/// Waits until a line has told its state: what its machine does from here on is seen.
pub(crate) async fn heard(phone: &Follower, line: &str) {
    let tells = |event: &Value| event["kind"] == "LINE_STATE_CHANGED" && event["line"]["code"] == line;
    phone.wait_for("a line is heard", tells).await;
}

/// The states of a line that a subscriber was told, and since when each was true.
pub(crate) fn states(events: &[Value], line: &str) -> Vec<(String, DateTime<Utc>)> {
    let told = events.iter().filter(|event| event["kind"] == "LINE_STATE_CHANGED" && event["line"]["code"] == line);
    told.map(|event| {
        let state = &event["state"];
        (text(&state["lastKnownState"]), text(&state["since"]).parse().unwrap())
    })
    .collect()
}

/// What the machines did.
pub(crate) async fn done(machines: &mut Machines, line: &str) -> Vec<(String, DateTime<Utc>)> {
    machines.written(&format!("{line}.StateCurrent")).await.iter().map(Written::state).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// How often the journal says that values may be missing.
pub(crate) async fn gaps(world: &World) -> usize {
    world.journal_rows(0).await.iter().filter(|row| row.kind == ChangeKind::SourceGap).count()
}

/// Numbered states, written while the network does this and that; the subscriber gets each of them once, in order.
async fn keeps_every_state(world: World, failures: &[(Network, Duration)]) {
    let room = MachineRoom::new();
    let mut machines = room.start().await;
    let network = Proxy::to(room.port).await;
    let plant = PlantFile::nord().floor(network.port, Access::Encrypted);
    let installation = Installation::new(&world.database, &[plant.text()]);
    installation.trust(&room.certificate());
    let begin = now(&world).await;
    let _service = installation.start().await;
    let phone = watch_lines(&installation, begin).await;
    heard(&phone, "L1").await;
    let away: Duration = failures.iter().map(|(_, time)| *time).sum();
    let hz = 50;
    // The machines go on for a second before and after.
    let count = (away.as_secs_f64() + 2.0) as usize * hz as usize;
    machines.cycle("Line1", &CYCLE, count, hz).await;
    phone.wait_within("some states", PATIENCE, |events| (states(events, "L1").len() > 25).then_some(())).await;
    for (failure, time) in failures {
        network.set(*failure);
        tokio::time::sleep(*time).await;
    }
    network.set(Network::Up);
    machines.cycled("Line1").await;
    let done = done(&mut machines, "Line1").await;
    assert_eq!(done.len(), count + 1);
    phone.wait_within("all states", PATIENCE, |events| (states(events, "L1").len() >= done.len()).then_some(())).await;
    assert_eq!(states(&phone.events(), "L1"), done, "every state once, in order, with its own time");
    assert_eq!(gaps(&world).await, 0, "nothing was lost, and nothing is said to be");
    assert_eq!(phone.ends(), [], "the subscriber was not cut off");
    if failures.iter().any(|(failure, _)| *failure == Network::Down) {
        let stale = |event: &Value| event["kind"] == "LINE_STALE" && event["state"]["state"].is_null();
        phone.wait_for("that the line was stale meanwhile", stale).await;
    }
}

on_both! {
    async fn a_link_that_is_cut_for_three_seconds_loses_no_state(world: World) {
        keeps_every_state(world, &[(Network::Down, CUT)]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_does_not_change_is_live_again_after_a_cut() {
    run(Kind::Sqlite, async |world| {
        let room = MachineRoom::new();
        let mut machines = room.start().await;
        let network = Proxy::to(room.port).await;
        let plant = PlantFile::nord().floor(network.port, Access::Encrypted);
        let installation = Installation::new(&world.database, &[plant.text()]);
        installation.trust(&room.certificate());
        let begin = now(&world).await;
        let _service = installation.start().await;
        let phone = watch_lines(&installation, begin).await;
        heard(&phone, "L1").await;
        machines.pass("Line1", &[LineState::Execute]).await;
        phone.wait_for("it runs", |event| event["state"]["state"] == "EXECUTE").await;
        network.set(Network::Down);
        let stale = |event: &Value| event["kind"] == "LINE_STALE" && event["state"]["lastKnownState"] == "EXECUTE";
        phone.wait_for("it is stale", stale).await;
        network.set(Network::Up);
        let live = |event: &Value| event["kind"] == "LINE_LIVE" && event["line"]["code"] == "L1";
        let event = phone.wait_for("it is live again, with nothing new to say", live).await;
        assert_eq!(event["state"]["state"], "EXECUTE");
        assert_eq!(gaps(&world).await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_are_lost_on_the_way_are_had_again() {
    let half = CUT / 2;
    run(Kind::Sqlite, async |world| keeps_every_state(world, &[(Network::Lossy, half), (Network::Down, half)]).await)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_stalls_loses_no_state() {
    run(Kind::Postgres, async |world| keeps_every_state(world, &[(Network::Stalled, CUT * 2)]).await).await;
}

/// All that the board shows of the floor.
fn board(states: [&str; 2], good: [i64; 2], scrap: [i64; 2], temperature: [f64; 2], order: [&str; 2]) -> Value {
    let line = |index: usize| {
        let limit = if temperature[index] > 90.0 { "HIGH" } else { "WITHIN" };
        json!({
            "code": format!("L{}", index + 1),
            "activeOrderNumber": order[index],
            "goodCount": good[index],
            "scrapCount": scrap[index],
            "state": {
                "state": states[index], "lastKnownState": states[index], "freshness": "LIVE", "staleReason": null,
            },
            "parameters": [{ "name": "temperature", "value": temperature[index], "limitState": limit }],
        })
    };
    json!([line(0), line(1)])
}

async fn shows(caller: &Caller, expected: &Value, within: Duration) {
    until("the board shows what the machines do", within, async || {
        let lines = caller.ask(BOARD, json!({})).await["plant"]["lines"].take();
        if lines == *expected { Ok(()) } else { Err(lines) }
    })
    .await;
}

/// The source as the board shows it, once it is like this.
async fn source(caller: &Caller, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    until(what, PATIENCE, async || {
        let mut plant = caller.ask(BOARD, json!({})).await["plant"].take();
        let floor = plant["sources"].as_array().unwrap().iter().find(|source| source["code"] == "FLOOR").cloned();
        let floor = floor.unwrap();
        if is(&floor) { Ok(floor) } else { Err((floor, plant["lines"].take())) }
    })
    .await
}

async fn report(machines: &mut Machines, line: &str, state: LineState, values: (i64, i64, f64, &str)) {
    machines.pass(line, &[state]).await;
    machines.write(&format!("{line}.GoodCount"), values.0).await;
    machines.write(&format!("{line}.ScrapCount"), values.1).await;
    machines.write(&format!("{line}.Temperature"), values.2).await;
    machines.write(&format!("{line}.OrderNumber"), values.3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_killed_is_read_again_whatever_its_namespaces_are_now() {
    run(Kind::Sqlite, async |world| {
        let room = MachineRoom::new();
        let mut machines = room.start().await;
        let plant = PlantFile::nord().floor(room.port, Access::Encrypted);
        let installation = Installation::new(&world.database, &[plant.text()]);
        installation.trust(&room.certificate());
        let _service = installation.start().await;
        let caller = installation.caller(OLGA).await;
        source(&caller, "the floor is heard", |source| source["freshness"] == "LIVE").await;
        report(&mut machines, "Line1", LineState::Execute, (10, 5, 85.5, "O-1")).await;
        report(&mut machines, "Line2", LineState::Held, (20, 6, 95.0, "O-2")).await;
        shows(&caller, &board(["EXECUTE", "HELD"], [10, 20], [5, 6], [85.5, 95.0], ["O-1", "O-2"]), PATIENCE).await;

        machines.kill().await;
        source(&caller, "the floor is stale", |source| source["freshness"] == "STALE").await;
        let lines = caller.ask(BOARD, json!({})).await["plant"]["lines"].take();
        for (line, last) in [(&lines[0], "EXECUTE"), (&lines[1], "HELD")] {
            let state = &line["state"];
            assert_eq!(
                (&state["state"], &state["lastKnownState"]),
                (&Value::Null, &json!(last)),
                "stale is not a state"
            );
            assert!(
                text(&state["staleReason"]).contains("connection was lost")
                    || text(&state["staleReason"]).contains("can not be reached")
            );
            assert_eq!(line["parameters"][0]["value"], Value::Null);
        }

        let mut machines = room.start_after_update(3).await;
        report(&mut machines, "Line1", LineState::Suspended, (3, 1, 91.5, "O-3")).await;
        report(&mut machines, "Line2", LineState::Execute, (4, 2, 80.0, "O-4")).await;
        // Counters began anew with the server; pieces that were counted stay counted.
        let expected = board(["SUSPENDED", "EXECUTE"], [13, 24], [6, 8], [91.5, 80.0], ["O-3", "O-4"]);
        shows(&caller, &expected, RIGHT_AGAIN_WITHIN).await;
        let floor = source(&caller, "the gap is told", |source| source["gaps"].as_i64() > Some(0)).await;
        assert_eq!(floor["freshness"], "LIVE");
        assert!(gaps(&world).await > 0, "what was missed is a gap in the journal");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_trusted_by_the_command_that_the_reason_names() {
    run(Kind::Sqlite, async |world| {
        let room = MachineRoom::new();
        let _machines = room.start().await;
        let plant = PlantFile::nord().floor(room.port, Access::Encrypted);
        let installation = Installation::new(&world.database, &[plant.text()]);
        let _service = installation.start().await;
        let caller = installation.caller(OLGA).await;
        let untrusted = |source: &Value| text(&source["reason"]).contains("nobody trusts it yet");
        let reason = text(&source(&caller, "the first contact is refused", untrusted).await["reason"]);
        let (_, command) = reason.split_once("trust it with: ").expect("the reason says how to trust");
        let done = tokio::process::Command::new("sh").args(["-c", command]).current_dir(installation.folder()).status();
        assert!(done.await.unwrap().success(), "{command}");
        source(&caller, "the floor is heard", |source| source["freshness"] == "LIVE").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_absent_at_the_start_is_waited_for() {
    run(Kind::Postgres, async |world| {
        let room = MachineRoom::new();
        let plant = PlantFile::nord().floor(room.port, Access::Open);
        let installation = Installation::new(&world.database, &[plant.text()]);
        let _service = installation.start().await;
        let caller = installation.caller(OLGA).await;
        let floor = source(&caller, "the floor is stale", |source| source["freshness"] == "STALE").await;
        let address = format!("opc.tcp://127.0.0.1:{}", room.port);
        assert!(text(&floor["reason"]).contains(&address), "the reason says what can not be reached: {floor}");
        let mut machines = room.start().await;
        machines.pass("Line1", &[LineState::Execute]).await;
        source(&caller, "the floor is heard", |source| source["freshness"] == "LIVE").await;
        until("the line is heard", PATIENCE, async || {
            let lines = caller.ask(BOARD, json!({})).await["plant"]["lines"].take();
            if lines[0]["state"]["state"] == "EXECUTE" { Ok(()) } else { Err(lines) }
        })
        .await;
    })
    .await;
}
