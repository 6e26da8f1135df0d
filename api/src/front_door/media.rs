//! Which media type a client wants.

use std::cmp::Reverse;

use axum::http::{HeaderMap, header};

/// A media type that the graph can answer with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/json`: every answer to a well-formed request is 200, as old clients expect.
    Json,
    /// `application/graphql-response+json`: the status says whether the request was accepted.
    GraphqlResponse,
    /// `text/html`: the page for people.
    Html,
}

impl Media {
    /// The type and subtype.
    const fn essence(self) -> (&'static str, &'static str) {
        match self {
            Self::Json => ("application", "json"),
            Self::GraphqlResponse => ("application", "graphql-response+json"),
            Self::Html => ("text", "html"),
        }
    }

    /// The header `Content-Type`.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
        }
    }
}

/// The best of `offers` (most wanted by us first) for the header `Accept`; `None` if the client takes none of them.
/// Without the header, the first.
pub(super) fn negotiate(headers: &HeaderMap, offers: &[Media]) -> Option<Media> {
    let accept: Vec<&str> = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let ranges: Vec<Range<'_>> = accept.iter().flat_map(|line| line.split(',')).filter_map(Range::parse).collect();
    if ranges.is_empty() {
        return offers.first().copied();
    }
    offers
        .iter()
        .enumerate()
        .filter_map(|(preference, offer)| {
            let (position, range) = ranges
                .iter()
                .enumerate()
                .filter(|(_, range)| range.covers(*offer))
                .max_by_key(|(position, range)| (range.specificity(), Reverse(*position)))?;
            let rank = (range.quality_permille, range.specificity(), Reverse(position), Reverse(preference));
            (range.quality_permille > 0).then_some((rank, *offer))
        })
        .max_by_key(|(rank, _)| *rank)
        .map(|(_, offer)| offer)
}

/// Whether a request body is JSON in UTF-8.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Ok(text) = value.to_str() else { return false };
    let mut pieces = text.split(';').map(str::trim);
    let is_json = pieces.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    is_json
        && pieces.all(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let is_charset = name.trim().eq_ignore_ascii_case("charset");
            !is_charset || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        })
}

/// One element of `Accept`.
#[derive(Debug)]
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    quality_permille: u16,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut pieces = text.split(';').map(str::trim);
        let (kind, subtype) = pieces.next()?.split_once('/')?;
        let quality = pieces.filter_map(|piece| piece.split_once('=')).find(|(name, _)| name.trim() == "q");
        let quality_permille = match quality {
            None => 1_000,
            // A weight is at most 1 with three digits behind the point, so this fits.
            Some((_, value)) => (value.trim().parse::<f32>().ok()?.clamp(0.0, 1.0) * 1_000.0) as u16,
        };
        Some(Self { kind, subtype, quality_permille })
    }

    fn covers(&self, media: Media) -> bool {
        let (kind, subtype) = media.essence();
        let is_kind = self.kind == "*" || self.kind.eq_ignore_ascii_case(kind);
        is_kind && (self.subtype == "*" || self.subtype.eq_ignore_ascii_case(subtype))
    }

    fn specificity(&self) -> u8 {
        u8::from(self.kind != "*") + u8::from(self.subtype != "*")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &str) -> Option<Media> {
        let headers = HeaderMap::from_iter([(header::ACCEPT, value.parse().unwrap())]);
        negotiate(&headers, &[Media::Json, Media::GraphqlResponse])
    }

    #[test]
    fn weights_and_wildcards() {
        assert_eq!(negotiate(&HeaderMap::new(), &[Media::Json]), Some(Media::Json));
        for (value, expected) in [
            ("*/*", Some(Media::Json)),
            ("application/*", Some(Media::Json)),
            ("application/json", Some(Media::Json)),
            ("application/graphql-response+json", Some(Media::GraphqlResponse)),
            (
                "application/graphql-response+json; charset=utf-8, application/json; charset=utf-8",
                Some(Media::GraphqlResponse),
            ),
            ("application/graphql-response+json, application/json;q=0.9", Some(Media::GraphqlResponse)),
            ("application/graphql-response+json;q=0.5, application/json;q=0.9", Some(Media::Json)),
            ("application/json;q=0, */*", Some(Media::GraphqlResponse)),
            ("application/json, multipart/mixed", Some(Media::Json)),
            ("text/plain", None),
            ("application/json;q=0", None),
        ] {
            assert_eq!(accept(value), expected, "{value}");
        }
    }

    #[test]
    fn a_browser_gets_the_page_and_a_program_does_not() {
        let offers = [Media::Json, Media::GraphqlResponse, Media::Html];
        let of = |value: &str| negotiate(&HeaderMap::from_iter([(header::ACCEPT, value.parse().unwrap())]), &offers);
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
        assert_eq!(of(browser), Some(Media::Html));
        assert_eq!(of("*/*"), Some(Media::Json));
        assert_eq!(of("application/json"), Some(Media::Json));
    }

    #[test]
    fn only_json_in_utf8_is_read() {
        for (value, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=UTF-8", true),
            ("application/json;charset=\"utf-8\"", true),
            ("application/json; charset=latin1", false),
            ("text/plain", false),
            ("application/jsonp", false),
            ("multipart/form-data; boundary=x", false),
            ("application/x-www-form-urlencoded", false),
            ("application/graphql", false),
        ] {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, value.parse().unwrap())]);
            assert_eq!(is_json(&headers), expected, "{value}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
