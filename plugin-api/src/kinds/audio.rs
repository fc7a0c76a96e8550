//! Decoded audio that is mapped from a file and filtered where it is read.

use crate::{Blob, Error, Result, value::bulk_kind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::{Range, RangeInclusive};
use vsg_dsp::{Filter, resample};

/// Samples around a place that interpolation needs.
const AROUND: i64 = 20;
/// Samples of a target for each of the reference: more than any release asks for.
const SPEEDS: RangeInclusive<f64> = 0.05..=20.0;

/// Mono audio: 32-bit float samples in a blob, and filters that are applied to whatever range is read.
#[derive(Debug, Clone)]
pub struct Audio {
    /// Where it comes from and how it is to be read.
    pub header: AudioHeader,
    blob: Blob,
}

/// Everything about an audio value but its samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AudioHeader {
    /// `Source 1`, `Source 2`, …
    pub source: String,
    /// Track id in mkvmerge.
    pub track_id: u64,
    /// Samples per second.
    pub sample_rate_hz: u32,
    /// Number of samples.
    pub samples: u64,
    /// Presentation time of the first sample in its container, as ffmpeg reads it (ms).
    pub start_ms: f64,
    /// The part of the sound that this is, such as `vocals`, if a separation has taken it apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stem: Option<String>,
    /// Filters, first one first; each starts at rest at the first sample of the audio.
    #[serde(default)]
    pub filters: Vec<AudioFilter>,
}

/// One filter of an audio value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AudioFilter {
    /// What it does, for people.
    pub description: String,
    /// The band that passes (Hz).
    pub pass_band_hz: (f64, f64),
    /// Coefficients.
    #[schemars(with = "serde_json::Value")]
    pub filter: Filter,
}

impl Audio {
    /// Audio over a blob of little-endian 32-bit floats. Fails if the blob has another length than the header says, or if there
    /// are no samples in a second.
    pub fn new(header: AudioHeader, blob: Blob) -> Result<Self> {
        if header.sample_rate_hz == 0 {
            return Err(Error::new(format!("the audio of {} has a sample rate of 0 Hz", header.source)));
        }
        if header.samples.checked_mul(4) != Some(blob.as_slice().len() as u64) {
            return Err(Error::new(format!(
                "the audio of {} has {} bytes for {} samples",
                header.source,
                blob.as_slice().len(),
                header.samples
            )));
        }
        Ok(Self { header, blob })
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.blob.as_slice().len() / 4
    }

    /// Whether there are no samples.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Length (s).
    #[must_use]
    pub fn duration_s(&self) -> f64 {
        self.len() as f64 / f64::from(self.header.sample_rate_hz)
    }

    /// The sample rate (Hz) that a target has, too. Fails if it has another one: its samples can not be compared with these.
    pub fn rate_shared_with(&self, target: &Self) -> Result<u32> {
        let (rate, other) = (self.header.sample_rate_hz, target.header.sample_rate_hz);
        if rate == other {
            return Ok(rate);
        }
        let source = &target.header.source;
        Err(Error::new(format!("the reference has {rate} samples a second and {source} has {other}")))
    }

    /// The same samples behind one more filter; nothing is computed or copied.
    #[must_use]
    pub fn filtered(mut self, filter: AudioFilter) -> Self {
        self.header.filters.push(filter);
        self
    }

    /// The band that all filters let pass (Hz), or `None` without filters.
    #[must_use]
    pub fn pass_band_hz(&self) -> Option<(f64, f64)> {
        self.header
            .filters
            .iter()
            .map(|filter| filter.pass_band_hz)
            .reduce(|(low, high), (next_low, next_high)| (low.max(next_low), high.min(next_high)))
    }

    /// The filtered samples of a range, equal to that range of the whole filtered signal: exactly for finite impulse
    /// responses, to 1e-9 of full scale for recursive ones. Fails if the range reaches past the end.
    pub fn samples(&self, range: Range<usize>) -> Result<Vec<f32>> {
        let mut samples = Vec::new();
        self.read(range, &self.header.filters, &mut samples)?;
        Ok(samples)
    }

    /// The samples of a range before any filter, for a computation that keeps to [`Audio::pass_band_hz`] by itself. Fails if
    /// the range reaches past the end.
    pub fn unfiltered(&self, range: Range<usize>) -> Result<Vec<f32>> {
        let mut samples = Vec::new();
        self.read(range, &[], &mut samples)?;
        Ok(samples)
    }

    /// The samples of a target that belong to a range of samples of a reference, before any filter: its delay would be `delay_ms` at the
    /// start of the reference and grows by `rate_ms_per_s`, which is taken out. Where a file has nothing there is silence. The reference itself
    /// is read with 0 and 0.
    pub fn unfiltered_along(&self, range: Range<i64>, delay_ms: f64, rate_ms_per_s: f64) -> Result<Vec<f32>> {
        let (mut samples, mut raw) = (Vec::new(), Vec::new());
        Ok(self.along(range, (delay_ms, rate_ms_per_s), &[], &mut raw, &mut samples)?.to_vec())
    }

