//! Against a real broker.

use std::{
    collections::BTreeMap,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};

use model::clock::SystemClock;
use prost::Message;
use tokio::time::timeout;
use workflow::sync::{Body, Record};

use super::{
    super::payload::{Held, Metric, Payload},
    *,
};
use crate::{manifest::System as AnySystem, plant_file::SystemKind};

const MANIFEST: &str = r#"
version: test/1
system: { kind: mqtt }
streams:
  lots:
    read: { json: { topics: ["f/{line}/lots/{lot}"] } }
    key: r.topic.lot
    deletes: { soft_flag: r.payload == null }
    map: { kind: MATERIAL_LOT, attributes: { number: r.topic.lot, material: { from: r.payload.material, ref: key }, quantity: r.payload.quantity } }
  lines:
    read: { sparkplug: { group: G } }
    key: r.device
    map: { kind: LINE, attributes: { code: r.device, state: { from: "r.metrics['State']", enum: { Run: EXECUTE, Stop: STOPPED } } } }
"#;
const PATIENCE: Duration = Duration::from_secs(20);

/// A broker that keeps sessions, and ends with the test.
struct Broker {
    port: u16,
    child: Child,
}

impl Broker {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = crate::file::scratch();
        let config = folder.join("mosquitto.conf");
        std::fs::write(&config, format!("listener {port} 127.0.0.1\nallow_anonymous true\nmax_packet_size 2000000\n"))
            .unwrap();
        let program =
            ["/usr/sbin/mosquitto", "mosquitto"].into_iter().find(|it| *it == "mosquitto" || Path::new(it).exists());
        let child = Command::new(program.unwrap()).arg("-c").arg(config).stderr(Stdio::null()).spawn();
        Self { port, child: child.expect("tests/setup.sh installs mosquitto") }
    }

    fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What was stored. While `fails` it stores nothing.
#[derive(Clone, Default)]
struct Stored(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    records: Vec<Record>,
    cursors: BTreeMap<String, String>,
    doubt: Option<String>,
    heard: bool,
    fails: bool,
}

impl Sink for Stored {
    async fn cursor(&self, stream: &str) -> Result<Option<String>, Error> {
        Ok(self.0.lock().unwrap().cursors.get(stream).cloned())
    }

    async fn apply(&self, page: Page) -> Result<(), Error> {
        let mut state = self.0.lock().unwrap();
        if state.fails {
            return Err(Error::ErpBusy { url: String::new(), retry_after: None });
        }
        state.records.extend(page.records);
        page.cursor.map(|cursor| state.cursors.insert(page.stream, cursor));
        Ok(())
    }

    async fn heard(&self, doubt: Option<&str>) -> Result<(), Error> {
        let mut state = self.0.lock().unwrap();
        (state.heard, state.doubt) = (true, doubt.map(str::to_owned));
        Ok(())
    }
}

impl Stored {
    async fn until(&self, what: &str, holds: impl Fn(&State) -> bool) {
        let wait = async {
            while !holds(&self.0.lock().unwrap()) {
                sleep(Duration::from_millis(20)).await;
            }
        };
        let state = || {
            let state = self.0.lock().unwrap();
            format!("{what}: {:?} {:?}", state.records, state.doubt)
        };
        timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("{}", state()));
    }

    fn ids(&self) -> Vec<String> {
        self.0.lock().unwrap().records.iter().map(|record| record.external_id.clone()).collect()
    }
}

fn feed(broker: &Broker) -> Feed {
    let section = SystemSection {
        code: "mes".into(),
        name: "MES".into(),
        kind: SystemKind::Mes,
        manifest: Arc::new(Manifest::parse(MANIFEST, "test", Path::new("")).unwrap()),
        url: broker.url(),
        secrets: BTreeMap::new(),
        options: BTreeMap::new(),
        poll_interval: Duration::from_secs(1),
        overlap: Duration::from_secs(60),
        line_by_location: BTreeMap::new(),
        commands: true,
    };
    let AnySystem::Mqtt(system) = &section.manifest.system else { panic!() };
    Feed::new(system, &section, Arc::new(SystemClock)).unwrap()
}

