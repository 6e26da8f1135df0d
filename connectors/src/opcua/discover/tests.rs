use model::SourceKind;
use opcua::types::{EUInformation, ExtensionObject, NodeId, VariableTypeId, Variant};

use super::{
    find::{DEVICES, ISA95_JOBS, MACHINERY, PACKML},
    tree::{Class, Facts, Holds, Node},
    *,
};
use crate::{
    opcua::path::{STANDARD, Segment},
    plant_file::{SecretSource, StateKind},
};

const VENDOR: &str = "urn:vendor";
const CELSIUS: i32 = 4_408_652;

/// Makes trees as a walk finds them.
#[derive(Default)]
struct Server(Tree);

impl Server {
    fn node(&mut self, parent: Option<usize>, name: (&str, &str), class: Class, types: &[(&str, &str)]) -> usize {
        let number = u32::try_from(self.0.nodes.len()).expect("small") + 1_000;
        let type_definition = match types {
            [(STANDARD, "PropertyType")] => VariableTypeId::PropertyType.into(),
            _ => NodeId::new(9, number),
        };
        let names = types.iter().map(|(namespace, name)| Segment::new(namespace, name)).collect();
        self.0.types.insert(type_definition.clone(), names);
        let name = Segment::new(name.0, name.1);
        self.0.add(Node { parent, id: NodeId::new(8, number), name, class, type_definition, add_in: false })
    }

    fn object(&mut self, parent: Option<usize>, name: (&str, &str), types: &[(&str, &str)]) -> usize {
        self.node(parent, name, Class::Object, types)
    }

    fn variable(&mut self, parent: usize, name: &str, holds: Holds) -> usize {
        let index = self.node(Some(parent), (VENDOR, name), Class::Variable, &[]);
        self.0.facts.insert(index, Facts { holds, scalar: true, history: false });
        index
    }

    fn property(&mut self, parent: usize, name: &str, value: impl Into<Variant>) {
        let index = self.node(Some(parent), (STANDARD, name), Class::Variable, &[(STANDARD, "PropertyType")]);
        self.0.values.insert(index, value.into());
    }

    fn proposed(&self) -> (String, PlantFile) {
        let text = proposed(&self.0, &request()).expect("valid").text;
        let file = PlantFile::parse(&text).expect("valid");
        (text, file)
    }
}

fn request() -> BrowseRequest {
    BrowseRequest {
        url: "opc.tcp://plant:4840".to_owned(),
        security: Security::Basic256Sha256,
        certificate_host: None,
        identity: Identity::User { name: "operator".to_owned(), password: SecretSource::Env("PASSWORD".to_owned()) },
        pki: PathBuf::from("pki"),
    }
}

