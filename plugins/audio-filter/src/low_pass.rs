//! `audio-filter/low-pass`: removes what lies above a frequency.

use vsg_dsp::low_pass;
use vsg_plugin_api::prelude::*;

params! {
    /// Finite impulse response, a windowed sinc.
    pub struct LowPass {
        /// Where the response is 6 dB down (Hz).
        #[schemars(range(min = 1.0, max = 96000.0))]
        cutoff_hz: f64 = 3400.0,
        /// Number of coefficients.
        #[schemars(range(min = 3, max = 4001))]
        taps: usize = 101,
    }
}

impl Stage for LowPass {
    const ID: &'static str = "low-pass";

    fn signature() -> Signature {
        Signature::new("Removes what lies above a frequency; costs nothing until samples are read.")
            .phase("Analysis")
            .input::<Audio>("audio", "any audio")
            .output::<Audio>("audio", "the same audio behind the filter")
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let audio: Audio = inputs.one("audio")?;
        let rate_hz = f64::from(audio.header.sample_rate_hz);
        let filter = low_pass::design(self.cutoff_hz, self.taps, rate_hz)?;
        let cutoff_hz = low_pass::possible_hz(self.cutoff_hz, rate_hz);
        ctx.log(format!("Applying Low-Pass filter at {cutoff_hz} Hz..."));
        let description = format!("low-pass {cutoff_hz} Hz, {} taps", self.taps);
        let pass_band_hz = (0.0, cutoff_hz);
        Outputs::new().with("audio", audio.filtered(AudioFilter { description, pass_band_hz, filter }))
    }
}
