//! What the system is asked for at the start of the command: memory that no other process of the user can
//! read, that no core dump has, and that is not swapped to disk.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _},
        process::CommandExt as _,
    },
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const NOBODY: u32 = 65_534;

/// The command in a folder that everybody can read, for another user to run.
struct Installed {
    folder: tempfile::TempDir,
}

impl Installed {
    /// `None`, after saying why, where the tests cannot start it as another user.
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        if folder.path().metadata().unwrap().uid() != 0 {
            println!("not run: only root can start a command as another user");
            return None;
        }
        let readable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(folder.path(), readable.clone()).unwrap();
        let program = folder.path().join("stockade");
        fs::copy(env!("CARGO_BIN_EXE_stockade"), &program).unwrap();
        fs::set_permissions(&program, readable).unwrap();
        Some(Self { folder })
    }

    /// A simulated wallet, which does nothing until it is stopped.
    fn mock(&self, user: u32, variables: &[(&str, &str)]) -> Running {
        let mut command = Command::new(self.folder.path().join("stockade"));
        command.args(["mock", "ledger", "--listen", "127.0.0.1:0"]);
        command.uid(user).gid(user).current_dir("/").env_clear().envs(variables.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Running(command.spawn().unwrap())
    }
}

struct Running(Child);

impl Running {
    /// The user to whom the system gives the memory of the process.
    fn owner(&self) -> u32 {
        fs::metadata(format!("/proc/{}/mem", self.0.id())).unwrap().uid()
    }

    /// The numbers in a line of a file about the process.
    fn numbers(&self, file: &str, line: &str) -> Vec<String> {
        let text = fs::read_to_string(format!("/proc/{}/{file}", self.0.id())).unwrap();
        let found = text.lines().find_map(|text| text.strip_prefix(line)).unwrap_or_default();
        found.split_whitespace().map(str::to_owned).collect()
    }

    /// Waits until it has begun: it sleeps when it listens.
    fn begun(&self) {
        let begun = Instant::now();
        while self.numbers("wchan", "") == ["0"] || self.numbers("status", "State:")[0] != "S" {
            assert!(begun.elapsed() < Duration::from_secs(20), "it does not begin");
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// The system shows who may read the memory of a process, or attach to it, by the owner of its files in
/// /proc.
#[test]
fn no_other_process_of_the_user_can_read_the_memory() {
    let Some(installed) = Installed::new() else { return };
    let mut sleep = Command::new("sleep");
    sleep.arg("60").uid(NOBODY).gid(NOBODY).stdin(Stdio::null());
    let sleep = Running(sleep.spawn().unwrap());
    let mock = installed.mock(NOBODY, &[]);
    mock.begun();
    assert_eq!((sleep.owner(), mock.owner()), (NOBODY, 0));
    assert_eq!(mock.numbers("limits", "Max core file size")[..2], ["0", "0"]);
}

/// Only a debug build has it, and it says so.
#[test]
fn a_switch_lets_tests_read_it() {
    let Some(installed) = Installed::new() else { return };
    let mock = installed.mock(NOBODY, &[("STOCKADE_TEST_MEMORY", "readable")]);
    mock.begun();
    assert_eq!(mock.owner(), NOBODY);
    let other = installed.mock(NOBODY, &[("STOCKADE_TEST_MEMORY", "1")]);
    other.begun();
    assert_eq!(other.owner(), 0);

    let said = super::run::alone().with("STOCKADE_TEST_MEMORY", "readable").run("device list");
    assert!(said.stderr.contains("WARNING: STOCKADE_TEST_MEMORY is set"), "{}", said.stderr);
}

/// All memory where no limit applies; else what the limit allows, which is raised as far as it goes.
#[test]
fn memory_is_locked_as_far_as_the_limit_allows() {
    let Some(installed) = Installed::new() else { return };
    let user = installed.mock(NOBODY, &[]);
    user.begun();
    let limit = user.numbers("limits", "Max locked memory");
    assert_eq!(limit[0], limit[1], "{limit:?}");
    let root = installed.mock(0, &[]);
    root.begun();
    // CAP_IPC_LOCK
    let capabilities = u64::from_str_radix(&root.numbers("status", "CapEff:")[0], 16).unwrap();
    let locked: u64 = root.numbers("status", "VmLck:")[0].parse().unwrap();
    println!("locked: {locked} kB, limit: {limit:?}");
    if capabilities & (1 << 14) == 0 {
        println!("not run: root is under the limit here, too");
        return;
    }
    let resident: u64 = root.numbers("status", "VmRSS:")[0].parse().unwrap();
    assert!(locked >= resident, "{locked} of {resident} kB");
}
