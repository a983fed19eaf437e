//! Scalar values: between the wire and what they stand for, by the field's type.

use super::layout::Type;
use super::wire::{DecodeError, Values, WireValue, unzigzag, zigzag};

/// A value of a scalar type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar<'a> {
    Double(f64),
    Float(f32),
    Int32(i32),
    Uint32(u32),
    Int64(i64),
    Uint64(u64),
    Bool(bool),
    /// Whether it is UTF-8 is seen when it is used: [`text`].
    Text(&'a [u8]),
    Bytes(&'a [u8]),
    Enum(i32),
}

impl Scalar<'_> {
    /// Whether it is a value of its type: an unknown number of a closed enum is not.
    pub fn is_known(&self, kind: &Type) -> bool {
        match (kind, self) {
            (Type::Enum(layout), Self::Enum(number)) => layout.has(*number),
            _ => true,
        }
    }

    /// Whether it is its type's default, which means the same as its absence. Negative zero is not.
    #[inline]
    pub fn is_default(&self) -> bool {
        match self {
            Self::Double(value) => value.to_bits() == 0,
            Self::Float(value) => value.to_bits() == 0,
            Self::Int32(value) | Self::Enum(value) => *value == 0,
            Self::Uint32(value) => *value == 0,
            Self::Int64(value) => *value == 0,
            Self::Uint64(value) => *value == 0,
            Self::Bool(value) => !value,
            Self::Text(bytes) | Self::Bytes(bytes) => bytes.is_empty(),
        }
    }
}

/// Reads a value of a scalar type.
///
/// # Errors
/// When the wire has a value of another type.
#[expect(clippy::inline_always, reason = "see `Ascending`")]
#[inline(always)]
pub fn decode<'a>(kind: &Type, values: &mut impl Values<'a>) -> Result<Scalar<'a>, DecodeError> {
    Ok(match kind {
        Type::Double => Scalar::Double(f64::from_bits(values.fixed64()?)),
        Type::Float => Scalar::Float(f32::from_bits(values.fixed32()?)),
        Type::Int32 => Scalar::Int32(low_word(values.varint()?).cast_signed()),
        Type::Int64 => Scalar::Int64(values.varint()?.cast_signed()),
        Type::Uint32 => Scalar::Uint32(low_word(values.varint()?)),
        Type::Uint64 => Scalar::Uint64(values.varint()?),
        Type::Sint32 => {
            let bits = u64::from(low_word(values.varint()?));
            Scalar::Int32(low_word(unzigzag(bits).cast_unsigned()).cast_signed())
        }
        Type::Sint64 => Scalar::Int64(unzigzag(values.varint()?)),
        Type::Fixed32 => Scalar::Uint32(values.fixed32()?),
        Type::Fixed64 => Scalar::Uint64(values.fixed64()?),
        Type::Sfixed32 => Scalar::Int32(values.fixed32()?.cast_signed()),
        Type::Sfixed64 => Scalar::Int64(values.fixed64()?.cast_signed()),
        Type::Bool => Scalar::Bool(values.varint()? != 0),
        Type::Enum(_) => Scalar::Enum(low_word(values.varint()?).cast_signed()),
        Type::String => Scalar::Text(values.bytes()?),
        Type::Bytes => Scalar::Bytes(values.bytes()?),
        Type::Message(_) | Type::Group(_) => return Err(DecodeError::BadWireType),
    })
}

/// The value of a string field.
///
/// # Errors
/// When it is not UTF-8.
pub fn text(bytes: &[u8]) -> Result<&str, DecodeError> {
    std::str::from_utf8(bytes).map_err(|_| DecodeError::NotUtf8)
}

/// An integer as the wire has it; `None` if it is out of the type's range, or the type has no integers.
pub fn encode_integer(kind: &Type, value: i128) -> Option<WireValue<'static>> {
    let int32 = || i32::try_from(value).ok();
    let uint32 = || u32::try_from(value).ok();
    let int64 = || i64::try_from(value).ok();
    let uint64 = || u64::try_from(value).ok();
    Some(match kind {
        // Negative numbers have 64 bits on the wire, whatever the type.
        Type::Int32 | Type::Enum(_) => WireValue::Varint(i64::from(int32()?).cast_unsigned()),
        Type::Int64 => WireValue::Varint(int64()?.cast_unsigned()),
        Type::Uint32 => WireValue::Varint(uint32()?.into()),
        Type::Uint64 => WireValue::Varint(uint64()?),
        Type::Sint32 => WireValue::Varint(zigzag(int32()?.into())),
        Type::Sint64 => WireValue::Varint(zigzag(int64()?)),
        Type::Fixed32 => WireValue::Fixed32(uint32()?),
        Type::Fixed64 => WireValue::Fixed64(uint64()?),
        Type::Sfixed32 => WireValue::Fixed32(int32()?.cast_unsigned()),
        Type::Sfixed64 => WireValue::Fixed64(int64()?.cast_unsigned()),
        _ => return None,
    })
}

