//! Generalised cross-correlation of many windows that overlap, which share their spectra.
//!
//! Windows are cut into blocks as long as the step from one window to the next. The cross-spectrum of a window is the sum of those
//! of its blocks (Welch, "The use of fast Fourier transform for the estimation of power spectra", 1967), so each block is
//! transformed once, however many windows it is in. A block of the target reaches over its ends by the largest lag that is
//! looked for, so the sum is the same as if the whole window were transformed at once, with hard edges.
//!
//! Of one pair of windows, the phase transform, SCOT and whitening all leave the phases of the cross-spectrum and nothing else, so one sum
//! serves them all.

use std::ops::Range;
use std::sync::Arc;

use num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

use crate::coarse_peak::CoarseSearch;
use crate::decimate::Decimator;
use crate::error::{DspError, Side};
use crate::filter::Filter;
use crate::options::GccOptions;
use crate::peak::{self, Peak, Scale};
use crate::plans::{Planned, Plans, Shared};
use crate::spectrum;
use crate::taper::Taper;
use crate::weighting::{self, Band, Weighting};

/// How windows follow each other, and how far is looked (samples).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Train {
    /// Length of a window.
    pub len: usize,
    /// From the start of one window to the start of the next.
    pub hop: usize,
    /// Samples of the target before the first window and behind the last one: the largest lag in either direction.
    pub margin: usize,
}

/// A planned correlation of overlapping windows, in 32-bit arithmetic. Shared by all threads, each of which brings a [`TrainScratch`].
pub struct GccTrain {
    train: Train,
    options: GccOptions,
    length: usize,
    bins: Range<usize>,
    transform: Arc<dyn RealToComplex<f32>>,
    decimator: Decimator,
    search: CoarseSearch,
    /// A spectrum of ones: what a cross-spectrum is weighed against.
    ones: Vec<Complex32>,
    /// What filters let through of each bin that counts; none if they need not be applied.
    gains: Vec<f32>,
}

/// Plans by what they depend on.
pub type TrainPlans = Plans<(Train, GccOptions, Vec<Filter>), GccTrain>;

impl TrainPlans {
    /// The plan for windows that follow each other, to which [`GccTrain::behind`] applies these filters; none if they cannot share spectra.
    ///
    /// # Errors
    /// As [`GccTrain::new`].
    pub fn shared(
        &self,
        train: Train,
        options: GccOptions,
        filters: &[Filter],
    ) -> Result<Option<Arc<Shared<GccTrain>>>, DspError> {
        if !GccTrain::can_share(train, &options)? {
            return Ok(None);
        }
        let kind = (train, options, filters.to_vec());
        self.get(kind, || Ok(GccTrain::new(train, options)?.behind(filters))).map(Some)
    }
}

/// Energies of a block, in values of the low rate.
#[derive(Debug, Clone, Copy, Default)]
struct Energies {
    /// Of the reference within the band.
    reference: f64,
    /// Of the target and its margins within the band, and at all frequencies.
    target: (f64, f64),
}

/// The buffers that one thread correlates in.
pub struct TrainScratch {
    reference: Vec<f32>,
    target: Vec<f32>,
    time: Vec<f32>,
    spectra: [Vec<Complex32>; 2],
    sum: Vec<Complex32>,
    /// Cross-spectra of the last blocks, as many as a window has.
    blocks: Vec<Vec<Complex32>>,
    /// Energies of those blocks.
    energies: Vec<Energies>,
    transform: Vec<Complex32>,
}

impl GccTrain {
    /// Whether windows can share spectra: they are a whole number of steps long, are not faded as a whole, and the band leaves a lower rate.
    /// A fade of their edges alone is left out.
    ///
    /// # Errors
    /// An empty window.
    pub fn can_share(train: Train, options: &GccOptions) -> Result<bool, DspError> {
        let Train { len, hop, margin } = train;
        if len == 0 || hop == 0 {
            return Err(DspError::EmptyWindow { reference: len, target: len });
        }
        let Some(decimator) = Self::decimator(options).filter(|_| options.taper != Taper::Hann) else {
            return Ok(false);
        };
        let is_whole = |samples: usize| samples.is_multiple_of(decimator.factor());
        Ok(len.is_multiple_of(hop) && is_whole(hop) && is_whole(margin) && margin >= 4 * decimator.factor())
    }

