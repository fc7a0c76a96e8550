//! Tracks that are read in their source: one input for each source, and options only for what differs.

use crate::{
    delay::{Timeline, sync_ms},
    item::{Bytes, Item},
    options::{self, Settings, Source},
};
use std::path::PathBuf;
use vsg_plugin_api::prelude::*;

const V: TrackType = TrackType::Video;
const A: TrackType = TrackType::Audio;
const S: TrackType = TrackType::Subtitles;

/// A default track of `Source n` that is read in `n.mkv`.
pub(crate) fn kept(source: u64, id: u64, kind: TrackType) -> Item {
    Item {
        source: format!("Source {source}"),
        id,
        kind,
        codec_id: "A_AC3".into(),
        language: "jpn".into(),
        name: "a name".into(),
        keeps_name: true,
        custom_language: None,
        custom_name: None,
        default: true,
        forced: false,
        other_flags: Vec::new(),
        is_preserved: false,
        bytes: Bytes::Source { path: format!("{source}.mkv").into(), mux_offset_ms: 0.0 },
        container_delay_ms: 0.0,
        aspect_ratio: Some("16:9".into()),
        is_adjusted: false,
        sync_to: None,
    }
}

/// The same track in a file of its own.
pub(crate) fn own(source: u64, id: u64, kind: TrackType) -> Item {
    Item { bytes: Bytes::Own(format!("{source}_{id}.bin").into()), ..kept(source, id, kind) }
}

fn with_offset(mux_offset_ms: f64, item: Item) -> Item {
    let path = item.bytes.path().to_owned();
    Item { bytes: Bytes::Source { path, mux_offset_ms }, ..item }
}

fn source(number: u64, attachments: &[u64]) -> Source {
    let path = PathBuf::from(format!("{number}.mkv"));
    Source { name: format!("Source {number}"), path, attachments: attachments.to_vec(), has_chapters: true }
}

/// Delays of two targets without a global shift, and with it.
fn delays(global_shift_ms: i64) -> Delays {
    let shift_ms = global_shift_ms as f64;
    let files = [("Source 1", 0.0), ("Source 2", -437.25), ("Source 3", 1001.5)];
    let tracks = [("Source 1", 0.0), ("Source 2", -477.0), ("Source 3", 1000.0)];
    Delays {
        sources: tracks.iter().map(|(source, ms)| ((*source).into(), SourceDelay::of_raw(ms + shift_ms))).collect(),
        global_shift: GlobalShift::new(SourceDelay::of_raw(shift_ms)).unwrap(),
        file_shift_ms: files.iter().map(|(source, ms)| ((*source).into(), ms + shift_ms)).collect(),
        from_first_sample: false,
    }
}

/// A line without the flags of tracks.
fn without_flags(line: &str) -> String {
    let mut words = Vec::new();
    let mut rest = line.split(' ');
    while let Some(word) = rest.next() {
        if word.ends_with("-flag") {
            rest.next();
        } else {
            words.push(word);
        }
    }
    words.join(" ")
}

fn tokens(items: &[Item], sources: &[Source], delays: &Delays, settings: &Settings) -> Vec<String> {
    options::tokens(items, sources, delays, settings).unwrap()
}

fn line(items: &[Item], delays: &Delays) -> String {
    tokens(items, &[], delays, &Settings::default()).join(" ")
}

fn sync(items: &[Item], delays: &Delays) -> Vec<i64> {
    let timeline = Timeline::of(items, "Source 1");
    items.iter().map(|item| sync_ms(item, delays, &timeline)).collect()
}

#[test]
fn every_source_is_one_input_and_says_which_of_its_parts_are_read() {
    let items = [kept(1, 0, V), kept(1, 2, A), kept(2, 1, A), kept(1, 3, S), kept(2, 4, S)];
    let sources = [source(1, &[1, 2]), source(2, &[7])];
    let line = tokens(&items, &sources, &delays(0), &Settings::default()).join(" ");
    assert_eq!(
        without_flags(&line),
        "--sync 0:+0 --sync 2:+0 --sync 3:+0 \
         --video-tracks 0 --audio-tracks 2 --subtitle-tracks 3 --no-buttons --attachments 1,2 ( 1.mkv ) \
         --sync 1:-437 --sync 4:-437 \
         --no-video --audio-tracks 1 --subtitle-tracks 4 --no-buttons --attachments 7 --no-chapters --no-global-tags ( 2.mkv ) \
         --track-order 0:0,0:2,1:1,0:3,1:4"
    );
}

