//! The services of OPC UA that we use, one method each, without the library's own idea of subscriptions.

use std::{future::Future, sync::Arc, time::Duration};

use chrono::{DateTime, SubsecRound, Utc};
use opcua::{
    client::{
        HistoryReadAction, Session, UARequest,
        services::{
            Browse, BrowseNext, Call, CreateMonitoredItems, CreateSubscription, DeleteMonitoredItems,
            DeleteSubscriptions, HistoryRead, Publish, Read, Republish, TransferSubscriptions, TranslateBrowsePaths,
        },
    },
    types::{
        BrowseDescription, BrowsePath, BrowsePathResult, BrowseResult, ByteString, CallMethodRequest,
        CreateSubscriptionResponse, DataChangeNotification, DataValue, EventFieldList, EventNotificationList,
        HistoryReadResult, HistoryReadValueId, MethodId, MonitoredItemCreateRequest, MonitoredItemCreateResult,
        MonitoredItemNotification, NamespaceMap, NodeId, NotificationMessage, ObjectTypeId, ReadRawModifiedDetails,
        ReadValueId, StatusChangeNotification, StatusCode, SubscriptionAcknowledgement, TimestampsToReturn, VariableId,
        Variant, match_extension_object_owned,
    },
};

use super::subscription::Terms;

/// A Publish may wait this long for something to report. Were it shorter, a late answer would have no one to take it;
/// whether the server lives is the watchdog's business.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(600);
/// The watchdog's question is small; a server that is silent and needs longer for it is as good as gone.
const ALIVE_TIMEOUT: Duration = Duration::from_secs(1);
/// Nodes per request: every server takes this many, and more requests cost only round trips at connection time.
pub(super) const CHUNK: usize = 100;
/// Values in one message. It is also what one transaction of ours takes.
const MAX_NOTIFICATIONS: u32 = 1_000;

/// A message of a subscription.
#[derive(Debug, Default)]
pub(super) struct Published {
    /// Its number; for a keep-alive, that of the message to come.
    pub(super) number: u32,
    /// The values.
    pub(super) values: Vec<MonitoredItemNotification>,
    /// The events.
    pub(super) events: Vec<EventFieldList>,
    /// Set when the server ends the subscription.
    pub(super) ended: Option<StatusCode>,
}

impl Published {
    /// Splits a message; `None` when it carries nothing: a keep-alive, or the answer of a server that has it no more.
    pub(super) fn of(message: NotificationMessage) -> Option<Self> {
        let data = message.notification_data.filter(|data| !data.is_empty())?;
        let mut published = Self { number: message.sequence_number, ..Self::default() };
        for object in data {
            match_extension_object_owned!(object,
                changes: DataChangeNotification => published.values.extend(changes.monitored_items.into_iter().flatten()),
                list: EventNotificationList => published.events.extend(list.events.into_iter().flatten()),
                change: StatusChangeNotification => published.ended = Some(change.status),
            );
        }
        Some(published)
    }
}

/// The answer to a Publish.
#[derive(Debug)]
pub(super) struct Reply {
    /// The subscription that speaks.
    pub(super) subscription: u32,
    /// The server's clock when it did.
    pub(super) server_time: Option<DateTime<Utc>>,
    /// What it says.
    pub(super) message: NotificationMessage,
}

/// The services of one session.
#[derive(Clone)]
pub(super) struct Services {
    session: Arc<Session>,
}

impl Services {
    pub(super) fn of(session: Arc<Session>) -> Self {
        Self { session }
    }

    /// Which session this is: another number after the server forgot the last one. The server's own id does not tell, because
    /// a restarted server may hand out the same again.
    pub(super) fn session_number(&self) -> u32 {
        self.session.session_id()
    }

    /// Drops the connection and keeps the session, so that it can be activated again on another connection.
    pub(super) async fn drop_connection(&self) {
        self.session.channel().close_channel().await;
    }

    pub(super) async fn create_subscription(&self, terms: &Terms) -> Result<CreateSubscriptionResponse, StatusCode> {
        CreateSubscription::new(&self.session)
            .publishing_interval(terms.interval)
            .max_keep_alive_count(terms.keep_alive_count)
            .max_lifetime_count(terms.lifetime_count)
            .max_notifications_per_publish(MAX_NOTIFICATIONS)
            .send(self.session.channel())
            .await
            .map_err(|error| error.status())
    }

    pub(super) async fn delete_subscription(&self, id: u32) -> Result<(), StatusCode> {
        let sent = DeleteSubscriptions::new(&self.session).subscription(id).send(self.session.channel()).await;
        sent.map(drop).map_err(|error| error.status())
    }

