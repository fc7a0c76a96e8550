//! When the first sample that a decoder gives is presented, and how mkvmerge's timestamps differ from ffmpeg's.

use serde::Deserialize;
use std::path::Path;
use vsg_plugin_api::prelude::*;

/// Presentation time of the first decoded sample (ms) of the `index`-th audio track, in ffmpeg's reading of the container.
/// Samples that the container says to skip do not count. 0 if the container has no timestamps.
pub(crate) fn first_sample_ms(ctx: &Ctx<'_>, file: &Path, index: usize) -> Result<f64> {
    #[derive(Deserialize)]
    struct Frames {
        #[serde(default)]
        frames: Vec<Frame>,
    }
    #[derive(Deserialize)]
    struct Frame {
        pts_time: Option<String>,
        best_effort_timestamp_time: Option<String>,
        #[serde(default)]
        nb_samples: u64,
    }
    let output = ctx
        .question(Tool::Ffprobe)?
        .args(["-v", "error", "-select_streams", &format!("a:{index}"), "-read_intervals", "%+#16", "-show_frames"])
        .args(["-show_entries", "frame=pts_time,best_effort_timestamp_time,nb_samples", "-of", "json"])
        .arg(file)
        .output()?;
    let frames: Frames = answer(&output.stdout, file)?;
    let first = frames.frames.into_iter().find(|frame| frame.nb_samples > 0);
    let time = first.and_then(|frame| frame.pts_time.or(frame.best_effort_timestamp_time));
    Ok(time.and_then(|text| text.parse::<f64>().ok()).map_or(0.0, |seconds| seconds * 1000.0))
}

fn answer<T: serde::de::DeserializeOwned>(json: &[u8], file: &Path) -> Result<T> {
    serde_json::from_slice(json).map_err(|error| {
        Error::new(format!("can not read what ffprobe says about `{}`: {error}", file.display()))
            .help("run vsg-host doctor; the installed ffprobe may not be a working one")
    })
}

/// The same from what ffmpeg's `framecrc` says of the first frame: a time base, then lines of index, decoding time,
/// presentation time and so on. `None` if there is no frame or no time.
pub(crate) fn presented_ms(framecrc: &str) -> Option<f64> {
    let (numerator, denominator) = framecrc.lines().find_map(|line| line.strip_prefix("#tb 0: ")?.split_once('/'))?;
    let time_base_s = numerator.trim().parse::<f64>().ok()? / denominator.trim().parse::<f64>().ok()?;
    let frame = framecrc.lines().find(|line| !line.starts_with('#') && !line.trim().is_empty())?;
    let ticks: f64 = frame.split(',').nth(2)?.trim().parse().ok()?;
    Some(ticks * time_base_s * 1000.0).filter(|ms| ms.is_finite())
}

/// One packet of a stream.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Packet {
    pts_ms: f64,
    hash: String,
}

/// The packets of the first `seconds` of a stream, such as `a:0` or `v:0`. Pictures count from the first one on that can be
/// decoded by itself, because mkvmerge begins there.
pub(crate) fn first_packets(ctx: &Ctx<'_>, file: &Path, stream: &str, seconds: u32) -> Result<Vec<Packet>> {
    #[derive(Deserialize)]
    struct Packets {
        #[serde(default)]
        packets: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        pts_time: Option<String>,
        #[serde(default)]
        flags: String,
        #[serde(default)]
        data_hash: String,
    }
    let output = ctx
        .question(Tool::Ffprobe)?
        .args(["-v", "error", "-select_streams", stream, "-read_intervals", &format!("%+{seconds}"), "-show_packets"])
        .args(["-show_data_hash", "crc32", "-show_entries", "packet=pts_time,flags,data_hash", "-of", "json"])
        .arg(file)
        .output()?;
    let packets: Packets = answer(&output.stdout, file)?;
    let is_video = stream.starts_with('v');
    let decodable = packets.packets.into_iter().skip_while(|entry| is_video && !entry.flags.starts_with('K'));
    let timed = decodable.filter_map(|entry| {
        let seconds: f64 = entry.pts_time?.parse().ok()?;
        Some(Packet { pts_ms: seconds * 1000.0, hash: entry.data_hash })
    });
    Ok(timed.collect())
}

