//! AWS's SDK reads an answer to its end; here it has a bound, whatever the answer says of its length.

use std::time::{Duration, Instant};

use stockade::secret::SecretText;
use stockade_services::aws_secrets::{AwsOptions, SecretsManager};

use super::s3_server::{What, s3};

#[test]
fn an_answer_without_a_length_and_without_an_end_is_not_read_to_it() {
    let server = s3();
    server.always("POST", "", What::Endless);
    let secret = SecretText::new("of-a-test".to_owned());
    let mut options = AwsOptions::default();
    options.region = Some("eu-west-1");
    options.endpoint = Some(&server.url);
    options.key = Some(("AKIDEXAMPLE", &secret));
    let service = SecretsManager::open(&options).unwrap();
    let begun = Instant::now();
    let error = service.read("a").unwrap_err().to_string();
    assert!(error.contains("more than 16777216 bytes"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
