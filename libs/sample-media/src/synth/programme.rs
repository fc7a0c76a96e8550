//! The plot: where the picture cuts, where somebody speaks, where a chapter begins.

use serde::Serialize;

use super::style::Style;
use crate::rng::Rng;

/// Mean length of a scene (s).
const SCENE_S: f64 = 4.0;

/// Distance between opportunities to speak (s).
const LINE_S: f64 = 5.0;

/// One film. It has no beginning and no end: releases are pieces of it, and times may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Programme {
    /// Decides everything: music, effects, cuts, when somebody speaks.
    pub seed: u64,
    /// What kind of music it has.
    #[serde(skip_serializing_if = "Style::is_film")]
    pub style: Style,
}

/// One line of dialogue, as the original has it; a dub starts and ends within about 0.2 s of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Which opportunity to speak it is; the same in every release.
    pub index: i64,
    /// Start (s of programme time).
    pub start_s: f64,
    /// End (s of programme time).
    pub end_s: f64,
    /// Which of the three characters speaks.
    pub speaker: u8,
}

impl Programme {
    /// The film of this seed.
    pub const fn new(seed: u64) -> Self {
        Self::of_style(seed, Style::Film)
    }

    /// The film of this seed with another kind of music; plot and voices are the same.
    pub const fn of_style(seed: u64, style: Style) -> Self {
        Self { seed, style }
    }

    /// Programme time (s) of the cut that opens scene `scene`; consecutive cuts are 1.2 to 6.8 s apart.
    pub fn cut_s(&self, scene: i64) -> f64 {
        scene as f64 * SCENE_S + Rng::new(self.seed, "cut", scene).range(-1.4, 1.4)
    }

    /// The scene that is on screen at `time_s` of programme time.
    pub fn scene_at(&self, time_s: f64) -> i64 {
        let near = (time_s / SCENE_S).floor() as i64;
        if self.cut_s(near + 1) <= time_s {
            near + 1
        } else if self.cut_s(near) <= time_s {
            near
        } else {
            near - 1
        }
    }

    /// Scenes whose opening cut lies in `from_s..to_s`, with the time of the cut (s).
    pub fn cuts(&self, from_s: f64, to_s: f64) -> Vec<(i64, f64)> {
        let first = (from_s / SCENE_S).floor() as i64 - 1;
        let last = (to_s / SCENE_S).ceil() as i64 + 1;
        (first..=last)
            .map(|scene| (scene, self.cut_s(scene)))
            .filter(|(_, time)| (from_s..to_s).contains(time))
            .collect()
    }

    /// Lines of dialogue that start in `from_s..to_s`.
    pub fn lines(&self, from_s: f64, to_s: f64) -> Vec<Line> {
        let first = (from_s / LINE_S).floor() as i64 - 1;
        let last = (to_s / LINE_S).ceil() as i64 + 1;
        (first..=last)
            .filter_map(|index| self.line(index))
            .filter(|line| (from_s..to_s).contains(&line.start_s))
            .collect()
    }

    fn line(&self, index: i64) -> Option<Line> {
        let mut rng = Rng::new(self.seed, "line", index);
        let spoken = rng.chance(0.75);
        let start_s = index as f64 * LINE_S + rng.range(0.0, 1.2);
        let end_s = start_s + rng.range(1.6, 3.6);
        let speaker = rng.below(3) as u8;
        spoken.then_some(Line { index, start_s, end_s, speaker })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scene_on_screen_is_the_one_whose_cut_came_last() {
        let film = Programme::new(3);
        for step in -400..400 {
            let time_s = f64::from(step) * 0.37;
            let scene = film.scene_at(time_s);
            assert!(film.cut_s(scene) <= time_s && time_s < film.cut_s(scene + 1), "at {time_s}");
        }
    }

    #[test]
    fn a_range_read_in_pieces_has_the_same_lines_and_cuts() {
        let film = Programme::new(9);
        let whole = film.lines(-20.0, 60.0);
        let pieces: Vec<Line> =
            (-4..12).flat_map(|part| film.lines(f64::from(part) * 5.0, f64::from(part + 1) * 5.0)).collect();
        assert_eq!(whole, pieces);
        assert!(whole.len() > 5);
        assert_eq!(film.cuts(-20.0, 60.0).len(), film.cuts(-20.0, 11.0).len() + film.cuts(11.0, 60.0).len());
    }
}
