//! Where servers that speak OpenAI's language speak it differently.
//!
//! llama-server, vLLM, LM Studio and most others take what OpenAI takes; how their answers differ
//! is met in [`super::openai`], for any server may differ so. Here is only what a request must have.

use serde_json::{Value, json};
use url::Url;

use super::cloud::Effort;

/// A manner of speaking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Dialect {
    OpenAi,
    /// Azure's older addresses name a deployment and a version; without a version, it is `/openai/v1`.
    Azure {
        api_version: Option<String>,
    },
    OpenRouter,
    Mistral,
    DeepSeek,
    Groq,
    /// Gemini's compatible endpoint.
    Google,
    /// llama-server, vLLM, LM Studio, and any other.
    Other,
}

impl Dialect {
    /// By the host and, for Azure, the version in the address that the person entered.
    pub(crate) fn of(base: &Url) -> Self {
        let host = base.host_str().unwrap_or_default();
        let is = |domain: &str| {
            host == domain
                || host
                    .strip_suffix(domain)
                    .is_some_and(|sub| sub.ends_with('.'))
        };
        if is("openai.azure.com")
            || is("cognitiveservices.azure.com")
            || is("services.ai.azure.com")
        {
            let mut query = base.query_pairs();
            let version = query.find(|(name, _)| name == "api-version");
            return Self::Azure {
                api_version: version.map(|(_, version)| version.into_owned()),
            };
        }
        match () {
            () if is("openai.com") => Self::OpenAi,
            () if is("openrouter.ai") => Self::OpenRouter,
            () if is("mistral.ai") => Self::Mistral,
            () if is("deepseek.com") => Self::DeepSeek,
            () if is("groq.com") => Self::Groq,
            () if is("googleapis.com") => Self::Google,
            () => Self::Other,
        }
    }

    /// The header of the key, and what stands before the key in it.
    pub(super) fn key_header(&self) -> (&'static str, &'static str) {
        match self {
            Self::Azure { .. } => ("api-key", ""),
            _ => ("authorization", "Bearer "),
        }
    }

    /// OpenAI's reasoning models refuse the old name; Mistral and older servers the new one.
    pub(super) fn max_tokens_field(&self) -> &'static str {
        match self {
            Self::OpenAi | Self::Azure { .. } => "max_completion_tokens",
            _ => "max_tokens",
        }
    }

    pub(super) fn seed_field(&self) -> &'static str {
        match self {
            Self::Mistral => "random_seed",
            _ => "seed",
        }
    }

    /// Mistral counts tokens without being asked, and refuses to be asked.
    pub(super) fn asks_for_usage(&self) -> bool {
        *self != Self::Mistral
    }

    /// DeepSeek can promise JSON, but no schema.
    pub(super) fn holds_to_a_schema(&self) -> bool {
        *self != Self::DeepSeek
    }

    /// Of the others, LM Studio refuses the word for any JSON object, and takes a schema of one.
    pub(super) fn has_a_word_for_any_object(&self) -> bool {
        *self != Self::Other
    }

    /// DeepSeek's reference has no word for it, so it would be passed over.
    pub(super) fn takes_one_call_at_a_time(&self) -> bool {
        *self != Self::DeepSeek
    }

    /// The field that says how much to think, if there is one.
    pub(super) fn effort(&self, effort: Effort) -> Option<(&'static str, Value)> {
        match self {
            Self::Mistral | Self::DeepSeek => None,
            Self::OpenRouter => Some(("reasoning", json!({ "effort": effort.name() }))),
            _ => Some(("reasoning_effort", effort.name().into())),
        }
    }

    /// What stands before an operation on a model, below the base address.
    pub(super) fn root<'a>(&self, model: &'a str) -> Vec<&'a str> {
        match self {
            Self::Azure {
                api_version: Some(_),
            } => vec!["openai", "deployments", model],
            Self::Azure { api_version: None } => vec!["openai", "v1"],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn azure_has_a_header_of_its_own_for_the_key() {
        let azure = Dialect::Azure { api_version: None };
        assert_eq!(azure.key_header(), ("api-key", ""));
        assert_eq!(Dialect::Other.key_header(), ("authorization", "Bearer "));
    }

    #[test]
    fn a_dialect_is_known_by_its_host_and_not_by_a_part_of_it() {
        for (base, dialect) in [
            ("https://api.openai.com/v1", Dialect::OpenAi),
            ("https://openrouter.ai/api/v1", Dialect::OpenRouter),
            ("https://api.mistral.ai/v1", Dialect::Mistral),
            ("https://api.deepseek.com", Dialect::DeepSeek),
            ("https://api.groq.com/openai/v1", Dialect::Groq),
            (
                "https://generativelanguage.googleapis.com/v1beta/openai",
                Dialect::Google,
            ),
            ("https://notopenai.com/v1", Dialect::Other),
            ("https://openai.com.example.net/v1", Dialect::Other),
            ("http://localhost:8080/v1", Dialect::Other),
            (
                "https://firm.openai.azure.com",
                Dialect::Azure { api_version: None },
            ),
            (
                "https://firm.openai.azure.com?api-version=2024-10-21",
                Dialect::Azure {
                    api_version: Some("2024-10-21".into()),
                },
            ),
        ] {
            assert_eq!(Dialect::of(&Url::parse(base).unwrap()), dialect, "{base}");
        }
    }
}
