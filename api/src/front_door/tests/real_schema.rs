//! The schema of the service itself, as the gate reads it.

use model::Principal;

use crate::front_door::{Executor, Options, gate::Gate, params::Params};

/// What the screens of a plant ask for, as generously as they may.
const QUERIES: [&str; 5] = [
    "{ plants(first: 20) { edges { node { id code name lines { id code name goodCount scrapCount activeOrderNumber \
     activeOrder { id number } openCases { id } parameters { name } } } } } }",
    "{ plant(code: \"RIV\") { lots(first: 100) { nodes { id } pageInfo { hasNextPage endCursor } } } }",
    "query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename ... on Line { code } ... on Case { id } } }",
    "subscription ($after: String) { changes(after: $after) { cursor } }",
    "{ __schema { types { name fields { name type { name ofType { name } } } } } __type(name: \"Line\") { isOneOf } }",
];

#[test]
fn both_parsers_know_the_schema_and_screens_fit_the_budget() {
    let gate = Gate::new(&Executor::sdl(&resolvers::schema(None)), &Options::default()).unwrap();
    let developer = Principal {
        subject: "ada".into(),
        person: "ada".into(),
        name: "Ada".into(),
        grants: Vec::new(),
        service: false,
        developer: true,
        expires_at: None,
    };
    for query in QUERIES {
        let variables = serde_json::json!({ "query": query, "variables": { "ids": ["a", "b"] } });
        let params = Params::from_body(variables.to_string().as_bytes()).unwrap();
        if let Err(refusals) = gate.admit(&developer, params) {
            panic!("{query}: {refusals:?}");
        }
    }
}
