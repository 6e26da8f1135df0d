//! Alarms and histories of a third-party server, in the graph.

use std::{collections::HashSet, time::Duration};

use model::{LineId, LineState, entity::subject::SubjectType, journal::ChangeKind};
use serde_json::{Value, json};
use tests::{
    Kind, World,
    asyncua::MachineRoom,
    floor::state,
    graph::Caller,
    on_both,
    people::OLGA,
    plant_file::{Access, PlantFile, Times},
    run,
    service::Installation,
    until::{PATIENCE, until},
};
use workflow::ingest::{AlarmKey, AlarmReport, Signal};

use crate::opcua::{done, gaps, heard, now, states, watch_lines};

const ALARMS: &str = "{ plant(code: \"NORD\") { lines { code alarms {
    name message severity active acknowledged retain sourceNode condition branch replayed revision } } } }";

/// NORD, whose L1 takes alarms of Line1; the server's own object tells when it has repeated them.
fn with_alarms(port: u16) -> String {
    let text = PlantFile::nord().floor(port, Access::Encrypted).text();
    let alarms = "[[line.alarms]]\nnotifier = \"p:Plant/p:Line1\"\n[line.order]\n";
    text.replacen("[line.order]\n", alarms, 1) + "[[opcua.alarms]]\nnotifier = \"ua:Server\"\n"
}

/// The alarms of L1, when they are these: name, active, retained.
async fn shown(caller: &Caller, expected: &[(&str, bool)]) -> Vec<Value> {
    until("the alarms are shown", PATIENCE, async || {
        let board = caller.ask(ALARMS, json!({})).await;
        let lines = board["plant"]["lines"].as_array().cloned().unwrap_or_default();
        let mut alarms =
            lines.iter().find(|line| line["code"] == "L1").map(|line| line["alarms"].clone()).unwrap_or_default();
        let alarms = alarms.as_array_mut().map(std::mem::take).unwrap_or_default();
        let mut found: Vec<_> =
            alarms.iter().map(|a| (a["name"].as_str().unwrap_or_default(), a["active"] == true)).collect();
        found.sort_unstable();
        if found == expected { Ok(alarms) } else { Err(alarms) }
    })
    .await
}

async fn alarm_changes(world: &World) -> usize {
    world.journal_rows(0).await.iter().filter(|row| row.subject_type == SubjectType::Alarm).count()
}

on_both! {
    async fn alarms_are_shown_while_their_server_shows_them(world: World) {
        let room = MachineRoom::new();
        let mut machines = room.start().await;
        let installation = Installation::new(&world.database, &[with_alarms(room.port)]);
        installation.trust(&room.certificate());
        // It is there before anybody listens: the server repeats it.
        machines.alarm("Overheated", true, true).await;
        let service = installation.start().await;
        let olga = installation.caller(OLGA).await;
        let alarms = shown(&olga, &[("Overheated", true)]).await;
        let alarm = &alarms[0];
        assert_eq!(alarm["sourceNode"], "nsu=urn:plantgraph:test:plant;s=Plant.Line1", "{alarm}");
        assert_eq!(alarm["condition"], "nsu=urn:plantgraph:test:plant;s=Plant.Line1.Overheated", "{alarm}");
        assert_eq!((&alarm["replayed"], &alarm["severity"], &alarm["branch"]), (&json!(true), &json!(500), &json!("")));
        machines.alarm("DoorOpen", true, true).await;
        machines.alarm("Overheated", false, true).await;
        shown(&olga, &[("DoorOpen", true), ("Overheated", false)]).await;
        machines.alarm("Overheated", false, false).await;
        shown(&olga, &[("DoorOpen", true)]).await;

        // What the server shows is the same after a restart of ours: nothing changes.
        let before = alarm_changes(&world).await;
        service.crash().await;
        let service = installation.start().await;
        shown(&olga, &[("DoorOpen", true)]).await;
        machines.alarm("NoLabels", true, true).await;
        shown(&olga, &[("DoorOpen", true), ("NoLabels", true)]).await;
        assert_eq!(alarm_changes(&world).await, before + 1, "only what is new is journalled");

        // What went away while nobody listened is over.
        service.crash().await;
        machines.forget_alarm("DoorOpen").await;
        let _service = installation.start().await;
        shown(&olga, &[("NoLabels", true)]).await;
    }
}

/// An alarm as a device reports it.
fn report(line: Option<LineId>, condition: &str, retain: bool) -> AlarmReport {
    let key = AlarmKey {
        source_node: "nsu=urn:x;s=Filler".to_owned(),
        condition: format!("nsu=urn:x;s={condition}"),
        branch: String::new(),
    };
    AlarmReport {
        key,
        line,
        name: condition.to_owned(),
        message: "too hot".to_owned(),
        severity: 700,
        active: retain,
        acked: false,
        confirmed: true,
        suppressed: false,
        retain,
        acked_by: None,
        at: None,
        replayed: false,
    }
}

fn alarm(report: &AlarmReport) -> Signal {
    Signal::Alarm(Box::new(report.clone()))
}

