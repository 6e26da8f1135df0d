//! Hostile tokens: none is accepted, and each gets the code that it deserves.

use model::Code;
use serde_json::{Value, json};

use super::{
    super::{Defect, Error},
    *,
};

/// A hostile token and why it must be refused.
struct Hostile {
    name: &'static str,
    token: String,
    expected: Expected,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Defect(Defect),
    Code(Code),
}

use Expected::Defect as D;

/// The keys of everybody.
struct Cast {
    edwards: Private,
    rsa: Private,
    elliptic: Private,
    legacy: Private,
    attacker: Private,
}

impl Cast {
    fn new() -> Self {
        Self {
            edwards: Private::edwards("ed-1", 1),
            rsa: Private::rsa("rsa-1"),
            elliptic: Private::elliptic("ec-1"),
            legacy: Private::edwards("legacy-1", 2),
            attacker: Private::edwards("ed-1", 66),
        }
    }

    fn verifier(&self) -> (Verifier, Arc<ManualClock>, [TempFile; 2]) {
        let secret = json!({ "kty": "oct", "kid": "oct-1", "alg": "HS256", "k": encode("shared secret") });
        // Without `alg` a key would do for its whole family: only the issuer's list decides.
        let rsa = with(self.rsa.public(), "alg", Value::Null);
        let keys = json!({ "keys": [self.edwards.public(), rsa, self.elliptic.public(), secret] });
        let files =
            [TempFile::new(&keys.to_string()), TempFile::new(&json!({ "keys": [self.legacy.public()] }).to_string())];
        let mut modern = trusted(ISSUER, &[Algorithm::EdDSA, Algorithm::RS256, Algorithm::ES256]);
        modern.jwks_file = Some(files[0].0.clone());
        let mut legacy = trusted(LEGACY_ISSUER, &[Algorithm::EdDSA]);
        legacy.jwks_file = Some(files[1].0.clone());
        legacy.token_type = TokenType::Jwt;
        legacy.account_prefix = "legacy:".to_owned();
        let (verifier, clock) = verifier(vec![modern, legacy]);
        (verifier, clock, files)
    }

    fn good(&self) -> String {
        self.edwards.sign(self.edwards.header(), claims())
    }

    /// The good token with another header, signed by the issuer.
    fn header(&self, name: &str, value: Value) -> String {
        self.edwards.sign(with(self.edwards.header(), name, value), claims())
    }

    /// The good token with another claim, signed by the issuer.
    fn claim(&self, name: &str, value: Value) -> String {
        self.edwards.sign(self.edwards.header(), with(claims(), name, value))
    }

    /// The good token with this text as its claims, signed by the issuer.
    fn raw_claims(&self, text: &str) -> String {
        self.edwards.sign(self.edwards.header(), text)
    }
}

fn hostile(name: &'static str, token: impl Into<String>, expected: Expected) -> Hostile {
    Hostile { name, token: token.into(), expected }
}

