//! Applies the records of one page.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use model::{
    Code, PlantId, ReferenceId, SourceId, SubjectType,
    entity::external_reference::{self, Claims, Said},
    journal::ChangeKind,
    store::Tx,
};
use uuid::Uuid;

use crate::{
    case::status_conflict::{self, Disputed},
    error::Error,
    sync::{
        Applied, Body, Record, Statement,
        check::{Refused, check},
        governed::Governed,
        jobs,
        kinds::{JOB, Kind},
        letters::Letters,
        pool::Pool,
        vocabulary::{KINDS, ValueKind, attribute},
        world::{World, job_of},
    },
    truth::{Voice, Weighed, floor_claim, weigh},
};

/// Where the records of a page come from.
#[derive(Clone, Copy)]
pub(super) struct PageContext<'a> {
    pub plant: PlantId,
    pub source: SourceId,
    pub stream: &'a str,
    pub mapping_version: &'a str,
}

/// A system's kind of record, and its own id.
pub(super) type Key = (String, String);

enum Effect {
    Changed,
    Unchanged,
    Late,
    Absent,
    Refused(Refused),
}

/// Applies the records one by one; a bad one never stops its neighbours.
pub(super) async fn apply_records(tx: &mut Tx, page: PageContext<'_>, records: &[Record]) -> Result<Applied, Error> {
    let (own, mut letters) = known(tx, page, records).await?;
    let by_key: HashMap<Key, &external_reference::Model> =
        own.iter().map(|row| ((row.external_model.clone(), row.external_id.clone()), row)).collect();
    let (records, overtaken) = newest(records);
    let mut applied = Applied { late: overtaken, ..Applied::default() };
    let mut news = Vec::new();
    for record in records {
        let known = by_key.get(&record.key());
        // A record that says what it said, and is no newer, needs nothing else to be read. Most of an overlap is that.
        let same = match known {
            Some(row) => !is_newer(record.source_time, row.source_time) && says_the_same(row, record, page)?,
            None => false,
        };
        match same && !letters.waits_for(record) {
            true => applied.unchanged += 1,
            false => news.push(record),
        }
    }
    if news.is_empty() {
        return Ok(applied);
    }
    drop(by_key);
    // What is referred to goes first, so that the next kind finds it written; most pages are of one kind.
    news.sort_by_key(|record| match &record.body {
        Body::Says(statement) => 1 + KINDS.iter().position(|kind| *kind == statement.kind).unwrap_or(KINDS.len()),
        _ => 0,
    });
    for news in news.chunk_by(|a, b| kind_of(a) == kind_of(b)) {
        let keys: HashSet<Key> = news.iter().map(|record| record.key()).collect();
        let own = own.iter().filter(|row| keys.contains(&(row.external_model.clone(), row.external_id.clone())));
        apply_news(tx, page, own.cloned().collect(), &mut letters, news, &mut applied).await?;
    }
    Ok(applied)
}

/// The newest version of each record, and how many others there were. A newest that can not be applied overtakes nobody.
fn newest(records: &[Record]) -> (Vec<&Record>, u64) {
    let mut versions: HashMap<Key, Vec<&Record>> = HashMap::with_capacity(records.len());
    for record in records {
        versions.entry(record.key()).or_default().push(record);
    }
    if versions.len() == records.len() {
        return (records.iter().collect(), 0);
    }
    let mut seen = HashSet::new();
    let mut kept = Vec::with_capacity(versions.len());
    for record in records {
        if !seen.insert(record.key()) {
            continue;
        }
        let all = &versions[&record.key()];
        // Of equal times the later one in the page; `max_by_key` returns the last of several.
        let last = all.iter().copied().max_by_key(|record| record.source_time);
        let readable = |record: &&Record| check(&record.body).is_ok();
        kept.extend(last);
        if last.is_some_and(|last| check(&last.body).is_err()) {
            kept.extend(all.iter().copied().filter(readable).max_by_key(|record| record.source_time));
        }
    }
    // Each is applied in the order of its versions.
    kept.sort_by_key(|record| (check(&record.body).is_err(), record.source_time));
    let overtaken = (records.len() - kept.len()) as u64;
    (kept, overtaken)
}

