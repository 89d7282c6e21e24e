//! Signatures: made with a key in software, and judged; by us and, on the same files, by others.

use super::peers::Peer;
use super::signer::Signer;
use super::written;
use crate::Failure;
use beid_pki::{Trust, TrustStore};
use beid_protocol::cms::Cms;
use beid_protocol::consent_text::ConsentText;
use beid_protocol::signature::{Pending, RawSignature};
use beid_protocol::therlink::Prepared;
use beid_protocol::verify::{verify, verify_detached};
use beid_protocol::xades::{Content, DataFile, DataObject, FileContent, Xades};
use jiff::Timestamp;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Forms of signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    Cades,
    Enveloping,
    Detached,
    /// A request with a CAdES proof in it. Nobody else judges that.
    Request,
}

impl Form {
    pub(super) const MADE: [Self; 3] = [Self::Cades, Self::Enveloping, Self::Detached];
    pub(super) const JUDGED: [Self; 4] = [Self::Cades, Self::Request, Self::Enveloping, Self::Detached];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Cades => "CAdES of a link",
            Self::Enveloping => "XAdES around a consent and its text",
            Self::Detached => "XAdES beside a consent",
            Self::Request => "request with CAdES in it",
        }
    }
}

/// What one signer signs, in a folder of its own.
pub(super) struct Desk<'s> {
    pub(super) signer: &'s Signer,
    folder: PathBuf,
    link: Prepared,
    consent: String,
    text: ConsentText,
}

/// A signature, and how long it took to make; `key` is the part of the software key.
pub(super) struct Made {
    pub(super) octets: Vec<u8>,
    pub(super) whole: Duration,
    pub(super) key: Duration,
}

const CONSENT: &str = "consent.xml";

impl<'s> Desk<'s> {
    pub(super) fn new(signer: &'s Signer, folder: PathBuf) -> Result<Self, Failure> {
        let desk = Self {
            signer,
            folder,
            link: written::prepared_link(signer)?,
            consent: written::consent(signer)?.xml().to_owned(),
            text: ConsentText::dutch()?,
        };
        fs::write(desk.folder.join("link.xml"), desk.link.content())?;
        fs::write(desk.folder.join(CONSENT), &desk.consent)?;
        for form in Form::MADE {
            let octets = desk.make(form)?.octets;
            if form != Form::Cades {
                fs::write(desk.folder.join(template(form)), blank(std::str::from_utf8(&octets)?)?)?;
            }
            fs::write(desk.folder.join(file(form)), octets)?;
        }
        let cms = desk.cms()?;
        let request = desk.link.clone().with_proof(cms)?;
        fs::write(desk.folder.join(file(Form::Request)), request.xml())?;
        Ok(desk)
    }

    fn cms(&self) -> Result<Cms, Failure> {
        let pending = self.begin_cms()?;
        let raw = self.signer.sign(pending.to_be_signed())?;
        Ok(pending.finish(raw)?)
    }

    fn begin_cms(&self) -> Result<Pending<Cms>, Failure> {
        let Signer { certificate, chain, .. } = self.signer;
        Ok(self.link.cms(certificate, chain, Timestamp::now())?)
    }

    fn begin_enveloping(&self) -> Result<Pending<Xades>, Failure> {
        let Signer { certificate, chain, .. } = self.signer;
        let objects = [
            DataObject {
                name: "request",
                media_type: "application/xml",
                content: Content::Xml(self.consent.as_bytes()),
            },
            DataObject {
                name: "text",
                media_type: "text/plain",
                content: Content::Text(self.text.plain_text()),
            },
        ];
        Ok(Xades::enveloping(&objects, certificate, chain, Timestamp::now())?)
    }

    fn begin_detached(&self) -> Result<Pending<Xades>, Failure> {
        let Signer { certificate, chain, .. } = self.signer;
        let file = DataFile {
            name: CONSENT,
            media_type: "application/xml",
            content: FileContent::Octets(self.consent.as_bytes()),
        };
        Ok(Xades::detached(&[file], certificate, chain, Timestamp::now())?)
    }

    /// Makes one, from its content to the finished signature.
    pub(super) fn make(&self, form: Form) -> Result<Made, Failure> {
        let begun = Instant::now();
        let mut key = Duration::ZERO;
        let mut card = |message: &[u8]| -> Result<RawSignature, Failure> {
            let begun = Instant::now();
            let raw = self.signer.sign(message)?;
            key = begun.elapsed();
            Ok(raw)
        };
        let octets = match form {
            Form::Cades | Form::Request => {
                let pending = self.begin_cms()?;
                let raw = card(pending.to_be_signed())?;
                pending.finish(raw)?.der().to_vec()
            }
            Form::Enveloping | Form::Detached => {
                let pending = match form {
                    Form::Detached => self.begin_detached()?,
                    Form::Cades | Form::Enveloping | Form::Request => self.begin_enveloping()?,
                };
                let raw = card(pending.to_be_signed())?;
                pending.finish(raw)?.xml().as_bytes().to_vec()
            }
        };
        let whole = begun.elapsed();
        Ok(Made { octets, whole, key })
    }

