//! What an equaliser does to phases, and so to any delay that is measured by them.
//!
//! Equalisers of consoles, and the filters of two poles that stand for them in software, have minimum phase: what they do to levels says what they
//! do to phases (Bode, "Network Analysis and Feedback Amplifier Design", 1945), by way of the cepstrum (Oppenheim & Schafer, "Discrete-Time Signal
//! Processing", on Hilbert transform relations). So the levels of two sounds tell which part of the slope of their phases is no delay.
//! Equalisers of linear phase change levels alone; the phases themselves show which of the two it was.

use std::f64::consts::TAU;
use std::sync::Arc;

use num_complex::{Complex32, Complex64};
use realfft::{RealFftPlanner, RealToComplex};

use crate::damage::first_damaged;
use crate::error::{DspError, Side};

/// Samples of a frame: bins of 6 Hz at 48 kHz, where equalisers are smooth.
const FRAME: usize = 8192;
/// Bins count from this coherence on, and no more than if it were the other. What a codec adds raises levels: at 0.8 by as much as an equaliser.
const COHERENT: f64 = 0.95;
const MOST_COHERENT: f64 = 0.999;
/// Levels are means over so much on either side (octaves); equalisers are smoother.
const SMOOTH: f64 = 1.0 / 12.0;
/// Frequencies up to this share of the rate count; what lies above is at the mercy of resampling.
const HIGHEST: f64 = 0.45;
/// Share of the bins below that which have to count.
const LEAST_BINS: f64 = 0.05;
/// The phases have to be those of minimum phase to within this share.
const LIKENESS: f64 = 0.4;
/// Share of the squares of the phases that may be left over.
const LEFT_OVER: f64 = 0.35;

/// What becomes of one sound in another: averages over frames (Welch 1967), one behind the other.
pub struct Transfer {
    window: Vec<f32>,
    forward: Arc<dyn RealToComplex<f32>>,
    /// Reference times the target's conjugate, each window at its own lag.
    cross: Vec<Complex64>,
    reference: Vec<f64>,
    target: Vec<f64>,
}

impl Default for Transfer {
    fn default() -> Self {
        let hann = |n: usize| (0.5 - 0.5 * (TAU * n as f64 / FRAME as f64).cos()) as f32;
        let bins = FRAME / 2 + 1;
        Self {
            window: (0..FRAME).map(hann).collect(),
            forward: RealFftPlanner::new().plan_fft_forward(FRAME),
            cross: vec![Complex64::default(); bins],
            reference: vec![0.0; bins],
            target: vec![0.0; bins],
        }
    }
}

impl Transfer {
    /// Adds a pair of windows of the same length. `lag` is the delay between them as it was measured (samples, at most some): the time of an
    /// event in the reference less that in the target.
    ///
    /// # Errors
    /// Windows of different lengths, or samples that are no numbers.
    pub fn add(&mut self, reference: &[f32], target: &[f32], lag: f64) -> Result<(), DspError> {
        if reference.len() != target.len() {
            let (planned, got) = (reference.len(), target.len());
            return Err(DspError::WindowLength { side: Side::Target, planned, got });
        }
        for (side, samples) in [(Side::Reference, reference), (Side::Target, target)] {
            if let Some(index) = first_damaged(samples) {
                return Err(DspError::NonFiniteSample { side, index });
            }
        }
        let bins = self.cross.len();
        let (mut cross, mut powers) = (vec![Complex32::default(); bins], [vec![0.0f32; bins], vec![0.0f32; bins]]);
        let mut time = self.forward.make_input_vec();
        let mut scratch = self.forward.make_scratch_vec();
        let mut spectra = [self.forward.make_output_vec(), self.forward.make_output_vec()];
        for start in (0..(reference.len() + 1).saturating_sub(FRAME)).step_by(FRAME) {
            for (samples, spectrum) in [reference, target].into_iter().zip(&mut spectra) {
                let windowed = samples[start..start + FRAME].iter().zip(&self.window);
                time.iter_mut().zip(windowed).for_each(|(to, (sample, weight))| *to = sample * weight);
                let done = self.forward.process_with_scratch(&mut time, spectrum, &mut scratch);
                done.map_err(DspError::of_transform(FRAME))?;
            }
            let [one, other] = &spectra;
            cross.iter_mut().zip(one.iter().zip(other)).for_each(|(sum, (one, other))| *sum += one * other.conj());
            for (sums, spectrum) in powers.iter_mut().zip(&spectra) {
                sums.iter_mut().zip(spectrum).for_each(|(sum, bin)| *sum += bin.norm_sqr());
            }
        }
        for (k, (sum, new)) in self.cross.iter_mut().zip(cross).enumerate() {
            *sum += Complex64::new(f64::from(new.re), f64::from(new.im)) * Complex64::cis(radians(k) * lag);
        }
        for (sums, new) in [&mut self.reference, &mut self.target].into_iter().zip(powers) {
            sums.iter_mut().zip(new).for_each(|(sum, new)| *sum += f64::from(new));
        }
        Ok(())
    }

