//! Records per second through the sync of a system, beside the raw floor: the same database on the same disk, which upserts one row
//! by its key for each record, of as many bytes as the twin stores for it, and nothing else.

use chrono::{DateTime, TimeDelta, Utc};
use model::entity::{external_reference, journal, material_lot};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement, TransactionTrait, Value};
use tests::{
    Kind, World,
    erp::{Erp, lot, material, page},
};
use workflow::sync::Record;

use crate::rounds::{Rate, compare};

/// Lots in all, and in one page, which is one commit. `compare` runs eight rounds.
const LOTS: usize = 100_000;
const PAGE: usize = 1_000;
const ROUND: usize = LOTS / 8;

/// Measures on both databases and prints a table.
pub async fn measure() {
    println!(
        "sync: records per second of {LOTS} lots of one system, {PAGE} per commit (median, slowest to fastest round of {ROUND})"
    );
    println!(
        "{:<12}{:<22}{:>32}{:>32}{:>8}",
        "database", "pass", "sync into the twin", "raw upsert, same bytes", "ratio"
    );
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let world = World::new(kind).await;
        let erp = world.erp().await;
        let at = world.ago(86_400);
        let materials: Vec<_> = (0..50).map(|id| material(&id.to_string(), at)).collect();
        erp.syncer.apply(page(materials)).await.unwrap();
        let mut loading = Load { erp: erp.clone(), at, next: 0 };
        loading.pages(1).await;
        let mut raw = Raw::create(&world).await;
        let (ours, floor) =
            compare(ROUND, async || loading.pages(ROUND / PAGE).await, async || raw.pages(ROUND / PAGE).await).await;
        print(kind, "initial load", ours, floor);
        let mut again = Load { erp: erp.clone(), at, next: 0 };
        raw.next = 0;
        let (ours, floor) =
            compare(ROUND, async || again.pages(ROUND / PAGE).await, async || raw.pages(ROUND / PAGE).await).await;
        print(kind, "nothing changed", ours, floor);
        let mut changed = Load { erp, at: at + TimeDelta::hours(1), next: 0 };
        let mut raw = Raw { next: 0, body: raw.body.replace('x', "y"), ..raw };
        let (ours, floor) =
            compare(ROUND, async || changed.pages(ROUND / PAGE).await, async || raw.pages(ROUND / PAGE).await).await;
        print(kind, "every quantity changed", ours, floor);
        world.store.verify_journal().await.unwrap();
    }
}

fn print(kind: Kind, pass: &str, ours: Rate, floor: Rate) {
    let words = |rate: Rate| format!("{:.0} ({:.0} to {:.0})", rate.median, rate.lowest, rate.highest);
    let ratio = format!("{:.2}", ours.median / floor.median);
    println!("{:<12}{pass:<22}{:>32}{:>32}{ratio:>8}", format!("{kind:?}"), words(ours), words(floor));
}

/// Lots, page by page. Those of a later hour say another quantity.
struct Load {
    erp: Erp,
    at: DateTime<Utc>,
    next: usize,
}

impl Load {
    async fn pages(&mut self, count: usize) {
        for _ in 0..count {
            let records: Vec<Record> = (self.next..self.next + PAGE).map(|number| self.record(number)).collect();
            self.next += PAGE;
            self.erp.syncer.apply(workflow::sync::Page { complete: false, ..page(records) }).await.unwrap();
        }
    }

    fn record(&self, number: usize) -> Record {
        let (id, name, material) = (number.to_string(), format!("LOT-{number:06}"), (number % 50).to_string());
        let quantity = 100 + (self.at.timestamp() % 7_200) / 3_600;
        tests::erp::Lot { quantity, ..lot(&id, &name, &material) }.at(self.at)
    }
}

/// A table beside the twin.
struct Raw {
    connection: DatabaseConnection,
    body: String,
    next: usize,
}

impl Raw {
    async fn create(world: &World) -> Self {
        let connection = world.database.connect().await;
        if world.database.kind == Kind::Sqlite {
            connection.execute_unprepared("PRAGMA synchronous = FULL").await.unwrap();
        }
        connection.execute_unprepared("CREATE TABLE raw (id TEXT PRIMARY KEY, body TEXT NOT NULL)").await.unwrap();
        Self { connection, body: "x".repeat(bytes(world).await), next: 0 }
    }

    async fn pages(&mut self, count: usize) {
        for _ in 0..count {
            let places: Vec<_> = (0..PAGE).map(|row| format!("(${}, ${})", 2 * row + 1, 2 * row + 2)).collect();
            let mut values: Vec<Value> = Vec::with_capacity(2 * PAGE);
            for _ in 0..PAGE {
                self.next += 1;
                values.extend([self.next.to_string().into(), self.body.clone().into()]);
            }
            let sql = format!(
                "INSERT INTO raw (id, body) VALUES {} ON CONFLICT (id) DO UPDATE SET body = excluded.body",
                places.join(", ")
            );
            let tx = self.connection.begin().await.unwrap();
            tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await.unwrap();
            tx.commit().await.unwrap();
        }
    }
}

/// Bytes that the twin stores for one lot: its row, the reference with its claims, and the journal's rows of both.
async fn bytes(world: &World) -> usize {
    let lots = world.table::<material_lot::Entity>().await;
    let references = world.table::<external_reference::Entity>().await;
    let reference = references.iter().find(|row| row.external_model == "stock.lot").unwrap();
    let journal: usize = world
        .store
        .journal_after(0, 5_000)
        .await
        .unwrap()
        .iter()
        .filter(|row| row.subject_id == lots[0].id.0 || row.subject_id == reference.id.0)
        .map(size)
        .sum();
    serde_json::to_string(&lots[0]).unwrap().len() + serde_json::to_string(reference).unwrap().len() + journal
}

/// Bytes of a row of the journal: its texts, four ids, three numbers and a hash.
fn size(row: &journal::Model) -> usize {
    let texts = [Some(&row.after), row.before.as_ref(), Some(&row.actor), Some(&row.cause)];
    let words = row.kind.as_str().len() + row.subject_type.as_str().len();
    texts.into_iter().flatten().map(String::len).sum::<usize>() + words + 4 * 16 + 3 * 8 + row.hash.len()
}
