//! Generated pairs of releases with known delays; made once and kept beside the build.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::Mutex,
};
use vsg_sample_media::{
    Attachment, AudioTrack, Codec, Container, GENERATION, Mix, Picture, Programme, Release, SubtitleFormat,
    SubtitleLines, SubtitleTrack, Tools, Truth, chapters_at_cuts, true_delay,
};

const FILM: Programme = Programme::new(2_031);
const OTHER_FILM: Programme = Programme::new(77_412);

/// Two releases on disk.
pub(crate) struct Pair {
    pub(crate) reference: PathBuf,
    pub(crate) target: PathBuf,
    pub(crate) releases: (Release, Release),
    pub(crate) truth: Truth,
}

impl Pair {
    /// The files, the reference first.
    pub(crate) fn files(&self) -> [&Path; 2] {
        [&self.reference, &self.target]
    }
}

/// Writes a release, or finds it from an earlier call.
pub(crate) fn file(release: &Release) -> PathBuf {
    static WRITING: Mutex<()> = Mutex::new(());
    let name = if release.container == Container::Mp4 { "film.mp4" } else { "film.mkv" };
    let folder = kept(release);
    let place = folder.join(name);
    let _writing = WRITING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !place.exists() {
        release.write(&place, &Tools::default(), &|_| ControlFlow::Continue(())).unwrap();
    }
    place
}

/// A folder for what is made from `description`.
fn kept(description: &impl serde::Serialize) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    (GENERATION, serde_json::to_string(description).unwrap()).hash(&mut hasher);
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("media").join(format!("{:016x}", hasher.finish()))
}

/// Writes two releases and measures their delay, or finds both from an earlier call.
pub(crate) fn pair(reference: Release, target: Release) -> Pair {
    let (reference_file, target_file) = (file(&reference), file(&target));
    let note = kept(&(&reference, &target));
    let truth = fs::read(&note).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_else(|| {
        let files = ((&reference, reference_file.as_path()), (&target, target_file.as_path()));
        let truth = true_delay(files.0, files.1, &Tools::default()).unwrap();
        fs::write(&note, serde_json::to_string(&truth).unwrap()).unwrap();
        truth
    });
    Pair { reference: reference_file, target: target_file, releases: (reference, target), truth }
}

/// A Matroska file with a picture and one audio track.
pub(crate) fn release(duration_s: f64, delay_ms: f64, mix: Mix, codec: Codec) -> Release {
    Release {
        delay_ms,
        picture: Some(Picture::TINY),
        audio: vec![AudioTrack::new(mix, codec)],
        ..Release::new(FILM, duration_s)
    }
}

/// Everything that a file can have, in English with AAC, and a German dub with AC-3 that plays 1234.57 ms too early.
pub(crate) fn dub() -> Pair {
    let attachment =
        |name: &str, mime: &str| Attachment { name: name.into(), mime: mime.into(), content: name.repeat(40) };
    let mut reference = release(40.0, 0.0, Mix::original("eng"), Codec::Aac);
    reference.title = Some("A film".into());
    reference.audio[0].name = Some("Original".into());
    let commentary = AudioTrack {
        name: Some("Music only".into()),
        default: false,
        ..AudioTrack::new(Mix::music_and_effects(), Codec::Mp3)
    };
    reference.audio.push(commentary);
    reference.subtitles = vec![
        SubtitleTrack { name: Some("Full".into()), default: true, ..SubtitleTrack::new(SubtitleFormat::Ass, "eng") },
        SubtitleTrack { forced: true, lines: SubtitleLines::Signs, ..SubtitleTrack::new(SubtitleFormat::Srt, "fre") },
    ];
    reference.chapters = chapters_at_cuts(&FILM, 0.0, 40.0, 10.0);
    reference.attachments =
        vec![attachment("letters.ttf", "application/x-truetype-font"), attachment("about.txt", "text/plain")];
    let mut target = release(40.0, 1234.57, Mix::dub("ger", -4.5), Codec::Ac3);
    target.audio[0].name = Some("Synchronfassung".into());
    target.subtitles =
        vec![SubtitleTrack { default: true, forced: true, ..SubtitleTrack::new(SubtitleFormat::Srt, "ger") }];
    target.chapters = chapters_at_cuts(&FILM, 0.0, 40.0, 20.0);
    target.attachments = vec![attachment("leaflet.txt", "text/plain")];
    pair(reference, target)
}

