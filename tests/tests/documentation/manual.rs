//! The manual, built as `make manual` builds it.

use crate::pages;
use beid_e2e::{Scratch, run, test_tools, tool, workspace};
use std::fs;
use std::process::Command;

#[test]
fn manual_is_built_without_a_warning_and_has_every_page_in_its_navigation() {
    let scratch = Scratch::new("manual");
    let out = scratch.path().join("html");
    let mut sphinx = Command::new(tool("timeout"));
    sphinx.arg("120").arg(test_tools().join("bin/sphinx-build"));
    sphinx.args(["-q", "-W", "--keep-going", "-b", "html", "-c", "docs", "-d"]);
    sphinx.arg(scratch.path().join("doctrees")).arg(".").arg(&out);
    // Warnings are errors: a link that leads nowhere, a page that the map does not name.
    let done = run(sphinx.current_dir(workspace()).env("LC_ALL", "C.UTF-8"));
    assert!(done.succeeded() && done.said().trim().is_empty(), "{done}");
    let index = fs::read_to_string(out.join("index.html")).expect("a first page");
    for page in pages() {
        let name = page.path.trim_end_matches(".md").to_owned() + ".html";
        assert!(out.join(&name).is_file(), "{name}");
        assert!(
            name == "README.html" || index.contains(&format!("href=\"{name}\"")),
            "no way to {name}"
        );
    }
}
