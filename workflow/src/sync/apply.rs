//! Applies the records of one page.

use std::collections::HashMap;

use model::{
    ClaimId, DeadLetterId, PlantId, ReferenceId, SourceId, SubjectType,
    entity::{claim, dead_letter, external_reference},
    journal::ChangeKind,
    store::Tx,
};
use uuid::Uuid;

use crate::{
    error::Error,
    sync::{
        Applied, Record,
        facts::{Fact, Refused, facts},
        resolve::{Materials, govern, subject},
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

/// What is known of the records of a page before it is applied.
struct Known {
    references: HashMap<(String, String), external_reference::Model>,
    claims: HashMap<(Uuid, String), claim::Model>,
    letters: HashMap<(String, String), dead_letter::Model>,
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
                dead_letter(tx, context, &mut known, record, refused).await?;
                applied.dead_letters += 1;
                continue;
            }
        }
        resolve_letter(tx, &mut known, record).await?;
    }
    Ok(applied)
}

async fn load(tx: &Tx, context: PageContext<'_>, records: &[Record]) -> Result<Known, Error> {
    let mut ids: HashMap<&str, Vec<String>> = HashMap::new();
    for record in records {
        ids.entry(&record.external_model).or_default().push(record.external_id.clone());
    }
    let (mut references, mut letters) = (HashMap::new(), HashMap::new());
    for (model, ids) in ids {
        for row in tx.job_references(context.source, model, &ids).await? {
            references.insert((row.external_model.clone(), row.external_id.clone()), row);
        }
        for row in tx.job_dead_letters(context.source, model, &ids).await? {
            letters.insert((row.external_model.clone(), row.external_id.clone()), row);
        }
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
    let facts = match facts(&record.body) {
        Ok(facts) => facts,
        Err(refused) => return Ok(Effect::Refused(refused)),
    };
    let key = (record.external_model.clone(), record.external_id.clone());
    let reference = known.references.get(&key);
    if let Some(reference) = reference {
        let id = reference.subject_id;
        let claim = |fact: &Fact| known.claims.get(&(id, fact.attribute.to_owned()));
        if facts.iter().all(|fact| claim(fact).is_some_and(|claim| says(claim, fact, context))) {
            return Ok(Effect::Unchanged);
        }
        if facts.iter().filter_map(claim).any(|claim| is_newer(claim, record)) {
            return Ok(Effect::Late);
        }
    }
    let known_subject = reference.map(|reference| reference.subject_id);
    let subject = match subject(tx, context.plant, &known.materials, known_subject, &record.body).await? {
        Ok(subject) => subject,
        Err(refused) => return Ok(Effect::Refused(refused)),
    };
    let id = govern(tx, context.plant, subject, &record.body).await?;
    if known_subject.is_none() {
        let row = refer(tx, context, record, subject.kind(), id).await?;
        if subject.kind() == SubjectType::Material {
            known.materials.0.insert(record.external_id.clone(), model::MaterialId(id));
        }
        known.references.insert(key, row);
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

fn is_newer(claim: &claim::Model, record: &Record) -> bool {
    matches!((claim.source_time, record.source_time), (Some(claimed), Some(comes)) if claimed > comes)
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
        revision: 0,
    };
    Ok(tx.create::<external_reference::Entity>(row, ChangeKind::Created).await?)
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

async fn dead_letter(
    tx: &mut Tx,
    context: PageContext<'_>,
    known: &mut Known,
    record: &Record,
    refused: Refused,
) -> Result<(), Error> {
    let key = (record.external_model.clone(), record.external_id.clone());
    let before = known.letters.get(&key);
    let after = dead_letter::Model {
        id: before.map_or_else(DeadLetterId::new, |row| row.id),
        plant_id: context.plant,
        source_id: context.source,
        stream: context.stream.to_owned(),
        external_model: record.external_model.clone(),
        external_id: record.external_id.clone(),
        code: refused.code.as_str().to_owned(),
        message: refused.message,
        mapping_version: context.mapping_version.to_owned(),
        payload: serde_json::to_string(record)?,
        at: tx.at(),
        resolved_at: None,
        revision: 0,
    };
    let row = match before {
        Some(before) if before.code == after.code && before.payload == after.payload => return Ok(()),
        Some(before) => tx.update::<dead_letter::Entity>(before, after, ChangeKind::DeadLettered).await?,
        None => tx.create::<dead_letter::Entity>(after, ChangeKind::DeadLettered).await?,
    };
    known.letters.insert(key, row);
    Ok(())
}

async fn resolve_letter(tx: &mut Tx, known: &mut Known, record: &Record) -> Result<(), Error> {
    let key = (record.external_model.clone(), record.external_id.clone());
    if let Some(letter) = known.letters.remove(&key) {
        let after = dead_letter::Model { resolved_at: Some(tx.at()), ..letter.clone() };
        tx.update::<dead_letter::Entity>(&letter, after, ChangeKind::DeadLetterResolved).await?;
    }
    Ok(())
}
