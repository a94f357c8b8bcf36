//! The gate's own look at a text, for the person: what it finds and what it would do.

use gatehouse_protocol::Role;
use serde::Serialize;
use specta::Type;

use super::{Found, Gate, GateError, Inspection, Piece, decide, leaving, mistakes::Overruled};
use crate::{
    chat::Said,
    ids::WorkspaceId,
    now_ms,
    policy::{self, Action, Destination, own_rules::OwnRule},
    safety::{
        everywhere::{Gathered, replaced},
        found_alone,
        mask::{Masks, note_of},
    },
    workspaces,
};

/// What would become of a text at one destination.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DestinationReport {
    /// Whose computer that is.
    pub destination: Destination,
    /// What policy says.
    pub action: Action,
    /// Places that would hold a placeholder or a note.
    pub masked: u32,
    /// The text as it would leave, in pieces.
    pub pieces: Vec<Piece>,
}

/// A place in a text where something was found, or where nothing was.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// The text of this place.
    pub text: String,
    /// What was found; `None`: nothing.
    pub found: Option<Found>,
}

/// What is found in a text, and what would become of it.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SafetyReport {
    /// The text in parts; what is found says what policy does with it for the cloud.
    pub parts: Vec<Part>,
    /// For this computer, an own server, the cloud.
    pub destinations: Vec<DestinationReport>,
}

/// What a rule finds in a text.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RuleTrial {
    /// The text in parts.
    pub parts: Vec<Part>,
    /// How many matches there are.
    pub matches: u32,
}

impl Gate {
    /// Inspect a text by the policy and the rules of the workspace that is open. Nothing is kept.
    ///
    /// # Errors
    /// [`GateError`] when a rule cannot be used or the database fails.
    pub fn safety_report(&self, text: &str) -> Result<SafetyReport, GateError> {
        let (workspace, policy, rules) = self.store.read(|conn| {
            let workspace = workspaces::current(conn, now_ms())?;
            Ok::<_, GateError>((
                workspace,
                policy::get(conn, workspace)?,
                policy::own_rules::all(conn, workspace)?,
            ))
        })?;
        let inspection = self.inspector.of(workspace, &policy, &rules)?;
        let random = getrandom::u32().map_err(crate::sealed::SealedError::from)?;
        let destinations = [
            Destination::ThisComputer,
            Destination::OwnServer,
            Destination::Cloud,
        ];
        let report = |destination| {
            let prompt = vec![Said::text(Role::User, text)];
            let decided = decide::decide(
                &inspection,
                &policy,
                destination,
                prompt,
                Masks::new(random),
                &Overruled::default(),
            );
            let leaving = decided.texts.first().map(|text| text.leaving.as_str());
            DestinationReport {
                destination,
                action: decided.action,
                masked: decided.masked,
                pieces: leaving::pieces(leaving.unwrap_or_default(), &decided.masks),
            }
        };
        let found = inspection.find(text);
        let parts = parts(text, &found, |class| {
            policy.action(Some(class), Destination::Cloud)
        });
        Ok(SafetyReport {
            parts,
            destinations: destinations.map(report).to_vec(),
        })
    }

    /// Mask everything that is found in the texts of a conversation, whatever policy says of it, with
    /// placeholders that nothing brings back. What is found in one of them is masked in all, however it is
    /// written. The time is linear in the texts.
    ///
    /// # Errors
    /// [`GateError`] when a rule cannot be used or the database fails; the texts are as they were.
    pub(crate) fn mask_for_good(
        &self,
        workspace: WorkspaceId,
        texts: &mut [&mut String],
    ) -> Result<(), GateError> {
        let inspection = self.store.read(|conn| {
            self.inspection(conn, workspace)
                .map_err(GateError::Inspection)
        })?;
        let random = getrandom::u32().map_err(crate::sealed::SealedError::from)?;
        masked_for_good(&inspection, Masks::new(random), texts);
        Ok(())
    }

