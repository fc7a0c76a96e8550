//! Places the cuts of a diagnosis by the sound itself: windows of ten seconds tell that there is a cut, and not when.

use std::ops::Range;
use vsg_dsp::cuts::{Phases, Row, place};
use vsg_plugin_api::prelude::*;

/// Sound that is looked at on either side where there is no doubt (s).
const SURE_S: f64 = 20.0;
/// Sound that is read at once (s).
const PART_S: f64 = 20.0;
/// Longest stretch that is searched for a cut (s).
const LONGEST_S: f64 = 1200.0;

/// Frames that one point of a curve is the mean of.
const SMOOTH: usize = 8;

/// When a target is cut (s of the reference).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cut {
    /// The last that the target has before it.
    pub(crate) end_s: f64,
    /// The first that it has behind it.
    pub(crate) start_s: f64,
    /// How far both may be off.
    pub(crate) error_s: f64,
    /// How the phases agree around it, at the delay before and at the one behind: pairs of time (s) and mean cosine.
    pub(crate) agreement: [Vec<(f64, f64)>; 2],
}

/// The sound of a reference and of a target, at one sample rate.
pub(crate) struct Sounds<'a> {
    reference: &'a Audio,
    target: &'a Audio,
    phases: Phases,
}

impl<'a> Sounds<'a> {
    /// Fails if the rates differ.
    pub(crate) fn new(reference: &'a Audio, target: &'a Audio) -> Result<Self> {
        let rate_hz = reference.rate_shared_with(target)?;
        Ok(Self { reference, target, phases: Phases::new(f64::from(rate_hz))? })
    }

    fn rate_hz(&self) -> f64 {
        f64::from(self.reference.header.sample_rate_hz)
    }

    /// Moves the cuts of a diagnosis to where the sound says that they are, and returns those. Windows were `window_s` long.
    pub(crate) fn place(&self, diagnosis: &mut Diagnosis, window_s: f64, ctx: &Ctx<'_>) -> Result<Vec<Cut>> {
        let cuts = diagnosis.segments.len().saturating_sub(1);
        let found = ctx.for_each(cuts, |index| {
            let pair = (&diagnosis.segments[index], &diagnosis.segments[index + 1]);
            self.cut(pair, diagnosis.rate_ms_per_s, window_s)
        })?;
        let mut placed = Vec::new();
        for (index, cut) in found.into_iter().enumerate() {
            let (before, after) = (&diagnosis.segments[index], &diagnosis.segments[index + 1]);
            // What lies outside of its neighbours' stretches is no answer.
            if let Some(cut) = cut.filter(|cut| cut.end_s > before.start_s && cut.start_s < after.end_s) {
                diagnosis.segments[index].end_s = cut.end_s;
                diagnosis.segments[index + 1].start_s = cut.start_s;
                diagnosis.segments[index + 1].start_error_s = cut.error_s;
                placed.push(cut);
            }
        }
        Ok(placed)
    }

    /// The cut between two stretches; `None` if the sound does not tell.
    fn cut(&self, (before, after): (&Segment, &Segment), rate_ms_per_s: f64, window_s: f64) -> Result<Option<Cut>> {
        let rate_hz = self.rate_hz();
        // The windows next to the cut may have up to half their length of the other side.
        let doubt_s = after.start_error_s + window_s / 2.0;
        let (first_s, last_s) = (before.end_s - doubt_s, after.start_s + doubt_s);
        let from_s = (first_s - SURE_S).max(before.start_s + before.start_error_s);
        let to_s = (last_s + SURE_S).min(after.end_s).min(self.reference.duration_s());
        if first_s <= from_s || last_s >= to_s || to_s - from_s > LONGEST_S {
            return Ok(None);
        }
        // What the target lacks, at the reference's speed.
        let missing_s = (after.delay_ms - before.delay_ms) / (1000.0 - rate_ms_per_s);
        let hop_s = self.phases.hop() as f64 / rate_hz;
        let gap = (missing_s.max(0.0) / hop_s).round() as usize;
        let samples = |at_s: f64| (at_s * rate_hz).round() as i64;
        let [at_before, at_after] =
            self.rows(samples(from_s)..samples(to_s), [before.delay_ms, after.delay_ms], rate_ms_per_s)?;
        let sure = ((first_s - from_s) / hop_s, (to_s - last_s) / hop_s);
        let found = place(&at_before, &at_after, &self.phases.bins(), gap, (sure.0 as usize, sure.1 as usize));
        let curve = |rows: &[Row]| self.curve(rows, from_s);
        Ok(found.map(|found| {
            // Half way between the middles of two frames.
            let end_s = from_s + (found.at as f64 + 0.5) * hop_s;
            let away = found.at.saturating_sub(found.range.start).max(found.range.end.saturating_sub(found.at));
            Cut {
                end_s,
                start_s: end_s + missing_s.max(0.0),
                error_s: (away as f64 + 1.0) * hop_s,
                agreement: [curve(&at_before), curve(&at_after)],
            }
        }))
    }

    /// The mean over all bins of some frames each.
    fn curve(&self, rows: &[Row], from_s: f64) -> Vec<(f64, f64)> {
        let (bins, hop_s) = (self.phases.bins(), self.phases.hop() as f64 / self.rate_hz());
        let all: usize = bins.iter().sum();
        let mean = |row: &Row| row.iter().zip(bins).map(|(cosine, bins)| f64::from(*cosine) * bins as f64).sum::<f64>();
        let point = |(index, rows): (usize, &[Row])| {
            let middle = (index * SMOOTH) as f64 + rows.len() as f64 / 2.0 + 0.5;
            (from_s + middle * hop_s, rows.iter().map(mean).sum::<f64>() / (all * rows.len()).max(1) as f64)
        };
        rows.chunks(SMOOTH).enumerate().map(point).collect()
    }

