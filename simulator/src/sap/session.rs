//! CSRF tokens: a token is good only with the cookie that came with it.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use rand::distr::{Alphanumeric, SampleString};

use super::refusal::Refusal;
use crate::business::call::{Call, Reply};

/// Name of the cookie.
const COOKIE: &str = "SAP_SESSIONID_SIM_100";
/// How long a session lasts.
const SESSION_TIME: TimeDelta = TimeDelta::minutes(30);
/// Sessions that are remembered; more than tests open in half an hour.
const SESSIONS_MAX: usize = 10_000;

/// The sessions: cookie to token and beginning.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sessions(BTreeMap<String, (String, DateTime<Utc>)>);

impl Sessions {
    /// Adds the token and its cookie to the answer, if the request wants them.
    pub(crate) fn hand_out(&mut self, call: &Call, reply: Reply, now: DateTime<Utc>) -> Reply {
        let wanted = call.header("x-csrf-token").is_some_and(|value| value.eq_ignore_ascii_case("fetch"));
        if !wanted {
            return reply;
        }
        self.0.retain(|_, (_, since)| now - *since < SESSION_TIME);
        if let Some((token, _)) = cookie(call).and_then(|cookie| self.0.get(cookie)) {
            return reply.with("x-csrf-token", token.clone());
        }
        if self.0.len() >= SESSIONS_MAX {
            self.0.pop_first();
        }
        let (cookie, token) = (random(24), random(22) + "==");
        self.0.insert(cookie.clone(), (token.clone(), now));
        let cookie = format!("{COOKIE}={cookie}; path=/; HttpOnly");
        reply.with("x-csrf-token", token).with("set-cookie", cookie)
    }

    /// Refuses a change without a token and the cookie that belongs to it.
    pub(crate) fn check(&self, call: &Call, now: DateTime<Utc>) -> Result<(), Reply> {
        let session = cookie(call).and_then(|cookie| self.0.get(cookie));
        let fresh = session.filter(|(_, since)| now - *since < SESSION_TIME);
        match (fresh, call.header("x-csrf-token")) {
            (Some((token, _)), Some(sent)) if token == sent => Ok(()),
            _ => {
                let refusal =
                    Refusal::new(StatusCode::FORBIDDEN, "/IWFND/CM_CONSUMER/101", "CSRF token validation failed");
                Err(refusal.reply().with("x-csrf-token", "Required"))
            }
        }
    }

    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }
}

fn cookie(call: &Call) -> Option<&str> {
    let cookies = call.headers.get_all("cookie").iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value)
}

fn random(length: usize) -> String {
    Alphanumeric.sample_string(&mut rand::rng(), length)
}