fn forms(cast: &Cast) -> Vec<Hostile> {
    let good = cast.good();
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = message.split_once('.').unwrap();
    let big = cast.claim("padding", json!("x".repeat(9_000)));
    vec![
        hostile("empty", "", D(Defect::Form)),
        hostile("one dot", ".", D(Defect::Form)),
        hostile("two dots", "..", D(Defect::Form)),
        hostile("one part", header, D(Defect::Form)),
        hostile("two parts", message, D(Defect::Form)),
        hostile("no signature", format!("{message}."), D(Defect::Form)),
        hostile("no payload", format!("{header}..{signature}"), D(Defect::Form)),
        hostile("four parts", format!("{good}.{signature}"), D(Defect::Form)),
        hostile("five parts, as if encrypted", format!("{good}.{signature}.{signature}"), D(Defect::Form)),
        hostile("space before", format!(" {good}"), D(Defect::Header)),
        hostile("scheme twice", format!("Bearer {good}"), D(Defect::Header)),
        hostile("line break after", format!("{good}\n"), D(Defect::Signature)),
        hostile("padded header", format!("{header}==.{payload}.{signature}"), D(Defect::Header)),
        hostile("padded signature", format!("{good}=="), D(Defect::Signature)),
        hostile("larger than 8 KiB, well signed", big, D(Defect::TooLarge)),
        hostile("header is not JSON", cast.edwards.sign("alg=EdDSA", claims()), D(Defect::Header)),
        hostile("header is a list", cast.edwards.sign("[]", claims()), D(Defect::Header)),
        hostile("header is null", cast.edwards.sign("null", claims()), D(Defect::Header)),
        hostile(
            "header goes on",
            cast.edwards.sign(format!("{}{{}}", cast.edwards.header()), claims()),
            D(Defect::Header),
        ),
        hostile(
            "header is not UTF-8",
            format!("{}.{payload}.{signature}", encode(b"{\"alg\":\"EdDSA\xff\"}")),
            D(Defect::Header),
        ),
        hostile(
            "header nests without end",
            format!("{}.{payload}.{signature}", encode("[".repeat(2_000))),
            D(Defect::Header),
        ),
        hostile(
            "header names alg twice",
            cast.edwards.sign(r#"{"alg":"none","alg":"EdDSA","typ":"at+jwt","kid":"ed-1"}"#, claims()),
            D(Defect::Header),
        ),
    ]
}

fn algorithms(cast: &Cast) -> Vec<Hostile> {
    let unsigned = |alg: &str| {
        let header = with(cast.edwards.header(), "alg", json!(alg));
        format!("{}.{}.{}", encode(header.to_string()), encode(claims().to_string()), encode("x"))
    };
    let shared = |secret: &[u8], kid: &'static str| {
        let key = Private { id: kid, algorithm: Alg::HS256, key: EncodingKey::from_secret(secret) };
        key.sign(key.header(), claims())
    };
    let rsa_public = cast.rsa.public().to_string();
    let edwards_public = URL_SAFE_NO_PAD.decode(cast.edwards.public()["x"].as_str().unwrap()).unwrap();
    let other_alg = |algorithm| {
        let key = Private { id: "rsa-1", algorithm, key: cast.rsa.key.clone() };
        key.sign(key.header(), claims())
    };
    let borrowed = |private: &Private, kid: &str| private.sign(with(private.header(), "kid", json!(kid)), claims());
    vec![
        hostile("alg none", unsigned("none"), D(Defect::Algorithm)),
        hostile("alg None", unsigned("None"), D(Defect::Algorithm)),
        hostile("alg NONE", unsigned("NONE"), D(Defect::Algorithm)),
        hostile("alg empty", unsigned(""), D(Defect::Algorithm)),
        hostile("alg in another case", unsigned("eddsa"), D(Defect::Algorithm)),
        hostile("shared secret is the public RSA key", shared(rsa_public.as_bytes(), "rsa-1"), D(Defect::Algorithm)),
        hostile("shared secret is the public Ed25519 key", shared(&edwards_public, "ed-1"), D(Defect::Algorithm)),
        hostile("shared secret that is published", shared(b"shared secret", "oct-1"), D(Defect::Algorithm)),
        hostile("published secret with a public algorithm", borrowed(&cast.edwards, "oct-1"), D(Defect::Key)),
        hostile("RS512 is not on the list", other_alg(Alg::RS512), D(Defect::Algorithm)),
        hostile("PS256 is not on the list", other_alg(Alg::PS256), D(Defect::Algorithm)),
        hostile("ES256 with an Ed25519 key", borrowed(&cast.elliptic, "ed-1"), D(Defect::Algorithm)),
        hostile("EdDSA with an RSA key", borrowed(&cast.edwards, "rsa-1"), D(Defect::Algorithm)),
        hostile("RS256 with an elliptic key", borrowed(&cast.rsa, "ec-1"), D(Defect::Algorithm)),
        hostile("alg missing", cast.header("alg", Value::Null), D(Defect::Header)),
        hostile("alg is a number", cast.header("alg", json!(256)), D(Defect::Header)),
        hostile("alg is a list", cast.header("alg", json!(["EdDSA"])), D(Defect::Header)),
    ]
}

