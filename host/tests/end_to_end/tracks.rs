//! What ffprobe and mkvmerge say about a file.

use serde_json::Value;
use std::{ffi::OsStr, path::Path, process::Command};

/// Standard output of a tool that must succeed.
pub(crate) fn output<A: AsRef<OsStr>>(tool: &str, args: impl IntoIterator<Item = A>) -> Vec<u8> {
    let output = Command::new(tool).args(args).output().unwrap();
    assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// `mkvmerge -J`.
pub(crate) fn identify(file: &Path) -> Value {
    serde_json::from_slice(&output("mkvmerge", ["-J".as_ref(), file.as_os_str()])).unwrap()
}

/// What a player's menu shows of each track: type, language, name, default, forced.
pub(crate) fn menu(file: &Path) -> Vec<(String, String, String, bool, bool)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let tracks = identify(file)["tracks"].as_array().unwrap().clone();
    tracks
        .iter()
        .map(|track| {
            let properties = &track["properties"];
            let flag = |name: &str| properties[name].as_bool().unwrap_or_default();
            (
                text(&track["type"]),
                text(&properties["language"]),
                text(&properties["track_name"]),
                flag("default_track"),
                flag("forced_track"),
            )
        })
        .collect()
}

/// One packet: presentation time (ms), a hash of its bytes, and whether it can be decoded by itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Packet {
    pub(crate) pts_ms: f64,
    pub(crate) hash: String,
    pub(crate) is_key: bool,
}

/// All packets of a stream, such as `a:0`.
pub(crate) fn packets(file: &Path, stream: &str) -> Vec<Packet> {
    let arguments =
        ["-v", "error", "-select_streams", stream, "-show_packets", "-show_data_hash", "md5", "-of", "json"];
    let text = output("ffprobe", arguments.iter().map(AsRef::<OsStr>::as_ref).chain([file.as_os_str()]));
    let json: Value = serde_json::from_slice(&text).unwrap();
    let packets = json["packets"].as_array().unwrap().iter().map(|packet| Packet {
        pts_ms: packet["pts_time"].as_str().map_or(f64::NAN, |seconds| seconds.parse::<f64>().unwrap() * 1000.0),
        hash: packet["data_hash"].as_str().unwrap().to_owned(),
        is_key: packet["flags"].as_str().unwrap().starts_with('K'),
    });
    packets.collect()
}

/// Starts of the chapters (ms), and their names.
pub(crate) fn chapters(file: &Path) -> Vec<(f64, String)> {
    let text = output(
        "ffprobe",
        ["-v".as_ref(), "error".as_ref(), "-show_chapters".as_ref(), "-of".as_ref(), "json".as_ref(), file.as_os_str()],
    );
    let json: Value = serde_json::from_slice(&text).unwrap();
    let chapters = json["chapters"].as_array().unwrap().iter().map(|chapter| {
        let start_ms = chapter["start_time"].as_str().unwrap().parse::<f64>().unwrap() * 1000.0;
        (start_ms, chapter["tags"]["title"].as_str().unwrap_or_default().to_owned())
    });
    chapters.collect()
}

/// Names of the attached files.
pub(crate) fn attachments(file: &Path) -> Vec<String> {
    let list = identify(file)["attachments"].as_array().unwrap().clone();
    list.iter().map(|attachment| attachment["file_name"].as_str().unwrap().to_owned()).collect()
}

/// Start of an audio track against the picture, as mkvmerge reads it (ms, each rounded half to even).
pub(crate) fn container_delay_ms(file: &Path) -> f64 {
    let identified = identify(file);
    let tracks = identified["tracks"].as_array().unwrap();
    let start_ms = |kind: &str| {
        let track = tracks.iter().find(|track| track["type"] == kind);
        let start_ns = track.and_then(|track| track["properties"]["minimum_timestamp"].as_f64());
        start_ns.map_or(0.0, |ns| (ns / 1e6).round_ties_even())
    };
    start_ms("audio") - start_ms("video")
}
