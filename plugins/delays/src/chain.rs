//! From the delay between signals to the delays of the job: container delays and the global shift, as pure arithmetic.

use std::collections::BTreeMap;
use vsg_plugin_api::kinds::{Delay, Delays, Layout, Media, TrackType};

/// What the chain needs to know.
pub(crate) struct Job<'a> {
    /// The reference.
    pub(crate) reference: &'a Media,
    /// Selected delays of the targets.
    pub(crate) delays: &'a [Delay],
    /// Which tracks the output has.
    pub(crate) layout: &'a Layout,
    /// Whether targets may end up with a negative delay.
    pub(crate) allow_negative: bool,
    /// Whether a reference whose audio starts before its video is shifted even if no other source has audio.
    pub(crate) always_shift_containers: bool,
}

/// A delay that must not be negative.
struct Candidate {
    rounded_ms: i64,
    raw_ms: f64,
}

/// The delays of the job, and the lines of the log that explain them.
pub(crate) fn chain(job: &Job<'_>) -> (Delays, Vec<String>) {
    let mut log = Vec::new();
    let mut delays = with_container_delays(job, &mut log);
    if let Some(lowest) = lowest(job, &delays, &mut log) {
        delays.global_shift_ms = -lowest.rounded_ms;
        delays.raw_global_shift_ms = -lowest.raw_ms;
        shift(&mut delays, job.reference, &mut log);
    }
    add_file_shifts(job, &mut delays);
    (delays, log)
}

/// Start of an audio track of the reference against its first video track (ms).
fn relative_ms(reference: &Media, id: u64) -> i64 {
    reference.track(id).map_or(0, |track| track.container_delay_ms - reference.video_delay_ms())
}

fn with_container_delays(job: &Job<'_>, log: &mut Vec<String>) -> Delays {
    let mut delays = Delays::default();
    if job.delays.is_empty() {
        return delays;
    }
    log.push("--- Getting Source 1 Container Delays for Analysis ---".into());
    for track in &job.reference.tracks {
        if track.container_delay_ms != 0 {
            let (kind, id, ms) = (track.kind, track.id, track.container_delay_ms as f64);
            log.push(format!("[Container Delay] Source 1 {kind} track {id} has container delay: {ms:+.1}ms"));
        }
    }
    for delay in job.delays {
        let source = &delay.source;
        let container_ms = relative_ms(job.reference, delay.reference_track_id);
        let (rounded_ms, raw_ms) = (delay.rounded_ms + container_ms, delay.raw_ms + container_ms as f64);
        log.push(format!("[Delay Calculation] {source} delay chain:"));
        log.push(format!(
            "[Delay Calculation]   Correlation delay: {:+.3}ms (raw) → {:+}ms (rounded)",
            delay.raw_ms, delay.rounded_ms
        ));
        if container_ms != 0 {
            log.push(format!("[Delay Calculation]   + Container delay:  {:+.3}ms", container_ms as f64));
            log.push(format!(
                "[Delay Calculation]   = Final delay:      {raw_ms:+.3}ms (raw) → {rounded_ms:+}ms (rounded)"
            ));
        }
        delays.source_delays_ms.insert(source.clone(), rounded_ms);
        delays.raw_source_delays_ms.insert(source.clone(), raw_ms);
    }
    delays.source_delays_ms.insert(job.reference.source.clone(), 0);
    delays.raw_source_delays_ms.insert(job.reference.source.clone(), 0.0);
    delays
}

