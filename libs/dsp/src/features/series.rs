//! By how many frames two series of numbers, one for each frame, are apart: the phase transform in miniature, in double precision.

use std::sync::Arc;

use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use crate::error::DspError;
use crate::fft_length::FftLength;
use crate::peak::{LagRange, Peak, PeakFit, Scale, Score, Search};
use crate::spectrum::{self, Cross};
use crate::taper::Taper;
use crate::weighting::Weighting;

/// Keeps a series that does not change from being divided by zero; a constant of the reference program.
const EPS: f64 = 1e-9;

/// How two series are correlated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeriesOptions {
    /// How finely the peak is placed.
    pub peak: PeakFit,
    /// Frames on either side of a peak that belong to it.
    pub exclusion: usize,
    /// Frames that are left out at either end of a series.
    pub trim: usize,
    /// Fade at the ends of what is left.
    pub taper: Taper,
    /// Length of the transforms.
    pub fft_length: FftLength,
    /// Least standard deviation (dB); a series that changes less is taken for one that does not change.
    pub least_change_db: f64,
}

impl SeriesOptions {
    /// The reference program's form: the phase transform of whole series, and whole frames.
    pub const REFERENCE: Self = Self {
        peak: PeakFit::Sample,
        exclusion: 4,
        trim: 0,
        taper: Taper::None,
        fft_length: FftLength::Exact,
        least_change_db: 0.0,
    };

    /// The form to use unless results must equal the reference program's: without the frames that reach beyond the window,
    /// and placed between frames.
    ///
    /// The first and last frames hold the edge of the window, which sounds the same in every window: of two noises it is all that
    /// the phase transform finds, at lag 0. The levels of a steady tone change by thousandths of a decibel, in the rhythm of
    /// frames against periods, of noise by tenths, of speech and music by several decibels.
    pub const ROBUST: Self = Self {
        peak: PeakFit::SubSample,
        trim: 6,
        fft_length: FftLength::Smooth,
        least_change_db: 0.05,
        ..Self::REFERENCE
    };

    /// [`SeriesOptions::ROBUST`] for a series that drifts, such as loudness: where it begins and ends it leaks, as a window of
    /// audio does, unless it is faded.
    pub const ROBUST_FADED: Self = Self { taper: Taper::Edges(0.1), ..Self::ROBUST };
}

/// A planned correlation of series of given lengths, shared by all threads.
pub struct SeriesCorrelation {
    len_ref: usize,
    len_tgt: usize,
    /// Frames that are left out at either end.
    trim: usize,
    length: usize,
    fade_ref: Vec<f32>,
    fade_tgt: Vec<f32>,
    options: SeriesOptions,
    forward: Arc<dyn RealToComplex<f64>>,
    inverse: Arc<dyn ComplexToReal<f64>>,
}

impl SeriesCorrelation {
    /// Plans the correlation of series of `len_ref` and `len_tgt` frames.
    ///
    /// # Errors
    /// A series without frames.
    pub fn new(len_ref: usize, len_tgt: usize, options: SeriesOptions) -> Result<Self, DspError> {
        if len_ref == 0 || len_tgt == 0 {
            return Err(DspError::EmptyWindow { reference: len_ref, target: len_tgt });
        }
        let trim = options.trim.min((len_ref.min(len_tgt) - 1) / 2);
        let (used_ref, used_tgt) = (len_ref - 2 * trim, len_tgt - 2 * trim);
        let length = options.fft_length.samples(used_ref, used_tgt);
        let mut planner = RealFftPlanner::new();
        let (forward, inverse) = (planner.plan_fft_forward(length), planner.plan_fft_inverse(length));
        let (fade_ref, fade_tgt) = (options.taper.fade(used_ref), options.taper.fade(used_tgt));
        Ok(Self { len_ref, len_tgt, trim, length, fade_ref, fade_tgt, options, forward, inverse })
    }

    /// Where their correlation is highest; lags and errors are in frames.
    ///
    /// # Errors
    /// A series of another length than planned.
    pub fn correlate(&self, reference: &[f64], target: &[f64]) -> Result<Peak, DspError> {
        let (mut g, scale, spread_bins) = self.transformed(reference, target)?;
        let (latest, earliest) = (self.latest(), self.earliest());
        let search = Search {
            lags: LagRange { length: self.length, latest, earliest },
            exclusion: self.options.exclusion,
            fit: self.options.peak,
            score: Score::Confidence,
        };
        Ok(Peak { spread_bins, ..search.run(&mut g, scale) })
    }

    /// The correlation for a plot: (lag in frames, height on the scale of [`Peak::value`]) in order of lag.
    ///
    /// # Errors
    /// As [`SeriesCorrelation::correlate`].
    pub fn curve(&self, reference: &[f64], target: &[f64]) -> Result<Vec<(i64, f64)>, DspError> {
        let (g, scale, _) = self.transformed(reference, target)?;
        let (latest, earliest) = (self.latest() as i64, self.earliest() as i64);
        let height = |lag: i64| scale.share(g[lag.rem_euclid(self.length as i64) as usize]);
        Ok((-earliest..=latest).map(|lag| (lag, height(lag))).collect())
    }

    /// Largest lag (frames).
    fn latest(&self) -> usize {
        self.len_ref - 2 * self.trim - 1
    }

    /// Size of the most negative lag (frames).
    fn earliest(&self) -> usize {
        self.len_tgt - 2 * self.trim - 1
    }

