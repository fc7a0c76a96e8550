//! `correlation-features/dtw`: which frame of one window sounds like which frame of the other, by dynamic time warping.

use crate::form::Form;
use crate::train::TrainLevels;
use std::sync::Arc;
use vsg_dsp::features::{
    self, Cepstrum, Diagonals, DistanceBand, Frames, Framing, MelScratch, MelSpectrum, WarpingPath, WarpingScratch,
    frames::FRAME_MS,
};
use vsg_dsp::peak::RELATED_PEAK_RATIO;
use vsg_dsp::{DspError, Filter, Planned, Plans, Precision, Shared, Side, unless_damaged};
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
        robust: PlansOf<f32> = Plans::default(),
        #[serde(skip)]
        reference: PlansOf<f64> = Plans::default(),
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

/// Of the frames of a train, every which one is compared with any other for how much they differ.
const STEP: usize = 8;

/// Plans by the rate of windows and the filters that are left to them. The form of the reference program takes double precision.
type PlansOf<T> = Plans<(f64, Vec<Filter>), Plan<T>>;

/// The analysis of windows of one kind.
pub(crate) struct Plan<T: Precision> {
    mel: MelSpectrum<T>,
    cepstrum: Cepstrum<T>,
}

impl<T: Precision> Planned for Plan<T> {
    type Scratch = (MelScratch<T>, WarpingScratch<T>);

    fn scratch(&self) -> Self::Scratch {
        (self.mel.scratch(), WarpingScratch::default())
    }
}

impl<T: Precision> Plan<T> {
    /// The plan for windows of this kind, unless it is there.
    fn known(known: &PlansOf<T>, windows: &WindowPair<'_>) -> Result<Arc<Shared<Self>>, DspError> {
        let (rate_hz, filters) = (windows.sample_rate_hz, windows.filters_left_out);
        known.get((rate_hz, filters.to_vec()), || {
            Ok(Self {
                mel: MelSpectrum::new(Framing::at(rate_hz)?, features::FINE_BANDS).behind(filters),
                cepstrum: Cepstrum::new(features::FINE_BANDS, features::COEFFICIENTS),
            })
        })
    }

    /// The cepstra of both windows of a pair.
    fn cepstra(&self, windows: &WindowPair<'_>, mel: &mut MelScratch<T>) -> Result<[Frames<T>; 2], DspError> {
        let reference = features::levels(self.mel.run(windows.reference, Side::Reference, mel)?);
        let target = features::levels(self.mel.run(windows.target, Side::Target, mel)?);
        Ok([reference, target].map(|levels| features::cepstra(levels.view(), &self.cepstrum)))
    }

    fn compared(&self, offsets: Diagonals, path: WarpingPath, skipped: i64) -> Compared {
        Compared { offsets, path, skipped, frame_ms: self.mel.framing().frame_ms() }
    }
}

/// What two windows have in common.
struct Compared {
    /// How alike they are at each offset.
    offsets: Diagonals,
    path: WarpingPath,
    /// Frames of the reference that were skipped before the first one of the path, less those of the target.
    skipped: i64,
    frame_ms: f64,
}

/// Takes what is the same in all frames off cepstra, and the loudness.
fn level<T: Precision>(cepstra: &mut Frames<T>) {
    cepstra.centre_columns();
    let width = cepstra.view().width().max(1);
    cepstra.values_mut().iter_mut().step_by(width).for_each(|loudness| *loudness = T::zero());
}

impl Dtw {
    /// The reference program takes the target's frame less the reference's.
    fn sign(&self) -> f64 {
        if self.form == Form::Reference { -1.0 } else { 1.0 }
    }

    /// `None` of damaged windows.
    fn compare(&self, windows: &WindowPair<'_>) -> Result<Option<Compared>> {
        let compared = match self.form {
            Form::Robust => compared(&self.robust, windows),
            Form::Reference => compared_whole(&self.reference, windows),
        };
        Ok(unless_damaged(compared)?)
    }

    fn peak(&self, found: &Compared) -> Peak {
        if self.form == Form::Robust && found.offsets.mean() < self.min_variety {
            return Peak::none();
        }
        let (offset, match_pct) = match self.form {
            Form::Robust => (found.skipped as f64 + found.path.common_offset(), of_all_pairs(found)),
            Form::Reference => (found.path.median_offset(), of_first_pair(&found.path)),
        };
        let ms = |offset: f64| self.sign() * offset * found.frame_ms;
        Peak {
            delay_ms: ms(offset),
            match_pct,
            peak_ratio: Some(RELATED_PEAK_RATIO * found.offsets.peak_ratio(offset, EXCLUSION, MARGIN)),
            runner_up_ms: Some(ms(found.offsets.runner_up(offset, EXCLUSION) as f64)),
            error_ms: Some(0.5 * found.frame_ms),
            on_edge: self.form == Form::Robust && found.offsets.is_on_edge(),
        }
    }
}

