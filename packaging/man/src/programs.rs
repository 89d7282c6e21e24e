//! The programs, and the sections of their manual pages that a command line does not tell.

use crate::daemon;
use beid_simulator::CITIZENS;
use beid_simulator::command_lines::{PinentryOptions, SimOptions};
use beidctl::EXIT_CODES;
use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, CommandFactory};

/// Terms of a section, each with its explanation.
pub(crate) type Terms = &'static [(&'static str, &'static str)];

/// A program with what its manual page says besides.
pub(crate) struct ManProgram {
    /// Definition of its command line.
    pub(crate) command: Command,
    /// Meaning of its exit codes; commands below it have the same.
    pub(crate) exit_codes: &'static [(u8, &'static str)],
    /// Further sections of its own page: heading and terms.
    pub(crate) sections: &'static [(&'static str, Terms)],
    /// Other pages of interest.
    pub(crate) see_also: &'static [&'static str],
}

/// Makes the table of programs.
pub(crate) fn all() -> [ManProgram; 4] {
    [
        ManProgram {
            command: daemon::command().long_about(BEIDD),
            exit_codes: BEIDD_EXIT_CODES,
            sections: BEIDD_SECTIONS,
            see_also: &[
                "beidd.toml(5)",
                "beidctl(1)",
                "beid-sim(1)",
                "pcscd(8)",
                "pinentry(1)",
                "systemctl(1)",
            ],
        },
        ManProgram {
            command: with_people(beidctl::command()).after_help(""),
            exit_codes: EXIT_CODES,
            sections: BEIDCTL_SECTIONS,
            see_also: &["beidd(1)", "beid-sim(1)", "openssl-cms(1)"],
        },
        ManProgram {
            command: SimOptions::command()
                .mut_arg("citizen", one_of_the_people)
                .mut_arg("timing", |timing| {
                    timing.value_name("SPEED").value_parser(["instant", "real"])
                })
                .after_help(""),
            exit_codes: USUAL_EXIT_CODES,
            sections: &[],
            see_also: &["beidd(1)", "beidctl(1)", "pcscd(8)"],
        },
        ManProgram {
            command: PinentryOptions::command().after_help(""),
            exit_codes: USUAL_EXIT_CODES,
            sections: PINENTRY_SECTIONS,
            see_also: &["beidd(1)", "pinentry(1)"],
        },
    ]
}

/// Lets completions offer the ids of the invented persons. Pages leave that to `beid-sim --list`.
pub(crate) fn one_of_the_people(argument: Arg) -> Arg {
    let people = PossibleValuesParser::new(CITIZENS.iter().map(|citizen| citizen.id));
    argument.value_parser(people).hide_possible_values(true)
}

/// Adds the ids of the invented persons to `beidctl sim`.
fn with_people(command: Command) -> Command {
    let named = |movement: Command| movement.mut_arg("citizen", one_of_the_people);
    command.mut_subcommand("sim", |sim| {
        let sim = sim.mut_subcommand("insert", named);
        sim.mut_subcommand("swap", named)
    })
}

const BEIDD: &str = "\
Reads Belgian eID cards for care: verified identities and therapeutic-relation proofs, over D-Bus and HTTPS.

beidd runs in the background, one for each user of a workstation. Programs call it on the session bus as org.beidd1, \
browsers at https://localhost. It asks the holder of a card for the PIN in a dialog of its own or on the keypad of the \
reader, and callers never receive it. Without options it serves the cards in real readers. It runs without settings.";

const USUAL_EXIT_CODES: &[(u8, &str)] = &[(0, "done"), (1, "failed"), (2, "the command line is not right")];

const BEIDD_EXIT_CODES: &[(u8, &str)] = &[
    (0, "ended by a signal, or what the options ask for is done"),
    (1, "failed; standard error or the log says why"),
    (2, "the command line is not right"),
    (
        78,
        "the settings are not right; standard error names file, line and key",
    ),
];

const BEIDD_SECTIONS: &[(&str, Terms)] = &[
    (
        "SIGNALS",
        &[
            (
                "SIGTERM, SIGINT",
                "end beidd. Dialogs are closed; a signature that a card is making is finished.",
            ),
            (
                "SIGHUP",
                "has beidd read its settings again. Where it was started in a terminal, it ends once that has gone.",
            ),
        ],
    ),
    (
        "FILES",
        &[
            (
                "/etc/beidd/beidd.toml",
                "settings of the administrator, which later sources can only narrow",
            ),
            (
                "/etc/beidd/origins.d/*.toml",
                "web pages that may call, one or several a file",
            ),
            ("~/.config/beidd/beidd.toml", "settings of the user"),
            (
                "~/.local/state/beidd/",
                "keys, tokens and records, readable by the user alone",
            ),
            (
                "$XDG_RUNTIME_DIR/beidd/https.json",
                "port and certificate of a running beidd, for clients",
            ),
        ],
    ),
    (
        "ENVIRONMENT",
        &[
            (
                "BEIDD_SECTION_KEY",
                "overrides a setting, such as BEIDD_PROMPT_LANGUAGE for language in [prompt].",
            ),
            (
                "XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_RUNTIME_DIR",
                "name the directories in the place of ~/.config and ~/.local/state, and that of sockets.",
            ),
            (
                "http_proxy, all_proxy, no_proxy",
                "name the proxy for questions to issuers of certificates, and the hosts that are asked without it.",
            ),
            (
                "LC_ALL, LC_MESSAGES, LANG",
                "choose the language of dialogs: Dutch, French, German or English.",
            ),
        ],
    ),
    (
        "EXAMPLES",
        &[
            (
                "beidd --simulate jan",
                "serves a simulated card of an invented person, whose PIN is 1234.",
            ),
            (
                "beidd --check-config --print",
                "checks the settings, and prints each with its source.",
            ),
            (
                "systemctl --user reload beidd",
                "has the service read its settings again.",
            ),
        ],
    ),
];

const BEIDCTL_SECTIONS: &[(&str, Terms)] = &[
    (
        "ENVIRONMENT",
        &[
            (
                "BEIDCTL_TOKEN_FILE",
                "names the file with the token for --https, which beidctl token create prints.",
            ),
            ("NO_COLOR", "keeps colours from the output, if it is set."),
            (
                "LC_ALL, LC_MESSAGES, LANG",
                "choose the language of messages: Dutch, French, German or English.",
            ),
        ],
    ),
    (
        "FILES",
        &[(
            "~/.local/state/beidd/kept/",
            "signed results that could not be written to where they were wanted",
        )],
    ),
    (
        "EXAMPLES",
        &[
            (
                "beidctl identity",
                "shows the holder of the card, and whether the National Register signed the data.",
            ),
            (
                "beidctl therlink put --type gpconsultation --proof eidsigning --out link.xml",
                "has the patient sign the proof of a therapeutic link.",
            ),
            ("beidctl verify link.xml", "verifies it, without a running beidd."),
            (
                "beidctl sign letter.pdf",
                "has the holder sign a file; the signature is letter.pdf.p7s.",
            ),
        ],
    ),
];

const PINENTRY_SECTIONS: &[(&str, Terms)] = &[(
    "ANSWERS",
    &[
        ("sign PIN", "says yes to every page, then types this PIN."),
        ("pin PIN", "types this PIN."),
        ("ok, no, third", "press the first, the second or the third button."),
        (
            "cancel, timeout, hang, die",
            "cancel the dialog, let its time run out, never answer, and end without an answer.",
        ),
        ("pause-until FILE ANSWER", "answers once FILE is in the directory."),
        ("no line", "cancels."),
    ],
)];
