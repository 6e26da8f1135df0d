//! Rows become records.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use model::SubjectType;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use workflow::sync::{
    Assertion, Body, Record, Statement, Unmapped,
    vocabulary::{self, AttributeDef, ValueKind},
};

use super::{
    Crosswalk, check,
    form::{self, as_written},
};
use crate::{
    Error,
    manifest::{Attribute, Common, Crossing, Expression, Form, Manifest, ReferenceBy, Scope, plain},
    plant_file::SystemSection,
};

/// Characters of the fingerprint of what the plant file says; enough to tell two of them apart.
const FINGERPRINT_CHARS: usize = 8;

/// What the rows of one stream mean.
#[derive(Clone, Debug)]
pub struct Mapping {
    stream: Common,
    version: String,
    kind: Option<SubjectType>,
    attributes: Vec<Field>,
    time_zone: Option<Tz>,
    line_by_location: BTreeMap<String, String>,
    /// The names that all rows see.
    names: Scope,
}

/// One attribute, ready to be read.
#[derive(Clone, Debug)]
struct Field {
    known: &'static AttributeDef,
    written: Attribute,
    zone: Option<Tz>,
    crosswalk: Option<Crosswalk>,
}

/// What a row turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapped {
    /// The key of the record, when the row has one.
    pub key: Option<String>,
    /// When the record changed, when the row tells.
    pub changed: Option<DateTime<Utc>>,
    /// The record. `None`: the filter leaves the row out, or it only touches.
    pub record: Option<Record>,
    /// The key of the record of another stream that the row touches.
    pub touched: Option<String>,
    /// The filter leaves the row out.
    pub left_out: bool,
}

/// What a row says.
enum Said {
    /// The filter leaves it out.
    LeftOut,
    /// It only points to another record.
    Nothing,
    /// Something of a record.
    Body(Body),
}

impl Mapping {
    /// The mapping of a stream, with what the plant file says.
    ///
    /// # Errors
    /// [`Error::Crosswalk`] when a crosswalk is not there, [`Error::PlantFile`] when an option has an unusable value.
    pub fn new(manifest: &Manifest, stream: &Common, section: &SystemSection) -> Result<Self, Error> {
        let names = Scope::new().with("option", section.options_json());
        let zone = |template: Option<&crate::manifest::Template>| -> Result<Option<Tz>, Error> {
            let Some(template) = template else { return Ok(None) };
            let text = template.render_text(&names).ok().flatten().unwrap_or_default();
            let wrong =
                || section.wrong_option(&format!("{text:?} is no time zone"), "write one such as Europe/Berlin");
            text.parse().map(Some).map_err(|_| wrong())
        };
        let mut attributes = Vec::new();
        for (name, written) in stream.map.iter().flat_map(|map| &map.attributes) {
            let kind = stream.map.as_ref().expect("it has attributes").kind;
            let known = vocabulary::attribute(kind, name).expect("the manifest was checked");
            let crosswalk = match &written.crossing {
                Some(Crossing::Crosswalk(name)) => Some(manifest.crosswalk(name)?.clone()),
                crossing => check::inline(crossing.as_ref()),
            };
            let zone = zone(written.zone.as_ref())?;
            attributes.push(Field { known, written: written.clone(), zone, crosswalk });
        }
        let time_zone = zone(stream.time.as_ref().and_then(|time| time.zone.as_ref()))?;
        Ok(Self {
            version: version(manifest, &attributes, section),
            stream: stream.clone(),
            kind: stream.map.as_ref().map(|map| map.kind),
            attributes,
            time_zone,
            line_by_location: section.line_by_location.clone(),
            names,
        })
    }

    /// The version of everything that makes a record of a row: when it changes, all rows are read again.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The system's kind of record.
    pub fn model(&self) -> &str {
        &self.stream.model
    }

    /// Reads a row: one record, or with `each` one for every element of a list in the row.
    pub fn read_all(&self, row: Value) -> Vec<Mapped> {
        let Some(each) = &self.stream.each else { return vec![self.read(row)] };
        let scope = self.names.clone().with("r", row.clone());
        let problem = match each.value(&scope) {
            Ok(Value::Null) => return Vec::new(),
            Ok(Value::Array(elements)) => {
                let inside = |element: Value| self.read_in(self.names.clone().with("p", row.clone()), element);
                return elements.into_iter().map(inside).collect();
            }
            Ok(_) => "each: it is no list".to_owned(),
            Err(problem) => format!("each: {problem}"),
        };
        let record = Some(self.unreadable(None, row, problem));
        vec![Mapped { key: None, changed: None, record, touched: None, left_out: false }]
    }

