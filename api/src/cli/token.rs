//! `plantgraph token`.

use std::{collections::BTreeSet, sync::Arc};

use clap::Args;
use model::{
    PlantId,
    clock::{SharedClock, SystemClock},
};

use super::print;
use crate::{
    config::{Config, HumanDuration},
    error::Error,
    token::{Order, Signer, TTL_MAX, install_cryptography},
};

/// Print a token for trying things out, signed with the development key of this machine.
///
/// The service accepts it only with auth.development.enabled = true. What its bearer may do is granted in the database;
/// the token only says who it is.
#[derive(Debug, Args)]
pub struct Token {
    /// Account that the token speaks for, as the database knows it
    #[arg(long, value_name = "ACCOUNT", value_parser = parse_subject)]
    subject: String,
    /// Name to show
    #[arg(long)]
    name: Option<String>,
    /// How long it is valid: "15m", "1h", at most "7d"
    #[arg(long, default_value = "1h", value_parser = parse_ttl)]
    ttl: HumanDuration,
    /// Narrow the token to this plant (its id); may be given several times
    #[arg(long = "plant", value_name = "ID")]
    plants: Vec<PlantId>,
}

impl Token {
    pub(super) fn run(self, config: &Config) -> Result<(), Error> {
        install_cryptography();
        let signer = Signer::load_or_create(&config.auth.development.key_file)?;
        let clock: SharedClock = Arc::new(SystemClock);
        let plants: BTreeSet<_> = self.plants.into_iter().collect();
        let plants = (!plants.is_empty()).then_some(plants);
        let order = Order { subject: self.subject, name: self.name, ttl: self.ttl, plants };
        let token = signer.sign(&order, &clock)?;
        if !config.auth.development.enabled {
            eprintln!(
                "note: a service with this configuration refuses the token; set auth.development.enabled = true there"
            );
        }
        print(&(token + "\n"))
    }
}

fn parse_subject(text: &str) -> Result<String, &'static str> {
    let usable = !text.trim().is_empty() && text.len() <= 255 && !text.chars().any(char::is_control);
    usable.then(|| text.to_owned()).ok_or("write 1 to 255 printable characters")
}

fn parse_ttl(text: &str) -> Result<HumanDuration, String> {
    let ttl: HumanDuration = text.parse()?;
    if (HumanDuration::from_secs(1)..=TTL_MAX).contains(&ttl) { Ok(ttl) } else { Err(format!("write 1s to {TTL_MAX}")) }
}
