//! What the twin knows of the subjects that a page speaks of, read in few statements.

use std::collections::{BTreeSet, HashMap, HashSet};

use model::{
    MaterialClassId, OrderId, PlantId, SourceId, SubjectType,
    entity::{
        accepted_difference, bill_item, document, exception_case, external_reference, job_response, line, lot_link,
        material, material_class, material_lot, plant, production_order, shipment, shipment_item, source_system,
        staging_task, storage_location, subject::Subject, timer, timer::TimerKind,
    },
    journal::ChangeKind,
    store::Tx,
};
use uuid::Uuid;

use crate::{
    error::Error,
    sync::{Statement, apply::PageContext, pool::Pool, vocabulary::Reference},
    truth::{Tolerance, tolerances},
};

/// The rows of every kind.
#[derive(Default)]
pub(super) struct Pools {
    pub materials: Pool<material::Entity>,
    pub classes: Pool<material_class::Entity>,
    pub locations: Pool<storage_location::Entity>,
    pub lots: Pool<material_lot::Entity>,
    pub orders: Pool<production_order::Entity>,
    pub bill: Pool<bill_item::Entity>,
    pub links: Pool<lot_link::Entity>,
    pub responses: Pool<job_response::Entity>,
    pub staging: Pool<staging_task::Entity>,
    pub shipments: Pool<shipment::Entity>,
    pub shipment_items: Pool<shipment_item::Entity>,
    pub documents: Pool<document::Entity>,
    pub references: Pool<external_reference::Entity>,
}

/// What is known of the subjects of a page.
pub(super) struct World {
    pub pools: Pools,
    /// Subjects by kind and natural key.
    keys: HashMap<(SubjectType, String), Uuid>,
    /// Lots by number alone, for systems that name them so.
    lots: HashMap<String, BTreeSet<Uuid>>,
    /// Subjects by kind and the source's own id.
    ids: HashMap<(SubjectType, String), Uuid>,
    /// How a subject is called, for claims that refer to it.
    names: HashMap<Uuid, String>,
    /// The references of all systems, by subject.
    pub voices: HashMap<Uuid, Vec<Uuid>>,
    pub sources: Vec<source_system::Model>,
    pub accepted: HashMap<Uuid, Vec<accepted_difference::Model>>,
    pub timers: HashMap<Uuid, Vec<timer::Model>>,
    pub cases: HashMap<Uuid, Vec<exception_case::Model>>,
    pub lines: HashMap<Uuid, line::Model>,
    pub tolerances: Vec<Tolerance>,
}

/// What the statements of a page name.
#[derive(Default)]
struct Named {
    ids: HashMap<SubjectType, HashSet<String>>,
    keys: HashMap<SubjectType, HashSet<String>>,
    classes: HashSet<String>,
}

impl Named {
    fn of<'a>(statements: impl Iterator<Item = &'a Statement>) -> Self {
        let mut named = Self::default();
        for statement in statements {
            let text = |name: &str| {
                statement.attributes.get(name).and_then(|said| said.canonical.as_ref().ok()).and_then(Option::as_ref)
            };
            if let Some(own) = text("number").or_else(|| text("code")) {
                named.keys.entry(statement.kind).or_default().insert(own.clone());
            }
            named.classes.extend(text("class").filter(|_| statement.kind == SubjectType::Material).cloned());
            for (kind, reference) in references(statement) {
                match reference {
                    Reference::Id(id) => named.ids.entry(kind).or_default().insert(id),
                    Reference::Key(key) => named.keys.entry(kind).or_default().insert(key),
                };
            }
        }
        named
    }

    fn keys(&self, kind: SubjectType) -> Vec<String> {
        self.keys.get(&kind).into_iter().flatten().cloned().collect()
    }
}

/// The references of a statement, with the kind that they lead to.
fn references(statement: &Statement) -> impl Iterator<Item = (SubjectType, Reference)> + '_ {
    use super::vocabulary::{ValueKind, attribute};
    statement.attributes.iter().filter_map(|(name, said)| {
        let ValueKind::Reference(kind) = attribute(statement.kind, name)?.value else { return None };
        Some((kind, said.canonical.as_ref().ok()?.as_ref()?.parse().ok()?))
    })
}

