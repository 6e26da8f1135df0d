//! What can be watched. Every subscription reads the journal: an event is a row of it, and carries the cursor that resumes after
//! it. A subscriber that presents a cursor gets everything later that it may see, once, in order, or `CURSOR_EXPIRED`.

mod alerts;
mod changes;
mod feed;
mod line_state;

use async_graphql::MergedSubscription;

/// What can be watched. Without `after` a subscription begins now; with the `cursor` of its last event it goes on where it stopped,
/// with nothing lost or doubled.
#[derive(Default, MergedSubscription)]
pub struct Subscription(changes::ChangesSubscription, line_state::LineStateSubscription, alerts::AlertsSubscription);
