//! The demo does what it prints and what the README says.

use std::time::Duration;

use serde_json::json;
use tests::{
    graph::Caller,
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
const OPEN_CASES: &str = "{ cases(filter: { openOnly: true }) { nodes { id state line { code } } } }";

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
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_sees_a_case_open_decides_it_and_watches_it_close() {
    let folder = Scratch::new("demo");
    let dir = folder.path().join("demo");
    let arguments = ["demo", "--port", "0", "--speed", "4", "--dir", dir.to_str().unwrap()];
    let mut demo = Guarded::start(program().to_str().unwrap(), &arguments, |command| {
        command.current_dir(folder.path()).stderr(std::fs::File::create(folder.path().join("log")).unwrap());
    })
    .await;
    let printed = tokio::time::timeout(PATIENCE, Printed::read(&mut demo)).await.expect("the demo starts");
    let martin = Caller::new(printed.address, printed.token("Martin Meier"));
    let olga = Caller::new(printed.address, printed.token("Olga Ohm"));
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

    demo.signal(Signal::Interrupt).await;
    let rest = tokio::time::timeout(ENDS_WITHIN, demo.rest()).await.expect("the demo ends");
    assert_eq!(demo.ended(ENDS_WITHIN).await, 0, "{rest}");
    assert!(rest.contains("the demo has ended"), "{rest}");
    assert!(std::net::TcpStream::connect(printed.address).is_err(), "nothing serves any more");
}
