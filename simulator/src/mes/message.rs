//! Messages of B2MML that the MES takes, and what it confirms.

use axum::http::StatusCode;
use chrono::{DateTime, SecondsFormat, Utc};
use quick_xml::escape::escape;

use super::{
    CONFIRMATIONS_MAX, Mes,
    outbox::NAMESPACE,
    rows::{JobState, Table},
    xml::{Element, parse},
};
use crate::{business::call::Reply, plant::LineId};

/// Why a message was not carried out: reason code and description.
struct Failure(&'static str, String);

/// What a message asks for.
enum Order<'a> {
    Lot { number: &'a str, material: Option<&'a str>, restricted: bool },
    State { order: &'a str, state: JobState },
    Line { order: &'a str, line: &'a str },
}

impl Order<'_> {
    fn action(&self) -> &'static str {
        match self {
            Order::Lot { restricted: true, .. } => "block-lot",
            Order::Lot { restricted: false, .. } => "release-lot",
            Order::State { state: JobState::Running, .. } => "start-order",
            Order::State { state: JobState::Cancelled, .. } => "cancel-order",
            Order::State { .. } => "release-order",
            Order::Line { .. } => "change-line",
        }
    }
}

/// The name that faults have for a message.
pub(super) fn action(body: &[u8]) -> &'static str {
    let root = std::str::from_utf8(body).ok().and_then(|text| parse(text).ok());
    let orders = root.as_ref().and_then(|root| read(root).ok());
    orders.and_then(|orders| orders.first().map(Order::action)).unwrap_or("message")
}

/// What a message asks for, each noun by itself.
fn read(root: &Element) -> Result<Vec<Order<'_>>, Failure> {
    let data = root.at(&["DataArea"]).ok_or_else(|| Failure("CONTENT", "DataArea is missing".to_owned()))?;
    let missing = |what: &str| Failure("CONTENT", format!("{what} is missing"));
    let mut orders = Vec::new();
    match root.name.as_str() {
        "SyncMaterialLot" | "ProcessMaterialLot" | "ChangeMaterialLot" => {
            for lot in data.all("MaterialLot") {
                let number = lot.text_at(&["ID"]).ok_or_else(|| missing("MaterialLot/ID"))?;
                let restricted = match lot.text_at(&["Disposition"]) {
                    Some("Restricted") => true,
                    Some("UnRestricted") => false,
                    other => return Err(Failure("CONTENT", format!("Disposition {other:?} is not supported"))),
                };
                orders.push(Order::Lot { number, material: lot.text_at(&["MaterialDefinitionID"]), restricted });
            }
        }
        "ProcessOperationsSchedule" | "SyncOperationsSchedule" | "ChangeOperationsSchedule" => {
            for request in data.all("OperationsSchedule").flat_map(|schedule| schedule.all("OperationsRequest")) {
                let order = request.text_at(&["ID"]).ok_or_else(|| missing("OperationsRequest/ID"))?;
                let line = request
                    .text_at(&["HierarchyScope", "EquipmentID"])
                    .or_else(|| request.text_at(&["SegmentRequirement", "EquipmentRequirement", "EquipmentID"]));
                orders.extend(line.map(|line| Order::Line { order, line }));
                let state = match request.text_at(&["RequestState"]) {
                    Some("Released" | "Ready") => Some(JobState::Ready),
                    Some("Running") => Some(JobState::Running),
                    Some("Cancelled" | "Aborted") => Some(JobState::Cancelled),
                    Some(other) => return Err(Failure("CONTENT", format!("RequestState {other} is not supported"))),
                    None => None,
                };
                orders.extend(state.map(|state| Order::State { order, state }));
            }
        }
        other => return Err(Failure("NOUN", format!("{other} is not supported"))),
    }
    if orders.is_empty() { Err(Failure("CONTENT", "the message asks for nothing".to_owned())) } else { Ok(orders) }
}

impl Mes {
    pub(super) fn take_message(&mut self, body: &[u8], now: DateTime<Utc>) -> Reply {
        let root = match std::str::from_utf8(body).map_err(|problem| problem.to_string()).and_then(parse) {
            Ok(root) => root,
            Err(problem) => return Reply::typed(StatusCode::BAD_REQUEST, "text/plain", problem),
        };
        let Some(id) = root.text_at(&["ApplicationArea", "BODID"]) else {
            return Reply::typed(StatusCode::BAD_REQUEST, "text/plain", "BODID is missing".to_owned());
        };
        if let Some((_, confirmation)) = self.confirmations.get(id) {
            return Reply::xml(StatusCode::OK, confirmation.clone());
        }
        let outcome = read(&root).and_then(|orders| {
            // All or nothing: what is refused halfway leaves no trace. A single one is refused before it changes anything.
            let before = (orders.len() > 1).then(|| self.clone());
            let carried_out = orders.iter().try_for_each(|order| self.carry_out(order, id, now));
            if let (Err(_), Some(before)) = (&carried_out, before) {
                *self = before;
            }
            carried_out
        });
        let confirmation = confirm(&root, id, &outcome, now);
        if self.confirmations.len() >= CONFIRMATIONS_MAX {
            let oldest = self.confirmations.iter().min_by_key(|(_, (number, _))| *number).map(|(id, _)| id.clone());
            oldest.and_then(|id| self.confirmations.remove(&id));
        }
        self.last_confirmation += 1;
        self.confirmations.insert(id.to_owned(), (self.last_confirmation, confirmation.clone()));
        Reply::xml(StatusCode::OK, confirmation)
    }

