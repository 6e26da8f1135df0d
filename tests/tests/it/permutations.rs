//! Random histories of two systems that speak of the same lots and orders: however their records are cut into pages, repeated,
//! reordered and interleaved, the twin ends the same.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use model::{
    Disposition, RequestState, Role, SubjectType,
    entity::{accepted_difference, plant},
    reconcile::Verdict,
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use serde_json::json;
use tests::{
    Kind, World,
    asks::done,
    business::IVY,
    erp::{Erp, page},
    plant::{ERP, WMS},
    reading::ALL,
};
use tokio::runtime::Runtime;
use uuid::Uuid;
use workflow::{
    directory::{Account, grant},
    service::ReplayDeadLetters,
    sync::{Assertion, Body, Page, Record, Statement},
    truth::{Voice, tolerances, weigh},
};

const SYSTEMS: [&str; 2] = [ERP, WMS];
/// Histories that are tried; each costs a few dozen transactions.
const CASES: u32 = 32;
/// Smaller histories that are tried after one that fails.
const SHRINKS_MAX: u32 = 40;
/// Lots and orders that both speak of.
const SUBJECTS: usize = 3;
/// Dispositions and states in a history: few, so that systems agree now and then.
const WORDS: usize = 3;
/// Versions of records in one history.
const VERSIONS_MAX: usize = 16;

/// What a system says of a subject, once.
#[derive(Clone, Debug)]
enum Word {
    Material,
    Lot {
        disposition: usize,
        quantity: u8,
        place: Option<u8>,
    },
    Order {
        state: usize,
        quantity: u8,
    },
    /// The disposition or state has a value that nobody listed.
    Odd {
        lot: bool,
    },
    Deleted {
        lot: bool,
    },
}

/// A version of a record. The later in the history, the newer.
#[derive(Clone, Debug)]
struct Version {
    system: usize,
    subject: usize,
    word: Word,
}

/// A history, and one of the ways in which it may arrive: which version comes when, some twice, and where a page ends.
#[derive(Clone, Debug)]
struct History {
    versions: Vec<Version>,
    arrival: Vec<(usize, bool)>,
}

fn words() -> impl Strategy<Value = Word> {
    prop_oneof![
        5 => (0..WORDS, 0..4_u8, proptest::option::of(0..3_u8))
            .prop_map(|(disposition, quantity, place)| Word::Lot { disposition, quantity, place }),
        4 => (0..WORDS, 0..4_u8).prop_map(|(state, quantity)| Word::Order { state, quantity }),
        1 => any::<bool>().prop_map(|lot| Word::Odd { lot }),
        1 => any::<bool>().prop_map(|lot| Word::Deleted { lot }),
    ]
}

fn histories() -> impl Strategy<Value = History> {
    let version =
        (0..SYSTEMS.len(), 0..SUBJECTS, words()).prop_map(|(system, subject, word)| Version { system, subject, word });
    let versions = proptest::collection::vec(version, 1..VERSIONS_MAX).prop_flat_map(|mut versions| {
        only_what_was_there_is_deleted(&mut versions);
        // Each system knows the material, and tells of it at some time.
        versions.extend((0..SYSTEMS.len()).map(|system| Version { system, subject: 0, word: Word::Material }));
        Just(versions).prop_shuffle()
    });
    versions.prop_flat_map(|versions| {
        let count = versions.len();
        let again = proptest::collection::vec(0..count, 0..count);
        let arrival =
            again.prop_flat_map(move |again| Just((0..count).chain(again).collect::<Vec<_>>()).prop_shuffle());
        let ends = proptest::collection::vec(any::<bool>(), 2 * count);
        (Just(versions), arrival, ends).prop_map(|(versions, arrival, ends)| {
            let arrival = arrival.into_iter().zip(ends).collect();
            History { versions, arrival }
        })
    })
}

