//! Making hostile text safe to show.

use std::fmt::Write as _;

/// The text with control characters, line separators and backslashes written
/// as escapes, so that a key can't forge a log line or drive a terminal.
#[must_use]
pub fn escape_control(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || is_invisible(c) => {
                // Writing to a String can't fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// Line separators and direction overrides: not control characters to
/// Unicode, but a terminal obeys them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text prefixed with an apostrophe when a spreadsheet would take it for a
/// formula (OWASP "CSV injection": a leading `= + - @`, tab or return), or
/// when it begins with an apostrophe itself, so that the prefix can be
/// stripped again without loss.
#[must_use]
pub fn spreadsheet_safe(text: &str) -> String {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\'') => format!("'{text}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_nothing_else() {
        assert_eq!(escape_control("a\nb\u{1b}[2J"), "a\\nb\\u{1b}[2J");
        assert_eq!(escape_control("\u{202e}gpj"), "\\u{202e}gpj");
        assert_eq!(escape_control("héllo 🚀 %2F+?"), "héllo 🚀 %2F+?");
    }

    #[test]
    fn formulas_are_defused() {
        for hostile in ["=1+1", "+a", "-a", "@a", "\ta", "'a"] {
            assert_eq!(spreadsheet_safe(hostile), format!("'{hostile}"));
        }
        assert_eq!(spreadsheet_safe("a=1"), "a=1");
    }
}
