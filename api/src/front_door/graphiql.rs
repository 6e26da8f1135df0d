//! GraphiQL from the binary's own assets: no other host is asked for anything, and the policy says so to the browser.
//!
//! The page has no secret. A token is pasted into the header editor and kept by the page alone; it is never part of an
//! address.

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use uuid::Uuid;

use super::media::Media;

/// The files, with their types.
const ASSETS: [(&str, &str, &str); 7] = [
    ("react.js", JAVASCRIPT, include_str!("../../assets/graphiql/react.production.min.js")),
    ("react-dom.js", JAVASCRIPT, include_str!("../../assets/graphiql/react-dom.production.min.js")),
    ("graphiql.js", JAVASCRIPT, include_str!("../../assets/graphiql/graphiql.min.js")),
    ("graphiql.css", STYLE, include_str!("../../assets/graphiql/graphiql.min.css")),
    ("graphql-ws.js", JAVASCRIPT, include_str!("../../assets/graphiql/graphql-ws.min.js")),
    ("page.js", JAVASCRIPT, include_str!("../../assets/graphiql/page.js")),
    ("page.css", STYLE, include_str!("../../assets/graphiql/page.css")),
];

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const PAGE: &str = include_str!("../../assets/graphiql/page.html");

/// The page. It may run the scripts of this service, talk to this service, and nothing else.
pub(super) async fn page() -> Response {
    // For the style element that a dialog of GraphiQL adds; scripts come from files only.
    let nonce = Uuid::new_v4().simple().to_string();
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; connect-src 'self'; img-src 'self' data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let headers = [
        (header::CONTENT_TYPE, Media::Html.content_type().to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::VARY, "accept".to_owned()),
    ];
    (headers, PAGE.replace("{nonce}", &nonce)).into_response()
}

/// One file of the page.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    let Some((_, kind, content)) = ASSETS.iter().find(|(known, ..)| *known == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, *kind),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // An hour: long enough for a session, short enough for an upgrade of the service.
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, *content).into_response()
}
