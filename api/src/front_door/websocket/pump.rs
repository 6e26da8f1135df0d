//! Running one operation of a socket: from its response or responses into its queue.

use std::sync::Arc;

use apollo_compiler::ast::OperationType;
use async_graphql::{Response, Value};
use futures::StreamExt;
use model::Principal;

use super::{
    super::{FrontDoor, answer, gate::Admitted},
    operations::Ticket,
    protocol::ServerMessage,
    queue::{self, Ending, Event, Inlet, Outlet},
};

/// Starts an operation on the tracker. The client's `complete` stops it at once, except a mutation, which goes on unseen.
pub(super) fn start(door: &FrontDoor, principal: &Arc<Principal>, ticket: Ticket, admitted: Admitted) -> Outlet {
    let (inlet, outlet, ended) = queue::queue(ticket.clone(), &door.options().socket);
    let (door, principal) = (door.clone(), principal.clone());
    let tracker = door.parts.tracker.clone();
    tracker.spawn(async move {
        // A panic drops `ended`, and the other end of the queue tells the client.
        let ending = tokio::select! {
            () = ticket.stop.cancelled() => Ending::Stopped,
            ending = run(&door, &principal, &ticket.id, admitted, inlet) => ending,
        };
        // The socket may be gone.
        let _ = ended.send(ending);
    });
    outlet
}

async fn run(door: &FrontDoor, principal: &Principal, id: &str, admitted: Admitted, inlet: Inlet) -> Ending {
    let admitted = door.prepare(principal, admitted);
    match admitted.kind {
        OperationType::Query | OperationType::Mutation => match door.run(admitted).await {
            Ok(response) => match inlet.push(event(id, &response)).await {
                Ok(()) => Ending::Complete,
                Err(_) => Ending::Overflow,
            },
            Err(refusal) => Ending::Refused(refusal),
        },
        OperationType::Subscription => subscribe(door, id, admitted, inlet).await,
    }
}

async fn subscribe(door: &FrontDoor, id: &str, admitted: Admitted, inlet: Inlet) -> Ending {
    let mut responses = door.parts.executor.stream(admitted.request);
    let mut is_first = true;
    while let Some(response) = responses.next().await {
        let response = answer::sealed(response);
        if std::mem::take(&mut is_first) && has_not_begun(&response) {
            return Ending::Failed(response.errors);
        }
        if inlet.push(event(id, &response)).await.is_err() {
            return Ending::Overflow;
        }
    }
    Ending::Complete
}

/// Whether the stream of events could not be made: no data, and no error deeper than the field itself.
fn has_not_begun(response: &Response) -> bool {
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.len() <= 1)
}

fn event(id: &str, response: &Response) -> Event {
    Event { text: ServerMessage::Next { id, payload: response }.to_text(), cursor: cursor(response) }
}

/// The field `cursor` of the subscription's root object, by convention where to resume.
fn cursor(response: &Response) -> Option<String> {
    let Value::Object(data) = &response.data else { return None };
    data.values().find_map(|root| match root {
        Value::Object(fields) => match fields.get("cursor") {
            Some(Value::String(cursor)) => Some(cursor.clone()),
            _ => None,
        },
        _ => None,
    })
}
