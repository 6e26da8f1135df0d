//! `[server]`: the HTTP and WebSocket service.

use std::net::SocketAddr;

use reqwest::Url;
use serde::{Deserialize, Serialize};

use super::{HumanDuration, error::Findings};

/// Each connection costs a file descriptor and some buffers; beyond this a proxy should share the load.
const CONNECTIONS_MAX: usize = 1_000_000;

/// The HTTP and WebSocket service.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address and port to listen on.
    pub bind: SocketAddr,
    /// The address that clients use: printed, and the base of links to problem pages.
    pub public_url: String,
    /// Whether the GraphiQL page is served.
    pub graphiql: bool,
    /// Web origins that may call from a browser, beside that of `public_url`.
    pub allowed_origins: Vec<String>,
    /// How long a client may take to send its request headers.
    pub header_timeout: HumanDuration,
    /// Open connections at a time.
    pub connections_max: usize,
    /// How long requests and connectors may take to finish after the signal to stop.
    pub shutdown_deadline: HumanDuration,
}

impl Server {
    pub(super) fn validate(&self, findings: &mut Findings<'_>) {
        if !parse_base(&self.public_url) {
            findings.add(
                "server.public_url",
                format!("{:?} is not the base of a web address", self.public_url),
                r#"write it like "https://twin.example.com", without path, query or user"#,
            );
        }
        for (index, origin) in self.allowed_origins.iter().enumerate() {
            if !is_origin(origin) {
                findings.add(
                    &format!("server.allowed_origins.{index}"),
                    format!("{origin:?} is not a web origin"),
                    r#"write scheme, host and port like "https://board.example.com", without a slash at the end"#,
                );
            }
        }
        let (shortest, longest) = (HumanDuration::from_millis(100), HumanDuration::from_secs(120));
        findings.range("server.header_timeout", self.header_timeout, shortest..=longest);
        findings.range("server.connections_max", self.connections_max, 1..=CONNECTIONS_MAX);
        let (shortest, longest) = (HumanDuration::from_millis(0), HumanDuration::from_secs(600));
        findings.range("server.shutdown_deadline", self.shutdown_deadline, shortest..=longest);
    }

    /// The address of a path on this service, as clients reach it.
    pub fn public_address(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.trim_end_matches('/'))
    }

    /// The web origins that may call this service from a browser: those allowed, and its own.
    pub fn origins(&self) -> Vec<String> {
        let own = Url::parse(&self.public_url).map(|url| url.origin().ascii_serialization());
        self.allowed_origins.iter().cloned().chain(own).collect()
    }
}

fn parse_base(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    })
}

fn is_origin(text: &str) -> bool {
    parse_base(text) && Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == text)
}
