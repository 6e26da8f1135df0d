//! What a client may change.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::{
    Intent, Sap, keys,
    papers::{Document, DocumentItem},
    query::entity,
    refusal::Refusal,
    rows::{PLANT, Stock},
    sets::{BATCHES, DELIVERIES, DOCUMENT_ITEMS, DOCUMENTS, ORDERS},
};
use crate::{
    business::call::{Call, Reply},
    erp::record::OrderStatus,
    plant::LineId,
};

pub(super) const PATCH_BATCH: &str = "patch-batch";
pub(super) const PATCH_DELIVERY: &str = "patch-delivery";
pub(super) const POST_DOCUMENT: &str = "post-material-document";
/// The function imports of production orders; the last one is ours.
pub(super) const FUNCTIONS: [&str; 4] = ["ReleaseOrder", "TechlyCmpltOrder", "DeletionFlagOrder", "ChangeWorkCenter"];

/// Longest reference of a material document.
const REFERENCE_CHARS_MAX: usize = 16;
/// Material documents that are kept; far more than a test makes.
const DOCUMENTS_MAX: usize = 100_000;
/// Most lines of a material document.
const ITEMS_MAX: usize = 1000;

impl Sap {
    pub(super) fn patch_batch(&mut self, call: &Call, key: &str, now: DateTime<Utc>) -> Result<Reply, Refusal> {
        let key = keys(&BATCHES, key)?;
        let found = self.batches.get_mut(&(key[0].clone(), key[2].clone()));
        let batch = found.ok_or_else(|| Refusal::no_entity(&key.join(",")))?;
        check_match(call, &format!("W/\"'{}'\"", batch.version))?;
        let body = object(call)?;
        only(&body, &["MatlBatchIsInRstrcdUseStock", "BatchIsMarkedForDeletion"])?;
        let flag = |name: &str| match body.get(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(Refusal::body(format!("Property {name} has an invalid value"))),
        };
        let (restricted, deleted) = (flag("MatlBatchIsInRstrcdUseStock")?, flag("BatchIsMarkedForDeletion")?);
        let before = format!("{},{}", batch.restricted, batch.kind().map_or("", Stock::code));
        match restricted {
            Some(true) if !batch.restricted => batch.convert(Stock::Unrestricted, Stock::RestrictedUse),
            Some(false) if batch.restricted => batch.convert(Stock::RestrictedUse, Stock::Unrestricted),
            _ => {}
        }
        let changed = restricted.is_some_and(|value| value != batch.restricted)
            || deleted.is_some_and(|value| value != batch.deleted);
        batch.restricted = restricted.unwrap_or(batch.restricted);
        batch.deleted = deleted.unwrap_or(batch.deleted);
        if changed {
            batch.touch(now);
            let after = format!("{},{}", batch.restricted, batch.kind().map_or("", Stock::code));
            self.told.insert(key[2].clone(), batch.restricted);
            self.ledger.record(now, request_id(call), PATCH_BATCH, &key[2], (&before, &after));
        }
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    }

    pub(super) fn patch_delivery(&mut self, call: &Call, key: &str, now: DateTime<Utc>) -> Result<Reply, Refusal> {
        let key = keys(&DELIVERIES, key)?.remove(0);
        let delivery = self.deliveries.get_mut(&key).ok_or_else(|| Refusal::no_entity(&key))?;
        check_match(call, &format!("W/\"'{}'\"", delivery.version))?;
        let body = object(call)?;
        only(&body, &["DeliveryBlockReason"])?;
        let Some(Value::String(reason)) = body.get("DeliveryBlockReason") else {
            return Err(Refusal::body("DeliveryBlockReason is missing"));
        };
        if delivery.issued == "C" {
            return Err(Refusal::business("VL/609", format!("Delivery {key} has left already")));
        }
        if *reason != delivery.block {
            let before = std::mem::replace(&mut delivery.block, reason.clone());
            delivery.version += 1;
            delivery.changed_on = now.date_naive();
            self.ledger.record(now, request_id(call), PATCH_DELIVERY, &key, (&before, reason));
        }
        Ok(Reply::empty(StatusCode::NO_CONTENT))
    }