    /// Reads a row as one record.
    pub fn read(&self, row: Value) -> Mapped {
        self.read_in(self.names.clone(), row)
    }

    fn read_in(&self, names: Scope, row: Value) -> Mapped {
        let scope = names.with("r", row.clone());
        let changed = self.changed(&scope);
        let at = changed.clone().unwrap_or_default();
        let nothing = |key| Mapped { key, changed: at, record: None, touched: None, left_out: false };
        let key = match self.key(&scope) {
            Ok(key) => key,
            Err(problem) => return Mapped { record: Some(self.unreadable(None, row, problem)), ..nothing(None) },
        };
        let touched = match self.touched(&scope) {
            Ok(touched) => touched,
            Err(problem) => {
                let record = Some(self.unreadable(Some(&key), row, problem));
                return Mapped { record, ..nothing(Some(key)) };
            }
        };
        let body = match (self.body(&scope), changed) {
            (Ok(Said::LeftOut), _) => return Mapped { left_out: true, ..nothing(Some(key)) },
            (Ok(Said::Nothing), _) => return Mapped { touched, ..nothing(Some(key)) },
            (Ok(Said::Body(body)), Ok(_)) => body,
            (Err(problem), _) | (_, Err(problem)) => Body::Unreadable { problem },
        };
        let record = Record {
            external_model: self.stream.model.clone(),
            external_id: key.clone(),
            version: self.version_of(&scope),
            source_time: at,
            body,
            raw: row,
        };
        Mapped { record: Some(record), touched, ..nothing(Some(key)) }
    }

    /// The key of a row, if it can be seen.
    pub(crate) fn key_of(&self, row: &Value) -> Option<String> {
        self.key(&self.names.clone().with("r", row.clone())).ok()
    }

    /// The keys of the records of a row.
    pub(crate) fn keys_of(&self, row: &Value) -> Result<Vec<String>, String> {
        let scope = self.names.clone().with("r", row.clone());
        let Some(each) = &self.stream.each else { return Ok(vec![self.key(&scope)?]) };
        match each.value(&scope)? {
            Value::Array(elements) => {
                let inside = |element| self.key(&self.names.clone().with("p", row.clone()).with("r", element));
                elements.into_iter().map(inside).collect()
            }
            _ => Ok(Vec::new()),
        }
    }

    /// A row that can not even be taken apart.
    pub fn unreadable(&self, key: Option<&str>, raw: Value, problem: String) -> Record {
        Record {
            external_model: self.stream.model.clone(),
            external_id: key.unwrap_or_default().to_owned(),
            version: None,
            source_time: None,
            body: Body::Unreadable { problem },
            raw,
        }
    }

    /// A record that is gone.
    pub fn deleted(&self, key: String, at: Option<DateTime<Utc>>, raw: Value) -> Record {
        Record {
            external_model: self.stream.model.clone(),
            external_id: key,
            version: None,
            source_time: at,
            body: Body::Deleted,
            raw,
        }
    }

    fn key(&self, scope: &Scope) -> Result<String, String> {
        let key = plain(&self.stream.key.value(scope)?).map_err(|problem| format!("key: {problem}"))?;
        match key.is_empty() {
            true => Err("key: it is empty".to_owned()),
            false => Ok(key),
        }
    }

    /// A version that can not be read is none: it only saves work.
    fn version_of(&self, scope: &Scope) -> Option<String> {
        plain(&self.stream.version.as_ref()?.value(scope).ok()?).ok()
    }

    fn changed(&self, scope: &Scope) -> Result<Option<DateTime<Utc>>, String> {
        let Some(time) = &self.stream.time else { return Ok(None) };
        let with = time.with.as_ref().map(|with| with.value(scope)).transpose()?;
        let value = first(&time.from, scope, false)?;
        form::time(time.form, &value, with.as_ref(), self.time_zone).map_err(|problem| format!("time: {problem}"))
    }

    /// The key of the record that a row points to. Rows that the filter leaves out point to none.
    fn touched(&self, scope: &Scope) -> Result<Option<String>, String> {
        let Some(touch) = &self.stream.touches else { return Ok(None) };
        match touch.key.value(scope)? {
            Value::Null => Ok(None),
            value => plain(&value).map(Some).map_err(|problem| format!("touches.key: {problem}")),
        }
    }

    fn body(&self, scope: &Scope) -> Result<Said, String> {
        if let Some(filter) = &self.stream.filter
            && !filter.holds(scope)?
        {
            return Ok(Said::LeftOut);
        }
        if let Some(flag) = &self.stream.deletes.soft_flag
            && flag.holds(scope)?
        {
            return Ok(Said::Body(Body::Deleted));
        }
        let Some(kind) = self.kind else { return Ok(Said::Nothing) };
        let attributes = self.attributes.iter().map(|field| (field.known.name, self.assertion(field, scope)));
        Ok(Said::Body(Body::Says(Statement::new(kind, attributes))))
    }

