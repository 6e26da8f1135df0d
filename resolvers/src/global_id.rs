//! Global ids: opaque, unique over all types, and they know their type.

use async_graphql::ID;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use model::{
    Code, SubjectType,
    entity::subject::{Row, Subject},
};
use uuid::Uuid;

use crate::error::Error;

/// Longest text that can be a global id: the longest type, a colon and a UUID, in Base64. Anything longer is not looked at.
const LENGTH_MAX: usize = 96;
/// The word for the viewer, who is no subject of the journal.
const VIEWER: &str = "VIEWER";
/// Where the ids of viewers live among all name-based UUIDs.
const VIEWER_NAMESPACE: Uuid = Uuid::from_u128(0x8b1d_6ce2_2f0e_4b5c_9f3a_71d5_0c6e_9a42);

/// What an id is an id of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeType {
    /// A row of the twin.
    Subject(SubjectType),
    /// The caller.
    Viewer,
}

/// An id that is unique over all types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GlobalId {
    /// Of what.
    pub node_type: NodeType,
    /// Of which.
    pub uuid: Uuid,
}

impl GlobalId {
    /// The id of a subject.
    pub fn new(subject: SubjectType, uuid: Uuid) -> Self {
        Self { node_type: NodeType::Subject(subject), uuid }
    }

    /// The id of a row.
    pub fn of<E: Subject>(row: &Row<E>) -> Self {
        Self::new(E::TYPE, E::id(row))
    }

    /// The id of the caller with this account.
    pub fn viewer(account: &str) -> Self {
        Self { node_type: NodeType::Viewer, uuid: Uuid::new_v5(&VIEWER_NAMESPACE, account.as_bytes()) }
    }

    /// The id as it travels.
    pub fn encode(self) -> ID {
        let word = match self.node_type {
            NodeType::Subject(subject) => subject.as_str(),
            NodeType::Viewer => VIEWER,
        };
        ID(URL_SAFE_NO_PAD.encode(format!("{word}:{}", self.uuid)))
    }

    /// Reads an id.
    ///
    /// # Errors
    /// `INVALID_ID` for text that [`GlobalId::encode`] never makes.
    pub fn parse(id: &ID) -> Result<Self, Error> {
        let parsed = Self::try_parse(id).filter(|parsed| parsed.encode() == *id);
        parsed.ok_or_else(|| {
            Error::refused(Code::InvalidId, "the id is not one of this graph; use ids as they were given")
        })
    }

    /// Reads an id of one type.
    ///
    /// # Errors
    /// `INVALID_ID` for text that is no id, and for the id of something else.
    pub fn parse_as(id: &ID, wanted: SubjectType) -> Result<Uuid, Error> {
        let Self { node_type, uuid } = Self::parse(id)?;
        if node_type != NodeType::Subject(wanted) {
            let message = format!("the id is not one of a {wanted}; look where it came from");
            return Err(Error::refused(Code::InvalidId, message));
        }
        Ok(uuid)
    }

    fn try_parse(id: &ID) -> Option<Self> {
        if id.len() > LENGTH_MAX {
            return None;
        }
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(id.as_str()).ok()?).ok()?;
        let (word, uuid) = text.split_once(':')?;
        let node_type = match word {
            VIEWER => NodeType::Viewer,
            word => NodeType::Subject(word.parse().ok()?),
        };
        Some(Self { node_type, uuid: Uuid::try_parse(uuid).ok()? })
    }
}

/// Makes a tuple struct around a row a node: how it is made, and which it is.
macro_rules! wraps {
    ($name:ident, $entity:ident) => {
        impl From<model::entity::$entity::Model> for $name {
            fn from(row: model::entity::$entity::Model) -> Self {
                Self(row)
            }
        }

        impl $crate::global_id::Identified for $name {
            fn global_id(&self) -> $crate::global_id::GlobalId {
                $crate::global_id::GlobalId::of::<model::entity::$entity::Entity>(&self.0)
            }
        }
    };
}
pub(crate) use wraps;

/// Has a global id.
pub trait Identified {
    /// The id.
    fn global_id(&self) -> GlobalId;
}
