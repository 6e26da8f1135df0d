//! Requests per second of what a line's dashboard shows, beside the floor: a request of the same service that does nothing.

use std::time::{Duration, Instant};

use futures::future::join_all;
use model::LineState::{Aborted, Execute};
use serde_json::{Value, json};
use tests::{
    Kind, World,
    asyncua::MachineRoom,
    erp::{material, order},
    graph::Caller,
    people::OLGA,
    plant_file::{Access, PlantFile, QUIET, Times},
    service::Installation,
    until::{PATIENCE, until},
};

use crate::spread::{Spread, spread};

/// Callers at once, each with a connection of its own and one request at a time.
const CONNECTIONS: [usize; 2] = [1, 16];
/// How long each row of the table is measured, after a fifth of it to warm up.
const MEASURED: Duration = Duration::from_secs(5);

const DASHBOARD: &str = "{ line(plant: \"NORD\", code: \"L1\") { name goodCount scrapCount
    state { state freshness since quality } activeOrder { number state quantity { value unit } material { code name } }
    parameters { name value unit low high limitState quality }
    openCases { id revision title state severity owner { role name } tasks { id title state } } } }";

/// Measures on both databases and prints a table.
pub async fn measure() {
    println!("dashboard: requests per second over HTTP, token and all; the client runs on the same processors");
    println!(
        "{:<12}{:>14}{:>14}{:>10}{:>10}{:>26}",
        "database", "connections", "line per s", "p50", "p99", "nothing per s (/healthz)"
    );
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let world = World::new(kind).await;
        let room = MachineRoom::new();
        let (installation, _service, _machines) = running_line(&world, &room).await;
        let token = installation.token(OLGA).await;
        for connections in CONNECTIONS {
            let callers: Vec<_> = (0..connections).map(|_| Caller::new(installation.address, &token)).collect();
            let dashboard = async |caller: &Caller| assert!(is_whole(&caller.ask(DASHBOARD, json!({})).await));
            let (ours, Spread { p50, p99, .. }) = rate(&callers, dashboard).await;
            let nothing = async |caller: &Caller| assert!(caller.get("/healthz").await.0.is_success());
            let (floor, _) = rate(&callers, nothing).await;
            println!("{:<12}{connections:>14}{ours:>14.0}{p50:>10.1?}{p99:>10.1?}{floor:>26.0}", format!("{kind:?}"));
        }
    }
}

/// A line that has run an order, is aborted, and has a case.
async fn running_line(world: &World, room: &MachineRoom) -> (Installation, impl Sized, impl Sized) {
    let erp = world.erp().await;
    let ordered = tests::erp::Order { material: Some("1"), ..order("1", "O-1") };
    erp.apply([material("1", world.ago(60)), ordered.at(world.ago(60))]).await;
    let mut machines = room.start().await;
    let times = Times { downtime_threshold: "0s", ..QUIET };
    let plant = PlantFile::nord().floor(room.port, Access::Encrypted).times(times);
    let installation = Installation::new(&world.database, &[plant.text()]);
    installation.trust(&room.certificate());
    let service = installation.start().await;
    machines.write("Line1.OrderNumber", "O-1").await;
    machines.pass("Line1", &[Execute]).await;
    let caller = installation.caller(OLGA).await;
    until("the line runs", PATIENCE, async || {
        let data = caller.ask(DASHBOARD, json!({})).await;
        if data["line"]["state"]["state"] == "EXECUTE" { Ok(()) } else { Err(data) }
    })
    .await;
    machines.pass("Line1", &[Aborted]).await;
    until("the line has all that a dashboard shows", PATIENCE, async || {
        let data = caller.ask(DASHBOARD, json!({})).await;
        if is_whole(&data) { Ok(()) } else { Err(data) }
    })
    .await;
    (installation, service, machines)
}

/// A dashboard that shows less than everything would be measured too fast.
fn is_whole(data: &Value) -> bool {
    let line = &data["line"];
    line["state"]["state"] == "ABORTED"
        && line["activeOrder"]["number"] == "O-1"
        && line["parameters"][0]["value"].is_number()
        && line["openCases"].as_array().is_some_and(|cases| cases.len() == 1)
}

/// Requests per second of all callers together, and how long each took.
async fn rate(callers: &[Caller], request: impl AsyncFn(&Caller)) -> (f64, Spread) {
    let ask = async |time: Duration| {
        let begun = Instant::now();
        let caller = async |caller: &Caller| {
            let mut took = Vec::new();
            while begun.elapsed() < time {
                let asked = Instant::now();
                request(caller).await;
                took.push(asked.elapsed());
            }
            took
        };
        (join_all(callers.iter().map(caller)).await.concat(), begun.elapsed())
    };
    ask(MEASURED / 5).await;
    let (took, time) = ask(MEASURED).await;
    (took.len() as f64 / time.as_secs_f64(), spread(took))
}
