//! Callers of the graph over HTTP.

use std::{net::SocketAddr, sync::Once, time::Duration};

use reqwest::{Client, Method, RequestBuilder, StatusCode, header};
use serde_json::{Value, json};

/// Longer than the longest deadline of the service.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(40);

/// A client that talks to this machine only.
pub fn http_client() -> Client {
    static CRYPTOGRAPHY: Once = Once::new();
    CRYPTOGRAPHY.call_once(|| {
        // Nothing here is encrypted, but the client wants to know by what it would be.
        let _already = rustls::crypto::ring::default_provider().install_default();
    });
    Client::builder().no_proxy().timeout(REQUEST_TIMEOUT).build().unwrap()
}

/// Somebody who calls a service.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Where the service listens.
    pub address: SocketAddr,
    /// The token, if there is one.
    pub token: Option<String>,
    client: Client,
}

impl Caller {
    /// Somebody with a token.
    pub fn new(address: SocketAddr, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..Self::stranger(address) }
    }

    /// Somebody without one.
    pub fn stranger(address: SocketAddr) -> Self {
        Self { address, token: None, client: http_client() }
    }

    /// A request to the graph, with the token and nothing else.
    pub fn request(&self, method: Method) -> RequestBuilder {
        self.request_to(method, "")
    }

    /// A GET with the query in the address.
    pub fn query_by_get(&self, query: &str) -> RequestBuilder {
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        self.request_to(Method::GET, &format!("?query={encoded}"))
    }

    fn request_to(&self, method: Method, parameters: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("http://{}/graphql{parameters}", self.address));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Asks, and returns the status and the whole answer.
    pub async fn post(&self, query: &str, variables: Value) -> (StatusCode, Value) {
        let body = json!({ "query": query, "variables": variables }).to_string();
        answer(self.request(Method::POST).header(header::CONTENT_TYPE, "application/json").body(body)).await
    }

    /// Asks, and returns the data.
    ///
    /// # Panics
    /// When there is an error.
    #[track_caller]
    pub fn ask(&self, query: &str, variables: Value) -> impl Future<Output = Value> + use<> {
        let (caller, query) = (self.clone(), query.to_owned());
        async move {
            let (status, mut answer) = caller.post(&query, variables).await;
            assert!(status.is_success() && answer.get("errors").is_none(), "{query}: {status} {answer:#}");
            answer["data"].take()
        }
    }

    /// Reads another address of the service: the status and the text.
    pub async fn get(&self, path: &str) -> (StatusCode, String) {
        let response = self.client.get(format!("http://{}{path}", self.address)).send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    }
}

/// Sends a request: the status and the JSON of the answer.
pub async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let (status, text) = (response.status(), response.text().await.unwrap());
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// The code of the first error of an answer.
pub fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("no code in {answer:#}"))
}
