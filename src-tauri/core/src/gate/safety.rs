//! The gate's own look at a text, for the person: what it finds and what it would do.

use gatehouse_protocol::Role;
use serde::Serialize;
use specta::Type;

use super::{Found, Gate, GateError, Piece, decide, leaving};
use crate::{
    chat::Said,
    ids::WorkspaceId,
    now_ms,
    policy::{self, Action, Destination, own_rules::OwnRule},
    safety::{
        Options, Scanner,
        mask::{Masks, mask},
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
    /// placeholders that nothing brings back. What is found in one of them is masked in all.
    ///
    /// # Errors
    /// [`GateError`] when a rule cannot be used or the database fails; the texts are as they were.
    pub(crate) fn mask_for_good(
        &self,
        workspace: WorkspaceId,
        texts: &mut [&mut String],
    ) -> Result<(), GateError> {
        let (policy, rules) = self.store.read(|conn| {
            Ok::<_, GateError>((
                policy::get(conn, workspace)?,
                policy::own_rules::all(conn, workspace)?,
            ))
        })?;
        let inspection = self.inspector.of(workspace, &policy, &rules)?;
        let mut masks = Masks::new(getrandom::u32().map_err(crate::sealed::SealedError::from)?);
        let masked = |text: &str, masks: &mut Masks| {
            let mut found = inspection.find(text).to_vec();
            found.extend(inspection.find_again(text, masks, &found));
            mask(text, &found, masks).text
        };
        // Twice: what is found in a later text may stand in an earlier one, too.
        for text in texts.iter() {
            masked(text, &mut masks);
        }
        for text in texts {
            **text = masked(text, &mut masks);
        }
        Ok(())
    }

    /// What a rule alone finds in a text, whether or not it is kept.
    ///
    /// # Errors
    /// [`GateError`] when the rule cannot be used.
    pub fn try_rule(&self, rule: &OwnRule, text: &str) -> Result<RuleTrial, GateError> {
        let options = Options {
            own: vec![rule.for_the_scanner()],
            ..Options::default()
        };
        let scanner = Scanner::new(options).map_err(super::InspectionError::from)?;
        let mut found = scanner.scan(text);
        found.retain(|finding| finding.rule.starts_with("own/"));
        let matches = u32::try_from(found.len()).unwrap_or(u32::MAX);
        Ok(RuleTrial {
            parts: parts(text, &found, |_| Action::Mask),
            matches,
        })
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
