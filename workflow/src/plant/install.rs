//! Puts a plant definition into the twin.

use std::{collections::HashMap, time::Duration};

use model::{
    AreaId, EnterpriseId, Freshness, LineId, ParameterId, PlantId, Quality, Quantity, ReferenceId, SourceId, Store,
    SubjectType, WorkUnitId,
    entity::{area, enterprise, external_reference, line, parameter, plant, source_system, work_unit},
    journal::ChangeKind,
    store::{Actor, Tx},
};
use rust_decimal::{Decimal, prelude::FromPrimitive};

use crate::{
    error::Error,
    plant::{LineDefinition, PlantDefinition},
};

/// OPC UA's BadWaitingForInitialData: the honest status of a line that nobody reported yet.
const WAITING_FOR_INITIAL_DATA: i64 = 0x8032_0000;
/// The kind of record under which a floor source knows its lines.
pub(crate) const LINE_RECORD: &str = "line";

/// The ids of an installed plant.
#[derive(Clone, Debug)]
pub struct Installed {
    /// The plant.
    pub plant: PlantId,
    /// Its lines by code.
    pub lines: HashMap<String, LineId>,
    /// Its sources by code.
    pub sources: HashMap<String, SourceId>,
}

/// Creates or updates a plant; doing it again changes nothing. Lines that the definition no longer names stay, with their history.
///
/// # Errors
/// [`Error::PlantInvalid`] when the definition contradicts itself, and the store's.
pub async fn install(store: &Store, definition: &PlantDefinition) -> Result<Installed, Error> {
    definition.check()?;
    let mut tx = store.begin(Actor::system("plant", format!("plant file of {}", definition.code))).await?;
    let plant = plant(&mut tx, definition).await?;
    let sources = sources(&mut tx, plant, definition).await?;
    let areas = areas(&mut tx, plant, definition).await?;
    let lines = lines(&mut tx, plant, &areas, definition).await?;
    for line in &definition.lines {
        let id = lines[&line.code];
        for source in &line.sources {
            refer(&mut tx, plant, sources[source], &line.code, id).await?;
        }
    }
    work_units(&mut tx, plant, &lines, definition).await?;
    parameters(&mut tx, plant, &lines, definition).await?;
    tx.commit().await?;
    Ok(Installed { plant, lines, sources })
}

async fn plant(tx: &mut Tx, definition: &PlantDefinition) -> Result<PlantId, Error> {
    let enterprise = match tx.job_enterprise_by_code(&definition.enterprise_code).await? {
        Some(row) => row.id,
        None => {
            let row = enterprise::Model {
                id: EnterpriseId::new(),
                code: definition.enterprise_code.clone(),
                name: definition.enterprise_name.clone(),
                revision: 0,
            };
            tx.create::<enterprise::Entity>(row, ChangeKind::Created).await?.id
        }
    };
    let (name, time_zone) = (definition.name.clone(), definition.time_zone.clone());
    let tolerances = serde_json::to_string(&definition.tolerances)?;
    match tx.job_plant_by_code(enterprise, &definition.code).await? {
        None => {
            let row = plant::Model {
                id: PlantId::new(),
                enterprise_id: enterprise,
                code: definition.code.clone(),
                name,
                time_zone,
                tolerances,
                revision: 0,
            };
            Ok(tx.create::<plant::Entity>(row, ChangeKind::Created).await?.id)
        }
        Some(row) => {
            let after = plant::Model { name, time_zone, tolerances, ..row.clone() };
            if after != row {
                tx.update::<plant::Entity>(&row, after, ChangeKind::Updated).await?;
            }
            Ok(row.id)
        }
    }
}

async fn sources(
    tx: &mut Tx,
    plant: PlantId,
    definition: &PlantDefinition,
) -> Result<HashMap<String, SourceId>, Error> {
    let mut ids = HashMap::new();
    for source in &definition.sources {
        let (name, manifest) = (source.name.clone(), source.manifest.clone());
        let actions = serde_json::to_string(&source.actions)?;
        let id = match tx.job_source_by_code(plant, &source.code).await? {
            Some(row) => {
                let after = source_system::Model { name, manifest, actions, ..row.clone() };
                if after != row {
                    tx.update::<source_system::Entity>(&row, after, ChangeKind::Updated).await?;
                }
                row.id
            }
            None => {
                let row = source_system::Model {
                    id: SourceId::new(),
                    plant_id: plant,
                    code: source.code.clone(),
                    name,
                    kind: source.kind,
                    freshness: Freshness::Unknown,
                    reason: None,
                    changed_at: None,
                    gaps: 0,
                    actions,
                    commands_stopped: false,
                    manifest,
                    revision: 0,
                };
                tx.create::<source_system::Entity>(row, ChangeKind::Created).await?.id
            }
        };
        ids.insert(source.code.clone(), id);
    }
    Ok(ids)
}

async fn areas(tx: &mut Tx, plant: PlantId, definition: &PlantDefinition) -> Result<HashMap<String, AreaId>, Error> {
    let mut ids: HashMap<_, _> = tx.job_areas(plant).await?.into_iter().map(|row| (row.code, row.id)).collect();
    for line in &definition.lines {
        if !ids.contains_key(&line.area_code) {
            let row = area::Model {
                id: AreaId::new(),
                plant_id: plant,
                code: line.area_code.clone(),
                name: line.area_name.clone(),
                revision: 0,
            };
            ids.insert(line.area_code.clone(), tx.create::<area::Entity>(row, ChangeKind::Created).await?.id);
        }
    }
    Ok(ids)
}

