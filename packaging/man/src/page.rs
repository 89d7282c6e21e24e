//! Manual pages: one for each program, and one for each of its commands.

use crate::programs::{ManProgram, Terms};
use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::io;

/// Section of the manual: programs that users start.
const SECTION: &str = "1";

/// Makes the pages of a program: names of files, and texts.
///
/// # Errors
/// None in practice: the pages are written into memory.
pub(crate) fn pages(program: &ManProgram) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut command = program.command.clone().disable_help_subcommand(true);
    // Gives commands their whole names, and the options that every command has.
    command.build();
    let mut pages = Vec::new();
    add_pages(&command, None, program, &mut pages)?;
    Ok(pages)
}

fn add_pages(
    command: &Command,
    above: Option<&str>,
    program: &ManProgram,
    pages: &mut Vec<(String, Vec<u8>)>,
) -> io::Result<()> {
    let name = whole_name(command);
    pages.push((format!("{name}.{SECTION}"), page(command, above, program)?));
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        add_pages(below, Some(name), program, pages)?;
    }
    Ok(())
}

/// Name of a command with those above it, as `beidctl-therlink-put`.
fn whole_name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// Title of a page, with its section of the manual, as the formatter takes it.
pub(crate) fn title(name: &str, section: &str) -> String {
    let (name, version) = (name.to_uppercase(), env!("CARGO_PKG_VERSION"));
    // Without a date, which would be another one at each build. The crate leaves out an empty field, and with it the order.
    format!(".TH \"{name}\" \"{section}\" \"\" \"beidd {version}\" \"Belgian eID for care\"\n")
}

fn page(command: &Command, above: Option<&str>, program: &ManProgram) -> io::Result<Vec<u8>> {
    let man = Man::new(command.clone().subcommand_help_heading("COMMAND"));
    let mut page = title(whole_name(command), SECTION).into_bytes();
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        let mut roff = Roff::new();
        roff.control("SH", ["COMMANDS"]);
        for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
            roff.control("TP", []);
            roff.text([bold(whole_name(below)), roman(format!("({SECTION})"))]);
            roff.text([roman(below.get_about().map(ToString::to_string).unwrap_or_default())]);
        }
        roff.to_writer(&mut page)?;
    }
    exit_status(program).to_writer(&mut page)?;
    if above.is_none() {
        for (heading, terms) in program.sections {
            section(heading, terms).to_writer(&mut page)?;
        }
    }
    see_also(above, program).to_writer(&mut page)?;
    Ok(page)
}

fn exit_status(program: &ManProgram) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in program.exit_codes {
        roff.control("TP", []);
        roff.text([bold(code.to_string())]);
        roff.text([roman(*meaning)]);
    }
    roff
}

fn section(heading: &str, terms: Terms) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [heading]);
    for (term, explanation) in terms {
        roff.control("TP", []);
        roff.text([bold(*term)]);
        roff.text([roman(*explanation)]);
    }
    roff
}

fn see_also(above: Option<&str>, program: &ManProgram) -> Roff {
    let above = above.map(|above| format!("{above}({SECTION})"));
    let pages: Vec<_> = above
        .iter()
        .map(String::as_str)
        .chain(program.see_also.iter().copied())
        .collect();
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    roff.text([roman(pages.join(", "))]);
    roff
}
