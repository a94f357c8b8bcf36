//! What went wrong, as OpenAI's and Anthropic's clients understand it.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use gatehouse_core::{
    clients::ClientError,
    engine::EngineError,
    gate::{GateError, client::ProviderSays},
    problem::{Problem, ProblemCode},
    protocol::RequestErrorKind,
};
use serde_json::{Value, json};

/// Whose language a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    OpenAi,
    Anthropic,
}

impl Dialect {
    /// By what is asked for.
    pub(crate) fn of(path: &str) -> Self {
        if path.starts_with("/v1/messages") {
            Self::Anthropic
        } else {
            Self::OpenAi
        }
    }
}

/// The status of Anthropic's own servers when they have too much to do.
const OVERLOADED: u16 = 529;

/// What OpenAI calls it when no credit is left.
const NO_CREDIT: &str = "insufficient_quota";

/// What it is called when a key is none, or not good any more.
pub(crate) const WRONG_KEY: &str = "invalid_api_key";

/// After what time it is worth asking again while something is erased.
const PAUSE: Duration = Duration::from_secs(5);

/// Why a request has no answer.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
    /// What a program can act on.
    code: &'static str,
    /// The field of the request that is meant.
    field: Option<String>,
    /// When to come again.
    pub(crate) wait: Option<Duration>,
}

