//! The documents that describe a service.

use axum::http::StatusCode;
use serde_json::json;

use super::sets::SETS;
use crate::business::call::Reply;

/// The service document.
pub(super) fn service(name: &str) -> Reply {
    let sets: Vec<_> = SETS.iter().filter(|set| set.service == name).map(|set| set.name).collect();
    Reply::json(StatusCode::OK, &json!({ "d": { "EntitySets": sets } }))
}

/// `$metadata`, as far as anybody needs it: entity types with their keys and properties.
pub(super) fn metadata(name: &str) -> Reply {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<edmx:Edmx Version=\"1.0\" \
         xmlns:edmx=\"http://schemas.microsoft.com/ado/2007/06/edmx\"><edmx:DataServices><Schema Namespace=\"{name}\" \
         xmlns=\"http://schemas.microsoft.com/ado/2008/09/edm\">"
    );
    let sets = || SETS.iter().filter(|set| set.service == name);
    for set in sets() {
        xml.push_str(&format!("<EntityType Name=\"{}\"><Key>", set.type_name));
        set.keys.iter().for_each(|key| xml.push_str(&format!("<PropertyRef Name=\"{key}\"/>")));
        xml.push_str("</Key>");
        for field in set.fields {
            xml.push_str(&format!("<Property Name=\"{field}\" Type=\"{}\"/>", type_of(set.name, field)));
        }
        xml.push_str("</EntityType>");
    }
    xml.push_str("<EntityContainer Name=\"Container\">");
    for set in sets() {
        xml.push_str(&format!("<EntitySet Name=\"{}\" EntityType=\"{name}.{}\"/>", set.name, set.type_name));
    }
    xml.push_str("</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>");
    Reply::xml(StatusCode::OK, xml)
}

/// The naming of the fields tells their types, with the one exception that has cost every integrator a day.
fn type_of(set: &str, field: &str) -> &'static str {
    match field {
        "LastChangeDateTime" if set == "A_ProductionOrder_2" => "Edm.String",
        "MatlBatchIsInRstrcdUseStock" | "BatchIsMarkedForDeletion" => "Edm.Boolean",
        name if name.ends_with("DateTime") => "Edm.DateTimeOffset",
        name if name.ends_with("Date") => "Edm.DateTime",
        name if name.ends_with("Time") => "Edm.Time",
        name if name.contains("Quantity") || name.contains("Qty") => "Edm.Decimal",
        _ => "Edm.String",
    }
}
