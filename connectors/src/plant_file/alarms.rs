//! Which nodes of the OPC UA server tell of alarms.

use serde::Deserialize;

use super::node::{Binder, NodeBinding, RawNode};
use crate::Error;

/// A node whose events are alarms and conditions (OPC 10000-9).
#[derive(Clone, Debug)]
pub struct AlarmBinding {
    /// The object that notifies: of itself, and of what is below it.
    pub notifier: NodeBinding,
    /// Whether people may acknowledge its alarms from the graph. Off unless the file says so: it writes to the floor.
    pub acknowledge: bool,
}

/// The section as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    notifier: RawNode,
    #[serde(default)]
    acknowledge: bool,
}

impl Binder<'_> {
    /// Checks the notifiers at `key`.
    pub(super) fn alarms(&self, key: &str, raw: Vec<Raw>) -> Result<Vec<AlarmBinding>, Error> {
        let checked = raw.into_iter().enumerate().map(|(index, raw)| {
            let notifier = self.node(&format!("{key}[{index}].notifier"), raw.notifier)?;
            Ok(AlarmBinding { notifier, acknowledge: raw.acknowledge })
        });
        checked.collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Error, plant_file::PlantFile};

    fn parse(line: &str, server: &str) -> Result<PlantFile, Error> {
        PlantFile::parse(&format!(
            "[plant]\nenterprise_code = \"E\"\nenterprise_name = \"E\"\ncode = \"P\"\nname = \"P\"\ntime_zone = \"Etc/UTC\"\n\
             [[line]]\ncode = \"L1\"\nname = \"L1\"\narea = {{ code = \"A\", name = \"A\" }}\n{line}\n\
             [opcua]\nurl = \"opc.tcp://x:4840\"\nsecurity = \"none\"\nidentity = {{ kind = \"anonymous\" }}\n{server}\n\
             [opcua.namespaces]\np = \"urn:x\"\n"
        ))
    }

    #[test]
    fn notifiers_are_read_and_nobody_acknowledges_unless_it_says_so() {
        let line = "[[line.alarms]]\nnotifier = \"p:Line1\"\nacknowledge = true";
        let file = parse(line, "[[opcua.alarms]]\nnotifier = \"ua:Server\"").expect("valid");
        let (of_line, of_server) = (&file.lines[0].alarms[0], &file.opcua.as_ref().expect("a section").alarms[0]);
        assert_eq!((of_line.notifier.path.to_string().as_str(), of_line.acknowledge), ("p:Line1", true));
        assert_eq!((of_server.notifier.path.to_string().as_str(), of_server.acknowledge), ("ua:Server", false));
        // Alarms alone are something to listen to.
        assert!(parse("", "[[opcua.alarms]]\nnotifier = \"ua:Server\"").is_ok());
        assert!(parse(line, "").is_ok());
        assert!(parse("", "").is_err());
    }

    #[test]
    fn what_is_wrong_names_its_key() {
        let wrong = |line: &str, server: &str| parse(line, server).expect_err("refused").to_string();
        let by_index = wrong("[[line.alarms]]\nnotifier = \"2:Line1\"", "");
        assert!(by_index.contains("line[0].alarms[0].notifier") && by_index.contains("namespace index"), "{by_index}");
        let undeclared = wrong("", "[[opcua.alarms]]\nnotifier = \"q:Line1\"");
        assert!(undeclared.contains("opcua.alarms[0].notifier"), "{undeclared}");
        let unknown = wrong("", "[[opcua.alarms]]\nnotifier = \"p:X\"\nline = \"L1\"");
        assert!(unknown.contains("line"), "{unknown}");
    }
}
