//! Comparing variants of a pipeline, and pipelines with each other, on generated pairs with known delays.

use crate::{
    media,
    program::{Job, Ran, new_folder, shipped},
};
use serde_json::Value;
use std::{fs, path::Path};

/// Half a sample at 48 kHz (ms).
const HALF_A_SAMPLE_MS: f64 = 0.011;

/// Variants of the pipeline that measures: one that is sound, one on whole samples, and one that asks for more than there is.
const VARIANTS: &str = "
[compare]
measure = [\"correlate.correlation\", \"delay.delay\"]
baseline = \"plain\"
[variant.whole]
description = \"Whole samples.\"
stage.correlate.with.peak_fit = \"sample\"
[variant.plain]
[variant.strict]
stage.delay.with.min_accepted = 100
[stage.correlate.with]
windows = 4
window_s = 5.0
";

/// Writes a pipeline into the folder of the job and compares.
fn comparing(text: &str) -> Job {
    let folder = new_folder();
    let pipeline = folder.path().join("compared.toml");
    fs::write(&pipeline, text).unwrap();
    Job::of_verb("compare", folder, [pipeline])
}

/// The pipeline that measures, with variants.
fn measuring(variants: &str) -> Job {
    comparing(&format!("extends = {:?}\n{variants}", shipped("analyze.toml")))
}

fn without_strict() -> String {
    VARIANTS.replace("[variant.strict]\nstage.delay.with.min_accepted = 100\n", "")
}

/// What was written as JSON.
fn facts(ran: &Ran, name: &str) -> Value {
    let path = ran.folder.path().join("out").join(name);
    serde_json::from_slice(&fs::read(&path).unwrap_or_else(|error| panic!("{name}: {error}\n{}", ran.stderr())))
        .unwrap()
}

fn row<'f>(facts: &'f Value, variant: &str) -> &'f Value {
    let rows = facts["targets"][0]["variants"].as_array().unwrap();
    rows.iter().find(|row| row["variant"] == variant).unwrap()
}

#[test]
fn variants_are_measured_against_each_other_and_the_truth() {
    let pair = media::small();
    let truth = pair.truth.delay_ms.to_string();
    let ran = measuring(&without_strict()).arg("--truth").arg(truth).sources(pair.files()).run();
    assert_eq!(ran.output.status.code(), Some(0), "{}", ran.stderr());
    ran.left_nothing_half_done();
    assert_eq!(ran.results().len(), 3, "{:?}", ran.results());
    let facts = facts(&ran, "film.compare.json");
    assert_eq!((&facts["format"], &facts["baseline"]), (&1.into(), &"plain".into()));
    let (plain, whole) = (row(&facts, "plain"), row(&facts, "whole"));
    let number = |row: &Value, field: &str| row[field].as_f64().unwrap_or_else(|| panic!("{field} of {row:#}"));
    assert!(number(plain, "error_ms").abs() <= HALF_A_SAMPLE_MS, "{plain:#}");
    assert_eq!(number(plain, "difference_ms"), 0.0);
    let difference_ms = number(whole, "delay_ms") - number(plain, "delay_ms");
    assert!((number(whole, "difference_ms") - difference_ms).abs() < 1e-9);
    assert!(
        difference_ms != 0.0 && difference_ms.abs() <= HALF_A_SAMPLE_MS,
        "whole samples differ a little: {whole:#}"
    );
    assert_eq!(whole["agrees_with_baseline"], true);
    assert_eq!(
        (&plain["measured"], &plain["accepted"], &plain["within_1_ms_pct"]),
        (&4.into(), &4.into(), &100.0.into())
    );
    assert!(number(plain, "spread_ms") <= number(plain, "range_ms"));
    assert_eq!(plain["values"]["delay.delay"]["raw_ms"], plain["delay_ms"]);
    assert_eq!(plain["own"]["stages"], 3, "its correlation, its diagnosis and its delay");
    let shared = &facts["targets"][0]["shared"];
    assert_eq!(shared["stages"], 7, "probe, audio and dialogue of both sources, and the alignment");
    assert!(shared["wall_s"].as_f64().unwrap() > 0.0 && shared["cpu_s"].as_f64().unwrap() > 0.0, "{shared:#}");
    let table = ran.stdout();
    assert!(table.contains("to plain ms") && table.contains("baseline") && table.contains("4/4"), "{table}");
    assert!(table.contains(&format!("{:.3}", number(plain, "delay_ms"))), "{table}");
    let page = fs::read_to_string(ran.result(".compare.html")).unwrap();
    assert!(
        page.contains("<svg")
            && page.contains("Whole samples.")
            && page.contains("correlate.peak_fit = &quot;sample&quot;")
    );
    let log = ran.log();
    assert!(log.starts_with("=== Starting Job: ") && log.ends_with("=== Job Finished ===\n"), "{log}");
}

