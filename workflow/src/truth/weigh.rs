//! Weighing all claims on one subject.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use model::{
    Freshness, SourceId, SubjectType,
    entity::{
        accepted_difference,
        external_reference::{self, Claims},
        line, plant, source_system,
    },
    reconcile::{Accepted, Claimed, Conclusion, Rule, reconcile},
};

use crate::{
    error::Error,
    truth::{Rules, Tolerance},
};

/// What one record of one system says of a subject.
#[derive(Clone, Debug)]
pub struct Voice {
    /// The system.
    pub source: SourceId,
    /// What it says.
    pub says: Claims,
}

impl Voice {
    /// The voices of those records that their systems still have.
    ///
    /// # Errors
    /// [`Error::Serialise`] when a stored claim can not be read.
    pub fn of(references: &[external_reference::Model]) -> Result<Vec<Self>, Error> {
        let present = references.iter().filter(|reference| reference.absent_since.is_none());
        present.map(|reference| Ok(Self { source: reference.source_id, says: reference.says()? })).collect()
    }
}

/// One attribute: what is claimed, by which rule it is weighed, and what follows.
#[derive(Clone, Debug)]
pub struct Weighed {
    /// One claim per source.
    pub claims: Vec<Claimed>,
    /// The rule.
    pub rule: Rule,
    /// What follows.
    pub conclusion: Conclusion,
}

/// The windows that a plant's file gives.
///
/// # Errors
/// [`Error::Serialise`] when the stored ones can not be read.
pub fn tolerances(plant: &plant::Model) -> Result<Vec<Tolerance>, Error> {
    Ok(serde_json::from_str(&plant.tolerances)?)
}

/// What the floor says of a line's state, as a claim beside those of the systems. `None` while it never said anything.
pub fn floor_claim(line: &line::Model, floor: &source_system::Model) -> Option<Claimed> {
    let value = line.state.map(|state| state.to_string())?;
    Some(Claimed {
        source: floor.id,
        kind: floor.kind,
        code: floor.code.clone(),
        value: Some(value),
        since: line.state_received_time?,
        source_time: line.state_since,
        live: line.freshness == Freshness::Live,
    })
}

/// Weighs every attribute that somebody speaks of.
pub fn weigh(
    kind: SubjectType,
    voices: &[Voice],
    floor: Option<&Claimed>,
    sources: &[source_system::Model],
    accepted: &[accepted_difference::Model],
    tolerances: &[Tolerance],
    now: DateTime<Utc>,
) -> BTreeMap<String, Weighed> {
    let mut attributes: BTreeSet<&str> =
        voices.iter().flat_map(|voice| voice.says.keys().map(String::as_str)).collect();
    attributes.extend(floor.map(|_| "state"));
    let weighed = attributes.into_iter().filter_map(|attribute| {
        let mut claims = claims(attribute, voices, sources);
        claims.extend(floor.filter(|_| attribute == "state").cloned());
        let rule = Rules::standard().rule(kind, attribute, tolerances);
        let accepted = accepted
            .iter()
            .filter(|row| row.attribute == attribute && row.ended_at.is_none())
            .max_by_key(|row| row.until)
            .map(|row| Accepted {
                fingerprint: row.fingerprint.clone(),
                chosen: row.chosen_source,
                until: row.until,
                by: row.accepted_by.clone(),
            });
        let conclusion = reconcile(&rule, &claims, accepted.as_ref(), now)?;
        Some((attribute.to_owned(), Weighed { claims, rule, conclusion }))
    });
    weighed.collect()
}

/// One claim per source: of several records of one system about the same thing, the newest.
fn claims(attribute: &str, voices: &[Voice], sources: &[source_system::Model]) -> Vec<Claimed> {
    let mut claims: BTreeMap<SourceId, Claimed> = BTreeMap::new();
    for voice in voices {
        let Some(said) = voice.says.get(attribute) else { continue };
        let Some(source) = sources.iter().find(|source| source.id == voice.source) else { continue };
        let claim = Claimed {
            source: source.id,
            kind: source.kind,
            code: source.code.clone(),
            value: said.canonical.clone(),
            since: said.received_time,
            source_time: said.source_time,
            live: source.freshness != Freshness::Stale,
        };
        let age = |claim: &Claimed| (claim.value.is_some(), claim.source_time, claim.since);
        match claims.get(&source.id) {
            Some(known) if age(known) >= age(&claim) => {}
            _ => {
                claims.insert(source.id, claim);
            }
        }
    }
    claims.into_values().collect()
}
