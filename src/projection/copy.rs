//! Rows in the binary format of COPY, written and read: the one encoding of values that Postgres and this program share.

/// Microseconds from 1970 to 2000, from where Postgres counts.
const EPOCH_2000_US: i64 = 946_684_800_000_000;
/// Days from 1970 to 2000.
const EPOCH_2000_DAYS: i32 = 10_957;
const INT8_OID: i32 = 20;

/// What stands before the first row: a signature, no flags, no extension.
const HEAD: &[u8; 19] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What stands behind the last row.
pub(super) const END: [u8; 2] = (-1i16).to_be_bytes();

/// Rows of one table, ready to be sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    bytes: Vec<u8>,
    count: usize,
}

impl Rows {
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All rows with their head, without the end.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Begins a row of so many fields, each of which must follow.
    pub(super) fn row(&mut self, fields: usize) -> &mut Self {
        if self.bytes.is_empty() {
            self.bytes.extend_from_slice(HEAD);
        }
        self.count += 1;
        let fields = i16::try_from(fields).unwrap_or(i16::MAX);
        self.bytes.extend_from_slice(&fields.to_be_bytes());
        self
    }

    /// Adds rows of the same table.
    pub(super) fn extend(&mut self, more: &Self) {
        if self.bytes.is_empty() {
            self.bytes.clone_from(&more.bytes);
        } else {
            self.bytes.extend_from_slice(more.bytes.get(HEAD.len()..).unwrap_or_default());
        }
        self.count += more.count;
    }

    fn field(&mut self, bytes: &[u8]) -> &mut Self {
        let length = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(bytes);
        self
    }

    pub(super) fn null(&mut self) -> &mut Self {
        self.bytes.extend_from_slice(&(-1i32).to_be_bytes());
        self
    }

    pub(super) fn bool(&mut self, value: bool) -> &mut Self {
        self.field(&[u8::from(value)])
    }

    pub(super) fn int2(&mut self, value: u8) -> &mut Self {
        self.field(&i16::from(value).to_be_bytes())
    }

    pub(super) fn int4(&mut self, value: i32) -> &mut Self {
        self.field(&value.to_be_bytes())
    }

    pub(super) fn int8(&mut self, value: i64) -> &mut Self {
        self.field(&value.to_be_bytes())
    }

    pub(super) fn text(&mut self, value: &str) -> &mut Self {
        self.field(value.as_bytes())
    }

    pub(super) fn blob(&mut self, value: &[u8]) -> &mut Self {
        self.field(value)
    }

    /// A moment, in milliseconds since 1970.
    pub(super) fn time(&mut self, ms: i64) -> &mut Self {
        self.int8(ms.saturating_mul(1000).saturating_sub(EPOCH_2000_US))
    }

    /// A day, counted from 1970.
    pub(super) fn date(&mut self, day: i32) -> &mut Self {
        self.int4(day.saturating_sub(EPOCH_2000_DAYS))
    }

    /// An array of bigint.
    pub(super) fn int8s(&mut self, values: &[i64]) -> &mut Self {
        let mut array = Vec::with_capacity(20 + values.len() * 12);
        let length = i32::try_from(values.len()).unwrap_or(i32::MAX);
        let head = if values.is_empty() { vec![0, 0, INT8_OID] } else { vec![1, 0, INT8_OID, length, 1] };
        for number in head {
            array.extend_from_slice(&number.to_be_bytes());
        }
        for value in values {
            array.extend_from_slice(&8i32.to_be_bytes());
            array.extend_from_slice(&value.to_be_bytes());
        }
        self.field(&array)
    }

    /// A value, or none.
    pub(super) fn maybe<T>(
        &mut self,
        value: Option<T>,
        put: impl FnOnce(&mut Self, T) -> &mut Self,
    ) -> &mut Self {
        match value {
            Some(value) => put(self, value),
            None => self.null(),
        }
    }
}

/// The bytes of COPY are not what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Postgres answered COPY with bytes that are no rows")]
pub(super) struct NotRows;

/// Takes rows from the pieces that COPY sends, however they are cut.
#[derive(Debug, Default)]
pub(super) struct Unpack {
    bytes: Vec<u8>,
    at: usize,
    is_begun: bool,
}

impl Unpack {
    /// Adds the next piece and gives every row that is whole by then.
    pub(super) fn push(
        &mut self,
        piece: &[u8],
        mut give: impl FnMut(&[u8]) -> Result<(), NotRows>,
    ) -> Result<(), NotRows> {
        self.bytes.drain(..std::mem::take(&mut self.at));
        self.bytes.extend_from_slice(piece);
        if !self.is_begun {
            if self.bytes.len() < HEAD.len() {
                return Ok(());
            }
            if &self.bytes[..HEAD.len()] != HEAD {
                return Err(NotRows);
            }
            (self.is_begun, self.at) = (true, HEAD.len());
        }
        while let Some(length) = row_length(&self.bytes[self.at..])? {
            give(&self.bytes[self.at..self.at + length])?;
            self.at += length;
        }
        Ok(())
    }
}

