use proptest::prelude::*;

use super::*;
use crate::{
    secrets::{self, KeyHome},
    store::{DataFolder, Store},
};

fn with_store(work: impl FnOnce(&Connection) -> Result<(), ClientError>) {
    let dir = tempfile::tempdir().unwrap();
    let folder = DataFolder::resolve(Some(&dir.path().join("data"))).unwrap();
    let (key, _) = secrets::database_key(&folder, KeyHome::File).unwrap();
    let store = Store::open(&folder, &key, 1).unwrap();
    store
        .write(|tx| {
            workspaces::first(tx, 1)?;
            work(tx)
        })
        .unwrap();
}

fn named(name: &str) -> NewClient {
    NewClient {
        name: name.into(),
        workspace_id: None,
        days: None,
        budget: None,
        keeps_sent: true,
        only_metrics: false,
    }
}

#[test]
fn a_client_is_known_by_its_whole_key_alone_and_the_key_is_not_kept() {
    with_store(|conn| {
        let (key, other) = (ClientKey::random()?, ClientKey::random()?);
        let made = add(conn, &named("Editor"), &key, 1)?;
        add(conn, &named("Script"), &other, 1)?;
        assert_eq!(by_key(conn, key.as_str(), 2)?.id, made.id);
        let cut = &key.as_str()[..key.as_str().len() - 1];
        for wrong in ["", cut, "gatehouse-"] {
            let error = by_key(conn, wrong, 2).unwrap_err();
            assert!(matches!(error, ClientError::KeyUnknown), "{wrong}: {error}");
        }
        let kept: Vec<u8> = conn.query_row(
            "SELECT key_hash FROM clients WHERE id = ?1",
            [made.id],
            |row| row.get(0),
        )?;
        assert_eq!(kept, Sha256::digest(key.as_str().as_bytes()).to_vec());
        Ok(())
    });
}

#[test]
fn a_key_ends_with_its_time_and_when_it_is_taken_back_and_its_name_is_free_then() {
    with_store(|conn| {
        let key = ClientKey::random()?;
        let new = NewClient {
            days: Some(1),
            ..named("Editor")
        };
        let made = add(conn, &new, &key, 0)?;
        assert!(by_key(conn, key.as_str(), 86_399_999).is_ok());
        let error = by_key(conn, key.as_str(), 86_400_000).unwrap_err();
        assert!(matches!(error, ClientError::Expired), "{error}");
        let taken = add(conn, &named("editor"), &ClientKey::random()?, 0).unwrap_err();
        assert!(matches!(taken, ClientError::NameTaken(_)), "{taken}");
        revoke(conn, made.id, 5)?;
        let error = by_key(conn, key.as_str(), 6).unwrap_err();
        assert!(matches!(error, ClientError::Revoked), "{error}");
        assert!(matches!(used(conn, made.id, 6), Err(ClientError::Revoked)));
        assert!(matches!(
            revoke(conn, made.id, 7),
            Err(ClientError::NotFound)
        ));
        add(conn, &named("editor"), &ClientKey::random()?, 0)?;
        Ok(())
    });
}

#[test]
fn when_a_client_asked_last_is_noted_to_ten_seconds_and_when_the_clock_was_set_back() {
    with_store(|conn| {
        let made = add(conn, &named("Editor"), &ClientKey::random()?, 0)?;
        let last = |conn: &Connection, now_ms| {
            used(conn, made.id, now_ms)?;
            Ok::<_, ClientError>(get(conn, made.id)?.last_used_at_ms)
        };
        assert_eq!(last(conn, 50_000)?, Some(50_000));
        assert_eq!(last(conn, 59_999)?, Some(50_000));
        assert_eq!(last(conn, 60_000)?, Some(60_000));
        assert_eq!(last(conn, 40_000)?, Some(40_000));
        Ok(())
    });
}

#[test]
fn a_budget_of_a_client_stops_what_could_pass_it_and_what_has_no_price_but_nothing_that_is_free() {
    with_store(|conn| {
        let budget = ClientBudget {
            period: Period::Day,
            limit: Money::from_pico(100),
        };
        let new = NewClient {
            budget: Some(budget),
            ..named("Editor")
        };
        let client = add(conn, &new, &ClientKey::random()?, 1)?;
        let fits = |most: Option<i128>| super::fits(conn, &client, most.map(Money::from_pico), 1);
        assert!(fits(Some(100)).is_ok());
        assert!(fits(Some(0)).is_ok());
        assert!(matches!(
            fits(Some(101)),
            Err(ClientBudgetError::Reached { .. })
        ));
        assert!(matches!(fits(None), Err(ClientBudgetError::UnknownPrice)));
        Ok(())
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn whatever_is_given_as_a_key_no_client_has_it(given in "\\PC{0,80}") {
        with_store(|conn| {
            add(conn, &named("Editor"), &ClientKey::random()?, 1)?;
            let error = by_key(conn, &given, 1).unwrap_err();
            assert!(matches!(error, ClientError::KeyUnknown), "{error}");
            Ok(())
        });
    }
}

#[test]
fn a_client_shows_what_it_has_spent_of_its_budget_and_of_nothing_else() {
    with_store(|conn| {
        let budget = ClientBudget {
            period: Period::Day,
            limit: Money::of_dollars("4").unwrap(),
        };
        let new = NewClient {
            budget: Some(budget),
            ..named("Sorter")
        };
        let now = 1_795_521_600_000;
        let free = add(conn, &named("Free"), &ClientKey::random()?, now)?;
        let sorter = add(conn, &new, &ClientKey::random()?, now)?;
        let day = 86_400_000;
        for (client, at) in [(sorter.id, now), (sorter.id, now - 2 * day), (free.id, now)] {
            conn.execute(
                "INSERT INTO calls (started_at_ms, workspace_id, purpose, provider, model, version, route, status,
                                    cost_pico, client_id)
                 VALUES (?1, ?2, 'api', 'openai', 'gpt-5', '', 'cloud', 'answered', 1000000000000, ?3)",
                params![at, sorter.workspace_id, client],
            )?;
        }
        let shown = standings(conn, now).unwrap();
        let of = |id| shown.iter().find(|one| one.client.id == id).unwrap();
        assert_eq!(of(free.id).standing, None);
        let standing = of(sorter.id).standing.as_ref().unwrap();
        let said = (standing.spent.as_str(), standing.limit.as_str());
        assert_eq!((said, standing.percent), (("$1", "$4"), 25));
        Ok(())
    });
}
