use std::time::Duration;

use model::Code;

use super::*;

const DEMO: &str = include_str!("../../../patterns/plants/demo.toml");

/// The demo file with one text replaced.
fn edited(from: &str, to: &str) -> Result<PlantFile, Error> {
    assert!(DEMO.contains(from), "the demo file has no {from:?}");
    PlantFile::parse(&DEMO.replacen(from, to, 1))
}

fn refusal(from: &str, to: &str) -> Error {
    edited(from, to).err().unwrap_or_else(|| panic!("{to:?} must be refused"))
}

#[test]
fn the_demo_file_is_valid() {
    let file = PlantFile::parse(DEMO).expect("valid");
    let definition = file.definition();
    definition.check().expect("a definition without contradictions");
    assert_eq!((definition.code.as_str(), definition.lines.len(), definition.sources.len()), ("HAMBURG", 2, 4));
    let line = &definition.lines[0];
    assert_eq!(line.downtime_threshold, Duration::from_secs(3));
    assert_eq!(line.acknowledge_within, Duration::from_secs(30));
    assert_eq!(line.verify_for, Duration::from_secs(5));
    assert_eq!(line.sources, ["OPCUA"]);
    assert_eq!(line.parameters.len(), 2);
    let opcua = file.opcua.expect("a section");
    assert_eq!((opcua.security, opcua.publishing_interval), (Security::Basic256Sha256, Duration::from_millis(100)));
    let erp = &file.systems[0];
    assert_eq!((erp.kind, erp.overlap), (SystemKind::Erp, Duration::from_secs(60)));
    assert_eq!(erp.manifest.system.word(), "odata");
}

#[test]
fn both_forms_of_a_node_mean_the_same() {
    let file = PlantFile::parse(DEMO).expect("valid");
    let pressure = &file.lines[0].parameters[1].node.path;
    let spelled = DEMO.replacen(
        r#"{ ns = "urn:plantgraph:simulator:plant", path = "Plant/Line1/Parameters/Pressure", sampling = "0ms", rate = 5 }"#,
        r#""p:Plant/p:Line1/p:Parameters/p:Pressure""#,
        1,
    );
    let other = PlantFile::parse(&spelled).expect("valid");
    assert_eq!(other.lines[0].parameters[1].node.path.segments(), pressure.segments());
}

