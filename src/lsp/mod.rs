//! The language server: the diagnostics of `ordain check` in the editor, as one types.
//!
//! In: an editor's messages on standard input. Out: diagnostics for policies and manifests, and
//! formatted policies, on standard output. It stands on [`crate::workspace`], as the command line does,
//! so that both say the same.

mod convert;
mod documents;
mod server;

use crate::ir::Date;
use lsp_server::Connection;

/// Serves one editor until it says good-bye; `today` is asked for the day against which waivers expire.
/// Errors: the connection broke, in a sentence.
pub fn serve(today: fn() -> Date) -> Result<(), String> {
    let (connection, threads) = Connection::stdio();
    server::run(&connection, today)?;
    drop(connection);
    threads.join().map_err(|error| error.to_string())
}
