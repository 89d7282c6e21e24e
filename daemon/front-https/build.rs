//! Compresses what the program serves: the files of its page, and the description of its interface.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::error::Error;
use std::io::Write;
use std::path::Path;

type Done = Result<(), Box<dyn Error>>;

fn main() -> Done {
    let out = std::env::var_os("OUT_DIR").ok_or("cargo names the directory OUT_DIR")?;
    let out = Path::new(&out);
    pack(Path::new("../../docs/openapi.json"), &out.join("openapi.json.gz"))?;
    pack_all(Path::new("src/page"), &out.join("page"))
}

/// Compresses the files of `directory`, and those below it, into `out`.
fn pack_all(directory: &Path, out: &Path) -> Done {
    println!("cargo::rerun-if-changed={}", directory.display());
    std::fs::create_dir_all(out)?;
    for entry in std::fs::read_dir(directory)? {
        let (name, path) = entry.map(|entry| (entry.file_name(), entry.path()))?;
        if path.is_dir() {
            pack_all(&path, &out.join(&name))?;
        } else {
            let mut packed = name;
            packed.push(".gz");
            pack(&path, &out.join(packed))?;
        }
    }
    Ok(())
}

fn pack(file: &Path, out: &Path) -> Done {
    println!("cargo::rerun-if-changed={}", file.display());
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&std::fs::read(file)?)?;
    std::fs::write(out, packed.finish()?)?;
    Ok(())
}
