use super::*;

const URI: &str = "urn:test:server";

/// A folder of its own for each test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("plantgraph-pki-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        Self(folder)
    }

    fn files(&self, below: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.join(below)).expect("a folder");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn server(common_name: &str) -> (Certificate, DateTime<Utc>) {
    let data = X509Data {
        common_name: common_name.to_owned(),
        alt_host_names: X509Data::alt_host_names(URI, Some(vec!["plant.example".to_owned()]), false, false, false),
        ..own_certificate()
    };
    let (x509, _) = X509::cert_and_pkey(&data).expect("a certificate");
    let now = x509.not_before().expect("a date");
    (Certificate::from_der(&x509.to_der().expect("DER")).expect("parses"), now)
}

#[tokio::test]
async fn first_contact_is_refused_until_a_person_moves_the_file() {
    let folder = Folder::new("trust");
    let pki = Pki::open(&folder.0).expect("opens");
    let (certificate, now) = server("server \"; rm -rf / ;");
    let refusal = pki.check(&certificate, URI, "plant.example", now).await.expect_err("first contact");
    assert!(!refusal.changed);
    let refusal = refusal.problem;
    let file = format!("{}.der", certificate.thumbprint());
    assert!(refusal.contains(&format!("rejected/{file}")) && refusal.contains("trusted/"), "{refusal}");
    assert!(!refusal.contains("rm -rf"), "a server must not write commands: {refusal}");
    // Nothing changes by itself.
    pki.check(&certificate, URI, "plant.example", now).await.expect_err("second contact");
    std::fs::rename(folder.0.join("rejected").join(&file), folder.0.join("trusted").join(&file)).expect("moved");
    pki.check(&certificate, URI, "plant.example", now).await.expect("trusted");
    pki.check(&certificate, URI, "plant.example", now).await.expect("still trusted");
    assert_eq!((folder.files("trusted").len(), folder.files("rejected").len()), (1, 0));
    // Taking the one file away takes the trust away.
    std::fs::remove_file(folder.0.join("trusted").join(&folder.files("trusted")[0])).expect("removed");
    pki.check(&certificate, URI, "plant.example", now).await.expect_err("trust withdrawn");
}

#[tokio::test]
async fn trust_is_not_enough_for_another_host() {
    let folder = Folder::new("host");
    let pki = Pki::open(&folder.0).expect("opens");
    let (certificate, now) = server("server");
    std::fs::write(folder.0.join("trusted/any-name.crt"), &certificate.der).expect("written");
    let refusal = pki.check(&certificate, URI, "other.example", now).await.expect_err("another host");
    assert!(refusal.problem.contains("certificate_host"), "{refusal:?}");
    pki.check(&certificate, URI, "plant.example", now).await.expect("trusted under any name");
}

#[tokio::test]
async fn a_certificate_that_changed_is_told_apart_from_a_first_contact() {
    let folder = Folder::new("changed");
    let pki = Pki::open(&folder.0).expect("opens");
    let (first, now) = server("server");
    std::fs::write(folder.0.join("trusted/server.der"), &first.der).expect("written");
    pki.check(&first, URI, "plant.example", now).await.expect("trusted");
    let (second, now) = server("server");
    let refused = pki.check(&second, URI, "plant.example", now).await.expect_err("another one");
    let problem = &refused.problem;
    assert!(refused.changed && problem.contains("CHANGED"), "{problem}");
    assert!(problem.contains(&first.thumbprint()) && problem.contains(&second.thumbprint()), "{problem}");
    // Another server at the same place is a first contact with that one.
    let refused = pki.check(&second, "urn:another", "plant.example", now).await.expect_err("another server");
    assert!(!refused.changed, "{refused:?}");
    assert!(pki.own_until > now);
}

#[test]
fn our_key_is_made_once_and_readable_by_us_alone() {
    let folder = Folder::new("own");
    let first = Pki::open(&folder.0).expect("opens").application_uri;
    let key = std::fs::read(folder.0.join("private/private.pem")).expect("a key");
    assert_eq!(Pki::open(&folder.0).expect("opens again").application_uri, first);
    assert_eq!(std::fs::read(folder.0.join("private/private.pem")).expect("the key"), key);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |file: &str| std::fs::metadata(folder.0.join(file)).expect("a file").permissions().mode() & 0o777;
        assert_eq!((mode("private"), mode("private/private.pem")), (0o700, 0o600));
    }
    std::fs::write(folder.0.join("private/private.pem"), "no key").expect("broken");
    assert!(matches!(Pki::open(&folder.0), Err(Error::Pki { .. })));
}