/// A tombstone of a record of which nothing was ever applied leaves nothing to remember: it becomes a version.
fn only_what_was_there_is_deleted(versions: &mut [Version]) {
    let there: BTreeSet<_> = versions
        .iter()
        .filter(|version| matches!(version.word, Word::Lot { .. } | Word::Order { .. }))
        .map(|version| (version.system, version.subject, matches!(version.word, Word::Lot { .. })))
        .collect();
    for Version { system, subject, word } in versions {
        let Word::Deleted { lot } = *word else { continue };
        if !there.contains(&(*system, *subject, lot)) {
            *word = match lot {
                true => Word::Lot { disposition: 0, quantity: 1, place: None },
                false => Word::Order { state: 0, quantity: 1 },
            };
        }
    }
}

impl History {
    /// What is known beforehand: a version of each record that is deleted, and the materials where a version is odd.
    fn introduced(&self) -> Vec<usize> {
        let lot_of = |word: &Word| matches!(word, Word::Lot { .. } | Word::Deleted { lot: true });
        let mut first = BTreeMap::new();
        for (index, version) in self.versions.iter().enumerate() {
            if matches!(version.word, Word::Lot { .. } | Word::Order { .. }) {
                first.entry((version.system, version.subject, lot_of(&version.word))).or_insert(index);
            }
        }
        let deleted = self.versions.iter().filter(|version| matches!(version.word, Word::Deleted { .. }));
        let mut known: BTreeSet<usize> = deleted
            .filter_map(|version| first.get(&(version.system, version.subject, lot_of(&version.word))))
            .copied()
            .collect();
        // One letter waits for a record: that of a newer version which can not be read takes the place of an older one that
        // waits for its material.
        let odd = self.versions.iter().any(|version| matches!(version.word, Word::Odd { .. }));
        if known.is_empty() && !odd {
            return Vec::new();
        }
        let is_material = |version: &Version| matches!(version.word, Word::Material);
        let materials: Vec<_> = (0..self.versions.len()).filter(|index| is_material(&self.versions[*index])).collect();
        known.retain(|index| !materials.contains(index));
        materials.into_iter().chain(known).collect()
    }
}

impl Version {
    fn record(&self, key: &str, at: DateTime<Utc>) -> Record {
        let subject = self.subject;
        let (model, id, body) = match &self.word {
            Word::Material => ("product", format!("m{key}"), Body::Says(material(key))),
            Word::Lot { .. } | Word::Odd { lot: true } => {
                ("lot", format!("l{subject}{key}"), Body::Says(self.lot(key)))
            }
            Word::Order { .. } | Word::Odd { lot: false } => {
                ("order", format!("o{subject}{key}"), Body::Says(self.order(key)))
            }
            Word::Deleted { lot: true } => ("lot", format!("l{subject}{key}"), Body::Deleted),
            Word::Deleted { lot: false } => ("order", format!("o{subject}{key}"), Body::Deleted),
        };
        Record {
            external_model: model.to_owned(),
            external_id: id.clone(),
            version: Some(at.timestamp_micros().to_string()),
            source_time: Some(at),
            body,
            raw: json!({ "id": id }),
        }
    }

    fn lot(&self, key: &str) -> Statement {
        let (disposition, quantity, place) = match &self.word {
            Word::Lot { disposition, quantity, place } => (Ok(Disposition::ALL[*disposition]), *quantity, *place),
            _ => (Err("LOST".to_owned()), 9, None),
        };
        Statement::new(
            SubjectType::MaterialLot,
            [
                ("number", Assertion::plain(format!("L{}{key}", self.subject))),
                ("material", reference(&format!("M{key}"))),
                ("quantity", Assertion::plain(quantity.to_string())),
                ("disposition", Assertion::crossed(vec!["x".to_owned()], disposition)),
                ("location", Assertion::optional(place.map(|place| format!("A-0{place}")))),
            ],
        )
    }

