//! The raw text: bytes, tokens, and a parse that can not overflow the stack.

use apollo_compiler::{ast, parser::Parser};
use apollo_parser::{Lexer, TokenKind};
use model::Code;

use super::super::{Limits, Refusal, gate::diagnostics};

/// Nesting of the syntax itself: selections, list and object values, list types. Wider than the depth of fields, since
/// inline fragments count here, and far from what would exhaust a stack.
const RECURSION_MAX: usize = 64;

/// The parser counts white space, commas and comments too: about one after each token that matters.
const PARSER_TOKENS_PER_TOKEN: usize = 4;

/// Parses a query text that fits its budget.
///
/// # Errors
/// `QUERY_TOO_LARGE`, `QUERY_TOO_DEEP`, or `GRAPHQL_PARSE_FAILED` with the first findings.
pub(in super::super) fn parse(limits: &Limits, query: &str) -> Result<ast::Document, Vec<Refusal>> {
    check_size(limits, query).map_err(|refusal| vec![refusal])?;
    let tokens_max = limits.tokens_max.saturating_mul(PARSER_TOKENS_PER_TOKEN);
    let mut parser = Parser::new().recursion_limit(RECURSION_MAX).token_limit(tokens_max);
    let parsed = parser.parse_ast(query, "query.graphql");
    if parser.recursion_reached() > RECURSION_MAX {
        let message = format!("the query is nested more than {RECURSION_MAX} levels deep");
        return Err(vec![Refusal::new(Code::QueryTooDeep, message)]);
    }
    if parser.tokens_reached() > tokens_max {
        let message = format!("the query has more than {tokens_max} tokens, white space and comments included");
        return Err(vec![Refusal::new(Code::QueryTooLarge, message)]);
    }
    parsed.map_err(|failed| diagnostics(Code::QuerySyntax, &failed.errors))
}

fn check_size(limits: &Limits, query: &str) -> Result<(), Refusal> {
    let (bytes, bytes_max) = (query.len(), limits.query_bytes_max);
    if bytes > bytes_max {
        let message = format!("the query has {bytes} bytes; at most {bytes_max} are allowed");
        return Err(Refusal::new(Code::QueryTooLarge, message));
    }
    let tokens_max = limits.tokens_max;
    if Lexer::new(query).filter(counts).take(tokens_max + 1).count() > tokens_max {
        let message = format!("the query has more than {tokens_max} tokens");
        return Err(Refusal::new(Code::QueryTooLarge, message));
    }
    Ok(())
}

/// Whether this is a token that matters. What can not be read counts: the parser will refuse it.
fn counts(token: &Result<apollo_parser::Token<'_>, apollo_parser::Error>) -> bool {
    token.as_ref().map_or(true, |token| {
        !matches!(token.kind(), TokenKind::Whitespace | TokenKind::Comment | TokenKind::Comma | TokenKind::Eof)
    })
}