    fn assertion(&self, field: &Field, scope: &Scope) -> Assertion {
        match self.values(field, scope) {
            Ok(values) => {
                let canonical = self.canonical(field, &values, scope);
                let written = values.iter().filter(|value| !value.is_null()).map(as_written).collect();
                Assertion { values: written, canonical }
            }
            Err(problem) => Assertion { values: Vec::new(), canonical: Err(Unmapped::Type(problem)) },
        }
    }

    /// The raw values: one, several for a list, none for null.
    fn values(&self, field: &Field, scope: &Scope) -> Result<Vec<Value>, String> {
        if let Some(Crossing::Flags(flags)) = &field.written.crossing {
            let row = scope.get("r").unwrap_or(&Value::Null);
            let mut set = Vec::new();
            for flag in flags.words.keys() {
                let value = row.get(flag).ok_or_else(|| format!("r: there is no key {flag}"))?;
                if form::flag(value).map_err(|problem| format!("{flag}: {problem}"))? {
                    set.push(Value::String(flag.clone()));
                }
            }
            return Ok(set);
        }
        Ok(match first(&field.written.from, scope, field.written.optional)? {
            Value::Null => Vec::new(),
            Value::Array(values) if field.crosswalk.is_some() => values,
            value => vec![value],
        })
    }

    fn canonical(&self, field: &Field, values: &[Value], scope: &Scope) -> Result<Option<String>, Unmapped> {
        let is_state = matches!(field.written.crossing, Some(Crossing::Flags(_)));
        if values.is_empty() && !is_state {
            return self.empty(field);
        }
        if let Some(crosswalk) = &field.crosswalk {
            let raw: Vec<String> = values.iter().map(as_written).collect();
            return crosswalk.map(&raw).map(|word| word.map(str::to_owned)).map_err(Unmapped::Value);
        }
        let with = field.written.with.as_ref().map(|with| with.value(scope)).transpose().map_err(Unmapped::Type)?;
        let form = field.written.form.unwrap_or(plainest(field.known.value));
        match form::read(form, &values[0], with.as_ref(), field.zone).map_err(Unmapped::Type)? {
            None => self.empty(field),
            Some(value) => {
                let value = self.finished(field, form, value);
                field.known.value.check(&value).map_err(Unmapped::Type)?;
                Ok(Some(value))
            }
        }
    }

    fn finished(&self, field: &Field, form: Form, value: String) -> String {
        let value = match form {
            Form::Line => self.line_by_location.get(&value).cloned().unwrap_or(value),
            _ => value,
        };
        match field.written.reference {
            Some(ReferenceBy::Id) => format!("id:{value}"),
            Some(ReferenceBy::Key) => format!("key:{value}"),
            None => value,
        }
    }

    fn empty(&self, field: &Field) -> Result<Option<String>, Unmapped> {
        match field.known.required {
            true => Err(Unmapped::Type(format!("{} is empty, and it must not be", field.known.name))),
            false => Ok(None),
        }
    }
}

/// The first value that is not null. With `lenient` a key that is not there is null.
fn first(sources: &[Expression], scope: &Scope, lenient: bool) -> Result<Value, String> {
    for source in sources {
        match source.value(scope) {
            Ok(Value::Null) => {}
            Ok(value) => return Ok(value),
            Err(_) if lenient => {}
            Err(problem) => return Err(problem),
        }
    }
    Ok(Value::Null)
}

/// The form that needs no saying.
fn plainest(value: ValueKind) -> Form {
    match value {
        ValueKind::Quantity => Form::Decimal,
        ValueKind::Time => Form::Rfc3339,
        ValueKind::Text | ValueKind::Word(_) | ValueKind::Reference(_) => Form::Text,
    }
}

/// The version of the manifest, of its crosswalks, and a fingerprint of what the plant file adds.
fn version(manifest: &Manifest, attributes: &[Field], section: &SystemSection) -> String {
    let settings = json!([section.options_json(), section.line_by_location]).to_string();
    let mut fingerprint: String =
        Sha256::digest(settings.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    fingerprint.truncate(FINGERPRINT_CHARS);
    let crosswalks = attributes.iter().filter_map(|field| field.crosswalk.as_ref()).map(Crosswalk::version);
    let mut parts = vec![manifest.version.as_str()];
    parts.extend(crosswalks.filter(|version| !version.is_empty()));
    parts.push(&fingerprint);
    parts.join(" ")
}
