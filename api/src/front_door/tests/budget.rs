//! Each bound of the budget, at its edge and beyond.

use std::time::Instant;

use apollo_compiler::ast;
use serde_json::json;

use super::toy::Toy;
use crate::front_door::{Limits, Options, budget};

async fn code_of(query: &str) -> String {
    Toy::new(Options::default()).query(query).await.code()
}

fn repeated(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn bytes_and_tokens() {
    let text = "x".repeat(15 * 1024);
    assert_eq!(code_of(&format!("{{ echo(text: \"{}\") }}", &text[..15_000])).await, "");
    assert_eq!(code_of(&format!("{{ echo(text: \"{text}\") }}")).await, "QUERY_TOO_LARGE");
    // `{ person {`, the names, `} }`.
    let named = |count: usize| format!("{{ person {{ {}, # not counted\n }} }}", "name ".repeat(count));
    assert_eq!(code_of(&named(1_495)).await, "");
    assert_eq!(code_of(&named(1_496)).await, "QUERY_TOO_LARGE");
}

#[tokio::test]
async fn depth() {
    let deep =
        |levels: usize| format!("{{ person {{ {} name {} }} }}", "friend { ".repeat(levels), "} ".repeat(levels));
    // `person`, ten friends, `name`.
    assert_eq!(code_of(&deep(10)).await, "");
    assert_eq!(code_of(&deep(11)).await, "QUERY_TOO_DEEP");
    let inline = |levels: usize| format!("{{ {} name {} }}", "... { ".repeat(levels), "} ".repeat(levels));
    assert_eq!(code_of(&inline(20)).await, "");
    assert_eq!(code_of(&inline(40)).await, "QUERY_TOO_DEEP");
    assert_eq!(code_of(&inline(200)).await, "QUERY_TOO_DEEP");
}

#[tokio::test]
async fn fragments_do_not_hide_depth() {
    let chain = "query { person { ...A } } fragment A on Person { friend { friend { friend { friend { ...B } } } } } \
                 fragment B on Person { friend { friend { friend { friend { ...C } } } } } \
                 fragment C on Person { friend { friend { friend { friend { name } } } } }";
    assert_eq!(code_of(chain).await, "QUERY_TOO_DEEP");
}

#[tokio::test]
async fn width() {
    // Thirty aliases need more than the twenty root fields, so they hide in a person.
    let aliases = |count| format!("{{ person {{ {} }} }}", repeated(count, |index| format!("a{index}: name")));
    assert_eq!(code_of(&aliases(30)).await, "");
    assert_eq!(code_of(&aliases(31)).await, "QUERY_TOO_WIDE");
    let hidden = format!(
        "{{ person {{ ...F friend {{ ...F friend {{ ...F friend {{ ...F }} }} }} }} }} fragment F on Person {{ {} }}",
        repeated(8, |index| format!("a{index}: name"))
    );
    assert_eq!(code_of(&hidden).await, "QUERY_TOO_WIDE");
    let roots = |count: usize| format!("{{ {} }}", "name ".repeat(count));
    assert_eq!(code_of(&roots(20)).await, "");
    assert_eq!(code_of(&roots(21)).await, "QUERY_TOO_WIDE");
    let fragments = |count| {
        let spreads = repeated(count, |index| format!("...F{index}"));
        let definitions = repeated(count, |index| format!("fragment F{index} on Person {{ name }}"));
        format!("{{ person {{ {spreads} }} }} {definitions}")
    };
    assert_eq!(code_of(&fragments(50)).await, "");
    assert_eq!(code_of(&fragments(51)).await, "QUERY_TOO_WIDE");
    let directives = |count: usize| format!("{{ person {{ {} }} }}", "name @skip(if: false) ".repeat(count));
    assert_eq!(code_of(&directives(50)).await, "");
    assert_eq!(code_of(&directives(51)).await, "QUERY_TOO_WIDE");
    let operations = |count| repeated(count, |index| format!("query Q{index} {{ name }}"));
    let toy = Toy::new(Options::default());
    let run = |count| json!({ "query": operations(count), "operationName": "Q0" });
    assert_eq!(toy.post("user", &run(20)).await.code(), "");
    assert_eq!(toy.post("user", &run(21)).await.code(), "QUERY_TOO_WIDE");
}

#[tokio::test]
async fn lists_multiply() {
    let pages = |outer: u32, inner: u32| {
        format!("{{ page(first: {outer}) {{ edges {{ node {{ page(first: {inner}) {{ nodes {{ id }} }} }} }} }} }}")
    };
    assert_eq!(code_of(&pages(50, 50)).await, "");
    assert_eq!(code_of(&pages(500, 500)).await, "QUERY_TOO_COMPLEX");
    assert_eq!(code_of("{ page(first: -5) { nodes { id } } }").await, "", "for the resolver to refuse");
    assert_eq!(code_of("{ page(first: 2147483647) { nodes { id } } }").await, "", "a page is capped, not refused");

    let toy = Toy::new(Options::default());
    let query = "query ($n: Int = 500, $m: Int) { page(first: $n) { nodes { page(first: $m) { nodes { id } } } } }";
    let by_variable = |variables| json!({ "query": query, "variables": variables });
    assert_eq!(toy.post("user", &by_variable(json!({ "n": 10, "m": 10 }))).await.code(), "");
    assert_eq!(toy.post("user", &by_variable(json!({ "m": 500 }))).await.code(), "QUERY_TOO_COMPLEX", "n by default");
    let nested = format!("{{ page(first: 100) {{ nodes {{ {} id {} }} }} }}", "siblings { ".repeat(3), "} ".repeat(3));
    assert_eq!(code_of(&nested).await, "QUERY_TOO_COMPLEX", "plain lists count too");
    let ids = json!({ "query": "query ($ids: [ID!]!) { items(ids: $ids) { page(first: 100) { nodes { id } } } }",
                      "variables": { "ids": vec!["x"; 500] } });
    assert_eq!(toy.post("user", &ids).await.code(), "QUERY_TOO_COMPLEX", "a list as long as its argument");
}

#[tokio::test]
async fn one_mutation_a_request() {
    let toy = Toy::new(Options::default());
    assert_eq!(toy.query("mutation { a: bump b: bump }").await.code(), "ONE_MUTATION_PER_REQUEST");
    assert_eq!(
        toy.query("mutation { ...F } fragment F on Mutation { bump b: bump }").await.code(),
        "ONE_MUTATION_PER_REQUEST"
    );
    assert_eq!(toy.calls.total(), 0);
    assert_eq!(toy.query("mutation { __typename bump }").await.code(), "");
    assert_eq!(toy.calls.total(), 1);
}

/// `F0 { ...F1 ...F1 } … F26`: 2^26 fields in 1.4 kB of text.
pub(super) fn fan_out(levels: usize) -> String {
    let fragments = repeated(levels, |index| format!("fragment F{index} on Person {{ ...F{0} ...F{0} }}", index + 1));
    format!("{{ person {{ ...F0 }} }} {fragments} fragment F{levels} on Person {{ name }}")
}

#[tokio::test]
async fn a_fan_out_of_fragments_costs_what_its_text_costs() {
    for levels in [12, 22, 26, 40] {
        let query = fan_out(levels);
        let document = ast::Document::parse(query.as_str(), "query").unwrap();
        let selections = 2 + 2 * levels as u64 + 1;
        assert!(budget::steps(&document) <= selections, "each selection of the text is looked at once");
        assert_eq!(code_of(&query).await, if levels < 30 { "QUERY_TOO_WIDE" } else { "QUERY_TOO_DEEP" });
    }
    let query = fan_out(26);
    let limits = Limits::default();
    let began = Instant::now();
    let rounds = 20;
    for _ in 0..rounds {
        let document = budget::parse(&limits, &query).unwrap();
        budget::check_structure(&limits, &document).unwrap_err();
    }
    let each = began.elapsed() / rounds;
    println!("fan-out of 26 levels refused in {each:?}");
    assert!(each.as_millis() < 15, "took {each:?}");
}
