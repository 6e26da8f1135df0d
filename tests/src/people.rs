//! Who is who in the tests.

use model::{PlantId, Role, Store};
use workflow::directory::{Account, grant};

/// Leads maintenance at NORD.
pub const ANN: &str = "ann";
/// Ann again, from the tablet at the line: another account, the same pair of eyes.
pub const ANN_TABLET: &str = "ann-tablet";
/// Decides on quality at NORD.
pub const MAX: &str = "max";
/// Max again, under another account.
pub const MAX_TABLET: &str = "max-tablet";
/// The second one who decides on quality at NORD.
pub const MIA: &str = "mia";
/// Answers for NORD.
pub const PIA: &str = "pia";
/// Plans orders at NORD.
pub const PAT: &str = "pat";
/// Runs a machine at NORD.
pub const OLGA: &str = "olga";
/// Compares both plants; reads only.
pub const ARI: &str = "ari";
/// A service account at NORD, with roles that would let a person decide.
pub const ROBOT: &str = "robot";
/// Leads maintenance and quality at SUED, and has no role at NORD.
pub const BOB: &str = "bob";

/// Grants everybody their roles.
pub(crate) async fn settle(store: &Store, nord: PlantId, sued: PlantId) {
    let at_nord = [
        account(ANN, ANN, "Ann", &[Role::MaintenanceLead]),
        account(ANN_TABLET, ANN, "Ann", &[Role::MaintenanceLead]),
        account(MAX, MAX, "Max", &[Role::QualityManager]),
        account(MAX_TABLET, MAX, "Max", &[Role::QualityManager]),
        account(MIA, MIA, "Mia", &[Role::QualityManager]),
        account(PIA, PIA, "Pia", &[Role::PlantManager]),
        account(PAT, PAT, "Pat", &[Role::Planner]),
        account(OLGA, OLGA, "Olga", &[Role::Operator]),
        account(ARI, ARI, "Ari", &[Role::PortfolioAnalyst]),
        Account { service: true, ..account(ROBOT, ROBOT, "Robot", &[Role::MaintenanceLead, Role::QualityManager]) },
    ];
    grant(store, nord, &at_nord).await.unwrap();
    let at_sued = [
        account(BOB, BOB, "Bob", &[Role::MaintenanceLead, Role::QualityManager]),
        account(ARI, ARI, "Ari", &[Role::PortfolioAnalyst]),
    ];
    grant(store, sued, &at_sued).await.unwrap();
}

/// `count` more people who lead maintenance in a plant; returns their accounts.
pub async fn crowd(store: &Store, plant: PlantId, count: usize) -> Vec<String> {
    let names: Vec<_> = (1..=count).map(|number| format!("lead-{number}")).collect();
    let accounts: Vec<_> = names.iter().map(|name| account(name, name, name, &[Role::MaintenanceLead])).collect();
    grant(store, plant, &accounts).await.unwrap();
    names
}

fn account(subject: &str, person: &str, name: &str, roles: &[Role]) -> Account {
    Account {
        subject: subject.to_owned(),
        person: Some(person.to_owned()),
        name: name.to_owned(),
        roles: roles.to_vec(),
        service: false,
    }
}
