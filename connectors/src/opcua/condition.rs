//! One event of a condition (OPC 10000-9): which fields we ask for, and what they say. Pure.

use std::collections::HashMap;

use chrono::{DateTime, SubsecRound, TimeDelta, TimeZone, Utc};
use model::LineId;
use opcua::types::{
    AttributeId, ByteString, ContentFilter, EventFilter, NodeId, NumericRange, ObjectTypeId, QualifiedName,
    SimpleAttributeOperand, Variant,
};
use workflow::ingest::{AlarmKey, AlarmReport};

/// Longest name or message that is kept: what a person reads at a glance.
const MAX_TEXT: usize = 1_000;
/// Longest node id that is kept. The standard allows 4,096 characters; nobody uses them.
const MAX_NODE: usize = 1_000;
/// The worst severity of the standard.
const MAX_SEVERITY: u16 = 1_000;
/// Clocks that show less were never set.
const FIRST_YEAR: i32 = 2000;
/// Clocks that are further ahead are wrong.
const MAX_AHEAD: TimeDelta = TimeDelta::minutes(5);

/// The fields, in the order in which they are asked for.
#[derive(Clone, Copy)]
enum Field {
    EventId,
    EventType,
    SourceNode,
    SourceName,
    Time,
    Message,
    Severity,
    ConditionId,
    ConditionName,
    BranchId,
    Retain,
    Active,
    Acked,
    Confirmed,
    SuppressedOrShelved,
    Enabled,
    ClientUserId,
}

/// Where each field is.
const FIELDS: [(Field, ObjectTypeId, &[&str]); 17] = [
    (Field::EventId, ObjectTypeId::BaseEventType, &["EventId"]),
    (Field::EventType, ObjectTypeId::BaseEventType, &["EventType"]),
    (Field::SourceNode, ObjectTypeId::BaseEventType, &["SourceNode"]),
    (Field::SourceName, ObjectTypeId::BaseEventType, &["SourceName"]),
    (Field::Time, ObjectTypeId::BaseEventType, &["Time"]),
    (Field::Message, ObjectTypeId::BaseEventType, &["Message"]),
    (Field::Severity, ObjectTypeId::BaseEventType, &["Severity"]),
    // The condition itself has no field: it is the node that the event is of.
    (Field::ConditionId, ObjectTypeId::ConditionType, &[]),
    (Field::ConditionName, ObjectTypeId::ConditionType, &["ConditionName"]),
    (Field::BranchId, ObjectTypeId::ConditionType, &["BranchId"]),
    (Field::Retain, ObjectTypeId::ConditionType, &["Retain"]),
    (Field::Active, ObjectTypeId::AlarmConditionType, &["ActiveState", "Id"]),
    (Field::Acked, ObjectTypeId::AcknowledgeableConditionType, &["AckedState", "Id"]),
    (Field::Confirmed, ObjectTypeId::AcknowledgeableConditionType, &["ConfirmedState", "Id"]),
    (Field::SuppressedOrShelved, ObjectTypeId::AlarmConditionType, &["SuppressedOrShelved"]),
    (Field::Enabled, ObjectTypeId::ConditionType, &["EnabledState", "Id"]),
    (Field::ClientUserId, ObjectTypeId::ConditionType, &["ClientUserId"]),
];

/// What an event item asks for.
pub(super) fn filter() -> EventFilter {
    let clauses = FIELDS.iter().map(|(_, of, path)| SimpleAttributeOperand {
        type_definition_id: (*of).into(),
        browse_path: Some(path.iter().map(|name| QualifiedName::new(0, *name)).collect()),
        attribute_id: if path.is_empty() { AttributeId::NodeId } else { AttributeId::Value } as u32,
        index_range: NumericRange::None,
    });
    // Without a where clause: servers differ too much in what they understand of it, and other events are few.
    EventFilter { select_clauses: Some(clauses.collect()), where_clause: ContentFilter { elements: None } }
}

/// What an event is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Told {
    /// A condition, with what is needed to acknowledge it.
    Condition {
        /// What it says.
        report: Box<AlarmReport>,
        /// The condition, as this session calls it.
        condition: NodeId,
        /// The event, which an acknowledgement names.
        event: ByteString,
    },
    /// The server begins to repeat the conditions that it shows.
    RefreshStart,
    /// It has repeated all.
    RefreshEnd,
    /// It asks to be asked.
    RefreshRequired,
    /// The queue of the item was too small: events were lost.
    Overflow,
    /// Something else, or nothing that can be read.
    Other,
}

