//! `delays/plan`: the delays of the whole job.

use crate::chain;
use vsg_plugin_api::{prelude::*, report::Entry};

/// No release of the same video is shifted by more than this (ms).
const LARGEST_MS: i64 = 3_600_000;

choice! {
    /// What happens to delays below 0.
    pub enum SyncMode {
        /// Everything is shifted by the same amount until no audio has a negative delay.
        PositiveOnly,
        /// They stay; what would start before 0 is cut.
        AllowNegative,
    }
}

params! {
    /// How the delays of all sources become the delays of the job.
    pub struct Plan {
        /// What happens to delays below 0.
        sync_mode: SyncMode = SyncMode::PositiveOnly,
        /// Whether a reference whose audio starts before its video is shifted even if no other source has audio. Needed
        /// only if tracks are extracted before they are muxed.
        always_shift_containers: bool = false,
    }
}

impl Stage for Plan {
    const ID: &'static str = "plan";

    fn signature() -> Signature {
        Signature::new("Adds container delays and the global shift to the delays of all targets.")
            .phase("Analysis")
            .input_many::<Media>("media", "all sources, the reference first")
            .input_many::<Delay>("delay", "the selected delays of the targets")
            .input::<Layout>("layout", "the tracks of the output")
            .output::<Delays>("delays", "the delays of the job")
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let media: Vec<Media> = inputs.many("media")?;
        let targets: Vec<Delay> = inputs.many("delay")?;
        let layout: Layout = inputs.one("layout")?;
        let reference = media.first().ok_or_else(|| Error::new("there is no Source 1"))?;
        let allow_negative = self.sync_mode == SyncMode::AllowNegative;
        let mode = if allow_negative { "ALLOW_NEGATIVE" } else { "POSITIVE_ONLY" };
        ctx.log(format!("=== TIMING SYNC MODE: {mode} ==="));

        let (delays, log) = chain::chain(&chain::Job {
            reference,
            delays: &targets,
            layout: &layout,
            allow_negative,
            always_shift_containers: self.always_shift_containers,
        });
        log.iter().for_each(|line| ctx.log(line));
        let shift_ms = delays.global_shift_ms;
        ctx.log(format!("\n[Delay] === FINAL DELAYS (Sync Mode: {mode}, Global Shift: +{shift_ms}ms) ==="));
        for (source, ms) in &delays.source_delays_ms {
            ctx.log(format!("  - {source}: {ms:+}ms"));
            if ms.abs() > LARGEST_MS {
                return Err(Error::new(format!(
                    "Unreasonable delay for {source}: {ms}ms. This likely indicates an analysis error."
                )));
            }
        }
        if allow_negative {
            ctx.log("\n[INFO] Negative delays retained (allow_negative mode). Secondary sources may have negative delays.");
        } else if shift_ms > 0 {
            ctx.log(format!("\n[INFO] All delays shifted by +{shift_ms}ms to eliminate negatives."));
        }
        ctx.report(&Entry::facts(&["delays"], &delays)?)?;
        Outputs::new().with("delays", delays)
    }
}
