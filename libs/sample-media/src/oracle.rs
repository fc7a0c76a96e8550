//! Measures where a file's decoded audio lies against the sound it was made from, independently of the host's methods.
//!
//! Encoders put priming samples before the sound and containers may cut them off again, so the delay between the decoded
//! audio of two releases is the nominal one plus what codecs and containers did. This module decodes the file, lays it
//! over the synthesis of the same release, and finds the offset in the time domain: a search over ±4000 samples, then
//! least squares for a fraction of a sample (Gauss-Newton, sinc interpolation) on the differentiated signals.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::resample::kernel;
use crate::tools::{Tools, args};
use crate::{Error, Layout, Pcm, RATE_HZ, Release, Result};

/// Length of a measuring window (samples).
const WINDOW: usize = 65_536;
/// Largest offset that is looked for (samples).
const REACH: usize = 4000;
/// Room for interpolation around a window (samples).
const MARGIN: usize = 64;
/// Decimation of the first search.
const COARSE: usize = 8;
/// How much of a file is decoded (s); an offset does not change within a file.
const MEASURED_S: f64 = 90.0;
const WINDOWS: usize = 8;

/// Where the decoded audio of a file lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Offset {
    /// How much later (ms) a sound is in the decoded samples, counted from the first, than in the release's
    /// description. Median over the windows.
    pub offset_ms: f64,
    /// Largest minus smallest offset of the windows (ms).
    pub spread_ms: f64,
    /// Windows that were measured.
    pub windows: usize,
    /// Smallest normalised correlation at the offset, over the windows (1: the codec changed nothing).
    pub worst_match: f64,
    /// Timestamp (ms) that the container gives to the first decoded sample.
    pub first_timestamp_ms: f64,
}

/// The true delay between the main (first) audio tracks of two files.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// Difference of the delays in the descriptions (ms).
    pub nominal_delay_ms: f64,
    /// Milliseconds to add to the target's decoded samples, both files counted from their first decoded sample.
    pub delay_ms: f64,
    /// The same by the containers' timestamps: what a player would need.
    pub timeline_delay_ms: f64,
    /// The reference file.
    pub reference: Offset,
    /// The target file.
    pub target: Offset,
}

/// Measures the delay between the first audio tracks of two files that were written from these descriptions.
///
/// # Errors
/// ffmpeg is missing or fails; [`Error::Unrelated`] when a file does not hold what its description says.
pub fn true_delay(reference: (&Release, &Path), target: (&Release, &Path), tools: &Tools) -> Result<Truth> {
    let nominal_delay_ms = target.0.delay_ms - reference.0.delay_ms;
    let reference = decoded_offset(reference.0, reference.1, 0, tools)?;
    let target = decoded_offset(target.0, target.1, 0, tools)?;
    let delay_ms = nominal_delay_ms + reference.offset_ms - target.offset_ms;
    Ok(Truth {
        nominal_delay_ms,
        delay_ms,
        timeline_delay_ms: delay_ms + reference.first_timestamp_ms - target.first_timestamp_ms,
        reference,
        target,
    })
}

/// Measures audio track `track` (from 0) of a file that was written from `release`; it must last 2 s or more.
///
/// # Errors
/// As [`true_delay`].
pub fn decoded_offset(release: &Release, path: &Path, track: usize, tools: &Tools) -> Result<Offset> {
    let unrelated = |best_match| Error::Unrelated {
        path: path.to_owned(),
        track,
        best_match,
    };
    let description = release.audio.get(track).ok_or_else(|| unrelated(0.0))?;
    let seconds = release.duration_s.min(MEASURED_S);
    let (decoded, first_timestamp_ms) = decode(path, track, seconds, tools)?;

    let frames = decoded.len().min((seconds * f64::from(RATE_HZ)) as usize);
    let mut source = vec![0.0_f32; frames * description.layout.channels()];
    Pcm::new(
        release.programme,
        &description.mix,
        description.layout,
        RATE_HZ,
        release.delay_ms,
        0,
    )
    .read(&mut source);
    let source = downmix(&source, description.layout);

    let edge = REACH + MARGIN + 1;
    let room = frames.saturating_sub(WINDOW + 2 * edge);
    let mut found: Vec<(f64, f64)> = (0..WINDOWS)
        .map(|window| edge + room * window / (WINDOWS - 1))
        .filter(|start| start + WINDOW + edge <= frames)
        .filter_map(|start| locate(&source, &decoded, start))
        .collect();
    let best_match = found.iter().map(|(_, quality)| *quality).fold(0.0, f64::max);
    if best_match < 0.6 {
        return Err(unrelated(best_match));
    }
    found.retain(|(_, quality)| *quality > 0.6 * best_match);
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    let ms = |samples: f64| samples * 1000.0 / f64::from(RATE_HZ);
    let (first, last) = (found[0].0, found[found.len() - 1].0);
    Ok(Offset {
        offset_ms: ms(0.5 * (found[(found.len() - 1) / 2].0 + found[found.len() / 2].0)),
        spread_ms: ms(last - first),
        windows: found.len(),
        worst_match: found.iter().map(|(_, quality)| *quality).fold(1.0, f64::min),
        first_timestamp_ms,
    })
}

