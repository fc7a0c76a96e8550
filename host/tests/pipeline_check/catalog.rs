//! A small set of implementations to check pipelines against; nothing of it can run.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use std::collections::BTreeMap;
use vsg_plugin_api::{Arity, Port, Signature, choice, params};

pub(crate) const ALIGN: &str = include_str!("align.toml");

params! {
    /// No settings.
    struct Nothing {}
}

params! {
    /// Settings of the correlations.
    struct Correlate {
        /// Number of windows.
        #[schemars(range(min = 1, max = 100))]
        windows: u32 = 10,
        /// Length of a window (s).
        #[schemars(range(min = 1.0, max = 120.0))]
        window_s: f64 = 15.0,
        /// Where peaks are looked for.
        search: Search = Search::Everywhere,
        /// Language of the audio track.
        language: Option<String> = None,
    }
}

params! {
    /// Settings of the second correlation.
    struct Scc {
        /// Number of windows.
        windows: u32 = 10,
    }
}

choice! {
    /// Where peaks are looked for.
    enum Search {
        /// In all of the window.
        Everywhere,
        /// Near the container's delay.
        NearContainer,
    }
}

params! {
    /// Settings of the layout.
    struct Layout {
        /// Rules for tracks; the first that fits decides.
        tracks: Vec<TrackRule> = Vec::new(),
        /// Rule for all other tracks.
        fallback: Option<TrackRule> = None,
        /// Volume by language.
        gain_db: BTreeMap<String, f64> = BTreeMap::new(),
    }
}

params! {
    /// A rule for tracks.
    struct TrackRule {
        /// Language that the rule is for.
        language: String = "und".to_owned(),
        /// Whether such a track is played by default.
        default: bool = false,
        /// What happens to it.
        action: Action = Action::Keep,
    }
}

/// What happens to a track. Written without `deny_unknown_fields`, as strangers do.
#[derive(serde::Serialize, serde::Deserialize, JsonSchema)]
#[serde(tag = "do", rename_all = "kebab-case")]
enum Action {
    /// It is kept.
    Keep,
    /// It is moved.
    Shift {
        /// By so much (ms).
        by_ms: i32,
    },
}

/// A setting that has no default.
#[derive(serde::Serialize, serde::Deserialize, JsonSchema)]
struct Model {
    /// File of the model.
    #[schemars(length(min = 1))]
    model: String,
    #[serde(flatten)]
    quality: Quality,
}

/// How much work is done.
#[derive(serde::Serialize, serde::Deserialize, JsonSchema)]
struct Quality {
    /// Number of passes.
    #[serde(default)]
    passes: u8,
    /// Overlap of the pieces.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    overlap: Option<f32>,
}

fn schema<T: JsonSchema>() -> serde_json::Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// `name kind`, with `*` after the name of a `many` port and `?` after that of an optional one.
fn port(text: &str) -> Port {
    let (name, kind) = text.split_once(' ').unwrap();
    let (optional, many) = (name.contains('?'), name.contains('*'));
    Port {
        name: name.trim_end_matches(['?', '*']).to_owned(),
        kind: kind.to_owned(),
        arity: if many { Arity::Many } else { Arity::One },
        optional,
        help: format!("what it reads as {kind}"),
    }
}

fn signature(id: &str, inputs: &[&str], outputs: &[&str], parameters: serde_json::Value) -> (String, Signature) {
    let mut signature = Signature::new(&format!("Does what {id} does."));
    signature.id = id.to_owned();
    signature.inputs = inputs.iter().map(|text| port(text)).collect();
    signature.outputs = outputs.iter().map(|text| port(text)).collect();
    signature.parameters = parameters;
    (id.to_owned(), signature)
}

fn effect((id, signature): (String, Signature)) -> (String, Signature) {
    (id, Signature { pure: false, ..signature })
}

pub(crate) fn catalog() -> BTreeMap<String, Signature> {
    let audio = ["reference audio/1", "target audio/1"];
    let mux = ["layout layout/1", "tracks* tracks/1", "delays delays/1", "chapters? chapters/1"];
    BTreeMap::from([
        signature("media/probe", &["file file/1"], &["media media/1"], schema::<Nothing>()),
        signature("media/decode", &["media media/1"], &["audio audio/1"], schema::<Nothing>()),
        signature("media/layout", &["media* media/1"], &["layout layout/1"], schema::<Layout>()),
        signature("media/extract", &["media media/1", "layout layout/1"], &["tracks tracks/1"], schema::<Nothing>()),
        signature("correlation-gcc/phat", &audio, &["correlation correlation/1"], schema::<Correlate>()),
        signature("correlation-scc/scc", &audio, &["correlation correlation/1"], schema::<Scc>()),
        signature("delays/select", &["correlation correlation/1"], &["delay delay/1"], schema::<Nothing>()),
        signature("delays/plan", &["delay* delay/1", "layout layout/1"], &["delays delays/1"], schema::<Nothing>()),
        signature("separation/vocals", &["audio audio/1"], &["audio audio/1"], schema::<Model>()),
        signature("mux/mux", &mux, &["output output/1"], schema::<Nothing>()),
        signature("loop/audio", &["audio? audio/1"], &["audio audio/1"], serde_json::Value::Null),
        effect(signature("loop/effect", &["audio? audio/1"], &["audio audio/1"], serde_json::Value::Null)),
        signature("loop/other", &[], &["audio other/1"], serde_json::Value::Null),
        signature("broken/schema", &[], &[], serde_json::json!({ "type": 7 })),
    ])
}
