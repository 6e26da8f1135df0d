//! The schema of the service, as the front door reads it.

use crate::front_door::{Executor, Options, gate::Gate, params::Params};

#[test]
fn zz() {
    let sdl = Executor::sdl(&resolvers::schema(None));
    println!("{}", sdl);
}
