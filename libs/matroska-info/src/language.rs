//! Language codes, and when two of them mean the same language.

/// Two-letter codes and what they become. `jp` and `cn` are no codes but common mistakes.
const TWO_LETTERS: [(&str, &str); 41] = [
    ("en", "eng"),
    ("ja", "jpn"),
    ("jp", "jpn"),
    ("zh", "zho"),
    ("cn", "zho"),
    ("es", "spa"),
    ("de", "deu"),
    ("fr", "fra"),
    ("it", "ita"),
    ("pt", "por"),
    ("ru", "rus"),
    ("ko", "kor"),
    ("ar", "ara"),
    ("tr", "tur"),
    ("pl", "pol"),
    ("nl", "nld"),
    ("sv", "swe"),
    ("no", "nor"),
    ("fi", "fin"),
    ("da", "dan"),
    ("cs", "ces"),
    ("sk", "slk"),
    ("sl", "slv"),
    ("hu", "hun"),
    ("el", "ell"),
    ("he", "heb"),
    ("id", "ind"),
    ("vi", "vie"),
    ("th", "tha"),
    ("hi", "hin"),
    ("ur", "urd"),
    ("fa", "fas"),
    ("uk", "ukr"),
    ("ro", "ron"),
    ("bg", "bul"),
    ("sr", "srp"),
    ("hr", "hrv"),
    ("ms", "msa"),
    ("bn", "ben"),
    ("ta", "tam"),
    ("te", "tel"),
];

/// The bibliographic codes of ISO 639-2 and the terminological ones that mean the same.
const BIBLIOGRAPHIC: [(&str, &str); 20] = [
    ("alb", "sqi"),
    ("arm", "hye"),
    ("baq", "eus"),
    ("bur", "mya"),
    ("chi", "zho"),
    ("cze", "ces"),
    ("dut", "nld"),
    ("fre", "fra"),
    ("geo", "kat"),
    ("ger", "deu"),
    ("gre", "ell"),
    ("ice", "isl"),
    ("mac", "mkd"),
    ("mao", "mri"),
    ("may", "msa"),
    ("per", "fas"),
    ("rum", "ron"),
    ("slo", "slk"),
    ("tib", "bod"),
    ("wel", "cym"),
];

/// A language code in the form in which it is compared: trimmed, lower case, two letters made three.
///
/// Nothing, white space and `und` are none. A two-letter code that is not in the table and everything of another
/// length stay as they are.
#[must_use]
pub fn normalise_language(code: Option<&str>) -> Option<String> {
    let code = code?.trim().to_lowercase();
    if code.is_empty() || code == "und" {
        return None;
    }
    let three = TWO_LETTERS.iter().find(|(two, _)| *two == code).map(|(_, three)| (*three).to_owned());
    Some(three.unwrap_or(code))
}

/// Whether two codes mean the same language: `de`, `ger`, `deu` and `de-AT` all do. `und` is like nothing.
#[must_use]
pub fn is_same_language(one: &str, other: &str) -> bool {
    match (canonical(one), canonical(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// The language of a code or tag without region and script, in terminological three letters where known.
fn canonical(code: &str) -> Option<String> {
    let primary = code.trim().split(['-', '_']).next()?;
    let normal = normalise_language(Some(primary))?;
    let three = BIBLIOGRAPHIC.iter().find(|(b, _)| *b == normal).map(|(_, t)| (*t).to_owned());
    Some(three.unwrap_or(normal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_codes_of_a_language_are_the_same_language() {
        for (one, other) in [("de", "ger"), ("deu", "ger"), ("de-AT", "deu"), ("cn", "chi"), ("PT_br", "por")] {
            assert!(is_same_language(one, other) && is_same_language(other, one), "{one} {other}");
        }
        for (one, other) in [("de", "eng"), ("und", "und"), ("", "eng"), ("slo", "slv")] {
            assert!(!is_same_language(one, other), "{one} {other}");
        }
    }
}
