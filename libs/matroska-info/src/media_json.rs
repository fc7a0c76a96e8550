//! Reads the JSON of `mkvmerge -J` into [`Media`].

use serde::Deserialize;
use serde_json::Value;

use crate::lenient::{lenient, lenient_list, lenient_part};
use crate::{Attachment, Container, Error, Flags, Media, Result, Size, Track, TrackKind};

const TOOL: &str = "mkvmerge";

impl Media {
    /// Reads what `mkvmerge -J` printed.
    ///
    /// Fields may be missing, null or of an odd type; only the list of tracks, and the number of each, must be
    /// there. Bytes that are not UTF-8 become U+FFFD.
    ///
    /// # Errors
    /// [`Error::NotJson`] and [`Error::WrongShape`] for nonsense; [`Error::Refused`], [`Error::NotRecognised`]
    /// and [`Error::UnsupportedContainer`] for a file of which mkvmerge says so.
    pub fn from_json(answer: &[u8]) -> Result<Media> {
        let text = String::from_utf8_lossy(answer);
        let value: Value = serde_json::from_str(&text).map_err(|source| Error::NotJson { tool: TOOL, source })?;
        if !value.is_object() {
            return Err(wrong("it is no JSON object"));
        }
        let document: Document = serde_json::from_value(value).map_err(|error| wrong(error.to_string()))?;
        document.into_media()
    }
}

fn wrong(what: impl Into<String>) -> Error {
    Error::WrongShape { tool: TOOL, what: what.into() }
}

#[derive(Deserialize)]
struct Document {
    #[serde(default, deserialize_with = "lenient")]
    file_name: Option<String>,
    #[serde(default, deserialize_with = "lenient_part")]
    container: Option<RawContainer>,
    #[serde(default)]
    tracks: Value,
    #[serde(default, deserialize_with = "lenient_list")]
    attachments: Vec<RawAttachment>,
    #[serde(default, deserialize_with = "lenient_list")]
    chapters: Vec<Entries>,
    #[serde(default, deserialize_with = "lenient_list")]
    global_tags: Vec<Entries>,
    #[serde(default, deserialize_with = "lenient_list")]
    errors: Vec<String>,
    #[serde(default, deserialize_with = "lenient_list")]
    warnings: Vec<String>,
}

#[derive(Deserialize)]
struct Entries {
    #[serde(default, deserialize_with = "lenient")]
    num_entries: Option<u64>,
}

#[derive(Deserialize)]
struct RawContainer {
    #[serde(default, deserialize_with = "lenient")]
    recognized: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    supported: Option<bool>,
    #[serde(default, rename = "type", deserialize_with = "lenient")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "lenient_part")]
    properties: ContainerProperties,
}

#[derive(Deserialize, Default)]
struct ContainerProperties {
    #[serde(default, deserialize_with = "lenient")]
    duration: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    title: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    timestamp_scale: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    muxing_application: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    writing_application: Option<String>,
}

#[derive(Deserialize)]
struct RawAttachment {
    #[serde(default, deserialize_with = "lenient")]
    id: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    file_name: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    content_type: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    description: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    size: Option<u64>,
    #[serde(default, deserialize_with = "lenient_part")]
    properties: AttachmentProperties,
}

#[derive(Deserialize, Default)]
struct AttachmentProperties {
    #[serde(default, deserialize_with = "lenient")]
    uid: Option<u64>,
}

#[derive(Deserialize)]
struct RawTrack {
    #[serde(default, deserialize_with = "lenient")]
    id: Option<u64>,
    #[serde(default, rename = "type", deserialize_with = "lenient")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    codec: Option<String>,
    #[serde(default, deserialize_with = "lenient_part")]
    properties: TrackProperties,
}

