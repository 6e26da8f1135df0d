use serde_json::json;

use super::*;

fn row() -> Scope {
    Scope::new().with("r", json!({ "id": 7, "qty": "12.50", "flags": ["A", "B"], "deep": { "er": null }, "x": 2.5 }))
}

fn value(source: &str) -> Result<Value, String> {
    Expression::parse(source).unwrap().value(&row())
}

#[test]
fn values_go_in_and_come_out() {
    assert_eq!(value("r.id"), Ok(json!(7)));
    assert_eq!(value("r.id + 1"), Ok(json!(8)));
    assert_eq!(value("r.x * 2.0"), Ok(json!(5.0)));
    assert_eq!(value("r.deep.er == null ? 'none' : 'some'"), Ok(json!("none")));
    assert_eq!(value("r.flags.map(f, f + '!')"), Ok(json!(["A!", "B!"])));
    assert_eq!(value("{'a': r.id, 'b': [r.qty]}"), Ok(json!({ "a": 7, "b": ["12.50"] })));
    assert_eq!(value("'ab'.upperAscii() + r.qty.substring(0, 2)"), Ok(json!("AB12")));
}

#[test]
fn what_is_not_there_is_an_error_and_never_a_value() {
    for source in ["r.status", "r.deep.er.deeper", "r.status == 'x'", "row.id", "r.id + r.qty", "r.flags[7]"] {
        assert!(value(source).is_err(), "{source} gave {:?}", value(source));
    }
    assert_eq!(value("r.status").unwrap_err(), "r: there is no key status");
    assert_eq!(value("has(r.status) ? r.status : null"), Ok(Value::Null));
    assert!(Expression::parse("r.id").unwrap().holds(&row()).is_err(), "a number is neither true nor false");
    assert_eq!(Expression::parse("r.id > 6").unwrap().holds(&row()), Ok(true));
}

#[test]
fn a_wrong_expression_says_so_when_it_is_read() {
    for source in ["", "r.", "r.a b", "r.a ==", "(((", "\u{0}", "r.é"] {
        assert!(Expression::parse(source).is_err(), "{source:?}");
    }
    assert!(Expression::parse(&"r.a + ".repeat(1_000)).unwrap_err().contains("2000"));
}

#[test]
fn an_expression_tells_what_it_needs() {
    let roots = |source| Expression::parse(source).unwrap().roots().into_iter().collect::<Vec<_>>().join(",");
    assert_eq!(roots("r.a + option.b"), "option,r");
    assert_eq!(roots("r.list.filter(x, x.ok && p.ok).map(y, y.z)"), "p,r");
    assert_eq!(roots("'text'"), "");
    assert_eq!(roots("has(secret.key)"), "secret");
}
