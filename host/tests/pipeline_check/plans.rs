use super::catalog::{ALIGN, catalog};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use vsg_host::pipeline::{Feed, JobFiles, Plan, Problems, Resolved, load_text, plan, resolve};

fn resolved(text: &str, sets: &[&str]) -> Result<Resolved, Problems> {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    resolve(load_text(Path::new("films/align.toml"), text, &sets)?, &catalog())
}

fn planned(text: &str, sets: &[&str]) -> Result<Plan, Problems> {
    let resolved = resolved(text, sets)?;
    plan(&resolved, &resolved.job)
}

fn feed(plan: &Plan, feed: &Feed) -> String {
    match feed {
        Feed::File { source } => format!("file of source {source}"),
        Feed::Output { instance, port } => format!("{}.{port}", plan.instances[*instance].name),
    }
}

fn outline(plan: &Plan) -> String {
    let paths = plan.sources.iter().chain(&plan.output);
    let paths: Vec<String> = paths.map(|path| path.display().to_string().replace('\\', "/")).collect();
    let mut text = format!("{:?}\nsources and output: {}\n", plan.description, paths.join(", "));
    for instance in &plan.instances {
        writeln!(text, "\n{} = {} {}", instance.name, instance.uses, instance.parameters).unwrap();
        if instance.isolate || instance.timeout_s.is_some() {
            writeln!(text, "  isolate {}, timeout_s {:?}", instance.isolate, instance.timeout_s).unwrap();
        }
        for (port, feeds) in &instance.inputs {
            let feeds: Vec<String> = feeds.iter().map(|one| feed(plan, one)).collect();
            writeln!(text, "  {port} <- {}", feeds.join(", ")).unwrap();
        }
    }
    text
}

#[test]
fn stages_are_repeated_completed_and_put_in_order() {
    insta::assert_snapshot!(outline(&planned(ALIGN, &[]).unwrap()));
}

#[test]
fn a_job_without_targets_is_planned() {
    let plan = planned(ALIGN, &["job.targets=[]"]).unwrap();
    let names: Vec<&str> = plan.instances.iter().map(|instance| instance.name.as_str()).collect();
    assert_eq!(names, ["probe@Source 1", "audio@Source 1", "layout", "extract@Source 1", "delays", "mux"]);
    let delays = &plan.instances[4];
    assert_eq!(delays.inputs[0], ("delay".to_owned(), Vec::new()));
}

#[test]
fn settings_of_the_command_line_replace_those_of_the_file() {
    let sets = [
        "correlate.use=correlation-scc/scc",
        "correlate.with={ windows = 30 }",
        "stage.correlate.from.reference=audio.audio@reference",
        "job.output=else where",
        "description=Another.",
        "layout.with.fallback.language=eng",
        "correlate.timeout_s=1.5",
    ];
    let plan = planned(ALIGN, &sets).unwrap();
    let correlate = plan.instances.iter().find(|instance| instance.name == "correlate@Source 3").unwrap();
    assert_eq!(correlate.uses, "correlation-scc/scc");
    assert_eq!(correlate.parameters, serde_json::json!({ "windows": 30 }));
    assert_eq!(correlate.timeout_s, Some(1.5));
    let layout = plan.instances.iter().find(|instance| instance.name == "layout").unwrap();
    assert_eq!(layout.parameters["fallback"]["language"], "eng");
    assert_eq!(plan.output, Some(PathBuf::from("else where")));
    assert_eq!(plan.description.as_deref(), Some("Another."));
}

#[test]
fn a_value_is_toml_first_and_text_otherwise() {
    let text =
        "[stage.a]\nuse = \"separation/vocals\"\nfrom = { audio = \"b.audio\" }\n[stage.b]\nuse = \"loop/audio\"\n";
    let model = |set: &str| resolved(text, &[set]).unwrap().stages[1].parameters["model"].clone();
    for (set, expected) in [
        ("a.with.model=vocals.onnx", "vocals.onnx"),
        ("a.with.model=\"quoted\"", "quoted"),
        ("a.with.model=a = b", "a = b"),
        ("a.with.model=2024-01-01", "2024-01-01"),
        ("a.with.model=[brackets].onnx", "[brackets].onnx"),
    ] {
        assert_eq!(model(set), expected, "{set}");
    }
}

