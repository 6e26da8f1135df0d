//! The alarms of one source: rounds in which the server repeats what it shows, and what an acknowledgement has to name.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use chrono::{DateTime, Utc};
use model::LineId;
use opcua::types::{ByteString, EventFieldList, NodeId};
use tokio::time::Instant;
use workflow::ingest::{AlarmKey, Signal};

use super::{
    condition::{Told, read},
    item::{Item, Target},
    notification::index_from,
};

/// Alarms that are remembered of one round, and to be acknowledged. A plant that shows more has another problem.
const MAX_SHOWN: usize = 10_000;
/// A round is over when nothing more of it came for so long: a server may end it item by item.
const SETTLES: Duration = Duration::from_secs(2);
/// A round that does not end for so long is taken for broken.
const GIVES_UP: Duration = Duration::from_secs(30);
/// Pause before a round that was refused is asked for again.
const AGAIN: Duration = Duration::from_secs(10);

/// What an acknowledgement names.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Known {
    /// The condition, as this session calls it.
    pub(super) condition: NodeId,
    /// Its last event.
    pub(super) event: ByteString,
    /// Whether the plant file lets people acknowledge it.
    pub(super) acknowledge: bool,
    /// Whether the server says that somebody did.
    pub(super) acked: bool,
}

/// The server repeats what it shows.
#[derive(Debug, Default)]
struct Round {
    started: HashSet<usize>,
    ended: HashSet<usize>,
    shown: HashSet<AlarmKey>,
    /// When the last of it came.
    heard: Option<Instant>,
    /// More came than is remembered: nothing may be taken for over.
    overrun: bool,
}

impl Round {
    fn has_ended(&self) -> bool {
        !self.ended.is_empty() && self.started.is_subset(&self.ended)
    }

    /// When it is to be concluded, if nothing more of it comes.
    fn settles(&self) -> Option<Instant> {
        Some(self.heard? + if self.has_ended() { SETTLES } else { GIVES_UP })
    }
}

/// What is known of the alarms of one source.
#[derive(Debug)]
pub(super) struct Alarms {
    /// URIs of the namespaces by their indices in this session; empty until asked for.
    uris: HashMap<u16, String>,
    round: Option<Round>,
    /// When to ask for a round; `None`: not at all.
    wanted: Option<Instant>,
    known: HashMap<AlarmKey, Known>,
}

/// What the events of one message come to.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// In the order of the message.
    pub(super) signals: Vec<Signal>,
    /// Items whose queue had overflowed.
    pub(super) overflown: Vec<usize>,
    /// Alarms that were not taken, because the server shows too many.
    pub(super) refused: usize,
}

impl Alarms {
    pub(super) fn new() -> Self {
        Self { uris: HashMap::new(), round: None, wanted: None, known: HashMap::new() }
    }

    /// Another session: indices and ids mean other things.
    pub(super) fn forget(&mut self) {
        self.uris.clear();
        self.round = None;
        self.known.clear();
    }

    /// Whether the namespaces have to be asked for before events can be read.
    pub(super) fn lacks_namespaces(&self) -> bool {
        self.uris.is_empty()
    }

    /// The namespaces of this session.
    pub(super) fn learn(&mut self, uris: HashMap<u16, String>) {
        self.uris = uris;
    }

    /// What is shown has to be asked for, because it may have changed unseen.
    pub(super) fn want(&mut self, now: Instant) {
        self.wanted = Some(now);
    }

    /// The server does not repeat now; later perhaps.
    pub(super) fn want_later(&mut self, now: Instant) {
        self.wanted = Some(now + AGAIN);
    }

