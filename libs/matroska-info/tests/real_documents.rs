//! Real answers of both tools (`mux/mkv`), field by field.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use golden_reader::bytes;
use vsg_matroska_info::{Media, Probe, Rational, Size, TrackKind, stream_of};

#[test]
fn what_mkvmerge_says_arrives() {
    let media = Media::from_json(&bytes("mux/mkv/s1_plain.mkvmerge.json")).unwrap();
    assert_eq!(media.file_name.as_deref(), Some("s1_plain.mkv"));
    assert_eq!(media.container.kind.as_deref(), Some("Matroska"));
    assert_eq!(media.container.title.as_deref(), Some("Source One"));
    assert_eq!(media.container.duration_ns, Some(4_004_000_000));
    assert_eq!((media.chapters, media.global_tags), (3, 1));

    let names: Vec<_> = media.attachments.iter().map(|file| (file.id, file.file_name.as_str(), file.size)).collect();
    assert_eq!(names, [(1, "DejaVu.ttf", 1024), (2, "readme.txt", 512), (3, "Ünï Font.otf", 768)]);
    assert_eq!(media.attachments[0].content_type, "application/x-truetype-font");
    assert_eq!(media.attachments[0].uid, Some(17_043_819_917_630_001_491));

    let video = &media.tracks[0];
    assert_eq!((video.kind, video.pixels), (TrackKind::Video, Some(Size { width: 320, height: 180 })));
    assert_eq!(video.uid, Some(18_260_519_324_920_516_797));
    let audio = &media.tracks[1];
    assert_eq!((audio.language.as_deref(), audio.language_ietf.as_deref()), (Some("jpn"), Some("ja")));
    assert_eq!((audio.channels, audio.sample_rate_hz), (Some(6), Some(48000.0)));
    assert_eq!(audio.name.as_deref(), Some("日本語 5.1"));
    assert!(audio.flags.default && audio.flags.enabled && !audio.flags.forced);
}

#[test]
fn what_ffprobe_says_arrives() {
    let media = Media::from_json(&bytes("mux/mkv/s2_audio_positive.mkvmerge.json")).unwrap();
    let probe = Probe::from_json(&bytes("mux/mkv/s2_audio_positive.ffprobe.json")).unwrap();
    let video = stream_of(&media.tracks[0], &media, &probe).unwrap();
    assert_eq!(video.display_aspect_ratio.as_deref(), Some("16:9"));
    assert_eq!(video.r_frame_rate, Some(Rational { num: 24000, den: 1001 }));
    let opus = stream_of(&media.tracks[2], &media, &probe).unwrap();
    assert_eq!((opus.codec_name.as_deref(), opus.start_time_s), (Some("opus"), Some(0.994)));
    assert_eq!(opus.avg_frame_rate, None);
    assert_eq!(opus.tags["DURATION"], "00:00:04.007000000");
    assert_eq!(media.tracks[2].codec_delay_ns, Some(6_500_000));
}