    /// By how much the measured lags are too large (samples) because one side went through an equaliser of minimum phase; `None` if the sounds
    /// have too little in common to tell, or phases that no such equaliser makes.
    ///
    /// # Errors
    /// Whatever the transform says.
    pub fn excess_lag(&self) -> Result<Option<f64>, DspError> {
        let highest = (2.0 * HIGHEST * (self.cross.len() - 1) as f64) as usize;
        let coherence = |k: usize| self.cross[k].norm_sqr() / (self.reference[k] * self.target[k]);
        let weight = |coherence: f64| coherence.min(MOST_COHERENT) / (1.0 - coherence.min(MOST_COHERENT));
        let coherent: Vec<(usize, f64)> = (1..highest)
            .map(|k| (k, coherence(k)))
            .filter(|(_, coherence)| *coherence >= COHERENT)
            .map(|(k, coherence)| (k, weight(coherence)))
            .collect();
        if coherent.len() < (LEAST_BINS * highest as f64) as usize {
            return Ok(None);
        }
        let gain = |k: usize| 0.5 * (self.target[k] / self.reference[k]).ln();
        let gains: Vec<Level> = coherent.iter().map(|&(bin, weight)| Level { bin, gain: gain(bin), weight }).collect();
        let minimum = minimum_phase(&between(&smoothed(&gains), self.cross.len()))?;
        // The target may be upside down.
        let upright = coherent.iter().map(|&(k, _)| self.cross[k].re / self.cross[k].norm()).sum::<f64>().signum();
        let points: Vec<Point> = coherent
            .iter()
            .map(|&(k, weight)| {
                let phase = (self.cross[k] * upright).arg();
                Point { weight, radians: radians(k), phase, equaliser: minimum[k] }
            })
            .collect();
        Ok(excess(&points))
    }
}

/// Angle by which a bin turns in one sample.
fn radians(bin: usize) -> f64 {
    TAU * bin as f64 / FRAME as f64
}

/// How much louder a bin is in the target (natural logarithm), and how much it counts.
struct Level {
    bin: usize,
    gain: f64,
    weight: f64,
}

/// Bins with the mean gain of their neighbourhood; these are in order.
fn smoothed(levels: &[Level]) -> Vec<(usize, f64)> {
    let reach = 2f64.powf(SMOOTH);
    let (mut from, mut to, mut weights, mut sum) = (0, 0, 0.0, 0.0);
    let mean = |level: &Level| {
        let at = level.bin as f64;
        while to < levels.len() && levels[to].bin as f64 <= at * reach {
            weights += levels[to].weight;
            sum += levels[to].weight * levels[to].gain;
            to += 1;
        }
        while (levels[from].bin as f64) < at / reach {
            weights -= levels[from].weight;
            sum -= levels[from].weight * levels[from].gain;
            from += 1;
        }
        (level.bin, sum / weights)
    };
    levels.iter().map(mean).collect()
}

/// One bin, as far as phases are concerned.
struct Point {
    weight: f64,
    /// Frequency (radians per sample).
    radians: f64,
    /// Phase of the reference against the target, with the lag taken out.
    phase: f64,
    /// Phase that an equaliser with these levels would add to the target.
    equaliser: f64,
}

