//! A plugin of a stranger: built outside of the workspace, swapped in by one `use` line.

use crate::{
    media,
    program::{Job, build_apart, shipped, workspace},
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
