//! What log and report say of a delay that was selected, and of one that could not be.

use crate::{explain, select::Decision, verdict, votes::Said};
use vsg_plugin_api::{prelude::*, report::Entry};

/// The delay's place in the report.
#[derive(serde::Serialize)]
struct Facts<'a, S> {
    selection: S,
    explain: &'a Explanation,
}

/// What the report says of a delay that was refused.
#[derive(serde::Serialize)]
struct Refused<'a> {
    verdict: Verdict,
    accepted: usize,
    measured: usize,
    error: &'a str,
}

/// Puts a delay into log and report.
pub(crate) fn tell(decision: &Decision, ctx: &Ctx<'_>) -> Result<()> {
    let delay = &decision.delay;
    let explanation = delay.explanation.clone().unwrap_or_default();
    let (source, verdict) = (&delay.source, explain::name(delay.verdict));
    let error = delay.error_ms.map_or(String::new(), |ms| format!(" ± {ms:.3}"));
    ctx.log(format!("[Delay Selection] {source}: {:+.3}{error} ms, {verdict}: {}", delay.raw_ms, explanation.because));
    let place = ["targets", source.as_str()];
    let selection = Delay { explanation: None, ..delay.clone() };
    ctx.report(&Entry::facts(&place, &Facts { selection, explain: &explanation })?)?;
    ctx.report(&Entry::Table(explain::table(source, delay.verdict, &explanation)))?;
    if let Some(doubt) = &decision.doubt {
        ctx.warn(doubt);
        ctx.report(&Entry::Issue(doubt.clone()))?;
    }
    Ok(())
}

/// Puts into the report what windows said of which no delay could be told.
pub(crate) fn tell_refusal(correlation: &Correlation, error: &Error, ctx: &Ctx<'_>) -> Result<()> {
    let said: Vec<Said<'_>> = crate::select::accepted(correlation)
        .into_iter()
        .map(|window| Said { window, level_ms: window.delay_ms, agrees: false })
        .collect();
    let case = crate::select::case(correlation, &said, 0.0, None);
    let because = error.message().lines().next().unwrap_or_default().to_owned();
    let explanation = Explanation { because, ..verdict::judge(&case).explanation };
    let selection = Refused {
        verdict: Verdict::Refused,
        accepted: said.len(),
        measured: correlation.windows.len(),
        error: error.message(),
    };
    let source = &correlation.source;
    ctx.report(&Entry::facts(&["targets", source], &Facts { selection, explain: &explanation })?)?;
    ctx.report(&Entry::Table(explain::table(source, Verdict::Refused, &explanation)))
}
