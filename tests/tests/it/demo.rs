//! The demo does what it prints and what the README says.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{
    graph::{Caller, answer, http_client},
    guarded::{Guarded, Signal},
    scratch::Scratch,
    service::program,
    socket::{Follower, Watch},
    until::{PATIENCE, until},
};

/// The story begins at once on a busy machine, too; a user waits a minute at most.
const STORY_WITHIN: Duration = Duration::from_secs(60);
const ENDS_WITHIN: Duration = Duration::from_secs(25);
const ALERTS: &str = "subscription ($after: String) { alerts(kinds: [HOLD, DOWNTIME], after: $after) {
    cursor event case { id line { code } } } }";
const OPEN_CASES: &str =
    "{ cases(filter: { openOnly: true, classes: [DOWNTIME] }) { nodes { id state line { code } } } }";
const README: &str = include_str!("../../../README.md");

/// What the demo has printed.
struct Printed {
    address: std::net::SocketAddr,
    text: String,
}

impl Printed {
    /// Reads to the line that ends the welcome.
    async fn read(demo: &mut Guarded) -> Self {
        let mut text = String::new();
        while !text.contains("Ctrl-C ends everything") {
            let line = demo.line().await.unwrap_or_else(|| panic!("the demo ended at once: {text}"));
            text.push_str(&line);
            text.push('\n');
        }
        let address = text.split_once("http://").unwrap().1.split('/').next().unwrap().parse().unwrap();
        Self { address, text }
    }

    /// The token under a person's name.
    fn token(&self, name: &str) -> &str {
        let below = self.text.split_once(&format!("{name} (")).unwrap_or_else(|| panic!("no token of {name}")).1;
        below.lines().nth(1).unwrap()
    }

    /// What there is to paste: from these words to the next empty line.
    fn to_paste(&self, begin: &str) -> &str {
        let from = self.text.find(begin).unwrap_or_else(|| panic!("nothing begins with {begin}"));
        self.text[from..].split("\n\n").next().unwrap()
    }
}

/// The demo, which runs in a folder of its own.
struct Demo {
    process: Guarded,
    printed: Printed,
    _folder: Scratch,
}

impl Demo {
    async fn start() -> Self {
        let folder = Scratch::new("demo");
        let dir = folder.path().join("demo");
        let arguments = ["demo", "--port", "0", "--speed", "4", "--dir", dir.to_str().unwrap()];
        let mut process = Guarded::start(program().to_str().unwrap(), &arguments, |command| {
            command.current_dir(folder.path()).stderr(std::fs::File::create(folder.path().join("log")).unwrap());
        })
        .await;
        let printed = tokio::time::timeout(PATIENCE, Printed::read(&mut process)).await.expect("the demo starts");
        Self { process, printed, _folder: folder }
    }

