//! Values with expressions in their texts: `/lots/${r.id}`, `{since: "${since}"}`.
//!
//! A text that is nothing but one `${…}` becomes the value of the expression, whatever its type. Otherwise the values are
//! put into the text; null has no text and is an error. `$${` stands for `${`.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Value};

use super::{Expression, Scope, expression::shown};

/// A value to be filled in.
#[derive(Clone, Debug, PartialEq)]
pub enum Template {
    /// Stands as it is.
    Fixed(Value),
    /// The value of an expression.
    Whole(Expression),
    /// A text with gaps.
    Text(Vec<Part>),
    /// A list.
    List(Vec<Template>),
    /// An object, in its order.
    Object(Vec<(String, Template)>),
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// As it is.
    Text(String),
    /// A gap.
    Gap(Expression),
}

impl Template {
    /// Reads the expressions of a value.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn parse(value: &Value) -> Result<Self, String> {
        Ok(match value {
            Value::String(text) => Self::parse_text(text)?,
            Value::Array(values) => {
                let values: Vec<Self> = values.iter().map(Self::parse).collect::<Result<_, _>>()?;
                match values.iter().all(|value| matches!(value, Self::Fixed(_))) {
                    true => Self::Fixed(value.clone()),
                    false => Self::List(values),
                }
            }
            Value::Object(object) => {
                let entries: Vec<_> = object
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), Self::parse(value)?)))
                    .collect::<Result<_, String>>()?;
                match entries.iter().all(|(_, value)| matches!(value, Self::Fixed(_))) {
                    true => Self::Fixed(value.clone()),
                    false => Self::Object(entries),
                }
            }
            other => Self::Fixed(other.clone()),
        })
    }

    /// Fills it in.
    ///
    /// # Errors
    /// The first expression without a value.
    pub fn render(&self, scope: &Scope) -> Result<Value, String> {
        Ok(match self {
            Self::Fixed(value) => value.clone(),
            Self::Whole(expression) => expression.value(scope)?,
            Self::Text(parts) => Value::String(join(parts, scope)?),
            Self::List(values) => {
                Value::Array(values.iter().map(|value| value.render(scope)).collect::<Result<_, _>>()?)
            }
            Self::Object(entries) => {
                let entries = entries.iter().map(|(key, value)| Ok((key.clone(), value.render(scope)?)));
                Value::Object(entries.collect::<Result<Map<_, _>, String>>()?)
            }
        })
    }

    /// Fills in what has a value; what has none yet stays as it is written.
    pub fn preview(&self, scope: &Scope) -> Value {
        match self {
            Self::List(values) => Value::Array(values.iter().map(|value| value.preview(scope)).collect()),
            Self::Object(entries) => {
                Value::Object(entries.iter().map(|(key, value)| (key.clone(), value.preview(scope))).collect())
            }
            Self::Whole(expression) => {
                expression.value(scope).unwrap_or_else(|_| format!("${{{}}}", expression.source()).into())
            }
            Self::Text(parts) => parts
                .iter()
                .map(|part| match part {
                    Part::Text(fixed) => fixed.clone(),
                    Part::Gap(expression) => (expression.value(scope).ok())
                        .and_then(|value| plain(&value).ok())
                        .unwrap_or_else(|| format!("${{{}}}", expression.source())),
                })
                .collect(),
            Self::Fixed(value) => value.clone(),
        }
    }

    /// Fills it in as a text; `None` when it is null.
    ///
    /// # Errors
    /// As [`Template::render`], and when it is a list or an object.
    pub fn render_text(&self, scope: &Scope) -> Result<Option<String>, String> {
        match self.render(scope)? {
            Value::Null => Ok(None),
            value => plain(&value).map(Some),
        }
    }

    /// Fills it in as the path of a URL: what is put into a gap can not leave its segment.
    ///
    /// # Errors
    /// As [`Template::render`], and when a gap has no text.
    pub fn render_path(&self, scope: &Scope) -> Result<String, String> {
        match self {
            Self::Fixed(value) => plain(value),
            Self::Whole(gap) => plain(&gap.value(scope)?),
            Self::Text(parts) => {
                let mut path = String::new();
                for part in parts {
                    match part {
                        Part::Text(text) => path.push_str(text),
                        Part::Gap(gap) => path.push_str(&escaped(&plain(&gap.value(scope)?)?)),
                    }
                }
                Ok(path)
            }
            Self::List(_) | Self::Object(_) => Err("a list or an object is no path".to_owned()),
        }
    }

    /// The names that its expressions need to be given.
    pub fn roots(&self) -> BTreeSet<String> {
        match self {
            Self::Fixed(_) => BTreeSet::new(),
            Self::Whole(expression) => expression.roots(),
            Self::Text(parts) => parts
                .iter()
                .flat_map(|part| match part {
                    Part::Text(_) => BTreeSet::new(),
                    Part::Gap(expression) => expression.roots(),
                })
                .collect(),
            Self::List(values) => values.iter().flat_map(Self::roots).collect(),
            Self::Object(entries) => entries.iter().flat_map(|(_, value)| value.roots()).collect(),
        }
    }

    fn parse_text(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut fixed = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            if rest[..at].ends_with('$') {
                fixed.push_str(&rest[..at]);
                fixed.push('{');
                rest = &rest[at + 2..];
                continue;
            }
            fixed.push_str(&rest[..at]);
            let (source, tail) = gap(&rest[at + 2..]).ok_or_else(|| format!("{}: a }} is missing", shown(text)))?;
            if !fixed.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut fixed)));
            }
            parts.push(Part::Gap(Expression::parse(source)?));
            rest = tail;
        }
        fixed.push_str(rest);
        if parts.is_empty() {
            return Ok(Self::Fixed(Value::String(fixed)));
        }
        if !fixed.is_empty() {
            parts.push(Part::Text(fixed));
        }
        match parts.as_slice() {
            [Part::Gap(expression)] => Ok(Self::Whole(expression.clone())),
            _ => Ok(Self::Text(parts)),
        }
    }
}

