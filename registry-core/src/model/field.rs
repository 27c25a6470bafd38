//! Problems of an input, field by field, all reported at once.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

/// Why one value is not valid: a sentence that says what would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid(pub Cow<'static, str>);

impl Invalid {
    /// An `Invalid` with this sentence.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Invalid {}

/// One problem: the field by its name in the API (`authConfig.bearerToken`) and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The field, in the API's spelling.
    pub field: String,
    /// What is wrong, and what would be right. Never repeats the value, which may be a secret.
    pub message: String,
}

/// All problems of one input; never empty when it is returned as an error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// One problem only.
    pub fn one(field: impl Into<String>, message: impl fmt::Display) -> Self {
        let mut errors = Self::default();
        errors.add(field, message);
        errors
    }

    /// Notes a problem.
    pub fn add(&mut self, field: impl Into<String>, message: impl fmt::Display) {
        self.0.push(FieldError { field: field.into(), message: message.to_string() });
    }

    /// Takes the value out of a check, or notes its problem and answers `None`.
    pub fn check<T>(&mut self, field: &str, result: Result<T, Invalid>) -> Option<T> {
        result.map_err(|invalid| self.add(field, invalid)).ok()
    }

    /// Like [`check`](Self::check) for a field that may be absent.
    pub fn check_opt<T>(&mut self, field: &str, result: Option<Result<T, Invalid>>) -> Option<T> {
        result.and_then(|result| self.check(field, result))
    }

    /// The problems, in the order in which they were found.
    pub fn as_slice(&self) -> &[FieldError] {
        &self.0
    }

    /// `Ok` with the value if nothing was noted and the value is there, else all that was noted.
    ///
    /// # Errors
    /// The problems noted so far.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self),
        }
    }
}

impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, FieldError { field, message }) in self.0.iter().enumerate() {
            write!(f, "{}{field}: {message}", if i == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl std::error::Error for FieldErrors {}