/// The slope that is left over (samples) once the equaliser's phases are taken out; `None` if they are not there.
fn excess(points: &[Point]) -> Option<f64> {
    // phase = slope * radians - share * equaliser, by least squares.
    let sum = |of: fn(&Point) -> f64| points.iter().map(|point| point.weight * of(point)).sum::<f64>();
    let (rr, re, ee) = (sum(|p| p.radians * p.radians), sum(|p| p.radians * p.equaliser), sum(|p| p.equaliser.powi(2)));
    let (rp, ep, pp) = (sum(|p| p.radians * p.phase), sum(|p| p.equaliser * p.phase), sum(|p| p.phase * p.phase));
    let determinant = rr * ee - re * re;
    let share = (rp * re - rr * ep) / determinant;
    // With the share at 1, against no equaliser at all.
    let slope = (rp + re) / rr;
    let left = pp + 2.0 * ep + ee - slope * (rp + re);
    let without = pp - rp * rp / rr;
    let is_there = (share - 1.0).abs() <= LIKENESS && left <= LEFT_OVER * without;
    (is_there && slope.is_finite()).then_some(slope)
}

/// Values at all bins from those at some, in order: on straight lines between them, and level outside.
fn between(known: &[(usize, f64)], count: usize) -> Vec<f64> {
    let mut values = Vec::with_capacity(count);
    for pair in known.windows(2) {
        let [(from, start), (to, end)] = [pair[0], pair[1]];
        values.resize(values.len().max(from), start);
        values.extend((from..to).map(|k| start + (end - start) * (k - from) as f64 / (to - from) as f64));
    }
    values.resize(count, known.last().map_or(0.0, |(_, value)| *value));
    values
}

