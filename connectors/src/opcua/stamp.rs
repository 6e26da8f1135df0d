//! The clocks of a value. An absurd one is dropped, so that it neither freezes a value in the future nor sorts it into the past.

use chrono::{DateTime, SubsecRound, TimeDelta, TimeZone, Utc};
use opcua::types::DataValue;
use workflow::ingest::Stamp;

/// Clocks that show less were never set.
const FIRST_YEAR: i32 = 2000;
/// Clocks that are further ahead are wrong; the same bound quarantines events everywhere else.
const MAX_AHEAD: TimeDelta = TimeDelta::minutes(5);

/// The stamp of a value, and how many of its two clocks were absurd.
pub(super) fn stamp(value: &DataValue, status: u32, received: DateTime<Utc>) -> (Stamp, u64) {
    let mut absurd = 0;
    let mut sane = |time: Option<&opcua::types::DateTime>| {
        let time = time.filter(|time| !time.is_null())?.as_chrono().trunc_subsecs(6);
        let first = Utc.with_ymd_and_hms(FIRST_YEAR, 1, 1, 0, 0, 0).single().expect("a date of the calendar");
        if time < first || time > received + MAX_AHEAD {
            absurd += 1;
            return None;
        }
        Some(time)
    };
    let source_time = sane(value.source_timestamp.as_ref());
    let server_time = sane(value.server_timestamp.as_ref());
    let overflow = value.status.is_some_and(|status| status.overflow());
    (Stamp { source_time, server_time, received_time: received, status, overflow }, absurd)
}

/// The stamp of something that no server said: it is known from now on.
pub(super) fn own(status: u32, received: DateTime<Utc>) -> Stamp {
    Stamp { source_time: None, server_time: None, received_time: received, status, overflow: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(source: Option<DateTime<Utc>>, server: Option<DateTime<Utc>>) -> DataValue {
        DataValue {
            source_timestamp: source.map(Into::into),
            server_timestamp: server.map(Into::into),
            ..Default::default()
        }
    }

    #[test]
    fn absurd_clocks_fall_back() {
        let now = Utc.with_ymd_and_hms(2026, 7, 1, 12, 0, 0).single().expect("a date");
        let (sane, before, after) =
            (now - TimeDelta::seconds(1), now - TimeDelta::days(12_000), now + TimeDelta::minutes(6));
        for wrong in [before, after] {
            let (stamp, absurd) = stamp(&value(Some(wrong), Some(sane)), 0, now);
            assert_eq!((stamp.source_time, stamp.server_time, absurd), (None, Some(sane), 1));
            assert_eq!(stamp.event_time(), sane);
        }
        let (both, absurd) = stamp(&value(Some(before), Some(after)), 0, now);
        assert_eq!((both.event_time(), absurd), (now, 2));
    }

    #[test]
    fn a_missing_clock_is_not_absurd() {
        let now = Utc.with_ymd_and_hms(2026, 7, 1, 12, 0, 0).single().expect("a date");
        let (stamp, absurd) = stamp(&value(None, None), 0, now);
        assert_eq!((stamp.source_time, stamp.server_time, absurd), (None, None, 0));
    }

    #[test]
    fn a_little_ahead_is_believed() {
        let now = Utc.with_ymd_and_hms(2026, 7, 1, 12, 0, 0).single().expect("a date");
        let ahead = now + TimeDelta::minutes(4);
        assert_eq!(stamp(&value(Some(ahead), None), 0, now).0.source_time, Some(ahead));
    }
}
