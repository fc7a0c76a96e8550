//! Measures where a file's decoded audio lies against the sound it was made from, independently of the host's methods.
//!
//! Encoders put priming samples before the sound and containers may cut them off again, so the delay between the decoded
//! audio of two releases is the nominal one plus what codecs and containers did. This module decodes the file and lays it
//! over the synthesis of the same release.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::align::{EDGE, WINDOW, locate};
use crate::tools::{Tools, args};
use crate::{Error, Layout, Pcm, RATE_HZ, Release, Result};

/// Below this correlation a file is taken for another one; unrelated sounds stay below 0.2.
const LEAST_MATCH: f64 = 0.5;
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
    let unrelated = |best_match| Error::Unrelated { path: path.to_owned(), track, best_match };
    let description = release.audio.get(track).ok_or_else(|| unrelated(0.0))?;
    let seconds = release.duration_s.min(MEASURED_S);
    let (decoded, first_timestamp_ms) = decode(path, track, seconds, tools)?;

    let frames = decoded.len().min((seconds * f64::from(RATE_HZ)) as usize);
    let mut source = vec![0.0_f32; frames * description.layout.channels()];
    Pcm::of_track(release, track, RATE_HZ, 0).ok_or_else(|| unrelated(0.0))?.read(&mut source);
    let source = downmix(&source, description.layout);

    let room = frames.saturating_sub(WINDOW + 2 * EDGE);
    let mut found: Vec<(f64, f64)> = (0..WINDOWS)
        .map(|window| EDGE + room * window / (WINDOWS - 1))
        .filter(|start| start + WINDOW + EDGE <= frames)
        .filter_map(|start| locate(&source, &decoded, start))
        .collect();
    let best_match = found.iter().map(|(_, quality)| *quality).fold(0.0, f64::max);
    if best_match < LEAST_MATCH {
        return Err(unrelated(best_match));
    }
    found.retain(|(_, quality)| *quality > LEAST_MATCH * best_match);
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
    let samples =
        bytes.chunks_exact(4).map(|bytes| f64::from(f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])));
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
        .map(|frame| frame.iter().zip(weights).map(|(sample, weight)| f64::from(*sample) * weight).sum())
        .collect()
}