#[test]
fn wrong_keys_are_named_with_what_to_write() {
    for (from, to, key, remedy) in [
        (r#"code = "HAMBURG""#, r#"code = "HAM BURG""#, "plant.code", "without blanks"),
        (r#"name = "Hamburg""#, r#"name = " ""#, "plant.name", "empty"),
        (r#"downtime_threshold = "3s""#, r#"downtime_threshold = "3""#, "line[0].downtime_threshold", "250ms"),
        (r#"downtime_threshold = "3s""#, "downtime_threshold = 3", "line[0].downtime_threshold", "250ms"),
        (r#"role = "good""#, r#"role = "fine""#, "line[0].counter[0].role", "`scrap`"),
        (r#"kind = "packtags""#, r#"kind = "tags""#, "line[0].state.kind", "`packml`"),
        ("low = 60", "low = 90", "line[0].parameter[0].low", "low < high"),
        ("low = 60", "low = nan", "line[0].parameter[0].low", "low < high"),
        (r#"name = "scrap""#, r#"name = "good""#, "line[0].counter[1].name", "of its own"),
        (r#"code = "L2""#, r#"code = "L1""#, "line[1].code", "of its own"),
        (r#"security = "basic256sha256""#, r#"security = "basic128""#, "opcua.security", "`basic256sha256`"),
        (r#"url = "opc.tcp://127.0.0.1:24840/""#, r#"url = "http://x""#, "opcua.url", "opc.tcp://host:port"),
        (r#"publishing_interval = "100ms""#, r#"publishing_interval = "1ms""#, "opcua.publishing_interval", "10ms"),
        (r#"url = "http://127.0.0.1:24841""#, r#"url = "127.0.0.1""#, "system[0].url", "http://"),
        (r#"kind = "erp""#, r#"kind = "crm""#, "system[0].kind", "`wms`"),
        (
            r#"manifest = "simulated-erp""#,
            r#"manifest = "tryton""#,
            "system[0].options",
            "the option database is missing",
        ),
        (r#"secrets = { password"#, r#"secrets = { code"#, "system[0].secrets", "knows no secret"),
        (
            r#"manifest = "simulated-erp""#,
            "manifest = \"simulated-erp\"\noptions = { x = \"y\" }",
            "system[0].options",
            "remove it",
        ),
        (r#"poll_interval = "2s""#, r#"poll_interval = "0s""#, "system[0].poll_interval", "5s"),
        ("L2 = \"L2\"", "L2 = \"L3\"", "system[0].line_by_location.L2", "[[line]]"),
        (r#"code = "ERP""#, r#"code = "OPCUA""#, "system[0].code", "of its own"),
        ("rate = 5", "rate = 0", "line[0].parameter[1].node.rate", "changes a second"),
    ] {
        let error = refusal(from, to);
        assert_eq!(error.code(), Code::PlantFileInvalid, "{to}");
        let text = error.to_string();
        assert!(text.contains(&format!("plant file: {key}:")), "{to}: {text}");
        assert!(text.contains(remedy), "{to}: {text}");
    }
}

#[test]
fn unknown_keys_are_refused_everywhere() {
    for (table, key) in [
        ("[plant]", "plant"),
        ("[[line]]", "line[0]"),
        ("[line.state]", "line[0].state"),
        ("[[line.counter]]", "line[0].counter[0]"),
        ("[line.order]", "line[0].order"),
        ("[opcua]", "opcua"),
        ("[[system]]", "system[0]"),
        ("[[tolerance]]", "tolerance[0]"),
    ] {
        let text = refusal(table, &format!("{table}\ncolour = \"red\"")).to_string();
        assert!(text.contains("unknown field `colour`") && text.contains(key), "{table}: {text}");
    }
    let text = refusal("rate = 5", "speed = 5").to_string();
    assert!(text.contains("unknown field `speed`"), "{text}");
}

#[test]
fn a_namespace_index_is_refused() {
    for to in [r#""2:Plant/2:Line1""#, r#"{ ns = "2", path = "Plant/Line1" }"#, r#""ns=2;s=Plant.Line1""#] {
        let error = refusal(r#""p:Plant/p:Line1/p:Status/p:StateCurrent""#, to);
        assert_eq!(error.code(), Code::BindingInvalid, "{to}");
        assert!(error.to_string().contains("line[0].state.node"), "{error}");
    }
    let error = refusal(r#"p = "urn:plantgraph:simulator:plant""#, r#"p = "2""#);
    assert_eq!(error.code(), Code::BindingInvalid);
}

#[test]
fn a_secret_in_the_file_is_refused_and_not_repeated() {
    for place in [r#"{ env = "PLANTGRAPH_ERP_PASSWORD" }"#, r#"{ env = "PLANTGRAPH_OPCUA_PASSWORD" }"#] {
        let text = refusal(place, r#""hunter2""#).to_string();
        assert!(text.contains(r#"{ env = "NAME" }"#), "{text}");
    }
    assert!(edited(r#"{ env = "PLANTGRAPH_ERP_PASSWORD" }"#, "{ }").is_err());
    assert!(edited(r#"{ env = "PLANTGRAPH_ERP_PASSWORD" }"#, r#"{ env = "A", file = "b" }"#).is_err());
}

#[test]
fn bindings_and_server_need_each_other() {
    let without_server = &DEMO[..DEMO.find("[opcua]").expect("a section")];
    let text = PlantFile::parse(without_server).expect_err("nodes without a server").to_string();
    assert!(text.contains("[opcua]"), "{text}");
    let plant = &DEMO[..DEMO.find("[[line]]").expect("a line")];
    let line = "[[line]]\ncode = \"L1\"\nname = \"Line 1\"\narea = { code = \"A\", name = \"A\" }\n";
    let server = &DEMO[DEMO.find("[opcua]").expect("a section")..DEMO.find("[[system]]").expect("a section")];
    let text = PlantFile::parse(&format!("{plant}{line}{server}")).expect_err("a server without nodes").to_string();
    assert!(text.contains("no line binds a node"), "{text}");
    PlantFile::parse(&format!("{plant}{line}")).expect("a plant without systems is valid");
    assert!(PlantFile::parse(plant).expect_err("no line").to_string().contains("[[line]]"));
}

#[test]
fn what_is_no_toml_is_refused_with_its_place() {
    let text = PlantFile::parse("[plant\ncode = 1").expect_err("no TOML").to_string();
    assert!(text.contains("line 1"), "{text}");
}

#[test]
fn a_missing_file_is_named() {
    let error = PlantFile::load(Path::new("no/such/plant.toml")).expect_err("missing");
    assert!(error.to_string().contains("no/such/plant.toml"), "{error}");
}

#[test]
fn paths_are_seen_from_the_file() {
    let at = Context { file: "plants/x.toml".to_owned(), folder: PathBuf::from("plants") };
    let file = PlantFile::read(&DEMO.replacen(r#"{ env = "PLANTGRAPH_ERP_PASSWORD" }"#, r#"{ file = "key" }"#, 1), &at);
    let file = file.expect("valid");
    assert_eq!(file.opcua.expect("a section").pki, Path::new("plants/pki"));
    let secret = &file.systems[0].secrets["password"];
    assert!(matches!(secret, SecretSource::File(path) if path == Path::new("plants/key")));
}

#[test]
fn secrets_are_read_and_never_shown() {
    let given = SecretSource::Given(Secret::new("hunter2"));
    assert_eq!(given.read().expect("given").expose(), "hunter2");
    assert!(!format!("{given:?}").contains("hunter2"));
    let missing = SecretSource::Env("PLANTGRAPH_NO_SUCH_VARIABLE".to_owned()).read().expect_err("missing");
    assert_eq!(missing.code(), Code::SecretMissing);
    assert!(missing.to_string().contains("PLANTGRAPH_NO_SUCH_VARIABLE"));
}
