//! What a person enters for an account, and the account that it makes.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{Account, AccountError, ProviderKind};
use crate::{ids::AccountId, policy::Destination};

/// What a person enters for an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AccountInput {
    /// What language it speaks.
    pub kind: ProviderKind,
    /// What to call it; empty: as its provider is called.
    pub name: String,
    /// The base address; empty: the provider's own.
    pub base_url: String,
    /// Whose computer answers there; `None`: by the address.
    pub destination: Option<Destination>,
    /// For Ollama: how many tokens a conversation may have; `None`: as many as it needs.
    pub context_tokens: Option<u32>,
}

impl AccountInput {
    /// The account that this describes, with no models yet.
    ///
    /// # Errors
    /// [`AccountError`] when something is missing or out of range.
    pub fn account(&self, id: AccountId) -> Result<Account, AccountError> {
        let (name, base_url) = self.kind.usual();
        let or = |given: &str, usual: &str| match given.trim() {
            "" => usual.to_owned(),
            given => given
                .chars()
                .filter(|c| !c.is_control())
                .take(200)
                .collect(),
        };
        let (name, base_url) = (or(&self.name, name), or(&self.base_url, base_url));
        if name.is_empty() || base_url.is_empty() {
            return Err(AccountError::Incomplete);
        }
        if let Some(context) = self
            .context_tokens
            .filter(|n| !(512..=1_048_576).contains(n))
        {
            return Err(AccountError::Context(context));
        }
        let destination = self
            .destination
            .unwrap_or_else(|| Destination::of_address(&base_url));
        Ok(Account {
            id,
            kind: self.kind,
            name,
            base_url,
            destination,
            context_tokens: self.context_tokens,
            has_key: false,
            models: Vec::new(),
            models_read_at_ms: None,
        })
    }
}
