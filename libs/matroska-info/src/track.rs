//! One track of a file, as mkvmerge describes it.

use serde::{Deserialize, Serialize};

/// What a track carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrackKind {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
    /// Text or pictures to be shown over the video.
    Subtitles,
    /// DVD menu buttons.
    Buttons,
    /// Something that mkvmerge calls by another name, or does not name.
    #[default]
    Other,
}

impl TrackKind {
    /// mkvmerge's word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            TrackKind::Video => "video",
            TrackKind::Audio => "audio",
            TrackKind::Subtitles => "subtitles",
            TrackKind::Buttons => "buttons",
            TrackKind::Other => "other",
        }
    }

    /// Reads mkvmerge's word, or ffprobe's where that differs.
    #[must_use]
    pub fn parse(word: &str) -> TrackKind {
        match word {
            "video" => TrackKind::Video,
            "audio" => TrackKind::Audio,
            "subtitles" | "subtitle" => TrackKind::Subtitles,
            "buttons" => TrackKind::Buttons,
            _ => TrackKind::Other,
        }
    }
}

impl std::fmt::Display for TrackKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Width and height (pixels).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

impl Size {
    /// Reads `1920x1080`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Size> {
        let (width, height) = text.trim().split_once('x')?;
        Some(Size { width: width.parse().ok()?, height: height.parse().ok()? })
    }
}

/// What a track is meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Flags {
    /// Chosen by players unless the user says otherwise. Matroska: set unless told otherwise.
    pub default: bool,
    /// Shown even with subtitles off.
    pub forced: bool,
    /// May be used at all. Set unless told otherwise.
    pub enabled: bool,
    /// For those who hear badly.
    pub hearing_impaired: bool,
    /// For those who see badly.
    pub visual_impaired: bool,
    /// Text that describes the picture.
    pub text_descriptions: bool,
    /// In the language of the production.
    pub original: bool,
    /// Somebody talks about the film.
    pub commentary: bool,
}

impl Default for Flags {
    fn default() -> Flags {
        Flags {
            default: false,
            forced: false,
            enabled: true,
            hearing_impaired: false,
            visual_impaired: false,
            text_descriptions: false,
            original: false,
            commentary: false,
        }
    }
}

/// One track. Everything that mkvmerge did not say is none.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Track {
    /// mkvmerge's number of the track, used in its options.
    pub id: u64,
    /// What it carries.
    pub kind: TrackKind,
    /// Codec in words, e.g. `AC-3`.
    pub codec: Option<String>,
    /// Matroska's id of the codec, e.g. `A_AC3`.
    pub codec_id: Option<String>,
    /// ISO 639-2 code, e.g. `ger`.
    pub language: Option<String>,
    /// BCP 47 tag, e.g. `pt-BR`.
    pub language_ietf: Option<String>,
    /// Name given by whoever made the file.
    pub name: Option<String>,
    /// What it is meant for.
    pub flags: Flags,
    /// Number in the file's header, from 1.
    pub number: Option<u64>,
    /// Number that stays with the track when files are joined.
    pub uid: Option<u64>,
    /// First timestamp (ns). Absent in most containers other than Matroska.
    pub minimum_timestamp_ns: Option<i64>,
    /// What a decoder has to leave out at the start (ns).
    pub codec_delay_ns: Option<u64>,
    /// Duration of one frame (ns).
    pub default_duration_ns: Option<u64>,
    /// Audio channels.
    pub channels: Option<u32>,
    /// Names of the channels, where something says so.
    pub channel_layout: Option<String>,
    /// Samples per second and channel (Hz).
    pub sample_rate_hz: Option<f64>,
    /// Bits of one audio sample.
    pub bits_per_sample: Option<u32>,
    /// Size of the coded picture.
    pub pixels: Option<Size>,
    /// Size it is meant to be shown at.
    pub display: Option<Size>,
    /// Duration from the statistics tags (ns).
    pub tag_duration_ns: Option<u64>,
    /// Frames from the statistics tags.
    pub number_of_frames: Option<u64>,
    /// Bits per second from the statistics tags.
    pub tag_bit_rate: Option<u64>,
    /// Character set of text subtitles.
    pub encoding: Option<String>,
    /// Whether subtitles are text rather than pictures.
    pub is_text: Option<bool>,
}

impl Track {
    /// The language, `und` where none is known.
    #[must_use]
    pub fn language_or_und(&self) -> &str {
        self.language.as_deref().unwrap_or("und")
    }
}
