//! Where a list that comes in pages goes on. A list that ends too early looks
//! like one that has no more in it, so nothing here is guessed.

use reseal_core::{StoreError, StoreErrorKind};

use crate::failure::unusable_answer;

/// Where the next page begins; nothing at the list's end. `after` is where this
/// one began.
///
/// # Errors
/// When the page doesn't say whether it is the last, or not where to go on, or
/// to go on where it began. None of it is cured by asking again.
pub(crate) fn next(
    list: &str,
    is_truncated: Option<bool>,
    next: Option<String>,
    after: Option<&str>,
) -> Result<Option<String>, StoreError> {
    let unusable = |what: &str| {
        Err(unusable_answer(StoreErrorKind::Invalid, &format!("a page of {list} {what}")))
    };
    match (is_truncated, next.filter(|next| !next.is_empty())) {
        (Some(false), _) => Ok(None),
        (None, _) => unusable("has no IsTruncated, so nobody can tell whether it is the last"),
        (Some(true), None) => unusable("isn't the last, but doesn't say where the next one begins"),
        // It would be asked for ever.
        (Some(true), Some(next)) if after == Some(next.as_str()) => unusable("doesn't move on"),
        (Some(true), next) => Ok(next),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_says_that_it_is_the_last_page_is_the_last() {
        let at = |text: &str| Some(text.to_owned());
        let next = |truncated, token| next("a list", truncated, token, Some("1"));
        assert_eq!(next(Some(false), None), Ok(None));
        assert_eq!(next(Some(false), at("0")), Ok(None), "as MinIO ends its lists of parts");
        assert_eq!(next(Some(true), at("2")), Ok(at("2")));
        for (truncated, token) in [
            (None, None),
            (None, at("2")),
            (Some(true), None),
            (Some(true), at("")),
            (Some(true), at("1")),
        ] {
            let error = next(truncated, token).expect_err("refused");
            assert_eq!(error.kind, StoreErrorKind::Invalid, "{error}");
        }
    }
}
