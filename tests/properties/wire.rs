//! Arbitrary bytes → a message of the schema, so that tests reach what comes after the first tag. Fuzz targets use it
//! too.

use prost::encoding::{WireType, encode_key, encode_varint};
use routeguide::protobuf::layout::{Field, Shape, Special, Type};
use routeguide::protobuf::{LayoutId, Layouts};

/// Bytes that decide; when there are no more, every decision is zero.
pub struct Entropy<'a>(pub &'a [u8]);

impl Entropy<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        first
    }

    fn below(&mut self, end: usize) -> usize {
        let wide = usize::from(self.byte()) << 8 | usize::from(self.byte());
        wide % end.max(1)
    }

    #[expect(clippy::indexing_slicing, reason = "below the length")]
    fn one_of<T: Copy, const N: usize>(&mut self, choices: &[T; N]) -> T {
        choices[usize::from(self.byte()) % N]
    }

    /// Small numbers, large ones, and those at the limits of types.
    fn number(&mut self) -> u64 {
        let value = (0..8).fold(0, |value, _| value << 8 | u64::from(self.byte()));
        match self.byte() % 4 {
            0 => value,
            1 => value % 4,
            2 => u64::MAX - value % 4,
            _ => 1 << (value % 64),
        }
    }

    fn bytes(&mut self) -> Vec<u8> {
        let len = usize::from(self.byte() % 12);
        (0..len).map(|_| self.byte()).collect()
    }

    fn text(&mut self) -> String {
        const LETTERS: [char; 16] = [
            'a', 'Z', '0', '/', '.', '"', '\'', '\\', '\n', '\t', '\0', '\u{7f}', 'é', '\u{9b}',
            '\u{202e}', '😀',
        ];
        let len = usize::from(self.byte() % 8);
        (0..len).map(|_| self.one_of(&LETTERS)).collect()
    }
}

/// The types that an Any may have; the last one does not exist.
const ANY_TYPES: [&str; 4] = [
    "rich.Everything",
    "rich3.Implicit",
    "google.protobuf.Duration",
    "not.Known",
];

/// A message of that type. Mostly well-formed, with fields in any order and any number of times, and unknown ones.
pub fn message(
    layouts: &mut Layouts,
    id: LayoutId,
    entropy: &mut Entropy<'_>,
    depth: usize,
) -> Vec<u8> {
    for name in ANY_TYPES {
        layouts.find(name);
    }
    nested(layouts, id, entropy, depth)
}

fn nested(layouts: &Layouts, id: LayoutId, entropy: &mut Entropy<'_>, depth: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let Some(layout) = layouts.get(id) else {
        return out;
    };
    let count = entropy.below(if depth == 0 { 2 } else { 6 });
    for _ in 0..count {
        if entropy.byte() > 250 {
            unknown(entropy, &mut out);
            continue;
        }
        if layout.special == Special::Any {
            any(layouts, entropy, depth, &mut out);
            continue;
        }
        let at = entropy.below(layout.fields.len());
        let Some(field) = layout.fields.get(at) else {
            continue;
        };
        value(layouts, field, entropy, depth, &mut out);
    }
    out
}

fn value(
    layouts: &Layouts,
    field: &Field,
    entropy: &mut Entropy<'_>,
    depth: usize,
    out: &mut Vec<u8>,
) {
    let repeated = matches!(field.shape, Shape::Repeated { .. });
    match &field.kind {
        Type::Message(_) | Type::Group(_) if depth == 0 => {}
        Type::Message(id) => {
            let inner = nested(layouts, *id, entropy, depth - 1);
            if field.in_message_set {
                encode_key(1, WireType::StartGroup, out);
                encode_key(2, WireType::Varint, out);
                encode_varint(field.number.into(), out);
                put(3, &inner, out);
                encode_key(1, WireType::EndGroup, out);
            } else {
                put(field.number, &inner, out);
            }
        }
        Type::Group(id) => {
            let inner = nested(layouts, *id, entropy, depth - 1);
            encode_key(field.number, WireType::StartGroup, out);
            out.extend_from_slice(&inner);
            encode_key(field.number, WireType::EndGroup, out);
        }
        Type::String => put(field.number, entropy.text().as_bytes(), out),
        Type::Bytes => put(field.number, &entropy.bytes(), out),
        kind if repeated && entropy.byte().is_multiple_of(2) => {
            let mut packed = Vec::new();
            for _ in 0..entropy.byte() % 4 {
                scalar(kind, entropy, &mut packed);
            }
            put(field.number, &packed, out);
        }
        kind => {
            encode_key(field.number, wire_type(kind), out);
            scalar(kind, entropy, out);
        }
    }
}

fn any(layouts: &Layouts, entropy: &mut Entropy<'_>, depth: usize, out: &mut Vec<u8>) {
    let name = entropy.one_of(&ANY_TYPES);
    let prefix = entropy.one_of(&["type.googleapis.com/", "", "/", "a b/"]);
    put(1, format!("{prefix}{name}").as_bytes(), out);
    if let Some(id) = layouts.compiled(name).filter(|_| depth > 0) {
        let inner = nested(layouts, id, entropy, depth - 1);
        put(2, &inner, out);
    }
}

fn unknown(entropy: &mut Entropy<'_>, out: &mut Vec<u8>) {
    let number = 1 + u32::from(entropy.byte());
    match entropy.byte() % 4 {
        0 => {
            encode_key(number, WireType::Varint, out);
            encode_varint(entropy.number(), out);
        }
        1 => {
            encode_key(number, WireType::SixtyFourBit, out);
            out.extend_from_slice(&entropy.number().to_le_bytes());
        }
        2 => put(number, &entropy.bytes(), out),
        _ => {
            encode_key(number, WireType::StartGroup, out);
            encode_key(number, WireType::EndGroup, out);
        }
    }
}

fn wire_type(kind: &Type) -> WireType {
    match kind {
        Type::Double | Type::Fixed64 | Type::Sfixed64 => WireType::SixtyFourBit,
        Type::Float | Type::Fixed32 | Type::Sfixed32 => WireType::ThirtyTwoBit,
        _ => WireType::Varint,
    }
}

fn scalar(kind: &Type, entropy: &mut Entropy<'_>, out: &mut Vec<u8>) {
    let number = entropy.number();
    match wire_type(kind) {
        WireType::SixtyFourBit => out.extend_from_slice(&number.to_le_bytes()),
        WireType::ThirtyTwoBit => out.extend_from_slice(&number.to_le_bytes()[..4]),
        _ => encode_varint(number, out),
    }
}

fn put(number: u32, bytes: &[u8], out: &mut Vec<u8>) {
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}