    /// All samples where they are, on machines that can read them there.
    fn in_place(&self) -> Option<&[f32]> {
        if cfg!(target_endian = "little") { bytemuck::try_cast_slice(self.blob.as_slice()).ok() } else { None }
    }

    /// What [`Audio::read_padded`] reads, without a copy where nothing has to be computed: that takes longer than to correlate.
    pub(crate) fn padded<'s>(
        &'s self,
        range: Range<i64>,
        filters: &[AudioFilter],
        samples: &'s mut Vec<f32>,
    ) -> Result<&'s [f32]> {
        let within = |all: &'s [f32]| all.get(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?);
        if let Some(there) = self.in_place().filter(|_| filters.is_empty()).and_then(within) {
            return Ok(there);
        }
        self.read_padded(range, filters, samples)?;
        Ok(samples)
    }

    /// The samples that belong to a range of the reference, behind `filters`; the line is the delay at the start of the reference (ms) and
    /// its growth (ms/s). Without growth they are read as by [`Audio::padded`]; `raw` is room for samples at the target's own speed.
    pub(crate) fn along<'s>(
        &'s self,
        range: Range<i64>,
        line: (f64, f64),
        filters: &[AudioFilter],
        raw: &mut Vec<f32>,
        samples: &'s mut Vec<f32>,
    ) -> Result<&'s [f32]> {
        if line.1 == 0.0 {
            let shift = whole_samples(line.0, f64::from(self.header.sample_rate_hz));
            return self.padded(range.start.saturating_sub(shift)..range.end.saturating_sub(shift), filters, samples);
        }
        self.read_along(range, line, filters, raw, samples)?;
        Ok(samples)
    }

    /// The same where the delay grows: brought to the reference's speed.
    fn read_along(
        &self,
        range: Range<i64>,
        (delay_ms, rate_ms_per_s): (f64, f64),
        filters: &[AudioFilter],
        raw: &mut Vec<f32>,
        samples: &mut Vec<f32>,
    ) -> Result<()> {
        let rate_hz = f64::from(self.header.sample_rate_hz);
        let step = 1.0 - rate_ms_per_s / 1000.0;
        if !(SPEEDS.contains(&step) && delay_ms.is_finite()) {
            let source = &self.header.source;
            return Err(Error::new(format!("{source} was to be read at {step} times its speed, {delay_ms} ms late")));
        }
        let first_s = range.start as f64 / rate_hz;
        let start = (first_s - (delay_ms + rate_ms_per_s * first_s) / 1000.0) * rate_hz;
        let len = (range.end - range.start).max(0) as usize;
        let from = (start.floor() as i64).saturating_sub(AROUND);
        let to = ((start + step * len as f64).ceil() as i64).saturating_add(AROUND);
        self.read_padded(from..to, filters, raw)?;
        samples.resize(len, 0.0);
        resample::fill(raw, start - from as f64, step, samples);
        Ok(())
    }

    /// The samples of a range that may reach past the ends, where there is silence.
    pub(crate) fn read_padded(&self, range: Range<i64>, filters: &[AudioFilter], samples: &mut Vec<f32>) -> Result<()> {
        let len = self.len() as i64;
        let inside = range.start.clamp(0, len)..range.end.clamp(0, len);
        self.read(inside.start as usize..inside.end as usize, filters, samples)?;
        let ahead = (inside.start.min(range.end) - range.start).max(0) as usize;
        samples.splice(0..0, std::iter::repeat_n(0.0, ahead));
        samples.resize(range.end.saturating_sub(range.start).max(0) as usize, 0.0);
        Ok(())
    }

    /// The samples of a range behind `filters`, in a buffer that may be used again for the next range.
    pub(crate) fn read(&self, range: Range<usize>, filters: &[AudioFilter], samples: &mut Vec<f32>) -> Result<()> {
        if range.start > range.end || range.end > self.len() {
            return Err(Error::new(format!(
                "samples {}..{} of {} were asked for, which has {}",
                range.start,
                range.end,
                self.header.source,
                self.len()
            )));
        }
        let mut lead_in = 0_usize;
        for filter in filters {
            lead_in = lead_in.saturating_add(filter.filter.lead_in_samples()?);
        }
        let start = range.start.saturating_sub(lead_in);
        samples.clear();
        match self.in_place() {
            Some(all) => samples.extend_from_slice(&all[start..range.end]),
            None => {
                let (bytes, _) = self.blob.as_slice()[start * 4..range.end * 4].as_chunks::<4>();
                samples.extend(bytes.iter().map(|bytes| f32::from_le_bytes(*bytes)));
            }
        }
        for filter in filters {
            filter.filter.apply(samples, 0);
        }
        samples.drain(..range.start - start);
        Ok(())
    }
}

