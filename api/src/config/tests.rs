//! What an operator may get wrong, and what the message says then.

use std::{fs, path::PathBuf};

use super::*;

/// A file in the temporary folder, removed at the end.
struct TempFile(PathBuf);

impl TempFile {
    fn new(content: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plantgraph-config-{}.toml", uuid::Uuid::new_v4()));
        fs::write(&path, content).unwrap();
        Self(path)
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}

fn read(file: &str, environment: &[(&str, &str)]) -> (Result<Loaded, Error>, String) {
    let file = TempFile::new(file);
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let loaded = Loaded::read(&Sources { file: Some(file.0.clone()), environment });
    (loaded, file.0.display().to_string())
}

/// The message for a wrong configuration, with the name of the file replaced.
fn refused(file: &str, environment: &[(&str, &str)]) -> String {
    let (loaded, path) = read(file, environment);
    loaded.expect_err("must be refused").to_string().replace(&path, "FILE")
}

fn assert_says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{part:?} is missing in: {message}");
    }
}

#[test]
fn the_default_file_is_valid_and_holds_the_published_limits() {
    let config = Loaded::read(&Sources::default()).unwrap().config;
    let graphql = &config.graphql;
    assert_eq!((graphql.query_bytes_max, graphql.tokens_max, graphql.depth_max), (15 * 1024, 1_500, 12));
    assert_eq!((graphql.aliases_max, graphql.root_fields_max, graphql.fragments_max), (30, 20, 50));
    assert_eq!((graphql.expanded_nodes_max, graphql.body_bytes_max), (5_000, 256 * 1024));
    assert_eq!((config.ingest.flush_interval, config.ingest.changes_max), (HumanDuration::from_millis(100), 1_000));
    assert_eq!(config.journal.retention, HumanDuration::from_secs(7 * 86_400));
    assert_eq!(config.journal.poll_interval, HumanDuration::from_millis(250));
    assert!(!config.auth.development.enabled && config.auth.issuers.is_empty());
}

/// The lines of the default file from `start` to `end`, without the mark of a comment.
fn uncommented(start: &str, end: &str) -> String {
    let block = DEFAULT_FILE.split_once(start).unwrap().1.split(end).next().unwrap();
    block.lines().map(|line| format!("{}\n", line.trim_start_matches("# "))).collect()
}

#[test]
fn every_commented_key_of_the_default_file_exists() {
    let issuer = uncommented("# [[auth.issuers]]\n", "issuers = []").replace("jwks_file", "# jwks_file");
    let password = uncommented("NAME. The schema is created by `plantgraph migrate`.\n", "# Connections:");
    let password = password.replace("sqlite://.plantgraph/twin.db?mode=rwc", "postgres://twin@localhost/twin");
    let metrics = uncommented("[metrics]\n", "\0").replace("Prometheus text", "# Prometheus text");
    let file = format!("[database]\n{password}[metrics]\n{metrics}[[auth.issuers]]\n{issuer}");
    let config = read(&file, &[]).0.unwrap().config;
    assert_eq!(config.auth.issuers[0].algorithms, [Algorithm::RS256]);
    assert_eq!(config.auth.issuers[0].token_type, TokenType::AccessToken);
    assert!(config.metrics.bind.is_some() && config.database.password_file.is_some());
}

