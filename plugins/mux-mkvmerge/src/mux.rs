//! `mux-mkvmerge/mux`: writes the output file.

use crate::{
    delay::{Timeline, sync_ms},
    described,
    item::{self, Item},
    options, options_file,
    output_file::{Unfinished, has_mark, marked_uid},
};
use std::{path::Path, time::Duration};
use vsg_plugin_api::{ToolError, prelude::*, report::Entry};

params! {
    /// How the output is written.
    pub struct Mux {
        /// Leaves out mkvmerge's statistics tags.
        disable_track_statistics_tags: bool = false,
        /// Stores packets as they are, without header removal compression.
        disable_header_compression: bool = true,
        /// Takes the dialogue normalisation gain out of AC-3 and E-AC-3 tracks. Changes their bytes.
        remove_dialog_normalization_gain: bool = false,
        /// Replaces a file of the output's name even if no earlier run wrote it.
        overwrite: bool = false,
        /// Writes all options of mkvmerge into the log.
        log_options: bool = false,
        /// How long mkvmerge may stay silent before it counts as hung (s).
        #[schemars(range(min = 1, max = 86400))]
        patience_s: u64 = 600,
    }
}

impl Stage for Mux {
    const ID: &'static str = "mux";

    fn signature() -> Signature {
        Signature::new("Writes the output file with mkvmerge.")
            .phase("Merge Planning")
            .input::<Layout>("layout", "the tracks of the output")
            .input_many::<Tracks>("tracks", "where the bytes of the tracks are, the reference first")
            .input::<Delays>("delays", "the delays of the job")
            .output::<Output>("output", "the finished file")
            .with_effects()
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let layout: Layout = inputs.one("layout")?;
        let sources: Vec<Tracks> = inputs.many("tracks")?;
        let delays: Delays = inputs.one("delays")?;
        let is_ours = |place: &Path| identify(ctx, place).is_ok_and(|answer| has_mark(&answer));
        let job = ctx.job()?;
        let unfinished = Unfinished::prepare(&job, self.overwrite, is_ours)?;
        ctx.note_unfinished(unfinished.temporary())?;

        let mut items = item::in_final_order(item::items(&layout, &sources)?);
        described::describe(&mut items, &sources, |source| identify(ctx, source))?;
        for issue in early_subtitles(&items, &delays) {
            ctx.warn(&issue);
            ctx.report(&Entry::Issue(issue))?;
        }
        let settings = options::Settings {
            disable_track_statistics_tags: self.disable_track_statistics_tags,
            disable_header_compression: self.disable_header_compression,
            remove_dialog_normalization_gain: self.remove_dialog_normalization_gain,
            ..options::Settings::default()
        };
        let mut tokens = vec!["--output".to_owned(), options_file::text(unfinished.temporary())?];
        tokens.extend(["--segment-uid".to_owned(), marked_uid()]);
        // Without it mkvmerge would take the title of the first source that has one.
        tokens.extend(["--title".to_owned(), layout.title.clone()]);
        tokens.extend(options::tokens(&items, &kept(&sources, &layout), &delays, &settings)?);
        if self.log_options {
            options_file::log_messages(&tokens)?.iter().for_each(|message| ctx.log(message));
        }

        let file = ctx.scratch_dir()?.join("opts.json");
        std::fs::write(&file, options_file::json(&tokens)?)?;
        let mut argument = std::ffi::OsString::from("@");
        argument.push(&file);
        let finished = ctx
            .command(Tool::Mkvmerge)?
            .doing("writing the output")
            .timeout_idle(Duration::from_secs(self.patience_s))
            .arg(argument)
            .run()
            .map_err(|error| match error {
                full @ ToolError::StorageFull { .. } => Error::from(full).help(format!(
                    "the output needs as much room as all its tracks; make room in `{}`, or choose another folder by -o",
                    job.output.display()
                )),
                other => other.into(),
            })?;
        for warning in &finished.warnings {
            ctx.report(&Entry::Issue(format!("mkvmerge: {warning}")))?;
        }
        unfinished.require_written()?;
        require_tracks(&identify(ctx, unfinished.temporary())?, items.len())?;
        let path = unfinished.finish()?;
        ctx.log(format!("[SUCCESS] Output file created: {}", path.display()));
        ctx.report(&Entry::Facts(serde_json::json!({ "status": "merged", "output": path })))?;
        Outputs::new().with("output", Output { path, tokens })
    }
}

/// Subtitles that move towards the start: mkvmerge leaves out what would begin before it, and says nothing.
fn early_subtitles(items: &[Item], delays: &Delays) -> Vec<String> {
    let timeline = Timeline::of(items, REFERENCE);
    let early = items.iter().filter(|item| item.kind == TrackType::Subtitles).filter_map(|item| {
        let ms = sync_ms(item, delays, &timeline);
        (ms < 0).then(|| {
            format!(
                "subtitle track {} of {} moves by {ms} ms, and mkvmerge leaves out what would begin before 0; a sync mode that writes \
                 times itself, or sync_mode = \"positive-only\" of the delays, keeps everything",
                item.id, item.source
            )
        })
    });
    early.collect()
}

/// Fails if what was written does not have this many tracks.
fn require_tracks(identified: &[u8], wanted: usize) -> Result<()> {
    let answer: serde_json::Value = serde_json::from_slice(identified).unwrap_or_default();
    let found = answer["tracks"].as_array().map_or(0, Vec::len);
    if found == wanted {
        return Ok(());
    }
    Err(Error::new(format!("mkvmerge ended without an error, but its output has {found} tracks instead of {wanted}"))
        .help(
            "look at its messages in the log; run vsg-host doctor if the installed mkvmerge may not be a working one",
        ))
}

/// What `mkvmerge -J` says about a file.
fn identify(ctx: &Ctx<'_>, file: &Path) -> Result<Vec<u8>> {
    Ok(ctx.question(Tool::Mkvmerge)?.args(["-J".as_ref(), file.as_os_str()]).output()?.stdout)
}

/// The sources, each with the attachments of it that stay.
fn kept(sources: &[Tracks], layout: &Layout) -> Vec<options::Source> {
    let attachments_of = |source: &str| {
        let of_source = layout.attachments.iter().filter(|attachment| attachment.source == source);
        of_source.map(|attachment| attachment.id).collect()
    };
    let source = |tracks: &Tracks| options::Source {
        name: tracks.source.clone(),
        path: tracks.path.clone(),
        attachments: attachments_of(&tracks.source),
        has_chapters: layout.has_chapters && tracks.source == REFERENCE,
    };
    sources.iter().map(source).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passthrough_tests::own;

    #[test]
    fn subtitles_that_move_towards_the_start_are_told() {
        let items = [own(1, 0, TrackType::Subtitles), own(2, 3, TrackType::Subtitles), own(2, 4, TrackType::Audio)];
        let delays =
            Delays { sources: [("Source 2".to_owned(), SourceDelay::of_raw(-250.0))].into(), ..Delays::default() };
        let told = early_subtitles(&items, &delays);
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with("subtitle track 3 of Source 2 moves by -250 ms"), "{told:?}");
    }

    #[test]
    fn an_output_has_as_many_tracks_as_it_should() {
        assert!(require_tracks(br#"{"tracks": [{}, {}]}"#, 2).is_ok());
        let missing = require_tracks(br#"{"tracks": [{}]}"#, 2).unwrap_err();
        assert!(missing.message().ends_with("its output has 1 tracks instead of 2"), "{missing}");
        assert!(require_tracks(b"hello", 2).is_err() && require_tracks(b"{}", 2).is_err());
    }
}