/// The whole samples that a delay is nearest to.
pub(crate) fn whole_samples(delay_ms: f64, rate_hz: f64) -> i64 {
    (delay_ms / 1000.0 * rate_hz).round_ties_even() as i64
}

bulk_kind!(Audio, "audio/1");

#[cfg(test)]
mod tests {
    use super::*;

    fn audio(samples: &[f32]) -> Audio {
        let header = AudioHeader {
            source: "Source 1".into(),
            track_id: 1,
            sample_rate_hz: 48_000,
            samples: samples.len() as u64,
            start_ms: 0.0,
            stem: None,
            filters: Vec::new(),
        };
        let bytes: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
        Audio::new(header, Blob::from_bytes(&bytes)).unwrap()
    }

    #[test]
    fn a_length_that_no_blob_has_is_an_error() {
        let header = AudioHeader { samples: u64::MAX, ..audio(&[]).header };
        assert!(Audio::new(header, Blob::empty()).is_err());
    }

    #[test]
    fn a_target_is_read_along_a_line_of_delays_and_is_silent_where_it_ends() {
        let target = audio(&(1..=4800).map(|n| n as f32).collect::<Vec<f32>>());
        // An event at 1 ms of the reference lies at its start.
        let late = target.unfiltered_along(46..50, 1.0, 0.0).unwrap();
        assert_eq!(late, [0.0, 0.0, 1.0, 2.0]);
        assert_eq!(target.unfiltered_along(4798..4802, 0.0, 0.0).unwrap(), [4799.0, 4800.0, 0.0, 0.0]);
        assert_eq!(target.unfiltered_along(-9..-7, 0.0, 0.0).unwrap(), [0.0, 0.0]);
        // Twice as slow as the reference: half a sample from one to the next.
        let slow = target.unfiltered_along(2000..2003, 0.0, 500.0).unwrap();
        assert!(
            target.unfiltered_along(0..100, 0.0, 1e308).is_err()
                && target.unfiltered_along(0..9, f64::NAN, 1.0).is_err()
        );
        assert_eq!(target.unfiltered_along(0..2, 1e308, 0.001).unwrap(), [0.0, 0.0]);
        assert!(slow.iter().zip([1001.0, 1001.5, 1002.0]).all(|(one, other)| (one - other).abs() < 0.1), "{slow:?}");
    }

    #[test]
    fn samples_are_read_where_they_are_only_if_nothing_has_to_be_computed() {
        let samples: Vec<f32> = (1..=100).map(|n| n as f32).collect();
        let audio = audio(&samples);
        let (mut room, mut raw) = (Vec::new(), Vec::new());
        assert_eq!(audio.padded(20..40, &[], &mut room).unwrap(), &samples[20..40]);
        assert_eq!(room.len(), if cfg!(target_endian = "little") { 0 } else { 20 });
        for range in [-3..4, 97..103, -9..-2, 100..100] {
            let mut copied = Vec::new();
            audio.read_padded(range.clone(), &[], &mut copied).unwrap();
            assert_eq!(audio.padded(range, &[], &mut room).unwrap(), copied);
        }
        // 48 samples to a millisecond.
        for (line, first) in [((1.0, 0.0), 2), ((-0.5, 0.0), 74)] {
            let mut copied = Vec::new();
            audio.read_padded(first..first + 20, &[], &mut copied).unwrap();
            assert_eq!(audio.along(50..70, line, &[], &mut raw, &mut room).unwrap(), copied);
        }
        let mut computed = Vec::new();
        audio.read_along(50..70, (0.25, 1.0), &[], &mut raw, &mut computed).unwrap();
        assert_eq!(audio.along(50..70, (0.25, 1.0), &[], &mut raw, &mut room).unwrap(), computed);
        let filters = [AudioFilter {
            description: "twice".into(),
            pass_band_hz: (0.0, 24_000.0),
            filter: Filter::Fir(vec![2.0]),
        }];
        assert_eq!(audio.padded(0..2, &filters, &mut room).unwrap(), [2.0, 4.0]);
    }

    #[test]
    fn unfiltered_samples_are_those_from_before_the_filters() {
        let mean = AudioFilter {
            description: "mean of two".into(),
            pass_band_hz: (0.0, 12_000.0),
            filter: Filter::Fir(vec![0.5, 0.5]),
        };
        let filtered = audio(&[0.0, 1.0, 0.0, -1.0]).filtered(mean);
        assert_eq!(filtered.samples(1..4).unwrap(), [0.5, 0.5, -0.5]);
        assert_eq!(filtered.unfiltered(1..4).unwrap(), [1.0, 0.0, -1.0]);
        assert!(filtered.unfiltered(2..5).is_err());
    }
}
