//! `doctor`: are the tools that stages use there, and what is lost without them?

use super::print;
use crate::Failure;
use std::fmt::Write;
use vsg_tools::{
    Search,
    doctor::{Finding, State, examine},
};

pub(super) fn doctor() -> Result<(), Failure> {
    let findings = examine(&Search::from_env());
    print(&findings.iter().map(line).collect::<String>())?;
    let missing: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.tool.is_required() && !matches!(finding.state, State::Found { .. }))
        .map(|finding| finding.tool.name())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::Run {
        message: format!("needed and not usable: {}", missing.join(", ")),
        help: Some("install them as shown above, then run vsg-host doctor again".into()),
    })
}

fn line(finding: &Finding) -> String {
    let tool = finding.tool;
    match &finding.state {
        State::Found { path, version } => {
            let version = version.as_ref().map_or("version unknown".to_owned(), |version| version.text.clone());
            format!("✓ {:12} {version}  ({})\n", tool.name(), path.display())
        }
        State::Unusable(error) => {
            let mark = if tool.is_required() { "✗" } else { "–" };
            let mut text = format!("{mark} {:12} {error}\n", tool.name());
            // Writing to a string can not fail.
            let _ = writeln!(text, "    lost without it: {}", tool.lost_without());
            if let Some((_, install)) = finding.install.first() {
                let _ = writeln!(text, "    install: {install}");
            }
            let _ = writeln!(text, "    or set {} to where it is", tool.variable());
            text
        }
    }
}
