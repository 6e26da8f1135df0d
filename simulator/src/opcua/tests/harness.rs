//! A running simulator and a client that talks to it.

use std::{path::PathBuf, sync::Arc, time::Duration};

use opcua::{
    client::{ClientBuilder, DataChangeCallback, IdentityToken, Session},
    crypto::SecurityPolicy,
    types::{
        BrowsePath, DataChangeFilter, DataChangeTrigger, DataValue, ExtensionObject, MessageSecurityMode,
        MonitoredItemCreateRequest, MonitoringMode, MonitoringParameters, NodeId, ObjectId, ReadValueId, StatusCode,
        TimestampsToReturn, Variant,
    },
};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    NAMESPACE_URI, OPERATOR_PASSWORD, OPERATOR_USER, PACKML_URI, Running, Simulator, SimulatorOptions, plant::State,
};

pub(super) const PATIENCE: Duration = Duration::from_secs(20);
/// Values a test may leave unread.
const VALUES_MAX: usize = 10_000;
pub(super) const ERP_KEY: &str = "k-1";

/// A folder that is removed with the test.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new(test: &str) -> Self {
        let name = format!("simulator-{test}-{}-{}", std::process::id(), rand::random::<u32>());
        Folder(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) struct Plant {
    pub(super) running: Running,
    pub(super) cancel: CancellationToken,
    pub(super) folder: Folder,
}

impl Plant {
    pub(super) async fn start(test: &str, change: impl FnOnce(&mut SimulatorOptions)) -> Self {
        let folder = Folder::new(test);
        let mut options = SimulatorOptions::new(folder.0.join("server"), ERP_KEY);
        options.speed = 4.0;
        change(&mut options);
        let cancel = CancellationToken::new();
        let running = Simulator::start(options, cancel.clone(), &TaskTracker::new()).await.unwrap();
        Plant { running, cancel, folder }
    }

    pub(super) async fn connect(&self, policy: SecurityPolicy, identity: IdentityToken) -> Result<Client, StatusCode> {
        let mut client = ClientBuilder::new()
            .application_name("simulator test")
            .application_uri("urn:plantgraph:simulator:test")
            .pki_dir(self.folder.0.join("client"))
            .create_sample_keypair(policy != SecurityPolicy::None)
            .trust_server_certs(true)
            .session_retry_limit(0)
            .client()
            .unwrap();
        let endpoints = client
            .get_server_endpoints_from_url(self.running.opcua_url.as_str())
            .await
            .map_err(|error| error.status())?;
        let uri = policy.to_uri();
        let endpoint = endpoints.into_iter().find(|e| e.security_policy_uri.as_ref() == uri).unwrap();
        let mode = if policy == SecurityPolicy::None {
            MessageSecurityMode::None
        } else {
            MessageSecurityMode::SignAndEncrypt
        };
        assert_eq!(endpoint.security_mode, mode);
        let (session, events) =
            client.connect_to_endpoint_directly(endpoint, identity).map_err(|error| error.status())?;
        let mut events = events.spawn();
        tokio::select! {
            connected = session.wait_for_connection() => assert!(connected),
            ended = &mut events => return Err(ended.unwrap()),
            () = tokio::time::sleep(PATIENCE) => panic!("neither connected nor refused"),
        }
        let plant_namespace = session.get_namespace_index(NAMESPACE_URI).await.unwrap();
        let packml_namespace = session.get_namespace_index(PACKML_URI).await.unwrap();
        Ok(Client { session, events, plant_namespace, packml_namespace })
    }

    pub(super) async fn operator(&self) -> Client {
        self.connect(SecurityPolicy::None, operator()).await.unwrap()
    }

    pub(super) async fn stop(self) {
        self.cancel.cancel();
        tokio::time::timeout(PATIENCE, self.running.stopped()).await.unwrap().unwrap();
    }
}

pub(super) fn operator() -> IdentityToken {
    IdentityToken::new_user_name(OPERATOR_USER, OPERATOR_PASSWORD)
}

pub(super) struct Client {
    pub(super) session: Arc<Session>,
    pub(super) events: JoinHandle<StatusCode>,
    plant_namespace: u16,
    packml_namespace: u16,
}

