//! The controllers of the plant as an OPC UA server; the crate's documentation lists its nodes.

mod nested;
mod packml;
mod publisher;
mod server;
mod space;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, sync::Arc};

use opcua::{
    server::{Server, ServerHandle, node_manager::memory::SimpleNodeManager},
    types::{StatusCode, Variant},
};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use space::Namespaces;

pub(crate) use publisher::Publisher;

use crate::{
    Error, NAMESPACE_URI, PACKML_URI, SimulatorOptions,
    plant::{LineId, NotDown},
    port,
};

/// The server, ready to run.
pub(crate) struct OpcUa {
    server: Server,
    handle: ServerHandle,
    listener: TcpListener,
    /// Where clients connect to.
    pub(crate) url: String,
}

impl OpcUa {
    /// Listens, and builds the server with its address space. `restart` is called when a client
    /// calls the method `Restart` of a line.
    pub(crate) async fn bind(
        options: &SimulatorOptions,
        tracker: &TaskTracker,
        restart: impl Fn(LineId) -> Result<(), NotDown> + Clone + Send + Sync + 'static,
    ) -> Result<(OpcUa, Publisher), Error> {
        let listener = port::listen(options.opcua_port, "OPC UA").await?;
        let port = port::of(&listener, "OPC UA")?;
        let configured = options.clone();
        // Making a key takes seconds of computing on a slow machine.
        let (server, handle) = tracker.spawn_blocking(move || server::build(&configured, port)).await??;
        let publisher = publisher(&handle, restart)?;
        let url = format!("opc.tcp://{}:{port}/", port::HOST);
        Ok((OpcUa { server, handle, listener, url }, publisher))
    }

    /// Serves until cancelled.
    ///
    /// # Errors
    /// When the server ends by itself.
    pub(crate) async fn run(self, cancel: CancellationToken) -> Result<(), Error> {
        server::run(self.server, self.handle, self.listener, cancel).await
    }
}

/// Where the certificate of a server with this PKI folder is.
pub(crate) fn certificate_path(options: &SimulatorOptions) -> PathBuf {
    options.pki_dir.join("own").join("cert.der")
}

fn publisher(
    handle: &ServerHandle,
    restart: impl Fn(LineId) -> Result<(), NotDown> + Clone + Send + Sync + 'static,
) -> Result<Publisher, Error> {
    let (types, packml) = nodes(handle, server::PACKML_NODES, PACKML_URI)?;
    packml::build(&mut types.address_space().write(), packml);
    let (manager, plant) = nodes(handle, server::PLANT_NODES, NAMESPACE_URI)?;
    let namespaces = Namespaces { plant, packml };
    let lines = space::Builder { space: &mut manager.address_space().write(), namespaces }.build();
    for line in LineId::ALL {
        let restart = restart.clone();
        let method = lines[line.index()].restart.clone();
        manager.inner().add_method_callback(method, move |_: &[Variant]| match restart(line) {
            Ok(()) => Ok(Vec::new()),
            Err(NotDown) => Err(StatusCode::BadInvalidState),
        });
    }
    Ok(Publisher::new(manager, handle.subscriptions().clone(), namespaces, lines))
}

/// A node manager, and the index of its namespace.
fn nodes(handle: &ServerHandle, name: &str, uri: &str) -> Result<(Arc<SimpleNodeManager>, u16), Error> {
    let manager = handle.node_managers().get_by_name::<SimpleNodeManager>(name);
    let found = manager.zip(handle.get_namespace_index(uri));
    found.ok_or_else(|| Error::OpcUa(format!("the namespace {uri} is missing")))
}
