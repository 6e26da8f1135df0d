//! A `[[tolerance]]`: how long two kinds of systems may differ in this plant before it is a conflict.

use std::{collections::HashSet, time::Duration};

use model::{SourceKind, SubjectType};
use serde::Deserialize;
use workflow::truth::{Rules, Tolerance};

use super::{Context, duration};
use crate::Error;

/// The section as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    between: [Party; 2],
    attribute: Option<String>,
    #[serde(deserialize_with = "duration::humane")]
    window: Duration,
}

/// A kind of system that may differ from another: `opcua` is the floor.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Party {
    Erp,
    Mes,
    Wms,
    OpcUa,
}

impl From<Party> for SourceKind {
    fn from(party: Party) -> Self {
        match party {
            Party::Erp => Self::Erp,
            Party::Mes => Self::Mes,
            Party::Wms => Self::Wms,
            Party::OpcUa => Self::OpcUa,
        }
    }
}

/// Checks the sections, in the order of the file.
pub(super) fn checked(raw: Vec<Raw>, at: &Context) -> Result<Vec<Tolerance>, Error> {
    let mut seen = HashSet::new();
    let checked = raw.into_iter().enumerate().map(|(index, raw)| {
        let key = format!("tolerance[{index}]");
        let (a, b): (SourceKind, SourceKind) = (raw.between[0].into(), raw.between[1].into());
        if let Some(attribute) = &raw.attribute
            && !is_governed(attribute)
        {
            let problem = format!("nothing rules over {attribute:?}");
            let remedy = r#"write an object and its attribute, such as "MATERIAL_LOT.disposition": those of patterns/reconciliation.toml"#;
            return Err(at.wrong(&format!("{key}.attribute"), &problem, remedy));
        }
        let pair = if a.as_str() <= b.as_str() { (a, b) } else { (b, a) };
        if !seen.insert((pair, raw.attribute.clone())) {
            let problem = "this pair has a window for the same already";
            return Err(at.wrong(&format!("{key}.between"), problem, "remove one of the two"));
        }
        let window_ms = u64::try_from(raw.window.as_millis()).unwrap_or(u64::MAX);
        Ok(Tolerance { between: (a, b), attribute: raw.attribute, window_ms })
    });
    checked.collect()
}

/// Whether a difference in the attribute can be a conflict at all.
fn is_governed(name: &str) -> bool {
    let Some((kind, attribute)) = name.split_once('.') else { return false };
    kind.parse::<SubjectType>().is_ok_and(|kind| Rules::standard().owner(kind, attribute).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plant_file::PlantFile;

    fn parse(sections: &str) -> Result<PlantFile, Error> {
        PlantFile::parse(&format!(
            "[plant]\nenterprise_code = \"E\"\nenterprise_name = \"E\"\ncode = \"P\"\nname = \"P\"\ntime_zone = \"Etc/UTC\"\n\
             [[line]]\ncode = \"L1\"\nname = \"L1\"\narea = {{ code = \"A\", name = \"A\" }}\n{sections}"
        ))
    }

    #[test]
    fn a_pair_has_a_window_for_everything_or_for_one_attribute() {
        let file = parse(
            "[[tolerance]]\nbetween = [\"erp\", \"wms\"]\nattribute = \"MATERIAL_LOT.disposition\"\nwindow = \"10s\"\n\
             [[tolerance]]\nbetween = [\"mes\", \"opcua\"]\nwindow = \"1m\"\n",
        )
        .expect("valid");
        let one = Tolerance {
            between: (SourceKind::Erp, SourceKind::Wms),
            attribute: Some("MATERIAL_LOT.disposition".to_owned()),
            window_ms: 10_000,
        };
        let all = Tolerance { between: (SourceKind::Mes, SourceKind::OpcUa), attribute: None, window_ms: 60_000 };
        assert_eq!(file.definition().tolerances, [one, all]);
    }

    #[test]
    fn what_is_wrong_names_its_key() {
        let head = "[[tolerance]]\nbetween = [\"erp\", \"wms\"]\nwindow = \"10s\"\n";
        for (sections, key) in [
            (head.replace("wms", "crm"), "tolerance[0].between"),
            (head.replace("10s", "10"), "tolerance[0].window"),
            (format!("{head}attribute = \"disposition\"\n"), "tolerance[0].attribute"),
            (format!("{head}attribute = \"MATERIAL_LOT.number\"\n"), "tolerance[0].attribute"),
            (format!("{head}colour = \"red\"\n"), "tolerance[0]"),
            (format!("{head}{}", head.replace("\"erp\", \"wms\"", "\"wms\", \"erp\"")), "tolerance[1].between"),
        ] {
            let text = parse(&sections).expect_err(&sections).to_string();
            assert!(text.contains(key), "{text}");
        }
    }
}
