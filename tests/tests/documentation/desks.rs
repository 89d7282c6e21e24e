//! The desks at which the commands of pages run.

/// What a page takes for granted, as lines of shell that run before its first block.
pub(crate) struct PageDesk {
    /// The page.
    pub(crate) page: &'static str,
    /// Cards of a daemon that is started before the page; none if the page starts its own.
    pub(crate) cards: &'static str,
    /// Settings of the user, unless the page shows a practice.
    pub(crate) settings: &'static str,
    /// Files that the page names and does not make.
    pub(crate) files: &'static str,
}

/// A practice.
const PRACTICE: &str = r#"
[[provider.parties]]
type = "persphysician"
nihii = "19999816004"
ssin = "85061599888"
firstName = "Testo"
familyName = "ARTS"
"#;

/// A practice whose physician has the card `claire`, in the second reader.
const PHYSICIAN: &str = r#"
[pcsc.roles]
"reader 1" = "patient"
"reader 2" = "provider"

[[provider.parties]]
type = "persphysician"
nihii = "19999816004"
ssin = "69082101287"
firstName = "Claire"
familyName = "ESSAI-MODELE"
"#;

/// One row a page with commands.
pub(crate) const DESKS: &[PageDesk] = &[
    PageDesk {
        page: "README.md",
        cards: "",
        settings: PRACTICE,
        files: "",
    },
    PageDesk {
        page: "docs/administrators.md",
        cards: "jan",
        settings: PRACTICE,
        files: "",
    },
    PageDesk {
        page: "docs/beidctl.md",
        cards: "jan",
        settings: PRACTICE,
        files: "for name in letter report a b; do echo \"$name\" > \"$name.pdf\"; done
            beidctl consent put --evidence asice --out consent.xml --evidence-out consent.asice",
    },
    PageDesk {
        page: "docs/evidence.md",
        cards: "anna,claire",
        settings: PHYSICIAN,
        files: "cp \"$SOURCES/examples/verify-evidence.py\" .
            beidctl identity
            beidctl consent put --evidence asice --reference 'dossier 117' --out c.xml --evidence-out c.asice",
    },
    PageDesk {
        page: "docs/identity-readings.md",
        cards: "jan",
        settings: PRACTICE,
        files: "beidctl reading put",
    },
    PageDesk {
        page: "docs/operations/consents.md",
        cards: "jan",
        settings: PRACTICE,
        files: "beidctl consent put --evidence cades --out request.xml --evidence-out evidence.p7s
            beidctl consent put --evidence xades --out other.xml --evidence-out evidence.xml
            cp \"$XDG_STATE_HOME/beidd/simulator/ec-root.pem\" root.pem; cp root.pem roots.pem",
    },
    PageDesk {
        page: "docs/operations/signatures.md",
        cards: "jan",
        settings: PRACTICE,
        files: "for name in report a b; do echo \"$name\" > \"$name.pdf\"; done
            cp \"$XDG_STATE_HOME/beidd/simulator/ec-root.pem\" tsa.pem",
    },
    PageDesk {
        page: "docs/operations/therapeutic-exclusions.md",
        cards: "claire",
        settings: PRACTICE,
        files: "",
    },
    PageDesk {
        page: "docs/operations/therapeutic-links.md",
        cards: "anna",
        settings: PRACTICE,
        files: "echo '[{ \"type\": \"gpconsultation\" }]' > links.json",
    },
    PageDesk {
        page: "docs/page.md",
        cards: "jan",
        settings: PRACTICE,
        files: "",
    },
    PageDesk {
        page: "docs/reports.md",
        cards: "jan",
        settings: PRACTICE,
        files: "",
    },
    PageDesk {
        page: "docs/testing-your-integration.md",
        cards: "",
        settings: PRACTICE,
        files: "",
    },
];
