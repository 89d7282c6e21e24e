//! Completions for the shells of Debian.

use clap::Command;
use clap_complete::aot::{Bash, Fish, Zsh, generate};
use std::path::PathBuf;

/// Makes the completions of a program: paths as bash-completion, zsh and fish look for them, and texts.
pub(crate) fn for_shells(command: &Command) -> Vec<(PathBuf, Vec<u8>)> {
    let name = command.get_name();
    let (mut bash, mut zsh, mut fish) = (Vec::new(), Vec::new(), Vec::new());
    generate(Bash, &mut command.clone(), name, &mut bash);
    generate(Zsh, &mut command.clone(), name, &mut zsh);
    generate(Fish, &mut command.clone(), name, &mut fish);
    let folder = PathBuf::from("completions");
    vec![
        (folder.join("bash").join(name), bash),
        (folder.join("zsh").join(format!("_{name}")), zsh),
        (folder.join("fish").join(format!("{name}.fish")), fish),
    ]
}
