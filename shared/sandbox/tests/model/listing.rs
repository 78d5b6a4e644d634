use reseal_sandbox::model::{
    ListObjects, ListVersions, ObjectPage, ObjectRef, Request, Response, SeedObject, VersionPage,
};

use super::support::*;

fn list(world: &mut World, list: ListObjects) -> ObjectPage {
    match world.apply(Request::ListObjects(list)).expect("listed") {
        Response::Objects(page) => page,
        other => panic!("not a page: {other:?}"),
    }
}

fn versions(world: &mut World, list: ListVersions) -> VersionPage {
    match world.apply(Request::ListVersions(list)).expect("listed") {
        Response::Versions(page) => page,
        other => panic!("not a page: {other:?}"),
    }
}

fn filled(keys: &[&str]) -> World {
    let mut world = World::new();
    for key in keys {
        world.seed(SeedObject::new(PLAIN, *key, 1));
    }
    world
}

/// All keys and prefixes, page by page.
fn walk(world: &mut World, mut request: ListObjects) -> (Vec<String>, Vec<String>) {
    let (mut keys, mut prefixes) = (Vec::new(), Vec::new());
    loop {
        let page = list(world, request.clone());
        keys.extend(page.objects.into_iter().map(|object| object.key.to_string()));
        prefixes.extend(page.prefixes);
        match page.next {
            Some(next) => request.after = Some(next),
            None => return (keys, prefixes),
        }
    }
}

const KEYS: [&str; 9] =
    ["a", "a/", "a/1", "a/2/x", "a/2/y", "a0", "b\u{10ffff}", "b\u{10ffff}/z", "c"];

#[test]
fn pages_of_any_size_give_every_key_once_in_order() {
    let mut world = filled(&KEYS);
    for max in 1..=KEYS.len() + 1 {
        let request =
            ListObjects { bucket: PLAIN.to_owned(), max: Some(max), ..ListObjects::default() };
        assert_eq!(walk(&mut world, request).0, KEYS);
    }
}

#[test]
fn a_delimiter_rolls_up_once_per_prefix_also_across_pages() {
    let mut world = filled(&KEYS);
    for max in 1..=KEYS.len() {
        let request = ListObjects {
            bucket: PLAIN.to_owned(),
            delimiter: Some("/".to_owned()),
            max: Some(max),
            ..ListObjects::default()
        };
        let (keys, prefixes) = walk(&mut world, request.clone());
        assert_eq!(keys, ["a", "a0", "b\u{10ffff}", "c"]);
        assert_eq!(prefixes, ["a/", "b\u{10ffff}/"]);
        let inside = ListObjects { prefix: "a/".to_owned(), ..request };
        let (keys, prefixes) = walk(&mut world, inside);
        assert_eq!((keys, prefixes), (vec!["a/".into(), "a/1".into()], vec!["a/2/".into()]));
    }
}

#[test]
fn prefix_and_start_after_narrow_the_listing() {
    let mut world = filled(&KEYS);
    let request = ListObjects {
        bucket: PLAIN.to_owned(),
        prefix: "a".to_owned(),
        after: Some("a/1".to_owned()),
        ..ListObjects::default()
    };
    assert_eq!(walk(&mut world, request.clone()).0, ["a/2/x", "a/2/y", "a0"]);
    let after_all = ListObjects { after: Some("zzz".to_owned()), ..request.clone() };
    assert!(walk(&mut world, after_all).0.is_empty());
    let before_all = ListObjects { after: Some("A".to_owned()), ..request };
    assert_eq!(walk(&mut world, before_all).0.len(), 6);
}

#[test]
fn nothing_is_listed_when_nothing_is_asked_for() {
    let mut world = filled(&KEYS);
    let request = ListObjects { bucket: PLAIN.to_owned(), max: Some(0), ..ListObjects::default() };
    let page = list(&mut world, request);
    assert!(page.objects.is_empty() && page.next.is_none());
}

#[test]
fn hidden_keys_are_listed_among_versions_only() {
    let mut world = World::new();
    world.put(VERSIONED, "k", "hello");
    world.apply(Request::DeleteObject(ObjectRef::current(VERSIONED, "k"))).expect("deleted");
    let bucket = || VERSIONED.to_owned();
    let page = list(&mut world, ListObjects { bucket: bucket(), ..ListObjects::default() });
    assert!(page.objects.is_empty());
    let page = versions(&mut world, ListVersions { bucket: bucket(), ..ListVersions::default() });
    let lines: Vec<_> =
        page.versions.iter().map(|line| (line.is_latest, line.entry.is_ok())).collect();
    assert_eq!(lines, [(true, false), (false, true)]);
}

#[test]
fn versions_are_paged_within_a_key_newest_first() {
    let mut world = World::new();
    let mut expected = Vec::new();
    for key in ["a", "b/x", "b/y", "c"] {
        let ids: Vec<_> = (0..3).map(|n| world.seed(SeedObject::new(VERSIONED, key, n))).collect();
        expected.extend(ids.into_iter().rev().map(|id| (key.to_owned(), id)));
    }
    for max in 1..=13 {
        let mut request = ListVersions {
            bucket: VERSIONED.to_owned(),
            max: Some(max),
            ..ListVersions::default()
        };
        let mut seen = Vec::new();
        loop {
            let page = versions(&mut world, request.clone());
            assert!(page.versions.len() <= max);
            seen.extend(page.versions.into_iter().map(|v| (v.key, v.version_id.to_string())));
            let Some((key, version)) = page.next else { break };
            request.key_marker = Some(key);
            request.version_marker = version.map(|id| id.to_string());
        }
        assert_eq!(seen, expected, "pages of {max}");
    }
    let request = ListVersions {
        bucket: VERSIONED.to_owned(),
        delimiter: Some("/".to_owned()),
        ..ListVersions::default()
    };
    let page = versions(&mut world, request);
    assert_eq!((page.versions.len(), page.prefixes), (6, vec!["b/".to_owned()]));
}