    fn carry_out(&mut self, order: &Order<'_>, key: &str, now: DateTime<Utc>) -> Result<(), Failure> {
        match order {
            Order::Lot { number, material, restricted } => {
                let unknown = || Failure("LOT_UNKNOWN", format!("there is no lot {number}"));
                let id = self.by_number.get(*number).cloned().ok_or_else(unknown)?;
                let lot = self.lots.get_mut(&id).ok_or_else(unknown)?;
                if material.is_some_and(|material| material != lot.material) {
                    return Err(unknown());
                }
                if lot.restricted == *restricted {
                    return Ok(());
                }
                let before = lot.disposition();
                lot.restricted = *restricted;
                lot.status = if *restricted { "LOCKED" } else { "OK" }.to_owned();
                let after = lot.disposition();
                self.touch(Table::Lot, &id);
                self.tell_lot(&id, "Change", now);
                self.ledger.record(now, key, order.action(), number, (before, after));
            }
            Order::State { order: number, state } => {
                let job = self.job(number)?;
                let before = job.state;
                let allowed = match state {
                    JobState::Ready => matches!(before, JobState::Queued | JobState::Ready),
                    JobState::Running => matches!(before, JobState::Ready | JobState::Running),
                    _ => matches!(before, JobState::Queued | JobState::Ready | JobState::Cancelled),
                };
                if !allowed {
                    let problem = format!("order {number} is {} and cannot become {}", before.word(), state.word());
                    return Err(Failure("STATE", problem));
                }
                if before != *state {
                    job.state = *state;
                    if *state == JobState::Running {
                        job.started_at = job.started_at.or(Some(now));
                    }
                    self.changed_by(number, order, key, (before.word(), state.word()), now);
                }
            }
            Order::Line { order: number, line } => {
                let line = LineId::from_code(line)
                    .ok_or_else(|| Failure("EQUIPMENT_UNKNOWN", format!("there is no line {line}")))?;
                let job = self.job(number)?;
                if matches!(job.state, JobState::Done | JobState::Cancelled) {
                    return Err(Failure("STATE", format!("order {number} is {}", job.state.word())));
                }
                if job.line != line.code() {
                    let before = std::mem::replace(&mut job.line, line.code().to_owned());
                    self.changed_by(number, order, key, (&before, line.code()), now);
                }
            }
        }
        Ok(())
    }

    fn changed_by(&mut self, number: &str, order: &Order<'_>, key: &str, change: (&str, &str), now: DateTime<Utc>) {
        self.touch(Table::Job, number);
        self.touch(Table::JobResponse, number);
        self.ledger.record(now, key, order.action(), number, change);
    }

    fn job(&mut self, number: &str) -> Result<&mut super::Job, Failure> {
        self.jobs.get_mut(number).ok_or_else(|| Failure("ORDER_UNKNOWN", format!("there is no order {number}")))
    }
}

fn confirm(root: &Element, id: &str, outcome: &Result<(), Failure>, now: DateTime<Utc>) -> String {
    let at = now.to_rfc3339_opts(SecondsFormat::Millis, true);
    let text = |path: &[&str]| escape(root.text_at(path).unwrap_or_default()).into_owned();
    let sender = text(&["ApplicationArea", "Sender", "LogicalID"]);
    let sent = text(&["ApplicationArea", "CreationDateTime"]);
    let result = match outcome {
        Ok(()) => "<BODSuccessMessage/>".to_owned(),
        Err(Failure(code, description)) => format!(
            "<BODFailureMessage><ErrorProcessMessage><Description>{}</Description><ReasonCode>{code}</ReasonCode>\
             </ErrorProcessMessage></BODFailureMessage>",
            escape(description.as_str()),
        ),
    };
    let id = escape(id);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ConfirmBOD xmlns=\"{NAMESPACE}\" releaseID=\"7.0.1\">\
         <ApplicationArea><Sender><LogicalID>MES</LogicalID></Sender><CreationDateTime>{at}</CreationDateTime>\
         <BODID>CONFIRM-{id}</BODID></ApplicationArea><DataArea><Confirm><OriginalApplicationArea><Sender>\
         <LogicalID>{sender}</LogicalID></Sender><CreationDateTime>{sent}</CreationDateTime><BODID>{id}</BODID>\
         </OriginalApplicationArea></Confirm><BOD>{result}</BOD></DataArea></ConfirmBOD>\n"
    )
}