/// The phase (radians) of the filter of minimum phase with these levels (natural logarithm), from 0 Hz to half the rate.
fn minimum_phase(log_gains: &[f64]) -> Result<Vec<f64>, DspError> {
    let length = 2 * (log_gains.len() - 1);
    let mut planner = RealFftPlanner::<f64>::new();
    let (forward, inverse) = (planner.plan_fft_forward(length), planner.plan_fft_inverse(length));
    let failed = DspError::of_transform(length);
    let mut spectrum: Vec<Complex64> = log_gains.iter().map(|gain| Complex64::new(*gain, 0.0)).collect();
    let mut cepstrum = inverse.make_output_vec();
    inverse.process(&mut spectrum, &mut cepstrum).map_err(&failed)?;
    // What comes before its time is folded over to what comes after.
    for (n, value) in cepstrum.iter_mut().enumerate() {
        let folded = if n == 0 || n == length / 2 { 1.0 } else { 2.0 };
        *value *= if n <= length / 2 { folded / length as f64 } else { 0.0 };
    }
    forward.process(&mut cepstrum, &mut spectrum).map_err(&failed)?;
    Ok(spectrum.iter().map(|bin| bin.im).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::Filter;
    use crate::made_up::noise;
    use crate::sub_sample::interpolate;

    const LENGTH: usize = 400_000;

    /// A shelf of the audio equaliser cookbook (Bristow-Johnson) as a section; of the bass, or of the treble.
    fn shelf(is_bass: bool, hz: f64, gain_db: f64) -> Filter {
        let (a, turn) = (10f64.powf(gain_db / 40.0), TAU * hz / 48_000.0);
        let (cos, alpha) = (turn.cos(), turn.sin() / 2.0 * 2f64.sqrt());
        let (side, root) = (if is_bass { 1.0 } else { -1.0 }, 2.0 * a.sqrt() * alpha);
        let b = [
            a * ((a + 1.0) - side * (a - 1.0) * cos + root),
            side * 2.0 * a * ((a - 1.0) - side * (a + 1.0) * cos),
            a * ((a + 1.0) - side * (a - 1.0) * cos - root),
        ];
        let poles = [
            (a + 1.0) + side * (a - 1.0) * cos + root,
            -side * 2.0 * ((a - 1.0) + side * (a + 1.0) * cos),
            (a + 1.0) + side * (a - 1.0) * cos - root,
        ];
        let [b0, b1, b2] = b.map(|value| value / poles[0]);
        Filter::Sections(vec![[b0, b1, b2, 1.0, poles[1] / poles[0], poles[2] / poles[0]]])
    }

    /// A sound and what filters make of it, `delay` samples early, with noise of a codec.
    fn pair(filters: &[Filter], delay: f64, hiss: f32) -> (Vec<f32>, Vec<f32>) {
        let source = noise(LENGTH + 100, 4);
        let mut target: Vec<f32> = (0..LENGTH).map(|n| interpolate(&source, n + 50, delay) as f32).collect();
        filters.iter().for_each(|filter| filter.apply(&mut target, 0));
        target.iter_mut().zip(noise(LENGTH, 9)).for_each(|(sample, noise)| *sample += hiss * noise);
        (source[50..50 + LENGTH].to_vec(), target)
    }

    fn excess_lag((reference, target): &(Vec<f32>, Vec<f32>), lag: f64) -> Option<f64> {
        let mut transfer = Transfer::default();
        for (reference, target) in reference.chunks(150_000).zip(target.chunks(150_000)) {
            transfer.add(reference, target, lag).unwrap();
        }
        transfer.excess_lag().unwrap()
    }

    #[test]
    fn what_an_equaliser_adds_to_a_lag_is_told_whatever_the_polarity() {
        for (bass_db, treble_db) in [(6.0, 0.0), (0.0, -6.0), (5.0, -6.0), (-12.0, 3.0)] {
            let filters = [shelf(true, 150.0, bass_db), shelf(false, 4000.0, treble_db)];
            for (delay, polarity) in [(0.0, 1.0), (0.4, -1.0)] {
                let (reference, mut target) = pair(&filters, delay, 0.03);
                target.iter_mut().for_each(|sample| *sample *= polarity);
                // As if it had been measured that much too large.
                for wrong in [0.0, 0.9, -0.6] {
                    let found = excess_lag(&(reference.clone(), target.clone()), delay + wrong).unwrap();
                    assert!((found - wrong).abs() < 0.02, "{bass_db} {treble_db} {delay} {wrong}: {found}");
                }
            }
        }
    }

    #[test]
    fn without_an_equaliser_of_minimum_phase_there_is_nothing_to_take_out() {
        assert_eq!(excess_lag(&pair(&[], 0.3, 0.05), 0.3), None);
        // Of linear phase: the shelf forwards, then backwards.
        let (reference, mut target) = pair(&[shelf(false, 2000.0, 3.0)], 0.0, 0.0);
        target.reverse();
        shelf(false, 2000.0, 3.0).apply(&mut target, 0);
        target.reverse();
        assert_eq!(excess_lag(&(reference.clone(), target), 0.0), None);
        // Other sounds, silence, and no sound at all.
        assert_eq!(excess_lag(&(reference.clone(), noise(LENGTH, 77)), 0.0), None);
        assert_eq!(excess_lag(&(reference, vec![0.0; LENGTH]), 0.0), None);
        assert_eq!(excess_lag(&(vec![0.0; 10], vec![0.0; 10]), 0.0), None);
    }

    #[test]
    fn damage_and_other_lengths_are_errors() {
        let mut transfer = Transfer::default();
        assert!(transfer.add(&[0.0; 9000], &[0.0; 9001], 0.0).is_err());
        assert!(transfer.add(&[0.0; 9000], &[f32::NAN; 9000], 0.0).is_err());
    }

    #[test]
    fn levels_tell_the_phases_of_a_filter_of_minimum_phase() {
        let filter = shelf(true, 1000.0, 9.0);
        let response = |k: usize| filter.response(k as f64 / 4096.0);
        let phases = minimum_phase(&(0..=2048).map(|k| response(k).norm().ln()).collect::<Vec<_>>()).unwrap();
        for (k, phase) in phases.iter().enumerate() {
            assert!((phase - response(k).arg()).abs() < 1e-3, "{k}: {phase} {}", response(k).arg());
        }
    }

    #[test]
    fn levels_are_means_of_what_is_near() {
        let level = |bin, gain| Level { bin, gain, weight: if bin == 101 { 3.0 } else { 1.0 } };
        let found = smoothed(&[level(1, 5.0), level(100, 1.0), level(101, 2.0), level(200, 9.0), level(220, 3.0)]);
        let expected = [(1, 5.0), (100, 1.75), (101, 1.75), (200, 9.0), (220, 3.0)];
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.0 == expected.0 && (found.1 - expected.1).abs() < 1e-9, "{found:?} {expected:?}");
        }
    }

    #[test]
    fn gaps_are_bridged() {
        assert_eq!(between(&[(1, 2.0), (3, 4.0)], 6), [2.0, 2.0, 3.0, 4.0, 4.0, 4.0]);
        assert_eq!(between(&[], 2), [0.0, 0.0]);
    }
}
