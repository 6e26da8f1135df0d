//! Plant files as an operator writes them, for the plants that the tests know.

use std::fmt::Write as _;

use crate::plant::{ERP, FLOOR, TEMPERATURE};

/// How an OPC UA server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Encrypted, as a user with a password.
    Encrypted,
    /// In clear, as nobody.
    Open,
}

/// Durations of every line, as a plant file has them.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// How long a line may be down.
    pub downtime_threshold: &'static str,
    /// How long a case may wait for somebody.
    pub acknowledge_within: &'static str,
    /// How long a line must run before its case may close.
    pub verify_for: &'static str,
}

/// Cases have nothing to do with the test.
pub const QUIET: Times = Times { downtime_threshold: "1h", acknowledge_within: "1h", verify_for: "1h" };

/// A plant file that is being written.
#[derive(Clone, Debug)]
pub struct PlantFile {
    code: String,
    lines: Vec<String>,
    times: Times,
    floor: Option<(u16, Access)>,
    publishing_interval: &'static str,
    erp: Option<String>,
}

impl PlantFile {
    /// A plant with these lines, and nothing that reports them.
    pub fn new(code: &str, lines: &[&str]) -> Self {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        Self { code: code.to_owned(), lines, times: QUIET, floor: None, publishing_interval: "100ms", erp: None }
    }

    /// NORD with its lines L1 and L2.
    pub fn nord() -> Self {
        Self::new("NORD", &["L1", "L2"])
    }

    /// Its lines are patient for so long.
    #[must_use]
    pub fn times(self, times: Times) -> Self {
        Self { times, ..self }
    }

    /// asyncua at a port reports its lines: L1 is its Line1.
    #[must_use]
    pub fn floor(self, port: u16, access: Access) -> Self {
        Self { floor: Some((port, access)), ..self }
    }

    /// The machines report this often.
    #[must_use]
    pub fn publishing_interval(self, publishing_interval: &'static str) -> Self {
        Self { publishing_interval, ..self }
    }

    /// Tryton at an address tells its orders and lots.
    #[must_use]
    pub fn tryton(self, url: &str) -> Self {
        let erp = format!(
            "[[system]]\ncode = \"{ERP}\"\nname = \"{ERP}\"\nkind = \"erp\"\nmanifest = \"tryton\"\nurl = \"{url}\"\n\
             poll_interval = \"500ms\"\nsecrets = {{ password = {{ env = \"ERP_PASSWORD\" }} }}\n\
             line_by_location = {{ LINE1 = \"L1\", LINE2 = \"L2\" }}\n\
             options = {{ database = \"erp\", user = \"admin\", warehouse = \"WH\", quarantine_locations = \"QUAR\" }}\n"
        );
        Self { erp: Some(erp), ..self }
    }

    /// The text.
    pub fn text(&self) -> String {
        let code = &self.code;
        let mut text = format!(
            "[plant]\nenterprise_code = \"ACME\"\nenterprise_name = \"Acme\"\ncode = \"{code}\"\nname = \"Plant {code}\"\n\
             time_zone = \"Europe/Berlin\"\n"
        );
        for line in &self.lines {
            text.push_str(&self.line(line));
        }
        if let Some((port, access)) = self.floor {
            text.push_str(&self.opcua(port, access));
        }
        text.push_str(self.erp.as_deref().unwrap_or_default());
        text
    }

    fn line(&self, code: &str) -> String {
        let Times { downtime_threshold, acknowledge_within, verify_for } = self.times;
        let mut text = format!(
            "[[line]]\ncode = \"{code}\"\nname = \"Line {code}\"\narea = {{ code = \"HALL\", name = \"Hall\" }}\n\
             work_units = [{{ code = \"U1\", name = \"Unit 1\" }}]\ndowntime_threshold = \"{downtime_threshold}\"\n\
             acknowledge_within = \"{acknowledge_within}\"\nverify_for = \"{verify_for}\"\n"
        );
        if self.floor.is_some() {
            let line = format!("p:Plant/p:Line{}", code.trim_start_matches(char::is_alphabetic));
            write!(
                text,
                // States come faster here than machines change them; the server's queue has to be sized for it.
                "[line.state]\nkind = \"packtags\"\nnode = {{ path = \"{line}/p:StateCurrent\", rate = 60 }}\n\
                 [[line.counter]]\nname = \"good\"\nrole = \"good\"\nnode = \"{line}/p:GoodCount\"\n\
                 [[line.counter]]\nname = \"scrap\"\nrole = \"scrap\"\nnode = \"{line}/p:ScrapCount\"\n\
                 [[line.parameter]]\nname = \"{TEMPERATURE}\"\nunit = \"Cel\"\nlow = 80\nhigh = 90\n\
                 node = \"{line}/p:Temperature\"\n\
                 [line.order]\nnode = \"{line}/p:OrderNumber\"\n"
            )
            .unwrap();
        }
        text
    }

    fn opcua(&self, port: u16, access: Access) -> String {
        let access = match access {
            // The server's certificate is made for another name than the address at which the tests reach it.
            Access::Encrypted => {
                "security = \"basic256sha256\"\ncertificate_host = \"localhost\"\n\
                 identity = { kind = \"user\", name = \"operator\", password = { env = \"PLANT_PASSWORD\" } }\n"
            }
            Access::Open => "security = \"none\"\nidentity = { kind = \"anonymous\" }\n",
        };
        format!(
            "[opcua]\ncode = \"{FLOOR}\"\nname = \"{FLOOR}\"\nurl = \"opc.tcp://127.0.0.1:{port}/plant\"\npki = \"pki\"\n\
             publishing_interval = \"{}\"\n{access}[opcua.namespaces]\np = \"urn:plantgraph:test:plant\"\n",
            self.publishing_interval
        )
    }
}
