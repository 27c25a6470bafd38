//! The store traits of registry-core on embedded sled.
