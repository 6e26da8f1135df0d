//! One PostgreSQL server for all tests of a run: the real program, on a free port, with its files in a fresh directory.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use uuid::Uuid;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/env/postgres.sh");
/// Starts the server, and when its input ends stops it and removes its files. At once: a clean stop would first write a
/// hundred databases to the disk that nobody reads again.
const WATCHDOG: &str = r#""$0" start "$1" "$2" && cat > /dev/null && "$0" stop "$1" immediate; rm -rf "$1""#;
/// Another program may take the free port between our look and the server's start.
const PORT_ATTEMPTS: u32 = 5;

/// The server of this process. A process-wide value, because the tests of a binary share nothing else.
static SERVER: OnceLock<Postgres> = OnceLock::new();

/// A running server.
#[derive(Debug)]
pub struct Postgres {
    /// `postgres://USER@HOST:PORT`, without a database.
    base: String,
    /// Holds the pipe: when this process ends, however it ends, the pipe closes, the server stops and its files go.
    _watchdog: Child,
}

impl Postgres {
    /// The server, started by whoever asks first.
    pub fn shared() -> &'static Self {
        // Starting takes a second or two; other tests on this thread's runtime go on.
        tokio::task::block_in_place(|| SERVER.get_or_init(Self::start))
    }

    /// The URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        format!("{}/{database}", self.base)
    }

    fn start() -> Self {
        (0..PORT_ATTEMPTS)
            .find_map(|_| Self::try_start(free_port()))
            .expect("PostgreSQL did not start; tests/setup.sh installs it, and the lines above say more")
    }

    fn try_start(port: u16) -> Option<Self> {
        let files = std::env::temp_dir().join(format!("plantgraph-postgres-{}", Uuid::new_v4()));
        let mut watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, SCRIPT])
            .arg(&files)
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Ctrl-C goes to the tests; the server ends because they do, in order.
            .process_group(0)
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(watchdog.stdout.take().expect("it is piped")).read_line(&mut url).unwrap();
        match url.trim().rsplit_once('/') {
            Some((base, _)) => Some(Self { base: base.to_owned(), _watchdog: watchdog }),
            None => {
                watchdog.wait().unwrap();
                None
            }
        }
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
