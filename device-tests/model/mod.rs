//! Random lives of keys: delivered, restored, removed, killed midway, restarted. The code under test is
//! the record of where keys may sign and the order of a delivery; clients answer as the real ones were
//! recorded to, with every fault that was seen. An oracle that knows what lies in each client's memory
//! and on its disk counts the places where a key can sign.

mod client;
mod dice;
mod world;

use world::World;

/// How many lives. `STOCKADE_MODEL_SEQUENCES` sets another number.
const SEQUENCES: u64 = 2_000;

/// How much happens in one.
const STEPS: usize = 8;

#[test]
fn a_key_never_signs_in_two_places_and_never_ends_up_nowhere_for_good() {
    let given = std::env::var("STOCKADE_MODEL_SEQUENCES").ok().and_then(|n| n.parse().ok());
    let sequences = given.unwrap_or(SEQUENCES);
    let mut arrived = 0;
    for seed in 0..sequences {
        let mut world = World::new(seed);
        for _ in 0..STEPS {
            world.step();
            world.require_one_place();
        }
        world.restart_all();
        world.require_one_place();
        arrived += world.arrived;
        world.require_way_forward();
    }
    println!("{sequences} lives of 3 keys: {arrived} arrivals, no key in two places");
    // A model in which nothing ever arrives would prove nothing.
    assert!(arrived as u64 > sequences, "{arrived}");
}
