//! The scanner as a whole: families, hidden numbers, hostile texts, time.

use std::{sync::LazyLock, time::Instant};

use proptest::prelude::*;

use super::*;

static ALL: LazyLock<Scanner> = LazyLock::new(|| Scanner::new(Options::default()).unwrap());

/// Type and text of everything found.
fn found(text: &str) -> Vec<(String, String)> {
    let found = ALL.scan(text);
    let pair = |finding: &Finding| {
        (
            finding.kind.name().to_owned(),
            text[finding.bytes.clone()].to_owned(),
        )
    };
    found.iter().map(pair).collect()
}

/// Check that each text holds exactly this, as `TYPE=text`.
pub(super) fn expect(cases: &[(&str, &[&str])]) {
    for (text, expected) in cases {
        let seen: Vec<_> = found(text)
            .into_iter()
            .map(|(kind, part)| format!("{kind}={part}"))
            .collect();
        assert_eq!(seen, *expected, "in {text}");
    }
}

#[test]
fn cards_of_all_schemes_are_found_and_wrong_ones_are_not() {
    expect(&[
        (
            "Visa 4111 1111 1111 1111",
            &["CREDIT_CARD=4111 1111 1111 1111"],
        ),
        ("4111-1111-1111-1112 is no card", &[]),
        (
            "378282246310005, 3782 822463 10005",
            &[
                "CREDIT_CARD=378282246310005",
                "CREDIT_CARD=3782 822463 10005",
            ],
        ),
        (
            "5555555555554444 2223003122003222",
            &[
                "CREDIT_CARD=5555555555554444",
                "CREDIT_CARD=2223003122003222",
            ],
        ),
        (
            "6011111111111117 30569309025904",
            &["CREDIT_CARD=6011111111111117", "CREDIT_CARD=30569309025904"],
        ),
        (
            "3530111333300000 6240008631401148",
            &[
                "CREDIT_CARD=3530111333300000",
                "CREDIT_CARD=6240008631401148",
            ],
        ),
        (
            "card 6759649826438453, card 501800000009",
            &["CREDIT_CARD=6759649826438453", "CREDIT_CARD=501800000009"],
        ),
        ("4917610000000000003", &["CREDIT_CARD=4917610000000000003"]),
    ]);
}

#[test]
fn banks_are_found_by_registry_and_by_word() {
    expect(&[
        (
            "DE89370400440532013000",
            &["IBAN_CODE=DE89370400440532013000"],
        ),
        (
            "GB29 NWBK 6016 1331 9268 19.",
            &["IBAN_CODE=GB29 NWBK 6016 1331 9268 19"],
        ),
        ("no93 8601 1117 947", &["IBAN_CODE=no93 8601 1117 947"]),
        ("DE88370400440532013000", &[]),
        ("ZZ89370400440532013000", &[]),
        ("BIC: COBADEFFXXX", &["BIC_CODE=COBADEFFXXX"]),
        ("COBADEFFXXX without a word; SWIFT is fast", &[]),
    ]);
}

#[test]
fn phones_are_found_by_number_plan_form_or_word() {
    expect(&[
        ("+49 171 1234567", &["PHONE_NUMBER=+49 171 1234567"]),
        ("+44 (0)20 7946 0958", &["PHONE_NUMBER=+44 (0)20 7946 0958"]),
        ("(+33) 1 23 45 67 89", &["PHONE_NUMBER=(+33) 1 23 45 67 89"]),
        (
            "+1-212-555-0134 ext. 12",
            &["PHONE_NUMBER=+1-212-555-0134 ext. 12"],
        ),
        ("+999 12 345 678, 0 0 4 9", &[]),
        (
            "(212) 555-0134, 212.555.0134x99",
            &[
                "PHONE_NUMBER=(212) 555-0134",
                "PHONE_NUMBER=212.555.0134x99",
            ],
        ),
        ("01 23 45 67 89", &["PHONE_NUMBER=01 23 45 67 89"]),
        ("Telefon: 030 1234567", &["PHONE_NUMBER=030 1234567"]),
        ("電話 03-1234-5678", &["PHONE_NUMBER=03-1234-5678"]),
        ("030 1234567 alone, 112-555-0134", &[]),
        ("98765 43210 alone", &[]),
    ]);
}