/// The lowest delay, if it is negative and has to be lifted to 0. Rounded and raw value are those of one and the same track.
fn lowest(job: &Job<'_>, delays: &Delays, log: &mut Vec<String>) -> Option<Candidate> {
    let other_audio =
        job.layout.tracks.iter().any(|track| track.kind == TrackType::Audio && track.source != job.reference.source);
    if job.allow_negative || !(other_audio || job.always_shift_containers) {
        return None;
    }
    log.push("\n--- Calculating Global Shift ---".into());
    log.push("[Global Shift] Identifying delays from sources contributing audio tracks...".into());
    let mut candidates: Vec<Candidate> = Vec::new();
    for track in job.layout.tracks.iter().filter(|track| track.kind == TrackType::Audio) {
        let (Some(&rounded_ms), Some(&raw_ms)) =
            (delays.source_delays_ms.get(&track.source), delays.raw_source_delays_ms.get(&track.source))
        else {
            continue;
        };
        if !candidates.iter().any(|known| known.rounded_ms == rounded_ms && known.raw_ms == raw_ms) {
            log.push(format!("  - Considering delay from {}: {rounded_ms}ms", track.source));
            candidates.push(Candidate { rounded_ms, raw_ms });
        }
    }
    let audio = job.reference.tracks.iter().filter(|track| track.kind == TrackType::Audio);
    let relative: Vec<i64> = audio.map(|track| relative_ms(job.reference, track.id)).filter(|ms| *ms != 0).collect();
    if !relative.is_empty() {
        log.push("  - Considering Source 1 audio container delays (video delays ignored).".into());
    }
    candidates.extend(relative.into_iter().map(|ms| Candidate { rounded_ms: ms, raw_ms: ms as f64 }));
    let lowest = candidates.into_iter().min_by(|a, b| a.rounded_ms.cmp(&b.rounded_ms).then(a.raw_ms.total_cmp(&b.raw_ms)));
    match lowest {
        Some(lowest) if lowest.rounded_ms < 0 => Some(lowest),
        _ => {
            log.push("[Delay] All relevant delays are non-negative. No global shift needed.".into());
            None
        }
    }
}

fn shift(delays: &mut Delays, reference: &Media, log: &mut Vec<String>) {
    let (shift_ms, raw_shift_ms) = (delays.global_shift_ms, delays.raw_global_shift_ms);
    log.push(format!(
        "[Delay] Most negative relevant delay: {}ms (rounded), {:.3}ms (raw)",
        -shift_ms, -raw_shift_ms
    ));
    log.push(format!(
        "[Delay] Applying lossless global shift: +{shift_ms}ms (rounded), +{raw_shift_ms:.3}ms (raw)"
    ));
    log.push("[Delay] Adjusted delays after global shift:".into());
    for ((source, rounded_ms), raw_ms) in
        delays.source_delays_ms.iter_mut().zip(delays.raw_source_delays_ms.values_mut())
    {
        let (old_ms, old_raw_ms) = (*rounded_ms, *raw_ms);
        *rounded_ms += shift_ms;
        *raw_ms += raw_shift_ms;
        log.push(format!(
            "  - {source}: {:+.1}ms → {:+.1}ms (rounded: {old_raw_ms:+.3}ms → {:+.3}ms raw)",
            old_ms as f64, *rounded_ms as f64, *raw_ms
        ));
    }
    let timed = || reference.tracks.iter().filter(|track| matches!(track.kind, TrackType::Audio | TrackType::Video));
    if timed().next().is_some() {
        log.push(format!("[Delay] Source 1 container delays (will have +{shift_ms}ms added during mux):"));
    }
    for track in timed() {
        let (ms, note) = match track.kind {
            TrackType::Audio => (relative_ms(reference, track.id), ""),
            _ => (track.container_delay_ms, " (will be ignored - video defines timeline)"),
        };
        log.push(format!(
            "  - Track {} ({}): {:+.1}ms → {:+.1}ms{note}",
            track.id,
            track.kind,
            ms as f64,
            (ms + shift_ms) as f64
        ));
    }
}

/// The reference's own file moves by the global shift alone, so nothing in it moves against anything else; a target's file
/// moves so that its measured signal meets the reference's.
fn add_file_shifts(job: &Job<'_>, delays: &mut Delays) {
    let shift_ms = delays.global_shift_ms as f64;
    let targets = job.delays.iter().map(|delay| {
        (delay.source.clone(), delay.raw_ms + delay.reference_start_ms - delay.start_ms + shift_ms)
    });
    delays.file_shift_ms = BTreeMap::from_iter(targets);
    delays.file_shift_ms.insert(job.reference.source.clone(), shift_ms);
}