/// Decodes to mono at 48 kHz; also gives the first sample's timestamp (ms).
fn decode(path: &Path, track: usize, seconds: f64, tools: &Tools) -> Result<(Vec<f64>, f64)> {
    let folder = path.parent().unwrap_or(path);
    let doing = format!("decoding audio track {track} of {}", path.display());
    let call = tools.ffmpeg(doing, folder);
    let map = format!("0:a:{track}");
    let bytes = call.bytes(&args![
        "-hide_banner",
        "-loglevel",
        "error",
        "-nostdin",
        "-i",
        path,
        "-map",
        &map,
        "-t",
        seconds.to_string(),
        "-ac",
        "1",
        "-ar",
        RATE_HZ.to_string(),
        "-f",
        "f32le",
        "-"
    ])?;
    let samples = bytes
        .chunks_exact(4)
        .map(|bytes| f64::from(f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])));
    let samples = samples.collect();

    let (_, log) = call.output(&args![
        "-hide_banner",
        "-loglevel",
        "info",
        "-nostdin",
        "-copyts",
        "-i",
        path,
        "-map",
        &map,
        "-af",
        "ashowinfo",
        "-frames:a",
        "1",
        "-f",
        "null",
        "-"
    ])?;
    let first_s = log
        .split("pts_time:")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse::<f64>().ok())
        .unwrap_or(0.0);
    Ok((samples, first_s * 1000.0))
}

/// About what ffmpeg does to get one channel; all channels are in step, so the weights do not move the offset.
fn downmix(interleaved: &[f32], layout: Layout) -> Vec<f64> {
    let weights: &[f64] = match layout {
        Layout::Mono => &[1.0],
        Layout::Stereo => &[0.5, 0.5],
        Layout::Surround51 => &[0.5, 0.5, 0.7, 0.0, 0.35, 0.35],
    };
    interleaved
        .chunks_exact(weights.len())
        .map(|frame| {
            frame
                .iter()
                .zip(weights)
                .map(|(sample, weight)| f64::from(*sample) * weight)
                .sum()
        })
        .collect()
}

/// Offset (samples) of `decoded` against the window of `source` at `start`, and the correlation there.
fn locate(source: &[f64], decoded: &[f64], start: usize) -> Option<(f64, f64)> {
    let coarse = |signal: &[f64]| -> Vec<f64> { signal.chunks_exact(COARSE).map(|chunk| chunk.iter().sum()).collect() };
    let window = coarse(&source[start..start + WINDOW]);
    let field = coarse(&decoded[start - REACH..start + WINDOW + REACH]);
    let (near, _) = best_lag(&window, &field, 0..2 * REACH / COARSE)?;

    let difference = |signal: &[f64]| -> Vec<f64> { signal.windows(2).map(|pair| pair[1] - pair[0]).collect() };
    let window = difference(&source[start..=start + WINDOW]);
    let from = start - REACH - MARGIN;
    let field = difference(&decoded[from..=start + WINDOW + REACH + MARGIN]);
    let centre = (near * COARSE + MARGIN).clamp(MARGIN, 2 * REACH + MARGIN);
    let low = centre.saturating_sub(2 * COARSE).max(MARGIN);
    let high = (centre + 2 * COARSE).min(2 * REACH + MARGIN);
    let (lag, _) = best_lag(&window, &field, low..high)?;
    let (lag, quality) = refine(&window, &field, lag as f64)?;
    Some((lag - (REACH + MARGIN) as f64, quality))
}

