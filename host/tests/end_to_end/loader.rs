//! Libraries that are not plugins that can be used: one clear line each, exit code 3.

use crate::program::{built, library, shipped, vsg_host, workspace};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

/// Builds a library from a few lines of Rust that know nothing of the plugin API.
fn compile(folder: &Path, name: &str, code: &str) -> PathBuf {
    let (source, place) = (folder.join(format!("{name}.rs")), folder.join(format!("{name}.so")));
    fs::write(&source, code).unwrap();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let status = Command::new(rustc)
        .args(["--edition", "2024", "--crate-type", "cdylib", "-o"])
        .args([&place, &source])
        // The toolchain is the one of the workspace.
        .current_dir(workspace())
        .status();
    assert!(status.unwrap().success(), "{name} does not build");
    place
}

fn version(number: u32) -> String {
    format!("#[unsafe(no_mangle)] pub static VSG_PLUGIN_API: u32 = {number};\n")
}

fn vsg(folder: &Path, args: &[&std::ffi::OsStr]) -> Output {
    vsg_host(&folder.join("home")).args(args).output().unwrap()
}

/// What `check` says when it is given this library.
fn refusal(folder: &Path, path: &Path) -> String {
    let pipeline = shipped("analyze.toml");
    let output = vsg(folder, &["--plugins".as_ref(), path.as_ref(), "check".as_ref(), pipeline.as_ref()]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    plain(folder, &text)
}

fn plain(folder: &Path, text: &str) -> String {
    let text = text.replace(folder.to_str().unwrap(), "PLUGINS");
    text.replace(built().to_str().unwrap(), "PROGRAM")
}

/// One library for each way not to be a plugin.
fn broken(folder: &Path) -> Vec<PathBuf> {
    let root = "#[unsafe(no_mangle)] pub static _1as_0lib_1header_0root_bmodule_bloader: [u8; 1024] = [0; 1024];\n";
    fs::write(folder.join("a_text.so"), "This is not a library.\n".repeat(100)).unwrap();
    fs::write(folder.join("b_empty.so"), "").unwrap();
    vec![
        folder.join("a_text.so"),
        folder.join("b_empty.so"),
        compile(
            folder,
            "c_some_library",
            "#[unsafe(no_mangle)] pub extern \"C\" fn add(a: i32, b: i32) -> i32 { a + b }",
        ),
        compile(folder, "d_from_the_future", &version(99)),
        compile(folder, "e_without_root", &version(1)),
        compile(folder, "f_with_a_false_root", &(version(1) + root)),
    ]
}

#[test]
fn a_library_that_can_not_be_used_is_one_clear_line() {
    let folder = TempDir::new().unwrap();
    let mut lines: Vec<String> = broken(folder.path()).iter().map(|path| refusal(folder.path(), path)).collect();
    lines.push(refusal(folder.path(), &folder.path().join("g_missing.so")));
    let twin = folder.path().join("h_twin.so");
    fs::copy(library(built(), "delays"), &twin).unwrap();
    lines.push(refusal(folder.path(), &twin));
    insta::assert_snapshot!(lines.concat());
}

#[test]
fn a_library_that_is_cut_short_is_refused_before_it_is_opened() {
    let folder = TempDir::new().unwrap();
    let whole = fs::read(library(built(), "delays")).unwrap();
    for length in [1000, 5000, whole.len() / 2, whole.len() - 1] {
        let place = folder.path().join("libcut.so");
        fs::write(&place, &whole[..length]).unwrap();
        let text = refusal(folder.path(), &place);
        assert!(text.contains("is not a library that can be loaded: it is cut short"), "{length}: {text}");
    }
}

#[test]
fn all_plugins_are_listed_broken_ones_with_the_reason() {
    let folder = TempDir::new().unwrap();
    broken(folder.path());
    let output = vsg(folder.path(), &["--plugins".as_ref(), folder.path().as_ref(), "plugins".as_ref()]);
    let text = plain(folder.path(), &String::from_utf8(output.stdout).unwrap());
    assert_eq!(output.status.code(), Some(3), "{text}");
    let (good, rest) = text.split_once("\nnot usable:\n").unwrap();
    let (bad, places) = rest.split_once("\nlooked in:\n").unwrap();
    for stage in ["media/decode", "correlation-gcc/phat", "mux-mkvmerge/mux", "misbehaving/count"] {
        assert!(good.contains(&format!("\n  {stage} ")), "{good}");
    }
    assert_eq!(bad.lines().count(), 6, "{bad}");
    assert!(places.starts_with("  PLUGINS\n") && places.contains("  PROGRAM\n"), "{places}");
}

#[test]
fn a_broken_plugin_is_no_matter_to_a_pipeline_that_does_not_use_it() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("libnothing.so"), "text").unwrap();
    let pipeline = shipped("analyze.toml");
    let output =
        vsg(folder.path(), &["--plugins".as_ref(), folder.path().as_ref(), "check".as_ref(), pipeline.as_ref()]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_stage_of_a_broken_plugin_names_the_plugin() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("libacme.so"), "text").unwrap();
    let pipeline = folder.path().join("acme.toml");
    fs::write(&pipeline, "[stage.mine]\nuse = \"acme/mine\"\n").unwrap();
    let output =
        vsg(folder.path(), &["--plugins".as_ref(), folder.path().as_ref(), "check".as_ref(), pipeline.as_ref()]);
    let text = plain(folder.path(), &String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("no plugin `acme` is loaded"), "{text}");
    assert!(text.contains("error: `PLUGINS/libacme.so` is not a library that can be loaded"), "{text}");
}

#[test]
fn a_folder_that_is_named_in_two_ways_is_one_folder() {
    let folder = TempDir::new().unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(built(), &link).unwrap();
    let pipeline = shipped("analyze.toml");
    let args = [
        "--plugins".as_ref(),
        link.as_os_str(),
        "--plugins".as_ref(),
        ".".as_ref(),
        "check".as_ref(),
        pipeline.as_ref(),
    ];
    let output = vsg_host(folder.path()).args(args).current_dir(built()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}
