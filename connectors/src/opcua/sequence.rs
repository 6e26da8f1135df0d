//! Which notification messages of a subscription have been handled, and which are missing.
//!
//! Numbers run from 1 to `u32::MAX` and begin again at 1; zero is never used.

/// How many numbers there are.
const NUMBERS: u64 = u32::MAX as u64;
/// So many missing messages are asked for one by one. No server keeps more, and each costs a round trip.
const MAX_REPUBLISH: u64 = 1_000;

/// The number that is expected next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sequence {
    next: u32,
}

/// What a number says about what came before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// Nothing is missing.
    Next,
    /// It was handled before.
    Known,
    /// These are missing: hold the message and ask for them first, in this order.
    Missing(Vec<u32>),
    /// More are missing than can be asked for.
    Lost,
}

impl Sequence {
    /// Before the first message of a new subscription.
    pub(super) const START: Self = Self { next: 1 };

    /// Expects `number`; zero, which no server sends, means the first.
    pub(super) fn expecting(number: u32) -> Self {
        Self { next: number.max(1) }
    }

    /// The number that is expected next.
    pub(super) fn next(self) -> u32 {
        self.next
    }

    /// Judges the number of a message, or the number that a keep-alive announces.
    pub(super) fn judge(self, number: u32) -> Arrival {
        if number == 0 {
            return Arrival::Known;
        }
        let ahead = (NUMBERS + u64::from(number) - u64::from(self.next)) % NUMBERS;
        match ahead {
            0 => Arrival::Next,
            // Half the circle lies ahead, the other half behind.
            _ if ahead > NUMBERS / 2 => Arrival::Known,
            _ if ahead > MAX_REPUBLISH => Arrival::Lost,
            _ => {
                let numbers = std::iter::successors(Some(self.next), |n| Some(successor(*n)));
                Arrival::Missing(numbers.take_while(|n| *n != number).collect())
            }
        }
    }

    /// The message with this number is handled, or given up.
    pub(super) fn past(number: u32) -> Self {
        Self { next: successor(number) }
    }
}

fn successor(number: u32) -> u32 {
    number.checked_add(1).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_expected_number_is_next() {
        assert_eq!(Sequence::START.judge(1), Arrival::Next);
        assert_eq!(Sequence::past(41).judge(42), Arrival::Next);
    }

    #[test]
    fn a_jump_names_what_is_missing_in_order() {
        assert_eq!(Sequence::expecting(5).judge(8), Arrival::Missing(vec![5, 6, 7]));
    }

    #[test]
    fn numbers_wrap_past_zero() {
        assert_eq!(Sequence::past(u32::MAX).next(), 1);
        let before_the_wrap = Sequence::expecting(u32::MAX - 1);
        assert_eq!(before_the_wrap.judge(2), Arrival::Missing(vec![u32::MAX - 1, u32::MAX, 1]));
        assert_eq!(Sequence::expecting(2).judge(u32::MAX), Arrival::Known);
    }

    #[test]
    fn what_was_handled_is_known_and_zero_is_nothing() {
        assert_eq!(Sequence::expecting(5).judge(4), Arrival::Known);
        assert_eq!(Sequence::expecting(5).judge(0), Arrival::Known);
    }

    #[test]
    fn a_jump_too_far_is_lost() {
        assert_eq!(Sequence::START.judge(1_001), Arrival::Missing((1..=1_000).collect()));
        assert_eq!(Sequence::START.judge(1_002), Arrival::Lost);
    }

    proptest! {
        /// Whatever is delivered, duplicated or dropped: asking for what is missing yields every number once, in order.
        #[test]
        fn republishing_restores_the_order(start in 1..=u32::MAX, drops in prop::collection::vec(any::<(bool, bool)>(), 1..200)) {
            let mut sequence = Sequence::expecting(start);
            let (mut handled, mut number) = (Vec::new(), start);
            for (dropped, doubled) in &drops {
                for _ in 0..=usize::from(*doubled) {
                    if *dropped { continue; }
                    let held = match sequence.judge(number) {
                        Arrival::Next => vec![number],
                        Arrival::Missing(mut numbers) => { numbers.push(number); numbers }
                        Arrival::Known => vec![],
                        Arrival::Lost => unreachable!("fewer than the bound are dropped"),
                    };
                    for number in held {
                        handled.push(number);
                        sequence = Sequence::past(number);
                    }
                }
                number = successor(number);
            }
            let expected: Vec<_> = std::iter::successors(Some(start), |n| Some(successor(*n))).take(handled.len()).collect();
            prop_assert_eq!(handled, expected);
        }
    }
}
