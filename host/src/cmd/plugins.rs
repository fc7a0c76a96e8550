//! `plugins`: what was found, what is broken and why, and where it was looked for.

use super::print;
use crate::{Failure, plugins::Plugins};
use std::fmt::Write;

pub(super) fn list(plugins: &Plugins) -> Result<(), Failure> {
    print(&text(plugins))?;
    match plugins.broken.len() {
        0 => Ok(()),
        count => Err(Failure::Plugin(format!("{count} plugin(s) can not be used, see above"))),
    }
}

fn text(plugins: &Plugins) -> String {
    let mut text = String::new();
    // Writing to a string can not fail.
    for plugin in &plugins.loaded {
        let _ = writeln!(text, "{} {}  ({})", plugin.name, plugin.version, plugin.path.display());
        for (signature, _) in &plugin.stages {
            let _ = writeln!(text, "  {:32} {}", signature.id, signature.summary);
        }
    }
    if !plugins.broken.is_empty() {
        let _ = writeln!(text, "\nnot usable:");
        for error in &plugins.broken {
            let _ = writeln!(text, "  {error}");
        }
    }
    let _ = writeln!(text, "\nlooked in:");
    for folder in &plugins.folders {
        let note = if folder.is_dir() { "" } else { "  (does not exist)" };
        let _ = writeln!(text, "  {}{note}", folder.display());
    }
    text
}
