//! One suite for every wallet: the simulated ones in this process and on sockets and, where the
//! environment names them, emulators and hardware. What a device does not do is a flag of its
//! [`Subject`](subject::Subject), never a test that is left out; what was not run is said.

pub(crate) mod automation;
mod known;
mod lanes;
mod operations;
mod person;
mod session;
mod subject;
mod table;
mod touch;

use std::{panic, thread};

use operations::{OPERATIONS, Outcome};
use subject::{Beside, Subject};
use table::Cell;

#[test]
fn every_device_does_what_it_offers() {
    let lanes = lanes::all();
    // People are asked one thing at a time.
    let (attended, alone): (Vec<_>, Vec<_>) =
        lanes.subjects.into_iter().partition(|subject| matches!(subject.beside, Beside::Person));
    let mut columns: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = alone.iter().map(|subject| scope.spawn(|| run(subject))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    columns.extend(attended.iter().map(run));
    let subjects: Vec<_> = alone.iter().chain(&attended).collect();
    let table = table::render(&subjects, &columns, &lanes.not_run);
    person::say(&table);
    let failed = columns.iter().flatten().filter(|cell| matches!(cell, Cell::Failed(_))).count();
    assert_eq!(failed, 0, "the table above says what failed");
}

/// Every operation on one device. One that fails does not keep the next from being tried.
fn run(subject: &Subject) -> Vec<Cell> {
    let attempt = |operation: &operations::Operation| {
        let tried = panic::AssertUnwindSafe(|| (operation.run)(subject));
        match panic::catch_unwind(tried) {
            Ok(Outcome::Passed) => Cell::Passed,
            Ok(Outcome::NotOffered(why)) => Cell::NotOffered(why),
            Err(panic) => Cell::Failed(message(&*panic)),
        }
    };
    OPERATIONS.iter().map(attempt).collect()
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("panicked").to_owned()
}
