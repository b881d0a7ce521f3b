//! The user Postgres runs as: it refuses to run as root.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::Error;

/// Who runs Postgres: ourselves, or when we are root an unprivileged account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RunAs {
    Ourselves,
    Account(Account),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    name: String,
    uid: u32,
    gid: u32,
}

impl RunAs {
    /// As root: the owner of an existing cluster, else `postgres`, else `nobody`.
    pub(crate) fn for_cluster(cluster: &Path) -> Result<Self, Error> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Ourselves);
        }
        let owner = fs::metadata(cluster).ok().filter(|owner| owner.uid() != 0);
        let passwd = fs::read_to_string("/etc/passwd").map_err(Error::at("/etc/passwd"))?;
        choose(&passwd, owner.map(|owner| owner.uid()))
            .map(Self::Account)
            .ok_or(Error::NoAccount)
    }

    /// Lets `command` drop its privileges; std clears the supplementary groups too.
    pub(crate) fn apply(&self, command: &mut Command) {
        if let Self::Account(account) = self {
            command.uid(account.uid).gid(account.gid);
        }
    }

    /// Gives `path` to the account.
    pub(crate) fn own(&self, path: &Path) -> Result<(), Error> {
        let Self::Account(account) = self else {
            return Ok(());
        };
        std::os::unix::fs::chown(path, Some(account.uid), Some(account.gid))
            .map_err(Error::at(path))
    }

    /// Checks that the account may enter every folder above the absolute `path`; those
    /// that are not there yet will be made open to it.
    pub(crate) fn check_reach(&self, path: &Path) -> Result<(), Error> {
        let Self::Account(account) = self else {
            return Ok(());
        };
        for ancestor in path
            .ancestors()
            .skip(1)
            .filter(|ancestor| ancestor.exists())
        {
            let folder = fs::metadata(ancestor).map_err(Error::at(ancestor))?;
            if !account.may_enter(&folder) {
                return Err(Error::NotTraversable {
                    path: path.to_owned(),
                    ancestor: ancestor.to_owned(),
                    user: account.name.clone(),
                });
            }
        }
        Ok(())
    }

    /// Makes a folder and its parents, open to the account.
    pub(crate) fn make_folders(&self, path: &Path) -> io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            self.make_folders(parent)?;
        }
        match fs::create_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
            Ok(()) => self.open_folder(path),
        }
    }

    /// Lets the account enter a folder we just made, whatever our umask is.
    pub(crate) fn open_folder(&self, path: &Path) -> io::Result<()> {
        match self {
            Self::Ourselves => Ok(()),
            Self::Account(_) => fs::set_permissions(path, fs::Permissions::from_mode(0o755)),
        }
    }
}

impl Account {
    fn may_enter(&self, folder: &Metadata) -> bool {
        let bit = if folder.uid() == self.uid {
            0o100
        } else if folder.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        folder.mode() & bit != 0
    }
}

fn choose(passwd: &str, owner: Option<u32>) -> Option<Account> {
    let accounts: Vec<Account> = passwd
        .lines()
        .filter_map(parse)
        .filter(|a| a.uid != 0)
        .collect();
    let named = |name: &str| {
        accounts
            .iter()
            .find(|account| account.name == name)
            .cloned()
    };
    accounts
        .iter()
        .find(|account| Some(account.uid) == owner)
        .cloned()
        .or_else(|| named("postgres"))
        .or_else(|| named("nobody"))
}

fn parse(line: &str) -> Option<Account> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some(Account { name, uid, gid })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n\
        nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin\n\
        postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash\n";

    fn chosen(passwd: &str, owner: Option<u32>) -> Option<(String, u32, u32)> {
        choose(passwd, owner).map(|account| (account.name, account.uid, account.gid))
    }

    #[test]
    fn postgres_is_preferred_to_nobody_and_an_owner_to_both() {
        assert_eq!(chosen(PASSWD, None), Some(("postgres".into(), 101, 104)));
        assert_eq!(
            chosen(PASSWD, Some(65534)),
            Some(("nobody".into(), 65534, 65533))
        );
        assert_eq!(
            chosen(PASSWD, Some(4711)),
            Some(("postgres".into(), 101, 104))
        );
    }

    #[test]
    fn root_is_never_chosen() {
        assert_eq!(chosen("root:x:0:0::/root:/bin/sh\n", Some(0)), None);
    }

    #[test]
    fn a_closed_parent_is_named() {
        let temp = tempfile::tempdir().unwrap();
        let closed = temp.path().join("closed");
        fs::create_dir(&closed).unwrap();
        fs::set_permissions(temp.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
        let stranger = Account {
            name: "stranger".into(),
            uid: 4711,
            gid: 4711,
        };
        let refused = RunAs::Account(stranger).check_reach(&closed.join("data"));
        assert!(
            matches!(refused, Err(Error::NotTraversable { ancestor, .. }) if ancestor == closed)
        );
    }
}
