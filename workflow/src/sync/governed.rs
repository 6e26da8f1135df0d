//! The values that the twin concludes for one subject, typed.

use std::{collections::BTreeMap, str::FromStr};

use chrono::{DateTime, Utc};
use model::{Quantity, entity::external_reference::Said};
use uuid::Uuid;

use crate::{
    sync::vocabulary,
    truth::{Voice, Weighed},
};

/// What is concluded of the attributes that somebody speaks of.
pub(super) struct Governed(BTreeMap<String, Value>);

struct Value {
    canonical: Option<String>,
    subject: Option<Uuid>,
    raw: Vec<String>,
}

impl Governed {
    /// What is weighed, with what only the deciding claim carries: the subject of a reference, the raw values.
    pub(super) fn of(weighed: &BTreeMap<String, Weighed>, voices: &[Voice]) -> Self {
        let values = weighed.iter().map(|(attribute, weighed)| {
            let conclusion = &weighed.conclusion;
            let said: Option<&Said> = voices
                .iter()
                .filter(|voice| Some(voice.source) == conclusion.by)
                .filter_map(|voice| voice.says.get(attribute))
                .find(|said| said.canonical == conclusion.value);
            let value = Value {
                canonical: conclusion.value.clone(),
                subject: said.and_then(|said| said.subject),
                raw: said.map(|said| said.values.clone()).unwrap_or_default(),
            };
            (attribute.clone(), value)
        });
        Self(values.collect())
    }

    /// Whether somebody speaks of it.
    pub(super) fn speaks_of(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.0.get(name)?.canonical.clone()
    }

    /// A text that stays as it was while nobody speaks of it.
    pub(super) fn text_or(&self, name: &str, before: Option<String>) -> Option<String> {
        if self.speaks_of(name) { self.text(name) } else { before }
    }

    /// A quantity, or that of before, or zero.
    pub(super) fn quantity(&self, name: &str, before: Option<Quantity>) -> Quantity {
        self.text(name).and_then(|text| text.parse().ok()).or(before).unwrap_or_default()
    }

    /// A time that stays as it was while nobody speaks of it.
    pub(super) fn time(&self, name: &str, before: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
        if self.speaks_of(name) { self.text(name).as_deref().and_then(vocabulary::time) } else { before }
    }

    /// A word of an enumeration, or that of before.
    pub(super) fn word<T: FromStr>(&self, name: &str, before: Option<T>, otherwise: T) -> T {
        self.text(name).and_then(|text| text.parse().ok()).or(before).unwrap_or(otherwise)
    }

    /// The subject of a reference; it stays as it was while nobody speaks of it.
    pub(super) fn subject(&self, name: &str, before: Option<Uuid>) -> Option<Uuid> {
        if self.speaks_of(name) { self.0.get(name)?.subject } else { before }
    }

    /// The values of the deciding claim, as their source wrote them; `None`: it wrote none.
    pub(super) fn raw(&self, name: &str) -> Option<String> {
        let raw = &self.0.get(name)?.raw;
        (!raw.is_empty()).then(|| raw.join(", "))
    }
}
