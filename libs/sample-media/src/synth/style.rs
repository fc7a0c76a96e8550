//! What kind of music a programme has, and how quiet it is between sounds.

use serde::Serialize;

/// Kind of music and effects. Real films differ in how much there is to correlate, and so do these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// Pads, figures and drums at a moderate tempo over a room that is never silent.
    #[default]
    Film,
    /// Few notes, slow, half of the time none at all; nearly digital silence between sounds.
    Sparse,
    /// Plucked and melodic lines without pads or drums, at any tempo.
    Chamber,
    /// Fast and dense, with drums throughout.
    Driving,
    /// Long chords and nearly nothing else.
    Drone,
    /// Electronic: four bars that repeat to the sample, over nearly digital silence.
    Loop,
}

/// What a style means for the score and the room.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// Range of tempos (beats per minute).
    pub(crate) tempo_bpm: (f64, f64),
    /// How far the tempo bends, relative to [`Style::Film`].
    pub(crate) bend: f64,
    pub(crate) pads: bool,
    /// Ranges of the chance of a pluck and of a melody note on each eighth.
    pub(crate) plucks: (f64, f64),
    pub(crate) melody: (f64, f64),
    /// Chance that a section has drums.
    pub(crate) drums: f64,
    /// Chance that a section has no music at all.
    pub(crate) rests: f64,
    /// Bars after which everything comes again, exactly.
    pub(crate) repeat: Option<i64>,
    /// Level of the room tone, relative to [`Style::Film`].
    pub(crate) room: f32,
}

impl Style {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Film, Self::Sparse, Self::Chamber, Self::Driving, Self::Drone, Self::Loop];

    pub(crate) const fn is_film(&self) -> bool {
        matches!(self, Self::Film)
    }

    pub(crate) const fn manner(self) -> Manner {
        const FILM: Manner = Manner {
            tempo_bpm: (86.0, 112.0),
            bend: 1.0,
            pads: true,
            plucks: (0.1, 0.7),
            melody: (0.1, 0.6),
            drums: 0.65,
            rests: 0.0,
            repeat: None,
            room: 1.0,
        };
        match self {
            Self::Film => FILM,
            Self::Sparse => Manner {
                tempo_bpm: (52.0, 72.0),
                plucks: (0.0, 0.15),
                melody: (0.05, 0.2),
                drums: 0.0,
                rests: 0.5,
                room: 0.02,
                ..FILM
            },
            Self::Chamber => Manner {
                tempo_bpm: (60.0, 140.0),
                pads: false,
                plucks: (0.3, 0.8),
                melody: (0.3, 0.7),
                drums: 0.0,
                rests: 0.1,
                room: 0.3,
                ..FILM
            },
            Self::Driving => {
                Manner { tempo_bpm: (125.0, 170.0), plucks: (0.5, 0.9), melody: (0.2, 0.5), drums: 1.0, ..FILM }
            }
            Self::Drone => Manner {
                tempo_bpm: (52.0, 60.0),
                plucks: (0.0, 0.02),
                melody: (0.0, 0.05),
                drums: 0.0,
                room: 0.5,
                ..FILM
            },
            Self::Loop => Manner {
                tempo_bpm: (118.0, 140.0),
                bend: 0.0,
                plucks: (0.4, 0.8),
                drums: 1.0,
                repeat: Some(4),
                room: 0.02,
                ..FILM
            },
        }
    }
}
