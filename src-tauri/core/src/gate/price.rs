//! The fourth step of a call: what it can cost, counted before, and what it did cost, after.

use jiff::Timestamp;
use rusqlite::Connection;
use tiktoken_rs::tokenizer::{self, Tokenizer};

mod pictures;

use super::{decide::Decided, route::CloudModel};
use crate::{
    accounts::ProviderKind,
    costs::{
        estimate::{self, Ahead, Caching, Counting, Tokens, Usage},
        limits,
        listing::Service,
        prices::{self, Price, PriceError, Wanted},
    },
    money::Money,
};

/// Tokens that a model elsewhere may write unless the person says otherwise, reasoning included.
/// Without a limit nobody could say what a call costs at most, and no budget could hold. Less where
/// the model cannot write as much, or its context has no room for it.
pub(super) const MAX_OUTPUT: u32 = 16_384;

/// Tokens that an answer has room for at least where our estimate of the prompt says that it has none.
const LEAST_ROOM: u64 = 1_024;

/// In fewer tokens than this there is room for no answer.
const NO_ANSWER: u64 = 64;

/// Texts longer than this are counted by their length: counting exactly takes a second for some
/// megabytes, and a person is typing.
const COUNTED_EXACTLY: usize = 400_000;

/// Tokens around each message of a conversation, as OpenAI's guide to counting has them.
pub(super) const AROUND_A_MESSAGE: u64 = 4;

/// Tokens of what a provider tells its model of how tools are called, which nobody sees: the most that
/// Anthropic's guide to tools has for a model.
const AROUND_TOOLS: u64 = 530;

/// What is known of the money of a call before it is made.
#[derive(Debug, Clone)]
pub(super) struct Pricing {
    /// The price that holds; `None`: none is known, or none is needed.
    pub price: Option<Price>,
    /// Whether nobody bills it: a server of one's own without a price.
    pub free: bool,
    /// Tokens of the prompt by our own count.
    pub prompt_tokens: u64,
    /// Whether that is the model's own way of counting.
    pub exact: bool,
    /// Whether nobody knows how the model counts the pictures in it, which are then not in the count.
    pub uncounted: bool,
    /// Whether the model can look at pictures; `None`: not known.
    pub sees: Option<bool>,
    /// The most that somebody asked for; `None`: nobody did.
    asked_output: Option<u32>,
    /// The most that it may write where nobody asked, and there is room for it.
    usual_output: u32,
    /// Tokens that its prompt and its answer may have together, where its provider says so.
    context: Option<u64>,
    /// What its server speaks.
    kind: ProviderKind,
}

impl Pricing {
    /// Look the price up and count everything that leaves: the texts, and the `instruction` to keep
    /// placeholders where it goes with them.
    ///
    /// # Errors
    /// [`rusqlite::Error`] when the database fails.
    pub(super) fn of(
        conn: &Connection,
        cloud: &CloudModel,
        decided: &Decided,
        instruction: Option<&str>,
        max_output: Option<u32>,
        at_ms: i64,
    ) -> rusqlite::Result<Self> {
        let price = price(conn, cloud, at_ms)?;
        let texts = decided.all_texts().map(|text| text.leaving.as_str());
        let texts = texts.chain(instruction);
        let (of_texts, exact) = prompt_tokens(cloud, texts);
        let of_pictures: Option<u64> = decided
            .pictures()
            .map(|picture| pictures::tokens(cloud, picture))
            .sum();
        let model = cloud.account.model(&cloud.model);
        let limits = limits::find(conn, cloud.account.billed_as(), &cloud.model)?;
        let most = limits.and_then(|limits| limits.max_output_tokens);
        let most = most.map_or(MAX_OUTPUT, |most| {
            u32::try_from(most).unwrap_or(u32::MAX).clamp(1, MAX_OUTPUT)
        });
        Ok(Self {
            free: price.is_none() && cloud.account.is_free(&cloud.model),
            price,
            prompt_tokens: of_texts + of_pictures.unwrap_or(0),
            exact: exact && decided.shown() == 0,
            uncounted: of_pictures.is_none(),
            sees: limits.and_then(|limits| limits.takes_pictures),
            asked_output: max_output,
            usual_output: most,
            context: model
                .and_then(|model| model.context_tokens)
                .or_else(|| least_listed(cloud)),
            kind: cloud.account.kind,
        })
    }

