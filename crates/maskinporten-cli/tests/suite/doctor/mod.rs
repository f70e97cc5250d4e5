//! `maskinporten doctor`: each fault by the line that it fails in, its cause and its remedy.

mod snapshot;

use crate::support::World;

#[test]
fn all_is_well() {
    let world = World::new();
    let ran = world.run(&["doctor"]).well();
    snapshot::assert(&world, "well", &ran.stdout);
}
