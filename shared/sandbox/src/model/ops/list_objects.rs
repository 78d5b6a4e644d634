//! ListObjects and ListObjectsV2: the same page, two ways to ask for it.

use std::sync::Arc;

use super::super::{Caller, Fault, ListObjects, ListedObject, Model, ObjectPage, Response};
use super::page_size;
use super::roll::{Rolled, Walk};

impl Model {
    pub(in super::super) fn list_objects(
        &self,
        caller: &Caller,
        list: &ListObjects,
    ) -> Result<Response, Fault> {
        let ListObjects { bucket, prefix, delimiter, after, max } = list;
        let bucket = self.bucket(caller, bucket)?;
        let delimiter = delimiter.as_deref();
        let max = page_size(*max);
        let mut page = ObjectPage { owner: bucket.home.account.clone(), ..ObjectPage::default() };
        let mut walk = Walk::new(&bucket.objects, prefix, delimiter, after.as_deref());
        if max == 0 {
            return Ok(Response::Objects(page));
        }
        page.objects.reserve(max.min(bucket.objects.len()));
        let mut last: Option<&str> = None;
        'stretches: loop {
            for (key, stack) in walk.stretch() {
                let Some((_, object)) = stack.current() else { continue };
                if page.objects.len() + page.prefixes.len() == max {
                    page.next = last.map(str::to_owned);
                    break 'stretches;
                }
                match Rolled::of(key, prefix, delimiter) {
                    Rolled::Key(_) => {
                        last = Some(key);
                        let key = Arc::clone(key);
                        let object = Arc::clone(object);
                        let owner = bucket.foreign_owner(&object);
                        page.objects.push(ListedObject { key, object, owner });
                    }
                    Rolled::Prefix(rolled) => {
                        page.prefixes.push(rolled.to_owned());
                        last = Some(rolled);
                        walk.skip(rolled);
                        continue 'stretches;
                    }
                }
            }
            break;
        }
        Ok(Response::Objects(page))
    }
}