/// The value of a field that is absent.
pub fn default(kind: &Type) -> Scalar<'static> {
    match kind {
        Type::Double => Scalar::Double(0.0),
        Type::Float => Scalar::Float(0.0),
        Type::Int32 | Type::Sint32 | Type::Sfixed32 => Scalar::Int32(0),
        Type::Uint32 | Type::Fixed32 => Scalar::Uint32(0),
        Type::Int64 | Type::Sint64 | Type::Sfixed64 => Scalar::Int64(0),
        Type::Uint64 | Type::Fixed64 => Scalar::Uint64(0),
        Type::Bool => Scalar::Bool(false),
        Type::String | Type::Message(_) | Type::Group(_) => Scalar::Text(&[]),
        Type::Bytes => Scalar::Bytes(&[]),
        Type::Enum(layout) => Scalar::Enum(layout.default),
    }
}

/// Whether a value on the wire is one of its type: an unknown number of a closed enum is not.
pub fn is_known(kind: &Type, value: WireValue<'_>) -> bool {
    match (kind, value) {
        (Type::Enum(layout), WireValue::Varint(bits)) => layout.has(low_word(bits).cast_signed()),
        _ => true,
    }
}

/// A float as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloatText<'b> {
    /// As short as it can be and still be read back, without `.0`.
    Finite(&'b str),
    Infinity,
    NegativeInfinity,
    NotANumber,
}

impl<'b> FloatText<'b> {
    pub fn new<F: zmij::Float + Into<f64> + Copy>(value: F, buffer: &'b mut zmij::Buffer) -> Self {
        let class: f64 = value.into();
        if class.is_finite() {
            let text = buffer.format_finite(value);
            Self::Finite(text.strip_suffix(".0").unwrap_or(text))
        } else if class.is_nan() {
            Self::NotANumber
        } else if class > 0.0 {
            Self::Infinity
        } else {
            Self::NegativeInfinity
        }
    }
}

/// Numbers of 32 bits have 64 on the wire when they are negative: those that count.
#[expect(clippy::cast_possible_truncation, reason = "the half that counts")]
fn low_word(bits: u64) -> u32 {
    bits as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_come_back_and_those_out_of_range_are_refused() {
        let (int32, uint32) = (i128::from(i32::MIN)..=i32::MAX.into(), 0..=u32::MAX.into());
        let (int64, uint64) = (i128::from(i64::MIN)..=i64::MAX.into(), 0..=u64::MAX.into());
        for (kind, range) in [
            (Type::Int32, int32.clone()),
            (Type::Sint32, int32.clone()),
            (Type::Sfixed32, int32),
            (Type::Uint32, uint32.clone()),
            (Type::Fixed32, uint32),
            (Type::Int64, int64.clone()),
            (Type::Sint64, int64.clone()),
            (Type::Sfixed64, int64),
            (Type::Uint64, uint64.clone()),
            (Type::Fixed64, uint64),
        ] {
            for number in [*range.start(), 0, 1, *range.end()] {
                let mut value = encode_integer(&kind, number).unwrap();
                let decoded: i128 = match decode(&kind, &mut value).unwrap() {
                    Scalar::Int32(value) => value.into(),
                    Scalar::Uint32(value) => value.into(),
                    Scalar::Int64(value) => value.into(),
                    Scalar::Uint64(value) => value.into(),
                    other => panic!("{other:?}"),
                };
                assert_eq!(decoded, number, "{kind:?}");
                assert_eq!(value.wire_type(), kind.wire_type(), "{kind:?}");
            }
            assert_eq!(encode_integer(&kind, range.start() - 1), None, "{kind:?}");
            assert_eq!(encode_integer(&kind, range.end() + 1), None, "{kind:?}");
        }
    }
}