impl World {
    /// Reads what the statements name, and locks the subjects that they are about.
    pub(super) async fn load(
        tx: &Tx,
        page: PageContext<'_>,
        own: Vec<external_reference::Model>,
        statements: &[&Statement],
    ) -> Result<Self, Error> {
        let plant = tx.job_find::<plant::Entity>(page.plant.0).await?;
        let plant = plant.ok_or(Error::Missing { what: "plant", id: page.plant.0 })?;
        let mut world = Self {
            pools: Pools::default(),
            keys: HashMap::new(),
            lots: HashMap::new(),
            ids: HashMap::new(),
            names: HashMap::new(),
            voices: HashMap::new(),
            sources: tx.job_sources_of(page.plant).await?,
            accepted: HashMap::new(),
            timers: HashMap::new(),
            cases: HashMap::new(),
            lines: HashMap::new(),
            tolerances: tolerances(&plant)?,
        };
        let named = Named::of(statements.iter().copied());
        let mut wanted: HashMap<SubjectType, HashSet<Uuid>> = HashMap::new();
        for row in &own {
            wanted.entry(row.subject_type).or_default().insert(row.subject_id);
        }
        for (kind, ids) in &named.ids {
            let ids: Vec<_> = ids.iter().cloned().collect();
            for row in tx.job_references_by_ids_of_kind(page.source, *kind, &ids).await? {
                world.ids.insert((*kind, row.external_id), row.subject_id);
                wanted.entry(*kind).or_default().insert(row.subject_id);
            }
        }
        world.read_keys(tx, page.plant, &named).await?;
        world.read_rows(tx, &wanted).await?;
        world.read_pairs(tx, statements).await?;
        let about = world.about(statements, &own);
        world.lock_subjects(tx, &about).await?;
        world.read_voices(tx, &about, own).await?;
        Ok(world)
    }

    async fn read_keys(&mut self, tx: &Tx, plant: PlantId, named: &Named) -> Result<(), Error> {
        use SubjectType::{
            Document, JobResponse, Line, Material, MaterialLot, ProductionOrder, Shipment, StagingTask, StorageLocation,
        };
        for (kind, keys) in &named.keys {
            let keys: Vec<_> = keys.iter().cloned().collect();
            match kind {
                Material => self.hold_materials(tx.job_materials_by_codes(plant, &keys).await?),
                MaterialLot => self.hold_lots(tx.job_lots_by_numbers(plant, &keys).await?),
                ProductionOrder => self.hold_orders(tx.job_orders_by_numbers(plant, &keys).await?),
                StorageLocation => {
                    for row in tx.job_storage_locations_by_codes(plant, &keys).await? {
                        self.known(*kind, row.code.clone(), row.id.0, row.code.clone());
                        self.pools.locations.hold(row);
                    }
                }
                StagingTask => {
                    for row in tx.job_staging_tasks_by_numbers(plant, &keys).await? {
                        self.known(*kind, row.number.clone(), row.id.0, row.number.clone());
                        self.pools.staging.hold(row);
                    }
                }
                Shipment => self.hold_shipments(tx.job_shipments_by_numbers(plant, &keys).await?),
                Document => {
                    for row in tx.job_documents_by_numbers(plant, &keys).await? {
                        self.known(*kind, row.number.clone(), row.id.0, row.number.clone());
                        self.pools.documents.hold(row);
                    }
                }
                JobResponse => {
                    for row in tx.job_responses_by_numbers(plant, &keys).await? {
                        self.known(*kind, row.number.clone(), row.id.0, row.number.clone());
                        self.pools.responses.hold(row);
                    }
                }
                Line => {
                    for row in tx.job_lines(plant).await? {
                        self.known(*kind, row.code.clone(), row.id.0, row.code.clone());
                        self.lines.insert(row.id.0, row);
                    }
                }
                _ => {}
            }
        }
        let classes: Vec<_> = named.classes.iter().cloned().collect();
        if !classes.is_empty() {
            for row in tx.job_material_classes_by_codes(plant, &classes).await? {
                self.known(SubjectType::MaterialClass, row.code.clone(), row.id.0, row.code.clone());
                self.pools.classes.hold(row);
            }
        }
        debug_assert!(named.keys(SubjectType::MaterialClass).is_empty(), "classes have no records of their own");
        Ok(())
    }

