//! GraphQL over HTTP: POST with JSON, GET for queries. Nothing else executes anything.
//!
//! A browser can send forms, plain text and multipart bodies to any address without asking; those are not read. It can not
//! send a bearer token without asking, and there are no cookies.

mod body;
mod respond;

use apollo_compiler::ast::OperationType;
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header, request},
    response::{IntoResponse, Response},
};
use model::{Code, Principal};

use self::respond::{answer, status};
use super::{
    FrontDoor, Refusal, graphiql,
    media::{self, Media, negotiate},
    params::Params,
    websocket,
};

pub(super) use self::{body::read as read_body, respond::refuse};

/// The methods that the address answers, for the header `Allow`.
const METHODS: &str = "GET, POST";

/// Answers one HTTP request to the graph.
pub(super) async fn handle(State(door): State<FrontDoor>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let response = match parts.method {
        Method::POST => post(&door, &parts, body).await,
        Method::GET if is_upgrade(&parts.headers) => return websocket::upgrade(door, parts).await,
        Method::GET => get(&door, &parts).await,
        _ => Err(Failure::early(Refusal::new(Code::MethodNotAllowed, "use POST, or GET for queries"))),
    };
    response.unwrap_or_else(Failure::into_response)
}

async fn post(door: &FrontDoor, parts: &request::Parts, body: Body) -> Result<Response, Failure> {
    if !media::is_json(&parts.headers) {
        let refusal = Refusal::new(Code::MediaTypeUnsupported, "send the request as `Content-Type: application/json`");
        return Err(Failure::early(refusal));
    }
    let media = negotiate(&parts.headers, &[Media::Json, Media::GraphqlResponse]).ok_or_else(not_acceptable)?;
    let principal = authenticate(door, &parts.headers).await.map_err(|refusal| Failure::http(media, refusal))?;
    let body = body::read(&parts.headers, body, door.options().limits.body_bytes_max).await;
    let params = body.and_then(|body| Params::from_body(&body)).map_err(|refusal| Failure::http(media, refusal))?;
    execute(door, &principal, params, Call { method: Method::POST, media }).await
}

async fn get(door: &FrontDoor, parts: &request::Parts) -> Result<Response, Failure> {
    let offers: &[Media] = match door.options().graphiql {
        true => &[Media::Json, Media::GraphqlResponse, Media::Html],
        false => &[Media::Json, Media::GraphqlResponse],
    };
    let media = negotiate(&parts.headers, offers).ok_or_else(not_acceptable)?;
    if media == Media::Html {
        return Ok(graphiql::page().await);
    }
    let principal = authenticate(door, &parts.headers).await.map_err(|refusal| Failure::http(media, refusal))?;
    let params = Params::from_address(&parts.uri).map_err(|refusal| Failure::http(media, refusal))?;
    execute(door, &principal, params, Call { method: Method::GET, media }).await
}

/// How a request came, as far as the answer depends on it.
struct Call {
    method: Method,
    media: Media,
}

async fn execute(door: &FrontDoor, principal: &Principal, params: Params, call: Call) -> Result<Response, Failure> {
    let media = call.media;
    let admitted = door.gate.admit(principal, params).map_err(|refusals| Failure::graphql(media, refusals))?;
    match (admitted.kind, call.method) {
        (OperationType::Subscription, _) => {
            let message = "a subscription needs a WebSocket with the subprotocol graphql-transport-ws";
            Err(Failure::http(media, Refusal::new(Code::NotAcceptable, message)))
        }
        (OperationType::Mutation, Method::GET) => {
            let message = "a mutation must come by POST; nothing was executed";
            Err(Failure::http(media, Refusal::new(Code::MethodNotAllowed, message)))
        }
        (OperationType::Query | OperationType::Mutation, _) => {
            let response = door.run(door.prepare(principal, admitted)).await;
            let response = response.map_err(|refusal| Failure::graphql(media, vec![refusal]))?;
            Ok(answer(media, StatusCode::OK, &response))
        }
    }
}

/// Who calls, by the header `Authorization: Bearer …`.
async fn authenticate(door: &FrontDoor, headers: &HeaderMap) -> Result<Principal, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let bearer = match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().and_then(super::door::bearer),
        _ => None,
    };
    let bearer = bearer.ok_or_else(super::door::no_token)?;
    door.parts.authenticator.authenticate(bearer).await
}

fn is_upgrade(headers: &HeaderMap) -> bool {
    headers.get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

fn not_acceptable() -> Failure {
    let message = "accept application/graphql-response+json or application/json";
    Failure::early(Refusal::new(Code::NotAcceptable, message))
}

/// Why there is no result, and how to say so.
struct Failure {
    media: Media,
    refusals: Vec<Refusal>,
    status: StatusCode,
}

impl Failure {
    /// A failure of HTTP: the status always tells.
    fn http(media: Media, refusal: Refusal) -> Self {
        Self { media, status: status(refusal.code), refusals: vec![refusal] }
    }

    /// A failure of HTTP before the media type is known.
    fn early(refusal: Refusal) -> Self {
        Self::http(Media::Json, refusal)
    }

    /// Well-formed HTTP, wrong as GraphQL: clients that know only `application/json` expect 200 and read the errors.
    fn graphql(media: Media, refusals: Vec<Refusal>) -> Self {
        let code = refusals.first().map_or(Code::Internal, |refusal| refusal.code);
        let status = match (code, media) {
            // Clients with persisted queries look for that code in a successful answer.
            (Code::PersistedQueryNotSupported, _) | (_, Media::Json) => StatusCode::OK,
            (_, Media::GraphqlResponse | Media::Html) => status(code),
        };
        Self { media, refusals, status }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        refuse(self.media, self.status, &self.refusals)
    }
}
