#[test]
fn print() {
    std::fs::write("/tmp/pg/h6/schema.graphql", crate::sdl(&crate::schema(None))).unwrap();
}