/// What was added to the timestamps of a stream on the way from `before` to `after` (ms): at the packet nearest to the first
/// sample, which is presented at `first_sample_ms`, that both files have and that is like no other; if there is none, at one
/// that may have twins, as silence has. `None` if no packet is in both.
pub(crate) fn offset_by_bytes_ms(before: &[Packet], after: &[Packet], first_sample_ms: f64) -> Option<f64> {
    let count = |packets: &[Packet]| {
        let mut counts = std::collections::HashMap::<String, usize>::new();
        packets.iter().for_each(|packet| *counts.entry(packet.hash.clone()).or_default() += 1);
        counts
    };
    let (counts_before, counts_after) = (count(before), count(after));
    let is_unique = |packet: &&Packet| counts_before[&packet.hash] == 1 && counts_after.get(&packet.hash) == Some(&1);
    let distance = |packet: &Packet| (packet.pts_ms - first_sample_ms).abs();
    let mut nearest: Vec<&Packet> = before.iter().collect();
    nearest.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    let twin = |packet: &&Packet| Some(after.iter().find(|other| other.hash == packet.hash)?.pts_ms - packet.pts_ms);
    let unique = nearest.iter().copied().find(is_unique);
    unique.as_ref().and_then(twin).or_else(|| nearest.iter().find_map(twin))
}

/// The same where mkvmerge writes the bytes of packets anew: by position.
pub(crate) fn offset_by_position_ms(before: &[Packet], after: &[Packet]) -> Option<f64> {
    Some(after.first()?.pts_ms - before.first()?.pts_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packets(list: &[(f64, &str)]) -> Vec<Packet> {
        list.iter().map(|(pts_ms, hash)| Packet { pts_ms: *pts_ms, hash: (*hash).to_owned() }).collect()
    }

    #[test]
    fn the_offset_is_that_of_the_packet_of_the_first_sample() {
        let before = packets(&[(-21.333, "a"), (0.0, "b")]);
        let offset_ms = |after: &[(f64, &str)]| offset_by_bytes_ms(&before, &packets(after), 0.0).unwrap();
        assert!((offset_ms(&[(0.0, "a"), (21.332, "b")]) - 21.332).abs() < 1e-9);
        assert!((offset_ms(&[(0.0, "info"), (24.0, "a")]) - 45.333).abs() < 1e-9);
        assert_eq!(offset_by_bytes_ms(&before, &packets(&[(0.0, "other")]), 0.0), None);
        assert_eq!(offset_by_bytes_ms(&[], &before, 0.0), None);
    }

    #[test]
    fn silence_is_like_silence_and_does_not_tell_where_it_is() {
        let before = packets(&[(25.0, "silent"), (49.0, "silent"), (73.0, "loud"), (97.0, "end")]);
        // The other file holds one silent packet more.
        let after = packets(&[(0.0, "silent"), (24.0, "silent"), (48.0, "silent"), (72.0, "loud")]);
        assert_eq!(offset_by_bytes_ms(&before, &after, 25.0), Some(-1.0));
        assert_eq!(offset_by_bytes_ms(&before[..2], &after[..3], 25.0), Some(-25.0));
    }

    #[test]
    fn the_first_frame_tells_its_time() {
        let text = "#software: Lavf59\n#tb 0: 1/48000\n#media_type 0: audio\n0,      14160,      14160,     1536,     3072, 0x0\n";
        assert_eq!(presented_ms(text), Some(295.0));
        assert_eq!(presented_ms("#tb 0: 1/48000\n"), None);
        assert_eq!(presented_ms("nonsense"), None);
    }

    #[test]
    fn rewritten_packets_are_compared_by_position() {
        assert_eq!(offset_by_position_ms(&packets(&[(1400.0, "adts")]), &packets(&[(0.0, "raw")])), Some(-1400.0));
        assert_eq!(offset_by_position_ms(&[], &packets(&[(0.0, "raw")])), None);
    }
}
