//! The promise to authors: a plugin that was built once loads in every later host of its API version.

use crate::program::{Job, build_apart, library, workspace};
use vsg_plugin_api::abi::API_VERSION;

/// Two stages of the plugin that was frozen with API version 1.
const STAGES: &str =
    "[stage.make]\nuse = \"frozen/make\"\n[stage.sum]\nuse = \"frozen/sum\"\nfrom = { bytes = \"make.bytes\" }\n";

#[test]
fn a_plugin_of_the_first_day_runs_in_this_host() {
    assert_eq!(
        API_VERSION, 1,
        "a new API version: freeze its boundary as tests/abi-{API_VERSION}, and let this test run both, the older one to be refused"
    );
    let folder = build_apart(&workspace().join("tests/abi-1"));
    let sum: u32 = (0..1000_u32).map(|n| n % 251).sum();
    let said = format!("frozen sum {sum}, job told, unknown service refused");
    for arguments in [&[][..], &["--isolate"], &["--no-store"]] {
        let job = Job::of_stages(STAGES).arg("--plugins").arg(library(&folder, "frozen"));
        let ran = arguments.iter().fold(job, |job, argument| job.arg(argument)).run();
        ran.succeeded();
        assert!(ran.log().contains(&said), "{}", ran.log());
    }
}

#[test]
fn a_signature_may_have_fields_that_this_host_does_not_know() {
    let folder = build_apart(&workspace().join("tests/abi-1"));
    let plugin = library(&folder, "frozen");
    let output =
        crate::program::vsg_host(&folder).arg("--plugins").arg(&plugin).args(["inspect", "frozen/make"]).output();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    assert!(text.starts_with("frozen/make\n  Makes bytes.\n"), "{text}");
}
