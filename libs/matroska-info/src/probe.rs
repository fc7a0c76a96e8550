//! Streams and format of a file, as ffprobe describes them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::lenient::{lenient, lenient_list, lenient_part};
use crate::{Error, Rational, Result, TrackKind};

const TOOL: &str = "ffprobe";

/// What `ffprobe -show_streams -show_format -of json` says, as far as it is of use.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Probe {
    /// The streams, in the file's order.
    pub streams: Vec<Stream>,
    /// What is true for the whole file; empty without `-show_format`.
    pub format: Format,
}

/// One stream. Everything that ffprobe did not say, or called `N/A`, is none.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Stream {
    /// ffmpeg's number of the stream.
    pub index: u64,
    /// What it carries; attachments and data are [`TrackKind::Other`].
    pub kind: TrackKind,
    /// Short name of the codec, e.g. `ac3`.
    pub codec_name: Option<String>,
    /// Long name of the codec.
    pub codec_long_name: Option<String>,
    /// Variant of the codec, e.g. `DTS-HD MA`.
    pub profile: Option<String>,
    /// Level of the codec as a plain number, e.g. 41 for 4.1; ffprobe's `-99` (unknown) is none.
    pub level: Option<u32>,
    /// Picture width (pixels).
    pub width: Option<u32>,
    /// Picture height (pixels).
    pub height: Option<u32>,
    /// Shape of the picture as shown, e.g. `16:9`.
    pub display_aspect_ratio: Option<String>,
    /// Average frame rate (Hz).
    pub avg_frame_rate: Option<Rational>,
    /// Lowest frame rate in which all timestamps can be written (Hz).
    pub r_frame_rate: Option<Rational>,
    /// Order of fields, e.g. `progressive`.
    pub field_order: Option<String>,
    /// Transfer curve, e.g. `smpte2084`.
    pub color_transfer: Option<String>,
    /// Samples per second and channel (Hz).
    pub sample_rate_hz: Option<u32>,
    /// Audio channels.
    pub channels: Option<u32>,
    /// Names of the channels, e.g. `5.1(side)`.
    pub channel_layout: Option<String>,
    /// Bits of one coded audio sample; none for compressed audio.
    pub bits_per_sample: Option<u32>,
    /// Bits per second.
    pub bit_rate: Option<u64>,
    /// First timestamp (s).
    pub start_time_s: Option<f64>,
    /// Playing time (s).
    pub duration_s: Option<f64>,
    /// What it is meant for.
    pub disposition: Disposition,
    /// Tags, as written in the file.
    pub tags: BTreeMap<String, String>,
    /// Kinds of data that travel with the frames, e.g. `DOVI configuration record`.
    pub side_data: Vec<String>,
}

/// What a stream is meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Disposition {
    /// Chosen by players unless the user says otherwise.
    pub default: bool,
    /// Shown even with subtitles off.
    pub forced: bool,
    /// In the language of the production.
    pub original: bool,
    /// Somebody talks about the film.
    pub commentary: bool,
    /// For those who hear badly.
    pub hearing_impaired: bool,
    /// For those who see badly.
    pub visual_impaired: bool,
    /// A cover, not a film.
    pub attached_picture: bool,
}

/// What is true for the whole file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Format {
    /// Names of the container, separated by commas.
    pub format_name: Option<String>,
    /// First timestamp (s).
    pub start_time_s: Option<f64>,
    /// Playing time (s).
    pub duration_s: Option<f64>,
    /// Length (bytes).
    pub size_bytes: Option<u64>,
    /// Bits per second.
    pub bit_rate: Option<u64>,
}

impl Probe {
    /// Reads what ffprobe printed with `-of json`.
    ///
    /// Fields may be missing, null, `N/A` or of an odd type; only the list of streams must be there. Bytes that are
    /// not UTF-8 become U+FFFD.
    ///
    /// # Errors
    /// [`Error::NotJson`] and [`Error::WrongShape`].
    pub fn from_json(answer: &[u8]) -> Result<Probe> {
        let text = String::from_utf8_lossy(answer);
        let value: Value = serde_json::from_str(&text).map_err(|source| Error::NotJson { tool: TOOL, source })?;
        let wrong = |what: &str| Error::WrongShape { tool: TOOL, what: what.to_owned() };
        if !value.get("streams").is_some_and(Value::is_array) {
            return Err(wrong("it has no list of streams"));
        }
        let document: RawProbe = serde_json::from_value(value).map_err(|error| wrong(&error.to_string()))?;
        Ok(Probe {
            streams: document.streams.into_iter().map(Stream::from).collect(),
            format: Format::from(document.format),
        })
    }

    /// The stream with this number.
    #[must_use]
    pub fn stream(&self, index: u64) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.index == index)
    }
}

