//! A sync mode of our own: the measured delay, a constant, and no event shorter than it takes to read.

use vsg_plugin_api::prelude::*;

params! {
    /// Settings of `acme-nudge/nudge`.
    pub struct Nudge {
        /// Extra shift, added to the measured delay (ms).
        #[schemars(range(min = -60000.0, max = 60000.0))]
        extra_ms: f64 = 0.0,
        /// Shortest time that an event is shown (ms); 0 leaves all as they are.
        #[schemars(range(min = 0, max = 10000))]
        shortest_ms: i64 = 0,
    }
}

impl SyncMode for Nudge {
    const ID: &'static str = "nudge";
    const SUMMARY: &'static str = "Moves subtitles by the measured delay and by a constant.";

    fn sync(&self, subtitles: &mut Subtitles, timing: &Timing, ctx: &Ctx<'_>) -> Result<()> {
        let moved_ms = subtitles.shift_ms(timing.delay_raw_ms() + self.extra_ms);
        ctx.log(format!("moved {} events by {moved_ms} ms", subtitles.len()));
        subtitles.retime(|_, start_ms, end_ms| (start_ms, end_ms.max(start_ms + self.shortest_ms)));
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
