//! Variants of a pipeline are joined so that what they have in common is there once, and each still does what it says.

use super::catalog::{ALIGN, catalog};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use vsg_host::pipeline::{Feed, Plan, Problems, Resolved, load_text, plan, resolve, versus};

fn resolved(text: &str, sets: &[&str]) -> Result<Resolved, Problems> {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    resolve(load_text(Path::new("align.toml"), text, &sets)?, &catalog())
}

fn planned(resolved: &Resolved) -> Plan {
    plan(resolved, &resolved.job).unwrap()
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.instances.iter().map(|instance| instance.name.as_str()).collect()
}

/// Everything that decides what an output is, down to the source files.
fn recipe(plan: &Plan, instance: usize, port: &str) -> Value {
    let one = &plan.instances[instance];
    let feed = |feed: &Feed| match feed {
        Feed::File { source } => json!(source),
        Feed::Output { instance, port } => recipe(plan, *instance, port),
    };
    let inputs: Vec<Value> =
        one.inputs.iter().map(|(port, feeds)| json!([port, feeds.iter().map(feed).collect::<Vec<_>>()])).collect();
    json!([one.uses, one.parameters, one.source, one.isolate, one.timeout_s, one.memory_limit_mb, inputs, port])
}

/// The recipes of a measured output of a variant, for all sources.
fn measured(resolved: &Resolved, variant: usize, nth: usize) -> Vec<Value> {
    let plan = planned(resolved);
    let (stage, port) = &resolved.comparison.as_ref().unwrap().variants[variant].measured[nth];
    plan.runs[*stage].clone().map(|instance| recipe(&plan, instance, port)).collect()
}

const COMPARED: &str = r#"
[compare]
measure = ["correlate.correlation", "delay.delay"]
baseline = "few"
[variant.phat]
[variant.scc]
description = "Without whitening."
stage.correlate.use = "correlation-scc/scc"
stage.correlate.with = { windows = 20 }
[variant.few]
stage.correlate.with.windows = 3
[variant.same]
stage.correlate.with.windows = 20
"#;

/// The pipeline of the other tests, with settings that all its correlations know.
fn compared() -> String {
    ALIGN.replace("with = { windows = 20, window_s = 10 }", "with = { windows = 20 }") + COMPARED
}

#[test]
fn what_variants_have_in_common_is_there_once() {
    let resolved = resolved(&compared(), &[]).unwrap();
    let comparison = resolved.comparison.as_ref().unwrap();
    assert_eq!(comparison.baseline, 2);
    assert_eq!(comparison.variants[1].description.as_deref(), Some("Without whitening."));
    assert_eq!(comparison.measure[1].kind, "delay/1");
    let plan = planned(&resolved);
    assert_eq!(
        names(&plan),
        [
            "probe@Source 1",
            "probe@Source 2",
            "probe@Source 3",
            "audio@Source 1",
            "audio@Source 2",
            "audio@Source 3",
            "correlate@Source 2 [phat, same]",
            "correlate@Source 3 [phat, same]",
            "delay@Source 2 [phat, same]",
            "delay@Source 3 [phat, same]",
            "correlate@Source 2 [scc]",
            "correlate@Source 3 [scc]",
            "delay@Source 2 [scc]",
            "delay@Source 3 [scc]",
            "correlate@Source 2 [few]",
            "correlate@Source 3 [few]",
            "delay@Source 2 [few]",
            "delay@Source 3 [few]",
        ],
        "and nothing that no measured output needs, such as `mux`"
    );
    assert_eq!(comparison.variants[0].measured, comparison.variants[3].measured);
    let (stage, port) = &comparison.variants[2].measured[1];
    assert_eq!(
        (plan.instances[plan.runs[*stage].start].name.as_str(), port.as_str()),
        ("delay@Source 2 [few]", "delay")
    );
    insta::assert_snapshot!("comparison_mermaid", resolved.mermaid());
}

