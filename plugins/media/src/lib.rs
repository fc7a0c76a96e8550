//! Looks into media files, decodes audio, chooses and extracts tracks.

mod decode;
mod extract;
mod first_sample;
mod layout;
mod probe;
mod rules;

vsg_plugin_api::export!(probe::Probe, decode::Decode, layout::ChooseTracks, extract::Extract);

/// How long a tool may stay silent before it counts as hung.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);

/// A tool that answers a question about a file on its standard output.
fn question<'c>(
    ctx: &'c vsg_plugin_api::Ctx<'_>,
    tool: vsg_plugin_api::Tool,
) -> vsg_plugin_api::Result<vsg_plugin_api::Command<'c>> {
    Ok(ctx.command(tool)?.binary().timeout_idle(PATIENCE))
}
