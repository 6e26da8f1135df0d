//! Counters that start again from zero.

/// What was counted between two readings. A reading below the last one is a counter that was reset: it counted from zero.
/// The first reading counts nothing: what a machine made before it was watched is not ours to sum.
pub fn bridge_reset(last: Option<i64>, reading: i64) -> i64 {
    match last {
        None => 0,
        Some(last) if reading < last => reading,
        Some(last) => reading - last,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::bridge_reset;

    proptest! {
        #[test]
        fn the_sum_equals_the_pieces_made_whenever_the_counter_is_read_at_its_resets(runs in prop::collection::vec(prop::collection::vec(0_i64..50, 1..10), 1..10)) {
            let (mut last, mut sum, mut made) = (Some(0), 0, 0);
            for run in runs {
                let mut counter = 0;
                sum += bridge_reset(last, counter);
                last = Some(counter);
                for pieces in run {
                    counter += pieces;
                    made += pieces;
                    sum += bridge_reset(last, counter);
                    last = Some(counter);
                }
            }
            prop_assert_eq!(sum, made);
        }
    }
}