    fn caller(&self, name: &str) -> Caller {
        Caller::new(self.printed.address, self.printed.token(name))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_sees_a_case_open_decides_it_and_watches_it_close() {
    let mut demo = Demo::start().await;
    let printed = &demo.printed;
    let (martin, olga) = (demo.caller("Martin Meier"), demo.caller("Olga Ohm"));
    for (person, role) in [
        ("Olga Ohm", "OPERATOR"),
        ("Quentin Quast", "QUALITY_MANAGER"),
        ("Paula Peters", "PLANT_MANAGER"),
        ("Anna Adler", "PORTFOLIO_ANALYST"),
    ] {
        let caller = Caller::new(printed.address, printed.token(person));
        let viewer = caller.ask("{ viewer { name roles { role plant { code } } } }", json!({})).await["viewer"].take();
        assert_eq!(viewer["name"], person);
        assert_eq!(viewer["roles"], json!([{ "role": role, "plant": { "code": "HAMBURG" } }]));
    }
    let phone = Follower::start(
        printed.address,
        printed.token("Paula Peters"),
        Watch { query: ALERTS.to_owned(), variables: json!({}), after: None },
    );

    let id = until("a line stops and a case opens", STORY_WITHIN, async || {
        let cases = martin.ask(OPEN_CASES, json!({})).await["cases"]["nodes"].take();
        cases[0]["id"].as_str().map(str::to_owned).ok_or(cases)
    })
    .await;
    martin.acknowledges(&id).await;
    martin.decides(&id, "RESTART").await;
    assert_eq!(martin.does_tasks(&id).await, 3, "what stopped it, and the two checks");
    let closed = martin.case_in(&id, "CLOSED").await;
    assert_eq!(closed["decision"], "RESTART");
    phone
        .wait_for("the phone hears that it is closed", |alert| {
            alert["event"] == "CASE_CLOSED" && alert["case"]["id"] == *id
        })
        .await;
    let plant = "{ plant(code: \"HAMBURG\") { orders(first: 1) { totalCount } lots(first: 1) { totalCount } lines { activeOrder { number } goodCount } } }";
    let plant = olga.ask(plant, json!({})).await["plant"].take();
    assert!(
        plant["orders"]["totalCount"].as_i64() > Some(0) && plant["lots"]["totalCount"].as_i64() > Some(0),
        "{plant}"
    );
    assert!(plant["lines"].as_array().unwrap().iter().any(|line| line["goodCount"].as_i64() > Some(0)), "{plant}");

    demo.process.signal(Signal::Interrupt).await;
    let rest = tokio::time::timeout(ENDS_WITHIN, demo.process.rest()).await.expect("the demo ends");
    assert_eq!(demo.process.ended(ENDS_WITHIN).await, 0, "{rest}");
    assert!(rest.contains("the demo has ended"), "{rest}");
    assert!(std::net::TcpStream::connect(demo.printed.address).is_err(), "nothing serves any more");
}

/// What the systems say of the lot's disposition, in the twin's words, by their codes.
fn claimed(lot: &Value) -> Value {
    let claims = lot["reconciliation"][0]["claims"].as_array().cloned().unwrap_or_default();
    claims
        .iter()
        .map(|claim| (claim["source"]["code"].as_str().unwrap().to_owned(), claim["canonical"].clone()))
        .collect()
}

/// Waits until the lot has this verdict, and more.
async fn verdict(quentin: &Caller, query: &str, verdict: &str, holds: fn(&Value) -> bool) -> Value {
    until(verdict, STORY_WITHIN, async || {
        let seen = quentin.ask(query, json!({})).await;
        let is_so = seen["lot"]["reconciliation"][0]["verdict"] == verdict && holds(&seen);
        if is_so { Ok(seen) } else { Err(seen) }
    })
    .await
}

/// What the ERP itself says, asked as the demo prints it.
async fn erp_itself(printed: &Printed) -> Value {
    let url = printed.to_paste("curl -u PLANTGRAPH:erp-pass").split('"').nth(1).unwrap().to_owned();
    let request =
        http_client().get(url).basic_auth("PLANTGRAPH", Some("erp-pass")).header("Accept", "application/json");
    let (status, mut body) = answer(request).await;
    assert!(status.is_success(), "{status} {body}");
    body["d"]["MatlBatchIsInRstrcdUseStock"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lot_that_the_wms_blocks_and_the_erp_releases_is_blocked_in_the_erp_by_a_decision() {
    let demo = Demo::start().await;
    let printed = &demo.printed;
    let query = printed.to_paste("{ lot(plant: \"HAMBURG\", number: \"L-4711\")");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(README).contains(&words(query)), "the README has another query than the demo");
    let quentin = demo.caller("Quentin Quast");

    let pending = verdict(&quentin, query, "PENDING", |seen| {
        claimed(&seen["lot"]).as_object().is_some_and(|claims| claims.len() == 3)
    })
    .await;
    let lot = &pending["lot"];
    assert_eq!(
        claimed(lot),
        json!({ "ERP": "UNRESTRICTED", "MES": "UNRESTRICTED", "WMS": "RESTRICTED" }),
        "{pending:#}"
    );
    assert_eq!(lot["disposition"], "RESTRICTED", "the careful one counts at once");
    let difference = &lot["reconciliation"][0];
    assert!(difference["case"].is_null() && difference["deadline"].is_string(), "{difference:#}");

    let conflict =
        verdict(&quentin, query, "CONFLICT", |seen| !seen["lot"]["reconciliation"][0]["case"].is_null()).await;
    let difference = &conflict["lot"]["reconciliation"][0];
    for claim in difference["claims"].as_array().unwrap() {
        assert!(claim["sourceTime"].is_string() && claim["receivedTime"].is_string(), "{claim:#}");
        assert!(claim["valueSet"].as_array().is_some_and(|values| !values.is_empty()), "{claim:#}");
    }
    assert!(difference["rule"].as_str().unwrap().ends_with("MATERIAL_LOT.disposition"), "{difference:#}");
    let case = &difference["case"];
    assert_eq!(case["owner"]["role"], "QUALITY_MANAGER");
    assert_eq!(erp_itself(printed).await, false, "nobody told the ERP yet");

    let erp = difference["claims"].as_array().unwrap().iter().find(|claim| claim["source"]["code"] == "ERP").unwrap();
    let decide = printed
        .to_paste("mutation { decide(input: { case: \"ID\", expectedRevision: 2, option: CORRECT_SOURCE")
        .replace("\"ID\"", &case["id"].to_string())
        .replace("\"ERP-ID\"", &erp["source"]["id"].to_string())
        .replace("expectedRevision: 2", &format!("expectedRevision: {}", case["revision"]));
    let decided = quentin.ask(&decide, json!({})).await;
    assert_eq!(decided["decide"]["outcome"]["__typename"], "Done", "{decided:#}");
    assert_eq!(decided["decide"]["case"]["commands"][0]["action"], "BLOCK_LOT", "{decided:#}");

    until("the ERP itself answers that the lot is blocked", PATIENCE, async || {
        let blocked = erp_itself(printed).await;
        if blocked == true { Ok(()) } else { Err(blocked) }
    })
    .await;
    let of_this =
        |seen: &Value| seen["cases"]["nodes"].as_array().unwrap().iter().any(|case| case["state"] == "CLOSED");
    let agreed = verdict(&quentin, query, "AGREED", of_this).await;
    assert_eq!(
        claimed(&agreed["lot"]),
        json!({ "ERP": "RESTRICTED", "MES": "RESTRICTED", "WMS": "RESTRICTED" }),
        "{agreed:#}"
    );
    let closed = &agreed["cases"]["nodes"][0];
    assert_eq!(closed["decision"], "CORRECT_SOURCE", "{agreed:#}");
    assert_eq!(closed["commands"][0]["state"], "VERIFIED", "{agreed:#}");
}
