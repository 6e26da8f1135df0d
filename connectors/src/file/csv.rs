//! CSV as rows of text. What looks like a formula of a spreadsheet is text like any other: nothing here evaluates it.

use csv::{ByteRecord, ReaderBuilder};
use serde_json::{Map, Value};

use super::{items::Item, manifest::Csv, text::is_forbidden};

/// Columns of a file. A spreadsheet that was saved whole has 16,384 of them, all but a few empty.
const COLUMNS_MAX: usize = 1_000;
/// One field. A longer one is the rest of the file after a quote that nobody closed.
const FIELD_BYTES_MAX: usize = 64 << 10;

/// The rows of a text.
pub(super) fn items(csv: &Csv, text: &str) -> Result<Vec<Item>, (u64, String)> {
    let (delimiter, quote) = (ascii(csv.delimiter)?, ascii(csv.quote)?);
    let mut reader = ReaderBuilder::new();
    let mut reader =
        reader.delimiter(delimiter).quote(quote).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut record = ByteRecord::new();
    let mut columns = csv.columns.clone();
    if columns.is_empty() {
        if !reader.read_byte_record(&mut record).map_err(|error| (1, error.to_string()))? {
            return Err((1, "it is empty: the names of the columns are missing".to_owned()));
        }
        columns = record.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
    }
    check_columns(&columns)?;
    let mut items = Vec::new();
    loop {
        let begin = reader.position().clone();
        if !reader.read_byte_record(&mut record).map_err(|error| (begin.line(), error.to_string()))? {
            return Ok(items);
        }
        if record.iter().all(<[u8]>::is_empty) {
            continue;
        }
        let raw = &text.as_bytes()[begin.byte() as usize..reader.position().byte() as usize];
        // Empty lines before it belong to no row.
        let blank = raw.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let line = begin.line() + blank.filter(|byte| **byte == b'\n').count() as u64;
        let open_quote = raw.iter().filter(|byte| **byte == quote).count() % 2 == 1;
        items.push(item(&columns, &record, line, open_quote));
    }
}

fn item(columns: &[String], record: &ByteRecord, line: u64, open_quote: bool) -> Item {
    if record.len() != columns.len() {
        let problem = format!("{} fields, one for each column: it has {}", columns.len(), record.len());
        return Item::wrong(line, None, problem);
    }
    if open_quote {
        return Item::wrong(line, None, "quotes in pairs: one is not closed");
    }
    let mut row = Map::with_capacity(columns.len());
    for (column, field) in columns.iter().zip(record) {
        // The text was UTF-8, and delimiters are ASCII: a field is UTF-8 too.
        let field = String::from_utf8_lossy(field);
        if field.len() > FIELD_BYTES_MAX {
            return Item::wrong(line, Some(column), format!("at most {FIELD_BYTES_MAX} bytes"));
        }
        if let Some(c) = field.chars().find(|c| is_forbidden(*c)) {
            return Item::wrong(line, Some(column), format!("no control characters: it has U+{:04X}", c as u32));
        }
        let value = if field.is_empty() { Value::Null } else { Value::String(field.into_owned()) };
        row.insert(column.clone(), value);
    }
    Item { line, content: super::items::Content::Row(Value::Object(row)) }
}

fn check_columns(columns: &[String]) -> Result<(), (u64, String)> {
    if columns.len() > COLUMNS_MAX {
        return Err((1, format!("more than {COLUMNS_MAX} columns")));
    }
    for (i, column) in columns.iter().enumerate() {
        if column.is_empty() || column.chars().any(is_forbidden) {
            return Err((1, format!("column {} has no usable name", i + 1)));
        }
        if columns[..i].contains(column) {
            return Err((1, format!("two columns are called {column:?}")));
        }
    }
    Ok(())
}

fn ascii(c: char) -> Result<u8, (u64, String)> {
    u8::try_from(c).ok().filter(u8::is_ascii).ok_or_else(|| (1, format!("{c:?} can not delimit: it is not ASCII")))
}

#[cfg(test)]
mod tests {
    use super::{super::items::Content, *};
    use serde_json::json;

    fn rows(text: &str) -> Vec<(u64, Result<Value, String>)> {
        let csv = Csv { delimiter: ';', ..Csv::default() };
        let read = |item: Item| match item.content {
            Content::Row(row) => (item.line, Ok(row)),
            Content::Wrong { field, problem } => (item.line, Err(format!("{}: {problem}", field.unwrap_or_default()))),
            Content::Record(_) => unreachable!(),
        };
        items(&csv, text).unwrap().into_iter().map(read).collect()
    }

    #[test]
    fn formulas_are_text_and_empty_fields_are_null() {
        let rows = rows("lot;quantity;note\r\nL-1;12,5;=cmd|' /C calc'!A0\r\n+L-2;;\"a;\"\"b\"\"\nc\"\n\nL-3;1;@x\n");
        assert_eq!(rows[0].1, Ok(json!({ "lot": "L-1", "quantity": "12,5", "note": "=cmd|' /C calc'!A0" })));
        assert_eq!(rows[1].1, Ok(json!({ "lot": "+L-2", "quantity": null, "note": "a;\"b\"\nc" })));
        assert_eq!((rows.len(), rows[2].0), (3, 6));
    }

    #[test]
    fn a_bad_row_does_not_take_its_neighbours_with_it() {
        let rows = rows("lot;quantity\nL-1;1\nL-2;2;2\nL-\u{0};3\nL-4\nL-5;5\nL-6;\"6");
        let bad: Vec<u64> = rows.iter().filter(|(_, row)| row.is_err()).map(|(line, _)| *line).collect();
        assert_eq!(bad, [3, 4, 5, 7]);
        assert!(rows[2].1.as_ref().unwrap_err().starts_with("lot: no control characters"));
        assert_eq!(rows[4].1, Ok(json!({ "lot": "L-5", "quantity": "5" })));
    }

    #[test]
    fn files_without_usable_names_are_refused_whole() {
        for text in ["", "lot;lot\n1;2\n", "lot;\n1;2\n"] {
            assert!(items(&Csv { delimiter: ';', ..Csv::default() }, text).is_err(), "{text:?}");
        }
        let named = Csv { columns: vec!["lot".into()], ..Csv::default() };
        assert_eq!(items(&named, "L-1\nL-2").unwrap().len(), 2);
        assert!(items(&Csv { delimiter: 'ö', ..Csv::default() }, "a\n").is_err());
    }
}