#[test]
fn a_german_mobile_number_needs_no_word_and_no_other_country() {
    let german = Scanner::new(Options {
        countries: Countries::only(["DE"]).unwrap(),
        ..Options::default()
    });
    let german = german.unwrap();
    let found = |text: &str| german.scan(text).len();
    for number in [
        "0171 1234567",
        "0151/23456789",
        "01512 3456789",
        "0160-123 4567",
    ] {
        assert_eq!(found(number), 1, "{number}");
    }
    for other in [
        "0171 123456",
        "0161 1234567",
        "01711234567",
        "171 1234567",
        "030 1234567",
    ] {
        assert_eq!(found(other), 0, "{other}");
    }
}

#[test]
fn what_stands_before_an_address_in_a_log_or_link_is_no_part_of_it() {
    expect(&[
        (
            "user=joe.bloggs@example.org&x=1 https://a.example/?a=1&to=joe@example.org",
            &[
                "EMAIL_ADDRESS=joe.bloggs@example.org",
                "EMAIL_ADDRESS=joe@example.org",
            ],
        ),
        (
            "bounce-1=joe@example.org",
            &["EMAIL_ADDRESS=bounce-1=joe@example.org"],
        ),
    ]);
}

#[test]
fn a_part_of_a_card_is_no_other_number() {
    // 2080 1976 1070 would be a number of twelve digits with a right check digit.
    expect(&[
        ("card 4414 2080 1976 1070 was refused", &[]),
        (
            "Aadhaar 2345 5199 0456, 1234",
            &["IN_AADHAAR=2345 5199 0456"],
        ),
    ]);
}

#[test]
fn words_and_days_are_no_numbers_of_papers() {
    expect(&[
        (
            "the ID card, which is 6043589, ref. 20260312",
            &["IDENTITY_CARD=6043589"],
        ),
        ("Kennzeichen unklar, er kam 3 Mal am 4 Mai", &[]),
    ]);
}

#[test]
fn computers_and_mailboxes_are_found() {
    expect(&[
        (
            "<Joe.Bloggs+x@mail.example.co.uk>",
            &["EMAIL_ADDRESS=Joe.Bloggs+x@mail.example.co.uk"],
        ),
        (
            "jürgen@müller.de, δοκιμή@παράδειγμα.gr",
            &[
                "EMAIL_ADDRESS=jürgen@müller.de",
                "EMAIL_ADDRESS=δοκιμή@παράδειγμα.gr",
            ],
        ),
        (
            "a@b, @joe, joe@localhost, x..y@example.org",
            &["EMAIL_ADDRESS=y@example.org"],
        ),
        (
            "メールはjoe@example.jpです。例@例え.jp",
            &["EMAIL_ADDRESS=joe@example.jp", "EMAIL_ADDRESS=例@例え.jp"],
        ),
        ("10.20.30.40:8080", &["IP_ADDRESS=10.20.30.40"]),
        ("1.2.3.4.5 256.1.1.1 127.0.0.1 01.2.3.4", &[]),
        (
            "[2001:db8::ff00:42:8329], fe80::1%eth0",
            &["IP_ADDRESS=2001:db8::ff00:42:8329", "IP_ADDRESS=fe80::1"],
        ),
        ("12:34:56 std::fmt a::b ::1", &[]),
        (
            "00:1B:44:11:3A:B7 or 00-1b-44-11-3a-b7",
            &[
                "MAC_ADDRESS=00:1B:44:11:3A:B7",
                "MAC_ADDRESS=00-1b-44-11-3a-b7",
            ],
        ),
    ]);
}

#[test]
fn dates_are_births_only_after_a_word() {
    expect(&[
        ("date of birth: 12/03/1980", &["DATE_OF_BIRTH=12/03/1980"]),
        ("geboren am 12. März 1980", &["DATE_OF_BIRTH=12. März 1980"]),
        ("born on March 4, 1985", &["DATE_OF_BIRTH=March 4, 1985"]),
        ("née le 3 août 1979", &["DATE_OF_BIRTH=3 août 1979"]),
        (
            "fecha de nacimiento: 3 de mayo de 1979",
            &["DATE_OF_BIRTH=3 de mayo de 1979"],
        ),
        ("DOB 1980-02-30", &[]),
        ("the meeting on 12/03/1980", &[]),
    ]);
}

