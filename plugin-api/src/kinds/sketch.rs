//! The lowest wave of a sound, summed up while it is decoded: enough to find where whole files lie, at a hundredth of the samples.

use crate::{Blob, Error, Result, value::bulk_kind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use vsg_dsp::alignment::Sketch;

/// The sketch of the audio of one source: sums of many samples each, as 32-bit floats in a blob.
#[derive(Debug, Clone)]
pub struct AudioSketch {
    /// Where it comes from.
    pub header: AudioSketchHeader,
    blob: Blob,
}

/// The lowest wave of the audio of a source, below about 190 Hz, as sums of many samples each: enough to tell where whole files lie.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AudioSketchHeader {
    /// `Source 1`, `Source 2`, …
    pub source: String,
    /// Samples per second of the audio.
    pub sample_rate_hz: u32,
    /// Samples of the audio in each value. What does not fill a value at the end of the audio is left out.
    pub samples_per_value: u64,
    /// Number of values.
    pub values: u64,
}

impl AudioSketch {
    /// A sketch over a blob of little-endian 32-bit floats. Fails if the blob has another length than the header says, or without samples in a
    /// value or a second.
    pub fn new(header: AudioSketchHeader, blob: Blob) -> Result<Self> {
        let AudioSketchHeader { source, sample_rate_hz, samples_per_value, values } = &header;
        if *sample_rate_hz == 0 || *samples_per_value == 0 {
            return Err(Error::new(format!(
                "the sketch of {source} has {samples_per_value} samples in a value, and {sample_rate_hz} in a second"
            )));
        }
        if values.checked_mul(4) != Some(blob.as_slice().len() as u64) {
            let bytes = blob.as_slice().len();
            return Err(Error::new(format!("the sketch of {source} has {bytes} bytes for {values} values")));
        }
        Ok(Self { header, blob })
    }

    /// What was summed up of the audio of a source, as a value.
    pub fn of(source: &str, sample_rate_hz: u32, sketch: &Sketch) -> Result<Self> {
        let header = AudioSketchHeader {
            source: source.to_owned(),
            sample_rate_hz,
            samples_per_value: sketch.samples_per_value() as u64,
            values: sketch.values.len() as u64,
        };
        let bytes: Cow<'_, [u8]> = if cfg!(target_endian = "little") {
            Cow::Borrowed(bytemuck::cast_slice(&sketch.values))
        } else {
            sketch.values.iter().flat_map(|value| value.to_le_bytes()).collect()
        };
        Self::new(header, Blob::from_bytes(&bytes))
    }

    /// The sketch, to be compared with others. Fails if it was made in another way than sketches of this version are.
    pub fn read(&self) -> Result<Sketch> {
        let AudioSketchHeader { source, sample_rate_hz, samples_per_value, .. } = &self.header;
        let mut sketch = Sketch::new(f64::from(*sample_rate_hz));
        if *samples_per_value != sketch.samples_per_value() as u64 {
            return Err(Error::new(format!(
                "the sketch of {source} has {samples_per_value} samples in a value instead of {}",
                sketch.samples_per_value()
            )));
        }
        let (values, _) = self.blob.as_slice().as_chunks::<4>();
        sketch.values = values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        Ok(sketch)
    }
}

bulk_kind!(AudioSketch, "sketch/1");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Data;

    fn made() -> AudioSketch {
        let mut sketch = Sketch::new(48_000.0);
        sketch.add(&[0.25; 300]);
        AudioSketch::of("Source 1", 48_000, &sketch).unwrap()
    }

    #[test]
    fn a_sketch_comes_back_as_it_was() {
        let back = AudioSketch::from_value(&made().into_value().unwrap()).unwrap();
        assert_eq!((back.read().unwrap().values, back.header.values), (vec![32.0, 32.0], 2));
    }

    #[test]
    fn headers_that_no_sketch_has_are_errors() {
        let AudioSketch { header, blob } = made();
        for wrong in [
            AudioSketchHeader { values: u64::MAX, ..header.clone() },
            AudioSketchHeader { samples_per_value: 0, ..header.clone() },
            AudioSketchHeader { sample_rate_hz: 0, ..header.clone() },
        ] {
            assert!(AudioSketch::new(wrong, blob.clone()).is_err());
        }
        let other = AudioSketch::new(AudioSketchHeader { samples_per_value: 100, ..header }, blob).unwrap();
        assert!(other.read().is_err());
    }
}
