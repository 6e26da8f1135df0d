//! The ERP as it is: a Tryton with a seeded database, and the clerk who works in it.

use std::process::Stdio;

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{ports::free_port, scratch::Scratch, until::PATIENCE};

const TRYTON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/env/tryton.sh");
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/env/python.sh");

/// A Tryton on its own copy of the seeded database. It ends when this is dropped, and its files go.
#[derive(Debug)]
pub struct Tryton {
    /// Its address.
    pub url: String,
    /// The pipe to its script keeps it running. Dropped first: the files go after the server.
    _server: Child,
    files: Scratch,
}

impl Tryton {
    /// Starts one.
    pub async fn start() -> Self {
        let files = Scratch::new("tryton");
        let port = free_port();
        let mut server = Command::new(TRYTON)
            .arg("run")
            .arg(files.path())
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = String::new();
        let mut output = BufReader::new(server.stdout.take().unwrap());
        tokio::time::timeout(PATIENCE, output.read_line(&mut ready)).await.expect("Tryton starts").unwrap();
        let url =
            ready.strip_prefix("READY ").expect("Tryton did not start; tests/setup.sh prepares it").trim().to_owned();
        Self { url, _server: server, files }
    }

    /// Every session ends at once, as after a long silence.
    pub async fn end_sessions(&self) {
        let database = self.files.path().join("db/erp.sqlite");
        let done =
            Command::new(PYTHON).arg("tryton_forget.py").arg(database).stdin(Stdio::null()).status().await.unwrap();
        assert!(done.success());
    }

    /// The clerk does something; see `tests/env/tryton_do.py`.
    pub async fn clerk(&self, arguments: &[&str]) -> Value {
        let output = Command::new(PYTHON)
            .args(["tryton_do.py", &self.url, "erp"])
            .args(arguments)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = tokio::time::timeout(PATIENCE, output).await.expect("the clerk gets it done").unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {complaint}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}