#[test]
fn what_variants_share_runs_once_without_a_store_too() {
    let journal = "journal = \"journal.txt\"";
    let text = format!(
        "[job]\nreference = \"film.mkv\"\ntargets = [\"film.mkv\"]\n\
         [stage.all]\nuse = \"misbehaving/count\"\nwith = {{ name = \"shared\", plus = 5, {journal} }}\n\
         [stage.sum]\nuse = \"misbehaving/count\"\neach = \"targets\"\nfrom.numbers = \"all.number\"\n\
         with = {{ name = \"sum\", {journal} }}\n\
         [stage.unused]\nuse = \"misbehaving/count\"\nwith = {{ name = \"unused\", {journal} }}\n\
         [compare]\nmeasure = [\"sum.number\", \"all.number\"]\n\
         [variant.one]\n[variant.two]\nstage.sum.with.plus = 2\n[variant.again]\n"
    );
    let job = comparing(&text);
    fs::write(job.path("film.mkv"), "not looked into").unwrap();
    let ran = job.within().arg("--no-store").run();
    assert_eq!(ran.output.status.code(), Some(0), "{}", ran.stderr());
    let journal = fs::read_to_string(ran.folder.path().join("journal.txt")).unwrap();
    let starts = |name: &str| journal.lines().filter(|line| line.contains(name) && line.contains("starts")).count();
    assert_eq!((starts("shared"), starts("sum"), starts("unused")), (1, 2, 0), "{journal}");
    let facts = facts(&ran, "film.compare.json");
    let value = |variant: &str| row(&facts, variant)["values"]["sum.number"]["value"].as_u64().unwrap();
    assert_eq!([value("one"), value("two"), value("again")], [6, 7, 6], "kinds that nobody knows are told as they are");
    assert_eq!(row(&facts, "two")["delay_ms"], Value::Null);
    let others = facts["others"].as_array().unwrap();
    assert_eq!((others.len(), &others[0]["value"]["value"], &others[0]["source"]), (3, &5.into(), &Value::Null));
}

#[test]
fn a_variant_that_fails_does_not_stop_the_others() {
    let pair = media::small();
    let ran = measuring(VARIANTS).sources(pair.files()).run();
    assert_eq!(ran.output.status.code(), Some(1), "{}", ran.stderr());
    assert!(ran.stderr().contains("not everything was measured: variant `strict`"), "{}", ran.stderr());
    let facts = facts(&ran, "film.compare.json");
    let strict = row(&facts, "strict");
    let failure = strict["failure"].as_str().unwrap();
    assert!(failure.starts_with("delay@Source 2 [strict]: "), "{failure}");
    assert_eq!(strict["accepted"], 4, "what came before the failure is told: {strict:#}");
    assert!(strict["delay_ms"].is_null(), "a delay that was refused is not taken from the windows: {strict:#}");
    assert!(row(&facts, "plain")["failure"].is_null() && row(&facts, "whole")["delay_ms"].is_f64());
    let page = fs::read_to_string(ran.result(".compare.html")).unwrap();
    assert!(page.contains("✗ strict: delay@Source 2 [strict]"), "the page tells of it");
    assert!(ran.stdout().contains("✗ strict: "), "{}", ran.stdout());
}

#[test]
fn pipelines_of_their_own_are_compared_by_what_they_have_in_common() {
    let pair = media::small();
    let folder = new_folder();
    let write = |name: &str, windows: u32| {
        let path = folder.path().join(name);
        let with = format!("[stage.correlate.with]\nwindows = {windows}\nwindow_s = 5.0\n");
        fs::write(&path, format!("extends = {:?}\n{with}", shipped("analyze.toml"))).unwrap();
        path
    };
    let pipelines = [write("few.toml", 3), write("many.toml", 6)];
    let ran = Job::of_verb("compare", folder, pipelines).sources(pair.files()).run();
    assert_eq!(ran.output.status.code(), Some(0), "{}", ran.stderr());
    let facts = facts(&ran, "film.compare.json");
    assert_eq!(facts["baseline"], "few");
    assert_eq!((&row(&facts, "few")["measured"], &row(&facts, "many")["measured"]), (&3.into(), &6.into()));
    assert_eq!(facts["variants"][1]["differences"], serde_json::json!(["correlate.windows = 6"]));
    let measured = facts["measure"].as_array().unwrap().iter().map(|output| output["output"].as_str().unwrap());
    assert_eq!(measured.collect::<Vec<_>>(), ["correlate.correlation", "delay.delay"]);
}

