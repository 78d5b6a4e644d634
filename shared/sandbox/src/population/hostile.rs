//! Keys that break careless tools.

/// All of them, in an order that doesn't change. None is longer than S3 allows.
pub(super) fn keys() -> Vec<String> {
    let mut keys: Vec<String> = [
        "hostile/new\nline",
        "hostile/carriage\rreturn",
        "hostile/tab\tand space",
        "hostile/100%",
        "hostile/%2F-not-a-slash",
        "hostile/%",
        "hostile/a+b",
        "hostile/a b",
        "hostile/a%20b",
        "hostile/key?versionId=null",
        "hostile/key?versionId=3/L4kqtJlcpXroDTDmpUMLUo",
        "hostile/a&b=c#d",
        "hostile/../../etc/passwd",
        "../hostile-parent",
        "./hostile-here",
        "hostile/./dot",
        "hostile/..",
        "hostile//double//slash",
        "/hostile-leading-slash",
        "hostile/trailing-slash/",
        "hostile/\u{1}\u{2}\u{1f}\u{7f}",
        "hostile/\"quoted\", and 'single'",
        "hostile/=cmd|' /C calc'!A0",
        "hostile/<xml>&amp;</xml>",
        "hostile/back\\slash",
        "hostile/emoji-🔐🗝️-👩‍👩‍👧",
        "hostile/e\u{301}-decomposed",
        "hostile/\u{e9}-composed",
        "hostile/\u{202e}rtl-override",
        "hostile/\u{feff}bom",
        "hostile/\u{ffff}noncharacter",
        "hostile/\u{10ffff}",
        "hostile/ leading and trailing ",
    ]
    .map(str::to_owned)
    .to_vec();
    keys.push(longest("hostile/long-", "x"));
    // Three bytes each: 337 of them and the prefix make 1,024 to the byte.
    keys.push(longest("hostile/long-", "雪"));
    keys
}

/// A key of exactly 1,024 bytes, or as near below as the filler allows.
fn longest(prefix: &str, filler: &str) -> String {
    let count = (1024 - prefix.len()) / filler.len();
    format!("{prefix}{}", filler.repeat(count))
}
