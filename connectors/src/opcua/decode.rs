//! What a variant means. A bad status is never a value; a value of the wrong type is none either, and says so in its status.

use opcua::types::{DataValue, NodeId, StatusCode, Variant};

/// A value, or none, with the status that explains it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Decoded<T> {
    /// The value; `None` when the status is bad or the variant does not fit.
    pub(super) value: Option<T>,
    /// The server's status, or ours when the variant does not fit.
    pub(super) status: u32,
}

impl<T> Decoded<T> {
    fn ok(value: T, status: StatusCode) -> Self {
        Self { value: Some(value), status: status.bits() }
    }

    fn none(status: StatusCode) -> Self {
        Self { value: None, status: status.bits() }
    }

    fn new(value: Result<T, StatusCode>, status: StatusCode) -> Self {
        match value {
            Ok(value) => Self::ok(value, status),
            Err(reason) => Self::none(reason),
        }
    }
}

/// The status that came with a value; none means good.
pub(super) fn status(value: &DataValue) -> StatusCode {
    value.status.unwrap_or(StatusCode::Good)
}

/// Decodes the variant of a value whose status is not bad.
fn decode<T>(value: &DataValue, read: impl FnOnce(&Variant) -> Result<T, StatusCode>) -> Decoded<T> {
    let status = status(value);
    if status.is_bad() {
        return Decoded::none(status);
    }
    Decoded::new(read(value.value.as_ref().unwrap_or(&Variant::Empty)), status)
}

/// An integer of any width: a state.
pub(super) fn integer(value: &DataValue) -> Decoded<i64> {
    decode(value, as_integer)
}

/// An integer that is not negative: a count.
pub(super) fn count(value: &DataValue) -> Decoded<u64> {
    decode(value, |variant| match variant {
        Variant::UInt64(n) => Ok(*n),
        other => u64::try_from(as_integer(other)?).map_err(|_| StatusCode::BadOutOfRange),
    })
}

/// A finite number: a process value.
pub(super) fn number(value: &DataValue) -> Decoded<f64> {
    decode(value, |variant| {
        let number = match variant {
            Variant::Double(n) => *n,
            Variant::Float(n) => f64::from(*n),
            // Beyond 2^53 a double rounds; no process value is exact there.
            Variant::UInt64(n) => *n as f64,
            other => as_integer(other)? as f64,
        };
        if number.is_finite() { Ok(number) } else { Err(StatusCode::BadOutOfRange) }
    })
}

/// A text; an empty one is none: no order is active.
pub(super) fn text(value: &DataValue) -> Decoded<String> {
    let status = status(value);
    match value.value.as_ref() {
        _ if status.is_bad() => Decoded::none(status),
        None | Some(Variant::Empty) => Decoded::none(status),
        Some(Variant::String(text)) => match text.as_ref().trim() {
            "" => Decoded::none(status),
            text => Decoded::ok(text.to_owned(), status),
        },
        Some(_) => Decoded::none(StatusCode::BadTypeMismatch),
    }
}

/// The node of a state, as `CurrentState/Id` has it.
pub(super) fn node_id(value: &DataValue) -> Option<&NodeId> {
    match value.value.as_ref() {
        Some(Variant::NodeId(id)) if !status(value).is_bad() && !id.is_null() => Some(id),
        _ => None,
    }
}

fn as_integer(variant: &Variant) -> Result<i64, StatusCode> {
    match variant {
        Variant::SByte(n) => Ok(i64::from(*n)),
        Variant::Byte(n) => Ok(i64::from(*n)),
        Variant::Int16(n) => Ok(i64::from(*n)),
        Variant::UInt16(n) => Ok(i64::from(*n)),
        Variant::Int32(n) => Ok(i64::from(*n)),
        Variant::UInt32(n) => Ok(i64::from(*n)),
        Variant::Int64(n) => Ok(*n),
        Variant::UInt64(n) => i64::try_from(*n).map_err(|_| StatusCode::BadOutOfRange),
        Variant::Empty => Err(StatusCode::BadNoData),
        _ => Err(StatusCode::BadTypeMismatch),
    }
}

