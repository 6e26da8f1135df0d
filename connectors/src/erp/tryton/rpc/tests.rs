use std::time::Duration;

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};
use tokio_util::task::TaskTracker;

use super::*;

const LOGIN_OK: (&str, &str) = ("200 OK", r#"{"id":$,"result":[1,"token",null]}"#);
const PREFERENCES: (&str, &str) = ("200 OK", r#"{"id":$,"result":{"company":1}}"#);
const ENDED: (&str, &str) = ("401 UNAUTHORIZED", "<html>");

/// A server that gives these answers in turn, each on a connection of its own; `$` becomes the id of the request.
async fn client(script: &'static [(&'static str, &'static str)]) -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    TaskTracker::new().spawn(async move {
        for (status, body) in script {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            let (mut line, mut length) = (String::new(), 0);
            while stream.read_line(&mut line).await.unwrap() > 2 {
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut request = vec![0; length];
            stream.read_exact(&mut request).await.unwrap();
            let request: Value = serde_json::from_slice(&request).unwrap();
            let body = body.replace('$', &request["id"].to_string());
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        }
    });
    // Any variable that is set will do as the password of this server.
    let section = format!(
        "code = 'erp'\nname = 'ERP'\nkind = 'erp'\nmanifest = 'tryton'\nurl = '{url}'\n\
         options = {{ database = 'erp', user = 'u' }}\nsecrets = {{ password = {{ env = 'PATH' }} }}"
    );
    Client::new(&SystemSection::for_test(&section)).unwrap()
}

async fn call(client: &mut Client) -> Result<Value, Error> {
    client.call("model.party.party.search", vec![json!([])], json!({})).await
}

#[tokio::test]
async fn a_session_that_ended_is_renewed_once_and_the_call_repeated() {
    const ROWS: (&str, &str) = ("200 OK", r#"{"id":$,"result":[7]}"#);
    let mut client = client(&[LOGIN_OK, PREFERENCES, ENDED, LOGIN_OK, PREFERENCES, ROWS]).await;
    assert_eq!(call(&mut client).await.unwrap(), json!([7]));
}

#[tokio::test]
async fn a_session_that_ends_at_once_is_not_renewed_for_ever() {
    let mut client = client(&[LOGIN_OK, PREFERENCES, ENDED, LOGIN_OK, PREFERENCES, ENDED]).await;
    assert!(matches!(call(&mut client).await, Err(Error::ErpRefused { .. })));
}

#[tokio::test]
async fn a_wrong_password_is_a_refusal() {
    let mut client = client(&[ENDED]).await;
    assert!(matches!(call(&mut client).await, Err(Error::ErpRefused { operation, .. }) if operation == LOGIN));
}

#[tokio::test]
async fn an_error_inside_http_200_is_an_error() {
    const DENIED: (&str, &str) = ("200 OK", r#"{"id":$,"error":["UserError",["no access\u001b[2J","",null]]}"#);
    const CRASHED: (&str, &str) = ("200 OK", r#"{"id":$,"error":["'nope'","Traceback, line 1"]}"#);
    const STRAY: (&str, &str) = ("200 OK", r#"{"id":0,"result":[7]}"#);
    let mut client = client(&[LOGIN_OK, PREFERENCES, DENIED, CRASHED, STRAY]).await;
    let denied = call(&mut client).await.unwrap_err();
    assert!(matches!(&denied, Error::ErpRefused { problem, .. } if problem == "UserError: no access[2J "), "{denied}");
    let crashed = call(&mut client).await.unwrap_err();
    assert!(matches!(&crashed, Error::ErpAnswer { .. }) && !crashed.to_string().contains("Traceback"), "{crashed}");
    assert!(matches!(call(&mut client).await, Err(Error::ErpAnswer { .. })), "an answer to another request");
}

#[tokio::test]
async fn a_busy_server_says_when_to_come_back() {
    const BUSY: (&str, &str) = ("429 TOO MANY REQUESTS\r\nretry-after: 7", "");
    let mut client = client(&[BUSY]).await;
    let asked = Some(Duration::from_secs(7));
    assert!(matches!(call(&mut client).await, Err(Error::ErpBusy { retry_after, .. }) if retry_after == asked));
}

#[tokio::test]
async fn something_else_than_json_is_no_answer() {
    let mut client = client(&[("200 OK", "<html>log in</html>")]).await;
    assert!(matches!(call(&mut client).await, Err(Error::ErpAnswer { .. })));
}
