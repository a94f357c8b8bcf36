"""Numbers and dates as what stands beside them, or between their groups, makes them.

Each kind of text has its like in which there is nothing: amounts, sections, tables, bullets.
"""

import check_digits as made
from common import grouped

PHONES = [
    "Phone: [[PHONE_NUMBER|249-683-6694]]", "Tfno: [[PHONE_NUMBER|653 525 622]]", "Teléfono: [[PHONE_NUMBER|604 113 287]]",
    "phone [[PHONE_NUMBER|415-555-2671 ext. 12]]", "[[PHONE_NUMBER|212-555-0177]] (mobile)",
    "Tel.: [[PHONE_NUMBER|+49 (0)30 / 1234 5678]]", "Tel. [[PHONE_NUMBER|+49 (0) 89 / 12 34 56]]", "[[PHONE_NUMBER|+49 (0)30 / 1234 5678]]",
    "Telefon [[PHONE_NUMBER|030 / 1234567]], Fax [[PHONE_NUMBER|030 / 1234568]]", "tel. [[PHONE_NUMBER|601-555-193]]",
    "NHS no. [[UK_NHS|943 476 5919]], tel [[PHONE_NUMBER|415-555-2671]]", "Cell: [[PHONE_NUMBER|(415) 555-0138]] or [[PHONE_NUMBER|415-555-0139]]",
    "Hívjon: telefon [[PHONE_NUMBER|301 234 567]], TAJ [[HU_TAJ|123 456 788]]",
]

BROKEN = [
    "my card is [[CREDIT_CARD|4111 1111\n1111 1111]], expires 04/29", "card no. [[CREDIT_CARD|4111  1111  1111  1111]]",
    "card [[CREDIT_CARD|4111 - 1111 - 1111 - 1111]]", "Visa [[CREDIT_CARD|41111111 11111111]]",
    "IBAN [[IBAN_CODE|DE89 3704 0044\n0532 0130 00]], danke", "IBAN [[IBAN_CODE|DE 89 3704 0044 0532 0130 00]]",
    "SSN [[US_SSN|536 - 22 - 8145]]", "pay to [[IBAN_CODE|GB29 NWBK 6016\n1331 9268 19]]", "CPF [[BR_CPF|390.533.447 - 05]]",
]

BIRTHS = [
    "[[DATE_OF_BIRTH|12.03.1980]] geboren", "[[DATE_OF_BIRTH|12 March 1980]] (date of birth)", "*[[DATE_OF_BIRTH|12.03.1980]], ledig",
    "(* [[DATE_OF_BIRTH|04.11.1975]])", "am [[DATE_OF_BIRTH|12. März 1980]] in [[LOCATION|Köln]] geboren",
    "On [[DATE_OF_BIRTH|12 March 1980]] she was born", "[[DATE_OF_BIRTH|1980-03-12]] (DOB)", "el [[DATE_OF_BIRTH|3 de mayo de 1979]] nacido",
    "[[DATE_OF_BIRTH|昭和55年3月12日]]生まれ", "生年月日：[[DATE_OF_BIRTH|平成2年11月4日]]", "[[DATE_OF_BIRTH|1980年3月12日]]生まれです",
    "Birthday: [[DATE_OF_BIRTH|12 March]]", "Geburtstag: [[DATE_OF_BIRTH|12. März]], bitte gratulieren", "[[DATE_OF_BIRTH|12.03.1980]] geboren, seit dem 01.02.2026 hier",
]

JAPAN = [
    "[[ADDRESS|〒100-0001 東京都千代田区千代田1番1号]]", "住所：[[ADDRESS|東京都千代田区千代田1-1-1]]です", "[[ADDRESS|〒530-0001\n大阪府大阪市北区梅田3-1-3]]",
    "送付先は[[ADDRESS|北海道札幌市中央区北1条西2-1]]です。", "[[ADDRESS|神奈川県横浜市中区日本大通1番地]]",
]

