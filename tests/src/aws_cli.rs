//! The AWS CLI, from PyPI.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::python_environment;

const AWS_CLI: &str = "awscli==1.45.11";

/// A Python that can import the AWS CLI. The first call makes it.
///
/// # Panics
/// When Python 3 with `venv` is missing, or PyPI can't be reached.
#[must_use]
pub fn python_with_aws_cli() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| python_environment("aws-cli", &[AWS_CLI]))
}
