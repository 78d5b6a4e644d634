//! What is whole, and what isn't.

use super::*;

const DOCUMENT: &str = "<?xml version=\"1.0\"?>\n <!-- é --><Tagging xmlns=\"http://s3/\"><TagSet><Tag>\
    <Key>a &lt;&#98;</Key><Value><![CDATA[<x>]]></Value></Tag><Tag/></TagSet></Tagging>";

#[test]
fn what_is_cut_anywhere_is_not_whole() {
    for cut in (0..DOCUMENT.len()).filter(|cut| DOCUMENT.is_char_boundary(*cut)) {
        let cut = &DOCUMENT[..cut];
        assert!(check_whole(cut.as_bytes()).is_err(), "cut after {cut}");
    }
    for after in ["", "\n", "<!-- no more -->"] {
        check_whole(format!("{DOCUMENT}{after}").as_bytes()).expect("whole");
    }
    check_whole(b"\xef\xbb\xbf  <NotificationConfiguration/>").expect("whole");
}

#[test]
fn what_is_no_document_is_not_whole() {
    for text in ["<a></b>", "<a><b></a>", "<a/><b/>", "<a>&</a>", "{}", "<a>\u{7}<br></a>"] {
        assert!(check_whole(text.as_bytes()).is_err(), "{text}");
    }
    assert!(check_whole(b"<a>\xff</a>").is_err());
}
