//! The levels of windows that overlap: each frame is analysed once, however many windows it is in.

use vsg_dsp::features::{self, Frames, MelScratch, MelSpectrum};
use vsg_dsp::{DspError, Side};
use vsg_plugin_api::prelude::*;

/// The levels of both sounds of a train.
pub(crate) struct TrainLevels<'a> {
    train: &'a WindowTrain<'a>,
    mel: &'a MelSpectrum,
    reference: Frames,
    target: Frames,
}

impl<'a> TrainLevels<'a> {
    /// Analyses a train.
    ///
    /// # Errors
    /// A sample that is no number, scratch of another analysis.
    pub(crate) fn new(
        mel: &'a MelSpectrum,
        train: &'a WindowTrain<'a>,
        scratch: &mut MelScratch,
    ) -> Result<Self, DspError> {
        let target = &train.target[train.margin..train.target.len() - train.margin];
        Ok(Self {
            train,
            mel,
            reference: features::levels(mel.run(train.reference, Side::Reference, scratch)?),
            target: features::levels(mel.run(target, Side::Target, scratch)?),
        })
    }

    /// The levels of each pair of windows.
    pub(crate) fn windows(&self) -> impl Iterator<Item = (Frames, Frames)> {
        (0..self.train.count).map(|index| {
            let frames = self.mel.framing().of_window(index * self.train.hop, self.train.len);
            // Of the last window, rounding may reach past the end.
            let past = frames.end.saturating_sub(self.reference.count().min(self.target.count()));
            let frames = frames.start - past.min(frames.start)..frames.end - past;
            (self.reference.slice(frames.clone()), self.target.slice(frames))
        })
    }
}
