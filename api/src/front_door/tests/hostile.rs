//! Documents made to hurt: each is answered at once, with a code, and the service still answers afterwards.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{budget::fan_out, toy::Toy};
use crate::front_door::Options;

/// Far above what any of them takes in a debug build on a busy machine, far below what an unguarded one takes.
const PATIENCE: Duration = Duration::from_secs(2);

fn corpus() -> Vec<(&'static str, String)> {
    let list = |open: &str, close: &str, count: usize| format!("{}{}", open.repeat(count), close.repeat(count));
    vec![
        ("100 aliases", format!("{{ {} }}", (0..100).map(|i| format!("a{i}: name ")).collect::<String>())),
        (
            "aliases in fragments",
            "{ person { ...A ...A } } fragment A on Person { a: friend { ...B } b: friend { ...B } } \
                                  fragment B on Person { c: friend { ...C } d: friend { ...C } e: name } \
                                  fragment C on Person { f: name g: name h: name i: name }"
                .to_owned(),
        ),
        ("10,000 duplicate fields", format!("{{ {} }}", "name ".repeat(10_000))),
        ("1,000 directives on a field", format!("{{ name {} }}", "@skip(if: false) ".repeat(1_000))),
        ("1,000 directives on a spread", format!("{{ ...F {} }} fragment F on Query {{ name }}", "@a".repeat(1_000))),
        ("700 directives on an operation", format!("query {} {{ name }}", "@a ".repeat(700))),
        (
            "circular introspection",
            "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }".to_owned(),
        ),
        ("200 nested inline fragments", format!("{{ {} name {} }}", "... { ".repeat(200), "} ".repeat(200))),
        ("50,000 nested braces", list("{", "}", 50_000)),
        ("700 nested braces", list("{", "}", 700)),
        ("30,000 nested lists", format!("{{ echo(text: {}) }}", list("[", "]", 30_000))),
        ("700 nested lists", format!("{{ echo(text: {}) }}", list("[", "]", 700))),
        ("30,000 nested types", format!("query ($a: {}Int) {{ name }}", "[".repeat(30_000))),
        ("700 nested types", format!("query ($a: {}Int{}) {{ name }}", "[".repeat(700), "]".repeat(700))),
        ("300 nested objects", format!("{{ sum(input: {}) }}", "{values:".repeat(300))),
        ("a cycle", "{ person { ...A } } fragment A on Person { ...B } fragment B on Person { ...A }".to_owned()),
        ("an unused cycle", "{ name } fragment A on Person { ...A }".to_owned()),
        ("fan-out 2^12", fan_out(12)),
        ("fan-out 2^22", fan_out(22)),
        ("fan-out 2^26", fan_out(26)),
        ("1,500 times a field", format!("{{ person {{ {} }} }}", "a: name ".repeat(1_500))),
        ("300 times three levels", format!("{{ {} }}", "person { friend { name } } ".repeat(300))),
        ("1 MB", format!("{{ name }} #{}", "x".repeat(200 * 1024))),
        ("2,000 operations", (0..2_000).map(|i| format!("query Q{i} {{ name }} ")).collect()),
        (
            "2,000 variables",
            format!("query ({}) {{ name }}", (0..2_000).map(|i| format!("$v{i}: Int ")).collect::<String>()),
        ),
        ("2^31 as Int", "{ number(value: 2147483648) }".to_owned()),
        (
            "200 unknown fields",
            format!("{{ person {{ {} }} }}", (0..200).map(|i| format!("unknown{i} ")).collect::<String>()),
        ),
        ("conflicting fields", "{ person { name: friend { name } name } }".to_owned()),
        ("a variable that does not fit", "query ($a: Int) { echo(text: $a) }".to_owned()),
        ("an unknown directive on a meta field", "{ __typename @nope }".to_owned()),
        ("an escaped NUL", "{ echo(text: \"a\\u0000b\") }".to_owned()),
        ("a lone surrogate", "{ echo(text: \"\\uD800\") }".to_owned()),
        ("a type definition", "type Query { name: String }".to_owned()),
        ("only a comment", "# nothing".to_owned()),
        ("an unclosed text", "{ echo(text: \"".to_owned()),
    ]
}

#[tokio::test]
async fn each_is_refused_with_a_code_at_once() {
    let toy = Toy::new(Options::default());
    for (name, query) in corpus() {
        let began = Instant::now();
        let answer = toy.query(&query).await;
        let took = began.elapsed();
        println!("{took:>12?}  {:<28}  {name}", answer.code());
        assert_ne!(answer.code(), "", "{name} was executed: {}", answer.body);
        assert_ne!(answer.code(), "INTERNAL", "{name}");
        assert!(answer.status().is_client_error(), "{name}: {}", answer.status());
        assert!(answer.json().get("data").is_none(), "{name}: a refused request has no data");
        assert!(answer.json()["errors"].as_array().unwrap().len() <= 10, "{name}: a bounded list");
        assert!(answer.body.len() < 8 * 1024, "{name}: {} bytes", answer.body.len());
        assert!(!answer.body.contains("Did you mean"), "{name}: no suggestions");
        assert!(took < PATIENCE, "{name} took {took:?}");
    }
    assert_eq!(toy.calls.total(), 0);
    assert_eq!(toy.query("{ name }").await.json(), json!({ "data": { "name": "the developer" } }));
}

