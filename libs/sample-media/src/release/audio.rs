//! Audio tracks: what is in them and how ffmpeg encodes them.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Container, Release};
use crate::progress::Meter;
use crate::tools::{Tools, args};
use crate::{Layout, Mix, Pcm, RATE_HZ, Result, Treatment};

/// Frames that are synthesised and written at a time.
const BLOCK: usize = 8192;

/// One audio track.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AudioTrack {
    /// What is heard.
    pub mix: Mix,
    /// Channels.
    pub layout: Layout,
    /// Sample rate (Hz).
    pub rate_hz: u32,
    /// Codec.
    pub codec: Codec,
    /// Bit rate (kbit/s) of a lossy codec; by default 64 per channel.
    pub bitrate_kbps: Option<u32>,
    /// ISO 639-2 language tag; by default the language of the mix, or `zxx`.
    pub language: String,
    /// Name of the track.
    pub name: Option<String>,
    /// The default flag.
    pub default: bool,
    /// Shift of the track in the container (ms): the packets' timestamps move, the decoded samples do not.
    pub start_ms: i32,
    /// What became of the sound after the mix.
    #[serde(skip_serializing_if = "Treatment::is_none")]
    pub treatment: Treatment,
}

impl AudioTrack {
    /// A default stereo track at 48 kHz.
    pub fn new(mix: Mix, codec: Codec) -> Self {
        let language = mix.language.as_ref().map_or("zxx", |language| language.tag()).to_owned();
        Self {
            mix,
            layout: Layout::Stereo,
            rate_hz: RATE_HZ,
            codec,
            bitrate_kbps: None,
            language,
            name: None,
            default: true,
            start_ms: 0,
            treatment: Treatment::default(),
        }
    }
}

/// Codecs of audio tracks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Codec {
    /// AAC LC by ffmpeg's own encoder.
    Aac,
    /// Dolby Digital.
    Ac3,
    /// Dolby Digital Plus.
    Eac3,
    /// FLAC, 16 bits.
    Flac,
    /// Opus by libopus; 48 kHz only.
    Opus,
    /// MP3 by LAME; one or two channels.
    Mp3,
    /// PCM, 16 bits, little endian.
    Pcm,
    /// Vorbis by libvorbis; not in MP4.
    Vorbis,
}

impl Codec {
    const fn encoder(self) -> &'static str {
        match self {
            Self::Aac => "aac",
            Self::Ac3 => "ac3",
            Self::Eac3 => "eac3",
            Self::Flac => "flac",
            Self::Opus => "libopus",
            Self::Mp3 => "libmp3lame",
            Self::Pcm => "pcm_s16le",
            Self::Vorbis => "libvorbis",
        }
    }

    /// Ending of the stream by itself, as mkvmerge likes it.
    const fn extension(self) -> &'static str {
        match self {
            Self::Aac => "aac",
            Self::Ac3 => "ac3",
            Self::Eac3 => "eac3",
            Self::Flac => "flac",
            Self::Opus => "opus",
            Self::Mp3 => "mp3",
            Self::Pcm => "wav",
            Self::Vorbis => "ogg",
        }
    }

    const fn is_lossless(self) -> bool {
        matches!(self, Self::Flac | Self::Pcm)
    }

    /// Why a track cannot be had, if it cannot.
    pub(super) fn objection(self, track: &AudioTrack, container: Container) -> Option<String> {
        if self == Self::Opus && track.rate_hz != RATE_HZ {
            return Some(format!("Opus at {} Hz; it is always 48000 Hz", track.rate_hz));
        }
        if self == Self::Mp3 && track.layout == Layout::Surround51 {
            return Some("MP3 with six channels; it has one or two".into());
        }
        if self == Self::Vorbis && container == Container::Mp4 {
            return Some("Vorbis in MP4; use AAC, or a Matroska file".into());
        }
        if self == Self::Pcm && container == Container::Mp4 {
            return Some("PCM in MP4; use FLAC, or a Matroska file".into());
        }
        if track.rate_hz == 0 || track.rate_hz > 192_000 {
            return Some(format!("audio at {} Hz; common rates are 44100 and 48000", track.rate_hz));
        }
        track.treatment.objection()
    }
}

/// Encodes audio track `number` into `folder`; gives the file.
pub(super) fn encode(
    release: &Release,
    number: usize,
    folder: &Path,
    tools: &Tools,
    meter: &Meter<'_>,
) -> Result<PathBuf> {
    let track = &release.audio[number];
    let extension = match release.container {
        Container::Matroska => track.codec.extension(),
        Container::MatroskaByFfmpeg => "mka",
        Container::Mp4 => "mp4",
    };
    let file = folder.join(format!("audio{number}.{extension}"));
    let channels = track.layout.channels();
    let mut args = args!["-hide_banner", "-loglevel", "error", "-nostdin", "-f", "f32le"].to_vec();
    args.extend(args!["-ar", track.rate_hz.to_string(), "-ac", channels.to_string(), "-i", "pipe:0"]);
    args.extend(args!["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact"]);
    args.extend(args!["-strict", "-2", "-c:a", track.codec.encoder()]);
    if track.codec.is_lossless() {
        args.extend(args!["-sample_fmt", "s16"]);
    } else {
        let kbps = track.bitrate_kbps.unwrap_or(64 * channels as u32);
        args.extend(args!["-b:a", format!("{kbps}k")]);
    }
    if extension == "wav" {
        args.extend(args!["-rf64", "auto"]);
    }
    if let Some(filters) = &track.treatment.filters {
        args.extend(args!["-af", filters]);
    }
    args.extend(args!["-y", &file]);

    let call = tools.ffmpeg(format!("encoding audio track {number} as {}", track.codec.encoder()), folder);
    call.feed(&args, |stdin| {
        // `track` is one of the release's.
        let Some(mut pcm) = Pcm::of_track(release, number, track.rate_hz, 0) else { return Ok(()) };
        let mut left = (release.duration_s * f64::from(track.rate_hz)).round() as usize;
        let mut block = vec![0.0_f32; BLOCK * channels];
        let mut bytes = Vec::with_capacity(4 * block.len());
        while left > 0 {
            let frames = left.min(BLOCK);
            let block = &mut block[..frames * channels];
            pcm.read(block);
            bytes.clear();
            bytes.extend(block.iter().flat_map(|sample| sample.to_le_bytes()));
            stdin.write_all(&bytes).map_err(|source| call.pipe_error(source))?;
            left -= frames;
            meter.add(frames as f64 / f64::from(track.rate_hz))?;
        }
        Ok(())
    })?;
    Ok(file)
}
