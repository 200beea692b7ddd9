//! Every answer that a validator client was seen to give, as one table of cells: client, state, request,
//! answer, and what the client has done by then. `walk` delivers keys to and from a client in each.

mod command;
mod faults;
mod mover;
mod recorded;
mod told;
mod walk;
mod walks;

use crate::cloud::{
    cell::{Answer, Asked, Effect, Forced},
    client::Oddity,
};

/// What an answer is of: a client, the commit or version of it, and its date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Of {
    client: &'static str,
    version: &'static str,
    date: &'static str,
    /// Whether the client's own code gave it; else it was taken from its source.
    run: bool,
}

const fn run(client: &'static str, version: &'static str, date: &'static str) -> Of {
    Of { client, version, date, run: true }
}

const fn read(client: &'static str, version: &'static str, date: &'static str) -> Of {
    Of { client, version, date, run: false }
}

const W3S: Of = run("Web3signer", "3522fc87d", "2026-07-15");
const TEKU: Of = run("Teku", "90ed09bbc6", "2026-08-23");
const NIMBUS: Of = read("Nimbus", "f54a0366a", "2024-09-30");
const LIGHTHOUSE: Of = read("Lighthouse", "2e0eb6d1b8", "2024-08-29");
const LIGHTHOUSE_RUN: Of = run("Lighthouse", "5.3.0", "2024-08-29");
const LODESTAR: Of = read("Lodestar", "6de0736274", "2024-10-25");
const PRYSM: Of = read("Prysm", "c40b59a475", "2026-07-01");
const PRYSM_RUN: Of = run("Prysm", "7.1.1", "2026-07-01");

/// One cell.
#[derive(Debug, Clone, Copy)]
struct Cell {
    of: Of,
    /// As the recording or the source has it; unique with the client.
    name: &'static str,
    oddity: Oddity,
    forced: Option<Forced>,
    /// The keys never signed.
    fresh: bool,
    /// The other client refuses the first import, so that a removal is asked about again.
    fails_first: bool,
    /// It is about remote keys.
    remote: bool,
}

impl Cell {
    const fn new(of: Of, name: &'static str) -> Self {
        Self {
            of,
            name,
            oddity: Oddity::Nothing,
            forced: None,
            fresh: false,
            fails_first: false,
            remote: false,
        }
    }

    const fn odd(self, oddity: Oddity) -> Self {
        Self { oddity, ..self }
    }

    const fn answers(self, asked: Asked, answer: Answer, effect: Effect) -> Self {
        let forced = Forced { asked, answer, effect, after: 0, times: usize::MAX };
        Self { forced: Some(forced), ..self }
    }

    /// So many such requests go by before.
    const fn after(self, after: usize) -> Self {
        match self.forced {
            Some(forced) => Self { forced: Some(Forced { after, ..forced }), ..self },
            None => self,
        }
    }

    const fn fresh(self) -> Self {
        Self { fresh: true, ..self }
    }

    const fn fails_first(self) -> Self {
        Self { fails_first: true, ..self }
    }

    const fn remote(self) -> Self {
        Self { remote: true, ..self }
    }
}

/// All of them.
fn cells() -> impl Iterator<Item = Cell> {
    recorded::RECORDED.iter().chain(told::told()).chain(faults::faults()).copied()
}
