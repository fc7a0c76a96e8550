//! What a track is called where a user chooses tracks.

use crate::pcm::pcm_detail;
use crate::{Stream, Track, TrackKind};

/// Codecs whose name says more than their Matroska id.
const CODECS: [(&str, &str); 21] = [
    ("V_MPEGH/ISO/HEVC", "HEVC/H.265"),
    ("V_MPEG4/ISO/AVC", "AVC/H.264"),
    ("V_MPEG1", "MPEG-1"),
    ("V_MPEG2", "MPEG-2"),
    ("V_VP9", "VP9"),
    ("V_AV1", "AV1"),
    ("A_AC3", "AC-3"),
    ("A_EAC3", "E-AC3 / DD+"),
    ("A_DTS", "DTS"),
    ("A_TRUEHD", "TrueHD"),
    ("A_FLAC", "FLAC"),
    ("A_AAC", "AAC"),
    ("A_OPUS", "Opus"),
    ("A_VORBIS", "Vorbis"),
    ("A_PCM/INT/LIT", "PCM"),
    ("A_MS/ACM", "MS-ACM"),
    ("S_HDMV/PGS", "PGS"),
    ("S_TEXT/UTF8", "SRT"),
    ("S_TEXT/ASS", "ASS"),
    ("S_TEXT/SSA", "SSA"),
    ("S_VOBSUB", "VobSub"),
];

/// One line: `<codec> (<language>)[ '<name>'][ (<pcm detail>)] | <detail>, <detail>, …`.
///
/// `stream` is ffprobe's view of the same track, where there is one.
#[must_use]
pub fn describe(track: &Track, stream: Option<&Stream>) -> String {
    let mut text = format!("{} ({})", codec(track, stream), track.language_or_und());
    if let Some(name) = track.name.as_deref().filter(|name| !name.is_empty()) {
        text.push_str(&format!(" '{name}'"));
    }
    let details = match track.kind {
        TrackKind::Video => stream.map(video_details).unwrap_or_default(),
        TrackKind::Audio => {
            if let Some(detail) = stream.and_then(|stream| pcm_detail(stream.codec_name.as_deref()?)) {
                text.push_str(&format!(" ({detail})"));
            }
            audio_details(track, stream)
        }
        TrackKind::Subtitles | TrackKind::Buttons | TrackKind::Other => Vec::new(),
    };
    if !details.is_empty() {
        text.push_str(" | ");
        text.push_str(&details.join(", "));
    }
    text
}

fn codec(track: &Track, stream: Option<&Stream>) -> String {
    let profile = stream.and_then(|stream| stream.profile.as_deref()).unwrap_or_default();
    for name in ["DTS-HD MA", "DTS-HD HRA"] {
        if profile.contains(name) {
            return name.to_owned();
        }
    }
    if stream.and_then(|stream| stream.codec_long_name.as_deref()).is_some_and(|name| name.contains("Atmos")) {
        return "TrueHD / Atmos".to_owned();
    }
    let id = track.codec_id.as_deref().unwrap_or("N/A");
    match CODECS.iter().find(|(known, _)| *known == id) {
        Some((_, name)) => (*name).to_owned(),
        None if id.starts_with("V_MPEG") => "MPEG".to_owned(),
        None => id.to_owned(),
    }
}

fn video_details(stream: &Stream) -> Vec<String> {
    let mut details = Vec::new();
    if let (Some(width), Some(height)) = (stream.width, stream.height) {
        details.push(format!("{width}x{height}"));
    }
    if let Some(rate) = stream.r_frame_rate {
        details.push(format!("{:.3} fps", rate.value()));
    }
    if let Some(bit_rate) = stream.bit_rate {
        details.push(format!("{:.1} Mb/s", bit_rate as f64 / 1e6));
    }
    if let Some(profile) = &stream.profile {
        details.push(format!("{profile}{}", stream.level.map(level).unwrap_or_default()));
    }
    match stream.color_transfer.as_deref() {
        Some("smpte2084") => details.push("HDR".to_owned()),
        Some("arib-std-b67") => details.push("HLG".to_owned()),
        _ => {}
    }
    if stream.side_data.iter().any(|kind| kind.contains("DOVI")) {
        details.push("Dolby Vision".to_owned());
    }
    details
}

/// `@L4.1` for 41 and also `@L1.5` for 153: the first two digits, as the reference program writes it.
fn level(level: u32) -> String {
    let digits = level.to_string();
    match digits.get(..2) {
        Some(two) => format!("@L{}.{}", &two[..1], &two[1..]),
        None => format!("@L{digits}"),
    }
}

fn audio_details(track: &Track, stream: Option<&Stream>) -> Vec<String> {
    let mut details = Vec::new();
    if let Some(bit_rate) = stream.and_then(|stream| stream.bit_rate) {
        details.push(format!("{} kb/s", with_thousands(bit_rate / 1000)));
    }
    if let Some(rate_hz) = track.sample_rate_hz {
        details.push(format!("{rate_hz} Hz"));
    }
    if let Some(bits) = track.bits_per_sample {
        details.push(format!("{bits}-bit"));
    }
    if let Some(channels) = track.channels {
        details.push(format!("{channels} ch"));
    }
    let by_count = || match track.channels? {
        1 => Some("Mono"),
        2 => Some("Stereo"),
        6 => Some("5.1"),
        8 => Some("7.1"),
        _ => None,
    };
    if let Some(layout) = track.channel_layout.as_deref().filter(|layout| !layout.is_empty()).or_else(by_count) {
        details.push(layout.to_owned());
    }
    details
}

fn with_thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(with_thousands(0), "0");
        assert_eq!(with_thousands(999), "999");
        assert_eq!(with_thousands(1_234_567), "1,234,567");
    }
}
