//! The global shift: what is added to all delays so that no audio of the output has to start before 0.

use crate::chain::{Job, relative_ms};
use crate::plan::SyncMode;
use vsg_plugin_api::{
    Error, Result,
    kinds::{Delays, GlobalShift, Media, SourceDelay, TrackType},
};

/// A delay that must not be negative.
struct Candidate {
    /// Which audio has it.
    of: String,
    rounded_ms: i64,
    raw_ms: f64,
}

/// Shifts all delays if one that counts is negative.
pub(crate) fn apply(job: &Job<'_>, delays: &mut Delays, log: &mut Vec<String>) -> Result<()> {
    log.push("\n--- Calculating Global Shift ---".into());
    match lowest(job, delays, log).filter(|lowest| lowest.rounded_ms < 0) {
        Some(lowest) if job.sync_mode == SyncMode::Preserve => {
            let message = format!("{} would have to start {:.3} ms before 0", lowest.of, -lowest.raw_ms);
            return Err(Error::new(message).help(
                "sync_mode of delays/plan: \"preserve\" neither moves the reference nor cuts audio; \"positive-only\" shifts everything \
                 until nothing starts before 0, \"allow-negative\" cuts what does",
            ));
        }
        Some(lowest) => {
            let by = SourceDelay::new(-lowest.rounded_ms, -lowest.raw_ms)?;
            delays.global_shift = GlobalShift::new(by)?;
            // Without targets the maps are empty, but what the reference is shifted by must stand in them.
            delays.sources.entry(job.reference.source.clone()).or_insert(SourceDelay::of_raw(0.0));
            delays.file_shift_ms.values_mut().for_each(|ms| *ms += by.rounded_ms() as f64);
            shift(delays, job.reference, log)?;
        }
        None => log.push("[Delay] All relevant delays are non-negative. No global shift needed.".into()),
    }
    Ok(())
}

/// The lowest delay that counts, if a shift is wanted at all. Rounded and raw value are those of one and the same track.
fn lowest(job: &Job<'_>, delays: &Delays, log: &mut Vec<String>) -> Option<Candidate> {
    if job.sync_mode == SyncMode::AllowNegative || !(job.has_other_audio() || job.always_shift_containers) {
        return None;
    }
    log.push("[Global Shift] Identifying delays from sources contributing audio tracks...".into());
    let candidates = match job.kept_timestamps {
        Some(sources) => starts(job, sources, delays, log),
        None => delays_of_tracks(job, delays, log),
    };
    candidates.into_iter().min_by(|a, b| a.rounded_ms.cmp(&b.rounded_ms).then(a.raw_ms.total_cmp(&b.raw_ms)))
}

/// When each audio track starts in the output, if tracks keep the timestamps of their files.
fn starts(job: &Job<'_>, sources: &[Media], delays: &Delays, log: &mut Vec<String>) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    for track in job.layout.tracks.iter().filter(|track| track.kind == TrackType::Audio) {
        let file = sources.iter().find(|media| media.source == track.source);
        let start_ms = file.and_then(|media| media.track(track.id)).map_or(0.0, |track| track.start_ms);
        let raw_ms = start_ms + delays.file_shift_ms.get(&track.source).copied().unwrap_or(0.0);
        if raw_ms < 0.0 {
            log.push(format!("  - Track {} of {} would start at {raw_ms:.3}ms", track.id, track.source));
        }
        let of = format!("audio track {} of {}", track.id, track.source);
        candidates.push(Candidate { of, rounded_ms: raw_ms.round_ties_even() as i64, raw_ms });
    }
    candidates
}

/// The reference program's candidates: the delay of every source with audio, and of each audio track of the reference.
fn delays_of_tracks(job: &Job<'_>, delays: &Delays, log: &mut Vec<String>) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    for track in job.layout.tracks.iter().filter(|track| track.kind == TrackType::Audio) {
        let Some(delay) = delays.sources.get(&track.source) else { continue };
        let (rounded_ms, raw_ms) = (delay.rounded_ms(), delay.raw_ms());
        if !candidates.iter().any(|known| known.rounded_ms == rounded_ms) {
            log.push(format!("  - Considering delay from {}: {rounded_ms}ms", track.source));
        }
        candidates.push(Candidate { of: format!("audio of {}", track.source), rounded_ms, raw_ms });
    }
    let audio = job.reference.tracks.iter().filter(|track| track.kind == TrackType::Audio);
    let relative: Vec<i64> = audio.map(|track| relative_ms(job.reference, track.id)).filter(|ms| *ms != 0).collect();
    if !relative.is_empty() {
        log.push("  - Considering Source 1 audio container delays (video delays ignored).".into());
    }
    let of = || format!("audio of {}", job.reference.source);
    candidates.extend(relative.into_iter().map(|ms| Candidate { of: of(), rounded_ms: ms, raw_ms: ms as f64 }));
    candidates
}

fn shift(delays: &mut Delays, reference: &Media, log: &mut Vec<String>) -> Result<()> {
    let (shift_ms, raw_shift_ms) = (delays.global_shift_ms(), delays.raw_global_shift_ms());
    log.push(format!("[Delay] Most negative relevant delay: {}ms (rounded), {:.3}ms (raw)", -shift_ms, -raw_shift_ms));
    log.push(format!("[Delay] Applying lossless global shift: +{shift_ms}ms (rounded), +{raw_shift_ms:.3}ms (raw)"));
    log.push("[Delay] Adjusted delays after global shift:".into());
    let shift = delays.global_shift.delay();
    for (source, delay) in &mut delays.sources {
        let old = *delay;
        *delay = old.plus(shift).map_err(|error| error.context(source.clone()))?;
        log.push(format!(
            "  - {source}: {:+.1}ms → {:+.1}ms (rounded: {:+.3}ms → {:+.3}ms raw)",
            old.rounded_ms() as f64,
            delay.rounded_ms() as f64,
            old.raw_ms(),
            delay.raw_ms()
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
    Ok(())
}
