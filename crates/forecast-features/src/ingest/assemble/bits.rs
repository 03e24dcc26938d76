//! One bit per position.

/// A fixed number of flags, all unset at first.
#[derive(Clone, Debug)]
pub(crate) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    pub(crate) fn new(length: usize) -> Self {
        Self { words: vec![0; length.div_ceil(64)] }
    }

    pub(crate) fn get(&self, position: usize) -> bool {
        self.words[position / 64] >> (position % 64) & 1 == 1
    }

    /// Sets a flag; tells whether it was set before.
    pub(crate) fn set(&mut self, position: usize) -> bool {
        let before = self.get(position);
        self.words[position / 64] |= 1 << (position % 64);
        before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_set_once() {
        let mut bits = Bits::new(70);
        assert!(!bits.set(69) && bits.set(69) && bits.get(69) && !bits.get(68));
    }
}
