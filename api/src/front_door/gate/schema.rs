//! The schema as apollo-compiler knows it.

use apollo_compiler::{
    Node, Schema, ast, name,
    schema::{Component, ExtendedType},
    ty,
    validation::Valid,
};

/// Reads the SDL that async-graphql writes.
///
/// # Errors
/// The findings of validation.
pub(super) fn read(sdl: &str) -> Result<Valid<Schema>, String> {
    let builder = Schema::builder().ignore_builtin_redefinitions().parse(sdl, "schema.graphql");
    let mut schema = builder.build().map_err(|failed| failed.errors.to_string())?;
    add_is_one_of(&mut schema);
    schema.validate().map_err(|failed| failed.errors.to_string())
}

/// async-graphql answers `__Type.isOneOf`, and tools of 2025 ask for it; apollo-compiler 1.33 does not know it yet.
fn add_is_one_of(schema: &mut Schema) {
    let Some(ExtendedType::Object(described)) = schema.types.get_mut("__Type") else { return };
    let field = ast::FieldDefinition {
        description: None,
        name: name!("isOneOf"),
        arguments: Vec::new(),
        ty: ty!(Boolean),
        directives: ast::DirectiveList::default(),
    };
    described.make_mut().fields.entry(name!("isOneOf")).or_insert_with(|| Component::from(Node::new(field)));
}
