//! Plugins of strangers: built outside of the workspace, swapped in by one `use` line.

use crate::{
    media,
    program::{Job, build_apart, shipped, workspace},
    tracks::packets,
};

#[test]
fn a_method_of_a_stranger_takes_part_in_a_pipeline() {
    let example = workspace().join("examples/third-party-correlation");
    let plugins = build_apart(&example);
    let pair = media::small();
    let jobs = [
        (Job::new(example.join("pipeline.toml")), "analyzed"),
        (Job::new(shipped("default.toml")).set("correlate.use=acme-correlation/envelope"), "merged"),
    ];
    for (job, status) in jobs {
        let ran = job.arg("--plugins").arg(&plugins).quick().sources(pair.files()).run();
        let report = ran.succeeded();
        assert_eq!(report["status"], status);
        assert_eq!(report["targets"]["Source 2"]["method"], "envelope");
        let raw_ms = report["delays"]["raw_source_delays_ms"]["Source 2"].as_f64().unwrap();
        assert!((raw_ms - pair.truth.delay_ms).abs() <= 1.0, "{raw_ms} ms; {:?}", pair.truth);
    }
}

#[test]
fn a_sync_mode_of_a_stranger_takes_part_in_a_pipeline() {
    let example = workspace().join("examples/third-party-sync-mode");
    let plugins = build_apart(&example);
    let pair = media::subtitled();
    let ran =
        Job::new(example.join("pipeline.toml")).arg("--plugins").arg(&plugins).quick().sources(pair.files()).run();
    let report = ran.succeeded();
    let subtitles = &report["targets"]["Source 2"]["subtitles"];
    assert_eq!(subtitles["mode"], "nudge");
    // The pipeline asks for 120 ms less than the delay; SRT keeps every millisecond.
    let delay_ms = subtitles["tracks"][1]["raw_delay_ms"].as_f64().unwrap();
    assert!((delay_ms - pair.truth.timeline_delay_ms).abs() < 0.1, "{delay_ms} ms; {:?}", pair.truth);
    let (before, after) = (packets(&pair.target, "s:1"), packets(&ran.result(".mkv"), "s:1"));
    assert!(before.len() > 2 && before.len() == after.len());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.hash, after.hash);
        assert_eq!((after.pts_ms - before.pts_ms).round(), (delay_ms - 120.0).floor());
    }
}
