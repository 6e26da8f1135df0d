//! The schema that is published is the schema that is served.

use std::path::Path;

use tests::service::program;

#[tokio::test]
async fn the_committed_schema_is_current() {
    let printed = tokio::process::Command::new(program()).arg("schema").kill_on_drop(true).output().await.unwrap();
    assert!(printed.status.success());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("schema.graphql");
    let committed = std::fs::read(file).unwrap_or_default();
    assert!(printed.stdout == committed, "schema.graphql is not what the program serves: run `make schema`");
}
