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

const VERSIONS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
 <Name>b</Name><Prefix/><KeyMarker/><VersionIdMarker/><MaxKeys>3</MaxKeys>
 <EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>
 <NextKeyMarker>a</NextKeyMarker><NextVersionIdMarker>null</NextVersionIdMarker>
 <Version>
  <Key>a%0D</Key><VersionId>3</VersionId><IsLatest>false</IsLatest>
  <LastModified>2009-10-12T17:50:30.007Z</LastModified><ETag>&quot;fba9&quot;</ETag>
  <Size>434234</Size><StorageClass>GLACIER</StorageClass><Owner><ID>x</ID></Owner>
 </Version>
 <DeleteMarker>
  <Key>a%0D</Key><VersionId>2</VersionId><IsLatest>true</IsLatest>
  <LastModified>2009-10-12T17:50:30.007Z</LastModified><Owner><ID>x</ID></Owner>
  <Size>of no meaning</Size><ETag/><StorageClass>STANDARD</StorageClass>
 </DeleteMarker>
 <Contents><Key>of another listing</Key></Contents>
 <Version><Key>a%0D</Key><VersionId>null</VersionId></Version>
</ListVersionsResult>"#;

fn page(text: &str) -> Page<'_> {
    page_of(Listing::Objects, text)
}

fn page_of(listing: Listing, text: &str) -> Page<'_> {
    match read(listing, text.as_bytes()) {
        Ok(Document::Page(page)) => page,
        other => panic!("{other:?} of {text}"),
    }
}

fn why(text: &str) -> String {
    read(Listing::Objects, text.as_bytes()).expect_err("refused").to_string()
}

#[test]
fn all_that_is_known_is_read_and_the_rest_passed_over() {
    let read = page(PAGE);
    assert_eq!((read.truncated, read.encoding.as_deref()), (Some(true), Some("url")));
    let [one, other] = read.entries.as_slice() else { panic!("two objects") };
    assert_eq!(one.key.as_deref(), Some("a%0D"));
    assert_eq!(one.size, Some(434_234));
    assert_eq!(one.etag.as_deref(), Some("\"fba9de\""));
    assert_eq!(one.storage_class.as_deref(), Some("STANDARD"));
    assert_eq!(one.last_modified, Some(DateTime::from_millis(1_255_369_830_007)));
    let key = Some(" a &<b> ".into());
    assert_eq!(*other, Entry { key, ..Entry::new(Kind::Object) });
}

#[test]
fn versions_and_delete_markers_stand_in_the_answers_order() {
    let read = page_of(Listing::Versions, VERSIONS);
    assert_eq!((read.truncated, read.encoding.as_deref()), (Some(true), Some("url")));
    assert_eq!(read.last_version.as_deref(), Some("null"));
    let last_modified = Some(DateTime::from_millis(1_255_369_830_007));
    let key = || Some("a%0D".into());
    let expected = [
        Entry {
            key: key(),
            version: Some("3".into()),
            is_latest: Some(false),
            size: Some(434_234),
            etag: Some("\"fba9\"".into()),
            last_modified,
            storage_class: Some("GLACIER".into()),
            ..Entry::new(Kind::Version)
        },
        // MinIO gives sizes and classes of delete markers, too.
        Entry {
            key: key(),
            version: Some("2".into()),
            is_latest: Some(true),
            last_modified,
            ..Entry::new(Kind::DeleteMarker)
        },
        Entry { key: key(), version: Some("null".into()), ..Entry::new(Kind::Version) },
    ];
    assert_eq!(read.entries, expected);
}

/// Wherever it ends, short of what may follow the root: never a shorter page.
#[test]
fn an_answer_that_is_cut_anywhere_is_no_page() {
    for (listing, text, entries) in [(Listing::Objects, PAGE, 2), (Listing::Versions, VERSIONS, 3)]
    {
        let end = format!("</{}>", listing.root());
        let whole = text.find(&end).expect("an end") + end.len();
        for cut in (0..whole).filter(|cut| text.is_char_boundary(*cut)) {
            let cut = &text[..cut];
            assert!(read(listing, cut.as_bytes()).is_err(), "cut after {cut}");
        }
        assert_eq!(page_of(listing, &text[..whole]).entries.len(), entries);
    }
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
    assert!(read(Listing::Objects, b"<ListBucketResult>\xff</ListBucketResult>").is_err());
    assert!(read(Listing::Versions, PAGE.as_bytes()).is_err());
    assert!(read(Listing::Objects, VERSIONS.as_bytes()).is_err());
}

#[test]
fn a_refusal_is_told_from_a_page() {
    let text = "<Error><Code>SlowDown</Code><Message>a &amp; b</Message><HostId>h</HostId></Error>";
    let (code, message) = (Some("SlowDown".to_owned()), Some("a & b".to_owned()));
    let refusal = Document::Refusal { code, message };
    for listing in [Listing::Objects, Listing::Versions] {
        assert_eq!(read(listing, text.as_bytes()).expect("read"), refusal);
    }
}