    fn decimator(options: &GccOptions) -> Option<Decimator> {
        match options.band {
            Band::Pass { high_hz, .. } => Decimator::for_band(options.rate_hz, high_hz),
            Band::Whole => None,
        }
    }

    /// Plans the correlation of windows that follow each other.
    ///
    /// # Errors
    /// Windows that can not share spectra, an impossible sample rate, a pass band that is out of order or holds no bin.
    pub fn new(train: Train, options: GccOptions) -> Result<Self, DspError> {
        let Train { len, hop, margin } = train;
        let decimator = Self::decimator(&options).filter(|_| matches!(Self::can_share(train, &options), Ok(true)));
        let decimator = decimator.ok_or(DspError::Unshared { len, hop, margin })?;
        let factor = decimator.factor();
        let length = options.fft_length.at_least((hop + 2 * margin) / factor);
        let bins = options.band.bins(length, options.rate_hz / factor as f64)?;
        let exclusion = options.weighting.exclusion(weighting::share(&bins, length), factor, options.rate_hz);
        let limit = (margin - 2 * factor) as i64;
        Ok(Self {
            train,
            options,
            length,
            bins,
            transform: RealFftPlanner::new().plan_fft_forward(length),
            search: CoarseSearch::new(factor, -limit..=limit, exclusion, options.peak, options.weighting.score()),
            decimator,
            ones: vec![Complex32::new(1.0, 0.0); length / 2 + 1],
            gains: Vec::new(),
        })
    }

    /// The same of sounds as these filters leave them, without filtering: see [`crate::Gcc::behind`].
    #[must_use]
    pub fn behind(mut self, filters: &[Filter]) -> Self {
        self.gains = self.options.weighting.gains(filters, &self.bins, self.length * self.decimator.factor());
        self
    }

    /// The delays of `count` windows. `reference` has `(count - 1) * hop + len` samples, `target` as many and `margin` more at either end.
    /// `None` of a window with a sample that is no number, or of silence.
    ///
    /// # Errors
    /// Sounds of other lengths, the scratch of another train.
    pub fn correlate(
        &self,
        reference: &[f32],
        target: &[f32],
        count: usize,
        scratch: &mut TrainScratch,
    ) -> Result<Vec<Option<Peak>>, DspError> {
        let Train { len, hop, margin } = self.train;
        if scratch.time.len() != self.length {
            return Err(DspError::ForeignScratch { planned: self.length, got: scratch.time.len() });
        }
        if count == 0 {
            return Ok(Vec::new());
        }
        let planned = (count - 1) * hop + len;
        for (side, sound, planned) in
            [(Side::Reference, reference, planned), (Side::Target, target, planned + 2 * margin)]
        {
            if sound.len() != planned {
                return Err(DspError::WindowLength { side, planned, got: sound.len() });
            }
        }
        let factor = self.decimator.factor();
        let (hop_low, margin_low) = (hop / factor, margin / factor);
        scratch.reference.resize(planned / factor, 0.0);
        scratch.target.resize((planned + 2 * margin) / factor, 0.0);
        self.decimator.run(reference, &[], &mut scratch.reference);
        self.decimator.run(target, &[], &mut scratch.target);

        let per_window = len / hop;
        let bins = self.length / 2 + 1;
        scratch.blocks.resize(per_window, vec![Complex32::default(); bins]);
        scratch.energies.resize(per_window, Energies::default());
        let mut peaks = Vec::with_capacity(count);
        for block in 0..count - 1 + per_window {
            let start = block * hop_low;
            self.block(start..start + hop_low, start..start + hop_low + 2 * margin_low, block % per_window, scratch)?;
            if block + 1 >= per_window {
                let first = (block + 1 - per_window) * hop_low;
                peaks.push(self.window(first, scratch)?);
            }
        }
        Ok(peaks)
    }

