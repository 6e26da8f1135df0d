//! Messages as rows of the streams they belong to.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::{
    manifest::Read,
    nodes::{Nodes, Place},
    payload,
};

/// A message as it came.
pub(super) struct Incoming<'a> {
    pub(super) topic: &'a str,
    pub(super) payload: &'a [u8],
    pub(super) retained: bool,
    /// The broker sends it a second time.
    pub(super) again: bool,
    pub(super) at: DateTime<Utc>,
}

/// What a message is to a stream.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    /// It is not for this stream, or says nothing.
    Nothing,
    Row(Value),
    /// It can not be read: what is wrong.
    Wrong(String),
}

/// Reads a message for a stream.
pub(super) fn row(read: &Read, nodes: &mut Nodes, message: &Incoming<'_>) -> Found {
    match read {
        Read::Json { topics } => match topics.iter().find_map(|topic| topic.captures(message.topic)) {
            None => Found::Nothing,
            Some(captures) => plain(captures, message),
        },
        Read::Sparkplug { group } => match Place::of(message.topic) {
            Some(place) if group.as_deref().is_none_or(|group| group == place.group) => {
                sparkplug(nodes, &place, message)
            }
            _ => Found::Nothing,
        },
    }
}

fn plain(captures: Value, message: &Incoming<'_>) -> Found {
    // An empty retained message takes the last one back.
    let payload = match message.payload {
        [] => Value::Null,
        bytes => match crate::json::whole(bytes) {
            Ok(payload) => payload,
            Err(problem) => return Found::Wrong(problem),
        },
    };
    let at = message.at.to_rfc3339_opts(SecondsFormat::Millis, true);
    Found::Row(json!({ "topic": captures, "payload": payload, "retained": message.retained, "at": at }))
}

fn sparkplug(nodes: &mut Nodes, place: &Place<'_>, message: &Incoming<'_>) -> Found {
    // Orders to nodes are not for us, whatever they hold.
    if !matches!(place.kind, "NBIRTH" | "NDATA" | "NDEATH" | "DBIRTH" | "DDATA" | "DDEATH") {
        return Found::Nothing;
    }
    let taken = payload::read(message.payload).and_then(|payload| nodes.take(place, &payload, message.again));
    match taken {
        Ok(Some(row)) => Found::Row(row),
        Ok(None) => Found::Nothing,
        Err(problem) => Found::Wrong(problem),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::topic::Pattern, *};

    #[test]
    fn hostile_payloads_are_refused_and_empty_ones_are_null() {
        let read = Read::Json { topics: vec![Pattern::parse("f/{lot}").unwrap()] };
        let of = |topic, payload: &[u8]| {
            let message = Incoming { topic, payload, retained: true, again: false, at: DateTime::UNIX_EPOCH };
            row(&read, &mut Nodes::default(), &message)
        };
        let deep = "[".repeat(10_000);
        for bad in ["{\"a\":1,\"a\":2}", "{", "\u{1}", "nonsense", &deep] {
            assert!(matches!(of("f/L-1", bad.as_bytes()), Found::Wrong(_)), "{bad:.20}");
        }
        assert!(matches!(of("f/L-1", b"\xff\xfe"), Found::Wrong(_)));
        let Found::Row(row) = of("f/L-1", b"") else { panic!() };
        assert_eq!((row["payload"].clone(), row["topic"]["lot"].as_str()), (Value::Null, Some("L-1")));
        assert_eq!(of("g/L-1", b"{}"), Found::Nothing);
    }
}
