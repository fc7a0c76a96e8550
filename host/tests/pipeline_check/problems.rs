//! Every message, as it is printed. The name of a test says which mistakes its pipeline has.

use super::catalog::{ALIGN, catalog};
use miette::{GraphicalReportHandler, GraphicalTheme};
use std::path::{MAIN_SEPARATOR, Path};
use vsg_host::pipeline::{Problems, load, load_text, plan, resolve};

fn render(problems: &Problems) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
    problems.render(&handler.with_width(110))
}

fn complain(text: &str, sets: &[&str]) -> String {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let planned = load_text(Path::new("align.toml"), text, &sets)
        .and_then(|parsed| resolve(parsed, &catalog()))
        .and_then(|resolved| plan(&resolved, &resolved.job));
    render(&planned.err().unwrap_or_default())
}

macro_rules! messages {
    ($($name:ident: $text:expr $(, sets $sets:expr)?;)*) => {
        $(
            #[test]
            fn $name() {
                #[allow(unused_mut, unused_assignments, reason = "most pipelines here take no arguments")]
                let mut sets: &[&str] = &[];
                $(sets = &$sets;)?
                insta::assert_snapshot!(complain($text, sets));
            }
        )*
    };
}

messages! {
    syntax: "[stage.a]\nuse = \"media/probe\nfrom = { file = }\neach = \"sources\"\neach = \"targets\"\n";
    values_that_toml_has_and_a_pipeline_has_not: r#"
        [stage.a]
        use = "loop/audio"
        timeout_s = nan
        [stage.b]
        use = "correlation-scc/scc"
        from = { reference = "a.audio", target = "a.audio" }
        with = { windows = 99999999999999999999, since = 2024-01-01, window_s = inf }
    "#;
    empty: "";
    no_stages: "description = \"Nothing.\"\n[stage]\n";
    keys: r#"
        descripton = "A slip."
        [job]
        refrence = "a.mkv"
        targets = "b.mkv"
        output = ""
        [stages.a]
        use = "media/probe"
        [stage.probe]
        uses = "media/probe"
        with_ = 3
    "#;
    types: r#"
        description = 3
        extends = true
        [job]
        reference = ["a.mkv"]
        targets = ["a.mkv", 3]
        [stage]
        a = 3
        [stage.b]
        use = ["media/probe"]
        from = "job.file"
        with = []
        each = 1
        isolate = "yes"
        timeout_s = "long"
        [stage.c]
        use = "media/probe"
        from = { file = { from = "job.file" } }
        each = "source"
        timeout_s = 0
        [stage.d]
        use = "media/probe"
        each = "reference"
        from.file = ["job.file", 7]
    "#;
    stage_names: r#"
        [stage.job]
        use = "loop/audio"
        [stage."two words"]
        use = "loop/audio"
        [stage.""]
        use = "loop/audio"
    "#;
    comparisons_without_measure: "[stage.a]\nuse = \"loop/audio\"\n[compare]\nbaseline = \"phat\"\n[variant.phat]\n";
    comparisons_without_variants: "[stage.a]\nuse = \"loop/audio\"\n[compare]\nmeasure = [\"a.audio\"]\n";
    variants_without_comparison: "[stage.a]\nuse = \"loop/audio\"\n[variant.a]\n[variant.b]\n";
    comparisons: r#"
        [stage.a]
        use = "loop/audio"
        [stage.c]
        use = "correlation-gcc/phat"
        from = { reference = "a.audio", target = "a.audio" }
        with.windws = 3
        [compare]
        measure  = ["c.correlations", "a.audio", "a.audio", "a.audio@reference", "job.file", "b.audio", "c", 3]
        baseline = "phatt"
        base = "phat"
        [variant.phat]
        [variant.scc]
        stage.c.use = "correlation-scc/scp"
        [variant.many]
        stage.c.with.windows = 1000
        stage.d.use = "loop/audio"
        stages.c.use = "correlation-gcc/phat"
        [variant."two words"]
        description = 3
        [variant]
        none = 1
        [variant.odd]
        stage = 2
    "#;
    comparisons_of_the_wrong_type: "compare = 1\nvariant = []\n[stage.a]\nuse = \"loop/audio\"\n";
    measures_of_the_wrong_type: r#"
        [stage.a]
        use = "loop/audio"
        [compare]
        measure = "a.audio"
        baseline = 3
        [variant.a]
    "#;
    nothing_to_measure: "[stage.a]\nuse = \"loop/audio\"\n[compare]\nmeasure = []\n[variant.a]\n";
    measured_outputs_of_some_variants: r#"
        [stage.a]
        use = "loop/audio"
        [stage.b]
        use = "media/layout"
        from.media = []
        [stage.effect]
        use = "mux/mux"
        from = { layout = "b.layout", tracks = [], delays = "delays.delays" }
        [stage.delays]
        use = "delays/plan"
        from = { delay = [], layout = "b.layout" }
        [compare]
        measure = ["c.audio", "a.audio", "b.layout", "effect.output", "delays.delays"]
        [variant.one]
        stage.c = { use = "loop/audio" }
        [variant.two]
        [variant.three]
        stage.a = { use = "media/decode", from.media = "p.media" }
        stage.p = { use = "media/probe", from.file = "job.file" }
    "#;
    measured_kinds_and_effects: r#"
        [stage.a]
        use = "loop/audio"
        [stage.out]
        use = "loop/effect"
        [stage.after]
        use = "loop/audio"
        from.audio = "out.audio"
        [compare]
        measure = ["a.audio", "after.audio"]
        [variant.one]
        [variant.two]
        stage.a.use = "loop/other"
    "#;
    variants_of_the_command_line: "[stage.a]\nuse = \"loop/audio\"\n[compare]\nmeasure = [\"a.audio\"]\n[variant.one]\n", sets [
        "variant.on.stage.a.use=loop/audio",
        "variant.one.stage.a.uses=loop/audio",
        "compare.baseline=on",
        "compare.basline=one",
    ];
    missing_use: "[stage.a]\neach = \"sources\"\n";
    implementations: r#"
        [stage.a]
        use = "correlation-gcc/phatt"
        [stage.b]
        use = "corelation-gcc/phat"
        [stage.c]
        use = "acme/sceneprint"
        [stage.d]
        use = "phat"
        [stage.e]
        use = "mediaprobe"
        [stage.f]
        use = "what is this"
        [stage.g]
        use = "separaton/something"
    "#;
    broken_schema: "[stage.a]\nuse = \"broken/schema\"\n";
    edges: r#"
        [stage.probe]
        use = "media/probe"
        each = "sources"
        from = { file = "job.files" }
        [stage.audio]
        use = "media/decode"
        each = "sources"
        from = { media = "prob.media" }
        [stage.delay]
        use = "delays/select"
        from = { corelation = "audio.audio", correlation = "probe.medias" }
        [stage.layout]
        use = "media/layout"
        from = { media = ["probe", "probe.media@target", ".media", "audio.audio"] }
        [stage.mux]
        use = "mux/mux"
        from = { layout = ["layout.layout"], tracks = [], chapters = ["a.b", "c.d"] }
    "#;
    edges_of_a_stage_that_is_not_known_are_not_judged: r#"
        [stage.probe]
        use = "media/prob"
        each = "sources"
        from = { anything = "job.file" }
        [stage.audio]
        use = "media/decode"
        each = "sources"
        from = { media = "probe.anything" }
    "#;
    itself: "[stage.a]\nuse = \"loop/audio\"\nfrom.audio = \"a.audio\"\n";
    circles: r#"
        [stage.start]
        use = "loop/audio"
        from.audio = "b.audio"
        [stage.a]
        use = "loop/audio"
        from.audio = "c.audio"
        [stage.b]
        use = "loop/audio"
        from.audio = "a.audio"
        [stage.c]
        use = "loop/audio"
        from.audio = "b.audio"
        [stage.d]
        use = "loop/audio"
        from.audio = "e.audio"
        [stage.e]
        use = "loop/audio"
        from.audio = "d.audio"
    "#;
    each: r#"
        [stage.probe]
        use = "media/probe"
        each = "sources"
        from = { file = "job.file" }
        [stage.first]
        use = "media/probe"
        from = { file = "job.file" }
        [stage.audio]
        use = "media/decode"
        each = "targets"
        from = { media = "probe.media" }
        [stage.vocals]
        use = "loop/audio"
        each = "sources"
        from = { audio = "audio.audio" }
        [stage.once]
        use = "loop/audio"
        from = { audio = "audio.audio" }
        [stage.correlate]
        use = "correlation-gcc/phat"
        each = "targets"
        from = { reference = "audio.audio@reference", target = "once.audio@reference" }
    "#;
    parameters: r#"
        [stage.a]
        use = "loop/audio"
        with = { gain = 3 }
        [stage.correlate]
        use = "correlation-gcc/phat"
        from = { reference = "a.audio", target = "a.audio" }
        with = { windows = 0, window_s = "long", serch = "everywhere", search = "nowhere", language = false }
        [stage.again]
        use = "correlation-gcc/phat"
        from = { reference = "a.audio", target = "a.audio" }
        with = { search = "everywher", windows = 15.0, window_s = 500, unlike_anything = 1 }
        [stage.scc]
        use = "correlation-scc/scc"
        from = { reference = "a.audio", target = "a.audio" }
        with.windows = 5_000_000_000
        [stage.vocals]
        use = "separation/vocals"
        from = { audio = "a.audio" }
        [stage.again_vocals]
        use = "separation/vocals"
        from = { audio = "a.audio" }
        with = { model = "", passes = 2.5, overlap = 1, passs = 3 }
    "#;
    nested_parameters: r#"
        [stage.layout]
        use = "media/layout"
        from = { media = [] }
        [stage.layout.with]
        fallback = { language = 3 }
        gain_db = { jpn = "loud" }
        [[stage.layout.with.tracks]]
        language = "jpn"
        defualt = true
        [[stage.layout.with.tracks]]
        default = 1
        action = { do = "shift" }
        [[stage.layout.with.tracks]]
        action = { do = "shift", by_ms = 0.5 }
        [[stage.layout.with.tracks]]
        action = { do = "drop" }
        [[stage.layout.with.tracks]]
        action = { do = "keep", by_ms = 3 }
        [[stage.layout.with.tracks]]
        action = { do = "shift", by_ms = 3, by_s = 3 }
        [[stage.layout.with.tracks]]
        action = "keep"
        [[stage.layout.with.tracks]]
        action = { by_ms = 3 }
        [stage.again]
        use = "media/layout"
        from = { media = [] }
        with = { tracks = "all", fallback = { languag = "jpn" } }
    "#;
    arguments: ALIGN, sets [
        "correlate", "windows=3", ".use=x", "corelate.with.windows=3", "job.outputs=x", "job.reference=3",
        "correlate.with.wndows=3", "correlate.with.windows=many", "correlate.with.window_s=nan",
        "correlate.uses=correlation-scc/scc", "layout.with.tracks=[{ languag = \"jpn\" }]",
        "delay.from.correlation=probe.media", "extends=other.toml",
    ];
    a_swap_that_leaves_settings_behind: ALIGN, sets ["correlate.use=correlation-scc/scc"];
    no_reference: "[stage.probe]\nuse = \"media/probe\"\neach = \"sources\"\nfrom.file = \"job.file\"\n";
}

