//! `plantgraph demo`.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::Args;
use connectors::plant_file::{Identity, PlantFile, Secret, SecretSource, SystemKind};
use model::clock::{SharedClock, SystemClock};
use rand::distr::{Alphanumeric, SampleString};
use simulator::{
    Business, BusinessOptions, OPERATOR_PASSWORD, OPERATOR_USER, Running, Simulator, SimulatorOptions, Webhook,
};

use super::{
    database::{migrate, open_for_migration},
    print,
};
use crate::{
    config::{Config, Introspection, Loaded},
    error::Error,
    lifecycle::{Lifecycle, TaskKind},
    observe,
    token::{self, Order, Signer},
    twin,
};

/// The plant of the demo.
const PLANT_FILE: &str = include_str!("../../../patterns/plants/demo.toml");
/// How long the printed tokens last.
const TOKEN_TTL: Duration = Duration::from_secs(12 * 3_600);
/// What is printed when everything runs.
const WELCOME: &str = include_str!("demo.txt");
/// Length of the secrets that nobody types.
const SECRET_LENGTH: usize = 32;

/// Run a simulated plant with its twin: nothing to install, nothing to configure.
///
/// Starts a plant with two lines (an OPC UA server), its ERP (OData), MES (database views, B2MML) and WMS (REST, webhooks), a
/// twin on SQLite that is connected to all of them, and the graph. Prints the address, a token per person and queries to paste.
/// After some seconds the WMS blocks a lot that the ERP releases, and a line stops. Everything ends with Ctrl-C; the database
/// is emptied by the next demo.
#[derive(Debug, Args)]
pub struct Demo {
    /// Port of the graph; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Folder for the database, the keys and the certificates of the demo
    #[arg(long, value_name = "FOLDER", default_value = ".plantgraph/demo")]
    dir: PathBuf,
    /// Seed of everything random: the same seed tells the same story
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many times as fast as real time the plant lives (0.1 to 20)
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
}

impl Demo {
    pub(super) async fn run(self, mut loaded: Loaded) -> Result<(), Error> {
        self.configure(&mut loaded.config)?;
        let config = &loaded.config;
        observe::start_logging(&config.log);
        token::install_cryptography();
        token::self_test()?;
        let clock: SharedClock = Arc::new(SystemClock);
        let lifecycle = Lifecycle::new();
        let business = self.business();
        let options = SimulatorOptions {
            seed: self.seed,
            speed: self.speed,
            business: Some(business.clone()),
            ..SimulatorOptions::new(self.dir.join("simulator-pki"), secret())
        };
        let tasks = lifecycle.tasks();
        let mut simulator =
            Simulator::start(options, tasks.drain().clone(), tasks.tracker()).await.map_err(Error::Simulator)?;
        let systems = simulator.business.take().expect("it was asked for");
        let webhook = secret();
        let mut plant = plant_file(&simulator, &self.dir.join("pki"))?;
        connect(&mut plant, &systems, &business, &webhook);
        let (people, code) = (plant.people.clone(), plant.plant.code.clone());
        let opcua_url = simulator.opcua_url.clone();
        tasks.spawn(TaskKind::Essential, "simulator", simulator.stopped());

        let store = open_for_migration(&config.database, clock.clone()).await?;
        migrate(&store).await?;
        let twin = twin::start(config, store, vec![plant], clock.clone(), tasks).await?;
        systems.set_webhook(Some(Webhook { url: format!("http://{}/in/{code}/WMS", twin.address), secret: webhook }));

        let signer = Signer::load_or_create(&config.auth.development.key_file)?;
        let mut tokens = String::new();
        for person in people {
            let order =
                Order { subject: person.subject, name: Some(person.name.clone()), ttl: TOKEN_TTL.into(), plants: None };
            let roles: Vec<_> = person.roles.iter().map(|role| role.as_str()).collect();
            tokens.push_str(&format!("{} ({})\n{}\n\n", person.name, roles.join(", "), signer.sign(&order, &clock)?));
        }
        let welcome = WELCOME
            .replace("{tokens}", tokens.trim_end())
            .replace("{address}", &format!("http://{}", twin.address))
            .replace("{opcua}", &opcua_url)
            .replace("{erp}", &systems.erp_url)
            .replace("{mes}", &systems.mes_url)
            .replace("{wms}", &systems.wms_url);
        print(&welcome)?;
        lifecycle.run(config.server.shutdown_deadline.get()).await?;
        twin.store.close().await?;
        print("the demo has ended\n")
    }

