//! The layout of `<data>/postgres`: `data`, `log`, `run` and `password`.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{Error, RunAs};

/// The log is begun anew at a start that finds it longer than this, in bytes.
const LOG_LIMIT: u64 = 10 << 20;

/// `<data>/postgres`, made and checked; an absolute path without symbolic links.
#[derive(Debug)]
pub(super) struct Folder {
    base: PathBuf,
    pub(super) run_as: RunAs,
}

impl Folder {
    /// Makes what is missing. Only the cluster and its password belong to the account
    /// that runs Postgres; what we write ourselves stays out of its reach.
    pub(super) fn open(data: &Path) -> Result<Self, Error> {
        let run_as = RunAs::for_cluster(&data.join("postgres/data"))?;
        let data = std::path::absolute(data).map_err(Error::at(data))?;
        run_as.check_reach(&data.join("postgres"))?;
        run_as.make_folders(&data).map_err(Error::at(&data))?;
        let data = data.canonicalize().map_err(Error::at(&data))?;
        let folder = Self {
            base: data.join("postgres"),
            run_as,
        };
        // Once more, because a symbolic link may lead elsewhere.
        folder.run_as.check_reach(&folder.base)?;
        make(&folder.base, 0o711)?;
        for private in ["log", "run"] {
            make(&folder.base.join(private), 0o700)?;
        }
        Ok(folder)
    }

    pub(super) fn base(&self) -> &Path {
        &self.base
    }

    pub(super) fn cluster(&self) -> PathBuf {
        self.base.join("data")
    }

    pub(super) fn password_file(&self) -> PathBuf {
        self.base.join("password")
    }

    pub(super) fn log_file(&self) -> PathBuf {
        self.base.join("log/postgres.log")
    }

    /// Keeps a second process out until the returned file is closed; the kernel closes
    /// it however we end.
    pub(super) fn lock(&self) -> Result<File, Error> {
        let path = self.base.join("run/lock");
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(Error::at(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let pid = fs::read_to_string(&path).unwrap_or_default();
                return Err(self.in_use(format!("another Keynode (process {})", pid.trim())));
            }
            Err(TryLockError::Error(error)) => return Err(Error::at(&path)(error)),
        }
        file.set_len(0)
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(Error::at(&path))?;
        Ok(file)
    }

    pub(super) fn in_use(&self, by: impl Into<String>) -> Error {
        Error::InUse {
            path: self.base.clone(),
            by: by.into(),
        }
    }

    /// The major version of the cluster; none if there is no cluster yet.
    pub(super) fn major(&self) -> Result<Option<u32>, Error> {
        let cluster = self.cluster();
        let path = cluster.join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(version) => version
                .trim()
                .parse()
                .map(Some)
                .map_err(|_| Error::NotPostgres { path: cluster }),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::at(path)(error)),
            Err(_) if is_absent_or_empty(&cluster) => Ok(None),
            Err(_) => Err(Error::NotPostgres { path: cluster }),
        }
    }

    /// The superuser's password; made if there is no cluster yet.
    pub(super) fn password(&self) -> Result<String, Error> {
        let path = self.password_file();
        match fs::read_to_string(&path) {
            Ok(password) if !password.trim().is_empty() => Ok(password.trim().to_owned()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::at(path)(error)),
            _ if self.major()?.is_some() => Err(Error::PasswordMissing { path }),
            _ => write_password(&path, &self.run_as),
        }
    }

    /// The port of the last run if it is free, so that bookmarks of other tools last;
    /// else a free one.
    pub(super) fn port(&self) -> Result<u16, Error> {
        let path = self.base.join("run/port");
        let last = fs::read_to_string(&path)
            .ok()
            .and_then(|port| port.trim().parse().ok());
        if let Some(port) = last.filter(|port| *port != 0 && free_port(*port).is_ok()) {
            return Ok(port);
        }
        let port = free_port(0).map_err(Error::at(&path))?;
        fs::write(&path, format!("{port}\n")).map_err(Error::at(&path))?;
        Ok(port)
    }

    pub(super) fn forget_port(&self) {
        let _ = fs::remove_file(self.base.join("run/port"));
    }

    /// The log, open for appending.
    pub(super) fn log(&self) -> Result<File, Error> {
        let path = self.log_file();
        if fs::metadata(&path).is_ok_and(|log| log.len() > LOG_LIMIT) {
            fs::rename(&path, path.with_extension("log.1")).map_err(Error::at(&path))?;
        }
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(Error::at(&path))
    }
}

