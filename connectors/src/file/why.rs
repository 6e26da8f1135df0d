//! What is wrong with a file, for whoever looks at it there.

use std::fmt::Write as _;

use workflow::sync::{Body, Record, Unmapped};

/// Lines of a text beside a file. Whoever made the mistake makes it in every row.
const LINES_MAX: usize = 200;

/// The text beside a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Why {
    lines: Vec<String>,
    count: usize,
}

impl Why {
    /// A place with a problem.
    pub(super) fn add(&mut self, line: u64, field: Option<&str>, problem: &str) {
        self.count += 1;
        if self.lines.len() < LINES_MAX {
            let field = field.map(|field| format!(", {field}")).unwrap_or_default();
            let problem: String = problem.chars().filter(|c| !c.is_control()).collect();
            self.lines.push(format!("line {line}{field}: {problem}"));
        }
    }

    /// What is wrong with a record.
    pub(super) fn look_at(&mut self, line: u64, record: &Record) {
        match &record.body {
            Body::Unreadable { problem } => self.add(line, None, problem),
            Body::Says(statement) => {
                for (name, assertion) in &statement.attributes {
                    match &assertion.canonical {
                        Ok(_) => {}
                        Err(Unmapped::Value(value)) => {
                            self.add(line, Some(name), &format!("a value that the crosswalk lists: it is {value:?}"));
                        }
                        Err(Unmapped::Type(problem)) => self.add(line, Some(name), problem),
                    }
                }
            }
            _ => {}
        }
    }

    /// The text; `None` when nothing is wrong.
    pub(super) fn text(&self) -> Option<String> {
        if self.count == 0 {
            return None;
        }
        let mut text = self.lines.join("\n");
        if self.count > self.lines.len() {
            let _ = write!(text, "\n… and {} more", self.count - self.lines.len());
        }
        text.push('\n');
        Some(text)
    }
}
