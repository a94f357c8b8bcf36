//! Whose national numbers are looked for.

/// ISO 3166 alpha-2 of every country with rules: the EU, Switzerland, Norway, the United Kingdom, the
/// United States, Canada, Australia, India, Brazil, Japan.
const KNOWN: [&str; 36] = [
    "AT", "AU", "BE", "BG", "BR", "CA", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB",
    "GR", "HR", "HU", "IE", "IN", "IT", "JP", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO",
    "SE", "SI", "SK", "US",
];

/// A set of countries. What is no country's (cards, e-mail, secrets) is looked for with any set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Countries(Vec<&'static str>);

/// A country that has no rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no rules for the country “{0}”; there are rules for {list}", list = KNOWN.join(", "))]
pub struct UnknownCountry(pub String);

impl Countries {
    /// Every country with rules.
    pub fn all() -> Self {
        Self(KNOWN.to_vec())
    }

    /// These alone, by ISO 3166 alpha-2 in any case; UK and EL are taken for GB and GR.
    ///
    /// # Errors
    /// [`UnknownCountry`] for the first one without rules.
    pub fn only<'a>(codes: impl IntoIterator<Item = &'a str>) -> Result<Self, UnknownCountry> {
        let known = |code: &str| {
            let upper = code.trim().to_ascii_uppercase();
            let iso = match upper.as_str() {
                "UK" => "GB",
                "EL" => "GR",
                other => other,
            };
            KNOWN.into_iter().find(|known| *known == iso)
        };
        let codes = codes.into_iter();
        codes
            .map(|code| known(code).ok_or_else(|| UnknownCountry(code.trim().to_owned())))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether a country is in the set.
    pub fn has(&self, code: &str) -> bool {
        self.0.contains(&code)
    }

    /// The countries of the set.
    pub fn codes(&self) -> &[&'static str] {
        &self.0
    }
}

impl Default for Countries {
    fn default() -> Self {
        Self::all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_named_as_people_name_them() {
        let chosen = Countries::only(["de", " uk", "GR"]).unwrap();
        assert!(chosen.has("DE") && chosen.has("GB") && chosen.has("GR") && !chosen.has("US"));
        let error = Countries::only(["de", "xx"]).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("no rules for the country “xx”"),
            "{error}"
        );
    }
}
