//! The text that is scanned, made here and the same each time.

use std::fmt::Write;

/// A text of the kinds that people paste, at least this long.
pub(crate) fn mixed_text(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 2_000);
    let mut number = 0x2545_F491_4F6C_DD1D_u64;
    let mut nth = 0_u64;
    while text.len() < bytes {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let random = number >> 33;
        match nth % 7 {
            0 => text.push_str(ENGLISH),
            1 => text.push_str(GERMAN),
            2 => text.push_str(FRENCH),
            3 => letter(&mut text, random),
            4 => log(&mut text, random),
            5 => text.push_str(CODE),
            _ => table(&mut text, random),
        }
        nth += 1;
    }
    text
}

const ENGLISH: &str = "The tenancy began on the first of the month, and the parties agreed that any notice would be given in writing. \
Neither side disputes that the heating failed twice during the winter, nor that a contractor attended on both occasions. What is \
in question is whether the delay was reasonable, and who bears the cost of the temporary accommodation that the family found. \
We have reviewed the correspondence, and in our view the landlord's position is weaker than the letter of 14 March suggests.\n\n";
const GERMAN: &str = "Sehr geehrte Damen und Herren, vielen Dank für Ihre Nachricht. Wir haben die Unterlagen geprüft und möchten Ihnen \
mitteilen, dass die Bearbeitung voraussichtlich zwei bis drei Wochen dauern wird. Für Rückfragen stehen wir Ihnen während der üblichen \
Geschäftszeiten gerne zur Verfügung. Bitte fügen Sie Ihrer Antwort eine Kopie des Bescheids bei.\n\n";
const FRENCH: &str = "Madame, Monsieur, nous accusons réception de votre demande et vous prions de bien vouloir nous faire parvenir les pièces \
complémentaires mentionnées ci-dessous. À défaut de réponse dans un délai de quinze jours, votre dossier sera considéré comme incomplet.\n\n";
const CODE: &str = r#"pub fn parse(input: &[u8], limit: usize) -> Result<Vec<Record>, ParseError> {
    let mut records = Vec::with_capacity(input.len() / 32);
    for (nth, line) in input.split(|byte| *byte == b'\n').enumerate().take(limit) {
        let fields: Vec<_> = line.splitn(4, |byte| *byte == b',').collect();
        if fields.len() != 4 { return Err(ParseError::Fields { line: nth + 1, found: fields.len() }); }
        records.push(Record { id: number(fields[0])?, name: text(fields[1])?, amount: 0x7fff_ffff & number(fields[2])? });
    }
    Ok(records)
}

"#;

fn letter(text: &mut String, random: u64) {
    let _ = write!(
        text,
        "From: Anna Keller <anna.keller{random}@example.org>\nSubject: Invoice {random}\n\nDear Mr Brown,\nplease transfer the amount to \
         DE89 3704 0044 0532 0130 00 before the 15th. You can reach me at +49 30 {:07} or at my office, Musterstraße {}, 10115 Berlin.\n\
         Kind regards\nAnna Keller\n\n",
        random % 10_000_000,
        random % 200 + 1
    );
}

fn log(text: &mut String, random: u64) {
    for nth in 0..6 {
        let value = random.wrapping_add(nth * 7_919);
        let _ = writeln!(
            text,
            "2026-03-{:02}T{:02}:{:02}:{:02}.{:03}Z INFO worker[{}]: request id={value:016x} path=/api/v2/items/{} status=200 bytes={} took={}.{}ms peer=10.{}.{}.{}:{}",
            value % 28 + 1,
            value % 24,
            value % 60,
            value % 59,
            value % 1000,
            value % 32_768,
            value % 99_999,
            value % 65_536,
            value % 300,
            value % 10,
            value % 256,
            value / 256 % 256,
            value / 65_536 % 256,
            value % 60_000 + 1024
        );
    }
    text.push('\n');
}

fn table(text: &mut String, random: u64) {
    text.push_str("id,date,net,tax,gross,customer,quantity\n");
    for nth in 0..8 {
        let value = random.wrapping_add(nth * 104_729);
        let _ = writeln!(
            text,
            "{},2025-{:02}-{:02},{}.{:02},{}.{:02},{}.{:02},C-{:06},{}",
            value % 1_000_000,
            value % 12 + 1,
            value % 28 + 1,
            value % 5_000,
            value % 100,
            value % 900,
            value % 100,
            value % 6_000,
            value % 100,
            value % 1_000_000,
            value % 40
        );
    }
    text.push('\n');
}
