//! Plans that are made once for windows of one kind and used for hundreds of them, by any number of threads.

use std::sync::{Arc, Mutex, PoisonError};

/// Plans that are kept: enough for a scan whose last windows are shorter, few enough for memory.
const KEPT: usize = 4;

/// What is planned for windows of one kind, and worked with in buffers that one thread has for itself.
pub trait Planned {
    /// The buffers of one thread.
    type Scratch;

    /// Buffers for one thread.
    fn scratch(&self) -> Self::Scratch;
}

/// A plan, and buffers that are not in use.
pub struct Shared<P: Planned> {
    plan: P,
    idle: Mutex<Vec<P::Scratch>>,
}

impl<P: Planned> Shared<P> {
    /// Works with the plan in buffers that were used before, if some are idle.
    pub fn with<R>(&self, work: impl FnOnce(&P, &mut P::Scratch) -> R) -> R {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let used = idle().pop();
        let mut scratch = used.unwrap_or_else(|| self.plan.scratch());
        let result = work(&self.plan, &mut scratch);
        idle().push(scratch);
        result
    }
}

/// The plans made last, each for a kind of windows that `K` names: their lengths, their rate and what else matters.
pub struct Plans<K, P: Planned> {
    kept: Mutex<Vec<(K, Arc<Shared<P>>)>>,
}

impl<K, P: Planned> Default for Plans<K, P> {
    fn default() -> Self {
        Self { kept: Mutex::default() }
    }
}

impl<K: PartialEq, P: Planned> Plans<K, P> {
    /// The plan for this kind of windows. Others wait while it is made, so that it is made once.
    ///
    /// # Errors
    /// That of `make`; it is tried again the next time.
    pub fn get<E>(&self, kind: K, make: impl FnOnce() -> Result<P, E>) -> Result<Arc<Shared<P>>, E> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, plan)) = kept.iter().find(|(known, _)| *known == kind) {
            return Ok(plan.clone());
        }
        let plan = Arc::new(Shared { plan: make()?, idle: Mutex::default() });
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push((kind, plan.clone()));
        Ok(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sum(usize);

    impl Planned for Sum {
        type Scratch = Vec<usize>;

        fn scratch(&self) -> Vec<usize> {
            vec![0; self.0]
        }
    }

    #[test]
    fn a_plan_is_made_once_and_buffers_are_used_again() {
        let plans = Plans::default();
        for round in 0..3 {
            let plan = plans.get(7, || if round == 0 { Ok(Sum(7)) } else { Err("made again") }).unwrap();
            let before = plan.with(|plan, scratch| {
                scratch[0] += plan.0;
                scratch[0]
            });
            assert_eq!(before, 7 * (round + 1));
        }
        assert_eq!(plans.get(8, || Err::<Sum, _>("no")).err(), Some("no"));
    }

    #[test]
    fn only_the_last_plans_are_kept() {
        let plans = Plans::default();
        for kind in 0..=KEPT {
            plans.get(kind, || Ok::<_, ()>(Sum(1))).unwrap();
        }
        assert!(plans.get(KEPT, || Err::<Sum, _>(())).is_ok());
        assert!(plans.get(0, || Err::<Sum, _>(())).is_err());
    }
}
