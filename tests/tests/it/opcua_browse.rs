//! `plantgraph opcua browse` at a third-party server: what it proposes is a plant file that runs.

use serde_json::{Value, json};
use tests::{
    Kind, World,
    asyncua::MachineRoom,
    run,
    service::Installation,
    until::{PATIENCE, until},
};

const BOARD: &str = "{ plant(code: \"PLANT\") { lines { code state { state freshness staleReason } } } }";
/// Somebody who may see the proposed plant.
const PERSON: &str = "\n[[person]]\nsubject = \"boss\"\nname = \"Boss\"\nroles = [\"PLANT_MANAGER\"]\n";

/// The table of this line in a plant file.
fn line<'a>(file: &'a toml::Table, code: &str) -> &'a toml::Value {
    let lines = file["line"].as_array().unwrap();
    lines.iter().find(|line| line["code"].as_str() == Some(code)).unwrap_or_else(|| panic!("no line {code}"))
}

async fn proposes_what_runs(world: World) {
    let room = MachineRoom::new().with("PLANT_COMPANION");
    let mut machines = room.start().await;
    machines.write("Line1.StateCurrent", 6).await;
    let url = format!("opc.tcp://127.0.0.1:{}/plant", room.port);
    let nowhere = Installation::new(&world.database, &[]);
    let browse = ["opcua", "browse", &url, "--user", "operator", "--password-env", "PLANT_PASSWORD"];
    let browse = [browse.as_slice(), &["--certificate-host", "localhost", "--output", "plant.toml"]].concat();

    // The first contact is refused, and the message says what to do.
    let (code, _, complaint) = nowhere.run(&browse).await;
    assert_eq!(code, 1, "{complaint}");
    assert!(complaint.contains("thumbprint") && complaint.contains("mv "), "{complaint}");
    nowhere.trust(&room.certificate());
    let (code, _, complaint) = nowhere.run(&browse).await;
    assert_eq!(code, 0, "{complaint}");
    let (code, _, again) = nowhere.run(&browse).await;
    assert!(code != 0 && again.contains("plant.toml"), "a file that exists is not replaced: {again}");

    let text = std::fs::read_to_string(nowhere.folder().join("plant.toml")).unwrap();
    let file: toml::Table = text.parse().unwrap();
    assert_eq!(file["line"].as_array().unwrap().len(), 3, "{text}");
    let press = line(&file, "PRESS");
    assert_eq!(press["state"]["kind"].as_str(), Some("packml"), "by the type that its own is a subtype of: {text}");
    assert_eq!(press["parameter"][0]["unit"].as_str(), Some("Cel"), "{text}");
    assert!(text.contains("SerialNumber 4711") && text.contains("takes job orders"), "{text}");
    let line1 = line(&file, "LINE1");
    assert_eq!(line1["state"]["kind"].as_str(), Some("packtags"), "by its name: {text}");
    assert_eq!(line1["counter"].as_array().unwrap().len(), 2, "{text}");
    assert!(line1["order"]["node"].as_str().unwrap().ends_with("OrderNumber"), "{text}");
    assert!(line1["alarms"].is_array(), "its object notifies: {text}");

    // It is a plant file as it stands.
    let installation = Installation::new(&world.database, &[text + PERSON]);
    installation.trust(&room.certificate());
    let _service = installation.start().await;
    let boss = installation.caller("boss").await;
    until("all lines live", PATIENCE, async || {
        let board = boss.ask(BOARD, json!({})).await;
        let lines = board["plant"]["lines"].as_array().cloned().unwrap_or_default();
        let state = |code: &str| lines.iter().find(|line| line["code"] == code).map(|line| line["state"].clone());
        let live = lines.len() == 3 && lines.iter().all(|line| line["state"]["freshness"] == "LIVE");
        let expected = [Some("EXECUTE"), Some("STOPPED")];
        let states =
            ["LINE1", "PRESS"].map(|code| state(code).and_then(|state| state["state"].as_str().map(str::to_owned)));
        if live && states.each_ref().map(Option::as_deref) == expected { Ok(()) } else { Err(Value::Array(lines)) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_proposed_for_a_server_runs_as_it_stands() {
    run(Kind::Sqlite, proposes_what_runs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_told_apart_from_one_that_refuses() {
    run(Kind::Sqlite, async |world| {
        let room = MachineRoom::new();
        let url = format!("opc.tcp://127.0.0.1:{}/plant", room.port);
        let installation = Installation::new(&world.database, &[]);
        let (code, _, complaint) = installation.run(&["opcua", "browse", &url, "--security", "none"]).await;
        assert!(code == 1 && complaint.contains("can not be reached"), "{complaint}");
        let _machines = room.start().await;
        let wrong =
            ["opcua", "browse", &url, "--security", "none", "--user", "operator", "--password-env", "ERP_PASSWORD"];
        let (code, _, complaint) = installation.run(&wrong).await;
        assert!(code == 1 && complaint.contains("refuses"), "{complaint}");
        let (code, text, complaint) = installation.run(&["opcua", "browse", &url, "--security", "none"]).await;
        assert_eq!(code, 0, "{complaint}");
        assert_eq!(text.parse::<toml::Table>().unwrap()["line"].as_array().unwrap().len(), 2);
    })
    .await;
}
