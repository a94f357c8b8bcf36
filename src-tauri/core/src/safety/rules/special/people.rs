//! Words that say that one person is spoken of, and what is said of them. Small letters, no accents.
//!
//! Only words that mean little else in any of the five languages: French "il" is an article in
//! Italian, Spanish "el" is one too, and "a" is what she has in French and any thing in English.

use std::{collections::HashMap, sync::LazyLock};

/// What a word does in its sentence; one word may do several things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Whose it is: "my", "her".
    Whose,
    /// A person by what they are to somebody: "mother", "patient". Never a plural: those are many.
    Noun,
    /// Who: "she". It needs a verb that ties them to it.
    Subject,
    /// Having, getting, being told of, being treated for.
    Having,
    /// The same at the end of a German clause: "dass sie Asthma hat".
    LastHaving,
    /// The same, and by its form about the one who writes.
    SelfHaving,
    /// What ties somebody to what they are.
    Being,
    /// The same, and by its form about the one who writes.
    SelfBeing,
    /// What ties somebody to a union or a party.
    Belonging,
    /// Before a person: nobody in particular.
    Anybody,
    /// What stands before a colon in a form or a note.
    Label,
}

const WORDS: &[(Role, &str)] = &[
    (
        Role::Whose,
        "my her his their our mein meine meinem meinen meiner meines ihr ihre ihrem ihren ihrer ihres \
         sein seine seinem seinen seiner seines unser unsere mon ma mes ses sa mi su mio mia suo sua",
    ),
    (
        Role::Noun,
        "applicant aunt boss boyfriend brother candidate client colleague cousin dad daughter \
         defendant employee father fiance friend girlfriend grandfather grandmother husband mom \
         mother mum neighbor neighbour nephew niece partner patient plaintiff pt sister son student \
         tenant uncle wife witness mr mrs ms herr frau angestellter angeklagter bewerber bewerberin \
         bruder chef chefin freund freundin klager klagerin klient klientin kollege kollegin mandant \
         mandantin mandanten mann mieter mieterin mitarbeiter mitarbeiterin mutter oma opa partnerin \
         patientin schuler schulerin schwester sohn tante onkel tochter vater zeuge zeugin client \
         cliente collegue epouse femme fille fils frere mari mere monsieur madame pere patiente soeur \
         abuela abuelo esposa hermana hermano hija hijo madre marido mujer paciente padre senor senora \
         tia tio collega figlia figlio fratello marito moglie nonna nonno paziente signor signora \
         sorella",
    ),
    (
        Role::Subject,
        "i he she who me him ich er sie ihm mir je j elle lui moi yo ella io lei",
    ),
    (
        Role::Having,
        "have has had having ve got get gets getting with diagnosed suffer suffers suffered suffering \
         take takes took taking on prescribed tested develop developed allergic is am was m s been being \
         lives living from treated survived beat habe hat hatte hatten bekommt bekam bekommen leidet \
         leide litt erkrankt erkrankte nimmt nehme nahm gegen wegen wurde ist bin war ai eu avait \
         souffre souffrait atteint atteinte prend prends suis est etait traite traitee tengo tiene \
         tuvo tenia padece padezco sufre sufro toma tomo diagnosticado diagnosticada es esta ho ha \
         aveva soffre soffro affetto affetta prende prendo diagnosticato diagnosticata",
    ),
    (
        Role::LastHaving,
        "hat habe hatte hatten bekam bekommt nimmt nehme",
    ),
    (
        Role::SelfHaving,
        "tengo tuve padezco sufro tomo soffro assumo prendo",
    ),
    (
        Role::Being,
        "is was being s came identifies identified converted ist war wurde outete konvertierte est \
         etait es era fue era",
    ),
    (Role::SelfBeing, "am m bin suis soy sono"),
    (
        Role::Belonging,
        "member membership joined belongs delegate rep representative steward voted votes dues \
         mitglied mitgliedschaft mitgliedsnummer mitgliedsbeitrag beigetreten gehort wahlt \
         vertrauensmann vertrauensfrau membre adherent adherente encarte adhere afiliada afiliado \
         miembro iscritta iscritto tesserato aderente membro",
    ),
    (
        Role::Anybody,
        "a an any each every no one ein eine einem einen einer jeder jede jedes jedem kein un une \
         chaque tout una uno cada ogni",
    ),
    (
        Role::Label,
        "allergies allergien allergie alergias anamnese antecedents antecedentes comorbidities \
         condition conditions confession diagnose diagnosen diagnoses diagnosis diagnosi diagnostic \
         diagnostico disability dx ethnicity ethnie etnia glaube gewerkschaft herkunft history hx \
         konfession medicacion medication medications meds medikament medikamente medikation \
         medicaments orientation orientierung orientamento partei pmh race religion religione rx \
         sexuality sindicato syndicat terapia therapie traitement tratamiento treatment union \
         vorerkrankungen vorstrafen convictions",
    ),
];

/// The roles of each word, as bits.
static ROLES: LazyLock<HashMap<&'static str, u16>> = LazyLock::new(|| {
    let mut roles = HashMap::new();
    for (role, words) in WORDS {
        for word in words.split_whitespace() {
            *roles.entry(word).or_default() |= role.bit();
        }
    }
    roles
});

/// The longest word above.
const LONGEST: usize = 24;

impl Role {
    fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// What a word of a text does.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Roles(u16);

impl Roles {
    /// Of a word as the view has it.
    pub(super) fn of(word: &str) -> Self {
        if word.len() > LONGEST {
            return Self::default();
        }
        let known = ROLES.get(word.to_ascii_lowercase().as_str());
        Self(known.copied().unwrap_or(0))
    }

    /// Whether it does one of these.
    pub(super) fn any(self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.0 & role.bit() != 0)
    }
}
