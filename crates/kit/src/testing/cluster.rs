//! The cluster of a test process. A shell script stands over it that ends it and removes
//! its folder when our end of a pipe closes, which the kernel does however we end.

use std::ffi::OsStr;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;
use tokio::time::sleep;

use crate::embedded::discovery::{self, Places};
use crate::embedded::folder::{free_port, tail, write_password};
use crate::embedded::installation::{Auth, Installation};
use crate::embedded::postmaster::PidFile;
use crate::embedded::{ArchivePlaces, Options, RunAs, cluster_at, superuser_url};

const START_LIMIT: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(20);

/// Another test process may take our port before Postgres does.
const ATTEMPTS: usize = 3;

/// A shell ignores SIGQUIT in its background children until Postgres takes it over,
/// hence the loop. `$folder/ended` keeps it from a process that got the same number.
const SUPERVISOR: &str = r#"
folder=$1
exec 3<&0 </dev/null >>"$folder/log" 2>&1
( INITDB && exec POSTGRES ) 3<&- &
server=$!
( read -r _ <&3
  while [ ! -e "$folder/ended" ]; do kill -QUIT "$server"; sleep 0.1; done ) &
wait "$server"
: >"$folder/ended"
wait
rm -rf "$folder"
"#;

/// A running cluster; it ends when this is dropped or the process ends.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) superuser_url: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "only its end is seen"))]
    pub(super) folder: PathBuf,
    _pipe: ChildStdin,
}

impl Cluster {
    /// The superuser's address of a database.
    pub(super) fn url_of(&self, database: &str) -> String {
        let address = self.superuser_url.trim_end_matches("/postgres");
        format!("{address}/{database}")
    }

    pub(super) async fn start() -> Result<Self, String> {
        let run_as = RunAs::for_cluster(Path::new("")).map_err(|error| error.to_string())?;
        let places = Places::of_this_machine(ArchivePlaces {
            cache: cache(),
            bundled: Vec::new(),
            fetch: true,
        });
        let found = discovery::find(&places, Path::new("a new cluster"), None, &run_as)
            .await
            .map_err(|error| error.to_string())?;
        let mut attempt = 1;
        loop {
            match Self::attempt(&found.installation, &run_as).await {
                Err(_) if attempt < ATTEMPTS => attempt += 1,
                outcome => return outcome,
            }
        }
    }

    async fn attempt(installation: &Installation, run_as: &RunAs) -> Result<Self, String> {
        let folder = make_folder(run_as)?;
        let password =
            write_password(&folder.join("password"), run_as).map_err(|error| error.to_string())?;
        let port = free_port(0).map_err(|error| format!("no free port: {error}"))?;
        let pipe =
            supervise(installation, run_as, &folder, port).map_err(|error| error.to_string())?;
        let superuser_url = superuser_url(&password, port);
        await_ready(&folder, &superuser_url).await?;
        Ok(Self {
            superuser_url,
            folder,
            _pipe: pipe,
        })
    }
}

/// The cluster of this process; started by the first who asks. It lies in a static,
/// which is never dropped, and depends on no runtime: those of tests come and go.
#[expect(clippy::panic, reason = "a test cannot go on without its database")]
pub(super) async fn shared() -> &'static Cluster {
    static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
    match CLUSTER.get_or_try_init(Cluster::start).await {
        Ok(cluster) => cluster,
        Err(error) => panic!("no Postgres for tests: {error}"),
    }
}

fn make_folder(run_as: &RunAs) -> Result<PathBuf, String> {
    let parent = roomy_memory().unwrap_or_else(std::env::temp_dir);
    let folder = tempfile::Builder::new()
        .prefix("keynode-test-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(&parent)
        .and_then(|folder| folder.path().canonicalize().map(|path| (folder, path)));
    let (temp, folder) = folder.map_err(|error| format!("{}: {error}", parent.display()))?;
    run_as
        .check_reach(&folder)
        .and_then(|()| run_as.own(&folder))
        .map_err(|error| error.to_string())?;
    // From here on the supervisor removes it.
    let _ = temp.keep();
    Ok(folder)
}

/// A file system in memory, unless `TMPDIR` says where to go: a database is hundreds of
/// small files, and a busy disk makes each copy take half a second.
fn roomy_memory() -> Option<PathBuf> {
    const ROOM_BYTES: u64 = 4 << 30;
    let folder = Path::new("/dev/shm");
    let room = rustix::fs::statvfs(folder).ok()?;
    let is_roomy = room.f_bavail.saturating_mul(room.f_frsize) >= ROOM_BYTES;
    (is_roomy && std::env::var_os("TMPDIR").is_none()).then(|| folder.to_owned())
}

fn supervise(
    installation: &Installation,
    run_as: &RunAs,
    folder: &Path,
    port: u16,
) -> io::Result<ChildStdin> {
    let cluster = folder.join("data");
    let options = Options {
        durable: false,
        ..Options::default()
    };
    let initdb = installation.initdb(run_as, &cluster, &folder.join("password"), Auth::Password);
    let postgres = installation.postgres(run_as, &cluster, port, &options);
    let script = SUPERVISOR
        .replace("INITDB", &shell_words(&initdb)?)
        .replace("POSTGRES", &shell_words(&postgres)?);
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", &script, "keynode-test-postgres"])
        .arg(folder)
        .current_dir("/")
        .env("LC_ALL", "C");
    shell
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    run_as.apply(&mut shell);
    shell
        .spawn()?
        .stdin
        .take()
        .ok_or_else(|| io::Error::other("the shell has no stdin"))
}

async fn await_ready(folder: &Path, url: &str) -> Result<(), String> {
    let (cluster, until) = (folder.join("data"), Instant::now() + START_LIMIT);
    loop {
        if PidFile::read(&cluster).is_some_and(|file| file.is_ready)
            && cluster_at(url).await.is_ok_and(|served| served == cluster)
        {
            return Ok(());
        }
        if folder.join("ended").exists() {
            return Err(format!(
                "Postgres ended while starting:\n{}",
                tail(&folder.join("log"))
            ));
        }
        if Instant::now() > until {
            return Err(format!(
                "Postgres does not answer:\n{}",
                tail(&folder.join("log"))
            ));
        }
        sleep(POLL).await;
    }
}

/// Where a downloaded Postgres is kept for the tests of all crates. The account that
/// runs Postgres may not enter root's home.
fn cache() -> PathBuf {
    if rustix::process::geteuid().is_root() {
        return "/var/cache/keynode".into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    cache
        .or_else(home)
        .unwrap_or_else(std::env::temp_dir)
        .join("keynode")
}

/// The program and its arguments as a line of shell.
fn shell_words(command: &Command) -> io::Result<String> {
    let quote = |word: &OsStr| {
        let word = word
            .to_str()
            .ok_or_else(|| io::Error::other("a path is not UTF-8"))?;
        Ok(format!("'{}'", word.replace('\'', r"'\''")))
    };
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(quote)
        .collect::<io::Result<Vec<_>>>()
        .map(|words| words.join(" "))
}