    /// The rows of subjects that are known by id.
    async fn read_rows(&mut self, tx: &Tx, wanted: &HashMap<SubjectType, HashSet<Uuid>>) -> Result<(), Error> {
        for (kind, ids) in wanted {
            let ids: Vec<_> = ids.iter().copied().filter(|id| !self.names.contains_key(id)).collect();
            if ids.is_empty() {
                continue;
            }
            match kind {
                SubjectType::Material => self.hold_materials(tx.job_by_ids::<material::Entity>(&ids).await?),
                SubjectType::MaterialLot => self.hold_lots(tx.job_by_ids::<material_lot::Entity>(&ids).await?),
                SubjectType::ProductionOrder => {
                    self.hold_orders(tx.job_by_ids::<production_order::Entity>(&ids).await?)
                }
                SubjectType::Shipment => self.hold_shipments(tx.job_by_ids::<shipment::Entity>(&ids).await?),
                _ => {}
            }
        }
        Ok(())
    }

    /// The rows of bills and genealogies, which have no number: the pair is their key.
    async fn read_pairs(&mut self, tx: &Tx, statements: &[&Statement]) -> Result<(), Error> {
        let (mut bill, mut links) = (Vec::new(), Vec::new());
        for statement in statements {
            let end = |name| self.reference(statement, name).ok().flatten();
            match statement.kind {
                SubjectType::BillItem => bill.extend(end("material").zip(end("component"))),
                SubjectType::LotLink => links.extend(end("parent").zip(end("child"))),
                _ => {}
            }
        }
        if !bill.is_empty() {
            let pairs: Vec<_> = bill.into_iter().map(|(a, b)| (model::MaterialId(a), model::MaterialId(b))).collect();
            for row in tx.job_bill_items(&pairs).await? {
                let key = pair(row.material_id.0, row.component_id.0);
                self.known(SubjectType::BillItem, key.clone(), row.id.0, key);
                self.pools.bill.hold(row);
            }
        }
        if !links.is_empty() {
            let pairs: Vec<_> = links.into_iter().map(|(a, b)| (model::LotId(a), model::LotId(b))).collect();
            for row in tx.job_lot_links(&pairs).await? {
                let key = pair(row.parent_lot_id.0, row.child_lot_id.0);
                self.known(SubjectType::LotLink, key.clone(), row.id.0, key);
                self.pools.links.hold(row);
            }
        }
        Ok(())
    }

    /// The subjects that the page is about, as far as there are any yet.
    fn about(&self, statements: &[&Statement], own: &[external_reference::Model]) -> HashMap<SubjectType, Vec<Uuid>> {
        let mut about: HashMap<SubjectType, Vec<Uuid>> = HashMap::new();
        for row in own {
            about.entry(row.subject_type).or_default().push(row.subject_id);
        }
        for statement in statements {
            if let Ok(Some(id)) = self.named(statement) {
                about.entry(statement.kind).or_default().push(id);
            }
        }
        about
    }