    fn transformed(&self, reference: &[f64], target: &[f64]) -> Result<(Vec<f64>, Scale, f64), DspError> {
        if (reference.len(), target.len()) != (self.len_ref, self.len_tgt) {
            return Err(DspError::SeriesLength {
                planned: (self.len_ref, self.len_tgt),
                got: (reference.len(), target.len()),
            });
        }
        let failed = DspError::of_transform(self.length);
        let mut time = self.forward.make_input_vec();
        let (mut one, mut other) = (self.forward.make_output_vec(), self.forward.make_output_vec());
        let sides = [(reference, &self.fade_ref, &mut one), (target, &self.fade_tgt, &mut other)];
        for (series, fade, spectrum) in sides {
            time.fill(0.0);
            normalise(&series[self.trim..series.len() - self.trim], self.options.least_change_db, fade, &mut time);
            self.forward.process(&mut time, spectrum).map_err(&failed)?;
        }
        let all = 0..one.len();
        let Cross { spread_bins, bandwidth, .. } =
            spectrum::weigh(&mut one, &other, Weighting::Phat, &all, self.length);
        // What the inverse transform needs to be exactly real.
        one[0].im = 0.0;
        if self.length.is_multiple_of(2)
            && let Some(middle) = one.last_mut()
        {
            middle.im = 0.0;
        }
        self.inverse.process(&mut one, &mut time).map_err(failed)?;
        Ok((time, Scale { full: 1.0, bandwidth }, spread_bins))
    }
}

/// Puts a series of mean 0 and standard deviation 1 into `out`, faded at both ends; what changes less than
/// `least_change`, such as silence, is left out.
fn normalise(series: &[f64], least_change: f64, fade: &[f32], out: &mut [f64]) {
    let count = series.len() as f64;
    let mean = series.iter().sum::<f64>() / count;
    let variance = series.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / count;
    if variance.sqrt() < least_change {
        return;
    }
    let spread = variance.sqrt() + EPS;
    out.iter_mut().zip(series).for_each(|(to, v)| *to = (v - mean) / spread);
    let faded = &mut out[..series.len()];
    faded.iter_mut().zip(fade).for_each(|(v, &weighting)| *v *= f64::from(weighting));
    faded.iter_mut().rev().zip(fade).for_each(|(v, &weighting)| *v *= f64::from(weighting));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::noise;

    fn series(len: usize, seed: u64) -> Vec<f64> {
        noise(len, seed).into_iter().map(f64::from).collect()
    }

    fn options(peak: PeakFit) -> SeriesOptions {
        SeriesOptions { peak, ..SeriesOptions::REFERENCE }
    }

    #[test]
    fn an_early_target_has_a_positive_lag() {
        let source = series(500, 1);
        for peak in [PeakFit::Sample, PeakFit::Parabola, PeakFit::SubSample] {
            let correlation = SeriesCorrelation::new(400, 380, options(peak)).unwrap();
            let found = correlation.correlate(&source[..400], &source[37..417]).unwrap();
            assert!((found.lag_samples - 37.0).abs() < 0.2 && found.peak_ratio > 3.0, "{found:?}");
            let curve = correlation.curve(&source[..400], &source[37..417]).unwrap();
            assert_eq!((curve[0].0, curve.len()), (-379, 779));
            let highest = curve.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
            assert_eq!(highest.0, 37);
        }
    }

    #[test]
    fn what_does_not_change_has_no_peak() {
        let correlation = SeriesCorrelation::new(50, 50, options(PeakFit::SubSample)).unwrap();
        for (reference, target) in [(vec![3.0; 50], series(50, 2)), (vec![0.0; 50], vec![0.0; 50])] {
            let found = correlation.correlate(&reference, &target).unwrap();
            assert_eq!((found.lag_samples, found.peak_ratio, found.match_pct), (0.0, 0.0, 0.0));
        }
    }

    #[test]
    fn the_edges_of_a_window_are_no_delay() {
        // Two noises that begin and end alike, as windows of noise do.
        let edges = |seed| {
            let mut series = series(400, seed);
            series[..4].copy_from_slice(&[9.0, -8.0, 7.0, 9.0]);
            series[396..].fill(9.0);
            series
        };
        let lag = |options| {
            let correlation = SeriesCorrelation::new(400, 400, options).unwrap();
            correlation.correlate(&edges(3), &edges(4)).unwrap().lag_samples.round()
        };
        assert_eq!(lag(SeriesOptions::REFERENCE), 0.0);
        assert!(lag(SeriesOptions::ROBUST) != 0.0 && lag(SeriesOptions::ROBUST_FADED) != 0.0);
        for len in 1..30 {
            let short = SeriesCorrelation::new(len, len, SeriesOptions::ROBUST).unwrap();
            assert!(short.correlate(&series(len, 5), &series(len, 6)).is_ok());
        }
    }

    #[test]
    fn a_series_of_one_frame_is_one() {
        let correlation = SeriesCorrelation::new(1, 1, options(PeakFit::SubSample)).unwrap();
        assert_eq!(correlation.correlate(&[5.0], &[5.0]).unwrap().value, 0.0);
        assert!(SeriesCorrelation::new(0, 1, SeriesOptions::REFERENCE).is_err());
        assert!(correlation.correlate(&[5.0, 1.0], &[5.0]).is_err());
    }
}
