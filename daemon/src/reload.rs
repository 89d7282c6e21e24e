//! Reading the settings again while the daemon runs.

use crate::log::LogLevel;
use beid_service::Service;
use beid_settings::{Config, Sources};

/// Sources of the settings, and the parts that take other values.
#[derive(Debug)]
pub struct Reloading {
    /// Files, variables and flags, as at the start; only the files can have changed.
    pub sources: Sources,
    /// Level of the log.
    pub level: LogLevel,
}

impl Reloading {
    /// Reads the settings again, applies what can change now, and logs both what has changed and what needs a restart.
    /// If anything is wrong, the settings stay as they are.
    pub fn reload(&self, service: &Service) {
        let current = service.config();
        let (config, changes) = match Config::load(&self.sources).and_then(|newer| current.reloaded(&newer)) {
            Ok(reloaded) => reloaded,
            Err(error) => {
                let at = error.for_log();
                tracing::error!(
                    at,
                    "settings are wrong, the earlier ones stay; see beidd --check-config"
                );
                return;
            }
        };
        for warning in &config.warnings {
            tracing::warn!("{warning}");
        }
        self.level.set(config.settings.log.level().into());
        service.take_settings(config);
        tracing::info!(changed = changes.applied.join(", "), "settings read again");
        if !changes.after_restart.is_empty() {
            let settings = changes.after_restart.join(", ");
            tracing::warn!(settings, "these have changed too, and count after a restart of beidd");
        }
    }
}
