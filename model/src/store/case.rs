//! Cases with their tasks, evidence, decisions and transitions.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::{
    entity::{case_decision, case_evidence, case_task, case_transition, exception_case},
    error::{Doing, Error},
    ids::{CaseId, LineId, PlantId, TaskId},
    state::{CaseClass, CaseState, DecisionState},
    store::{CaseFilter, Page, PageRequest, Tx, View},
};

const OVER: [CaseState; 2] = [CaseState::Closed, CaseState::Cancelled];

impl View {
    /// A stretch of the cases, of one plant if given.
    pub async fn cases_page(
        &self,
        plant: Option<PlantId>,
        filter: &CaseFilter,
        request: PageRequest,
    ) -> Result<Page<exception_case::Model>, Error> {
        self.page::<exception_case::Entity>(cases(plant, filter), request).await
    }

    /// Number of the same cases.
    pub async fn cases_count(&self, plant: Option<PlantId>, filter: &CaseFilter) -> Result<u64, Error> {
        self.count::<exception_case::Entity>(cases(plant, filter)).await
    }

    /// The open cases of these lines.
    pub async fn open_cases_of(&self, lines: &[LineId]) -> Result<Vec<exception_case::Model>, Error> {
        self.all::<exception_case::Entity>(
            Condition::all()
                .add(exception_case::Column::LineId.is_in(lines.iter().copied()))
                .add(exception_case::Column::State.is_not_in(OVER)),
        )
        .await
    }

    /// The tasks of these cases.
    pub async fn tasks_of(&self, cases: &[CaseId]) -> Result<Vec<case_task::Model>, Error> {
        self.all::<case_task::Entity>(Condition::all().add(case_task::Column::CaseId.is_in(cases.iter().copied())))
            .await
    }

    /// The evidence of these cases.
    pub async fn evidence_of(&self, cases: &[CaseId]) -> Result<Vec<case_evidence::Model>, Error> {
        self.all::<case_evidence::Entity>(
            Condition::all().add(case_evidence::Column::CaseId.is_in(cases.iter().copied())),
        )
        .await
    }

    /// The decisions on these cases.
    pub async fn decisions_of(&self, cases: &[CaseId]) -> Result<Vec<case_decision::Model>, Error> {
        self.all::<case_decision::Entity>(
            Condition::all().add(case_decision::Column::CaseId.is_in(cases.iter().copied())),
        )
        .await
    }

    /// The open cases about these subjects.
    pub async fn open_cases_about(&self, subjects: &[Uuid]) -> Result<Vec<exception_case::Model>, Error> {
        self.all::<exception_case::Entity>(
            Condition::all()
                .add(exception_case::Column::SubjectId.is_in(subjects.iter().copied()))
                .add(exception_case::Column::State.is_not_in(OVER)),
        )
        .await
    }

    /// The transitions of these cases.
    pub async fn transitions_of(&self, cases: &[CaseId]) -> Result<Vec<case_transition::Model>, Error> {
        self.all::<case_transition::Entity>(
            Condition::all().add(case_transition::Column::CaseId.is_in(cases.iter().copied())),
        )
        .await
    }
}

fn cases(plant: Option<PlantId>, filter: &CaseFilter) -> Condition {
    use exception_case::Column;
    Condition::all()
        .add_option(plant.map(|plant| Column::PlantId.eq(plant)))
        .add_option((!filter.states.is_empty()).then(|| Column::State.is_in(filter.states.iter().copied())))
        .add_option((!filter.classes.is_empty()).then(|| Column::Class.is_in(filter.classes.iter().copied())))
        .add_option(filter.open_only.then(|| Column::State.is_not_in(OVER)))
}

impl Tx {
    /// The open case of a class on a line, locked.
    pub async fn job_lock_open_case(
        &self,
        class: CaseClass,
        line: LineId,
    ) -> Result<Option<exception_case::Model>, Error> {
        exception_case::Entity::find()
            .filter(exception_case::Column::Class.eq(class))
            .filter(exception_case::Column::LineId.eq(line))
            .filter(exception_case::Column::State.is_not_in(OVER))
            .lock_exclusive()
            .one(self.connection())
            .await
            .doing("find the open case of a line")
    }

    /// Those of these lines that have an open case of a class.
    pub async fn job_lines_with_open_case(&self, class: CaseClass, lines: &[LineId]) -> Result<Vec<LineId>, Error> {
        let found: Vec<Option<LineId>> = exception_case::Entity::find()
            .select_only()
            .column(exception_case::Column::LineId)
            .filter(exception_case::Column::Class.eq(class))
            .filter(exception_case::Column::LineId.is_in(lines.iter().copied()))
            .filter(exception_case::Column::State.is_not_in(OVER))
            .into_tuple()
            .all(self.connection())
            .await
            .doing("find the lines with an open case")?;
        Ok(found.into_iter().flatten().collect())
    }

    /// The tasks of a case, in their order.
    pub async fn job_tasks(&self, case: CaseId) -> Result<Vec<case_task::Model>, Error> {
        case_task::Entity::find()
            .filter(case_task::Column::CaseId.eq(case))
            .order_by_asc(case_task::Column::Position)
            .all(self.connection())
            .await
            .doing("read tasks")
    }

    /// The evidence of a task.
    pub async fn job_evidence(&self, task: TaskId) -> Result<Vec<case_evidence::Model>, Error> {
        case_evidence::Entity::find()
            .filter(case_evidence::Column::TaskId.eq(task))
            .all(self.connection())
            .await
            .doing("read evidence")
    }

    /// The decisions of a case that wait for approval.
    pub async fn job_pending_decisions(&self, case: CaseId) -> Result<Vec<case_decision::Model>, Error> {
        case_decision::Entity::find()
            .filter(case_decision::Column::CaseId.eq(case))
            .filter(case_decision::Column::State.eq(DecisionState::PendingApproval))
            .order_by_asc(case_decision::Column::Id)
            .all(self.connection())
            .await
            .doing("read pending decisions")
    }

    /// The decision of a case that took effect last.
    pub async fn job_last_effective_decision(&self, case: CaseId) -> Result<Option<case_decision::Model>, Error> {
        case_decision::Entity::find()
            .filter(case_decision::Column::CaseId.eq(case))
            .filter(case_decision::Column::State.eq(DecisionState::Effective))
            .order_by_desc(case_decision::Column::EffectiveAt)
            .one(self.connection())
            .await
            .doing("read the effective decision")
    }

    /// The open cases about these subjects.
    pub async fn job_open_cases_of_subjects(&self, subjects: &[Uuid]) -> Result<Vec<exception_case::Model>, Error> {
        let open = Condition::all().add(exception_case::Column::State.is_not_in(OVER));
        self.job_in::<exception_case::Entity, _>(open, exception_case::Column::SubjectId, subjects).await
    }
}
