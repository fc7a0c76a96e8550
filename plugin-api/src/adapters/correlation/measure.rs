//! Reads windows of both sounds, brings the target to the reference's speed, and has them correlated.

use super::lines::{Line, Placed};
use super::method::{CorrelationMethod, Peak, WindowPair, WindowTrain};
use super::scan::Scan;
use crate::kinds::{Audio, AudioFilter, Window, audio::whole_samples};
use crate::{Ctx, Filter, Result};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use vsg_dsp::window_plan::PlannedWindow;

/// Windows of a dense scan that are read at once.
const TRAIN: usize = 24;
/// How far from a line's delays a dense scan looks (s).
const MARGIN_S: f64 = 0.5;

/// Two sounds, and how their windows are read.
pub(super) struct Pair<'a> {
    reference: &'a Audio,
    target: &'a Audio,
    /// Filters of both that are left to the method; if there are any, no others are applied.
    left_out: Vec<Filter>,
    idle: Mutex<Vec<Buffers>>,
}

/// Room for samples of a pair of windows that are computed; used again by whichever thread measures next, so that memory is touched once.
#[derive(Default)]
struct Buffers {
    reference: Vec<f32>,
    target: Vec<f32>,
    /// The target as it is, before it is brought to the reference's speed.
    raw: Vec<f32>,
}

/// A peak, and the delay at which the target was read (ms).
type Measured = (Peak, f64);

impl<'a> Pair<'a> {
    /// Samples from before the filters are read if the method wants that and both sides have the same filters.
    pub(super) fn new(reference: &'a Audio, target: &'a Audio, wants_unfiltered: bool) -> Self {
        let left_out = if wants_unfiltered && reference.header.filters == target.header.filters {
            reference.header.filters.iter().map(|filter| filter.filter.clone()).collect()
        } else {
            Vec::new()
        };
        Self { reference, target, left_out, idle: Mutex::default() }
    }

    pub(super) fn rate_hz(&self) -> f64 {
        f64::from(self.reference.header.sample_rate_hz)
    }

    /// The band that both sides let pass (Hz).
    fn pass_band_hz(&self) -> Option<(f64, f64)> {
        match (self.reference.pass_band_hz(), self.target.pass_band_hz()) {
            (Some((low, high)), Some((other_low, other_high))) => Some((low.max(other_low), high.min(other_high))),
            (one, other) => one.or(other),
        }
    }

    fn filters<'h>(&self, audio: &'h Audio) -> &'h [AudioFilter] {
        if self.left_out.is_empty() { &audio.header.filters } else { &[] }
    }

    /// Samples of the reference, and the target's at a line's delays for a range of the reference `margin` longer at either end, at the
    /// reference's speed; silence past the ends of both.
    fn read<'s>(
        &'s self,
        line: &Line,
        range: Range<i64>,
        margin: i64,
        buffers: &'s mut Buffers,
    ) -> Result<(&'s [f32], &'s [f32])> {
        let Buffers { reference, target, raw } = buffers;
        let wider = range.start - margin..range.end + margin;
        let along = (line.delay_ms, line.rate_ms_per_s);
        Ok((
            self.reference.padded(range, self.filters(self.reference), reference)?,
            self.target.along(wider, along, self.filters(self.target), raw, target)?,
        ))
    }

    fn with_buffers<T>(&self, work: impl FnOnce(&mut Buffers) -> Result<T>) -> Result<T> {
        let mut buffers = self.idle.lock().ok().and_then(|mut idle| idle.pop()).unwrap_or_default();
        let done = work(&mut buffers);
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(buffers);
        }
        done
    }

    /// Reads one window and gives it to `work`.
    pub(super) fn window<T>(
        &self,
        window: &PlannedWindow,
        line: &Line,
        work: impl FnOnce(&WindowPair<'_>) -> Result<T>,
    ) -> Result<T> {
        self.with_buffers(|buffers| {
            let first = window.first_sample as i64;
            let (reference, target) = self.read(line, first..first + window.len as i64, 0, buffers)?;
            work(&WindowPair {
                reference,
                target,
                sample_rate_hz: self.rate_hz(),
                pass_band_hz: self.pass_band_hz(),
                filters_left_out: &self.left_out,
            })
        })
    }

    /// The delay at which the target's window is read (ms), in its middle.
    pub(super) fn expected_ms(&self, window: &PlannedWindow, line: &Line) -> f64 {
        let rate_hz = self.rate_hz();
        if line.rate_ms_per_s == 0.0 {
            whole_samples(line.delay_ms, rate_hz) as f64 / rate_hz * 1000.0
        } else {
            line.delay_ms((window.first_sample as f64 + window.len as f64 / 2.0) / rate_hz)
        }
    }
}