#[test]
fn addresses_are_found_in_the_forms_of_several_countries() {
    expect(&[
        (
            "at 123 Main Street, Springfield, IL 62704.",
            &["ADDRESS=123 Main Street, Springfield, IL 62704"],
        ),
        (
            "10 Downing Street, London SW1A 2AA",
            &["ADDRESS=10 Downing Street, London SW1A 2AA"],
        ),
        (
            "12 rue de la Paix, 75002 Paris. Le solde, 10 Mill Lane, St. Ives PE27 5AA. We",
            &[
                "ADDRESS=12 rue de la Paix, 75002 Paris",
                "ADDRESS=10 Mill Lane, St. Ives PE27 5AA",
            ],
        ),
        (
            "Musterstraße 12a, 10115 Berlin",
            &["ADDRESS=Musterstraße 12a, 10115 Berlin"],
        ),
        (
            "12 rue de la Paix, 75002 Paris",
            &["ADDRESS=12 rue de la Paix, 75002 Paris"],
        ),
        (
            "Calle Mayor 5, 28013 Madrid",
            &["ADDRESS=Calle Mayor 5, 28013 Madrid"],
        ),
        (
            "Keizersgracht 174, 1016 DW Amsterdam",
            &["ADDRESS=Keizersgracht 174, 1016 DW Amsterdam"],
        ),
        (
            "ul. Marszałkowska 10/4, 00-001 Warszawa",
            &["ADDRESS=ul. Marszałkowska 10/4, 00-001 Warszawa"],
        ),
        (
            "Drottninggatan 5, 111 51 Stockholm",
            &["ADDRESS=Drottninggatan 5, 111 51 Stockholm"],
        ),
        (
            "PO Box 123, Albany, NY 12201",
            &["ADDRESS=PO Box 123, Albany, NY 12201"],
        ),
        (
            "03-1234-5678 東京都千代田区千代田1丁目1番1号です",
            &[
                "PHONE_NUMBER=03-1234-5678",
                "ADDRESS=東京都千代田区千代田1丁目1番1号",
            ],
        ),
        (
            "During 2023 the street was closed; in 2019 Apple Park opened",
            &[],
        ),
    ]);
}

#[test]
fn wallets_and_vehicles_are_found() {
    expect(&[
        (
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            &["CRYPTO=1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"],
        ),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", &[]),
        (
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            &["CRYPTO=0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"],
        ),
        ("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaee", &[]),
        (
            "wallet 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
            &["CRYPTO=0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"],
        ),
        ("VIN 1M8GDM9AXKP042788", &["VIN=1M8GDM9AXKP042788"]),
        ("Kennzeichen M-AB 1234", &["VEHICLE_PLATE=M-AB 1234"]),
    ]);
}