    /// Locks them, so that two systems that speak of one subject at the same time see each other.
    async fn lock_subjects(&mut self, tx: &Tx, about: &HashMap<SubjectType, Vec<Uuid>>) -> Result<(), Error> {
        for (kind, ids) in about {
            match kind {
                SubjectType::MaterialLot => {
                    let rows = tx.job_lock_many::<material_lot::Entity>(ids).await?;
                    self.pools.lots = Pool::default();
                    self.hold_lots(rows);
                }
                SubjectType::ProductionOrder => {
                    let rows = tx.job_lock_many::<production_order::Entity>(ids).await?;
                    self.pools.orders = Pool::default();
                    self.hold_orders(rows);
                }
                SubjectType::Shipment => {
                    let rows = tx.job_lock_many::<shipment::Entity>(ids).await?;
                    self.pools.shipments = Pool::default();
                    self.hold_shipments(rows);
                }
                SubjectType::StagingTask => hold(&mut self.pools.staging, tx, ids).await?,
                SubjectType::Material => {
                    let rows = tx.job_lock_many::<material::Entity>(ids).await?;
                    self.pools.materials = Pool::default();
                    self.hold_materials(rows);
                }
                SubjectType::StorageLocation => hold(&mut self.pools.locations, tx, ids).await?,
                SubjectType::JobResponse => hold(&mut self.pools.responses, tx, ids).await?,
                SubjectType::Document => hold(&mut self.pools.documents, tx, ids).await?,
                SubjectType::ShipmentItem => hold(&mut self.pools.shipment_items, tx, ids).await?,
                SubjectType::BillItem => hold(&mut self.pools.bill, tx, ids).await?,
                SubjectType::LotLink => hold(&mut self.pools.links, tx, ids).await?,
                SubjectType::Line => {
                    for row in tx.job_lock_many::<line::Entity>(ids).await? {
                        self.lines.insert(row.id.0, row);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Who else speaks of the subjects, what was accepted of them, and what is watched.
    async fn read_voices(
        &mut self,
        tx: &Tx,
        about: &HashMap<SubjectType, Vec<Uuid>>,
        own: Vec<external_reference::Model>,
    ) -> Result<(), Error> {
        let subjects: HashSet<Uuid> = about.values().flatten().copied().collect();
        let subjects: Vec<_> = subjects.into_iter().collect();
        for row in own.into_iter().chain(tx.job_references_of_many(&subjects).await?) {
            let voices = self.voices.entry(row.subject_id).or_default();
            if !voices.contains(&row.id.0) {
                voices.push(row.id.0);
            }
            self.pools.references.hold(row);
        }
        let disputed: Vec<Uuid> = subjects.iter().copied().filter(|id| self.is_shared(*id)).collect();
        if disputed.is_empty() {
            return Ok(());
        }
        for row in tx.job_accepted_differences_of(&disputed).await? {
            self.accepted.entry(row.subject_id).or_default().push(row);
        }
        for row in tx.job_timers_of_subjects(TimerKind::ConflictWindow, &disputed).await? {
            self.timers.entry(row.subject_id.unwrap_or_default()).or_default().push(row);
        }
        for row in tx.job_open_cases_of_subjects(&disputed).await? {
            self.cases.entry(row.subject_id.unwrap_or_default()).or_default().push(row);
        }
        Ok(())
    }

    /// Whether more than one record speaks of a subject, or the floor does.
    pub(super) fn is_shared(&self, subject: Uuid) -> bool {
        self.lines.contains_key(&subject) || self.voices.get(&subject).is_some_and(|voices| voices.len() > 1)
    }

    /// The subject of a statement, by its natural key; `None`: there is none yet, or the kind has no key.
    ///
    /// # Errors
    /// The name of what is missing or ambiguous.
    pub(super) fn named(&self, statement: &Statement) -> Result<Option<Uuid>, String> {
        Ok(self.natural_key(statement)?.and_then(|key| self.keys.get(&(statement.kind, key)).copied()))
    }

    /// The natural key of a statement's subject, as this index has it.
    pub(super) fn natural_key(&self, statement: &Statement) -> Result<Option<String>, String> {
        let text = |name: &str| {
            let said = statement.attributes.get(name).and_then(|said| said.canonical.clone().ok().flatten());
            said.unwrap_or_default()
        };
        let both = |a, b| -> Result<Option<String>, String> {
            Ok(self.reference(statement, a)?.zip(self.reference(statement, b)?).map(|(a, b)| pair(a, b)))
        };
        match statement.kind {
            SubjectType::Material | SubjectType::StorageLocation | SubjectType::Line => Ok(Some(text("code"))),
            SubjectType::MaterialLot => {
                Ok(self.reference(statement, "material")?.map(|material| lot_key(material, &text("number"))))
            }
            SubjectType::BillItem => both("material", "component"),
            SubjectType::LotLink => both("parent", "child"),
            SubjectType::ShipmentItem => Ok(None),
            _ => Ok(Some(text("number"))),
        }
    }

    /// The subject that an attribute refers to; `None`: it refers to nothing.
    ///
    /// # Errors
    /// What is missing or ambiguous, in words.
    pub(super) fn reference(&self, statement: &Statement, name: &str) -> Result<Option<Uuid>, String> {
        use super::vocabulary::{ValueKind, attribute};
        let Some(ValueKind::Reference(kind)) = attribute(statement.kind, name).map(|known| known.value) else {
            return Ok(None);
        };
        let Some(said) = statement.attributes.get(name).and_then(|said| said.canonical.clone().ok().flatten()) else {
            return Ok(None);
        };
        let missing = |what: &str| format!("the {name} {what} has not arrived");
        match said.parse::<Reference>()? {
            Reference::Id(id) => self.ids.get(&(kind, id.clone())).copied().map(Some).ok_or_else(|| missing(&id)),
            Reference::Key(key) if kind == SubjectType::MaterialLot => match self.lots.get(&key) {
                Some(lots) if lots.len() > 1 => {
                    Err(format!("the {name} {key} is the number of lots of several materials"))
                }
                Some(lots) => Ok(lots.first().copied()),
                None => Err(missing(&key)),
            },
            Reference::Key(key) => self.keys.get(&(kind, key.clone())).copied().map(Some).ok_or_else(|| missing(&key)),
        }
    }

    /// How a subject is called, in claims that refer to it.
    pub(super) fn name(&self, id: Uuid) -> Option<String> {
        self.names.get(&id).cloned()
    }

    /// The class of a material, made when it is first named.
    pub(super) fn class(&mut self, tx: &mut Tx, plant: PlantId, code: &str) -> Result<Uuid, Error> {
        if let Some(id) = self.keys.get(&(SubjectType::MaterialClass, code.to_owned())) {
            return Ok(*id);
        }
        let id = MaterialClassId::new();
        let row =
            material_class::Model { id, plant_id: plant, code: code.to_owned(), name: code.to_owned(), revision: 0 };
        self.pools.classes.put(tx, row, ChangeKind::Created)?;
        self.known(SubjectType::MaterialClass, code.to_owned(), id.0, code.to_owned());
        Ok(id.0)
    }

    /// Takes up a subject that the page has just made or renamed.
    pub(super) fn made(&mut self, statement: &Statement, external_id: &str, id: Uuid) -> Result<(), String> {
        let key = self.natural_key(statement)?;
        let said = |name: &str| statement.attributes.get(name).and_then(|said| said.canonical.clone().ok().flatten());
        let name = said("number").or_else(|| said("code")).or_else(|| key.clone()).unwrap_or_default();
        if self.names.get(&id).is_some_and(|before| *before != name) {
            self.keys.retain(|_, known| *known != id);
            self.lots.values_mut().for_each(|lots| {
                lots.remove(&id);
            });
        }
        if statement.kind == SubjectType::MaterialLot {
            self.lots.entry(name.clone()).or_default().insert(id);
        }
        if let Some(key) = key {
            self.keys.insert((statement.kind, key), id);
        }
        self.ids.insert((statement.kind, external_id.to_owned()), id);
        self.names.insert(id, name);
        Ok(())
    }

    /// The floor of a line, as the source that speaks beside the systems.
    pub(super) fn floor(&self) -> Option<&source_system::Model> {
        self.sources.iter().find(|source| source.kind == model::SourceKind::OpcUa)
    }

    /// Whether a record of this source, and of the same kind, has the subject already.
    pub(super) fn is_taken(&self, source: SourceId, model: &str, subject: Uuid) -> bool {
        let voices = self.voices.get(&subject).into_iter().flatten();
        voices
            .filter_map(|id| self.pools.references.get(*id))
            .any(|row| row.source_id == source && row.external_model == model && row.absent_since.is_none())
    }

    fn known(&mut self, kind: SubjectType, key: String, id: Uuid, name: String) {
        self.keys.insert((kind, key), id);
        self.names.insert(id, name);
    }

    fn hold_materials(&mut self, rows: Vec<material::Model>) {
        for row in rows {
            self.known(SubjectType::Material, row.code.clone(), row.id.0, row.code.clone());
            self.pools.materials.hold(row);
        }
    }

    fn hold_lots(&mut self, rows: Vec<material_lot::Model>) {
        for row in rows {
            let key = lot_key(row.material_id.0, &row.number);
            self.known(SubjectType::MaterialLot, key, row.id.0, row.number.clone());
            self.lots.entry(row.number.clone()).or_default().insert(row.id.0);
            self.pools.lots.hold(row);
        }
    }

    fn hold_orders(&mut self, rows: Vec<production_order::Model>) {
        for row in rows {
            self.known(SubjectType::ProductionOrder, row.number.clone(), row.id.0, row.number.clone());
            self.pools.orders.hold(row);
        }
    }

    fn hold_shipments(&mut self, rows: Vec<shipment::Model>) {
        for row in rows {
            self.known(SubjectType::Shipment, row.number.clone(), row.id.0, row.number.clone());
            self.pools.shipments.hold(row);
        }
    }
}

/// Locks rows and takes them up as they are now.
async fn hold<E: Subject>(pool: &mut Pool<E>, tx: &Tx, ids: &[Uuid]) -> Result<(), Error>
where
    E::Model: PartialEq,
{
    *pool = Pool::default();
    for row in tx.job_lock_many::<E>(ids).await? {
        pool.hold(row);
    }
    Ok(())
}

/// The job order of a production order.
pub(super) async fn job_of(tx: &Tx, order: Uuid) -> Result<Option<Uuid>, Error> {
    Ok(tx.job_job_order_of(OrderId(order)).await?.map(|job| job.id.0))
}

fn lot_key(material: Uuid, number: &str) -> String {
    format!("{material}/{number}")
}

fn pair(a: Uuid, b: Uuid) -> String {
    format!("{a}/{b}")
}
