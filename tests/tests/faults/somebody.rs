//! Another client of the bucket, on plain HTTP.

use std::collections::BTreeMap;

/// Its keys need no encoding.
#[derive(Clone, Debug)]
pub(crate) struct Somebody {
    url: String,
}

/// An upload that nobody completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Upload {
    pub(crate) key: String,
    pub(crate) parts: usize,
}

impl Somebody {
    pub(crate) fn new(server: &str, bucket: &str) -> Self {
        Self { url: format!("{server}/{bucket}") }
    }

    /// Writes an object anew, unencrypted by nobody's wish.
    pub(crate) fn put(&self, key: &str, text: &str) {
        ureq::put(&self.at(key)).header("x-amz-meta-by", "somebody").send(text).expect("written");
    }

    /// Writes an object anew, under this KMS key with a bucket key.
    pub(crate) fn put_under(&self, key: &str, text: &str, kms: &str) {
        ureq::put(&self.at(key))
            .header("x-amz-server-side-encryption", "aws:kms")
            .header("x-amz-server-side-encryption-aws-kms-key-id", kms)
            .header("x-amz-server-side-encryption-bucket-key-enabled", "true")
            .send(text)
            .expect("written");
    }

    pub(crate) fn annotate(&self, key: &str, name: &str, text: &str) {
        let url = format!("{}?annotation&annotationName={name}", self.at(key));
        ureq::put(&url).send(text).expect("annotated");
    }

    pub(crate) fn delete(&self, key: &str) {
        ureq::delete(&self.at(key)).call().expect("deleted");
    }

    pub(crate) fn tag(&self, key: &str, tags: &[(&str, &str)]) {
        let tags: String = tags
            .iter()
            .map(|(key, value)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>"))
            .collect();
        let body = format!("<Tagging><TagSet>{tags}</TagSet></Tagging>");
        ureq::put(&format!("{}?tagging", self.at(key))).send(body).expect("tagged");
    }

    /// Lets everybody read it.
    pub(crate) fn share(&self, key: &str) {
        let put = ureq::put(&format!("{}?acl", self.at(key)));
        put.header("x-amz-acl", "public-read").send_empty().expect("shared");
    }

    /// What a reader gets; `None` when it is gone.
    pub(crate) fn get(&self, key: &str) -> Option<String> {
        let mut answer = quietly(&self.at(key));
        (answer.status() == 200).then(|| answer.body_mut().read_to_string().expect("a body"))
    }

    /// Uploads that are open, with how many parts they have.
    pub(crate) fn uploads(&self) -> Vec<Upload> {
        let page = quietly(&format!("{}?uploads", self.url)).body_mut().read_to_string();
        let page = page.expect("a page");
        let uploads = page.split("<Upload>").skip(1).map(|upload| {
            let (key, id) = (element(upload, "Key"), element(upload, "UploadId"));
            let url = format!("{}?uploadId={id}", self.at(key));
            let parts = quietly(&url).body_mut().read_to_string().expect("a page");
            Upload { key: key.to_owned(), parts: parts.matches("<Part>").count() }
        });
        uploads.collect()
    }

    fn at(&self, key: &str) -> String {
        format!("{}/{key}", self.url)
    }
}

fn quietly(url: &str) -> ureq::http::Response<ureq::Body> {
    let request = ureq::get(url).config().http_status_as_error(false).build();
    request.call().expect("an answer")
}

fn element<'a>(text: &'a str, name: &str) -> &'a str {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let from = text.split_once(&open).map_or("", |(_, rest)| rest);
    from.split_once(&close).map_or("", |(value, _)| value)
}

/// Tags as the sandbox dumps them.
pub(crate) fn tags_of(version: &reseal_tests::Version) -> BTreeMap<String, String> {
    let tags = version.rest.get("tags").cloned().unwrap_or_default();
    let tags: Vec<(String, String)> = serde_json::from_value(tags).unwrap_or_default();
    tags.into_iter().collect()
}
