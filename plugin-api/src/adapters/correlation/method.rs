//! What an author of a correlation method writes.

use crate::{Filter, Params, Result};

/// One pair of windows that is to be correlated.
#[derive(Debug, Clone, Copy)]
pub struct WindowPair<'a> {
    /// Samples of the reference, filtered unless the method [needs no filter](CorrelationMethod::wants_unfiltered).
    pub reference: &'a [f32],
    /// Samples of the target, from where it is expected to be the same sound: at the same clock time, or at an alignment.
    pub target: &'a [f32],
    /// Samples per second.
    pub sample_rate_hz: f64,
    /// The band that the filters before this stage let pass (Hz).
    pub pass_band_hz: Option<(f64, f64)>,
    /// Filters that both sides were to pass and have not, because the method [sees to them by itself](CorrelationMethod::wants_unfiltered).
    pub filters_left_out: &'a [Filter],
}

impl<'a> WindowPair<'a> {
    /// A pair without any filter.
    #[must_use]
    pub fn new(reference: &'a [f32], target: &'a [f32], sample_rate_hz: f64) -> Self {
        Self { reference, target, sample_rate_hz, pass_band_hz: None, filters_left_out: &[] }
    }
}

/// Many pairs of windows that overlap, each one `hop` samples behind the one before.
#[derive(Debug, Clone, Copy)]
pub struct WindowTrain<'a> {
    /// Samples of the reference: `(count - 1) * hop + len` of them.
    pub reference: &'a [f32],
    /// Samples of the target: as many, and `margin` more at either end, silent where the target has none.
    pub target: &'a [f32],
    /// Number of pairs, at least 1.
    pub count: usize,
    /// Samples of a window.
    pub len: usize,
    /// Samples from one window to the next.
    pub hop: usize,
    /// Samples of the target on either side of the place where it is expected: no delay beyond it is looked for.
    pub margin: usize,
    /// Samples per second.
    pub sample_rate_hz: f64,
    /// The band that the filters before this stage let pass (Hz).
    pub pass_band_hz: Option<(f64, f64)>,
    /// As [`WindowPair::filters_left_out`].
    pub filters_left_out: &'a [Filter],
}

impl<'a> WindowTrain<'a> {
    /// The `index`-th pair by itself.
    #[must_use]
    pub fn pair(&self, index: usize) -> WindowPair<'a> {
        let start = index * self.hop;
        let target = &self.target[self.margin + start..];
        WindowPair {
            reference: &self.reference[start..start + self.len],
            target: &target[..self.len],
            sample_rate_hz: self.sample_rate_hz,
            pass_band_hz: self.pass_band_hz,
            filters_left_out: self.filters_left_out,
        }
    }

    /// All pairs, each by itself.
    pub fn pairs(&self) -> impl Iterator<Item = WindowPair<'a>> {
        (0..self.count).map(|index| self.pair(index))
    }
}

/// What a method found in one pair of windows. Build one from [`Peak::none`] with the struct update syntax.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// Delay to add to the target (ms): time of an event in the reference less its time in the target.
    pub delay_ms: f64,
    /// How well the windows match, on the method's own scale, 0..=100. NaN is never accepted.
    pub match_pct: f64,
    /// Highest peak against the second highest, if the method has such a thing; related sound stands far above 1.
    pub peak_ratio: Option<f64>,
    /// Delay of the second highest peak (ms).
    pub runner_up_ms: Option<f64>,
    /// Half of the range around the delay that holds the true one in 95 % of all cases (ms), if the method can tell.
    pub error_ms: Option<f64>,
    /// Whether the peak lies on the edge of the range that was searched, where nothing shows that it is one.
    pub on_edge: bool,
}

impl Peak {
    /// Nothing was found: the window is rejected.
    #[must_use]
    pub fn none() -> Self {
        Self {
            delay_ms: f64::NAN,
            match_pct: 0.0,
            peak_ratio: None,
            runner_up_ms: None,
            error_ms: None,
            on_edge: false,
        }
    }
}

/// Measures the shift between two windows of audio. The implementing type is its parameters: see [`params!`](crate::params).
pub trait CorrelationMethod: Params {
    /// Name within the plugin.
    const ID: &'static str;
    /// One sentence.
    const SUMMARY: &'static str;
    /// How finely it measures (ms), if that is coarser than half a sample: the length of a frame of a method that compares
    /// features. The conformance kit holds a method to it.
    const RESOLUTION_MS: Option<f64> = None;

    /// Whether this method, with these parameters, sees to the filters by itself and prefers samples from before them. It gets
    /// those if both sides have the same filters, which delay both sides alike. That saves the filtering, which can cost more than the
    /// correlation: one that ignores levels, such as a phase transform, needs nothing but [`WindowPair::pass_band_hz`], and one that works on
    /// spectra may multiply them by what [`WindowPair::filters_left_out`] let through ([`Filter::response`]). By default samples are filtered.
    fn wants_unfiltered(&self) -> bool {
        false
    }

    /// Correlates one pair of windows. Called from several threads at once.
    fn correlate(&self, windows: &WindowPair<'_>) -> Result<Peak>;

    /// Correlates many pairs that overlap, and gives one peak for each. A method that can share work between neighbours does
    /// it here; by default each pair is correlated by itself. Called from several threads at once.
    fn correlate_train(&self, train: &WindowTrain<'_>) -> Result<Vec<Peak>> {
        train.pairs().map(|pair| self.correlate(&pair)).collect()
    }

    /// The correlation itself, for a plot: pairs of delay (ms) and height, in order of delay. None if the method has no such
    /// thing. Thousands of pairs are fine; the stage thins them out and keeps the peaks.
    fn curve(&self, windows: &WindowPair<'_>) -> Result<Vec<(f64, f64)>> {
        let _ = windows;
        Ok(Vec::new())
    }
}
