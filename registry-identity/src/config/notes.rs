//! Noting every problem of the file, each under the table it is in.

use std::fmt::Display;

use registry_core::model::field::FieldErrors;

/// Notes the problems of one table.
pub(super) struct Notes<'a> {
    errors: &'a mut FieldErrors,
    table: String,
}

impl<'a> Notes<'a> {
    /// For the table of this name.
    pub(super) fn new(errors: &'a mut FieldErrors, table: String) -> Self {
        Self { errors, table }
    }

    /// For a table in this one.
    pub(super) fn inner(&mut self, table: &str) -> Notes<'_> {
        Notes { table: format!("{}.{table}", self.table), errors: self.errors }
    }

    /// Notes a problem of a field. The message must not repeat a secret.
    pub(super) fn add(&mut self, field: &str, message: impl Display) {
        self.errors.add(format!("{}.{field}", self.table), message);
    }

    /// Takes the value out of a check, or notes its problem.
    pub(super) fn take<T>(&mut self, field: &str, result: Result<T, impl Display>) -> Option<T> {
        result.map_err(|problem| self.add(field, problem)).ok()
    }
}
