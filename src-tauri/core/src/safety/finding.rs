//! What an inspection finds: a kind, a place, how sure it is, and why.

use std::{borrow::Cow, ops::Range, sync::Arc};

/// How careful policy is with a kind of data. "Nothing" is a text without findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DataClass {
    /// Says who a person is, or how to reach, pay or recognise them.
    Personal,
    /// The special categories of Article 9 of the GDPR, health above all, and what Article 10 guards:
    /// convictions.
    Special,
    /// Opens something: a key, a password, a token. It never leaves.
    Secret,
}

/// One thing found in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// Where: bytes of the text as it was given, on character boundaries.
    pub bytes: Range<usize>,
    /// How sure, from 0.0 to 1.0.
    pub score: f32,
    /// Whether a check digit, a registry or an equal proof held.
    pub validated: bool,
    /// Which rule found it, such as `credit-card/visa`.
    pub rule: Cow<'static, str>,
    /// Why, for people: "16 digits of a Visa card; the check digit is right".
    pub reason: Cow<'static, str>,
}

/// Something that finds what rules cannot: names by context, or a model. It is asked after the
/// rules, and what it finds joins theirs before overlaps are resolved.
pub trait Tier: Send + Sync {
    /// Everything that this tier finds in `text`, in any order; `known` is what the tiers before
    /// it found, in any order and overlapping (an e-mail address says whose name to look for).
    fn find(&self, text: &str, known: &[Finding]) -> Vec<Finding>;
}

/// Where findings lie in Unicode scalar values, in one pass over the text.
///
/// `findings` are sorted by their start and do not overlap, as a scan returns them.
pub fn char_spans(text: &str, findings: &[Finding]) -> Vec<Range<usize>> {
    let (mut byte, mut letter) = (0, 0);
    let mut advance = |to: usize| {
        letter += text.get(byte..to).map_or(0, |part| part.chars().count());
        byte = to;
        letter
    };
    findings
        .iter()
        .map(|finding| {
            let start = advance(finding.bytes.start);
            start..advance(finding.bytes.end)
        })
        .collect()
}

macro_rules! kinds {
    ($($variant:ident $name:literal $class:ident $label:literal;)*) => {
        /// What a finding is. [`Kind::name`] follows Presidio where it has the kind.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum Kind {
            $(#[doc = $label] $variant,)*
            /// Found by a rule that a person wrote.
            Own {
                /// The name in the form of the others, such as `CASE_NUMBER`.
                name: Arc<str>,
                /// What the person said it is.
                class: DataClass,
            },
        }

        impl Kind {
            /// Every built-in kind, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in JSON output and in placeholders: `EMAIL_ADDRESS`.
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Own { name, .. } => name,
                }
            }

            /// How careful policy is with it.
            pub fn class(&self) -> DataClass {
                match self {
                    $(Self::$variant => DataClass::$class,)*
                    Self::Own { class, .. } => *class,
                }
            }

            /// What it is, for people: "E-mail address".
            pub fn label(&self) -> &str {
                match self {
                    $(Self::$variant => $label,)*
                    Self::Own { name, .. } => name,
                }
            }
        }
    };
}

