//! AWS Secrets Manager.

use stockade_services::{aws_secrets::AwsError, endpoint::HttpError};

use super::super::{CommandError, Kind};
use super::http::untrusted;

impl From<AwsError> for CommandError {
    fn from(error: AwsError) -> Self {
        let (kind, hint) = match &error {
            AwsError::Http(HttpError::Answer { .. }) => (Kind::Protocol, ""),
            AwsError::Http(_) | AwsError::Name(_) => (Kind::Usage, ""),
            AwsError::NoRegion => (Kind::Usage, "name it with --aws-region, or in AWS_REGION"),
            AwsError::Service { code, .. } => match code.as_str() {
                "AccessDeniedException"
                | "UnrecognizedClientException"
                | "InvalidSignatureException"
                | "ExpiredTokenException" => (
                    Kind::Permission,
                    "credentials are found as by AWS's own tools: check that these have access",
                ),
                "ThrottlingException" | "Throttling" | "TooManyRequestsException" => {
                    (Kind::Busy, "it limits the rate of requests: run the same command again later")
                }
                _ => (Kind::Refused, ""),
            },
            AwsError::Untrusted { why, .. } => (Kind::Refused, untrusted(why)),
            AwsError::Unreachable { .. } => (
                Kind::NotFound,
                "are the region and the endpoint right, and does AWS's own tool connect?",
            ),
            AwsError::Occupied { .. } => {
                (Kind::Refused, "check what it is; name another prefix to keep it")
            }
            AwsError::ReadBack { .. } | AwsError::Unread { .. } => {
                (Kind::Protocol, "do not rely on what is stored there")
            }
            AwsError::TooMany { .. } | AwsError::Endless { .. } => (Kind::Protocol, ""),
            _ => (Kind::Internal, ""),
        };
        Self::hinted(kind, &error, hint)
    }
}