#[test]
fn files() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    std::fs::write(file("latin.toml"), b"description = 'a'\n# caf\xe9\n").unwrap();
    std::fs::write(file("no-parent.toml"), "extends = \"nowhere.toml\"\n").unwrap();
    std::fs::write(file("grandparent.toml"), "[stage.a]\nuse = \"loop/audio\"\n").unwrap();
    std::fs::write(file("parent.toml"), "extends = \"grandparent.toml\"\n[stage.b]\nuse = \"loop/audio\"\n").unwrap();
    std::fs::write(file("child.toml"), "extends = \"parent.toml\"\n[stage.b]\nwith.x = 3\n").unwrap();
    std::fs::write(file("bad.toml"), "[stage.a\n").unwrap();
    std::fs::write(file("of-bad.toml"), "extends = \"bad.toml\"\n").unwrap();
    let names = ["nowhere.toml", "latin.toml", "no-parent.toml", "child.toml", "of-bad.toml"];
    let all = names.map(|name| {
        let resolved = load(&file(name), &[]).and_then(|parsed| resolve(parsed, &catalog()));
        render(&resolved.err().unwrap_or_default())
    });
    let text = all.join("").replace(&format!("{}{MAIN_SEPARATOR}", folder.path().display()), "");
    insta::assert_snapshot!(text);
}

#[test]
fn problems_come_in_the_order_of_the_text() {
    let sets = ["nobody.use=x".to_owned()];
    let text = "[stage.a]\nuse = \"x/y\"\nech = 1\n[stage.b]\nuse = \"media/probe\"\n";
    let problems = load_text(Path::new("a.toml"), text, &sets).and_then(|parsed| resolve(parsed, &catalog()));
    let problems = problems.unwrap_err();
    let positions: Vec<_> = problems.iter().filter_map(|problem| problem.position()).collect();
    assert_eq!(positions, [("a.toml", 2, 8), ("a.toml", 3, 1), ("a.toml", 4, 8), ("--set", 1, 1)]);
    assert_eq!(problems.to_string(), "the pipeline has 4 problems");
}
