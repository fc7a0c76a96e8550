//! One side of a pair, and how its file is made.

use crate::{Error, Result};
use serde::Serialize;
use std::{ops::ControlFlow, path::Path, process::Command};
use vsg_sample_media::{Codec, Release, Tools};

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sound {
    /// A generated film.
    Film(Box<Release>),
    /// A source or a recording that ffmpeg reads, through filters of ffmpeg.
    Ffmpeg {
        /// Arguments up to the output, such as `-f lavfi -i sine=440`.
        input: Vec<String>,
        /// Length (s).
        duration_s: f64,
        /// Encoder and its settings.
        encoder: Vec<String>,
    },
}

impl Sound {
    /// A source of ffmpeg's `lavfi` as stereo FLAC.
    pub(crate) fn source(lavfi: String, duration_s: f64) -> Self {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let input = [words(&["-f", "lavfi", "-i"]), vec![lavfi]].concat();
        Self::Ffmpeg {
            input,
            duration_s,
            encoder: words(&["-ac", "2", "-ar", "48000", "-c:a", "flac", "-sample_fmt", "s16"]),
        }
    }

    /// Codec, rate and channels in a few letters.
    pub(crate) fn encoding(&self) -> String {
        match self {
            Self::Film(release) => release.audio.first().map_or_else(String::new, |track| {
                let codec = match track.codec {
                    Codec::Aac => "AAC",
                    Codec::Ac3 => "AC-3",
                    Codec::Eac3 => "E-AC-3",
                    Codec::Flac => "FLAC",
                    Codec::Opus => "Opus",
                    Codec::Mp3 => "MP3",
                    Codec::Pcm => "PCM",
                    Codec::Vorbis => "Vorbis",
                };
                let channels = ["", " mono", "", "", "", "", " 5.1"].get(track.layout.channels()).unwrap_or(&"");
                format!("{codec} {}k{channels}", f64::from(track.rate_hz) / 1000.0)
            }),
            Self::Ffmpeg { input, .. } => {
                // A recording without its folder.
                input.last().and_then(|word| word.rsplit('/').next()).unwrap_or_default().to_owned()
            }
        }
    }

    /// Writes the file. A film's appears when it is complete.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        match self {
            Self::Film(release) => release
                .write(path, &Tools::default(), &|_| ControlFlow::Continue(()))
                .map_err(|source| Error::Media { what: path.display().to_string(), source }),
            Self::Ffmpeg { input, duration_s, encoder } => {
                let mut ffmpeg = Command::new("ffmpeg");
                ffmpeg.args(["-hide_banner", "-loglevel", "error", "-nostdin"]).args(input);
                ffmpeg.args(["-t", &duration_s.to_string(), "-map_metadata", "-1"]).args(encoder).arg("-y").arg(path);
                let failed = |reason| Error::Program { program: "ffmpeg".into(), reason };
                let output = ffmpeg.output().map_err(|error| failed(error.to_string()))?;
                if output.status.success() {
                    return Ok(());
                }
                Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
            }
        }
    }
}
