//! `$filter` of OData V2.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDateTime, NaiveTime, Utc};

use super::{
    edm::{Edm, Row, Set},
    refusal::Refusal,
};

/// Deepest nesting of a filter.
const DEPTH_MAX: usize = 50;

/// A condition on an entity.
#[derive(Debug)]
pub(crate) enum Filter {
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    Compare(String, Comparison, Edm<'static>),
    /// The field begins with the text.
    StartsWith(String, String),
    /// The field contains the text.
    Contains(String, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Comma,
    Word(String),
    Literal(Edm<'static>),
}

impl Filter {
    pub(crate) fn parse(text: &str, set: &Set) -> Result<Filter, Refusal> {
        let mut parser = Parser { tokens: tokens(text)?, at: 0, set, depth: 0 };
        let filter = parser.or()?;
        if parser.at < parser.tokens.len() {
            return Err(parser.unexpected());
        }
        Ok(filter)
    }

    pub(crate) fn holds(&self, row: &dyn Row) -> bool {
        match self {
            Filter::And(left, right) => left.holds(row) && right.holds(row),
            Filter::Or(left, right) => left.holds(row) || right.holds(row),
            Filter::Not(inner) => !inner.holds(row),
            Filter::StartsWith(field, start) => {
                matches!(row.get(field), Edm::Text(text) if text.starts_with(start.as_str()))
            }
            Filter::Contains(field, part) => matches!(row.get(field), Edm::Text(text) if text.contains(part.as_str())),
            Filter::Compare(field, comparison, wanted) => comparison.holds(&row.get(field), wanted),
        }
    }
}

impl Comparison {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "eq" => Comparison::Eq,
            "ne" => Comparison::Ne,
            "gt" => Comparison::Gt,
            "ge" => Comparison::Ge,
            "lt" => Comparison::Lt,
            "le" => Comparison::Le,
            _ => return None,
        })
    }

    fn holds(self, value: &Edm<'_>, wanted: &Edm<'_>) -> bool {
        if let (Edm::Null, other) | (other, Edm::Null) = (value, wanted) {
            let both = *other == Edm::Null;
            return match self {
                Comparison::Eq => both,
                Comparison::Ne => !both,
                Comparison::Gt | Comparison::Ge | Comparison::Lt | Comparison::Le => false,
            };
        }
        let Some(order) = value.order(wanted) else { return false };
        match self {
            Comparison::Eq => order == Ordering::Equal,
            Comparison::Ne => order != Ordering::Equal,
            Comparison::Gt => order == Ordering::Greater,
            Comparison::Ge => order != Ordering::Less,
            Comparison::Lt => order == Ordering::Less,
            Comparison::Le => order != Ordering::Greater,
        }
    }
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    set: &'a Set,
    depth: usize,
}

