//! `correlation-features/dtw`: which frame of one window sounds like which frame of the other, by dynamic time warping.

use crate::form::Form;
use crate::train::TrainLevels;
use std::sync::Arc;
use vsg_dsp::features::{
    self, Alignment, AlignmentScratch, Cepstrum, Diagonals, Frames, Framing, MelScratch, MelSpectrum, frames::FRAME_MS,
};
use vsg_dsp::peak::RELATED_PEAK_RATIO;
use vsg_dsp::{DspError, Planned, Plans, Shared, Side, unless_damaged};
use vsg_plugin_api::prelude::*;

params! {
    /// Settings of dynamic time warping.
    pub struct Dtw {
        /// What is compared, and how. The robust form takes the loudness off a cepstrum and what an equaliser adds to it, aligns
        /// what the windows share where they are most alike, and takes the delay that most pairs of the path have and the match
        /// from the cost of the whole path against that of pairs at random. The reference form is for comparisons only: it takes the
        /// median of the path and the cost of its first pair alone, so its match is near 100 for any sound, and its delays have
        /// the opposite sign of all others, so that muxing with them would double what is wrong.
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

/// Frames on either side of an offset that belong to it: a quarter of a second, as a syllable or a note lasts.
const EXCLUSION: usize = 24;

/// How much more alike related windows are at their offset than at any other: 1 is equal, 0 as any two frames.
///
/// A ratio would not do: two noises are hardly alike at any offset, so that one of them is easily half as good again as the next,
/// and steady tones are very much alike at all of them. Measured with windows of 15 s: all of 480 related ones, half of them dubs,
/// stand out by more, and less than 3 in 1000 unrelated ones.
const MARGIN: f64 = 0.05;

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

    /// What two windows with these levels have in common.
    fn compare(&self, (reference, target): (Frames, Frames), form: Form, alignment: &mut AlignmentScratch) -> Compared {
        let cepstra = |levels: Frames| {
            let found = features::cepstra(levels, &self.cepstrum);
            if form == Form::Robust { levelled(&found) } else { found }
        };
        let (reference, target) = (cepstra(reference), cepstra(target));
        let offsets = Diagonals::of(&reference, &target);
        // A path that has to begin and end with both windows goes astray when much of them is not shared.
        let aligned_at = if form == Form::Robust { offsets.most_alike() } else { 0 };
        let (skipped_ref, skipped_tgt) = (aligned_at.max(0) as usize, (-aligned_at).max(0) as usize);
        let shared = (reference.count() - skipped_ref).min(target.count() - skipped_tgt);
        let path = match form {
            Form::Reference => Alignment::of(&reference, &target, alignment),
            Form::Robust => Alignment::of(
                &reference.slice(skipped_ref..skipped_ref + shared),
                &target.slice(skipped_tgt..skipped_tgt + shared),
                alignment,
            ),
        };
        Compared { offsets, aligned_at, path, frame_ms: self.mel.framing().frame_ms() }
    }
}

/// What two windows have in common.
struct Compared {
    /// How alike they are at each offset.
    offsets: Diagonals,
    /// Frames by which the reference is later where they are most alike; there they were aligned.
    aligned_at: i64,
    path: Alignment,
    frame_ms: f64,
}

/// Cepstra without what is the same in all frames, without the loudness, and without the edges of the window.
fn levelled(cepstra: &Frames) -> Frames {
    let mut inner = cepstra.without_ends(EDGE_FRAMES);
    inner.centre_columns();
    let width = inner.width();
    inner.values_mut().iter_mut().step_by(width).for_each(|loudness| *loudness = 0.0);
    inner
}

impl Dtw {
    /// The reference program takes the target's frame less the reference's.
    fn sign(&self) -> f64 {
        if self.form == Form::Reference { -1.0 } else { 1.0 }
    }

    /// `None` of damaged windows.
    fn compare(&self, windows: &WindowPair<'_>) -> Result<Option<Compared>> {
        let compared = self.plan(windows)?.with(|plan, (mel, alignment)| {
            let reference = features::levels(plan.mel.run(windows.reference, Side::Reference, mel)?);
            let target = features::levels(plan.mel.run(windows.target, Side::Target, mel)?);
            Ok(plan.compare((reference, target), self.form, alignment))
        });
        Ok(unless_damaged(compared)?)
    }

    /// Compares windows that overlap. `None` of a train with damage.
    fn compare_train(&self, train: &WindowTrain<'_>) -> Result<Option<Vec<Compared>>> {
        let compared = self.plan(&train.pair(0))?.with(|plan, (mel, alignment)| {
            let levels = TrainLevels::new(&plan.mel, train, mel)?;
            Ok(levels.windows().map(|window| plan.compare(window, self.form, alignment)).collect())
        });
        Ok(unless_damaged(compared)?)
    }

    /// Plans for windows of this size, unless it is done; all windows of a scan have the same.
    fn plan(&self, windows: &WindowPair<'_>) -> Result<Arc<Shared<Plan>>, DspError> {
        let kind = (windows.reference.len(), windows.target.len(), windows.sample_rate_hz);
        self.known.get(kind, || Plan::new(windows.sample_rate_hz))
    }

    fn peak(&self, found: &Compared) -> Peak {
        if self.form == Form::Robust && found.offsets.mean() < self.min_variety {
            return Peak::none();
        }
        let (offset, match_pct) = match self.form {
            Form::Robust => (found.aligned_at as f64 + found.path.common_offset(), of_all_pairs(found)),
            Form::Reference => (found.path.median_offset(), of_first_pair(&found.path)),
        };
        let ms = |offset: f64| self.sign() * offset * found.frame_ms;
        Peak {
            delay_ms: ms(offset),
            match_pct,
            peak_ratio: Some(RELATED_PEAK_RATIO * found.offsets.peak_ratio(offset, EXCLUSION, MARGIN)),
            runner_up_ms: Some(ms(found.offsets.runner_up(offset, EXCLUSION) as f64)),
            error_ms: Some(0.5 * found.frame_ms),
            on_edge: false,
        }
    }
}

impl CorrelationMethod for Dtw {
    const ID: &'static str = "dtw";
    const SUMMARY: &'static str = "Delay from which frames sound alike (dynamic time warping of the mel cepstrum).";
    const RESOLUTION_MS: Option<f64> = Some(FRAME_MS);

    fn correlate(&self, windows: &WindowPair<'_>) -> Result<Peak> {
        Ok(self.compare(windows)?.map_or_else(Peak::none, |found| self.peak(&found)))
    }

    fn correlate_train(&self, train: &WindowTrain<'_>) -> Result<Vec<Peak>> {
        let together = if self.form == Form::Robust { self.compare_train(train)? } else { None };
        match together {
            Some(found) => Ok(found.iter().map(|found| self.peak(found)).collect()),
            None => train.pairs().map(|pair| self.correlate(&pair)).collect(),
        }
    }

    /// How alike the windows are at each offset, before any warping.
    fn curve(&self, windows: &WindowPair<'_>) -> Result<Vec<(f64, f64)>> {
        let Some(found) = self.compare(windows)? else {
            return Ok(Vec::new());
        };
        let ms = |offset: i64| self.sign() * offset as f64 * found.frame_ms;
        let mut curve: Vec<(f64, f64)> =
            found.offsets.curve().into_iter().map(|(offset, height)| (ms(offset), height)).collect();
        curve.sort_by(|one, other| one.0.total_cmp(&other.0));
        Ok(curve)
    }
}

/// How much less the pairs of the path differ than pairs at random (0 to 100): 0 for windows that can not be aligned at all,
/// 100 for equal ones. Measured: 86 to 97 for the same mix, 38 to 81 for dubs, 15 to 45 for unrelated sounds.
fn of_all_pairs(found: &Compared) -> f64 {
    let any = found.offsets.mean();
    if any > 0.0 { (100.0 * (1.0 - found.path.mean_cost() / any)).clamp(0.0, 100.0) } else { 0.0 }
}

/// The reference program's figure: it takes the cost of the first pair for that of the whole path.
fn of_first_pair(found: &Alignment) -> f64 {
    (100.0 - 0.5 * found.first_cost / found.path.len().max(1) as f64).clamp(0.0, 100.0)
}
