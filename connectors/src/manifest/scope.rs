//! The names that an expression sees, and the way of their values into the interpreter and back.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, OnceLock},
};

use cel::{
    Value as CelValue,
    common::value::{CowVal, Val},
    context::VariableResolver,
    objects::Key,
};
use serde_json::{Map, Number, Value};

use super::expression::shown;

/// The named values that an expression sees. Cheap to clone and to extend.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    names: BTreeMap<&'static str, Arc<Bound>>,
}

/// A value, and the same as the interpreter wants it, made when it is first needed.
struct Bound {
    json: Value,
    val: OnceLock<Box<dyn Val>>,
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.json.fmt(f)
    }
}

impl Scope {
    /// No names.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one name more.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.set(name, value);
        self
    }

    /// Gives a name a value.
    pub fn set(&mut self, name: &'static str, value: Value) {
        self.names.insert(name, Arc::new(Bound { json: value, val: OnceLock::new() }));
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.names.get(name).map(|bound| &bound.json)
    }

    /// The value at the end of a way through objects. The error is the one of the interpreter.
    pub(super) fn look_up(&self, path: &[String]) -> Result<Value, String> {
        let (root, rest) = path.split_first().expect("a path has a first part");
        let mut value = self.get(root).ok_or_else(|| format!("there is no {root} here"))?;
        for (place, key) in rest.iter().enumerate() {
            let so_far = || path[..=place].join(".");
            value = match value {
                Value::Object(object) => {
                    object.get(key).ok_or_else(|| format!("{}: there is no key {}", shown(&so_far()), shown(key)))?
                }
                _ => return Err(format!("{} is no object, and has no key {}", shown(&so_far()), shown(key))),
            };
        }
        Ok(value.clone())
    }
}

impl VariableResolver for Scope {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let bound = self.names.get(variable.trim_start_matches('.'))?;
        let val = bound.val.get_or_init(|| {
            Box::<dyn Val>::try_from(to_cel(&bound.json)).expect("what is made of JSON is never a function")
        });
        Some(CowVal::Borrowed(val.as_ref()))
    }
}

/// Whole numbers are `int` whenever they fit, so that `r.count + 1` works for every answer.
fn to_cel(value: &Value) -> CelValue {
    match value {
        Value::Null => CelValue::Null,
        Value::Bool(bool) => CelValue::Bool(*bool),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(int), ..) => CelValue::Int(int),
            (None, Some(uint), _) => CelValue::UInt(uint),
            (None, None, float) => CelValue::Float(float.unwrap_or(f64::NAN)),
        },
        Value::String(text) => CelValue::String(Arc::new(text.clone())),
        Value::Array(values) => CelValue::List(Arc::new(values.iter().map(to_cel).collect())),
        Value::Object(object) => {
            let map: HashMap<Key, CelValue> =
                object.iter().map(|(key, value)| (Key::String(Arc::new(key.clone())), to_cel(value))).collect();
            CelValue::Map(cel::objects::Map { map: Arc::new(map) })
        }
    }
}

/// `None`: a function, or a number that is none.
pub(super) fn to_json(value: &CelValue) -> Option<Value> {
    Some(match value {
        CelValue::Null => Value::Null,
        CelValue::Bool(bool) => Value::Bool(*bool),
        CelValue::Int(int) => Value::from(*int),
        CelValue::UInt(uint) => Value::from(*uint),
        CelValue::Float(float) => Value::Number(Number::from_f64(*float)?),
        CelValue::String(text) => Value::String(text.to_string()),
        CelValue::List(values) => Value::Array(values.iter().map(to_json).collect::<Option<_>>()?),
        CelValue::Map(map) => {
            let mut entries: Vec<_> = map.map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let entries = entries.into_iter().map(|(key, value)| Some((key.to_string(), to_json(value)?)));
            Value::Object(entries.collect::<Option<Map<_, _>>>()?)
        }
        _ => return None,
    })
}
