//! What is quoted outside of a refusal: where a connection ends, and where a redirect leads to.

use http::header::AUTHORIZATION;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

/// An HTTP/2 frame.
fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, 0, 0, 0, 0, 0], payload].concat()
}

/// HTTP/2 ends a connection with a reason and whatever the server adds to it, which an error keeps (RFC 9113, section 6.8). It is told to
/// all who share the connection, so that the secret may be another's.
#[tokio::test]
async fn a_connection_that_ends_with_a_quote() {
    const ANOTHERS: &str = "xK9_pQ2vLm7-Zt4RbN8wYc1D.Hf3kQ9zLw0Xv7Tn2Rb5Yc8Md1Pa6Ge4U";
    for quoted in [None, Some(ANOTHERS)] {
        let (sent, error) = ended_with(quoted).await;
        assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
        assert!(!sent.is_empty());
        let texts = told(&error);
        assert_nothing_of_them(&sent, &texts);
        assert!(
            texts
                .iter()
                .all(|text| !text.contains("xK9_pQ2v") && !text.contains("Hf3kQ9zL")),
            "{texts:?}"
        );
    }
}

/// With this, or with the assertion.
async fn ended_with(quoted: Option<&'static str>) -> (Vec<String>, Error) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let sent = Sent::default();
    let seen = sent.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.write_all(&frame(4, &[])).await.unwrap();
            let mut read = Vec::new();
            let assertion = loop {
                stream.read_buf(&mut read).await.unwrap();
                let text = String::from_utf8_lossy(&read);
                // A signature of 2048 bits has 342 characters.
                let found = text.split_once("assertion=").map(|(_, rest)| rest.to_owned());
                if let Some(found) = found.filter(|rest| rest.rsplit('.').next().is_some_and(|s| s.len() == 342)) {
                    break found;
                }
            };
            seen.lock().unwrap().push(assertion.clone());
            let reason = [&[0, 0, 0, 0, 0, 0, 0, 1], quoted.unwrap_or(&assertion).as_bytes()].concat();
            let _ = stream.write_all(&frame(7, &reason)).await;
        }
    });
    let client = builder(&base)
        .configure_http(reqwest::ClientBuilder::http2_prior_knowledge)
        .build()
        .unwrap();
    let error = client.token(client.default_request()).await.unwrap_err();
    let sent = sent.lock().unwrap().clone();
    (sent, error)
}

/// A client that was handed in follows redirects, to a host that is called as the token is.
#[tokio::test]
async fn a_host_that_quotes_the_token() {
    let token = "a-token-of-forty-characters-or-so-0123456";
    let port = Arc::new(AtomicUsize::new(0));
    let known = port.clone();
    let server = Server::start(move |seen| {
        let elsewhere = format!("http://{token}.example:{}/elsewhere", known.load(Ordering::SeqCst));
        async move {
            match seen.path.as_str() {
                "/token" => reply(200, &json!({ "access_token": token, "expires_in": 100 }).to_string()),
                "/elsewhere" => reply(200, "another-token"),
                _ => {
                    let mut answer = reply(307, "");
                    answer.headers_mut().insert(LOCATION, elsewhere.parse().unwrap());
                    answer
                }
            }
        }
    })
    .await;
    port.store(server.port().into(), Ordering::SeqCst);
    let address = ([127, 0, 0, 1], server.port()).into();
    let http = reqwest::Client::builder()
        .no_proxy()
        .resolve(&format!("{token}.example"), address)
        .build()
        .unwrap();
    let client = builder(&server.url("")).token_http_client(http).build().unwrap();
    let error = client.altinn_token(client.default_request()).await.unwrap_err();
    let texts = told(&error);
    assert!(texts[0].contains("redirected, and (a secret) answered"), "{error}");
    assert!(texts.iter().all(|text| !text.contains("a-token-")), "{texts:?}");
}

/// An API sends the request round in circles, with what it was sent; and a caller's own address has a secret in it.
#[tokio::test]
async fn an_api_that_quotes_the_token_where_it_redirects_to() {
    let token = "a-token-of-forty-characters-or-so-0123456";
    let server = Server::start(move |seen| async move {
        if seen.path == "/token" {
            return reply(200, &json!({ "access_token": token, "expires_in": 100 }).to_string());
        }
        let mut answer = reply(302, "");
        let round = match seen.path.as_str() {
            path if path.starts_with("/query") => format!("/query?t={token}"),
            path if path.starts_with("/path") => format!("/path/{}", spelt(&token[..20], 2)),
            _ => "/user?sig=hemmelig#hemmelig".to_owned(),
        };
        answer.headers_mut().insert(LOCATION, round.parse().unwrap());
        answer
    })
    .await;
    let client = builder(&server.url("")).plain_http_to_loopback(true).build().unwrap();
    for path in ["query", "path", "user"] {
        let sent = client.http_client().get(server.url(&format!("/{path}"))).send().await;
        let texts = shown(&sent.unwrap_err());
        assert!(texts[0].contains(&server.url(&format!("/{path}"))), "{}", texts[0]);
        for text in texts {
            let pieces = token
                .as_bytes()
                .windows(PIECE)
                .map(|piece| std::str::from_utf8(piece).unwrap());
            for piece in pieces.chain(["hemmelig", "%61%2D%74"]) {
                assert!(!text.contains(piece), "{piece} is in {text}");
            }
        }
    }
    // A caller's own header, and a caller's own address.
    let own = client.http_client().get("http://127.0.0.1:1/there?sig=hemmelig");
    for own in [own.try_clone().unwrap(), own.header(AUTHORIZATION, "Basic x")] {
        let text = own.send().await.unwrap_err().to_string();
        assert!(
            text.contains("http://127.0.0.1:1/there") && !text.contains("hemmelig"),
            "{text}"
        );
    }
}