#[test]
fn the_file_overrides_the_default_and_the_environment_overrides_both() {
    let file = "[server]\nconnections_max = 10\nheader_timeout = \"3s\"\n[auth.development]\nenabled = true\n";
    let environment = [
        ("PLANTGRAPH_SERVER__CONNECTIONS_MAX", "11"),
        ("PLANTGRAPH_SERVER__ALLOWED_ORIGINS", r#"["https://board.example.com"]"#),
        ("PLANTGRAPH_DATABASE__PASSWORD_FILE", "12345"),
        ("PLANTGRAPH_DATABASE__URL", "postgres://plantgraph@localhost/twin"),
        ("PLANTGRAPH_CONFIG", "elsewhere.toml"),
        ("PLANTGRAPH_TEST_POSTGRES", "ignored"),
        ("HOME", "/root"),
    ];
    let (loaded, path) = read(file, &environment);
    let loaded = loaded.unwrap();
    let config = &loaded.config;
    assert_eq!((config.server.connections_max, config.server.header_timeout), (11, HumanDuration::from_secs(3)));
    assert_eq!(config.server.allowed_origins, ["https://board.example.com"]);
    assert_eq!(config.database.password_file, Some(PathBuf::from("12345")), "text of digits stays text");
    assert!(config.auth.development.enabled);
    assert_eq!(config.server.bind.port(), 8080);
    let origins: Vec<_> =
        loaded.overrides().map(|(key, origin)| format!("{key} = {origin}").replace(&path, "FILE")).collect();
    assert_eq!(
        origins,
        [
            "auth.development.enabled = FILE:5",
            "database.password_file = environment variable PLANTGRAPH_DATABASE__PASSWORD_FILE",
            "database.url = environment variable PLANTGRAPH_DATABASE__URL",
            "server.allowed_origins = environment variable PLANTGRAPH_SERVER__ALLOWED_ORIGINS",
            "server.connections_max = environment variable PLANTGRAPH_SERVER__CONNECTIONS_MAX",
            "server.header_timeout = FILE:3",
        ]
    );
}

#[test]
fn unknown_keys_are_refused_with_the_known_ones() {
    let message = refused("[server]\n\nbnd = \"127.0.0.1:1\"\n", &[]);
    assert_says(&message, &["server.bnd (FILE:3)", "unknown key", "write one of: bind, public_url"]);
    let message = refused("[sever]\nbind = \"127.0.0.1:1\"\n", &[]);
    assert_says(&message, &["sever (FILE:1)", "unknown key", "server, database, journal"]);
    let message = refused("", &[("PLANTGRAPH_GRAPHQL__DEPTH", "3")]);
    assert_says(&message, &["graphql.depth (environment variable PLANTGRAPH_GRAPHQL__DEPTH)", "depth_max"]);
    let message = refused("[[auth.issuers]]\nisuer = \"x\"\n", &[]);
    assert_says(&message, &["auth.issuers.0.isuer (FILE:2)", "issuer, audience, jwks_url"]);
    let message = refused("", &[("PLANTGRAPH_SERVER_BIND", "127.0.0.1:1")]);
    assert_says(&message, &["PLANTGRAPH_SERVER_BIND", "write PLANTGRAPH_SECTION__KEY with two underscores"]);
    let message = refused("", &[("PLANTGRAPH_SERVER__BIND__PORT", "1")]);
    assert_says(&message, &["server.bind", "PLANTGRAPH_SERVER__BIND__PORT"]);
}

#[test]
fn wrong_values_say_what_to_write() {
    let cases = [
        (
            "[server]\nheader_timeout = \"10\"\n",
            "server.header_timeout (FILE:2): \"10\" is not a duration; write \"250ms\"",
        ),
        (
            "[server]\nheader_timeout = 10\n",
            "server.header_timeout (FILE:2): found the number 10; write a duration with a unit",
        ),
        (
            "[server]\nheader_timeout = \"1h\"\n",
            "server.header_timeout (FILE:2): 1h is out of range; write 100ms to 2m",
        ),
        ("[server]\nbind = \"localhost\"\n", "server.bind (FILE:2): invalid socket address"),
        ("[server]\nbind = 1\n", "server.bind (FILE:2): found the number 1; write an IP address and a port"),
        ("[server]\nconnections_max = -1\n", "server.connections_max (FILE:2)"),
        ("[server]\nconnections_max = \"many\"\n", "found the text \"many\"; write a whole number, not negative"),
        ("[server]\ngraphiql = 1\n", "found the number 1; write true or false"),
        ("server = 1\n", "server (FILE:1): found the number 1; write a section with keys of its own"),
        ("[database]\npassword_file = 1\n", "found the number 1; write text in quotes"),
        ("[server]\npublic_url = \"twin.example.com\"\n", "is not the base of a web address; write it like"),
        (
            "[server]\nallowed_origins = [\"https://a.example\",\n\"https://b.example/\"]\n",
            "server.allowed_origins.1 (FILE:3)",
        ),
        ("[log]\nformat = \"xml\"\n", "log.format (FILE:2): \"xml\" is not known; write one of: pretty, json"),
        ("[log]\nlevel = \"info,=\"\n", "log.level (FILE:2)"),
        ("[graphql]\nintrospection = true\n", "graphql.introspection (FILE:2)"),
        ("[graphql]\nquery_bytes_max = 1000000\n", "is more than graphql.body_bytes_max"),
        ("[websocket]\ndead_after = \"10s\"\n", "is not longer than websocket.ping_interval"),
        ("[database]\nurl = \"mysql://host/x\"\n", "write \"sqlite://twin.db?mode=rwc\""),
        ("[plants]\nfiles = [\"a.toml\", \"a.toml\"]\n", "plants.files.1 (FILE:2): a.toml is listed twice"),
        ("[metrics]\nenabled = false\nbind = \"127.0.0.1:9\"\n", "metrics.bind (FILE:3): has no effect"),
        ("[server\n", "FILE:1: not valid TOML"),
        ("[server]\nbind = 1\nbind = 2\n", "FILE:3: not valid TOML"),
    ];
    for (file, expected) in cases {
        assert_says(&refused(file, &[]), &[expected]);
    }
}

#[test]
fn one_run_shows_every_wrong_value() {
    let message = refused(
        "[server]\nconnections_max = 0\n[ingest]\nchanges_max = 0\n",
        &[("PLANTGRAPH_JOURNAL__RETENTION", "1s")],
    );
    assert_says(
        &message,
        &["server.connections_max (FILE:2)", "ingest.changes_max (FILE:4)", "PLANTGRAPH_JOURNAL__RETENTION"],
    );
}

#[test]
fn issuers_are_checked_as_a_whole() {
    let issuer = |rest: &str| format!("[[auth.issuers]]\nissuer = \"https://i.example\"\naudience = \"a\"\n{rest}");
    let cases = [
        ("algorithms = [\"RS256\"]\n", "auth.issuers.0 (FILE:1): has no keys; write jwks_url or jwks_file"),
        (
            "algorithms = [\"HS256\"]\njwks_file = \"k\"\n",
            "auth.issuers.0.algorithms.0 (FILE:4): \"HS256\" is not known; write one of: RS256",
        ),
        ("algorithms = [\"none\"]\njwks_file = \"k\"\n", "\"none\" is not known"),
        ("algorithms = []\njwks_file = \"k\"\n", "auth.issuers.0.algorithms (FILE:4): is empty"),
        ("algorithms = [\"RS256\"]\njwks_url = \"http://i.example/keys\"\n", "write an https:// address"),
        (
            "algorithms = [\"RS256\"]\njwks_file = \"k\"\nleeway = \"31s\"\n",
            "auth.issuers.0.leeway (FILE:6): 31s is out of range; write 0s to 30s",
        ),
        ("algorithms = [\"RS256\"]\njwks_file = \"k\"\ntoken_type = \"jwt\"\n", "write one of: at+jwt, JWT"),
    ];
    for (rest, expected) in cases {
        assert_says(&refused(&issuer(rest), &[]), &[expected]);
    }
    let good = issuer("algorithms = [\"RS256\"]\njwks_file = \"k\"\n");
    assert_says(&refused(&format!("{good}{good}"), &[]), &["auth.issuers.1.issuer (FILE:7): is listed twice"]);
    let other = good.replace("https://i.", "https://j.");
    let message = refused(&format!("{good}{other}account_prefix = \"j:\"\n"), &[]);
    assert_says(&message, &["auth.issuers.1.account_prefix (FILE:11)", "does not tell accounts", "\"corp:\""]);
    let both = format!("{good}account_prefix = \"i:\"\n{other}account_prefix = \"j:\"\n");
    assert!(read(&both, &[]).0.is_ok());
}

#[test]
fn secrets_are_never_shown() {
    let secret = "hunter2";
    let url = format!("postgres://twin:{secret}@db.example:5432/twin?sslmode=require");
    let (loaded, _) = read(&format!("[database]\nurl = \"{url}\"\n"), &[]);
    let config = loaded.unwrap().config;
    assert_eq!(config.database.connect_url().unwrap(), url);
    let shown = format!("{config:?}\n{}\n{}", toml::to_string(&config).unwrap(), config.database.url);
    assert!(!shown.contains(secret), "{shown}");
    assert!(shown.contains("db.example"), "the rest helps to find a mistake");

    for wrong in [
        format!("[database]\nurl = \"mysql://twin:{secret}@db/twin\"\n"),
        format!("[database]\nurl = [\"{secret}\"]\n"),
    ] {
        let message = refused(&wrong, &[]);
        assert!(!message.contains(secret), "{message}");
    }
    let message = refused("", &[("PLANTGRAPH_DATABASE__URL", &format!("x://twin:{secret}@db/twin"))]);
    assert!(!message.contains(secret), "{message}");
}

#[test]
fn the_password_file_completes_the_address() {
    let password = TempFile::new("p@ss/wörd\n");
    let file = format!("[database]\nurl = \"postgres://twin@db/twin\"\npassword_file = {:?}\n", password.0);
    let config = read(&file, &[]).0.unwrap().config;
    assert_eq!(config.database.connect_url().unwrap(), "postgres://twin:p%40ss%2Fw%C3%B6rd@db/twin");
    let both = file.replace("twin@db", "twin:x@db");
    assert_says(&refused(&both, &[]), &["database.url (FILE:2)", "has a password although"]);
}

#[test]
fn the_printed_configuration_can_be_read_again() {
    let config = Loaded::read(&Sources::default()).unwrap().config;
    let printed = toml::to_string(&config).unwrap();
    let (again, _) = read(&printed, &[]);
    assert_eq!(toml::to_string(&again.unwrap().config).unwrap(), printed);
}

#[test]
fn a_missing_file_is_named() {
    let sources = Sources { file: Some("/nowhere/plantgraph.toml".into()), environment: Vec::new() };
    let error = Loaded::read(&sources).unwrap_err();
    assert_eq!(error.to_string(), "cannot read the configuration file /nowhere/plantgraph.toml");
}

#[test]
fn the_key_file_is_made_once_and_kept_private() {
    let folder = std::env::temp_dir().join(format!("plantgraph-key-{}", uuid::Uuid::new_v4()));
    let path = folder.join("deep/own.key");
    assert_eq!(load_or_create(&path, || "first".to_owned()).unwrap(), "first");
    assert_eq!(load_or_create(&path, || "second".to_owned()).unwrap(), "first");
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing unfinished is left");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = load_or_create(&path, || "third".to_owned()).unwrap_err();
        assert_says(&error.to_string(), &["can be read by others", "chmod 600"]);
    }
    fs::remove_dir_all(folder).unwrap();
}
