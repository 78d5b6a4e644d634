//! The stack's template has the roles' policies as the table makes them.

use reseal_aws::permissions::{Role, managed_policy};
use reseal_tests::workspace;

const BEGIN: &str = "  # >>> permissions\n";
const END: &str = "  # <<< permissions\n";

/// With `RESEAL_WRITE_TEMPLATE=1` it writes them there instead.
#[test]
fn the_templates_policies_are_those_of_the_table() {
    let path = workspace().join("infra/reseal.yaml");
    let template = std::fs::read_to_string(&path).expect("the template");
    let (before, rest) = template.split_once(BEGIN).expect("where they begin");
    let (there, after) = rest.split_once(END).expect("where they end");
    let generated: String = Role::ALL.map(managed_policy).concat();
    if std::env::var_os("RESEAL_WRITE_TEMPLATE").is_some() {
        let whole = format!("{before}{BEGIN}{generated}{END}{after}");
        std::fs::write(&path, whole).expect("it can be written");
        return;
    }
    assert_eq!(
        there, generated,
        "they differ: `RESEAL_WRITE_TEMPLATE=1 cargo test -p reseal-tests --test permissions \
         template` writes them"
    );
}
