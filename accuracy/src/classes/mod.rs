//! The cases of each class, drawn from the seed.

mod draw;
mod drift;
mod music;
mod offset;
mod plain;
mod stepping;
mod unrelated;

use crate::{Case, Class, Error, Name, Options, Result};
use draw::Draw;
use std::path::Path;

impl Class {
    /// How many cases there are unless somebody asks for another number.
    #[must_use]
    pub const fn usual_cases(self) -> usize {
        match self {
            Self::SameMix | Self::Drift | Self::Stepping => 60,
            Self::Dub => 45,
            Self::Unrelated | Self::Related => 100,
            Self::Bars => 200,
            Self::Offset => 40,
            Self::Uniform | Self::Short => 20,
            Self::Loops => 12,
            Self::Music => 30,
            Self::Long => 1,
        }
    }
}

/// The cases that the options ask for, by class and number.
pub(crate) fn cases(options: &Options) -> Result<Vec<Case>> {
    let mut names = options.case.clone();
    let wanted = |class: &Class| {
        let usual = options.case.is_empty() && options.only.is_empty();
        let possible = match class {
            Class::Long => options.long,
            Class::Music => options.music.is_some(),
            _ => true,
        };
        (usual && possible) || options.only.contains(class)
    };
    for class in Class::ALL.into_iter().filter(wanted) {
        let count = options.cases.unwrap_or(class.usual_cases());
        names.extend((0..count).map(|number| Name { class, number }));
    }
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| case(name, options.seed, options.music.as_deref())).collect()
}

/// The case of this name. The folder of recordings is needed for class `music` only.
pub(crate) fn case(name: Name, seed: u64, recordings: Option<&Path>) -> Result<Case> {
    let draw = &mut Draw::new(seed, name);
    Ok(match name.class {
        Class::SameMix => plain::same_mix(draw),
        Class::Dub => plain::dub(draw),
        Class::Unrelated => unrelated::unrelated(draw),
        Class::Related => plain::related(draw),
        Class::Bars => plain::bars(draw),
        Class::Offset => offset::offset(draw),
        Class::Drift => drift::drift(draw),
        Class::Stepping => stepping::stepping(draw),
        Class::Uniform => plain::uniform(draw),
        Class::Short => plain::short(draw),
        Class::Loops => plain::loops(draw),
        Class::Long => plain::long(draw),
        Class::Music => {
            let folder = recordings.ok_or_else(|| Error::NoSuchCase(name.to_string()))?;
            music::music(draw, folder)?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Sound, Truth};

    fn all(class: Class) -> Vec<Case> {
        (0..class.usual_cases()).map(|number| case(Name { class, number }, 1, None).unwrap()).collect()
    }

    #[test]
    fn a_name_and_a_seed_are_always_the_same_case() {
        for class in Class::ALL.into_iter().filter(|class| *class != Class::Music) {
            let one = |seed| case(Name { class, number: 3 }, seed, None).unwrap();
            assert_eq!(one(1), one(1));
            assert!(class == Class::Unrelated || one(1) != one(2), "{class:?}");
        }
    }

    #[test]
    fn sounds_of_each_kind_are_as_many_as_the_class_says() {
        let related = all(Class::Related);
        let dubs = related.iter().filter(|case| case.group == "dub").count();
        assert_eq!((related.len(), dubs), (100, 50));
        assert!(all(Class::Unrelated).iter().all(|case| case.truth == Truth::Unrelated));
        let long = all(Class::Drift).iter().filter(|case| duration_s(&case.reference) > 1430.0).count();
        assert!((18..=24).contains(&long), "{long} of 24 minutes");
    }

    #[test]
    fn stretches_have_room_and_lie_within_both_files() {
        for case in all(Class::Stepping) {
            let Truth::Steps { stretches } = &case.truth else { panic!() };
            let end_s = duration_s(&case.reference);
            assert!((2..=9).contains(&stretches.len()), "{}", case.name);
            for (stretch, next_s) in
                stretches.iter().zip(stretches.iter().skip(1).map(|next| next.from_s).chain([end_s]))
            {
                assert!(next_s - stretch.start_s > 39.0, "{}: {stretch:?} to {next_s}", case.name);
                let target_s = next_s - stretch.delay_ms / 1000.0;
                assert!(target_s <= duration_s(&case.target) + 20.0, "{}: {target_s}", case.name);
            }
        }
    }

    #[test]
    fn shifts_leave_enough_in_common() {
        for case in all(Class::Offset) {
            let Truth::Delay { delay_ms } = case.truth else { panic!() };
            assert!((19_000.0..601_000.0).contains(&delay_ms.abs()), "{}: {delay_ms}", case.name);
            let shared_s = (duration_s(&case.target) + delay_ms / 1000.0).min(duration_s(&case.reference))
                - (delay_ms / 1000.0).max(0.0);
            assert!(shared_s > 150.0, "{}: {shared_s} s in common", case.name);
        }
    }

    fn duration_s(sound: &Sound) -> f64 {
        match sound {
            Sound::Film(release) => release.duration_s,
            Sound::Ffmpeg { duration_s, .. } => *duration_s,
        }
    }
}
