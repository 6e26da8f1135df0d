//! Runs a simulated plant by itself, for a look at it with any OPC UA or HTTP client.
//!
//! `cargo run -p simulator --example plant [seed [speed]]`; Ctrl-C ends it. Key and certificate of the server are kept
//! in the folder for temporary files.

use std::error::Error;

use simulator::{BusinessOptions, OPERATOR_PASSWORD, OPERATOR_USER, Simulator, SimulatorOptions};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The key of the ERP.
const ERP_KEY: &str = "example-key";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut options = SimulatorOptions::new(std::env::temp_dir().join("plantgraph-simulator-pki"), ERP_KEY);
    if let Some(seed) = arguments.next() {
        options.seed = seed.parse()?;
    }
    if let Some(speed) = arguments.next() {
        options.speed = speed.parse()?;
    }
    options.business = Some(BusinessOptions::new(std::env::temp_dir().join("plantgraph-simulator")));
    let cancel = CancellationToken::new();
    let running = Simulator::start(options, cancel.clone(), &TaskTracker::new()).await?;
    println!("OPC UA  {}  user {OPERATOR_USER}, password {OPERATOR_PASSWORD}", running.opcua_url);
    println!("ERP     {}/api/orders  Authorization: Bearer {ERP_KEY}", running.erp_url);
    if let Some(business) = &running.business {
        println!("ERP     {}/sap/opu/odata/sap/API_BATCH_SRV/  user PLANTGRAPH, password erp-pass", business.erp_url);
        println!("MES     {}/b2mml  Authorization: Bearer mes-token", business.mes_url);
        println!("        {}  {}", business.mes_database.display(), business.mes_outbox.display());
        println!("WMS     {}/api/lots  Authorization: Bearer wms-token", business.wms_url);
    }
    let stopped = running.stopped();
    let mut stopped = std::pin::pin!(stopped);
    tokio::select! {
        ended = &mut stopped => return Ok(ended?),
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    cancel.cancel();
    Ok(stopped.await?)
}
