//! The commands of the window: each asks core for one thing.
//!
//! Owns: their names and arguments. Must never know: how anything is done.

mod app;
mod deployment;
mod history;
mod machines;
mod projects;
mod registries;
mod running;
mod servers;
mod system;
mod update;
mod variables;

pub(crate) use deployment::{request, start};
pub(crate) use system::open;

/// Every command, as `names.in` lists them.
#[cfg(test)]
pub(crate) const NAMES: &[&str] = &include!("names.in");

/// The handlers and the types of all commands.
pub(crate) fn all() -> tauri_specta::Commands<tauri::Wry> {
    tauri_specta::collect_commands![
        app::app_diagnostics,
        app::app_facts,
        app::app_settings_read,
        app::app_settings_write,
        app::goto_take,
        app::question_answer,
        app::questions_open,
        app::sample_remove,
        app::sample_try,
        app::stream_stop,
        deployment::deploy_cancel,
        deployment::deploy_detach,
        deployment::deploy_plan,
        deployment::deploy_start,
        deployment::deploy_watch,
        deployment::rollback_plan,
        deployment::rollback_start,
        history::activity_list,
        history::deployment_errors,
        history::deployment_line,
        history::deployment_logs,
        history::deployment_search,
        history::deployment_show,
        history::history_list,
        history::release_restorable,
        machines::container_logs,
        machines::container_restart,
        machines::servers_containers,
        machines::servers_load,
        projects::projects_add,
        projects::projects_check,
        projects::projects_list,
        projects::projects_remove,
        projects::projects_rename,
        projects::projects_show,
        projects::settings_read,
        projects::settings_write,
        registries::registries_add,
        registries::registries_check,
        registries::registries_edit,
        registries::registries_list,
        registries::registries_remove,
        registries::registries_set_password,
        running::running_restart,
        running::running_start,
        running::running_stop,
        running::status_read,
        servers::servers_add,
        servers::servers_check,
        servers::servers_edit,
        servers::servers_list,
        servers::servers_remove,
        servers::servers_rename,
        servers::servers_scan,
        servers::servers_ssh_hosts,
        servers::servers_trust,
        system::browse_folder,
        system::copy_text,
        system::deployment_log_save,
        system::open_data_folder,
        system::open_folder,
        system::open_url,
        system::set_zoom,
        update::update_check,
        update::update_install,
        variables::variables_import,
        variables::variables_list,
        variables::variables_reveal,
        variables::variables_set,
        variables::variables_unset,
    ]
}
