//! Inventory configurations: kept and given back. No report is ever written, and so
//! nobody notices a destination that wouldn't take one: as with S3, until delivery.

use super::super::{Caller, Code, Fault, Model, Response};
use super::DONE;

/// S3's limit on configurations of a bucket, and on those of one page.
const MOST: usize = 1_000;
const PAGE: usize = 100;

impl Model {
    pub(in super::super) fn inventory(
        &self,
        caller: &Caller,
        name: &str,
        id: &str,
    ) -> Result<Response, Fault> {
        let found = self.bucket(caller, name)?.inventories.get(id).cloned();
        found.map(Response::Inventory).ok_or_else(no_such_configuration)
    }

    pub(in super::super) fn inventories(
        &self,
        caller: &Caller,
        name: &str,
        after: Option<&str>,
    ) -> Result<Response, Fault> {
        let all = &self.bucket(caller, name)?.inventories;
        let rest = all.iter().filter(|(id, _)| after.is_none_or(|after| id.as_str() > after));
        let page: Vec<_> = rest.clone().take(PAGE).collect();
        let more = rest.count() > page.len();
        Ok(Response::Inventories {
            next: page.last().filter(|_| more).map(|(id, _)| (*id).clone()),
            documents: page.into_iter().map(|(_, document)| document.clone()).collect(),
        })
    }

    pub(in super::super) fn put_inventory(
        &mut self,
        caller: &Caller,
        name: &str,
        id: String,
        document: String,
    ) -> Result<Response, Fault> {
        let all = &mut self.bucket_mut(caller, name)?.inventories;
        if !all.contains_key(&id) && all.len() >= MOST {
            return Err(Fault::new(
                Code::TooManyConfigurations,
                "You are attempting to create a new configuration but have already reached the \
                 1,000-configuration limit.",
            ));
        }
        all.insert(id, document);
        DONE
    }

    pub(in super::super) fn delete_inventory(
        &mut self,
        caller: &Caller,
        name: &str,
        id: &str,
    ) -> Result<Response, Fault> {
        match self.bucket_mut(caller, name)?.inventories.remove(id) {
            Some(_) => DONE,
            None => Err(no_such_configuration()),
        }
    }
}

fn no_such_configuration() -> Fault {
    Fault::new(Code::NoSuchConfiguration, "The specified configuration does not exist.")
}
