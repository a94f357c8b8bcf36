//! Time-stamps of an authority that the tests make, good ones and all others.

use std::{fs, sync::LazyLock};

use proptest::prelude::*;

use super::*;

#[path = "../../../../../tests/support/stamps.rs"]
mod stamps;

use stamps::{FOR_TIME_STAMPS, Stamps, sequence};

const WITNESS: &[u8] = b"{\"kind\":\"gatehouse-witness\"}";
const NONCE: u64 = 0xfedc_ba98_7654_3210;

/// `extendedKeyUsage` of the servers of web pages.
const FOR_SERVERS: &[&[u8]] = &[&[0x2b, 6, 1, 5, 5, 7, 3, 1]];

fn authorities(of: &Stamps) -> Vec<Authority> {
    let pem = fs::read_to_string(of.path().join("authority.pem")).unwrap();
    read_authorities(&pem).unwrap()
}

/// An answer with the statement of another one, which this service signs as well, whatever its
/// certificate is for; `bound`: naming that certificate in what it signs, as it must.
fn signed_anyhow(by: &Stamps, answer: &[u8], bound: bool) -> Vec<u8> {
    fs::write(by.path().join("answer"), answer).unwrap();
    by.openssl("ts -reply -in answer -token_out -out token");
    by.openssl("cms -verify -in token -inform DER -noverify -out statement -binary");
    let sign = "cms -sign -in statement -binary -nodetach -outform DER \
                -econtent_type 1.2.840.113549.1.9.16.1.4 -md sha256 \
                -signer service.pem -inkey service.key -certfile authority.pem -nosmimecap -out token";
    let bind = if bound { "-cades" } else { "" };
    by.openssl(&format!("{sign} {bind}"));
    let token = fs::read(by.path().join("token")).unwrap();
    // PKIStatusInfo { granted }, then the token.
    sequence(&[&[0x30, 3, 2, 1, 0], token.as_slice()].concat())
}

/// What an answer that this service gives to our request says, to somebody who trusts its authority.
fn checked(by: &Stamps, answer: &[u8]) -> Result<TimeStamp, TimeStampError> {
    check(answer, WITNESS, Some(NONCE), &authorities(by))
}

/// A service that is good, and its answer.
static GOOD: LazyLock<(Stamps, Vec<u8>)> = LazyLock::new(|| {
    let stamps = Stamps::new();
    let answer = stamps.answer(&request(WITNESS, NONCE));
    (stamps, answer)
});

#[test]
fn a_stamp_says_when_a_witness_was_there_and_who_says_so() {
    let (stamps, answer) = &*GOOD;
    let stamp = checked(stamps, answer).unwrap();
    assert!(
        (stamp.time_ms - crate::now_ms()).abs() < 3_600_000,
        "{stamp:?}"
    );
    assert_eq!(stamp.service, "CN=A test service");
    assert_eq!(stamp.authority, authorities(stamps)[0]);
    assert_eq!(stamp.authority.fingerprint().len(), 64);
    assert!(stamps.is_verified_by_a_stranger(answer, WITNESS));
    let later = check(answer, WITNESS, None, &authorities(stamps));
    assert_eq!(later.unwrap(), stamp, "the nonce is not kept");
}

#[test]
fn where_nobody_named_an_authority_it_is_the_topmost_that_came_along() {
    let (stamps, answer) = &*GOOD;
    let stamp = check(answer, WITNESS, Some(NONCE), &[]).unwrap();
    assert_eq!(stamp.authority, authorities(stamps)[0]);
    let again = read_authorities(&stamp.authority.to_pem()).unwrap();
    assert_eq!(again, [stamp.authority], "it can be kept and read again");
}

#[test]
fn another_authority_of_the_same_name_is_refused() {
    let (_, answer) = &*GOOD;
    let other = Stamps::new();
    let refused = checked(&other, answer).unwrap_err();
    assert!(
        matches!(
            refused,
            TimeStampError::OtherAuthority | TimeStampError::Untrusted(_)
        ),
        "{refused}"
    );
}

