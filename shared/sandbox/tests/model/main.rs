//! The semantics page, sentence by sentence, held against the model.

mod support;

mod acl;
mod annotations;
mod blobs;
mod buckets;
mod checksums;
mod controls;
mod copy;
mod in_process;
mod keys;
mod listing;
mod locks;
mod multipart;
mod policies;
mod population;
mod purges;
mod reads;
mod restores;
mod roles;
mod update;
mod uploads_machine;
mod uploads_reference;
mod versions;
mod writes;
