//! Shifts every subtitle by the measured delay, then by a constant.

use vsg_plugin_api::prelude::*;

params! {
    /// How far subtitles are moved.
    pub struct Nudge {
        /// Extra shift, added to the measured delay (ms).
        #[schemars(range(min = -60000.0, max = 60000.0))]
        extra_ms: f64 = 0.0,
    }
}

impl SyncMode for Nudge {
    const ID: &'static str = "nudge";
    const SUMMARY: &'static str = "Moves subtitles by their delay and a constant.";

    fn sync(&self, subtitles: &mut Subtitles, timing: &Timing, _ctx: &Ctx<'_>) -> Result<()> {
        subtitles.shift_ms(timing.delay_raw_ms() + self.extra_ms);
        Ok(())
    }
}

export!(Nudge);

#[cfg(test)]
mod tests {
    // Among the promises: subtitles with known times land where they belong, and nothing but times is changed.
    #[test]
    fn all_stages_keep_their_promises() {
        vsg_plugin_api::assert_conforms!();
    }
}
