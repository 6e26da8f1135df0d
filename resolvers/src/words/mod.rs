//! Enumerations: the model's words, with what they mean.
//!
//! They are mirrored and not used directly, so that the model knows no GraphQL. Both directions are exhaustive matches: a word that
//! is added to the model does not compile until it stands here.

mod case;
mod journal;
mod line;
mod logistics;
mod lot;
mod order;
mod people;
mod source;

pub use case::{CaseClass, CaseState, DecisionOption, DecisionState, EvidenceKind, Severity, TaskPurpose, TaskState};
pub use journal::{ChangeKind, SubjectType};
pub use line::{Freshness, LimitState, LineState, Quality};
pub use logistics::{DocumentState, ShipmentState, StagingState, StorageKind};
pub use lot::{Disposition, HoldState};
pub use order::{JobState, JobSubState, Readiness, RequestState, ResponseState};
pub use people::Role;
pub use source::{CommandState, SourceKind, Verdict};

/// Declares an enumeration that mirrors one of the model.
macro_rules! mirror {
    ($(#[$meta:meta])* $name:ident of $word:ty { $($(#[$vmeta:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl From<$word> for $name {
            fn from(word: $word) -> Self {
                type Word = $word;
                match word { $(Word::$variant => Self::$variant),+ }
            }
        }

        impl From<$name> for $word {
            fn from(mirrored: $name) -> Self {
                match mirrored { $($name::$variant => Self::$variant),+ }
            }
        }
    };
}
use mirror;

/// The words of a list.
pub fn all<M, W: From<M>>(mirrored: impl IntoIterator<Item = M>) -> Vec<W> {
    mirrored.into_iter().map(W::from).collect()
}

#[cfg(test)]
mod tests {
    use async_graphql::{InputType, Value};

    /// The word of the model is the word of the graph.
    macro_rules! spelled_alike {
        ($($name:ident of $word:ty),+ $(,)?) => {$(
            for word in <$word>::ALL {
                let mirrored = super::$name::from(*word);
                let Value::Enum(spelled) = mirrored.to_value() else { panic!("an enumeration") };
                assert_eq!(spelled.as_str(), word.as_str());
                assert_eq!(<$word>::from(mirrored), *word);
            }
        )+};
    }

    #[test]
    fn words_are_spelled_as_the_model_spells_them() {
        spelled_alike! {
            CaseClass of model::CaseClass, CaseState of model::CaseState, DecisionOption of model::DecisionOption,
            DecisionState of model::DecisionState, EvidenceKind of model::EvidenceKind, Severity of model::Severity,
            TaskPurpose of model::TaskPurpose, TaskState of model::TaskState, ChangeKind of model::journal::ChangeKind,
            SubjectType of model::SubjectType, Freshness of model::Freshness, LimitState of model::LimitState,
            LineState of model::LineState, Quality of model::Quality, Disposition of model::Disposition,
            HoldState of model::HoldState, JobState of model::JobState, RequestState of model::RequestState,
            JobSubState of model::JobSubState, Readiness of model::Readiness, ResponseState of model::ResponseState,
            StorageKind of model::StorageKind, StagingState of model::StagingState,
            ShipmentState of model::ShipmentState, DocumentState of model::DocumentState,
            Role of model::Role, CommandState of model::entity::command::CommandState, SourceKind of model::SourceKind,
        }
    }
}
