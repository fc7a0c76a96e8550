//! Finds the name that was probably meant.

/// The candidate that is closest to `typed`, when it is close enough to be a slip of the finger.
#[must_use]
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let allowed = match typed.chars().count() {
        0..=2 => 0,
        length => length / 3,
    };
    let distances =
        candidates.into_iter().map(|candidate| (strsim::osa_distance(&typed, &candidate.to_lowercase()), candidate));
    distances.filter(|(distance, _)| *distance <= allowed).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// Help for an unknown name: the nearest valid one, then all of them. `what` is their plural, as in "settings of `x`".
pub(super) fn suggest<'a>(typed: &str, what: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let all = match candidates.as_slice() {
        [] => format!("there are no {what}"),
        names => format!("{what}: {}", list(names.iter().copied())),
    };
    match nearest(typed, candidates) {
        Some(name) => format!("did you mean `{name}`?\n{all}"),
        None => all,
    }
}

/// `a`, `b`, `c`: each name in backticks.
pub(super) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_found_and_a_different_word_is_not() {
        assert_eq!(nearest("corelate", ["probe", "correlate"]), Some("correlate"));
        assert_eq!(nearest("Probe", ["probe"]), Some("probe"));
        assert_eq!(nearest("wnidows", ["window_s", "windows"]), Some("windows"));
        assert_eq!(nearest("layout", ["probe", "correlate"]), None);
        assert_eq!(nearest("a", ["b", "A"]), Some("A"));
        assert_eq!(nearest("", ["probe"]), None);
    }
}