    /// Leaves the cross-spectrum of a block in its slot.
    fn block(
        &self,
        reference: Range<usize>,
        target: Range<usize>,
        slot: usize,
        scratch: &mut TrainScratch,
    ) -> Result<(), DspError> {
        let TrainScratch {
            reference: low_reference,
            target: low_target,
            time,
            spectra,
            blocks,
            energies,
            transform,
            ..
        } = scratch;
        let of_target = target.clone();
        for (samples, spectrum) in [&low_reference[reference], &low_target[target]].into_iter().zip(spectra.iter_mut())
        {
            time[..samples.len()].copy_from_slice(samples);
            time[samples.len()..].fill(0.0);
            let done = self.transform.process_with_scratch(time, spectrum, transform);
            done.map_err(DspError::of_transform(self.length))?;
        }
        let inside = self.bins.clone();
        for spectrum in spectra.iter_mut() {
            spectrum::amplify(&mut spectrum[inside.clone()], &self.gains);
        }
        let [reference, target] = spectra;
        if self.options.weighting == Weighting::Plain {
            let energy = |spectrum: &[Complex32]| {
                let sum: f64 = spectrum[inside.clone()].iter().map(|bin| f64::from(bin.norm_sqr())).sum();
                2.0 * sum / self.length as f64
            };
            energies[slot] = Energies {
                reference: energy(reference),
                target: (energy(target), peak::energy(&low_target[of_target])),
            };
        }
        let products = reference[inside.clone()].iter().zip(&target[inside.clone()]);
        for (to, (r, t)) in blocks[slot][inside].iter_mut().zip(products) {
            *to = r * t.conj();
        }
        Ok(())
    }

    /// The peak of the window that the blocks make up, which starts at the low rate's sample `first` of the reference.
    fn window(&self, first: usize, scratch: &mut TrainScratch) -> Result<Option<Peak>, DspError> {
        let TrainScratch { target, time, spectra, sum, blocks, energies, transform, .. } = scratch;
        let factor = self.decimator.factor();
        let (len_low, margin_low) = (self.train.len / factor, self.train.margin / factor);
        sum.fill(Complex32::default());
        for block in blocks.iter() {
            let inside = self.bins.clone();
            for (sum, product) in sum[inside.clone()].iter_mut().zip(&block[inside]) {
                *sum += product;
            }
        }
        let (weighting, full) = match self.options.weighting {
            Weighting::Plain => {
                let sum = |of: fn(&Energies) -> f64| energies.iter().map(of).sum::<f64>();
                let (within, all) = (sum(|block| block.target.0), sum(|block| block.target.1));
                // The target without the margins, as far as it lies in the band.
                let heard = peak::energy(&target[first + margin_low..][..len_low]);
                let target = if all > 0.0 { heard * within / all } else { 0.0 };
                (Weighting::Plain, (sum(|block| block.reference) * target).sqrt())
            }
            Weighting::Phat | Weighting::Scot | Weighting::Whiten => {
                (Weighting::Phat, weighting::share(&self.bins, self.length))
            }
        };
        let cross = spectrum::weigh(sum, &self.ones, weighting, &self.bins, self.length);
        if !(cross.spread_bins > 0.0 && cross.spread_bins.is_finite()) {
            return Ok(None);
        }
        spectrum::fold(sum, time);
        let [folded, _] = spectra;
        let done = self.transform.process_with_scratch(time, folded, transform);
        done.map_err(DspError::of_transform(self.length))?;
        spectrum::fold(folded, time);
        // The target's blocks begin one margin early.
        time.rotate_right(margin_low);
        let scale = Scale { full, bandwidth: cross.bandwidth };
        Ok(Some(Peak { spread_bins: cross.spread_bins, ..self.search.run(time, scale) }))
    }
}