/// Measures each window by itself, in parallel.
pub(super) fn one_by_one(
    method: &impl CorrelationMethod,
    pair: &Pair<'_>,
    lines: &[Line],
    placed: &[Placed],
    scan: &Scan,
    ctx: &Ctx<'_>,
) -> Result<Vec<(Placed, Window)>> {
    let done = AtomicUsize::new(0);
    ctx.for_each(placed.len(), |index| {
        let Placed { window, line } = placed[index];
        let peak = pair.window(&window, &lines[line], |windows| method.correlate(windows))?;
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        ctx.progress(done as f64 / placed.len() as f64)?;
        let measured = (peak, pair.expected_ms(&window, &lines[line]));
        Ok((placed[index], described(&window, &lines[line], measured, scan, scan.window_s)))
    })
}

/// Measures the windows of a dense scan, many in a row; of a window on two lines the better peak counts. Silent windows are left out.
pub(super) fn in_trains(
    method: &impl CorrelationMethod,
    pair: &Pair<'_>,
    lines: &[Line],
    placed: &[Vec<Placed>],
    scan: &Scan,
    ctx: &Ctx<'_>,
) -> Result<Vec<(Placed, Window)>> {
    let trains: Vec<&[Placed]> = placed.iter().flat_map(|line| line.chunks(TRAIN)).collect();
    let done = AtomicUsize::new(0);
    let measured = ctx.for_each(trains.len(), |index| {
        let peaks = train(method, pair, lines, trains[index], scan)?;
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        ctx.progress(done as f64 / trains.len() as f64)?;
        Ok(peaks)
    })?;
    let mut best: BTreeMap<usize, (Placed, Measured)> = BTreeMap::new();
    for (placed, found) in trains.iter().zip(&measured).flat_map(|(train, found)| train.iter().zip(found)) {
        let Some(found) = found else { continue };
        let known = best.get(&placed.window.index);
        if known.is_none_or(|(_, known)| is_better(&found.0, &known.0)) {
            best.insert(placed.window.index, (*placed, *found));
        }
    }
    let window = |(placed, found): (Placed, Measured)| {
        (placed, described(&placed.window, &lines[placed.line], found, scan, scan.dense_window_s))
    };
    Ok(best.into_values().map(window).collect())
}

/// The peaks of windows of one line that follow each other; none for silent ones.
fn train(
    method: &impl CorrelationMethod,
    pair: &Pair<'_>,
    lines: &[Line],
    placed: &[Placed],
    scan: &Scan,
) -> Result<Vec<Option<Measured>>> {
    let [first, .., last] = placed else {
        return placed.iter().map(|one| single(method, pair, lines, one, scan)).collect();
    };
    let (len, hop) = (first.window.len, placed[1].window.first_sample - first.window.first_sample);
    let line = &lines[first.line];
    let margin = (MARGIN_S * pair.rate_hz()) as i64;
    pair.with_buffers(|buffers| {
        let start = first.window.first_sample as i64;
        let end = (last.window.first_sample + len) as i64;
        let (reference, target) = pair.read(line, start..end, margin, buffers)?;
        let train = WindowTrain {
            reference,
            target,
            count: placed.len(),
            len,
            hop,
            margin: margin as usize,
            sample_rate_hz: pair.rate_hz(),
            pass_band_hz: pair.pass_band_hz(),
            filters_left_out: &pair.left_out,
        };
        let peaks = method.correlate_train(&train)?;
        let found = placed
            .iter()
            .zip(peaks)
            .zip(heard(&train, scan))
            .map(|((placed, peak), is_heard)| is_heard.then(|| (peak, pair.expected_ms(&placed.window, line))));
        Ok(found.collect())
    })
}

fn single(
    method: &impl CorrelationMethod,
    pair: &Pair<'_>,
    lines: &[Line],
    placed: &Placed,
    scan: &Scan,
) -> Result<Option<Measured>> {
    let line = &lines[placed.line];
    pair.window(&placed.window, line, |windows| {
        let heard = is_heard(windows, scan);
        heard.then(|| Ok((method.correlate(windows)?, pair.expected_ms(&placed.window, line)))).transpose()
    })
}

/// Whether neither of two windows is silent.
fn is_heard(windows: &WindowPair<'_>, scan: &Scan) -> bool {
    [windows.reference, windows.target].iter().all(|samples| is_loud(energy(samples), samples.len(), scan))
}

