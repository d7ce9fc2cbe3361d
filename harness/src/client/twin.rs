//! Who is asked whether a run repeats, and for how many of those that pass.
//!
//! Does not compare runs. Invariant: a twin serves the same executable in the same way, and is started once, when it is first asked for.

use super::{Client, ClientError, Image, Isolation, LIVES};
use crate::guard::Percent;

impl Client {
    /// So many of the runs that pass are made again by whoever examines them.
    pub fn set_guard(&mut self, percent: Percent) {
        self.guard = percent;
    }

    /// How many of the runs that pass are made again.
    #[must_use]
    pub fn guard(&self) -> Percent {
        self.guard
    }

    /// In which image a run really is that is to be made in this one: unless runs take turns, each has one that is forked.
    pub(crate) fn image_of(&self, image: Image) -> Image {
        if self.way.isolation == Isolation::Rewind { image } else { Image::Forked }
    }

    /// Another process that serves the same executable. What is the same for all runs of one server need not be for those of another,
    /// and the runs that were made there before are others, so it is the one to ask whether a run repeats.
    ///
    /// # Errors
    /// As [`Client::start`].
    pub fn twin(&mut self) -> Result<&mut Self, ClientError> {
        if self.twin.is_none() {
            let most = (self.pool_max / LIVES).max(1);
            let twin = Self::start_with(&self.path, self.way.main, most, self.way.isolation)?;
            self.twin = Some(Box::new(twin));
        }
        Ok(self.twin.as_mut().expect("started above"))
    }
}
