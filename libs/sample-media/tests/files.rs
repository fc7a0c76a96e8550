//! Writes short files with ffmpeg and mkvmerge and looks at what came out.

use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use vsg_sample_media::{
    Attachment, AudioTrack, Codec, Container, Error, Layout, Mix, Pair, Picture, Programme, Release, Splice,
    SubtitleFormat, SubtitleTrack, Tools, Treatment, chapters_at_cuts, decoded_offset, true_delay,
};

const FILM: Programme = Programme::new(77);

fn quiet(_: f64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn sound(codec: Codec) -> Release {
    Release { audio: vec![AudioTrack::new(Mix::original("eng"), codec)], ..Release::new(FILM, 3.5) }
}

/// What mkvmerge finds in a file.
fn identify(file: &Path) -> Option<Value> {
    let output = Command::new("mkvmerge").arg("-J").arg(file).output().ok()?;
    serde_json::from_slice(&output.stdout).ok()
}

#[test]
fn every_codec_in_every_container_is_measured_to_a_hundredth_of_a_sample() {
    use Codec::{Aac, Ac3, Eac3, Flac, Mp3, Opus, Pcm, Vorbis};
    use Container::{Matroska, MatroskaByFfmpeg, Mp4};
    let cases = [
        (Matroska, &[Aac, Ac3, Eac3, Flac, Mp3, Opus, Pcm][..]),
        (MatroskaByFfmpeg, &[Aac, Opus, Vorbis][..]),
        (Mp4, &[Aac, Ac3][..]),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (container, codecs) in cases {
        for &codec in codecs {
            let release = Release { container, delay_ms: 412.345, ..sound(codec) };
            let file = folder.path().join("sound");
            release.write(&file, &Tools::default(), &quiet).unwrap();
            let offset = decoded_offset(&release, &file, 0, &Tools::default()).unwrap();
            assert!(offset.spread_ms < 0.01, "{container:?} {codec:?}: {offset:?}");
            assert!((-1.0..60.0).contains(&offset.offset_ms), "{container:?} {codec:?}: {offset:?}");
            let samples = offset.offset_ms * 48.0;
            assert!((samples - samples.round()).abs() < 0.02, "{container:?} {codec:?}: {offset:?}");
            if matches!(codec, Flac | Pcm) {
                assert!(offset.offset_ms.abs() < 1e-5, "{container:?} {codec:?}: {offset:?}");
            }
        }
    }
}

#[test]
fn a_pair_has_its_nominal_delay_whatever_the_mix_rate_and_layout() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one.mkv"), folder.path().join("two.mkv"));
    let reference = sound(Codec::Flac);
    reference.write(&one, &Tools::default(), &quiet).unwrap();
    for (mix, rate_hz, layout) in [
        (Mix::dub("ger", -18.0), 48_000, Layout::Surround51),
        (Mix::remaster("eng"), 44_100, Layout::Stereo),
        (Mix::music_and_effects(), 44_100, Layout::Mono),
    ] {
        let track = AudioTrack { rate_hz, layout, ..AudioTrack::new(mix, Codec::Flac) };
        let target = Release { delay_ms: -1234.567, audio: vec![track], ..Release::new(FILM, 3.5) };
        target.write(&two, &Tools::default(), &quiet).unwrap();
        let truth = true_delay((&reference, &one), (&target, &two), &Tools::default()).unwrap();
        assert!((truth.delay_ms + 1234.567).abs() < 2e-4, "{layout:?} at {rate_hz} Hz: {truth:?}");
    }
}

#[test]
fn treated_sound_is_in_the_file_as_its_description_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("film.mkv");
    let splices = vec![Splice { at: 60_000, missing: 30_000 }, Splice { at: 150_000, missing: -40_000 }];
    for treatment in [
        Treatment { splices, ..Treatment::default() },
        Treatment { speed: 25_025.0 / 24_000.0, gain_db: -9.0, inverted: true, ..Treatment::default() },
    ] {
        let mut release = sound(Codec::Flac);
        release.audio[0].treatment = treatment;
        release.write(&file, &Tools::default(), &quiet).unwrap();
        let offset = decoded_offset(&release, &file, 0, &Tools::default()).unwrap();
        assert!(offset.offset_ms.abs() < 1e-4 && offset.spread_ms < 1e-3, "{offset:?}");
        release.audio[0].treatment = Treatment::default();
        let plain = decoded_offset(&release, &file, 0, &Tools::default());
        assert!(plain.is_err() || plain.is_ok_and(|plain| plain.spread_ms > 1.0 || plain.worst_match < 0.9));
    }
    let mut backwards = sound(Codec::Flac);
    backwards.audio[0].treatment.splices =
        vec![Splice { at: 90_000, missing: 30_000 }, Splice { at: 100_000, missing: 10 }];
    let error = backwards.write(&file, &Tools::default(), &quiet).unwrap_err();
    assert!(error.to_string().ends_with("splices that overlap, or are not in order of time"), "{error}");
}

