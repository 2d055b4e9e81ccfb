//! Rows of fields, written and read in one order.

/// The bytes end within a field, or say what can't be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a row of a snapshot makes no sense")]
pub struct Malformed;

/// What is left of a piece.
pub struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(super) const fn of(piece: &'a [u8]) -> Self {
        Self(piece)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[inline]
    pub(in crate::engine) fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], Malformed> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(in crate::engine) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Bytes behind their length.
    pub(in crate::engine) fn measured(&mut self) -> Result<&'a [u8], Malformed> {
        let count = self.u32()?;
        self.bytes(usize::try_from(count).map_err(|_| Malformed)?)
    }

    #[inline]
    pub(in crate::engine) fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(|bytes| u16::from_le_bytes(*bytes))
    }

    #[inline]
    pub(in crate::engine) fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(|bytes| u32::from_le_bytes(*bytes))
    }

    #[inline]
    pub(in crate::engine) fn i32(&mut self) -> Result<i32, Malformed> {
        self.array().map(|bytes| i32::from_le_bytes(*bytes))
    }

    #[inline]
    pub(in crate::engine) fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(|bytes| u64::from_le_bytes(*bytes))
    }

    #[inline]
    pub(in crate::engine) fn i64(&mut self) -> Result<i64, Malformed> {
        self.array().map(|bytes| i64::from_le_bytes(*bytes))
    }

    #[inline]
    pub(in crate::engine) fn u128(&mut self) -> Result<u128, Malformed> {
        self.array().map(|bytes| u128::from_le_bytes(*bytes))
    }
}

/// Appends bytes behind their length.
pub(in crate::engine) fn put_measured(out: &mut Vec<u8>, bytes: &[u8]) {
    let count = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(bytes);
}

/// Appends fields of numbers.
macro_rules! put {
    ($out:expr, $($field:expr),+ $(,)?) => {{
        $( $out.extend_from_slice(&($field).to_le_bytes()); )+
    }};
}
pub(in crate::engine) use put;
