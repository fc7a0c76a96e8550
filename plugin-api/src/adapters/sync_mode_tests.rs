//! The stage that a sync mode becomes, on files and on a Matroska file.

use super::{sync_mode::Synced, timing::Timing};
use crate::{
    Error, Subtitles, SyncMode,
    abi::{HostRef, LoopBody, RRef, RawHost, RawHost_TO, TD_Opaque},
    ctx::Ctx,
    kinds::{Delays, SourceDelay, SyncOutcome, SyncReport, Track, TrackData, TrackType, Tracks},
    ports::{Inputs, Outputs},
    report::Entry,
    stage::Stage,
    value::Data,
};
use abi_stable::std_types::{RResult, RStr, RString};
use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
};
use tempfile::TempDir;

const SRT: &str = "1\r\n00:00:01,000 --> 00:00:02,500\r\n<b>Hi</b>\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nYou";
const ASS: &str = "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname\nStyle: Default,Arial\n\n[Events]\n\
                   Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n\
                   Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0000,0,0,, a, b \n";

crate::params! {
    /// What a mode does.
    struct Made {
        /// One of the words below.
        what: String = "shift".into(),
    }
}

impl SyncMode for Made {
    const ID: &'static str = "made";
    const SUMMARY: &'static str = "Does what it is told.";
    const NAME: &'static str = "Made Up";

    fn leaves_to_mux(&self) -> bool {
        self.what == "leave"
    }

    fn sync(&self, subtitles: &mut Subtitles, timing: &Timing, _ctx: &Ctx<'_>) -> crate::Result<()> {
        match self.what.as_str() {
            "fail" => return Err(Error::new("no scenes")),
            "nan" => _ = subtitles.shift_ms(f64::NAN),
            "lose" => *subtitles = Subtitles::parse(b"", subtitles.format())?,
            "far" => subtitles.set_times(0, i64::MAX / 2, i64::MAX),
            _ => _ = subtitles.shift_ms(timing.delay_raw_ms()),
        }
        Ok(())
    }
}

/// A host with one folder, that remembers what it was told.
struct Host {
    folder: TempDir,
    lines: Mutex<Vec<String>>,
    entries: Mutex<Vec<Entry>>,
}

impl Host {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), lines: Mutex::default(), entries: Mutex::default() }
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn run(&self, what: &str, tracks: Tracks, delays: Delays) -> crate::Result<(Tracks, SyncReport)> {
        let seen: HostRef<'_> = RawHost_TO::from_ptr(RRef::new(self), TD_Opaque);
        let inputs =
            Inputs::default().with("tracks", tracks.into_value().unwrap()).with("delays", delays.into_value().unwrap());
        let stage: Synced<Made> = serde_json::from_value(serde_json::json!({ "what": what })).unwrap();
        let outputs: Outputs = stage.run(&inputs, &Ctx::new(seen))?;
        Ok((outputs.get("tracks")?, outputs.get("report")?))
    }

    fn log(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }

    fn issues(&self) -> Vec<String> {
        let entries = self.entries.lock().unwrap();
        let issues = entries.iter().filter_map(|entry| match entry {
            Entry::Issue(issue) => Some(issue.clone()),
            _ => None,
        });
        issues.collect()
    }
}

impl RawHost for Host {
    fn log(&self, _level: u8, message: RStr<'_>) {
        self.lines.lock().unwrap().push(message.into());
    }

    fn progress(&self, _fraction: f64) {}

    fn cancelled(&self) -> bool {
        false
    }

    fn for_each(&self, count: usize, body: LoopBody<'_>) {
        (0..count).for_each(|index| body.call(index));
    }

    fn service(&self, name: RStr<'_>, request: RStr<'_>) -> RResult<RString, RString> {
        match name.as_str() {
            "scratch-dir" => {
                let folder = self.folder.path().join("scratch");
                std::fs::create_dir(&folder).unwrap();
                RResult::ROk(serde_json::json!(folder).to_string().into())
            }
            "report" => {
                self.entries.lock().unwrap().push(serde_json::from_str(&request).unwrap());
                RResult::ROk("null".into())
            }
            other => RResult::RErr(format!("no service {other}").into()),
        }
    }
}

fn track(id: u64, codec_id: &str, data: TrackData) -> Track {
    Track {
        id,
        kind: TrackType::Subtitles,
        codec_id: codec_id.into(),
        data,
        container_delay_ms: 0,
        mux_offset_ms: 0.0,
        aspect_ratio: None,
        stepping_adjusted: false,
        frame_adjusted: false,
    }
}

