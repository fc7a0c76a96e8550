//! How music, effects and dialogue are put together for one audio track.

use serde::Serialize;

/// The language of dialogue: an ISO 639-2 code such as `eng`, which also decides words, timing and voices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Language(String);

impl Language {
    /// The language with this ISO 639-2 code.
    pub fn new(tag: impl Into<String>) -> Self {
        Self(tag.into())
    }

    /// Its code.
    pub fn tag(&self) -> &str {
        &self.0
    }
}

/// Channels of an audio track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// One channel, the mean of left and right.
    Mono,
    /// Left, right.
    Stereo,
    /// Left, right, centre (dialogue), low, back left, back right.
    Surround51,
}

impl Layout {
    /// Number of channels.
    pub const fn channels(self) -> usize {
        match self {
            Self::Mono => 1,
            Self::Stereo => 2,
            Self::Surround51 => 6,
        }
    }
}

/// A mix. The levels are relative to stems that are equally loud (about -20 dBFS RMS while they sound).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mix {
    /// Who speaks; none for music and effects only.
    pub language: Option<Language>,
    /// Level of the music (dB).
    pub music_db: f32,
    /// Level of the effects (dB).
    pub effects_db: f32,
    /// Level of the dialogue (dB).
    pub dialogue_db: f32,
    /// Treble (above about 1 kHz) against bass (dB); the filter is symmetric, so it delays nothing.
    pub tilt_db: f32,
}

impl Mix {
    /// The original mix: dialogue 3 dB above the music.
    pub fn original(language: &str) -> Self {
        Self {
            language: Some(Language::new(language)),
            music_db: -3.0,
            effects_db: -2.0,
            dialogue_db: 0.0,
            tilt_db: 0.0,
        }
    }

    /// A dub: other dialogue over the same music and effects, which lie `music_db` (usually -6 to -18) below it.
    pub fn dub(language: &str, music_db: f32) -> Self {
        Self { music_db, effects_db: music_db, ..Self::original(language) }
    }

    /// The original from another mastering: quieter, brighter, with more effects.
    pub fn remaster(language: &str) -> Self {
        Self { music_db: -7.0, effects_db: -4.0, dialogue_db: -3.5, tilt_db: 4.0, ..Self::original(language) }
    }

    /// Music and effects without dialogue.
    pub fn music_and_effects() -> Self {
        Self { language: None, music_db: 0.0, effects_db: 0.0, dialogue_db: 0.0, tilt_db: 0.0 }
    }
}

pub(crate) fn gain(decibels: f32) -> f32 {
    10.0_f32.powf(decibels / 20.0)
}