    /// The most that it may write: what somebody asked for, else as much as there is room for.
    pub(super) fn max_output(&self) -> u32 {
        let room = self.context.map(|context| {
            let room = context.saturating_sub(self.most_prompt());
            if self.exact {
                return room.max(1);
            }
            // An estimate may be as far above the truth as below it: twice the estimate would leave nothing of a
            // context that is half full, so half of what it leaves itself is never given up. In alphabets that a
            // model knows well it may be three times the truth: where it leaves next to nothing, an answer still
            // has [`LEAST_ROOM`]. A prompt that is too long after all is refused, and told as that.
            let left = context.saturating_sub(self.prompt_tokens) / 2;
            let least = match left < NO_ANSWER {
                true => LEAST_ROOM.min(context / 4),
                false => 0,
            };
            room.max(left).max(least).max(1)
        });
        let room = room.map_or(u32::MAX, |room| u32::try_from(room).unwrap_or(u32::MAX));
        self.asked_output
            .unwrap_or_else(|| self.usual_output.min(room))
    }

    /// The limit that is sent. None where nobody asked for one, nobody bills, and the server says how much its
    /// models read, as vLLM does: it lets a model write into all the room it has, and refuses a limit that is
    /// beyond it. Others, such as the server of MLX, would end each answer after some hundred tokens.
    pub(super) fn limit(&self) -> Option<u32> {
        let needs_none =
            self.free && self.kind == ProviderKind::Compatible && self.context.is_some();
        match self.asked_output {
            None if needs_none => None,
            _ => Some(self.max_output()),
        }
    }

    /// The most tokens that the prompt can have. Our count may be a little low, so a tenth is added where it is
    /// exact, and it is doubled where it is an estimate.
    fn most_prompt(&self) -> u64 {
        if self.exact {
            self.prompt_tokens + self.prompt_tokens / 10 + 16
        } else {
            self.prompt_tokens * 2 + 64
        }
    }

    /// Count so many pictures whose size nobody has looked at, each as the largest.
    pub(super) fn count_pictures(&mut self, cloud: &CloudModel, count: u32) {
        self.exact &= count == 0;
        match pictures::most(cloud) {
            Some(most) => self.prompt_tokens += u64::from(count) * most,
            None => self.uncounted |= count > 0,
        }
    }

    /// Count what is said of tools beside their descriptions. OpenAI writes these shorter than they are sent.
    pub(super) fn count_tools(&mut self) {
        if !self.exact {
            self.prompt_tokens += AROUND_TOOLS;
        }
    }

    /// The most that the call can cost; `None`: not known.
    pub(super) fn most(&self) -> Option<Money> {
        if self.free {
            return Some(Money::ZERO);
        }
        if self.uncounted {
            return None;
        }
        let ahead = Ahead {
            prompt: self.most_prompt(),
            max_output: u64::from(self.max_output()),
            caching: Caching::Writes,
        };
        estimate::most(&self.price.as_ref()?.listing, &ahead).ok()
    }

    /// About what the call will cost: its prompt, and as much again as an answer, at most what it
    /// may write. `None`: not known.
    pub(super) fn about(&self) -> Option<Money> {
        if self.free {
            return Some(Money::ZERO);
        }
        if self.uncounted {
            return None;
        }
        let tokens = Tokens {
            input: self.prompt_tokens,
            output: u64::from(self.max_output()).min(USUAL_ANSWER),
            ..Tokens::default()
        };
        estimate::cost(&self.price.as_ref()?.listing, &tokens).ok()
    }

    /// What a call cost; `None`: not known. `by_provider`: whether the provider counted the prompt.
    pub(super) fn cost(&self, tokens: &Tokens, by_provider: bool) -> Option<Money> {
        if self.free {
            return Some(Money::ZERO);
        }
        if self.uncounted && !by_provider {
            return None;
        }
        estimate::cost(&self.price.as_ref()?.listing, tokens).ok()
    }
}

