//! What is absent, proved over the manifests and the sources.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Crates that ship, with what each may know of the others.
const MAY_KNOW: [(&str, &[&str]); 7] = [
    ("model", &[]),
    ("workflow", &["model"]),
    ("resolvers", &["model", "workflow"]),
    ("connectors", &["model", "workflow"]),
    ("migrations", &[]),
    ("simulator", &[]),
    ("api", &["model", "workflow", "resolvers", "connectors", "migrations", "simulator"]),
];
/// What speaks GraphQL, HTTP or OPC UA.
const PROTOCOLS: [&str; 16] = [
    "async-graphql",
    "apollo-compiler",
    "apollo-parser",
    "axum",
    "hyper",
    "hyper-util",
    "reqwest",
    "tower",
    "tower-http",
    "tokio-tungstenite",
    "jsonwebtoken",
    "async-opcua",
    "async-opcua-client",
    "async-opcua-server",
    "opcua",
    "rustls",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn manifest(path: &Path) -> toml::Table {
    fs::read_to_string(path.join("Cargo.toml")).unwrap().parse().unwrap()
}

/// The dependencies of a crate that ship with it.
fn dependencies(krate: &str) -> Vec<String> {
    let manifest = manifest(&root().join(krate));
    ["dependencies", "build-dependencies"]
        .iter()
        .filter_map(|section| manifest.get(*section)?.as_table())
        .flat_map(|table| table.keys().cloned())
        .collect()
}

fn sources(dir: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            found.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}

/// Lines of the sources of these crates that hold one of the words, comments and the files of tests aside.
fn lines_with(crates: &[&str], words: &[&str]) -> Vec<String> {
    let mut files = BTreeMap::new();
    crates.iter().for_each(|krate| sources(&root().join(krate).join("src"), &mut files));
    let of_a_test = |name: &str| name.contains("/tests/") || name.ends_with("tests.rs");
    files
        .iter()
        .filter(|(name, _)| !of_a_test(name))
        .flat_map(|(name, text)| {
            let shipped = text.split("\n#[cfg(test)]").next().unwrap_or_default();
            shipped.lines().enumerate().map(move |(number, line)| (name, number + 1, line))
        })
        .filter(|(_, _, line)| !line.trim_start().starts_with("//"))
        .filter(|(_, _, line)| words.iter().any(|word| line.contains(word)))
        .map(|(name, number, line)| format!("{name}:{number}: {}", line.trim()))
        .collect()
}

const SHIPPED: [&str; 7] = ["model", "workflow", "resolvers", "connectors", "migrations", "simulator", "api"];

#[test]
fn the_workspace_is_what_the_folders_say() {
    let manifest = manifest(&root());
    let workspace = manifest["workspace"].as_table().unwrap();
    let members: Vec<_> =
        workspace["members"].as_array().unwrap().iter().map(|member| member.as_str().unwrap()).collect();
    for member in &members {
        let package = self::manifest(&root().join(member));
        assert_eq!(package["package"]["name"].as_str(), Some(*member), "a crate is called as its folder");
    }
    let mut known: Vec<_> = MAY_KNOW.iter().map(|(krate, _)| *krate).chain(["tests"]).collect();
    known.sort_unstable();
    assert_eq!(members, known, "a new crate says here what it may know");
    assert_eq!(workspace["default-members"].as_array().unwrap().len(), 1);
}

#[test]
fn crates_know_only_those_below_them() {
    for (krate, may_know) in MAY_KNOW {
        for dependency in dependencies(krate) {
            let ours = MAY_KNOW.iter().any(|(name, _)| *name == dependency) || dependency == "tests";
            assert!(!ours || may_know.contains(&dependency.as_str()), "{krate} must not know {dependency}");
        }
    }
}

#[test]
fn the_twin_and_the_workflow_know_no_protocol() {
    for krate in ["model", "workflow", "migrations"] {
        for dependency in dependencies(krate) {
            assert!(!PROTOCOLS.contains(&dependency.as_str()), "{krate} must not know {dependency}");
        }
    }
}

#[test]
fn sql_of_the_twin_is_written_in_the_model_and_the_migrations_and_nowhere_else() {
    for krate in ["workflow", "resolvers", "connectors", "simulator", "api"] {
        for dependency in dependencies(krate) {
            // Databases of other systems are read by a connector, which can not name a table of ours (decision 0005). The
            // simulated MES is such a system.
            let foreign = ["connectors", "simulator"].contains(&krate) && dependency == "sqlx";
            assert!(
                foreign || (!dependency.starts_with("sea-orm") && !dependency.starts_with("sqlx")),
                "{krate} knows {dependency}"
            );
        }
    }
    let mut found = lines_with(&["connectors"], &["sqlx::"]);
    found.retain(|line| !line.starts_with("connectors/src/sql"));
    assert!(found.is_empty(), "a database is opened outside connectors/src/sql: {found:#?}");
}

#[test]
fn no_graphql_in_connectors_and_no_machine_in_resolvers() {
    assert!(!dependencies("connectors").iter().any(|name| name.contains("graphql")));
    assert!(!dependencies("resolvers").iter().any(|name| name.contains("opcua") || name == "reqwest"));
}

#[test]
fn the_wall_clock_is_read_in_one_place() {
    let mut found = lines_with(
        &["model", "workflow", "resolvers", "connectors", "migrations", "api"],
        &["Utc::now(", "Local::now(", "SystemTime::now("],
    );
    found.retain(|line| !line.starts_with("model/src/clock.rs:"));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_channel_is_without_a_bound() {
    let found = lines_with(&SHIPPED, &["unbounded", "std::sync::mpsc::channel", "mpsc::channel()"]);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn what_is_spawned_is_tracked() {
    let found = lines_with(&SHIPPED, &["tokio::spawn(", "task::spawn(", "thread::spawn(", "process::exit("]);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn nothing_is_left_to_do_in_the_sources() {
    let found = lines_with(&SHIPPED, &["todo!(", "unimplemented!(", "dbg!(", "FIXME"]);
    assert!(found.is_empty(), "{found:#?}");
}