impl Fault {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            code,
            field: None,
            wait: None,
        }
    }

    /// A field of the request cannot be used.
    pub(crate) fn field(name: &str, message: impl Into<String>) -> Self {
        Self {
            field: Some(name.to_owned()),
            ..Self::new(StatusCode::BAD_REQUEST, "invalid_value", message)
        }
    }

    /// What a field asks for does not exist here. `more`: what of it, and what to do, in words after its name.
    pub(crate) fn unsupported(field: &str, more: &str) -> Self {
        let message = format!("{field}{more} is not supported by the local API of Gatehouse");
        Self {
            field: Some(field.to_owned()),
            ..Self::new(StatusCode::BAD_REQUEST, "unsupported_parameter", message)
        }
    }

    /// The work ended without a word, which is no end of an answer.
    pub(crate) fn broke_off() -> Self {
        let said = "the answer broke off";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", said)
    }

    /// The same with what its provider says.
    fn told_as(self, says: ProviderSays) -> Self {
        let (status, code, wait) = match says {
            ProviderSays::TooOften { wait } => {
                (StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded", wait)
            }
            ProviderSays::NoCredit => (StatusCode::PAYMENT_REQUIRED, NO_CREDIT, None),
            ProviderSays::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "overloaded", None),
            ProviderSays::Filtered => (StatusCode::BAD_REQUEST, "content_filter", None),
            ProviderSays::NoSuchModel => (StatusCode::NOT_FOUND, "model_not_found", None),
            ProviderSays::Refused => (StatusCode::BAD_REQUEST, "provider_refused", None),
        };
        Self {
            status,
            code,
            wait,
            ..self
        }
    }

    /// The status in a language: by it clients choose the kind of error that they raise.
    fn status_in(&self, dialect: Dialect) -> StatusCode {
        match dialect {
            Dialect::OpenAi if self.code == NO_CREDIT => StatusCode::TOO_MANY_REQUESTS,
            Dialect::Anthropic if self.code == "overloaded" => {
                StatusCode::from_u16(OVERLOADED).unwrap_or(self.status)
            }
            _ => self.status,
        }
    }

    /// The same as JSON.
    pub(crate) fn body(&self, dialect: Dialect) -> Value {
        match dialect {
            Dialect::OpenAi => json!({ "error": {
                "message": self.message,
                "type": self.openai_type(),
                "param": self.field,
                "code": self.code,
            } }),
            Dialect::Anthropic => json!({
                "type": "error",
                "error": { "type": self.anthropic_type(), "message": self.message },
            }),
        }
    }

    fn openai_type(&self) -> &'static str {
        match self.status.as_u16() {
            401 => "authentication_error",
            403 => "permission_error",
            404 => "not_found_error",
            402 => NO_CREDIT,
            429 => "rate_limit_error",
            400..=499 => "invalid_request_error",
            _ => "server_error",
        }
    }

    fn anthropic_type(&self) -> &'static str {
        match self.status.as_u16() {
            401 => "authentication_error",
            402 => "billing_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            503 => "overloaded_error",
            400..=499 => "invalid_request_error",
            _ => "api_error",
        }
    }

    pub(crate) fn response(&self, dialect: Dialect) -> Response {
        let mut response = json_response(self.status_in(dialect), &self.body(dialect));
        if let Some(wait) = self.wait {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}

/// A document as an answer.
pub(crate) fn json_response(status: StatusCode, body: &Value) -> Response {
    json_text(status, body.to_string())
}

/// The same where it is written already.
pub(crate) fn json_text(status: StatusCode, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

impl From<GateError> for Fault {
    fn from(error: GateError) -> Self {
        let says = error.provider_says();
        let wait = matches!(error, GateError::Paused).then_some(PAUSE);
        let key_is_gone = matches!(
            error,
            GateError::Client(ClientError::Revoked | ClientError::Expired)
        );
        let for_programs = has_a_hint_for_programs(&error);
        let mut problem = Problem::from(error);
        if key_is_gone {
            // It was good when the request came.
            return Self::new(StatusCode::UNAUTHORIZED, WRONG_KEY, problem.to_string());
        }
        if !for_programs {
            problem.hint = None;
        }
        let fault = Self {
            wait,
            ..Self::from(problem)
        };
        match says {
            None => fault,
            Some(says) => fault.told_as(says),
        }
    }
}

/// Most hints speak to the person at the window, of what is kept there and of its screens.
fn has_a_hint_for_programs(error: &GateError) -> bool {
    matches!(
        error,
        GateError::ModelUnknown(_)
            | GateError::NobodyLooks { .. }
            | GateError::Paused
            | GateError::Engine(EngineError::Request {
                kind: RequestErrorKind::NoGap,
                ..
            })
    )
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        use ProblemCode as Code;
        let (status, code) = match problem.code {
            Code::InvalidInput | Code::BadConstraint => (400, "invalid_value"),
            Code::PromptTooLong => (400, "context_length_exceeded"),
            Code::BudgetReached => (402, "budget_reached"),
            Code::NotAllowed | Code::ReviewFirst => (403, "blocked_by_policy"),
            Code::NotFound => (404, "model_not_found"),
            Code::ModelRefused => (400, "model_cannot"),
            Code::Cancelled => (499, "cancelled"),
            Code::KeyWrong => (502, "provider_key_wrong"),
            Code::Provider => (502, "provider_failed"),
            Code::Busy => (503, "busy"),
            Code::Offline => (503, "offline"),
            Code::NoModel | Code::ModelMissing | Code::ModelTooLarge => (503, "no_model"),
            Code::EngineDied | Code::DiskFull | Code::DataUnusable | Code::Internal => {
                (500, "internal")
            }
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::new(status, code, problem.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_stopped_is_an_error_that_no_client_tries_again() {
        let fault = Fault::from(GateError::Engine(EngineError::Stopped));
        assert_eq!(fault.status_in(Dialect::OpenAi).as_u16(), 499);
        assert_eq!(fault.status_in(Dialect::Anthropic).as_u16(), 499);
        assert_eq!(fault.body(Dialect::OpenAi)["error"]["code"], "cancelled");
    }

    #[test]
    fn a_key_that_was_taken_back_since_the_request_came_is_the_clients_and_not_a_providers() {
        for gone in [ClientError::Revoked, ClientError::Expired] {
            let fault = Fault::from(GateError::Client(gone));
            assert_eq!(fault.status, StatusCode::UNAUTHORIZED);
            assert_eq!(fault.body(Dialect::OpenAi)["error"]["code"], WRONG_KEY);
            let kind = &fault.body(Dialect::Anthropic)["error"]["type"];
            assert_eq!(*kind, "authentication_error");
        }
    }

    #[test]
    fn a_program_is_told_nothing_of_the_window_and_of_what_is_kept_there() {
        let model = || "m".to_owned();
        let kept = Fault::from(GateError::UncountedPictures { model: model() });
        assert!(!kept.message.contains("is kept"), "{}", kept.message);
        assert!(kept.message.contains("counts pictures"), "{}", kept.message);
        let none = Fault::from(GateError::NoModel);
        assert!(!none.message.contains("screen"), "{}", none.message);
        let unknown = Fault::from(GateError::ModelUnknown(model()));
        assert!(
            unknown.message.contains("/v1/models"),
            "{}",
            unknown.message
        );
    }

    #[test]
    fn while_something_is_erased_a_program_is_told_to_come_again() {
        let fault = Fault::from(GateError::Paused);
        assert!(fault.message.contains("erased"), "{}", fault.message);
        let response = fault.response(Dialect::OpenAi);
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "5");
    }

    #[test]
    fn work_that_broke_off_is_a_fault_of_this_program_for_every_client() {
        let fault = Fault::broke_off();
        assert_eq!(fault.status, StatusCode::INTERNAL_SERVER_ERROR);
        let kind = |dialect| fault.body(dialect)["error"]["type"].clone();
        assert_eq!(kind(Dialect::OpenAi), "server_error");
        assert_eq!(kind(Dialect::Anthropic), "api_error");
    }
}
