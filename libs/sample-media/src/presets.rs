//! The pairs that everybody uses: the demo, and long ones for benchmarks.

use std::path::Path;

use crate::{
    Attachment, AudioTrack, Codec, Language, Layout, Mix, Pair, Picture, Programme, Progress, Release, Result,
    SubtitleFormat, SubtitleLines, SubtitleTrack, Tools, WrittenPair, chapters_at_cuts,
};

/// Writes the demo pair, [`Pair::demo`], into `folder`.
///
/// # Errors
/// Those of [`Pair::write`].
pub fn demo(folder: &Path, tools: &Tools, progress: Progress<'_>) -> Result<WrittenPair> {
    Pair::demo().write(folder, tools, progress)
}

/// Writes a pair of `duration_s` for benchmarks, [`Pair::bench`], into `folder`.
///
/// # Errors
/// Those of [`Pair::write`].
pub fn bench_pair(folder: &Path, duration_s: f64, tools: &Tools, progress: Progress<'_>) -> Result<WrittenPair> {
    Pair::bench(duration_s).write(folder, tools, progress)
}

impl Pair {
    /// Three and a half minutes in English, AAC, and a German dub, AC-3, that plays 1234.57 ms too early.
    pub fn demo() -> Self {
        let programme = Programme::new(20_260_131);
        let duration_s = 210.0;
        let notes =
            "This file was generated. Sound, picture and text are made from a seed; nobody holds rights in them.\n";
        let reference = Release {
            title: Some("Sample film".into()),
            picture: Some(Picture::SMALL),
            audio: vec![AudioTrack {
                name: Some("Original".into()),
                bitrate_kbps: Some(160),
                ..AudioTrack::new(Mix::original("eng"), Codec::Aac)
            }],
            subtitles: vec![
                SubtitleTrack {
                    name: Some("Full".into()),
                    default: true,
                    ..SubtitleTrack::new(SubtitleFormat::Ass, "eng")
                },
                SubtitleTrack { name: Some("Deutsch".into()), ..SubtitleTrack::new(SubtitleFormat::Srt, "ger") },
            ],
            chapters: chapters_at_cuts(&programme, 0.0, duration_s, 45.0),
            attachments: vec![Attachment {
                name: "about-this-sample.txt".into(),
                mime: "text/plain".into(),
                content: notes.into(),
            }],
            ..Release::new(programme, duration_s)
        };
        let target = Release {
            title: Some("Sample film, German dub".into()),
            delay_ms: 1234.57,
            picture: Some(Picture::SMALL),
            audio: vec![AudioTrack {
                name: Some("Synchronfassung".into()),
                bitrate_kbps: Some(192),
                ..AudioTrack::new(Mix::dub("ger", -4.5), Codec::Ac3)
            }],
            subtitles: vec![SubtitleTrack {
                name: Some("Schilder".into()),
                lines: SubtitleLines::Signs,
                default: true,
                forced: true,
                language: Language::new("ger"),
                ..SubtitleTrack::new(SubtitleFormat::Srt, "ger")
            }],
            ..Release::new(programme, duration_s)
        };
        Self { reference, target }
    }

    /// A long pair: AAC against AC-3, both in English from different masters, over a tiny picture. The target plays
    /// 987.65 ms too late.
    pub fn bench(duration_s: f64) -> Self {
        let programme = Programme::new(20_260_201);
        let release = |mix, codec, delay_ms| Release {
            delay_ms,
            picture: Some(Picture::TINY),
            audio: vec![AudioTrack { layout: Layout::Stereo, ..AudioTrack::new(mix, codec) }],
            chapters: chapters_at_cuts(&programme, 0.0, duration_s, 300.0),
            ..Release::new(programme, duration_s)
        };
        Self {
            reference: release(Mix::original("eng"), Codec::Aac, 0.0),
            target: release(Mix::remaster("eng"), Codec::Ac3, -987.65),
        }
    }
}
