//! What must be true of the schema as a text.

use async_graphql::Request;
use serde_json::Value;

use crate::{schema, sdl};

const INTROSPECTION: &str = "{ __schema { queryType { name } types {
    kind name description specifiedByURL
    interfaces { name }
    fields(includeDeprecated: true) { name description type { ...Type } args { name description } }
    inputFields { name description }
    enumValues(includeDeprecated: true) { name description }
} } }
fragment Type on __Type { kind name ofType { kind name ofType { kind name } } }";

/// Scalars of GraphQL itself, which need no explanation.
const BUILT_IN: [&str; 5] = ["ID", "Int", "Float", "String", "Boolean"];

async fn types() -> Vec<Value> {
    let response = schema(None).execute(Request::new(INTROSPECTION)).await;
    assert!(response.errors.is_empty(), "{:?}", response.errors);
    let data = response.data.into_json().unwrap();
    let types = data["__schema"]["types"].as_array().unwrap().clone();
    // Names with underscores are GraphQL's and Apollo's own.
    types.into_iter().filter(|ty| !name(ty).starts_with('_')).collect()
}

fn name(value: &Value) -> &str {
    value["name"].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten().filter(|item| !name(item).starts_with('_'))
}

fn is_described(value: &Value) -> bool {
    value["description"].as_str().is_some_and(|text| text.len() > 2 && text.trim_end().ends_with('.'))
}

#[tokio::test]
async fn everything_is_described() {
    let mut mute = Vec::new();
    for ty in types().await.iter().filter(|ty| !BUILT_IN.contains(&name(ty))) {
        if !is_described(ty) {
            mute.push(name(ty).to_owned());
        }
        for key in ["fields", "inputFields", "enumValues"] {
            for member in list(ty, key) {
                if !is_described(member) {
                    mute.push(format!("{}.{}", name(ty), name(member)));
                }
                let args = list(member, "args").filter(|arg| !is_described(arg));
                mute.extend(args.map(|arg| format!("{}.{}({})", name(ty), name(member), name(arg))));
            }
        }
    }
    assert!(mute.is_empty(), "without a description: {mute:#?}");
}

#[tokio::test]
async fn every_object_with_an_id_is_a_node_and_only_those_are() {
    for ty in types().await.iter().filter(|ty| ty["kind"] == "OBJECT") {
        let has_id = list(ty, "fields").any(|field| name(field) == "id");
        let is_node = list(ty, "interfaces").any(|interface| name(interface) == "Node");
        assert_eq!(has_id, is_node, "{}", name(ty));
    }
}

#[tokio::test]
async fn names_follow_the_conventions() {
    let types = types().await;
    let find = |wanted: &str| types.iter().find(|ty| name(ty) == wanted);
    for ty in &types {
        if let Some(node) = name(ty).strip_suffix("Connection") {
            let fields: Vec<_> = list(ty, "fields").map(name).collect();
            assert!(["edges", "pageInfo", "totalCount"].iter().all(|field| fields.contains(field)), "{fields:?}");
            assert!(find(node).is_some() && find(&format!("{node}Edge")).is_some(), "{node}");
        }
        for value in list(ty, "enumValues").map(name) {
            assert!(value.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_'), "{}.{value}", name(ty));
        }
        if ty["kind"] == "SCALAR" && !BUILT_IN.contains(&name(ty)) {
            assert!(ty["specifiedByURL"].is_string(), "{} says not by whom it is specified", name(ty));
        }
    }
    for mutation in list(find("Mutation").unwrap(), "fields") {
        let title = format!("{}{}", name(mutation)[..1].to_uppercase(), &name(mutation)[1..]);
        assert_eq!(list(mutation, "args").map(name).collect::<Vec<_>>(), ["input"]);
        assert_eq!(mutation["type"]["ofType"]["name"], format!("{title}Payload"));
        let input = find(&format!("{title}Input")).unwrap();
        for field in ["idempotencyKey", "clientMutationId"] {
            assert!(list(input, "inputFields").any(|given| name(given) == field), "{title}.{field}");
        }
        let payload = find(&format!("{title}Payload")).unwrap();
        for field in ["outcome", "clientMutationId"] {
            assert!(list(payload, "fields").any(|given| name(given) == field), "{title}.{field}");
        }
    }
    for subscription in list(find("Subscription").unwrap(), "fields") {
        let event = find(subscription["type"]["ofType"]["name"].as_str().unwrap()).unwrap();
        assert!(
            list(event, "fields").any(|field| name(field) == "cursor"),
            "the transport resumes {} by it",
            name(event)
        );
        assert!(list(subscription, "args").any(|arg| name(arg) == "after"));
    }
}

#[test]
fn the_text_is_the_same_each_time_and_has_its_keys() {
    let text = sdl(&schema(None));
    assert_eq!(text, sdl(&schema(None)));
    for expected in [
        r#"type Plant implements Node @key(fields: "id") @key(fields: "code") {"#,
        r#"type Line implements Node @key(fields: "id") @key(fields: "plantCode code") {"#,
        r#"type MaterialLot implements Node @key(fields: "id") @key(fields: "plantCode materialCode number") {"#,
        r#"type ProductionOrder implements Node @key(fields: "id") @key(fields: "plantCode number") {"#,
        "type Subscription {",
        "@specifiedBy(url:",
        "https://specs.apollo.dev/federation/v2.5",
    ] {
        assert!(text.contains(expected), "{expected} is not in the schema");
    }
}

/// The gate of the front door reads this text; a schema that it can not read would not start.
#[test]
fn the_text_is_valid_graphql() {
    let text = schema(None).sdl();
    let builder = apollo_compiler::Schema::builder().ignore_builtin_redefinitions().parse(text, "schema.graphql");
    let schema = builder.build().map_err(|failed| failed.errors.to_string()).unwrap();
    schema.validate().map_err(|failed| failed.errors.to_string()).unwrap();
}
