//! The GraphiQL page.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};

use super::toy::Toy;
use crate::front_door::Options;

fn browser(path: &str) -> Request<Body> {
    Request::get(path).header(header::ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8").body(Body::empty()).unwrap()
}

#[tokio::test]
async fn the_page_needs_no_other_host() {
    let toy = Toy::new(Options { graphiql: true, ..Options::default() });
    let page = toy.send(browser("/graphql")).await;
    assert_eq!(page.status(), StatusCode::OK);
    let policy = page.header(header::CONTENT_SECURITY_POLICY);
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self' 'nonce-"), "{policy}");
    assert!(!policy.contains("unsafe"));
    assert!(!page.body.contains("http") && !page.body.contains("{nonce}"), "{}", page.body);
    let mut assets = 0;
    for piece in page.body.split('"').filter(|piece| piece.starts_with("/graphiql/")) {
        let asset = toy.send(browser(piece)).await;
        assert_eq!(asset.status(), StatusCode::OK, "{piece}");
        let kind = if piece.ends_with(".css") { "text/css; charset=utf-8" } else { "text/javascript; charset=utf-8" };
        assert_eq!(asset.header(header::CONTENT_TYPE), kind);
        assets += 1;
    }
    assert_eq!(assets, 7);
    assert_eq!(toy.send(browser("/graphiql")).await.status(), StatusCode::OK);
    assert_eq!(toy.send(browser("/graphiql/../secret")).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn no_page_unless_enabled() {
    let toy = Toy::new(Options::default());
    assert_eq!(toy.send(browser("/graphql")).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(toy.send(browser("/graphiql")).await.status(), StatusCode::NOT_FOUND);
}
