//! One row of an answer, field by field. A field that is not what it should be names itself in the problem.

use chrono::{DateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

use super::typed;
use crate::erp::scan::Seen;

/// A row of `search_read` or `read`.
#[derive(Clone, Copy)]
pub(super) struct Row<'a>(pub(super) &'a Value);

impl<'a> Row<'a> {
    /// The id of the record itself.
    pub(super) fn id(self) -> Result<i64, String> {
        self.reference("id")?.ok_or_else(|| "the row has no id".to_owned())
    }

    /// The id in a field that refers to a record; `None` when it is empty.
    pub(super) fn reference(self, field: &str) -> Result<Option<i64>, String> {
        match self.filled(field) {
            None => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or_else(|| wrong(field, "it is no id")),
        }
    }

    /// A text that must be there. Through a reference (`product.code`) Tryton nests it under the name with a dot.
    pub(super) fn text(self, field: &str) -> Result<&'a str, String> {
        self.optional_text(field)?.ok_or_else(|| wrong(field, "it is empty"))
    }

    /// A text that may be missing or empty.
    pub(super) fn optional_text(self, field: &str) -> Result<Option<&'a str>, String> {
        match self.filled(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(_) => Err(wrong(field, "it is no text")),
        }
    }

    /// A quantity that must be there.
    pub(super) fn decimal(self, field: &str) -> Result<Decimal, String> {
        let value = self.filled(field).ok_or_else(|| wrong(field, "it is empty"))?;
        typed::decode_decimal(value).map_err(|problem| wrong(field, &problem))
    }

    /// A date that may be missing, as its midnight in UTC: a date is a day of a calendar and is not shifted.
    pub(super) fn date(self, field: &str) -> Result<Option<DateTime<Utc>>, String> {
        let date = self.filled(field).map(typed::decode_date).transpose().map_err(|problem| wrong(field, &problem))?;
        Ok(date.map(|date| date.and_time(NaiveTime::MIN).and_utc()))
    }

    /// When the record was last changed. `write_date` is empty until the first change.
    pub(super) fn changed(self) -> Result<Option<DateTime<Utc>>, String> {
        self.changed_through("")
    }

    /// The same of the record that a reference leads to: `changed_through("template.")`.
    pub(super) fn changed_through(self, reference: &str) -> Result<Option<DateTime<Utc>>, String> {
        for name in ["write_date", "create_date"] {
            let field = format!("{reference}{name}");
            if let Some(value) = self.filled(&field) {
                return typed::decode_datetime(value).map(Some).map_err(|problem| wrong(&field, &problem));
            }
        }
        Ok(None)
    }

    /// What the pass needs to know.
    pub(super) fn seen(self) -> Result<Seen, String> {
        Ok(Seen { id: self.id()?, changed: self.changed()? })
    }

    fn filled(self, field: &str) -> Option<&'a Value> {
        let mut value = self.0;
        let mut rest = field;
        while let Some((reference, tail)) = rest.split_once('.') {
            value = value.get(format!("{reference}."))?;
            rest = tail;
        }
        value.get(rest).filter(|value| !value.is_null())
    }
}

fn wrong(field: &str, problem: &str) -> String {
    format!("{field}: {problem}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_is_found_through_references() {
        let row =
            json!({ "id": 7, "product": 1, "product.": { "id": 1, "default_uom.": { "symbol": "kg", "id": 2 } } });
        assert_eq!(Row(&row).text("product.default_uom.symbol"), Ok("kg"));
        assert_eq!(Row(&row).reference("product"), Ok(Some(1)));
        assert!(Row(&row).text("unit.symbol").is_err());
    }

    #[test]
    fn the_change_time_of_a_record_that_was_never_changed_is_when_it_was_made() {
        let made = "2026-11-22T18:38:41.5Z".parse::<DateTime<Utc>>().unwrap();
        let row = json!({ "id": 7, "write_date": null, "create_date": typed::encode_datetime(made) });
        assert_eq!(Row(&row).seen(), Ok(Seen { id: 7, changed: Some(made) }));
    }

    #[test]
    fn a_malformed_field_names_itself() {
        let row = json!({ "id": "seven", "quantity": "many", "number": 5 });
        assert_eq!(Row(&row).id().unwrap_err(), "id: it is no id");
        assert!(Row(&row).decimal("quantity").unwrap_err().starts_with("quantity: "));
        assert_eq!(Row(&row).text("number").unwrap_err(), "number: it is no text");
    }
}
