//! Files → a compressed archive that is the same byte for byte whenever and wherever it is made.

use super::File;
use flate2::{Compression, GzBuilder};
use tar::{Builder, Header};

/// The archive. Nothing in it tells of the time, the user or the machine.
pub fn pack(files: &[File]) -> Vec<u8> {
    let mut archive = Builder::new(GzBuilder::new().write(Vec::new(), Compression::best()));
    for file in files {
        let mut header = Header::new_gnu();
        header.set_size(file.text.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        // Writing to memory fails for no reason that a caller could have given.
        let _ = archive.append_data(&mut header, &file.path, file.text.as_bytes());
    }
    let written = archive.into_inner().and_then(|stream| stream.finish());
    written.unwrap_or_default()
}