# Published examples: of the XRP Ledger, CashAddr, SEP-0023, the Cosmos Hub, CIP-0019 and Monero.
COINS = [
    "send XRP to [[CRYPTO|rDTXLQ7ZKZVKz33zJbHjgVShjsBnqMBhmN]]", "[[CRYPTO|bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a]]",
    "XLM: [[CRYPTO|GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ]]", "[[CRYPTO|cosmos1fl48vsnmsdzcv85q5d2q4z5ajdha8yu34mf0eh]]",
    "solana [[CRYPTO|7EcDhSYGxXyscszYEp35KHN8vvw3svAuLKTzXwCFLtV]]", "Polkadot: [[CRYPTO|15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5]]",
    "ada to [[CRYPTO|addr1qx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer3n0d3vllmyqwsx5wktcd8cc3sq835lu7drv2xwl2wywfgse35a3x]]",
    "monero [[CRYPTO|44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A]]",
]

COMPANIES = [
    ("TAX_NUMBER", made.vat_de, "USt-IdNr. {v}"), ("TAX_NUMBER", made.vat_de, "Umsatzsteuer-ID: {v}, bitte angeben"),
    ("TAX_NUMBER", made.vat_fr, "TVA intracommunautaire : {v}"), ("TAX_NUMBER", made.vat_gb, "VAT reg. no. {v}"),
    ("TAX_NUMBER", made.vat_nl, "btw-nummer {v}"), ("TAX_NUMBER", made.vat_at, "UID {v}"), ("TAX_NUMBER", made.vat_be, "TVA {v}"),
    ("TAX_NUMBER", made.siret, "SIRET {v}"), ("TAX_NUMBER", made.siren, "SIREN : {v}"),
    ("ES_NIF", made.es_company, "CIF {v}"), ("ES_NIF", made.es_company, "NIF: {v}"),
    ("IT_VAT_CODE", lambda source: "IT" + made.it_vat(source), "P.IVA {v}"),
    ("PL_NIP", lambda source: "PL" + made.pl_nip(source), "VAT {v}"), ("PT_NIF", lambda source: "PT" + made.pt_nif(source), "VAT {v}"),
]

# By the countries' letters: a sole trader's stand before a number of the person in half of them.
LETTERS = [
    (made.vat_bg, "ДДС номер: {v}"), (made.vat_cy, "Αριθμός ΦΠΑ {v}"), (made.vat_cz, "DIČ: {v}"), (made.vat_cz, "{v}, platce DPH"),
    (made.vat_dk, "momsnr. {v}"), (made.vat_ee, "KMKR {v}"), (made.vat_el, "VAT {v}"), (made.vat_el, "ΑΦΜ: {v}"),
    (made.vat_fi, "ALV-tunniste {v}"), (made.vat_hr, "PDV ID broj {v}"), (made.vat_hr, "račun za {v}, hvala"), (made.vat_hu, "közösségi adószám: {v}"),
    (made.vat_ie, "VAT No. {v}"), (made.vat_lt, "PVM mokėtojo kodas {v}"), (made.vat_lu, "TVA {v}"), (made.vat_lv, "PVN reģ. Nr. {v}"),
    (made.vat_mt, "VAT no: {v}"), (made.vat_ro, "CUI {v}"), (made.vat_ro, "cod TVA: {v}"), (made.vat_se, "momsregistreringsnummer {v}"),
    (made.vat_se, "{v} (moms)"), (made.vat_si, "ID za DDV: {v}"), (made.vat_sk, "IČ DPH: {v}"), (made.vat_sk, "faktúra pre {v} je priložená"),
    (lambda source: made.vat_sk(source)[2:], "DIČ: {v}"), (lambda source: made.vat_ro(source)[2:], "cod unic de înregistrare {v}"),
    (lambda source: f"SK {made.vat_sk(source)[2:]}", "VAT ID {v}"), (lambda source: f"CZ {made.birth_number(source)}", "VAT: {v}"),
]