async fn lines(
    tx: &mut Tx,
    plant: PlantId,
    areas: &HashMap<String, AreaId>,
    definition: &PlantDefinition,
) -> Result<HashMap<String, LineId>, Error> {
    let known: HashMap<_, _> = tx.job_lines(plant).await?.into_iter().map(|row| (row.code.clone(), row)).collect();
    let mut ids = HashMap::new();
    for line in &definition.lines {
        let area = areas[&line.area_code];
        let id = match known.get(&line.code) {
            None => tx.create::<line::Entity>(new_line(plant, area, line), ChangeKind::Created).await?.id,
            Some(row) => {
                let after = configured(row.clone(), area, line);
                if after != *row {
                    tx.update::<line::Entity>(row, after, ChangeKind::Updated).await?;
                }
                row.id
            }
        };
        ids.insert(line.code.clone(), id);
    }
    Ok(ids)
}

fn new_line(plant: PlantId, area: AreaId, definition: &LineDefinition) -> line::Model {
    let blank = line::Model {
        id: LineId::new(),
        plant_id: plant,
        area_id: area,
        code: definition.code.clone(),
        name: String::new(),
        state: None,
        state_since: None,
        state_source_time: None,
        state_server_time: None,
        state_received_time: None,
        state_status: WAITING_FOR_INITIAL_DATA,
        state_quality: Quality::Bad,
        freshness: Freshness::Unknown,
        stale_reason: None,
        executing_since: None,
        left_execute_at: None,
        down_since: None,
        active_order_number: None,
        active_order_at: None,
        active_job_order_id: None,
        good_count: 0,
        scrap_count: 0,
        good_raw: None,
        good_read_at: None,
        scrap_raw: None,
        scrap_read_at: None,
        downtime_threshold_ms: 0,
        acknowledge_within_ms: 0,
        verify_for_ms: 0,
        revision: 0,
    };
    configured(blank, area, definition)
}

fn configured(row: line::Model, area: AreaId, definition: &LineDefinition) -> line::Model {
    line::Model {
        area_id: area,
        name: definition.name.clone(),
        downtime_threshold_ms: milliseconds(definition.downtime_threshold),
        acknowledge_within_ms: milliseconds(definition.acknowledge_within),
        verify_for_ms: milliseconds(definition.verify_for),
        ..row
    }
}

async fn work_units(
    tx: &mut Tx,
    plant: PlantId,
    lines: &HashMap<String, LineId>,
    definition: &PlantDefinition,
) -> Result<(), Error> {
    let known = tx.job_work_units(plant).await?;
    for line in &definition.lines {
        let line_id = lines[&line.code];
        for (code, name) in &line.work_units {
            if !known.iter().any(|row| row.line_id == line_id && row.code == *code) {
                let row = work_unit::Model {
                    id: WorkUnitId::new(),
                    plant_id: plant,
                    line_id,
                    code: code.clone(),
                    name: name.clone(),
                    revision: 0,
                };
                tx.create::<work_unit::Entity>(row, ChangeKind::Created).await?;
            }
        }
    }
    Ok(())
}

async fn parameters(
    tx: &mut Tx,
    plant: PlantId,
    lines: &HashMap<String, LineId>,
    definition: &PlantDefinition,
) -> Result<(), Error> {
    let ids: Vec<_> = lines.values().copied().collect();
    let known = tx.job_parameters(&ids).await?;
    for line in &definition.lines {
        let line_id = lines[&line.code];
        for wanted in &line.parameters {
            let (low, high) = (wanted.low.and_then(quantity), wanted.high.and_then(quantity));
            match known.iter().find(|row| row.line_id == line_id && row.name == wanted.name) {
                Some(row) => {
                    let after = parameter::Model { unit: wanted.unit.clone(), low, high, ..row.clone() };
                    if after != *row {
                        tx.update::<parameter::Entity>(row, after, ChangeKind::Updated).await?;
                    }
                }
                None => {
                    let row = parameter::Model {
                        id: ParameterId::new(),
                        plant_id: plant,
                        line_id,
                        name: wanted.name.clone(),
                        unit: wanted.unit.clone(),
                        low,
                        high,
                        limit_state: None,
                        quality: Quality::Bad,
                        changed_at: None,
                        value: None,
                        revision: 0,
                    };
                    tx.create::<parameter::Entity>(row, ChangeKind::Created).await?;
                }
            }
        }
    }
    Ok(())
}

async fn refer(tx: &mut Tx, plant: PlantId, source: SourceId, code: &str, line: LineId) -> Result<(), Error> {
    if tx.job_references(source, LINE_RECORD, &[code.to_owned()]).await?.is_empty() {
        let row = external_reference::Model {
            id: ReferenceId::new(),
            plant_id: plant,
            source_id: source,
            external_model: LINE_RECORD.to_owned(),
            external_id: code.to_owned(),
            subject_type: SubjectType::Line,
            subject_id: line.0,
            source_time: None,
            claims: "{}".to_owned(),
            received_time: None,
            source_version: None,
            mapping_version: String::new(),
            absent_since: None,
            missed_sweeps: 0,
            revision: 0,
        };
        tx.create::<external_reference::Entity>(row, ChangeKind::Created).await?;
    }
    Ok(())
}

fn quantity(value: f64) -> Option<Quantity> {
    Decimal::from_f64(value).map(|value| Quantity(value.normalize()))
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
