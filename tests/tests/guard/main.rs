//! `guard`: what it prints, what it puts in force, what it takes back.

mod applied;
mod history;
mod on_ministack;
mod refused;
mod tags;
mod world;
