//! Reads progress out of what tools print.

use std::time::Duration;

use crate::Family;

/// What a line says about progress.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Report {
    /// This much is done, from 0.0 to 1.0.
    Fraction(f64),
    /// The line belongs to a progress report and says nothing of use.
    Noise,
}

/// Reads progress lines of one family of tools.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProgressReader {
    family: Family,
    /// How long the material is whose time ffmpeg reports; without it ffmpeg's lines are not progress.
    total: Option<Duration>,
}

/// The keys of ffmpeg's `-progress` report, besides `stream_…`.
const FFMPEG_KEYS: [&str; 13] = [
    "frame",
    "fps",
    "bitrate",
    "total_size",
    "out_time_us",
    "out_time_ms",
    "out_time",
    "dup_frames",
    "drop_frames",
    "speed",
    "progress",
    "elapsed",
    "psnr",
];

impl ProgressReader {
    pub(crate) fn new(family: Family, total: Option<Duration>) -> ProgressReader {
        ProgressReader { family, total }
    }

    /// What `line` says about progress, or none if it is no progress line.
    pub(crate) fn read(&self, line: &str) -> Option<Report> {
        match self.family {
            Family::Mkvtoolnix => percent(line).map(|percent| Report::Fraction(percent / 100.0)),
            _ => self.read_ffmpeg(line, self.total?),
        }
    }

    fn read_ffmpeg(&self, line: &str, total: Duration) -> Option<Report> {
        let (key, value) = line.split_once('=')?;
        if !FFMPEG_KEYS.contains(&key) && !key.starts_with("stream_") {
            return None;
        }
        let fraction = match (key, value.trim()) {
            ("progress", "end") => Some(1.0),
            ("out_time_us", value) if !total.is_zero() => {
                value.parse::<f64>().ok().map(|us| us / 1e6 / total.as_secs_f64())
            }
            _ => None,
        };
        Some(fraction.filter(|f| f.is_finite()).map_or(Report::Noise, |f| Report::Fraction(f.clamp(0.0, 1.0))))
    }
}

/// N of mkvmerge's `Progress: N%`, or of `#GUI#progress N%`; limited to 0…100.
fn percent(line: &str) -> Option<f64> {
    let rest = line.strip_prefix("Progress: ").or_else(|| line.strip_prefix("#GUI#progress "))?;
    let percent: i64 = rest.trim().strip_suffix('%')?.parse().ok()?;
    Some(percent.clamp(0, 100) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mkvmerge_percentages_become_fractions() {
        let reader = ProgressReader::new(Family::Mkvtoolnix, None);
        assert_eq!(reader.read("Progress: 25%"), Some(Report::Fraction(0.25)));
        assert_eq!(reader.read("#GUI#progress 100%"), Some(Report::Fraction(1.0)));
        assert_eq!(reader.read("Progress: abc%"), None);
        assert_eq!(reader.read("The cue entries are being written..."), None);
    }

    #[test]
    fn ffmpeg_reports_are_read_against_the_total() {
        let reader = ProgressReader::new(Family::Ffmpeg, Some(Duration::from_secs(8)));
        assert_eq!(reader.read("out_time_us=2000000"), Some(Report::Fraction(0.25)));
        assert_eq!(reader.read("out_time_us=N/A"), Some(Report::Noise));
        assert_eq!(reader.read("out_time_us=99000000"), Some(Report::Fraction(1.0)));
        assert_eq!(reader.read("stream_0_0_q=28.0"), Some(Report::Noise));
        assert_eq!(reader.read("progress=end"), Some(Report::Fraction(1.0)));
        assert_eq!(reader.read("Error: option a=b"), None);
    }

    #[test]
    fn without_a_total_ffmpeg_lines_are_ordinary() {
        assert_eq!(ProgressReader::new(Family::Ffmpeg, None).read("out_time_us=2000000"), None);
    }
}
