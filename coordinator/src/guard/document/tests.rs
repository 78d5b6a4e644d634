//! Foreign bytes survive, or the document is refused.

use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};

use super::*;

const OURS: &str = r#"{"Sid":"ResealTlsOnly","Effect":"Deny"}"#;
const SID: &str = "ResealTlsOnly";

fn with(text: &str, sid: &str, statement: &str) -> String {
    Document::parse(text).expect("a policy").with(sid, statement).expect("edited")
}

fn without(text: &str) -> Option<String> {
    Document::parse(text).expect("a policy").without(&[SID])
}

#[test]
fn a_statement_goes_behind_the_others_with_their_white_space() {
    let text = "{\n  \"Statement\": [\n    {\"Sid\":\"a\"},\n    {\"Sid\":\"b\"}\n  ]\n}\n";
    let edited = with(text, SID, OURS);
    let expected = text.replace("{\"Sid\":\"b\"}", &format!("{{\"Sid\":\"b\"}},\n    {OURS}"));
    assert_eq!(edited, expected);
    assert_eq!(without(&edited).as_deref(), Some(text));
}

#[test]
fn ours_is_replaced_where_it_stands_and_removed_from_anywhere() {
    let sids = |text: &str| -> Vec<Option<String>> {
        Document::parse(text).expect("ok").statements.into_iter().map(|f| f.sid).collect()
    };
    for place in 0..3 {
        let mut list = vec!["{\"Sid\" : \"x\"}", "{ \"Sid\":\"\\u0079\" }"];
        list.insert(place, "{\"Sid\":\"\\u0052esealTlsOnly\", \"Effect\":\"Allow\"}");
        let text = format!("{{\"Statement\":[ {} ],\"Id\":\"[,]\"}}", list.join(" ,\t"));
        let replaced = with(&text, SID, OURS);
        assert_eq!(replaced, text.replace(list[place], OURS), "{place}");
        let removed = without(&replaced).expect("others are left");
        assert_eq!(sids(&removed), [Some("x".to_owned()), Some("y".to_owned())], "{removed}");
        assert!(removed.contains("{\"Sid\" : \"x\"}") && removed.contains("\\u0079"), "{removed}");
    }
}

#[test]
fn a_lone_statement_gets_a_list_and_ours_alone_leaves_nothing() {
    let text = "{\"Version\":\"2012-10-17\", \"Statement\" : {\"Sid\":\"a\"} }";
    let edited = with(text, SID, OURS);
    assert_eq!(edited, text.replace("{\"Sid\":\"a\"}", &format!("[{{\"Sid\":\"a\"}},{OURS}]")));
    let removed = without(&edited).expect("one is left");
    assert!(same_but_for_form(&removed, text), "{removed}");
    assert!(!same_but_for_form(&removed, &text.replace("\"a\"", "\"A\"")));
    assert_eq!(without(&format!("{{\"Statement\":{OURS}}}")), None);
    assert_eq!(without(&format!("{{\"Statement\":[{OURS},{OURS}]}}")), None);
}

#[test]
fn what_could_mean_something_else_is_refused() {
    for (text, why) in [
        ("", "JSON"),
        ("[]", "JSON"),
        ("{\"Statement\":[{}]} x", "JSON"),
        ("\u{feff}{\"Statement\":[{}]}", "JSON"),
        ("{}", "no Statement"),
        ("{\"Statement\":[]}", "empty"),
        ("{\"Statement\":[1]}", "isn't an object"),
        ("{\"Statement\":\"x\"}", "isn't an object"),
        ("{\"statement\":[{}]}", "it says statement, not Statement"),
        ("{\"Statement\":[{}],\"Statement\":[{}]}", "it says Statement twice"),
        ("{\"Statement\":[{}],\"\\u0053tatement\":{}}", "it says Statement twice"),
        ("{\"Statement\":[{\"Sid\":\"a\",\"Sid\":\"b\"}]}", "it says Sid twice"),
        ("{\"Statement\":[{\"Sid\":7}]}", "isn't a text"),
    ] {
        let error = Document::parse(text).expect_err(text).to_string();
        assert!(error.contains(why) && !error.contains('\n'), "{text}: {error}");
    }
    let twice = format!("{{\"Statement\":[{OURS},{OURS}]}}");
    assert!(Document::parse(&twice).expect("a policy").with(SID, OURS).is_err());
}

