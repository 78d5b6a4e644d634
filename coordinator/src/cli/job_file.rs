//! `--job FILE`: what a command line says, in a file. Its keys are put before
//! what was typed as if they had been typed, so that flags, their syntax and
//! their contradictions are described in one place only.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory as _};
use saphyr::{ScalarStyle, Yaml, YamlLoader};
use saphyr_parser::Parser;

use super::args::Cli;
use super::meaning::{Meant, refuse};

/// The commands that take a job file. One file serves all of them.
const TAKERS: [&str; 3] = ["plan", "run", "submit"];
/// What stands for `SOURCE`.
const SOURCES: &str = "sources";
/// Where objects are. Typed sources replace the file's, of whatever kind.
const KINDS_OF_SOURCES: [&str; 4] = [SOURCES, "manifest", "keys", "bucket-tag"];
/// The longest file that is read, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// The command line with what its job file says, or as it is without one.
///
/// # Errors
/// When the file can't be read, or says what no command could be told.
pub(crate) fn with_job_file(typed: Vec<OsString>) -> Meant<Vec<OsString>> {
    let cli = Cli::command();
    // Whatever is wrong with the command line is told when all of it is there.
    let lenient = cli.clone().ignore_errors(true).try_get_matches_from(&typed);
    let Some((name, found)) = lenient.as_ref().ok().and_then(ArgMatches::subcommand) else {
        return Ok(typed);
    };
    if !TAKERS.contains(&name) {
        return Ok(typed);
    }
    let Some(path) = found.get_one::<PathBuf>("job_file") else { return Ok(typed) };
    let Some(command) = cli.find_subcommand(name) else { return Ok(typed) };
    let file = JobFile { path, cli: &cli, command, typed: found };
    let text = file.read()?;
    let said = file.flags(&text)?;
    let at = typed.iter().position(|word| word == name).map_or(typed.len(), |at| at + 1);
    let mut whole = typed;
    whole.splice(at..at, said.into_iter().map(OsString::from));
    Ok(whole)
}

struct JobFile<'a> {
    path: &'a Path,
    cli: &'a Command,
    /// The one that was typed.
    command: &'a Command,
    typed: &'a ArgMatches,
}

impl JobFile<'_> {
    fn refuse<T>(&self, why: impl std::fmt::Display) -> Meant<T> {
        refuse(format!("--job {}: {why}", self.path.display()))
    }

    fn read(&self) -> Meant<String> {
        match std::fs::metadata(self.path) {
            Ok(found) if found.len() > LONGEST => self.refuse("longer than 1 MiB"),
            Ok(_) => std::fs::read_to_string(self.path).or_else(|error| self.refuse(error)),
            Err(error) => self.refuse(error),
        }
    }

    /// As they would be typed.
    fn flags(&self, text: &str) -> Meant<Vec<String>> {
        // As written: numbers with leading zeros and times stay what they are.
        let mut loader = YamlLoader::<Yaml<'_>>::default();
        loader.early_parse(false);
        let parsed = Parser::new_from_str(text).load(&mut loader, true);
        if let Some(error) = parsed.err().or_else(|| loader.error().cloned()) {
            return self.refuse(error);
        }
        let documents = loader.into_documents();
        let [Yaml::Mapping(entries)] = documents.as_slice() else {
            return self.refuse("it must be one list of `key: value`");
        };
        let mut flags = Vec::new();
        for (key, value) in entries {
            let Yaml::Representation(key, ..) = key else {
                return self.refuse("a key must be the name of a flag");
            };
            let values = self.values(key, value)?;
            if let Some(flag) = self.flag(key)? {
                for value in values {
                    flags.extend(self.word(key, flag, value)?);
                }
            }
        }
        Ok(flags)
    }

    fn values(&self, key: &str, value: &Yaml<'_>) -> Meant<Vec<String>> {
        let text = |value: &Yaml<'_>| match value {
            Yaml::Representation(text, style, None) => {
                let null = *style == ScalarStyle::Plain && matches!(&**text, "" | "~" | "null");
                if null { self.refuse(format!("{key} has no value")) } else { Ok(text.to_string()) }
            }
            _ => self.refuse(format!("{key} must be a value or a list of values")),
        };
        match value {
            Yaml::Sequence(values) => values.iter().map(text).collect(),
            one => Ok(vec![text(one)?]),
        }
    }

    /// The flag of this command that a key stands for; `None` where it is one
    /// of the others', or was typed.
    fn flag(&self, key: &str) -> Meant<Option<&Arg>> {
        match key {
            "yes" => return self.refuse("yes: who confirms says so on the command line"),
            "job" => return self.refuse("job: a job file names no other"),
            _ => {}
        }
        let Some(flag) = named(self.command, key) else {
            let others = TAKERS.iter().filter_map(|name| self.cli.find_subcommand(name));
            return match others.into_iter().any(|other| named(other, key).is_some()) {
                true => Ok(None),
                false => self.refuse(format!(
                    "unknown key '{key}': keys are the long names of flags, and `{SOURCES}`"
                )),
            };
        };
        let replaced = match KINDS_OF_SOURCES.contains(&key) {
            true => KINDS_OF_SOURCES.iter().any(|kind| self.is_typed(kind)),
            false => self.is_typed(key),
        };
        Ok(Some(flag).filter(|_| !replaced))
    }

    fn is_typed(&self, key: &str) -> bool {
        let flag = named(self.command, key);
        let source = flag.and_then(|flag| self.typed.value_source(flag.get_id().as_str()));
        source == Some(ValueSource::CommandLine)
    }

    fn word(&self, key: &str, flag: &Arg, value: String) -> Meant<Option<String>> {
        match flag.get_action() {
            // No flag, whatever it looks like.
            _ if key == SOURCES && value.starts_with('-') => {
                self.refuse(format!("{SOURCES}: '{value}' is no source"))
            }
            _ if key == SOURCES => Ok(Some(value)),
            ArgAction::SetTrue => match value.as_str() {
                "true" => Ok(Some(format!("--{key}"))),
                "false" => Ok(None),
                _ => self.refuse(format!("{key} must be true or false")),
            },
            _ => Ok(Some(format!("--{key}={value}"))),
        }
    }
}

