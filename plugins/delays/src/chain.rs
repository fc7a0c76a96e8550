//! From the delay between signals to the delays of the job: container delays, global shift and file shifts, as pure
//! arithmetic with the lines of the log that explain it.

use crate::{global_shift, plan::SyncMode};
use std::collections::BTreeMap;
use vsg_plugin_api::{
    Result,
    kinds::{Delay, Delays, Layout, Media, SourceDelay, TrackType},
};

/// What the chain needs to know.
pub(crate) struct Job<'a> {
    /// The reference.
    pub(crate) reference: &'a Media,
    /// Selected delays of the targets.
    pub(crate) delays: &'a [Delay],
    /// Which tracks the output has.
    pub(crate) layout: &'a Layout,
    /// What happens to delays below 0.
    pub(crate) sync_mode: SyncMode,
    /// Whether a reference whose audio starts before its video is shifted even if no other source has audio.
    pub(crate) always_shift_containers: bool,
    /// All sources, if the output's tracks keep the timestamps of their files; `None` if each starts at its first sample.
    pub(crate) kept_timestamps: Option<&'a [Media]>,
}

impl Job<'_> {
    /// Whether the output has audio of a target.
    pub(crate) fn has_other_audio(&self) -> bool {
        let is_other = |source: &str| source != self.reference.source;
        self.layout.tracks.iter().any(|track| track.kind == TrackType::Audio && is_other(&track.source))
    }

    fn mode(&self) -> &'static str {
        match self.sync_mode {
            SyncMode::PositiveOnly => "POSITIVE_ONLY",
            SyncMode::AllowNegative => "ALLOW_NEGATIVE",
            SyncMode::Preserve => "PRESERVE",
        }
    }
}

/// The delays of the job, and the lines of the log that explain them.
pub(crate) fn chain(job: &Job<'_>) -> Result<(Delays, Vec<String>)> {
    let mut log = sync_mode(job);
    let has_targets = !job.delays.is_empty();
    let mut delays = if has_targets {
        with_container_delays(job, &mut log)?
    } else {
        log.push("--- Analysis Phase: Skipped (Remux-only mode - no sync sources) ---".into());
        Delays::default()
    };
    add_file_shifts(job, &mut delays);
    if has_targets || job.always_shift_containers {
        global_shift::apply(job, &mut delays, &mut log)?;
    }
    if !delays.sources.is_empty() {
        log.extend(final_delays(job, &delays));
    }
    Ok((delays, log))
}

/// Start of an audio track of the reference against its first video track (ms).
pub(crate) fn relative_ms(reference: &Media, id: u64) -> i64 {
    reference.track(id).map_or(0, |track| track.container_delay_ms - reference.video_delay_ms())
}

fn sync_mode(job: &Job<'_>) -> Vec<String> {
    let bar = "=".repeat(60);
    let mut log = vec![bar.clone(), format!("=== TIMING SYNC MODE: {} ===", job.mode()), bar];
    let explained: &[&str] = match (job.sync_mode, job.has_other_audio(), job.always_shift_containers) {
        (SyncMode::Preserve, _, _) => &[
            "[SYNC MODE] Source 1 keeps its times, and no audio is cut (no global shift).",
            "[SYNC MODE] Audio that would start before 0 ends the job.",
        ],
        (SyncMode::AllowNegative, _, _) => &[
            "[SYNC MODE] Negative delays are ALLOWED (no global shift).",
            "[SYNC MODE] Source 1 remains reference (delay = 0).",
            "[SYNC MODE] Secondary sources can have negative delays.",
        ],
        (SyncMode::PositiveOnly, true, _) => &[
            "[SYNC MODE] Positive-only mode - global shift will eliminate negative delays.",
            "[SYNC MODE] All tracks will be shifted to be non-negative.",
        ],
        (SyncMode::PositiveOnly, false, true) => &[
            "[SYNC MODE] Positive-only mode (but no secondary audio detected).",
            "[SYNC MODE] Global shift will be applied only if audio of Source 1 starts before its video.",
        ],
        (SyncMode::PositiveOnly, false, false) => &[
            "[SYNC MODE] Positive-only mode (but no secondary audio detected).",
            "[SYNC MODE] Global shift will not be applied (subtitle-only exception).",
        ],
    };
    log.extend(explained.iter().map(|&line| line.to_owned()));
    log
}

