//! The address space: one folder with two lines.

use opcua::{
    server::address_space::{AddressSpace, MethodBuilder, ObjectBuilder, VariableBuilder},
    types::{DataTypeId, NodeId, ObjectId, ObjectTypeId, QualifiedName, VariableTypeId},
};

use super::{nested::Level, packml};
use crate::plant::LineId;

/// The indexes the server has given to the namespaces.
#[derive(Clone, Copy)]
pub(super) struct Namespaces {
    pub(super) plant: u16,
    pub(super) packml: u16,
}

/// The nodes of a line whose values change.
pub(super) struct LineNodes {
    pub(super) state_current: NodeId,
    pub(super) stop_reason: NodeId,
    pub(super) stop_reason_text: NodeId,
    pub(super) machine_speed: NodeId,
    pub(super) good: NodeId,
    pub(super) scrap: NodeId,
    pub(super) temperature: NodeId,
    pub(super) pressure: NodeId,
    pub(super) order_number: NodeId,
    /// The method.
    pub(super) restart: NodeId,
    /// Only where the line has the nested state machines.
    pub(super) machines: Option<[MachineNodes; 3]>,
}

/// The nodes of one nested state machine whose values change.
pub(super) struct MachineNodes {
    pub(super) current_state: NodeId,
    pub(super) id: NodeId,
    pub(super) number: NodeId,
}

/// Puts the nodes of the plant into the address space.
pub(super) struct Builder<'a> {
    pub(super) space: &'a mut AddressSpace,
    pub(super) namespaces: Namespaces,
}

impl Builder<'_> {
    /// Builds everything and returns the nodes of the lines, in the order of [`LineId::ALL`].
    pub(super) fn build(mut self) -> [LineNodes; 2] {
        let plant = self.id("Plant");
        self.space.add_folder(&plant, self.name("Plant"), "Plant", &ObjectId::ObjectsFolder.into());
        LineId::ALL.map(|line| self.line(line))
    }

    fn line(&mut self, line: LineId) -> LineNodes {
        let path = format!("Plant.{}", line.browse_name());
        let object = self.id(&path);
        ObjectBuilder::new(&object, self.name(line.browse_name()), line.browse_name())
            .has_type_definition(ObjectTypeId::BaseObjectType)
            .organized_by(self.id("Plant"))
            .insert(self.space);
        let [status, admin, parameters, production] =
            ["Status", "Admin", "Parameters", "Production"].map(|name| self.object(&path, name));
        let restart = self.id(&format!("{path}.Restart"));
        MethodBuilder::new(&restart, self.name("Restart"), "Restart").component_of(object).insert(self.space);
        LineNodes {
            state_current: self.variable(&status, "StateCurrent", DataTypeId::Int32),
            stop_reason: self.variable(&status, "StopReason", DataTypeId::Int32),
            stop_reason_text: self.variable(&status, "StopReasonText", DataTypeId::String),
            machine_speed: self.variable(&status, "CurMachSpeed", DataTypeId::Double),
            good: self.variable(&admin, "ProdProcessedCount", DataTypeId::UInt32),
            scrap: self.variable(&admin, "ProdDefectiveCount", DataTypeId::UInt32),
            temperature: self.variable(&parameters, "Temperature", DataTypeId::Double),
            pressure: self.variable(&parameters, "Pressure", DataTypeId::Double),
            order_number: self.variable(&production, "OrderNumber", DataTypeId::String),
            restart,
            machines: (line == LineId::Two).then(|| self.machines(&path)),
        }
    }

    /// The nested machines, each inside the one before.
    fn machines(&mut self, line_path: &str) -> [MachineNodes; 3] {
        let mut path = line_path.to_owned();
        Level::ALL.map(|level| {
            let parent = self.id(&path);
            path = format!("{path}.{}", level.browse_name());
            let object = self.id(&path);
            let name = QualifiedName::new(self.namespaces.packml, level.browse_name());
            ObjectBuilder::new(&object, name, level.browse_name())
                .has_type_definition(packml::type_id(self.namespaces.packml, level))
                .component_of(parent)
                .insert(self.space);
            self.current_state(&path)
        })
    }

    /// `CurrentState` with its properties. Their names belong to the base namespace, as the
    /// standard has them.
    fn current_state(&mut self, path: &str) -> MachineNodes {
        let current_state = self.id(&format!("{path}.CurrentState"));
        VariableBuilder::new(&current_state, "CurrentState", "CurrentState")
            .data_type(DataTypeId::LocalizedText)
            .has_type_definition(VariableTypeId::FiniteStateVariableType)
            .component_of(self.id(path))
            .insert(self.space);
        let mut property = |name: &str, data_type: DataTypeId| {
            let id = self.id(&format!("{path}.CurrentState.{name}"));
            VariableBuilder::new(&id, name, name)
                .data_type(data_type)
                .has_type_definition(VariableTypeId::PropertyType)
                .property_of(current_state.clone())
                .insert(self.space);
            id
        };
        let id = property("Id", DataTypeId::NodeId);
        let number = property("Number", DataTypeId::UInt32);
        MachineNodes { current_state, id, number }
    }

    fn object(&mut self, parent_path: &str, name: &str) -> String {
        let path = format!("{parent_path}.{name}");
        ObjectBuilder::new(&self.id(&path), self.name(name), name)
            .has_type_definition(ObjectTypeId::BaseObjectType)
            .component_of(self.id(parent_path))
            .insert(self.space);
        path
    }

    fn variable(&mut self, parent_path: &str, name: &str, data_type: DataTypeId) -> NodeId {
        let id = self.id(&format!("{parent_path}.{name}"));
        VariableBuilder::new(&id, self.name(name), name)
            .data_type(data_type)
            .has_type_definition(VariableTypeId::BaseDataVariableType)
            .component_of(self.id(parent_path))
            .insert(self.space);
        id
    }

    fn id(&self, path: &str) -> NodeId {
        NodeId::new(self.namespaces.plant, path)
    }

    fn name(&self, name: &str) -> QualifiedName {
        QualifiedName::new(self.namespaces.plant, name)
    }
}
