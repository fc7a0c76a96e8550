//! What a finished command cost.

use std::time::Duration;

/// Time and memory that a command used.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Usage {
    /// Wall-clock time from start to end.
    pub elapsed: Duration,
    /// CPU time of the process and of the children it waited for. Linux only, in steps of 10 ms.
    pub cpu: Option<CpuTime>,
    /// Largest resident memory (bytes) of the process, sampled about ten times a second, so a peak in the last
    /// moment can be missed. Linux only; absent for a process that ended before the first sample.
    pub peak_rss_bytes: Option<u64>,
    /// Bytes that the process read from files and pipes. Linux only.
    pub read_bytes: Option<u64>,
    /// Bytes that the process wrote. Linux only.
    pub written_bytes: Option<u64>,
}

/// CPU seconds, split by who spent them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CpuTime {
    /// Seconds in the program itself.
    pub user_s: f64,
    /// Seconds in the kernel on the program's behalf.
    pub system_s: f64,
}