fn named<'a>(command: &'a Command, key: &str) -> Option<&'a Arg> {
    command.get_arguments().find(|arg| match key {
        SOURCES => arg.get_id() == SOURCES,
        key => arg.get_long() == Some(key) && !matches!(key, "help" | "version"),
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::args::{self, JobArgs};
    use super::*;

    struct File(PathBuf);

    impl Drop for File {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    fn file(name: &str, text: &str) -> File {
        let name = format!("reseal-job-file-{}-{name}.yaml", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).expect("written");
        File(path)
    }

    fn whole(file: &File, command: &str, typed: &[&str]) -> Meant<Vec<String>> {
        let path = file.0.to_str().expect("UTF-8");
        let words = ["reseal", command, "--job", path];
        let words = words.iter().chain(typed).map(OsString::from).collect();
        let whole = with_job_file(words)?;
        Ok(whole.into_iter().map(|word| word.into_string().expect("UTF-8")).collect())
    }

    fn job(file: &File, command: &str, typed: &[&str]) -> JobArgs {
        let whole = whole(file, command, typed).expect("understood");
        match Cli::try_parse_from(whole).expect("a command line").command {
            args::Command::Plan(plan) => plan.job,
            args::Command::Run(run) => run.job,
            args::Command::Submit(submit) => submit.job,
            other => panic!("{other:?}"),
        }
    }

    const WHOLE: &str = "\
sources:
  - s3://team-a-logs
  - s3://team-b-data/2024
sse: aws:kms
kms-key: 'alias/new'
bucket-key: false
only: [NOT-SSE, SSE-S3]
modified-before: 2026-11-21T00:00:00Z
trust-inventory: true
accept-unfenced-copies: false
bucket-owner: 011122223333
assume-role-arn:
  - team-a-*=arn:aws:iam::111122223333:role/reseal
rate: 500
fleet: big
priority: high
reader-role-arn: arn:aws:iam::111122223333:role/reader
";

    #[test]
    fn a_file_says_what_a_command_line_says() {
        let file = file("whole", WHOLE);
        for command in ["run", "plan", "submit"] {
            let job = job(&file, command, &[]);
            assert_eq!(job.sources.sources, ["s3://team-a-logs", "s3://team-b-data/2024"]);
            assert_eq!(job.target.kms_key.as_deref(), Some("alias/new"));
            assert_eq!((job.target.bucket_key, job.selection.only.len()), (Some(false), 2));
            assert_eq!(job.selection.modified_before.as_deref(), Some("2026-11-21T00:00:00Z"));
            assert!(job.behaviour.trust_inventory && !job.behaviour.accept_unfenced_copies);
            assert_eq!(job.connection.bucket_owner.as_deref(), Some("011122223333"));
            assert_eq!(job.accounts.assume_role_arn.len(), 1);
            assert_eq!(job.limits.rate, Some(500.0));
        }
        let submit = whole(&file, "submit", &[]).expect("understood");
        assert!(submit.contains(&"--fleet=big".to_owned()), "{submit:?}");
        assert!(submit.contains(&"--priority=high".to_owned()), "{submit:?}");
    }

    #[test]
    fn what_is_typed_wins() {
        let file = file("typed", WHOLE);
        let tagged = job(&file, "run", &["--bucket-tag", "a=b"]);
        assert!(tagged.sources.sources.is_empty(), "typed sources replace the file's");
        let typed = ["--rate", "7", "--only", "SSE-KMS", "--keys", "list.csv"];
        let job = job(&file, "run", &typed);
        assert_eq!((job.limits.rate, job.selection.only.len()), (Some(7.0), 1));
        assert!(job.sources.sources.is_empty(), "typed sources replace the file's");
        assert_eq!(job.sources.keys, [PathBuf::from("list.csv")]);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_files_name() {
        for (index, (text, why)) in [
            ("yes: true", "yes: who confirms"),
            ("job: other.yaml", "names no other"),
            ("sse: AES256\nshiny: 1", "unknown key 'shiny'"),
            ("sse: AES256\nsse: aws:kms", "duplicated key"),
            ("help: true", "unknown key 'help'"),
            ("sse:", "sse has no value"),
            ("rate: { a: 1 }", "rate must be a value"),
            ("trust-inventory: yes", "must be true or false"),
            ("sources: [--yes]", "'--yes' is no source"),
            ("- a\n- b", "one list of `key: value`"),
            ("a: [", ""),
            ("", "one list of `key: value`"),
        ]
        .into_iter()
        .enumerate()
        {
            let file = file(&format!("refused-{index}"), text);
            let error = whole(&file, "run", &[]).expect_err(text);
            let line = error.to_string();
            assert!(line.starts_with("--job ") && line.contains(why), "{text}: {line}");
            assert!(line.contains("reseal-job-file"), "{line}");
        }
        let gone = File(PathBuf::from("/nowhere/job.yaml"));
        assert!(whole(&gone, "run", &[]).is_err());
    }

    #[test]
    fn commands_without_a_job_file_are_left_as_they_are() {
        for words in [&["reseal", "run", "s3://b"][..], &["reseal", "status"], &["reseal"], &[]] {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            assert_eq!(with_job_file(words.clone()), Ok(words));
        }
    }
}