/// The same for each pair of a train; what windows share is looked at once.
fn heard(train: &WindowTrain<'_>, scan: &Scan) -> Vec<bool> {
    let loud = |samples: &[f32]| -> Vec<bool> {
        let steps: Vec<f64> = samples.chunks(train.hop).map(energy).collect();
        let (whole, rest) = (train.len / train.hop, train.len % train.hop);
        let window = |index: usize| {
            let tail = (index + whole) * train.hop;
            steps[index..index + whole].iter().sum::<f64>() + energy(&samples[tail..tail + rest])
        };
        (0..train.count).map(|index| is_loud(window(index), train.len, scan)).collect()
    };
    let target = &train.target[train.margin..train.target.len() - train.margin];
    loud(train.reference).into_iter().zip(loud(target)).map(|(one, other)| one && other).collect()
}

fn energy(samples: &[f32]) -> f64 {
    let (blocks, rest) = samples.as_chunks::<8>();
    let lanes = blocks.iter().fold([0.0f32; 8], |sum, block| std::array::from_fn(|i| sum[i] + block[i] * block[i]));
    f64::from(lanes.iter().sum::<f32>() + rest.iter().map(|s| s * s).sum::<f32>())
}

/// Whether this energy of so many samples is not silence. Damage is for the method to see.
fn is_loud(energy: f64, samples: usize, scan: &Scan) -> bool {
    let least = 10f64.powf(scan.dense_silence_db / 10.0);
    (energy / samples.max(1) as f64).partial_cmp(&least) != Some(std::cmp::Ordering::Less)
}

/// A window's place in the result. The peak's delays count from where the target was read, at the reference's speed.
fn described(
    planned: &PlannedWindow,
    line: &Line,
    (peak, expected_ms): Measured,
    scan: &Scan,
    window_s: f64,
) -> Window {
    let pace = 1.0 - line.rate_ms_per_s / 1000.0;
    let between_files = |delay_ms: f64| expected_ms + delay_ms * pace;
    let is_in_reach = line.is_in_reach(between_files(peak.delay_ms), planned.start_s + window_s / 2.0);
    let objection = scan.objection(&peak, window_s);
    let rejected_because = objection.or_else(|| (!is_in_reach).then(|| "farther off than max_offset_s".into()));
    Window {
        number: planned.index + 1,
        start_s: planned.start_s,
        // A method may find nothing in silence; reports and values hold numbers only.
        delay_ms: finite(peak.delay_ms).map_or(0.0, between_files),
        error_ms: peak.error_ms.and_then(finite),
        expected_ms: (expected_ms != 0.0).then_some(expected_ms),
        match_pct: finite(peak.match_pct).unwrap_or(0.0),
        peak_ratio: peak.peak_ratio.and_then(finite),
        runner_up_ms: peak.runner_up_ms.and_then(finite).map(between_files),
        accepted: rejected_because.is_none(),
        rejected_because,
    }
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// Whether one of two peaks of the same window says more than the other.
fn is_better(one: &Peak, other: &Peak) -> bool {
    let weight = |peak: &Peak| (peak.delay_ms.is_finite(), peak.peak_ratio.unwrap_or(0.0), peak.match_pct);
    let (one, other) = (weight(one), weight(other));
    one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)).then(one.2.total_cmp(&other.2)).is_gt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_that_stands_out_more_is_better() {
        let peak = |ratio| Peak { delay_ms: 1.0, peak_ratio: Some(ratio), ..Peak::none() };
        assert!(is_better(&peak(3.0), &peak(2.0)) && !is_better(&peak(2.0), &peak(2.0)));
        assert!(is_better(&peak(0.5), &Peak::none()) && !is_better(&Peak::none(), &peak(0.5)));
    }

    #[test]
    fn windows_of_a_train_are_heard_as_each_by_itself() {
        let mut sound = vec![0.5f32; 100];
        sound[30..62].fill(0.0);
        sound[90] = f32::NAN;
        let scan = Scan { dense_silence_db: -20.0, ..Scan::default() };
        for (len, hop) in [(20, 5), (20, 7), (7, 20)] {
            let (count, margin) = ((90 - len) / hop + 1, 5);
            let used = (count - 1) * hop + len;
            let train = WindowTrain {
                reference: &vec![1.0; used],
                target: &sound[..used + 2 * margin],
                count,
                len,
                hop,
                margin,
                sample_rate_hz: 100.0,
                pass_band_hz: None,
                filters_left_out: &[],
            };
            let alone: Vec<bool> = train.pairs().map(|pair| is_heard(&pair, &scan)).collect();
            assert_eq!(heard(&train, &scan), alone, "{len} every {hop}");
            assert!(alone.contains(&true) && alone.contains(&false));
        }
    }
}