/// Reads an event.
pub(super) fn read(
    fields: &[Variant],
    line: Option<LineId>,
    uris: &HashMap<u16, String>,
    received: DateTime<Utc>,
) -> Told {
    let event = Event { fields };
    let of_type = |known: ObjectTypeId| event.node(Field::EventType).is_some_and(|id| *id == known);
    for (known, told) in [
        (ObjectTypeId::RefreshStartEventType, Told::RefreshStart),
        (ObjectTypeId::RefreshEndEventType, Told::RefreshEnd),
        (ObjectTypeId::RefreshRequiredEventType, Told::RefreshRequired),
        (ObjectTypeId::EventQueueOverflowEventType, Told::Overflow),
    ] {
        if of_type(known) {
            return told;
        }
    }
    let Some(condition) = event.node(Field::ConditionId) else { return Told::Other };
    let source = event.node(Field::SourceNode);
    let named = |id: &NodeId| stable(id, uris);
    let (Some(key), Some(source_node)) = (named(condition), source.map_or(Some(String::new()), named)) else {
        return Told::Other;
    };
    let branch = event.node(Field::BranchId).and_then(named).unwrap_or_default();
    let retain = event.flag(Field::Retain).unwrap_or(false) && event.flag(Field::Enabled) != Some(false);
    let name = event.text(Field::ConditionName).or_else(|| event.text(Field::SourceName));
    let acked = event.flag(Field::Acked);
    let report = AlarmReport {
        key: AlarmKey { source_node, condition: key, branch },
        line,
        name: name.unwrap_or_default(),
        message: event.text(Field::Message).unwrap_or_default(),
        severity: event.severity(),
        // A condition without that state is there for as long as it is shown.
        active: event.flag(Field::Active).unwrap_or(retain) && retain,
        // Without the state there is nothing that anybody has to do.
        acked: acked.unwrap_or(true),
        confirmed: event.flag(Field::Confirmed).unwrap_or(true),
        suppressed: event.flag(Field::SuppressedOrShelved).unwrap_or(false),
        retain,
        acked_by: event.text(Field::ClientUserId).filter(|_| acked == Some(true)),
        at: event.time(received),
        replayed: false,
    };
    let id = match event.get(Field::EventId) {
        Some(Variant::ByteString(id)) => id.clone(),
        _ => ByteString::null(),
    };
    Told::Condition { report: Box::new(report), condition: condition.clone(), event: id }
}

/// The fields of an event.
struct Event<'a> {
    fields: &'a [Variant],
}

impl<'a> Event<'a> {
    fn get(&self, field: Field) -> Option<&'a Variant> {
        self.fields.get(field as usize)
    }

    fn node(&self, field: Field) -> Option<&'a NodeId> {
        match self.get(field)? {
            Variant::NodeId(id) if !id.is_null() => Some(id),
            _ => None,
        }
    }

    fn flag(&self, field: Field) -> Option<bool> {
        match self.get(field)? {
            Variant::Boolean(flag) => Some(*flag),
            _ => None,
        }
    }

    fn text(&self, field: Field) -> Option<String> {
        let text = match self.get(field)? {
            Variant::String(text) => text.as_ref(),
            Variant::LocalizedText(text) => text.text.as_ref(),
            _ => return None,
        };
        // A database keeps no zeros, and a line of a list no line breaks.
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        let text: String = text.trim().chars().take(MAX_TEXT).map(plain).collect();
        (!text.is_empty()).then_some(text)
    }

    fn severity(&self) -> u16 {
        match self.get(Field::Severity) {
            Some(Variant::UInt16(severity)) => (*severity).clamp(1, MAX_SEVERITY),
            _ => 1,
        }
    }

    fn time(&self, received: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let Some(Variant::DateTime(time)) = self.get(Field::Time) else { return None };
        let time = Some(time).filter(|time| !time.is_null())?.as_chrono().trunc_subsecs(6);
        let first = Utc.with_ymd_and_hms(FIRST_YEAR, 1, 1, 0, 0, 0).single()?;
        (time >= first && time <= received + MAX_AHEAD).then_some(time)
    }
}

/// A node as it can be named after a restart of the server: with the URI of its namespace, not the index. `None` when it is
/// too long, or of no namespace.
fn stable(id: &NodeId, uris: &HashMap<u16, String>) -> Option<String> {
    let text = match id.namespace {
        0 => id.to_string(),
        namespace => {
            let bare = NodeId { namespace: 0, identifier: id.identifier.clone() };
            // As the standard escapes what ends the URI.
            let uri = uris.get(&namespace)?.replace('%', "%25").replace(';', "%3B");
            format!("nsu={uri};{bare}")
        }
    };
    (text.len() <= MAX_NODE && !text.contains('\0')).then_some(text)
}