#[test]
fn a_file_with_variants_may_extend_one_that_has_some() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("base.toml"), compared()).unwrap();
    let child = "extends = \"base.toml\"\n[compare]\nbaseline = \"scc\"\n[variant.few.stage.correlate.with]\nwindows = 4\n\
                 [variant.more]\nstage.correlate.with.windows = 99\n";
    std::fs::write(folder.path().join("child.toml"), child).unwrap();
    let parsed = vsg_host::pipeline::load(&folder.path().join("child.toml"), &[]).unwrap();
    let resolved = resolve(parsed, &catalog()).unwrap();
    let comparison = resolved.comparison.as_ref().unwrap();
    let variants: Vec<&str> = comparison.variants.iter().map(|variant| variant.name.as_str()).collect();
    assert_eq!((variants, comparison.baseline), (vec!["phat", "scc", "few", "same", "more"], 1));
    let windows = |nth: usize| {
        let stage = &resolved.stages[comparison.variants[nth].measured[0].0];
        stage.parameters["windows"].as_u64().unwrap()
    };
    assert_eq!([windows(0), windows(2), windows(4)], [20, 4, 99]);
}

#[test]
fn arguments_change_all_variants_except_where_those_say_something_else() {
    let sets = ["correlate.with.windows=50", "variant.same.stage.correlate.with.window_s=2", "compare.baseline=scc"];
    let resolved = resolved(&compared(), &sets).unwrap();
    let comparison = resolved.comparison.as_ref().unwrap();
    let parameters = |nth: usize| &resolved.stages[comparison.variants[nth].measured[0].0].parameters;
    assert_eq!([&parameters(0)["windows"], &parameters(1)["windows"], &parameters(2)["windows"]], [50, 20, 3]);
    assert_eq!(parameters(3)["window_s"], 2.0);
    assert_eq!(comparison.baseline, 1);
}

#[test]
fn pipelines_of_their_own_share_what_is_equal_whatever_its_name() {
    let one = resolved(ALIGN, &[]).unwrap();
    let other = ALIGN
        .replace("correlation-gcc/phat", "correlation-scc/scc")
        .replace("windows = 20, window_s = 10", "windows = 9");
    let other = resolved(&other.replace("audio]", "sound]").replace("audio.audio", "sound.audio"), &[]).unwrap();
    let joined =
        versus(vec![("a".into(), one.clone()), ("b".into(), other)], &[], &["correlation/1", "delay/1"]).unwrap();
    let comparison = joined.comparison.as_ref().unwrap();
    let outputs: Vec<&str> = comparison.measure.iter().map(|measured| measured.output.as_str()).collect();
    assert_eq!(outputs, ["correlate.correlation", "delay.delay"]);
    let shared: Vec<&str> =
        joined.stages.iter().filter(|stage| stage.variants.is_empty()).map(|stage| stage.name.as_str()).collect();
    assert_eq!(shared, ["probe", "audio"]);
    assert_eq!(joined.stages.len(), 6);
    let named = versus(vec![("a".into(), one.clone()), ("b".into(), one)], &["audio.audio".into()], &[]).unwrap();
    assert_eq!(named.stages.len(), 2);
}

