//! `delays/plan`: the delays of the whole job.

use crate::{chain, explain};
use vsg_plugin_api::{
    prelude::*,
    report::{Entry, Table},
};

/// No release of the same video is shifted by more than this (ms).
const LARGEST_MS: i64 = 3_600_000;

choice! {
    /// What happens to delays below 0.
    pub enum SyncMode {
        /// Everything is shifted by the same amount until no audio has a negative delay.
        PositiveOnly,
        /// They stay; what would start before 0 is cut.
        AllowNegative,
        /// The reference keeps its times, and no audio is cut: where audio would have to start before 0, the job fails before anything is
        /// written.
        Preserve,
    }
}

choice! {
    /// Where the output's tracks are read.
    pub enum Extraction {
        /// In their source files, with the timestamps that they have there.
        Passthrough,
        /// In files of their own that start at their first sample, as the reference program has them.
        Files,
    }
}

choice! {
    /// What happens to a source of the output that one delay does not put in sync.
    pub enum Uncorrected {
        /// The job fails before anything is written.
        Refuse,
        /// It is told.
        Tell,
    }
}

params! {
    /// How the delays of all sources become the delays of the job.
    pub struct Plan {
        /// What happens to delays below 0.
        sync_mode: SyncMode = SyncMode::PositiveOnly,
        /// Where the output's tracks are read; the same as `mode` of `media/extract`.
        extraction: Extraction = Extraction::Passthrough,
        /// With extracted files: whether a reference whose audio starts before its video is shifted even if no other source
        /// has audio.
        always_shift_containers: bool = false,
        /// What happens if a source of the output drifts or steps, and nothing has corrected it.
        uncorrected: Uncorrected = Uncorrected::Refuse,
    }
}

impl Stage for Plan {
    const ID: &'static str = "plan";

    fn signature() -> Signature {
        Signature::new("Adds container delays and the global shift to the delays of all targets.")
            .phase("Analysis")
            .input_many::<Media>("media", "all sources, the reference first")
            .input_many::<Delay>("delay", "the selected delays of the targets")
            .input::<Layout>("layout", "the tracks of the output")
            .output::<Delays>("delays", "the delays of the job")
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let media: Vec<Media> = inputs.many("media")?;
        let targets: Vec<Delay> = inputs.many("delay")?;
        let layout: Layout = inputs.one("layout")?;
        let reference = media.first().ok_or_else(|| Error::new("there is no Source 1"))?;
        require_times(&media, &targets)?;
        require_complete(reference, &targets, &layout)?;
        for issue in uncorrected(&targets, &layout) {
            if self.uncorrected == Uncorrected::Refuse {
                return Err(refusal(&issue));
            }
            ctx.warn(&issue);
            ctx.report(&Entry::Issue(issue))?;
        }

        let (delays, log) = chain::chain(&chain::Job {
            reference,
            delays: &targets,
            layout: &layout,
            sync_mode: self.sync_mode,
            always_shift_containers: self.always_shift_containers && self.extraction == Extraction::Files,
            kept_timestamps: (self.extraction == Extraction::Passthrough).then_some(&media),
        })?;
        let delays = Delays { from_first_sample: self.extraction == Extraction::Files, ..delays };
        log.iter().for_each(|line| ctx.log(line));
        require_reasonable(&delays)?;
        ctx.report(&Entry::facts(&["delays"], &delays)?)?;
        let table = table(reference, &targets, &delays);
        if !table.rows.is_empty() {
            ctx.report(&Entry::Table(table))?;
        }
        Outputs::new().with("delays", delays)
    }
}

/// Fails if a start or a delay is not a time of a film.
fn require_times(media: &[Media], targets: &[Delay]) -> Result<()> {
    for (source, track) in media.iter().flat_map(|media| media.tracks.iter().map(|track| (&media.source, track))) {
        for ms in [track.start_ms, track.container_delay_ms as f64] {
            crate::require_time(|| format!("the start of track {} of {source}", track.id), ms)?;
        }
    }
    for delay in targets {
        for ms in [delay.raw_ms, delay.rounded_ms as f64, delay.start_ms, delay.reference_start_ms] {
            crate::require_time(|| format!("the delay or the start of {}", delay.source), ms)?;
        }
    }
    Ok(())
}

