//! The store traits of registry-core on PostgreSQL.
