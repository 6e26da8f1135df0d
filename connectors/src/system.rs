//! A business system of a plant, whatever its kind: what is read from it, and what is sent to it.

use std::sync::Arc;

use futures::{
    FutureExt,
    future::{BoxFuture, join3},
};
use model::clock::SharedClock;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use workflow::{
    commands::Outbox,
    sync::{Page, Syncer},
};

use crate::{
    Error,
    actions::{self, Limit, Rule, Sender, Transport},
    b2mml::B2mmlTransport,
    erp::{Hint, Poller, Source, TrytonSource, poller, read_only::refuse_commands, tryton::TrytonTransport},
    file::FileSource,
    http_json::{self, HttpJsonSource},
    manifest::{Pause, System},
    mqtt::Feed,
    odata::{self, OdataSource},
    plant_file::SystemSection,
    sql::{SqlSource, SqlTransport},
    webhook::Entry,
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
        System::Mqtt(_) => {
            let (url, operation) = (section.url.clone(), "a page".to_owned());
            return Err(Error::ErpRefused { url, operation, problem: "a broker is not asked: it tells".to_owned() });
        }
        System::Odata(system) => AnySource::Odata(OdataSource::new(system, manifest, section)?),
        System::Sql(system) => AnySource::Sql(SqlSource::new(system, manifest, section)?),
        System::Tryton(_) => AnySource::Tryton(TrytonSource::new(section)?),
    })
}

/// Does everything with a system until cancelled: reads it, takes what it sends, carries out what was decided. Whoever calls
/// this owns the source.
///
/// # Errors
/// What is wrong with the section, before anything is sent.
pub async fn run(
    section: SystemSection,
    syncer: Syncer,
    outbox: Outbox,
    way_in: Option<Arc<Entry>>,
    clock: SharedClock,
    cancel: CancellationToken,
) -> Result<(), Error> {
    let (hints, reads) = match &section.manifest.system {
        System::Mqtt(system) => {
            let feed = Feed::new(system, &section, clock.clone())?;
            // Nobody reads them: a broker tells by itself.
            (mpsc::channel(1).0, feed.run(syncer.clone(), cancel.clone()).boxed())
        }
        _ => {
            let options =
                poller::Options { name: section.code.clone(), interval: section.poll_interval, clock: clock.clone() };
            let poller = Poller::new(options, open(&section, clock.clone())?, syncer.clone());
            (poller.hints(), poller.run(cancel.clone()).boxed())
        }
    };
    let arrives = async {
        if let Some(entry) = &way_in {
            entry.leads_to(hints.clone());
            entry.store(syncer, cancel.clone()).await;
        }
    };
    let sends = carry_out(section, outbox, hints.clone(), clock, cancel.clone());
    let ((), (), sent) = join3(reads, arrives, sends).await;
    sent
}

/// Carries out what people decided until cancelled. What the manifest does not declare, and everything when the plant file
/// says `commands = false`, is refused, so that the case goes back to people.
///
/// # Errors
/// [`Error::ErpUnreachable`] when the URL is unusable.
async fn carry_out(
    section: SystemSection,
    outbox: Outbox,
    hints: mpsc::Sender<Hint>,
    clock: SharedClock,
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
        System::B2mml(system) if system.send.is_some() => {
            let target = system.send.as_ref().expect("it was just looked at");
            let transport = B2mmlTransport::new(target, &section, clock)?;
            send(&section, system.classify.clone(), system.limit, transport, outbox, hints, cancel).await;
        }
        System::B2mml(_) | System::File(_) | System::Mqtt(_) => {
            refuse_commands(section.code.clone(), outbox, cancel).await;
        }
        System::Sql(system) => {
            let transport = SqlTransport::new(system, &section, clock)?;
            send(&section, system.classify.clone(), system.limit, transport, outbox, hints, cancel).await;
        }
        System::Tryton(system) => {
            let transport = TrytonTransport::new(&section)?;
            send(&section, system.classify.clone(), system.limit, transport, outbox, hints, cancel).await;
        }
    }
    Ok(())
}

/// Sends until cancelled. On the heap: the states of all kinds together are more than a stack should hold.
fn send(
    section: &SystemSection,
    classify: Vec<Rule>,
    limit: Limit,
    transport: impl Transport + Sync + 'static,
    outbox: Outbox,
    hints: mpsc::Sender<Hint>,
    cancel: CancellationToken,
) -> BoxFuture<'static, ()> {
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
    Sender::new(options, transport, outbox, Some(read_now)).run(cancel).boxed()
}
