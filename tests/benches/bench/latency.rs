//! From a machine to a phone: a value is written at a third-party OPC UA server (asyncua), committed here, and received by a
//! subscriber over a WebSocket.

use std::time::Duration;

use chrono::{DateTime, Utc};
use model::{
    LineState,
    clock::{Clock, SystemClock},
};
use serde_json::json;
use tests::{
    Kind, World,
    asyncua::{MachineRoom, Machines},
    people::OLGA,
    plant_file::{Access, PlantFile},
    service::Installation,
    socket::Socket,
    until::{PATIENCE, until},
};

use crate::spread::{Spread, spread};

/// Values for each row of the table.
const WRITES: u32 = 300;
/// What the server waits for, to report several changes at once. No client is told sooner.
const PUBLISHING_INTERVALS: [&str; 2] = ["100ms", "10ms"];
/// Between two values. The pause grows from one to the next, so that the values do not march in step with the reports.
const PAUSE: Duration = Duration::from_millis(60);
const PAUSE_STEP: Duration = Duration::from_millis(7);
const PAUSE_STEPS: u32 = 13;

const LINE_STATE: &str =
    "subscription { lineState(plant: \"NORD\") { line { code } state { lastKnownState since } cursor } }";

/// Measures on both databases and prints a table.
pub async fn measure() {
    println!(
        "latency: from the source time of a value in an OPC UA server to its receipt by a subscriber, {WRITES} values one by one"
    );
    println!("{:<12}{:>22}{:>10}{:>10}{:>10}", "database", "publishing interval", "p50", "p99", "longest");
    for kind in [Kind::Sqlite, Kind::Postgres] {
        for interval in PUBLISHING_INTERVALS {
            let Spread { p50, p99, longest, .. } = spread(latencies(kind, interval).await);
            println!("{:<12}{interval:>22}{p50:>10.1?}{p99:>10.1?}{longest:>10.1?}", format!("{kind:?}"));
        }
    }
}

async fn latencies(kind: Kind, interval: &'static str) -> Vec<Duration> {
    let world = World::new(kind).await;
    let room = MachineRoom::new();
    let mut machines = room.start().await;
    let plant = PlantFile::nord().floor(room.port, Access::Encrypted).publishing_interval(interval);
    let installation = Installation::new(&world.database, &[plant.text()]);
    installation.trust(&room.certificate());
    let _service = installation.start().await;
    let caller = installation.caller(OLGA).await;
    until("the line is heard", PATIENCE, async || {
        let line = caller.ask("{ line(plant: \"NORD\", code: \"L1\") { state { freshness } } }", json!({})).await;
        if line["line"]["state"]["freshness"] == "LIVE" { Ok(()) } else { Err(line) }
    })
    .await;
    let mut socket = Socket::open(installation.address, caller.token.as_deref().unwrap()).await.unwrap();
    socket.subscribe("1", LINE_STATE, json!({})).await.unwrap();
    let mut latencies = Vec::new();
    for number in 0..WRITES {
        tokio::time::sleep(PAUSE + PAUSE_STEP * (number % PAUSE_STEPS)).await;
        latencies.push(latency(&mut machines, &mut socket, number).await);
    }
    latencies
}

/// Both clocks are this machine's.
async fn latency(machines: &mut Machines, socket: &mut Socket, number: u32) -> Duration {
    let state = [LineState::Execute, LineState::Suspended][number as usize % 2];
    let written = machines.write("Line1.StateCurrent", state.number()).await;
    loop {
        let event = socket.event().await.unwrap();
        let received = SystemClock.now();
        let since: DateTime<Utc> = event["lineState"]["state"]["since"].as_str().unwrap().parse().unwrap();
        if since == written {
            return (received - since).to_std().unwrap_or_default();
        }
    }
}