#[test]
fn packml_is_found_by_a_subtype_of_a_vendor_and_wins_over_names() {
    let mut server = Server::default();
    let machine = server.object(None, (VENDOR, "Filler 1"), &[]);
    let types = [(VENDOR, "OurPackMLType"), (PACKML, "PackMLBaseObjectType"), (STANDARD, "BaseObjectType")];
    let packml = server.object(Some(machine), (VENDOR, "PackML"), &types);
    let status = server.object(Some(packml), (VENDOR, "Status"), &[]);
    server.variable(status, "StateCurrent", Holds::Integer);
    let (text, file) = server.proposed();
    let line = &file.lines[0];
    assert_eq!((file.lines.len(), line.code.as_str(), line.name.as_str()), (1, "FILLER-1", "Filler 1"), "{text}");
    let state = line.state.as_ref().expect("a state");
    assert_eq!((state.kind, state.node.path.to_string().as_str()), (StateKind::PackMl, "p:Filler 1/p:PackML"));
    assert!(text.contains(r#"# or: kind = "packtags""#), "{text}");
    assert_eq!(file.definition().sources[0].kind, SourceKind::OpcUa);
}

#[test]
fn a_line_by_names_brings_counters_order_and_measured_values() {
    let mut server = Server::default();
    let line = server.object(None, (VENDOR, "Line=1/a:b"), &[]);
    let status = server.object(Some(line), (VENDOR, "Status"), &[]);
    server.variable(status, "StateCurrent", Holds::Integer);
    let admin = server.object(Some(line), (VENDOR, "Admin"), &[]);
    server.variable(admin, "ProdProcessedCount", Holds::Integer);
    server.variable(admin, "ProdDefectiveCount", Holds::Other);
    server.variable(line, "OrderNumber", Holds::Text);
    let warm = server.variable(line, "Warm", Holds::Float);
    server.property(
        warm,
        "EngineeringUnits",
        ExtensionObject::from_message(EUInformation { unit_id: CELSIUS, ..Default::default() }),
    );
    let parameters = server.object(Some(line), (VENDOR, "Parameters"), &[]);
    server.variable(parameters, "Pressure", Holds::Float);
    server.variable(parameters, "Recipe", Holds::Integer);
    let (text, file) = server.proposed();
    let line = &file.lines[0];
    assert_eq!(line.state.as_ref().map(|state| state.kind), Some(StateKind::PackTags), "{text}");
    let counters: Vec<_> = line.counters.iter().map(|counter| counter.name.as_str()).collect();
    assert_eq!(counters, ["good"], "{text}");
    assert!(text.contains("not bound as counter scrap") && text.contains("no single whole number"), "{text}");
    assert_eq!(line.order.as_ref().expect("an order").path.segments()[0].name, "Line=1/a:b");
    let parameters: Vec<_> =
        line.parameters.iter().map(|p| (p.definition.name.as_str(), p.definition.unit.as_str())).collect();
    assert_eq!(parameters, [("Warm", "Cel")], "{text}");
    assert!(text.contains(r#"# name = "Pressure""#) && !text.contains("Recipe"), "{text}");
}

#[test]
fn machinery_and_job_control_are_found_by_type_or_as_add_ins() {
    let mut server = Server::default();
    let machines = server.object(None, (MACHINERY, "Machines"), &[]);
    let machine = server.object(Some(machines), (VENDOR, "Press"), &[]);
    let blocks = server.object(Some(machine), (MACHINERY, "MachineryBuildingBlocks"), &[]);
    let state = server.object(Some(blocks), (MACHINERY, "MachineryItemState"), &[(VENDOR, "Own")]);
    server.0.nodes[state].add_in = true;
    let identification =
        server.object(Some(machine), (DEVICES, "Identification"), &[(MACHINERY, "MachineIdentificationType")]);
    server.property(identification, "SerialNumber", Variant::from("4711\n[plant]\ncode=1"));
    let jobs = server.object(Some(machine), (VENDOR, "JobManagement"), &[]);
    server.object(
        Some(jobs),
        (VENDOR, "Control"),
        &[(VENDOR, "X"), (ISA95_JOBS[0], "ISA95JobOrderReceiverObjectType")],
    );
    server.0.notifiers = vec![machine];
    let (text, file) = server.proposed();
    assert_eq!((file.lines.len(), file.lines[0].name.as_str()), (1, "Press"), "{text}");
    assert!(file.lines[0].state.is_none() && text.contains("MachineryItemState at"), "{text}");
    assert!(text.contains("SerialNumber 4711?[plant]?code=1"), "{text}");
    assert!(text.contains("takes job orders") && text.contains("JobManagement/p:Control"), "{text}");
    assert_eq!(file.lines[0].alarms.len(), 1, "{text}");
    assert!(!file.lines[0].alarms[0].acknowledge);
}

#[test]
fn what_can_not_be_bound_is_said_and_a_server_without_lines_too() {
    let (text, file) = Server::default().proposed();
    assert!(file.opcua.is_none() && text.contains("# [opcua]") && text.contains("Nothing that tells"), "{text}");
    let mut server = Server::default();
    let line = server.object(None, ("no uri", "Line1"), &[]);
    server.variable(line, "StateCurrent", Holds::Integer);
    server.0.cut_short = Some("only the first 3 nodes were looked at".to_owned());
    server.0.hidden = 2;
    let (text, _) = server.proposed();
    assert!(text.contains("its namespace no uri is no URI"), "{text}");
    assert!(text.contains("INCOMPLETE: only the first 3") && text.contains("below 2 nodes"), "{text}");
}

#[test]
fn two_lines_do_not_take_each_others_values() {
    let mut server = Server::default();
    let hall = server.object(None, (VENDOR, "Hall"), &[]);
    server.variable(hall, "StateCurrent", Holds::Integer);
    server.variable(hall, "GoodCount", Holds::Integer);
    let inner = server.object(Some(hall), (VENDOR, "Hall"), &[]);
    server.variable(inner, "StateCurrent", Holds::Integer);
    server.variable(inner, "ScrapCount", Holds::Integer);
    let (text, file) = server.proposed();
    let codes: Vec<_> = file.lines.iter().map(|line| line.code.as_str()).collect();
    assert_eq!(codes, ["HALL", "HALL-2"], "{text}");
    let counters: Vec<_> = file.lines.iter().map(|line| line.counters[0].name.as_str()).collect();
    assert_eq!((counters, file.lines[0].counters.len()), (vec!["good", "scrap"], 1), "{text}");
}