kinds! {
    EmailAddress "EMAIL_ADDRESS" Personal "E-mail address";
    PhoneNumber "PHONE_NUMBER" Personal "Phone number";
    Person "PERSON" Personal "Name of a person";
    Location "LOCATION" Personal "Name of a place";
    Organization "ORGANIZATION" Personal "Name of an organisation";
    Address "ADDRESS" Personal "Postal address";
    DateOfBirth "DATE_OF_BIRTH" Personal "Date of birth";
    IpAddress "IP_ADDRESS" Personal "Internet address";
    MacAddress "MAC_ADDRESS" Personal "Address of a network card";
    CreditCard "CREDIT_CARD" Personal "Number of a payment card";
    IbanCode "IBAN_CODE" Personal "Bank account (IBAN)";
    BicCode "BIC_CODE" Personal "Bank (BIC)";
    Crypto "CRYPTO" Personal "Wallet of a cryptocurrency";
    Passport "PASSPORT" Personal "Passport number";
    DriverLicense "DRIVER_LICENSE" Personal "Driving licence number";
    IdentityCard "IDENTITY_CARD" Personal "Identity card number";
    TaxNumber "TAX_NUMBER" Personal "Tax number";
    VehiclePlate "VEHICLE_PLATE" Personal "Plate of a vehicle";
    Vin "VIN" Personal "Vehicle identification number";
    MedicalRecord "MEDICAL_RECORD" Special "Medical record number";
    HealthCondition "HEALTH_CONDITION" Special "Health";
    Religion "RELIGION" Special "Religion or belief";
    SexualOrientation "SEXUAL_ORIENTATION" Special "Sexual orientation";
    EthnicOrigin "ETHNIC_ORIGIN" Special "Ethnic origin";
    PoliticalOpinion "POLITICAL_OPINION" Special "Political opinion";
    UnionMembership "UNION_MEMBERSHIP" Special "Membership of a union";
    BodyData "BODY_DATA" Special "Biometric or genetic data";
    CriminalRecord "CRIMINAL_RECORD" Special "Conviction or arrest";

    UsSsn "US_SSN" Personal "US Social Security number";
    UsItin "US_ITIN" Personal "US individual taxpayer number";
    UsEin "US_EIN" Personal "US employer number";
    UsPassport "US_PASSPORT" Personal "US passport number";
    UsDriverLicense "US_DRIVER_LICENSE" Personal "US driver's license number";
    UsMbi "US_MBI" Special "US Medicare number";
    UsBankNumber "US_BANK_NUMBER" Personal "US bank account number";
    AbaRoutingNumber "ABA_ROUTING_NUMBER" Personal "US bank routing number";
    UkNhs "UK_NHS" Special "UK National Health Service number";
    UkNino "UK_NINO" Personal "UK National Insurance number";
    UkUtr "UK_UTR" Personal "UK taxpayer reference";
    UkPassport "UK_PASSPORT" Personal "UK passport number";
    UkDrivingLicence "UK_DRIVING_LICENCE" Personal "UK driving licence number";
    AtSocialSecurity "AT_SOCIAL_SECURITY" Personal "Austrian social insurance number";
    AtTaxNumber "AT_TAX_NUMBER" Personal "Austrian tax number";
    BeNationalNumber "BE_NATIONAL_NUMBER" Personal "Belgian national register number";
    BgEgn "BG_EGN" Personal "Bulgarian civil number (EGN)";
    BgForeignerNumber "BG_FOREIGNER_NUMBER" Personal "Bulgarian number of a foreigner (LNCh)";
    HrOib "HR_OIB" Personal "Croatian personal number (OIB)";
    CyTaxId "CY_TAX_ID" Personal "Cypriot tax number";
    CyIdentityCard "CY_IDENTITY_CARD" Personal "Cypriot identity card number";
    CzBirthNumber "CZ_BIRTH_NUMBER" Personal "Czech or Slovak birth number";
    DkCpr "DK_CPR" Personal "Danish CPR number";
    EePersonalCode "EE_PERSONAL_CODE" Personal "Estonian personal code";
    FiPersonalIdentityCode "FI_PERSONAL_IDENTITY_CODE" Personal "Finnish personal identity code";
    FrNir "FR_NIR" Personal "French social security number (NIR)";
    FrTaxId "FR_TAX_ID" Personal "French tax number (SPI)";
    DeTaxId "DE_TAX_ID" Personal "German tax identification number";
    DeTaxNumber "DE_TAX_NUMBER" Personal "German tax office number";
    DeSocialSecurity "DE_SOCIAL_SECURITY" Personal "German pension insurance number";
    DeHealthInsurance "DE_HEALTH_INSURANCE" Special "German health insurance number";
    DeIdCard "DE_ID_CARD" Personal "German identity card number";
    DePassport "DE_PASSPORT" Personal "German passport number";
    GrAfm "GR_AFM" Personal "Greek tax number (AFM)";
    GrAmka "GR_AMKA" Personal "Greek social security number (AMKA)";
    HuTaxId "HU_TAX_ID" Personal "Hungarian tax identification number";
    HuTaj "HU_TAJ" Special "Hungarian social security number (TAJ)";
    HuPersonalId "HU_PERSONAL_ID" Personal "Hungarian personal identifier";
    IePps "IE_PPS" Personal "Irish PPS number";
    ItFiscalCode "IT_FISCAL_CODE" Personal "Italian fiscal code";
    ItVatCode "IT_VAT_CODE" Personal "Italian VAT number";
    ItDriverLicense "IT_DRIVER_LICENSE" Personal "Italian driving licence number";
    ItPassport "IT_PASSPORT" Personal "Italian passport number";
    ItIdentityCard "IT_IDENTITY_CARD" Personal "Italian identity card number";
    LvPersonalCode "LV_PERSONAL_CODE" Personal "Latvian personal code";
    LtPersonalCode "LT_PERSONAL_CODE" Personal "Lithuanian personal code";
    LuNationalId "LU_NATIONAL_ID" Personal "Luxembourg identification number";
    MtIdentityCard "MT_IDENTITY_CARD" Personal "Maltese identity card number";
    NlBsn "NL_BSN" Personal "Dutch citizen service number (BSN)";
    PlPesel "PL_PESEL" Personal "Polish PESEL number";
    PlNip "PL_NIP" Personal "Polish tax number (NIP)";
    PlIdentityCard "PL_IDENTITY_CARD" Personal "Polish identity card number";
    PlPassport "PL_PASSPORT" Personal "Polish passport number";
    PtNif "PT_NIF" Personal "Portuguese tax number (NIF)";
    PtCitizenCard "PT_CITIZEN_CARD" Personal "Portuguese citizen card number";
    PtSocialSecurity "PT_SOCIAL_SECURITY" Personal "Portuguese social security number (NISS)";
    RoCnp "RO_CNP" Personal "Romanian personal code (CNP)";
    SkBirthNumber "SK_BIRTH_NUMBER" Personal "Slovak birth number";
    SiEmso "SI_EMSO" Personal "Slovenian personal number (EMŠO)";
    SiTaxNumber "SI_TAX_NUMBER" Personal "Slovenian tax number";
    EsNif "ES_NIF" Personal "Spanish tax and identity number (NIF)";
    EsNie "ES_NIE" Personal "Spanish number of a foreigner (NIE)";
    EsPassport "ES_PASSPORT" Personal "Spanish passport number";
    EsSocialSecurity "ES_SOCIAL_SECURITY" Personal "Spanish social security number";
    SePersonnummer "SE_PERSONNUMMER" Personal "Swedish personal number";
    ChAhv "CH_AHV" Personal "Swiss social security number (AHV)";
    NoBirthNumber "NO_BIRTH_NUMBER" Personal "Norwegian national identity number";
    CaSin "CA_SIN" Personal "Canadian social insurance number";
    CaPassport "CA_PASSPORT" Personal "Canadian passport number";
    AuTfn "AU_TFN" Personal "Australian tax file number";
    AuMedicare "AU_MEDICARE" Special "Australian Medicare number";
    AuAbn "AU_ABN" Personal "Australian business number";
    AuAcn "AU_ACN" Personal "Australian company number";
    AuPassport "AU_PASSPORT" Personal "Australian passport number";
    InAadhaar "IN_AADHAAR" Personal "Indian Aadhaar number";
    InPan "IN_PAN" Personal "Indian tax number (PAN)";
    InGstin "IN_GSTIN" Personal "Indian goods and services tax number";
    InVoter "IN_VOTER" Personal "Indian voter number";
    InPassport "IN_PASSPORT" Personal "Indian passport number";
    BrCpf "BR_CPF" Personal "Brazilian person number (CPF)";
    BrCnpj "BR_CNPJ" Personal "Brazilian company number (CNPJ)";
    BrPis "BR_PIS" Personal "Brazilian social number (PIS, NIS)";
    JpMyNumber "JP_MY_NUMBER" Personal "Japanese My Number";
    JpPassport "JP_PASSPORT" Personal "Japanese passport number";

    PrivateKey "PRIVATE_KEY" Secret "Private key";
    ApiKey "API_KEY" Secret "Key or token of a service";
    Jwt "JWT" Secret "JSON Web Token";
    ConnectionString "CONNECTION_STRING" Secret "Connection string with a password";
    Url "URL" Secret "Web address with a password";
    Password "PASSWORD" Secret "Password";
    HighEntropy "HIGH_ENTROPY" Secret "Random string that looks like a key";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_fit_a_placeholder() {
        let names: HashSet<_> = Kind::ALL.iter().map(Kind::name).collect();
        assert_eq!(names.len(), Kind::ALL.len(), "two kinds share a name");
        for name in names {
            let fits = |letter: char| letter.is_ascii_uppercase() || letter == '_';
            assert!(name.chars().all(fits), "{name}");
        }
    }

    #[test]
    fn characters_are_counted_as_scalar_values() {
        let text = "né 🦀 ada@example.org";
        let at = text.find("ada").unwrap();
        let finding = Finding {
            kind: Kind::EmailAddress,
            bytes: at..text.len(),
            score: 1.0,
            validated: true,
            rule: "email".into(),
            reason: "".into(),
        };
        assert_eq!(
            char_spans(text, &[finding]),
            vec![5..20],
            "é and 🦀 are one each"
        );
    }
}