#[cfg(test)]
mod tests {
    use opcua::types::UAString;
    use proptest::prelude::*;

    use super::*;

    fn value(variant: impl Into<Variant>, status: StatusCode) -> DataValue {
        DataValue { value: Some(variant.into()), status: Some(status), ..Default::default() }
    }

    fn good(variant: impl Into<Variant>) -> DataValue {
        value(variant, StatusCode::Good)
    }

    #[test]
    fn a_bad_status_is_never_a_value() {
        let bad = value(6i32, StatusCode::BadSensorFailure);
        let expected = StatusCode::BadSensorFailure.bits();
        assert_eq!(integer(&bad), Decoded { value: None, status: expected });
        assert_eq!(count(&bad), Decoded { value: None, status: expected });
        assert_eq!(number(&bad), Decoded { value: None, status: expected });
        assert_eq!(text(&value(UAString::from("A1"), StatusCode::BadSensorFailure)).value, None);
    }

    #[test]
    fn an_uncertain_value_keeps_its_status() {
        let uncertain = value(6i32, StatusCode::UncertainLastUsableValue);
        assert_eq!(
            integer(&uncertain),
            Decoded { value: Some(6), status: StatusCode::UncertainLastUsableValue.bits() }
        );
    }

    #[test]
    fn a_changed_type_is_no_value() {
        let mismatch = StatusCode::BadTypeMismatch.bits();
        assert_eq!(integer(&good(6.0f64)), Decoded { value: None, status: mismatch });
        assert_eq!(count(&good(UAString::from("7"))), Decoded { value: None, status: mismatch });
        assert_eq!(number(&good(true)), Decoded { value: None, status: mismatch });
        assert_eq!(text(&good(7i32)), Decoded { value: None, status: mismatch });
        assert_eq!(integer(&good(vec![1i32, 2])), Decoded { value: None, status: mismatch });
    }

    #[test]
    fn numbers_that_are_none_are_no_value() {
        let out_of_range = StatusCode::BadOutOfRange.bits();
        for none in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(number(&good(none)), Decoded { value: None, status: out_of_range });
        }
        assert_eq!(number(&good(f32::NAN)), Decoded { value: None, status: out_of_range });
        assert_eq!(count(&good(-1i32)), Decoded { value: None, status: out_of_range });
        assert_eq!(integer(&good(u64::MAX)), Decoded { value: None, status: out_of_range });
        assert_eq!(count(&good(u64::MAX)).value, Some(u64::MAX));
    }

    #[test]
    fn nothing_with_a_good_status_is_no_data() {
        let nothing = DataValue::null();
        assert_eq!(integer(&nothing), Decoded { value: None, status: StatusCode::BadNoData.bits() });
        assert_eq!(text(&nothing), Decoded { value: None, status: 0 });
        assert_eq!(text(&good(UAString::from("  "))), Decoded { value: None, status: 0 });
        assert_eq!(text(&good(UAString::from(" A1 "))).value.as_deref(), Some("A1"));
    }

    proptest! {
        #[test]
        fn integers_of_any_width_agree(n in any::<u8>()) {
            for variant in [Variant::from(n), (n as i16).into(), (n as u16).into(), (n as i32).into(), (n as u32).into(), (n as i64).into(), (n as u64).into()] {
                prop_assert_eq!(integer(&good(variant.clone())).value, Some(i64::from(n)));
                prop_assert_eq!(count(&good(variant.clone())).value, Some(u64::from(n)));
                prop_assert_eq!(number(&good(variant)).value, Some(f64::from(n)));
            }
        }

        #[test]
        fn a_process_value_is_finite_or_none(bits in any::<u64>()) {
            let decoded = number(&good(f64::from_bits(bits)));
            prop_assert!(decoded.value.is_none_or(f64::is_finite));
        }
    }
}