/// Events for tests.
#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// A condition of the node `i=number` in the third namespace.
    pub(in crate::opcua) fn condition(number: u32, retain: bool) -> Vec<Variant> {
        let mut fields = special(ObjectTypeId::AlarmConditionType);
        fields[Field::ConditionId as usize] = NodeId::new(3, number).into();
        fields[Field::Retain as usize] = retain.into();
        fields
    }

    /// An event of another type.
    pub(in crate::opcua) fn special(event_type: ObjectTypeId) -> Vec<Variant> {
        let mut fields = vec![Variant::Empty; FIELDS.len()];
        fields[Field::EventType as usize] = NodeId::from(event_type).into();
        fields
    }
}

#[cfg(test)]
mod tests {
    use opcua::types::{LocalizedText, UAString};

    use super::*;

    fn uris() -> HashMap<u16, String> {
        HashMap::from([(0, "http://opcfoundation.org/UA/".to_owned()), (3, "urn:plant".to_owned())])
    }

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 7, 1, 12, 0, 0).single().expect("a date")
    }

    fn overheated() -> Vec<Variant> {
        let mut fields = vec![Variant::Empty; FIELDS.len()];
        let mut set = |field: Field, value: Variant| fields[field as usize] = value;
        set(Field::EventId, ByteString::from(vec![1, 2]).into());
        set(Field::EventType, NodeId::from(ObjectTypeId::OffNormalAlarmType).into());
        set(Field::SourceNode, NodeId::new(3, "Line1").into());
        set(Field::Time, opcua::types::DateTime::from(now()).into());
        set(Field::Message, LocalizedText::new("en", "too\u{0} hot\n").into());
        set(Field::Severity, 2_000u16.into());
        set(Field::ConditionId, NodeId::new(3, 7u32).into());
        set(Field::ConditionName, UAString::from("Overheated").into());
        set(Field::BranchId, NodeId::null().into());
        set(Field::Retain, true.into());
        set(Field::Active, true.into());
        set(Field::Acked, false.into());
        fields
    }

    fn report(fields: &[Variant]) -> AlarmReport {
        match read(fields, None, &uris(), now()) {
            Told::Condition { report, .. } => *report,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_order_of_the_fields_is_that_of_the_clauses() {
        for (index, (field, ..)) in FIELDS.iter().enumerate() {
            assert_eq!(*field as usize, index);
        }
        let clauses = filter().select_clauses.expect("clauses");
        assert_eq!(clauses[Field::ConditionId as usize].attribute_id, AttributeId::NodeId as u32);
        assert_eq!(clauses[Field::Active as usize].browse_path.as_ref().map(Vec::len), Some(2));
    }

    #[test]
    fn a_condition_is_keyed_by_names_that_survive_a_restart() {
        let report = report(&overheated());
        assert_eq!(report.key.source_node, "nsu=urn:plant;s=Line1");
        assert_eq!((report.key.condition.as_str(), report.key.branch.as_str()), ("nsu=urn:plant;i=7", ""));
        assert_eq!((report.name.as_str(), report.message.as_str()), ("Overheated", "too  hot"));
        assert_eq!((report.severity, report.at), (1_000, Some(now())));
        assert!(report.active && report.retain && !report.acked && report.confirmed && !report.suppressed);
    }

    #[test]
    fn what_a_server_leaves_out_is_not_guessed_to_be_an_alarm() {
        let mut fields = overheated();
        fields[Field::Retain as usize] = Variant::Empty;
        let over = report(&fields);
        assert!(!over.active && !over.retain);
        fields[Field::Retain as usize] = true.into();
        fields[Field::Enabled as usize] = false.into();
        assert!(!report(&fields).retain, "a condition that is switched off shows nothing");
        fields[Field::ConditionId as usize] = Variant::Empty;
        assert_eq!(read(&fields, None, &uris(), now()), Told::Other);
        assert_eq!(read(&[], None, &uris(), now()), Told::Other);
    }

    #[test]
    fn a_node_of_an_unknown_namespace_names_nothing() {
        let mut fields = overheated();
        fields[Field::ConditionId as usize] = NodeId::new(9, 7u32).into();
        assert_eq!(read(&fields, None, &uris(), now()), Told::Other);
    }

    #[test]
    fn the_events_of_a_refresh_are_known() {
        let mut fields = vec![Variant::Empty; FIELDS.len()];
        fields[Field::EventType as usize] = NodeId::from(ObjectTypeId::RefreshEndEventType).into();
        assert_eq!(read(&fields, None, &uris(), now()), Told::RefreshEnd);
    }
}