#[test]
fn secrets_are_found_and_names_for_them_are_not() {
    expect(&[
        ("password = hunter22", &["PASSWORD=hunter22"]),
        ("DB_PASSWORD: \"s3cr3t!pw\"", &["PASSWORD=s3cr3t!pw"]),
        ("\"passwort\": \"Sommer2024\"", &["PASSWORD=Sommer2024"]),
        ("The password is Tr0ub4dor&3.", &["PASSWORD=Tr0ub4dor&3"]),
        (
            "password: ${DB_PASSWORD}; password = os.environ[x]; password: <secret>",
            &[],
        ),
        ("let password = user.password; fn f(password: String)", &[]),
        ("the password is wrong", &[]),
        ("AKIAIOSFODNN7EXAMPLE", &["API_KEY=AKIAIOSFODNN7EXAMPLE"]),
        (
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            &["API_KEY=ghp_16C7e42F292c6912E7710c838347Ae178B4a"],
        ),
        (
            "Authorization: Bearer 4f1c9a7be02d4b6f8a3e",
            &["API_KEY=4f1c9a7be02d4b6f8a3e"],
        ),
        (
            "postgres://user:pa55@db.example.com/app",
            &["CONNECTION_STRING=postgres://user:pa55@db.example.com/app"],
        ),
        (
            "https://joe:s3cret@example.com/x and https://example.com/@joe",
            &["URL=https://joe:s3cret@example.com/x"],
        ),
        (
            "API_KEY=q8Zr1LmX0vT7pK3sWb9Y",
            &["API_KEY=q8Zr1LmX0vT7pK3sWb9Y"],
        ),
    ]);
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
    assert_eq!(found(jwt), [("JWT".to_owned(), jwt.to_owned())]);
    let long = format!("eyJhbGciOiJIUzI1NiJ9.{}.c2ln", "YWJj".repeat(3_000));
    assert_eq!(
        found(&long),
        [("JWT".to_owned(), long.clone())],
        "to its end, however long"
    );
    let key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\nAAAA==\n-----END OPENSSH PRIVATE KEY-----";
    assert_eq!(found(key), [("PRIVATE_KEY".to_owned(), key.to_owned())]);
    assert_eq!(
        found(&key[..60])[0].0,
        "PRIVATE_KEY",
        "a key that was cut off is a key"
    );
    assert!(found("-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----").is_empty());
}

#[test]
fn a_hidden_number_is_found_where_it_lies() {
    let plain = "4111111111111111";
    let hidden = [
        "4111\u{200b}1111\u{200b}1111\u{200b}1111",
        "４１１１１１１１１１１１１１１１",
        "٤١١١ ١١١١ ١١١١ ١١١١",
        "४१११११११११११११११",
        "\u{1d7d2}\u{1d7cf}\u{1d7cf}\u{1d7cf}111111111111",
        "4\u{336}1\u{336}1\u{336}1\u{336}111111111111",
        "4111\u{2009}1111\u{a0}1111\u{202f}1111",
        "4111\u{2011}1111\u{2013}1111\u{2212}1111",
        "4111\u{202e}1111\u{202c}1111\u{2066}1111",
        "4111\u{ad}1111\u{feff}1111\u{2060}1111",
    ];
    for card in hidden.into_iter().chain([plain]) {
        for (before, after) in [
            ("", ""),
            ("né 🦀 ", " ß."),
            ("\u{200f}", "\u{200f}"),
            ("カード", "です"),
        ] {
            let text = format!("{before}{card}{after}");
            assert_eq!(
                found(&text),
                [("CREDIT_CARD".to_owned(), card.to_owned())],
                "{text:?}"
            );
        }
    }
    let decomposed = "Fu\u{308}hrerschein\u{200b}nummer, NU\u{301}MERO FISCAL: 30 23 217 600 053";
    assert!(
        found(decomposed).contains(&("FR_TAX_ID".into(), "30 23 217 600 053".into())),
        "words hide as little"
    );
}

#[test]
fn the_nearer_word_names_a_number() {
    let kinds = |text: &str| {
        found(text)
            .into_iter()
            .map(|(kind, _)| kind)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        kinds("SSN: 536228145, passport: 536228145"),
        ["US_SSN", "US_PASSPORT"]
    );
    assert_eq!(
        kinds("British passport 536228145"),
        ["UK_PASSPORT"],
        "more is said"
    );
    assert_eq!(
        kinds("slovenské rodné číslo 580714/1494"),
        ["SK_BIRTH_NUMBER"]
    );
    assert_eq!(
        kinds("individual taxpayer identification number: 915785095"),
        ["US_ITIN"],
        "its check digit as a Greek one is right by chance, and only “taxpayer” is a word for that"
    );
    assert_eq!(kinds("taxpayer 915785095"), ["GR_AFM"]);
    assert_eq!(
        kinds("Australian passport no. EB9487984"),
        ["AU_PASSPORT"],
        "it would do as a Polish one"
    );
    assert_eq!(kinds("social security no. 219387453"), ["US_SSN"]);
    assert_eq!(kinds("isikukood 37102250382"), ["EE_PERSONAL_CODE"]);
    assert_eq!(kinds("asmens kodas 37102250382"), ["LT_PERSONAL_CODE"]);
}

