//! Against a real folder.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc, time::Duration};

use workflow::sync::{Body, Unmapped};

use super::*;
use crate::plant_file::SystemKind;

const MANIFEST: &str = r#"
version: test/1
system: { kind: file }
streams:
  lots:
    read: { files: "lots-*.csv", format: { csv: { delimiter: ";" } }, page: 2 }
    key: r.lot
    map:
      kind: MATERIAL_LOT
      attributes:
        number: r.lot
        material: { from: r.material, ref: key }
        quantity: r.quantity
        disposition: { from: r.state, enum: { free: UNRESTRICTED, held: RESTRICTED } }
  all:
    read: { files: "all-*.ndjson", format: { ndjson: {} }, mode: full }
    key: r.id
    deletes: { key_sweep: { every: 1h, max_ratio: 0.3 } }
    map: { kind: MATERIAL, attributes: { code: r.id } }
  plans:
    read: { files: "*.xml", format: { xml: { rows: Plan/Order } } }
    key: r['@id']
    map: { kind: PRODUCTION_ORDER, attributes: { number: "r['@id']" } }
"#;
const HEADER: &str = "lot;material;quantity;state\n";

fn open(folder: &Path) -> FileSource {
    let manifest = Manifest::parse(MANIFEST, "test", Path::new("")).unwrap();
    let section = SystemSection {
        code: "wms".into(),
        name: "WMS".into(),
        kind: SystemKind::Wms,
        manifest: Arc::new(manifest),
        url: format!("file:{}", folder.display()),
        secrets: BTreeMap::new(),
        options: BTreeMap::new(),
        poll_interval: Duration::from_secs(1),
        overlap: Duration::from_secs(60),
        line_by_location: BTreeMap::new(),
        commands: true,
    };
    let mut source = FileSource::new(&System { kind: "file".into() }, &section.manifest.clone(), &section).unwrap();
    for stream in &mut source.streams {
        stream.folder = Folder::new(folder.to_owned(), Duration::ZERO);
    }
    source
}

/// Reads until there is nothing more; each cursor is "stored" before the next page is asked for.
async fn drain(source: &mut FileSource, stream: &str, cursor: &mut Option<String>) -> Vec<Page> {
    let mut pages = Vec::new();
    // The first look only notes which files there are.
    for _ in 0..20 {
        let page = source.page(stream, cursor.as_deref()).await.unwrap();
        cursor.clone_from(&page.cursor);
        if !page.records.is_empty() {
            pages.push(page);
        }
    }
    pages
}

fn ids(pages: &[Page]) -> Vec<&str> {
    pages.iter().flat_map(|page| &page.records).map(|record| record.external_id.as_str()).collect()
}