fn headers(cast: &Cast) -> Vec<Hostile> {
    let legacy = cast.legacy.sign(cast.legacy.header(), with(claims(), "iss", json!(LEGACY_ISSUER)));
    let kid = |value: Value| cast.header("kid", value);
    let mut all = vec![
        hostile("typ missing", cast.header("typ", Value::Null), D(Defect::Type)),
        hostile("typ of an identity token", cast.header("typ", json!("JWT")), D(Defect::Type)),
        hostile("typ of a logout token", cast.header("typ", json!("logout+jwt")), D(Defect::Type)),
        hostile("typ is a number", cast.header("typ", json!(1)), D(Defect::Header)),
        hostile("at+jwt where JWT is configured", legacy, D(Defect::Type)),
        hostile("kid missing", kid(Value::Null), D(Defect::Key)),
        hostile("kid empty", kid(json!("")), D(Defect::Key)),
        hostile("kid unknown", kid(json!("ed-2")), D(Defect::Key)),
        hostile("kid in another case", kid(json!("ED-1")), D(Defect::Key)),
        hostile("kid with a space", kid(json!("ed-1 ")), D(Defect::Key)),
        hostile("kid is the beginning", kid(json!("ed-")), D(Defect::Key)),
        hostile("kid is a path", kid(json!("../../../dev/null")), D(Defect::Key)),
        hostile("kid is SQL", kid(json!("x' UNION SELECT 'key")), D(Defect::Key)),
        hostile("kid is a number", kid(json!(1)), D(Defect::Header)),
        hostile("kid is overlong", kid(json!("k".repeat(300))), D(Defect::Key)),
        hostile("kid of another issuer", kid(json!("legacy-1")), D(Defect::Key)),
    ];
    let own_key = cast.attacker.public();
    let members = [
        ("critical extension", "crit", json!(["exp"])),
        ("empty list of critical extensions", "crit", json!([])),
        ("address of its own keys", "jku", json!("https://attacker.example/keys")),
        ("its own key", "jwk", own_key),
        ("address of its own certificate", "x5u", json!("https://attacker.example/cert")),
        ("its own certificate", "x5c", json!(["MIIB"])),
        ("payload that is not encoded", "b64", json!(false)),
        ("compressed", "zip", json!("DEF")),
        ("encrypted", "enc", json!("A256GCM")),
    ];
    all.extend(members.map(|(name, member, value)| hostile(name, cast.header(member, value), D(Defect::HeaderMember))));
    all
}

fn signatures(cast: &Cast) -> Vec<Hostile> {
    let good = cast.good();
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = message.split_once('.').unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut flipped = bytes.clone();
    flipped[10] ^= 1;
    let other = cast.claim("sub", json!("bob"));
    let other_signature = other.rsplit_once('.').unwrap().1;
    let elliptic = cast.elliptic.sign(cast.elliptic.header(), claims());
    let elliptic_message = elliptic.rsplit_once('.').unwrap().0;
    // 64 bytes leave four unused bits in the last letter: a lax decoder takes several letters for one signature.
    let last = signature.chars().last().unwrap();
    let twin =
        ['A', 'Q', 'g', 'w'].iter().position(|letter| *letter == last).map(|at| ['B', 'R', 'h', 'x'][at]).unwrap();
    let promoted = encode(with(claims(), "sub", json!("administrator")).to_string());
    let renamed = encode(with(cast.edwards.header(), "cty", json!("x")).to_string());
    let with_signature = |bytes: &[u8]| format!("{message}.{}", encode(bytes));
    vec![
        hostile("one bit flipped", with_signature(&flipped), D(Defect::Signature)),
        hostile("signature cut", with_signature(&bytes[..63]), D(Defect::Signature)),
        hostile("signature longer", with_signature(&[bytes.as_slice(), &[0]].concat()), D(Defect::Signature)),
        hostile("signature of zeros", with_signature(&[0; 64]), D(Defect::Signature)),
        hostile("signature of another token", format!("{message}.{other_signature}"), D(Defect::Signature)),
        hostile(
            "another spelling of the signature",
            format!("{message}.{}{twin}", &signature[..signature.len() - 1]),
            D(Defect::Signature),
        ),
        hostile("claims exchanged", format!("{header}.{promoted}.{signature}"), D(Defect::Signature)),
        hostile("header exchanged", format!("{renamed}.{payload}.{signature}"), D(Defect::Signature)),
        hostile("signed by somebody else", cast.attacker.sign(cast.attacker.header(), claims()), D(Defect::Signature)),
        hostile("elliptic signature of zeros", format!("{elliptic_message}.{}", encode([0; 64])), D(Defect::Signature)),
        hostile(
            "elliptic signature of another curve",
            format!("{elliptic_message}.{}", encode([1; 96])),
            D(Defect::Signature),
        ),
        hostile("one issuer speaks for another", cast.legacy.sign(cast.legacy.header(), claims()), D(Defect::Key)),
    ]
}

