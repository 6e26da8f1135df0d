//! Quantities in expressions. CEL has no decimals, and floating numbers are none: `compare`, `total` and `minus` work on texts
//! such as `"12.50"`, on numbers, and on Tryton's `{"__class__": "Decimal", "decimal": "12.50"}`.

use std::{cmp::Ordering, sync::Arc};

use cel::{
    DeclarationError, Env, ExecutionError, Value as CelValue,
    common::{
        types::DYN_TYPE,
        value::{CowVal, Val},
    },
};
use rust_decimal::Decimal;
use serde_json::Value;

use super::scope::to_json;

/// Declares the functions:
///
/// * `compare(a, b)` is -1, 0 or 1,
/// * `total(list)` is the sum, a text; of nothing it is `"0"`,
/// * `minus(a, b)` is the difference, a text.
pub(super) fn extension(env: &mut Env) -> Result<(), DeclarationError> {
    env.add_overload("compare", "compare(dyn,dyn)", vec![DYN_TYPE, DYN_TYPE], compare)?;
    env.add_overload("total", "total(dyn)", vec![DYN_TYPE], total)?;
    env.add_overload("minus", "minus(dyn,dyn)", vec![DYN_TYPE, DYN_TYPE], minus)
}

fn compare<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let (left, right) = pair("compare", &args)?;
    let order = match left.cmp(&right) {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    };
    give(CelValue::Int(order))
}

fn minus<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let (left, right) = pair("minus", &args)?;
    let difference = left.checked_sub(right).ok_or_else(|| wrong("minus", "the difference is too large"))?;
    give(text(difference))
}

fn total<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let [list] = args.as_slice() else { return Err(wrong("total", "it takes one list")) };
    let Value::Array(values) = json("total", list)? else { return Err(wrong("total", "it takes a list")) };
    let mut sum = Decimal::ZERO;
    for value in &values {
        sum = sum.checked_add(number("total", value)?).ok_or_else(|| wrong("total", "the sum is too large"))?;
    }
    give(text(sum))
}

fn pair(function: &str, args: &[CowVal<'_, '_>]) -> Result<(Decimal, Decimal), ExecutionError> {
    let [left, right] = args else { return Err(wrong(function, "it takes two numbers")) };
    Ok((number(function, &json(function, left)?)?, number(function, &json(function, right)?)?))
}

fn json(function: &str, value: &CowVal<'_, '_>) -> Result<Value, ExecutionError> {
    let value: &dyn Val = value.as_ref();
    let value = CelValue::try_from(value).map_err(|_| wrong(function, "it takes numbers"))?;
    to_json(&value).ok_or_else(|| wrong(function, "it takes numbers"))
}

fn number(function: &str, value: &Value) -> Result<Decimal, ExecutionError> {
    let written = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Object(object) => object.get("decimal").and_then(Value::as_str).unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    let read = written.parse().or_else(|_| Decimal::from_scientific(&written));
    read.map_err(|_| wrong(function, &format!("{} is no number", super::shown(&value.to_string()))))
}

fn text(number: Decimal) -> CelValue {
    CelValue::String(Arc::new(number.normalize().to_string()))
}

fn give<'b, 'v>(value: CelValue) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let value: Box<dyn Val> = Box::<dyn Val>::try_from(value).map_err(|_| wrong("", "it gives no value"))?;
    Ok(CowVal::Owned(value))
}

fn wrong(function: &str, problem: &str) -> ExecutionError {
    ExecutionError::function_error(function, problem)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Expression, Scope};

    #[test]
    fn quantities_are_compared_and_added_exactly() {
        let scope = Scope::new().with("r", json!({
            "a": "12.50", "b": 12.5, "c": { "__class__": "Decimal", "decimal": "0.1" }, "list": ["0.1", 0.2, "1e1"], "no": "many",
        }));
        for (source, expected) in [
            ("compare(r.a, r.b)", json!(0)),
            ("compare(r.c, r.a)", json!(-1)),
            ("compare(2, '1.999999999999999999')", json!(1)),
            ("total(r.list)", json!("10.3")),
            ("total([])", json!("0")),
            ("total(r.list.map(x, x))", json!("10.3")),
            ("minus(r.a, '0.5')", json!("12")),
        ] {
            assert_eq!(Expression::parse(source).unwrap().value(&scope), Ok(expected), "{source}");
        }
        for source in ["compare(r.no, 1)", "total(r.a)", "minus(r.list, 1)", "total([null])"] {
            assert!(Expression::parse(source).unwrap().value(&scope).is_err(), "{source}");
        }
    }
}