/// Aligns what two windows share where they are most alike: a path that has to begin and end with both windows goes astray when much of them
/// is not shared.
fn compared(known: &PlansOf<f32>, windows: &WindowPair<'_>) -> Result<Compared, DspError> {
    Plan::known(known, windows)?.with(|plan, (mel, scratch)| {
        let [reference, target] = plan.cepstra(windows, mel)?.map(|cepstra| {
            let mut inner = cepstra.view().without_ends(EDGE_FRAMES).to_frames();
            level(&mut inner);
            inner
        });
        let (reference, target) = (reference.view(), target.view());
        let offsets = Diagonals::of(reference, target);
        let skipped = offsets.most_alike();
        let (of_reference, of_target) = (skipped.max(0) as usize, (-skipped).max(0) as usize);
        let shared = (reference.count() - of_reference).min(target.count() - of_target);
        let reference = reference.range(of_reference..of_reference + shared);
        let path = WarpingPath::of(reference, target.range(of_target..of_target + shared), scratch);
        Ok(plan.compared(offsets, path, skipped))
    })
}

/// Aligns all of both windows, as the reference program does.
fn compared_whole(known: &PlansOf<f64>, windows: &WindowPair<'_>) -> Result<Compared, DspError> {
    Plan::known(known, windows)?.with(|plan, (mel, scratch)| {
        let [reference, target] = plan.cepstra(windows, mel)?;
        let offsets = Diagonals::of(reference.view(), target.view());
        let path = WarpingPath::of(reference.view(), target.view(), scratch);
        Ok(plan.compared(offsets, path, 0))
    })
}

/// Aligns windows that overlap where they are most alike, within the margins of their train: how far any two frames are apart is found once.
fn compared_train(known: &PlansOf<f32>, train: &WindowTrain<'_>) -> Result<Vec<Compared>, DspError> {
    Plan::known(known, &train.pair(0))?.with(|plan, (mel, scratch)| {
        let levels = TrainLevels::new(&plan.mel, train, usize::MAX, mel)?;
        let cepstra = |levels: &Frames<f32>| {
            let mut all = features::cepstra(levels.view(), &plan.cepstrum);
            level(&mut all);
            all
        };
        let (reference, target) = (cepstra(&levels.reference), cepstra(&levels.target));
        let reach = levels.reach();
        let band = DistanceBand::of(reference.view(), target.view(), reach);
        let window = |frames: std::ops::Range<usize>| {
            let frames = frames.start + EDGE_FRAMES..frames.end - EDGE_FRAMES.min(frames.len());
            let of_target = target.view().range(frames.start + reach..frames.end + reach);
            let mean = features::mean_distance(reference.view().range(frames.clone()), of_target, STEP);
            let offsets = Diagonals::in_band(&band, frames.clone(), mean);
            let path = WarpingPath::in_band(&band, frames, offsets.most_alike(), scratch);
            plan.compared(offsets, path, 0)
        };
        Ok(levels.frames().map(window).collect())
    })
}

impl CorrelationMethod for Dtw {
    const ID: &'static str = "dtw";
    const SUMMARY: &'static str = "Delay from which frames sound alike (dynamic time warping of the mel cepstrum).";
    const RESOLUTION_MS: Option<f64> = Some(FRAME_MS);

    fn wants_unfiltered(&self) -> bool {
        self.form.wants_unfiltered()
    }

    fn correlate(&self, windows: &WindowPair<'_>) -> Result<Peak> {
        Ok(self.compare(windows)?.map_or_else(Peak::none, |found| self.peak(&found)))
    }

    fn correlate_train(&self, train: &WindowTrain<'_>) -> Result<Vec<Peak>> {
        // Both places that are told apart have to lie within the margins.
        let is_wide = train.margin as f64 / train.sample_rate_hz >= 1.5 * EXCLUSION as f64 * FRAME_MS / 1000.0;
        let together = match self.form {
            Form::Robust if is_wide => unless_damaged(compared_train(&self.robust, train))?,
            Form::Robust | Form::Reference => None,
        };
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
            found.offsets.curve().iter().map(|&(offset, height)| (ms(offset), height)).collect();
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
fn of_first_pair(found: &WarpingPath) -> f64 {
    (100.0 - 0.5 * found.first_cost / found.path.len().max(1) as f64).clamp(0.0, 100.0)
}
