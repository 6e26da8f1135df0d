//! From a token to a principal.

use std::collections::BTreeSet;

use futures::{FutureExt, future::BoxFuture};
use model::{Code, PlantId, Principal, Role};

use super::{
    super::{Authentication, DEVELOPMENT_ISSUER, Directory, Order},
    *,
};
use crate::front_door::Authenticator;

/// Knows alice, who works in two plants; asked about `broken`, it fails.
struct People {
    plants: [PlantId; 2],
}

impl Directory for People {
    fn principal<'a>(
        &'a self,
        issuer: &'a str,
        account: &'a str,
    ) -> BoxFuture<'a, Result<Option<Principal>, model::Error>> {
        assert_eq!(issuer, DEVELOPMENT_ISSUER);
        let answer = match account {
            "alice" => Ok(Some(Principal {
                subject: "alice".to_owned(),
                person: "alice".to_owned(),
                name: "Alice".to_owned(),
                grants: self.plants.iter().map(|plant| (*plant, Role::Operator)).collect(),
                service: false,
                developer: false,
                expires_at: None,
            })),
            "broken" => Err(model::Error::Closing),
            _ => Ok(None),
        };
        async { answer }.boxed()
    }
}

struct Desk {
    authentication: Authentication,
    signer: Signer,
    clock: SharedClock,
    plants: [PlantId; 2],
    _key_file: TempFile,
}

impl Desk {
    fn open() -> Self {
        install_cryptography();
        let key_file = TempFile::absent();
        let clock: SharedClock = Arc::new(ManualClock::new(start()));
        let auth =
            Auth { issuers: Vec::new(), development: Development { enabled: true, key_file: key_file.0.clone() } };
        let verifier = Verifier::new(&auth, clock.clone(), &TaskTracker::new()).unwrap();
        let plants = [PlantId::new(), PlantId::new()];
        let authentication = Authentication::new(verifier, Arc::new(People { plants }));
        let signer = Signer::load_or_create(&key_file.0).unwrap();
        Self { authentication, signer, clock, plants, _key_file: key_file }
    }

    fn token(&self, subject: &str, plants: Option<BTreeSet<PlantId>>) -> String {
        let order = Order { subject: subject.to_owned(), name: None, ttl: HumanDuration::from_secs(3_600), plants };
        self.signer.sign(&order, &self.clock).unwrap()
    }

    async fn code(&self, token: &str) -> Code {
        self.authentication.authenticate(token).await.unwrap_err().code
    }
}

#[tokio::test]
async fn the_database_says_what_the_bearer_may_do() {
    let desk = Desk::open();
    let principal = desk.authentication.authenticate(&desk.token("alice", None)).await.unwrap();
    assert_eq!(principal.grants.len(), 2);
    assert_eq!(principal.expires_at, Some(start() + chrono::TimeDelta::hours(1)));
    assert_eq!(desk.code(&desk.token("mallory", None)).await, Code::PrincipalUnknown);
    assert_eq!(desk.code(&desk.token("broken", None)).await, Code::ShuttingDown);
    assert_eq!(desk.code("nonsense").await, Code::TokenInvalid);
}

#[tokio::test]
async fn a_token_narrows_and_never_widens() {
    let desk = Desk::open();
    let foreign = PlantId::new();
    for (named, left) in
        [(vec![desk.plants[0], foreign], 1), (vec![foreign], 0), (vec![], 0), (desk.plants.to_vec(), 2)]
    {
        let token = desk.token("alice", Some(named.into_iter().collect()));
        let principal = desk.authentication.authenticate(&token).await.unwrap();
        assert_eq!(principal.grants.len(), left);
        assert!(principal.grants.iter().all(|(plant, _)| desk.plants.contains(plant)));
    }
}

#[tokio::test]
async fn the_development_key_is_made_once() {
    let desk = Desk::open();
    let again = Signer::load_or_create(&desk._key_file.0).unwrap();
    let order = Order { subject: "alice".to_owned(), name: None, ttl: HumanDuration::from_secs(60), plants: None };
    desk.authentication.authenticate(&again.sign(&order, &desk.clock).unwrap()).await.unwrap();
    let stranger = Signer::from_seed([9; 32]).unwrap();
    assert_eq!(desk.code(&stranger.sign(&order, &desk.clock).unwrap()).await, Code::TokenInvalid);
}
