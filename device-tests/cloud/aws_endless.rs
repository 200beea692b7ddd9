//! AWS's SDK reads an answer to its end, and asks for as many pages as there are; here both have a bound,
//! whatever the answer says.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use stockade::secret::SecretText;
use stockade_services::aws_secrets::{AwsOptions, SecretsManager};

use super::{
    s3_server::{What, s3},
    server::serve,
};

#[test]
fn an_answer_without_a_length_and_without_an_end_is_not_read_to_it() {
    let server = s3();
    server.always("POST", "", What::Endless);
    let service = service(&server.url);
    let begun = Instant::now();
    let error = service.read("a").unwrap_err().to_string();
    assert!(error.contains("more than 16777216 bytes"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

/// Found by the fuzz target `aws_answers`: each page has a secret, so that none is empty, and 200,000
/// requests are a long wait.
#[test]
fn pages_that_come_round_again_are_not_asked_for_to_the_limit_of_secrets() {
    for pages in [1, 3, 7] {
        let (asked, count) = (Arc::new(AtomicUsize::new(0)), pages);
        let counted = asked.clone();
        let url = serve(move |_| {
            let page = counted.fetch_add(1, Ordering::Relaxed) % count;
            let body = format!(r#"{{"SecretList":[{{"Name":"a{page}"}}],"NextToken":"{page}"}}"#);
            (200, body)
        });
        let error = service(&url).list("a").unwrap_err().to_string();
        assert!(error.contains("does not end"), "{error}");
        assert!(asked.load(Ordering::Relaxed) < 40, "{asked:?}");
    }
}

fn service(url: &str) -> SecretsManager {
    let secret = SecretText::new("of-a-test".to_owned());
    let mut options = AwsOptions::default();
    options.region = Some("eu-west-1");
    options.endpoint = Some(url);
    options.key = Some(("AKIDEXAMPLE", &secret));
    SecretsManager::open(&options).unwrap()
}
