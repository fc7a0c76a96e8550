//! Names of the files that tracks are extracted to.

use crate::TrackKind;

/// The extension for a track's own file, without the dot.
///
/// That of the reference program, except where it gives `bin` or `sub` to a codec that has an extension of its own.
#[must_use]
pub fn extension(kind: TrackKind, codec_id: &str) -> &'static str {
    let proper: &[(&str, &str)] = match kind {
        TrackKind::Video => &[("V_VP8", "ivf"), ("V_THEORA", "ogv"), ("V_MS/VFW/FOURCC", "avi"), ("V_REAL", "rm")],
        TrackKind::Audio => &[
            ("A_MPEG/L3", "mp3"),
            ("A_MPEG/L2", "mp2"),
            ("A_MPEG/L1", "mp2"),
            ("A_MLP", "mlp"),
            ("A_ALAC", "caf"),
            ("A_TTA1", "tta"),
            ("A_WAVPACK4", "wv"),
            ("A_MS/ACM", "wav"),
            ("A_REAL", "ra"),
        ],
        TrackKind::Subtitles => &[
            ("S_TEXT/WEBVTT", "vtt"),
            ("D_WEBVTT", "vtt"),
            ("S_TEXT/USF", "usf"),
            ("S_HDMV/TEXTST", "textst"),
            ("S_KATE", "ogg"),
        ],
        TrackKind::Buttons | TrackKind::Other => &[],
    };
    first_contained(proper, codec_id).unwrap_or_else(|| reference_extension(kind, codec_id))
}

/// The extension that the reference program uses, without the dot.
#[must_use]
pub fn reference_extension(kind: TrackKind, codec_id: &str) -> &'static str {
    let (table, otherwise): (&[(&str, &str)], _) = match kind {
        TrackKind::Video => (
            &[
                ("V_MPEGH/ISO/HEVC", "h265"),
                ("V_MPEG4/ISO/AVC", "h264"),
                ("V_MPEG", "mpg"),
                ("V_VP9", "vp9"),
                ("V_AV1", "av1"),
            ],
            "bin",
        ),
        TrackKind::Audio => (
            &[
                ("A_TRUEHD", "thd"),
                ("A_EAC3", "eac3"),
                ("A_AC3", "ac3"),
                ("A_DTS", "dts"),
                ("A_AAC", "aac"),
                ("A_FLAC", "flac"),
                ("A_OPUS", "opus"),
                ("A_VORBIS", "ogg"),
                ("A_PCM", "wav"),
            ],
            "bin",
        ),
        TrackKind::Subtitles => (
            &[
                ("S_TEXT/ASS", "ass"),
                ("S_TEXT/SSA", "ssa"),
                ("S_TEXT/UTF8", "srt"),
                ("S_HDMV/PGS", "sup"),
                ("S_VOBSUB", "sub"),
            ],
            "sub",
        ),
        TrackKind::Buttons | TrackKind::Other => (&[], "bin"),
    };
    first_contained(table, codec_id).unwrap_or(otherwise)
}

fn first_contained(table: &[(&str, &'static str)], codec_id: &str) -> Option<&'static str> {
    let codec_id = codec_id.to_uppercase();
    table.iter().find(|(part, _)| codec_id.contains(part)).map(|(_, extension)| *extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codecs_with_an_extension_of_their_own_get_it() {
        assert_eq!(extension(TrackKind::Audio, "A_MPEG/L3"), "mp3");
        assert_eq!(extension(TrackKind::Subtitles, "S_TEXT/WEBVTT"), "vtt");
        assert_eq!(extension(TrackKind::Audio, "A_AC3"), "ac3");
        assert_eq!(extension(TrackKind::Other, "A_MPEG/L3"), "bin");
    }
}
