//! Audio values as a WAV file, and as the outline of their waveform. The only view that knows a kind of media.

use std::{fs::File, ops::Range};
use vsg_plugin_api::{
    Error,
    kinds::Audio,
    report::{Figure, Mark, Series},
};

/// Samples that are read at a time.
const PIECE: usize = 1 << 20;
/// Points of an outline.
const POINTS: usize = 1200;

/// Why no sound came out.
#[derive(Debug, thiserror::Error)]
pub enum SoundError {
    /// The part that was asked for is not in the audio.
    #[error("the audio has {duration_s:.3} s; {from_s:.3} to {to_s:.3} s is no part of it")]
    OutOfRange {
        /// Length of the audio (s).
        duration_s: f64,
        /// Start of the part (s).
        from_s: f64,
        /// End of the part (s).
        to_s: f64,
    },
    /// A WAV file can not be as long.
    #[error("{samples} samples are more than a WAV file can hold; take a part by --from and --to")]
    TooLong {
        /// Samples that were asked for.
        samples: usize,
    },
    /// The samples can not be read.
    #[error("the samples can not be read: {0}")]
    Unreadable(Error),
    /// The file can not be written.
    #[error("{0}")]
    Unwritable(#[from] hound::Error),
}

impl From<std::io::Error> for SoundError {
    fn from(error: std::io::Error) -> Self {
        Self::Unwritable(hound::Error::IoError(error))
    }
}

/// The samples of a part of the audio; without an end, up to the end of the audio.
fn part(audio: &Audio, from_s: f64, to_s: Option<f64>) -> Result<Range<usize>, SoundError> {
    let (rate_hz, duration_s) = (f64::from(audio.header.sample_rate_hz), audio.duration_s());
    let to_s = to_s.unwrap_or(duration_s);
    let place = |time_s: f64| (time_s * rate_hz).round() as usize;
    let is_part = from_s >= 0.0 && from_s < to_s && place(from_s) < place(to_s).min(audio.len());
    if !is_part {
        return Err(SoundError::OutOfRange { duration_s, from_s, to_s });
    }
    Ok(place(from_s)..place(to_s).min(audio.len()))
}

/// Writes a part of audio, behind its filters, as 32-bit float.
///
/// # Errors
/// See [`SoundError`].
pub fn write_wav(audio: &Audio, from_s: f64, to_s: Option<f64>, file: &mut File) -> Result<(), SoundError> {
    let range = part(audio, from_s, to_s)?;
    // The lengths in the file's header are 32-bit.
    if range.len() as u64 * 4 > u64::from(u32::MAX) - 1024 {
        return Err(SoundError::TooLong { samples: range.len() });
    }
    let format = hound::WavSpec {
        channels: 1,
        sample_rate: audio.header.sample_rate_hz,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut wav = hound::WavWriter::new(std::io::BufWriter::new(file), format)?;
    for start in range.clone().step_by(PIECE) {
        let samples = audio.samples(start..(start + PIECE).min(range.end)).map_err(SoundError::Unreadable)?;
        samples.into_iter().try_for_each(|sample| wav.write_sample(sample))?;
    }
    wav.finalize()?;
    Ok(())
}

/// The outline of a part of audio: highest and lowest sample over time.
///
/// # Errors
/// See [`SoundError`].
pub fn waveform(title: &str, audio: &Audio, from_s: f64, to_s: Option<f64>) -> Result<Figure, SoundError> {
    let range = part(audio, from_s, to_s)?;
    let step = range.len().div_ceil(POINTS).max(1);
    let (mut highest, mut lowest) = (Vec::new(), Vec::new());
    for start in range.clone().step_by(step) {
        let samples = audio.samples(start..(start + step).min(range.end)).map_err(SoundError::Unreadable)?;
        let time_s = start as f64 / f64::from(audio.header.sample_rate_hz);
        let extreme = |better: fn(f32, f32) -> f32| samples.iter().copied().reduce(better).map_or(0.0, f64::from);
        highest.push((time_s, extreme(f32::max)));
        lowest.push((time_s, extreme(f32::min)));
    }
    let line = |name: &str, points| Series { name: name.into(), mark: Mark::Line, points };
    Ok(Figure {
        title: title.to_owned(),
        x_label: "time (s)".into(),
        y_label: "amplitude (1 = full scale)".into(),
        series: vec![line("highest", highest), line("lowest", lowest)],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use vsg_plugin_api::{Blob, kinds::AudioHeader};

    fn audio(samples: &[f32]) -> Audio {
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let header = AudioHeader {
            source: "Source 1".into(),
            track_id: 1,
            sample_rate_hz: 1000,
            samples: samples.len() as u64,
            start_ms: 0.0,
            stem: None,
            filters: Vec::new(),
        };
        Audio::new(header, Blob::from_bytes(&bytes)).unwrap()
    }

    #[test]
    fn a_wav_file_holds_just_the_part_that_was_asked_for() {
        let samples: Vec<f32> = (0..2000).map(|n| n as f32 / 4000.0).collect();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("part.wav");
        write_wav(&audio(&samples), 0.5, Some(1.25), &mut File::create(&file).unwrap()).unwrap();
        let mut wav = hound::WavReader::open(&file).unwrap();
        assert_eq!(wav.spec().sample_rate, 1000);
        let read: Vec<f32> = wav.samples().map(Result::unwrap).collect();
        assert_eq!(read, samples[500..1250]);
    }

    #[test]
    fn parts_that_are_not_there_are_refused() {
        let audio = audio(&[0.0; 1000]);
        for (from_s, to_s) in [(1.0, None), (-1.0, None), (0.5, Some(0.5)), (f64::NAN, None), (0.0, Some(f64::NAN))] {
            assert!(matches!(part(&audio, from_s, to_s), Err(SoundError::OutOfRange { .. })), "{from_s} {to_s:?}");
        }
        assert_eq!(part(&audio, 0.25, Some(7.0)).unwrap(), 250..1000);
    }

    #[test]
    fn an_outline_has_the_extremes() {
        let mut samples = vec![0.0; 5000];
        samples[1234] = 0.9;
        samples[4321] = -0.7;
        let figure = waveform("it", &audio(&samples), 0.0, None).unwrap();
        let of = |series: usize| figure.series[series].points.iter().map(|(_, y)| *y);
        assert!((of(0).fold(0.0, f64::max) - 0.9).abs() < 1e-6 && (of(1).fold(0.0, f64::min) + 0.7).abs() < 1e-6);
    }
}
