//! The manifests that are built into the program.

macro_rules! manifests {
    ($($name:literal),+ $(,)?) => {
        const ALL: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../../patterns/systems/", $name, ".yaml")))),+];
    };
}

manifests![
    "dynamics-365",
    "erpnext",
    "plain-http",
    "sap-s4hana",
    "simulated-erp",
    "simulated-mes",
    "simulated-wms",
    "tryton"
];

/// The text of a built-in manifest.
pub(super) fn find(name: &str) -> Option<&'static str> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The names of the built-in manifests.
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|(name, _)| *name).collect()
}
