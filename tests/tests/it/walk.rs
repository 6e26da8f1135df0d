//! One case, from the machine that stops to the proof that it runs again, through the graph alone.

use model::LineState::{Aborted, Aborting, Clearing, Execute, Idle, Resetting, Starting, Stopped};
use serde_json::{Value, json};
use tests::{
    asyncua::MachineRoom,
    on_both,
    people::{ANN, OLGA, PIA},
    plant_file::{Access, PlantFile, Times},
    service::Installation,
    socket::{Follower, Watch},
    until::{PATIENCE, until},
};

use crate::opcua::{heard, now, watch_lines};

/// Short where the test waits, long where it must not be overtaken.
const TIMES: Times = Times { downtime_threshold: "1s", acknowledge_within: "10m", verify_for: "1s" };
const ALERTS: &str = "subscription ($after: String) { alerts(kinds: [HOLD, DOWNTIME], after: $after) {
    cursor kind event title severity case { id state owner { role } } } }";

on_both! {
    async fn a_line_aborts_and_people_bring_it_back_by_the_graph_alone(world: World) {
        let room = MachineRoom::new();
        let mut machines = room.start().await;
        let plant = PlantFile::nord().floor(room.port, Access::Encrypted).times(TIMES);
        let installation = Installation::new(&world.database, &[plant.text()]);
        installation.trust(&room.certificate());
        let begin = now(&world).await;
        let _service = installation.start().await;
        let ann = installation.caller(ANN).await;
        let olga = installation.caller(OLGA).await;
        let alerts = |token: &str| {
            Follower::start(installation.address, token, Watch { query: ALERTS.to_owned(), variables: json!({}), after: Some(begin.clone()) })
        };
        let phones = [alerts(&installation.token(ANN).await), alerts(&installation.token(PIA).await)];
        let lines = watch_lines(&installation, begin.clone()).await;
        heard(&lines, "L1").await;
        machines.pass("Line1", &[Execute, Aborting, Aborted]).await;

        let opened = phones[0].wait_for("the alert", |alert| alert["event"] == "CASE_OPENED").await;
        assert_eq!((&opened["kind"], &opened["severity"]), (&json!("DOWNTIME"), &json!("HIGH")));
        assert_eq!(opened["title"], "Line L1 (L1) is ABORTED");
        assert_eq!(opened["case"]["owner"]["role"], "MAINTENANCE_LEAD");
        let id = opened["case"]["id"].as_str().unwrap();
        phones[1].wait_for("the same alert on the other phone", |alert| alert["case"]["id"] == *id).await;
        phones[1].cut();

        let revision = ann.case(id).await["revision"].take();
        let take = json!({ "case": id, "expectedRevision": revision });
        let refused = olga.mutate("acknowledgeCase", take).await;
        assert_eq!(refused["outcome"]["code"], "MISSING_RIGHT", "an operator does not own cases: {refused}");
        ann.acknowledges(id).await;
        assert_eq!(ann.does_tasks(id).await, 1, "triage");
        ann.case_in(id, "CONTAINED").await;
        ann.decides(id, "RESTART").await;
        assert_eq!(ann.does_tasks(id).await, 2, "the checks before a restart");
        assert_ne!(ann.case(id).await["state"], "CLOSED", "the line has not run yet");
        machines.pass("Line1", &[Clearing, Stopped, Resetting, Idle, Starting, Execute]).await;
        let closed = ann.case_in(id, "CLOSED").await;
        assert_eq!((&closed["decision"], &closed["owner"]["name"]), (&json!("RESTART"), &json!("Ann")));

        let events = |phone: &Follower| -> Vec<Value> { phone.events().iter().map(|alert| alert["event"].clone()).collect() };
        for phone in &phones {
            phone.wait_for("the closing alert", |alert| alert["event"] == "CASE_CLOSED" && alert["case"]["state"] == "CLOSED").await;
            assert_eq!(events(phone), ["CASE_OPENED", "CASE_CLOSED"], "each once, in order");
        }
        assert!(!phones[1].ends().is_empty(), "this one had been cut off");
        until("the line has no open case", PATIENCE, async || {
            let line = ann.ask("{ line(plant: \"NORD\", code: \"L1\") { openCases { id } state { state } } }", json!({})).await;
            let expected = json!({ "openCases": [], "state": { "state": "EXECUTE" } });
            if line["line"] == expected { Ok(()) } else { Err(line) }
        })
        .await;
    }
}
