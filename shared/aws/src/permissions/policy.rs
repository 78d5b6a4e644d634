//! A role's policy, as a resource of the stack's template.
//!
//! YAML is written by hand here: a document of this one shape, whose short
//! forms (`!Sub`, `!GetAtt`, `!If`) no serialiser writes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::{Need, Place, Role, actions, needs};

/// What IAM takes as one managed policy, in characters without white space.
pub const MANAGED_POLICY_LIMIT: usize = 6_144;

/// Where a place is: scalars of YAML, and a condition, of YAML too.
struct Where {
    resources: Resources,
    condition: Option<&'static str>,
    /// Why it is as wide as it is.
    reason: Option<&'static str>,
}

enum Resources {
    Each(&'static [&'static str]),
    /// A parameter of the stack that is a list.
    All(&'static str),
}

const ANY_BUCKET: &str = "!Sub 'arn:${AWS::Partition}:s3:::*'";
const ANY_OBJECT: &str = "!Sub 'arn:${AWS::Partition}:s3:::*/*'";
const ANY_SCRATCH: &str = "!Sub 'arn:${AWS::Partition}:s3:::*/.reseal-probe/*'";
const ALL_OF_WORK: &str = "!Sub '${WorkBucket.Arn}/*'";
const OURS: &str = "{ StringEquals: { 'aws:ResourceAccount': !Ref AWS::AccountId } }";
const THROUGH_S3: &str =
    "{ StringEquals: { 'kms:ViaService': !Sub 's3.${AWS::Region}.${AWS::URLSuffix}' } }";
const KEY: &str = "!If [CreateKey, !GetAtt Key.Arn, !Ref KMSKeyId]";
const TAGGED: &str = "Buckets are told by their tag, which changes while the stack stands; other accounts' are left out.";

fn place_of(place: Place) -> Where {
    let (resources, condition, reason): (&[&str], _, _) = match place {
        Place::BucketRoles => {
            let resources = Resources::All("!Ref BucketRoleArns");
            return Where { resources, condition: None, reason: None };
        }
        Place::Account => (&["'*'"], None, Some("The action knows no resource.")),
        Place::Buckets => (&[ANY_BUCKET], Some(OURS), Some(TAGGED)),
        Place::Objects => (&[ANY_OBJECT], Some(OURS), Some(TAGGED)),
        Place::Scratch => (&[ANY_SCRATCH], Some(OURS), Some(TAGGED)),
        Place::WorkBucket => (&["!GetAtt WorkBucket.Arn"], None, None),
        Place::Files => (&["!Sub '${WorkBucket.Arn}/fleet/*'"], None, None),
        Place::Reports => (&["!Sub '${WorkBucket.Arn}/inventory/*'"], None, None),
        Place::Plans => (&["!Sub '${WorkBucket.Arn}/plans/*'"], None, None),
        Place::TargetKey => (&[KEY], None, None),
        Place::TargetThroughS3 => (&[KEY], Some(THROUGH_S3), None),
        Place::OldKeysThroughS3 => (
            &["!Sub 'arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/*'"],
            Some(THROUGH_S3),
            Some("Which keys objects lie under until now is found out by looking at them."),
        ),
        Place::Table => (&["!GetAtt Table.Arn", "!Sub '${Table.Arn}/index/*'"], None, None),
        Place::Queues => (
            &["!GetAtt HighQueue.Arn", "!GetAtt NormalQueue.Arn", "!GetAtt LowQueue.Arn"],
            None,
            None,
        ),
        Place::AllQueues => (
            &[
                "!GetAtt HighQueue.Arn",
                "!GetAtt NormalQueue.Arn",
                "!GetAtt LowQueue.Arn",
                "!GetAtt DeadQueue.Arn",
            ],
            None,
            None,
        ),
        Place::Events => (&["!GetAtt EventsQueue.Arn"], None, None),
        Place::Stack => (&["!Ref AWS::StackId"], None, None),
        Place::Task => (
            &[
                "!Sub 'arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:task/${Cluster}/*'",
            ],
            None,
            None,
        ),
    };
    Where { resources: Resources::Each(resources), condition, reason }
}

/// What nobody of the fleet may, whatever else he is allowed by mistake: to
/// delete, to get around a lock, to change how buckets are protected, or to
/// take a key away.
const NEVER: &[&str] = &[
    "kms:CancelKeyDeletion",
    "kms:CreateGrant",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
    "s3:BypassGovernanceRetention",
    "s3:DeleteBucket",
    "s3:PutBucketAcl",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
];
const DELETES: &[&str] = &["s3:DeleteObject", "s3:DeleteObjectVersion"];
const POLICIES: &[&str] = &["s3:DeleteBucketPolicy", "s3:PutBucketPolicy"];
/// Inventory reports, what was made of them, and what is told of jobs.
const BELIEVED: &[&str] = &[
    "!Sub '${WorkBucket.Arn}/inventory/*'",
    "!Sub '${WorkBucket.Arn}/plans/*'",
    "!Sub '${WorkBucket.Arn}/reports/*'",
];
const WRITES: &[&str] = &["s3:PutObject", "s3:UpdateObjectEncryption"];

