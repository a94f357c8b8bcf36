//! The key in a real keychain of Linux: gnome-keyring on a message bus of its own.

use std::sync::mpsc;

use tempfile::TempDir;

use super::{
    keychain::{self, Refusal, within_limit},
    *,
};

#[test]
fn a_key_survives_being_written_down() {
    let key = DatabaseKey::random().unwrap();
    let again = DatabaseKey::from_hex(key.to_hex().as_bytes()).unwrap();
    assert_eq!(again.0, key.0);
    assert_ne!(DatabaseKey::random().unwrap().0, key.0);
}

/// The value in `instance.json` of installations that exist: it must never come out otherwise.
#[test]
fn the_check_value_of_a_key_stays_what_it_is() {
    let key = DatabaseKey(Zeroizing::new([7; 32]));
    assert_eq!(key.check_value(), "61d0c8c1d973902e");
}

#[test]
fn a_keychain_that_does_not_answer_is_given_up_in_time() {
    let (hold, held) = mpsc::channel::<()>();
    let limit = Duration::from_millis(50);
    let answer = within_limit(limit, move || Ok(held.recv().is_ok()));
    assert!(matches!(answer, Err(Refusal::Silent)));
    drop(hold);
}

#[test]
fn a_keychain_that_crashes_is_no_crash_of_ours() {
    let answer = within_limit(LIMIT, || -> Result<(), Refusal> { panic!("on purpose") });
    assert!(matches!(answer, Err(Refusal::Silent)));
}

#[cfg(target_os = "linux")]
mod gnome_keyring {
    use std::process::Command;

    use super::*;

    /// A home with a keychain in it, which stays from one session to the next.
    struct Desktop {
        home: TempDir,
        data: TempDir,
    }

    /// How the message bus starts the keychain when it is first asked for.
    const UNLOCKED: &str = "printf pass | gnome-keyring-daemon -f --unlock --components=secrets";
    const LOCKED: &str = "gnome-keyring-daemon -f --start --components=secrets";
    /// The start fails: there is no keychain.
    const NONE: &str = "exit 1";
    /// The prompt of the keychain never comes: as if the person had gone to lunch.
    const NO_ANSWER: &str = "sleep 5";

    const BUS: &str = r#"<busconfig>
        <type>session</type>
        <listen>unix:tmpdir=/tmp</listen>
        <servicedir>HOME</servicedir>
        <policy context="default">
          <allow send_destination="*" eavesdrop="true"/>
          <allow eavesdrop="true"/>
          <allow own="*"/>
        </policy>
      </busconfig>"#;

    impl Desktop {
        fn new() -> Self {
            let desktop = Self {
                home: tempfile::tempdir().unwrap(),
                data: tempfile::tempdir().unwrap(),
            };
            let bus = BUS.replace("HOME", &desktop.home.path().display().to_string());
            fs::write(desktop.home.path().join("bus.conf"), bus).unwrap();
            desktop.serve("org.gnome.keyring.SystemPrompter", NO_ANSWER);
            desktop
        }

        /// Tell the message bus how to start a service.
        fn serve(&self, name: &str, script: &str) {
            let file = |extension: &str| self.home.path().join(format!("{name}.{extension}"));
            fs::write(file("sh"), script).unwrap();
            let start = format!("/bin/sh {}", file("sh").display());
            let service = format!("[D-BUS Service]\nName={name}\nExec={start}\n");
            fs::write(file("service"), service).unwrap();
        }

        /// The same keychain, and a data folder that was never used.
        fn with_new_data_folder(self) -> Self {
            Self {
                data: tempfile::tempdir().unwrap(),
                ..self
            }
        }

        /// One session of a person at a screen: ask this keychain for the key.
        fn session(&self, keychain: &str) -> String {
            said(self.command(keychain).env("DISPLAY", ":404"))
        }

        fn command(&self, keychain: &str) -> Command {
            self.serve("org.freedesktop.secrets", keychain);
            let mut command = Command::new("dbus-run-session");
            command
                .arg(format!(
                    "--config-file={}",
                    self.home.path().join("bus.conf").display()
                ))
                .arg("--")
                .arg(std::env::current_exe().unwrap());
            self.ask(command)
        }

