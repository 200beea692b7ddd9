//! Checks every URL that AWS's SDK sends a request to, because environment and profiles can change it.
//! Answers are limited by `store::bounded_client`.

use std::sync::{Arc, OnceLock};

use aws_sdk_secretsmanager::{
    config::{
        ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextRef,
    },
    error::BoxError,
};

use crate::{
    endpoint::{HttpError, require_safe},
    http::Uri,
};

/// Stops requests that would go to another machine unencrypted.
#[derive(Debug, Clone, Default)]
pub(super) struct Guard {
    /// The endpoint, if it is not AWS's.
    elsewhere: Arc<OnceLock<String>>,
}

impl Guard {
    /// The endpoint that requests went to, if it is not AWS's.
    pub(super) fn elsewhere(&self) -> Option<&str> {
        self.elsewhere.get().map(String::as_str)
    }

    fn check(&self, uri: &str) -> Result<(), HttpError> {
        let bad = || HttpError::Url { url: "AWS endpoint".to_owned(), why: "not a URL" };
        let uri: Uri = uri.parse().map_err(|_| bad())?;
        let host = uri.host().ok_or_else(bad)?;
        let authority = uri.authority().ok_or_else(bad)?;
        let base = format!("{}://{authority}", uri.scheme_str().unwrap_or_default());
        require_safe(&base)?;
        let of_aws = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"];
        if !of_aws.iter().any(|end| host.ends_with(end)) {
            let _ = self.elsewhere.set(base);
        }
        Ok(())
    }
}

impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "Guard"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        Ok(self.check(context.request().uri())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_endpoints_than_aws_are_reported_and_never_reached_unencrypted() {
        for (uri, elsewhere) in [
            ("https://secretsmanager.eu-west-1.amazonaws.com/", None),
            ("https://secretsmanager.cn-north-1.amazonaws.com.cn/", None),
            ("https://aws.example:4566/", Some("https://aws.example:4566")),
            ("https://amazonaws.com.example/", Some("https://amazonaws.com.example")),
            ("http://127.0.0.1:4566/x", Some("http://127.0.0.1:4566")),
        ] {
            let guard = Guard::default();
            guard.check(uri).unwrap();
            assert_eq!(guard.elsewhere(), elsewhere, "{uri}");
        }
        for uri in ["http://192.0.2.1/", "http://secretsmanager.eu-west-1.amazonaws.com/", "/"] {
            assert!(Guard::default().check(uri).is_err(), "{uri}");
        }
    }
}