#[test]
fn a_list_of_pairs_is_measured_to_its_end_and_summed_up() {
    let (pair, late) = (media::small(), media::late());
    let folder = new_folder();
    let pipeline = folder.path().join("compared.toml");
    fs::write(&pipeline, format!("extends = {:?}\n{}", shipped("analyze.toml"), without_strict())).unwrap();
    fs::write(folder.path().join("broken.mkv"), "no film").unwrap();
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let (reference, target) = (path(&pair.reference), path(&pair.target));
    let list = format!(
        "name,reference,target,truth_ms\nsmall,{reference},{target},{}\nbroken,{reference},broken.mkv,1\n\
         missing,nowhere.mkv,{target},5\n,{},{},{}\n",
        pair.truth.delay_ms,
        path(&late.reference),
        path(&late.target),
        late.truth.delay_ms
    );
    fs::write(folder.path().join("pairs.csv"), list).unwrap();
    let list = folder.path().join("pairs.csv");
    let ran = Job::of_verb("compare", folder, [pipeline]).arg("--pairs").arg(list).run();
    assert_eq!(ran.output.status.code(), Some(1), "{}", ran.stderr());
    let text = ran.stderr().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("of 2 of 4 pairs not everything was measured: broken, missing"), "{text}");
    assert!(text.contains("pair 4 of 4: 004 film"), "{text}");
    ran.left_nothing_half_done();
    let facts = facts(&ran, "pairs.compare.json");
    let pairs = facts["pairs"].as_array().unwrap();
    let failures: Vec<bool> = pairs.iter().map(|pair| pair["failure"].is_string()).collect();
    assert_eq!(failures, [false, true, true, false]);
    assert!(pairs[1]["failure"].as_str().unwrap().contains("probe@Source 2: "), "{}", pairs[1]["failure"]);
    assert!(pairs[2]["compared"].is_null() && pairs[2]["failure"].as_str().unwrap().contains("nowhere.mkv"));
    for method in facts["methods"].as_array().unwrap() {
        let number = |field: &str| method[field].as_f64().unwrap_or_else(|| panic!("{field} of {method:#}"));
        assert_eq!((number("measured"), number("failed"), number("with_truth")), (2.0, 2.0, 2.0));
        assert!(number("median_error_ms") <= number("max_error_ms") && number("max_error_ms") <= HALF_A_SAMPLE_MS);
        assert!((number("true_within_1_ms_pct") - 50.0).abs() < 1e-9, "two broken pairs have a truth: {method:#}");
        assert_eq!((number("agrees_with_baseline_pct"), number("accepted_pct")), (100.0, 100.0));
        assert!(method["own"]["wall_s"].as_f64().unwrap() > 0.0);
    }
    assert!(ran.folder.path().join("out/small/film.compare.html").is_file());
    let lines = fs::read_to_string(ran.folder.path().join("out/pairs.compare.csv")).unwrap();
    assert_eq!(lines.lines().count(), 1 + 2 + 2 + 1 + 2, "{lines}");
    let missing = lines.lines().find(|line| line.starts_with("missing,")).unwrap();
    assert!(missing.contains("nowhere.mkv,") && missing.contains(&target) && missing.contains(",5.0,"), "{missing}");
    let page = fs::read_to_string(ran.folder.path().join("out/pairs.compare.html")).unwrap();
    assert!(page.contains("<h2>004 film</h2>") && page.matches("<svg").count() == 2, "two pairs have figures");
}

