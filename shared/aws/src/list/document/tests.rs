//! What is read of an answer, and what is refused.

use super::*;

const PAGE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
 <Name>b</Name><Prefix></Prefix><StartAfter/><KeyCount>2</KeyCount>
 <Contents>
  <Key>a%0D</Key><LastModified>2009-10-12T17:50:30.007Z</LastModified>
  <ETag>&quot;fba9&#x64;&#101;&quot;</ETag><Size>434234</Size>
  <Owner><ID>x</ID><Key>not this one</Key></Owner>
  <RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress></RestoreStatus>
  <StorageClass>STANDARD</StorageClass><Later since="2031"><Size>1</Size><Empty/></Later>
 </Contents>
 <Contents><Key> a &amp;<![CDATA[<b>]]> </Key></Contents>
 <CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>
 <Later>of no meaning yet</Later>
 <EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>
</ListBucketResult>
<!-- no more -->"#;

fn page(text: &str) -> Page<'_> {
    match read(text.as_bytes()) {
        Ok(Document::Page(page)) => page,
        other => panic!("{other:?} of {text}"),
    }
}

fn why(text: &str) -> String {
    read(text.as_bytes()).expect_err("refused").to_string()
}

#[test]
fn all_that_is_known_is_read_and_the_rest_passed_over() {
    let read = page(PAGE);
    assert_eq!((read.truncated, read.encoding.as_deref()), (Some(true), Some("url")));
    let [one, other] = read.objects.as_slice() else { panic!("two objects") };
    assert_eq!(one.key.as_deref(), Some("a%0D"));
    assert_eq!(one.size, Some(434_234));
    assert_eq!(one.etag.as_deref(), Some("\"fba9de\""));
    assert_eq!(one.storage_class.as_deref(), Some("STANDARD"));
    assert_eq!(one.last_modified, Some(DateTime::from_millis(1_255_369_830_007)));
    let key = Some(" a &<b> ".into());
    assert_eq!(*other, Object { key, ..Object::default() });
}

/// Wherever it ends, short of what may follow the root: never a shorter page.
#[test]
fn an_answer_that_is_cut_anywhere_is_no_page() {
    let whole = PAGE.find("</ListBucketResult>").expect("an end") + "</ListBucketResult>".len();
    for end in (0..whole).filter(|end| PAGE.is_char_boundary(*end)) {
        assert!(read(&PAGE.as_bytes()[..end]).is_err(), "cut after {}", &PAGE[..end]);
    }
    assert_eq!(page(&PAGE[..whole]).objects.len(), 2);
}

#[test]
fn what_is_no_page_is_refused_and_named() {
    let inside = |contents: &str| format!("<ListBucketResult>{contents}</ListBucketResult>");
    let object = |fields: &str| inside(&format!("<Contents>{fields}</Contents>"));
    assert!(why("<html><body/></html>").contains("but a html"));
    assert!(why("").contains("ends before"));
    assert!(why("no XML at all").contains("ends before"));
    assert!(why("<ListBucketResult/><ListBucketResult/>").contains("follows"));
    assert!(why(&inside("<IsTruncated>perhaps</IsTruncated>")).contains("perhaps"));
    assert!(why(&object("<Size>12x</Size>")).contains("12x"));
    assert!(why(&object("<Size/>")).contains("Size"));
    assert!(why(&object("<LastModified>yesterday</LastModified>")).contains("yesterday"));
    assert!(why(&object("<Key>a<b/>c</Key>")).contains("Key has an element"));
    assert!(why(&object("<Key>&nbsp;</Key>")).contains("nbsp"));
    assert!(why(&object("<Key>a</Size>")).contains("isn't XML"));
    assert!(why(&object("<Key>&#xd800;</Key>")).contains("isn't XML"));
    assert!(read(b"<ListBucketResult>\xff</ListBucketResult>").is_err());
}

#[test]
fn a_refusal_is_told_from_a_page() {
    let text = "<Error><Code>SlowDown</Code><Message>a &amp; b</Message><HostId>h</HostId></Error>";
    let (code, message) = (Some("SlowDown".to_owned()), Some("a & b".to_owned()));
    assert_eq!(read(text.as_bytes()).expect("read"), Document::Refusal { code, message });
}