fn claim_types(cast: &Cast) -> Vec<Hostile> {
    let mut all = vec![
        hostile("claims are a list", cast.raw_claims("[]"), D(Defect::Claims)),
        hostile("claims are text", cast.raw_claims("\"alice\""), D(Defect::Claims)),
        hostile("claims are not JSON", cast.raw_claims("sub=alice"), D(Defect::Claims)),
        hostile("begins after its end", cast.claim("nbf", json!(start().timestamp() + 7_200)), D(Defect::Claims)),
        hostile("overlong subject", cast.claim("sub", json!("a".repeat(256))), D(Defect::Claims)),
    ];
    let wrong: [(&str, &[Value]); 8] = [
        ("iss", &[json!(1), json!([ISSUER]), json!({})]),
        ("sub", &[json!(7), json!(["alice"]), json!(""), json!(" "), json!("a\nb"), json!("a\u{0}"), json!(true)]),
        ("aud", &[json!(1), json!([1]), json!({}), json!([AUDIENCE, 1])]),
        ("exp", &[json!("1999999999"), json!(1.5), json!(-1), json!(1e30), json!(u64::MAX), json!([1]), json!(true)]),
        ("nbf", &[json!("0"), json!(0.5), json!(-1), json!({})]),
        ("iat", &[json!("0"), json!(false)]),
        ("name", &[json!(1), json!("a\tb")]),
        ("plants", &[json!("all"), json!(["riverside"]), json!([1]), json!({})]),
    ];
    for (claim, values) in wrong {
        all.extend(values.iter().map(|value| hostile(claim, cast.claim(claim, value.clone()), D(Defect::Claims))));
    }
    let text = claims().to_string();
    for claim in ["iss", "sub", "aud", "exp", "nbf"] {
        all.push(hostile("claim missing", cast.claim(claim, Value::Null), D(Defect::Claims)));
        let null = text.replace(&format!("\"{claim}\":"), &format!("\"{claim}\":null,\"was\":"));
        all.push(hostile("claim is null", cast.raw_claims(&null), D(Defect::Claims)));
        let twice = text.replacen('{', &format!("{{\"{claim}\":{},", claims()[claim]), 1);
        all.push(hostile("claim named twice", cast.raw_claims(&twice), D(Defect::Claims)));
    }
    let escaped = text.replacen('{', "{\"\\u0065xp\":9999999999,", 1);
    all.push(hostile("claim named twice, once escaped", cast.raw_claims(&escaped), D(Defect::Claims)));
    for claim in ["iat", "name", "plants"] {
        let null = text.replacen('{', &format!("{{\"{claim}\":null,"), 1).replace(",\"iat\":17", ",\"was\":17");
        all.push(hostile("optional claim is null", cast.raw_claims(&null), D(Defect::Claims)));
    }
    all
}

