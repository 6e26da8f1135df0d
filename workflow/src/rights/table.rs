//! The table of rights, typed.

use model::{Code, DecisionOption, Role};

use crate::rights::{Capability, Grant, Question, Refusal, Rights, Ruling, forbidden};

/// A row: these roles have this capability.
#[derive(Clone, Debug)]
pub struct Row {
    /// Name, for audits.
    pub id: &'static str,
    /// What it gives.
    pub capability: Capability,
    /// To whom.
    pub roles: &'static [Role],
    /// How many distinct people have to agree.
    pub approvals: i64,
    /// Whether whoever began may not end it.
    pub distinct_from_initiators: bool,
}

/// Who leads something, and so owns cases.
const LEADS: &[Role] = &[
    Role::LineLead,
    Role::MaintenanceLead,
    Role::Planner,
    Role::WarehouseLead,
    Role::QualityManager,
    Role::PlantManager,
    Role::IntegrationAdmin,
];
/// Who settles what systems contradict each other about.
const DISPUTE: &[Role] =
    &[Role::LineLead, Role::Planner, Role::WarehouseLead, Role::QualityManager, Role::PlantManager];

/// A versioned table. No row, no right.
#[derive(Clone, Debug)]
pub struct Table {
    version: &'static str,
    rows: Vec<Row>,
}

impl Table {
    /// The rights that come with plantgraph.
    pub fn standard() -> Self {
        use Role::{
            IntegrationAdmin, LineLead, MaintenanceLead, Operator, Planner, PlantManager, QualityEngineer,
            QualityManager, WarehouseLead,
        };
        let row = |id, capability, roles| Row { id, capability, roles, approvals: 1, distinct_from_initiators: false };
        let rows = vec![
            row("case.acknowledge", Capability::AcknowledgeCase, &[LineLead, MaintenanceLead, PlantManager]),
            row("dispute.acknowledge", Capability::AcknowledgeDispute, LEADS),
            row(
                "case.task",
                Capability::CompleteTask,
                &[
                    Operator,
                    LineLead,
                    MaintenanceLead,
                    Planner,
                    WarehouseLead,
                    QualityEngineer,
                    QualityManager,
                    PlantManager,
                    IntegrationAdmin,
                ],
            ),
            row(
                "case.evidence",
                Capability::AddEvidence,
                &[
                    Operator,
                    LineLead,
                    MaintenanceLead,
                    Planner,
                    WarehouseLead,
                    QualityEngineer,
                    QualityManager,
                    PlantManager,
                    IntegrationAdmin,
                ],
            ),
            row("conflict.accept-claim", Capability::Decide(DecisionOption::AcceptClaim), DISPUTE),
            row("conflict.correct", Capability::Decide(DecisionOption::CorrectSource), DISPUTE),
            row("conflict.accept", Capability::Decide(DecisionOption::AcceptDifference), DISPUTE),
            row("sync.resume", Capability::Decide(DecisionOption::ResumeSync), &[IntegrationAdmin, PlantManager]),
            row("integration.manage", Capability::ManageIntegration, &[IntegrationAdmin]),
            row(
                "downtime.restart",
                Capability::Decide(DecisionOption::Restart),
                &[LineLead, MaintenanceLead, PlantManager],
            ),
            row(
                "downtime.call",
                Capability::Decide(DecisionOption::CallMaintenance),
                &[Operator, LineLead, MaintenanceLead, PlantManager],
            ),
            // Moving an order touches two lines and the plan: two people.
            Row {
                approvals: 2,
                ..row(
                    "downtime.resequence",
                    Capability::Decide(DecisionOption::ResequenceOrder),
                    &[MaintenanceLead, Planner, PlantManager],
                )
            },
            row(
                "hold.place",
                Capability::PlaceHold,
                &[Operator, LineLead, WarehouseLead, QualityEngineer, QualityManager, PlantManager],
            ),
            Row { distinct_from_initiators: true, ..row("hold.release", Capability::ReleaseHold, &[QualityManager]) },
        ];
        Self { version: "standard/2", rows }
    }

    fn row(&self, capability: Capability) -> Option<&Row> {
        self.rows.iter().find(|row| row.capability == capability)
    }
}

impl Rights for Table {
    fn judge(&self, question: &Question<'_>) -> Ruling {
        let refuse = |code, message: String| {
            let roles = self.holders(question.capability);
            Ruling::Refused(Refusal { code, message, missing: question.capability, roles })
        };
        let Some(row) = self.row(question.capability) else {
            return refuse(Code::MissingRight, format!("nobody has the right {}", question.capability));
        };
        if let Some((code, why)) = forbidden(question, row.distinct_from_initiators) {
            return refuse(code, why.to_owned());
        }
        if !row.roles.iter().any(|role| question.roles.contains(role)) {
            return refuse(
                Code::MissingRight,
                format!("none of your roles in this plant has the right {}", question.capability),
            );
        }
        Ruling::Allowed(Grant { row: row.id.to_owned(), version: self.version.to_owned(), approvals: row.approvals })
    }