    /// Takes a subscription over into this session. With `present_values`, the server repeats the last value of each item
    /// that has nothing new to report.
    pub(super) async fn transfer(&self, id: u32, present_values: bool) -> Result<(), StatusCode> {
        let request = TransferSubscriptions::new(&self.session).subscription(id).send_initial_values(present_values);
        let response = request.send(self.session.channel()).await.map_err(|error| error.status())?;
        match response.results.unwrap_or_default().first() {
            Some(result) if !result.status_code.is_bad() => Ok(()),
            Some(result) => Err(result.status_code),
            None => Err(StatusCode::BadUnexpectedError),
        }
    }

    /// Creates items; the results are in the order of the requests.
    pub(super) async fn create_items(
        &self,
        subscription: u32,
        items: Vec<MonitoredItemCreateRequest>,
    ) -> Result<Vec<MonitoredItemCreateResult>, StatusCode> {
        let request = CreateMonitoredItems::new(subscription, &self.session)
            .timestamps_to_return(TimestampsToReturn::Both)
            .items_to_create(items);
        let created = request.send(self.session.channel()).await.map_err(|error| error.status())?;
        Ok(created.results.into_iter().map(|created| created.result).collect())
    }

    pub(super) async fn delete_item(&self, subscription: u32, item: u32) -> Result<(), StatusCode> {
        let request = DeleteMonitoredItems::new(subscription, &self.session).item(item);
        request.send(self.session.channel()).await.map(drop).map_err(|error| error.status())
    }