    pub(super) fn call_function(&mut self, name: &str, call: &Call, now: DateTime<Utc>) -> Result<Reply, Refusal> {
        let text = |parameter: &str| {
            let value = call.param(parameter).and_then(|value| value.strip_prefix('\'')?.strip_suffix('\''));
            value.ok_or_else(|| Refusal::body(format!("Parameter {parameter} is missing or not a string literal")))
        };
        let key = text("ManufacturingOrder")?;
        let order = self.orders.get_mut(key).ok_or_else(|| {
            Refusal::new(StatusCode::NOT_FOUND, "CO/017", format!("Order {key} not found (check entry)"))
        })?;
        let status = order.status;
        let (before, after, intent) = match name {
            "ReleaseOrder" => match status {
                OrderStatus::Planned => {
                    order.status = OrderStatus::Released;
                    order.released_on = Some(now.date_naive());
                    ("CRTD", "REL", Some(Intent::Release(order.number.clone())))
                }
                _ => return Err(Refusal::business("CO/469", format!("Order {key} is already released"))),
            },
            "ChangeWorkCenter" => {
                let wanted = text("WorkCenter")?;
                let line = LineId::from_code(wanted)
                    .ok_or_else(|| Refusal::business("CR/012", format!("Work center {wanted} does not exist")))?;
                if !status.is_open() {
                    return Err(Refusal::business("CO/880", format!("Order {key} is closed")));
                }
                let before = LineId::from_code(&order.line).map_or("", LineId::code);
                line.code().clone_into(&mut order.line);
                (before, line.code(), Some(Intent::Move(order.number.clone(), line)))
            }
            _ if status == OrderStatus::Started => {
                return Err(Refusal::business("CO/705", format!("Order {key} is being processed")));
            }
            "TechlyCmpltOrder" => {
                let before = if order.technically_completed { "TECO" } else { "" };
                order.technically_completed = true;
                let intent = status.is_open().then(|| Intent::Cancel(order.number.clone()));
                if intent.is_some() {
                    order.status = OrderStatus::Cancelled;
                }
                (before, "TECO", intent)
            }
            _ => match status {
                OrderStatus::Planned | OrderStatus::Released => {
                    order.status = OrderStatus::Cancelled;
                    ("", "DLFL", Some(Intent::Cancel(order.number.clone())))
                }
                OrderStatus::Cancelled => ("DLFL", "DLFL", None),
                _ => return Err(Refusal::business("CO/880", format!("Order {key} is closed"))),
            },
        };
        if before != after {
            order.changed_at = now;
            let number = order.number.clone();
            self.intents.extend(intent);
            self.ledger.record(now, request_id(call), name, &number, (before, after));
        }
        let body = self.orders.get(key).map(|order| entity(&ORDERS, &call.origin, order, None));
        Ok(Reply::json(StatusCode::OK, &json!({ "d": body })))
    }

    pub(super) fn post_document(&mut self, call: &Call, now: DateTime<Utc>) -> Result<Reply, Refusal> {
        let body = object(call)?;
        let field = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let reference = field("ReferenceDocument");
        if reference.chars().count() > REFERENCE_CHARS_MAX {
            return Err(Refusal::body("Property ReferenceDocument is longer than 16"));
        }
        let items = body.get("to_MaterialDocumentItem").map(|items| items.get("results").unwrap_or(items));
        let items = items.and_then(Value::as_array).filter(|items| (1..=ITEMS_MAX).contains(&items.len()));
        let items = items.ok_or_else(|| Refusal::body("to_MaterialDocumentItem has no items"))?;
        let last = self.documents.last_key_value().and_then(|(number, _)| number.parse().ok());
        let number = (last.unwrap_or(4_900_000_000_u64) + 1).to_string();
        let year = now.format("%Y").to_string();
        // All lines or none: they are posted to a copy of their batches.
        let before = self.batches.clone();
        let mut posted = Vec::new();
        for (item, place) in items.iter().zip(1..) {
            match self.post_item(item, &year, &number, place, now) {
                Ok(item) => posted.push(item),
                Err(refusal) => {
                    self.batches = before;
                    return Err(refusal);
                }
            }
        }
        let first = &posted[0];
        let target = first.batch.clone();
        let after = format!("{} {} {}", first.movement, first.quantity, first.to.code());
        let document = Document {
            year,
            number: number.clone(),
            code: field("GoodsMovementCode").to_owned(),
            reference: reference.to_owned(),
            text: field("MaterialDocumentHeaderText").to_owned(),
            at: now,
            items: posted,
        };
        let mut answer = entity(&DOCUMENTS, &call.origin, &document, None);
        let lines: Vec<_> =
            document.items.iter().map(|item| entity(&DOCUMENT_ITEMS, &call.origin, item, None)).collect();
        answer["to_MaterialDocumentItem"] = json!({ "results": lines });
        let key = if reference.is_empty() { request_id(call) } else { reference };
        self.ledger.record(now, key, POST_DOCUMENT, &target, ("", &after));
        self.documents.insert(number, document);
        if self.documents.len() > DOCUMENTS_MAX {
            self.documents.pop_first();
        }
        Ok(Reply::json(StatusCode::CREATED, &json!({ "d": answer })))
    }