#[test]
fn an_own_rule_joins_the_others() {
    let scanner = Scanner::new(Options {
        own: vec![OwnRule {
            name: "Client".into(),
            class: DataClass::Secret,
            what: OwnPattern::Words(vec!["Blue Heron".into()]),
        }],
        ..Options::default()
    })
    .unwrap();
    let text = "BLUE HERON pays 4111111111111111";
    let found = scanner.scan(text);
    let names: Vec<_> = found
        .iter()
        .map(|finding| (finding.kind.name(), finding.rule.as_ref()))
        .collect();
    assert_eq!(
        names,
        [
            ("CLIENT", "own/Client"),
            ("CREDIT_CARD", "credit-card/visa")
        ]
    );
}

#[test]
fn a_further_tier_sees_what_the_rules_found() {
    struct Owner;
    impl Tier for Owner {
        fn find(&self, text: &str, known: &[Finding]) -> Vec<Finding> {
            let email = known
                .iter()
                .find(|finding| finding.kind == Kind::EmailAddress);
            let name = email.map(|finding| &text[finding.bytes.start..finding.bytes.start + 3]);
            let at = name.and_then(|name| text.find(name));
            let finding = at.map(|at| Finding {
                kind: Kind::Person,
                bytes: at..at + 3,
                score: 0.8,
                validated: false,
                rule: "name/test".into(),
                reason: "".into(),
            });
            finding.into_iter().collect()
        }
    }
    let scanner = Scanner::new(Options::default())
        .unwrap()
        .with_tier(Box::new(Owner));
    let text = "ada wrote from ada@example.org";
    let kinds: Vec<_> = scanner
        .scan(text)
        .into_iter()
        .map(|finding| finding.kind)
        .collect();
    assert_eq!(kinds, [Kind::Person, Kind::EmailAddress]);
}

/// Milliseconds for one scan of a text, the best of three on a machine that does other things too.
fn best_time(text: &str) -> f64 {
    let once = || {
        let begin = Instant::now();
        ALL.scan(text);
        begin.elapsed().as_secs_f64() * 1_000.0
    };
    (0..3).map(|_| once()).fold(f64::MAX, f64::min)
}

#[test]
fn time_grows_with_the_text_and_no_faster_whatever_it_is() {
    let pieces = [
        "plain words and nothing else ",
        "1 ",
        "12-",
        "4111 1111 1111 1112 ",
        "password=",
        "eyJ",
        "eyJhbGciOiJIUzI1NiJ9.",
        "https://a:b@",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN ",
        "ssn ",
        "0 0 ",
        "ssn 1",
        "@",
        "a@a.",
        "a:",
        "::",
        "1.1.1.",
        "+1 ",
        "(1",
        "born ",
        "geb. 1.1.",
        "12 rue ",
        "Via ",
        "1 A St ",
        "server=",
        "DE89 ",
        "a",
        "A1",
        "\u{200b}1",
        "٤",
        "e\u{301}",
        "key ",
        "bearer ",
        "tel 1 ",
        "0x",
        "\u{202e}4",
    ];
    for piece in pieces {
        let long = 200_000 / piece.len();
        let (short, long) = (piece.repeat(long / 4), piece.repeat(long));
        let (one, four) = (best_time(&short), best_time(&long));
        assert!(
            four < one * 12.0 + 40.0,
            "{piece:?}: {one:.1} ms, and four times as much {four:.1} ms"
        );
    }
}

#[test]
fn five_megabytes_and_a_line_of_one_are_read_whole() {
    let filler = "The quick brown fox: 17 of 23 jumps, as of 2024-01-15. Über 100 Füchse.\n";
    let text = filler.repeat(5_000_000 / filler.len()) + "last: joe@example.org";
    assert_eq!(
        found(&text),
        [("EMAIL_ADDRESS".to_owned(), "joe@example.org".to_owned())]
    );
    let line = text[..1_000_000].replace('\n', " ") + "card 4111111111111111";
    assert_eq!(
        found(&line),
        [("CREDIT_CARD".to_owned(), "4111111111111111".to_owned())]
    );
}