#[test]
fn the_order_names_inputs_by_number_and_tracks_by_id() {
    let items = [kept(2, 5, A), own(1, 3, A), kept(1, 0, V), kept(2, 6, S)];
    let line = line(&items, &delays(0));
    assert!(line.ends_with("--track-order 0:5,1:0,2:0,0:6"), "{line}");
    assert!(line.find("( 2.mkv )") < line.find("( 1_3.bin )") && line.find("( 1_3.bin )") < line.find("( 1.mkv )"));
}

#[test]
fn two_sources_in_one_file_are_two_inputs() {
    let twin = Item { source: "Source 2".into(), ..kept(1, 1, A) };
    let line = without_flags(&line(&[kept(1, 0, V), kept(1, 1, A), twin], &delays(0)));
    assert_eq!(line.matches("( 1.mkv )").count(), 2, "{line}");
    assert!(line.contains("--sync 0:+0 --sync 1:+0 --video-tracks 0 --audio-tracks 1"), "{line}");
    assert!(line.contains("--sync 1:-437 --no-video --audio-tracks 1"), "{line}");
    assert!(line.ends_with("--track-order 0:0,0:1,1:1"), "{line}");
}

#[test]
fn flags_are_always_told_and_other_things_if_they_change() {
    let plain = tokens(&[kept(1, 1, A)], &[], &delays(0), &Settings::default()).join(" ");
    for option in ["--language", "--track-name", "--aspect-ratio", "--compression"] {
        assert!(!plain.contains(option), "{plain}");
    }
    assert!(plain.contains("--default-track-flag 1:yes --forced-display-flag 1:no"), "{plain}");
    let changed = Item {
        custom_language: Some("de".into()),
        custom_name: Some("Deutsch".into()),
        default: false,
        forced: true,
        ..kept(1, 1, A)
    };
    let settings = Settings {
        disable_header_compression: true,
        remove_dialog_normalization_gain: true,
        disable_track_statistics_tags: true,
        ..Settings::default()
    };
    let line = tokens(&[changed], &[], &delays(0), &settings).join(" ");
    let expected = "--disable-track-statistics-tags --language 1:de --track-name 1:Deutsch --sync 1:+0 \
                    --default-track-flag 1:no --forced-display-flag 1:yes --compression 1:none \
                    --remove-dialog-normalization-gain 1 --no-video";
    assert!(line.starts_with(expected), "{line}");
}

#[test]
fn a_track_that_was_taken_out_of_its_source_looks_the_same_in_a_menu() {
    let taken_out = Item {
        language: "pt-BR".into(),
        forced: true,
        other_flags: vec![("--commentary-flag", true)],
        is_adjusted: true,
        ..own(2, 4, S)
    };
    let plain = Item { default: false, forced: true, ..kept(2, 3, S) };
    let line = tokens(&[kept(1, 0, V), plain, taken_out], &[], &delays(0), &Settings::default()).join(" ");
    // The first forced subtitles are not the only ones.
    let expected = "--language 0:pt-BR --track-name 0:a name --sync 0:+0 --default-track-flag 0:yes \
                    --forced-display-flag 0:yes --commentary-flag 0:yes ( 2_4.bin )";
    assert!(line.contains(expected), "{line}");
}

#[test]
fn chapters_of_the_reference_move_with_the_global_shift() {
    let items = [kept(1, 0, V), kept(2, 1, A)];
    let sources = [source(1, &[]), source(2, &[])];
    let line = |sources: &[Source], shift_ms, settings: &Settings| {
        tokens(&items, sources, &delays(shift_ms), settings).join(" ")
    };
    assert!(!line(&sources, 0, &Settings::default()).contains("--chapter-sync"));
    let shifted = line(&sources, 437, &Settings::default());
    assert_eq!(shifted.matches("--chapter-sync 437 ( 1.mkv )").count(), 1, "{shifted}");
    assert_eq!(shifted.matches("--chapter-sync").count(), 1, "{shifted}");
    let without = [Source { has_chapters: false, ..source(1, &[]) }];
    assert!(!line(&without, 437, &Settings::default()).contains("--chapter-sync"));
    let settings = Settings { chapters: Some("c.xml".into()), ..Settings::default() };
    let line = line(&sources, 437, &settings);
    assert!(line.starts_with("--chapters c.xml ") && !line.contains("--chapter-sync"), "{line}");
    assert_eq!(line.matches("--no-chapters").count(), 2, "{line}");
}

