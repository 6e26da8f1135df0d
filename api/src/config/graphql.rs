//! `[graphql]`: what one request may ask.

use serde::{Deserialize, Serialize};

use super::{HumanDuration, error::Findings};

/// What one request may ask. All bounds are checked before anything runs.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Graphql {
    /// Bytes of the request body.
    pub body_bytes_max: usize,
    /// Bytes of the query text.
    pub query_bytes_max: usize,
    /// Lexical tokens of the query.
    pub tokens_max: usize,
    /// Nesting of selections.
    pub depth_max: usize,
    /// Aliased fields.
    pub aliases_max: usize,
    /// Fields of the operation itself.
    pub root_fields_max: usize,
    /// Fragment definitions.
    pub fragments_max: usize,
    /// Fields after all fragments are expanded.
    pub expanded_nodes_max: u64,
    /// Objects that the lists of a request may multiply to.
    pub complexity_max: u64,
    /// How long a query may run.
    pub query_timeout: HumanDuration,
    /// How long a mutation may run.
    pub mutation_timeout: HumanDuration,
    /// Who may read the schema through the service.
    pub introspection: Introspection,
}

/// Who may read the schema through the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Introspection {
    /// Nobody.
    Nobody,
    /// Whoever is signed in and marked as a developer in the database.
    Developers,
    /// Whoever is signed in.
    Everyone,
}

impl Graphql {
    pub(super) fn validate(&self, findings: &mut Findings<'_>) {
        findings.range("graphql.body_bytes_max", self.body_bytes_max, 1_024..=16 * 1024 * 1024);
        findings.range("graphql.query_bytes_max", self.query_bytes_max, 256..=1024 * 1024);
        findings.range("graphql.tokens_max", self.tokens_max, 16..=100_000);
        findings.range("graphql.depth_max", self.depth_max, 2..=50);
        findings.range("graphql.aliases_max", self.aliases_max, 0..=1_000);
        findings.range("graphql.root_fields_max", self.root_fields_max, 1..=1_000);
        findings.range("graphql.fragments_max", self.fragments_max, 0..=1_000);
        findings.range("graphql.expanded_nodes_max", self.expanded_nodes_max, 16..=1_000_000);
        findings.range("graphql.complexity_max", self.complexity_max, 16..=100_000_000);
        let (shortest, longest) = (HumanDuration::from_millis(100), HumanDuration::from_secs(300));
        findings.range("graphql.query_timeout", self.query_timeout, shortest..=longest);
        findings.range("graphql.mutation_timeout", self.mutation_timeout, shortest..=longest);
        if self.query_bytes_max > self.body_bytes_max {
            findings.add(
                "graphql.query_bytes_max",
                "is more than graphql.body_bytes_max, which holds the query",
                "write a smaller number or raise the other",
            );
        }
    }
}
