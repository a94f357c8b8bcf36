//! What stands beside a number, or between its groups, and what that makes of it.

use super::tests::expect;

#[test]
fn a_number_beside_a_word_for_a_phone_is_one_and_no_health_number() {
    expect(&[
        ("Phone: 249-683-6694", &["PHONE_NUMBER=249-683-6694"]),
        (
            "phone 415-555-2671 ext. 12",
            &["PHONE_NUMBER=415-555-2671 ext. 12"],
        ),
        ("Teléfono: 653 525 622", &["PHONE_NUMBER=653 525 622"]),
        ("Tfno: 653 525 622", &["PHONE_NUMBER=653 525 622"]),
        ("415-555-2671 (mobile)", &["PHONE_NUMBER=415-555-2671"]),
        (
            "Patient ID 4471902, phone 5550193",
            &["MEDICAL_RECORD=4471902", "PHONE_NUMBER=5550193"],
        ),
        ("415-555-2671", &["PHONE_NUMBER=415-555-2671"]),
    ]);
}

#[test]
fn a_nearer_word_for_a_health_number_makes_it_one_beside_a_phone() {
    expect(&[
        (
            "NHS 943 476 5919, Tel 415-555-2671",
            &["UK_NHS=943 476 5919", "PHONE_NUMBER=415-555-2671"],
        ),
        ("call the NHS about 943 476 5919", &["UK_NHS=943 476 5919"]),
        ("NHS number 943-476-5919", &["UK_NHS=943-476-5919"]),
        ("TAJ: 123-456-788", &["HU_TAJ=123-456-788"]),
    ]);
}

#[test]
fn an_amount_is_no_number_of_anybody() {
    // Each number would pass the check digits of some country.
    expect(&[
        ("Le chiffre d'affaires est de 887 789 328 euros.", &[]),
        ("Der Umsatz betrug 212.465.635 Euro", &[]),
        ("Die Steuer: 212.465.635 €", &[]),
        ("omsättning 212 465 635 kr", &[]),
        ("$ 123 456 782 and EUR 123.456.782", &[]),
        ("123 456 782 km, 123\u{202f}456\u{202f}782 Einwohner", &[]),
        ("Mobile revenue: 1.234.567 Euro", &[]),
        ("between 123 456 782 and 212 465 635", &[]),
    ]);
    expect(&[
        ("BSN 123 456 782", &["NL_BSN=123 456 782"]),
        (
            "card 4111 1111 1111 1111 EUR 20",
            &["CREDIT_CARD=4111 1111 1111 1111"],
        ),
        (
            "checking account 123456789 USD",
            &["US_BANK_NUMBER=123456789"],
        ),
    ]);
}

#[test]
fn versions_and_sections_are_no_internet_addresses() {
    expect(&[
        ("see section 9.4.7.4 and 9.4.7.5 of the spec", &[]),
        ("version 25.0.52.23, .NET 4.8.1.0, § 3.1.2.4", &[]),
        ("Artikel 3.1.2.4, Kapitel 3.1.2.4, 1.3.6.1 OID", &[]),
        ("Mozilla/5.0 Chrome/120.0.0.0 Safari/537.36", &[]),
        (
            "server version 2.4 at 10.20.30.40",
            &["IP_ADDRESS=10.20.30.40"],
        ),
        ("api.example.net 10.20.30.40", &["IP_ADDRESS=10.20.30.40"]),
    ]);
}

#[test]
fn an_area_code_between_zero_and_slash_leaves_with_its_number() {
    expect(&[
        (
            "Tel.: +49 (0)30 / 1234 5678",
            &["PHONE_NUMBER=+49 (0)30 / 1234 5678"],
        ),
        (
            "+49 (0) 89 / 12 34 56",
            &["PHONE_NUMBER=+49 (0) 89 / 12 34 56"],
        ),
        ("+49 30 - 1234 5678", &["PHONE_NUMBER=+49 30 - 1234 5678"]),
        ("Telefon 030 / 1234567", &["PHONE_NUMBER=030 / 1234567"]),
        (
            "Tel. +49 30 1234567 / 040 7654321",
            &["PHONE_NUMBER=+49 30 1234567", "PHONE_NUMBER=040 7654321"],
        ),
    ]);
}

#[test]
fn what_no_number_plan_gives_out_and_long_decimals_are_no_phones() {
    expect(&[
        ("+1 000 000 0000, +44 000 000 0000", &[]),
        ("+1 123 555 0134", &[]),
        ("0.0829901362951924 and 0.0012345678901", &[]),
        ("call it 3.14159265", &[]),
        ("+44 020 7946 0958", &["PHONE_NUMBER=+44 020 7946 0958"]),
        ("+39 02 1234 5678", &["PHONE_NUMBER=+39 02 1234 5678"]),
    ]);
}

#[test]
fn a_number_cut_by_a_line_a_tab_or_spaces_is_found_where_a_word_says_so() {
    expect(&[
        (
            "card 4111 1111\n1111 1111 (wrapped)",
            &["CREDIT_CARD=4111 1111\n1111 1111"],
        ),
        (
            "card 4111  1111\t1111 1111",
            &["CREDIT_CARD=4111  1111\t1111 1111"],
        ),
        (
            "4326 - 7718 - 6374 - 0770",
            &["CREDIT_CARD=4326 - 7718 - 6374 - 0770"],
        ),
        ("41111111 11111111", &["CREDIT_CARD=41111111 11111111"]),
        ("SSN 536 - 22 - 8145", &["US_SSN=536 - 22 - 8145"]),
        (
            "DE89 3704 0044\r\n0532 0130 00",
            &["IBAN_CODE=DE89 3704 0044\r\n0532 0130 00"],
        ),
        (
            "IBAN DE 89 3704 0044 0532 0130 00",
            &["IBAN_CODE=DE 89 3704 0044 0532 0130 00"],
        ),
    ]);
}

#[test]
fn columns_of_a_table_are_no_one_number() {
    expect(&[
        ("4111\t1111\t1111\t1111", &[]),
        ("4111  1111  1111  1111", &[]),
        ("4111 1111\n1111 1111", &[]),
        ("card 4111 1111\n\n1111 1111", &[]),
        ("536 - 22 - 8145, 1990 - 2000 - 2010 - 2020", &[]),
        ("20260312 20260415, 20260312-20260415", &[]),
    ]);
}

#[test]
fn pictures_for_fine_screens_and_copies_of_code_are_no_mailboxes() {
    expect(&[
        ("logo@2x.png, icon@3x.PNG", &[]),
        ("git clone git@git.example.org:team/repo.git", &[]),
        (
            "git@example.org, joe@example.org: hello",
            &[
                "EMAIL_ADDRESS=git@example.org",
                "EMAIL_ADDRESS=joe@example.org",
            ],
        ),
    ]);
}