/// Fails if the output takes tracks of a source that has no delay.
pub(crate) fn require_complete(reference: &Media, targets: &[Delay], layout: &Layout) -> Result<()> {
    let known = |source: &str| source == reference.source || targets.iter().any(|delay| delay.source == source);
    match layout.tracks.iter().map(|track| &track.source).find(|source| !known(source)) {
        None => Ok(()),
        Some(source) => Err(Error::new(format!(
            "Analysis incomplete: No delay calculated for {source}. Audio correlation may have failed."
        ))
        .help("connect the delays of all targets, or leave the tracks of this source out of the layout")),
    }
}

/// What one delay does not put right in sources that the output has tracks of.
fn uncorrected(targets: &[Delay], layout: &Layout) -> Vec<String> {
    let is_used = |delay: &&Delay| layout.tracks.iter().any(|track| track.source == delay.source);
    targets.iter().filter(is_used).filter_map(|delay| delay.uncorrected.clone()).collect()
}

fn refusal(what: &str) -> Error {
    Error::new(format!("{what}, and no stage corrects that")).help(
        "leave the tracks of this source out of the layout, or take the delay all the same by uncorrected = \"tell\" of delays/plan; \
         if the finding is wrong, look at the plot of delay over time in the report",
    )
}

fn require_reasonable(delays: &Delays) -> Result<()> {
    let rounded = delays.sources.iter().map(|(source, delay)| (source, delay.rounded_ms()));
    match rounded.into_iter().find(|(_, ms)| ms.abs() > LARGEST_MS) {
        None => Ok(()),
        Some((source, ms)) => {
            let message = format!("Unreasonable delay for {source}: {ms}ms. This likely indicates an analysis error.");
            Err(Error::new(message).help("check that all files are releases of the same video"))
        }
    }
}

