//! How pages follow each other.

use serde_json::Value;

use super::{
    client::Answered,
    cursor::Place,
    manifest::{HEADER, Keys, Paging, Read},
};
use crate::{
    json::Row,
    manifest::{Expression, Scope, plain},
};

/// A listing: what both a stream and a sweep of its keys ask for.
#[derive(Clone, Copy)]
pub(super) struct Listing<'a> {
    pub(super) page: Option<&'a Paging>,
    pub(super) limit: usize,
    pub(super) more: Option<&'a Expression>,
    /// The key of a record, which orders the pages unless they say otherwise.
    pub(super) key: &'a Expression,
}

impl<'a> Listing<'a> {
    /// The pages of a stream.
    pub(super) fn of(read: &'a Read, key: &'a Expression) -> Self {
        Self { page: read.page.as_ref(), limit: read.limit, more: read.more.as_ref(), key }
    }

    /// The pages of a sweep.
    pub(super) fn of_keys(keys: &'a Keys, key: &'a Expression) -> Self {
        Self { page: keys.page.as_ref(), limit: keys.limit, more: keys.more.as_ref(), key }
    }

    /// The names by which a request says where the page begins.
    pub(super) fn names(&self, place: &Place, mut scope: Scope) -> Scope {
        scope.set("limit", Value::from(self.limit));
        let first = match self.page {
            Some(Paging::IdKeyset(keyset)) => keyset.first.clone(),
            _ => Value::Null,
        };
        let first_page = match self.page {
            Some(Paging::Page(first)) => first.first,
            _ => 1,
        };
        scope.set("after", if let Place::After(key) = place { key.clone() } else { first });
        scope.set("offset", Value::from(if let Place::Offset(offset) = place { *offset } else { 0 }));
        scope.set("page", Value::from(if let Place::Page(page) = place { *page } else { first_page }));
        scope.set("cursor", if let Place::Token(token) = place { Value::from(token.as_str()) } else { Value::Null });
        scope
    }

    /// Where the pass goes on after this page; `None`: it ended.
    ///
    /// # Errors
    /// What is wrong with the page.
    pub(super) fn next(&self, place: &Place, answered: &Answered, names: &Scope) -> Result<Option<Place>, String> {
        let rows = answered.rows.rows.len();
        let scope = names.clone().with("body", answered.rows.rest.clone());
        let more = match self.more {
            Some(more) => more.holds(&scope).map_err(|problem| format!("more: {problem}"))?,
            None => rows >= self.limit,
        };
        Ok(match self.page {
            None => None,
            // A page that says there is more and is empty would be asked for for ever.
            Some(_) if rows == 0 && !matches!(self.page, Some(Paging::Cursor(_) | Paging::Link(_))) => None,
            Some(Paging::IdKeyset(keyset)) if more => {
                let by = keyset.by.as_ref().unwrap_or(self.key);
                Some(Place::After(last_key(by, place, answered, names)?))
            }
            Some(Paging::Offset(_)) if more => {
                let offset = if let Place::Offset(offset) = place { *offset } else { 0 };
                Some(Place::Offset(offset + rows as u64))
            }
            Some(Paging::Page(first)) if more => {
                let page = if let Place::Page(page) = place { *page } else { first.first };
                Some(Place::Page(page + 1))
            }
            Some(Paging::IdKeyset(_) | Paging::Offset(_) | Paging::Page(_)) => None,
            Some(Paging::Cursor(token)) => {
                match token.value(&scope).map_err(|problem| format!("page.cursor: {problem}"))? {
                    Value::Null => None,
                    token => Some(plain(&token)?).filter(|token| !token.is_empty()).map(Place::Token),
                }
            }
            Some(Paging::Link(link)) if link == HEADER => answered.next.clone().map(Place::Link),
            Some(Paging::Link(link)) => {
                let url = Expression::parse(link)?.value(&scope).map_err(|problem| format!("page.link: {problem}"))?;
                Some(url.as_str().unwrap_or_default())
                    .filter(|url| !url.is_empty())
                    .map(|url| Place::Link(url.to_owned()))
            }
        })
    }
}

/// The greatest key of a page. Numbers have to grow, otherwise a page could skip rows without anybody noticing; of texts only
/// the system knows the order, and the last one counts.
fn last_key(by: &Expression, place: &Place, answered: &Answered, names: &Scope) -> Result<Value, String> {
    let mut last = if let Place::After(key) = place { key.clone() } else { Value::Null };
    let mut seen = false;
    for row in &answered.rows.rows {
        let row = match row {
            Row::Read(row) => row,
            Row::Unreadable { fields, .. } => fields,
        };
        // A row whose key can not be seen is a dead letter. It is read again with the next page, and its neighbours go on.
        let Ok(key) = by.value(&names.clone().with("r", row.clone())) else { continue };
        if key.is_null() {
            continue;
        }
        if let (Some(before), Some(now)) = (last.as_f64(), key.as_f64())
            && now < before
        {
            return Err(format!("the rows do not come ordered by key: {key} comes after {last}"));
        }
        seen = true;
        last = key;
    }
    if seen { Ok(last) } else { Err("no row of the page has a key".to_owned()) }
}
