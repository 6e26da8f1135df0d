//! SAP's protection against forged requests: a token and the cookies of the session that it belongs to. One without the
//! other is worth nothing, so they are kept, sent and thrown away together.

use std::collections::BTreeMap;

use reqwest::{
    RequestBuilder,
    header::{COOKIE, SET_COOKIE},
};

use crate::http::Answer;

/// The header of the token.
pub(super) const TOKEN: &str = "x-csrf-token";
/// Asks for a token.
pub(super) const FETCH: &str = "Fetch";
/// Says that there is none, or not the right one.
const REQUIRED: &str = "Required";
/// Cookies of one session, and the length of one. SAP sends three or four.
const COOKIES_MAX: usize = 32;
const COOKIE_BYTES_MAX: usize = 4 << 10;

/// A token with its cookies.
#[derive(Clone, Default)]
pub(super) struct Session {
    token: String,
    cookies: BTreeMap<String, String>,
}

impl Session {
    /// The session that an answer to [`FETCH`] began; `None`: it gave no token.
    pub(super) fn begun(answer: &Answer) -> Option<Self> {
        let token = answer.header(TOKEN).filter(|token| !token.eq_ignore_ascii_case(REQUIRED))?.to_owned();
        let mut cookies = BTreeMap::new();
        for cookie in answer.headers.get_all(SET_COOKIE).iter().take(COOKIES_MAX) {
            let Some((name, value)) = cookie.to_str().ok().and_then(|text| text.split(';').next()?.split_once('='))
            else {
                continue;
            };
            if name.len() + value.len() <= COOKIE_BYTES_MAX {
                cookies.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
        Some(Self { token, cookies })
    }

    /// The request within the session; `act`: with the token.
    pub(super) fn apply(&self, mut request: RequestBuilder, act: bool) -> RequestBuilder {
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, cookies.join("; "));
        }
        if act { request.header(TOKEN, &self.token) } else { request }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session")
    }
}

/// Whether an answer says that the token is missing or of another session. Nothing was done then.
pub(super) fn wants_token(answer: &Answer) -> bool {
    answer.status == reqwest::StatusCode::FORBIDDEN
        && answer.header(TOKEN).is_some_and(|token| token.eq_ignore_ascii_case(REQUIRED))
}
