//! Messages that the MES leaves in a folder.

use std::{
    collections::VecDeque,
    fs,
    path::{Path, PathBuf},
};

use chrono::{DateTime, SecondsFormat, Utc};
use quick_xml::escape::escape;

use super::Mes;

/// Files that wait for a reader; the oldest go.
const FILES_MAX: usize = 1000;
/// The namespace of B2MML.
pub(super) const NAMESPACE: &str = "http://www.mesa.org/xml/B2MML";

/// The folder.
pub(crate) struct Outbox {
    dir: PathBuf,
    waiting: VecDeque<PathBuf>,
    last: u64,
}

impl Outbox {
    /// Makes the folder; messages of an earlier run are removed.
    pub(crate) fn open(dir: &Path) -> std::io::Result<Self> {
        match fs::remove_dir_all(dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(dir)?,
        }
        Ok(Outbox { dir: dir.to_owned(), waiting: VecDeque::new(), last: 0 })
    }

    /// Leaves a message: nobody ever sees half of it.
    pub(crate) fn leave(&mut self, kind: &str, document: &str) -> std::io::Result<()> {
        self.last += 1;
        let name = format!("{:08}-{kind}.xml", self.last);
        let (temporary, path) = (self.dir.join(format!("{name}.tmp")), self.dir.join(name));
        fs::write(&temporary, document)?;
        fs::rename(temporary, &path)?;
        self.waiting.push_back(path);
        while self.waiting.len() > FILES_MAX {
            if let Some(oldest) = self.waiting.pop_front() {
                // The reader may have taken it.
                let _ = fs::remove_file(oldest);
            }
        }
        Ok(())
    }
}

impl Mes {
    pub(super) fn tell_lot(&mut self, id: &str, action: &str, now: DateTime<Utc>) {
        let Some(lot) = self.lots.get(id) else { return };
        let noun = format!(
            "<MaterialLot><ID>{}</ID><MaterialDefinitionID>{}</MaterialDefinitionID><Status>{}</Status>\
             <Disposition>{}</Disposition><Quantity><QuantityString>{}</QuantityString><DataType>decimal</DataType>\
             <UnitOfMeasure>{}</UnitOfMeasure></Quantity></MaterialLot>",
            escape(lot.number.as_str()),
            escape(lot.material.as_str()),
            escape(lot.status.as_str()),
            lot.disposition(),
            lot.quantity.normalize(),
            escape(lot.unit.as_str()),
        );
        self.send("SyncMaterialLot", action, &noun, now);
    }

    pub(super) fn tell_performance(&mut self, order: &str, now: DateTime<Utc>) {
        let Some(job) = self.jobs.get(order) else { return };
        let Some(state) = job.state.response() else { return };
        let moment = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let time = |name: &str, at: Option<DateTime<Utc>>| {
            at.map_or_else(String::new, |at| format!("<{name}>{}</{name}>", moment(at)))
        };
        let actual = |kind: &str, pieces: u32| {
            format!(
                "<MaterialActual><ID>{kind}</ID><MaterialDefinitionID>{}</MaterialDefinitionID>\
                 <MaterialUse>Material Produced</MaterialUse><Quantity><QuantityString>{pieces}</QuantityString>\
                 <DataType>decimal</DataType><UnitOfMeasure>{}</UnitOfMeasure></Quantity></MaterialActual>",
                escape(job.material.as_str()),
                escape(job.unit.as_str()),
            )
        };
        let noun = format!(
            "<OperationsPerformance><ID>PERF-{order}</ID><HierarchyScope><EquipmentID>{}</EquipmentID></HierarchyScope>\
             <OperationsResponse><ID>{}</ID><OperationsRequestID>{}</OperationsRequestID>{}{}\
             <ResponseState>{state}</ResponseState><SegmentResponse><ID>SEG-1</ID>{}{}</SegmentResponse>\
             </OperationsResponse></OperationsPerformance>",
            job.line,
            job.response_id(),
            escape(job.order.as_str()),
            time("StartTime", job.started_at),
            time("EndTime", job.ended_at),
            actual("good", job.good),
            actual("scrap", job.scrap),
        );
        self.send("SyncOperationsPerformance", "Change", &noun, now);
    }

    pub(super) fn send(&mut self, kind: &'static str, action: &str, noun: &str, now: DateTime<Utc>) {
        self.last_message += 1;
        let at = now.to_rfc3339_opts(SecondsFormat::Millis, true);
        let document = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{kind} xmlns=\"{NAMESPACE}\" releaseID=\"7.0.1\">\
             <ApplicationArea><Sender><LogicalID>MES</LogicalID><ConfirmationCode>Never</ConfirmationCode></Sender>\
             <CreationDateTime>{at}</CreationDateTime><BODID>MES-{}-{:08}</BODID></ApplicationArea><DataArea><Sync>\
             <ActionCriteria><ActionExpression actionCode=\"{action}\"/></ActionCriteria></Sync>{noun}</DataArea></{kind}>\n",
            now.timestamp(),
            self.last_message,
        );
        self.messages.push((kind, document));
        // A reader of files is behind by a cycle at most; more than the folder holds is not kept here either.
        if self.messages.len() > FILES_MAX {
            self.messages.remove(0);
        }
    }
}
