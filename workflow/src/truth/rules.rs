//! The rules by which claims are weighed, as data.

use std::{collections::HashMap, sync::LazyLock, time::Duration};

use model::{
    Role, SourceKind, SubjectType,
    reconcile::{Rule, Strategy},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::sync::vocabulary;

/// The file that is built in. It is read once; a test proves that it reads.
static BUILT_IN: LazyLock<Rules> = LazyLock::new(|| {
    Rules::parse(include_str!("../../../patterns/reconciliation.toml")).expect("a test reads this file")
});

/// The rules of a plant.
#[derive(Clone, Debug)]
pub struct Rules {
    version: String,
    order: Vec<SourceKind>,
    rules: HashMap<(SubjectType, String), Governed>,
}

/// A rule, and who owns its conflicts.
#[derive(Clone, Debug)]
struct Governed {
    rule: Rule,
    owner: Role,
}

/// How long two systems of a plant may differ, where its file says otherwise than the rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tolerance {
    /// The kinds of the two systems.
    pub between: (SourceKind, SourceKind),
    /// Only this attribute, as `MATERIAL_LOT.disposition`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// How long.
    pub window_ms: u64,
}

impl Rules {
    /// The rules that come with plantgraph.
    pub fn standard() -> &'static Self {
        &BUILT_IN
    }

    /// Reads a rule file.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut rules = HashMap::new();
        for raw in file.rule {
            let key = (raw.kind, raw.attribute.clone());
            let name = format!("{}.{}", raw.kind, raw.attribute);
            if vocabulary::attribute(raw.kind, &raw.attribute).is_none() {
                return Err(format!("{name}: there is no such attribute"));
            }
            let governed = raw.governed(&file.version).map_err(|problem| format!("{name}: {problem}"))?;
            if rules.insert(key, governed).is_some() {
                return Err(format!("{name} has two rules"));
            }
        }
        Ok(Self { version: file.version, order: file.default.order, rules })
    }

    /// The rule for an attribute, in a plant with these tolerances.
    pub fn rule(&self, kind: SubjectType, attribute: &str, tolerances: &[Tolerance]) -> Rule {
        let Some(governed) = self.rules.get(&(kind, attribute.to_owned())) else { return self.default_rule() };
        let mut rule = governed.rule.clone();
        let name = format!("{kind}.{attribute}");
        // The more special one first: it is found first.
        let (special, general): (Vec<_>, Vec<_>) = tolerances
            .iter()
            .filter(|tolerance| tolerance.attribute.as_ref().is_none_or(|wanted| *wanted == name))
            .partition(|tolerance| tolerance.attribute.is_some());
        rule.windows = special
            .into_iter()
            .chain(general)
            .map(|tolerance| (tolerance.between.0, tolerance.between.1, Duration::from_millis(tolerance.window_ms)))
            .collect();
        rule
    }

    /// Who owns the conflicts about an attribute; `None` where a difference is never a conflict.
    pub fn owner(&self, kind: SubjectType, attribute: &str) -> Option<Role> {
        self.rules.get(&(kind, attribute.to_owned())).map(|governed| governed.owner)
    }

    fn default_rule(&self) -> Rule {
        Rule {
            id: format!("{} default", self.version),
            strategy: Strategy::Authority(self.order.clone()),
            within: None,
            alike: Vec::new(),
            disputed: false,
            window: Duration::ZERO,
            windows: Vec::new(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: String,
    default: Default_,
    #[serde(default)]
    rule: Vec<Raw>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Default_ {
    order: Vec<SourceKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    kind: SubjectType,
    attribute: String,
    strategy: Kind,
    #[serde(default)]
    order: Vec<String>,
    within: Option<String>,
    #[serde(default)]
    alike: Vec<Vec<String>>,
    window: String,
    owner: Role,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Kind {
    Authority,
    MostRestrictive,
    Latest,
}

impl Raw {
    fn governed(self, version: &str) -> Result<Governed, String> {
        let strategy = match self.strategy {
            Kind::Authority => {
                let kinds = self.order.iter().map(|word| word.parse::<SourceKind>().map_err(|error| error.to_string()));
                Strategy::Authority(kinds.collect::<Result<_, _>>()?)
            }
            Kind::MostRestrictive => Strategy::MostRestrictive(self.order),
            Kind::Latest => Strategy::Latest,
        };
        let within = self.within.map(|text| Decimal::from_str_exact(&text)).transpose();
        let rule = Rule {
            id: format!("{version} {}.{}", self.kind, self.attribute),
            strategy,
            within: within.map_err(|_| "within: a decimal is expected".to_owned())?,
            alike: self.alike,
            disputed: true,
            window: window(&self.window)?,
            windows: Vec::new(),
        };
        Ok(Governed { rule, owner: self.owner })
    }
}

/// `90s`, `15m` or `2h`.
fn window(text: &str) -> Result<Duration, String> {
    let expected = || format!("window: {text:?}; a time such as \"90s\", \"15m\" or \"2h\" is expected");
    let (number, seconds) = [("s", 1), ("m", 60), ("h", 3_600)]
        .iter()
        .find_map(|(unit, seconds)| text.strip_suffix(unit).map(|number| (number, *seconds)))
        .ok_or_else(expected)?;
    let number: u32 = number.parse().map_err(|_| expected())?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_rules_govern_what_they_must() {
        let rules = Rules::standard();
        let governed = [
            (SubjectType::MaterialLot, "disposition"),
            (SubjectType::MaterialLot, "quantity"),
            (SubjectType::MaterialLot, "location"),
            (SubjectType::ProductionOrder, "state"),
            (SubjectType::ProductionOrder, "quantity"),
            (SubjectType::ProductionOrder, "plannedStart"),
            (SubjectType::ProductionOrder, "plannedEnd"),
            (SubjectType::Line, "state"),
            (SubjectType::StagingTask, "state"),
            (SubjectType::Shipment, "state"),
        ];
        for (kind, attribute) in governed {
            assert!(rules.rule(kind, attribute, &[]).disputed, "{kind}.{attribute}");
            assert!(rules.owner(kind, attribute).is_some());
        }
        assert!(!rules.rule(SubjectType::Material, "name", &[]).disputed);
    }

    #[test]
    fn a_plant_s_tolerance_for_an_attribute_goes_before_that_for_the_pair() {
        let between = (SourceKind::Erp, SourceKind::Wms);
        let tolerances = [
            Tolerance { between, attribute: None, window_ms: 60_000 },
            Tolerance { between, attribute: Some("MATERIAL_LOT.disposition".into()), window_ms: 10_000 },
        ];
        let rule = Rules::standard().rule(SubjectType::MaterialLot, "disposition", &tolerances);
        assert_eq!(rule.windows[0].2, Duration::from_secs(10));
        let other = Rules::standard().rule(SubjectType::MaterialLot, "quantity", &tolerances);
        assert_eq!(other.windows, [(between.0, between.1, Duration::from_secs(60))]);
    }

    #[test]
    fn a_wrong_file_says_where() {
        let head =
            "version = \"t\"\n[default]\norder = [\"ERP\"]\n[[rule]]\nkind = \"MATERIAL_LOT\"\nowner = \"PLANNER\"\n";
        let rule = |rest: &str| Rules::parse(&format!("{head}{rest}")).unwrap_err();
        assert!(
            rule("attribute = \"colour\"\nstrategy = \"LATEST\"\nwindow = \"1s\"\n").contains("MATERIAL_LOT.colour")
        );
        assert!(rule("attribute = \"quantity\"\nstrategy = \"LATEST\"\nwindow = \"soon\"\n").contains("\"soon\""));
        assert!(rule("attribute = \"quantity\"\nstrategy = \"GUESS\"\nwindow = \"1s\"\n").contains("GUESS"));
    }
}
