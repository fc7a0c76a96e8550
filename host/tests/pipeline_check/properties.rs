//! Whatever is typed, nothing panics, every problem can be printed, and every plan can be run in its order. `make fuzz` looks
//! longer.

use super::catalog::{ALIGN, catalog};
use miette::{GraphicalReportHandler, GraphicalTheme};
use proptest::prelude::*;
use std::path::Path;
use vsg_host::pipeline::{Plan, Problems, load_text, plan, resolve};

fn planned(text: &str, sets: &[String]) -> Result<Plan, Problems> {
    let resolved = resolve(load_text(Path::new("align.toml"), text, sets)?, &catalog())?;
    let plan = plan(&resolved, &resolved.job)?;
    for drawing in [resolved.mermaid(), resolved.dot(), plan.mermaid(), plan.dot()] {
        assert!(!drawing.is_empty());
    }
    Ok(plan)
}

fn check(text: &str, sets: &[String]) -> Result<(), TestCaseError> {
    match planned(text, sets) {
        Ok(plan) => {
            for index in 0..plan.instances.len() {
                prop_assert!(plan.reads(index).into_iter().all(|read| read < index), "{} is too early", index);
            }
            for stages in plan.instances.windows(2) {
                let [one, next] = stages else { continue };
                prop_assert!(one.stage != next.stage || one.source < next.source);
            }
        }
        Err(problems) => {
            prop_assert!(!problems.is_empty());
            let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(100);
            let text = problems.render(&handler);
            for problem in &problems {
                prop_assert!(!problem.to_string().is_empty());
            }
            prop_assert!(!text.contains("Failed to read contents"), "{}", text);
        }
    }
    Ok(())
}

/// Words that a pipeline is made of, so that texts of them often mean something.
fn word() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "stage",
        "job",
        "probe",
        "correlate",
        "layout",
        "use",
        "from",
        "with",
        "each",
        "media",
        "targets",
        "reference",
        "windows",
        "tracks",
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        "=",
        ".",
        ",",
        "\n",
        "\n",
        " ",
        "\"",
        "'",
        "\"job.file\"",
        "\"probe.media\"",
        "\"probe.media@reference\"",
        "\"media/probe\"",
        "\"media/layout\"",
        "\"sources\"",
        "é",
        "\t",
        "\r\n",
        "0",
        "1e999",
        "nan",
        "true",
        "2024-01-01",
        "#",
        "\u{feff}",
        "\0",
        "\\u00e9",
        "extends",
        "\"\"\"",
    ];
    prop_oneof![9 => prop::sample::select(WORDS).prop_map(str::to_owned), 1 => any::<String>()]
}

fn argument() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::collection::vec(word(), 0..8).prop_map(|words| words.concat()),
        (prop::collection::vec("[a-z]{0,9}", 0..4), word())
            .prop_map(|(path, value)| format!("{}={value}", path.join("."))),
        ("(probe|correlate|layout|mux)\\.(use|with|from|each|with\\.tracks|from\\.media)", word())
            .prop_map(|(path, value)| format!("{path}={value}")),
    ]
}

/// A stage that reads some outputs of any stages, circles included.
fn stage(stages: usize) -> impl Strategy<Value = String> {
    let each = prop::sample::select(vec!["", "each = \"sources\"\n", "each = \"targets\"\n"]);
    let read = prop::option::weighted(0.8, (0..stages, prop::bool::weighted(0.2)));
    (each, read).prop_map(|(each, read)| {
        let from = read.map(|(stage, reference)| {
            format!("from.audio = \"s{stage}.audio{}\"\n", if reference { "@reference" } else { "" })
        });
        format!("use = \"loop/audio\"\n{each}{}", from.unwrap_or_default())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(text in any::<String>(), sets in prop::collection::vec(any::<String>(), 0..3)) {
        check(&text, &sets)?;
    }

    #[test]
    fn any_words_are_read(words in prop::collection::vec(word(), 0..60), sets in prop::collection::vec(argument(), 0..3)) {
        check(&words.concat(), &sets)?;
    }

    #[test]
    fn a_pipeline_with_changed_bytes_is_read(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, word()), 1..6),
        sets in prop::collection::vec(argument(), 0..3),
    ) {
        let mut characters: Vec<char> = ALIGN.chars().collect();
        for (at, length, with) in changes {
            let start = at.index(characters.len().max(1)).min(characters.len());
            let end = (start + length).min(characters.len());
            characters.splice(start..end, with.chars());
        }
        check(&characters.iter().collect::<String>(), &sets)?;
    }

    #[test]
    fn a_pipeline_with_moved_lines_is_read(moves in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..8)) {
        let mut lines: Vec<&str> = ALIGN.lines().collect();
        for (one, other) in moves {
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            lines.swap(one, other);
        }
        check(&lines.join("\n"), &[])?;
    }

    #[test]
    fn any_argument_is_read(sets in prop::collection::vec(argument(), 1..4)) {
        check(ALIGN, &sets)?;
    }

    #[test]
    fn any_graph_is_planned_or_refused(stages in (2_usize..7).prop_flat_map(|count| prop::collection::vec(stage(count), count))) {
        let tables = stages.iter().enumerate().map(|(index, stage)| format!("[stage.s{index}]\n{stage}"));
        let job = "[job]\nreference = \"a\"\ntargets = [\"b\", \"c\"]\n".to_owned();
        check(&std::iter::once(job).chain(tables).collect::<String>(), &[])?;
    }
}

#[test]
fn deep_and_long_pipelines_are_read() {
    let nested = format!("[stage.a]\nwith.x = {}{}\n", "[".repeat(5000), "]".repeat(5000));
    check(&nested, &[format!("a.with.x={}", "[".repeat(5000)), format!("a.{}=1", "b.".repeat(3000))]).unwrap();
    check(ALIGN, &[format!("layout.with{}=1", ".x".repeat(3000))]).unwrap();
    let mut chain = "[job]\nreference = \"a\"\n[stage.s0]\nuse = \"loop/audio\"\n".to_owned();
    for stage in 1..3000 {
        chain.push_str(&format!("[stage.s{stage}]\nuse = \"loop/audio\"\nfrom.audio = \"s{}.audio\"\n", stage - 1));
    }
    assert_eq!(planned(&chain, &[]).unwrap().instances.len(), 3000);
    chain.push_str("[stage.s0.from]\naudio = \"s2999.audio\"\n");
    check(&chain, &[]).unwrap();
}
