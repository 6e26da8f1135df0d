//! What is true when systems contradict each other. Pure: claims and a rule in, a conclusion with its reason out.
//!
//! The outcome depends on what is claimed and since when, never on the order in which it arrived.

use std::{cmp::Reverse, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::{entity::source_system::SourceKind, ids::SourceId, word::words};

words! {
    /// What the claims on one attribute amount to.
    Verdict {
        /// Every system that says something says the same.
        Agreed = "AGREED",
        /// They differ, and the rule or a person has settled it.
        Resolved = "RESOLVED",
        /// They differ, and their clocks and batches may still explain it.
        Pending = "PENDING",
        /// They differ for longer than that: somebody has to decide.
        Conflict = "CONFLICT",
        /// The system that decides is not heard: the value is the last known.
        Stale = "STALE",
    }
}

/// What one system says of one attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The system.
    pub source: SourceId,
    /// Its kind.
    pub kind: SourceKind,
    /// Its code, for the reason.
    pub code: String,
    /// The canonical value; `None` when it says that there is nothing, which contradicts nobody.
    pub value: Option<String>,
    /// Since when it says so, on our clock.
    pub since: DateTime<Utc>,
    /// Since when it says so, on its own clock.
    pub source_time: Option<DateTime<Utc>>,
    /// Whether the system is heard.
    pub live: bool,
}

/// How the claims on one attribute are weighed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Name and version, for whoever asks why.
    pub id: String,
    /// Which claim counts.
    pub strategy: Strategy,
    /// Decimals that differ by no more than this agree, and times that differ by no more seconds; `None`: texts that differ,
    /// differ.
    pub within: Option<Decimal>,
    /// Values that do not contradict each other: one system speaks more coarsely than another, or later.
    pub alike: Vec<Vec<String>>,
    /// Whether a difference is a conflict; otherwise the rule settles it.
    pub disputed: bool,
    /// How long two systems may differ, unless their pair has a window of its own.
    pub window: Duration,
    /// Windows by pair of kinds, in either order.
    pub windows: Vec<(SourceKind, SourceKind, Duration)>,
}

/// Which claim counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// That of the kind that stands first; a kind that is not listed comes last.
    Authority(Vec<SourceKind>),
    /// The value that stands first; a value that is not listed is as restrictive as the first.
    MostRestrictive(Vec<String>),
    /// The newest, by the systems' own clocks.
    Latest,
}

/// A difference that a person accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The claims that were accepted; others are another difference.
    pub fingerprint: String,
    /// Whose claim counts, if that was decided.
    pub chosen: Option<SourceId>,
    /// Until when.
    pub until: DateTime<Utc>,
    /// Who accepted it.
    pub by: String,
}

/// What the twin concludes, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conclusion {
    /// The governed value.
    pub value: Option<String>,
    /// What the claims amount to.
    pub verdict: Verdict,
    /// Whose claim counts.
    pub by: Option<SourceId>,
    /// Why, in words.
    pub reason: String,
    /// Since when the systems differ, while they do.
    pub differs_since: Option<DateTime<Utc>>,
    /// When a pending difference becomes a conflict, or when an accepted one is looked at again.
    pub deadline: Option<DateTime<Utc>>,
}

impl Rule {
    fn window(&self, a: SourceKind, b: SourceKind) -> TimeDelta {
        let pair = self.windows.iter().find(|(x, y, _)| (*x, *y) == (a, b) || (*x, *y) == (b, a));
        TimeDelta::from_std(pair.map_or(self.window, |(_, _, window)| *window)).unwrap_or(TimeDelta::MAX)
    }

    fn same(&self, a: &str, b: &str) -> bool {
        let close = |within: Decimal| {
            let (a, b) = measure(a).zip(measure(b))?;
            Some((a - b).abs() <= within)
        };
        let alike =
            |values: &Vec<String>| values.iter().any(|value| value == a) && values.iter().any(|value| value == b);
        a == b || self.within.and_then(close).unwrap_or(false) || self.alike.iter().any(alike)
    }

    /// The claim that counts. Ties go to the smaller id, so that the order of the claims never matters.
    fn decider<'a>(&self, said: &[&'a Claimed]) -> Option<&'a Claimed> {
        let first = |rank: &dyn Fn(&Claimed) -> usize| {
            said.iter().copied().min_by_key(|claim| (rank(claim), Reverse(claim.source_time), claim.source))
        };
        match &self.strategy {
            Strategy::Authority(kinds) => {
                first(&|claim| kinds.iter().position(|kind| *kind == claim.kind).unwrap_or(kinds.len()))
            }
            Strategy::MostRestrictive(values) => {
                first(&|claim| values.iter().position(|value| Some(value) == claim.value.as_ref()).unwrap_or(0))
            }
            Strategy::Latest => said
                .iter()
                .copied()
                .max_by_key(|claim| (claim.source_time.unwrap_or(claim.since), Reverse(claim.source))),
        }
    }
}

