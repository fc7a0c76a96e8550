//! Which tracks get the default and the forced flag.

use crate::item::{Bytes, Item};
use vsg_plugin_api::prelude::*;

/// The flags of items, in their order.
///
/// If all tracks are in files of their own: the first video, the first audio and the first subtitles that ask for it are default,
/// and the first subtitles that ask for it are forced. If any are read in their source: as the layout has them.
pub(crate) fn flags(items: &[Item]) -> Vec<TrackFlags> {
    let is_in_source = |item: &Item| matches!(item.bytes, Bytes::Source { .. });
    if items.iter().any(is_in_source) {
        return items.iter().map(|item| TrackFlags { default: item.default, forced: item.forced }).collect();
    }
    let flags = items.iter().enumerate().map(|(index, item)| {
        let of_kind = || items.iter().enumerate().filter(|(_, other)| other.kind == item.kind);
        let is_first = |wanted: &dyn Fn(&Item) -> bool| {
            of_kind().find(|(_, other)| wanted(other)).is_some_and(|(first, _)| first == index)
        };
        TrackFlags {
            default: match item.kind {
                TrackType::Video => is_first(&|_| true),
                _ => is_first(&|other| other.default),
            },
            forced: item.kind == TrackType::Subtitles && is_first(&|other| other.forced),
        }
    });
    flags.collect()
}
