//! What the front door allows. The defaults are the published guarantees; the configuration may change them.

use std::time::Duration;

use crate::config;

/// What one request may ask. Every bound is checked before anything runs.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a request body: room for a full query and large variables.
    pub body_bytes_max: usize,
    /// Bytes of a query text. Hand-written queries of people and generated ones of screens stay far below.
    pub query_bytes_max: usize,
    /// Lexical tokens of a query text, white space and comments not counted.
    pub tokens_max: usize,
    /// Levels of fields in an operation, fragments expanded.
    pub depth_max: u64,
    /// Aliased fields in an operation, fragments expanded: an alias repeats work under another name.
    pub aliases_max: u64,
    /// Fields of an operation's root, fragments expanded.
    pub root_fields_max: u64,
    /// Fragment definitions in a document.
    pub fragments_max: u64,
    /// Directives in a document, fragments expanded.
    pub directives_max: u64,
    /// Selections in a document, fragments expanded.
    pub nodes_max: u64,
    /// Objects that the lists of an operation may multiply to, by `first` and `last`.
    pub complexity_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes_max: 256 * 1024,
            query_bytes_max: 15 * 1024,
            tokens_max: 1_500,
            depth_max: 12,
            aliases_max: 30,
            root_fields_max: 20,
            fragments_max: 50,
            directives_max: DIRECTIVES_MAX,
            nodes_max: 5_000,
            complexity_max: 50_000,
        }
    }
}

/// No client needs more than a directive for every field that it may skip; each costs a look-up.
const DIRECTIVES_MAX: u64 = 50;

impl From<&config::Graphql> for Limits {
    fn from(config: &config::Graphql) -> Self {
        Self {
            body_bytes_max: config.body_bytes_max,
            query_bytes_max: config.query_bytes_max,
            tokens_max: config.tokens_max,
            depth_max: config.depth_max as u64,
            aliases_max: config.aliases_max as u64,
            root_fields_max: config.root_fields_max as u64,
            fragments_max: config.fragments_max as u64,
            directives_max: DIRECTIVES_MAX,
            nodes_max: config.expanded_nodes_max,
            complexity_max: config.complexity_max,
        }
    }
}

/// What one socket may hold, and how long it may be silent.
#[derive(Clone, Debug)]
pub struct SocketLimits {
    /// Until `connection_init` has arrived: an unauthenticated socket costs memory.
    pub init_timeout: Duration,
    /// Operations at a time on one socket.
    pub operations_max: usize,
    /// Bytes of one message from the client.
    pub message_bytes_max: usize,
    /// Between two pings.
    pub ping_interval: Duration,
    /// Silence after which the peer is taken for gone: two pings and some.
    pub dead_after: Duration,
    /// How long one message may take to leave: a peer that reads nothing must not hold buffers.
    pub write_timeout: Duration,
    /// Events that wait for the socket, for each subscription.
    pub queue_events_max: usize,
    /// Bytes that wait for the socket, for each subscription. One event may be larger, then it waits alone.
    pub queue_bytes_max: usize,
    /// How long an event may wait for room in the queue. A subscriber that catches up from an old cursor fills the queue
    /// faster than any network empties it, so a full queue alone is no fault; one that stays full is.
    pub queue_patience: Duration,
}

impl Default for SocketLimits {
    fn default() -> Self {
        Self {
            init_timeout: Duration::from_secs(5),
            operations_max: 50,
            message_bytes_max: 64 * 1024,
            ping_interval: Duration::from_secs(20),
            dead_after: Duration::from_secs(45),
            write_timeout: Duration::from_secs(10),
            queue_events_max: 256,
            queue_bytes_max: 1024 * 1024,
            queue_patience: QUEUE_PATIENCE,
        }
    }
}

/// Well below the write timeout, so that a slow subscription ends before its socket does.
const QUEUE_PATIENCE: Duration = Duration::from_secs(2);

impl From<&config::Websocket> for SocketLimits {
    fn from(config: &config::Websocket) -> Self {
        Self {
            init_timeout: config.init_timeout.get(),
            operations_max: config.operations_max,
            message_bytes_max: config.message_bytes_max,
            ping_interval: config.ping_interval.get(),
            dead_after: config.dead_after.get(),
            write_timeout: config.write_timeout.get(),
            queue_events_max: config.queue_events_max,
            queue_bytes_max: config.queue_bytes_max,
            queue_patience: QUEUE_PATIENCE.min(config.write_timeout.get() / 2),
        }
    }
}

/// Who may read the schema through the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Introspection {
    /// Nobody.
    Nobody,
    /// Principals marked as developers.
    Developers,
    /// Whoever is signed in.
    Everyone,
}

impl From<config::Introspection> for Introspection {
    fn from(config: config::Introspection) -> Self {
        match config {
            config::Introspection::Nobody => Self::Nobody,
            config::Introspection::Developers => Self::Developers,
            config::Introspection::Everyone => Self::Everyone,
        }
    }
}

/// Everything that can be chosen about the front door.
#[derive(Clone, Debug)]
pub struct Options {
    /// What one request may ask.
    pub limits: Limits,
    /// What one socket may hold.
    pub socket: SocketLimits,
    /// Who may read the schema.
    pub introspection: Introspection,
    /// Whether the GraphiQL page is served.
    pub graphiql: bool,
    /// Web origins (`scheme://host[:port]`) whose pages may call, beside pages of the host that is called.
    pub origins: Vec<String>,
    /// How long a query may run; then it is stopped.
    pub query_timeout: Duration,
    /// How long a caller waits for a mutation. The mutation itself is never stopped half-way.
    pub mutation_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            socket: SocketLimits::default(),
            introspection: Introspection::Developers,
            graphiql: false,
            origins: Vec::new(),
            query_timeout: Duration::from_secs(15),
            mutation_timeout: Duration::from_secs(30),
        }
    }
}

impl From<&config::Config> for Options {
    fn from(config: &config::Config) -> Self {
        Self {
            limits: Limits::from(&config.graphql),
            socket: SocketLimits::from(&config.websocket),
            introspection: config.graphql.introspection.into(),
            graphiql: config.server.graphiql,
            origins: config.server.origins(),
            query_timeout: config.graphql.query_timeout.get(),
            mutation_timeout: config.graphql.mutation_timeout.get(),
        }
    }
}