    /// Waits for the next message of any subscription. The future lives on its own, so that several wait at a time.
    pub(super) fn publish(
        &self,
        acks: Vec<SubscriptionAcknowledgement>,
    ) -> impl Future<Output = Result<Reply, StatusCode>> + Send + 'static {
        let session = self.session.clone();
        async move {
            let request = Publish::new(&session).acks(acks).timeout(PUBLISH_TIMEOUT);
            let response = request.send(session.channel()).await.map_err(|error| error.status())?;
            let time = response.response_header.timestamp;
            Ok(Reply {
                subscription: response.subscription_id,
                server_time: Some(time.as_chrono()).filter(|_| !time.is_null()),
                message: response.notification_message,
            })
        }
    }

    /// Asks for a message again; `None` when the server does not have it.
    pub(super) async fn republish(&self, subscription: u32, number: u32) -> Result<Option<Published>, StatusCode> {
        match Republish::new(subscription, number, &self.session).send(self.session.channel()).await {
            // Some servers answer with an empty message, or with another one, instead of a status.
            Ok(response) => Ok(Published::of(response.notification_message).filter(|m| m.number == number)),
            Err(error) if error.status() == StatusCode::BadMessageNotAvailable => Ok(None),
            Err(error) => Err(error.status()),
        }
    }

    /// Whether the server answers at all.
    pub(super) async fn is_alive(&self) -> bool {
        let state = ReadValueId::from(NodeId::from(VariableId::Server_ServerStatus_State));
        let read = Read::new(&self.session).node(state).timeout(ALIVE_TIMEOUT);
        // The library counts its timeout from when the request is written, which a full socket may delay for ever.
        tokio::time::timeout(ALIVE_TIMEOUT * 2, read.send(self.session.channel())).await.is_ok_and(|read| read.is_ok())
    }

    /// The values of some nodes, in their order.
    pub(super) async fn read(&self, nodes: Vec<NodeId>) -> Result<Vec<DataValue>, StatusCode> {
        self.read_attributes(nodes.into_iter().map(ReadValueId::from).collect()).await
    }

    /// Some attributes of some nodes, in their order.
    pub(super) async fn read_attributes(&self, wanted: Vec<ReadValueId>) -> Result<Vec<DataValue>, StatusCode> {
        let expected = wanted.len();
        let read = Read::new(&self.session).nodes_to_read(wanted).timestamps_to_return(TimestampsToReturn::Neither);
        let response = read.send(self.session.channel()).await.map_err(|error| error.status())?;
        let results = response.results.unwrap_or_default();
        if results.len() == expected { Ok(results) } else { Err(StatusCode::BadUnexpectedError) }
    }

    /// The present values of some nodes with their times, in their order.
    pub(super) async fn read_present(&self, nodes: Vec<NodeId>) -> Result<Vec<DataValue>, StatusCode> {
        let expected = nodes.len();
        let nodes = nodes.into_iter().map(ReadValueId::from).collect();
        let read = Read::new(&self.session).nodes_to_read(nodes).timestamps_to_return(TimestampsToReturn::Both);
        let response = read.send(self.session.channel()).await.map_err(|error| error.status())?;
        let results = response.results.unwrap_or_default();
        if results.len() == expected { Ok(results) } else { Err(StatusCode::BadUnexpectedError) }
    }

    /// The references of some nodes; the results are in the order of the nodes. What does not fit into one answer is
    /// continued by [`Self::browse_on`].
    pub(super) async fn browse(
        &self,
        nodes: Vec<BrowseDescription>,
        max_per_node: u32,
    ) -> Result<Vec<BrowseResult>, StatusCode> {
        let expected = nodes.len();
        let request = Browse::new(&self.session).nodes_to_browse(nodes).max_references_per_node(max_per_node);
        let response = request.send(self.session.channel()).await.map_err(|error| error.status())?;
        let results = response.results.unwrap_or_default();
        if results.len() == expected { Ok(results) } else { Err(StatusCode::BadUnexpectedError) }
    }

    /// More references of a node, or with `release` none: the server then forgets the rest.
    pub(super) async fn browse_on(&self, point: ByteString, release: bool) -> Result<BrowseResult, StatusCode> {
        let request = BrowseNext::new(&self.session).continuation_point(point).release_continuation_points(release);
        let response = request.send(self.session.channel()).await.map_err(|error| error.status())?;
        Ok(response.results.unwrap_or_default().pop().unwrap_or_default())
    }

    /// When the server was started; `None` when it does not say.
    pub(super) async fn started(&self) -> Result<Option<DateTime<Utc>>, StatusCode> {
        let values = self.read(vec![VariableId::Server_ServerStatus_StartTime.into()]).await?;
        Ok(match values.first().and_then(|value| value.value.as_ref()) {
            Some(Variant::DateTime(time)) => Some(time.as_chrono().trunc_subsecs(6)),
            _ => None,
        })
    }

    /// The present indices of the namespaces. They may change whenever the server restarts.
    pub(super) async fn namespaces(&self) -> Result<NamespaceMap, StatusCode> {
        self.session.read_namespace_array().await.map_err(|error| error.status())
    }

    /// Values of one node from the server's history, or with `release` none: the server then forgets where it was.
    pub(super) async fn history(
        &self,
        details: ReadRawModifiedDetails,
        node: NodeId,
        continuation_point: ByteString,
        release: bool,
    ) -> Result<HistoryReadResult, StatusCode> {
        let node = HistoryReadValueId { node_id: node, continuation_point, ..Default::default() };
        let request = HistoryRead::new(HistoryReadAction::ReadRawModifiedDetails(details), &self.session)
            .timestamps_to_return(TimestampsToReturn::Both)
            .release_continuation_points(release)
            .node(node);
        let response = request.send(self.session.channel()).await.map_err(|error| error.status())?;
        response.results.unwrap_or_default().pop().ok_or(StatusCode::BadUnexpectedError)
    }

    /// Asks the server to repeat, as events of this subscription, the conditions that it shows. A method only by its form: it
    /// changes nothing at the server, and no other method is called by this build.
    pub(super) async fn refresh_conditions(&self, subscription: u32) -> Result<(), StatusCode> {
        let object = NodeId::from(ObjectTypeId::ConditionType);
        let method = NodeId::from(MethodId::ConditionType_ConditionRefresh);
        self.call((object, method, Some(vec![Variant::from(subscription)])).into()).await
    }

    /// Calls one method.
    pub(super) async fn call(&self, method: CallMethodRequest) -> Result<(), StatusCode> {
        let request = Call::new(&self.session).method(method);
        let response = request.send(self.session.channel()).await.map_err(|error| error.status())?;
        match response.results.unwrap_or_default().first() {
            Some(result) if !result.status_code.is_bad() => Ok(()),
            Some(result) => Err(result.status_code),
            None => Err(StatusCode::BadUnexpectedError),
        }
    }

    /// Where browse paths lead; the results are in the order of the paths.
    pub(super) async fn translate(&self, paths: Vec<BrowsePath>) -> Result<Vec<BrowsePathResult>, StatusCode> {
        let expected = paths.len();
        let request = TranslateBrowsePaths::new(&self.session).browse_paths(paths);
        let response = request.send(self.session.channel()).await.map_err(|error| error.status())?;
        let results = response.results.unwrap_or_default();
        if results.len() == expected { Ok(results) } else { Err(StatusCode::BadUnexpectedError) }
    }
}