    /// Judges one, as it lies in its file.
    pub(super) fn judge(&self, form: Form, octets: &[u8], roots: &TrustStore) -> Result<Duration, Failure> {
        let begun = Instant::now();
        let verification = match form {
            Form::Cades | Form::Enveloping | Form::Request => verify(octets, roots, Timestamp::now()),
            Form::Detached => verify_detached(octets, self.consent.as_bytes(), roots, Timestamp::now()),
        };
        let took = begun.elapsed();
        if verification.trust() == Trust::Test {
            Ok(took)
        } else {
            Err(format!("{form:?} is not believed: {:?}", verification.checks()).into())
        }
    }

    /// The octets that are judged.
    pub(super) fn octets(&self, form: Form) -> Result<Vec<u8>, Failure> {
        Ok(fs::read(self.folder.join(file(form)))?)
    }

    /// Who else can make such a signature. What it makes has to be good in our own eyes, too.
    pub(super) fn other_maker(&self, form: Form, roots: &TrustStore) -> Result<Option<Peer>, Failure> {
        let files = &self.signer.files;
        let path = |path: &Path| path.display().to_string();
        let peer = match form {
            Form::Request => return Ok(None),
            Form::Cades => {
                let mut work =
                    words("cms -sign -cades -binary -nodetach -nosmimecap -outform DER -in link.xml -out other");
                work.extend(["-md".to_owned(), self.signer.hash()?.to_owned()]);
                work.extend(["-signer".to_owned(), path(&files.certificate)]);
                work.extend(["-inkey".to_owned(), path(&files.key)]);
                work.extend(["-certfile".to_owned(), path(&files.chain)]);
                let mut idle = words("pkey -noout -in");
                idle.push(path(&files.key));
                Peer::openssl(&self.folder, work, idle)
            }
            Form::Enveloping | Form::Detached => {
                let mut work = words(IDENTIFIERS);
                let key = [&files.key, &files.certificate, &files.authority, &files.root].map(|file| path(file));
                work.extend(["--privkey-pem".to_owned(), key.join(",")]);
                work.extend(["--output".to_owned(), "other".to_owned(), template(form).to_owned()]);
                Peer::xmlsec1(&self.folder, "--sign", work)
            }
        };
        peer.run()?;
        self.judge(form, &fs::read(self.folder.join("other"))?, roots)?;
        Ok(Some(peer))
    }

    /// Who else can judge it.
    pub(super) fn other_judge(&self, form: Form) -> Option<Peer> {
        let root = self.signer.files.root.display().to_string();
        match form {
            Form::Request => None,
            Form::Cades => {
                let mut work = words("cms -verify -cades -binary -inform DER -out other -in");
                work.extend([file(form).to_owned(), "-CAfile".to_owned(), root]);
                Some(Peer::openssl(&self.folder, work, words("version")))
            }
            Form::Enveloping | Form::Detached => {
                let mut work = words(IDENTIFIERS);
                work.extend(["--trusted-pem".to_owned(), root, file(form).to_owned()]);
                Some(Peer::xmlsec1(&self.folder, "--verify", work))
            }
        }
    }
}

/// Which attributes are identifiers, for who does not know XAdES.
const IDENTIFIERS: &str = "--id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties \
                           --id-attr:Id http://www.w3.org/2000/09/xmldsig#:Object";

fn file(form: Form) -> &'static str {
    match form {
        Form::Cades => "link.p7m",
        Form::Enveloping => "enveloping.xml",
        Form::Detached => "detached.xml",
        Form::Request => "request.xml",
    }
}

fn template(form: Form) -> &'static str {
    match form {
        Form::Detached => "detached.template.xml",
        Form::Cades | Form::Enveloping | Form::Request => "enveloping.template.xml",
    }
}

/// A signature without digests, value and certificates of the key: what xmlsec1 fills in.
fn blank(signature: &str) -> Result<String, Failure> {
    let (head, rest) = signature.split_once("<ds:KeyInfo>").ok_or("no KeyInfo")?;
    let (_, tail) = rest.split_once("</ds:KeyInfo>").ok_or("no end of KeyInfo")?;
    let mut out = String::new();
    let mut rest = head;
    for name in ["ds:DigestValue", "ds:SignatureValue"] {
        let (open, close) = (format!("<{name}"), format!("</{name}>"));
        while let Some((before, value)) = rest.split_once(&open) {
            let (_, after) = value.split_once(&close).ok_or("no end of a value")?;
            out.push_str(&format!("{before}{open}>{close}"));
            rest = after;
        }
    }
    Ok(format!(
        "{out}{rest}<ds:KeyInfo><ds:X509Data></ds:X509Data></ds:KeyInfo>{tail}"
    ))
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
