//! `audio-filter/band-pass`: keeps the band where dialogue is.

use vsg_dsp::band_pass;
use vsg_plugin_api::prelude::*;

params! {
    /// Butterworth band-pass; the defaults are the band of speech.
    pub struct BandPass {
        /// Lower edge, 3 dB down (Hz).
        #[schemars(range(min = 1.0, max = 96000.0))]
        low_hz: f64 = 300.0,
        /// Upper edge, 3 dB down (Hz).
        #[schemars(range(min = 1.0, max = 96000.0))]
        high_hz: f64 = 3400.0,
        /// Order of the prototype; the band has half the slope of twice this order on either side.
        #[schemars(range(min = 1, max = 10))]
        order: usize = 5,
    }
}

impl Stage for BandPass {
    const ID: &'static str = "band-pass";

    fn signature() -> Signature {
        Signature::new("Keeps a band of frequencies; costs nothing until samples are read.")
            .phase("Analysis")
            .input::<Audio>("audio", "any audio")
            .output::<Audio>("audio", "the same audio behind the filter")
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let audio: Audio = inputs.one("audio")?;
        let rate_hz = f64::from(audio.header.sample_rate_hz);
        let filter = band_pass::design(self.low_hz, self.high_hz, self.order, rate_hz)?;
        ctx.log("Applying Dialogue Band-Pass filter...");
        let description = format!("band-pass {}–{} Hz, order {}", self.low_hz, self.high_hz, self.order);
        let pass_band_hz = (self.low_hz, self.high_hz);
        Outputs::new().with("audio", audio.filtered(AudioFilter { description, pass_band_hz, filter }))
    }
}