#[tokio::test]
async fn a_file_is_taken_read_in_pages_and_put_away_with_what_is_wrong_in_it() {
    let folder = scratch();
    let rows = "L-1;M;1.50;free\nL-2;M;=1+1;free\nL-3;M\nL-4;M;4;lost\nL-5;M;5;held\n";
    fs::write(folder.join("lots-1.csv"), format!("{HEADER}{rows}")).unwrap();
    let (mut source, mut cursor) = (open(&folder), None);
    let pages = drain(&mut source, "lots", &mut cursor).await;
    assert_eq!(ids(&pages), ["L-1", "L-2", "lots-1.csv:4", "L-4", "L-5"]);
    let body = |page: usize, record: usize| match &pages[page].records[record].body {
        Body::Says(statement) => statement.attributes.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(body(0, 0)["quantity"].canonical, Ok(Some("1.5".into())));
    assert!(matches!(body(0, 1)["quantity"].canonical, Err(Unmapped::Type(_))), "a formula is no number");
    assert_eq!(body(1, 1)["disposition"].canonical, Err(Unmapped::Value("lost".into())));
    assert!(matches!(&pages[1].records[0].body, Body::Unreadable { problem } if problem.starts_with("line 4")));
    assert_eq!(body(2, 0)["disposition"].canonical, Ok(Some("RESTRICTED".into())));
    let why = fs::read_to_string(folder.join("done/lots-1.csv.why.txt")).unwrap();
    assert_eq!(why.lines().map(|line| &line[..6]).collect::<Vec<_>>(), ["line 3", "line 4", "line 5"], "{why}");
    assert!(!folder.join("taken/lots-1.csv").exists() && !folder.join("lots-1.csv").exists());
}

#[tokio::test]
async fn a_restart_goes_on_in_the_middle_and_the_same_content_counts_once() {
    let folder = scratch();
    let text = format!("{HEADER}A;M;1;free\nB;M;1;free\nC;M;1;free\n");
    fs::write(folder.join("lots-1.csv"), &text).unwrap();
    let mut source = open(&folder);
    source.page("lots", None).await.unwrap();
    let first = source.page("lots", None).await.unwrap();
    assert_eq!((ids(std::slice::from_ref(&first)), first.complete), (vec!["A", "B"], false));
    // The first page was read and its cursor was not stored: it comes again. Then it was, and the process is another.
    let again = open(&folder).page("lots", None).await.unwrap();
    assert_eq!(again.records, first.records);
    let mut cursor = first.cursor.clone();
    assert_eq!(ids(&drain(&mut open(&folder), "lots", &mut cursor).await), ["C"]);
    fs::write(folder.join("lots-2.csv"), &text).unwrap();
    assert!(drain(&mut open(&folder), "lots", &mut cursor).await.is_empty());
    assert!(folder.join("done/lots-1.csv").exists() && folder.join("done/lots-2.csv").exists());
}

#[tokio::test]
async fn a_snapshot_tells_what_is_there_unless_it_is_damaged() {
    let folder = scratch();
    let (mut source, mut cursor) = (open(&folder), None);
    let rows = |ids: &[u8]| ids.iter().map(|id| format!("{{\"id\":\"{id}\"}}\n")).collect::<String>();
    fs::write(folder.join("all-1.ndjson"), rows(&[1, 2, 3])).unwrap();
    let sweep = drain(&mut source, "all", &mut cursor).await[0].sweep.clone().unwrap();
    assert_eq!((sweep.keys.len(), sweep.max_ratio, sweep.external_model.as_str()), (3, 0.3, "all"));
    fs::write(folder.join("all-2.ndjson"), format!("{}{{\"id\":", rows(&[1, 2]))).unwrap();
    let damaged = drain(&mut source, "all", &mut cursor).await;
    assert!(damaged[0].sweep.is_none() && damaged[0].records.len() == 3);
    // A plant can return to an earlier state.
    fs::write(folder.join("all-3.ndjson"), rows(&[1, 2, 3])).unwrap();
    assert!(drain(&mut source, "all", &mut cursor).await[0].sweep.is_some());
}

#[tokio::test]
async fn files_that_can_not_be_read_go_to_error_and_do_not_stop_the_next() {
    let folder = scratch();
    let external = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><Plan><Order id=\"&x;\"/></Plan>";
    fs::write(folder.join("1.xml"), external).unwrap();
    fs::write(folder.join("2.xml"), "<Plan><Order id=\"A\"/><Order").unwrap();
    fs::write(folder.join("3.xml"), b"<Plan><Order id=\"\xff\"/></Plan>").unwrap();
    fs::write(folder.join("4.xml"), format!("<Plan>{}", "<a>".repeat(100_000))).unwrap();
    fs::write(folder.join("5.xml"), "<Plan><Order id=\"A\"/></Plan>").unwrap();
    let mut cursor = None;
    let pages = drain(&mut open(&folder), "plans", &mut cursor).await;
    assert_eq!(ids(&pages), ["1.xml", "2.xml", "3.xml", "4.xml", "A"]);
    for name in ["1.xml", "2.xml", "3.xml", "4.xml"] {
        assert!(
            fs::read_to_string(folder.join(format!("error/{name}.why.txt"))).unwrap().starts_with("line 1"),
            "{name}"
        );
    }
    assert!(folder.join("done/5.xml").exists());
    assert!(matches!(open(Path::new("/nowhere/at/all")).page("plans", None).await, Err(Error::ErpUnreachable { .. })));
}
