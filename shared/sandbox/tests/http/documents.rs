use super::client::Sandbox;

const NS: &str = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

#[test]
fn a_multipart_upload_goes_through_its_documents() {
    let sandbox = Sandbox::with_bucket();
    let headers = [("x-amz-checksum-algorithm", "CRC32")];
    let begun = sandbox.send("POST", "/bbb/k?uploads", &headers, b"").ok();
    assert_eq!(begun.header("x-amz-checksum-type"), Some("COMPOSITE"));
    let id = begun.element("UploadId").expect("an id");
    let target = format!("/bbb/k?partNumber=1&uploadId={id}");
    let part = sandbox.send("PUT", &target, &[], b"123456789").ok();
    let (etag, sum) = (part.header("etag").expect("a tag"), "y/Q5Jg==");
    assert_eq!(part.header("x-amz-checksum-crc32"), Some(sum));
    let listed = sandbox.get(&format!("/bbb/k?uploadId={id}")).ok();
    assert_eq!(listed.element("Size").as_deref(), Some("9"));
    assert_eq!(sandbox.get("/bbb?uploads").ok().element("UploadId").as_deref(), Some(id.as_str()));
    let body = format!(
        "<CompleteMultipartUpload {NS}><Part><ETag>&quot;{}&quot;</ETag><ChecksumCRC32>{sum}\
         </ChecksumCRC32><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>",
        etag.trim_matches('"')
    );
    let done = sandbox.send("POST", &format!("/bbb/k?uploadId={id}"), &[], body.as_bytes()).ok();
    assert!(done.element("ETag").expect("a tag").ends_with("-1&quot;"));
    assert_eq!(done.element("ChecksumType").as_deref(), Some("COMPOSITE"));
    let wanted = [("x-amz-object-attributes", "ETag,Checksum,ObjectParts,StorageClass,ObjectSize")];
    let attributes = sandbox.send("GET", "/bbb/k?attributes", &wanted, b"").ok();
    assert_eq!(attributes.element("PartsCount").as_deref(), Some("1"));
    assert_eq!(attributes.element("ObjectSize").as_deref(), Some("9"));
    assert_eq!(attributes.element("StorageClass").as_deref(), Some("STANDARD"));
    assert!(attributes.element("ETag").is_some_and(|etag| etag.ends_with("-1")));
}

#[test]
fn part_copies_take_ranges_and_aborts_forget_them() {
    let sandbox = Sandbox::with_bucket();
    let seed = serde_json::json!({ "bucket": "bbb", "key": "k", "size": 10 });
    sandbox.admin("objects", &seed);
    let begun = sandbox.send("POST", "/bbb/k?uploads", &[], b"").ok();
    let id = begun.element("UploadId").expect("an id");
    let target = format!("/bbb/k?partNumber=1&uploadId={id}");
    let copy = |range: &str| {
        let headers = [("x-amz-copy-source", "bbb/k"), ("x-amz-copy-source-range", range)];
        sandbox.send("PUT", &target, &headers, b"")
    };
    assert!(copy("bytes=0-9").ok().text().contains("<CopyPartResult"));
    for wrong in ["bytes=0-10", "bytes=5", "0-9", "bytes=-5"] {
        assert_eq!(copy(wrong).status, 400, "{wrong}");
    }
    let upload = format!("/bbb/k?uploadId={id}");
    assert_eq!(sandbox.send("DELETE", &upload, &[], b"").status, 204);
    assert_eq!(copy("bytes=0-9").element("Code").as_deref(), Some("NoSuchUpload"));
}

#[test]
fn many_deletions_are_answered_line_by_line() {
    let sandbox = Sandbox::with_bucket();
    sandbox.send("PUT", "/bbb/a%01b", &[], b"").ok();
    sandbox.send("PUT", "/bbb/c", &[], b"").ok();
    let body = format!(
        "<Delete {NS}><Object><Key>a&#x1;b</Key></Object><Object><Key>c</Key>\
         <VersionId>not-an-id</VersionId></Object></Delete>"
    );
    let answer = sandbox.send("POST", "/bbb?delete", &[], body.as_bytes()).ok();
    assert_eq!(answer.elements("Deleted").len(), 1);
    assert_eq!(answer.element("Code").as_deref(), Some("InvalidArgument"));
    assert_eq!(sandbox.dump("bbb").len(), 1);
    let empty = sandbox.send("POST", "/bbb?delete", &[], b"<Delete/>");
    assert_eq!(empty.element("Code").as_deref(), Some("MalformedXML"));
}

#[test]
fn bucket_settings_travel_as_documents() {
    let sandbox = Sandbox::with_bucket();
    let default = format!(
        "<ServerSideEncryptionConfiguration {NS}><Rule><ApplyServerSideEncryptionByDefault>\
         <SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>alias/x</KMSMasterKeyID>\
         </ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule>\
         </ServerSideEncryptionConfiguration>"
    );
    sandbox.send("PUT", "/bbb?encryption", &[], default.as_bytes()).ok();
    let read = sandbox.get("/bbb?encryption").ok();
    assert_eq!(read.element("SSEAlgorithm").as_deref(), Some("aws:kms"));
    assert_eq!(read.element("BucketKeyEnabled").as_deref(), Some("true"));
    sandbox.send("DELETE", "/bbb?encryption", &[], b"").ok();
    let read = sandbox.get("/bbb?encryption").ok();
    assert_eq!(read.element("SSEAlgorithm").as_deref(), Some("AES256"));
    let ownership = sandbox.get("/bbb?ownershipControls").ok();
    assert_eq!(ownership.element("ObjectOwnership").as_deref(), Some("BucketOwnerEnforced"));
    assert!(sandbox.get("/bbb?acl").ok().text().contains("FULL_CONTROL"));
    assert!(sandbox.get("/bbb?location").ok().text().ends_with("></LocationConstraint>"));
    let lifecycle = format!("<LifecycleConfiguration {NS}></LifecycleConfiguration>");
    assert_eq!(sandbox.get("/bbb?lifecycle").status, 404);
    sandbox.send("PUT", "/bbb?lifecycle", &[], lifecycle.as_bytes()).ok();
    assert_eq!(sandbox.get("/bbb?lifecycle").ok().text(), lifecycle);
    let canned = [("x-amz-acl", "public-read")];
    let refused = sandbox.send("PUT", "/bbb/k", &canned, b"");
    assert_eq!(refused.element("Code").as_deref(), Some("AccessControlListNotSupported"));
}
