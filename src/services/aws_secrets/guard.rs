//! Where the SDK of AWS sends requests is looked at here: the environment and profiles may say it as
//! well. What bounds an answer is `store::bounded_client`.

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

/// Lets no request go in clear to another machine.
#[derive(Debug, Clone, Default)]
pub(super) struct Guard {
    /// Where requests go, when that is not AWS.
    elsewhere: Arc<OnceLock<String>>,
}

impl Guard {
    /// Where requests went, when that is not AWS.
    pub(super) fn elsewhere(&self) -> Option<&str> {
        self.elsewhere.get().map(String::as_str)
    }

    fn look(&self, uri: &str) -> Result<(), HttpError> {
        let bad = || HttpError::Url { url: "the endpoint of AWS".to_owned(), why: "not a URL" };
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
        Ok(self.look(context.request().uri())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_go_to_aws_or_are_said_to_go_elsewhere_and_never_in_clear() {
        for (uri, elsewhere) in [
            ("https://secretsmanager.eu-west-1.amazonaws.com/", None),
            ("https://secretsmanager.cn-north-1.amazonaws.com.cn/", None),
            ("https://aws.example:4566/", Some("https://aws.example:4566")),
            ("https://amazonaws.com.example/", Some("https://amazonaws.com.example")),
            ("http://127.0.0.1:4566/x", Some("http://127.0.0.1:4566")),
        ] {
            let guard = Guard::default();
            guard.look(uri).unwrap();
            assert_eq!(guard.elsewhere(), elsewhere, "{uri}");
        }
        for uri in ["http://192.0.2.1/", "http://secretsmanager.eu-west-1.amazonaws.com/", "/"] {
            assert!(Guard::default().look(uri).is_err(), "{uri}");
        }
    }
}
