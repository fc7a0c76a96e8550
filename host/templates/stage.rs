//! Adds a constant to measured delays.

use vsg_plugin_api::prelude::*;

params! {
    /// Settings of `{{name}}/nudge`.
    pub struct Nudge {
        /// Added to the measured delay (ms).
        #[schemars(range(min = -60000.0, max = 60000.0))]
        extra_ms: f64 = 0.0,
    }
}

impl Stage for Nudge {
    const ID: &'static str = "nudge";

    fn signature() -> Signature {
        Signature::new("Adds a constant to a measured delay.")
            .input::<Delay>("delay", "the measured delay")
            .output::<Delay>("delay", "the delay with the constant added")
            .example(
                Example::new("40.25 ms more")
                    .with("extra_ms", 40.25)
                    .input("delay", measured(250.0))
                    .output("delay", measured(290.25)),
            )
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let mut delay: Delay = inputs.one("delay")?;
        delay.raw_ms += self.extra_ms;
        delay.rounded_ms = delay.raw_ms.round_ties_even() as i64;
        ctx.log(format!("{}: {:+.3} ms after adding {:+.3} ms", delay.source, delay.raw_ms, self.extra_ms));
        Outputs::new().with("delay", delay)
    }
}

/// A delay for the example.
fn measured(raw_ms: f64) -> Delay {
    Delay {
        source: "Source 2".into(),
        rounded_ms: raw_ms.round_ties_even() as i64,
        raw_ms,
        label: "example".into(),
        accepted: 9,
        measured: 10,
        ..Delay::default()
    }
}

export!(Nudge);

#[cfg(test)]
mod tests {
    // The example in the signature is a test, too.
    #[test]
    fn all_stages_keep_their_promises() {
        vsg_plugin_api::assert_conforms!();
    }
}