/// The least that a model of the same server reads, where that is of a person's own: it lists models that are named
/// by hand under no name, such as adapters, and none of them reads more than what they adapt.
fn least_listed(cloud: &CloudModel) -> Option<u64> {
    let account = &cloud.account;
    let listed = account.models.iter().filter_map(|of| of.context_tokens);
    listed.min().filter(|_| account.is_free(&cloud.model))
}

/// Tokens of a usual answer: two paragraphs.
const USUAL_ANSWER: u64 = 300;

/// The price of a model at a time; `None`: none is known.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(super) fn price(
    conn: &Connection,
    cloud: &CloudModel,
    at_ms: i64,
) -> rusqlite::Result<Option<Price>> {
    let found = prices::find(
        conn,
        &Wanted {
            provider: Some(cloud.account.billed_as()),
            model: &cloud.model,
            service: Service::Standard,
            at: Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH),
        },
    );
    match found {
        Ok(price) => {
            Ok(Some(price).filter(|price| cloud.account.is_billed_by(price, &cloud.model)))
        }
        Err(PriceError::Store(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// Whether a model can look at pictures; `None`: not known.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(super) fn sees(conn: &Connection, cloud: &CloudModel) -> rusqlite::Result<Option<bool>> {
    let limits = limits::find(conn, cloud.account.billed_as(), &cloud.model)?;
    Ok(limits.and_then(|limits| limits.takes_pictures))
}

/// Tokens of a prompt, and whether they are counted as the model counts.
fn prompt_tokens<'t>(cloud: &CloudModel, texts: impl Iterator<Item = &'t str>) -> (u64, bool) {
    let mut exact = is_encoding_known(cloud);
    let tokens = texts.map(|text| {
        exact &= text.len() <= COUNTED_EXACTLY;
        AROUND_A_MESSAGE + own_count(cloud, text)
    });
    let sum = tokens.sum();
    (sum, exact)
}

/// Tokens of a text that was written or sent, by our own count.
pub(super) fn own_count(cloud: &CloudModel, text: &str) -> u64 {
    if cloud.account.kind != ProviderKind::OpenAi || text.len() > COUNTED_EXACTLY {
        return estimated(text);
    }
    match tokenizer::get_tokenizer(&cloud.model) {
        Some(Tokenizer::Cl100kBase) => {
            tiktoken_rs::cl100k_base_singleton().count_ordinary(text) as u64
        }
        _ => openai_tokens(text),
    }
}

/// Whether [`own_count`] counts as the model does. One that is newer than this program is counted as today's are,
/// and nobody knows here whether it counts so.
fn is_encoding_known(cloud: &CloudModel) -> bool {
    cloud.account.kind == ProviderKind::OpenAi
        && matches!(
            tokenizer::get_tokenizer(&cloud.model),
            Some(Tokenizer::Cl100kBase | Tokenizer::O200kBase | Tokenizer::O200kHarmony)
        )
}

/// Tokens of a text as OpenAI's models of today count.
pub(crate) fn openai_tokens(text: &str) -> u64 {
    tiktoken_rs::o200k_base_singleton().count_ordinary(text) as u64
}

/// An estimate for other tokenizers: one token for 3.5 bytes of text in the Latin alphabet, and one
/// for each letter of the others, of which most have two or three bytes. It is meant to be rather
/// high than low.
pub(super) fn estimated(text: &str) -> u64 {
    let others = text
        .chars()
        .filter(|letter| *letter as u32 >= 0x0250)
        .count() as u64;
    let latin = text.chars().count() as u64 - others;
    (latin * 2).div_ceil(7) + others
}

/// What a provider counted, each token in one place.
pub(super) fn tokens(cloud: &CloudModel, usage: Usage) -> Tokens {
    // By what it speaks, whoever bills it: Anthropic counts otherwise where it is asked as OpenAI is.
    let counting = match cloud.account.kind {
        ProviderKind::Anthropic => Counting::CacheApart,
        ProviderKind::OpenAi | ProviderKind::Compatible | ProviderKind::Ollama => {
            Counting::CacheIncluded
        }
    };
    Tokens::of(usage, counting)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{accounts::Account, ids::AccountId, policy::Destination};

    #[test]
    fn the_estimate_is_near_and_rather_high() {
        let english =
            "The notice period in this lease is three months to the end of a month. ".repeat(40);
        let counted = openai_tokens(&english);
        let guess = estimated(&english);
        assert!(
            guess >= counted && guess < counted * 3 / 2,
            "{guess} for {counted}"
        );
        let chinese = "这份租约的通知期为三个月。".repeat(40);
        let (counted, guess) = (openai_tokens(&chinese), estimated(&chinese));
        assert!(guess >= counted, "{guess} for {counted}");
    }

    fn of_openai(model: &str) -> CloudModel {
        CloudModel {
            account: Account {
                id: AccountId::new(),
                kind: ProviderKind::OpenAi,
                name: "OpenAI".into(),
                base_url: "https://api.openai.com/v1".into(),
                destination: Destination::Cloud,
                context_tokens: None,
                has_key: true,
                models: Vec::new(),
                models_read_at_ms: None,
            },
            model: model.into(),
        }
    }

    #[test]
    fn each_model_of_openai_is_counted_by_its_own_encoding_and_one_that_nobody_knows_is_not_called_exact()
     {
        let text = "Die Kündigungsfrist beträgt drei Monate zum Monatsende. ".repeat(20);
        let cl100k = tiktoken_rs::cl100k_base_singleton().count_ordinary(&text) as u64;
        let o200k = openai_tokens(&text);
        assert_ne!(cl100k, o200k, "the text tells them apart");
        for (model, tokens, exact) in [
            ("gpt-4o-2024-08-06", o200k, true),
            ("gpt-5-mini", o200k, true),
            ("ft:gpt-4o:firm::1", o200k, true),
            ("gpt-4", cl100k, true),
            ("gpt-4-turbo", cl100k, true),
            ("gpt-3.5-turbo-0125", cl100k, true),
            ("text-embedding-3-small", cl100k, true),
            ("text-embedding-ada-002", cl100k, true),
            ("gpt-6-luna", o200k, false),
            ("davinci", o200k, false),
        ] {
            let cloud = of_openai(model);
            let counted = prompt_tokens(&cloud, [text.as_str()].into_iter());
            assert_eq!(counted, (tokens + AROUND_A_MESSAGE, exact), "{model}");
            assert_eq!(own_count(&cloud, &text), tokens, "{model}");
        }
    }

    proptest! {
        #[test]
        fn what_a_model_may_write_fits_beside_the_prompt_into_its_context(
            prompt_tokens in 0u64..40_000,
            context in prop::option::of(1u64..40_000),
            usual_output in 1u32..=MAX_OUTPUT,
            asked_output in prop::option::of(1u32..100_000),
            exact: bool,
            free: bool,
        ) {
            let pricing = Pricing {
                price: None,
                free,
                prompt_tokens,
                exact,
                uncounted: false,
                sees: None,
                asked_output,
                usual_output,
                context,
                kind: ProviderKind::Compatible,
            };
            let most = pricing.max_output();
            prop_assert!(most >= 1);
            match asked_output {
                Some(asked) => prop_assert_eq!(most, asked, "a person is taken at their word"),
                None => prop_assert!(most <= usual_output),
            }
            if let (None, Some(context)) = (asked_output, context) {
                let fits = prompt_tokens + u64::from(most) <= context;
                if exact {
                    prop_assert!(most == 1 || fits);
                } else {
                    let least = LEAST_ROOM.min(context / 4).max(1);
                    prop_assert!(fits || u64::from(most) <= least);
                    let least = u32::try_from(least.min(NO_ANSWER)).unwrap();
                    prop_assert!(most >= least.min(usual_output), "an estimate ends no answer at once");
                }
            }
            let limit = pricing.limit();
            let is_sent = !free || asked_output.is_some() || context.is_none();
            prop_assert_eq!(limit, is_sent.then_some(most));
        }
    }
}