impl Planned for GccTrain {
    type Scratch = TrainScratch;

    fn scratch(&self) -> TrainScratch {
        let spectrum = || self.transform.make_output_vec();
        TrainScratch {
            reference: Vec::new(),
            target: Vec::new(),
            time: self.transform.make_input_vec(),
            spectra: [spectrum(), spectrum()],
            sum: spectrum(),
            blocks: Vec::new(),
            energies: Vec::new(),
            transform: self.transform.make_scratch_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::noise;
    use crate::{FftLength, Gcc, sub_sample};
    use proptest::prelude::*;

    const RATE_HZ: f64 = 48_000.0;
    const TRAIN: Train = Train { len: 48_000, hop: 9600, margin: 4800 };

    fn options() -> GccOptions {
        GccOptions { taper: Taper::None, fft_length: FftLength::Smooth, ..GccOptions::robust(RATE_HZ, 300.0, 3400.0) }
    }

    fn early(source: &[f32], from: usize, len: usize, delay: f64) -> Vec<f32> {
        let whole = delay.floor();
        let at = |i: usize| (from as f64 + i as f64 + whole) as usize;
        (0..len).map(|i| sub_sample::interpolate(source, at(i), delay - whole) as f32).collect()
    }

    fn peaks(reference: &[f32], target: &[f32], count: usize) -> Vec<Peak> {
        weighted(Weighting::Phat, reference, target, count).into_iter().map(Option::unwrap).collect()
    }

    fn weighted(weighting: Weighting, reference: &[f32], target: &[f32], count: usize) -> Vec<Option<Peak>> {
        let train = GccTrain::new(TRAIN, GccOptions { weighting, ..options() }).unwrap();
        train.correlate(reference, target, count, &mut train.scratch()).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn windows_have_the_delays_that_they_have_by_themselves(delay in -4000.0f64..4000.0, seed in 0u64..100) {
            let count = 4;
            let planned = (count - 1) * TRAIN.hop + TRAIN.len;
            let source = noise(planned + 40_000, seed);
            let reference = &source[20_000..20_000 + planned];
            let target = early(&source, 20_000 - TRAIN.margin, planned + 2 * TRAIN.margin, delay);
            let together = peaks(reference, &target, count);
            prop_assert_eq!(together.len(), count);
            let alone = Gcc::<f32>::new(TRAIN.len, TRAIN.len, options()).unwrap();
            for (index, peak) in together.iter().enumerate() {
                prop_assert!((peak.lag_samples - delay).abs() < peak.error_samples.min(0.2) && peak.peak_ratio > 3.0, "{index}: {peak:?}");
                let start = index * TRAIN.hop;
                let target = &target[TRAIN.margin + start..][..TRAIN.len];
                let one = alone.correlate(&reference[start..start + TRAIN.len], target, &mut alone.scratch()).unwrap();
                prop_assert!((peak.lag_samples - one.lag_samples).abs() < peak.error_samples.min(0.2), "{peak:?} {one:?}");
            }
        }
    }

    #[test]
    fn every_weight_finds_the_delay_and_levels_count_as_in_windows_by_themselves() {
        let (count, planned) = (3, 2 * TRAIN.hop + TRAIN.len);
        // As a filter leaves it, so that there are no levels outside of the band.
        let filtered = |seed| -> Vec<f32> {
            let noise = noise(planned + 2 * TRAIN.margin + 200, seed);
            noise.windows(60).map(|some| some[..30].iter().sum::<f32>() - some[30..].iter().sum::<f32>()).collect()
        };
        let (music, voice) = (filtered(11), filtered(12));
        let mixed: Vec<f32> = music.iter().zip(&voice).map(|(music, voice)| 0.8 * music - 0.6 * voice).collect();
        let (reference, target) = (&music[TRAIN.margin..][..planned], &mixed[37..][..planned + 2 * TRAIN.margin]);
        let phat = weighted(Weighting::Phat, reference, target, count);
        for weighting in [Weighting::Scot, Weighting::Whiten] {
            for (peak, phat) in weighted(weighting, reference, target, count).iter().zip(&phat) {
                let (peak, phat) = (peak.unwrap(), phat.unwrap());
                assert!(peak.lag_samples == phat.lag_samples && (peak.lag_samples - 37.0).abs() < 0.2, "{peak:?}");
            }
        }
        let options = GccOptions { weighting: Weighting::Plain, ..options() };
        let alone = Gcc::<f32>::new(TRAIN.len, TRAIN.len, options).unwrap();
        for (index, peak) in
            weighted(Weighting::Plain, reference, target, count).into_iter().map(Option::unwrap).enumerate()
        {
            let start = index * TRAIN.hop;
            let target = &target[TRAIN.margin + start..][..TRAIN.len];
            let one = alone.correlate(&reference[start..start + TRAIN.len], target, &mut alone.scratch()).unwrap();
            assert!((peak.lag_samples - one.lag_samples).abs() < 0.1, "{peak:?} {one:?}");
            assert!(
                (peak.match_pct - one.match_pct).abs() < 3.0 && (peak.match_pct - 80.0).abs() < 5.0,
                "{peak:?} {one:?}"
            );
        }
    }

    #[test]
    fn unrelated_windows_do_not_stand_out() {
        let (count, planned) = (6, 5 * TRAIN.hop + TRAIN.len);
        for peak in peaks(&noise(planned, 1), &noise(planned + 2 * TRAIN.margin, 2), count) {
            assert!(peak.peak_ratio < crate::peak::RELATED_PEAK_RATIO, "{peak:?}");
        }
    }

    #[test]
    fn silence_and_damage_have_no_peak_and_stay_where_they_are() {
        let (count, planned) = (8, 7 * TRAIN.hop + TRAIN.len);
        let source = noise(planned + 2 * TRAIN.margin, 3);
        let mut reference = source[TRAIN.margin..][..planned].to_vec();
        reference[100] = f32::NAN;
        for weighting in [Weighting::Phat, Weighting::Plain] {
            // Finite samples may have a spectrum that is not.
            for damage in [f32::NAN, f32::INFINITY, f32::MAX] {
                reference[100] = damage;
                let found = weighted(weighting, &reference, &source, count);
                let is_right = |peak: &Option<Peak>| {
                    peak.is_some_and(|peak| peak.peak_ratio > 3.0 && peak.lag_samples.abs() < peak.error_samples)
                };
                assert!(found[0].is_none() && found[1..].iter().all(is_right), "{weighting:?}, {damage}: {found:?}");
            }
            assert_eq!(weighted(weighting, &vec![0.0; planned], &source, count), vec![None; count]);
        }
    }

    #[test]
    fn windows_that_can_not_share_are_told() {
        let none =
            |train, options| !GccTrain::can_share(train, &options).unwrap() && GccTrain::new(train, options).is_err();
        assert!(none(Train { hop: 9601, ..TRAIN }, options()));
        assert!(none(Train { len: 50_000, ..TRAIN }, options()));
        assert!(none(Train { margin: 0, ..TRAIN }, options()));
        assert!(none(TRAIN, GccOptions { band: Band::Whole, ..options() }));
        assert!(GccTrain::new(Train { len: 0, ..TRAIN }, options()).is_err());
        let train = GccTrain::new(TRAIN, options()).unwrap();
        assert!(train.correlate(&[0.0; 10], &[0.0; 10], 1, &mut train.scratch()).is_err());
        assert!(train.correlate(&[], &[], 0, &mut train.scratch()).unwrap().is_empty());
        assert!(none(TRAIN, GccOptions { taper: Taper::Hann, ..options() }));
        let wider = GccTrain::new(Train { margin: 9600, ..TRAIN }, options()).unwrap();
        let foreign = train.correlate(&[], &[], 0, &mut wider.scratch());
        assert!(matches!(foreign, Err(DspError::ForeignScratch { .. })));
    }
}
