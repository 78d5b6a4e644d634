#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| reseal_fuzz_targets::run("inventory_parquet", bytes));