/// How long the row is that begins here, when it is whole; none at the end.
fn row_length(bytes: &[u8]) -> Result<Option<usize>, NotRows> {
    let Some((count, _)) = bytes.split_first_chunk::<2>() else { return Ok(None) };
    let count = i16::from_be_bytes(*count);
    if count == -1 {
        return Ok(None);
    }
    let mut at = 2;
    for _ in 0..count {
        let Some((length, _)) = bytes.get(at..).and_then(|rest| rest.split_first_chunk::<4>()) else {
            return Ok(None);
        };
        let length = i32::from_be_bytes(*length);
        at += 4 + usize::try_from(length.max(0)).map_err(|_| NotRows)?;
    }
    Ok((bytes.len() >= at).then_some(at))
}

/// The fields of one row, in order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn of(row: &'a [u8]) -> Self {
        Self(row.get(2..).unwrap_or_default())
    }

    /// How many bytes are left.
    pub(super) const fn left(&self) -> usize {
        self.0.len()
    }

    /// The next field's bytes, nothing for NULL.
    pub(super) fn bytes(&mut self) -> Result<Option<&'a [u8]>, NotRows> {
        let (length, rest) = self.0.split_first_chunk::<4>().ok_or(NotRows)?;
        let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
            self.0 = rest;
            return Ok(None);
        };
        let (field, rest) = rest.split_at_checked(length).ok_or(NotRows)?;
        self.0 = rest;
        Ok(Some(field))
    }

    fn array<const N: usize>(&mut self) -> Result<Option<[u8; N]>, NotRows> {
        self.bytes()?.map(|field| field.try_into().map_err(|_| NotRows)).transpose()
    }

    pub(super) fn int2(&mut self) -> Result<u8, NotRows> {
        let value = i16::from_be_bytes(self.array()?.ok_or(NotRows)?);
        u8::try_from(value).map_err(|_| NotRows)
    }

    pub(super) fn maybe_int4(&mut self) -> Result<Option<i32>, NotRows> {
        Ok(self.array()?.map(i32::from_be_bytes))
    }

    pub(super) fn int4(&mut self) -> Result<i32, NotRows> {
        self.maybe_int4()?.ok_or(NotRows)
    }

    pub(super) fn int8(&mut self) -> Result<i64, NotRows> {
        self.array()?.map(i64::from_be_bytes).ok_or(NotRows)
    }

    pub(super) fn maybe_time(&mut self) -> Result<Option<i64>, NotRows> {
        let us = self.array()?.map(i64::from_be_bytes);
        Ok(us.map(|us| us.saturating_add(EPOCH_2000_US).div_euclid(1000)))
    }

    pub(super) fn time(&mut self) -> Result<i64, NotRows> {
        self.maybe_time()?.ok_or(NotRows)
    }

    pub(super) fn maybe_date(&mut self) -> Result<Option<i32>, NotRows> {
        Ok(self.maybe_int4()?.map(|day| day.saturating_add(EPOCH_2000_DAYS)))
    }

    pub(super) fn date(&mut self) -> Result<i32, NotRows> {
        self.maybe_date()?.ok_or(NotRows)
    }

    pub(super) fn maybe_text(&mut self) -> Result<Option<&'a str>, NotRows> {
        self.bytes()?.map(|bytes| std::str::from_utf8(bytes).map_err(|_| NotRows)).transpose()
    }

    pub(super) fn text(&mut self) -> Result<&'a str, NotRows> {
        self.maybe_text()?.ok_or(NotRows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_back_however_they_are_cut() {
        let mut rows = Rows::default();
        for no in 0..5 {
            rows.row(4).int8(no).time(1_700_000_000_123).maybe(None::<i64>, Rows::int8).text("场馆");
        }
        let mut sent = rows.bytes().to_vec();
        sent.extend_from_slice(&END);
        for cut in 1..sent.len() {
            let mut unpack = Unpack::default();
            let mut read = Vec::new();
            for piece in sent.chunks(cut) {
                let give = |row: &[u8]| {
                    let mut fields = Fields::of(row);
                    let (no, at) = (fields.int8()?, fields.time()?);
                    read.push((no, at, fields.maybe_time()?, fields.text()?.to_owned()));
                    Ok(())
                };
                unpack.push(piece, give).expect("rows");
            }
            let expected: Vec<_> =
                (0..5).map(|no| (no, 1_700_000_000_123, None, "场馆".to_owned())).collect();
            assert_eq!(read, expected, "cut at {cut}");
        }
    }
}
