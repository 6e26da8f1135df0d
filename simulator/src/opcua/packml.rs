//! The part of the PackML nodeset that a line with nested state machines refers to: the types of the machines and
//! their states, under the NodeIds of the published nodeset.

use opcua::{
    nodes::ReferenceDirection,
    server::address_space::{AddressSpace, ObjectBuilder, ObjectTypeBuilder, VariableBuilder},
    types::{DataTypeId, NodeId, ObjectTypeId, QualifiedName, ReferenceTypeId, VariableTypeId},
};

use super::nested::{Level, MachineState};

/// Puts the types of the machines into the address space.
pub(super) fn build(space: &mut AddressSpace, namespace: u16) {
    for level in Level::ALL {
        let type_id = type_id(namespace, level);
        let name = QualifiedName::new(namespace, level.type_name());
        ObjectTypeBuilder::new(&type_id, name, level.type_name())
            .reference(ObjectTypeId::FiniteStateMachineType, ReferenceTypeId::HasSubtype, ReferenceDirection::Inverse)
            .insert(space);
        for state in level.states() {
            add_state(space, namespace, &type_id, state);
        }
    }
}

/// The type of a machine.
pub(super) fn type_id(namespace: u16, level: Level) -> NodeId {
    NodeId::new(namespace, level.type_node())
}

/// A state of a machine.
pub(super) fn state_id(namespace: u16, state: MachineState) -> NodeId {
    NodeId::new(namespace, state.node())
}

fn add_state(space: &mut AddressSpace, namespace: u16, type_id: &NodeId, state: MachineState) {
    let id = state_id(namespace, state);
    ObjectBuilder::new(&id, QualifiedName::new(namespace, state.name()), state.name())
        .has_type_definition(ObjectTypeId::StateType)
        .component_of(type_id.clone())
        .insert(space);
    let number = NodeId::new(namespace, format!("{}.StateNumber", state.name()));
    VariableBuilder::new(&number, "StateNumber", "StateNumber")
        .data_type(DataTypeId::UInt32)
        .value(state.number())
        .has_type_definition(VariableTypeId::PropertyType)
        .property_of(id)
        .insert(space);
}
