//! A made-up job: two releases of a film that holds nothing but sound, and a value of every kind that tells of them.

use super::{sound, sync};
use crate::{
    Arity, Data, Job, Port, Signature, Value,
    abi::{RawInput, RawValue},
    kinds::*,
    kinds::{AlignedPiece, Alignment},
};
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};
use tempfile::TempDir;

/// By how much the target plays too early (ms).
pub(super) const DELAY_MS: f64 = 250.0;

/// Length of both files (s).
pub(super) const LENGTH_S: f64 = 20.0;

/// Kinds that belong to the host's own plugins. Kinds of anybody else have a namespace: `acme.sceneprint/1`.
pub(super) const OWN_KINDS: [&str; 17] = [
    "alignment",
    "attachments",
    "audio",
    "chapters",
    "correlation",
    "delay",
    "delays",
    "diagnosis",
    "edl",
    "file",
    "issues",
    "layout",
    "media",
    "output",
    "sketch",
    "sync-report",
    "tracks",
];

/// The files and the sound of the job.
pub(super) struct World {
    folder: TempDir,
    runs: AtomicUsize,
    /// Sound of the reference, then of the target.
    pub(super) sounds: &'static [Vec<f32>; 2],
}

/// The sound of all worlds, made once.
fn sounds() -> &'static [Vec<f32>; 2] {
    static SOUNDS: OnceLock<[Vec<f32>; 2]> = OnceLock::new();
    SOUNDS.get_or_init(|| {
        let reference = sound::bursts(LENGTH_S, 1);
        let target = sound::early(&reference, DELAY_MS);
        [reference, target]
    })
}

impl World {
    /// Writes the files.
    pub(super) fn new() -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("vsg-conformance-").tempdir()?;
        let world = Self { folder, runs: AtomicUsize::new(0), sounds: sounds() };
        std::fs::write(world.subtitles(), sync::FILES[0].2)?;
        for (place, sound) in world.sounds.iter().enumerate() {
            std::fs::write(world.file(place + 1), sound::wav(sound))?;
        }
        Ok(world)
    }

    /// A path in the job's folder.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The file of a source, which counts from 1.
    pub(super) fn file(&self, source: usize) -> PathBuf {
        self.path(&format!("source-{source}.wav"))
    }

    /// Subtitles that lie beside the sources.
    fn subtitles(&self) -> PathBuf {
        self.path("subtitles.srt")
    }

    /// The files of the job, for a run in this folder.
    pub(super) fn job(&self, folder: &Path) -> Job {
        Job { reference: self.file(1), targets: vec![self.file(2)], output: folder.join("out") }
    }

    /// A new folder for one run.
    pub(super) fn run_folder(&self) -> io::Result<PathBuf> {
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        let folder = self.path(&format!("run-{number}"));
        std::fs::create_dir_all(folder.join("out"))?;
        Ok(folder)
    }

    /// Values for all ports of a stage. Fails with the kind that is not known here, unless its port may stay empty.
    pub(super) fn inputs(&self, signature: &Signature) -> Result<Vec<RawInput>, String> {
        let mut inputs = Vec::new();
        for port in &signature.inputs {
            let values: Option<Vec<Value>> =
                sources(port).iter().map(|source| self.value(&port.kind, *source)).collect();
            match values {
                Some(values) => inputs.push(raw_input(&port.name, values)),
                None if port.optional => {}
                None => return Err(port.kind.clone()),
            }
        }
        Ok(inputs)
    }

    /// A value of a kind about one source, or about the job. `None` of kinds that are not known here.
    pub(super) fn value(&self, kind: &str, source: usize) -> Option<Value> {
        match kind {
            SourceFile::KIND => value(SourceFile { source: name(source), path: self.file(source) }),
            Media::KIND => value(self.media(source)),
            Audio::KIND => value(sound::readable(source, &self.sounds[source - 1])?),
            AudioSketch::KIND => value(sound::sketch(source, &self.sounds[source - 1])?),
            Correlation::KIND => value(correlation()),
            Alignment::KIND => value(alignment()),
            Diagnosis::KIND => value(diagnosis()),
            Delay::KIND => value(delay()),
            Delays::KIND => value(delays()),
            Layout::KIND => value(layout()),
            Tracks::KIND => value(self.tracks(source)),
            SyncReport::KIND => value(SyncReport { source: name(source), mode: "made-up".into(), tracks: Vec::new() }),
            Output::KIND => value(Output { path: self.file(1), tokens: vec!["--output".into()] }),
            _ => None,
        }
    }

    fn media(&self, source: usize) -> Media {
        let track = MediaTrack {
            id: 0,
            kind: TrackType::Audio,
            codec_id: String::new(),
            codec: "PCM".into(),
            language: "und".into(),
            flags: TrackFlags { default: true, forced: false },
            duration_s: Some(LENGTH_S),
            channels: Some(1),
            sample_rate_hz: Some(f64::from(sound::RATE_HZ)),
            ..MediaTrack::default()
        };
        Media {
            source: name(source),
            path: self.file(source),
            container: "WAV".into(),
            duration_s: Some(LENGTH_S),
            tracks: vec![track],
            ..Media::default()
        }
    }

    /// The audio track of a source, where it is, and subtitles in a file of their own.
    pub(super) fn tracks(&self, source: usize) -> Tracks {
        let track = Track {
            id: 0,
            kind: TrackType::Audio,
            codec_id: String::new(),
            data: TrackData::Passthrough,
            container_delay_ms: 0,
            mux_offset_ms: 0.0,
            aspect_ratio: None,
            stepping_adjusted: false,
            frame_adjusted: false,
        };
        let subtitles = Track {
            id: 1,
            kind: TrackType::Subtitles,
            codec_id: sync::FILES[0].0.to_owned(),
            data: TrackData::File(self.subtitles()),
            ..track.clone()
        };
        Tracks { source: name(source), path: self.file(source), tracks: vec![track, subtitles] }
    }
}

