//! Compresses the texts for the programs that have them inside.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::error::Error;
use std::io::Write;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let out = std::env::var_os("OUT_DIR").ok_or("cargo names the directory OUT_DIR")?;
    println!("cargo::rerun-if-changed=locales");
    for language in ["nl", "fr", "de", "en"] {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&std::fs::read(format!("locales/{language}.ftl"))?)?;
        std::fs::write(Path::new(&out).join(format!("{language}.ftl.gz")), packed.finish()?)?;
    }
    Ok(())
}