#[test]
fn chapters_and_attachments_stay_when_all_tracks_are_in_files_of_their_own() {
    let items = [own(1, 0, V), own(2, 1, A), own(3, 1, A)];
    let sources = [source(1, &[]), source(2, &[3]), source(3, &[])];
    let line = tokens(&items, &sources, &delays(437), &Settings::default()).join(" ");
    let rest = "--no-video --no-audio --no-subtitles --no-buttons --no-attachments --chapter-sync 437 ( 1.mkv ) \
                --no-video --no-audio --no-subtitles --no-buttons --attachments 3 --no-chapters --no-global-tags ( 2.mkv ) \
                --track-order 0:0,1:0,2:0";
    assert!(line.ends_with(rest), "{line}");
}

#[test]
fn a_kept_file_moves_as_a_whole_rounded_half_to_even() {
    let items = [kept(1, 0, V), kept(1, 1, A), kept(2, 1, A), kept(3, 1, S)];
    assert_eq!(sync(&items, &delays(0)), [0, 0, -437, 1002]);
    assert_eq!(sync(&items, &delays(477)), [477, 477, 40, 1478]);
}

#[test]
fn what_mkvmerge_adds_by_itself_is_taken_out_again() {
    // The reference is an MP4 whose audio has an encoder delay, the target a transport stream that starts at 1.4 s.
    let items =
        [with_offset(0.0, kept(1, 0, V)), with_offset(21.333, kept(1, 1, A)), with_offset(-1400.0, kept(2, 1, A))];
    assert_eq!(sync(&items, &delays(0)), [0, -21, 963]);
    // Now the picture of the reference itself is moved, so everything follows it.
    let items = [with_offset(-1400.0, kept(1, 0, V)), with_offset(-1400.0, kept(1, 1, A)), kept(2, 1, A), own(2, 2, S)];
    assert_eq!(sync(&items, &delays(0)), [0, 0, -1837, -1837]);
    // What was adjusted to the reference's timestamps moves as they do.
    let adjusted = Item { is_adjusted: true, ..own(2, 2, S) };
    assert_eq!(sync(&[with_offset(-1400.0, kept(1, 0, V)), adjusted], &delays(477)), [477, -1400]);
}

#[test]
fn beside_a_late_video_files_of_their_own_start_where_their_content_belongs() {
    let late = Item { container_delay_ms: 80.0, ..kept(1, 0, V) };
    let early_audio = Item { container_delay_ms: -50.0, ..own(1, 1, A) };
    let adjusted = Item { is_adjusted: true, ..own(2, 4, S) };
    let external =
        |sync_to: Option<&str>| Item { source: "External".into(), sync_to: sync_to.map(str::to_owned), ..own(9, 0, S) };
    let items = [
        late,
        early_audio,
        own(2, 1, A),
        own(1, 2, S),
        own(2, 3, S),
        adjusted,
        external(Some("Source 2")),
        external(None),
        kept(2, 5, S),
    ];
    // Sound starts at its first sample, counted from the picture at 80 ms; subtitles carry the times of their source.
    assert_eq!(sync(&items, &delays(0)), [0, 30, -397, 0, -437, 0, -437, 0, -437]);
    assert_eq!(sync(&items, &delays(477)), [477, 507, 80, 477, 40, 0, 40, 0, 40]);
}

#[test]
fn a_kept_target_follows_a_picture_that_was_cut_out_of_its_late_start() {
    let late = Item { container_delay_ms: 80.0, ..own(1, 0, V) };
    assert_eq!(sync(&[late, kept(2, 1, A)], &delays(0)), [0, -517]);
}

#[test]
fn without_a_picture_the_first_track_of_the_reference_sets_the_timeline() {
    let items = [with_offset(-20.0, Item { container_delay_ms: 300.0, ..kept(1, 1, A) }), kept(2, 1, A)];
    assert_eq!(sync(&items, &delays(0)), [0, -457]);
    assert_eq!(sync(&[kept(2, 1, A)], &delays(0)), [-437]);
}
