//! Protocol Buffers, written by hand: four kinds of fields are all that the messages of OpenTelemetry need,
//! and the crates that have the messages ready bring a library of their own for telemetry along.

/// A message that is being written. A field that is written twice is there twice, as in a list.
#[derive(Debug, Default)]
pub(super) struct Wire(Vec<u8>);

/// How long a value is, as the key of a field says it.
#[derive(Clone, Copy)]
enum Shape {
    Varint = 0,
    Eight = 1,
    Counted = 2,
}

impl Wire {
    /// The whole message.
    pub(super) fn of(write: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut wire = Self::default();
        write(&mut wire);
        wire.0
    }

    /// A number whose size depends on its value: `int64`, `bool` or the number of an enumeration.
    pub(super) fn integer(&mut self, field: u32, value: i64) {
        self.key(field, Shape::Varint);
        self.varint(value.cast_unsigned());
    }

    /// `fixed64`; `sfixed64` has the same bytes.
    pub(super) fn fixed(&mut self, field: u32, value: u64) {
        self.key(field, Shape::Eight);
        self.0.extend(value.to_le_bytes());
    }

    /// `double`.
    pub(super) fn real(&mut self, field: u32, value: f64) {
        self.fixed(field, value.to_bits());
    }

    /// A list of `fixed64`, or of the bits of `double`.
    pub(super) fn all_fixed(&mut self, field: u32, values: impl Iterator<Item = u64>) {
        let bytes: Vec<u8> = values.flat_map(u64::to_le_bytes).collect();
        self.bytes(field, &bytes);
    }

    /// `string`.
    pub(super) fn text(&mut self, field: u32, value: &str) {
        self.bytes(field, value.as_bytes());
    }

    /// `bytes`.
    pub(super) fn bytes(&mut self, field: u32, value: &[u8]) {
        self.key(field, Shape::Counted);
        self.varint(value.len() as u64);
        self.0.extend(value);
    }

    /// A message in this one.
    pub(super) fn message(&mut self, field: u32, write: impl FnOnce(&mut Self)) {
        self.bytes(field, &Self::of(write));
    }

    fn key(&mut self, field: u32, shape: Shape) {
        self.varint(u64::from(field) << 3 | shape as u64);
    }

    /// Seven bits a byte, the lowest first; the eighth says that more follow.
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.0.push(value.to_le_bytes()[0]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Read a number back, by the definition.
    fn varint(bytes: &[u8]) -> (u64, &[u8]) {
        let length = bytes.iter().take_while(|byte| **byte >= 0x80).count() + 1;
        let value = bytes[..length]
            .iter()
            .rev()
            .fold(0, |value, byte| value << 7 | u64::from(byte & 0x7f));
        (value, &bytes[length..])
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(field in 1u32..1000, integer in any::<i64>(), text in ".*", fixed in any::<u64>()) {
            let message = Wire::of(|wire| {
                wire.integer(field, integer);
                wire.message(field, |inner| inner.text(field, &text));
                wire.fixed(field, fixed);
            });
            let (key, rest) = varint(&message);
            prop_assert_eq!(key, u64::from(field) << 3);
            let (value, rest) = varint(rest);
            prop_assert_eq!(value.cast_signed(), integer);
            let (key, rest) = varint(rest);
            prop_assert_eq!(key, u64::from(field) << 3 | 2);
            let (length, rest) = varint(rest);
            let (inner, rest) = rest.split_at(usize::try_from(length).unwrap());
            let (key, inner) = varint(inner);
            prop_assert_eq!(key, u64::from(field) << 3 | 2);
            let (length, inner) = varint(inner);
            prop_assert_eq!((usize::try_from(length).unwrap(), inner), (text.len(), text.as_bytes()));
            let (key, rest) = varint(rest);
            prop_assert_eq!(key, u64::from(field) << 3 | 1);
            prop_assert_eq!(rest, fixed.to_le_bytes());
        }
    }

    #[test]
    fn numbers_are_as_long_as_the_description_of_the_format_says() {
        // The example of the official description: 150 in field 1.
        assert_eq!(Wire::of(|wire| wire.integer(1, 150)), [0x08, 0x96, 0x01]);
        assert_eq!(Wire::of(|wire| wire.integer(1, -1)).len(), 11);
    }
}
