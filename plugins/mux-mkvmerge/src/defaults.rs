//! Which tracks get the default and the forced flag.

use crate::item::{Bytes, Item};
use vsg_plugin_api::prelude::*;

/// The flags of items, in their order.
///
/// For tracks in files of their own: the first video, the first audio and the first subtitles that ask for it are default, and
/// the first subtitles that ask for it are forced. For tracks read in their source: as the layout has them.
pub(crate) fn flags(items: &[Item]) -> Vec<TrackFlags> {
    let flags = items.iter().enumerate().map(|(index, item)| {
        let of_kind = || items.iter().enumerate().filter(|(_, other)| other.kind == item.kind);
        let is_first = |wanted: &dyn Fn(&Item) -> bool| {
            of_kind().find(|(_, other)| wanted(other)).is_some_and(|(first, _)| first == index)
        };
        match item.bytes {
            Bytes::Own(_) => TrackFlags {
                default: match item.kind {
                    TrackType::Video => is_first(&|_| true),
                    _ => is_first(&|other| other.default),
                },
                forced: item.kind == TrackType::Subtitles && is_first(&|other| other.forced),
            },
            Bytes::Source { .. } => TrackFlags { default: item.default, forced: item.forced },
        }
    });
    flags.collect()
}
