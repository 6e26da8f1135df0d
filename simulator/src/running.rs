//! Starting and stopping the whole.

use std::path::PathBuf;

use tokio::task::JoinHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::info;

use crate::{
    Business, BusinessOptions, Error, NAMESPACE_URI, SimulatorOptions,
    business::board::Board,
    clock::wall_now,
    erp::{self, Book, Desk},
    opcua::{self, OpcUa},
    plant::Plant,
    port,
    world::{Floor, World},
};

/// Starts simulated plants.
pub struct Simulator;

/// A plant that runs. Dropping this does not stop it; cancelling the token it was started with does.
pub struct Running {
    /// Where OPC UA clients connect to: `opc.tcp://127.0.0.1:<port>/`.
    pub opcua_url: String,
    /// Where the ERP's API is: `http://127.0.0.1:<port>`.
    pub erp_url: String,
    /// The namespace of the plant's nodes.
    pub namespace_uri: String,
    /// The OPC UA server's certificate (DER), for clients that want to trust it beforehand.
    pub server_certificate: PathBuf,
    /// The business systems, if they were asked for.
    pub business: Option<Business>,
    tasks: Vec<JoinHandle<Result<(), Error>>>,
}

impl Simulator {
    /// Starts a plant and returns once its sockets listen. Its tasks are spawned on `tracker`.
    ///
    /// # Errors
    /// An option that makes no sense, a port that is taken, a PKI folder that cannot be used.
    pub async fn start(
        options: SimulatorOptions,
        cancel: CancellationToken,
        tracker: &TaskTracker,
    ) -> Result<Running, Error> {
        options.check()?;
        let floor = Floor::new(Plant::new(&options.plant()));
        let desk = Desk::new(Book::new(options.seed, wall_now()));
        let method = floor.clone();
        let (server, publisher) = OpcUa::bind(&options, tracker, move |line| method.restart(line)).await?;
        let listener = port::listen(options.erp_port, "ERP").await?;
        let erp_url = format!("http://{}:{}", port::HOST, port::of(&listener, "ERP")?);
        let opcua_url = server.url.clone();
        let server_certificate = opcua::certificate_path(&options);
        let board = Board::default();
        let world = World::new(&options, floor, desk.clone(), publisher, board.clone());
        // When one part ends, however it ends, the others have no reason to go on.
        let stop = cancel.child_token();
        let (business, parts) = match options.business {
            Some(business) => {
                let business = BusinessOptions { seed: options.seed, speed: options.speed, ..business };
                let started = Business::start_with(business, desk.clone(), board, false, stop.clone(), tracker).await?;
                (Some(started.0), started.1)
            }
            None => (None, Vec::new()),
        };
        let mut tasks = vec![
            spawn(tracker, &stop, server.run(stop.clone())),
            spawn(tracker, &stop, erp::serve(listener, desk, options.erp_key, stop.clone())),
            spawn(tracker, &stop, world.run(stop.clone())),
        ];
        tasks.extend(parts);
        info!(opcua = opcua_url, erp = erp_url, "the simulated plant runs");
        Ok(Running { opcua_url, erp_url, namespace_uri: NAMESPACE_URI.to_owned(), server_certificate, business, tasks })
    }
}

/// Spawns one part of the simulator, which takes the others with it when it ends.
pub(crate) fn spawn(
    tracker: &TaskTracker,
    stop: &CancellationToken,
    part: impl Future<Output = Result<(), Error>> + Send + 'static,
) -> JoinHandle<Result<(), Error>> {
    let guard = stop.clone().drop_guard();
    tracker.spawn(async move {
        let _guard = guard;
        part.await
    })
}

impl Running {
    /// Waits until every part has stopped.
    ///
    /// # Errors
    /// Why the first part that failed did so; none when the plant was cancelled.
    pub async fn stopped(self) -> Result<(), Error> {
        let mut outcome = Ok(());
        for task in self.tasks {
            let ended = task.await.map_err(Error::Task).flatten();
            outcome = outcome.and(ended);
        }
        outcome
    }
}
