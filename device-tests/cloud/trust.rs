//! Servers that nobody here trusts.

use std::{io::Read as _, net::TcpListener, thread, time::Duration};

use stockade::secret::SecretText;
use stockade_services::{
    endpoint::{Endpoint, HttpError},
    keymanager::Keymanager,
};

/// A server that speaks no TLS, on an https URL: the token must not be sent.
#[test]
fn nothing_is_said_before_tls_is_there() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let heard = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        let mut heard = vec![0; 4096];
        let len = stream.read(&mut heard).unwrap();
        heard.truncate(len);
        heard
    });
    let endpoint = Endpoint::new(&url, None, Duration::from_secs(2)).unwrap();
    let client = Keymanager::new(endpoint.with_bearer(&SecretText::new("api-token".to_owned())));
    assert!(client.list().is_err());
    let heard = heard.join().unwrap();
    assert!(!heard.windows(9).any(|window| window == b"api-token"));
}

#[test]
fn a_file_without_a_certificate_is_no_authority() {
    let error = Endpoint::new("https://host", Some(b"no pem"), Duration::from_secs(1)).unwrap_err();
    assert!(matches!(error, HttpError::NoCertificate));
}