fn claim_values(cast: &Cast) -> Vec<Hostile> {
    let now = start().timestamp();
    let unknown = Expected::Code(Code::TokenIssuerUnknown);
    let expired = Expected::Code(Code::TokenExpired);
    let ended =
        |exp: i64| cast.edwards.sign(cast.edwards.header(), with(with(claims(), "exp", json!(exp)), "nbf", json!(0)));
    vec![
        hostile("for another audience", cast.claim("aud", json!("other")), D(Defect::Audience)),
        hostile("for no audience", cast.claim("aud", json!([])), D(Defect::Audience)),
        hostile("audience in another case", cast.claim("aud", json!("PlantGraph")), D(Defect::Audience)),
        hostile("audience is a beginning", cast.claim("aud", json!("plantgraph-admin")), D(Defect::Audience)),
        hostile("audience is everybody", cast.claim("aud", json!("*")), D(Defect::Audience)),
        hostile("unknown issuer", cast.claim("iss", json!("https://attacker.example")), unknown),
        hostile("issuer with a slash", cast.claim("iss", json!(format!("{ISSUER}/"))), unknown),
        hostile("issuer in another case", cast.claim("iss", json!("https://ISSUER.example")), unknown),
        hostile("issuer empty", cast.claim("iss", json!("")), unknown),
        hostile("development issuer, not enabled", cast.claim("iss", json!("plantgraph-development")), unknown),
        hostile("ended at the leeway", ended(now - 30), expired),
        hostile("ended yesterday", ended(now - 86_400), expired),
        hostile("ended in 1970", ended(0), expired),
        hostile("begins after the leeway", cast.claim("nbf", json!(now + 31)), D(Defect::NotYet)),
        hostile("issued in the future", cast.claim("iat", json!(now + 31)), D(Defect::NotYet)),
        hostile(
            "expired and forged is forged",
            {
                let claims = with(with(claims(), "exp", json!(now - 60)), "nbf", json!(0));
                cast.attacker.sign(cast.attacker.header(), claims)
            },
            D(Defect::Signature),
        ),
    ]
}

#[tokio::test]
async fn no_hostile_token_is_accepted() {
    let cast = Cast::new();
    let (verifier, _clock, _files) = cast.verifier();
    let corpus: Vec<Hostile> = [forms, algorithms, headers, signatures, claim_types, claim_values]
        .iter()
        .flat_map(|part| part(&cast))
        .collect();
    assert!(corpus.len() >= 60, "only {} tokens", corpus.len());
    for Hostile { name, token, expected } in &corpus {
        let error = verifier.verify(token).await.expect_err(name);
        let found = match error {
            Error::Invalid(defect) => {
                assert_eq!(error.code(), Code::TokenInvalid);
                Expected::Defect(defect)
            }
            _ => Expected::Code(error.code()),
        };
        assert_eq!(found, *expected, "{name}: {token}");
        assert!(
            token.len() < 32 || !error.to_string().contains(token.as_str()),
            "{name}: the message repeats the token"
        );
    }
}

#[tokio::test]
async fn genuine_tokens_are_accepted() {
    let cast = Cast::new();
    let (verifier, clock, _files) = cast.verifier();
    let now = start().timestamp();
    let legacy = with(cast.legacy.header(), "typ", json!("JWT"));
    let genuine = [
        cast.good(),
        cast.rsa.sign(cast.rsa.header(), claims()),
        cast.elliptic.sign(cast.elliptic.header(), claims()),
        cast.header("typ", json!("application/AT+JWT")),
        cast.header("x5t", json!("a thumbprint is only a hint")),
        cast.claim("aud", json!(AUDIENCE)),
        cast.claim("iat", Value::Null),
        cast.claim("roles", json!(["anything", { "else": null }])),
        cast.claim("nbf", json!(now + 30)),
        cast.edwards.sign(cast.edwards.header(), with(with(claims(), "exp", json!(now - 29)), "nbf", json!(0))),
        cast.legacy.sign(legacy, with(claims(), "iss", json!(LEGACY_ISSUER))),
    ];
    for token in &genuine {
        let identity = verifier.verify(token).await.unwrap();
        assert_eq!(identity.subject, "alice");
        let prefix = if identity.issuer == LEGACY_ISSUER { "legacy:" } else { "" };
        assert_eq!(identity.account, format!("{prefix}alice"));
    }
    clock.advance(chrono::TimeDelta::seconds(3_630));
    let error = verifier.verify(&genuine[0]).await.unwrap_err();
    assert_eq!(error.code(), Code::TokenExpired, "the clock that was passed in decides");
}