/// E-AC-3 against AAC; the target plays 731.29 ms too late and has a title; the reference has chapters and no title.
pub(crate) fn late() -> Pair {
    let mut reference = release(30.0, 0.0, Mix::original("eng"), Codec::Eac3);
    reference.chapters = chapters_at_cuts(&FILM, 0.0, 30.0, 10.0);
    reference.subtitles = vec![SubtitleTrack::new(SubtitleFormat::Srt, "eng")];
    let target = Release { title: Some("Another".into()), ..release(30.0, -731.29, Mix::remaster("eng"), Codec::Aac) };
    pair(reference, target)
}

/// FLAC at 44.1 kHz against Opus.
pub(crate) fn other_rate() -> Pair {
    pair(flac(), release(30.0, 87.654, Mix::original("eng"), Codec::Opus))
}

/// Opus against FLAC, whose file is large.
pub(crate) fn lossless_target() -> Pair {
    pair(release(30.0, 87.654, Mix::original("eng"), Codec::Opus), flac())
}

fn flac() -> Release {
    let mut release = release(30.0, 0.0, Mix::original("eng"), Codec::Flac);
    release.audio[0].rate_hz = 44_100;
    release
}

/// A Matroska reference by mkvmerge against an MP4 target.
pub(crate) fn mp4_target() -> Pair {
    let target = Release { container: Container::Mp4, ..release(30.0, 312.4, Mix::remaster("eng"), Codec::Aac) };
    pair(release(30.0, 0.0, Mix::original("eng"), Codec::Ac3), target)
}

/// An MP4 reference against Matroska by ffmpeg, which keeps the encoder's delay in the timestamps.
pub(crate) fn mp4_reference() -> Pair {
    let reference = Release { container: Container::Mp4, ..release(30.0, 0.0, Mix::original("eng"), Codec::Aac) };
    let target =
        Release { container: Container::MatroskaByFfmpeg, ..release(30.0, -412.87, Mix::remaster("eng"), Codec::Aac) };
    pair(reference, target)
}

/// Audio that starts after, or before, the picture of its container.
pub(crate) fn container_delays() -> Pair {
    let mut reference = release(30.0, 0.0, Mix::original("eng"), Codec::Ac3);
    reference.audio[0].start_ms = 250;
    let mut target = release(30.0, 540.21, Mix::original("eng"), Codec::Mp3);
    target.audio[0].start_ms = 40;
    pair(reference, target)
}

/// A small pair for everything that is about something else: 24 s, AAC against AC-3, 345.67 ms.
pub(crate) fn small() -> Pair {
    let reference = release(24.0, 0.0, Mix::original("eng"), Codec::Aac);
    pair(reference, release(24.0, 345.67, Mix::original("eng"), Codec::Ac3))
}

/// The reference of [`small`] against a German dub with ASS and forced SRT subtitles that plays 745.67 ms too early; where the
/// dub's audio starts 40 ms after its picture.
pub(crate) fn subtitled() -> Pair {
    let mut target = release(24.0, 745.67, Mix::dub("ger", -3.0), Codec::Ac3);
    target.audio[0].start_ms = 40;
    target.subtitles = vec![
        SubtitleTrack { name: Some("Ganz".into()), default: true, ..SubtitleTrack::new(SubtitleFormat::Ass, "ger") },
        SubtitleTrack { forced: true, ..SubtitleTrack::new(SubtitleFormat::Srt, "ger") },
    ];
    pair(release(24.0, 0.0, Mix::original("eng"), Codec::Aac), target)
}

/// A file of another film, as long as [`small`].
pub(crate) fn unrelated() -> PathBuf {
    let release = release(24.0, 0.0, Mix::original("eng"), Codec::Ac3);
    file(&Release { programme: OTHER_FILM, ..release })
}

/// A picture without sound.
pub(crate) fn mute() -> PathBuf {
    file(&Release { picture: Some(Picture::TINY), ..Release::new(FILM, 24.0) })
}

/// Three seconds of the film of [`small`].
pub(crate) fn snippet() -> PathBuf {
    file(&release(3.0, 0.0, Mix::original("eng"), Codec::Ac3))
}