impl Client {
    /// The node at a browse path as the crate documentation writes it.
    pub(super) async fn node(&self, path: &str) -> NodeId {
        let relative: String = path
            .split('/')
            .map(|name| match name.split_once(':') {
                Some(("0", name)) => format!("/0:{name}"),
                Some(("packml", name)) => format!("/{}:{name}", self.packml_namespace),
                Some((prefix, _)) => panic!("{prefix}"),
                None => format!("/{}:{name}", self.plant_namespace),
            })
            .collect();
        self.child(&ObjectId::ObjectsFolder.into(), &relative).await
    }

    async fn child(&self, parent: &NodeId, relative: &str) -> NodeId {
        let browse = BrowsePath { starting_node: parent.clone(), relative_path: relative.try_into().unwrap() };
        let found = self.session.translate_browse_paths_to_node_ids(&[browse]).await.unwrap();
        let targets = found[0].targets.as_ref().unwrap_or_else(|| panic!("{relative}: {found:?}"));
        targets[0].target_id.node_id.clone()
    }

    pub(super) async fn read(&self, path: &str) -> DataValue {
        self.value(self.node(path).await).await
    }

    /// The value of a node below another, with the indexes of namespaces in the path.
    pub(super) async fn child_value(&self, parent: &NodeId, relative: &str) -> DataValue {
        self.value(self.child(parent, relative).await).await
    }

    async fn value(&self, node: NodeId) -> DataValue {
        let id: ReadValueId = node.into();
        self.session.read(&[id], TimestampsToReturn::Both, 0.0).await.unwrap().remove(0)
    }

    pub(super) async fn call(&self, object: &str, method: &str) -> StatusCode {
        let (object, method) = (self.node(object).await, self.node(&format!("{object}/{method}")).await);
        let none: Option<Vec<Variant>> = None;
        self.session.call_one((object, method, none)).await.unwrap().status_code
    }

    /// Every value of these nodes from now on, with the position of its path.
    pub(super) async fn watch(&self, paths: &[&str]) -> mpsc::Receiver<(usize, DataValue)> {
        let (sender, receiver) = mpsc::channel(VALUES_MAX);
        let callback = DataChangeCallback::new(move |value, item| {
            let position = item.client_handle() as usize - 1;
            sender.try_send((position, value)).unwrap();
        });
        let subscription =
            self.session.create_subscription(Duration::from_millis(50), 600, 20, 0, 0, true, callback).await.unwrap();
        let mut items = Vec::new();
        for (position, path) in paths.iter().enumerate() {
            let mut item: MonitoredItemCreateRequest = self.node(path).await.into();
            item.monitoring_mode = MonitoringMode::Reporting;
            item.requested_parameters = MonitoringParameters {
                // The library replaces the handle 0.
                client_handle: position as u32 + 1,
                sampling_interval: 0.0,
                filter: ExtensionObject::from_message(DataChangeFilter {
                    trigger: DataChangeTrigger::StatusValue,
                    deadband_type: 0,
                    deadband_value: 0.0,
                }),
                queue_size: 1000,
                discard_oldest: true,
            };
            items.push(item);
        }
        let created = self.session.create_monitored_items(subscription, TimestampsToReturn::Both, items).await.unwrap();
        assert!(created.iter().all(|item| item.result.status_code.is_good()), "{created:?}");
        receiver
    }

    pub(super) async fn close(self) {
        let _ = self.session.disconnect().await;
        self.events.abort();
    }
}

pub(super) fn number(value: &DataValue) -> i64 {
    match value.value {
        Some(Variant::Int32(number)) => number.into(),
        Some(Variant::UInt32(number)) => number.into(),
        _ => panic!("not a number: {value:?}"),
    }
}

pub(super) async fn next(values: &mut mpsc::Receiver<(usize, DataValue)>) -> (usize, DataValue) {
    tokio::time::timeout(PATIENCE, values.recv()).await.expect("a value in time").unwrap()
}

/// The values of the first watched node, a state, until `last` has been seen.
pub(super) async fn states_until(values: &mut mpsc::Receiver<(usize, DataValue)>, last: State) -> Vec<DataValue> {
    let mut seen = Vec::new();
    loop {
        let (position, value) = next(values).await;
        if position == 0 {
            let reached = number(&value) == i64::from(last.number());
            seen.push(value);
            if reached {
                return seen;
            }
        }
    }
}
