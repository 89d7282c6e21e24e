//! The desks at which the commands of pages run.

use beid_e2e::PRACTICE;

/// Things that a page takes for granted, as lines of shell that run before its first block.
pub(crate) struct PageDesk {
    /// The page.
    pub(crate) page: &'static str,
    /// Cards of a daemon that is started before the page; none if the page starts its own.
    pub(crate) cards: &'static str,
    /// Settings of the user, unless the page shows a practice.
    pub(crate) settings: &'static str,
    /// Files that the page names and does not make.
    pub(crate) files: &'static str,
    /// True if there is a database server of the institution.
    pub(crate) database: bool,
}

/// A desk as most pages need it.
const USUAL: PageDesk = PageDesk {
    page: "",
    cards: "jan",
    settings: PRACTICE,
    files: "",
    database: false,
};

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
        settings: "",
        ..USUAL
    },
    PageDesk {
        page: "docs/administrators.md",
        ..USUAL
    },
    PageDesk {
        page: "docs/beidctl.md",
        files: "for name in letter report a b; do echo \"$name\" > \"$name.pdf\"; done
            beidctl consent put --evidence asice --out consent.xml --evidence-out consent.asice",
        ..USUAL
    },
    PageDesk {
        page: "docs/evidence.md",
        cards: "anna,claire",
        settings: PHYSICIAN,
        database: true,
        files: "echo secret > owner.password; chmod 600 owner.password
            cp \"$SOURCES/examples/verify-evidence.py\" .
            beidctl identity
            beidctl consent put --evidence asice --reference 'dossier 117' --out c.xml --evidence-out c.asice",
    },
    PageDesk {
        page: "docs/identity-readings.md",
        files: "beidctl reading put",
        ..USUAL
    },
    PageDesk {
        page: "docs/operations/consents.md",
        files: "beidctl consent put --evidence cades --out request.xml --evidence-out evidence.p7s
            beidctl consent put --evidence xades --out other.xml --evidence-out evidence.xml
            cp \"$XDG_STATE_HOME/beidd/simulator/ec-root.pem\" root.pem; cp root.pem roots.pem",
        ..USUAL
    },
    PageDesk {
        page: "docs/operations/signatures.md",
        files: "for name in report a b; do echo \"$name\" > \"$name.pdf\"; done
            cp \"$XDG_STATE_HOME/beidd/simulator/ec-root.pem\" tsa.pem",
        ..USUAL
    },
    PageDesk {
        page: "docs/operations/therapeutic-exclusions.md",
        cards: "claire",
        ..USUAL
    },
    PageDesk {
        page: "docs/operations/therapeutic-links.md",
        cards: "anna",
        files: "echo '[{ \"type\": \"gpconsultation\" }]' > links.json",
        ..USUAL
    },
    PageDesk {
        page: "docs/page.md",
        ..USUAL
    },
    PageDesk {
        page: "docs/reports.md",
        database: true,
        files: "beidd --prepare-evidence postgres://owner@db.example/beidd; beidctl identity",
        ..USUAL
    },
    PageDesk {
        page: "docs/testing-your-integration.md",
        cards: "",
        ..USUAL
    },
];