/// Whether a value is one of its kind. `None` of kinds that are not known here.
pub(super) fn is_readable(value: &RawValue) -> Option<bool> {
    fn reads<T: Data>(value: &RawValue) -> bool {
        Value::from_raw(value.clone()).is_ok_and(|value| T::from_value(&value).is_ok())
    }
    Some(match value.kind.as_str() {
        SourceFile::KIND => reads::<SourceFile>(value),
        Media::KIND => reads::<Media>(value),
        Audio::KIND => reads::<Audio>(value),
        AudioSketch::KIND => reads::<AudioSketch>(value),
        Correlation::KIND => reads::<Correlation>(value),
        Alignment::KIND => reads::<Alignment>(value),
        Diagnosis::KIND => reads::<Diagnosis>(value),
        Delay::KIND => reads::<Delay>(value),
        Delays::KIND => reads::<Delays>(value),
        Layout::KIND => reads::<Layout>(value),
        Tracks::KIND => reads::<Tracks>(value),
        SyncReport::KIND => reads::<SyncReport>(value),
        Output::KIND => reads::<Output>(value),
        _ => return None,
    })
}

/// Values of one port, packed for the boundary.
pub(super) fn raw_input(port: &str, values: Vec<Value>) -> RawInput {
    RawInput { port: port.into(), values: values.into_iter().map(Value::into_raw).collect::<Vec<_>>().into() }
}

/// The sources that a port gets values of.
fn sources(port: &Port) -> &'static [usize] {
    let is_about_targets =
        matches!(port.kind.as_str(), Alignment::KIND | Correlation::KIND | Diagnosis::KIND | Delay::KIND);
    match port.arity {
        Arity::Many if is_about_targets => &[2],
        Arity::Many => &[1, 2],
        Arity::One if port.name.starts_with("reference") => &[1],
        Arity::One => &[2],
    }
}

fn value(data: impl Data) -> Option<Value> {
    data.into_value().ok()
}

fn name(source: usize) -> String {
    format!("Source {source}")
}

/// Ten windows that agree but for one.
fn correlation() -> Correlation {
    let window = |number: usize| Window {
        number,
        start_s: number as f64,
        delay_ms: if number == 7 { -31.5 } else { DELAY_MS + (number % 3) as f64 * 0.01 },
        match_pct: if number == 7 { 2.0 } else { 80.0 },
        peak_ratio: Some(if number == 7 { 1.1 } else { 6.0 }),
        runner_up_ms: Some(-31.5),
        accepted: number != 7,
        rejected_because: (number == 7).then(|| "below 5.0".into()),
        ..Window::default()
    };
    Correlation {
        source: name(2),
        track_id: 0,
        reference_track_id: 0,
        method: "made-up".into(),
        start_ms: 0.0,
        reference_start_ms: 0.0,
        reference_duration_s: LENGTH_S,
        planned: 10,
        min_match_pct: 5.0,
        windows: (1..=10).map(window).collect(),
        ..Correlation::default()
    }
}

fn diagnosis() -> Diagnosis {
    let segment =
        Segment { start_s: 0.0, end_s: LENGTH_S, start_error_s: 0.0, delay_ms: DELAY_MS, error_ms: 0.02, windows: 9 };
    Diagnosis {
        source: name(2),
        kind: DiagnosisKind::Uniform,
        reason: "made up".into(),
        segments: vec![segment],
        ..Diagnosis::default()
    }
}

/// The whole target at about the delay.
fn alignment() -> Alignment {
    Alignment {
        source: name(2),
        speed: 1.0,
        speed_name: None,
        pieces: vec![AlignedPiece { start_s: 0.0, end_s: LENGTH_S, delay_ms: DELAY_MS }],
        significance: 50.0,
        runner_up_ms: None,
        runner_up_significance: None,
        ambiguous: false,
        max_offset_s: None,
    }
}

fn delay() -> Delay {
    Delay {
        source: name(2),
        rounded_ms: DELAY_MS as i64,
        raw_ms: DELAY_MS,
        label: "made up".into(),
        accepted: 9,
        measured: 10,
        start_ms: 0.0,
        reference_start_ms: 0.0,
        reference_track_id: 0,
        ..Delay::default()
    }
}

fn delays() -> Delays {
    let of_both = |delay_ms| BTreeMap::from([(name(1), 0.0), (name(2), delay_ms)]);
    Delays {
        sources: BTreeMap::from([(name(1), SourceDelay::of_raw(0.0)), (name(2), SourceDelay::of_raw(DELAY_MS))]),
        global_shift: GlobalShift::default(),
        file_shift_ms: of_both(DELAY_MS),
        from_first_sample: false,
    }
}

fn layout() -> Layout {
    let track = |source| LayoutTrack {
        source: name(source),
        id: 0,
        kind: TrackType::Audio,
        language: "und".into(),
        default: source == 1,
        ..LayoutTrack::default()
    };
    Layout { tracks: vec![track(1), track(2)], ..Layout::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_made_up_value_is_one_of_its_kind() {
        let world = World::new().unwrap();
        let made: Vec<Value> = OWN_KINDS
            .iter()
            .flat_map(|name| [1, 2].map(|source| world.value(&format!("{name}/1"), source)))
            .flatten()
            .collect();
        assert_eq!(made.len(), 26);
        for value in made {
            let raw = value.into_raw();
            assert_eq!(is_readable(&raw), Some(true), "{}: {}", raw.kind, raw.header);
        }
    }
}