/// Documents within every bound that make validation work hardest.
#[tokio::test]
async fn what_is_just_allowed_is_cheap_too() {
    let toy = Toy::new(Options::default());
    let fragments: String =
        (0..50).map(|index| format!("fragment F{index} on Person {{ name friend {{ name }} }} ")).collect();
    let spreads: String = (0..50).map(|index| format!("...F{index} ")).collect();
    for (name, query) in [
        ("1,400 times a field", format!("{{ person {{ {} }} }}", "name ".repeat(1_400))),
        ("180 times three levels", format!("{{ person {{ {} }} }}", "friend { friend { name } } ".repeat(180))),
        ("400 inline fragments", format!("{{ person {{ {} }} }}", "... { name } ".repeat(350))),
        ("50 fragments at two levels", format!("{{ person {{ {spreads} friend {{ {spreads} }} }} }} {fragments}")),
    ] {
        let began = Instant::now();
        let answer = toy.query(&query).await;
        println!("{:>12?}  {name}", began.elapsed());
        assert_eq!(answer.code(), "", "{name}: {:.300}", answer.body);
        assert!(began.elapsed() < PATIENCE, "{name}");
    }
}

#[tokio::test]
async fn variables_are_coerced_before_execution() {
    let toy = Toy::new(Options::default());
    let number = "query ($v: Int!) { number(value: $v) name }";
    let echo = "query ($v: String!) { echo(text: $v) name }";
    let sum = "query ($v: Numbers!) { sum(input: $v) name }";
    for (query, variables) in [
        (number, json!({ "v": 2_147_483_648_i64 })),
        (number, json!({ "v": "1" })),
        (number, json!({ "v": 1.5 })),
        (number, json!({ "v": null })),
        (number, json!({})),
        (echo, json!({ "v": "a\0b" })),
        (echo, json!({ "v": 1 })),
        (sum, json!({ "v": { "values": [1, null] } })),
        (sum, json!({ "v": { "values": [1], "more": 1 } })),
        (sum, json!({ "v": { "values": ["x".repeat(100_000)] } })),
    ] {
        let answer = toy.post("user", &json!({ "query": query, "variables": variables })).await;
        assert_eq!(answer.code(), "INVALID_INPUT", "{query} {variables:.60}");
        assert!(answer.body.len() < 1_024, "what was sent is not repeated at length");
    }
    assert_eq!(toy.calls.total(), 0);
    let bidi = "\u{202e}evil\u{2066}";
    for (query, variables, field, expected) in
        [(echo, json!({ "v": bidi }), "echo", json!(bidi)), (sum, json!({ "v": { "values": 3 } }), "sum", json!(3))]
    {
        let answer = toy.post("user", &json!({ "query": query, "variables": variables })).await;
        assert_eq!(answer.json()["data"][field], expected);
    }
}

#[tokio::test]
async fn both_parsers_read_the_same_texts() {
    let toy = Toy::new(Options::default());
    for (literal, expected) in [
        (r#""\u{1F600} \uD83D\uDE00 \n \" \\u0000""#, "\u{1F600} \u{1F600} \n \" \\u0000"),
        ("\"\"\"\n  block\n    text \\\"\"\"\n\"\"\"", "block\n  text \"\"\""),
        (r#""\u0007\t""#, "\u{7}\t"),
    ] {
        let answer = toy.query(&format!("{{ echo(text: {literal}) }}")).await;
        assert_eq!(answer.json()["data"]["echo"], json!(expected), "{literal}: {}", answer.body);
    }
}

#[tokio::test]
async fn internals_stay_inside() {
    let toy = Toy::new(Options::default());
    let answer = toy.query("{ leaks }").await;
    assert_eq!(answer.code(), "INTERNAL");
    assert!(!answer.body.contains("secret") && !answer.body.contains("postgres"), "{}", answer.body);
    assert_eq!(answer.json()["data"], Value::Null);
    assert_eq!(toy.query("{ misnamed }").await.code(), "INTERNAL");
    assert_eq!(toy.query("{ conflict }").await.code(), "CONFLICT");
    assert_eq!(toy.query("{ panics }").await.code(), "INTERNAL");
    assert_eq!(toy.query("{ name }").await.code(), "");
}