    fn holders(&self, capability: Capability) -> Vec<Role> {
        self.row(capability).map(|row| row.roles.to_vec()).unwrap_or_default()
    }

    fn approvals(&self, capability: Capability) -> Option<i64> {
        self.row(capability).map(|row| row.approvals)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use model::PlantId;

    use super::*;

    fn judge(capability: Capability, role: Role, service: bool, initiators: &[String]) -> Ruling {
        let roles = BTreeSet::from([role]);
        Table::standard().judge(&Question {
            capability,
            plant: PlantId::new(),
            person: "ann",
            roles: &roles,
            service,
            initiators,
        })
    }

    /// The whole matrix, as a reviewer reads it: a change of rights is a change of this text.
    #[test]
    fn matrix() {
        let mut matrix = String::new();
        for capability in Capability::ALL {
            let allowed: Vec<_> = Role::ALL
                .iter()
                .filter(|role| matches!(judge(capability, **role, false, &[]), Ruling::Allowed(_)))
                .map(|role| role.as_str())
                .collect();
            matrix.push_str(&format!("{capability}: {}\n", allowed.join(" ")));
        }
        assert_eq!(
            matrix,
            "ACKNOWLEDGE_CASE: LINE_LEAD MAINTENANCE_LEAD PLANT_MANAGER\n\
             ACKNOWLEDGE_DISPUTE: LINE_LEAD MAINTENANCE_LEAD PLANNER WAREHOUSE_LEAD QUALITY_MANAGER PLANT_MANAGER INTEGRATION_ADMIN\n\
             COMPLETE_TASK: OPERATOR LINE_LEAD MAINTENANCE_LEAD PLANNER WAREHOUSE_LEAD QUALITY_ENGINEER QUALITY_MANAGER PLANT_MANAGER INTEGRATION_ADMIN\n\
             ADD_EVIDENCE: OPERATOR LINE_LEAD MAINTENANCE_LEAD PLANNER WAREHOUSE_LEAD QUALITY_ENGINEER QUALITY_MANAGER PLANT_MANAGER INTEGRATION_ADMIN\n\
             DECIDE_RESTART: LINE_LEAD MAINTENANCE_LEAD PLANT_MANAGER\n\
             DECIDE_RESEQUENCE_ORDER: MAINTENANCE_LEAD PLANNER PLANT_MANAGER\n\
             DECIDE_CALL_MAINTENANCE: OPERATOR LINE_LEAD MAINTENANCE_LEAD PLANT_MANAGER\n\
             DECIDE_ACCEPT_CLAIM: LINE_LEAD PLANNER WAREHOUSE_LEAD QUALITY_MANAGER PLANT_MANAGER\n\
             DECIDE_CORRECT_SOURCE: LINE_LEAD PLANNER WAREHOUSE_LEAD QUALITY_MANAGER PLANT_MANAGER\n\
             DECIDE_ACCEPT_DIFFERENCE: LINE_LEAD PLANNER WAREHOUSE_LEAD QUALITY_MANAGER PLANT_MANAGER\n\
             DECIDE_RESUME_SYNC: PLANT_MANAGER INTEGRATION_ADMIN\n\
             PLACE_HOLD: OPERATOR LINE_LEAD WAREHOUSE_LEAD QUALITY_ENGINEER QUALITY_MANAGER PLANT_MANAGER\n\
             RELEASE_HOLD: QUALITY_MANAGER\n\
             MANAGE_INTEGRATION: INTEGRATION_ADMIN\n"
        );
    }

    #[test]
    fn a_service_account_decides_nothing_whatever_its_roles() {
        for capability in Capability::ALL {
            for role in Role::ALL {
                assert!(matches!(
                    judge(capability, *role, true, &[]),
                    Ruling::Refused(Refusal { code: Code::ServiceAccount, .. })
                ));
            }
        }
    }

    #[test]
    fn who_placed_a_hold_does_not_release_it() {
        let by_ann = ["ann".to_owned()];
        assert!(matches!(
            judge(Capability::ReleaseHold, Role::QualityManager, false, &by_ann),
            Ruling::Refused(Refusal { code: Code::SamePerson, .. })
        ));
        assert!(matches!(
            judge(Capability::ReleaseHold, Role::QualityManager, false, &["bob".to_owned()]),
            Ruling::Allowed(_)
        ));
    }
}
