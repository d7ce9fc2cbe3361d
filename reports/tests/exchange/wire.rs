//! Protobuf's wire format: the fields of a message as they stand in its bytes.
//!
//! Knows no message. Invariant: bytes that are no message are an error, and so is a number that is longer than it has to be.

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message, by number, in their order.
pub(crate) fn fields(mut bytes: &[u8]) -> Result<Vec<(u64, Field<'_>)>, String> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let field = match key & 7 {
            0 => Field::Varint(varint(&mut bytes)?),
            1 => {
                let (fixed, rest) = bytes.split_first_chunk().ok_or("a fixed number breaks off")?;
                bytes = rest;
                Field::Fixed64(u64::from_le_bytes(*fixed))
            }
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).map_err(|error| error.to_string())?;
                let (field, rest) = bytes.split_at_checked(length).ok_or("a field breaks off")?;
                bytes = rest;
                Field::Bytes(field)
            }
            other => return Err(format!("wire type {other}")),
        };
        fields.push((key >> 3, field));
    }
    Ok(fields)
}

fn varint(bytes: &mut &[u8]) -> Result<u64, String> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or("a number breaks off")?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return if *byte == 0 && shift > 0 { Err("a long number".to_owned()) } else { Ok(number) };
        }
    }
    Err("a number without end".to_owned())
}

#[test]
fn the_example_of_the_protobuf_documentation_is_read() {
    // https://protobuf.dev/programming-guides/encoding/: field 1 is 150; field 2 is "testing".
    assert_eq!(fields(&[0x08, 0x96, 0x01]), Ok(vec![(1, Field::Varint(150))]));
    let testing = [&[0x12, 0x07], b"testing".as_slice()].concat();
    assert_eq!(fields(&testing), Ok(vec![(2, Field::Bytes(b"testing"))]));
    assert!(fields(&testing[..5]).is_err());
    assert!(fields(&[0x08, 0x80, 0x00]).is_err());
}
