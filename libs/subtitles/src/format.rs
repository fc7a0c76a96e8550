//! The formats that are text.

use std::path::Path;

/// A format of subtitles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Advanced SubStation Alpha.
    Ass,
    /// SubStation Alpha, version 4.
    Ssa,
    /// SubRip.
    Srt,
    /// WebVTT.
    Vtt,
}

impl Format {
    /// The format of a file, by the end of its name in any case; `None` for bitmaps and everything else.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?;
        Self::ALL.into_iter().find(|format| extension.eq_ignore_ascii_case(format.extension()))
    }

    /// The format of a Matroska track, by its codec id; `None` for bitmaps and everything else.
    #[must_use]
    pub fn of_codec(codec_id: &str) -> Option<Self> {
        let codec = codec_id.to_ascii_uppercase();
        let formats = [
            ("S_TEXT/ASS", Self::Ass),
            ("S_ASS", Self::Ass),
            ("S_TEXT/SSA", Self::Ssa),
            ("S_SSA", Self::Ssa),
            ("S_TEXT/UTF8", Self::Srt),
            ("S_TEXT/ASCII", Self::Srt),
            ("S_TEXT/WEBVTT", Self::Vtt),
        ];
        formats.into_iter().find(|(name, _)| codec.contains(name)).map(|(_, format)| format)
    }

    /// How the names of its files end, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Ass => "ass",
            Self::Ssa => "ssa",
            Self::Srt => "srt",
            Self::Vtt => "vtt",
        }
    }

    /// Milliseconds between two times that it can tell apart.
    #[must_use]
    pub fn resolution_ms(self) -> i64 {
        match self {
            Self::Ass | Self::Ssa => 10,
            Self::Srt | Self::Vtt => 1,
        }
    }

    /// The time (ms) that is read back when `ms` is written: not before 0, half a step rounds up.
    #[must_use]
    pub fn written_ms(self, ms: i64) -> i64 {
        let (step, ms) = (self.resolution_ms(), ms.max(0));
        (ms + step / 2) / step * step
    }

    const ALL: [Self; 4] = [Self::Ass, Self::Ssa, Self::Srt, Self::Vtt];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_name_and_codec() {
        assert_eq!(Format::of_path(Path::new("A b.ASS")), Some(Format::Ass));
        assert_eq!(Format::of_path(Path::new("a.sup")), None);
        assert_eq!(Format::of_codec("S_TEXT/WEBVTT"), Some(Format::Vtt));
        assert_eq!(Format::of_codec("s_text/ascii"), Some(Format::Srt));
        assert_eq!(Format::of_codec("S_HDMV/PGS"), None);
    }

    #[test]
    fn half_a_hundredth_rounds_up_in_ass_and_nothing_in_srt() {
        assert_eq!([4, 5, 4165, -7].map(|ms| Format::Ass.written_ms(ms)), [0, 10, 4170, 0]);
        assert_eq!([4, 5, 4165, -7].map(|ms| Format::Srt.written_ms(ms)), [4, 5, 4165, 0]);
    }
}