/// Pieces that rules react to, and what may stand between them.
pub(super) fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{0,6}",
        "[0-9]{1,20}",
        "[0-9 ./:+()-]{1,24}",
        "[A-Z0-9]{1,18}",
        prop::sample::select(vec![
            "ssn ",
            "0 0 ",
            "tel. ",
            "passport ",
            "IBAN DE",
            "4111 1111 1111 1111",
            "DE89370400440532013000",
            "a@b.de",
            "\u{200b}",
            "\u{202e}",
            "\u{301}",
            "４",
            "٤",
            "born ",
            "12.3.1980",
            "12 rue ",
            "straße 5",
            "password=",
            "eyJ",
            "-----BEGIN PRIVATE KEY-----",
            "-----END ",
            "https://a:b@c",
            "0x",
            "::",
            "\n",
            "ß",
            "🦀",
            "ｘ",
            "ﬀ",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_text_gives_sorted_disjoint_findings_on_whole_letters(text in hostile()) {
        let found = ALL.scan(&text);
        for finding in &found {
            prop_assert!(text.get(finding.bytes.clone()).is_some_and(|part| !part.is_empty()));
            prop_assert!((0.4..=1.0).contains(&finding.score), "{finding:?}");
        }
        for pair in found.windows(2) {
            prop_assert!(pair[0].bytes.end <= pair[1].bytes.start);
        }
        for (finding, span) in found.iter().zip(char_spans(&text, &found)) {
            let letters: String = text.chars().skip(span.start).take(span.len()).collect();
            prop_assert_eq!(&letters, &text[finding.bytes.clone()]);
        }
    }

    #[test]
    fn everything_is_found_with_no_least_score_too(text in hostile()) {
        let scanner = LazyLock::force(&LOWEST);
        for finding in scanner.scan(&text) {
            prop_assert!(text.get(finding.bytes).is_some());
        }
    }
}

static LOWEST: LazyLock<Scanner> = LazyLock::new(|| {
    Scanner::new(Options {
        min_score: 0.0,
        ..Options::default()
    })
    .unwrap()
});

/// A scanner with one rule of a person's own.
fn with_words(class: DataClass, words: &[&str]) -> Scanner {
    let own = OwnRule {
        name: "Own".into(),
        class,
        what: OwnPattern::Words(words.iter().map(|word| (*word).to_owned()).collect()),
    };
    let options = Options {
        own: vec![own],
        ..Options::default()
    };
    Scanner::new(options)
        .unwrap()
        .with_tier(Box::new(names::Names::new()))
}

/// What a scanner finds, as `TYPE=text`.
fn seen_by(scanner: &Scanner, text: &str) -> Vec<String> {
    let found = scanner.scan(text);
    let pair =
        |finding: &Finding| format!("{}={}", finding.kind.name(), &text[finding.bytes.clone()]);
    found.iter().map(pair).collect()
}

#[test]
fn a_word_of_ones_own_cuts_what_is_found_around_it_and_lets_nothing_of_it_go() {
    let scanner = with_words(DataClass::Personal, &["Berg", "Hauptstr", "Berlin"]);
    assert_eq!(
        seen_by(&scanner, "Dear Anna Berg,\nthanks."),
        ["PERSON=Anna", "OWN=Berg"]
    );
    assert_eq!(
        seen_by(&scanner, "They live at Hauptstr. 12 now."),
        ["OWN=Hauptstr", "ADDRESS=12"]
    );
    assert_eq!(
        seen_by(&scanner, "Address: Hauptstr. 12, 10115 Berlin."),
        ["ADDRESS=Hauptstr. 12, 10115 Berlin"],
        "what is proven is not cut by what is less"
    );
}

#[test]
fn a_rule_of_ones_own_never_makes_policy_milder() {
    let mild = with_words(DataClass::Personal, &["asthma", "4111 1111 1111 1111"]);
    assert_eq!(
        seen_by(&mild, "My mother's asthma is worse."),
        ["HEALTH_CONDITION=asthma"]
    );
    let strict = with_words(DataClass::Special, &["4111 1111 1111 1111"]);
    assert_eq!(
        seen_by(&strict, "It was 4111 1111 1111 1111."),
        ["OWN=4111 1111 1111 1111"]
    );
}
