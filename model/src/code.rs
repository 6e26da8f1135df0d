//! Stable error codes. Each has a page under `docs/problems/`; a code without a page does not compile.

/// Declares the codes, each with its page.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal),+ $(,)?) => {
        /// A stable error code: what a client may branch on. The text of a message may change, a code does not.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[$doc])* $variant),+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code as it travels.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The page of documentation (Markdown).
            pub const fn page(self) -> &'static str {
                match self { $(Self::$variant => include_str!(concat!("../../docs/problems/", $code, ".md"))),+ }
            }
        }
    };
}

codes! {
    /// Something failed inside that the caller can not mend.
    Internal = "INTERNAL",
    /// The object does not exist, or the caller may not see it.
    NotFound = "NOT_FOUND",
    /// An argument has a wrong form or value.
    InvalidInput = "INVALID_INPUT",
    /// A global id is malformed or of another type.
    InvalidId = "INVALID_ID",
    /// A cursor is malformed or of another journal.
    CursorInvalid = "CURSOR_INVALID",
    /// A cursor lies before what is retained.
    CursorExpired = "CURSOR_EXPIRED",
    /// A moment lies before what is retained.
    AsOfExpired = "AS_OF_EXPIRED",
    /// The object has another revision than expected.
    Conflict = "CONFLICT",
    /// The state of the object does not allow the step.
    InvalidState = "INVALID_STATE",
    /// The caller lacks a right.
    MissingRight = "MISSING_RIGHT",
    /// The step needs another person than the one who began.
    SamePerson = "SAME_PERSON",
    /// A service account can not decide.
    ServiceAccount = "SERVICE_ACCOUNT",
    /// The idempotency key was used for another request.
    KeyReused = "KEY_REUSED",
    /// A quantity is not positive, too large or of another unit.
    InvalidQuantity = "INVALID_QUANTITY",
    /// The task asks for evidence that is not there.
    EvidenceMissing = "EVIDENCE_MISSING",
    /// The database can not be reached or failed.
    DatabaseUnavailable = "DATABASE_UNAVAILABLE",
    /// The database is of an unsuitable kind or version.
    DatabaseUnsuitable = "DATABASE_UNSUITABLE",
    /// The journal's chain of hashes or positions is broken.
    JournalBroken = "JOURNAL_BROKEN",
    /// Another process owns the source.
    LeaseLost = "LEASE_LOST",
    /// A status of a source has no mapping.
    UnmappedValue = "UNMAPPED_VALUE",
    /// A record refers to one that has not arrived.
    ReferenceMissing = "REFERENCE_MISSING",
    /// The plant file is wrong.
    PlantFileInvalid = "PLANT_FILE_INVALID",
    /// A plant definition contradicts itself or what is stored.
    PlantInvalid = "PLANT_INVALID",
    /// A binding of the plant file does not name a node by namespace URI and browse path.
    BindingInvalid = "BINDING_INVALID",
    /// A secret is not where the plant file says.
    SecretMissing = "SECRET_MISSING",
    /// A system of the plant does not answer.
    SourceUnreachable = "SOURCE_UNREACHABLE",
    /// A system of the plant refuses the connection.
    SourceRefused = "SOURCE_REFUSED",
    /// A system of the plant answers something that can not be read.
    SourceAnswerInvalid = "SOURCE_ANSWER_INVALID",
    /// The manifest of a system is wrong.
    ManifestInvalid = "MANIFEST_INVALID",
    /// A crosswalk file is wrong.
    CrosswalkInvalid = "CROSSWALK_INVALID",
    /// The certificate of an OPC UA server is not trusted or not valid.
    CertificateUntrusted = "CERTIFICATE_UNTRUSTED",
    /// The caller has not proved who they are.
    Unauthenticated = "UNAUTHENTICATED",
    /// The address does not answer this HTTP method, or a mutation came by GET.
    MethodNotAllowed = "METHOD_NOT_ALLOWED",
    /// The request body is not `application/json` in UTF-8.
    MediaTypeUnsupported = "MEDIA_TYPE_UNSUPPORTED",
    /// No media type of the header `Accept` can be produced.
    NotAcceptable = "NOT_ACCEPTABLE",
    /// The request body is larger than allowed.
    BodyTooLarge = "BODY_TOO_LARGE",
    /// The request is not one well-formed GraphQL request.
    RequestMalformed = "REQUEST_MALFORMED",
    /// The request names a persisted query by its hash; only full query texts are accepted.
    PersistedQueryNotSupported = "PERSISTED_QUERY_NOT_SUPPORTED",
    /// The query is not GraphQL.
    QuerySyntax = "GRAPHQL_PARSE_FAILED",
    /// The query does not fit the schema.
    QueryInvalid = "GRAPHQL_VALIDATION_FAILED",
    /// The document holds no operation of that name, or several and none was chosen.
    OperationUnknown = "OPERATION_UNKNOWN",
    /// The query text is longer than allowed.
    QueryTooLarge = "QUERY_TOO_LARGE",
    /// The query is nested deeper than allowed.
    QueryTooDeep = "QUERY_TOO_DEEP",
    /// The query selects more than allowed, after fragments are expanded.
    QueryTooWide = "QUERY_TOO_WIDE",
    /// The lists of the query multiply to more objects than allowed.
    QueryTooComplex = "QUERY_TOO_COMPLEX",
    /// A request holds more than one mutation field.
    OneMutation = "ONE_MUTATION_PER_REQUEST",
    /// The caller may not read the schema through the service.
    IntrospectionForbidden = "INTROSPECTION_FORBIDDEN",
    /// The operation took longer than allowed.
    Timeout = "TIMEOUT",
    /// The subscriber did not take its events fast enough.
    SlowConsumer = "SLOW_CONSUMER",
    /// The socket has too many operations at a time.
    TooManyOperations = "TOO_MANY_OPERATIONS",
    /// A web page of this origin may not open a socket.
    OriginForbidden = "ORIGIN_FORBIDDEN",
    /// The service is stopping.
    ShuttingDown = "SHUTTING_DOWN",
    /// A setting is unknown or unusable.
    ConfigInvalid = "CONFIG_INVALID",
    /// The token's form, header, signature, audience or times are wrong.
    TokenInvalid = "TOKEN_INVALID",
    /// The token was valid once.
    TokenExpired = "TOKEN_EXPIRED",
    /// No trusted issuer has the name in the token.
    TokenIssuerUnknown = "TOKEN_ISSUER_UNKNOWN",
    /// The keys of the token's issuer can not be fetched.
    TokenKeysUnavailable = "TOKEN_KEYS_UNAVAILABLE",
    /// The token is genuine, its account is not known here.
    PrincipalUnknown = "PRINCIPAL_UNKNOWN",
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn every_page_names_its_code_and_says_what_to_do() {
        for code in Code::ALL {
            let page = code.page();
            assert!(page.starts_with(&format!("# {}\n", code.as_str())), "{} needs its code as title", code.as_str());
            assert!(page.contains("## What to do"), "{} must say what to do", code.as_str());
        }
    }
}
