//! The second step of a call: what would leave is looked at before anything can leave.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::{Gate, mistakes::Overruled};
use crate::{
    ids::WorkspaceId,
    policy::{
        self, Policy, PolicyError,
        own_rules::{self, OwnRule},
    },
    safety::{
        self, Finding, OwnRuleError, Scanner, Tier,
        everywhere::{Everywhere, Gathered, Place},
        mask::Masks,
        names::{NameWords, Names},
    },
};

/// A request that was inspected for where it goes. Only the gate makes one, and whatever reaches a
/// model takes one: a prompt that was not inspected cannot reach a provider, because that does not
/// compile.
#[derive(Debug)]
pub(crate) struct Inspected<T>(T);

impl<T> Inspected<T> {
    /// The request, for the provider that sends it.
    pub(crate) fn into_inner(self) -> T {
        self.0
    }
}

/// Let a test of a client send what it likes.
#[cfg(test)]
pub(crate) fn unchecked_in_a_test<T>(request: T) -> Inspected<T> {
    Inspected(request)
}

/// Pass a request to a model on this computer. Nothing leaves, so nothing has to be masked.
pub(super) fn for_this_computer<T>(request: T) -> Inspected<T> {
    Inspected(request)
}

/// Pass a request to a server. `decided` is the proof that policy was asked about all its texts.
pub(super) fn as_decided<T>(request: T, decided: &super::decide::Decided) -> Inspected<T> {
    assert!(decided.may_leave(), "what may not leave is never sent");
    Inspected(request)
}

/// How many texts are remembered with what was found in them: a conversation is inspected whole
/// for each turn and while a person types, and only its end is new.
const REMEMBERED: usize = 4_096;

/// Why nothing could be inspected. What cannot be inspected does not leave.
#[derive(Debug, thiserror::Error)]
pub enum InspectionError {
    /// One of the person's own rules cannot be used any more.
    #[error(transparent)]
    OwnRule(#[from] OwnRuleError),
    /// The policy names what there is not.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

/// Looks at texts, with the rules of each workspace.
#[derive(Default)]
pub(super) struct Inspector {
    names: OnceLock<SharedNames>,
    ready: Mutex<HashMap<WorkspaceId, Arc<Inspection>>>,
}

/// The rules of one workspace, made ready.
pub(crate) struct Inspection {
    countries: Vec<String>,
    rules: Vec<OwnRule>,
    scanner: Scanner,
    names: SharedNames,
    seen: Mutex<HashMap<[u8; 32], Arc<[Finding]>>>,
}

/// The lists of names are read once for all workspaces.
#[derive(Clone)]
struct SharedNames(Arc<Names>);

impl Tier for SharedNames {
    fn find(&self, text: &str, known: &[Finding]) -> Vec<Finding> {
        self.0.find(text, known)
    }
}

impl Inspector {
    /// What looks at the texts of a workspace with this policy and these rules of its own.
    ///
    /// # Errors
    /// [`InspectionError`] when a rule or a country cannot be used.
    pub(super) fn of(
        &self,
        workspace: WorkspaceId,
        policy: &Policy,
        rules: &[OwnRule],
    ) -> Result<Arc<Inspection>, InspectionError> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = ready.get(&workspace)
            && known.countries == policy.countries
            && known.rules == rules
        {
            return Ok(Arc::clone(known));
        }
        let names = self
            .names
            .get_or_init(|| SharedNames(Arc::new(Names::new())));
        let used = rules.iter().filter(|rule| rule.is_on);
        let options = safety::Options {
            countries: policy.countries().map_err(PolicyError::from)?,
            own: used.map(OwnRule::for_the_scanner).collect(),
            ..safety::Options::default()
        };
        let made = Arc::new(Inspection {
            countries: policy.countries.clone(),
            rules: rules.to_vec(),
            scanner: Scanner::new(options)?.with_tier(Box::new(names.clone())),
            names: names.clone(),
            seen: Mutex::default(),
        });
        ready.insert(workspace, Arc::clone(&made));
        Ok(made)
    }
}

impl Gate {
    /// What looks at the texts of a workspace before anything leaves.
    ///
    /// # Errors
    /// [`InspectionError`] when a rule or a country cannot be used, or the database fails.
    pub(crate) fn inspection(
        &self,
        conn: &Connection,
        workspace: WorkspaceId,
    ) -> Result<Arc<Inspection>, InspectionError> {
        let policy = policy::get(conn, workspace).map_err(PolicyError::from)?;
        let rules = own_rules::all(conn, workspace).map_err(PolicyError::from)?;
        self.inspector.of(workspace, &policy, &rules)
    }
}

impl Inspection {
    /// Everything found in a text.
    pub(crate) fn find(&self, text: &str) -> Arc<[Finding]> {
        self.find_unless(text, &Overruled::default())
    }

    /// The same without what a person has called a mistake.
    pub(super) fn find_unless(&self, text: &str, overruled: &Overruled) -> Arc<[Finding]> {
        let mut hash = Sha256::new_with_prefix(overruled.fingerprint());
        hash.update(text.as_bytes());
        let key: [u8; 32] = hash.finalize().into();
        let seen = || self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = seen().get(&key) {
            return Arc::clone(found);
        }
        // Not under the lock: a long text must not hold up a short one.
        let found: Arc<[Finding]> = self
            .scanner
            .scan_unless(text, |finding| overruled.has(finding, text))
            .into();
        let mut seen = seen();
        if seen.len() >= REMEMBERED {
            seen.clear();
        }
        seen.insert(key, Arc::clone(&found));
        found
    }

    /// The words by which people are known again whom the texts of a conversation have named.
    pub(super) fn people_in(&self, masks: &Masks) -> NameWords {
        self.names.0.known_in(masks)
    }

    /// Those people where one of these words stands alone, beside what was found.
    pub(super) fn find_again(
        &self,
        text: &str,
        people: &NameWords,
        found: &[Finding],
    ) -> Vec<Finding> {
        self.names.0.again(text, people, found)
    }

    /// Make a search for what was found in many texts.
    pub(crate) fn everywhere(&self, gathered: Gathered) -> Everywhere {
        gathered.ready(&self.names.0)
    }

    /// Every place of a text that says who somebody is: what is found in it, what was found in another of
    /// the texts that `everywhere` is made of, and people of those who are named by one word.
    pub(crate) fn places(
        &self,
        text: &str,
        found: &[Finding],
        everywhere: &Everywhere,
    ) -> Vec<Place> {
        let again = self.names.0.again(text, everywhere.people(), found);
        let all = [found, &again].concat();
        everywhere.places(text, &all)
    }
}