/// Every field of a track's `properties` that is used, under mkvmerge's name.
macro_rules! track_properties {
    ($($field:ident: $kind:ty),* $(,)?) => {
        #[derive(Deserialize, Default)]
        struct TrackProperties {
            $(#[serde(default, deserialize_with = "lenient")] $field: Option<$kind>,)*
        }
    };
}

track_properties! {
    audio_bits_per_sample: u32,
    audio_channels: u32,
    audio_sampling_frequency: f64,
    bit_depth: u32,
    channel_layout: String,
    codec_delay: u64,
    codec_id: String,
    default_duration: u64,
    default_track: bool,
    display_dimensions: String,
    enabled_track: bool,
    encoding: String,
    flag_commentary: bool,
    flag_hearing_impaired: bool,
    flag_original: bool,
    flag_text_descriptions: bool,
    flag_visual_impaired: bool,
    forced_track: bool,
    language: String,
    language_ietf: String,
    minimum_timestamp: i64,
    number: u64,
    pixel_dimensions: String,
    tag_bps: u64,
    tag_duration: String,
    tag_number_of_frames: u64,
    text_subtitles: bool,
    track_name: String,
    uid: u64,
}

impl Document {
    fn into_media(self) -> Result<Media> {
        let file = || self.file_name.clone().unwrap_or_else(|| "the file".to_owned());
        if self.container.is_none() && !self.errors.is_empty() {
            let said = self.errors.iter().map(|error| error.trim()).collect::<Vec<_>>().join(" ");
            return Err(Error::Refused { said });
        }
        if let Some(container) = &self.container {
            if container.recognized == Some(false) {
                return Err(Error::NotRecognised { file: file() });
            }
            if container.supported == Some(false) {
                let kind = container.kind.clone().unwrap_or_else(|| "strange".to_owned());
                return Err(Error::UnsupportedContainer { file: file(), container: kind });
            }
        }
        let Value::Array(tracks) = self.tracks else {
            return Err(wrong("it has no list of tracks"));
        };
        let tracks = tracks.into_iter().enumerate().map(read_track).collect::<Result<_>>()?;
        Ok(Media {
            file_name: self.file_name,
            container: self.container.map(Container::from).unwrap_or_default(),
            tracks,
            attachments: self.attachments.into_iter().filter_map(read_attachment).collect(),
            chapters: count(&self.chapters),
            global_tags: count(&self.global_tags),
            warnings: self.warnings,
        })
    }
}

fn count(entries: &[Entries]) -> u64 {
    entries.iter().filter_map(|entry| entry.num_entries).fold(0, u64::saturating_add)
}

impl From<RawContainer> for Container {
    fn from(raw: RawContainer) -> Container {
        let properties = raw.properties;
        Container {
            kind: raw.kind,
            duration_ns: properties.duration,
            title: properties.title,
            timestamp_scale_ns: properties.timestamp_scale,
            muxing_application: properties.muxing_application,
            writing_application: properties.writing_application,
        }
    }
}

/// An attachment without a number cannot be extracted, so it is left out.
fn read_attachment(raw: RawAttachment) -> Option<Attachment> {
    Some(Attachment {
        id: raw.id?,
        file_name: raw.file_name.unwrap_or_default(),
        content_type: raw.content_type.unwrap_or_default(),
        description: raw.description.unwrap_or_default(),
        size: raw.size.unwrap_or_default(),
        uid: raw.properties.uid,
    })
}

fn read_track((index, value): (usize, Value)) -> Result<Track> {
    let raw: RawTrack =
        serde_json::from_value(value).map_err(|_| wrong(format!("tracks[{index}] is no JSON object")))?;
    let id = raw.id.ok_or_else(|| wrong(format!("tracks[{index}] has no id")))?;
    let p = raw.properties;
    let flags = Flags {
        default: p.default_track.unwrap_or(false),
        forced: p.forced_track.unwrap_or(false),
        enabled: p.enabled_track.unwrap_or(true),
        hearing_impaired: p.flag_hearing_impaired.unwrap_or(false),
        visual_impaired: p.flag_visual_impaired.unwrap_or(false),
        text_descriptions: p.flag_text_descriptions.unwrap_or(false),
        original: p.flag_original.unwrap_or(false),
        commentary: p.flag_commentary.unwrap_or(false),
    };
    Ok(Track {
        id,
        kind: raw.kind.as_deref().map(TrackKind::parse).unwrap_or_default(),
        codec: raw.codec,
        codec_id: p.codec_id,
        language: p.language,
        language_ietf: p.language_ietf,
        name: p.track_name,
        flags,
        number: p.number,
        uid: p.uid,
        minimum_timestamp_ns: p.minimum_timestamp,
        codec_delay_ns: p.codec_delay,
        default_duration_ns: p.default_duration,
        channels: p.audio_channels,
        channel_layout: p.channel_layout,
        sample_rate_hz: p.audio_sampling_frequency,
        bits_per_sample: p.audio_bits_per_sample.or(p.bit_depth),
        pixels: p.pixel_dimensions.as_deref().and_then(Size::parse),
        display: p.display_dimensions.as_deref().and_then(Size::parse),
        tag_duration_ns: p.tag_duration.as_deref().and_then(duration_ns),
        number_of_frames: p.tag_number_of_frames,
        tag_bit_rate: p.tag_bps,
        encoding: p.encoding,
        is_text: p.text_subtitles,
    })
}

/// Reads `00:23:41.504000000` (ns); digits beyond the ninth are cut off.
fn duration_ns(text: &str) -> Option<u64> {
    let mut parts = text.trim().splitn(3, ':');
    let (hours, minutes, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let (seconds, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let number = |text: &str| text.parse::<u32>().ok().map(u64::from);
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanoseconds = number(&format!("{fraction:0<9}")[..9])?;
    let seconds = number(hours)? * 3600 + number(minutes)? * 60 + number(seconds)?;
    seconds.checked_mul(1_000_000_000)?.checked_add(nanoseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_named() {
        let error = |text: &[u8]| Media::from_json(text).unwrap_err();
        assert!(matches!(error(b""), Error::NotJson { .. }));
        assert!(matches!(error(b"{\"tracks\": ["), Error::NotJson { .. }));
        assert!(matches!(error(b"[]"), Error::WrongShape { .. }));
        assert!(matches!(error(b"{}"), Error::WrongShape { .. }));
        assert!(error(br#"{"tracks": [{"id": 0}, {}]}"#).to_string().contains("tracks[1] has no id"));
        assert!(error(br#"{"tracks": [7]}"#).to_string().contains("tracks[0] is no JSON object"));
    }

    #[test]
    fn a_file_that_mkvmerge_cannot_use_is_named() {
        let error = |text: &[u8]| Media::from_json(text).unwrap_err().to_string();
        let refused = error(br#"{"errors": ["The file 'x' could not be opened for reading.\n"], "warnings": []}"#);
        assert_eq!(refused, "mkvmerge could not read the file: The file 'x' could not be opened for reading.");
        let unknown = error(br#"{"container": {"recognized": false, "supported": false}, "file_name": "a.txt"}"#);
        assert!(unknown.starts_with("'a.txt' is not a media file"), "{unknown}");
        let unsupported = error(
            br#"{"container": {"recognized": true, "supported": false, "type": "Windows Media"}, "file_name": "a"}"#,
        );
        assert!(unsupported.starts_with("'a' is a Windows Media file"), "{unsupported}");
    }

    #[test]
    fn durations_are_read_to_the_nanosecond() {
        assert_eq!(duration_ns("00:23:41.504000001"), Some(1_421_504_000_001));
        assert_eq!(duration_ns("01:00:00"), Some(3_600_000_000_000));
        for text in ["", "1:2", "4294967295:00:00.0", "a:b:c", "0:0:0.5é", "-1:00:00"] {
            assert_eq!(duration_ns(text), None, "{text}");
        }
    }

    #[test]
    fn odd_fields_do_no_harm() {
        let media = Media::from_json(
            br#"{"container": null, "attachments": {}, "chapters": [{"num_entries": 3}, 5, {"num_entries": "2"}],
                 "tracks": [{"id": "4", "type": null, "properties": []},
                            {"id": 5, "type": "audio", "unknown": 1, "properties": {"uid": 18260519324920516797,
                             "audio_channels": "6", "codec_id": null, "default_track": 1, "pixel_dimensions": "x",
                             "minimum_timestamp": "N/A", "tag_duration": "00:01:01.5"}}]}"#,
        )
        .unwrap();
        assert_eq!((media.chapters, media.tracks[0].id, media.tracks[0].kind), (5, 4, TrackKind::Other));
        let track = &media.tracks[1];
        assert_eq!((track.uid, track.channels, track.flags.default), (Some(18260519324920516797), Some(6), true));
        assert_eq!((track.pixels, track.minimum_timestamp_ns), (None, None));
        assert_eq!(track.tag_duration_ns, Some(61_500_000_000));
    }
}
