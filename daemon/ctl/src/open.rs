//! `beidctl open`: the daemon's own page, in the browser of this session.

use super::CommandFailure;
use super::output::Printer;
use super::render;
use super::session::Session;
use beid_api::operations::OpenPage;
use beid_api::types::NoMembers;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

/// Program of the desktop that opens an address in the user's browser.
const OPENER: &str = "xdg-open";
/// Number of looks at that program; some of its kind stay until the browser is closed.
const LOOKS: u32 = 30;
/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// Opens the page, or prints its address if that is wished or if there is nothing to open it with.
pub(super) async fn run(session: &Session, only_print: bool, printer: &Printer) -> Result<(), CommandFailure> {
    let page = session.call::<OpenPage>(&NoMembers {}).await?;
    if !only_print && !printer.is_whole() && opened(&page.answer.url).await {
        return Ok(());
    }
    printer.print(&page, render::open_page)
}

/// Hands the address to the browser; false if that did not work.
async fn opened(url: &str) -> bool {
    let mut opener = Command::new(OPENER);
    opener
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // A group of its own, so that Ctrl-C here does not close a browser that was started by this.
    let Ok(mut opener) = opener.process_group(0).spawn() else {
        return false;
    };
    for _ in 0..LOOKS {
        match opener.try_wait() {
            Ok(Some(ended)) => return ExitStatus::success(&ended),
            Ok(None) => tokio::time::sleep(PAUSE).await,
            Err(_) => return false,
        }
    }
    true
}
