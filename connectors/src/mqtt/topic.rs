//! Topics with names in them.

use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

/// A pattern such as `factory/{line}/lots`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<Level>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Level {
    Word(String),
    Name(String),
    Rest,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.contains('\0') {
            return Err("a topic is empty".to_owned());
        }
        let count = text.split('/').count();
        let level = |(i, word): (usize, &str)| match word.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => {
                Ok(Level::Name(name.to_owned()))
            }
            Some(name) => Err(format!("{name:?} is no name: write letters, digits and _")),
            None if word == "#" && i + 1 == count => Ok(Level::Rest),
            None if word.contains(['#', '+', '{', '}']) => {
                Err(format!("{word:?}: write {{name}} for one level, # at the end"))
            }
            None => Ok(Level::Word(word.to_owned())),
        };
        text.split('/').enumerate().map(level).collect::<Result<_, _>>().map(Self)
    }

    /// The filter to subscribe to.
    pub(super) fn filter(&self) -> String {
        let level = |level: &Level| match level {
            Level::Word(word) => word.clone(),
            Level::Name(_) => "+".to_owned(),
            Level::Rest => "#".to_owned(),
        };
        self.0.iter().map(level).collect::<Vec<_>>().join("/")
    }

    /// The names in a topic; `None` when it does not fit. What `#` stands for is `rest`.
    pub(super) fn captures(&self, topic: &str) -> Option<Value> {
        let mut words = topic.split('/');
        let mut found = Map::new();
        for level in &self.0 {
            match level {
                Level::Rest => {
                    found.insert("rest".to_owned(), Value::from(words.by_ref().collect::<Vec<_>>().join("/")));
                }
                Level::Word(word) => {
                    if words.next() != Some(word) {
                        return None;
                    }
                }
                Level::Name(name) => {
                    found.insert(name.clone(), Value::from(words.next()?));
                }
            }
        }
        words.next().is_none().then_some(Value::Object(found))
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_found_in_topics() {
        let pattern = Pattern::parse("f/{line}/lots/#").unwrap();
        assert_eq!(pattern.filter(), "f/+/lots/#");
        assert_eq!(pattern.captures("f/L1/lots/a/b"), Some(json!({ "line": "L1", "rest": "a/b" })));
        assert_eq!(pattern.captures("f/L1/orders/a"), None);
        assert_eq!(Pattern::parse("a/{b}").unwrap().captures("a/1/2"), None);
        for bad in ["", "a/#/b", "a/+", "a/{}", "a/{b c}", "a/{b", "a#"] {
            assert!(Pattern::parse(bad).is_err(), "{bad}");
        }
    }
}
