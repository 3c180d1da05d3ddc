//! Policy text → syntax tree, and back to text.

pub mod ast;
mod erase;
mod format;
mod parse;

pub use format::{format, print, quoted};
pub use parse::{is_reserved, parse};
