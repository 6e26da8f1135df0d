//! Changes per second through the ingest into the journal, beside the raw floor: the same database on the same disk, which
//! inserts as many rows of as many bytes per commit, and nothing else.

use chrono::{DateTime, TimeDelta, Utc};
use model::{LineId, LineState, entity::journal};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement, TransactionTrait, Value};
use tests::{
    Kind, World,
    floor::{Floor, state},
    plant::line,
};

use crate::rounds::{Rate, compare};

/// Lines that report: a plant of some size.
const LINES: usize = 50;
/// Changes per commit, and commits per round.
const SHAPES: [(usize, usize); 2] = [(1_000, 8), (1, 200)];
/// A line's day. Where it begins or ends to produce, its open case is looked for, as in a plant.
const PATH: [LineState; 10] = [
    LineState::Idle,
    LineState::Starting,
    LineState::Execute,
    LineState::Suspending,
    LineState::Suspended,
    LineState::Unsuspending,
    LineState::Execute,
    LineState::Completing,
    LineState::Complete,
    LineState::Resetting,
];

/// Measures on both databases and prints a table.
pub async fn measure() {
    println!(
        "journal: changes per second from {LINES} lines, each commit durable before the next (median, slowest to fastest round)"
    );
    println!(
        "{:<12}{:>10}{:>32}{:>32}{:>8}",
        "database", "per commit", "ingest into the journal", "raw insert, same bytes", "ratio"
    );
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let codes: Vec<_> = (0..LINES).map(|number| format!("B{number}")).collect();
        let world = World::new(kind).await;
        let world = world.redefine(|plant| plant.lines.extend(codes.iter().map(|code| line(code)))).await;
        let lines: Vec<_> = codes.iter().map(|code| world.line(code)).collect();
        let mut source = Source { floor: world.floor().await, lines, at: world.ago(86_400), told: 0 };
        source.tell(1_000).await;
        let mut raw = Raw::create(&world).await;
        for (per_commit, commits) in SHAPES {
            let (ours, floor) = compare(
                per_commit * commits,
                async || {
                    for _ in 0..commits {
                        source.tell(per_commit).await;
                    }
                },
                async || {
                    for _ in 0..commits {
                        raw.insert(per_commit).await;
                    }
                },
            )
            .await;
            let ratio = format!("{:.2}", ours.median / floor.median);
            println!("{:<12}{per_commit:>10}{:>32}{:>32}{ratio:>8}", format!("{kind:?}"), words(ours), words(floor));
        }
        world.store.verify_journal().await.unwrap();
    }
}

fn words(rate: Rate) -> String {
    format!("{:.0} ({:.0} to {:.0})", rate.median, rate.lowest, rate.highest)
}

/// Lines that change their states, one after the other.
struct Source {
    floor: Floor,
    lines: Vec<LineId>,
    at: DateTime<Utc>,
    told: usize,
}

impl Source {
    /// Hands in so many changes as one batch and waits until it is durable.
    async fn tell(&mut self, count: usize) {
        let signals: Vec<_> = (0..count)
            .map(|_| {
                let (line, step) = (self.lines[self.told % LINES], self.told / LINES);
                self.told += 1;
                self.at += TimeDelta::milliseconds(1);
                state(line, PATH[step % PATH.len()], self.at)
            })
            .collect();
        self.floor.send(signals).await;
    }
}

/// A table beside the twin that takes what a row of the journal takes.
struct Raw {
    connection: DatabaseConnection,
    body: String,
    next: i64,
}

impl Raw {
    async fn create(world: &World) -> Self {
        let connection = world.database.connect().await;
        if world.database.kind == Kind::Sqlite {
            connection.execute_unprepared("PRAGMA synchronous = FULL").await.unwrap();
        }
        connection.execute_unprepared("CREATE TABLE raw (pos BIGINT PRIMARY KEY, body TEXT NOT NULL)").await.unwrap();
        let head = world.head().await;
        let rows = world.store.journal_after(head - 500, 500).await.unwrap();
        let bytes = rows.iter().map(size).sum::<usize>() / rows.len();
        Self { connection, body: "x".repeat(bytes), next: 0 }
    }

    async fn insert(&mut self, count: usize) {
        let places: Vec<_> = (0..count).map(|row| format!("(${}, ${})", 2 * row + 1, 2 * row + 2)).collect();
        let mut values: Vec<Value> = Vec::with_capacity(2 * count);
        for _ in 0..count {
            self.next += 1;
            values.extend([self.next.into(), self.body.clone().into()]);
        }
        let sql = format!("INSERT INTO raw (pos, body) VALUES {}", places.join(", "));
        let tx = self.connection.begin().await.unwrap();
        tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// Bytes of a row: its texts, four ids, three numbers and a hash.
fn size(row: &journal::Model) -> usize {
    let texts = [Some(&row.after), row.before.as_ref(), Some(&row.actor), Some(&row.cause)];
    let words = row.kind.as_str().len() + row.subject_type.as_str().len();
    texts.into_iter().flatten().map(String::len).sum::<usize>() + words + 4 * 16 + 3 * 8 + row.hash.len()
}
