//! A pair, and what is true of it.

use crate::{Error, Sound};
use serde::Serialize;
use std::{fmt, str::FromStr};

/// What a case tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// The same mix, encoded, equalised or amplified differently.
    SameMix,
    /// Other speech over the same music and effects.
    Dub,
    /// Nothing in common.
    Unrelated,
    /// Half same mixes, half dubs, of all styles of music.
    Related,
    /// A mixture, for how often the truth lies within the error bar.
    Bars,
    /// Shifts of 20 s to 10 minutes.
    Offset,
    /// Another speed.
    Drift,
    /// Pieces missing or added.
    Stepping,
    /// Plain pairs that have to be recognised as such.
    Uniform,
    /// Files of 40 s.
    Short,
    /// Music that repeats exactly.
    Loops,
    /// Recorded music.
    Music,
    /// Two hours.
    Long,
}

impl Class {
    /// All classes in the order of the table.
    pub const ALL: [Self; 13] = [
        Self::SameMix,
        Self::Dub,
        Self::Unrelated,
        Self::Related,
        Self::Bars,
        Self::Offset,
        Self::Drift,
        Self::Stepping,
        Self::Uniform,
        Self::Short,
        Self::Loops,
        Self::Music,
        Self::Long,
    ];

    /// Its name on the command line and in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SameMix => "same-mix",
            Self::Dub => "dub",
            Self::Unrelated => "unrelated",
            Self::Related => "related",
            Self::Bars => "bars",
            Self::Offset => "offset",
            Self::Drift => "drift",
            Self::Stepping => "stepping",
            Self::Uniform => "uniform",
            Self::Short => "short",
            Self::Loops => "loops",
            Self::Music => "music",
            Self::Long => "long",
        }
    }
}

/// Class and number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// The class.
    pub class: Class,
    /// The number in it, from 0.
    pub number: usize,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.class.name(), self.number)
    }
}

impl FromStr for Name {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let unknown = || Error::NoSuchCase(text.to_owned());
        let (class, number) = text.split_once('/').ok_or_else(unknown)?;
        let class = Class::ALL.into_iter().find(|known| known.name() == class).ok_or_else(unknown)?;
        Ok(Self { class, number: number.parse().map_err(|_| unknown())? })
    }
}

impl Serialize for Name {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A pair and its truth.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Its name.
    pub name: Name,
    /// Row of the table within the class; empty for none of its own.
    pub group: &'static str,
    /// Whether limits count it; otherwise it is there for information.
    pub counts: bool,
    /// The pair in a few words.
    pub what: String,
    /// Source 1.
    pub reference: Sound,
    /// Source 2.
    pub target: Sound,
    /// What is true of the descriptions, before codecs moved anything.
    pub truth: Truth,
}

/// What is true of a pair. Delays are what to add to the target's times (ms): time of the reference minus time of the target.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// Nothing in common: there is no delay.
    Unrelated,
    /// One delay.
    Delay {
        /// The delay (ms).
        delay_ms: f64,
    },
    /// The delay at `t_s` of the reference is `delay_ms + rate_ms_per_s * t_s`.
    Drift {
        /// The delay at the start of the reference (ms).
        delay_ms: f64,
        /// How much it grows (ms for each second of the reference).
        rate_ms_per_s: f64,
        /// How wrong the rate may be (ppm, which is 0.001 ms/s).
        tolerance_ppm: f64,
        /// Names of diagnoses that are right.
        kinds: &'static [&'static str],
    },
    /// Stretches with delays of their own.
    Steps {
        /// The stretches in order of time.
        stretches: Vec<Stretch>,
    },
}

/// A stretch between splices.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Stretch {
    /// Time of the reference (s) at which it begins, at the earliest: where the stretch before it ends.
    pub from_s: f64,
    /// Time of the reference (s) at which the target has it again.
    pub start_s: f64,
    /// Its delay (ms).
    pub delay_ms: f64,
}

impl Truth {
    /// The same after codecs: the sound of the reference and of the target lies so much later (ms) in what is decoded.
    #[must_use]
    pub fn decoded(mut self, reference_ms: f64, target_ms: f64) -> Self {
        let moved_ms = reference_ms - target_ms;
        match &mut self {
            Self::Unrelated => {}
            Self::Delay { delay_ms } => *delay_ms += moved_ms,
            // The line is read at a time of the decoded reference.
            Self::Drift { delay_ms, rate_ms_per_s, .. } => {
                *delay_ms += moved_ms - *rate_ms_per_s * reference_ms / 1000.0;
            }
            Self::Steps { stretches } => {
                for (index, stretch) in stretches.iter_mut().enumerate() {
                    stretch.delay_ms += moved_ms;
                    if index > 0 {
                        stretch.from_s += reference_ms / 1000.0;
                        stretch.start_s += reference_ms / 1000.0;
                    }
                }
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_printed() {
        for class in Class::ALL {
            let name = Name { class, number: 17 };
            assert_eq!(name.to_string().parse::<Name>().unwrap(), name);
        }
        assert!("related".parse::<Name>().is_err() && "relatives/1".parse::<Name>().is_err());
    }

    #[test]
    fn codecs_move_both_ends_of_a_delay() {
        let Truth::Delay { delay_ms } = (Truth::Delay { delay_ms: 100.0 }).decoded(21.0, 5.0) else { panic!() };
        assert!((delay_ms - 116.0).abs() < 1e-12);
        let stretch = |from_s, start_s, delay_ms| Stretch { from_s, start_s, delay_ms };
        let steps = Truth::Steps { stretches: vec![stretch(0.0, 0.0, 100.0), stretch(9.0, 11.0, 2100.0)] };
        let moved = Truth::Steps { stretches: vec![stretch(0.0, 0.0, 1000.0), stretch(10.0, 12.0, 3000.0)] };
        assert_eq!(steps.decoded(1000.0, 100.0), moved);
        let drift = Truth::Drift { delay_ms: 0.0, rate_ms_per_s: 40.0, tolerance_ppm: 1.0, kinds: &[] };
        // A sound at 10 s of both descriptions' reference has the delay 400 ms; decoded it is at 11 s.
        let Truth::Drift { delay_ms, rate_ms_per_s, .. } = drift.decoded(1000.0, 0.0) else { panic!() };
        assert!((delay_ms + rate_ms_per_s * 11.0 - (400.0 + 1000.0)).abs() < 1e-9);
    }
}
