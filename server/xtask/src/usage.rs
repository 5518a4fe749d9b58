//! What a process costs, read from outside. Known on Linux.

use std::{fs, time::Duration};

/// The memory a process holds (VmRSS), in bytes.
pub(crate) fn memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// The processor time a process has used.
pub(crate) fn cpu(process: u32) -> Option<Duration> {
    let mut sum = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task")).ok()? {
        // A thread that has just ended has no file any more.
        let Ok(schedule) = fs::read_to_string(thread.ok()?.path().join("schedstat")) else {
            continue;
        };
        sum += schedule.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    Some(Duration::from_nanos(sum))
}
