//! Global ids.

use async_graphql::ID;
use model::{Code, SubjectType};
use uuid::Uuid;

use crate::global_id::{GlobalId, NodeType};

#[test]
fn an_id_comes_back_as_what_it_was() {
    for subject in SubjectType::ALL {
        let id = GlobalId::new(*subject, Uuid::now_v7());
        assert_eq!(GlobalId::parse(&id.encode()).unwrap(), id);
        assert_eq!(GlobalId::parse_as(&id.encode(), *subject).unwrap(), id.uuid);
    }
    let viewer = GlobalId::viewer("ann");
    assert_eq!(GlobalId::parse(&viewer.encode()).unwrap().node_type, NodeType::Viewer);
    assert_ne!(viewer, GlobalId::viewer("bob"));
}

#[test]
fn an_id_of_another_type_is_refused() {
    let line = GlobalId::new(SubjectType::Line, Uuid::now_v7()).encode();
    assert_eq!(GlobalId::parse_as(&line, SubjectType::Case).unwrap_err().code(), Code::InvalidId);
    assert_eq!(
        GlobalId::parse_as(&GlobalId::viewer("ann").encode(), SubjectType::Case).unwrap_err().code(),
        Code::InvalidId
    );
}

#[test]
fn text_that_is_no_id_is_refused() {
    let uuid = Uuid::now_v7();
    let good = GlobalId::new(SubjectType::Line, uuid).encode();
    let upper = base64_of(&format!("LINE:{}", uuid.to_string().to_uppercase()));
    let simple = base64_of(&format!("LINE:{}", uuid.simple()));
    let padded = format!("{}=", good.as_str());
    let unknown = base64_of(&format!("GHOST:{uuid}"));
    for bad in ["", "x", "LINE", &uuid.to_string(), &upper, &simple, &padded, &unknown, &"A".repeat(10_000), "ÄÖ", "\0"]
    {
        assert_eq!(GlobalId::parse(&ID::from(bad)).unwrap_err().code(), Code::InvalidId, "{bad:?}");
    }
}

fn base64_of(text: &str) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(text)
}