    fn post_item(
        &mut self,
        item: &Value,
        year: &str,
        document: &str,
        place: u32,
        now: DateTime<Utc>,
    ) -> Result<DocumentItem, Refusal> {
        let text = |name: &str| {
            let value = item.get(name).and_then(Value::as_str);
            value.ok_or_else(|| Refusal::body(format!("Property {name} is missing in item {place}")))
        };
        let movement = text("GoodsMovementType")?;
        let (from, to) = stock_types(movement)
            .ok_or_else(|| Refusal::business("M7/064", format!("Movement type {movement} is not possible")))?;
        if text("Plant")? != PLANT {
            return Err(Refusal::business("M7/001", "Check table T001W: entry does not exist"));
        }
        let (material, batch, location) = (text("Material")?, text("Batch")?, text("StorageLocation")?);
        let quantity: Decimal = text("QuantityInEntryUnit")?
            .parse()
            .ok()
            .filter(|quantity| *quantity > Decimal::ZERO)
            .ok_or_else(|| Refusal::body("Property QuantityInEntryUnit has an invalid value"))?;
        let found = self.batches.get_mut(&(material.to_owned(), batch.to_owned()));
        let found = found.ok_or_else(|| Refusal::business("M7/042", format!("Batch {batch} does not exist")))?;
        if text("EntryUnit")? != found.unit {
            return Err(Refusal::business("M3/070", "No conversion factor exists for the unit of entry"));
        }
        let source = found.stock.get_mut(&(location.to_owned(), from)).filter(|there| **there >= quantity);
        let Some(source) = source else {
            let problem = format!("Deficit of stock type {} : batch {batch} in {PLANT} {location}", from.code());
            return Err(Refusal::business("M7/021", problem));
        };
        *source -= quantity;
        *found.stock.entry((location.to_owned(), to)).or_default() += quantity;
        found.touch(now);
        Ok(DocumentItem {
            year: year.to_owned(),
            document: document.to_owned(),
            item: format!("{place:04}"),
            material: material.to_owned(),
            location: location.to_owned(),
            batch: batch.to_owned(),
            movement: movement.to_owned(),
            quantity,
            unit: found.unit,
            to,
        })
    }
}

/// From where to where a movement type posts.
fn stock_types(movement: &str) -> Option<(Stock, Stock)> {
    Some(match movement {
        "344" => (Stock::Unrestricted, Stock::Blocked),
        "343" => (Stock::Blocked, Stock::Unrestricted),
        "350" => (Stock::Quality, Stock::Blocked),
        "349" => (Stock::Blocked, Stock::Quality),
        "321" => (Stock::Quality, Stock::Unrestricted),
        "322" => (Stock::Unrestricted, Stock::Quality),
        _ => return None,
    })
}

/// What the client calls its request; nothing is deduplicated by it.
fn request_id(call: &Call) -> &str {
    call.header("x-request-id").unwrap_or_default()
}

fn check_match(call: &Call, etag: &str) -> Result<(), Refusal> {
    match call.header("if-match") {
        Some(sent) if sent == "*" || sent == etag => Ok(()),
        Some(_) => Err(Refusal::new(
            StatusCode::PRECONDITION_FAILED,
            "/IWBEP/CM_MGW_RT/107",
            "Precondition failed: the entity has been changed by another user",
        )),
        None => Err(Refusal::new(
            StatusCode::PRECONDITION_REQUIRED,
            "/IWFND/CM_MGW_RT/428",
            "Precondition required: send If-Match",
        )),
    }
}

fn object(call: &Call) -> Result<Map<String, Value>, Refusal> {
    let body: Value = serde_json::from_slice(&call.body)
        .map_err(|problem| Refusal::body(format!("Error parsing body: {problem}")))?;
    match body {
        Value::Object(mut map) => match map.remove("d") {
            Some(Value::Object(inner)) if map.is_empty() => Ok(inner),
            Some(other) => Err(Refusal::body(format!("Unexpected d: {other}"))),
            None => Ok(map),
        },
        _ => Err(Refusal::body("The body is not an object")),
    }
}

fn only(body: &Map<String, Value>, known: &[&str]) -> Result<(), Refusal> {
    match body.keys().find(|name| !known.contains(&name.as_str()) && *name != "__metadata") {
        Some(unknown) => Err(Refusal::body(format!("Property {unknown} is unknown or cannot be changed"))),
        None => Ok(()),
    }
}
