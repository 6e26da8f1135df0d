//! What can be known of a mapping before the first row comes.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use model::SubjectType;
use workflow::sync::vocabulary::{self, ValueKind};

use super::Crosswalk;
use crate::manifest::{Attribute, Common, Crossing, Expression, Form, MapSection, Problem, Template, names};

/// Names that the expressions on a row see.
const ROW_NAMES: &[&str] = &["r", "p", "option"];

/// Checks what a stream says its rows mean.
pub(crate) fn check(stream: &Common) -> Result<(), Problem> {
    if let Some(time) = &stream.time {
        roots("time", time.from.iter().chain(&time.with))?;
        zone("time.zone", time.form, time.zone.as_ref())?;
        if !is_time(time.form) {
            return Err(Problem::new("time.as", "this form is no time", "write a form such as rfc3339 or naive_utc"));
        }
    }
    stream.map.iter().try_for_each(|map| section(map).map_err(|problem| problem.below("map")))
}

fn section(map: &MapSection) -> Result<(), Problem> {
    if !vocabulary::KINDS.contains(&map.kind) {
        let known: Vec<_> = vocabulary::KINDS.iter().map(|kind| kind.as_str()).collect();
        let remedy = format!("write one of {}", known.join(", "));
        return Err(Problem::new("kind", format!("systems do not speak of a {}", map.kind), remedy));
    }
    for (name, attribute) in &map.attributes {
        let key = format!("attributes.{name}");
        let known = vocabulary::attribute(map.kind, name).ok_or_else(|| unknown(map.kind, &key))?;
        check_attribute(known.value, attribute).map_err(|problem| problem.below(&key))?;
    }
    let missing = vocabulary::attributes(map.kind)
        .iter()
        .find(|known| known.required && !map.attributes.contains_key(known.name));
    match missing {
        None => Ok(()),
        Some(known) => {
            let problem = format!("{} is missing, and a {} can not be without it", known.name, map.kind);
            Err(Problem::new("attributes", problem, "say where it is in the row"))
        }
    }
}

fn unknown(kind: SubjectType, key: &str) -> Problem {
    let known: Vec<_> = vocabulary::attributes(kind).iter().map(|known| known.name).collect();
    Problem::new(key, format!("a {kind} has no such attribute"), format!("write one of {}", known.join(", ")))
}

fn check_attribute(value: ValueKind, attribute: &Attribute) -> Result<(), Problem> {
    roots("from", attribute.from.iter().chain(&attribute.with))?;
    if let Some(form) = attribute.form {
        zone("zone", form, attribute.zone.as_ref())?;
        fits(value, form)?;
    }
    let is_reference = matches!(value, ValueKind::Reference(_));
    if attribute.reference.is_some() != is_reference {
        return Err(match is_reference {
            true => Problem::new("ref", "it refers to another record", "add ref: id or ref: key"),
            false => Problem::new("ref", "it does not refer to another record", "remove ref:"),
        });
    }
    match (&attribute.crossing, value) {
        (None, ValueKind::Word(words)) => {
            let remedy = format!("add enum:, crosswalk: or flags: that lead to {}", words.all().join(", "));
            Err(Problem::new("", "what its raw values mean is missing", remedy))
        }
        (Some(Crossing::Enum(_) | Crossing::Flags(_)), ValueKind::Word(words)) => {
            let crosswalk = inline(attribute.crossing.as_ref()).expect("it is written out");
            crosswalk.check_words(words).map_err(|problem| Problem::new("", problem, "correct the word"))
        }
        (Some(Crossing::Flags(_)), _) => {
            Err(Problem::new("flags", "flags tell a state, and this is none", "remove flags:"))
        }
        _ => Ok(()),
    }
}

/// The crosswalk that the manifest writes out itself.
pub(super) fn inline(crossing: Option<&Crossing>) -> Option<Crosswalk> {
    match crossing? {
        Crossing::Enum(words) => Some(Crosswalk::inline(words.clone())),
        Crossing::Flags(flags) => {
            Some(Crosswalk::inline(flags.words.iter().map(|(flag, word)| (flag.clone(), Some(word.clone())))))
        }
        Crossing::Crosswalk(_) => None,
    }
}

fn fits(value: ValueKind, form: Form) -> Result<(), Problem> {
    let fits = match value {
        ValueKind::Time => is_time(form),
        ValueKind::Quantity => matches!(form, Form::Decimal | Form::TrytonTyped),
        ValueKind::Text | ValueKind::Word(_) | ValueKind::Reference(_) => true,
    };
    match fits {
        true => Ok(()),
        false => {
            Err(Problem::new("as", "this form does not fit the attribute", "remove as:, or write a form that does"))
        }
    }
}

fn is_time(form: Form) -> bool {
    !matches!(form, Form::Text | Form::StripZeros | Form::Decimal | Form::XFlag | Form::OdooM2o | Form::Line)
}

fn zone(key: &str, form: Form, zone: Option<&Template>) -> Result<(), Problem> {
    match (form, zone) {
        (Form::NaiveLocal, None) => {
            Err(Problem::new(key, "a local time needs its zone", "add zone: with a name such as Europe/Berlin"))
        }
        (_, Some(Template::Fixed(name))) => match name.as_str().map(str::parse::<Tz>) {
            Some(Ok(_)) => Ok(()),
            _ => Err(Problem::new(key, format!("{name} is no time zone"), "write a name such as Europe/Berlin")),
        },
        (_, Some(template)) => names(key, &template.roots(), &["option"]),
        _ => Ok(()),
    }
}

fn roots<'a>(key: &str, expressions: impl Iterator<Item = &'a Expression>) -> Result<(), Problem> {
    let needed: BTreeSet<String> = expressions.flat_map(Expression::roots).collect();
    names(key, &needed, ROW_NAMES)
}
