use super::*;

const OVERLAP: Duration = Duration::from_secs(60);

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + second, 0).expect("a valid time")
}

/// A whole pass of one page that sees `newest`, `quiet` seconds after the last one; what it asked for.
fn pass(cursor: &mut Cursor, server: i64, quiet: i64, newest: Option<i64>) -> Option<i64> {
    let mut pass = cursor.pass(OVERLAP);
    let since = pass.since;
    pass.began = Some(at(server));
    cursor.advance(pass, newest.map(at), None, TimeDelta::seconds(quiet)).unwrap();
    *cursor = Cursor::restore(Some(&cursor.to_text()), "m/1");
    since.map(|since| (since - at(0)).num_seconds())
}

#[test]
fn each_pass_begins_before_the_newest_row_of_the_last() {
    let mut cursor = Cursor::restore(None, "m/1");
    assert_eq!(pass(&mut cursor, 1_000, 5, Some(900)), None, "the first pass reads everything");
    assert_eq!(pass(&mut cursor, 1_010, 5, Some(900)), Some(840));
    assert_eq!(pass(&mut cursor, 1_020, 5, None), Some(840));
}

#[test]
fn a_row_that_changes_while_the_pass_runs_is_asked_for_again() {
    let mut cursor = Cursor::restore(None, "m/1");
    pass(&mut cursor, 1_000, 5, Some(1_200));
    assert_eq!(pass(&mut cursor, 1_300, 5, None), Some(940), "not before the server's clock at its beginning");
}

#[test]
fn nothing_is_read_again_for_ever() {
    let mut cursor = Cursor::restore(None, "m/1");
    pass(&mut cursor, 1_000, 5, Some(999));
    pass(&mut cursor, 9_000, 5, None);
    assert_eq!(pass(&mut cursor, 9_005, 5, None), Some(9_000 - 600 - 60));
}

#[test]
fn a_clock_that_was_set_back_is_followed() {
    let mut cursor = Cursor::restore(None, "m/1");
    pass(&mut cursor, 10_000, 5, Some(9_990));
    // An hour back; three minutes went by without a pass. A row stamped right after the change is still asked for.
    pass(&mut cursor, 6_580, 180, None);
    assert_eq!(pass(&mut cursor, 6_590, 5, None), Some(6_580 - 180 - 60));
}

#[test]
fn another_mapping_reads_everything_again() {
    let mut cursor = Cursor::restore(None, "m/1");
    pass(&mut cursor, 1_000, 5, Some(900));
    assert!(Cursor::restore(Some(&cursor.to_text()), "m/2").is_new());
    assert!(Cursor::restore(Some("no JSON"), "m/1").is_new());
}

#[test]
fn pages_in_a_circle_end() {
    let mut cursor = Cursor::restore(None, "m/1");
    let pass = cursor.pass(OVERLAP);
    cursor.advance(pass, None, Some(Place::Offset(2)), TimeDelta::zero()).unwrap();
    let pass = cursor.pass(OVERLAP);
    assert!(cursor.advance(pass, None, Some(Place::Offset(2)), TimeDelta::zero()).is_err());
}