    /// How the target's sound agrees with the reference's at two delays.
    fn rows(&self, range: Range<i64>, delays_ms: [f64; 2], rate_ms_per_s: f64) -> Result<[Vec<Row>; 2]> {
        let (frame, hop) = (self.phases.frame() as i64, self.phases.hop() as i64);
        let part = ((PART_S * self.rate_hz()) as i64 / hop).max(1) * hop;
        let mut rows = [Vec::new(), Vec::new()];
        let mut start = range.start;
        while start + frame <= range.end {
            // The last frame of a part reaches into the next one.
            let of_part = start..(start + part + frame - hop).min(range.end);
            let reference = self.reference.unfiltered_along(of_part.clone(), 0.0, 0.0)?;
            let [one, other] =
                delays_ms.map(|delay_ms| self.target.unfiltered_along(of_part.clone(), delay_ms, rate_ms_per_s));
            let found = self.phases.rows(&reference, [&one?, &other?])?;
            rows.iter_mut().zip(found).for_each(|(rows, found)| rows.extend(found));
            start += part;
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::Random;

    const RATE_HZ: u32 = 16_000;

    fn audio(source: &str, samples: &[f32]) -> Audio {
        let header = AudioHeader {
            source: source.into(),
            track_id: 1,
            sample_rate_hz: RATE_HZ,
            samples: samples.len() as u64,
            start_ms: 0.0,
            stem: None,
            filters: Vec::new(),
        };
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        Audio::new(header, Blob::from_bytes(&bytes)).unwrap()
    }

    fn noise(seconds: f64, seed: u64) -> Vec<f32> {
        let mut random = Random::new(seed);
        (0..(seconds * f64::from(RATE_HZ)) as usize).map(|_| random.between(-0.3, 0.3) as f32).collect()
    }

    fn segment(start_s: f64, end_s: f64, start_error_s: f64, delay_ms: f64) -> Segment {
        Segment { start_s, end_s, start_error_s, delay_ms, error_ms: 0.1, windows: 9 }
    }

    /// The film without its samples from 50 s on for `missing_s`, or with that much more there.
    fn cut_film(film: &[f32], missing_s: f64) -> Vec<f32> {
        let at = 50 * RATE_HZ as usize;
        let len = (missing_s.abs() * f64::from(RATE_HZ)) as usize;
        if missing_s > 0.0 {
            [&film[..at], &film[at + len..]].concat()
        } else {
            [&film[..at], &noise(-missing_s, 9)[..], &film[at..]].concat()
        }
    }

    #[test]
    fn a_cut_is_placed_where_the_sound_changes() {
        let film = noise(100.0, 1);
        for missing_s in [0.04, 7.5, -0.04, -7.5] {
            let reference = audio("Source 1", &film);
            let target = audio("Source 2", &cut_film(&film, missing_s));
            let sounds = Sounds::new(&reference, &target).unwrap();
            let segments = (segment(0.0, 47.0, 0.0, 0.0), segment(55.0, 100.0, 4.0, 1000.0 * missing_s));
            let found = sounds.cut((&segments.0, &segments.1), 0.0, 10.0).unwrap().unwrap();
            assert!((found.end_s - 50.0).abs() < 0.03 && found.error_s < 0.1, "{missing_s}: {found:?}");
            assert!((found.start_s - 50.0 - missing_s.max(0.0)).abs() < 0.03, "{missing_s}: {found:?}");
        }
    }

    #[test]
    fn a_target_at_another_speed_is_read_at_the_speed_of_the_reference() {
        let film = noise(100.0, 2);
        let cut = cut_film(&film, 3.0);
        // Every second of the reference takes 999 ms of the target.
        let mut target = vec![0.0; (cut.len() as f64 * 0.999) as usize];
        vsg_dsp::resample::fill(&cut, 0.0, 1.0 / 0.999, &mut target);
        let (reference, target) = (audio("Source 1", &film), audio("Source 2", &target));
        let sounds = Sounds::new(&reference, &target).unwrap();
        let segments = (segment(0.0, 47.0, 0.0, 0.0), segment(55.0, 100.0, 4.0, 2997.0));
        let found = sounds.cut((&segments.0, &segments.1), 1.0, 10.0).unwrap().unwrap();
        assert!((found.end_s - 50.0).abs() < 0.03 && (found.start_s - 53.0).abs() < 0.03, "{found:?}");
    }

    #[test]
    fn other_sound_no_room_and_other_rates_tell_nothing() {
        let (reference, target) = (audio("Source 1", &noise(100.0, 3)), audio("Source 2", &noise(100.0, 4)));
        let sounds = Sounds::new(&reference, &target).unwrap();
        let (before, after) = (segment(0.0, 47.0, 0.0, 0.0), segment(55.0, 100.0, 4.0, 8000.0));
        assert_eq!(sounds.cut((&before, &after), 0.0, 10.0).unwrap(), None);
        assert_eq!(sounds.cut((&segment(44.0, 47.0, 1.0, 0.0), &after), 0.0, 10.0).unwrap(), None);
        assert_eq!(sounds.cut((&before, &segment(55.0, 56.0, 4.0, 8e9)), 0.0, 10.0).unwrap(), None);
        let mut other = reference.clone();
        other.header.sample_rate_hz = 48_000;
        assert!(Sounds::new(&reference, &other).is_err());
    }
}
