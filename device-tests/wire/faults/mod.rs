//! One thing goes wrong with any one packet of any operation, in either direction. It ends in a
//! typed error within the time-out or in the right answer, leaves nothing behind, and the device
//! does the same operation afterwards.

mod bench;
mod damage;
mod ledger;
mod operations;
mod person;
mod trezor;

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use stockade::device::{DeviceError, Timeouts, Wallet};

pub(super) use bench::Bench;
use bench::{Direction, Fault, Simulated};
use damage::{ALL, Damage};
use operations::Operation;
use person::Helpful;
pub(super) use trezor::pairings;

/// Long enough for a busy machine, and short enough for thousands of waits.
pub(super) const TIMEOUTS: Timeouts =
    Timeouts::new(Duration::from_millis(240), Duration::from_millis(300));

/// A handshake takes a busy machine longer than an answer.
const THP_TIMEOUTS: Timeouts =
    Timeouts::new(Duration::from_millis(800), Duration::from_millis(1000));

/// Longer than all waits that can follow from one fault.
const LIMIT: Duration = Duration::from_secs(20);

/// Cases are waits for the most part.
const AT_ONCE: usize = 16;

/// What is tried on a device, as often as it is called. It is told when the device had been
/// unplugged meanwhile.
type Attempt = Box<dyn FnMut(bool) -> Result<String, DeviceError>>;

/// A device made anew for a case, and what is tried on it.
struct Trial<D> {
    bench: Bench<D>,
    attempt: Attempt,
}

impl<D: Simulated> Trial<D> {
    /// `operation` on the wallet that `open` opens, beforehand and after it was unplugged.
    fn on_wallet(
        bench: Bench<D>,
        mut user: Helpful,
        open: impl Fn(&mut Helpful) -> Result<Box<dyn Wallet>, DeviceError> + 'static,
        operation: Operation,
    ) -> Self {
        let mut wallet = open(&mut user).unwrap();
        let attempt = move |replugged| {
            if replugged {
                wallet = open(&mut user)?;
            }
            operation(&mut *wallet, &mut user)
        };
        Self { bench, attempt: Box::new(attempt) }
    }
}

/// Tries every damage to every packet that `make`'s attempt takes when nothing is wrong, but for
/// `undetectable` ones, and gives how many cases that were.
fn try_all<D: Simulated>(
    name: &str,
    undetectable: &[Damage],
    make: impl Fn() -> Trial<D> + Sync,
) -> usize {
    // One operation after another, for waits are short.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let Trial { bench, mut attempt } = make();
    bench.arm(None);
    let right = attempt(false).unwrap_or_else(|error| panic!("{name}: {error}"));
    let cases = cases(bench.passed(), undetectable);
    assert!(!cases.is_empty());
    let (next, tried) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let wrong = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(fault) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match try_one(make(), *fault, &right) {
                        Ok(happened) => tried.fetch_add(usize::from(happened), Ordering::Relaxed),
                        Err(what) => {
                            wrong.lock().unwrap().push(format!("{fault:?}: {what}"));
                            0
                        }
                    };
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{name}: {} wrong\n{}", wrong.len(), wrong.join("\n"));
    let tried = tried.into_inner();
    println!("faults: {name}: {tried} cases");
    // Over THP a packet or two more or less go by, as acknowledgements come in time or not.
    assert!(tried * 10 >= cases.len() * 9, "{name}: {tried} of {}", cases.len());
    tried
}

fn cases(passed: [usize; 2], undetectable: &[Damage]) -> Vec<Fault> {
    let mut cases = Vec::new();
    for direction in [Direction::ToDevice, Direction::ToHost] {
        for after in 0..passed[direction as usize] {
            let damages = ALL.into_iter().filter(|damage| !undetectable.contains(damage));
            cases.extend(damages.map(|damage| Fault { direction, after, damage }));
        }
    }
    cases
}

/// Whether the fault came to pass.
fn try_one<D: Simulated>(trial: Trial<D>, fault: Fault, right: &str) -> Result<bool, String> {
    let Trial { bench, mut attempt } = trial;
    bench.arm(Some(fault));
    let started = Instant::now();
    let result = attempt(false);
    if started.elapsed() > LIMIT {
        return Err(format!("took {:?}", started.elapsed()));
    }
    let (happened, unplugged) = bench.mend();
    match &result {
        Ok(answer) if answer == right => {}
        Ok(answer) => return Err(format!("gave {answer}")),
        Err(DeviceError::Disconnected(_)) if unplugged => {}
        Err(error) if unplugged && fault.damage == Damage::Gone => {
            return Err(format!("unplugged, and the error is {error}"));
        }
        Err(_) => {}
    }
    let mut after = attempt(unplugged);
    if result.is_ok() && after.is_err() {
        // What the device took amiss after its answer shows when it is asked the next time.
        after = attempt(false);
    }
    match after {
        Ok(again) if again == right => Ok(happened),
        Ok(again) => Err(format!("gave {again} afterwards")),
        Err(error) => Err(format!("after {result:?}: {error}")),
    }
}
