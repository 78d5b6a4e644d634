//! The permissions that are granted are those that the program uses: what each
//! role's commands really ask for, held against the table that policies and
//! the stack's template are generated from.

mod recorded;
mod template;
mod world;
