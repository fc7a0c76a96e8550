//! `media/layout`: which tracks the output has, and in which order.

use crate::rules::{self, Rule};
use vsg_plugin_api::{prelude::*, report::Entry};

params! {
    /// Which tracks the output has.
    pub struct ChooseTracks {
        /// Rules, tried in order; each adds the tracks that match it and are not there yet. Without rules: everything of the
        /// reference, audio and subtitles of each target.
        tracks: Vec<Rule> = Vec::new(),
        /// Whether attachments are kept: all of the reference, and the fonts for styled subtitles of targets.
        attachments: bool = true,
    }
}

impl Stage for ChooseTracks {
    const ID: &'static str = "layout";

    fn signature() -> Signature {
        Signature::new("Chooses the tracks of the output and their order.")
            .phase("Analysis")
            .input_many::<Media>("media", "all sources, the reference first")
            .output::<Layout>("layout", "the tracks of the output")
    }

    fn run(&self, inputs: &Inputs, ctx: &Ctx<'_>) -> Result<Outputs> {
        let sources: Vec<Media> = inputs.many("media")?;
        let (tracks, warnings) = if self.tracks.is_empty() {
            (rules::default_tracks(&sources), Vec::new())
        } else {
            rules::chosen_tracks(&sources, &self.tracks)
        };
        for warning in warnings {
            ctx.warn(&warning);
            ctx.report(&Entry::Issue(warning))?;
        }
        if tracks.is_empty() {
            return Err(Error::new("the output would have no tracks")
                .help("change the rules under [[stage.layout.with.tracks]], or remove them to take the default"));
        }
        let attachments = if self.attachments { rules::attachments(&sources, &tracks) } else { Vec::new() };
        let reference = sources.first();
        let layout = Layout {
            tracks,
            attachments,
            title: reference.map(|media| media.title.clone()).unwrap_or_default(),
            has_chapters: reference.is_some_and(|media| media.chapters > 0),
        };
        Outputs::new().with("layout", layout)
    }
}