on_both! {
    async fn an_alarm_that_is_repeated_changes_nothing_and_one_that_is_not_is_over(world: World) {
        let (floor, line) = (world.floor().await, world.line("L1"));
        let (hot, open) = (report(Some(line), "Hot", true), report(None, "Open", true));
        floor.send([alarm(&hot), alarm(&open)]).await;
        let begin = alarm_changes(&world).await;
        assert_eq!(begin, 2);
        let repeated = AlarmReport { replayed: true, ..hot.clone() };
        // The notifier of the whole plant tells of it too, and does not know the line.
        let from_above = AlarmReport { line: None, ..hot.clone() };
        let all = |shown: &[&AlarmReport]| Signal::AlarmsRefreshed {
            lines: vec![None, Some(line)],
            shown: shown.iter().map(|report| report.key.clone()).collect(),
        };
        floor.send([alarm(&hot), alarm(&repeated), alarm(&from_above), all(&[&hot, &open])]).await;
        floor.send([alarm(&report(None, "Never", false))]).await;
        assert_eq!(alarm_changes(&world).await, begin, "the same again is no news, and neither is nothing");

        // Alarms of another line than those that were repeated stay as they are.
        floor.send([Signal::AlarmsRefreshed { lines: vec![Some(world.line("L2"))], shown: vec![] }]).await;
        assert_eq!(alarm_changes(&world).await, begin);
        floor.send([all(&[&open])]).await;
        let rows = world.journal_rows(0).await;
        let last: Value = serde_json::from_str(&rows.last().unwrap().after).unwrap();
        assert_eq!((&last["name"], &last["retain"], &last["active"]), (&json!("Hot"), &json!(false), &json!(false)));
        assert_eq!(last["line_id"], json!(line.to_string()), "who reported it first knows the line");
        assert_eq!(alarm_changes(&world).await, begin + 1);
        // It comes back: the same alarm, not another.
        floor.send([alarm(&hot), all(&[&hot])]).await;
        let subjects: HashSet<_> = world.journal_rows(0).await.iter()
            .filter(|row| row.subject_type == SubjectType::Alarm).map(|row| row.subject_id).collect();
        assert_eq!((subjects.len(), alarm_changes(&world).await), (2, begin + 3));
    }

    async fn a_stop_that_was_over_before_anybody_heard_of_it_is_no_case(world: World) {
        let world = world.redefine(|plant| plant.lines.iter_mut().for_each(|line| line.downtime_threshold = Duration::ZERO)).await;
        let (floor, line) = (world.floor().await, world.line("L1"));
        let past = |signal: Signal| Signal::Replayed(Box::new(signal));
        floor.send([state(line, LineState::Execute, world.ago(900))]).await;
        floor.send([
            past(state(line, LineState::Aborted, world.ago(600))),
            past(state(line, LineState::Stopped, world.ago(500))),
            past(state(line, LineState::Idle, world.ago(400))),
            past(state(line, LineState::Execute, world.ago(300))),
        ]).await;
        world.fire_due().await;
        assert!(world.open_case(line).await.is_none(), "it runs again");
        let states = world.journal_rows(0).await.iter()
            .filter(|row| row.kind == ChangeKind::LineStateChanged && row.cause.contains("history")).count();
        assert_eq!(states, 4, "but it is in the journal");
        // Down, and then only from one way of being down to another: it still is.
        let went_down = world.ago(200);
        floor.send([
            past(state(line, LineState::Aborted, went_down)),
            past(state(line, LineState::Clearing, world.ago(100))),
            past(state(line, LineState::Stopped, world.ago(90))),
        ]).await;
        world.fire_due().await;
        let case = world.open_case(line).await.expect("the line is down");
        assert_eq!(case.signal_at, went_down, "since it went down, not since it was heard of");
    }
}

/// Shorter than what happens while nobody listens.
const IMPATIENT: Times = Times { downtime_threshold: "0s", acknowledge_within: "1h", verify_for: "1h" };

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_while_nobody_listened_is_had_from_the_servers_history() {
    run(Kind::Sqlite, async |world| {
        let room = MachineRoom::new().with("PLANT_HISTORY");
        let mut machines = room.start().await;
        let plant = PlantFile::nord().times(IMPATIENT).floor(room.port, Access::Open);
        let installation = Installation::new(&world.database, &[plant.text()]);
        let begin = now(&world).await;
        let service = installation.start().await;
        let phone = watch_lines(&installation, begin).await;
        heard(&phone, "L1").await;
        machines.pass("Line1", &[LineState::Execute]).await;
        phone.wait_within("it runs", PATIENCE, |events| (states(events, "L1").len() >= 2).then_some(())).await;
        service.crash().await;
        let away =
            [LineState::Aborting, LineState::Aborted, LineState::Clearing, LineState::Stopped, LineState::Resetting];
        machines.pass("Line1", &away).await;
        machines.pass("Line1", &[LineState::Idle, LineState::Starting, LineState::Execute]).await;
        // The subscription that the server kept has other nodes than the plant file now: what it reported is gone, but for the
        // server's history.
        let edited = plant.text() + "[[opcua.alarms]]\nnotifier = \"ua:Server\"\n";
        std::fs::write(installation.folder().join("plant-0.toml"), edited).unwrap();
        let _service = installation.start().await;
        let done = done(&mut machines, "Line1").await;
        phone
            .wait_within("all states", PATIENCE, |events| (states(events, "L1").len() >= done.len()).then_some(()))
            .await;
        assert_eq!(states(&phone.events(), "L1"), done, "every state once, in order, with its own time");
        assert_eq!(gaps(&world).await, 1, "it is still said that nobody listened");
        let rows = world.journal_rows(0).await;
        let replayed =
            rows.iter().filter(|row| row.cause.contains("history") && row.kind == ChangeKind::LineStateChanged);
        assert_eq!(replayed.count(), away.len() + 3, "the journal says which were not seen as they happened");
        assert!(!rows.iter().any(|row| row.kind == ChangeKind::CaseOpened), "what is over is no case");
        // What is not over is one.
        machines.pass("Line1", &[LineState::Aborting, LineState::Aborted]).await;
        until("a case", PATIENCE, async || {
            let rows = world.journal_rows(0).await;
            if rows.iter().any(|row| row.kind == ChangeKind::CaseOpened) { Ok(()) } else { Err(rows.len()) }
        })
        .await;
    })
    .await;
}
