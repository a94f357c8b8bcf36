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
        ("Phone: +1 000 000 0000", &["PHONE_NUMBER=+1 000 000 0000"]),
        (
            "Phone +44 000 000 0000 or mail",
            &["PHONE_NUMBER=+44 000 000 0000"],
        ),
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

#[test]
fn a_letter_that_looks_like_none_and_digits_in_circles_hide_no_card() {
    expect(&[
        (
            "4111\u{3164}1111\u{3164}1111\u{3164}1111",
            &["CREDIT_CARD=4111\u{3164}1111\u{3164}1111\u{3164}1111"],
        ),
        ("④①①① 1111 1111 1111", &["CREDIT_CARD=④①①① 1111 1111 1111"]),
    ]);
}

#[test]
fn dates_before_a_word_for_birth_or_after_a_star_are_births() {
    expect(&[
        ("12.03.1980 geboren", &["DATE_OF_BIRTH=12.03.1980"]),
        (
            "12 March 1980 (date of birth)",
            &["DATE_OF_BIRTH=12 March 1980"],
        ),
        (
            "am 12. März 1980 in der Stadt geboren",
            &["DATE_OF_BIRTH=12. März 1980"],
        ),
        ("*12.03.1980, ledig", &["DATE_OF_BIRTH=12.03.1980"]),
        ("(* 12.03.1980)", &["DATE_OF_BIRTH=12.03.1980"]),
        ("昭和55年3月12日生まれ", &["DATE_OF_BIRTH=昭和55年3月12日"]),
        (
            "生年月日：平成元年3月12日",
            &["DATE_OF_BIRTH=平成元年3月12日"],
        ),
        (
            "admitted 12/03/2026, DOB 01/02/1990",
            &["DATE_OF_BIRTH=01/02/1990"],
        ),
    ]);
    expect(&[
        ("* 12.03.2026 meeting, **12.03.2026**, *12.03.2026*", &[]),
        ("5*12.03.1980, 昭和55年13月12日生まれ", &[]),
        ("updated 2026-03-12, birth date missing", &[]),
        ("2026-03-12 birth certificates", &[]),
        ("a birthday party on 12 March, birthday: 12 guests", &[]),
        ("on 12.03.2026. Born leaders spoke; 1.2.2024; born", &[]),
    ]);
}

#[test]
fn addresses_of_japan_are_found_by_postcode_or_prefecture() {
    expect(&[
        (
            "〒100-0001 東京都千代田区千代田1番1号",
            &["ADDRESS=〒100-0001 東京都千代田区千代田1番1号"],
        ),
        (
            "〒530-0001\n大阪府大阪市北区梅田3-1-3",
            &["ADDRESS=〒530-0001\n大阪府大阪市北区梅田3-1-3"],
        ),
        (
            "送付先は北海道札幌市中央区北1条西2-1です",
            &["ADDRESS=北海道札幌市中央区北1条西2-1"],
        ),
        ("大阪府の人口は880万人です。都市計画。", &[]),
    ]);
}

#[test]
fn numbers_of_companies_are_found_with_their_countrys_letters() {
    expect(&[
        ("P.IVA IT00743110157", &["IT_VAT_CODE=IT00743110157"]),
        ("CIF A58818501", &["ES_NIF=A58818501"]),
        ("USt-IdNr. DE136695976", &["TAX_NUMBER=DE136695976"]),
        ("TVA FR40303265045", &["TAX_NUMBER=FR40303265045"]),
        ("VAT GB980780684", &["TAX_NUMBER=GB980780684"]),
        ("btw NL004495445B01", &["TAX_NUMBER=NL004495445B01"]),
        ("UID ATU13585627", &["TAX_NUMBER=ATU13585627"]),
        ("TVA BE0403019261", &["TAX_NUMBER=BE0403019261"]),
        ("UID CHE-109.322.551", &["TAX_NUMBER=CHE-109.322.551"]),
        ("SIRET 73282932000074", &["TAX_NUMBER=73282932000074"]),
        ("SIRET 732 829 320 00074", &["TAX_NUMBER=732 829 320 00074"]),
    ]);
    // One digit more or less in each.
    expect(&[
        ("IT00743110158 DE136695975 FR41303265045 GB980780685", &[]),
        ("NL004495446B01 ATU13585628 BE0403019262", &[]),
        ("CHE-109.322.552, CIF A58818502, B58378432", &[]),
    ]);
}

