//! throwaway
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]
use connectors::{
    opcua::{Engine, OpcUaConfig},
    plant_file::{Identity, PlantFile, Secret, SecretSource, Security},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::Write,
    sync::Arc,
    time::{Duration, Instant},
};
use workflow::{
    ingest::{Handle, Signal},
    plant::Installed,
};
fn env(k: &str, d: &str) -> String {
    std::env::var(k).unwrap_or(d.into())
}
#[tokio::main]
async fn main() {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(env("RUST_LOG", "connectors=info,opcua=off")))
        .with_writer(std::io::stderr)
        .init();
    let mut text = std::fs::read_to_string(env("FILE", "/work/main/patterns/plants/demo.toml")).unwrap();
    if let Ok(extra) = std::env::var("RATE") {
        text = text
            .replace("name = \"good\"", "name = \"good\"")
            .replace("p:ProdProcessedCount\"", "p:ProdProcessedCount\"")
            .replace(
                "node = \"p:Plant/p:Line1/p:Admin/p:ProdProcessedCount\"",
                &format!("node = {{ path = \"p:Plant/p:Line1/p:Admin/p:ProdProcessedCount\", queue = {extra} }}"),
            );
    }
    let mut file = PlantFile::parse(&text).unwrap();
    let o = file.opcua.as_mut().unwrap();
    o.url = env("URL", "opc.tcp://127.0.0.1:24402/UA/Plant");
    o.pki = env("PKI", "/tmp/pgopc/pki").into();
    o.security = if env("SEC", "b256") == "none" { Security::None } else { Security::Basic256Sha256 };
    o.identity = if env("ID", "user") == "anon" {
        Identity::Anonymous
    } else {
        Identity::User {
            name: "operator".into(),
            password: SecretSource::Given(Secret::new(env("PASS", "plant-pass"))),
        }
    };
    let lines: HashMap<String, model::LineId> = ["L1", "L2"]
        .iter()
        .zip(1u128..)
        .map(|(c, n)| (c.to_string(), model::LineId(uuid::Uuid::from_u128(n))))
        .collect();
    let l1 = lines["L1"];
    let config = OpcUaConfig::new(&file, &Installed { plant: model::PlantId::new(), lines, sources: HashMap::new() })
        .unwrap()
        .unwrap();
    let (handle, mut queue) = Handle::channel(16);
    let tracker = tokio_util::task::TaskTracker::new();
    let cancel = tokio_util::sync::CancellationToken::new();
    let cursor_file = env("CURSOR", "/tmp/pgopc/cursor");
    let seen_file = env("SEEN", "/tmp/pgopc/seen");
    let resume = std::fs::read_to_string(&cursor_file).ok();
    let t0 = Instant::now();
    let log = move |s: String| println!("{:>7} ms  {s}", t0.elapsed().as_millis());
    log(format!("resume {resume:?}"));
    let engine = Engine::spawn(config, handle, resume, Arc::new(model::clock::SystemClock), &tracker, cancel.clone());
    let delay: u64 = env("DELAY", "20").parse().unwrap();
    let fail: u64 = env("FAIL", "0").parse().unwrap();
    let verbose = env("V", "0") == "1";
    let consumer = tokio::spawn(async move {
        let mut out = std::fs::OpenOptions::new().create(true).append(true).open(&seen_file).unwrap();
        let (mut n, mut values, mut per): (u64, u64, BTreeMap<String, BTreeSet<u64>>) = Default::default();
        let mut last = BTreeMap::<String, u64>::new();
        let mut back = 0u64;
        let mut quiet = Instant::now();
        while let Some(q) = queue.recv().await {
            n += 1;
            if fail > 0 && n % fail == 0 {
                let _ = q.done.send(Err(workflow::Error::Missing { what: "line", id: uuid::Uuid::nil() }));
                log("refused a batch".into());
                continue;
            }
            for s in &q.batch.signals {
                match s {
                    Signal::Counter { line, name, value: Some(v), .. } if name == "good" => {
                        let k = if *line == l1 { "L1" } else { "L2" };
                        values += 1;
                        if quiet.elapsed() > Duration::from_millis(1500) {
                            log(format!("data after {} ms of silence", quiet.elapsed().as_millis()))
                        }
                        quiet = Instant::now();
                        per.entry(k.into()).or_default().insert(*v);
                        if last.get(k).is_some_and(|p| p > v) {
                            back += 1
                        }
                        last.insert(k.into(), *v);
                        writeln!(out, "{k} {v}").unwrap();
                    }
                    Signal::Counter { .. } | Signal::Parameter { .. } | Signal::ActiveOrder { .. } if !verbose => {}
                    Signal::LineState { state, raw, stamp, line } => log(format!(
                        "STATE {} {state:?} raw {raw} status {:08x} src {:?}",
                        if *line == l1 { "L1" } else { "L2" },
                        stamp.status,
                        stamp.source_time.map(|t| t.format("%H:%M:%S%.3f").to_string())
                    )),
                    other => log(format!("{other:?}")),
                }
            }
            if let Some(c) = &q.batch.cursor {
                std::fs::write(format!("{cursor_file}.tmp"), c).unwrap();
                std::fs::rename(format!("{cursor_file}.tmp"), &cursor_file).unwrap();
            }
            tokio::time::sleep(Duration::from_millis(delay)).await;
            let _ = q.done.send(Ok(()));
        }
        for (k, s) in &per {
            log(format!(
                "SUMMARY {k}: {} distinct of {}..{}, lost {}",
                s.len(),
                s.first().unwrap(),
                s.last().unwrap(),
                s.last().unwrap() - s.first().unwrap() + 1 - s.len() as u64
            ));
        }
        log(format!("SUMMARY batches {n} values {values} backwards {back}"));
    });
    let mut health = engine.health();
    let end = tokio::time::sleep(Duration::from_secs(env("SECONDS_", "20").parse().unwrap()));
    tokio::pin!(end);
    let mut before = String::new();
    loop {
        tokio::select! { _ = &mut end => break, _ = health.changed() => { let h = health.borrow_and_update().clone(); let s = format!("HEALTH connected {} live {} {:?} items {}/{} dead {:?} gaps {} republished {} outage {:?} problem {:?}", h.connected, h.live, h.session, h.live_items, h.expected_items, h.dead, h.gaps, h.republished, h.loss_free_outage, h.problem); if s != before { log(s.clone()); before = s; } } }
    }
    cancel.cancel();
    tracker.close();
    let w = Instant::now();
    tracker.wait().await;
    log(format!("engine ended in {} ms", w.elapsed().as_millis()));
    drop(engine);
    let _ = consumer.await;
    log(format!("HEALTH at end {:?}", health.borrow().problem));
}
