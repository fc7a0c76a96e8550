//! Measures delays by the loudness of sound over time.

use vsg_plugin_api::prelude::*;

params! {
    /// Settings of `acme-correlation/envelope`.
    pub struct Envelope {
        /// Largest delay that is looked for (ms).
        #[schemars(range(min = 1, max = 30000))]
        max_delay_ms: usize = 2000,
    }
}

impl CorrelationMethod for Envelope {
    const ID: &'static str = "envelope";
    const SUMMARY: &'static str = "Delay from the loudness of sound over time.";
    // One value a millisecond; a method that compares samples leaves this line out.
    const RESOLUTION_MS: Option<f64> = Some(1.0);

    // Windows, threads, acceptance, log and report are done for you. The delay is what to ADD to the target's timestamps:
    // positive if the target plays too early.
    fn correlate(&self, windows: &WindowPair<'_>) -> Result<Peak> {
        let reference = envelope(windows.reference, windows.sample_rate_hz);
        let target = envelope(windows.target, windows.sample_rate_hz);
        let longest = reference.len().min(target.len());
        if longest < 4 {
            return Ok(Peak::none());
        }
        let reach = self.max_delay_ms.min(longest / 2) as isize;
        let scores: Vec<f64> = (-reach..=reach).map(|lag| score(&reference, &target, lag)).collect();
        let best = (0..scores.len()).max_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap_or(0);
        if !scores[best].is_finite() {
            // Silence, or samples that are no numbers.
            return Ok(Peak::none());
        }
        let neighbours = (scores.get(best.wrapping_sub(1)), scores.get(best + 1));
        // The top of the parabola through the best score and its neighbours.
        let fraction = match neighbours {
            (Some(left), Some(right)) => 0.5 * (left - right) / (left - 2.0 * scores[best] + right),
            _ => 0.0,
        };
        Ok(Peak {
            delay_ms: best as f64 - reach as f64 + fraction,
            match_pct: 100.0 * scores[best].max(0.0),
            peak_ratio: None,
            runner_up_ms: None,
            on_edge: neighbours.0.is_none() || neighbours.1.is_none(),
            ..Peak::none()
        })
    }
}

/// Mean magnitude of each millisecond, less the mean of all.
fn envelope(samples: &[f32], rate_hz: f64) -> Vec<f64> {
    let loudness = |part: &[f32]| part.iter().map(|sample| f64::from(sample.abs())).sum::<f64>();
    let values: Vec<f64> = samples.chunks_exact((rate_hz / 1000.0).max(1.0) as usize).map(loudness).collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| value - mean).collect()
}

/// Normalised correlation of the target, `lag` milliseconds later, with the reference; NaN in silence.
fn score(reference: &[f64], target: &[f64], lag: isize) -> f64 {
    let (reference, target) = (&reference[lag.max(0) as usize..], &target[(-lag).max(0) as usize..]);
    let both = reference.iter().zip(target);
    let (product, power) = both.fold((0.0, (0.0, 0.0)), |(product, (of_one, of_other)), (one, other)| {
        (product + one * other, (of_one + one * one, of_other + other * other))
    });
    product / (power.0 * power.1).sqrt()
}

export!(Envelope);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_of_a_late_bump_is_negative() {
        let bump =
            |at: usize| (0..48_000).map(|n: usize| if n.abs_diff(at) < 960 { 0.5 } else { 0.0 }).collect::<Vec<f32>>();
        let (reference, target) = (bump(24_000), bump(28_800));
        let peak = Envelope::default().correlate(&WindowPair::new(&reference, &target, 48_000.0)).unwrap();
        assert!((peak.delay_ms + 100.0).abs() < 1.0, "{peak:?}");
    }

    #[test]
    fn all_stages_keep_their_promises() {
        vsg_plugin_api::assert_conforms!();
    }
}