fn kind_of(record: &Record) -> Option<SubjectType> {
    match &record.body {
        Body::Says(statement) => Some(statement.kind),
        Body::Deleted | Body::Unreadable { .. } => None,
    }
}

async fn apply_news(
    tx: &mut Tx,
    page: PageContext<'_>,
    own: Vec<external_reference::Model>,
    letters: &mut Letters,
    news: &[&Record],
    applied: &mut Applied,
) -> Result<(), Error> {
    let statements: Vec<&Statement> = news
        .iter()
        .filter_map(|record| match &record.body {
            Body::Says(statement) => Some(statement),
            _ => None,
        })
        .collect();
    let references = own.iter().map(|row| ((row.external_model.clone(), row.external_id.clone()), row.id.0)).collect();
    let world = World::load(tx, page, own, &statements).await?;
    let mut batch = Batch { page, world, references, disputed: BTreeMap::new(), orders: BTreeMap::new() };
    let mut resolved = Vec::new();
    let mut refused = Vec::new();
    for record in news {
        match batch.apply(tx, record).await? {
            Effect::Changed => applied.changed += 1,
            Effect::Unchanged => applied.unchanged += 1,
            Effect::Late => applied.late += 1,
            Effect::Absent => applied.absent += 1,
            Effect::Refused(why) => {
                refused.push((*record, why));
                continue;
            }
        }
        resolved.push(*record);
    }
    let disputed = std::mem::take(&mut batch.disputed);
    batch.flush(tx).await?;
    for (record, why) in refused {
        match letters.keep(tx, page, record, why).await? {
            true => applied.dead_letters += 1,
            false => applied.late += 1,
        }
    }
    for record in resolved {
        letters.resolve(tx, record).await?;
    }
    for disputed in disputed.into_values() {
        status_conflict::watch(tx, &disputed).await?;
    }
    Ok(())
}

/// The references of the page's records, and the letters that wait for them.
async fn known(
    tx: &Tx,
    page: PageContext<'_>,
    records: &[Record],
) -> Result<(Vec<external_reference::Model>, Letters), Error> {
    let mut ids: HashMap<&str, Vec<String>> = HashMap::new();
    for record in records {
        ids.entry(&record.external_model).or_default().push(record.external_id.clone());
    }
    let (mut references, mut letters) = (Vec::new(), Letters::default());
    for (model, ids) in ids {
        references.extend(tx.job_references(page.source, model, &ids).await?);
        letters.extend(tx.job_dead_letters(page.source, model, &ids).await?);
    }
    Ok((references, letters))
}

/// What is known and changed while a page is applied.
struct Batch<'a> {
    page: PageContext<'a>,
    world: World,
    references: HashMap<Key, Uuid>,
    /// The subjects that several systems speak of, as they are weighed after the last change.
    disputed: BTreeMap<Uuid, Disputed>,
    /// The orders that were spoken of, and the line that they are planned on.
    orders: BTreeMap<Uuid, Option<String>>,
}