/// A decimal, or a time in seconds.
fn measure(text: &str) -> Option<Decimal> {
    let time = |text| DateTime::parse_from_rfc3339(text).ok().map(|time| Decimal::new(time.timestamp_millis(), 3));
    Decimal::from_str_exact(text).ok().or_else(|| time(text))
}

/// Names a difference: who says what.
pub fn fingerprint(claims: &[Claimed]) -> String {
    let mut parts: Vec<_> = claims
        .iter()
        .filter_map(|claim| claim.value.as_ref().map(|value| format!("{}={value}", claim.source)))
        .collect();
    parts.sort_unstable();
    parts.join(";")
}

/// Weighs the claims on one attribute, one per source. `None`: nobody says anything of it.
pub fn reconcile(
    rule: &Rule,
    claims: &[Claimed],
    accepted: Option<&Accepted>,
    now: DateTime<Utc>,
) -> Option<Conclusion> {
    let said: Vec<&Claimed> = claims.iter().filter(|claim| claim.value.is_some()).collect();
    let Some(decider) = rule.decider(&said) else {
        return (!claims.is_empty())
            .then(|| conclusion(None, Verdict::Agreed, None, "every system says nothing".into()));
    };
    let accepted = accepted.filter(|accepted| accepted.until > now && accepted.fingerprint == fingerprint(claims));
    if let Some(accepted) = accepted {
        let counts = accepted.chosen.and_then(|id| said.iter().copied().find(|claim| claim.source == id));
        let counts = counts.unwrap_or(decider);
        let reason = format!("{} accepted that the systems differ until {}", accepted.by, accepted.until.to_rfc3339());
        let settled = conclusion(counts.value.clone(), Verdict::Resolved, Some(counts.source), reason);
        return Some(Conclusion { deadline: Some(accepted.until), ..settled });
    }
    if !decider.live {
        let reason = format!("{} decides and is not heard: this is the last known", decider.code);
        return Some(conclusion(decider.value.clone(), Verdict::Stale, Some(decider.source), reason));
    }
    let value = decider.value.as_deref().unwrap_or_default();
    let differing: Vec<&Claimed> = said
        .iter()
        .copied()
        .filter(|claim| claim.live && claim.value.as_deref().is_some_and(|other| !rule.same(value, other)))
        .collect();
    if differing.is_empty() {
        let reason = match said.len() {
            1 => format!("only {} says anything", decider.code),
            count => format!("all {count} systems agree"),
        };
        return Some(conclusion(decider.value.clone(), Verdict::Agreed, Some(decider.source), reason));
    }
    Some(differ(rule, decider, &differing, now))
}

/// The conclusion on claims that differ from the one that counts.
fn differ(rule: &Rule, decider: &Claimed, differing: &[&Claimed], now: DateTime<Utc>) -> Conclusion {
    let others: Vec<_> = {
        let mut others: Vec<_> = differing
            .iter()
            .map(|claim| format!("{} says {}", claim.code, claim.value.as_deref().unwrap_or_default()))
            .collect();
        others.sort_unstable();
        others
    };
    let says = format!(
        "{} says {}, {}; by {} that of {} counts",
        decider.code,
        decider.value.as_deref().unwrap_or_default(),
        others.join(", "),
        rule.id,
        decider.code
    );
    if !rule.disputed {
        return conclusion(decider.value.clone(), Verdict::Resolved, Some(decider.source), says);
    }
    // The newest of the claims began the difference. The pair that has to agree first decides.
    let began = |claim: &Claimed| claim.since.max(decider.since);
    let deadline = differing
        .iter()
        .map(|claim| {
            began(claim).checked_add_signed(rule.window(decider.kind, claim.kind)).unwrap_or(DateTime::<Utc>::MAX_UTC)
        })
        .min();
    let since = differing.iter().map(|claim| began(claim)).min();
    let over = deadline.is_some_and(|deadline| deadline <= now);
    let verdict = if over { Verdict::Conflict } else { Verdict::Pending };
    Conclusion {
        differs_since: since,
        deadline: deadline.filter(|_| !over),
        ..conclusion(decider.value.clone(), verdict, Some(decider.source), says)
    }
}

fn conclusion(value: Option<String>, verdict: Verdict, by: Option<SourceId>, reason: String) -> Conclusion {
    Conclusion { value, verdict, by, reason, differs_since: None, deadline: None }
}

#[cfg(test)]
mod tests;
