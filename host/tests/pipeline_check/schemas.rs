use super::catalog::{ALIGN, catalog};
use serde_json::Value;
use vsg_host::pipeline::schema;

fn errors(text: &str) -> Vec<String> {
    let validator = jsonschema::validator_for(&schema(&catalog())).unwrap();
    let value: Value = toml::from_str(text).unwrap();
    validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn an_editor_accepts_a_good_pipeline() {
    assert_eq!(errors(ALIGN), Vec::<String>::new());
}

#[test]
fn an_editor_accepts_a_stage_that_leaves_the_rest_to_what_it_extends() {
    let text = "extends = \"a.toml\"\n[stage.a]\nwith.windows = 3\n[stage.b]\nuse = \"separation/vocals\"\n";
    assert_eq!(errors(text), Vec::<String>::new());
}

#[test]
fn an_editor_accepts_a_comparison() {
    let text = "extends = \"a.toml\"\n[compare]\nmeasure = [\"a.b\"]\nbaseline = \"c\"\n[variant.c]\n[variant.d]\n\
                description = \"D.\"\nstage.a.use = \"correlation-scc/scc\"\nstage.a.with.windows = 3\n";
    assert_eq!(errors(text), Vec::<String>::new());
}

#[test]
fn an_editor_marks_a_wrong_one() {
    for text in [
        "extend = \"a.toml\"",
        "[stage.job]\nuse = \"media/probe\"",
        "[stage.a]\nuse = \"media/prob\"",
        "[stage.a]\nuse = \"media/probe\"\nfrom.files = \"job.file\"",
        "[stage.a]\nuse = \"media/layout\"\nfrom.media = 3",
        "[stage.a]\nuse = \"correlation-gcc/phat\"\nwith.windows = 0",
        "[stage.a]\nuse = \"correlation-gcc/phat\"\nwith.wndows = 2",
        "[stage.a]\neach = \"source\"",
        "[compare]\nmeasure = []",
        "[compare]\nmeasure = [\"a.b@reference\"]",
        "[variant.a]\njob.reference = \"a.mkv\"",
        "[variant.a]\nstage.a.use = \"media/prob\"",
    ] {
        assert!(!errors(text).is_empty(), "{text}");
    }
}

#[test]
fn references_within_parameters_stay_within_them() {
    let mut catalog = catalog();
    let tree = serde_json::json!({
        "type": "object",
        "properties": { "tree": { "$ref": "#/$defs/Tree" } },
        "$defs": { "Tree": { "type": "object", "properties": { "below": { "$ref": "#/$defs/Tree" } } } },
    });
    catalog.get_mut("media/probe").unwrap().parameters = tree;
    let validator = jsonschema::validator_for(&schema(&catalog)).unwrap();
    let accepts = |text: &str| validator.is_valid(&toml::from_str::<Value>(text).unwrap());
    assert!(accepts("[stage.a]\nuse = \"media/probe\"\nwith.tree.below.below = {}"));
    assert!(!accepts("[stage.a]\nuse = \"media/probe\"\nwith.tree.below.above = {}"));
}
