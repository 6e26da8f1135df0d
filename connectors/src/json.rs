//! JSON of other systems, which may be wrong in every way that JSON can be wrong.
//!
//! A page is first cut into its rows without looking into them, and then each row is read alone: one row with a duplicate
//! key, a number that no computer holds, or a thousand levels becomes a dead letter, and its neighbours are applied. Numbers
//! that would lose digits are kept as text, so that a quantity is what the system wrote.

use std::{collections::HashMap, fmt};

use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Number, Value, value::RawValue};

/// Levels of a row. Business records have three or four.
const DEPTH_MAX: usize = 32;
/// Significant digits that a 64-bit float holds in any case.
const DIGITS_MAX: usize = 15;
/// Text of a row that can not be read, for the dead letter.
const UNREADABLE_CHARS_MAX: usize = 4_000;
/// Rows of one answer. A page has some hundreds; what is more is not a page.
const ROWS_MAX: usize = 100_000;

/// One row of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Row {
    /// A row that can be read.
    Read(Value),
    /// One that can not: what is wrong, what can be seen of it without reading it, and its text, cut.
    Unreadable {
        /// What is wrong.
        problem: String,
        /// Its own fields as far as they are simple, of duplicate ones the last: enough to find its key.
        fields: Value,
        /// The text.
        text: Value,
    },
}

/// A page that was cut into rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rows {
    /// The answer without its rows, for what it says of the page.
    pub(crate) rest: Value,
    /// The rows.
    pub(crate) rows: Vec<Row>,
}

/// Reads an answer whole: no duplicate keys, numbers exact.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn whole(bytes: &[u8]) -> Result<Value, String> {
    let text = text(bytes);
    let raw: &RawValue = serde_json::from_str(&text).map_err(|error| broken(&error))?;
    read(raw, DEPTH_MAX)
}

/// Cuts an answer into rows. `path` leads to the list; empty: the answer is the list.
///
/// # Errors
/// What is wrong with the answer around the rows.
pub(crate) fn rows(bytes: &[u8], path: &[String]) -> Result<Rows, String> {
    let text = text(bytes);
    let raw: &RawValue = serde_json::from_str(&text).map_err(|error| broken(&error))?;
    let (rest, list) = cut(raw, path, DEPTH_MAX)?;
    let list = list.ok_or_else(|| format!("the answer has no {}", shown_path(path)))?;
    let raw_rows: Vec<&RawValue> =
        serde_json::from_str(list.get()).map_err(|_| format!("{} is no list", shown_path(path)))?;
    if raw_rows.len() > ROWS_MAX {
        return Err(format!("the answer has more than {ROWS_MAX} rows"));
    }
    Ok(Rows { rest, rows: raw_rows.into_iter().map(row).collect() })
}

fn shown_path(path: &[String]) -> String {
    if path.is_empty() { "the answer".to_owned() } else { crate::manifest::shown(&path.join(".")) }
}

/// Bytes that are no UTF-8 become replacement characters, so that they spoil one row and not the page.
fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    String::from_utf8_lossy(bytes)
}

fn broken(error: &serde_json::Error) -> String {
    format!("it is no JSON: {error}")
}

fn row(raw: &RawValue) -> Row {
    let problem = match raw.get().contains(char::REPLACEMENT_CHARACTER) {
        true => "it is not UTF-8".to_owned(),
        false => match read(raw, DEPTH_MAX) {
            Ok(value) => return Row::Read(value),
            Err(problem) => problem,
        },
    };
    let text = raw.get().chars().take(UNREADABLE_CHARS_MAX).collect::<String>();
    Row::Unreadable { problem, fields: simple_fields(raw), text: Value::String(text) }
}

/// The fields of an object that are text or numbers.
fn simple_fields(raw: &RawValue) -> Value {
    let fields: HashMap<String, &RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
    let simple = fields.into_iter().filter_map(|(name, raw)| {
        let value = read(raw, 1).ok()?;
        (value.is_string() || value.is_number()).then_some((name, value))
    });
    Value::Object(simple.collect())
}

/// Reads the answer around the rows, and finds the list of them.
fn cut<'a>(raw: &'a RawValue, path: &[String], depth: usize) -> Result<(Value, Option<&'a RawValue>), String> {
    let Some((key, path)) = path.split_first() else { return Ok((Value::Null, Some(raw))) };
    let Some(Fields(fields)) = fields(raw)? else { return Ok((read(raw, depth)?, None)) };
    let (mut rest, mut list) = (Map::new(), None);
    for (name, value) in fields {
        let value = match name == *key {
            true => {
                let (value, found) = cut(value, path, depth - 1)?;
                list = found;
                value
            }
            false => read(value, depth - 1)?,
        };
        rest.insert(name, value);
    }
    Ok((Value::Object(rest), list))
}