fn with_container_delays(job: &Job<'_>, log: &mut Vec<String>) -> Result<Delays> {
    let mut delays = Delays::default();
    log.push("--- Getting Source 1 Container Delays for Analysis ---".into());
    for track in &job.reference.tracks {
        if track.container_delay_ms != 0 {
            let (kind, id, ms) = (track.kind, track.id, track.container_delay_ms as f64);
            log.push(format!("[Container Delay] Source 1 {kind} track {id} has container delay: {ms:+.1}ms"));
        }
    }
    let measured: std::collections::BTreeSet<u64> = job.delays.iter().map(|delay| delay.reference_track_id).collect();
    for id in measured {
        let ms = relative_ms(job.reference, id);
        if ms != 0 {
            log.push(format!(
                "[Container Delay] Audio track {id} relative delay (audio relative to video): {:+.1}ms. This will be added to \
                 all correlation results.",
                ms as f64
            ));
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
        let delay = SourceDelay::new(rounded_ms, raw_ms).map_err(|error| error.context(source.clone()))?;
        delays.sources.insert(source.clone(), delay);
    }
    delays.sources.insert(job.reference.source.clone(), SourceDelay::of_raw(0.0));
    Ok(delays)
}

fn final_delays(job: &Job<'_>, delays: &Delays) -> Vec<String> {
    let (mode, shift_ms) = (job.mode(), delays.global_shift_ms());
    let mut log = vec![format!("\n[Delay] === FINAL DELAYS (Sync Mode: {mode}, Global Shift: +{shift_ms}ms) ===")];
    log.extend(delays.sources.iter().map(|(source, delay)| format!("  - {source}: {:+}ms", delay.rounded_ms())));
    if job.sync_mode == SyncMode::AllowNegative {
        let retained = "Negative delays retained (allow_negative mode). Secondary sources may have negative delays.";
        log.push(format!("\n[INFO] {retained}"));
    } else if shift_ms > 0 {
        log.push(format!("\n[INFO] All delays shifted by +{shift_ms}ms to eliminate negatives."));
    }
    log
}

/// The reference's own file stays where it is, so nothing in it moves against anything else; a target's file moves so that its
/// measured signal meets the reference's. The global shift comes on top.
fn add_file_shifts(job: &Job<'_>, delays: &mut Delays) {
    let targets =
        job.delays.iter().map(|delay| (delay.source.clone(), delay.raw_ms + delay.reference_start_ms - delay.start_ms));
    delays.file_shift_ms = BTreeMap::from_iter(targets);
    delays.file_shift_ms.insert(job.reference.source.clone(), 0.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::{delay, layout, media};

    fn job<'a>(reference: &'a Media, delays: &'a [Delay], layout: &'a Layout) -> Job<'a> {
        Job {
            reference,
            delays,
            layout,
            sync_mode: SyncMode::PositiveOnly,
            always_shift_containers: false,
            kept_timestamps: None,
        }
    }

    const V: TrackType = TrackType::Video;
    const A: TrackType = TrackType::Audio;
    const S: TrackType = TrackType::Subtitles;

    #[test]
    fn the_raw_shift_is_that_of_the_track_that_gave_the_rounded_one() {
        let reference = media("Source 1", &[(V, 0, 80), (A, 1, 30)]);
        let layout = layout(&[("Source 1", A, 1), ("Source 2", A, 1)]);
        let (delays, log) = chain(&job(&reference, &[delay("Source 2", 1001.3125)], &layout)).unwrap();
        assert_eq!((delays.global_shift_ms(), delays.raw_global_shift_ms()), (50, 50.0));
        assert_eq!(delays.rounded_ms("Source 2").unwrap(), 1001);
        assert_eq!(delays.raw_ms("Source 2").unwrap(), 1001.3125);
        assert!(
            log.contains(&"[Delay] Most negative relevant delay: -50ms (rounded), -50.000ms (raw)".into()),
            "{log:#?}"
        );
        let shifted = "  - Source 1: +0.0ms → +50.0ms (rounded: +0.000ms → +50.000ms raw)";
        assert!(log.contains(&shifted.into()), "{log:#?}");
    }

    #[test]
    fn of_equal_rounded_delays_the_lower_raw_one_gives_the_shift() {
        let reference = media("Source 1", &[(V, 0, 0), (A, 1, 0)]);
        let layout = layout(&[("Source 2", A, 1), ("Source 3", A, 1)]);
        let targets = [delay("Source 2", -9.6), delay("Source 3", -10.4)];
        let (delays, log) = chain(&job(&reference, &targets, &layout)).unwrap();
        assert_eq!((delays.global_shift_ms(), delays.raw_global_shift_ms()), (10, 10.4));
        assert!(delays.sources.values().all(|delay| delay.raw_ms() >= 0.0), "{delays:?}");
        let considered: Vec<&String> = log.iter().filter(|line| line.contains("Considering delay from")).collect();
        assert_eq!(considered, ["  - Considering delay from Source 2: -10ms"], "one line for each value");
    }

    #[test]
    fn a_remux_has_no_delays_unless_its_own_audio_has_to_be_shifted() {
        let reference = media("Source 1", &[(V, 0, 501), (A, 1, 0)]);
        let layout = layout(&[("Source 1", V, 0), ("Source 1", A, 1), ("Source 1", S, 2)]);
        let (delays, log) = chain(&job(&reference, &[], &layout)).unwrap();
        assert_eq!((delays.sources.len(), delays.global_shift_ms()), (0, 0));
        let skipped = "--- Analysis Phase: Skipped (Remux-only mode - no sync sources) ---";
        assert_eq!(log.last().map(String::as_str), Some(skipped));

        let always = Job { always_shift_containers: true, ..job(&reference, &[], &layout) };
        let (delays, log) = chain(&always).unwrap();
        assert_eq!((delays.global_shift_ms(), delays.file_shift_ms["Source 1"]), (501, 501.0));
        assert_eq!(delays.rounded_ms("Source 1").unwrap(), 501, "subtitles of the reference move with its picture");
        assert!(log.contains(&"\n[INFO] All delays shifted by +501ms to eliminate negatives.".into()), "{log:#?}");
    }

    #[test]
    fn subtitles_alone_cause_no_shift_but_an_early_start_of_the_reference_may() {
        let reference = media("Source 1", &[(V, 0, 20), (A, 1, 0)]);
        let layout = layout(&[("Source 1", A, 1), ("Source 2", S, 3)]);
        let targets = [delay("Source 2", -437.25)];
        let plain = job(&reference, &targets, &layout);
        let (delays, _) = chain(&plain).unwrap();
        assert_eq!((delays.rounded_ms("Source 2").unwrap(), delays.global_shift_ms()), (-457, 0));
        let (delays, log) = chain(&Job { always_shift_containers: true, ..plain }).unwrap();
        assert_eq!((delays.rounded_ms("Source 2").unwrap(), delays.global_shift_ms()), (-437, 20));
        assert!(log.iter().any(|line| line.contains("only if audio of Source 1 starts before its video")), "{log:#?}");
    }

    #[test]
    fn a_target_file_moves_so_that_the_measured_samples_meet() {
        let reference = media("Source 1", &[(V, 0, 0), (A, 1, 250)]);
        let layout = layout(&[("Source 2", A, 1)]);
        let late = Delay { start_ms: 40.0, reference_start_ms: 250.0, ..delay("Source 2", -437.25) };
        let (delays, _) = chain(&job(&reference, &[late], &layout)).unwrap();
        assert_eq!(delays.global_shift_ms(), 187);
        // The target's first sample, at 40 ms in its file, belongs 437.25 ms before the reference's, at 250 ms.
        assert_eq!(delays.file_shift_ms["Source 2"] + 40.0, 250.0 - 437.25 + 187.0);
    }

    #[test]
    fn where_times_are_preserved_audio_before_0_ends_the_job_and_nothing_else_does() {
        let sources = [media("Source 1", &[(V, 0, 0), (A, 1, 0)]), media("Source 2", &[(A, 1, 500), (S, 3, 0)])];
        let measured = Delay { start_ms: 500.0, ..delay("Source 2", 20.25) };
        let targets = std::slice::from_ref(&measured);
        let preserved = |layout: &Layout, kept_timestamps| {
            let job = job(&sources[0], targets, layout);
            chain(&Job { sync_mode: SyncMode::Preserve, kept_timestamps, ..job })
        };
        let with_audio = layout(&[("Source 1", A, 1), ("Source 2", A, 1)]);
        let (delays, log) = preserved(&with_audio, Some(&sources)).unwrap();
        assert_eq!((delays.global_shift_ms(), delays.file_shift_ms["Source 2"]), (0, -479.75));
        assert!(log.contains(&"=== TIMING SYNC MODE: PRESERVE ===".into()), "{log:#?}");

        let early = Delay { start_ms: 0.0, ..delay("Source 2", -620.25) };
        let early =
            Job { sync_mode: SyncMode::Preserve, ..job(&sources[0], std::slice::from_ref(&early), &with_audio) };
        let error = chain(&early).unwrap_err();
        assert_eq!(error.message(), "audio of Source 2 would have to start 620.250 ms before 0");
        let error = chain(&Job { kept_timestamps: Some(&sources), ..early }).unwrap_err();
        assert_eq!(error.message(), "audio track 1 of Source 2 would have to start 120.250 ms before 0");
        let subtitles = layout(&[("Source 1", A, 1), ("Source 2", S, 3)]);
        let (delays, _) = preserved(&subtitles, Some(&sources)).unwrap();
        assert_eq!(delays.global_shift_ms(), 0);
    }

    #[test]
    fn with_kept_timestamps_the_earliest_start_of_any_audio_counts_and_nothing_else() {
        // The picture of the reference starts late; its file is not touched for that.
        let sources =
            [media("Source 1", &[(V, 0, 80), (A, 1, 0)]), media("Source 2", &[(V, 0, 0), (A, 1, 3000), (A, 2, 20)])];
        let measured = Delay { start_ms: 3000.0, ..delay("Source 2", 100.5) };
        let shift_ms = |layout: &Layout| {
            let targets = std::slice::from_ref(&measured);
            let (delays, _) =
                chain(&Job { kept_timestamps: Some(&sources), ..job(&sources[0], targets, layout) }).unwrap();
            (delays.global_shift_ms(), delays.file_shift_ms["Source 1"], delays.file_shift_ms["Source 2"])
        };
        assert_eq!(shift_ms(&layout(&[("Source 1", A, 1), ("Source 2", A, 1)])), (0, 0.0, -2899.5));
        let both = layout(&[("Source 1", A, 1), ("Source 2", A, 1), ("Source 2", A, 2)]);
        assert_eq!(shift_ms(&both), (2880, 2880.0, -19.5), "the other audio would start at -2879.5 ms");
        assert_eq!(shift_ms(&layout(&[("Source 1", A, 1), ("Source 2", S, 3)])), (0, 0.0, -2899.5));
    }
}
