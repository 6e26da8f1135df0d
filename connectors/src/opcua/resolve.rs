//! From browse paths to node ids, anew for each use: ids and namespace indices may change whenever a server restarts.

use opcua::types::{
    BrowsePath, NamespaceMap, NodeId, ObjectId, QualifiedName, ReferenceTypeId, RelativePath, RelativePathElement,
    StatusCode,
};

use super::{
    decode,
    item::Item,
    path::{NodePath, STANDARD, Segment},
    services::{CHUNK, Services},
};

/// Where an item is, or why it is nowhere.
pub(super) type Resolved = Result<NodeId, Unresolved>;

/// Why a path leads nowhere.
#[derive(Clone, Debug)]
pub(super) struct Unresolved {
    /// The server's status, or `BadNodeIdUnknown` when the namespace is missing.
    pub(super) status: StatusCode,
    /// For a person.
    pub(super) reason: String,
}

/// Finds the nodes of some items, in their order.
pub(super) async fn resolve(services: &Services, items: &[&Item]) -> Result<Vec<Resolved>, StatusCode> {
    let namespaces = services.namespaces().await?;
    let mut all: Vec<Resolved> = Vec::with_capacity(items.len());
    // One path per item and round: the second path of an item is asked for only where the first leads nowhere.
    for item in items {
        all.push(Err(missing(item.name(), StatusCode::BadNoMatch)));
    }
    let rounds = items.iter().map(|item| item.paths.len()).max().unwrap_or(0);
    for round in 0..rounds {
        let mut asked = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let Some(path) = item.paths.get(round).filter(|_| all[index].is_err()) else { continue };
            match browse_path(ObjectId::ObjectsFolder.into(), path.segments(), &namespaces) {
                Ok(path) => asked.push((index, path)),
                Err(unresolved) => all[index] = Err(unresolved),
            }
        }
        for (index, found) in translate(services, asked, &namespaces).await? {
            all[index] = found.map_err(|status| missing(items[index].name(), status));
        }
    }
    Ok(all)
}

/// The `StateNumber` of some states, in their order; `None` where a state has none.
pub(super) async fn state_numbers(services: &Services, states: &[NodeId]) -> Result<Vec<Option<i64>>, StatusCode> {
    let namespaces = services.namespaces().await?;
    let property = [Segment::new(STANDARD, "StateNumber")];
    let mut asked = Vec::new();
    for (index, state) in states.iter().enumerate() {
        // The standard's own namespace is in every server.
        if let Ok(path) = browse_path(state.clone(), &property, &namespaces) {
            asked.push((index, path));
        }
    }
    let found = translate(services, asked, &namespaces).await?;
    let (indices, nodes): (Vec<_>, Vec<_>) =
        found.into_iter().filter_map(|(index, node)| Some((index, node.ok()?))).unzip();
    let mut numbers = vec![None; states.len()];
    if !nodes.is_empty() {
        for (index, value) in indices.into_iter().zip(services.read(nodes).await?) {
            numbers[index] = decode::integer(&value).value;
        }
    }
    Ok(numbers)
}

async fn translate(
    services: &Services,
    asked: Vec<(usize, BrowsePath)>,
    namespaces: &NamespaceMap,
) -> Result<Vec<(usize, Result<NodeId, StatusCode>)>, StatusCode> {
    let mut found = Vec::with_capacity(asked.len());
    for chunk in asked.chunks(CHUNK) {
        let results = services.translate(chunk.iter().map(|(_, path)| path.clone()).collect()).await?;
        for ((index, _), result) in chunk.iter().zip(results) {
            // A target with an index left lies on another server.
            let target = result.targets.into_iter().flatten().find(|target| target.remaining_path_index == u32::MAX);
            let node =
                target.and_then(|target| namespaces.resolve_node_id(&target.target_id).map(|id| id.into_owned()));
            let status = if result.status_code.is_bad() { result.status_code } else { StatusCode::BadNoMatch };
            found.push((*index, node.filter(|_| !result.status_code.is_bad()).ok_or(status)));
        }
    }
    Ok(found)
}

fn browse_path(start: NodeId, segments: &[Segment], namespaces: &NamespaceMap) -> Result<BrowsePath, Unresolved> {
    let elements = segments.iter().map(|segment| {
        let index = namespaces.get_index(&segment.namespace).ok_or_else(|| {
            let mut known: Vec<_> = namespaces.known_namespaces().keys().map(String::as_str).collect();
            known.sort_unstable();
            let reason = format!("the server has no namespace {:?}; it has: {}", segment.namespace, known.join(", "));
            Unresolved { status: StatusCode::BadNodeIdUnknown, reason }
        })?;
        Ok(RelativePathElement {
            reference_type_id: ReferenceTypeId::HierarchicalReferences.into(),
            is_inverse: false,
            include_subtypes: true,
            target_name: QualifiedName::new(index, segment.name.as_str()),
        })
    });
    let elements = elements.collect::<Result<_, _>>()?;
    Ok(BrowsePath { starting_node: start, relative_path: RelativePath { elements: Some(elements) } })
}

fn missing(path: &NodePath, status: StatusCode) -> Unresolved {
    Unresolved { status, reason: format!("the server has no node at Objects/{path} ({status})") }
}
