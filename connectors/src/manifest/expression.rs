//! Expressions of a manifest: CEL over named JSON values.
//!
//! CEL ends, has no side effects, and a key that is not there is an error. So a typing error or a changed interface makes
//! a dead letter that says what is missing, and never a wrong value.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, LazyLock},
};

use cel::{
    Context, Env, Program,
    common::ast::{EntryExpr, Expr},
    extensions,
};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;

use super::scope::{self, Scope};

/// Longest expression, in bytes. What is longer is a program, and belongs into the system or into a crosswalk.
const EXPRESSION_BYTES_MAX: usize = 2_000;
/// Text of an expression or a value in a message.
const SHOWN_CHARS_MAX: usize = 120;

/// The standard functions, and those for texts and quantities.
static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib();
    env.add_extension(extensions::strings).expect("the functions for texts collide with no other");
    env.add_extension(super::decimals::extension).expect("the functions for quantities collide with no other");
    Arc::new(env)
});

/// A compiled expression.
#[derive(Clone)]
pub struct Expression {
    source: Arc<str>,
    program: Arc<Program>,
    /// Set when it is nothing but a way through objects, `r.a.b`: rows are looked up then without the interpreter.
    path: Option<Arc<[String]>>,
}

impl Expression {
    /// Compiles an expression.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(source: &str) -> Result<Self, String> {
        if source.len() > EXPRESSION_BYTES_MAX {
            return Err(format!("an expression may have {EXPRESSION_BYTES_MAX} bytes, this one has {}", source.len()));
        }
        let shown = shown(source);
        // The parser is generated code of a grammar: should it give up on strange input, that is an error like any other.
        let program = std::panic::catch_unwind(|| ENVIRONMENT.compile(source))
            .map_err(|_| format!("{shown} is no CEL expression"))?
            .map_err(|errors| format!("{shown} is no CEL expression: {}", first_line(&errors.to_string())))?;
        let path = path(program.expression()).map(Into::into);
        Ok(Self { source: source.into(), program: Arc::new(program), path })
    }

    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Its parts when it is nothing but a way through objects, such as `r.a.b`.
    pub fn path(&self) -> Option<&[String]> {
        self.path.as_deref()
    }

    /// The names that it needs to be given.
    pub fn roots(&self) -> BTreeSet<String> {
        let mut free = BTreeSet::new();
        collect_free(&self.program.expression().expr, &mut Vec::new(), &mut free);
        free
    }

    /// Its value.
    ///
    /// # Errors
    /// Why there is none: a key that is not there, types that do not go together.
    pub fn value(&self, scope: &Scope) -> Result<Value, String> {
        if let Some(path) = &self.path {
            return scope.look_up(path);
        }
        let mut context = Context::with_env(ENVIRONMENT.clone());
        context.set_variable_resolver(scope);
        let value = self.program.execute(&context).map_err(|error| self.failed(&error.to_string()))?;
        scope::to_json(&value).ok_or_else(|| self.failed("it gives no value that JSON has"))
    }

    /// Whether it holds.
    ///
    /// # Errors
    /// As [`Expression::value`], and when it is neither true nor false.
    pub fn holds(&self, scope: &Scope) -> Result<bool, String> {
        match self.value(scope)? {
            Value::Bool(holds) => Ok(holds),
            other => Err(self.failed(&format!("it gives {} instead of true or false", shown(&other.to_string())))),
        }
    }

    fn failed(&self, problem: &str) -> String {
        format!("{}: {}", shown(&self.source), shown(problem))
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.source)
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let source = String::deserialize(deserializer)?;
        Self::parse(&source).map_err(D::Error::custom)
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Expression {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Expression".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "A CEL expression." })
    }
}

/// The first problem of a parser is the one to mend.
fn first_line(text: &str) -> &str {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default()
}

/// A text for a message: cut, and without what could forge a log line.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().filter(|c| !c.is_control()).take(SHOWN_CHARS_MAX).collect();
    if shown.len() < text.len() && text.chars().count() > SHOWN_CHARS_MAX {
        shown.push('…');
    }
    shown
}

/// `r.a.b` as its parts.
fn path(expression: &cel::IdedExpr) -> Option<Vec<String>> {
    match &expression.expr {
        Expr::Ident(name) => Some(vec![name.clone()]),
        Expr::Select(select) if !select.test => {
            let mut parts = path(&select.operand)?;
            parts.push(select.field.clone());
            Some(parts)
        }
        _ => None,
    }
}

/// The names that an expression does not bind itself.
fn collect_free<'e>(expr: &'e Expr, bound: &mut Vec<&'e str>, free: &mut BTreeSet<String>) {
    match expr {
        Expr::Unspecified | Expr::Literal(_) => {}
        Expr::Ident(name) => {
            if !bound.contains(&name.as_str()) && !name.starts_with('@') {
                free.insert(name.trim_start_matches('.').to_owned());
            }
        }
        Expr::Call(call) => {
            call.target.iter().for_each(|target| collect_free(&target.expr, bound, free));
            call.args.iter().for_each(|argument| collect_free(&argument.expr, bound, free));
        }
        Expr::Comprehension(loops) => {
            collect_free(&loops.iter_range.expr, bound, free);
            collect_free(&loops.accu_init.expr, bound, free);
            let before = bound.len();
            bound.extend([loops.iter_var.as_str(), loops.accu_var.as_str()]);
            bound.extend(loops.iter_var2.as_deref());
            for part in [&loops.loop_cond, &loops.loop_step, &loops.result] {
                collect_free(&part.expr, bound, free);
            }
            bound.truncate(before);
        }
        Expr::List(list) => list.elements.iter().for_each(|element| collect_free(&element.expr, bound, free)),
        Expr::Map(map) => map.entries.iter().for_each(|entry| collect_entry(&entry.expr, bound, free)),
        Expr::Struct(made) => made.entries.iter().for_each(|entry| collect_entry(&entry.expr, bound, free)),
        Expr::Select(select) => collect_free(&select.operand.expr, bound, free),
    }
}

fn collect_entry<'e>(entry: &'e EntryExpr, bound: &mut Vec<&'e str>, free: &mut BTreeSet<String>) {
    match entry {
        EntryExpr::StructField(field) => collect_free(&field.value.expr, bound, free),
        EntryExpr::MapEntry(entry) => {
            collect_free(&entry.key.expr, bound, free);
            collect_free(&entry.value.expr, bound, free);
        }
    }
}

#[cfg(test)]
mod tests;
