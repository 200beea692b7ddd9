//! The command ended, or hindered, at every change that it makes to a file system: no set is lost
//! or half, no key is made twice, and the next run works.

mod disk;
mod exfat;
mod failing;
mod frozen;
mod jobs;
mod killed;
mod locks;
mod released;
mod states;
