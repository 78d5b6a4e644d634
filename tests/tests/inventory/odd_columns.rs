//! ORC and Parquet that isn't whole, not ours or not honest: exit code 2, one
//! line that names file and row, and nothing touched.

use std::fs;

use serde_json::{Value, json};

use crate::world::{Report, World, text};

/// What is refused in both formats: a name, the file as the writer is told to
/// write it, and words of the refusal.
fn odd_rows() -> Vec<(&'static str, Value, Vec<&'static str>)> {
    let a = json!({ "Key": "a" });
    let long = "x".repeat(1025);
    vec![
        (
            "bucket",
            json!({ "rows": [a, { "Key": "b", "Bucket": "stocks" }] }),
            vec!["row 2", "stocks"],
        ),
        ("long", json!({ "rows": [a, { "Key": long }] }), vec!["row 2", "1025"]),
        ("empty", json!({ "rows": [a, a, { "Key": "" , "Bucket": "stock" }] }), vec!["row 3"]),
        ("giant", json!({ "rows": [{ "Key": "x".repeat(40_000) }] }), vec!["row 1", "longer than"]),
        (
            "utf8",
            json!({ "rows": [{ "Key": "61" }, { "Key": "ff" }], "binary": ["Key"], "dictionary": false }),
            vec!["row 2", "UTF-8"],
        ),
        (
            "utf8-dictionary",
            json!({ "rows": [{ "Key": "61" }, { "Key": "ff" }, { "Key": "ff" }], "binary": ["Key"] }),
            vec!["row", "UTF-8"],
        ),
        (
            "type",
            json!({ "rows": [{ "Key": 1 }], "types": { "Key": "int64" } }),
            vec!["column key"],
        ),
        ("size", json!({ "rows": [a, { "Key": "b", "Size": "-1" }] }), vec!["row 2", "size '-1'"]),
        (
            "latest",
            json!({ "rows": [a, { "Key": "b", "IsLatest": null }] }),
            vec!["row 2", "is_latest"],
        ),
        ("zstd", json!({ "rows": [a], "compression": "zstd" }), vec!["Zstandard"]),
        ("cut", json!({ "rows": [a], "truncate": 20 }), vec!["cut short"]),
        ("text", json!({ "bytes": "6869" }), vec!["too short"]),
        // One key all over, so that it packs to nothing.
        (
            "rows",
            json!({ "rows": [a], "repeat": 600_000 }),
            vec!["row", "times as long as the file"],
        ),
    ]
}

fn report(name: &str, format: &str, mut file: Value) -> Report {
    if let Some(rows) = file.get_mut("rows").and_then(Value::as_array_mut) {
        for row in rows {
            let row = row.as_object_mut().expect("an object");
            row.entry("IsLatest").or_insert(json!(true));
            row.entry("Size").or_insert(json!("7"));
        }
    }
    let schema = ["Bucket", "Key", "Size", "IsLatest"];
    let told = match format {
        "ORC" => "struct<bucket:string,key:string,size:bigint,is_latest:boolean>",
        _ => {
            "message s3.inventory { required binary bucket (STRING); required binary key (UTF8); \
             optional int64 size; optional boolean is_latest; }"
        }
    };
    Report::new(name, &schema).in_format(format).with("told", told).file(file)
}

#[test]
fn rows_and_files_that_are_not_what_they_should_be() {
    let world = World::new("columnar-odd");
    world.objects(&["a"]);
    for format in ["Parquet", "ORC"] {
        let file = format!("data/part-0.{}", format.to_lowercase());
        for (name, odd, mut words) in odd_rows() {
            words.push(&file);
            let manifest = world.write(&report(&format!("{name}-{format}"), format, odd));
            world.refuses(text(&manifest), &[], &words);
        }
    }
    // Levels as the oldest writers of Parquet pack them.
    let packed = json!({ "rows": [{ "Key": "a" }], "levels": "packed" });
    let manifest = world.write(&report("levels", "Parquet", packed));
    world.refuses(text(&manifest), &[], &["part-0.parquet", "row 1", "size: levels in"]);
}

#[test]
fn files_that_are_not_the_manifests_or_have_other_columns() {
    let world = World::new("columnar-files");
    world.objects(&["a"]);
    for format in ["Parquet", "ORC"] {
        let suffix = format.to_lowercase();
        let rows = json!({ "rows": [{ "Key": "a" }] });
        let whole = report(&format!("whole-{format}"), format, rows.clone());
        for (told, word) in [
            ("version_id", "no column version_id"),
            ("e_tag", "no column e_tag"),
            ("-size", "a column size"),
        ] {
            let (before, after) = match (format, told.strip_prefix('-')) {
                ("ORC", Some(_)) => ("size:bigint,".to_owned(), String::new()),
                ("ORC", None) => (">".to_owned(), format!(",{told}:string>")),
                (_, Some(_)) => ("optional int64 size;".to_owned(), String::new()),
                (_, None) => ("}".to_owned(), format!("optional binary {told} (UTF8); }}")),
            };
            let schema = match format {
                "ORC" => "struct<bucket:string,key:string,size:bigint,is_latest:boolean>",
                _ => {
                    "message m { required binary bucket; required binary key; optional int64 size; optional boolean is_latest; }"
                }
            };
            let other = whole.clone().with("told", schema.replace(&before, &after));
            world.refuses(text(&world.write(&other)), &[], &[&suffix, word]);
        }
        let manifest = world.write(&whole);
        let data = manifest.ancestors().nth(2).expect("a folder");
        let data = data.join(format!("data/part-0.{suffix}"));
        let bytes = fs::read(&data).expect("a file");
        let mut flipped = bytes.clone();
        flipped[20] ^= 1;
        fs::write(&data, flipped).expect("written");
        world.refuses(text(&manifest), &[], &[&suffix, "MD5"]);
        fs::write(&data, &bytes[1..]).expect("written");
        world.refuses(text(&manifest), &[], &[&suffix, "bytes, the manifest says"]);
        fs::remove_file(&data).expect("removed");
        world.refuses(text(&manifest), &[], &[&suffix, "missing"]);
    }
}

/// What unfolds to more than it says.
#[test]
fn bombs() {
    let world = World::new("columnar-bombs");
    world.objects(&["a"]);
    let giant = json!({ "rows": [{ "Key": "x".repeat(17 << 20) }] });
    let page = world.write(&report("page", "Parquet", giant));
    world.refuses(text(&page), &[], &["part-0.parquet", "row 1", "bomb"]);

    let keys = (0..30_000).map(|n| json!({ "Key": format!("key-{n:06}") }));
    let keys = json!({ "rows": keys.collect::<Vec<_>>(), "dictionary": false });
    let whole = world.write(&report("blocks", "ORC", keys));
    let data = whole.ancestors().nth(2).expect("a folder").join("data/part-0.orc");
    let mut bytes = fs::read(data).expect("a file");
    // The postscript's longest block, 64 KiB, shall be 16.
    let at = bytes.windows(4).rposition(|four| four == [0x18, 0x80, 0x80, 0x04]);
    bytes[at.expect("the longest block") + 3] = 0x01;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let lying = world.write(&report("lying", "ORC", json!({ "bytes": hex })));
    world.refuses(text(&lying), &[], &["part-0.orc", "row", "a block of more than 16384 bytes"]);
}
