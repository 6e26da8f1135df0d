//! Applies the records of one page.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use model::{
    ClaimId, PlantId, ReferenceId, SourceId, SubjectType,
    entity::{claim, external_reference},
    journal::ChangeKind,
    store::Tx,
};
use uuid::Uuid;

use crate::{
    error::Error,
    sync::{
        Applied, Record,
        facts::{Fact, Refused, facts},
        letters::Letters,
        resolve::{Materials, govern, subject},
        told::Body,
    },
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

/// What is known of the records of a page before it is applied.
struct Known {
    references: HashMap<Key, external_reference::Model>,
    claims: HashMap<(Uuid, String), claim::Model>,
    letters: Letters,
    materials: Materials,
}

enum Effect {
    Changed,
    Unchanged,
    Late,
    Refused(Refused),
}

/// Applies the records one by one; a bad one never stops its neighbours.
pub(super) async fn apply_records(tx: &mut Tx, context: PageContext<'_>, records: &[Record]) -> Result<Applied, Error> {
    let mut known = load(tx, context, records).await?;
    let mut applied = Applied::default();
    for record in records {
        match apply_record(tx, context, &mut known, record).await? {
            Effect::Changed => applied.changed += 1,
            Effect::Unchanged => applied.unchanged += 1,
            Effect::Late => applied.late += 1,
            Effect::Refused(refused) => {
                match known.letters.keep(tx, context, record, refused).await? {
                    true => applied.dead_letters += 1,
                    false => applied.late += 1,
                }
                continue;
            }
        }
        known.letters.resolve(tx, record).await?;
    }
    Ok(applied)
}

async fn load(tx: &Tx, context: PageContext<'_>, records: &[Record]) -> Result<Known, Error> {
    let mut ids: HashMap<&str, Vec<String>> = HashMap::new();
    for record in records {
        ids.entry(&record.external_model).or_default().push(record.external_id.clone());
    }
    let (mut references, mut letters) = (HashMap::new(), Letters::default());
    for (model, ids) in ids {
        for row in tx.job_references(context.source, model, &ids).await? {
            references.insert((row.external_model.clone(), row.external_id.clone()), row);
        }
        letters.extend(tx.job_dead_letters(context.source, model, &ids).await?);
    }
    let subjects: Vec<_> = references.values().map(|row| row.subject_id).collect();
    let claims = tx.job_claims(context.source, &subjects).await?;
    let claims = claims.into_iter().map(|row| ((row.subject_id, row.attribute.clone()), row)).collect();
    let materials = tx.job_references_to(context.source, SubjectType::Material).await?;
    let materials = materials.into_iter().map(|row| (row.external_id, model::MaterialId(row.subject_id))).collect();
    Ok(Known { references, claims, letters, materials: Materials(materials) })
}

async fn apply_record(
    tx: &mut Tx,
    context: PageContext<'_>,
    known: &mut Known,
    record: &Record,
) -> Result<Effect, Error> {
    let reference = known.references.get(&record.key()).cloned();
    let late = reference.as_ref().is_some_and(|known| is_older(record.source_time, known.source_time));
    let facts = match facts(&Body::of(&record.body)) {
        Ok(facts) => facts,
        Err(_) if late => return Ok(Effect::Late),
        Err(refused) => return Ok(Effect::Refused(refused)),
    };
    if let Some(reference) = &reference {
        let claim = |fact: &Fact| known.claims.get(&(reference.subject_id, fact.attribute.to_owned()));
        if facts.iter().all(|fact| claim(fact).is_some_and(|claim| says(claim, fact, context))) {
            remember(tx, known, reference, record).await?;
            return Ok(Effect::Unchanged);
        }
        if late {
            return Ok(Effect::Late);
        }
    }
    let known_subject = reference.as_ref().map(|reference| reference.subject_id);
    let subject = match subject(tx, context, &known.materials, known_subject, record).await? {
        Ok(subject) => subject,
        Err(refused) => return Ok(Effect::Refused(refused)),
    };
    let id = govern(tx, context.plant, subject, &Body::of(&record.body)).await?;
    match &reference {
        Some(reference) => remember(tx, known, reference, record).await?,
        None => {
            let row = refer(tx, context, record, subject.kind(), id).await?;
            if subject.kind() == SubjectType::Material {
                known.materials.0.insert(record.external_id.clone(), model::MaterialId(id));
            }
            known.references.insert(record.key(), row);
        }
    }
    for fact in facts {
        claims(tx, context, known, record, subject.kind(), id, fact).await?;
    }
    Ok(Effect::Changed)
}

fn says(claim: &claim::Model, fact: &Fact, context: PageContext<'_>) -> bool {
    claim.canonical == fact.canonical
        && claim.value_set == value_set(fact)
        && claim.mapping_version == context.mapping_version
}

/// Whether one version of a record is older than another, as far as the system tells.
pub(super) fn is_older(time: Option<DateTime<Utc>>, known: Option<DateTime<Utc>>) -> bool {
    matches!((time, known), (Some(time), Some(known)) if time < known)
}

fn value_set(fact: &Fact) -> String {
    serde_json::Value::from(fact.value_set.clone()).to_string()
}

async fn refer(
    tx: &mut Tx,
    context: PageContext<'_>,
    record: &Record,
    kind: SubjectType,
    id: Uuid,
) -> Result<external_reference::Model, Error> {
    let row = external_reference::Model {
        id: ReferenceId::new(),
        plant_id: context.plant,
        source_id: context.source,
        external_model: record.external_model.clone(),
        external_id: record.external_id.clone(),
        subject_type: kind,
        subject_id: id,
        source_time: record.source_time,
        claims: "{}".to_owned(),
        received_time: None,
        source_version: None,
        mapping_version: context.mapping_version.to_owned(),
        absent_since: None,
        missed_sweeps: 0,
        revision: 0,
    };
    Ok(tx.create::<external_reference::Entity>(row, ChangeKind::Created).await?)
}

/// Remembers how new the version is that is applied. A version that says the same as the last is remembered too: what was in
/// between can arrive later, and must not be taken for news.
async fn remember(
    tx: &mut Tx,
    known: &mut Known,
    reference: &external_reference::Model,
    record: &Record,
) -> Result<(), Error> {
    if record.source_time > reference.source_time {
        let after = external_reference::Model { source_time: record.source_time, ..reference.clone() };
        let row = tx.update::<external_reference::Entity>(reference, after, ChangeKind::Updated).await?;
        known.references.insert(record.key(), row);
    }
    Ok(())
}

async fn claims(
    tx: &mut Tx,
    context: PageContext<'_>,
    known: &mut Known,
    record: &Record,
    kind: SubjectType,
    id: Uuid,
    fact: Fact,
) -> Result<(), Error> {
    let key = (id, fact.attribute.to_owned());
    let before = known.claims.get(&key);
    if before.is_some_and(|claim| says(claim, &fact, context)) {
        return Ok(());
    }
    let after = claim::Model {
        id: before.map_or_else(ClaimId::new, |claim| claim.id),
        plant_id: context.plant,
        source_id: context.source,
        subject_type: kind,
        subject_id: id,
        attribute: fact.attribute.to_owned(),
        value_set: value_set(&fact),
        canonical: fact.canonical,
        source_time: record.source_time,
        received_time: tx.at(),
        source_version: record.version.clone(),
        mapping_version: context.mapping_version.to_owned(),
        revision: 0,
    };
    let row = match before {
        Some(before) => tx.update::<claim::Entity>(before, after, ChangeKind::ClaimChanged).await?,
        None => tx.create::<claim::Entity>(after, ChangeKind::ClaimChanged).await?,
    };
    known.claims.insert(key, row);
    Ok(())
}
