//! How cases say what they expect.

/// Runs a write that must fail with `$error`, and checks that the store holds the same as before: no record, no
/// entry in an index, no number of a chain used.
macro_rules! refused {
    ($world:expr, $write:expr, $error:pat) => {{
        let before = $world.everything().await;
        let result = $write.await;
        assert!(matches!(result, Err($error)), "expected {}, got {result:?}", stringify!($error));
        let after = $world.everything().await;
        assert_eq!(before, after, "a write that failed left something behind");
    }};
}
pub(super) use refused;

/// [`StoreError::Conflict`](crate::store::StoreError::Conflict) in this field.
macro_rules! conflict {
    ($field:ident) => {
        $crate::store::StoreError::Conflict($crate::store::UniqueField::$field)
    };
}
pub(super) use conflict;
