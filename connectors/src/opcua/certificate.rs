//! Our own look at a certificate. The library compares the *first* alternative name with the application's URI, which
//! refuses most servers; here the order of names does not matter.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use opcua::crypto::X509;
use x509_cert::{
    Certificate as Parsed,
    der::Decode,
    ext::pkix::{SubjectAltName, name::GeneralName},
};

/// A certificate and the names that it is made for.
pub(super) struct Certificate {
    pub(super) x509: X509,
    pub(super) der: Vec<u8>,
    names: Names,
    not_before: DateTime<Utc>,
    not_after: DateTime<Utc>,
}

/// The alternative names of a certificate.
#[derive(Debug, Default, PartialEq, Eq)]
struct Names {
    uris: Vec<String>,
    hosts: Vec<String>,
    addresses: Vec<IpAddr>,
}

impl Certificate {
    /// Reads a certificate.
    ///
    /// # Errors
    /// Why it is none.
    pub(super) fn from_der(der: &[u8]) -> Result<Self, String> {
        let x509 = X509::from_der(der).map_err(|_| "it is no X.509 certificate".to_owned())?;
        let parsed = Parsed::from_der(der).map_err(|error| format!("it does not parse: {error}"))?;
        let alternative: Option<(bool, SubjectAltName)> =
            parsed.tbs_certificate.get().map_err(|error| format!("its alternative names do not parse: {error}"))?;
        let (Ok(not_before), Ok(not_after)) = (x509.not_before(), x509.not_after()) else {
            return Err("its validity does not parse".to_owned());
        };
        let names = Names::of(alternative.map(|(_, names)| names.0).unwrap_or_default());
        Ok(Self { x509, der: der.to_vec(), names, not_before, not_after })
    }

    /// The application that it is made for: its first URI.
    pub(super) fn application_uri(&self) -> Option<&str> {
        self.names.uris.first().map(String::as_str)
    }

    /// Whether it is made for this application, wherever among its names that stands.
    pub(super) fn is_of(&self, application_uri: &str) -> bool {
        self.names.uris.iter().any(|name| name == application_uri)
    }

    /// Until when it is valid.
    pub(super) fn not_after(&self) -> DateTime<Utc> {
        self.not_after
    }

    /// The fingerprint that other tools show too.
    pub(super) fn thumbprint(&self) -> String {
        self.x509.thumbprint().as_hex_string()
    }

    /// Why it can not stand for the application `uri` on `host` at `now`; `None` when it can.
    pub(super) fn problem(&self, uri: &str, host: &str, now: DateTime<Utc>) -> Option<String> {
        if now < self.not_before || now > self.not_after {
            return Some(format!(
                "it is valid from {} to {} only; replace it on the server, or set the clocks",
                self.not_before, self.not_after
            ));
        }
        if !self.is_of(uri) {
            let made_for = self.names.uris.join(", ");
            return Some(format!("the server calls itself {uri:?}, and the certificate is made for {made_for:?}"));
        }
        if !self.names.is_for_host(host) {
            let made_for = self.names.hosts_text();
            return Some(format!(
                "it is made for the hosts {made_for:?}, not for {host:?}; if that is one of them under another name, \
                 set certificate_host in [opcua]"
            ));
        }
        None
    }
}

impl Names {
    fn of(names: Vec<GeneralName>) -> Self {
        let mut all = Self::default();
        for name in names {
            match name {
                GeneralName::UniformResourceIdentifier(uri) => all.uris.push(uri.to_string()),
                GeneralName::DnsName(host) => all.hosts.push(host.to_string()),
                GeneralName::IpAddress(address) => all.addresses.extend(address_of(address.as_bytes())),
                _ => {}
            }
        }
        all
    }

    /// Some tools write an address as if it were a host name, so both places are looked at.
    fn is_for_host(&self, host: &str) -> bool {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let address = host.parse::<IpAddr>().ok();
        self.hosts.iter().any(|name| name.eq_ignore_ascii_case(host))
            || address.is_some_and(|address| self.addresses.contains(&address))
    }

    fn hosts_text(&self) -> String {
        let addresses = self.addresses.iter().map(IpAddr::to_string);
        self.hosts.iter().cloned().chain(addresses).collect::<Vec<_>>().join(", ")
    }
}

fn address_of(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use opcua::crypto::X509Data;

    use super::*;

    const URI: &str = "urn:test:server";

    fn certificate() -> Certificate {
        let data = X509Data {
            key_size: 2048,
            common_name: "server".to_owned(),
            organization: String::new(),
            organizational_unit: String::new(),
            country: String::new(),
            state: String::new(),
            alt_host_names: X509Data::alt_host_names(
                URI,
                Some(vec!["plant.example".to_owned(), "10.0.0.7".to_owned(), "fe80::1".to_owned()]),
                false,
                false,
                false,
            ),
            certificate_duration_days: 10,
        };
        let (x509, _) = X509::cert_and_pkey(&data).expect("a certificate");
        Certificate::from_der(&x509.to_der().expect("DER")).expect("parses")
    }

    #[test]
    fn names_and_validity_are_checked() {
        let certificate = certificate();
        let now = certificate.not_before + TimeDelta::days(1);
        for host in ["plant.example", "PLANT.example", "10.0.0.7", "fe80::1", "[fe80::1]"] {
            assert_eq!(certificate.problem(URI, host, now), None, "{host}");
        }
        let wrong = |uri, host, now| certificate.problem(uri, host, now).expect("refused");
        assert!(wrong(URI, "other.example", now).contains("hosts"));
        assert!(wrong(URI, "10.0.0.8", now).contains("hosts"));
        assert!(wrong("urn:other", "plant.example", now).contains("made for"));
        assert!(wrong(URI, "plant.example", now + TimeDelta::days(10)).contains("valid"));
        assert!(wrong(URI, "plant.example", now - TimeDelta::days(2)).contains("valid"));
        assert_eq!(certificate.application_uri(), Some(URI));
    }

    #[test]
    fn the_order_of_names_does_not_matter() {
        let certificate = Certificate {
            names: Names { uris: vec!["urn:first".to_owned(), URI.to_owned()], ..certificate().names },
            ..certificate()
        };
        assert_eq!(certificate.problem(URI, "10.0.0.7", certificate.not_before), None);
    }

    #[test]
    fn garbage_is_no_certificate() {
        assert!(Certificate::from_der(&[]).is_err());
        assert!(Certificate::from_der(b"-----BEGIN CERTIFICATE-----").is_err());
    }
}