impl Batch<'_> {
    async fn apply(&mut self, tx: &mut Tx, record: &Record) -> Result<Effect, Error> {
        let reference = self.references.get(&record.key()).and_then(|id| self.world.pools.references.get(*id)).cloned();
        let late = reference.as_ref().is_some_and(|known| is_older(record.source_time, known.source_time));
        let statement = match check(&record.body) {
            Ok(statement) => statement,
            Err(_) if late => return Ok(Effect::Late),
            Err(refused) => return Ok(Effect::Refused(refused)),
        };
        let Some(statement) = statement else { return self.absent(tx, reference, record, late).await };
        if let Some(reference) = &reference {
            if says_the_same(reference, record, self.page)? {
                self.remember(tx, reference, record)?;
                return Ok(Effect::Unchanged);
            }
            if late {
                return Ok(Effect::Late);
            }
        }
        let known = reference.as_ref().map(|reference| reference.subject_id);
        let id = match self.subject(statement, known, record) {
            Ok(id) => id,
            Err(refused) => return Ok(Effect::Refused(refused)),
        };
        let claims = match self.claims(tx, statement, record, reference.as_ref()).await? {
            Ok(claims) => claims,
            Err(refused) => return Ok(Effect::Refused(refused)),
        };
        // A row that can not be made leaves no claim behind.
        let row = self.reference(tx, reference.as_ref(), record, statement.kind, id, &claims)?;
        let voices = self.voices(id, Some(&row))?;
        let weighed = self.weigh(tx, statement.kind, id, &voices);
        if let Err(refused) = self.govern(tx, statement.kind, id, &Governed::of(&weighed, &voices))? {
            return Ok(Effect::Refused(refused));
        }
        self.world.pools.references.put(tx, row.clone(), ChangeKind::ClaimChanged)?;
        self.references.insert(record.key(), row.id.0);
        let voices = self.world.voices.entry(id).or_default();
        if !voices.contains(&row.id.0) {
            voices.push(row.id.0);
        }
        if let Err(problem) = self.world.made(statement, &record.external_id, id) {
            return Ok(Effect::Refused(Refused::missing(problem)));
        }
        self.dispute(statement.kind, id, weighed);
        Ok(Effect::Changed)
    }

    /// The system does not have the record any more: what it said counts no longer.
    async fn absent(
        &mut self,
        tx: &mut Tx,
        reference: Option<external_reference::Model>,
        record: &Record,
        late: bool,
    ) -> Result<Effect, Error> {
        let Some(reference) = reference else { return Ok(Effect::Unchanged) };
        if late {
            return Ok(Effect::Late);
        }
        if reference.absent_since.is_some() {
            self.remember(tx, &reference, record)?;
            return Ok(Effect::Unchanged);
        }
        let (kind, id) = (reference.subject_type, reference.subject_id);
        let gone = external_reference::Model {
            absent_since: Some(tx.at()),
            source_time: record.source_time.or(reference.source_time),
            ..reference
        };
        self.world.pools.references.put(tx, gone, ChangeKind::RecordAbsent)?;
        let voices = self.voices(id, None)?;
        let weighed = self.weigh(tx, kind, id, &voices);
        if let Err(refused) = self.govern(tx, kind, id, &Governed::of(&weighed, &voices))? {
            tracing::warn!(%kind, %id, message = refused.message, "a subject stays as it was after a record of it is gone");
        }
        self.dispute(kind, id, weighed);
        Ok(Effect::Absent)
    }

    /// The subject of a statement: by reference, else by natural key, else a new one.
    fn subject(&self, statement: &Statement, known: Option<Uuid>, record: &Record) -> Result<Uuid, Refused> {
        for name in statement.attributes.keys() {
            self.world.reference(statement, name).map_err(Refused::missing)?;
        }
        let named = self.world.named(statement).map_err(Refused::missing)?;
        if statement.kind == SubjectType::Line && named.is_none() {
            return Err(Refused::missing("the plant has no such line; lines come from the plant file"));
        }
        // Both applied, two records with one number would take turns for ever. Another system may know the same subject.
        let taken = match (known, named) {
            (Some(known), Some(named)) => known != named,
            (None, Some(named)) => self.world.is_taken(self.page.source, &record.external_model, named),
            (_, None) => false,
        };
        if taken {
            let message = "another record has the same number or code; give one of them a number of its own";
            return Err(Refused::new(Code::InvalidInput, message));
        }
        Ok(known.or(named).unwrap_or_else(Uuid::now_v7))
    }

    /// What the record claims, with the times since when it claims it.
    async fn claims(
        &mut self,
        tx: &mut Tx,
        statement: &Statement,
        record: &Record,
        before: Option<&external_reference::Model>,
    ) -> Result<Result<Claims, Refused>, Error> {
        let before = before.map(|row| row.says()).transpose()?.unwrap_or_default();
        let mut claims = Claims::new();
        for (name, assertion) in &statement.attributes {
            let mut canonical = assertion.canonical.clone().ok().flatten();
            let mut subject = None;
            if let Some(ValueKind::Reference(_)) = attribute(statement.kind, name).map(|known| known.value) {
                subject = match self.world.reference(statement, name) {
                    Ok(subject) => subject,
                    Err(problem) => return Ok(Err(Refused::missing(problem))),
                };
                canonical = subject.and_then(|id| self.world.name(id));
                if statement.kind == SubjectType::JobResponse && name == JOB {
                    subject = match subject {
                        Some(order) => job_of(tx, order).await?,
                        None => None,
                    };
                }
            } else if statement.kind == SubjectType::Material
                && name == "class"
                && let Some(code) = canonical.as_deref().filter(|code| !code.is_empty())
            {
                subject = Some(self.world.class(tx, self.page.plant, code)?);
            }
            let same = before.get(name).filter(|said| said.values == assertion.values && said.canonical == canonical);
            let said = match same {
                Some(said) => Said { subject, ..said.clone() },
                None => Said {
                    values: assertion.values.clone(),
                    canonical,
                    subject,
                    source_time: record.source_time,
                    received_time: tx.at(),
                },
            };
            claims.insert(name.clone(), said);
        }
        Ok(Ok(claims))
    }

    fn reference(
        &self,
        tx: &Tx,
        before: Option<&external_reference::Model>,
        record: &Record,
        kind: SubjectType,
        id: Uuid,
        claims: &Claims,
    ) -> Result<external_reference::Model, Error> {
        Ok(external_reference::Model {
            id: before.map_or_else(ReferenceId::new, |row| row.id),
            plant_id: self.page.plant,
            source_id: self.page.source,
            external_model: record.external_model.clone(),
            external_id: record.external_id.clone(),
            subject_type: kind,
            subject_id: id,
            source_time: record.source_time.max(before.and_then(|row| row.source_time)),
            claims: serde_json::to_string(claims)?,
            received_time: Some(tx.at()),
            source_version: record.version.clone(),
            mapping_version: self.page.mapping_version.to_owned(),
            absent_since: None,
            missed_sweeps: 0,
            revision: 0,
        })
    }

    /// What everybody says of a subject; `changed` in place of what its record said before.
    fn voices(&self, subject: Uuid, changed: Option<&external_reference::Model>) -> Result<Vec<Voice>, Error> {
        let known = self.world.voices.get(&subject).into_iter().flatten();
        let mut rows: Vec<external_reference::Model> = known
            .filter(|id| changed.is_none_or(|changed| changed.id.0 != **id))
            .filter_map(|id| self.world.pools.references.get(*id).cloned())
            .collect();
        rows.extend(changed.cloned());
        Voice::of(&rows)
    }

    fn weigh(&self, tx: &Tx, kind: SubjectType, id: Uuid, voices: &[Voice]) -> BTreeMap<String, Weighed> {
        let floor =
            self.world.lines.get(&id).zip(self.world.floor()).and_then(|(line, floor)| floor_claim(line, floor));
        let accepted = self.world.accepted.get(&id).map(Vec::as_slice).unwrap_or_default();
        weigh(kind, voices, floor.as_ref(), &self.world.sources, accepted, &self.world.tolerances, tx.at())
    }

    fn dispute(&mut self, kind: SubjectType, id: Uuid, weighed: BTreeMap<String, Weighed>) {
        if !self.world.is_shared(id) {
            return;
        }
        let label = self.world.name(id).unwrap_or_default();
        let disputed = Disputed {
            plant: self.page.plant,
            kind,
            id,
            label,
            weighed,
            timers: self.world.timers.get(&id).cloned().unwrap_or_default(),
            cases: self.world.cases.get(&id).cloned().unwrap_or_default(),
        };
        self.disputed.insert(id, disputed);
    }

    /// Remembers how new the version is that is applied. A version that says the same as the last is remembered too: what was
    /// in between can arrive later, and must not be taken for news.
    fn remember(&mut self, tx: &mut Tx, known: &external_reference::Model, record: &Record) -> Result<(), Error> {
        if record.source_time > known.source_time || known.missed_sweeps > 0 {
            let source_time = record.source_time.max(known.source_time);
            let after = external_reference::Model { source_time, missed_sweeps: 0, ..known.clone() };
            self.world.pools.references.put(tx, after, ChangeKind::Updated)?;
        }
        Ok(())
    }

    /// Writes what the twin concludes.
    fn govern(
        &mut self,
        tx: &mut Tx,
        kind: SubjectType,
        id: Uuid,
        values: &Governed,
    ) -> Result<Result<(), Refused>, Error> {
        let plant = self.page.plant;
        let pools = &mut self.world.pools;
        match kind {
            SubjectType::Material => put(&mut pools.materials, tx, plant, id, values),
            SubjectType::MaterialLot => put(&mut pools.lots, tx, plant, id, values),
            SubjectType::ProductionOrder => {
                self.orders.insert(id, values.text("line"));
                put(&mut pools.orders, tx, plant, id, values)
            }
            SubjectType::BillItem => put(&mut pools.bill, tx, plant, id, values),
            SubjectType::LotLink => put(&mut pools.links, tx, plant, id, values),
            SubjectType::JobResponse => put(&mut pools.responses, tx, plant, id, values),
            SubjectType::StorageLocation => put(&mut pools.locations, tx, plant, id, values),
            SubjectType::StagingTask => put(&mut pools.staging, tx, plant, id, values),
            SubjectType::Shipment => put(&mut pools.shipments, tx, plant, id, values),
            SubjectType::ShipmentItem => put(&mut pools.shipment_items, tx, plant, id, values),
            SubjectType::Document => put(&mut pools.documents, tx, plant, id, values),
            // The floor governs a line: what a system says of it stands beside.
            _ => Ok(Ok(())),
        }
    }

    /// Writes everything, what is referred to before what refers to it.
    async fn flush(mut self, tx: &mut Tx) -> Result<(), Error> {
        let pools = &mut self.world.pools;
        pools.classes.flush(tx).await?;
        pools.materials.flush(tx).await?;
        pools.locations.flush(tx).await?;
        pools.lots.flush(tx).await?;
        pools.orders.flush(tx).await?;
        pools.references.flush(tx).await?;
        pools.bill.flush(tx).await?;
        pools.links.flush(tx).await?;
        pools.responses.flush(tx).await?;
        pools.staging.flush(tx).await?;
        pools.shipments.flush(tx).await?;
        pools.shipment_items.flush(tx).await?;
        pools.documents.flush(tx).await?;
        for (order, line) in self.orders {
            if let Some(order) = self.world.pools.orders.get(order) {
                jobs::job(tx, order, line.as_deref()).await?;
            }
        }
        Ok(())
    }
}