/// The lag with the highest normalised correlation.
fn best_lag(window: &[f64], field: &[f64], lags: std::ops::Range<usize>) -> Option<(usize, f64)> {
    let own: f64 = window.iter().map(|sample| sample * sample).sum();
    lags.filter_map(|lag| {
        let piece = field.get(lag..lag + window.len())?;
        let (mut product, mut energy) = (0.0, 0.0);
        for (a, b) in window.iter().zip(piece) {
            product += a * b;
            energy += b * b;
        }
        let scale = (own * energy).sqrt();
        (scale > 1e-9).then(|| (lag, product / scale))
    })
    .max_by(|a, b| a.1.total_cmp(&b.1))
}

/// Least squares of `window - gain * field(t + lag)` over gain and lag, from a start within a sample of the answer.
fn refine(window: &[f64], field: &[f64], mut lag: f64) -> Option<(f64, f64)> {
    let start = lag;
    let mut quality = 0.0;
    for _ in 0..12 {
        let whole = lag.floor();
        // One more sample on each side, for the slope.
        let piece = interpolate(field, whole as usize - 1, lag - whole, window.len() + 2)?;
        let (mut product, mut energy, mut own) = (0.0, 0.0, 0.0);
        for (sample, moved) in window.iter().zip(&piece[1..]) {
            product += sample * moved;
            energy += moved * moved;
            own += sample * sample;
        }
        let gain = product / energy;
        quality = product / (energy * own).sqrt();
        let (mut pull, mut stiffness) = (0.0, 0.0);
        for (sample, moved) in window.iter().zip(piece.windows(3)) {
            let slope = gain * 0.5 * (moved[2] - moved[0]);
            pull += (sample - gain * moved[1]) * slope;
            stiffness += slope * slope;
        }
        let step = (pull / stiffness).clamp(-0.5, 0.5);
        lag += step;
        if !lag.is_finite() || (lag - start).abs() > 3.0 {
            return None;
        }
        if step.abs() < 1e-7 {
            break;
        }
    }
    Some((lag, quality))
}

/// `length` samples of `field` at `first + fraction`, `first + 1 + fraction`, …
fn interpolate(field: &[f64], first: usize, fraction: f64, length: usize) -> Option<Vec<f64>> {
    const HALF: usize = 24;
    let taps: Vec<f64> = (0..2 * HALF)
        .map(|tap| kernel(fraction + HALF as f64 - 1.0 - tap as f64, 1.0))
        .collect();
    let from = first.checked_sub(HALF - 1)?;
    let input = field.get(from..from + length + 2 * HALF - 1)?;
    Some(
        input
            .windows(2 * HALF)
            .map(|piece| piece.iter().zip(&taps).map(|(sample, tap)| sample * tap).sum())
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Mix, Programme};

    fn mono(seed: u64, mix: &Mix, delay_ms: f64) -> Vec<f64> {
        let mut sound = vec![0.0_f32; 120_000];
        Pcm::new(Programme::new(seed), mix, Layout::Mono, RATE_HZ, delay_ms, 0).read(&mut sound);
        downmix(&sound, Layout::Mono)
    }

    fn offset(delay_ms: f64, target: &Mix) -> f64 {
        let reference = mono(21, &Mix::original("eng"), 0.0);
        let (lag, _) = locate(&reference, &mono(21, target, delay_ms), 20_000).unwrap();
        lag
    }

    #[test]
    fn a_fractional_delay_is_exact_to_a_thousandth_of_a_sample() {
        for samples in [0.0, 0.5, -0.13, 777.777, -3123.01] {
            let found = offset(samples / 48.0, &Mix::original("eng"));
            assert!(
                (found + samples).abs() < 1e-3,
                "{samples} samples were found as {found}"
            );
        }
    }

    #[test]
    fn another_mix_has_the_same_delay() {
        let found = offset(33.3 / 48.0, &Mix::remaster("eng"));
        assert!((found + 33.3).abs() < 0.01, "found {found}");
    }

    #[test]
    fn films_of_other_seeds_have_nothing_in_common() {
        let one = mono(21, &Mix::original("eng"), 0.0);
        let other = mono(22, &Mix::original("eng"), 0.0);
        let quality = locate(&one, &other, 20_000).map_or(0.0, |(_, quality)| quality);
        assert!(quality < 0.3, "match {quality}");
    }

    #[test]
    fn two_languages_have_nothing_in_common() {
        let speech = |language| {
            mono(
                21,
                &Mix {
                    music_db: -120.0,
                    effects_db: -120.0,
                    ..Mix::original(language)
                },
                0.0,
            )
        };
        let quality = locate(&speech("eng"), &speech("ger"), 20_000).map_or(0.0, |(_, quality)| quality);
        assert!(quality < 0.3, "match {quality}");
    }
}