#[test]
fn lists_of_one_and_order_mean_nothing_values_do() {
    assert!(same_meaning(r#"{"a":["x"],"b":["1","2"]}"#, r#"{ "b":["2","1"], "a":"x" }"#));
    assert!(same_meaning(r#"{"a":true}"#, r#"{"a":"true"}"#));
    assert!(!same_meaning(r#"{"a":["x","y"]}"#, r#"{"a":"x"}"#));
    assert!(!same_meaning("{", "{ "));
}

fn space() -> impl Strategy<Value = String> {
    prop::collection::vec(prop_oneof![Just(' '), Just('\n'), Just('\t'), Just('\r')], 0..3)
        .prop_map(|all| all.into_iter().collect())
}

/// A JSON text in any spelling.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-Z0-9:/*]{1,6}",
        Just("\\\"".to_owned()),
        Just("\\\\".to_owned()),
        Just("\\u00e9".to_owned()),
        Just("é[{,]}".to_owned()),
        Just("Statement".to_owned()),
        Just("ResealTlsOnly".to_owned()),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|all| format!("\"{}\"", all.concat()))
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![text(), Just("true".to_owned()), Just("-1.50e+3".to_owned())];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let item = (space(), inner, space()).prop_map(|(a, v, b)| format!("{a}{v}{b}")).boxed();
        let member = (text(), item.clone()).prop_map(|(k, v)| format!("{k}:{v}"));
        prop_oneof![
            prop::collection::vec(item, 0..3).prop_map(|all| format!("[{}]", all.join(","))),
            // Doubled keys included: nobody asks us to judge them.
            prop::collection::vec(member, 0..3).prop_map(|all| format!("{{{}}}", all.join(","))),
        ]
    })
}

fn statement() -> impl Strategy<Value = String> {
    let sid = prop_oneof![
        Just(String::new()),
        "[a-z]{0,5}".prop_map(|sid| format!("\"Sid\" :\"{sid}\",")),
    ];
    (space(), sid, value(), space())
        .prop_map(|(a, sid, v, b)| format!("{{{a}{sid}\"Condition\":{v}{b}}}"))
}

fn policy() -> impl Strategy<Value = (String, Vec<String>)> {
    let list = prop::collection::vec((space(), statement(), space()), 1..5);
    (space(), value(), list, any::<bool>(), any::<bool>(), space()).prop_map(
        |(a, extra, list, lone, last, b)| {
            let foreign: Vec<String> = list.iter().map(|(_, s, _)| s.clone()).collect();
            if lone {
                let text = format!("{a}{{\"Id\":{extra},{b}\"Statement\":{b}{}{a}}}", foreign[0]);
                return (text, foreign[..1].to_vec());
            }
            let list: Vec<String> = list.iter().map(|(x, s, y)| format!("{x}{s}{y}")).collect();
            let member = format!("\"Statement\"{b}:{a}[{}]", list.join(","));
            let extra = format!("\"Id\"{a}:{extra}");
            let (one, two) = if last { (extra, member) } else { (member, extra) };
            (format!("{a}{{{b}{one}{b},{two}{a}}}{b}"), foreign)
        },
    )
}

proptest! {
    #[test]
    fn what_goes_in_comes_out_again_and_nothing_else_moves((text, foreign) in policy()) {
        let other = r#"{"Sid":"ResealDenyCustomerKeys"}"#;
        let once = with(&text, SID, OURS);
        let both = with(&once, "ResealDenyCustomerKeys", other);
        assert_eq!(with(&both, SID, OURS), both, "twice is once");
        let document = Document::parse(&both).expect("still a policy");
        let found: Vec<&str> =
            document.statements.iter().map(|f| &both[f.place.clone()]).collect();
        let mut expected: Vec<&str> = foreign.iter().map(String::as_str).collect();
        expected.extend([OURS, other]);
        assert_eq!(found, expected);
        assert!(serde_json::from_str::<serde_json::Value>(&both).is_ok());
        let out = document.without(&[SID, "ResealDenyCustomerKeys"]).expect("foreign ones stay");
        if Document::parse(&text).expect("a policy").is_list {
            assert_eq!(out, text);
        }
        assert!(same_but_for_form(&out, &text), "{out}");
    }
}
