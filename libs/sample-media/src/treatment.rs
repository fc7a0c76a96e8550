//! What became of a track's sound after the mix: cut, played at another speed, made louder, turned upside down.

use serde::Serialize;

/// What is done to the sound of one track. Picture, subtitles and chapters of the release stay as they are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Treatment {
    /// Where the sound leaves the programme and goes on elsewhere, in order of `at`.
    pub splices: Vec<Splice>,
    /// Seconds of programme (after its splices) for each second of the file: 1.04271 for film at PAL speed. What happens
    /// at `t` is at `t / speed - delay_ms / 1000` in the file.
    pub speed: f64,
    /// Gain (dB); where it would clip, the sound is bent.
    pub gain_db: f32,
    /// Polarity turned over.
    pub inverted: bool,
    /// Filters of ffmpeg that the encoder's input goes through; what they delay is not part of the description.
    pub filters: Option<String>,
}

/// A piece of the programme that a track leaves out, or a foreign piece that it puts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Splice {
    /// Sample of the programme (48 kHz) before which it happens.
    pub at: i64,
    /// Samples that are left out there; negative: so many samples from elsewhere are put in.
    pub missing: i64,
}

impl Default for Treatment {
    fn default() -> Self {
        Self { splices: Vec::new(), speed: 1.0, gain_db: 0.0, inverted: false, filters: None }
    }
}

impl Treatment {
    /// Whether nothing is done.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Why the sound cannot be had, if it cannot.
    pub(crate) fn objection(&self) -> Option<String> {
        if !(0.5..=2.0).contains(&self.speed) {
            return Some(format!("sound at {} times its speed; between 0.5 and 2 is possible", self.speed));
        }
        if !self.gain_db.is_finite() {
            return Some(format!("a gain of {} dB", self.gain_db));
        }
        let follows = |pair: &[Splice]| pair[0].at + pair[0].missing.max(0) <= pair[1].at;
        if !self.splices.windows(2).all(follows) {
            return Some("splices that overlap, or are not in order of time".into());
        }
        None
    }
}
