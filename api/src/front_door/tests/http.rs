//! Methods, media types, sizes, proof of who calls: each status, and what was not executed.

use std::{sync::atomic::Ordering, time::Duration};

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use serde_json::json;

use super::toy::{Toy, post};
use crate::front_door::{Introspection, Options};

const JSON: &str = "application/json";
const GRAPHQL: &str = "application/graphql-response+json";

fn get(query: &str) -> axum::http::request::Builder {
    let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
    Request::get(format!("/graphql?query={encoded}")).header(header::AUTHORIZATION, "Bearer user")
}

#[tokio::test]
async fn a_query_by_post_and_by_get() {
    let toy = Toy::new(Options::default());
    let answer = toy.query("{ name }").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/graphql-response+json; charset=utf-8");
    assert_eq!(answer.header(header::VARY), "accept");
    assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert!(answer.parts.headers.get(header::SET_COOKIE).is_none());
    let answer = toy.send(get("{ name }").body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status(), answer.body.as_str()), (StatusCode::OK, r#"{"data":{"name":"the user"}}"#));
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/json; charset=utf-8");
    let address = "/graphql?query=query%20A($t:String!){echo(text:$t)}query%20B{name}&operationName=A&variables=%7B%22t%22:%22x%22%7D";
    let request = Request::get(address.replace('{', "%7B").replace('}', "%7D"));
    let answer = toy.send(request.header(header::AUTHORIZATION, "bearer user").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.json(), json!({ "data": { "echo": "x" } }));
}

#[tokio::test]
async fn mutations_come_by_post_of_json_only() {
    let toy = Toy::new(Options::default());
    let body = r#"{"query":"mutation { bump }"}"#;
    let send = async |request: Request<Body>, status: StatusCode, code: &str| {
        let name = format!("{request:?}");
        let answer = toy.send(request).await;
        assert_eq!((answer.status(), answer.code().as_str()), (status, code), "{name}");
        assert_eq!(toy.calls.total(), 0, "{name} executed something");
        answer
    };
    let answer = send(
        get("mutation { bump }").body(Body::empty()).unwrap(),
        StatusCode::METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED",
    )
    .await;
    assert_eq!(answer.header(header::ALLOW), "GET, POST");
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "multipart/mixed",
        "application/json; charset=utf-16",
        "application/graphql",
    ] {
        let mut request = post("user").body(Body::from(body)).unwrap();
        request.headers_mut().insert(header::CONTENT_TYPE, kind.parse().unwrap());
        send(request, StatusCode::UNSUPPORTED_MEDIA_TYPE, "MEDIA_TYPE_UNSUPPORTED").await;
    }
    let mut request = post("user").body(Body::from(body)).unwrap();
    request.headers_mut().remove(header::CONTENT_TYPE);
    send(request, StatusCode::UNSUPPORTED_MEDIA_TYPE, "MEDIA_TYPE_UNSUPPORTED").await;
    let batch = post("user").body(Body::from(format!(" [{body}]"))).unwrap();
    send(batch, StatusCode::BAD_REQUEST, "REQUEST_MALFORMED").await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let mut request = post("user").body(Body::from(body)).unwrap();
        *request.method_mut() = method;
        let answer = send(request, StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED").await;
        assert_eq!(answer.header(header::ALLOW), "GET, POST");
    }
    assert_eq!(toy.send(post("user").body(Body::from(body)).unwrap()).await.status(), StatusCode::OK);
    assert_eq!(toy.calls.total(), 1);
}

#[tokio::test]
async fn parameters_have_types() {
    let toy = Toy::new(Options::default());
    for body in [
        "",
        "null",
        "\"{ name }\"",
        "{",
        "{}",
        r#"{"query":null}"#,
        r#"{"query":"  "}"#,
        r#"{"query":1}"#,
        r#"{"query":["{ name }"]}"#,
        r#"{"query":"{ name }","operationName":1}"#,
        r#"{"query":"{ name }","variables":[]}"#,
        r#"{"query":"{ name }","variables":"{}"}"#,
        r#"{"query":"{ name }","extensions":1}"#,
        r#"{"query":"{ name }","query":"{ name }"}"#,
        r#"{"query":"{ name }"} {}"#,
        r#"{"query":"{ echo(text: \"\ud800\") }"}"#,
        "[]",
    ] {
        let answer = toy.send(post("user").body(Body::from(body)).unwrap()).await;
        assert_eq!((answer.status(), answer.code().as_str()), (StatusCode::BAD_REQUEST, "REQUEST_MALFORMED"), "{body}");
    }
    for body in [
        r#"{"query":"{ name }","operationName":null,"variables":null,"extensions":null}"#,
        r#"{"query":"{ name }","variables":{"unused":1},"anything":"else"}"#,
    ] {
        let answer = toy.send(post("user").body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.status(), StatusCode::OK, "{body}: {}", answer.body);
    }
    let hashed = json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": "0" } } });
    let answer = toy.post("user", &hashed).await;
    assert_eq!((answer.status(), answer.code().as_str()), (StatusCode::OK, "PERSISTED_QUERY_NOT_SUPPORTED"));
    for query in ["query A { name } query B { name }", "query A { name }"] {
        let answer = toy.post("user", &json!({ "query": query, "operationName": "C" })).await;
        assert_eq!(answer.code(), "OPERATION_UNKNOWN");
    }
    assert_eq!(toy.query("query A { name } query B { name }").await.code(), "OPERATION_UNKNOWN");
}

