//! Messages as they are sent: in the order of elements that the schemas of B2MML 7 demand, with every child that they require.

use chrono::{DateTime, SecondsFormat, Utc};
use model::{Disposition, RequestState};
use quick_xml::escape::escape;

use super::message::Message;

/// The namespace of all versions since 7.
const NAMESPACE: &str = "http://www.mesa.org/xml/B2MML";
/// The release whose schemas are followed.
const RELEASE: &str = "7.0.1";
/// Who we are.
const SENDER: &str = "plantgraph";
/// A step has to say how long it takes; we do not know it.
const NO_DURATION: &str = "PT0S";

/// What every message has.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// Its id. The receiver does the same one only once.
    pub bod_id: &'a str,
    /// When it was made.
    pub created: DateTime<Utc>,
}

/// What a lot shall be.
#[derive(Clone, Copy, Debug)]
pub struct Lot<'a> {
    /// Its number.
    pub number: &'a str,
    /// The code of its material.
    pub material: Option<&'a str>,
    /// What it may be used for.
    pub disposition: Disposition,
    /// A free code beside it.
    pub status: Option<&'a str>,
}

/// What an order shall be.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// Its number.
    pub number: &'a str,
    /// Its state, when that changes.
    pub state: Option<RequestState>,
    /// The equipment that shall make it, when that changes.
    pub line: Option<&'a str>,
}

/// Says what a lot is: `SyncMaterialLot` with the action `Change`.
pub fn sync_material_lot(envelope: Envelope<'_>, lot: Lot<'_>) -> String {
    let mut xml = Xml::begin("SyncMaterialLot", envelope, None);
    xml.open("DataArea").open("Sync").open("ActionCriteria");
    xml.raw("<ActionExpression actionCode=\"Change\"/>").close(2);
    xml.open("MaterialLot").leaf("ID", lot.number).maybe("MaterialDefinitionID", lot.material);
    xml.maybe("Status", lot.status).leaf("Disposition", disposition(lot.disposition));
    xml.finish()
}

/// Asks for a change of an order: `ProcessOperationsSchedule`.
pub fn process_operations_schedule(envelope: Envelope<'_>, order: Order<'_>) -> String {
    let mut xml = Xml::begin("ProcessOperationsSchedule", envelope, None);
    xml.open("DataArea").raw("<Process acknowledgeCode=\"Always\">").open("ActionCriteria");
    xml.raw("<ActionExpression actionCode=\"Change\"/>").close(1).raw("</Process>");
    xml.open("OperationsSchedule").leaf("ID", envelope.bod_id);
    xml.open("OperationsRequest").leaf("ID", order.number);
    if let Some(line) = order.line {
        xml.open("HierarchyScope").leaf("EquipmentID", line).leaf("EquipmentElementLevel", "WorkCenter").close(1);
    }
    xml.leaf("OperationsType", "Production").maybe("RequestState", order.state.map(request_state));
    // A request has at least one step, and a step names what it is a step of.
    xml.open("SegmentRequirement").leaf("ID", order.number).leaf("ProcessSegmentID", order.number);
    xml.leaf("Duration", NO_DURATION)
        .leaf("OperationsDefinitionID", order.number)
        .leaf("OperationsSegmentID", order.number);
    xml.finish()
}

/// The answer to a message: what became of it. `Err` is a reason code and a description.
pub fn confirm(envelope: Envelope<'_>, original: &Message, outcome: Result<(), (&str, &str)>) -> String {
    let mut xml = Xml::begin("ConfirmBOD", envelope, None);
    xml.open("DataArea").open("Confirm").open("OriginalApplicationArea");
    if let Some(sender) = &original.sender {
        xml.open("Sender").leaf("LogicalID", sender).close(1);
    }
    xml.leaf("CreationDateTime", &time(original.created.unwrap_or(envelope.created)));
    xml.leaf("BODID", &original.bod_id).close(2).open("BOD");
    match outcome {
        Ok(()) => xml.raw("<BODSuccessMessage/>"),
        Err((code, description)) => {
            xml.open("BODFailureMessage").open("ErrorProcessMessage");
            xml.leaf("Description", description).leaf("ReasonCode", code)
        }
    };
    xml.finish()
}

/// The word of the standard.
pub fn disposition(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Planned => "Planned",
        Disposition::InProcess => "In-Process",
        Disposition::Restricted => "Restricted",
        Disposition::Unrestricted => "UnRestricted",
        Disposition::Closed => "Closed",
        Disposition::Other => "Other",
    }
}

/// The word of the standard.
pub fn request_state(state: RequestState) -> &'static str {
    match state {
        RequestState::Forecast => "Forecast",
        RequestState::Released => "Released",
        RequestState::Waiting => "Waiting",
        RequestState::Cancelled => "Cancelled",
        RequestState::Ready => "Ready",
        RequestState::Running => "Running",
        RequestState::Completed => "Completed",
        RequestState::Aborted => "Aborted",
        RequestState::Held => "Held",
        RequestState::Suspended => "Suspended",
        RequestState::Closed => "Closed",
        RequestState::Other => "Other",
    }
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A document under way. Texts are escaped; names are ours.
struct Xml {
    text: String,
    open: Vec<&'static str>,
}

impl Xml {
    fn begin(name: &'static str, envelope: Envelope<'_>, receiver: Option<&str>) -> Self {
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{name} xmlns=\"{NAMESPACE}\" releaseID=\"{RELEASE}\">"
        );
        let mut xml = Self { text, open: vec![name] };
        xml.open("ApplicationArea")
            .open("Sender")
            .leaf("LogicalID", SENDER)
            .leaf("ConfirmationCode", "Always")
            .close(1);
        if let Some(receiver) = receiver {
            xml.open("Receiver").leaf("LogicalID", receiver).close(1);
        }
        xml.leaf("CreationDateTime", &time(envelope.created)).leaf("BODID", envelope.bod_id).close(1);
        xml
    }

    fn open(&mut self, name: &'static str) -> &mut Self {
        self.text.push_str(&format!("<{name}>"));
        self.open.push(name);
        self
    }

    fn close(&mut self, count: usize) -> &mut Self {
        for _ in 0..count {
            if let Some(name) = self.open.pop() {
                self.text.push_str(&format!("</{name}>"));
            }
        }
        self
    }

    fn leaf(&mut self, name: &str, text: &str) -> &mut Self {
        // What XML can not hold can not be a number of anything either.
        let clean: String = text.chars().filter(|c| !crate::file::text::is_forbidden(*c)).collect();
        self.text.push_str(&format!("<{name}>{}</{name}>", escape(clean.as_str())));
        self
    }

    fn maybe(&mut self, name: &str, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.leaf(name, text),
            None => self,
        }
    }

    fn raw(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    fn finish(mut self) -> String {
        self.close(self.open.len());
        self.text.push('\n');
        self.text
    }
}
