//! Legal forms as they stand after the name of a firm.

/// In capitals and small letters as they are written, without a closing dot; the longest of those
/// that begin alike comes first.
const LEGAL_FORMS: &[&str] = &[
    "GmbH & Co. KGaA",
    "GmbH & Co. KG",
    "GmbH & Co KG",
    "AG & Co. KG",
    "gGmbH",
    "GmbH",
    "mbH",
    "UG (haftungsbeschränkt)",
    "UG",
    "KGaA",
    "KG",
    "OHG",
    "GbR",
    "PartG mbB",
    "PartGmbB",
    "PartG",
    "e.V",
    "e. V",
    "eG",
    "e.G",
    "e.K",
    "AG",
    "SE",
    "Ges.m.b.H",
    "Limited",
    "Ltd",
    "LLP",
    "LLC",
    "L.L.C",
    "PLC",
    "plc",
    "Incorporated",
    "Inc",
    "Corporation",
    "Corp",
    "Pty Ltd",
    "Pty. Ltd",
    "Pvt. Ltd",
    "Pvt Ltd",
    "Private Limited",
    "SARL",
    "S.A.R.L",
    "SASU",
    "SAS",
    "S.A.S",
    "EURL",
    "SNC",
    "SCI",
    "S.A.U",
    "S.A",
    "SA",
    "S.L.U",
    "S.L",
    "SL",
    "S.C",
    "S.p.A",
    "SpA",
    "S.P.A",
    "S.r.l",
    "Srl",
    "SRL",
    "S.R.L",
    "S.n.c",
    "S.a.s",
    "Lda",
    "Ltda",
    "EIRELI",
    "S/A",
    "B.V",
    "BV",
    "N.V",
    "NV",
    "V.O.F",
    "VOF",
    "CV",
    "Sp. z o.o",
    "sp. z o.o",
    "sp. z o. o",
    "Spółka z o.o",
    "sp. k",
    "sp.k",
    "sp. j",
    "AB",
    "HB",
    "Aktiebolag",
    "A/S",
    "ApS",
    "AS",
    "ASA",
    "Oyj",
    "Oy",
    "s.r.o",
    "spol. s r.o",
    "a.s",
    "v.o.s",
    "k.s",
    "Kft",
    "Zrt",
    "Nyrt",
    "d.o.o",
    "d.d",
    "S.à r.l",
];

/// The forms by their first letter, as nearly every capitalised word is asked for one.
pub(super) struct LegalForms {
    by_letter: [Vec<&'static str>; 128],
}

impl LegalForms {
    pub(super) fn new() -> Self {
        let mut by_letter = [const { Vec::new() }; 128];
        for form in LEGAL_FORMS {
            by_letter[usize::from(form.as_bytes()[0]) & 0x7f].push(*form);
        }
        Self { by_letter }
    }

    /// Where the legal form ends that stands after `at`, behind a space or a comma; `None` if none
    /// does.
    pub(super) fn end(&self, text: &str, at: usize) -> Option<usize> {
        let rest = &text[at..];
        let rest = rest.strip_prefix(',').unwrap_or(rest);
        let form = rest.strip_prefix([' ', '\u{a0}'])?;
        let candidates = self.by_letter.get(usize::from(*form.as_bytes().first()?))?;
        let fits = |name: &&&str| {
            let after = form.strip_prefix(**name);
            after.is_some_and(|after| !after.starts_with(char::is_alphanumeric))
        };
        let name = candidates.iter().find(fits)?;
        let end = text.len() - form.len() + name.len();
        let dotted = name.contains('.') || matches!(*name, "Ltd" | "Inc" | "Corp");
        Some(end + usize::from(dotted && text[end..].starts_with('.')))
    }
}