fn of_source_2(path: impl Into<PathBuf>, tracks: Vec<Track>) -> Tracks {
    Tracks { source: "Source 2".into(), path: path.into(), tracks }
}

/// 1234.5 ms from the first sample of the measured audio, 1200.25 ms for the file.
fn delays() -> Delays {
    let source = || "Source 2".to_owned();
    let sources = [(source(), SourceDelay::of_raw(1234.5))].into();
    Delays { sources, file_shift_ms: [(source(), 1200.25)].into(), ..Delays::default() }
}

fn text(track: &Track) -> String {
    let TrackData::File(path) = &track.data else { panic!("{track:?}") };
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn texts_in_files_of_their_own_move_and_everything_else_of_them_stays() {
    let host = Host::new();
    let (srt, ass) = (host.file("a.srt", SRT), host.file("b.ass", ASS));
    let own = |id, codec: &str, path: &Path| track(id, codec, TrackData::File(path.into()));
    let before = of_source_2("b.mkv", vec![own(3, "S_TEXT/UTF8", &srt), own(4, "S_TEXT/ASS", &ass)]);
    // Whether the file was there before decides nothing; how its job extracts does.
    let other = Host::new();
    let (kept, _) = other.run("shift", before.clone(), delays()).unwrap();
    assert!(text(&kept.tracks[0]).contains("00:00:02,200 --> 00:00:03,700"));
    let delays = Delays { from_first_sample: true, ..delays() };
    let (after, report) = host.run("shift", before, delays).unwrap();
    let moved = SRT
        .replace("00:00:01,000 --> 00:00:02,500", "00:00:02,234 --> 00:00:03,734")
        .replace("00:00:03,000 --> 00:00:04,000", "00:00:04,234 --> 00:00:05,234");
    assert_eq!(text(&after.tracks[0]), moved);
    assert_eq!(text(&after.tracks[1]), ASS.replace("0:00:01.00,0:00:02.00", "0:00:02.23,0:00:03.23"));
    assert!(after.tracks.iter().all(|track| track.frame_adjusted && !track.stepping_adjusted));
    assert_eq!(
        (std::fs::read_to_string(srt).unwrap(), std::fs::read_to_string(ass).unwrap()),
        (SRT.into(), ASS.into())
    );
    let told: Vec<_> = report.tracks.iter().map(|track| (track.outcome, track.events, track.offset_ms)).collect();
    assert_eq!(told, [(SyncOutcome::Moved, 2, Some(1234)), (SyncOutcome::Moved, 1, Some(1234))]);
    let log = host.log();
    assert!(log.contains("[Made Up] Total delay (with global): +1234.500ms from Source 2"), "{log}");
    let block = "--- Made Up Sync Report ---\n  - Success: True\n  - Total Events: 2\n  - Pure Correlation Ms: 1234.5\n  - Global \
                 Shift Ms: 0.0\n  - Final Offset Ms: 1234.5\n  - Final Offset Applied: 1234\n\
                 ------------------------------------------";
    assert!(log.contains(block), "{log}");
}

#[test]
fn what_a_mode_does_not_move_goes_on_as_it_came() {
    let host = Host::new();
    let moved_before = Track { stepping_adjusted: true, ..track(7, "S_TEXT/UTF8", TrackData::File("gone.srt".into())) };
    let audio = Track { kind: TrackType::Audio, ..track(1, "A_AC3", TrackData::Passthrough) };
    let inside = |id, codec| track(id, codec, TrackData::Passthrough);
    let before = of_source_2("b.mkv", vec![audio, inside(5, "S_HDMV/PGS"), inside(6, "S_TEXT/USF"), moved_before]);
    let (after, report) = host.run("shift", before.clone(), delays()).unwrap();
    assert_eq!(after, before);
    let outcomes: Vec<_> = report.tracks.iter().map(|track| track.outcome).collect();
    assert_eq!(outcomes, [SyncOutcome::LeftToMux, SyncOutcome::LeftToMux, SyncOutcome::MovedBefore]);
    let log = host.log();
    assert!(log.contains("[Made Up] Skipping track 5 - format .sup not supported (bitmap subtitle)"), "{log}");

    let text = track(3, "S_TEXT/UTF8", TrackData::File(host.file("a.srt", SRT)));
    let before = of_source_2("b.mkv", vec![text]);
    let (after, report) = host.run("leave", before.clone(), delays()).unwrap();
    assert_eq!((after, report.tracks[0].outcome), (before, SyncOutcome::LeftToMux));
    assert!(host.issues().is_empty());
}

#[test]
fn texts_inside_matroska_are_taken_out_and_move_with_their_file() {
    let host = Host::new();
    let (srt, ass, film) = (host.file("a.srt", SRT), host.file("b.ass", ASS), host.folder.path().join("film.mkv"));
    let made = Command::new("mkvmerge").arg("-q").arg("-o").args([&film, &srt, &ass]).status().unwrap();
    assert!(made.success());
    let inside = |id, codec| track(id, codec, TrackData::Passthrough);
    let before = of_source_2(&film, vec![inside(0, "S_TEXT/UTF8"), inside(1, "S_TEXT/ASS")]);
    let (after, _) = host.run("shift", before, delays()).unwrap();
    assert!(text(&after.tracks[0]).contains("00:00:02,200 --> 00:00:03,700\n<b>Hi</b>\n"));
    assert!(
        text(&after.tracks[1]).contains("Dialogue: 0,0:00:02.20,0:00:03.20,Default,,0000,"),
        "{}",
        text(&after.tracks[1])
    );
}

#[test]
fn texts_that_can_not_be_taken_out_are_left_to_the_muxer_and_told() {
    let host = Host::new();
    let film = host.file("film.mp4", b"\0\0\0\x18ftypisom");
    let before = of_source_2(film, vec![track(2, "S_TEXT/UTF8", TrackData::Passthrough)]);
    let (after, report) = host.run("shift", before.clone(), delays()).unwrap();
    assert_eq!((after, report.tracks[0].outcome), (before, SyncOutcome::LeftToMux));
    assert!(host.issues()[0].starts_with("Subtitle track 2 of Source 2 moves when it is muxed"), "{:?}", host.issues());
}

#[test]
fn a_file_that_can_not_be_read_is_told_and_the_others_move() {
    let host = Host::new();
    let own = |id, path| track(id, "S_TEXT/UTF8", TrackData::File(path));
    let damaged = host.file("damaged.srt", b"\xff\xfe1");
    let before = of_source_2(
        "b.mkv",
        vec![
            own(1, damaged),
            own(2, "gone.srt".into()),
            own(3, host.file("empty.srt", "")),
            own(4, host.file("a.srt", SRT)),
        ],
    );
    let (after, report) = host.run("shift", before.clone(), delays()).unwrap();
    assert_eq!(after.tracks[..3], before.tracks[..3]);
    assert!(after.tracks[3].frame_adjusted);
    assert_eq!(report.tracks[2].notes, ["no events"]);
    let issues = host.issues();
    assert!(issues.len() == 2 && issues[0].contains("UTF-16") && issues[1].contains("gone.srt"), "{issues:?}");
}

#[test]
fn a_mode_that_fails_or_breaks_a_file_is_an_error_that_names_the_track() {
    for (what, because) in [
        ("fail", "no scenes"),
        ("nan", "it asked for a shift by NaN ms"),
        ("lose", "the file had 2 events, and 0 after it"),
        ("far", "too long to be written"),
    ] {
        let host = Host::new();
        let before = of_source_2("b.mkv", vec![track(9, "S_TEXT/UTF8", TrackData::File(host.file("a.srt", SRT)))]);
        let error = host.run(what, before, delays()).unwrap_err();
        assert!(error.message().starts_with("Made Up sync failed for track 9 of Source 2: "), "{error}");
        assert!(error.message().contains(because), "{error}");
    }
}

#[test]
fn timestamps_that_would_be_before_the_start_are_counted_and_odd_lines_told() {
    let host = Host::new();
    let odd = format!("{SRT}\n\n00:00:19,000 --> 00:00:2x,000\n");
    let before = of_source_2("b.mkv", vec![track(2, "S_TEXT/UTF8", TrackData::File(host.file("a.srt", odd)))]);
    let delays = Delays { file_shift_ms: [("Source 2".to_owned(), -1500.0)].into(), ..delays() };
    let (after, report) = host.run("shift", before, delays).unwrap();
    assert!(text(&after.tracks[0]).contains("00:00:00,000 --> 00:00:01,000"));
    assert_eq!(report.tracks[0].clamped, 1);
    assert_eq!(report.tracks[0].offset_ms, Some(-1500));
    assert_eq!(report.tracks[0].notes.len(), 2, "{:?}", report.tracks[0].notes);
}
