//! `gatehouse safety`: what leaves a text and how it comes back, without a conversation.
//!
//! These commands open no data folder: they read a text and a file of their own.

use clap::Subcommand;

use crate::{
    failure::Failure,
    masking::{Mask, Restore},
};

/// Personal data and secrets in texts.
#[derive(Subcommand)]
pub(crate) enum Safety {
    /// Replace personal data by placeholders and secrets by notes.
    Mask(Mask),
    /// Put the values back in place of their placeholders.
    Restore(Restore),
}

impl Safety {
    pub(crate) fn run(&self, json: bool) -> Result<(), Failure> {
        match self {
            Self::Mask(mask) => mask.run(json),
            Self::Restore(restore) => restore.run(json),
        }
    }
}