    fn order(&self, key: &str) -> Statement {
        let (state, quantity) = match &self.word {
            Word::Order { state, quantity } => (Ok(RequestState::ALL[*state]), *quantity),
            _ => (Err("ON_THE_MOON".to_owned()), 9),
        };
        Statement::new(
            SubjectType::ProductionOrder,
            [
                ("number", Assertion::plain(format!("O{}{key}", self.subject))),
                ("material", reference(&format!("M{key}"))),
                ("quantity", Assertion::plain(quantity.to_string())),
                ("state", Assertion::crossed(vec!["x".to_owned()], state)),
            ],
        )
    }
}

fn material(key: &str) -> Statement {
    let says = [("code", Assertion::plain(format!("M{key}"))), ("unit", Assertion::plain("kg"))];
    Statement::new(SubjectType::Material, says)
}

/// By the number that both systems use.
fn reference(key: &str) -> Assertion {
    Assertion::mapped(vec![key.to_owned()], format!("key:{key}"))
}

/// Hands a history in. `arrival` is read from the front; a page ends where it says so, and where the system changes.
async fn deliver(world: &World, history: &History, arrival: &[(usize, bool)], key: &str, begun: DateTime<Utc>) {
    let systems = [world.system(ERP).await, world.system(WMS).await];
    let mut waiting: Vec<Record> = Vec::new();
    for index in history.introduced() {
        let version = &history.versions[index];
        let record = version.record(key, begun + TimeDelta::seconds(index as i64));
        flush(&systems[version.system], &mut vec![record], true).await;
    }
    let mut of = 0;
    for (index, ends) in arrival {
        let version = &history.versions[*index];
        if version.system != of {
            flush(&systems[of], &mut waiting, false).await;
            of = version.system;
        }
        waiting.push(version.record(key, begun + TimeDelta::seconds(*index as i64)));
        if *ends {
            flush(&systems[of], &mut waiting, true).await;
        }
    }
    flush(&systems[of], &mut waiting, true).await;
    // What still waits for the other system's material is tried again once everything is there.
    for (code, system) in SYSTEMS.into_iter().zip(&systems) {
        done(&world.ask(IVY, ReplayDeadLetters { source: world.nord.sources[code] }).await);
        flush(system, &mut Vec::new(), true).await;
    }
}

async fn flush(system: &Erp, waiting: &mut Vec<Record>, complete: bool) {
    system.syncer.apply(Page { complete, ..page(std::mem::take(waiting)) }).await.unwrap();
}

/// Everything that the twin has of a history, in words without ids and arrival times.
async fn conclusion(world: &World, key: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for subject in 0..SUBJECTS {
        if let Some(lot) = world.lot(&format!("L{subject}{key}")).await {
            let row = format!("lot {subject}: {} {} {:?}", lot.disposition, lot.quantity, lot.location);
            words.extend(claims(world, SubjectType::MaterialLot, lot.id.0, key, row).await);
        }
        if let Some(order) = world.order(&format!("O{subject}{key}")).await {
            let row = format!("order {subject}: {} {} {}", order.state, order.quantity, order.material_id.is_some());
            words.extend(claims(world, SubjectType::ProductionOrder, order.id.0, key, row).await);
        }
    }
    for code in SYSTEMS {
        let letters = world.view().dead_letters_page(world.nord.sources[code], ALL).await.unwrap().rows;
        for letter in letters.iter().filter(|letter| letter.external_id.ends_with(key)) {
            words.insert(format!("{code} waits: {} {}", letter.external_id.replace(key, ""), letter.code));
        }
    }
    words
}

