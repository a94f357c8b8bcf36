//! Who sells calls to models: under which name we keep their prices, under which names price lists
//! have them, and where their servers are.

/// One vendor.
#[derive(Debug)]
pub(super) struct Vendor {
    /// The name that prices are kept under.
    pub(super) name: &'static str,
    /// Its names in the published file; see [`super::published`].
    pub(super) published: &'static [&'static str],
    /// Ends of the hosts of its servers.
    hosts: &'static [&'static str],
    /// Whether a price that it publishes is also that of the model's dated versions.
    pub(super) dated: bool,
    /// Whether each call also costs a web search, which no count of tokens tells.
    pub(super) always_searches: bool,
    /// Whether it sells models of others under the names that these give them.
    resells: bool,
}

const fn vendor(
    name: &'static str,
    published: &'static [&'static str],
    hosts: &'static [&'static str],
) -> Vendor {
    Vendor {
        name,
        published,
        hosts,
        dated: false,
        always_searches: false,
        resells: false,
    }
}

impl Vendor {
    const fn dated(mut self) -> Self {
        self.dated = true;
        self
    }

    const fn searches(mut self) -> Self {
        self.always_searches = true;
        self
    }

    const fn resells(mut self) -> Self {
        self.resells = true;
        self
    }
}

const VENDORS: &[Vendor] = &[
    vendor(
        "openai",
        &["openai", "text-completion-openai"],
        &["openai.com"],
    )
    .dated(),
    vendor("anthropic", &["anthropic"], &["anthropic.com"]).dated(),
    vendor(
        "google",
        &["gemini"],
        &["generativelanguage.googleapis.com"],
    )
    .dated(),
    vendor("mistral", &["mistral"], &["mistral.ai"]),
    vendor("deepseek", &["deepseek"], &["deepseek.com"]),
    vendor("xai", &["xai"], &["x.ai"]),
    vendor(
        "cohere",
        &["cohere", "cohere_chat"],
        &["cohere.ai", "cohere.com"],
    ),
    vendor("moonshot", &["moonshot"], &["moonshot.ai", "moonshot.cn"]),
    vendor("zai", &["zai"], &["z.ai"]),
    vendor("minimax", &["minimax"], &["minimax.io"]),
    vendor("perplexity", &["perplexity"], &["perplexity.ai"])
        .searches()
        .resells(),
    vendor("groq", &["groq"], &["groq.com"]).resells(),
    vendor("cerebras", &["cerebras"], &["cerebras.ai"]).resells(),
    vendor(
        "together",
        &["together_ai"],
        &["together.xyz", "together.ai"],
    )
    .resells(),
    vendor("fireworks", &["fireworks_ai"], &["fireworks.ai"]).resells(),
    vendor("openrouter", &["openrouter"], &["openrouter.ai"]).resells(),
    vendor(
        "azure",
        &["azure", "azure_text"],
        &["openai.azure.com", "cognitiveservices.azure.com"],
    )
    .resells(),
    vendor("azure_ai", &["azure_ai"], &["services.ai.azure.com"]).resells(),
];

/// The vendor that a published file calls so.
pub(super) fn published_as(name: &str) -> Option<&'static Vendor> {
    VENDORS
        .iter()
        .find(|vendor| vendor.published.contains(&name))
}

/// Whether it sells models of others under their names, so that a name alone means the maker.
pub(crate) fn resells(name: &str) -> bool {
    VENDORS
        .iter()
        .any(|vendor| vendor.name == name && vendor.resells)
}

/// The name that price lists have for a model, where its vendor gives it another one: Google's own list has all its
/// models in a folder.
pub(super) fn listed_name<'m>(vendor: &str, model: &'m str) -> Option<&'m str> {
    match vendor {
        "google" => model.strip_prefix("models/"),
        _ => None,
    }
}

/// The name that prices of a vendor are kept under, by that name or one of price lists: `google`
/// for `gemini`.
pub fn named(name: &str) -> Option<&'static str> {
    let known = VENDORS.iter().find(|vendor| vendor.name == name);
    known
        .or_else(|| published_as(name))
        .map(|vendor| vendor.name)
}

/// The name that prices of the vendor are kept under whose server this host is.
pub fn at_host(host: &str) -> Option<&'static str> {
    let host = host.to_ascii_lowercase();
    let is = |end: &&str| {
        host.strip_suffix(end)
            .is_some_and(|sub| sub.is_empty() || sub.ends_with('.'))
    };
    let vendor = VENDORS.iter().find(|vendor| vendor.hosts.iter().any(is))?;
    Some(vendor.name)
}

/// Vendors that keep the beginning of a prompt only from so many tokens on, with whichever of their models:
/// some ask for less. As their documentation says it in 2026.
const LEAST_KEPT: &[(&str, u64)] = &[("anthropic", 4_096), ("google", 4_096)];
/// The same of all others.
const LEAST_KEPT_BY_OTHERS: u64 = 1_024;

/// From so many tokens on a vendor keeps the beginning of a prompt.
pub(crate) fn least_kept(name: &str) -> u64 {
    let of_vendor = LEAST_KEPT.iter().find(|(vendor, _)| *vendor == name);
    of_vendor.map_or(LEAST_KEPT_BY_OTHERS, |(_, least)| *least)
}

/// The same in SQL, of the vendor that a column names.
pub(super) fn least_kept_sql(column: &str) -> String {
    let cases = LEAST_KEPT.iter();
    let cases: String = cases
        .map(|(vendor, least)| format!(" WHEN '{vendor}' THEN {least}"))
        .collect();
    format!("CASE {column}{cases} ELSE {LEAST_KEPT_BY_OTHERS} END")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendor_is_known_by_its_names_and_its_hosts() {
        assert_eq!(named("gemini"), Some("google"));
        assert_eq!(named("google"), Some("google"));
        assert_eq!(named("no-such-vendor"), None);
        assert_eq!(at_host("api.openai.com"), Some("openai"));
        assert_eq!(at_host("firm.openai.azure.com"), Some("azure"));
        assert_eq!(at_host("api.x.ai"), Some("xai"));
        for other in ["max.ai", "openai.com.example", "localhost", ""] {
            assert_eq!(at_host(other), None, "{other}");
        }
    }

    #[test]
    fn no_name_and_no_host_is_of_two_vendors() {
        let mut names: Vec<_> = VENDORS.iter().flat_map(|vendor| vendor.published).collect();
        let mut hosts: Vec<_> = VENDORS.iter().flat_map(|vendor| vendor.hosts).collect();
        for list in [&mut names, &mut hosts] {
            let before = list.len();
            list.sort();
            list.dedup();
            assert_eq!(list.len(), before);
        }
    }
}
