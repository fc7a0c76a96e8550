//! The levels of windows that overlap: each frame is analysed once, however many windows it is in.

use std::ops::Range;
use vsg_dsp::features::{self, Frames, FramesView, MelScratch, MelSpectrum};
use vsg_dsp::{DspError, Precision, Side};
use vsg_plugin_api::prelude::*;

/// The levels of both sounds of a train.
pub(crate) struct TrainLevels<'a, T: Precision> {
    train: &'a WindowTrain<'a>,
    mel: &'a MelSpectrum<T>,
    /// Those of the reference.
    pub(crate) reference: Frames<T>,
    /// Those of the target, from `reach` frames before the first of the reference to as many after the last.
    pub(crate) target: Frames<T>,
    reach: usize,
}

impl<'a, T: Precision> TrainLevels<'a, T> {
    /// Analyses a train, and up to `reach` frames of the target on either side, as far as its margins go.
    ///
    /// # Errors
    /// A sample that is no number, scratch of another analysis.
    pub(crate) fn new(
        mel: &'a MelSpectrum<T>,
        train: &'a WindowTrain<'a>,
        reach: usize,
        scratch: &mut MelScratch<T>,
    ) -> Result<Self, DspError> {
        let hop = mel.framing().hop;
        let reach = reach.min(train.margin / hop);
        let outside = train.margin - reach * hop;
        let target = &train.target[outside..train.target.len() - outside];
        Ok(Self {
            train,
            mel,
            reference: features::levels(mel.run(train.reference, Side::Reference, scratch)?),
            target: features::levels(mel.run(target, Side::Target, scratch)?),
            reach,
        })
    }

    /// Frames of the target on either side.
    pub(crate) fn reach(&self) -> usize {
        self.reach
    }

    /// The reference's frames of each window.
    pub(crate) fn frames(&self) -> impl Iterator<Item = Range<usize>> {
        let last = self.reference.view().count().min(self.target.view().count() - 2 * self.reach);
        (0..self.train.count).map(move |index| {
            let frames = self.mel.framing().of_window(index * self.train.hop, self.train.len);
            // Of the last window, rounding may reach past the end.
            let past = frames.end.saturating_sub(last);
            frames.start - past.min(frames.start)..frames.end - past
        })
    }

    /// The levels of each pair of windows.
    pub(crate) fn windows(&self) -> impl Iterator<Item = (FramesView<'_, T>, FramesView<'_, T>)> {
        self.frames().map(|frames| {
            let of_target = frames.start + self.reach..frames.end + self.reach;
            (self.reference.view().range(frames), self.target.view().range(of_target))
        })
    }
}
