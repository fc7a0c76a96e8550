//! Corrects audio that drifts: plays it a little faster or slower, so that one delay is right from beginning to end.

use vsg_plugin_api::prelude::*;

params! {
    /// Settings of `{{name}}/drift`.
    pub struct Drift {
        /// Least drift that is corrected: what the delay changes by in an hour (ms).
        #[schemars(range(min = 1.0, max = 100000.0))]
        least_ms_per_hour: f64 = 100.0,
        /// How far a window may lie from the line through all of them (ms).
        #[schemars(range(min = 0.1, max = 1000.0))]
        tolerance_ms: f64 = 20.0,
        /// Length of the windows that were measured (s); the delay of a window is that of its middle.
        #[schemars(range(min = 1.0, max = 120.0))]
        window_s: f64 = 15.0,
    }
}

impl Corrector for Drift {
    const ID: &'static str = "drift";
    const SUMMARY: &'static str = "Corrects audio whose delay grows or shrinks steadily.";

    fn correct(&self, track: &AudioTrack<'_>, measured: &Measured, ctx: &Ctx<'_>) -> Result<Correction> {
        let points = self.points(&measured.correlation);
        let Some(line) = Line::through(&points) else {
            return Ok(Correction::Nothing("too few windows to tell a drift".into()));
        };
        let per_hour_ms = line.slope * 3_600_000.0;
        if per_hour_ms.abs() < self.least_ms_per_hour {
            return Ok(Correction::Nothing(format!("the delay changes by {per_hour_ms:+.1} ms in an hour")));
        }
        if let Some((at_s, _)) = points.iter().find(|(at_s, ms)| (line.at_ms(*at_s) - ms).abs() > self.tolerance_ms) {
            return Ok(Correction::Nothing(format!("the delay does not grow along a line; look at {at_s:.0} s")));
        }
        if line.slope.abs() > 0.01 {
            return Err(Error::new(format!("a drift of {per_hour_ms:+.0} ms in an hour is more than 1 %"))
                .help("the target may run at another speed (PAL), or be cut differently"));
        }

        // A sound at `s` of the target belongs to `(s + delay at 0) / (1 - slope)` of the reference, and afterwards the selected
        // delay is added to it.
        let tempo = 1.0 - line.slope;
        let offset_ms = line.start_ms / tempo - measured.delay.raw_ms;
        let place = if offset_ms >= 0.0 {
            format!("adelay={offset_ms:.3}:all=1")
        } else {
            format!("atrim=start={:.6},asetpts=PTS-STARTPTS", -offset_ms / 1000.0)
        };
        let (source, path) = (track.file(ctx)?, track.new_file("flac", ctx)?);
        ctx.command(Tool::Ffmpeg)?
            .doing("correcting the drift")
            .args(["-nostdin", "-y", "-v", "error", "-i"])
            .arg(&source)
            .args(["-map", "0:a:0", "-filter:a", &format!("atempo={tempo:.9},{place}"), "-c:a", "flac"])
            .arg(&path)
            .run()?;
        Ok(Correction::File {
            path,
            codec_id: "A_FLAC".into(),
            done: format!("corrected a drift of {per_hour_ms:+.1} ms in an hour"),
        })
    }
}

impl Drift {
    /// Middle (s) and delay (ms) of each window that counts.
    fn points(&self, correlation: &Correlation) -> Vec<(f64, f64)> {
        let accepted = correlation.windows.iter().filter(|window| window.accepted);
        accepted.map(|window| (window.start_s + self.window_s / 2.0, window.delay_ms)).collect()
    }
}

/// A delay that changes steadily.
#[derive(Debug, PartialEq)]
struct Line {
    /// Delay at the beginning of the reference (ms).
    start_ms: f64,
    /// What the delay changes by in the same unit of time.
    slope: f64,
}

impl Line {
    /// The line with the least squares of distances; `None` of fewer than three points, or if all are at one time.
    fn through(points: &[(f64, f64)]) -> Option<Self> {
        let count = points.len() as f64;
        let middle_s = points.iter().map(|(at_s, _)| at_s).sum::<f64>() / count;
        let mean_ms = points.iter().map(|(_, ms)| ms).sum::<f64>() / count;
        let spread: f64 = points.iter().map(|(at_s, _)| (at_s - middle_s).powi(2)).sum();
        let common: f64 = points.iter().map(|(at_s, ms)| (at_s - middle_s) * (ms - mean_ms)).sum();
        if points.len() < 3 || spread < 1e-6 {
            return None;
        }
        let per_second_ms = common / spread;
        let line = Self { start_ms: mean_ms - per_second_ms * middle_s, slope: per_second_ms / 1000.0 };
        (line.start_ms.is_finite() && line.slope.is_finite()).then_some(line)
    }

    fn at_ms(&self, at_s: f64) -> f64 {
        self.start_ms + self.slope * 1000.0 * at_s
    }
}

export!(Drift);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_drift_is_a_line() {
        let line = Line::through(&[(0.0, 100.0), (100.0, 110.0), (200.0, 120.0)]).unwrap();
        assert!((line.start_ms - 100.0).abs() < 1e-9 && (line.slope - 1e-4).abs() < 1e-12, "{line:?}");
        assert!((line.at_ms(50.0) - 105.0).abs() < 1e-9);
        assert_eq!(Line::through(&[(0.0, 1.0), (1.0, 2.0)]), None);
    }

    #[test]
    fn all_stages_keep_their_promises() {
        vsg_plugin_api::assert_conforms!();
    }
}
