//! A business system of a plant, whatever its kind: what is read from it, and what is sent to it.

use model::clock::SharedClock;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use workflow::{commands::Outbox, sync::Page};

use crate::{
    Error,
    actions::{self, Limit, Rule, Sender, Transport},
    erp::{Hint, Source, TrytonSource, read_only::refuse_commands, tryton::TrytonTransport},
    file::FileSource,
    http_json::{self, HttpJsonSource},
    manifest::{Pause, System},
    odata::{self, OdataSource},
    plant_file::SystemSection,
    sql::SqlSource,
};

macro_rules! sources {
    ($($variant:ident($source:ty)),+ $(,)?) => {
        /// A source of any kind.
        #[allow(clippy::large_enum_variant, reason = "there is one in a process for each system")]
        pub enum AnySource {
            $(#[doc = concat!("`", stringify!($source), "`")] $variant($source),)+
        }

        impl Source for AnySource {
            fn streams(&self) -> Vec<String> {
                match self { $(Self::$variant(source) => source.streams()),+ }
            }

            fn pause(&self, stream: &str) -> Pause {
                match self { $(Self::$variant(source) => source.pause(stream)),+ }
            }

            async fn page(&mut self, stream: &str, cursor: Option<&str>) -> Result<Page, Error> {
                match self { $(Self::$variant(source) => source.page(stream, cursor).await),+ }
            }
        }
    };
}

sources!(File(FileSource), HttpJson(HttpJsonSource), Odata(OdataSource), Sql(SqlSource), Tryton(TrytonSource));

/// The source of a `[[system]]` section. Nothing is sent yet.
///
/// # Errors
/// What is wrong with the section: an unusable URL, an option, a secret that nobody names.
pub fn open(section: &SystemSection, clock: SharedClock) -> Result<AnySource, Error> {
    let manifest = &section.manifest;
    Ok(match &manifest.system {
        System::B2mml(system) => AnySource::File(FileSource::b2mml(system, section)),
        System::File(system) => AnySource::File(FileSource::new(system, manifest, section)?),
        System::HttpJson(system) => AnySource::HttpJson(HttpJsonSource::new(system, manifest, section, clock)?),
        System::Odata(system) => AnySource::Odata(OdataSource::new(system, manifest, section)?),
        System::Sql(system) => AnySource::Sql(SqlSource::new(system, manifest, section)?),
        System::Tryton(_) => AnySource::Tryton(TrytonSource::new(section)?),
    })
}

/// Carries out what people decided until cancelled. What the manifest does not declare, and everything when the plant file
/// says `commands = false`, is refused, so that the case goes back to people.
///
/// # Errors
/// [`Error::ErpUnreachable`] when the URL is unusable.
pub async fn carry_out(
    section: SystemSection,
    outbox: Outbox,
    hints: mpsc::Sender<Hint>,
    cancel: CancellationToken,
) -> Result<(), Error> {
    let manifest = section.manifest.clone();
    if manifest.actions.is_empty() {
        refuse_commands(section.code.clone(), outbox, cancel).await;
        return Ok(());
    }
    match &manifest.system {
        System::HttpJson(system) => {
            let transport = http_json::transport(system, &section)?;
            send(&section, system.classify.clone(), system.limit, transport, outbox, hints, cancel).await;
        }
        System::Odata(system) => {
            let transport = odata::transport(system, &section)?;
            send(&section, system.classify.clone(), system.limit, transport, outbox, hints, cancel).await;
        }
        System::B2mml(_) | System::File(_) | System::Sql(_) => refuse_commands(section.code.clone(), outbox, cancel).await,
        System::Tryton(system) => {
            let transport = TrytonTransport::new(&section)?;
            send(&section, system.classify.clone(), system.limit, transport, outbox, hints, cancel).await;
        }
    }
    Ok(())
}

async fn send(
    section: &SystemSection,
    classify: Vec<Rule>,
    limit: Limit,
    transport: impl Transport,
    outbox: Outbox,
    hints: mpsc::Sender<Hint>,
    cancel: CancellationToken,
) {
    let options = actions::Options {
        name: section.code.clone(),
        actions: section.manifest.actions.clone(),
        classify,
        limit,
        options: section.options.clone(),
        line_by_location: section.line_by_location.clone(),
        commands: section.commands,
    };
    // A full queue means that a read is due anyway.
    let read_now = Box::new(move || drop(hints.try_send(Hint::default())));
    Sender::new(options, transport, outbox, Some(read_now)).run(cancel).await;
}
