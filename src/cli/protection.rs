//! Keeps what this process holds in memory to itself: out of core dumps, out of the reach of the user's
//! other processes, and out of swap as far as the system's limits allow.

/// Protects the process. `main` calls it before anything else. If the system refuses something, there
/// is nothing better to do than to go on.
pub fn begin() {
    #[cfg(unix)]
    {
        lock_memory();
        if !searched_by_a_test() {
            hide_memory();
        }
    }
}

/// Keeps memory out of core dumps and away from other processes.
#[cfg(unix)]
fn hide_memory() {
    use rustix::process::{Resource, Rlimit, setrlimit};

    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let _ = setrlimit(Resource::Core, none);
    // The limit does not apply to core dumps that are piped to a program. This setting does. It also
    // keeps other processes of the user from attaching to this one (ptrace) and from reading its memory
    // and its environment.
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};

        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

/// Whether a test reads the memory without being root: `STOCKADE_TEST_MEMORY=readable`. Release builds
/// contain nothing of it.
#[cfg(all(unix, debug_assertions))]
fn searched_by_a_test() -> bool {
    use std::io::Write as _;

    let is_set = std::env::var_os("STOCKADE_TEST_MEMORY").is_some_and(|how| how == "readable");
    if is_set {
        let _ = writeln!(
            anstream::stderr().lock(),
            "WARNING: STOCKADE_TEST_MEMORY is set: other processes of this user can read every secret"
        );
    }
    is_set
}

#[cfg(all(unix, not(debug_assertions)))]
const fn searched_by_a_test() -> bool {
    false
}

/// Locks all memory if no limit applies. Otherwise the limit is raised as far as it goes, and each
/// secret locks the pages that it is in, until the limit is reached.
#[cfg(target_os = "linux")]
fn lock_memory() {
    use rustix::{
        mm::{MlockAllFlags, mlockall},
        process::{Resource, Rlimit, getrlimit, setrlimit},
    };

    let limit = getrlimit(Resource::Memlock);
    // Under a limit, memory could no longer be allocated once everything is locked. Only a process that
    // no limit applies to (CAP_IPC_LOCK) can lock memory while this is none at all.
    let nothing = Rlimit { current: limit.maximum.map(|_| 0), ..limit };
    let _ = setrlimit(Resource::Memlock, nothing);
    // What is never touched need not be in memory.
    let all = MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT;
    if mlockall(all).is_ok() {
        stockade::secret::all_memory_is_locked();
    }
    let most = Rlimit { current: limit.maximum, ..limit };
    let _ = setrlimit(Resource::Memlock, most);
}

#[cfg(all(unix, not(target_os = "linux")))]
const fn lock_memory() {}