#[tokio::test]
async fn the_status_tells_whoever_asks_for_it() {
    let toy = Toy::new(Options::default());
    for (accept, query, status) in [
        (GRAPHQL, "{ unknown }", StatusCode::BAD_REQUEST),
        (JSON, "{ unknown }", StatusCode::OK),
        ("*/*", "{ unknown }", StatusCode::OK),
        (GRAPHQL, "{ name", StatusCode::BAD_REQUEST),
        (GRAPHQL, "{ __schema { queryType { name } } }", StatusCode::FORBIDDEN),
        (GRAPHQL, "{ conflict }", StatusCode::OK),
        (JSON, "subscription { ticks(to: 1) { number } }", StatusCode::NOT_ACCEPTABLE),
        ("text/plain", "{ name }", StatusCode::NOT_ACCEPTABLE),
        ("image/png, application/json;q=0", "{ name }", StatusCode::NOT_ACCEPTABLE),
    ] {
        let mut request = post("user").body(Body::from(json!({ "query": query }).to_string())).unwrap();
        request.headers_mut().insert(header::ACCEPT, accept.parse().unwrap());
        let answer = toy.send(request).await;
        assert_eq!(answer.status(), status, "{accept} {query}: {}", answer.body);
        assert_ne!(answer.code(), "");
        let is_executed = query.contains("conflict");
        assert_eq!(answer.json().get("data").is_some(), is_executed, "{query}");
    }
}

