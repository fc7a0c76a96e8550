//! The file that mkvmerge reads its command line from, and how that command line is shown in the log.

use std::path::Path;
use vsg_plugin_api::prelude::*;

/// A path as an option. Fails if it is not valid UTF-8, because the file is.
pub(crate) fn text(path: &Path) -> Result<String> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Error::new(format!("the name of `{}` is not valid UTF-8; mkvmerge can not be told of it", path.display()))
            .help("rename the file or folder")
    })
}

/// The text of the file: one line, not escaped beyond what JSON needs.
pub(crate) fn json(tokens: &[String]) -> Result<String> {
    let quoted = tokens.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("[{}]", quoted.join(", ")))
}

/// The command line for people: as JSON, and as something like a shell's command.
pub(crate) fn log_messages(tokens: &[String]) -> Result<[String; 2]> {
    let end = "-".repeat(31);
    let json = serde_json::to_string_pretty(tokens)?;
    Ok([
        format!("--- mkvmerge options (json) ---\n{json}\n{end}"),
        format!("--- mkvmerge options (pretty) ---\n{}\n{end}", tokens.join(" \\\n  ")),
    ])
}