/// A port of the loopback address that nobody listens on; 0 lets the kernel choose.
pub(crate) fn free_port(port: u16) -> io::Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))?
        .local_addr()
        .map(|address| address.port())
}

/// Writes a new password of 256 bits for the account to read.
pub(crate) fn write_password(path: &Path, run_as: &RunAs) -> Result<String, Error> {
    let password: String = rand::random::<[u8; 32]>()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(Error::at(path))?;
    file.write_all(password.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(Error::at(path))?;
    run_as.own(path)?;
    Ok(password)
}

/// The last lines of a log.
pub(crate) fn tail(log: &Path) -> String {
    const LINES: usize = 12;
    let bytes = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines
        .iter()
        .skip(lines.len().saturating_sub(LINES))
        .copied()
        .collect::<Vec<_>>()
        .join("\n")
}

/// Makes a folder with this mode, whatever our umask is.
pub(super) fn make(path: &Path, mode: u32) -> Result<(), Error> {
    match DirBuilder::new().mode(mode).create(path) {
        Ok(()) => {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(Error::at(path))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(Error::at(path)(error)),
    }
}

fn is_absent_or_empty(path: &Path) -> bool {
    match fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let temp = tempfile::tempdir().unwrap();
        fs::set_permissions(temp.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let folder = Folder::open(&temp.path().join("data")).unwrap();
        (temp, folder)
    }

    #[test]
    fn a_second_owner_is_told_who_holds_the_folder() {
        let (_temp, folder) = folder();
        let held = folder.lock().unwrap();
        let refused = folder.lock().unwrap_err().to_string();
        assert!(
            refused.contains(&std::process::id().to_string()),
            "{refused}"
        );
        drop(held);
        folder.lock().unwrap();
    }

    #[test]
    fn a_folder_of_other_things_is_refused() {
        let (_temp, folder) = folder();
        assert_eq!(folder.major().unwrap(), None);
        fs::create_dir(folder.cluster()).unwrap();
        assert_eq!(folder.major().unwrap(), None);
        fs::write(folder.cluster().join("holiday.jpg"), "").unwrap();
        assert!(matches!(folder.major(), Err(Error::NotPostgres { .. })));
    }

    #[test]
    fn the_password_is_private_and_lasts() {
        let (_temp, folder) = folder();
        let password = folder.password().unwrap();
        let mode = fs::metadata(folder.password_file())
            .unwrap()
            .permissions()
            .mode();
        assert_eq!((password.len(), mode & 0o777), (64, 0o600));
        assert_eq!(folder.password().unwrap(), password);
    }

    #[test]
    fn a_lost_password_of_an_existing_cluster_is_not_replaced() {
        let (_temp, folder) = folder();
        fs::create_dir(folder.cluster()).unwrap();
        fs::write(folder.cluster().join("PG_VERSION"), "15\n").unwrap();
        assert!(matches!(
            folder.password(),
            Err(Error::PasswordMissing { .. })
        ));
    }

    #[test]
    fn the_port_is_kept_unless_somebody_took_it() {
        let (_temp, folder) = folder();
        let port = folder.port().unwrap();
        assert_eq!(folder.port().unwrap(), port);
        let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        assert_ne!(folder.port().unwrap(), port);
    }
}