#[tokio::test]
async fn a_caller_has_to_prove_who_they_are() {
    let toy = Toy::new(Options::default());
    let body = || Body::from(r#"{"query":"{ name }"}"#);
    for value in ["", "Bearer", "Bearer ", "Bearer nobody", "Basic user", "user", "Bearer user, Bearer user"] {
        let mut request = post("user").body(body()).unwrap();
        request.headers_mut().insert(header::AUTHORIZATION, value.parse().unwrap());
        let answer = toy.send(request).await;
        assert_eq!((answer.status(), answer.code().as_str()), (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"), "{value}");
        assert!(answer.header(header::WWW_AUTHENTICATE).starts_with("Bearer"));
    }
    let mut request = post("user").body(body()).unwrap();
    request.headers_mut().append(header::AUTHORIZATION, "Bearer user".parse().unwrap());
    assert_eq!(toy.send(request).await.status(), StatusCode::UNAUTHORIZED, "two tokens");
    let request = Request::get("/graphql?query=%7Bname%7D&access_token=user").body(Body::empty()).unwrap();
    assert_eq!(toy.send(request).await.status(), StatusCode::UNAUTHORIZED, "no token in an address");
    assert_eq!(toy.calls.total(), 0);
}

#[tokio::test]
async fn a_body_has_a_bound() {
    let toy = Toy::new(Options::default());
    let padded = |bytes: usize| format!("{{\"query\":\"{{ name }}\"{}}}", " ".repeat(bytes - 21));
    let bytes_max = 256 * 1024;
    let answer = toy.send(post("user").body(Body::from(padded(bytes_max))).unwrap()).await;
    assert_eq!(answer.status(), StatusCode::OK, "{}", answer.body);
    let declared = toy.send(post("user").header(header::CONTENT_LENGTH, "300000").body(Body::empty()).unwrap()).await;
    assert_eq!((declared.status(), declared.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE"));
    let pieces = (0..300).map(|_| Ok::<_, std::io::Error>("x".repeat(1_024)));
    let streamed = Body::from_stream(futures::stream::iter(pieces));
    let streamed = toy.send(post("user").body(streamed).unwrap()).await;
    assert_eq!(streamed.status(), StatusCode::PAYLOAD_TOO_LARGE, "without a declared length");
}

#[tokio::test]
async fn the_schema_is_for_developers() {
    let introspection = "{ __schema { types { name fields { name args { name } type { name ofType { name } } } } } }";
    let nested = "{ ...F } fragment F on Query { a: __type(name: \"Query\") { name isOneOf } }";
    for (setting, user, developer) in [
        (Introspection::Developers, "INTROSPECTION_FORBIDDEN", ""),
        (Introspection::Everyone, "", ""),
        (Introspection::Nobody, "INTROSPECTION_FORBIDDEN", "INTROSPECTION_FORBIDDEN"),
    ] {
        let toy = Toy::new(Options { introspection: setting, ..Options::default() });
        for query in [introspection, nested, "{ _service { sdl } }"] {
            assert_eq!(toy.post("user", &json!({ "query": query })).await.code(), user, "{setting:?} {query}");
            assert_eq!(
                toy.post("developer", &json!({ "query": query })).await.code(),
                developer,
                "{setting:?} {query}"
            );
        }
        assert_eq!(toy.post("user", &json!({ "query": "{ __typename }" })).await.code(), "");
    }
}

#[tokio::test]
async fn the_introspection_of_tools_passes() {
    let of_type = "ofType { kind name ".repeat(9) + &"} ".repeat(9);
    let query = format!(
        "query IntrospectionQuery {{ __schema {{ description queryType {{ name kind }} mutationType {{ name kind }} \
         subscriptionType {{ name kind }} types {{ ...FullType }} directives {{ name description isRepeatable locations \
         args(includeDeprecated: true) {{ ...InputValue }} }} }} }} \
         fragment FullType on __Type {{ kind name description specifiedByURL isOneOf fields(includeDeprecated: true) {{ name \
         description args(includeDeprecated: true) {{ ...InputValue }} type {{ ...TypeRef }} isDeprecated \
         deprecationReason }} inputFields(includeDeprecated: true) {{ ...InputValue }} interfaces {{ ...TypeRef }} \
         enumValues(includeDeprecated: true) {{ name description isDeprecated deprecationReason }} possibleTypes {{ \
         ...TypeRef }} }} \
         fragment InputValue on __InputValue {{ name description type {{ ...TypeRef }} defaultValue isDeprecated \
         deprecationReason }} \
         fragment TypeRef on __Type {{ kind name {of_type} }}"
    );
    let answer = Toy::new(Options::default()).query(&query).await;
    assert_eq!(answer.code(), "", "{:.300}", answer.body);
    assert_eq!(answer.json()["data"]["__schema"]["queryType"]["name"], "Query");
}

#[tokio::test]
async fn a_slow_query_is_stopped_and_a_slow_mutation_is_not() {
    let options = Options {
        query_timeout: Duration::from_millis(50),
        mutation_timeout: Duration::from_millis(50),
        ..Options::default()
    };
    let toy = Toy::new(options);
    let answer = toy.query("{ slow(millis: 5000) }").await;
    assert_eq!((answer.status(), answer.code().as_str()), (StatusCode::GATEWAY_TIMEOUT, "TIMEOUT"));
    let answer = toy.query("mutation { bump(millis: 300) }").await;
    assert_eq!(answer.code(), "TIMEOUT");
    assert!(answer.body.contains("same idempotency key"));
    assert_eq!(toy.calls.finished_mutations.load(Ordering::SeqCst), 0);
    toy.tracker.close();
    toy.tracker.wait().await;
    assert_eq!(toy.calls.finished_mutations.load(Ordering::SeqCst), 1, "it ran to its end");
}

#[tokio::test]
async fn a_caller_that_leaves_does_not_stop_its_mutation() {
    let toy = Toy::new(Options::default());
    let leaving = toy.query("mutation { bump(millis: 200) }");
    assert!(tokio::time::timeout(Duration::from_millis(50), leaving).await.is_err());
    toy.tracker.close();
    toy.tracker.wait().await;
    assert_eq!(toy.calls.finished_mutations.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn pages_of_listed_origins_may_call() {
    let toy = Toy::new(Options { origins: vec!["https://board.example".into()], ..Options::default() });
    for (origin, allowed) in [("https://board.example", "https://board.example"), ("https://evil.example", "")] {
        let preflight = Request::options("/graphql")
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .body(Body::empty())
            .unwrap();
        assert_eq!(toy.send(preflight).await.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), allowed);
    }
}

#[tokio::test]
async fn a_gateway_fetches_entities_within_the_budget() {
    let toy = Toy::new(Options::default());
    let query = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Item { id page(first: 100) { nodes { id } } } } }";
    let of = |count: usize| json!({ "r": vec![json!({ "__typename": "Item", "id": "1" }); count] });
    let answer = toy.post("user", &json!({ "query": query, "variables": of(2) })).await;
    assert_eq!(answer.json()["data"]["_entities"][1]["page"]["nodes"][0]["id"], "item", "{}", answer.body);
    let answer = toy.post("user", &json!({ "query": query, "variables": of(1_000) })).await;
    assert_eq!(answer.code(), "QUERY_TOO_COMPLEX");
}

#[tokio::test]
async fn one_of_several_inputs() {
    let toy = Toy::new(Options::default());
    let pick = "query ($choice: Choice!) { pick(choice: $choice) }";
    for (choice, expected) in [(json!({ "text": "x" }), "x"), (json!({ "word": "YES" }), "Yes")] {
        let answer = toy.post("user", &json!({ "query": pick, "variables": { "choice": choice } })).await;
        assert_eq!(answer.json()["data"]["pick"], expected, "{}", answer.body);
    }
    for choice in [json!({}), json!({ "text": "x", "word": "NO" }), json!({ "text": null }), json!({ "word": "MAYBE" })]
    {
        let answer = toy.post("user", &json!({ "query": pick, "variables": { "choice": choice } })).await;
        assert_eq!(answer.code(), "INVALID_INPUT", "{choice}: {}", answer.body);
    }
}