        /// Let this test program ask for the key, at home here and without a screen.
        fn ask(&self, mut program: Command) -> Command {
            let child = "secrets::tests::gnome_keyring::child_asks_for_the_key";
            program
                .args(["--exact", child, "--ignored", "--nocapture"])
                .env("HOME", self.home.path())
                .env("XDG_RUNTIME_DIR", self.home.path())
                .env("XDG_DATA_HOME", self.home.path().join("share"))
                .env("GATEHOUSE_TEST_FOLDER", self.data.path())
                .env_remove("DISPLAY")
                .env_remove("WAYLAND_DISPLAY")
                .env_remove("DBUS_SESSION_BUS_ADDRESS");
            program
        }

        fn key_file(&self) -> std::path::PathBuf {
            self.data.path().join("database.key")
        }
    }

    fn said(command: &mut Command) -> String {
        let output = command
            .output()
            .expect("dbus-run-session runs because the tests' set-up installs it");
        let text = String::from_utf8_lossy(&output.stdout);
        let (_, answer) = text
            .split_once("ANSWER ")
            .unwrap_or_else(|| panic!("the session failed: {output:?}"));
        answer.lines().next().unwrap_or_default().to_string()
    }

    #[test]
    #[ignore = "another test starts it in a session of its own"]
    fn child_asks_for_the_key() {
        let path = std::env::var_os("GATEHOUSE_TEST_FOLDER").unwrap();
        let folder = DataFolder::resolve(Some(Path::new(&path))).unwrap();
        // The limit is for what a person is to do, and not for the bus, which has a keychain to start first.
        drop(keychain::keychain());
        let begun = std::time::Instant::now();
        let key = within(&folder, KeyHome::Keychain, Duration::from_secs(2));
        if std::env::var_os("GATEHOUSE_TEST_TOOK").is_some() {
            println!("\nANSWER took {}", begun.elapsed().as_millis());
            return;
        }
        match key {
            Ok((key, home)) if std::env::var_os("GATEHOUSE_TEST_ACCOUNT").is_none() => {
                println!("\nANSWER {home:?} {}", key.check_value());
            }
            Ok(_) => println!("\nANSWER {}", provider_key(&folder)),
            Err(error) => println!("\nANSWER {error:?}"),
        }
    }

    const PROVIDER_KEY: &str = "sk-test-in-the-keychain";

