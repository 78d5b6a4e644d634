//! What becomes of a bucket, by what was found there. Events and the daily
//! round lead here alike: which of them it was makes no difference.
//!
//! | tag        | our configuration      | so                                     |
//! |------------|------------------------|----------------------------------------|
//! | unreadable | any                    | nothing                                |
//! | there      | none                   | enable                                 |
//! | there      | as wanted              | the newest report, unless it is done   |
//! | there      | otherwise, same folder | the same, and it is said               |
//! | there      | delivers elsewhere     | nothing, and it is said                |
//! | gone       | delivers to our folder | disable                                |
//! | gone       | none, or elsewhere     | nothing                                |

/// Whether a bucket has the tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tagged {
    Yes,
    No,
    /// It may not be looked at, or isn't ours: why.
    Unknown(String),
}

/// The configuration `reseal` of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setup {
    None,
    /// As `serve` would write it.
    Wanted,
    /// It delivers to our folder, and differs in something else.
    Differs,
    /// It delivers somewhere else: another's, or of another time.
    Elsewhere,
}

/// What was found of one bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts<R> {
    /// Whether reports go there: it is never a source of reports itself.
    pub(crate) is_destination: bool,
    pub(crate) tagged: Tagged,
    pub(crate) setup: Setup,
    /// The newest whole report that isn't done yet. Looked for only where the
    /// tag and a configuration for our folder are there.
    pub(crate) due: Option<R>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed<R> {
    Enable,
    Disable,
    /// Census and plan, or the job.
    Handle(R),
    /// Nothing, and somebody should know.
    Say(String),
}

/// By the table above.
pub(crate) fn decide<R>(facts: Facts<R>) -> Vec<Deed<R>> {
    let Facts { is_destination, tagged, setup, due } = facts;
    if is_destination {
        return Vec::new();
    }
    let handle = due.map(Deed::Handle);
    match (tagged, setup) {
        (Tagged::Unknown(why), _) => vec![Deed::Say(why)],
        (Tagged::Yes, Setup::None) => vec![Deed::Enable],
        (Tagged::Yes, Setup::Wanted) => handle.into_iter().collect(),
        (Tagged::Yes, Setup::Differs) => {
            let say = "its configuration `reseal` differs from what serve would write; \
                       `reseal inventory enable --replace` brings it there";
            [Deed::Say(say.to_owned())].into_iter().chain(handle).collect()
        }
        (Tagged::Yes, Setup::Elsewhere) => {
            let say = "its configuration `reseal` delivers somewhere else than --to: left alone";
            vec![Deed::Say(say.to_owned())]
        }
        (Tagged::No, Setup::Wanted | Setup::Differs) => vec![Deed::Disable],
        (Tagged::No, Setup::None | Setup::Elsewhere) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(tagged: Tagged, setup: Setup, due: Option<u8>) -> Vec<Deed<u8>> {
        decide(Facts { is_destination: false, tagged, setup, due })
    }

    fn only_says(deeds: &[Deed<u8>]) -> bool {
        matches!(deeds, [Deed::Say(_)])
    }

    #[test]
    fn every_row_of_the_table() {
        let all = [Setup::None, Setup::Wanted, Setup::Differs, Setup::Elsewhere];
        for setup in all {
            let unknown = Tagged::Unknown("why".to_owned());
            assert!(only_says(&decided(unknown, setup, Some(1))), "{setup:?}");
        }
        let (yes, no) = (|| Tagged::Yes, || Tagged::No);
        assert_eq!(decided(yes(), Setup::None, Some(1)), [Deed::Enable]);
        assert_eq!(decided(yes(), Setup::Wanted, Some(1)), [Deed::Handle(1)]);
        assert_eq!(decided(yes(), Setup::Wanted, None), []);
        assert!(matches!(
            decided(yes(), Setup::Differs, Some(1))[..],
            [Deed::Say(_), Deed::Handle(1)]
        ));
        assert!(only_says(&decided(yes(), Setup::Elsewhere, Some(1))));
        assert_eq!(decided(no(), Setup::Wanted, Some(1)), [Deed::Disable]);
        assert_eq!(decided(no(), Setup::Differs, None), [Deed::Disable]);
        assert_eq!(decided(no(), Setup::Elsewhere, Some(1)), []);
        assert_eq!(decided(no(), Setup::None, Some(1)), []);
    }

    #[test]
    fn the_destination_is_never_a_source() {
        for tagged in [Tagged::Yes, Tagged::No] {
            for setup in [Setup::None, Setup::Wanted, Setup::Differs, Setup::Elsewhere] {
                let due = Some(1);
                let facts = Facts { is_destination: true, tagged: tagged.clone(), setup, due };
                assert_eq!(decide(facts), []);
            }
        }
    }
}
