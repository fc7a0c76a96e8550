//! `correlation-features/dtw`: which frame of one window sounds like which frame of the other, by dynamic time warping.

use crate::form::{Form, unless_damaged};
use vsg_dsp::features::{
    self, Alignment, AlignmentScratch, Cepstrum, Frames, Framing, MelScratch, MelSpectrum, frames::FRAME_MS,
};
use vsg_dsp::{DspError, Planned, Plans, Side};
use vsg_plugin_api::prelude::*;

params! {
    /// Settings of dynamic time warping.
    pub struct Dtw {
        /// What is compared, and how. The robust form takes off what an equaliser or another level adds to a cepstrum, the
        /// delay from the offset that most pairs of the path have, and the match from the cost of the whole path against that
        /// of pairs at random. The reference form takes the median of the path and the cost of its first pair alone, so its
        /// match is near 100 for any sound; its sign is put right in either form.
        form: Form = Form::Robust,
        /// How much any two frames have to differ (mean distance of their cepstra). Those of noise differ by 15, of speech and
        /// music by 40 and more, of a steady tone by about 1; what does not change tells no delay. 0 accepts any. Not asked
        /// for in the reference form.
        #[schemars(range(min = 0.0, max = 1000.0))]
        min_variety: f64 = 6.0,
        #[serde(skip)]
        known: Plans<(usize, usize, f64), Plan> = Plans::default(),
    }
}

/// Frames at either end that hold an edge of the window.
const EDGE_FRAMES: usize = 2;

/// Frames on either side of an offset that belong to it: 171 ms, as long as a syllable.
const EXCLUSION: usize = 16;

/// What the similarity at an offset over the highest one elsewhere is raised to.
///
/// Sounds of one kind are somewhat alike at any offset, so that ratios are near 1: of unrelated windows of 15 s, 3 in 1000 have one
/// above 1.19, and none of 240 dubs has less. Raised to this power, that is the 1.6 of the phase transform, and one threshold
/// serves all methods.
const SHARPEN: f64 = 2.7;

/// The analysis of windows of one kind.
pub(crate) struct Plan {
    mel: MelSpectrum,
    cepstrum: Cepstrum,
}

impl Planned for Plan {
    type Scratch = (MelScratch, AlignmentScratch);

    fn scratch(&self) -> Self::Scratch {
        (self.mel.scratch(), AlignmentScratch::default())
    }
}

impl Plan {
    fn new(rate_hz: f64) -> Result<Self, DspError> {
        Ok(Self {
            mel: MelSpectrum::new(Framing::at(rate_hz)?, features::FINE_BANDS),
            cepstrum: Cepstrum::new(features::FINE_BANDS, features::COEFFICIENTS),
        })
    }

    fn align(
        &self,
        windows: &WindowPair<'_>,
        form: Form,
        (mel, alignment): &mut (MelScratch, AlignmentScratch),
    ) -> Result<Alignment, DspError> {
        let mut cepstra = |samples: &[f32], side: Side| {
            let found = features::cepstra(self.mel.run(samples, side, mel)?, &self.cepstrum);
            Ok(if form == Form::Robust { levelled(&found) } else { found })
        };
        let reference = cepstra(windows.reference, Side::Reference)?;
        let target = cepstra(windows.target, Side::Target)?;
        Ok(Alignment::of(&reference, &target, alignment))
    }
}

/// Cepstra without what is the same in all frames, and without the edges of the window.
fn levelled(cepstra: &Frames) -> Frames {
    let mut inner = cepstra.without_ends(EDGE_FRAMES);
    inner.centre_columns();
    inner
}

impl Dtw {
    /// The alignment, and how long a frame lasts (ms); `None` of damaged windows.
    fn align(&self, windows: &WindowPair<'_>) -> Result<Option<(Alignment, f64)>> {
        let kind = (windows.reference.len(), windows.target.len(), windows.sample_rate_hz);
        let plan = self.known.get(kind, || Plan::new(windows.sample_rate_hz))?;
        let found = plan.with(|plan, scratch| {
            let found = plan.align(windows, self.form, scratch)?;
            Ok((found, plan.mel.framing().frame_ms()))
        });
        unless_damaged(found)
    }
}

impl CorrelationMethod for Dtw {
    const ID: &'static str = "dtw";
    const SUMMARY: &'static str = "Delay from which frames sound alike (dynamic time warping of the mel cepstrum).";
    const RESOLUTION_MS: Option<f64> = Some(FRAME_MS);

    fn correlate(&self, windows: &WindowPair<'_>) -> Result<Peak> {
        let Some((found, frame_ms)) = self.align(windows)? else {
            return Ok(Peak::none());
        };
        let (offset, match_pct) = match self.form {
            Form::Robust => (found.common_offset(), of_all_pairs(&found)),
            Form::Reference => (found.median_offset(), of_first_pair(&found)),
        };
        let peak_ratio = found.offsets.peak_ratio(offset, EXCLUSION).powf(SHARPEN);
        if self.form == Form::Robust && found.offsets.mean() < self.min_variety {
            return Ok(Peak::none());
        }
        Ok(Peak {
            delay_ms: offset * frame_ms,
            match_pct,
            peak_ratio: Some(peak_ratio),
            runner_up_ms: Some(found.offsets.runner_up(offset, EXCLUSION) as f64 * frame_ms),
            error_ms: Some(0.5 * frame_ms),
            on_edge: false,
        })
    }

    /// How alike the windows are at each offset, before any warping.
    fn curve(&self, windows: &WindowPair<'_>) -> Result<Vec<(f64, f64)>> {
        let Some((found, frame_ms)) = self.align(windows)? else {
            return Ok(Vec::new());
        };
        Ok(found.offsets.curve().into_iter().map(|(offset, height)| (offset as f64 * frame_ms, height)).collect())
    }
}

/// How much less the pairs of the path differ than pairs at random (0 to 100): 0 for windows that can not be aligned at all,
/// 100 for equal ones. Measured: 72 to 95 for the same mix, 41 to 78 for dubs, 13 to 41 for unrelated sounds.
fn of_all_pairs(found: &Alignment) -> f64 {
    let any = found.offsets.mean();
    if any > 0.0 { (100.0 * (1.0 - found.mean_cost() / any)).clamp(0.0, 100.0) } else { 0.0 }
}

/// The reference program's figure: it takes the cost of the first pair for that of the whole path.
fn of_first_pair(found: &Alignment) -> f64 {
    (100.0 - 0.5 * found.first_cost / found.path.len().max(1) as f64).clamp(0.0, 100.0)
}
