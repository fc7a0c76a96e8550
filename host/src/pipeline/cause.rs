//! What can be wrong with a pipeline, one variant for each cause, with the sentence that says so.

use std::path::PathBuf;

/// What is wrong with a pipeline.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    // Reading.
    /// The pipeline file, or the one it extends, cannot be read.
    #[error("cannot read the pipeline `{}`: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// TOML does not allow this.
    #[error("this is not valid TOML: {reason}")]
    Syntax {
        /// What the parser says.
        reason: String,
    },
    /// A value that TOML has and a pipeline has no use for.
    #[error("{what} cannot be used in a pipeline")]
    Unusable {
        /// `a date`, `a number that is not finite`.
        what: &'static str,
    },
    /// The extended file extends another one.
    #[error("`{}` is extended here, but extends another file itself", path.display())]
    ExtendsChain {
        /// The file in the middle.
        path: PathBuf,
    },
    /// The argument is not `STAGE.KEY=VALUE`.
    #[error("`--set {argument}` does not say what to set")]
    MalformedSet {
        /// What was typed.
        argument: String,
    },

    // Shape of the file.
    /// A key that nothing reads.
    #[error("{owner} has no key `{key}`")]
    UnknownKey {
        /// `a pipeline file`, ``stage `correlate` ``.
        owner: String,
        /// What was typed.
        key: String,
    },
    /// A value of the wrong type.
    #[error("{what} must be {expected}, not {found}")]
    WrongType {
        /// ``` `use` of stage `correlate` ```.
        what: String,
        /// `text`, `a table`.
        expected: String,
        /// `a whole number`.
        found: String,
    },
    /// A value of the right type that cannot be meant.
    #[error("{what} must be {expected}")]
    WrongValue {
        /// ``` `each` of stage `correlate` ```.
        what: String,
        /// `"sources" or "targets"`.
        expected: String,
    },
    /// A stage name that could not be referred to.
    #[error("`{name}` cannot be the name of a stage")]
    StageName {
        /// What was typed.
        name: String,
    },
    /// A pipeline without stages.
    #[error("`{file}` has no stages")]
    NoStages {
        /// The pipeline.
        file: String,
    },
    /// A stage without `use`.
    #[error("stage `{stage}` does not say which implementation it uses")]
    MissingUse {
        /// The stage.
        stage: String,
    },

    // Implementations.
    /// `use` is not of the form `plugin/stage`.
    #[error("`{text}` does not name an implementation")]
    MalformedUse {
        /// What was typed.
        text: String,
    },
    /// No such plugin.
    #[error("no plugin `{plugin}` is loaded")]
    UnknownPlugin {
        /// What was typed before the slash.
        plugin: String,
    },
    /// The plugin is there, the stage is not.
    #[error("plugin `{plugin}` has no stage `{stage}`")]
    UnknownImplementation {
        /// The plugin.
        plugin: String,
        /// What was typed after the slash.
        stage: String,
    },
    /// The plugin describes its parameters with a schema that is none.
    #[error("the parameters of `{uses}` cannot be checked: its plugin describes them wrongly ({reason})")]
    BrokenSchema {
        /// The implementation.
        uses: String,
        /// What is wrong with the schema.
        reason: String,
    },

    // Edges.
    /// An edge is not of the form `stage.output`.
    #[error("`{text}` does not name an output")]
    MalformedEdge {
        /// What was typed.
        text: String,
    },
    /// Something other than `@reference`.
    #[error("`@{text}` does not choose a source")]
    UnknownChoice {
        /// What was typed after the `@`.
        text: String,
    },
    /// No stage of that name.
    #[error("there is no stage `{name}`")]
    UnknownStage {
        /// What was typed.
        name: String,
    },
    /// The stage has no such output.
    #[error("stage `{stage}` ({uses}) has no output `{port}`")]
    UnknownOutput {
        /// The stage.
        stage: String,
        /// Its implementation.
        uses: String,
        /// What was typed.
        port: String,
    },
    /// The job gives `job.file` and nothing else.
    #[error("the job has no output `{port}`")]
    UnknownJobOutput {
        /// What was typed.
        port: String,
    },
    /// The stage has no such input.
    #[error("stage `{stage}` ({uses}) has no input `{port}`")]
    UnknownInput {
        /// The stage.
        stage: String,
        /// Its implementation.
        uses: String,
        /// What was typed.
        port: String,
    },
    /// An input that must be connected is not.
    #[error("input `{port}` of stage `{stage}` is not connected")]
    MissingInput {
        /// The stage.
        stage: String,
        /// Its input.
        port: String,
    },
    /// A list for an input of one value.
    #[error("input `{port}` of stage `{stage}` takes one value, not a list")]
    ListForOne {
        /// The stage.
        stage: String,
        /// Its input.
        port: String,
    },
    /// Output and input are of different kinds.
    #[error("`{edge}` is of kind `{given}`, but input `{port}` of stage `{stage}` takes `{wanted}`")]
    KindMismatch {
        /// The edge as typed.
        edge: String,
        /// Kind of the output.
        given: String,
        /// The stage that reads.
        stage: String,
        /// Its input.
        port: String,
        /// Kind of the input.
        wanted: String,
    },
    /// A stage reads itself.
    #[error("stage `{stage}` reads its own output")]
    SelfReference {
        /// The stage.
        stage: String,
    },
    /// Stages read each other in a circle.
    #[error("stages read each other in a circle: {}", path.join(" -> "))]
    Cycle {
        /// The stages, each reading the next; the first again at the end.
        path: Vec<String>,
    },
    /// A stage for all sources reads one that Source 1 does not have.
    #[error(
        "stage `{reader}` is repeated for all sources, but `{read}` only for the targets: Source 1 has no `{read}`"
    )]
    NoneForReference {
        /// The stage with `each = "sources"`.
        reader: String,
        /// The stage with `each = "targets"`.
        read: String,
    },
    /// `@reference` of a stage that is repeated for the targets.
    #[error("`{stage}` is repeated for the targets only, so it has no value for the reference")]
    ReferenceOfTargets {
        /// The stage.
        stage: String,
    },
    /// `@reference` of a stage that is not repeated.
    #[error("`{stage}` is not repeated, so there is no value of its own for the reference")]
    ReferenceOfOnce {
        /// The stage.
        stage: String,
    },
    /// All values of a repeated stage for an input of one.
    #[error("`{edge}` gives one value for each {of}, but input `{port}` of stage `{stage}` takes one")]
    ManyForOne {
        /// The edge as typed.
        edge: String,
        /// `source` or `target`.
        of: &'static str,
        /// The stage that reads.
        stage: String,
        /// Its input.
        port: String,
    },

    // Parameters.
    /// No such parameter.
    #[error("{owner} has no setting `{name}`")]
    UnknownParameter {
        /// ``stage `correlate` (correlation-gcc/phat)`` or the table within.
        owner: String,
        /// What was typed.
        name: String,
    },
    /// A parameter that is known, but does not go with the others.
    #[error("setting `{name}` does not go with the other settings of {owner}")]
    MisplacedParameter {
        /// The owner.
        owner: String,
        /// What was typed.
        name: String,
    },
    /// A value that a parameter cannot have.
    #[error("{what} must be {expected}, not {found}")]
    WrongParameter {
        /// Path of the parameter within `with`, quoted: ``` `tracks.language` ```.
        what: String,
        /// `a whole number from 1 to 100`.
        expected: String,
        /// What was given.
        found: String,
    },
    /// A parameter without default was not given.
    #[error("{owner} needs the setting `{name}`")]
    MissingParameter {
        /// The owner.
        owner: String,
        /// The parameter.
        name: String,
    },

    // Comparisons.
    /// Variants, and nothing that says what to measure of them.
    #[error("`{file}` has variants, but does not say what to measure of them")]
    NoMeasure {
        /// The pipeline.
        file: String,
    },
    /// Something to measure, and no variants.
    #[error("`{file}` says what to measure, but has no variants to compare")]
    NoVariants {
        /// The pipeline.
        file: String,
    },
    /// A variant name that could not be referred to.
    #[error("`{name}` cannot be the name of a variant")]
    VariantName {
        /// What was typed.
        name: String,
    },
    /// A variant that is not there.
    #[error("there is no variant `{name}`")]
    UnknownVariant {
        /// What was typed.
        name: String,
    },
    /// What cannot be measured: no output of a stage, or the same one twice.
    #[error("`{edge}` cannot be measured: {reason}")]
    Unmeasurable {
        /// What was typed.
        edge: String,
        /// Why.
        reason: &'static str,
    },
    /// One output that is of different kinds in different variants.
    #[error("`{edge}` is `{kind}` in variant `{variant}`, but `{other_kind}` in variant `{other}`")]
    MeasuredKinds {
        /// What is measured.
        edge: String,
        /// Kind in the first variant.
        kind: String,
        /// The first variant.
        variant: String,
        /// Kind in another one.
        other_kind: String,
        /// The other one.
        other: String,
    },
    /// What is measured depends on a stage with effects, which each variant would run.
    #[error(
        "`{edge}` cannot be compared: stage `{stage}` ({uses}) has effects outside of its outputs, and each variant would run it"
    )]
    MeasuredEffects {
        /// What is measured.
        edge: String,
        /// The stage.
        stage: String,
        /// Its implementation.
        uses: String,
    },

    /// Pipelines that have no output to measure in common.
    #[error("the pipelines have nothing in common that could be measured")]
    NothingInCommon,
    /// A comparison in the place of one of several pipelines.
    #[error("`{file}` is a comparison itself, and cannot be one of several pipelines to compare")]
    ComparisonOfComparison {
        /// The pipeline.
        file: String,
    },

    // Job.
    /// The job names no reference.
    #[error("there is nothing to run `{file}` on: no reference is given")]
    NoReference {
        /// The pipeline.
        file: String,
    },
}
