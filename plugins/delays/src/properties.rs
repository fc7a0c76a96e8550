//! What holds for the delays of any job.

use crate::chain::{Job, chain, relative_ms};
use crate::made_up::{delay, layout, media};
use crate::plan::SyncMode;
use proptest::prelude::*;
use vsg_plugin_api::kinds::{Delay, Layout, Media, TrackType};

const V: TrackType = TrackType::Video;
const A: TrackType = TrackType::Audio;
const S: TrackType = TrackType::Subtitles;

fn any_job() -> impl Strategy<Value = (Media, Vec<Delay>, Layout, SyncMode, bool)> {
    let reference = (-200i64..200, proptest::collection::vec(-200i64..200, 0..3)).prop_map(|(video_ms, audio_ms)| {
        let audio = audio_ms.iter().enumerate().map(|(index, ms)| (A, index as u64 + 1, *ms));
        media("Source 1", &std::iter::once((V, 0, video_ms)).chain(audio).collect::<Vec<_>>())
    });
    let one = (-2000.0..2000.0f64, 1u64..3, 0.0..100.0f64, 0.0..100.0f64);
    let delays = proptest::collection::vec(one, 0..4).prop_map(|targets| {
        let numbered = targets.into_iter().enumerate();
        let delays = numbered.map(|(index, (raw_ms, reference_track_id, start_ms, reference_start_ms))| Delay {
            reference_track_id,
            start_ms,
            reference_start_ms,
            ..delay(&format!("Source {}", index + 2), raw_ms)
        });
        delays.collect::<Vec<_>>()
    });
    let sources = proptest::sample::select(vec!["Source 1", "Source 2", "Source 3", "Source 4"]);
    let kinds = proptest::sample::select(vec![V, A, S]);
    let layout = proptest::collection::vec((sources, kinds, 0u64..3), 0..8).prop_map(|tracks| layout(&tracks));
    let sync_mode = prop_oneof![Just(SyncMode::PositiveOnly), Just(SyncMode::AllowNegative)];
    (reference, delays, layout, sync_mode, any::<bool>())
}

proptest! {
    #[test]
    fn whole_milliseconds_are_near_the_raw_ones(
        (reference, delays, layout, sync_mode, always_shift_containers) in any_job()
    ) {
        let (delays, _) =
            chain(&Job { reference: &reference, delays: &delays, layout: &layout, sync_mode, always_shift_containers, kept_timestamps: None }).unwrap();
        prop_assert!((delays.global_shift_ms() as f64 - delays.raw_global_shift_ms()).abs() <= 0.5 + 1e-9);
        for delay in delays.sources.values() {
            prop_assert!((delay.rounded_ms() as f64 - delay.raw_ms()).abs() <= 1.0 + 1e-9);
        }
    }

    #[test]
    fn no_audio_of_the_output_is_negative_in_positive_only_mode(
        (reference, delays, layout, _, always_shift_containers) in any_job()
    ) {
        let job =
            Job { reference: &reference, delays: &delays, layout: &layout, sync_mode: SyncMode::PositiveOnly, always_shift_containers, kept_timestamps: None };
        let (delays, _) = chain(&job).unwrap();
        if !job.has_other_audio() || job.delays.is_empty() {
            return Ok(());
        }
        prop_assert!(delays.global_shift_ms() >= 0);
        for track in layout.tracks.iter().filter(|track| track.kind == A) {
            if let Some(delay) = delays.sources.get(&track.source) {
                prop_assert!(delay.rounded_ms() >= 0, "{}: {delay:?}", track.source);
                prop_assert!(delay.raw_ms() >= -0.5 - 1e-9);
            }
        }
        for track in reference.tracks.iter().filter(|track| track.kind == A) {
            prop_assert!(relative_ms(&reference, track.id) + delays.global_shift_ms() >= 0);
        }
    }

    #[test]
    fn no_audio_that_keeps_its_timestamps_starts_before_0_in_positive_only_mode(
        (reference, delays, layout, _, _) in any_job(), other_ms in 0i64..200
    ) {
        let targets = delays.iter().map(|delay| {
            media(&delay.source, &[(A, 0, delay.start_ms as i64), (A, 1, other_ms), (A, 2, 0)])
        });
        let sources: Vec<Media> = std::iter::once(reference.clone()).chain(targets).collect();
        let job = Job {
            reference: &reference,
            delays: &delays,
            layout: &layout,
            sync_mode: SyncMode::PositiveOnly,
            always_shift_containers: false,
            kept_timestamps: Some(&sources),
        };
        let (planned, _) = chain(&job).unwrap();
        if !job.has_other_audio() || delays.is_empty() {
            prop_assert_eq!(planned.global_shift_ms(), 0);
            return Ok(());
        }
        for track in layout.tracks.iter().filter(|track| track.kind == A) {
            let file = sources.iter().find(|media| media.source == track.source);
            if let Some(start_ms) = file.and_then(|media| media.track(track.id)).map(|track| track.start_ms) {
                prop_assert!(start_ms + planned.file_shift_ms[&track.source] >= -0.5 - 1e-9);
            }
        }
    }

    #[test]
    fn the_file_of_the_reference_moves_by_the_global_shift_alone(
        (reference, delays, layout, sync_mode, always_shift_containers) in any_job()
    ) {
        let job =
            Job { reference: &reference, delays: &delays, layout: &layout, sync_mode, always_shift_containers, kept_timestamps: None };
        let (delays, _) = chain(&job).unwrap();
        prop_assert_eq!(delays.file_shift_ms["Source 1"], delays.global_shift_ms() as f64);
        prop_assert!(sync_mode != SyncMode::AllowNegative || delays.global_shift_ms() == 0);
        prop_assert_eq!(delays.file_shift_ms.len(), job.delays.len() + 1);
    }

    #[test]
    fn preserved_times_are_those_of_positive_only_mode_where_that_shifts_nothing(
        (reference, delays, layout, _, always_shift_containers) in any_job()
    ) {
        let job = |sync_mode| Job { reference: &reference, delays: &delays, layout: &layout, sync_mode, always_shift_containers, kept_timestamps: None };
        let (shifted, _) = chain(&job(SyncMode::PositiveOnly)).unwrap();
        match chain(&job(SyncMode::Preserve)) {
            Ok((preserved, _)) => prop_assert_eq!(preserved, shifted),
            Err(_) => prop_assert!(shifted.global_shift_ms() > 0),
        }
    }
}
