use std::path::Path;

use model::Code;
use serde_json::json;

use super::*;
use crate::{mapping::example, plant_file::SystemSection};

const GOOD: &str = "\
version: t/1
system:
  kind: http-json
  auth: {bearer: \"${secret.key}\"}
options:
  site: {about: the site, default: A}
secrets:
  key: the key
streams:
  lots:
    read:
      get: /lots/${option.site}
      query: {since: \"${since}\", after: \"${after}\"}
      rows: body.items
      page: {id_keyset: {}}
    key: r.id
    time: r.updated
    incremental: {}
    deletes: {key_sweep: {every: 24h, max_ratio: 0.02}}
    map:
      kind: MATERIAL_LOT
      attributes:
        number: r.number
        material: {from: r.material, ref: key}
        quantity: {from: r.qty, as: decimal}
        disposition: {from: r.status, enum: {OK: UNRESTRICTED, BAD: RESTRICTED}}
";

fn parse(text: &str) -> Result<Manifest, Error> {
    Manifest::parse(text, "t.yaml", Path::new(""))
}

fn refusal(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from} is not in the manifest");
    let error = parse(&GOOD.replacen(from, to, 1)).expect_err(to);
    assert_eq!(error.code(), Code::ManifestInvalid, "{error}");
    error.to_string()
}

#[test]
fn a_good_manifest_is_read() {
    let manifest = parse(GOOD).unwrap();
    assert_eq!(manifest.streams.keys().collect::<Vec<_>>(), ["lots"]);
    let lots = &manifest.streams["lots"].common;
    assert_eq!(lots.model, "lots");
    assert_eq!(lots.deletes.key_sweep.as_ref().unwrap().every.as_secs(), 86_400);
}

#[test]
fn an_error_names_file_line_key_and_expectation() {
    for (from, to, place, text) in [
        ("kind: http-json", "kind: carrier-pigeon", "t.yaml:3: system.kind", "http-json"),
        ("rows: body.items", "rows: body.items\n      colour: red", "t.yaml:15: streams.lots.read", "`colour`"),
        ("key: r.id\n", "key: r.id\n    colour: red\n", "t.yaml:17: streams.lots", "`colour`"),
        ("    key: r.id\n", "", "t.yaml:", "`key`"),
        ("key: r.id\n", "key: r.\n", "t.yaml:16: streams.lots.key", "no CEL expression"),
        ("key: r.id\n", "key: row.id\n", "t.yaml:16: streams.lots.key", "these names are known here: r"),
        (
            "after: \"${after}\"",
            "after: \"${secret.key}\"",
            "t.yaml:13: streams.lots.read.query.after",
            "a secret may not",
        ),
        ("since: \"${since}\"", "since: \"${since\"", "t.yaml:13: streams.lots.read.query.since", "} is missing"),
        ("rows: body.items", "rows: body.items[0]", "t.yaml:14: streams.lots.read.rows", "body.data.items"),
        ("get: /lots", "post: /lots\n      get: /lots", "t.yaml:11: streams.lots.read", "either get: or post:"),
        ("quantity:", "quantities:", "t.yaml:25: streams.lots.map.attributes.quantities", "quantity, unit"),
        ("as: decimal", "as: rfc3339", "t.yaml:25: streams.lots.map.attributes.quantity.as", "does not fit"),
        ("as: decimal", "as: decimel", "t.yaml:25: streams.lots.map.attributes.quantity.as", "strip_zeros, decimal"),
        (", ref: key", "", "t.yaml:24: streams.lots.map.attributes.material", "ref: id or ref: key"),
        ("OK: UNRESTRICTED", "OK: FINE", "t.yaml:26: streams.lots.map.attributes.disposition", "UNRESTRICTED"),
        (", enum: {OK: UNRESTRICTED, BAD: RESTRICTED}", "", "t.yaml:26:", "add enum:, crosswalk: or flags:"),
        ("        number: r.number\n", "", "t.yaml:22: streams.lots.map.attributes", "number is missing"),
        ("kind: MATERIAL_LOT", "kind: PLANT", "t.yaml:21: streams.lots.map.kind", "MATERIAL_LOT"),
        ("max_ratio: 0.02", "max_ratio: 2", "t.yaml:19: streams.lots.deletes.key_sweep.max_ratio", "at most 1"),
        ("every: 24h", "every: 24", "t.yaml:19: streams.lots.deletes.key_sweep.every", "250ms"),
        (
            "key_sweep: {every: 24h, max_ratio: 0.02}",
            "tombstones: graves",
            "t.yaml:19: streams.lots.deletes.tombstones",
            "graves",
        ),
        ("    time: r.updated\n", "", "t.yaml:17: streams.lots.incremental", "time: r.updated_at"),
        ("bearer: \"${secret.key}\"", "bearer: \"${body.key}\"", "t.yaml:4: system.auth.bearer", "secret, option"),
        ("/${option.site}", "/${option.sight}", "t.yaml:12:", "option.sight is not declared"),
        ("${secret.key}", "${secret.token}", "t.yaml:4:", "add token to secrets"),
        (
            "streams:",
            "actions: {EAT_LOT: {steps: [], closure: {reads: [], all: []}}}\nstreams:",
            "t.yaml:9: actions.EAT_LOT",
            "BLOCK_LOT",
        ),
        ("number: r.number", "number: r.number\n        number: r.other", "t.yaml:24:", "duplicate"),
    ] {
        let error = refusal(from, to);
        assert!(error.starts_with(place), "{to}: {error}");
        assert!(error.contains(text), "{to}: {error}");
    }
}

#[test]
fn what_is_no_yaml_is_refused_with_its_line() {
    let error = parse("version: t/1\nsystem: [").unwrap_err().to_string();
    assert!(error.starts_with("t.yaml:"), "{error}");
    assert!(parse("").is_err());
    assert!(parse(&"a".repeat((1 << 20) + 1)).unwrap_err().to_string().contains("bytes"));
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n\
                d: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d]\nsystem: {kind: *e}";
    assert!(parse(bomb).is_err());
}