    /// The business systems of the plant. Its ERP tells its MES which lots it blocked, its WMS tells nobody.
    fn business(&self) -> BusinessOptions {
        let mut options = BusinessOptions::new(self.dir.join("simulator"));
        if let Some(mes) = &mut options.mes {
            mes.hears_of_holds = true;
        }
        options
    }

    /// The settings of the demo: its own folder, a development key, open introspection.
    fn configure(&self, config: &mut Config) -> Result<(), Error> {
        let doing = format!("prepare the folder {}", self.dir.display());
        prepare(&self.dir).map_err(|source| Error::System { doing, source })?;
        let database = format!("sqlite://{}?mode=rwc", self.dir.join(DATABASE).display());
        let unusable = |problem: &str| std::io::Error::new(std::io::ErrorKind::InvalidInput, problem);
        let doing = || format!("keep a database in {}", self.dir.display());
        config.database.url =
            database.parse().map_err(|problem| Error::System { doing: doing(), source: unusable(problem) })?;
        config.auth.development.enabled = true;
        config.auth.development.key_file = self.dir.join("development.key");
        config.server.bind = std::net::SocketAddr::from(([127, 0, 0, 1], self.port));
        config.server.graphiql = true;
        config.graphql.introspection = Introspection::Everyone;
        config.plants.files.clear();
        if config.log.level == LIBRARIES_TOO {
            LOG_LEVEL.clone_into(&mut config.log.level);
        }
        Ok(())
    }
}

/// The default log level, at which the simulator's OPC UA server would tell more than a newcomer reads.
const LIBRARIES_TOO: &str = "info";
/// What the demo logs instead: our own words, and what went wrong.
const LOG_LEVEL: &str = "error,api=info,connectors=info,workflow=info,simulator=info";

/// The database's file in the folder of the demo.
const DATABASE: &str = "twin.db";

/// A demo begins with an empty twin. Only its own database is removed; keys and certificates may stay.
fn prepare(dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    for suffix in ["", "-wal", "-shm"] {
        match std::fs::remove_file(dir.join(format!("{DATABASE}{suffix}"))) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// The plant file, pointed at the simulator, whose certificate is trusted beforehand as an operator would do it.
fn plant_file(simulator: &Running, pki: &Path) -> Result<PlantFile, Error> {
    let mut file = PlantFile::parse(PLANT_FILE)?;
    let trusted = pki.join("trusted");
    let doing = || format!("trust the simulator's certificate in {}", trusted.display());
    std::fs::create_dir_all(&trusted)
        .and_then(|()| std::fs::copy(&simulator.server_certificate, trusted.join("simulator.der")))
        .map_err(|source| Error::System { doing: doing(), source })?;
    if let Some(opcua) = &mut file.opcua {
        opcua.url.clone_from(&simulator.opcua_url);
        opcua.pki = pki.to_owned();
        let password = SecretSource::Given(Secret::new(OPERATOR_PASSWORD));
        opcua.identity = Identity::User { name: OPERATOR_USER.to_owned(), password };
    }
    Ok(file)
}

/// Points the business systems of the plant file at those that run.
fn connect(file: &mut PlantFile, systems: &Business, options: &BusinessOptions, webhook: &str) {
    let BusinessOptions { erp: Some(erp), mes: Some(mes), wms: Some(wms), .. } = options else { return };
    for section in &mut file.systems {
        let (url, secrets) = match section.kind {
            SystemKind::Erp => (systems.erp_url.clone(), vec![("password", erp.password.as_str())]),
            SystemKind::Mes => {
                section.options.insert("b2mml_url".to_owned(), format!("{}/b2mml", systems.mes_url));
                (format!("sqlite:{}", systems.mes_database.display()), vec![("token", mes.token.as_str())])
            }
            SystemKind::Wms => (systems.wms_url.clone(), vec![("token", wms.token.as_str()), ("webhook", webhook)]),
        };
        section.url = url;
        let given = secrets.into_iter().map(|(name, value)| (name.to_owned(), SecretSource::Given(Secret::new(value))));
        section.secrets.extend(given);
    }
}

/// A secret of this run.
fn secret() -> String {
    Alphanumeric.sample_string(&mut rand::rng(), SECRET_LENGTH)
}
