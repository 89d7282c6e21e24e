//! Figures that the system tells of a process.

use crate::SetupFailure;
use std::collections::BTreeMap;
use std::{fmt, fs};

/// Resident memory of a process, in KiB.
pub(crate) fn resident_kib(pid: u32) -> Result<f64, SetupFailure> {
    number(&fs::read_to_string(format!("/proc/{pid}/status"))?, "VmRSS:")
}

/// Number of files and connections that a process has open.
pub(crate) fn descriptors(pid: u32) -> Result<f64, SetupFailure> {
    let open = fs::read_dir(format!("/proc/{pid}/fd"))?;
    Ok(f64::from(u32::try_from(open.count())?))
}

/// Number of threads of a process.
pub(crate) fn threads(pid: u32) -> Result<f64, SetupFailure> {
    number(&fs::read_to_string(format!("/proc/{pid}/status"))?, "Threads:")
}

/// Times that the threads of a process have waited, which is once before each time they are woken.
pub(crate) fn wake_ups(pid: u32) -> Result<WakeUps, SetupFailure> {
    let mut threads = BTreeMap::new();
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let task = task?;
        let name = fs::read_to_string(task.path().join("comm"))?;
        let status = fs::read_to_string(task.path().join("status"))?;
        let key = format!("{} {}", name.trim(), task.file_name().to_string_lossy());
        threads.insert(key, number(&status, "voluntary_ctxt_switches:")?);
    }
    Ok(WakeUps(threads))
}

/// Number of waits of each thread.
pub(crate) struct WakeUps(BTreeMap<String, f64>);

impl WakeUps {
    /// Waits since then, of threads that had any.
    pub(crate) fn since(&self, before: &Self) -> Self {
        let since = self.0.iter().map(|(thread, now)| {
            let then = before.0.get(thread).copied().unwrap_or_default();
            (thread.clone(), now - then)
        });
        Self(since.filter(|(_, count)| *count > 0.0).collect())
    }

    pub(crate) fn total(&self) -> f64 {
        // Not `sum`, which is −0 of nothing.
        self.0.values().fold(0.0, |sum, count| sum + count)
    }
}

impl fmt::Display for WakeUps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each: Vec<_> = self
            .0
            .iter()
            .map(|(thread, count)| format!("{thread}: {count}"))
            .collect();
        f.write_str(&each.join(", "))
    }
}

/// Number on the line of `status` that begins with `name`.
fn number(status: &str, name: &str) -> Result<f64, SetupFailure> {
    let mut lines = status.lines().filter_map(|line| line.strip_prefix(name));
    let number = lines.next().and_then(|rest| rest.split_whitespace().next());
    Ok(number.ok_or("no such line")?.parse()?)
}
