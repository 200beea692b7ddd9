//! The kinds of errors, which other programs rely on.

/// What kind of error it is. Kinds may be added, and none is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Usage,
    Input,
    File,
    TestSeed,
    NotFound,
    Busy,
    Permission,
    Timeout,
    Disconnected,
    Locked,
    WrongApp,
    AppTooOld,
    NotInitialized,
    Unsupported,
    Refused,
    Protocol,
    Declined,
    Rejected,
    Internal,
}

impl Kind {
    /// Every kind, for the reference.
    #[cfg(all(test, feature = "cloud", feature = "mock", feature = "rpc"))]
    pub const ALL: [Self; 19] = [
        Self::Usage,
        Self::Input,
        Self::File,
        Self::TestSeed,
        Self::NotFound,
        Self::Busy,
        Self::Permission,
        Self::Timeout,
        Self::Disconnected,
        Self::Locked,
        Self::WrongApp,
        Self::AppTooOld,
        Self::NotInitialized,
        Self::Unsupported,
        Self::Refused,
        Self::Protocol,
        Self::Declined,
        Self::Rejected,
        Self::Internal,
    ];

    /// Its word in JSON, its exit code, and what it means.
    pub fn facts(self) -> (&'static str, u8, &'static str) {
        match self {
            Self::Usage => ("usage", 2, "the command line is wrong or incomplete"),
            Self::Input => ("input", 3, "a file or another input is wrong"),
            Self::File => ("file", 3, "a file, folder or bucket could not be read or written"),
            Self::TestSeed => {
                ("test_seed", 3, "a well-known seed was to be used on a network of real money")
            }
            Self::NotFound => ("not_found", 4, "no such device or service was found"),
            Self::Busy => ("busy", 4, "another program is using the device, copy or service"),
            Self::Permission => ("permission", 4, "access was denied"),
            Self::Timeout => ("timeout", 4, "no answer came in time"),
            Self::Disconnected => ("disconnected", 4, "the connection to the device broke"),
            Self::Locked => ("locked", 4, "the device is locked"),
            Self::WrongApp => ("wrong_app", 4, "another app is open on the device"),
            Self::AppTooOld => ("app_too_old", 4, "the app on the device is too old"),
            Self::NotInitialized => ("not_initialized", 4, "the device is not set up"),
            Self::Unsupported => ("unsupported", 4, "the device or service cannot do this"),
            Self::Refused => ("refused", 4, "the device or service refused the request"),
            Self::Protocol => ("protocol", 4, "the device or service gave a wrong answer"),
            Self::Declined => ("declined", 5, "the user cancelled, or did not consent"),
            Self::Rejected => ("rejected", 5, "the user rejected a request on the wallet"),
            Self::Internal => ("internal", 70, "a bug in Stockade"),
        }
    }

    /// Its word in JSON.
    pub fn as_str(self) -> &'static str {
        self.facts().0
    }

    /// The exit code of a command that fails with it.
    pub fn exit_code(self) -> u8 {
        self.facts().1
    }
}
