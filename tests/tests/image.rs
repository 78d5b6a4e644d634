//! The container image, as far as it needs no image tool: what the template asks
//! of it, and the archive that is written without one. What is in it is checked
//! by `infra/image/check` (docs/image.md).

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use reseal_tests::{Scratch, workspace};
use serde_json::Value;

fn read(path: &str) -> String {
    std::fs::read_to_string(workspace().join(path)).expect(path)
}

/// The rest of the Containerfile's line that begins with this word.
fn said(word: &str) -> String {
    let text = read("infra/Containerfile");
    let rest = text.lines().find_map(|line| line.strip_prefix(word)?.strip_prefix(' '));
    rest.expect(word).to_owned()
}

#[test]
fn the_template_uses_the_image_as_it_is() {
    let template = read("infra/reseal.yaml");
    let count = |text: &str| template.matches(text).count();
    let user = said("USER");
    assert!(count("Image: !Ref Image") >= 2);
    assert_eq!(count("Image: !Ref Image"), count(&format!("User: '{user}'")), "all run as it");
    let build = read("infra/image/build");
    let programs: Vec<_> = template.split("/usr/local/bin/").skip(1).collect();
    assert!(programs.len() >= 4, "entry points and health checks");
    for program in programs {
        let name = program.split([']', ',', ' ']).next().expect("a name");
        assert!(["reseal", "reseal-worker"].contains(&name), "{name} isn't in the image");
    }
    assert!(build.contains("for binary in reseal reseal-worker; do"), "both are put there");
    let volume: Vec<String> = serde_json::from_str(&said("VOLUME")).expect("a list");
    for path in template.split("ContainerPath: ").skip(1) {
        let path = path.split([',', ' ', '}']).next().expect("a path");
        assert!(volume.iter().any(|volume| volume == path), "{path} would be root's");
    }
}

fn unpacked(archive: &Path, folder: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::create_dir_all(folder).expect("a folder");
    let told = Command::new("tar").arg("-xf").arg(archive).arg("-C").arg(folder).status();
    assert!(told.expect("tar runs").success());
    let listed = Command::new("tar").arg("-tf").arg(archive).output().expect("tar runs");
    let names = String::from_utf8(listed.stdout).expect("UTF-8");
    let read = |name: &str| (name.to_owned(), std::fs::read(folder.join(name)).expect("a file"));
    names.lines().map(read).collect()
}

#[test]
fn without_an_image_tool_the_archive_holds_what_the_containerfile_says() {
    let scratch = Scratch::new("image");
    let layer = b"not looked into".repeat(1_000);
    std::fs::write(scratch.path("rootfs.tar"), &layer).expect("written");
    let write = || {
        let told = Command::new("python3")
            .arg(workspace().join("infra/image/oci.py"))
            .arg(scratch.folder())
            .args(["arm64", "1.2.3", "abc", "2026-11-23T01:02:03Z"])
            .output()
            .expect("python3 runs");
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        std::fs::read(scratch.path("reseal.oci.tar")).expect("an archive")
    };
    assert!(write() == write(), "the same input makes the same bytes");
    let files = unpacked(&scratch.path("reseal.oci.tar"), &scratch.path("unpacked"));
    let json = |name: &str| serde_json::from_slice::<Value>(&files[name]).expect("JSON");
    let blob = |descriptor: &Value| {
        let digest = descriptor["digest"].as_str().expect("a digest");
        let name = format!("blobs/{}", digest.replace(':', "/"));
        assert_eq!(descriptor["size"], files[&name].len());
        let sums = Command::new("sha256sum").arg(scratch.path("unpacked").join(&name)).output();
        let sum = String::from_utf8(sums.expect("sha256sum runs").stdout).expect("UTF-8");
        assert!(digest.ends_with(sum.split(' ').next().expect("a sum")), "{digest}: {sum}");
        name
    };
    assert_eq!(json("oci-layout")["imageLayoutVersion"], "1.0.0");
    let manifest = json(&blob(&json("index.json")["manifests"][0]));
    let config = json(&blob(&manifest["config"]));
    let _ = blob(&manifest["layers"][0]);
    assert_eq!((&config["os"], &config["architecture"]), (&"linux".into(), &"arm64".into()));
    let inner = &config["config"];
    assert_eq!(inner["User"], said("USER"));
    let entry: Value = serde_json::from_str(&said("ENTRYPOINT")).expect("a list");
    assert_eq!(inner["Entrypoint"], entry);
    assert_eq!(inner["Volumes"]["/state"], serde_json::json!({}));
    assert_eq!(inner["Env"].as_array().map(Vec::len), Some(said("ENV").split(' ').count()));
    let label = |name: &str| inner["Labels"][format!("org.opencontainers.image.{name}")].clone();
    assert_eq!([label("version"), label("revision")], ["1.2.3", "abc"]);
    assert_eq!(label("licenses"), "MIT OR Apache-2.0");
}
