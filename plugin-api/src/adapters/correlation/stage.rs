//! The stage that a correlation method becomes.

use super::equaliser;
use super::lines::{Lengths, Line, Placed};
use super::measure::Pair;
use super::method::CorrelationMethod;
use super::report::{self, Facts};
use super::scan::{Scan, log_line};
use super::scanner::{Scanned, Scanner};
use crate::{
    Ctx, Error, Inputs, Outputs, Params, Result, Signature, Stage,
    kinds::{Alignment, Audio, Correlation as Measured, Window},
    report::Entry,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Speeds of a target against the reference that windows are read at; releases run at 0.92 to 1.09.
const SPEEDS: std::ops::RangeInclusive<f64> = 0.1..=10.0;
/// The stage that a correlation method becomes.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, bound(deserialize = "M: Params"))]
#[schemars(bound = "M: Params")]
pub struct Correlation<M> {
    #[serde(flatten)]
    scan: Scan,
    #[serde(flatten)]
    method: M,
}

impl<M: CorrelationMethod> Stage for Correlation<M> {
    const ID: &'static str = M::ID;

    fn signature() -> Signature {
        let signature = Signature::new(M::SUMMARY)
            .phase("Analysis")
            .input::<Audio>("reference", "audio of the reference")
            .input::<Audio>("target", "audio of the target")
            .optional_input::<Alignment>("alignment", "where the target lies as a whole; windows are read there")
            .output::<Measured>("correlation", "the delay in each window");
        Signature { resolution_ms: M::RESOLUTION_MS, ..signature }
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let reference: Audio = inputs.one("reference")?;
        let target: Audio = inputs.one("target")?;
        let alignment: Option<Alignment> = inputs.optional("alignment")?;
        let rate = self.check(&reference, &target)?;
        let files =
            Lengths { reference_s: reference.duration_s(), target_s: target.duration_s(), rate_hz: f64::from(rate) };
        ctx.log(format!("\n[Analyzing {}]", target.header.source));
        let pair = Pair::new(&reference, &target, self.method.wants_unfiltered());
        if let Some(Alignment { speed, .. }) = &alignment
            && !SPEEDS.contains(speed)
        {
            return Err(Error::new(format!(
                "the alignment says that {} runs at {speed} times the speed of the reference",
                target.header.source
            )));
        }
        let scan = self.scan.fitted(files.reference_s.min(files.target_s));
        let scanner = Scanner { method: &self.method, scan: &scan, pair: &pair, files: &files, ctx };
        let mut scanned = scanner.scanned(alignment.as_ref())?;
        if scanned.windows.is_empty() {
            let error = self.no_window(&reference, &target, &scanned);
            ctx.report(&report::refused(&target.header.source, error.message())?)?;
            return Err(error);
        }
        let tells_phases = self.scan.correct_equaliser && M::RESOLUTION_MS.is_none();
        let equaliser_ms = if tells_phases { equaliser::take_out(&mut scanned, &pair)? } else { None };
        if let Some(equaliser_ms) = equaliser_ms {
            ctx.log(format!(
                "An equaliser has turned the phases of one side: {equaliser_ms:+.4} ms are taken out of all delays."
            ));
        }
        let Scanned { windows, lines, planned, window_s, .. } = scanned;
        let (places, windows): (Vec<Placed>, Vec<Window>) = windows.into_iter().unzip();
        for window in &windows {
            ctx.log(log_line(window, planned));
        }
        let measured = Measured {
            source: target.header.source.clone(),
            track_id: target.header.track_id,
            reference_track_id: reference.header.track_id,
            method: M::ID.to_owned(),
            start_ms: target.header.start_ms,
            reference_start_ms: reference.header.start_ms,
            reference_duration_s: reference.duration_s(),
            planned,
            min_match_pct: self.scan.min_match_pct,
            window_s,
            stem: target.header.stem.clone(),
            resolution_ms: M::RESOLUTION_MS,
            rate_ms_per_s: lines.first().map_or(0.0, |line| line.rate_ms_per_s),
            max_offset_s: alignment.as_ref().and_then(|alignment| alignment.max_offset_s),
            rival_ms: alignment.filter(|alignment| alignment.ambiguous).and_then(|alignment| alignment.runner_up_ms),
            windows,
        };
        let facts = Facts { method: &measured.method, windows: &measured.windows, equaliser_ms };
        ctx.report(&Entry::facts(&["targets", &measured.source], &facts)?)?;
        ctx.report(&Entry::Figure(report::delay_over_time(&measured)))?;
        ctx.report(&Entry::Figure(report::confidence_over_time(&measured)))?;
        self.report_curves(&pair, &lines, &places, &measured, ctx)?;
        ctx.report(&Entry::Table(report::table(&measured)))?;
        Outputs::new().with("correlation", measured)
    }
}

impl<M: CorrelationMethod> Correlation<M> {
    fn check(&self, reference: &Audio, target: &Audio) -> Result<u32> {
        let rate = reference.rate_shared_with(target)?;
        if reference.header.stem != target.header.stem {
            let part = |audio: &Audio| audio.header.stem.clone().unwrap_or_else(|| "whole sound".into());
            return Err(Error::new(format!(
                "the {} of the reference was to be compared with the {} of {}",
                part(reference),
                part(target),
                target.header.source
            ))
            .help("separate both sides or neither"));
        }
        if self.scan.scan_start_pct >= self.scan.scan_end_pct {
            return Err(Error::new(format!(
                "scan_start_pct ({} %) is not before scan_end_pct ({} %)",
                self.scan.scan_start_pct, self.scan.scan_end_pct
            )));
        }
        Ok(rate)
    }

    fn no_window(&self, reference: &Audio, target: &Audio, scanned: &Scanned) -> Error {
        let &Scanned { is_dense, planned, .. } = scanned;
        let window_s = (1000.0 * scanned.window_s).round() / 1000.0;
        if is_dense && planned > 0 {
            let (silence_db, source) = (self.scan.dense_silence_db, &target.header.source);
            return Error::new(format!(
                "every window of {window_s} s is silent in the reference or in {source}: below {silence_db} dB of full scale"
            ))
            .help("try another audio track (language of media/decode), or a lower dense_silence_db if the sound is that quiet");
        }
        let start_s = if is_dense { 0.0 } else { reference.duration_s() * self.scan.scan_start_pct / 100.0 };
        Error::new(format!(
            "no window of {window_s} s fits: the first would lie at {start_s:.1} to {:.1} s, and the reference has {:.1} s of audio, {} has \
             {:.1} s",
            start_s + window_s,
            reference.duration_s(),
            target.header.source,
            target.duration_s()
        ))
        .help(if is_dense {
            "choose a shorter dense_window_s, or other files"
        } else {
            "choose a shorter window_s or a lower scan_start_pct, or other files"
        })
    }

    /// Curves of the windows that stand out most and least; `places` is where each window was read.
    fn report_curves(
        &self,
        pair: &Pair<'_>,
        lines: &[Line],
        places: &[Placed],
        measured: &Measured,
        ctx: &Ctx<'_>,
    ) -> Result<()> {
        let Some((best, worst)) = report::best_and_worst(&measured.windows) else { return Ok(()) };
        for (name, index) in [("best", best), ("worst", worst)] {
            let Placed { window, line } = &places[index];
            let curve = pair.window(window, &lines[*line], |windows| self.method.curve(windows))?;
            if let Some(figure) = report::curve(&measured.source, name, &measured.windows[index], &curve) {
                ctx.report(&Entry::Figure(figure))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::method::{Peak, WindowPair};
    use super::*;
    use crate::{Blob, kinds::AudioHeader};

    crate::params! {
        /// A method that finds nothing.
        struct Nothing {
            /// A setting.
            odd: bool = false,
        }
    }

    impl CorrelationMethod for Nothing {
        const ID: &'static str = "nothing";
        const SUMMARY: &'static str = "Nothing.";

        fn correlate(&self, _windows: &WindowPair<'_>) -> Result<Peak> {
            Ok(Peak::none())
        }
    }

    fn audio(sample_rate_hz: u32, stem: Option<&str>) -> Audio {
        let header = AudioHeader {
            source: "Source 2".into(),
            track_id: 1,
            sample_rate_hz,
            samples: 0,
            start_ms: 0.0,
            stem: stem.map(str::to_owned),
            filters: Vec::new(),
        };
        Audio::new(header, Blob::empty()).unwrap()
    }

    #[test]
    fn a_scan_that_ends_before_it_starts_is_an_error() {
        for scan_end_pct in [40.0, 60.0] {
            let scan = Scan { scan_start_pct: 60.0, scan_end_pct, ..Scan::default() };
            let stage = Correlation { scan, method: Nothing::default() };
            let error = stage.check(&audio(48_000, None), &audio(48_000, None)).unwrap_err();
            assert_eq!(error.message(), format!("scan_start_pct (60 %) is not before scan_end_pct ({scan_end_pct} %)"));
        }
    }

    #[test]
    fn a_stem_is_not_compared_with_whole_sound_nor_one_rate_with_another() {
        let stage = Correlation::<Nothing>::default();
        let check = |target: &Audio| stage.check(&audio(48_000, Some("vocals")), target);
        assert_eq!(check(&audio(48_000, Some("vocals"))).unwrap(), 48_000);
        let error = check(&audio(48_000, None)).unwrap_err();
        assert!(
            error.message().contains("the vocals of the reference was to be compared with the whole sound"),
            "{error}"
        );
        assert!(check(&audio(44_100, Some("vocals"))).unwrap_err().message().contains("44100"));
    }
}
