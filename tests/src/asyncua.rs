//! The floor as it is: a third-party OPC UA server (asyncua), told by its control port what its machines do.

use std::{fs::File, path::PathBuf, process::Stdio, time::Duration};

use chrono::{DateTime, Utc};
use model::LineState;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
};

use crate::{ports::free_port, scratch::Scratch, until::PATIENCE};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/env/python.sh");

/// The server's machine room: its keys and its address, which stay when it is killed.
#[derive(Debug)]
pub struct MachineRoom {
    files: Scratch,
    /// The port of OPC UA.
    pub port: u16,
    control_port: u16,
    features: Vec<&'static str>,
}

/// A running server.
#[derive(Debug)]
pub struct Machines {
    child: Child,
    control: BufReader<TcpStream>,
}

/// A value that was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The value.
    pub value: Value,
    /// Its source time.
    pub at: DateTime<Utc>,
}

impl Written {
    /// The state that it stands for, by PackML's number, and since when: as the graph tells it.
    pub fn state(&self) -> (String, DateTime<Utc>) {
        let number = self.value.as_i64().unwrap();
        (LineState::from_number(number).unwrap().to_string(), self.at)
    }
}

impl MachineRoom {
    /// A room in which nothing runs yet.
    pub fn new() -> Self {
        Self { files: Scratch::new("asyncua"), port: free_port(), control_port: free_port(), features: Vec::new() }
    }

    /// A room whose server has also this: `PLANT_HISTORY` or `PLANT_COMPANION` of the script.
    #[must_use]
    pub fn with(mut self, feature: &'static str) -> Self {
        self.features.push(feature);
        self
    }

    /// The server's certificate, once it ran.
    pub fn certificate(&self) -> PathBuf {
        self.files.path().join("server.der")
    }

    /// Starts the server.
    pub async fn start(&self) -> Machines {
        self.start_after_update(0).await
    }

    /// Starts the server as after an update: so many namespaces come before the plant's, whose index is another.
    pub async fn start_after_update(&self, namespaces_before: u32) -> Machines {
        let mut child = Command::new(SCRIPT)
            .arg("asyncua_plant.py")
            .args([self.port, self.control_port].map(|port| port.to_string()))
            .arg(self.files.path())
            .env("PLANT_NAMESPACES_BEFORE", namespaces_before.to_string())
            .envs(self.features.iter().map(|feature| (*feature, "1")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // It complains of every client that was cut off, which is what the tests do.
            .stderr(File::create(self.files.path().join("log")).unwrap())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut ready = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        tokio::time::timeout(PATIENCE, output.read_line(&mut ready)).await.expect("asyncua starts").unwrap();
        assert!(ready.starts_with("READY"), "asyncua did not start; tests/setup.sh installs it");
        let control = BufReader::new(TcpStream::connect(("127.0.0.1", self.control_port)).await.unwrap());
        Machines { child, control }
    }
}

impl Default for MachineRoom {
    fn default() -> Self {
        Self::new()
    }
}

impl Machines {
    /// Writes a value, such as to `Line1.StateCurrent`. Its source time is the present; returns it.
    pub async fn write(&mut self, node: &str, value: impl Into<Value>) -> DateTime<Utc> {
        let answer = self.command(json!({ "do": "write", "node": node, "value": value.into() })).await;
        answer["time"].as_str().unwrap().parse().unwrap()
    }

    /// Brings a line through these states.
    pub async fn pass(&mut self, line: &str, states: &[LineState]) {
        for state in states {
            self.write(&format!("{line}.StateCurrent"), state.number()).await;
        }
    }

    /// Begins to write these states in turn, `count` values, so many a second. The source time numbers them.
    pub async fn cycle(&mut self, line: &str, states: &[LineState], count: usize, hz: u32) {
        let values: Vec<i64> = states.iter().map(|state| state.number()).collect();
        let node = format!("{line}.StateCurrent");
        self.command(json!({ "do": "sequence", "node": node, "values": values, "count": count, "hz": hz })).await;
    }

    /// Waits until what was begun on a line's state is written.
    pub async fn cycled(&mut self, line: &str) {
        self.command(json!({ "do": "wait", "node": format!("{line}.StateCurrent") })).await;
    }

    /// Everything that was ever written to a node.
    pub async fn written(&mut self, node: &str) -> Vec<Written> {
        let answer = self.command(json!({ "do": "written", "node": node })).await;
        let written =
            |entry: &Value| Written { value: entry[0].clone(), at: entry[1].as_str().unwrap().parse().unwrap() };
        answer["values"].as_array().unwrap().iter().map(written).collect()
    }

    /// Reports a condition of Line1: active or not, and whether the server goes on showing it.
    pub async fn alarm(&mut self, name: &str, active: bool, retain: bool) {
        self.command(json!({ "do": "alarm", "name": name, "active": active, "retain": retain })).await;
    }

    /// A condition of Line1 is not shown any more, and nobody is told.
    pub async fn forget_alarm(&mut self, name: &str) {
        self.command(json!({ "do": "forget", "name": name })).await;
    }

    /// Kills the server: no goodbye to anybody.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    async fn command(&mut self, command: Value) -> Value {
        /// A sequence may be waited for.
        const ANSWERS_WITHIN: Duration = Duration::from_secs(90);
        let mut answer = String::new();
        let exchange = async {
            self.control.write_all(format!("{command}\n").as_bytes()).await.unwrap();
            self.control.read_line(&mut answer).await.unwrap();
        };
        tokio::time::timeout(ANSWERS_WITHIN, exchange).await.expect("asyncua answers");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["ok"], true, "{command}: {answer}");
        answer
    }
}
