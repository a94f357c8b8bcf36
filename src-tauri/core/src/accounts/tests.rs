//! The lists of models that servers give.

use super::*;

#[test]
fn a_model_that_a_server_lists_twice_is_there_once() {
    let conn = Connection::open_in_memory().expect("SQLite opens in memory");
    for migration in MIGRATIONS {
        conn.execute_batch(migration.sql).unwrap();
    }
    let (kind, id) = (ProviderKind::Compatible, AccountId::new());
    let account = Account {
        id,
        kind,
        name: "Rack".into(),
        base_url: "https://rack.example/v1".into(),
        destination: Destination::OwnServer,
        context_tokens: None,
        has_key: false,
        models: Vec::new(),
        models_read_at_ms: None,
    };
    save(&conn, &account, 0).unwrap();
    let listed = |id: &str, name: &str| AccountModel {
        id: id.into(),
        name: name.into(),
        context_tokens: None,
        chosen: false,
        passed_on: false,
    };
    let offered = vec![
        listed("small", "Small"),
        listed("large", "Large"),
        listed("small", "Small, again"),
    ];
    take_models(&conn, id, offered, 0).unwrap();
    let models = get(&conn, id).unwrap().models;
    let names: Vec<_> = models.iter().map(|model| model.name.as_str()).collect();
    assert_eq!(names, ["Small", "Large"]);
}
