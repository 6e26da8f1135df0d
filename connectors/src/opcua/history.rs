//! What a server kept of its values while nobody listened (HistoryRead), as far as it keeps any.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use opcua::types::{
    AttributeId, ByteString, DataValue, HistoryData, MonitoredItemNotification, NodeId, ReadRawModifiedDetails,
    ReadValueId, StatusCode, Variant,
};
use tokio::time::Instant;
use workflow::ingest::Signal;

use super::{
    attach::is_connection,
    item::Target,
    notification::handle_of,
    services::{CHUNK, Published, Services},
    source::{Fault, Source},
};

/// Values of one answer.
const VALUES_PER_ANSWER: u32 = 1_000;
/// Answers about one item.
const MAX_ANSWERS: usize = 20;
/// Values of all items together: they are one transaction, and live values wait behind it.
const MAX_VALUES: usize = 10_000;
/// A slow historian must not keep the present waiting.
const MAX_TIME: Duration = Duration::from_secs(30);
/// Further back nobody decides anything by it.
const MAX_SPAN: TimeDelta = TimeDelta::hours(24);
/// The clock of a device may be a little ahead of ours.
const AHEAD: TimeDelta = TimeDelta::minutes(1);
/// The bit of an access level that says that history can be read.
const HISTORY_READ: u8 = 1 << 2;

/// What was had from a server's history.
#[derive(Debug, Default)]
pub(super) struct Filled {
    /// The values, as signals in the order of their times.
    pub(super) signals: Vec<Signal>,
    /// How much of it, for a person; empty when the server keeps no history.
    pub(super) remark: String,
}

impl Source {
    /// Reads what happened since `from` from the server's history, of all items that have one.
    pub(super) async fn fill(&mut self, services: &Services, from: Option<DateTime<Utc>>) -> Result<Filled, Fault> {
        let now = self.clock.now();
        let Some(from) = from.map(|from| from.max(now - MAX_SPAN)).filter(|from| *from < now) else {
            return Ok(Filled::default());
        };
        let kept = self.kept(services).await?;
        if kept.is_empty() {
            return Ok(Filled::default());
        }
        let until = Instant::now() + MAX_TIME;
        let (mut values, mut whole, items) = (Vec::new(), true, kept.len());
        for (index, node) in kept {
            let room = MAX_VALUES - values.len();
            match read(services, node, from, now + AHEAD, room, until).await {
                Ok((found, all)) => {
                    whole &= all;
                    let of = |value| MonitoredItemNotification { client_handle: handle_of(index), value };
                    values.extend(found.into_iter().map(of));
                }
                Err(status) if is_connection(status) => return Err(Fault::Service(status)),
                Err(status) => {
                    let (source, item) = (&self.config.source, self.config.items[index].name());
                    tracing::warn!(source, %item, %status, "the history of a node can not be read");
                    whole = false;
                }
            }
        }
        values.sort_by_key(|value| time_of(&value.value));
        let count = values.len();
        let signals = self.replay(services, values, now).await?;
        self.health.replayed(count);
        let part = if whole { "" } else { ", not all that there is" };
        let remark = format!("; {count} values of {items} nodes were had from the server's history{part}");
        Ok(Filled { signals, remark })
    }

    /// The items whose history the server shows, with their nodes.
    async fn kept(&self, services: &Services) -> Result<Vec<(usize, NodeId)>, Fault> {
        let present = self.items.present().into_iter();
        let values = present.filter(|index| !matches!(self.config.items[*index].target, Target::Alarms(..)));
        let present: Vec<_> = values.filter_map(|index| Some((index, self.items.node(index)?.clone()))).collect();
        let mut kept = Vec::new();
        for chunk in present.chunks(CHUNK) {
            let level = |(_, node): &(usize, NodeId)| ReadValueId {
                node_id: node.clone(),
                attribute_id: AttributeId::UserAccessLevel as u32,
                ..Default::default()
            };
            let levels = services.read_attributes(chunk.iter().map(level).collect()).await.map_err(Fault::Service)?;
            let shows =
                |value: &DataValue| matches!(value.value, Some(Variant::Byte(bits)) if bits & HISTORY_READ != 0);
            kept.extend(chunk.iter().zip(levels).filter(|(_, level)| shows(level)).map(|(item, _)| item.clone()));
        }
        Ok(kept)
    }

    /// Reads values of the past as if they came now, and marks them.
    async fn replay(
        &mut self,
        services: &Services,
        values: Vec<MonitoredItemNotification>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Signal>, Fault> {
        let message = Published { values, ..Published::default() };
        self.learn_states(services, &message).await?;
        let decoded = self.decoder.decode(&self.config.items, message.values, now);
        // An overflow of then was told then.
        let told = decoded.signals.into_iter().filter(|signal| !matches!(signal, Signal::Gap { .. }));
        let mut told: Vec<_> = told.collect();
        told.sort_by_key(at);
        Ok(told.into_iter().map(|signal| Signal::Replayed(Box::new(signal))).collect())
    }
}

/// When a value was true.
fn at(signal: &Signal) -> Option<DateTime<Utc>> {
    match signal {
        Signal::LineState { stamp, .. }
        | Signal::Counter { stamp, .. }
        | Signal::Parameter { stamp, .. }
        | Signal::ActiveOrder { stamp, .. } => Some(stamp.event_time()),
        _ => None,
    }
}

fn time_of(value: &DataValue) -> Option<DateTime<Utc>> {
    let time = value.source_timestamp.as_ref().or(value.server_timestamp.as_ref())?;
    Some(time.as_chrono().trunc_subsecs(6))
}

/// The values of one node after `from`, at most `room` of them, and whether these are all.
async fn read(
    services: &Services,
    node: NodeId,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    room: usize,
    until: Instant,
) -> Result<(Vec<DataValue>, bool), StatusCode> {
    let details = ReadRawModifiedDetails {
        is_read_modified: false,
        start_time: from.into(),
        end_time: to.into(),
        num_values_per_node: VALUES_PER_ANSWER,
        return_bounds: false,
    };
    let (mut values, mut point, mut last) = (Vec::new(), ByteString::null(), None);
    for answer in 1.. {
        let result = services.history(details.clone(), node.clone(), point, false).await?;
        if result.status_code.is_bad() {
            return Err(result.status_code);
        }
        let data = result.history_data.into_inner_as::<HistoryData>();
        let found = data.and_then(|data| data.data_values).unwrap_or_default();
        // A value without a time belongs nowhere, and one that does not come later would make the reading endless.
        let later = |value: &DataValue| {
            let at = time_of(value);
            let is_later = at.is_some_and(|at| at > from && last.is_none_or(|last| at >= last));
            last = if is_later { at } else { last };
            is_later
        };
        values.extend(found.into_iter().filter(later));
        point = result.continuation_point;
        if point.is_null_or_empty() && values.len() <= room {
            return Ok((values, true));
        }
        if values.len() >= room || answer >= MAX_ANSWERS || Instant::now() > until {
            if !point.is_null_or_empty() {
                // The server then forgets the rest; whether it says so does not matter.
                let _ = services.history(details, node, point, true).await;
            }
            values.truncate(room);
            return Ok((values, false));
        }
    }
    Ok((values, true))
}
