//! What the interface may ask for and hear, and the TypeScript that is generated from it.

use gatehouse_core::chat::MOST_SEARCH_HITS;
use tauri_specta::{Builder, collect_commands, collect_events};

use crate::{
    commands::{
        archive, backup, chat, costs, leaving, local_api, models, money, monitor, pictures,
        privacy, providers, record, retention, safety, settings, startup, telemetry,
    },
    events,
    first::First,
};

/// Every command and event, and what the page has from the beginning.
pub(crate) fn builder() -> Builder<tauri::Wry> {
    Builder::new()
        .disable_serde_phases()
        .commands(collect_commands![
            startup::startup,
            startup::restore_snapshot,
            startup::use_key_file,
            startup::start_empty,
            startup::quit,
            chat::list_conversations,
            chat::search_conversations,
            chat::create_conversation,
            chat::open_conversation,
            chat::rename_conversation,
            chat::delete_conversation,
            chat::restore_conversation,
            chat::set_conversation_options,
            chat::send_message,
            chat::regenerate,
            chat::edit_message,
            chat::compare_models,
            chat::stop_answer,
            chat::switch_branch,
            chat::rate_message,
            chat::export_conversation,
            chat::import_conversations,
            chat::save_draft,
            chat::new_chat_draft,
            pictures::draft_pictures,
            pictures::choose_pictures,
            pictures::add_dropped_pictures,
            pictures::paste_picture,
            pictures::paste_copied_picture,
            pictures::remove_picture,
            pictures::show_picture,
            leaving::count_tokens,
            leaving::preview_message,
            leaving::what_would_leave,
            leaving::what_comparing_leaves,
            leaving::found_in_message,
            leaving::found_comparing,
            leaving::overrule_finding,
            leaving::take_back_mistake,
            leaving::what_left,
            chat::list_presets,
            chat::save_preset,
            chat::delete_preset,
            chat::open_link,
            models::list_models,
            models::add_model_by_dialog,
            models::cancel_adding,
            models::load_model,
            models::cancel_load,
            models::unload_model,
            models::remove_model,
            models::engine_status,
            models::computer,
            providers::list_accounts,
            providers::save_account,
            providers::set_account_key,
            providers::test_account,
            providers::choose_account_models,
            providers::remove_account,
            providers::pull_model,
            providers::stop_pull,
            providers::account_health,
            providers::list_aliases,
            providers::save_alias,
            providers::remove_alias,
            providers::list_connections,
            safety::inspect_text,
            safety::measured_quality,
            safety::get_policy,
            safety::set_policy,
            safety::list_own_rules,
            safety::new_own_rule_id,
            safety::save_own_rule,
            safety::remove_own_rule,
            safety::try_own_rule,
            safety::list_workspaces,
            safety::save_workspace,
            money::list_budgets,
            money::set_budget,
            money::remove_budget,
            money::asking_prices,
            money::update_prices,
            monitor::monitor_overview,
            monitor::monitor_chart,
            monitor::save_monitor,
            monitor::save_monitor_chart,
            monitor::monitor_live,
            monitor::stop_call,
            monitor::list_alerts,
            monitor::add_alert,
            monitor::remove_alert,
            costs::cost_overview,
            costs::cost_chart,
            costs::cost_forecast_chart,
            costs::cost_budgets,
            costs::cost_first_tokens,
            costs::cost_lines,
            costs::cost_calls,
            costs::cost_advice,
            costs::cost_what_if,
            costs::plan_costs,
            costs::recommend_model,
            costs::shorter_prompt,
            costs::save_costs,
            costs::save_cost_table,
            costs::list_prices,
            costs::set_price,
            costs::remove_price,
            record::record_status,
            record::record_entries,
            record::record_choices,
            record::record_entry,
            record::verify_record,
            record::stop_verifying_record,
            record::record_failure_seen,
            record::witness::choose_time_stamp_authorities,
            record::witness::save_witness,
            record::witness::compare_witness,
            record::export_record,
            archive::export_archive,
            archive::export_anonymous,
            archive::kept_pseudonym_keys,
            archive::destroy_pseudonym_keys,
            archive::choose_archive,
            archive::check_archive,
            archive::import_archive,
            archive::stop_archive,
            backup::backup_status,
            backup::set_backup_schedule,
            backup::choose_backup_folder,
            backup::back_up_now,
            backup::list_backups,
            backup::verify_backup,
            backup::save_recovery_code,
            backup::restore_backup,
            local_api::local_api,
            local_api::switch_local_api,
            local_api::add_client,
            local_api::revoke_client,
            telemetry::telemetry_status,
            telemetry::telemetry_header,
            telemetry::set_telemetry_header,
            telemetry::forget_telemetry_header,
            retention::retention_status,
            retention::set_retention,
            retention::preview_retention,
            retention::run_retention,
            retention::hold,
            retention::lift_hold,
            privacy::list_requests,
            privacy::open_request,
            privacy::close_request,
            privacy::find_person,
            privacy::export_person,
            privacy::preview_erasure,
            privacy::erase,
            privacy::save_certificate,
            privacy::stored_parts,
            settings::get_settings,
            settings::set_settings,
            settings::storage,
            settings::make_snapshot,
            settings::undo_update,
            settings::open_data_folder,
        ])
        .events(collect_events![
            events::StartupChanged,
            events::ConversationsChanged,
            events::ModelAdding,
            events::ModelsChanged,
            events::EnginesChanged,
            events::ModelDragging,
            events::PictureDragging,
            events::PicturesDropped,
            events::BackupsChanged,
            events::RetentionChanged,
            events::AlertChanged,
            events::TroubleMet,
        ])
        .typ::<First>()
        .constant("mostSearchHits", MOST_SEARCH_HITS)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use specta_typescript::Typescript;

    /// Run with `GATEHOUSE_WRITE_BINDINGS=1` to write the file anew.
    #[test]
    fn the_generated_types_are_those_of_the_commands() {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/src/lib/backend/bindings.ts");
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("bindings.ts");
        let header = "// Generated from the commands in src-tauri/desktop; a test keeps it true. Do not edit.\n";
        super::builder()
            .export(Typescript::default().header(header), &path)
            .expect("every type of a command has a TypeScript form");
        let generated = std::fs::read_to_string(&path).expect("it was just written");
        if std::env::var_os("GATEHOUSE_WRITE_BINDINGS").is_some() {
            std::fs::write(&kept, &generated).expect("the interface's folder can be written");
        }
        let found = std::fs::read_to_string(&kept).unwrap_or_default();
        assert!(
            found == generated,
            "{} is not what the commands are: run this test with GATEHOUSE_WRITE_BINDINGS=1",
            kept.display()
        );
    }
}