/// What each system says of a subject, and the verdicts once every window is over. Its row counts while a system has it: what
/// nobody has any more stays as it was known last, which may be an older version than that before the tombstone.
async fn claims(world: &World, kind: SubjectType, subject: Uuid, key: &str, row: String) -> Vec<String> {
    let sources = world.view().sources_of(&[world.nord.plant]).await.unwrap();
    let code = |id| sources.iter().find(|source| source.id == id).map_or("nobody", |source| source.code.as_str());
    let records = world.view().references_of(&[subject]).await.unwrap();
    let mut words = Vec::new();
    if records.iter().any(|record| record.absent_since.is_none()) {
        words.push(row);
    }
    for record in &records {
        let (source, id) = (code(record.source_id), record.external_id.replace(key, ""));
        words.push(format!(
            "{source} {id}: gone {}, at {:?}",
            record.absent_since.is_some(),
            record.source_time.is_some()
        ));
        // What a record said last before it was gone counts for nobody.
        let says = record.says().unwrap().into_iter().filter(|_| record.absent_since.is_none());
        for (attribute, said) in says {
            let value = said.canonical.unwrap_or_default().replace(key, "");
            words.push(format!("{source} {id}: {attribute} {value}"));
        }
    }
    let windows = tolerances(&world.find::<plant::Entity>(world.nord.plant.0).await).unwrap();
    let accepted: Vec<accepted_difference::Model> = Vec::new();
    let far = world.now() + TimeDelta::days(3_650);
    let weighed = weigh(kind, &Voice::of(&records).unwrap(), None, &sources, &accepted, &windows, far);
    words.extend(weighed.into_iter().map(|(attribute, weighed)| {
        let end = weighed.conclusion;
        // Which of those who agree is named hangs on since when each is known to say so, and that on the order.
        let by = end.by.filter(|_| end.verdict != Verdict::Agreed).map_or("nobody", code);
        let value = end.value.unwrap_or_default().replace(key, "");
        format!("{kind} {} {attribute}: {} {value} by {by}", id_of(&records, key), end.verdict)
    }));
    words
}

fn id_of(records: &[model::entity::external_reference::Model], key: &str) -> String {
    records.first().map(|record| record.external_id.replace(key, "")).unwrap_or_default()
}

#[test]
fn every_arrival_of_the_histories_of_two_systems_gives_the_same_twin() {
    let runtime = Runtime::new().unwrap();
    let world = runtime.block_on(async {
        let world = World::new(Kind::Sqlite).await;
        let roles = vec![Role::IntegrationAdmin];
        let ivy = Account { subject: IVY.to_owned(), person: None, name: "Ivy".to_owned(), roles, service: false };
        grant(&world.store, world.nord.plant, &[ivy]).await.unwrap();
        world
    });
    let runs = std::sync::atomic::AtomicUsize::new(0);
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        max_shrink_iters: SHRINKS_MAX,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&histories(), |history| {
        let run = runs.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        runtime.block_on(same(&world, &history, run))
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    runtime.block_on(world.finish());
}

async fn same(world: &World, history: &History, run: usize) -> Result<(), TestCaseError> {
    let begun = world.ago(10_000);
    let (plain, mixed) = (format!("-{run}a-"), format!("-{run}b-"));
    let in_order: Vec<_> = (0..history.versions.len()).map(|index| (index, true)).collect();
    deliver(world, history, &in_order, &plain, begun).await;
    deliver(world, history, &history.arrival, &mixed, begun).await;
    let (expected, found) = (conclusion(world, &plain).await, conclusion(world, &mixed).await);
    let missing: Vec<_> = expected.difference(&found).collect();
    let more: Vec<_> = found.difference(&expected).collect();
    prop_assert!(missing.is_empty() && more.is_empty(), "in order: {missing:?}; as it arrived: {more:?}");
    // And once more, backwards: nothing is new. The letters that wait are counted again, and who asked for it is written down.
    let (head, backwards) = (world.head().await, history.arrival.iter().rev().copied().collect::<Vec<_>>());
    deliver(world, history, &backwards, &mixed, begun).await;
    let touched: BTreeMap<String, usize> = world
        .journal_rows(head)
        .await
        .iter()
        .filter(|row| ![SubjectType::DeadLetter, SubjectType::SourceSystem].contains(&row.subject_type))
        .fold(BTreeMap::new(), |mut counts, row| {
            *counts.entry(row.subject_type.to_string()).or_default() += 1;
            counts
        });
    prop_assert!(touched.is_empty(), "a replay changed {touched:?}");
    Ok(())
}