impl Parser<'_> {
    fn or(&mut self) -> Result<Filter, Refusal> {
        let mut left = self.and()?;
        while self.take_word("or") {
            left = Filter::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Filter, Refusal> {
        let mut left = self.unary()?;
        while self.take_word("and") {
            left = Filter::And(Box::new(left), Box::new(self.unary()?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Filter, Refusal> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Refusal::query("the filter is nested too deeply"));
        }
        let inner = if self.take_word("not") {
            Filter::Not(Box::new(self.unary()?))
        } else if self.take(&Token::Open) {
            let inner = self.or()?;
            self.expect(&Token::Close)?;
            inner
        } else {
            self.condition()?
        };
        self.depth -= 1;
        Ok(inner)
    }

    fn condition(&mut self) -> Result<Filter, Refusal> {
        let Some(Token::Word(word)) = self.next() else { return Err(self.unexpected()) };
        match word.as_str() {
            "substringof" => {
                let (part, field) = self.arguments(true)?;
                self.truth(Filter::Contains(field, part))
            }
            "startswith" => {
                let (start, field) = self.arguments(false)?;
                self.truth(Filter::StartsWith(field, start))
            }
            _ => {
                let field = self.field(word)?;
                let Some(Token::Word(comparison)) = self.next() else { return Err(self.unexpected()) };
                let comparison = Comparison::parse(&comparison).ok_or_else(|| self.unexpected())?;
                let Some(Token::Literal(literal)) = self.next() else { return Err(self.unexpected()) };
                Ok(Filter::Compare(field, comparison, literal))
            }
        }
    }

    /// The text and the field of a function.
    fn arguments(&mut self, text_first: bool) -> Result<(String, String), Refusal> {
        self.expect(&Token::Open)?;
        let first = self.next();
        self.expect(&Token::Comma)?;
        let second = self.next();
        self.expect(&Token::Close)?;
        let (text, field) = if text_first { (first, second) } else { (second, first) };
        match (text, field) {
            (Some(Token::Literal(Edm::Text(text))), Some(Token::Word(field))) => {
                Ok((text.into_owned(), self.field(field)?))
            }
            _ => Err(self.unexpected()),
        }
    }

    /// A function may be compared with a truth value.
    fn truth(&mut self, function: Filter) -> Result<Filter, Refusal> {
        if !self.take_word("eq") {
            return Ok(function);
        }
        match self.next() {
            Some(Token::Literal(Edm::Bool(true))) => Ok(function),
            Some(Token::Literal(Edm::Bool(false))) => Ok(Filter::Not(Box::new(function))),
            _ => Err(self.unexpected()),
        }
    }

    fn field(&self, name: String) -> Result<String, Refusal> {
        if self.set.fields.contains(&name.as_str()) { Ok(name) } else { Err(Refusal::no_field(&name, self.set)) }
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.tokens.get(self.at) == Some(token);
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        self.take(&Token::Word(word.to_owned()))
    }

    fn expect(&mut self, token: &Token) -> Result<(), Refusal> {
        if self.take(token) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> Refusal {
        Refusal::query(&format!("syntax error in $filter near token {}", self.at))
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '(' => (Token::Open, &rest[1..]),
            ')' => (Token::Close, &rest[1..]),
            ',' => (Token::Comma, &rest[1..]),
            '\'' => {
                let (text, after) = quoted(rest)?;
                (Token::Literal(Edm::text(text)), after)
            }
            _ => word(rest)?,
        };
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

/// The text between quotes, where two quotes are one, and what follows.
pub(super) fn quoted(text: &str) -> Result<(String, &str), Refusal> {
    let mut inner = String::new();
    let mut rest = text.strip_prefix('\'').ok_or_else(|| Refusal::query("a quote is missing"))?;
    loop {
        let end = rest.find('\'').ok_or_else(|| Refusal::query("a quote is not closed"))?;
        inner.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('\'') {
            Some(after) => {
                inner.push('\'');
                rest = after;
            }
            None => return Ok((inner, rest)),
        }
    }
}

fn word(text: &str) -> Result<(Token, &str), Refusal> {
    let end = text.find([' ', '(', ')', ',', '\'']).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    if rest.starts_with('\'') {
        let (inner, after) = quoted(rest)?;
        let literal = typed(word, &inner).ok_or_else(|| Refusal::query(&format!("invalid literal {word}'{inner}'")))?;
        return Ok((Token::Literal(literal), after));
    }
    let token = match word {
        "true" => Token::Literal(Edm::Bool(true)),
        "false" => Token::Literal(Edm::Bool(false)),
        "null" => Token::Literal(Edm::Null),
        _ => match word.trim_end_matches(['M', 'm', 'L', 'l', 'd', 'D', 'f']).parse() {
            Ok(number) => Token::Literal(Edm::Number(number)),
            Err(_) => Token::Word(word.to_owned()),
        },
    };
    Ok((token, rest))
}

fn typed(kind: &str, text: &str) -> Option<Edm<'static>> {
    match kind {
        "datetime" => {
            let full = if text.len() == 10 { format!("{text}T00:00:00") } else { text.to_owned() };
            let time: NaiveDateTime = full.trim_end_matches('Z').parse().ok()?;
            Some(Edm::Moment(time.and_utc()))
        }
        "datetimeoffset" => Some(Edm::Moment(DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc))),
        "time" => Some(Edm::Clock(NaiveTime::parse_from_str(text, "PT%HH%MM%SS").ok()?)),
        "guid" => Some(Edm::text(text.to_owned())),
        _ => None,
    }
}
