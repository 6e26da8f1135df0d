//! TCP as a plant needs it: a connection attempt ends in time even when packets vanish, small messages are not held back,
//! and a session can be activated again on another encrypted connection.

use std::{sync::Arc, time::Duration};

use opcua::{
    client::{
        ConnectionSource,
        transport::{
            Connector, RequestRecv, SecureChannelState, StreamConnection, StreamConnector, TcpTransport, Transport,
            TransportConfiguration, TransportPollResult,
        },
    },
    core::{
        comms::{tcp_codec::TcpCodec, url::hostname_port_from_url},
        constants::DEFAULT_OPC_UA_SERVER_PORT,
    },
    types::{DecodingOptions, EndpointDescription, Error, StatusCode},
};
use tokio::{
    io::{ReadHalf, WriteHalf},
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};
use tokio_util::codec::FramedRead;

/// A server that has not greeted by then is not there. The system's own timeout is minutes when packets vanish.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// A server that has not opened the channel by then will not: a small controller needs seconds for its part of the
/// encryption, and a server that can not read ours, because it has another certificate now, may never answer.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);

/// Connects to one URL, whatever address the server advertises: behind a port forward that one leads nowhere.
#[derive(Clone, Debug)]
pub(super) struct Dialer {
    url: String,
}

impl Dialer {
    pub(super) fn to(url: &str) -> Self {
        Self { url: url.to_owned() }
    }
}

impl ConnectionSource for Dialer {
    type Builder = Self;

    fn get_connector(&self, _: &EndpointDescription) -> Result<Self, Error> {
        Ok(self.clone())
    }
}

impl Connector for Dialer {
    type Transport = Connection;

    async fn connect(
        &self,
        channel: Arc<SecureChannelState>,
        outgoing: RequestRecv,
        config: TransportConfiguration,
    ) -> Result<Connection, Error> {
        let stream = StreamConnector::new(open, self.url.clone());
        let tcp = timeout(CONNECT_TIMEOUT, stream.connect(channel.clone(), outgoing, config))
            .await
            .unwrap_or_else(|_| Err(Error::new(StatusCode::BadTimeout, "the server does not answer")))?;
        Ok(Connection { tcp, channel, open_by: Instant::now() + OPEN_TIMEOUT })
    }

    fn default_endpoint(&self) -> EndpointDescription {
        EndpointDescription::from(self.url.as_str())
    }
}

/// A connection that keeps the nonce of the session apart from that of the channel.
///
/// The library has one place for both. Opening or renewing a channel overwrites the nonce that the server gave for the next
/// activation, and an encrypted session could then never be activated again: every cut would cost a session at the server,
/// and values where subscriptions can not be handed over.
pub(super) struct Connection {
    tcp: TcpTransport,
    channel: Arc<SecureChannelState>,
    open_by: Instant,
}

/// Before the channel is open.
const NO_TOKEN: (u32, u32) = (0, 0);

impl Connection {
    /// Which token the channel has; another one has just been agreed upon with another nonce.
    fn token(&self) -> (u32, u32) {
        let channel = self.channel.secure_channel().read();
        (channel.secure_channel_id(), channel.token_id())
    }
}

impl Transport for Connection {
    async fn poll(&mut self) -> TransportPollResult {
        let token = self.token();
        let nonce = self.channel.secure_channel().read().remote_nonce().to_vec();
        let result = if token == NO_TOKEN {
            let opening = timeout_at(self.open_by, self.tcp.poll()).await;
            opening.unwrap_or(TransportPollResult::Closed(StatusCode::BadTimeout))
        } else {
            self.tcp.poll().await
        };
        // Keys are derived by now, so the channel does not need its nonce any more.
        if self.token() != token && !nonce.is_empty() {
            self.channel.secure_channel().write().set_remote_nonce(&nonce);
        }
        result
    }

    fn connected_url(&self) -> &str {
        self.tcp.connected_url()
    }
}

async fn open(
    url: String,
    options: DecodingOptions,
) -> Result<StreamConnection<ReadHalf<TcpStream>, WriteHalf<TcpStream>>, Error> {
    let (host, port) = hostname_port_from_url(&url, DEFAULT_OPC_UA_SERVER_PORT)
        .map_err(|status| Error::new(status, "the URL names no host"))?;
    let failed = |error| Error::new(StatusCode::BadCommunicationError, format!("{host}:{port}: {error}"));
    // Every address of the host is tried.
    let socket = TcpStream::connect((host.trim_matches(['[', ']']), port)).await.map_err(failed)?;
    socket.set_nodelay(true).map_err(failed)?;
    let (reader, writer) = tokio::io::split(socket);
    Ok(StreamConnection::new(FramedRead::new(reader, TcpCodec::new(options)), writer, url))
}
