//! The service as it is used: the program, its configuration, its process.

use std::{
    fmt::Write as _,
    fs::File,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use tokio::process::Command;

use crate::{
    database::Database,
    graph::Caller,
    guarded::{Guarded, Signal},
    ports::free_port,
    scratch::Scratch,
    until::{PATIENCE, until},
};

/// The environment variables in which a service finds the secrets of its sources.
pub const SECRETS: [(&str, &str); 2] = [("PLANT_PASSWORD", "plant-pass"), ("ERP_PASSWORD", "admin")];
/// How much of a log a failing test shows.
const LOG_TAIL_BYTES: usize = 6_000;
/// How long the service may take to end when it is asked to; its own deadline is 20 s.
const ENDS_WITHIN: Duration = Duration::from_secs(25);

/// The program, as `cargo build` puts it beside the tests (and `make` sees to it).
///
/// # Panics
/// When it is not there.
pub fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().and_then(Path::parent).unwrap().join("plantgraph");
    assert!(program.is_file(), "{} is missing: run `cargo build` in the same profile first", program.display());
    program
}

/// What stays when the process is gone: the configuration, the keys, the plant files, the address, and the database.
#[derive(Debug)]
pub struct Installation {
    files: Scratch,
    /// Where the service listens, whenever it runs.
    pub address: SocketAddr,
    starts: AtomicU32,
}

impl Installation {
    /// An installation on a migrated database, with these plant files.
    pub fn new(database: &Database, plants: &[String]) -> Self {
        Self::with(database.url(), plants, "")
    }

    /// An installation with further settings, as TOML.
    pub fn with(database_url: &str, plants: &[String], settings: &str) -> Self {
        let files = Scratch::new("service");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let mut names = Vec::new();
        for (index, text) in plants.iter().enumerate() {
            let file = files.path().join(format!("plant-{index}.toml"));
            std::fs::write(&file, text).unwrap();
            names.push(file.display().to_string());
        }
        let key_file = files.path().join("development.key");
        let mut config = format!(
            "[server]\nbind = \"{address}\"\npublic_url = \"http://{address}\"\n\
             [database]\nurl = \"{database_url}\"\n\
             [auth.development]\nenabled = true\nkey_file = {key_file:?}\n\
             [plants]\nfiles = {names:?}\n\
             [workflow]\nlease_ttl = \"2s\"\ntimer_poll_interval = \"200ms\"\n\
             [log]\nformat = \"json\"\n"
        );
        writeln!(config, "{settings}").unwrap();
        std::fs::write(files.path().join("plantgraph.toml"), config).unwrap();
        Self { files, address, starts: AtomicU32::new(0) }
    }

    /// Its folder. Relative paths of its plant files begin here.
    pub fn folder(&self) -> &Path {
        self.files.path()
    }

    /// Trusts a server's certificate beforehand, as an operator does who got it by a safe way.
    pub fn trust(&self, certificate: &Path) {
        let trusted = self.folder().join("pki/trusted");
        std::fs::create_dir_all(&trusted).unwrap();
        std::fs::copy(certificate, trusted.join("server.der")).unwrap();
    }

    /// Starts the service and waits until it can serve.
    pub async fn start(&self) -> Service {
        self.start_with(&["serve"]).await
    }

    /// Starts the service by this command and waits until it can serve.
    pub async fn start_with(&self, command: &[&str]) -> Service {
        let mut service = self.launch(command).await;
        let client = crate::graph::http_client();
        let readyz = format!("http://{}/readyz", self.address);
        until("the service is ready", PATIENCE, async || {
            assert!(!service.process.has_ended(), "the service ended at once: {}", service.log());
            match client.get(&readyz).send().await {
                Ok(response) if response.status().is_success() => Ok(()),
                Ok(response) => Err(response.text().await.unwrap_or_default()),
                Err(error) => Err(error.to_string()),
            }
        })
        .await;
        service
    }

    /// Starts the service and does not wait.
    pub async fn launch(&self, command: &[&str]) -> Service {
        let number = self.starts.fetch_add(1, Ordering::Relaxed);
        let log = self.folder().join(format!("log-{number}"));
        let program = program();
        let process = Guarded::start(program.to_str().unwrap(), command, |command| {
            self.surround(command).stderr(File::create(&log).unwrap());
        })
        .await;
        Service { process, address: self.address, log }
    }

    /// Runs a command of the program to its end: its exit code, what it printed, and what it complained of.
    pub async fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(program());
        let output = self.surround(command.args(arguments)).kill_on_drop(true).output();
        let output = tokio::time::timeout(PATIENCE, output).await.expect("the command ends").unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// A token for an account, as `plantgraph token` prints it.
    pub async fn token(&self, account: &str) -> String {
        self.token_for(account, "1h").await
    }

    /// A token that lasts so long.
    pub async fn token_for(&self, account: &str, ttl: &str) -> String {
        let (code, token, complaint) = self.run(&["token", "--subject", account, "--ttl", ttl]).await;
        assert_eq!(code, 0, "{complaint}");
        token.trim().to_owned()
    }

    /// An account that calls this service.
    pub async fn caller(&self, account: &str) -> Caller {
        Caller::new(self.address, &self.token(account).await)
    }

    /// Nothing of the surroundings of the tests must reach the program.
    fn surround<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).envs(SECRETS);
        command.env("PLANTGRAPH_CONFIG", self.folder().join("plantgraph.toml")).current_dir(self.folder())
    }
}

/// A running service.
#[derive(Debug)]
pub struct Service {
    /// The process.
    pub process: Guarded,
    address: SocketAddr,
    log: PathBuf,
}

impl Service {
    /// The end of its log.
    pub fn log(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        log[log.floor_char_boundary(log.len().saturating_sub(LOG_TAIL_BYTES))..].to_owned()
    }

    /// Ends as a crash ends it: nothing is finished, nothing is written.
    pub async fn crash(mut self) {
        assert!(!self.process.has_ended(), "it crashed by itself: {}", self.log());
        self.process.signal(Signal::Kill).await;
        self.process.ended(PATIENCE).await;
    }

    /// Asks it to end, and waits until it has; its exit code.
    pub async fn stop(mut self) -> i32 {
        self.process.signal(Signal::Terminate).await;
        self.process.ended(ENDS_WITHIN).await
    }

    /// Processor time that it has used so far, all threads together.
    pub fn cpu(&self) -> Duration {
        cpu_of(self.process.pid)
    }

    /// Somebody without a token.
    pub fn stranger(&self) -> Caller {
        Caller::stranger(self.address)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the log of the service ends with:\n{}", self.log());
        }
    }
}

/// Processor time of a process, all threads together.
fn cpu_of(pid: u32) -> Duration {
    /// Linux counts for everybody in hundredths of a second, whatever its own clock is.
    const TICK: Duration = Duration::from_millis(10);
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The name of the program, in parentheses, may hold anything; after it come the fields from the third on.
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks = |field: usize| fields[field - 3].parse::<u32>().unwrap();
    TICK * (ticks(14) + ticks(15))
}