/// One row for each target, without the global shift, which has a row of its own if there is one.
fn table(reference: &Media, targets: &[Delay], delays: &Delays) -> Table {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for target in targets {
        let container_ms = chain::relative_ms(reference, target.reference_track_id);
        rows.push(vec![
            target.source.clone(),
            format!("{:+.3}", target.raw_ms + container_ms as f64),
            format!("{:+}", target.rounded_ms + container_ms),
            target.error_ms.map_or(String::new(), |ms| format!("{ms:.3}")),
            explain::name(target.verdict).to_owned(),
            format!("{} of {}", target.accepted, target.measured),
            target.label.clone(),
        ]);
    }
    if delays.global_shift_ms() != 0 {
        let (raw, rounded) =
            (format!("{:+.3}", delays.raw_global_shift_ms()), format!("{:+}", delays.global_shift_ms()));
        let none = String::new;
        rows.push(vec!["global shift".into(), raw, rounded, none(), none(), none(), "no audio before 0".into()]);
    }
    let columns = ["source", "delay (ms)", "rounded (ms)", "± (ms)", "verdict", "windows accepted", "selected by"];
    Table { title: "Delays".into(), columns: columns.map(str::to_owned).to_vec(), rows, is_detail: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::{delay, layout, media};

    fn plan(targets: &[Delay], layout: &Layout) -> (Media, Delays) {
        let reference = media("Source 1", &[(TrackType::Video, 0, 0), (TrackType::Audio, 1, 21)]);
        let job = chain::Job {
            reference: &reference,
            delays: targets,
            layout,
            sync_mode: SyncMode::PositiveOnly,
            always_shift_containers: false,
            kept_timestamps: None,
        };
        let (delays, _) = chain::chain(&job).unwrap();
        (reference, delays)
    }

    #[test]
    fn the_table_shows_targets_without_the_global_shift_and_the_shift_below() {
        let layout = layout(&[("Source 2", TrackType::Audio, 1)]);
        let targets = [delay("Source 2", -437.25), delay("Source 3", 12.0)];
        let (reference, delays) = plan(&targets, &layout);
        let table = table(&reference, &targets, &delays);
        assert_eq!(table.rows[0], ["Source 2", "-416.250", "-416", "", "likely", "9 of 10", "mode"]);
        assert_eq!(table.rows[1], ["Source 3", "+33.000", "+33", "", "likely", "9 of 10", "mode"]);
        assert_eq!(table.rows[2], ["global shift", "+416.250", "+416", "", "", "", "no audio before 0"]);
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()));
    }

    #[test]
    fn a_job_without_shift_has_no_row_for_it() {
        let layout = layout(&[("Source 2", TrackType::Audio, 1)]);
        let targets = [delay("Source 2", 437.25)];
        let (reference, delays) = plan(&targets, &layout);
        assert_eq!(table(&reference, &targets, &delays).rows.len(), 1);
    }

    #[test]
    fn a_source_of_the_output_without_a_delay_is_an_error() {
        let layout = layout(&[("Source 2", TrackType::Audio, 1), ("Source 3", TrackType::Subtitles, 2)]);
        let reference = media("Source 1", &[]);
        let error = require_complete(&reference, &[delay("Source 2", 1.0)], &layout).unwrap_err();
        assert!(error.message().contains("No delay calculated for Source 3"), "{error}");
        require_complete(&reference, &[delay("Source 2", 1.0), delay("Source 3", 1.0)], &layout).unwrap();
    }

    #[test]
    fn sources_of_the_output_that_one_delay_does_not_put_in_sync_are_told() {
        let drifting = Delay { uncorrected: Some("Source 2 drifts".into()), ..delay("Source 2", 1.0) };
        let targets = [drifting, delay("Source 3", 1.0)];
        let used = layout(&[("Source 2", TrackType::Subtitles, 2), ("Source 3", TrackType::Audio, 1)]);
        assert_eq!(uncorrected(&targets, &used), ["Source 2 drifts"]);
        let unused = layout(&[("Source 1", TrackType::Audio, 1), ("Source 3", TrackType::Audio, 1)]);
        assert!(uncorrected(&targets, &unused).is_empty());
        let error = refusal("Source 2 drifts");
        assert_eq!(error.message(), "Source 2 drifts, and no stage corrects that");
        assert!(error.help_text().is_some_and(|help| help.contains("uncorrected = \"tell\"")));
    }

    #[test]
    fn a_delay_whose_two_forms_differ_is_refused() {
        let reference = media("Source 1", &[(TrackType::Audio, 1, 0)]);
        let odd = [Delay { rounded_ms: 437, ..delay("Source 2", -437.25) }];
        let layout = layout(&[("Source 2", TrackType::Audio, 1)]);
        let job = chain::Job {
            reference: &reference,
            delays: &odd,
            layout: &layout,
            sync_mode: SyncMode::PositiveOnly,
            always_shift_containers: false,
            kept_timestamps: None,
        };
        let error = chain::chain(&job).unwrap_err();
        assert!(error.message().contains("437 ms rounded and -437.25 ms unrounded"), "{error}");
    }

    #[test]
    fn times_that_are_none_are_refused_before_they_are_added_up() {
        let good = media("Source 1", &[(TrackType::Audio, 1, 21)]);
        require_times(&[good], &[delay("Source 2", 12.0)]).unwrap();
        let absurd = media("Source 1", &[(TrackType::Audio, 1, i64::MIN)]);
        let error = require_times(&[absurd], &[]).unwrap_err();
        assert!(error.message().starts_with("the start of track 1 of Source 1 is "), "{error}");
        assert!(require_times(&[], &[delay("Source 2", -1e308)]).is_err());
    }

    #[test]
    fn more_than_an_hour_is_no_delay() {
        let layout = layout(&[]);
        require_reasonable(&plan(&[delay("Source 2", 3_599_979.0)], &layout).1).unwrap();
        let error = require_reasonable(&plan(&[delay("Source 2", 3_599_980.0)], &layout).1).unwrap_err();
        assert!(error.message().starts_with("Unreasonable delay for Source 2: 3600001ms"), "{error}");
    }
}