/// Reads a value of at most `depth` levels.
fn read(raw: &RawValue, depth: usize) -> Result<Value, String> {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'{' | b'[') if depth == 0 => Err(format!("it has more than {DEPTH_MAX} levels")),
        Some(b'{') => {
            let Some(Fields(fields)) = fields(raw)? else { return Err("it is no object".to_owned()) };
            let mut object = Map::new();
            for (name, value) in fields {
                object.insert(name, read(value, depth - 1)?);
            }
            Ok(Value::Object(object))
        }
        Some(b'[') => {
            let values: Vec<&RawValue> = serde_json::from_str(text).map_err(|error| broken(&error))?;
            Ok(Value::Array(values.into_iter().map(|value| read(value, depth - 1)).collect::<Result<_, _>>()?))
        }
        Some(b'-' | b'0'..=b'9') => Ok(number(text)),
        _ => serde_json::from_str(text).map_err(|error| broken(&error)),
    }
}

/// A number, or its text when a float would lose digits of it.
fn number(text: &str) -> Value {
    if let Ok(number) = text.parse::<i64>() {
        return Value::from(number);
    }
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
    match text.parse::<f64>().ok().and_then(Number::from_f64) {
        Some(number) if digits <= DIGITS_MAX => Value::Number(number),
        _ => Value::String(text.to_owned()),
    }
}

/// The fields of an object, each name once; `None`: it is no object.
fn fields(raw: &RawValue) -> Result<Option<Fields<'_>>, String> {
    match raw.get().starts_with('{') {
        true => serde_json::from_str(raw.get()).map(Some).map_err(|error| error.to_string()),
        false => Ok(None),
    }
}

struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut known = std::collections::HashSet::new();
                let mut fields = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    if !known.insert(name.clone()) {
                        let name = crate::manifest::shown(&name);
                        return Err(de::Error::custom(format!("the key {name} comes twice")));
                    }
                    fields.push((name, value));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn path(text: &str) -> Vec<String> {
        text.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    fn cut(text: &str, at: &str) -> Rows {
        rows(text.as_bytes(), &path(at)).unwrap()
    }

    #[test]
    fn rows_are_found_and_the_rest_is_kept() {
        let rows = cut(r#"{"data":{"items":[{"id":1},{"id":2}],"more":true},"time":"now"}"#, "data.items");
        assert_eq!(rows.rows, [Row::Read(json!({ "id": 1 })), Row::Read(json!({ "id": 2 }))]);
        assert_eq!(rows.rest, json!({ "data": { "items": null, "more": true }, "time": "now" }));
        assert_eq!(cut("[{\"id\":1}]", "").rows.len(), 1);
        assert_eq!(cut("\u{feff}[]", "").rows.len(), 0);
    }

    #[test]
    fn one_bad_row_leaves_its_neighbours() {
        let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
        let bad = [
            r#"{"id":2,"a":1,"a":2}"#.to_owned(),
            format!(r#"{{"id":2,"deep":{deep}}}"#),
            r#"{"id":2,"x":{"y":1,"y":1}}"#.to_owned(),
        ];
        for bad in bad {
            let text = format!(r#"{{"items":[{{"id":1}},{bad},{{"id":3}}]}}"#);
            let Rows { rows, .. } = cut(&text, "items");
            assert_eq!((&rows[0], &rows[2]), (&Row::Read(json!({ "id": 1 })), &Row::Read(json!({ "id": 3 }))), "{bad}");
            let Row::Unreadable { fields, .. } = &rows[1] else { panic!("{bad}") };
            assert_eq!(fields["id"], json!(2), "its key can still be seen");
        }
        let mut bytes = br#"[{"id":1},{"id":2,"n":""#.to_vec();
        bytes.extend([0xff, 0xfe]);
        bytes.extend(br#""},{"id":3}]"#);
        let Rows { rows, .. } = rows(&bytes, &[]).unwrap();
        assert!(matches!(rows[1], Row::Unreadable { .. }) && matches!(rows[2], Row::Read(_)));
    }

    #[test]
    fn numbers_are_what_was_written() {
        let row =
            whole(br#"{"a":12345678901234567890.125,"b":1e400,"c":0.1,"d":-7,"e":18446744073709551615,"f":1.50}"#);
        let expected = json!({
            "a": "12345678901234567890.125", "b": "1e400", "c": 0.1, "d": -7, "e": "18446744073709551615", "f": 1.5,
        });
        assert_eq!(row.unwrap(), expected);
    }

    #[test]
    fn an_answer_that_is_none_is_refused() {
        for (text, at) in [
            ("{\"items\":[{\"id\":1}", "items"),
            ("<html>", "items"),
            ("", ""),
            ("{\"items\":{}}", "items"),
            ("{\"items\":null}", "items"),
            ("{\"other\":[]}", "items"),
            ("{\"items\":[],\"items\":[]}", "items"),
            ("[1,2]", "items"),
            ("{} {}", ""),
        ] {
            assert!(rows(text.as_bytes(), &path(at)).is_err(), "{text} {at}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = rows(&bytes, &path("a.b"));
            let _ = whole(&bytes);
        }

        #[test]
        fn what_is_plain_comes_out_as_it_went_in(text in "[ -~é]{0,20}", number in any::<i64>(), flag in any::<bool>()) {
            let value = json!([{ "t": text, "n": number, "f": flag, "l": [null, { "x": text }] }]);
            prop_assert_eq!(whole(value.to_string().as_bytes()).unwrap(), value);
        }
    }
}