#[test]
fn wallets_of_many_coins_are_found_by_their_codes_or_their_names() {
    expect(&[
        (
            "rDTXLQ7ZKZVKz33zJbHjgVShjsBnqMBhmN",
            &["CRYPTO=rDTXLQ7ZKZVKz33zJbHjgVShjsBnqMBhmN"],
        ),
        (
            "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
            &["CRYPTO=bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"],
        ),
        (
            "cosmos1fl48vsnmsdzcv85q5d2q4z5ajdha8yu34mf0eh",
            &["CRYPTO=cosmos1fl48vsnmsdzcv85q5d2q4z5ajdha8yu34mf0eh"],
        ),
        (
            "solana: 7EcDhSYGxXyscszYEp35KHN8vvw3svAuLKTzXwCFLtV",
            &["CRYPTO=7EcDhSYGxXyscszYEp35KHN8vvw3svAuLKTzXwCFLtV"],
        ),
        ("id 7EcDhSYGxXyscszYEp35KHN8vvw3svAuLKTzXwCFLtV", &[]),
        ("rDTXLQ7ZKZVKz33zJbHjgVShjsBnqMBhmM", &[]),
        ("cosmos1fl48vsnmsdzcv85q5d2q4z5ajdha8yu34mf0ez", &[]),
    ]);
}

#[test]
fn its_own_word_right_before_a_number_says_more_than_what_follows() {
    expect(&[
        ("NIF 123456789 € 20,00", &["PT_NIF=123456789"]),
        ("Steuer-ID 86095742719 EUR", &["DE_TAX_ID=86095742719"]),
        (
            "Mi número de teléfono 612345678 ha cambiado",
            &["PHONE_NUMBER=612345678"],
        ),
        ("Tel. 0301234567 Fr 9-12", &["PHONE_NUMBER=0301234567"]),
        ("firewall rule 203.0.113.7", &["IP_ADDRESS=203.0.113.7"]),
    ]);
}

#[test]
fn a_slash_hides_no_number_whose_check_says_what_it_is() {
    expect(&[
        (
            "IBAN/BIC: DE89 3704 0044 0532 0130 00/GENODEM1GLS",
            &["IBAN_CODE=DE89 3704 0044 0532 0130 00"],
        ),
        ("4111111111111111/0927", &["CREDIT_CARD=4111111111111111"]),
        (
            "PESEL/NIP 44051401359/5260250274",
            &["PL_PESEL=44051401359"],
        ),
        (
            "GET /v1/4111111111111111/2026",
            &["CREDIT_CARD=4111111111111111"],
        ),
    ]);
    expect(&[
        ("4111111111111111-0927 and 2026.4111111111111111", &[]),
        ("the file 12/1234567/9", &[]),
    ]);
}

#[test]
fn twelve_digits_between_dots_are_a_network_card_only_beside_a_word_or_with_letters_among_them() {
    expect(&[
        ("Article 1234.5678.9012", &[]),
        (
            "Physische Adresse . . . : 00-14-22-01-23-45",
            &["MAC_ADDRESS=00-14-22-01-23-45"],
        ),
        ("001b.4411.3ab7", &["MAC_ADDRESS=001b.4411.3ab7"]),
        (
            "MAC address 1234.5678.9012",
            &["MAC_ADDRESS=1234.5678.9012"],
        ),
    ]);
}
