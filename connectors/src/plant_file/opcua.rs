//! The `[opcua]` section: which server, how it is trusted, who we are there.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;

use super::{AlarmBinding, Context, SecretSource, alarms, duration, node::Binder, text};
use crate::{Error, opcua::path::Aliases};

const SCHEME: &str = "opc.tcp://";
/// Publishing interval unless the file says otherwise: what people call "at once", at ten messages a second at most.
const PUBLISHING_INTERVAL: Duration = Duration::from_millis(100);
/// Shorter intervals cost a request each without showing anybody anything sooner.
const PUBLISHING_INTERVAL_MIN: Duration = Duration::from_millis(10);
/// Longer ones would make the watchdog blind for minutes.
const PUBLISHING_INTERVAL_MAX: Duration = Duration::from_secs(10);
/// How long an outage may last without loss unless the file says otherwise: a switch that restarts.
const OUTAGE_BUDGET: Duration = Duration::from_secs(60);

/// How messages are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// Not at all. For a simulator, or a network that nobody else is in.
    None,
    /// Basic256Sha256, signed and encrypted.
    Basic256Sha256,
}

/// Who we are to the server.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Identity {
    /// Nobody. Such a subscription can not be taken over after a restart of ours: servers refuse it, and a gap is recorded.
    Anonymous,
    /// A user with a password.
    User {
        /// The name.
        name: String,
        /// Where the password is.
        password: SecretSource,
    },
    /// A user with a certificate.
    Certificate {
        /// The certificate, `.der` or `.pem`.
        certificate: PathBuf,
        /// Its private key, PEM.
        key: PathBuf,
    },
}

/// An OPC UA server, and how to read it.
#[derive(Clone, Debug)]
pub struct OpcUaSection {
    /// The code of the source.
    pub code: String,
    /// The name of the source.
    pub name: String,
    /// `opc.tcp://host:port/path`. It is kept as given: a server behind a port forward advertises another.
    pub url: String,
    /// How messages are protected.
    pub security: Security,
    /// The host that the server's certificate must be made for, where it is not that of the URL.
    pub certificate_host: Option<String>,
    /// Who we are.
    pub identity: Identity,
    /// The folder with `own`, `private`, `trusted` and `rejected`.
    pub pki: PathBuf,
    /// How often the server reports changes.
    pub publishing_interval: Duration,
    /// How long an outage may last without loss: the server's queues are sized for it.
    pub outage_budget: Duration,
    /// What tells of alarms that are of no line, or of no line alone.
    pub alarms: Vec<AlarmBinding>,
}

/// The section as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    #[serde(default = "code", deserialize_with = "text::code")]
    code: String,
    #[serde(default = "name", deserialize_with = "text::filled")]
    name: String,
    #[serde(deserialize_with = "text::filled")]
    url: String,
    security: Security,
    certificate_host: Option<String>,
    identity: Identity,
    #[serde(default = "pki")]
    pki: PathBuf,
    #[serde(default = "publishing_interval", deserialize_with = "duration::humane")]
    publishing_interval: Duration,
    #[serde(default = "outage_budget", deserialize_with = "duration::humane")]
    outage_budget: Duration,
    #[serde(default)]
    namespaces: BTreeMap<String, String>,
    #[serde(default)]
    alarms: Vec<alarms::Raw>,
}

fn code() -> String {
    "OPCUA".to_owned()
}

fn name() -> String {
    "OPC UA server".to_owned()
}

fn pki() -> PathBuf {
    Path::new("pki").to_owned()
}

fn publishing_interval() -> Duration {
    PUBLISHING_INTERVAL
}

fn outage_budget() -> Duration {
    OUTAGE_BUDGET
}

impl Raw {
    /// The aliases of namespaces, which the lines use.
    pub(super) fn aliases(&self, at: &Context) -> Result<Aliases, Error> {
        Aliases::new(&self.namespaces)
            .map_err(|(alias, wrong)| at.unbound(&format!("opcua.namespaces.{alias}"), &wrong.problem, &wrong.remedy))
    }

    pub(super) fn checked(self, at: &Context) -> Result<OpcUaSection, Error> {
        if !self.url.starts_with(SCHEME) || self.url.len() == SCHEME.len() {
            let problem = format!("{:?} is no URL of an OPC UA server", self.url);
            return Err(at.wrong("opcua.url", &problem, "write opc.tcp://host:port"));
        }
        if !(PUBLISHING_INTERVAL_MIN..=PUBLISHING_INTERVAL_MAX).contains(&self.publishing_interval) {
            let problem = format!("{:?} is out of range", self.publishing_interval);
            return Err(at.wrong("opcua.publishing_interval", &problem, r#"write "10ms" to "10s""#));
        }
        let aliases = self.aliases(at)?;
        let alarms = Binder { at, aliases: Some(&aliases) }.alarms("opcua.alarms", self.alarms)?;
        let identity = match self.identity {
            Identity::Anonymous => Identity::Anonymous,
            Identity::User { name, password } => Identity::User { name, password: password.seen_from(&at.folder) },
            Identity::Certificate { certificate, key } => {
                Identity::Certificate { certificate: at.path(&certificate), key: at.path(&key) }
            }
        };
        Ok(OpcUaSection {
            code: self.code,
            name: self.name,
            url: self.url,
            security: self.security,
            certificate_host: self.certificate_host,
            identity,
            pki: at.path(&self.pki),
            publishing_interval: self.publishing_interval,
            outage_budget: self.outage_budget,
            alarms,
        })
    }
}