    /// What is there for an account, after doing what the test asks for.
    fn provider_key(folder: &DataFolder) -> String {
        let keys = ProviderKeys::of(folder);
        let account = std::env::var("GATEHOUSE_TEST_ACCOUNT").unwrap();
        let account = account.parse().unwrap();
        match std::env::var("GATEHOUSE_TEST_DEED").unwrap().as_str() {
            "set" => keys.set(account, PROVIDER_KEY.to_owned().into()).unwrap(),
            "forget" => keys.forget(account).unwrap(),
            _ => {}
        }
        match keys.get(account) {
            Ok(key) => format!("the key {}", *key),
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn the_key_of_a_provider_is_in_the_keychain_and_nowhere_else() {
        let desktop = Desktop::new();
        let account = crate::ids::AccountId::new().to_string();
        let session = |deed| {
            let mut command = desktop.command(UNLOCKED);
            command
                .env("DISPLAY", ":404")
                .env("GATEHOUSE_TEST_ACCOUNT", &account)
                .env("GATEHOUSE_TEST_DEED", deed);
            said(&mut command)
        };
        assert_eq!(session("get"), "None", "there is none yet");
        let kept = format!("the key {PROVIDER_KEY}");
        assert_eq!(session("set"), kept);
        assert_eq!(session("get"), kept, "it is there in the next session");
        for entry in fs::read_dir(desktop.data.path()).unwrap() {
            let path = entry.unwrap().path();
            assert!(
                path.file_name().is_some_and(|name| name != "keys"),
                "no file has it"
            );
            if path.is_file() {
                let bytes = fs::read(&path).unwrap();
                let found = bytes
                    .windows(PROVIDER_KEY.len())
                    .any(|part| part == PROVIDER_KEY.as_bytes());
                assert!(!found, "{} has the key", path.display());
            }
        }
        assert_eq!(session("forget"), "None");
        assert_eq!(session("forget"), "None", "forgetting twice does no harm");
    }

    #[test]
    fn an_unlocked_keychain_keeps_the_key_from_session_to_session() {
        let desktop = Desktop::new();
        let first = desktop.session(UNLOCKED);
        assert!(first.starts_with("Keychain "), "{first}");
        assert_eq!(desktop.session(UNLOCKED), first);
        assert!(!desktop.key_file().exists());
    }

    #[test]
    fn a_locked_keychain_is_said_in_time_and_works_when_it_is_unlocked() {
        let desktop = Desktop::new();
        let first = desktop.session(UNLOCKED);
        let locked = desktop.session(LOCKED);
        assert!(locked.starts_with("KeychainLocked"), "{locked}");
        assert!(
            locked.contains("in time"),
            "the prompt is still on the screen: {locked}"
        );
        assert_eq!(desktop.session(UNLOCKED), first);
    }

    #[test]
    fn a_first_start_with_a_locked_keychain_makes_nothing_and_can_be_tried_again() {
        let desktop = Desktop::new();
        let _ = desktop.session(UNLOCKED);
        let desktop = desktop.with_new_data_folder();
        let locked = desktop.session(LOCKED);
        assert!(locked.starts_with("KeychainLocked"), "{locked}");
        assert!(!desktop.key_file().exists());
        assert!(!desktop.data.path().join("instance.json").exists());
        let unlocked = desktop.session(UNLOCKED);
        assert!(unlocked.starts_with("Keychain "), "{unlocked}");
    }

    #[test]
    fn a_locked_keychain_on_a_server_without_a_screen_is_as_good_as_none() {
        let desktop = Desktop::new();
        let _ = desktop.session(UNLOCKED);
        let desktop = desktop.with_new_data_folder();
        let first = said(&mut desktop.command(LOCKED));
        assert!(first.starts_with("File "), "{first}");
    }

    #[test]
    fn without_a_keychain_the_key_goes_into_a_file_and_stays_there() {
        let desktop = Desktop::new();
        let first = desktop.session(NONE);
        assert!(first.starts_with("File "), "{first}");
        assert!(desktop.key_file().exists());
        assert_eq!(
            desktop.session(UNLOCKED),
            first,
            "a keychain that comes later is not used"
        );
    }

    #[test]
    fn a_file_that_says_that_keys_are_in_files_does_not_hide_those_in_the_keychain() {
        let desktop = Desktop::new();
        let first = desktop.session(UNLOCKED);
        let file = desktop.data.path().join("instance.json");
        let real = fs::read_to_string(&file).unwrap();
        let edited = real.replace("\"keychain\"", "\"file\"");
        assert_ne!(edited, real);
        fs::write(&file, edited).unwrap();
        // With a key of the attacker's beside it.
        fs::write(desktop.key_file(), "07".repeat(32)).unwrap();
        let refused = desktop.session(UNLOCKED);
        assert!(refused.starts_with("Downgraded"), "{refused}");
        fs::write(&file, real).unwrap();
        assert_eq!(desktop.session(UNLOCKED), first, "as the words say");
    }

    #[test]
    fn without_a_keychain_the_look_into_it_is_over_at_once() {
        let desktop = Desktop::new();
        assert!(desktop.session(NONE).starts_with("File "));
        let mut command = desktop.ask(Command::new(std::env::current_exe().unwrap()));
        let took = said(command.env("GATEHOUSE_TEST_TOOK", "1"));
        let milliseconds: u128 = took.trim_start_matches("took ").parse().unwrap();
        assert!(
            milliseconds < GLANCE.as_millis(),
            "nobody waits for an answer that cannot come: {took}"
        );
    }

    #[test]
    fn without_a_message_bus_the_key_goes_into_a_file() {
        let desktop = Desktop::new();
        let mut command = desktop.ask(Command::new(std::env::current_exe().unwrap()));
        command.env("DISPLAY", ":404");
        let first = said(&mut command);
        assert!(first.starts_with("File "), "{first}");
    }

    #[test]
    fn a_keychain_that_is_gone_is_told_from_a_key_that_is_gone() {
        let desktop = Desktop::new();
        assert!(desktop.session(UNLOCKED).starts_with("Keychain "));
        let gone = desktop.session(NONE);
        assert!(gone.starts_with("KeychainMissing"), "{gone}");
        let other_home = Desktop {
            data: desktop.data,
            ..Desktop::new()
        };
        let missing = other_home.session(UNLOCKED);
        assert!(missing.starts_with("KeyMissing"), "{missing}");
    }
}
