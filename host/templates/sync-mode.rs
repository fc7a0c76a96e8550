//! Shifts all subtitles by the measured delay, then by a constant.

use vsg_plugin_api::prelude::*;

params! {
    /// Settings of `{{name}}/shift`.
    pub struct Shift {
        /// Extra shift, added to the measured delay (ms).
        #[schemars(range(min = -60000.0, max = 60000.0))]
        extra_ms: f64 = 0.0,
    }
}

impl SyncMode for Shift {
    const ID: &'static str = "shift";
    const SUMMARY: &'static str = "Shifts all subtitles by the measured delay and a constant.";

    // The loop over tracks, their files, flags, log and report are done for you. `retime` and `set_times` move single events.
    fn sync(&self, subtitles: &mut Subtitles, timing: &Timing, ctx: &Ctx<'_>) -> Result<()> {
        let moved_ms = subtitles.shift_ms(timing.delay_raw_ms() + self.extra_ms);
        ctx.log(format!("{}, track {}: {moved_ms:+} ms", timing.source(), timing.track_id()));
        Ok(())
    }
}

vsg_plugin_api::export!(Shift);

#[cfg(test)]
mod tests {
    // Among them: subtitles with known times land where they belong, and nothing but times is changed.
    #[test]
    fn all_stages_keep_their_promises() {
        vsg_plugin_api::assert_conforms!();
    }
}
