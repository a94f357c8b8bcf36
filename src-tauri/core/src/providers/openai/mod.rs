//! OpenAI, and every server that speaks its language: Chat Completions, Embeddings, Moderations
//! and the list of models.
//!
//! Chat Completions and not Responses, because all the others speak it too.

mod answer;
mod request;

pub(super) use answer::vector;
pub(super) use request::{embed_body, moderation_body};

use serde_json::Value;
use url::Url;

use super::{
    account::{Account, AddressError},
    cloud::{
        CloudEvent, CloudRequest, EmbedRequest, Embeddings, Moderation, ModerationRequest,
        OfferedModel,
    },
    compatible::Dialect,
    error::{ProviderError, Trouble},
    http::{Http, Outgoing},
    key::ApiKey,
    stream::Framing,
};
use crate::{engine::Stop, gate::Inspected};

/// A server that speaks OpenAI's language.
#[derive(Debug, Clone)]
pub(crate) struct OpenAi {
    pub(super) account: Account,
    dialect: Dialect,
}

impl OpenAi {
    /// A server by its base address; an address with `?api-version=` is one of Azure's.
    ///
    /// # Errors
    /// [`AddressError`] when the address cannot be used, or a key would not be safe there.
    pub(crate) fn new(base: &str, key: Option<ApiKey>) -> Result<Self, AddressError> {
        let account = Account::new(base, key)?;
        let written = Url::parse(base.trim()).map_err(|_| AddressError::NotAnAddress)?;
        Ok(Self {
            account,
            dialect: Dialect::of(&written),
        })
    }

    pub(super) fn body(&self, request: &CloudRequest) -> Result<Vec<u8>, ProviderError> {
        let strict = request.tools.iter().any(|tool| tool.strict);
        let shaped = request
            .schema
            .as_ref()
            .is_some_and(|wanted| !wanted.any_object);
        if (shaped || strict) && !self.dialect.holds_to_a_schema() {
            return Err(self.cannot("it cannot hold an answer or a call to a JSON Schema"));
        }
        let one_call = !request.tools.is_empty() && request.parallel_calls == Some(false);
        if one_call && !self.dialect.takes_one_call_at_a_time() {
            return Err(self.cannot("it cannot be told to call one tool at a time"));
        }
        Ok(request::body(request, &self.dialect)
            .to_string()
            .into_bytes())
    }

    /// See [`super::cloud::Cloud::chat`].
    pub(crate) fn chat(
        &self,
        http: &Http,
        request: Inspected<CloudRequest>,
        stop: &Stop,
        on_event: &mut dyn FnMut(CloudEvent),
    ) -> Result<(), ProviderError> {
        let request = request.into_inner();
        let body = self.body(&request)?;
        let outgoing = self.outgoing(&["chat", "completions"], &request.model, Some(body), "chat");
        self.account
            .chat::<answer::Decoder>(http, &outgoing, Framing::Events, stop, on_event)
    }

    /// Vectors of texts.
    ///
    /// # Errors
    /// [`ProviderError`] when there is not one vector for each text.
    pub(crate) fn embed(
        &self,
        http: &Http,
        request: Inspected<EmbedRequest>,
        stop: &Stop,
    ) -> Result<Embeddings, ProviderError> {
        let request = request.into_inner();
        let body = request::embed_body(&request);
        let answer = self.post(http, &["embeddings"], &request.model, &body, "embed", stop)?;
        answer::embeddings(&answer, request.texts.len())
            .ok_or_else(|| self.nonsense("there is not one vector for each text"))
    }

    /// What the provider's policy says of texts.
    ///
    /// # Errors
    /// [`ProviderError`] when there is not one result for each text.
    pub(crate) fn moderate(
        &self,
        http: &Http,
        request: Inspected<ModerationRequest>,
        stop: &Stop,
    ) -> Result<Vec<Moderation>, ProviderError> {
        let request = request.into_inner();
        let body = request::moderation_body(&request);
        let answer = self.post(http, &["moderations"], "", &body, "moderate", stop)?;
        answer::moderations(&answer, request.texts.len())
            .ok_or_else(|| self.nonsense("there is not one result for each text"))
    }

    /// Why it cannot be asked for something.
    pub(super) fn cannot(&self, why: &str) -> ProviderError {
        self.account.error(Trouble::Unsupported).saying(why)
    }

    /// See [`super::cloud::Cloud::models`].
    pub(crate) fn models(
        &self,
        http: &Http,
        stop: &Stop,
    ) -> Result<Vec<OfferedModel>, ProviderError> {
        let mut outgoing = self.outgoing(&["models"], "", None, "models");
        if let Dialect::Azure {
            api_version: Some(_),
        } = self.dialect
        {
            // Models are not a deployment's.
            let query = outgoing.url.query().map(str::to_owned);
            outgoing.url = self.account.url(&["openai"], &["models"]);
            outgoing.url.set_query(query.as_deref());
        }
        let answer = self.account.whole(http, &outgoing, stop)?;
        answer::models(&answer).ok_or_else(|| self.nonsense("there is no list of models"))
    }

    fn post(
        &self,
        http: &Http,
        operation: &[&str],
        model: &str,
        body: &Value,
        purpose: &'static str,
        stop: &Stop,
    ) -> Result<Value, ProviderError> {
        let body = body.to_string().into_bytes();
        let outgoing = self.outgoing(operation, model, Some(body), purpose);
        self.account.whole(http, &outgoing, stop)
    }

    fn outgoing(
        &self,
        operation: &[&str],
        model: &str,
        body: Option<Vec<u8>>,
        purpose: &'static str,
    ) -> Outgoing {
        let mut url = self.account.url(&self.dialect.root(model), operation);
        if let Dialect::Azure {
            api_version: Some(version),
        } = &self.dialect
        {
            url.query_pairs_mut().append_pair("api-version", version);
        }
        let (header, before) = self.dialect.key_header();
        Outgoing {
            url,
            headers: self.account.key_header(header, before),
            body,
            purpose,
        }
    }

    fn nonsense(&self, said: &str) -> ProviderError {
        self.account.error(Trouble::Nonsense).saying(said)
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn azure_is_asked_by_deployment_and_version_and_other_servers_below_their_base() {
        let url = |base: &str| {
            let provider = OpenAi::new(base, None).unwrap();
            let outgoing = provider.outgoing(&["chat", "completions"], "my-gpt", None, "chat");
            outgoing.url.to_string()
        };
        for (base, asked) in [
            (
                "https://api.openai.com/v1",
                "https://api.openai.com/v1/chat/completions",
            ),
            (
                "https://firm.openai.azure.com/?api-version=2024-10-21",
                "https://firm.openai.azure.com/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21",
            ),
            (
                "https://firm.openai.azure.com",
                "https://firm.openai.azure.com/openai/v1/chat/completions",
            ),
            (
                "https://firm.openai.azure.com/openai/v1/",
                "https://firm.openai.azure.com/openai/v1/chat/completions",
            ),
            (
                "https://firm.openai.azure.com/openai?api-version=2024-10-21",
                "https://firm.openai.azure.com/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21",
            ),
            (
                "https://generativelanguage.googleapis.com/v1beta/openai/",
                "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
            ),
        ] {
            assert_eq!(url(base), asked);
        }
    }
}