/// Publishes, and waits until the broker has all of it.
async fn publish(broker: &Broker, messages: &[(&str, Vec<u8>)]) {
    let mut options = MqttOptions::new("machine", "127.0.0.1", broker.port);
    options.set_keep_alive(Duration::from_secs(5));
    let (client, mut events) = AsyncClient::new(options, 100);
    for (topic, payload) in messages {
        client.publish(*topic, QoS::AtLeastOnce, false, payload.clone()).await.unwrap();
    }
    let (mut missing, began) = (messages.len(), tokio::time::Instant::now());
    while missing > 0 {
        assert!(began.elapsed() < PATIENCE, "the broker does not take messages");
        match timeout(PATIENCE, events.poll()).await.unwrap() {
            Ok(Event::Incoming(Packet::PubAck(_))) => missing -= 1,
            Ok(_) => {}
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
}

#[tokio::test]
async fn messages_are_stored_once_they_come_and_come_again_when_they_were_not() {
    let broker = Broker::start();
    let (stored, cancel) = (Stored::default(), CancellationToken::new());
    let run = |stored: Stored, cancel: CancellationToken| {
        let feed = feed(&broker);
        async move { feed.run_into(&stored, cancel).await }
    };
    let script = async {
        stored.until("subscribed", |state| state.heard && state.doubt.is_none()).await;
        let bad = vec![
            ("f/L1/lots/A", br#"{"material":"M","quantity":"1.50"}"#.to_vec()),
            ("f/L1/lots/B", b"{\"a\":1,\"a\":1}".to_vec()),
            ("f/L1/other/C", b"{}".to_vec()),
            ("f/L1/lots/D", Vec::new()),
        ];
        publish(&broker, &bad).await;
        stored.until("three records", |state| state.records.len() == 3).await;
        cancel.cancel();
    };
    tokio::join!(run(stored.clone(), cancel.clone()), script);
    {
        let state = stored.0.lock().unwrap();
        assert!(matches!(state.records[0].body, Body::Says(_)) && matches!(state.records[2].body, Body::Deleted));
        assert!(
            matches!(state.records[1].body, Body::Unreadable { .. }) && state.records[1].external_id == "f/L1/lots/B"
        );
    }
    // While we are away the broker keeps what comes; while nothing can be stored, it keeps what it sent.
    publish(&broker, &[("f/L1/lots/E", br#"{"material":"M","quantity":1}"#.to_vec())]).await;
    stored.0.lock().unwrap().fails = true;
    let cancel = CancellationToken::new();
    let script = async {
        sleep(Duration::from_millis(500)).await;
        assert_eq!(stored.ids().len(), 3);
        stored.0.lock().unwrap().fails = false;
        stored.until("the fourth", |state| state.records.len() == 4).await;
        cancel.cancel();
    };
    tokio::join!(run(stored.clone(), cancel.clone()), script);
    let cancel = CancellationToken::new();
    let script = async {
        publish(&broker, &[("f/L1/lots/F", br#"{"material":"M","quantity":1}"#.to_vec())]).await;
        stored.until("the fifth", |state| state.records.len() >= 5).await;
        cancel.cancel();
    };
    tokio::join!(run(stored.clone(), cancel.clone()), script);
    assert_eq!(stored.ids()[3..], ["E", "F"], "what was acknowledged does not come again");
}

#[tokio::test]
async fn sparkplug_is_understood_from_birth_to_death() {
    let broker = Broker::start();
    let (stored, cancel) = (Stored::default(), CancellationToken::new());
    let payload = |seq: u64, name: Option<&str>, value: Option<&str>| {
        let metric = value.map(|value| Metric {
            name: name.map(str::to_owned),
            alias: Some(4),
            value: Some(Held::Text(value.to_owned())),
            ..Metric::default()
        });
        Payload { timestamp: Some(1_000), seq: Some(seq), metrics: metric.into_iter().collect() }.encode_to_vec()
    };
    let script = async {
        stored.until("subscribed", |state| state.heard && state.doubt.is_none()).await;
        publish(
            &broker,
            &[
                ("spBv1.0/G/NBIRTH/E", payload(0, None, None)),
                ("spBv1.0/G/DBIRTH/E/L1", payload(1, Some("State"), Some("Run"))),
                ("spBv1.0/G/DDATA/E/L1", payload(2, None, Some("Stop"))),
                ("spBv1.0/G/DCMD/E/L1", b"not for us".to_vec()),
                ("spBv1.0/X/DDATA/E/L1", b"not our group".to_vec()),
            ],
        )
        .await;
        stored.until("stopped", |state| state.records.iter().any(|record| is(record, "STOPPED"))).await;
        assert!(stored.0.lock().unwrap().doubt.is_none());
        publish(&broker, &[("spBv1.0/G/DDATA/E/L1", payload(9, None, Some("Run")))]).await;
        stored.until("a gap", |state| state.doubt.as_deref().is_some_and(|doubt| doubt.contains("missed"))).await;
        publish(&broker, &[("spBv1.0/G/NBIRTH/E", payload(0, None, None)), ("spBv1.0/G/NDATA/E", vec![0xFF; 40])])
            .await;
        stored.until("a birth", |state| state.doubt.is_none()).await;
        publish(&broker, &[("spBv1.0/G/NDEATH/E", payload(0, None, None))]).await;
        stored.until("a death", |state| state.doubt.as_deref().is_some_and(|doubt| doubt.contains("gone"))).await;
        cancel.cancel();
    };
    let feed = feed(&broker);
    tokio::join!(feed.run_into(&stored, cancel.clone()), script);
    let state = stored.0.lock().unwrap();
    assert!(state.records.iter().any(|record| matches!(record.body, Body::Unreadable { .. })), "the broken payload");
}

fn is(record: &Record, word: &str) -> bool {
    let Body::Says(statement) = &record.body else { return false };
    statement.attributes["state"].canonical == Ok(Some(word.to_owned()))
}

#[test]
fn addresses_are_read() {
    assert_eq!(address("mqtt://broker").unwrap(), ("broker".into(), 1883, false));
    assert_eq!(address("mqtts://broker:9883").unwrap(), ("broker".into(), 9883, true));
    for bad in ["http://broker", "broker", "mqtt://u:hunter2@broker"] {
        let error = address(bad).unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