#[test]
fn a_file_that_is_not_there_is_named_and_so_are_the_built_in_ones() {
    let missing = Manifest::load("no/such.yaml", Path::new("plants")).unwrap_err().to_string();
    assert!(missing.contains("plants/no/such.yaml"), "{missing}");
    let unknown = Manifest::load("plain-htp", Path::new("")).unwrap_err().to_string();
    assert!(unknown.contains("plain-http, "), "{unknown}");
}

/// A section with something for every option and secret.
fn section(name: &str, manifest: &Manifest) -> SystemSection {
    let url = match manifest.system.word() {
        "http-json" | "odata" | "tryton" => "http://127.0.0.1:9/",
        "sql" => "sqlite:mes.db",
        "mqtt" => "mqtt://127.0.0.1:9",
        _ => "folder",
    };
    let filled = |names: Vec<&String>, value: &str| {
        names.into_iter().map(|name| format!("{name} = {value}")).collect::<Vec<_>>().join(", ")
    };
    let options = manifest.options.iter().filter(|(_, option)| option.default.is_none()).map(|(name, _)| name);
    let options = filled(options.collect(), "\"UTC\"");
    let secrets = filled(manifest.secrets.keys().collect(), "{ env = 'PATH' }");
    SystemSection::for_test(&format!(
        "code = 'S'\nname = 'S'\nkind = 'erp'\nmanifest = '{name}'\nurl = '{url}'\noptions = {{ {options} }}\n\
         secrets = {{ {secrets} }}"
    ))
}

#[test]
fn the_built_in_manifests_are_sound_and_their_examples_hold() {
    for name in built_in() {
        let manifest = Manifest::load(name, Path::new("")).unwrap_or_else(|error| panic!("{name}: {error}"));
        manifest.check_crosswalks().unwrap();
        assert!(manifest.about.is_some(), "{name} does not say against what it was tested");
        let deviations = example::run(&section(name, &manifest)).unwrap();
        assert_eq!(deviations, [], "{name}");
    }
}

/// What the guide shows is what the program reads.
#[test]
fn the_example_of_the_guide_is_sound() {
    let guide = include_str!("../../../docs/guides/connect-a-system.md");
    let blocks: Vec<_> = guide.split("```yaml\n").skip(1).filter_map(|block| block.split("```").next()).collect();
    let text = blocks.iter().find(|block| block.contains("version: acme-mes/1")).expect("the example");
    let folder = std::env::temp_dir().join(format!("plantgraph-guide-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let crosswalk = guide.split("```toml\n").find(|block| block.contains("acme-order/1")).expect("the crosswalk");
    std::fs::write(folder.join("acme-order.toml"), crosswalk.split("```").next().unwrap()).unwrap();
    std::fs::write(folder.join("acme-mes.yaml"), text).unwrap();
    let manifest = Manifest::load("acme-mes.yaml", &folder).unwrap();
    manifest.check_crosswalks().unwrap();
    let section = SystemSection::for_test(
        "code = 'MES'\nname = 'MES'\nkind = 'mes'\nmanifest = 'plain-http'\nurl = 'http://127.0.0.1:9/'\n\
         secrets = { key = { env = 'PATH' } }",
    );
    let section = SystemSection { manifest: std::sync::Arc::new(manifest), ..section };
    let mut options = BTreeMap::new();
    options.insert("site".to_owned(), "HAM".to_owned());
    options.insert("time_zone".to_owned(), "Europe/Berlin".to_owned());
    let section = SystemSection { options, ..section };
    assert_eq!(example::run(&section).unwrap(), []);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn an_example_that_does_not_hold_is_told() {
    let text = GOOD.to_owned()
        + "\x20   examples:
      - row: {id: 1, number: L-1, material: M, qty: 5, status: OK, updated: 2026-11-22T10:00:00Z}
        expect: {key: '1', attributes: {disposition: RESTRICTED}}
      - row: {id: 1, number: L-1, material: M, qty: five, status: ODD, updated: null}
        expect: {attributes: {quantity: {wrong: true}, disposition: {unmapped: ODD}, number: L-1, material: 'key:M'}}
";
    let section = section("plain-http", &Manifest::load("plain-http", Path::new("")).unwrap()).with_manifest(&text);
    let deviations = example::run(&section).unwrap();
    assert_eq!(deviations.len(), 1);
    assert_eq!(deviations[0].what, "attributes.disposition: \"UNRESTRICTED\" came out, \"RESTRICTED\" is expected");
}

#[test]
fn the_schema_for_editors_is_current() {
    let mut generator = schemars::SchemaGenerator::default();
    let kinds: Vec<_> = kind::schemas(&mut generator)
        .into_iter()
        .map(|(word, schema)| {
            json!({
                "if": { "properties": { "system": { "properties": { "kind": { "const": word } } } } },
                "then": schema,
            })
        })
        .collect();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Manifest of a system",
        "type": "object",
        "required": ["version", "system"],
        "properties": {
            "system": { "required": ["kind"], "properties": { "kind": { "enum": kind::WORDS } } },
        },
        "allOf": kinds,
        "$defs": generator.definitions(),
    });
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../patterns/systems/manifest.schema.json");
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    if std::env::var_os("PLANTGRAPH_WRITE_SCHEMA").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "run the tests of connectors with PLANTGRAPH_WRITE_SCHEMA=1 to write {}", path.display());
}
