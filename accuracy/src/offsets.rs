//! How late the sound of an encoding is in what is decoded, measured once for each.
//!
//! The offset depends on codec, rate and container only, so it is measured on a short film of its own by sample-media's least
//! squares, which know nothing of the host's methods.

use crate::{Error, Result, Sound};
use std::{
    collections::BTreeMap,
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};
use vsg_sample_media::{AudioTrack, GENERATION, Mix, Programme, Release, Tools, decoded_offset};

/// Length of the film that is measured (s).
const MEASURED_S: f64 = 5.0;

/// Offsets that are known.
#[derive(Debug)]
pub(crate) struct Offsets {
    folder: PathBuf,
    known: Mutex<BTreeMap<String, f64>>,
}

impl Offsets {
    /// Those that an earlier run left in the folder.
    pub(crate) fn new(folder: &Path) -> Self {
        let known = fs::read_to_string(folder.join("offsets.json")).ok();
        let known = known.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        Self { folder: folder.to_owned(), known: Mutex::new(known) }
    }

    /// How much later (ms) the sound is in the decoded samples than in the description. 0 for what is no film.
    pub(crate) fn of(&self, sound: &Sound) -> Result<f64> {
        let Sound::Film(release) = sound else { return Ok(0.0) };
        let Some(track) = release.audio.first() else { return Ok(0.0) };
        let AudioTrack { codec, rate_hz, .. } = *track;
        let container = release.container;
        let key = format!("{GENERATION} {codec:?} {rate_hz} {container:?}");
        // Held while it is measured: few are, and nobody measures the same one twice.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(offset_ms) = known.get(&key) {
            return Ok(*offset_ms);
        }
        let plain = AudioTrack { rate_hz, ..AudioTrack::new(Mix::original("eng"), codec) };
        let film = Release { container, audio: vec![plain], ..Release::new(Programme::new(4711), MEASURED_S) };
        let path = self.folder.join("offset.mkv");
        let failed = |source| Error::Media { what: format!("the film that measures {key}"), source };
        let tools = Tools::default();
        film.write(&path, &tools, &|_| ControlFlow::Continue(())).map_err(failed)?;
        let offset = decoded_offset(&film, &path, 0, &tools).map_err(failed)?;
        known.insert(key, offset.offset_ms);
        let file = self.folder.join("offsets.json");
        let text = serde_json::to_string_pretty(&*known).unwrap_or_default();
        fs::write(&file, text).map_err(|source| Error::io(&file, source))?;
        // Nothing depends on its absence.
        let _ = fs::remove_file(path);
        Ok(offset.offset_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vsg_sample_media::{Codec, Container, Layout, Style, Treatment};

    #[test]
    fn an_encoding_moves_every_film_by_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let offsets = Offsets::new(folder.path());
        for (seed, codec, rate_hz, layout) in [
            (1, Codec::Aac, 44_100, Layout::Mono),
            (2, Codec::Ac3, 48_000, Layout::Surround51),
            (3, Codec::Vorbis, 48_000, Layout::Mono),
            (4, Codec::Mp3, 32_000, Layout::Mono),
        ] {
            let treatment = Treatment { gain_db: -9.0, inverted: true, ..Treatment::default() };
            let track = AudioTrack {
                rate_hz,
                layout,
                bitrate_kbps: Some(96 * layout.channels() as u32),
                treatment,
                ..AudioTrack::new(Mix::dub("ger", -6.0), codec)
            };
            let film = Release {
                delay_ms: 1234.5,
                container: Container::MatroskaByFfmpeg,
                audio: vec![track],
                ..Release::new(Programme::of_style(seed, Style::Driving), 8.0)
            };
            let path = folder.path().join("film.mkv");
            film.write(&path, &Tools::default(), &|_| ControlFlow::Continue(())).unwrap();
            let measured = decoded_offset(&film, &path, 0, &Tools::default()).unwrap().offset_ms;
            let known = offsets.of(&Sound::Film(Box::new(film))).unwrap();
            assert!((known - measured).abs() < 5e-4, "{codec:?}: {known} and {measured}");
        }
    }
}