    /// Whether to ask for a round now. Asking settles it.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        self.wanted.take_if(|at| *at <= now).is_some()
    }

    /// When the server has to be asked next, or a round settles.
    pub(super) fn due(&self) -> Option<Instant> {
        let settles = self.round.as_ref().and_then(Round::settles);
        self.wanted.into_iter().chain(settles).min()
    }

    /// Reads the events of one message.
    pub(super) fn read(
        &mut self,
        items: &[Item],
        events: Vec<EventFieldList>,
        received: DateTime<Utc>,
        now: Instant,
    ) -> Read {
        let mut done = Read::default();
        for event in events {
            let Some(index) = index_from(event.client_handle).filter(|index| *index < items.len()) else { continue };
            let Target::Alarms(line, acknowledge) = items[index].target else { continue };
            match read(event.event_fields.as_deref().unwrap_or_default(), line, &self.uris, received) {
                Told::Condition { mut report, condition, event } => {
                    if let Some(round) = &mut self.round {
                        round.heard = Some(now);
                        report.replayed = true;
                        if report.retain && round.shown.len() < MAX_SHOWN {
                            round.shown.insert(report.key.clone());
                        } else if report.retain {
                            round.overrun = true;
                        } else {
                            round.shown.remove(&report.key);
                        }
                    }
                    let known = Known { condition, event, acknowledge, acked: report.acked };
                    if self.remember(&report.key, report.retain, known) {
                        done.signals.push(Signal::Alarm(report));
                    } else {
                        done.refused += 1;
                    }
                }
                Told::RefreshStart => {
                    let round = self.round.get_or_insert_default();
                    if round.ended.contains(&index) {
                        // Another round. What the last one repeated may be over by now.
                        *round = Round::default();
                    }
                    round.started.insert(index);
                    round.heard = Some(now);
                }
                Told::RefreshEnd => {
                    if let Some(round) = &mut self.round {
                        round.ended.insert(index);
                        round.heard = Some(now);
                    }
                }
                Told::RefreshRequired => self.want(now),
                Told::Overflow => {
                    self.want(now);
                    done.overflown.push(index);
                }
                Told::Other => {}
            }
        }
        done
    }

    /// Takes an alarm in, unless it is one too many: a server that invents conditions must not fill the twin.
    fn remember(&mut self, key: &AlarmKey, retain: bool, known: Known) -> bool {
        if !retain {
            self.known.remove(key);
            return true;
        }
        if self.known.len() >= MAX_SHOWN && !self.known.contains_key(key) {
            return false;
        }
        // A notifier that may not acknowledge takes nothing from one that may.
        let acknowledge = known.acknowledge || self.known.get(key).is_some_and(|before| before.acknowledge);
        self.known.insert(key.clone(), Known { acknowledge, ..known });
        true
    }

    /// What a round that has settled says: what it did not repeat is over. `alive` are the event items that the server has.
    pub(super) fn settled(&mut self, items: &[Item], alive: &[usize], now: Instant) -> Option<Signal> {
        let round = self.round.take_if(|round| round.settles().is_none_or(|settles| settles <= now))?;
        if round.overrun || !round.has_ended() {
            tracing::warn!("the alarms were not repeated to the end; what is over stays shown until they are");
            return None;
        }
        // Some servers say the beginning and the end only once, at one of the items.
        let mut lines: Vec<Option<LineId>> = Vec::new();
        for index in alive {
            if let Target::Alarms(line, _) = items[*index].target
                && !lines.contains(&line)
            {
                lines.push(line);
            }
        }
        self.known.retain(|key, _| round.shown.contains(key));
        Some(Signal::AlarmsRefreshed { lines, shown: round.shown.into_iter().collect() })
    }

    /// What an acknowledgement of this alarm has to name; `None` when the server does not show it.
    #[cfg(any(test, feature = "floor-writes"))]
    pub(super) fn known(&self, key: &AlarmKey) -> Option<&Known> {
        self.known.get(key)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use opcua::types::{ObjectTypeId, Variant};

    use super::*;
    use crate::opcua::{
        condition::testing::{condition, special},
        path::{Aliases, NodePath},
    };

    fn items() -> Vec<Item> {
        let aliases = Aliases::new(&BTreeMap::new()).expect("valid");
        let item = |line| Item {
            paths: vec![NodePath::parse("ua:Server", None, &aliases).expect("valid")],
            target: Target::Alarms(line, line.is_some()),
            sampling: Duration::ZERO,
            rate: 1.0,
            queue: 1_000,
        };
        vec![item(None), item(Some(LineId::new()))]
    }

    fn alarms() -> Alarms {
        let mut alarms = Alarms::new();
        alarms.learn(HashMap::from([(3, "urn:plant".to_owned())]));
        alarms
    }

    fn of(item: u32, fields: Vec<Variant>) -> EventFieldList {
        EventFieldList { client_handle: item + 1, event_fields: Some(fields) }
    }

    fn reported(read: &Read) -> Vec<(bool, bool)> {
        let alarm = |signal: &Signal| match signal {
            Signal::Alarm(report) => (report.retain, report.replayed),
            other => panic!("{other:?}"),
        };
        read.signals.iter().map(alarm).collect()
    }

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    #[test]
    fn what_a_round_does_not_repeat_is_over() {
        let (items, mut alarms, begin) = (items(), alarms(), Instant::now());
        let live = alarms.read(&items, vec![of(1, condition(7, true))], NOW, begin);
        assert_eq!(reported(&live), [(true, false)]);
        assert!(alarms.settled(&items, &[0, 1], begin).is_none(), "no round yet");
        let start = || special(ObjectTypeId::RefreshStartEventType);
        let end = || special(ObjectTypeId::RefreshEndEventType);
        let events = vec![of(0, start()), of(0, end()), of(1, start()), of(1, condition(8, true))];
        assert_eq!(reported(&alarms.read(&items, events, NOW, begin)), [(true, true)]);
        let later = begin + SETTLES;
        assert!(alarms.settled(&items, &[0, 1], later).is_none(), "the second item has not ended");
        alarms.read(&items, vec![of(1, end())], NOW, later);
        assert!(alarms.settled(&items, &[0, 1], later).is_none(), "more may come");
        let settled = alarms.settled(&items, &[0, 1], later + SETTLES);
        let Some(Signal::AlarmsRefreshed { lines, shown }) = settled else { panic!("{settled:?}") };
        assert_eq!((lines.len(), shown.len()), (2, 1));
        assert_eq!(shown[0].condition, "nsu=urn:plant;i=8");
        assert!(alarms.known(&shown[0]).is_some_and(|known| known.acknowledge));
        assert!(alarms.settled(&items, &[0, 1], later + SETTLES).is_none(), "once");
    }

    /// An earlier round may still be in the server's queue when the next one is asked for.
    #[test]
    fn only_the_last_round_counts() {
        let (items, mut alarms, begin) = (items(), alarms(), Instant::now());
        let start = || of(0, special(ObjectTypeId::RefreshStartEventType));
        let end = || of(0, special(ObjectTypeId::RefreshEndEventType));
        let events = vec![start(), of(1, condition(7, true)), end(), start(), of(1, condition(8, true)), end()];
        alarms.read(&items, events, NOW, begin);
        let settled = alarms.settled(&items, &[0, 1], begin + SETTLES);
        let Some(Signal::AlarmsRefreshed { shown, .. }) = settled else { panic!("{settled:?}") };
        assert_eq!(shown.iter().map(|key| key.condition.as_str()).collect::<Vec<_>>(), ["nsu=urn:plant;i=8"]);
    }

    #[test]
    fn a_round_that_breaks_off_clears_nothing() {
        let (items, mut alarms, begin) = (items(), alarms(), Instant::now());
        alarms.read(&items, vec![of(0, special(ObjectTypeId::RefreshStartEventType))], NOW, begin);
        assert_eq!(alarms.due(), Some(begin + GIVES_UP));
        assert!(alarms.settled(&items, &[0, 1], begin + GIVES_UP).is_none());
        assert!(alarms.due().is_none());
    }

    #[test]
    fn lost_events_and_requests_of_the_server_cause_a_round() {
        let (items, mut alarms, begin) = (items(), alarms(), Instant::now());
        let overflow = special(ObjectTypeId::EventQueueOverflowEventType);
        assert_eq!(alarms.read(&items, vec![of(1, overflow)], NOW, begin).overflown, [1]);
        assert!(alarms.is_due(begin) && !alarms.is_due(begin));
        alarms.read(&items, vec![of(0, special(ObjectTypeId::RefreshRequiredEventType))], NOW, begin);
        assert!(alarms.is_due(begin));
        alarms.want_later(begin);
        assert!(!alarms.is_due(begin) && alarms.is_due(begin + AGAIN));
    }

    #[test]
    fn a_server_that_invents_alarms_does_not_fill_the_twin() {
        let (items, mut alarms, now) = (items(), alarms(), Instant::now());
        let many = u32::try_from(MAX_SHOWN).expect("small") + 3;
        let events = (0..many).map(|number| of(0, condition(number, true))).collect();
        let read = alarms.read(&items, events, NOW, now);
        assert_eq!((read.signals.len(), read.refused), (MAX_SHOWN, 3));
        // Those that it has still change and end, and make room.
        let read = alarms.read(&items, vec![of(0, condition(0, false)), of(0, condition(many, true))], NOW, now);
        assert_eq!((read.signals.len(), read.refused), (2, 0));
    }

    #[test]
    fn handles_that_no_server_should_invent_are_passed_over() {
        let (items, mut alarms) = (items(), alarms());
        for handle in [0, 3, u32::MAX] {
            let event = EventFieldList { client_handle: handle, event_fields: None };
            assert!(alarms.read(&items, vec![event], NOW, Instant::now()).signals.is_empty());
        }
    }
}
