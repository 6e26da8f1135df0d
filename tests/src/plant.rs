//! The plants of the tests.

use std::time::Duration;

use model::SourceKind;
use workflow::commands::Action;
use workflow::plant::{LineDefinition, ParameterDefinition, PlantDefinition, SourceDefinition};
use workflow::truth::Tolerance;

/// The source that reports lines.
pub const FLOOR: &str = "FLOOR";
/// The source of orders, materials and lots.
pub const ERP: &str = "ERP";
/// Code of the WMS.
pub const WMS: &str = "WMS";
/// The parameter of every line, with limits 80 to 90.
pub const TEMPERATURE: &str = "temperature";

/// How long a line may be down before a case opens. Tests report the past instead of waiting.
pub const THRESHOLD: Duration = Duration::from_secs(5 * 60);
/// How long an owner has to acknowledge.
pub const ACKNOWLEDGE_WITHIN: Duration = Duration::from_secs(15 * 60);
/// How long a line must run before a case may close.
pub const VERIFY_FOR: Duration = Duration::from_secs(10 * 60);

/// How long ERP and WMS may differ.
pub const CONFLICT_WINDOW: Duration = Duration::from_millis(300);

/// A plant with these lines, a floor, an ERP and a WMS.
pub fn definition(code: &str, lines: &[&str]) -> PlantDefinition {
    let source = |code: &str, kind| SourceDefinition {
        code: code.to_owned(),
        name: code.to_owned(),
        kind,
        manifest: None,
        actions: if kind == SourceKind::OpcUa { Vec::new() } else { Action::ALL.to_vec() },
    };
    PlantDefinition {
        tolerances: vec![Tolerance {
            between: (SourceKind::Erp, SourceKind::Wms),
            attribute: None,
            window_ms: CONFLICT_WINDOW.as_millis() as u64,
        }],
        enterprise_code: "ACME".to_owned(),
        enterprise_name: "Acme".to_owned(),
        code: code.to_owned(),
        name: format!("Plant {code}"),
        time_zone: "Europe/Berlin".to_owned(),
        lines: lines.iter().map(|code| line(code)).collect(),
        sources: vec![source(FLOOR, SourceKind::OpcUa), source(ERP, SourceKind::Erp), source(WMS, SourceKind::Wms)],
    }
}

/// A line with the usual times.
pub fn line(code: &str) -> LineDefinition {
    LineDefinition {
        code: code.to_owned(),
        name: format!("Line {code}"),
        area_code: "HALL".to_owned(),
        area_name: "Hall".to_owned(),
        work_units: vec![("U1".to_owned(), "Unit 1".to_owned())],
        downtime_threshold: THRESHOLD,
        acknowledge_within: ACKNOWLEDGE_WITHIN,
        verify_for: VERIFY_FOR,
        parameters: vec![ParameterDefinition {
            name: TEMPERATURE.to_owned(),
            unit: "Cel".to_owned(),
            low: Some(80.0),
            high: Some(90.0),
        }],
        sources: vec![FLOOR.to_owned()],
    }
}