    /// What a rule alone finds in a text, whether or not it is kept.
    ///
    /// # Errors
    /// [`GateError`] when the rule cannot be used.
    pub fn try_rule(&self, rule: &OwnRule, text: &str) -> Result<RuleTrial, GateError> {
        let found =
            found_alone(&rule.for_the_scanner(), text).map_err(super::InspectionError::from)?;
        let matches = u32::try_from(found.len()).unwrap_or(u32::MAX);
        Ok(RuleTrial {
            parts: parts(text, &found, |_| Action::Mask),
            matches,
        })
    }
}

/// Look through all texts once, then put placeholders into each of them once.
fn masked_for_good(inspection: &Inspection, mut masks: Masks, texts: &mut [&mut String]) {
    let mut gathered = Gathered::default();
    let found: Vec<_> = texts.iter().map(|text| inspection.find(text)).collect();
    for (text, found) in texts.iter().zip(&found) {
        gathered.add(text, found);
    }
    let everywhere = inspection.everywhere(gathered);
    for (text, found) in texts.iter_mut().zip(&found) {
        let places = inspection.places(text, found, &everywhere);
        // All ways of writing a value have one placeholder, as none is to come back.
        **text = replaced(text, &places, |place| {
            masks
                .placeholder(&place.kind, &place.key)
                .unwrap_or_else(|| note_of(&place.kind))
        });
    }
}

/// A text taken apart at what was found in it.
fn parts(
    text: &str,
    found: &[crate::safety::Finding],
    action: impl Fn(crate::safety::DataClass) -> Action,
) -> Vec<Part> {
    let mut parts = Vec::with_capacity(found.len() * 2 + 1);
    let mut at = 0;
    let plain = |from: usize, to: usize| Part {
        text: text.get(from..to).unwrap_or_default().to_owned(),
        found: None,
    };
    for finding in found {
        if at < finding.bytes.start {
            parts.push(plain(at, finding.bytes.start));
        }
        let found = leaving::found(text, finding, action(finding.kind.class()));
        parts.push(Part {
            text: found.text.clone(),
            found: Some(found),
        });
        at = finding.bytes.end;
    }
    if at < text.len() {
        parts.push(plain(at, text.len()));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::{super::inspect::Inspector, *};
    use crate::{policy::Policy, safety::everywhere::WORK};

    fn inspection() -> std::sync::Arc<Inspection> {
        Inspector::default()
            .of(WorkspaceId::new(), &Policy::default(), &[])
            .unwrap()
    }

    fn masked(inspection: &Inspection, mut texts: Vec<String>) -> Vec<String> {
        let mut all: Vec<&mut String> = texts.iter_mut().collect();
        masked_for_good(inspection, Masks::new(7), &mut all);
        texts
    }

    #[test]
    fn twice_the_messages_are_twice_the_work() {
        let inspection = inspection();
        let work = |messages: usize| {
            let texts = (0..messages)
                .map(|nth| format!("Write to person{nth:05}@firm{nth:05}.example about it."))
                .collect();
            WORK.set(0);
            let masked = masked(&inspection, texts);
            assert!(masked.iter().all(|text| !text.contains('@')), "{masked:?}");
            WORK.get()
        };
        let (some, twice) = (work(200), work(400));
        assert_eq!(
            twice,
            2 * some,
            "every text is searched once, by a search that is made once"
        );
    }

    #[test]
    fn what_one_message_gives_away_is_masked_in_all_however_it_is_written() {
        let texts = [
            "ANNA BERG and anna  berg, de89370400440532013000",
            "My name is Anna Berg, my IBAN is DE89 3704 0044 0532 0130 00.",
        ];
        let masked = masked(&inspection(), texts.map(String::from).to_vec());
        let placeholder = |text: &str, label: &str| {
            let at = text
                .find(label)
                .unwrap_or_else(|| panic!("{label} in {text}"));
            text[at..].split(']').next().unwrap().to_owned()
        };
        for label in ["[PERSON", "[IBAN"] {
            let (one, other) = (
                placeholder(&masked[0], label),
                placeholder(&masked[1], label),
            );
            assert_eq!(one, other, "all ways of writing it are one value");
        }
        assert_eq!(masked[0].matches("[PERSON-").count(), 2, "{}", masked[0]);
    }
}