fn put<E: Kind>(
    pool: &mut Pool<E>,
    tx: &mut Tx,
    plant: PlantId,
    id: Uuid,
    values: &Governed,
) -> Result<Result<(), Refused>, Error>
where
    E::Model: PartialEq,
{
    match E::row(id, plant, pool.get(id), values) {
        Ok(row) => {
            pool.put(tx, row, ChangeKind::Updated)?;
            Ok(Ok(()))
        }
        Err(refused) => Ok(Err(refused)),
    }
}

/// Whether a record says what its source said of it before, by the same mapping.
fn says_the_same(known: &external_reference::Model, record: &Record, page: PageContext<'_>) -> Result<bool, Error> {
    let Body::Says(statement) = &record.body else { return Ok(false) };
    if known.mapping_version != page.mapping_version
        || known.absent_since.is_some()
        || known.subject_type != statement.kind
    {
        return Ok(false);
    }
    let says = known.says()?;
    let same = |name: &str, said: &Said| {
        let Some(assertion) = statement.attributes.get(name) else { return false };
        let is_reference =
            matches!(attribute(statement.kind, name).map(|known| known.value), Some(ValueKind::Reference(_)));
        assertion.values == said.values && (is_reference || assertion.canonical.as_ref() == Ok(&said.canonical))
    };
    Ok(says.len() == statement.attributes.len() && says.iter().all(|(name, said)| same(name, said)))
}

/// Whether one version of a record is older than another, as far as the system tells.
pub(super) fn is_older(time: Option<DateTime<Utc>>, known: Option<DateTime<Utc>>) -> bool {
    matches!((time, known), (Some(time), Some(known)) if time < known)
}

fn is_newer(time: Option<DateTime<Utc>>, known: Option<DateTime<Utc>>) -> bool {
    time.is_some() && time > known
}