# Numbers for social insurance without a rule of their own.
SOCIAL = [
    "social insurance number [[IDENTITY_CARD|4471902]] ([[LOCATION|Cyprus]])", "Αριθμός Κοινωνικών Ασφαλίσεων: [[IDENTITY_CARD|4471902]]",
    "numru tas-sigurtà soċjali [[IDENTITY_CARD|B44719028]]", "基礎年金番号：[[IDENTITY_CARD|4471-902183]]", "年金番号は[[IDENTITY_CARD|4471902183]]です",
    "UAN: [[IDENTITY_CARD|100447190283]]", "My UAN is [[IDENTITY_CARD|1004 4719 0283]].", "Centrelink CRN [[IDENTITY_CARD|204 471 902T]]",
    "Customer reference number: 8841207", "Centrelink number [[IDENTITY_CARD|204471902T]]", "500000 euro, di cui 260000 euro a fondo perduto", "осигурителен номер [[IDENTITY_CARD|4471902183]]",
    "veronumero [[TAX_NUMBER|100447190283]]", "verotunniste: [[TAX_NUMBER|4471902183]]", "adószám: [[TAX_NUMBER|44719028-1-42]]",
    "passaport Malti [[PASSPORT|1234567]]", "cui 44719028 è stato detto", "31 dic. pedido 4471902183 sin pagar", "se 447190281234 è pronto",
]

SEEN = [
    "Dear [[PERSON|Anna\u200b Berg]], hello", "Frau [[PERSON|Anna\u00adBerg]] kommt", "then [[PERSON|An\u200bna Be\u200brg]] signed",
    "Ich bin [[PERSON|Max]].", "[[PERSON|Jose\u0301 Marti\u0301nez]] called, [[PERSON|José Martínez]] wrote",
]

NOTHING = [
    "Le chiffre d'affaires est de 887 789 328 euros.", "Der Umsatz betrug 212.465.635 Euro", "omsättning 212 465 635 kr", "$ 123 456 782 in all",
    "8 412 763 Einwohner", "123 456 782 km from here", "EUR 123.456.782 budgeted", "between 123 456 782 and 212 465 635",
    "Mobile revenue: 1.234.567 Euro", "887\u202f789\u202f328 euros", "Steuern: 212.465.635,50", "120000 km on the clock",
    "see section 9.4.7.4 of the spec", "version 25.0.52.23", ".NET 4.8.1.0 or later", "Artikel 3.1.2.4", "Kapitel 2.4.1.3 und 2.4.1.4", "1.3.6.1 OID",
    "Mozilla/5.0 (X11) Chrome/120.0.0.0 Safari/537.36", "§ 3.1.2.4", "+1 000 000 0000", "+44 000 000 0000", "0.0829901362951924", "call it 3.14159265",
    "4111\t1111\t1111\t1111", "4111 1111\n1111 1111", "1990 - 2000 - 2010 - 2020", "20260312-20260415", "536 - 22 - 8145",
    "* 12.03.2026 Sitzung", "**12.03.2026**", "updated 2026-03-12, birth date missing", "2026-03-12 birth certificates issued",
    "The German economy is slow.", "Jordan is a country.", "大阪府の人口は880万人です。", "the solana price fell",
    "part B58378432 in stock", "a birthday party on 12 March", "0.5123456 per call",
]


def texts():
    """Marked texts with their names, in a fixed order."""
    groups = (("phones", PHONES), ("broken", BROKEN), ("births", BIRTHS), ("japan", JAPAN), ("coins", COINS), ("seen", SEEN), ("social", SOCIAL),
              ("nothing", NOTHING))
    for group, list_of in groups:
        for nth, text in enumerate(list_of):
            yield f"beside/{group}/{nth}", text
    source = made.Source(7919)
    for nth, (kind, make, frame) in enumerate(COMPANIES * 2):
        yield f"beside/companies/{nth}", frame.format(v=f"[[{kind}|{make(source)}]]")
    for nth, (make, frame) in enumerate(LETTERS):
        yield f"beside/letters/{nth}", frame.format(v=f"[[TAX_NUMBER|{make(source)}]]")
    for nth in range(3):
        number = made.uid_ch(source)
        yield f"beside/uid/{nth}", f"UID [[TAX_NUMBER|CHE-{grouped(number[3:], 3, 3, 3, by='.')}]]"