#[test]
fn one_of_several_authorities_is_enough_and_so_is_the_certificate_of_the_service_itself() {
    let (stamps, answer) = &*GOOD;
    let both = [authorities(&Stamps::new()), authorities(stamps)].concat();
    assert!(check(answer, WITNESS, Some(NONCE), &both).is_ok());
    let service = fs::read_to_string(stamps.path().join("service.pem")).unwrap();
    let itself = read_authorities(&service).unwrap();
    let stamp = check(answer, WITNESS, Some(NONCE), &itself).unwrap();
    assert_eq!(stamp.authority, itself[0]);
}

#[test]
fn an_answer_to_another_request_or_of_another_text_is_refused() {
    let (stamps, answer) = &*GOOD;
    let other = check(answer, WITNESS, Some(NONCE + 1), &authorities(stamps));
    assert_eq!(other, Err(TimeStampError::OtherRequest));
    let other = check(answer, b"another", Some(NONCE), &authorities(stamps));
    assert_eq!(other, Err(TimeStampError::OtherText));
}

#[test]
fn a_certificate_that_has_run_out_is_refused() {
    let old = Stamps::with(FOR_TIME_STAMPS, true, 2021);
    let answer = old.answer(&request(WITNESS, NONCE));
    assert_eq!(checked(&old, &answer), Err(TimeStampError::NotValidThen));
}

#[test]
fn a_certificate_for_another_purpose_or_for_more_than_one_is_refused() {
    let (_, answer) = &*GOOD;
    for (purposes, critical) in [
        (FOR_SERVERS, true),
        (&[FOR_SERVERS[0], FOR_TIME_STAMPS[0]][..], true),
        (FOR_TIME_STAMPS, false),
    ] {
        let wrong = Stamps::with(purposes, critical, 2099);
        let answer = signed_anyhow(&wrong, answer, true);
        assert_eq!(
            checked(&wrong, &answer),
            Err(TimeStampError::Purpose),
            "{purposes:?}"
        );
    }
}

#[test]
fn a_stamp_that_does_not_name_its_certificate_is_refused() {
    let (stamps, answer) = &*GOOD;
    assert!(checked(stamps, &signed_anyhow(stamps, answer, true)).is_ok());
    let unbound = signed_anyhow(stamps, answer, false);
    assert!(matches!(
        checked(stamps, &unbound),
        Err(TimeStampError::Unsigned(_))
    ));
}

#[test]
fn what_a_service_does_not_grant_is_told_in_its_words() {
    let (stamps, _) = &*GOOD;
    // No request at all.
    let answer = stamps.answer(b"0\x03\x02\x01\x09");
    let refused = checked(stamps, &answer).unwrap_err();
    assert!(matches!(refused, TimeStampError::Refused(_)), "{refused}");
}

#[test]
fn a_file_without_a_certificate_names_nobody() {
    for text in [
        "",
        "hello",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    ] {
        assert_eq!(
            read_authorities(text),
            Err(TimeStampError::NoCertificate),
            "{text}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_flipped_bit_is_found_or_changes_nothing_that_is_said(at: usize, bit in 0u8..8) {
        let (stamps, answer) = &*GOOD;
        let said = checked(stamps, answer).unwrap();
        let mut changed = answer.clone();
        let at = at % changed.len();
        changed[at] ^= 1 << bit;
        if let Ok(stamp) = checked(stamps, &changed) {
            prop_assert_eq!(stamp, said, "byte {}", at);
        }
    }

    #[test]
    fn no_answer_is_a_crash(answer: Vec<u8>) {
        prop_assert!(check(&answer, WITNESS, None, &[]).is_err());
    }

    #[test]
    fn a_cut_answer_is_refused(length: usize) {
        let (stamps, answer) = &*GOOD;
        let cut = &answer[..length % answer.len()];
        prop_assert!(checked(stamps, cut).is_err());
    }
}
