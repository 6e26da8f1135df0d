//! On which line of a manifest a key stands, for problems that show only when the parts are put together.

use std::fmt;

use serde::{Deserialize, Deserializer, de};
use serde_saphyr::Spanned;

/// The places of all keys and values of a document.
#[derive(Debug, Default)]
pub(super) struct Places {
    places: Vec<(String, u64)>,
}

impl Places {
    /// Reads a document. One that can not be read has no places.
    pub(super) fn of(text: &str) -> Self {
        let mut places = Self::default();
        if let Ok(root) = serde_saphyr::from_str::<Spanned<Node>>(text) {
            places.collect("", &root.value);
        }
        places
    }

    /// The line of a key such as `streams.lots.map.attributes.quantity`; when it is not there, that of the key around it.
    pub(super) fn line(&self, key: &str) -> Option<u64> {
        let mut key = key;
        loop {
            if let Some((_, line)) = self.places.iter().find(|(known, _)| known == key) {
                return Some(*line);
            }
            key = &key[..key.rfind(['.', '['])?];
        }
    }

    fn collect(&mut self, path: &str, node: &Node) {
        match node {
            Node::Leaf => {}
            Node::Map(entries) => {
                for (key, value) in entries {
                    let below = if path.is_empty() { key.value.clone() } else { format!("{path}.{}", key.value) };
                    self.places.push((below.clone(), key.referenced.line()));
                    self.collect(&below, value);
                }
            }
            Node::List(values) => {
                for (index, value) in values.iter().enumerate() {
                    let below = format!("{path}[{index}]");
                    self.places.push((below.clone(), value.referenced.line()));
                    self.collect(&below, &value.value);
                }
            }
        }
    }
}

/// A document without its values.
#[derive(Debug)]
enum Node {
    Leaf,
    Map(Vec<(Spanned<String>, Node)>),
    List(Vec<Spanned<Node>>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_str<E>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(Node::List(values))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_its_line_and_a_missing_one_that_of_its_surroundings() {
        let places = Places::of("a: 1\nb:\n  c: [1, 2]\n  d:\n    - e: x\n    - e: y\n");
        assert_eq!(places.line("a"), Some(1));
        assert_eq!(places.line("b.c"), Some(3));
        assert_eq!(places.line("b.d[1].e"), Some(6));
        assert_eq!(places.line("b.missing.deeper"), Some(2));
        assert_eq!(places.line("z"), None);
        assert_eq!(Places::of("a: [").line("a"), None);
    }
}