/// Splits behind the brace that ends an expression, and not behind one inside it.
fn gap(text: &str) -> Option<(&str, &str)> {
    let (mut depth, mut quote, mut escaped) = (0_u32, None, false);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') if depth == 0 => return Some((&text[..at], &text[at + 1..])),
            (None, '}') => depth -= 1,
            (None, _) => {}
        }
    }
    None
}

/// A text as one segment of a path (RFC 3986, 2.3).
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(char::from(byte)),
            byte => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    // Two dots alone would be the folder above.
    if matches!(text, "." | "..") { text.replace('.', "%2E") } else { escaped }
}

fn join(parts: &[Part], scope: &Scope) -> Result<String, String> {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Text(fixed) => text.push_str(fixed),
            Part::Gap(expression) => {
                let value = expression.value(scope)?;
                let value = plain(&value).map_err(|problem| format!("{}: {problem}", shown(expression.source())))?;
                text.push_str(&value);
            }
        }
    }
    Ok(text)
}

/// A value as it stands in a text.
pub(crate) fn plain(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(bool) => Ok(bool.to_string()),
        Value::Null => Err("it is null, and null has no text".to_owned()),
        Value::Array(_) | Value::Object(_) => Err("a list or an object has no text".to_owned()),
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Template {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Template".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "description": "A value; its texts may hold expressions: ${…}." })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scope() -> Scope {
        Scope::new().with("r", json!({ "id": 7, "name": "a b" })).with("since", Value::Null)
    }

    fn render(value: Value) -> Result<Value, String> {
        Template::parse(&value).unwrap().render(&scope())
    }

    #[test]
    fn one_gap_keeps_its_type_and_several_become_text() {
        assert_eq!(render(json!("${r.id}")), Ok(json!(7)));
        assert_eq!(render(json!("${since}")), Ok(Value::Null));
        assert_eq!(render(json!("/lots/${r.id}/${r.name}")), Ok(json!("/lots/7/a b")));
        assert_eq!(render(json!({ "a": [1, "${r.id}"], "b": true })), Ok(json!({ "a": [1, 7], "b": true })));
        assert_eq!(render(json!("$${r.id}")), Ok(json!("${r.id}")));
        assert_eq!(render(json!("${ {'a': '}'}.a }x")), Ok(json!("}x")));
        assert_eq!(render(json!("costs 5$")), Ok(json!("costs 5$")));
    }

    #[test]
    fn a_path_keeps_its_segments() {
        let path = |key: &str| {
            let scope = Scope::new().with("key", Value::from(key));
            Template::parse(&json!("/lots/${key}/x")).unwrap().render_path(&scope).unwrap()
        };
        assert_eq!(path("L-1"), "/lots/L-1/x");
        assert_eq!(path("../a b?c=é"), "/lots/..%2Fa%20b%3Fc%3D%C3%A9/x");
        assert_eq!(path(".."), "/lots/%2E%2E/x");
    }

    #[test]
    fn what_has_no_text_is_an_error() {
        assert!(render(json!("since ${since}")).is_err());
        assert!(render(json!("x${[1]}")).is_err());
        assert!(render(json!("${r.nothing}")).is_err());
        assert!(Template::parse(&json!("${r.id")).is_err());
        assert!(Template::parse(&json!({ "deep": ["${r.}"] })).is_err());
    }

    #[test]
    fn it_tells_what_it_needs() {
        let roots = Template::parse(&json!({ "a": "${r.id}", "b": ["x${option.y}", "z"] })).unwrap().roots();
        assert_eq!(roots.into_iter().collect::<Vec<_>>(), ["option", "r"]);
    }
}
