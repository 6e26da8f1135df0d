//! The server itself: endpoints, users, limits, and its life.

use std::time::Duration;

use opcua::{
    crypto::SecurityPolicy,
    server::{
        ANONYMOUS_USER_TOKEN_ID, Server, ServerBuilder, ServerHandle, ServerUserToken, diagnostics::NamespaceMetadata,
        node_manager::memory::simple_node_manager,
    },
    types::MessageSecurityMode,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{Error, NAMESPACE_URI, OPERATOR_PASSWORD, OPERATOR_USER, PACKML_URI, SimulatorOptions, port::HOST};

/// Identifies the server; its certificate carries it. Not the namespace of the plant: the library
/// gives this one to its own nodes.
const APPLICATION_URI: &str = "urn:plantgraph:simulator";
/// Names of the node managers that hold the plant, and the types it refers to.
pub(super) const PLANT_NODES: &str = "plant";
pub(super) const PACKML_NODES: &str = "packml";
/// How long connections may take to close before they are left to themselves.
const CLOSE_TIME_MAX: Duration = Duration::from_secs(3);

/// Keys of the users in the server's configuration.
const OPERATOR: &str = "operator";
const OPERATOR_CERTIFICATE: &str = "operator-certificate";

/// How often subscriptions are looked at: the floor of the delay from a change to its publication.
const SUBSCRIPTION_POLL_MS: u64 = 10;
/// Shortest publishing interval a client gets.
const PUBLISHING_INTERVAL_MIN_MS: f64 = 10.0;
/// Values kept for one item while its client is away: minutes of the fastest counter.
const ITEM_QUEUE_MAX: usize = 10_000;
/// Messages kept for one subscription while its client is away.
const NOTIFICATIONS_QUEUED_MAX: usize = 1_000;
/// Items and browse paths in one call; a client that binds the whole plant needs fewer than 100.
const OPERATIONS_PER_CALL_MAX: usize = 10_000;
/// Sessions at once: tests leave some behind until they time out.
const SESSIONS_MAX: usize = 100;
/// How long a session outlives its connection.
const SESSION_TIMEOUT_MAX_MS: u64 = 600_000;
/// Bounds of one message; a publish of every queued value of every item fits.
const ARRAY_LENGTH_MAX: usize = 1_000_000;
const MESSAGE_BYTES_MAX: usize = 64 << 20;
const CHUNKS_MAX: usize = 2_000;

/// Configures the server. Makes a key and a certificate in the PKI folder if it has none, which
/// takes a moment of computing.
pub(super) fn build(options: &SimulatorOptions, port: u16) -> Result<(Server, ServerHandle), Error> {
    let unusable = |source| Error::Pki { path: options.pki_dir.clone(), source };
    std::fs::create_dir_all(&options.pki_dir).map_err(unusable)?;
    let url = format!("opc.tcp://{HOST}:{port}/");
    let builder = ServerBuilder::new()
        .application_name("plantgraph simulator")
        .application_uri(APPLICATION_URI)
        .product_uri(APPLICATION_URI)
        .pki_dir(&options.pki_dir)
        .create_sample_keypair(true)
        .trust_client_certs(options.trust_client_certificates)
        .host(HOST.to_string())
        .port(port)
        .discovery_urls(vec![url])
        .subscription_poll_interval_ms(SUBSCRIPTION_POLL_MS)
        .max_session_timeout_ms(SESSION_TIMEOUT_MAX_MS)
        .max_sessions(SESSIONS_MAX)
        .max_array_length(ARRAY_LENGTH_MAX)
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_chunk_count(CHUNKS_MAX)
        .with_node_manager(simple_node_manager(namespace(PACKML_URI), PACKML_NODES))
        .with_node_manager(simple_node_manager(namespace(NAMESPACE_URI), PLANT_NODES));
    let mut builder = add_endpoints(builder, options)?;
    let limits = builder.limits_mut();
    // Zero: the stock limit samples pushed values too, and silently drops what lies in between.
    limits.subscriptions.min_sampling_interval_ms = 0.0;
    limits.subscriptions.min_publishing_interval_ms = PUBLISHING_INTERVAL_MIN_MS;
    limits.subscriptions.max_monitored_item_queue_size = ITEM_QUEUE_MAX;
    limits.subscriptions.max_monitored_items_per_sub = OPERATIONS_PER_CALL_MAX;
    limits.subscriptions.max_queued_notifications = NOTIFICATIONS_QUEUED_MAX;
    limits.operational.max_monitored_items_per_call = OPERATIONS_PER_CALL_MAX;
    limits.operational.max_nodes_per_translate_browse_paths_to_node_ids = OPERATIONS_PER_CALL_MAX;
    let (server, handle) = builder.build().map_err(Error::OpcUa)?;
    // The library only logs when it cannot keep its key there, and then serves without encryption.
    match handle.info().server_certificate {
        Some(_) => Ok((server, handle)),
        None => Err(unusable(std::io::ErrorKind::PermissionDenied.into())),
    }
}

/// Serves until cancelled.
pub(super) async fn run(
    server: Server,
    handle: ServerHandle,
    listener: TcpListener,
    cancel: CancellationToken,
) -> Result<(), Error> {
    let mut serving = std::pin::pin!(server.run_with(listener));
    tokio::select! {
        ended = &mut serving => {
            return match ended {
                Ok(()) => Err(Error::OpcUa("ended by itself".to_owned())),
                Err(problem) => Err(Error::OpcUa(problem)),
            };
        }
        () = cancel.cancelled() => handle.cancel(),
    }
    match tokio::time::timeout(CLOSE_TIME_MAX, serving).await {
        Ok(ended) => ended.map_err(Error::OpcUa),
        Err(_) => {
            warn!("the simulated OPC UA server leaves connections that did not close in time");
            Ok(())
        }
    }
}

fn namespace(uri: &str) -> NamespaceMetadata {
    NamespaceMetadata { namespace_uri: uri.to_owned(), ..NamespaceMetadata::default() }
}

/// The two endpoints and those who may use them. A user name works on both; a client must be
/// somebody, because the library refuses to transfer the subscriptions of nobody.
fn add_endpoints(mut builder: ServerBuilder, options: &SimulatorOptions) -> Result<ServerBuilder, Error> {
    let mut users = vec![OPERATOR];
    builder = builder.add_user_token(OPERATOR, ServerUserToken::user_pass(OPERATOR_USER, OPERATOR_PASSWORD));
    if let Some(path) = &options.operator_certificate {
        // The library takes an unreadable certificate for one that nobody has.
        std::fs::metadata(path).map_err(|source| Error::Pki { path: path.clone(), source })?;
        builder = builder.add_user_token(OPERATOR_CERTIFICATE, ServerUserToken::x509(OPERATOR_USER, path));
        users.push(OPERATOR_CERTIFICATE);
    }
    if options.allow_anonymous {
        users.push(ANONYMOUS_USER_TOKEN_ID);
    }
    let none = ("/", SecurityPolicy::None, MessageSecurityMode::None, users.as_slice());
    let secured = ("/", SecurityPolicy::Basic256Sha256, MessageSecurityMode::SignAndEncrypt, users.as_slice());
    Ok(builder.add_endpoint("none", none).add_endpoint("basic256sha256", secured))
}