#[test]
fn a_file_extends_another_table_by_table() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("base")).unwrap();
    std::fs::write(folder.path().join("base/align.toml"), ALIGN).unwrap();
    let child = r#"
        extends = "base/align.toml"
        [job]
        targets = ["one.mkv"]
        [stage.correlate]
        with = { window_s = 5.5 }
        [stage.vocals]
        use = "separation/vocals"
        each = "sources"
        from.audio = "audio.audio"
        with.model = "vocals.onnx"
        [stage.correlate.from]
        target = "vocals.audio"
    "#;
    let path = folder.path().join("child.toml");
    std::fs::write(&path, child).unwrap();
    let resolved = resolve(vsg_host::pipeline::load(&path, &[]).unwrap(), &catalog()).unwrap();
    let plan = plan(&resolved, &resolved.job).unwrap();
    assert_eq!(plan.sources, [folder.path().join("base/media/reference.mkv"), folder.path().join("one.mkv")]);
    let correlate = plan.instances.iter().find(|instance| instance.name == "correlate@Source 2").unwrap();
    assert_eq!(correlate.parameters["windows"], 20);
    assert_eq!(correlate.parameters["window_s"], 5.5);
    let feeds: Vec<String> = correlate.inputs.iter().map(|(_, feeds)| feed(&plan, &feeds[0])).collect();
    assert_eq!(feeds, ["audio@Source 1.audio", "vocals@Source 2.audio"]);
}

#[test]
fn equal_settings_are_equal_text_however_they_are_typed() {
    let parameters = |with: &str| {
        let text = format!("[stage.a]\nuse = \"media/layout\"\nfrom.media = []\n{with}");
        resolved(&text, &[]).unwrap().stages[0].parameters.to_string()
    };
    let one = parameters("with = { gain_db = { jpn = 1, eng = 2.0 }, tracks = [{}] }");
    let other = parameters("[[stage.a.with.tracks]]\ndefault = false\n[stage.a.with.gain_db]\neng = 2\njpn = 1.0\n");
    assert_eq!(one, other);
    assert_eq!(
        one,
        r#"{"fallback":null,"gain_db":{"eng":2.0,"jpn":1.0},"tracks":[{"action":{"do":"keep"},"default":false,"language":"und"}]}"#
    );
}

#[test]
fn readers_and_reads_are_the_same_edges() {
    let plan = planned(ALIGN, &[]).unwrap();
    let readers = plan.readers();
    for (index, _) in plan.instances.iter().enumerate() {
        for read in plan.reads(index) {
            assert!(read < index);
            assert!(readers[read].contains(&index));
        }
    }
}

#[test]
fn the_command_line_names_the_sources() {
    let resolved = resolved(ALIGN, &[]).unwrap();
    let typed = JobFiles { reference: Some("a.mkv".into()), targets: vec!["b.mkv".into()], output: None };
    let plan = plan(&resolved, &typed.or(&resolved.job)).unwrap();
    assert_eq!(plan.sources, [Path::new("a.mkv"), Path::new("b.mkv")]);
    assert_eq!(plan.output, Some(PathBuf::from("films/out")));
}

#[test]
fn stages_and_instances_are_drawn() {
    let resolved = resolved(ALIGN, &["job.targets=[\"a \\\"quoted\\\" <file>.mkv\"]"]).unwrap();
    let plan = plan(&resolved, &resolved.job).unwrap();
    insta::assert_snapshot!("stages_mermaid", resolved.mermaid());
    insta::assert_snapshot!("stages_dot", resolved.dot());
    insta::assert_snapshot!("instances_mermaid", plan.mermaid());
    insta::assert_snapshot!("instances_dot", plan.dot());
}