/// What a denial is about.
enum About {
    Everything,
    EverythingBut(&'static [&'static str]),
    Only(&'static [&'static str]),
}

/// Its name, the actions that it denies, and on what.
type Denial = (&'static str, &'static [&'static str], About);

fn denials(role: Role) -> Vec<Denial> {
    use About::{Everything, EverythingBut, Only};
    match role {
        Role::Worker => vec![
            ("Never", NEVER, Everything),
            ("NoDeletes", DELETES, Everything),
            ("NoPolicies", POLICIES, Everything),
            // The coordinator believes what is there.
            ("NoForgedReports", WRITES, Only(BELIEVED)),
        ],
        Role::Coordinator => vec![
            ("Never", NEVER, Everything),
            ("NoDeletes", DELETES, EverythingBut(&[ANY_SCRATCH])),
            ("NoWritesToData", WRITES, EverythingBut(&[ANY_SCRATCH, ALL_OF_WORK])),
            ("NoPolicies", POLICIES, EverythingBut(&["!GetAtt WorkBucket.Arn"])),
        ],
        Role::Auditor => vec![
            ("Never", NEVER, Everything),
            ("NoDeletes", DELETES, Everything),
            ("NoWrites", WRITES, Everything),
            ("NoPolicies", POLICIES, Everything),
        ],
    }
}

/// The role's policy: a resource of the template, indented by two spaces.
///
/// # Panics
/// When a role needs an operation that has no actions in the table.
#[must_use]
pub fn managed_policy(role: Role) -> String {
    let mut yaml = String::new();
    let name = role.name();
    let head = format!(
        "  {name}Policy:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n"
    );
    yaml.push_str(&head);
    for ((place, condition), actions) in allowed(role) {
        allow(&mut yaml, place, condition, &actions);
    }
    for (sid, actions, about) in denials(role) {
        deny(&mut yaml, sid, actions, &about);
    }
    yaml
}

/// A statement for each place and condition.
fn allowed(role: Role) -> BTreeMap<(Place, Option<&'static str>), BTreeSet<&'static str>> {
    let mut statements: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for Need { place, condition, operations } in needs(role) {
        for operation in *operations {
            let actions = actions(operation, *place)
                .unwrap_or_else(|| panic!("{operation} has no actions in the table"));
            statements.entry((*place, *condition)).or_default().extend(actions);
        }
    }
    statements.retain(|_, actions| !actions.is_empty());
    statements
}

fn allow(
    yaml: &mut String,
    place: Place,
    condition: Option<&'static str>,
    actions: &BTreeSet<&'static str>,
) {
    let there = place_of(place);
    let margin = if condition.is_some() { "            " } else { "          " };
    if let Some(condition) = condition {
        let _ = writeln!(yaml, "          - !If\n            - {condition}");
    }
    let actions: Vec<&str> = actions.iter().copied().collect();
    let _ = writeln!(yaml, "{margin}- Sid: {place:?}");
    let _ = writeln!(yaml, "{margin}  Effect: Allow");
    list(yaml, margin, "Action", &actions);
    if let Some(reason) = there.reason {
        let _ = writeln!(yaml, "{margin}  # {reason}");
    }
    match there.resources {
        Resources::Each(resources) => list(yaml, margin, "Resource", resources),
        Resources::All(parameter) => {
            let _ = writeln!(yaml, "{margin}  Resource: {parameter}");
        }
    }
    if let Some(condition) = there.condition {
        let _ = writeln!(yaml, "{margin}  Condition: {condition}");
    }
    if condition.is_some() {
        yaml.push_str("            - !Ref AWS::NoValue\n");
    }
}

fn deny(yaml: &mut String, sid: &str, actions: &[&str], about: &About) {
    let margin = "          ";
    let _ = writeln!(yaml, "{margin}- Sid: {sid}");
    let _ = writeln!(yaml, "{margin}  Effect: Deny");
    list(yaml, margin, "Action", actions);
    match about {
        About::Everything => {
            let _ = writeln!(yaml, "{margin}  # Whatever it is about: this takes away.");
            list(yaml, margin, "Resource", &["'*'"]);
        }
        About::EverythingBut(except) => list(yaml, margin, "NotResource", except),
        About::Only(places) => list(yaml, margin, "Resource", places),
    }
}

fn list(yaml: &mut String, margin: &str, name: &str, items: &[&str]) {
    let _ = writeln!(yaml, "{margin}  {name}:");
    for item in items {
        let _ = writeln!(yaml, "{margin}    - {item}");
    }
}