#[test]
fn the_truth_of_a_sample_pair_is_that_of_its_files() {
    let pair = media::small();
    let size = |path: &Path| fs::metadata(path).unwrap().len();
    let truth = |target_bytes: u64| {
        let job = measuring(&without_strict());
        let text = serde_json::json!({
            "delay_ms": pair.truth.delay_ms, "reference_bytes": size(&pair.reference), "target_bytes": target_bytes,
        });
        fs::write(job.path("truth.json"), text.to_string()).unwrap();
        let truth = job.path("truth.json");
        job.arg("--truth").arg(truth).sources(pair.files()).run()
    };
    let right = truth(size(&pair.target));
    assert_eq!(right.output.status.code(), Some(0), "{}", right.stderr());
    assert!(row(&facts(&right, "film.compare.json"), "plain")["error_ms"].as_f64().unwrap().abs() <= HALF_A_SAMPLE_MS);
    refused(&truth(1), &["it is about another file than"]);
}

/// Asserts that nothing was begun.
fn refused(ran: &Ran, parts: &[&str]) {
    ran.failed(2, parts);
    assert_eq!(ran.results(), [""; 0]);
}

#[test]
fn what_can_not_be_compared_is_refused_before_anything_runs() {
    let pair = media::small();
    let files = || pair.files();
    let of = |pipelines: &[&Path]| Job::of_verb("compare", new_folder(), pipelines);
    let analyze = shipped("analyze.toml");
    refused(&of(&[&analyze]).sources(files()).run(), &["has no variants, so there is nothing to compare"]);
    refused(&of(&[&analyze, &analyze]).sources(files()).run(), &["two pipelines are named `analyze`"]);
    let comparison = shipped("compare-correlation.toml");
    refused(&of(&[&analyze, &comparison]).sources(files()).run(), &["is a comparison itself"]);
    refused(&of(&[&comparison]).sources([&pair.reference]).run(), &["there is no target to compare with"]);
    refused(&of(&[&comparison]).arg("--measure").arg("delay.delay").sources(files()).run(), &["says itself what is"]);
    refused(&of(&[&comparison]).arg("--pairs").arg("p.csv").sources(files()).run(), &["files are given twice"]);
    refused(&of(&[&comparison]).arg("--pairs").arg("/nowhere/p.csv").run(), &["can not read the list of pairs"]);
    refused(&of(&[&comparison]).arg("--truth").arg("nan").sources(files()).run(), &["--truth nan is no delay"]);
    refused(
        &of(&[&comparison]).arg("--truth").arg("1").arg("--truth=2").sources(files()).run(),
        &["2 times for 1 targets"],
    );
    refused(
        &of(&[&comparison]).set("corelate.with.windows=3").sources(files()).run(),
        &["there is no stage `corelate`"],
    );
    refused(&Job::new(&comparison).sources(files()).run(), &["it is no single pipeline to run", "vsg-host compare"]);
}

#[test]
fn files_of_others_are_left_alone() {
    let pair = media::small();
    for name in ["film.compare.json", "film.compare.html", "film.compare.log"] {
        let job = measuring(&without_strict());
        fs::create_dir(job.path("out")).unwrap();
        fs::write(job.path("out").join(name), "precious").unwrap();
        let ran = job.sources(pair.files()).run();
        ran.failed(2, &["is there already, and no earlier run wrote it"]);
        assert_eq!(fs::read_to_string(ran.folder.path().join("out").join(name)).unwrap(), "precious");
    }
}

#[test]
fn what_comes_from_the_store_is_told_with_the_times_that_it_took() {
    let pair = media::small();
    let first = measuring(&without_strict()).sources(pair.files()).run();
    let before = facts(&first, "film.compare.json");
    let again = |ran: Ran| {
        let pipeline = ran.folder.path().join("compared.toml");
        let ran = Job::of_verb("compare", ran.folder, [pipeline]).sources(pair.files()).run();
        assert_eq!(ran.output.status.code(), Some(0), "{}", ran.stderr());
        ran
    };
    let second = again(first);
    let after = facts(&second, "film.compare.json");
    assert!(second.stdout().contains('↺') && second.stdout().contains("--no-store"), "{}", second.stdout());
    let third = again(second);
    let last = facts(&third, "film.compare.json");
    for variant in ["plain", "whole"] {
        let [before, after, last] = [&before, &after, &last].map(|facts| row(facts, variant));
        assert_eq!(before["windows"], after["windows"]);
        assert_eq!((&before["own"]["from_store"], &after["own"]["from_store"]), (&0.into(), &3.into()));
        assert!(after["own"]["wall_s"].as_f64().unwrap() > 0.0 && after["own"]["cpu_s"].as_f64().unwrap() > 0.0);
        assert_eq!(after["own"], last["own"], "those of the first run, whatever it takes to look them up");
    }
}
