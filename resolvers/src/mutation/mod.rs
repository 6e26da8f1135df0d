//! What can be done. A mutation hands its input to the workflow and shows what came of it; it decides nothing.

mod acknowledge_case;
mod add_evidence;
mod complete_task;
mod decide;
mod outcome;
mod place_hold;
mod release_hold;
mod replay_dead_letters;
mod reset_stream;
mod resume_stream;
mod stop_commands;

use async_graphql::MergedObject;

/// What can be done. Every mutation takes one `input` with an idempotency key: the same key with the same input has one effect
/// and one answer, however often it is sent.
#[derive(Default, MergedObject)]
pub struct Mutation(
    acknowledge_case::AcknowledgeCaseMutation,
    complete_task::CompleteTaskMutation,
    add_evidence::AddEvidenceMutation,
    decide::DecideMutation,
    place_hold::PlaceHoldMutation,
    release_hold::ReleaseHoldMutation,
    resume_stream::ResumeStreamMutation,
    reset_stream::ResetStreamMutation,
    replay_dead_letters::ReplayDeadLettersMutation,
    stop_commands::StopCommandsMutation,
);
