//! Which audio track of a file to analyse.

use serde::{Deserialize, Serialize};

use crate::language::{is_same_language, normalise_language};
use crate::{Track, TrackKind};

/// An audio track, and why it was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioChoice {
    /// Its place among the audio tracks, from 0: the N of ffmpeg's `0:a:N`.
    pub position: usize,
    /// mkvmerge's number of it.
    pub track_id: u64,
    /// Why it was chosen.
    pub matched: Matched,
}

/// Why a track was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Matched {
    /// No language was asked for, so the first audio track was taken.
    First,
    /// It is the first one in the language that was asked for.
    Language,
    /// No audio track is in the language that was asked for, so the first one was taken.
    Fallback {
        /// The language, normalised.
        wanted: String,
        /// The languages that there are, as the file names them.
        present: Vec<String>,
    },
}

impl AudioChoice {
    /// What to log if the choice is not the one that was asked for.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let Matched::Fallback { wanted, present } = &self.matched else {
            return None;
        };
        let present = present.join(", ");
        Some(format!(
            "no audio track in '{wanted}' (there is: {present}); using the first one, track {}",
            self.track_id
        ))
    }
}

/// The audio track to analyse: the first one in `language`, else the first one; none if there is no audio.
///
/// Every caller must use this one function, so that delay, container delay and flags are those of one track. A
/// language matches in any of its codes, in either of the track's two language fields. A tag with a region prefers
/// the track with the very same tag.
#[must_use]
pub fn choose_audio(tracks: &[Track], language: Option<&str>) -> Option<AudioChoice> {
    let audio: Vec<&Track> = tracks.iter().filter(|track| track.kind == TrackKind::Audio).collect();
    let first = audio.first()?;
    let Some(wanted) = normalise_language(language) else {
        return Some(AudioChoice { position: 0, track_id: first.id, matched: Matched::First });
    };
    let has_tag = |track: &&Track| track.language_ietf.as_deref().is_some_and(|tag| tag.eq_ignore_ascii_case(&wanted));
    let position = audio
        .iter()
        .position(|track| wanted.contains('-') && has_tag(track))
        .or_else(|| audio.iter().position(|track| is_in(track, &wanted)));
    Some(match position {
        Some(position) => AudioChoice { position, track_id: audio[position].id, matched: Matched::Language },
        None => {
            let present = audio.iter().map(|track| track.language_or_und().to_owned()).collect();
            AudioChoice { position: 0, track_id: first.id, matched: Matched::Fallback { wanted, present } }
        }
    })
}

fn is_in(track: &Track, wanted: &str) -> bool {
    [&track.language, &track.language_ietf]
        .into_iter()
        .flatten()
        .any(|code| is_same_language(code, wanted) || normalise_language(Some(code)).as_deref() == Some(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn audio(id: u64, language: &str, ietf: &str) -> Track {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Track { id, kind: TrackKind::Audio, language: some(language), language_ietf: some(ietf), ..Track::default() }
    }

    #[test]
    fn any_code_of_the_language_finds_the_track() {
        let tracks = [audio(1, "jpn", "ja"), audio(2, "ger", "de"), audio(3, "und", "fr-CA")];
        for (wanted, id) in [("de", 2), ("deu", 2), ("GER", 2), ("de-AT", 2), ("fre", 3), ("ja", 1)] {
            let choice = choose_audio(&tracks, Some(wanted)).unwrap();
            assert_eq!((choice.track_id, &choice.matched), (id, &Matched::Language), "{wanted}");
        }
    }

    #[test]
    fn a_region_prefers_its_own_track() {
        let tracks = [audio(1, "por", "pt-PT"), audio(2, "por", "pt-BR")];
        assert_eq!(choose_audio(&tracks, Some("pt-br")).unwrap().track_id, 2);
        assert_eq!(choose_audio(&tracks, Some("pt")).unwrap().track_id, 1);
        assert_eq!(choose_audio(&tracks, Some("pt-AO")).unwrap().track_id, 1);
    }

    #[test]
    fn a_fallback_is_told() {
        let choice = choose_audio(&[audio(4, "jpn", ""), audio(5, "", "")], Some("en")).unwrap();
        assert_eq!(
            choice.note().unwrap(),
            "no audio track in 'eng' (there is: jpn, und); using the first one, track 4"
        );
        assert_eq!(choose_audio(&[audio(4, "jpn", "")], None).unwrap().note(), None);
        assert_eq!(choose_audio(&[], Some("en")), None);
    }
}