#[test]
fn pipelines_that_can_not_be_compared_are_refused() {
    let one = resolved(ALIGN, &[]).unwrap();
    let compared = resolved(&compared(), &[]).unwrap();
    let probe = resolved("[job]\nreference = \"a\"\n[stage.a]\nuse = \"loop/audio\"\n", &[]).unwrap();
    let refused = |other: &Resolved, measure: &[&str]| {
        let measure: Vec<String> = measure.iter().map(|output| (*output).to_owned()).collect();
        let both = vec![("a".into(), one.clone()), ("b".into(), other.clone())];
        let problems = versus(both, &measure, &["delay/1"]).unwrap_err();
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(
        refused(&compared, &[]),
        "`align.toml` is a comparison itself, and cannot be one of several pipelines to compare"
    );
    assert_eq!(refused(&probe, &[]), "the pipelines have nothing in common that could be measured");
    assert_eq!(refused(&probe, &["correlate.correlation"]), "there is no stage `correlate`");
    assert_eq!(refused(&one, &["correlate.delay"]), "stage `correlate` (correlation-gcc/phat) has no output `delay`");
    assert!(refused(&one, &["mux"]).contains("has no output ``"), "{}", refused(&one, &["mux"]));
}

/// What a variant says about one stage: another number of windows, another implementation, another input.
type Change = (Option<u32>, bool, bool);

/// A chain of stages, of which each reads the one before, or the one before that.
fn chain(changes: &[Vec<Change>]) -> Vec<String> {
    let of_variant = |variant: &Vec<Change>| {
        let stage = |(nth, change): (usize, &Change)| {
            let (model, passes) = ("m.onnx", change.0.unwrap_or(1));
            let uses = if change.1 {
                "use = \"loop/audio\"\n".to_owned()
            } else {
                format!("use = \"separation/vocals\"\nwith = {{ model = \"{model}\", passes = {passes} }}\n")
            };
            let from = if change.2 { nth.saturating_sub(1) } else { nth };
            format!("[stage.s{}]\neach = \"sources\"\n{uses}from.audio = \"s{from}.audio\"\n", nth + 1)
        };
        let stages: String = variant.iter().enumerate().map(stage).collect();
        format!("[stage.s0]\nuse = \"loop/audio\"\neach = \"sources\"\n{stages}")
    };
    changes.iter().map(of_variant).collect()
}

/// The same as one comparison: every stage is that of the first variant, and the others say what is different.
fn comparison(pipelines: &[String], length: usize) -> String {
    let mut text = format!("{JOB}{}[compare]\nmeasure = [\"s{length}.audio\", \"s0.audio\"]\n", pipelines[0]);
    for (nth, pipeline) in pipelines.iter().enumerate() {
        text.push_str(&format!("[variant.v{nth}]\n"));
        if nth > 0 {
            text.push_str(&pipeline.replace("[stage.", &format!("[variant.v{nth}.stage.")));
        }
    }
    text
}

const JOB: &str = "[job]\nreference = \"a\"\ntargets = [\"b\"]\n";

fn changes() -> impl Strategy<Value = Vec<Vec<Change>>> {
    let change = (prop::option::of(1_u32..3), prop::bool::weighted(0.2), prop::bool::weighted(0.2));
    (1_usize..5, 1_usize..5).prop_flat_map(move |(variants, length)| {
        prop::collection::vec(prop::collection::vec(change.clone(), length), variants)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn joined_variants_do_what_each_does_by_itself(changes in changes()) {
        let pipelines = chain(&changes);
        let length = changes[0].len();
        // What `with` of the first variant says stays where another one replaces only `use`.
        let is_clean = changes.iter().flatten().all(|change| !change.1);
        let alone: Vec<Resolved> = pipelines.iter().map(|text| resolved(&format!("{JOB}{text}"), &[]).unwrap()).collect();
        let pairs = alone.iter().enumerate().map(|(nth, one)| (format!("v{nth}"), one.clone())).collect();
        let mut joined = vec![versus(pairs, &[format!("s{length}.audio"), "s0.audio".into()], &[]).unwrap()];
        if is_clean {
            joined.push(resolved(&comparison(&pipelines, length), &[]).unwrap());
        }
        for joined in joined {
            for (nth, one) in alone.iter().enumerate() {
                let plan = planned(one);
                let wanted: Vec<Value> = (0..plan.instances.len())
                    .filter(|instance| plan.instances[*instance].stage == format!("s{length}"))
                    .map(|instance| recipe(&plan, instance, "audio"))
                    .collect();
                prop_assert_eq!(measured(&joined, nth, 0), wanted);
            }
            let plan = planned(&joined);
            let unique: BTreeSet<&str> = names(&plan).into_iter().collect();
            prop_assert_eq!(unique.len(), plan.instances.len(), "names are unique");
            for index in 0..plan.instances.len() {
                prop_assert!(plan.reads(index).into_iter().all(|read| read < index));
            }
            let count = joined.comparison.as_ref().unwrap().variants.len();
            let all = joined.stages.iter().filter(|stage| stage.variants.is_empty()).count() * count;
            let own: usize = joined.stages.iter().map(|stage| stage.variants.len()).sum();
            let needed: usize = joined.comparison.as_ref().unwrap().variants.iter().map(|variant| variant.stages.len()).sum();
            prop_assert_eq!(all + own, needed);
            // The first stage reads nothing and is the same in all variants.
            prop_assert_eq!(joined.stages.iter().filter(|stage| stage.name == "s0").count(), 1);
        }
    }

    #[test]
    fn equal_variants_are_one_pipeline(change in changes(), copies in 1_usize..6) {
        let one = chain(&change).remove(0);
        let copies: String = (0..copies).map(|nth| format!("[variant.v{nth}]\n")).collect();
        let alone = resolved(&format!("{JOB}{one}"), &[]).unwrap();
        let text = format!("{JOB}{one}[compare]\nmeasure = [\"s1.audio\"]\n{copies}");
        let joined = resolved(&text, &[]).unwrap();
        prop_assert!(joined.stages.len() <= alone.stages.len());
        prop_assert!(joined.stages.iter().all(|stage| stage.variants.is_empty()));
    }
}