#[test]
fn a_release_holds_the_tracks_flags_chapters_and_attachments_it_describes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("film.mkv");
    for container in [Container::Matroska, Container::MatroskaByFfmpeg] {
        let release = Release {
            container,
            title: Some("A film".into()),
            picture: Some(Picture::TINY),
            subtitles: vec![
                SubtitleTrack {
                    name: Some("Full".into()),
                    default: true,
                    ..SubtitleTrack::new(SubtitleFormat::Ass, "eng")
                },
                SubtitleTrack { forced: true, ..SubtitleTrack::new(SubtitleFormat::Srt, "ger") },
            ],
            chapters: chapters_at_cuts(&FILM, 0.0, 12.0, 4.0),
            attachments: vec![Attachment {
                name: "letters.ttf".into(),
                mime: "application/x-truetype-font".into(),
                content: "not a font".into(),
            }],
            audio: vec![
                AudioTrack { name: Some("Stereo".into()), ..AudioTrack::new(Mix::original("eng"), Codec::Aac) },
                AudioTrack { default: false, start_ms: 150, ..AudioTrack::new(Mix::dub("ger", -12.0), Codec::Ac3) },
            ],
            ..Release::new(FILM, 12.0)
        };
        release.write(&file, &Tools::default(), &quiet).unwrap();
        let film = identify(&file).unwrap();
        let tracks: Vec<(&str, &str, bool, bool)> = film["tracks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|track| {
                let properties = &track["properties"];
                (
                    track["codec"].as_str().unwrap(),
                    properties["language"].as_str().unwrap_or("und"),
                    properties["default_track"].as_bool().unwrap(),
                    properties["forced_track"].as_bool().unwrap(),
                )
            })
            .collect();
        let video = tracks[0].0;
        assert_eq!(
            tracks,
            [
                (video, "und", true, false),
                ("AAC", "eng", true, false),
                ("AC-3", "ger", false, false),
                ("SubStationAlpha", "eng", true, false),
                ("SubRip/SRT", "ger", false, true),
            ],
            "{container:?}"
        );
        assert_eq!(film["container"]["properties"]["title"], "A film");
        assert_eq!(film["tracks"][1]["properties"]["track_name"], "Stereo");
        assert_eq!(film["chapters"][0]["num_entries"], release.chapters.len());
        assert_eq!(film["attachments"][0]["file_name"], "letters.ttf");
        assert_eq!(film["attachments"][0]["content_type"], "application/x-truetype-font");
        let dub = decoded_offset(&release, &file, 1, &Tools::default()).unwrap();
        assert!((dub.first_timestamp_ms - 150.0).abs() < 10.0, "{container:?}: {dub:?}");
    }
}

#[test]
fn a_pair_is_written_once_and_nobody_elses_files_are_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let pair = Pair { reference: sound(Codec::Aac), target: Release { delay_ms: 80.0, ..sound(Codec::Ac3) } };
    let first = pair.write(folder.path(), &Tools::default(), &quiet).unwrap();
    assert!(first.fresh);
    let again = pair.write(folder.path(), &Tools::default(), &quiet).unwrap();
    assert_eq!((again.fresh, again.truth), (false, first.truth));

    let other = Pair { target: Release { delay_ms: 81.0, ..pair.target.clone() }, ..pair.clone() };
    let other = other.write(folder.path(), &Tools::default(), &quiet).unwrap();
    assert!(other.fresh && (other.truth.delay_ms - first.truth.delay_ms - 1.0).abs() < 1e-3);

    std::fs::remove_file(folder.path().join("truth.json")).unwrap();
    let error = pair.write(folder.path(), &Tools::default(), &quiet).unwrap_err();
    assert!(matches!(&error, Error::Occupied { path } if path.ends_with("reference.mkv")), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn stopping_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let release = Release { picture: Some(Picture::TINY), ..sound(Codec::Aac) };
    let stop = |done: f64| {
        if done > 0.3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let error = release.write(&folder.path().join("film.mkv"), &Tools::default(), &stop).unwrap_err();
    assert!(matches!(error, Error::Cancelled), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_cannot_be_written_is_refused_before_anything_runs() {
    let nowhere = Path::new("/nowhere/film.mp4");
    let tools = Tools { ffmpeg: "no-ffmpeg".into(), mkvmerge: "no-mkvmerge".into() };
    let pcm = Release { container: Container::Mp4, ..sound(Codec::Pcm) };
    let error = pcm.write(nowhere, &tools, &quiet).unwrap_err();
    assert_eq!(error.to_string(), "cannot write /nowhere/film.mp4: PCM in MP4; use FLAC, or a Matroska file");
    assert!(Release::new(FILM, 5.0).write(nowhere, &tools, &quiet).is_err());

    let folder = tempfile::tempdir().unwrap();
    let error = sound(Codec::Flac).write(&folder.path().join("film.mkv"), &tools, &quiet).unwrap_err();
    assert!(matches!(error, Error::ToolMissing { .. }), "{error}");
}

#[test]
fn the_same_release_gives_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let release = Release { picture: Some(Picture::TINY), ..sound(Codec::Ac3) };
    let bytes = |name: &str| {
        let file = folder.path().join(name);
        release.write(&file, &Tools::default(), &quiet).unwrap();
        std::fs::read(file).unwrap()
    };
    assert!(bytes("one.mkv") == bytes("two.mkv"));
}

#[test]
fn a_file_of_another_film_is_not_measured() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("film.mkv");
    let release = sound(Codec::Flac);
    release.write(&file, &Tools::default(), &quiet).unwrap();
    let other = Release { programme: Programme::new(78), ..release };
    let error = decoded_offset(&other, &file, 0, &Tools::default()).unwrap_err();
    assert!(matches!(error, Error::Unrelated { .. }), "{error}");
}
