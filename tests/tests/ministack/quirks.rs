//! Where ministack isn't AWS. Not a wish but a yardstick: the other tests mean
//! something because this is so, and `docs/emulators.md` says what follows.

use reseal_tests::Ministack;
use serde_json::json;

#[test]
fn ministack_differs_from_aws_where_the_documentation_says() {
    let documented = json!({
        "encrypts_by_default": false,
        "refuses_a_copy_that_changes_nothing": null,
        "refuses_a_wrong_source_condition": "PreconditionFailed",
        "refuses_a_wrong_destination_condition": null,
        "refuses_dsse": "InvalidArgument",
        "refuses_an_unknown_key": null,
        "refuses_a_foreign_owner": null,
        "tells_the_key": true,
        "tells_the_bucket_key": false,
        "a_copy_resets_the_class": false,
        "refuses_an_update": null,
        "an_update_replaces_the_bytes": true,
    });
    assert_eq!(Ministack::start().quirks(), documented);
}