/// A struct whose fields are all read leniently, under ffprobe's names.
macro_rules! raw {
    ($name:ident { $($field:ident: $kind:ty),* $(,)? } parts { $($part:ident: $part_kind:ty = $how:literal),* $(,)? }) => {
        #[derive(Deserialize, Default)]
        struct $name {
            $(#[serde(default, deserialize_with = "lenient")] $field: Option<$kind>,)*
            $(#[serde(default, deserialize_with = $how)] $part: $part_kind,)*
        }
    };
}

raw! { RawProbe {} parts { streams: Vec<RawStream> = "lenient_list", format: RawFormat = "lenient_part" } }
raw! { RawFormat { format_name: String, start_time: f64, duration: f64, size: u64, bit_rate: u64 } parts {} }
raw! { RawSideData { side_data_type: String } parts {} }
raw! {
    RawDisposition {
        default: bool, forced: bool, original: bool, comment: bool, hearing_impaired: bool, visual_impaired: bool,
        attached_pic: bool,
    } parts {}
}
raw! {
    RawStream {
        index: u64, codec_type: String, codec_name: String, codec_long_name: String, profile: String, level: i64,
        width: u32, height: u32, display_aspect_ratio: String, avg_frame_rate: String, r_frame_rate: String,
        field_order: String, color_transfer: String, sample_rate: u32, channels: u32, channel_layout: String,
        bits_per_sample: u32, bit_rate: u64, start_time: f64, duration: f64,
    } parts {
        disposition: RawDisposition = "lenient_part",
        tags: BTreeMap<String, Value> = "lenient_part",
        side_data_list: Vec<RawSideData> = "lenient_list",
    }
}

impl From<RawStream> for Stream {
    fn from(raw: RawStream) -> Stream {
        let known = |text: Option<String>| text.filter(|text| !text.is_empty() && text != "N/A" && text != "unknown");
        let text_of = |value: Value| <String as crate::lenient::Lenient>::read(&value);
        let disposition = raw.disposition;
        Stream {
            index: raw.index.unwrap_or_default(),
            kind: raw.codec_type.as_deref().map(TrackKind::parse).unwrap_or_default(),
            codec_name: known(raw.codec_name),
            codec_long_name: known(raw.codec_long_name),
            profile: known(raw.profile),
            level: raw.level.and_then(|level| level.try_into().ok()),
            width: raw.width,
            height: raw.height,
            display_aspect_ratio: known(raw.display_aspect_ratio),
            avg_frame_rate: raw.avg_frame_rate.as_deref().and_then(Rational::parse),
            r_frame_rate: raw.r_frame_rate.as_deref().and_then(Rational::parse),
            field_order: known(raw.field_order),
            color_transfer: known(raw.color_transfer),
            sample_rate_hz: raw.sample_rate,
            channels: raw.channels,
            channel_layout: known(raw.channel_layout),
            bits_per_sample: raw.bits_per_sample.filter(|bits| *bits > 0),
            bit_rate: raw.bit_rate,
            start_time_s: raw.start_time,
            duration_s: raw.duration,
            disposition: Disposition {
                default: disposition.default.unwrap_or(false),
                forced: disposition.forced.unwrap_or(false),
                original: disposition.original.unwrap_or(false),
                commentary: disposition.comment.unwrap_or(false),
                hearing_impaired: disposition.hearing_impaired.unwrap_or(false),
                visual_impaired: disposition.visual_impaired.unwrap_or(false),
                attached_picture: disposition.attached_pic.unwrap_or(false),
            },
            tags: raw.tags.into_iter().filter_map(|(name, value)| Some((name, text_of(value)?))).collect(),
            side_data: raw.side_data_list.into_iter().filter_map(|data| data.side_data_type).collect(),
        }
    }
}

impl From<RawFormat> for Format {
    fn from(raw: RawFormat) -> Format {
        Format {
            format_name: raw.format_name,
            start_time_s: raw.start_time,
            duration_s: raw.duration,
            size_bytes: raw.size,
            bit_rate: raw.bit_rate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ffprobe_does_not_know_is_none() {
        let probe = Probe::from_json(
            br#"{"streams": [{"index": 0, "codec_type": "video", "r_frame_rate": "0/0", "duration": "N/A", "level": -99,
                 "profile": "unknown", "tags": {"BPS": 5, "x": null}, "disposition": {"attached_pic": 1}}],
                 "format": {"duration": "NaN", "size": "385911", "start_time": "-0.021000"}}"#,
        )
        .unwrap();
        let stream = &probe.streams[0];
        assert_eq!((stream.r_frame_rate, stream.duration_s, stream.level), (None, None, None));
        assert_eq!((stream.profile.as_deref(), stream.disposition.attached_picture), (None, true));
        assert_eq!(stream.tags, BTreeMap::from([("BPS".to_owned(), "5".to_owned())]));
        assert_eq!((probe.format.duration_s, probe.format.size_bytes), (None, Some(385911)));
        assert_eq!(probe.format.start_time_s, Some(-0.021));
    }

    #[test]
    fn nonsense_is_named() {
        assert!(matches!(Probe::from_json(b"oops"), Err(Error::NotJson { .. })));
        assert!(matches!(Probe::from_json(b"{}"), Err(Error::WrongShape { .. })));
        assert!(matches!(Probe::from_json(b"[1]"), Err(Error::WrongShape { .. })));
    }
}
