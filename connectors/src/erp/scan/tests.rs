use std::collections::BTreeMap;

use super::*;

const OVERLAP: Duration = Duration::from_secs(60);
const PAGE: usize = 2;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + second, 0).expect("a valid time")
}

/// A table with stamps, read as a source reads it.
#[derive(Default)]
struct Table(BTreeMap<i64, DateTime<Utc>>);

impl Table {
    /// One page: the ids read, and the cursor that a process would have saved with them.
    fn page(&self, saved: Option<&str>, now: DateTime<Utc>) -> (Vec<i64>, String, bool) {
        let cursor = Cursor::restore(saved, "test/1");
        let pass = cursor.pass().unwrap_or_else(|| cursor.begin(now, OVERLAP));
        let rows: Vec<Seen> = self
            .0
            .range(pass.after + 1..)
            .filter(|(_, stamp)| pass.since.is_none_or(|since| **stamp >= since))
            .take(PAGE)
            .map(|(id, stamp)| Seen { id: *id, changed: Some(*stamp) })
            .collect();
        let more = rows.len() == PAGE;
        let ids = rows.iter().map(|row| row.id).collect();
        (ids, cursor.advance(pass, &rows, more).to_text(), more)
    }

    /// A whole pass, with the cursor restored from its text before every page.
    fn pass(&self, saved: &mut Option<String>, now: DateTime<Utc>) -> Vec<i64> {
        let mut read = Vec::new();
        loop {
            let (ids, text, more) = self.page(saved.as_deref(), now);
            read.extend(ids);
            *saved = Some(text);
            if !more {
                return read;
            }
        }
    }
}

#[test]
fn the_first_pass_reads_all_and_the_next_only_the_overlap() {
    let table = Table((1..=5).map(|id| (id, at(id * 100))).collect());
    let mut saved = None;
    assert_eq!(table.pass(&mut saved, at(510)), [1, 2, 3, 4, 5]);
    assert_eq!(table.pass(&mut saved, at(520)), [5], "the newest is inside the overlap of itself");
}

#[test]
fn a_large_change_is_not_read_again_for_ever() {
    let table = Table((1..=9).map(|id| (id, at(7))).collect());
    let mut saved = None;
    assert_eq!(table.pass(&mut saved, at(8)).len(), 9);
    assert_eq!(table.pass(&mut saved, at(300)).len(), 9, "the clock of the rows may lag");
    table.pass(&mut saved, at(700));
    assert!(table.pass(&mut saved, at(705)).is_empty());
}

#[test]
fn a_row_that_appears_late_with_an_older_stamp_is_read() {
    let mut table = Table([(1, at(100)), (2, at(200))].into());
    let mut saved = None;
    table.pass(&mut saved, at(205));
    table.0.insert(3, at(150));
    assert!(table.pass(&mut saved, at(206)).contains(&3));
}

#[test]
fn many_rows_with_one_stamp_do_not_hide_each_other() {
    let table = Table((1..=9).map(|id| (id, at(7))).collect());
    let mut saved = None;
    assert_eq!(table.pass(&mut saved, at(8)).len(), 9);
}

#[test]
fn a_row_changed_during_the_pass_behind_the_page_comes_with_the_next_pass() {
    let mut table = Table((1..=4).map(|id| (id, at(0))).collect());
    let mut saved = None;
    let (_, text, more) = table.page(saved.as_deref(), at(500));
    assert!(more);
    saved = Some(text);
    table.0.insert(1, at(501));
    table.0.insert(4, at(700));
    assert_eq!(table.pass(&mut saved, at(600)), [3, 4]);
    assert!(table.pass(&mut saved, at(800)).contains(&1), "the watermark stays at the begin of the pass");
}

#[test]
fn a_server_clock_that_was_set_back_moves_the_window_with_it() {
    let mut table = Table([(1, at(10_000))].into());
    let mut saved = None;
    table.pass(&mut saved, at(10_001));
    table.0.insert(2, at(5_000));
    assert!(table.pass(&mut saved, at(5_001)).contains(&2));
}

#[test]
fn an_empty_table_stays_new_and_an_empty_pass_keeps_the_watermark() {
    let mut table = Table::default();
    let mut saved = None;
    assert!(table.pass(&mut saved, at(1)).is_empty());
    assert!(Cursor::restore(saved.as_deref(), "test/1").is_new());
    table.0.insert(1, at(0));
    assert_eq!(table.pass(&mut saved, at(2)), [1]);
    let before = saved.clone();
    table.0.clear();
    table.pass(&mut saved, at(3));
    assert_eq!(saved, before);
}

#[test]
fn a_stream_that_starts_now_reads_no_history() {
    let table = Table([(1, at(0)), (2, at(1_000))].into());
    let mut saved = Some(Cursor::restore(None, "test/1").starting_at(at(1_001)).to_text());
    assert_eq!(table.pass(&mut saved, at(1_001)), [2]);
}

#[test]
fn another_mapping_or_an_unreadable_cursor_starts_again() {
    let table = Table([(1, at(0)), (2, at(1_000))].into());
    let mut saved = None;
    table.pass(&mut saved, at(1_001));
    assert!(!Cursor::restore(saved.as_deref(), "test/1").is_new());
    assert!(Cursor::restore(saved.as_deref(), "test/2").is_new());
    assert!(Cursor::restore(Some("{"), "test/1").is_new());
}
