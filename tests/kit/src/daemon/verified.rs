//! OpenSSL as the verifier of what a desk has signed.

use super::Desk;
use crate::openssl::openssl;
use std::fs;
use std::path::{Path, PathBuf};

impl Desk {
    /// Content that OpenSSL finds in a CMS, once it has verified it as CAdES.
    ///
    /// # Panics
    /// If OpenSSL does not accept it.
    #[must_use]
    pub fn content_of(&self, cms: &[u8]) -> Vec<u8> {
        let (said, content) = self.verified(cms, &["-cades"]);
        assert!(said.contains("CAdES Verification successful"), "{said}");
        content
    }

    /// Content of a CMS without the attribute that CAdES demands, once OpenSSL has verified it.
    ///
    /// # Panics
    /// If OpenSSL does not accept it.
    #[must_use]
    pub fn content_of_plain(&self, cms: &[u8]) -> Vec<u8> {
        self.verified(cms, &[]).1
    }

    /// Returns true if OpenSSL accepts `cms` as a detached CAdES signature of `content`.
    ///
    /// # Panics
    /// If the directory has gone.
    #[must_use]
    pub fn is_beside(&self, cms: &[u8], content: &[u8]) -> bool {
        let (cms, content) = (self.write("signature.p7s", cms), self.write("beside", content));
        let roots = self.roots_file();
        let files = ["-in", text(&cms), "-content", text(&content), "-CAfile", text(&roots)];
        let more = ["-cades", "-out", "/dev/null"];
        let verified = openssl(&self.dir, &[&VERIFY[..], &files, &more].concat());
        verified.succeeded() && verified.stderr.contains("CAdES Verification successful")
    }

    /// Output of OpenSSL about a CMS that it must accept, and the content.
    fn verified(&self, cms: &[u8], more: &[&str]) -> (String, Vec<u8>) {
        let (cms, out) = (self.write("signature.p7m", cms), self.dir.join("content"));
        let roots = self.roots_file();
        let files = ["-in", text(&cms), "-CAfile", text(&roots), "-out", text(&out)];
        let verified = openssl(&self.dir, &[&VERIFY[..], &files, more].concat());
        assert!(verified.succeeded(), "{verified}");
        (verified.stderr, fs::read(out).expect("OpenSSL writes the content"))
    }

    /// Writes both test roots into one file.
    fn roots_file(&self) -> PathBuf {
        let roots = self.pki.root_paths();
        let roots = roots.map(|root| fs::read(root).expect("the test PKI has its roots"));
        self.write("roots.pem", &roots.concat())
    }
}

const VERIFY: [&str; 5] = ["cms", "-verify", "-binary", "-inform", "DER"];

fn text(path: &Path) -> &str {
    path.to_str().expect("our paths are UTF-8")
}
