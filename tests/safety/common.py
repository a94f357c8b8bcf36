"""Kinds that belong to no country, secrets, and texts in which there is nothing.

Phone numbers are from the ranges that regulators keep for fiction where there is such a range; domains
end in `example` or are `example.org` and its kin.
"""

import base64

import check_digits as made

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"
HEXADECIMAL = "0123456789abcdef"


def grouped(number, *lengths, by=" "):
    parts, at = [], 0
    for length in lengths:
        parts.append(number[at:at + length])
        at += length
    return by.join(part for part in parts if part)


def emails(source):
    people = ["anna.keller", "j.okafor", "mw", "sales-nordic", "lena_brandt", "p.o'neil", "tomas.novak+orders",
              "marie-claire.dubois", "x9", "KUNDENDIENST", "giulia.ferri", "o.lindqvist", "ze.carvalho",
              "k.wisniewska", "info", "1984.reader", "noreply"]
    domains = ["example.org", "mail.example.com", "kanzlei-brandt.example", "example.net", "a.b.c.example.org",
               "EXAMPLE.COM", "müller-bau.example", "ex-ample.org"]
    for nth, person in enumerate(people * 2):
        yield f"{person}@{domains[(nth + source.below(3)) % len(domains)]}"


EMAIL_FRAMES = [
    "Please write to {v} or leave a note at the desk.", "From: [[PERSON|Anna]] <{v}>", "mailto:{v}?subject=Offer%2012",
    "cc {v}; subject: Q3/2025", "{v}", "Kontakt: {v}, Raum 3.14", "user={v}&plan=pro&v=2", "[{v}]",
    "\"email\":\"{v}\",\"id\":88213", "Je suis joignable à {v}.", "ask {v} about release 4.2",
    "| 17 | {v} | active |", "Error: delivery to {v} failed (550 5.1.1)",
]


def phones(source):
    two, three, four = source.digits, source.digits, source.digits
    for _ in range(4):
        yield f"+1 212-555-01{two(2)}"
        yield f"(415) 555-01{two(2)}"
        yield f"+44 20 7946 0{three(3)}"
        yield f"07700 900{three(3)}"
        yield f"+49 30 23125 {three(3)}"
        yield f"+49 (0)171 39 {four(5)}"
        yield f"+33 6 39 98 {two(2)} {two(2)}"
        yield f"01 99 00 {two(2)} {two(2)}"
        yield f"+34 91{two(1)} {three(3)} {three(3)}"
        yield f"+39 02 {four(4)} {four(4)}"
        yield f"+31 6 {four(4)} {four(4)}"
        yield f"+48 22 {three(3)} {two(2)} {two(2)}"
        yield f"+351 21{two(1)} {three(3)} {three(3)}"
        yield f"+46 70-{three(3)} {two(2)} {two(2)}"
        yield f"+61 491 570 {three(3)}"
        yield f"0041 44 {three(3)} {two(2)} {two(2)}"
        yield f"+91 98{three(3)} {four(5)}"
        yield f"+55 11 9{four(4)}-{four(4)}"


PHONE_FRAMES = [
    "Call me on {v} after 17:30.", "Tel. {v}", "{v}", "Mobil: {v}\nRaum: 2.07", "He left {v} as a number to reach him.",
    "contact,{v},2026-03-12", "Vous pouvez me joindre au {v} entre 9 h et 12 h.", "whatsapp {v} 👍", "Teléfono: {v}",
    "order 4471 / {v} / 149.90", "tel:{v}", "Prosze dzwonić: {v}", "Fax {v}, Seite 1/3", "nr tel.: {v}",
]

# National ways of writing that only a word makes a phone number.
NATIONAL_PHONES = [
    "Telefon: [[PHONE_NUMBER|030 23125 044]]", "Tel.: [[PHONE_NUMBER|0511/4475-12]]", "Handy [[PHONE_NUMBER|0171 3920044]]",
    "Ruf mich unter [[PHONE_NUMBER|089 998 877 66]] an.", "Tel [[PHONE_NUMBER|912 345 678]]", "móvil: [[PHONE_NUMBER|612 34 56 78]]",
    "cell. [[PHONE_NUMBER|338 4471902]]", "Telefoon [[PHONE_NUMBER|020-5551234]]", "telefon [[PHONE_NUMBER|22 555 01 93]]",
    "tel. [[PHONE_NUMBER|601-555-193]]", "telemóvel [[PHONE_NUMBER|912 555 019]]", "mobil [[PHONE_NUMBER|070-174 06 12]]",
    "Tlf. [[PHONE_NUMBER|22 55 50 19]]", "puh. [[PHONE_NUMBER|040 555 0193]]", "tel. č. [[PHONE_NUMBER|601 555 019]]",
    "電話：[[PHONE_NUMBER|03-5550-1934]]", "phone no: [[PHONE_NUMBER|5550193]]", "ring me on [[PHONE_NUMBER|0161 496 0234]]",
    "You can text me: [[PHONE_NUMBER|2125550142]]", "hotline [[PHONE_NUMBER|0800 555 0199]]", "mobile-[[PHONE_NUMBER|07700900461]]",
    "Durchwahl [[PHONE_NUMBER|0911 5550-193]]", "appelle-moi au [[PHONE_NUMBER|0639981234]]", "ligar para [[PHONE_NUMBER|(11) 95550-1934]]",
]

ADDRESSES = [
    "14 Larch Close, Cambridge CB4 1XX", "Flat 3, 27 Harbour Road, Bristol BS1 5TY", "221 Mill Lane, Leeds LS6 3PQ",
    "4410 Elmwood Avenue, Apt 2B, Rochester, NY 14618", "77 Sunset Blvd, Los Angeles, CA 90028", "PO Box 4471, Boise, ID 83701",
    "1600 W Fulton St, Chicago, IL 60612", "9 Rosebank Crescent", "Lindenstraße 17, 10969 Berlin", "Am Alten Markt 4, 50667 Köln",
    "Kirchweg 12 b, 79102 Freiburg im Breisgau", "Hauptstr. 5, 84028 Landshut", "Mariahilfer Straße 88/12, 1070 Wien",
    "Bahnhofstrasse 21, 8001 Zürich", "Postfach 12 34, 53001 Bonn", "18 rue des Lilas, 69003 Lyon", "7 bis avenue Foch, 75116 Paris",
    "3 place de la Mairie, 35000 Rennes", "45, boulevard Victor Hugo, 06000 Nice", "Calle de Alcalá 45, 3º B, 28014 Madrid",
    "Avda. de la Constitución, 12, 41001 Sevilla", "C/ Mayor 7, 2º, 46001 Valencia", "Via Garibaldi 22, 20121 Milano",
    "Piazza del Popolo 3, 00187 Roma", "Corso Vittorio Emanuele II 108, 10121 Torino", "Prinsengracht 263, 1016 GV Amsterdam",
    "Dorpsstraat 8a, 3981 EB Bunnik", "ul. Długa 14/3, 00-238 Warszawa", "al. Jerozolimskie 65/79, 00-697 Warszawa",
    "Rua das Flores 112, 4050-265 Porto", "Av. da Liberdade, 45, 1250-146 Lisboa", "Rua Augusta, 1500, São Paulo - SP, 01304-001",
    "Storgatan 24, 211 42 Malmö", "Kungsgatan 5 B, 753 18 Uppsala", "Nørregade 12, 1165 København", "Karl Johans gate 9, 0154 Oslo",
    "Mannerheimintie 4 A 12, 00100 Helsinki", "Dlouhá 33, 110 00 Praha 1", "Rue de la Loi 155, 1040 Bruxelles",
    "12 Wattle Street, Carlton VIC 3053", "88 Queen St W, Toronto, ON M5H 2N2", "6 O'Connell Street, Dublin 1",
]
ADDRESS_FRAMES = [
    "Please send the documents to {v}.", "{v}", "Anschrift: {v}", "He has lived at {v} since 2019.", "Adresse : {v}\nRéf. 2026/0312",
    "ship_to: \"{v}\"", "Lieferung bis 12.03. an {v}, bitte klingeln.", "| 12 | {v} | 3 |", "Dirección: {v}",
]


def births(source):
    for _ in range(8):
        year, month, day = source.day()
        yield f"{day:02}.{month:02}.{year}"
        yield f"{year}-{month:02}-{day:02}"
        yield f"{day}/{month}/{year}"
        yield f"{day:02}/{month:02}/{year % 100:02}"
        yield f"{day}. {month}. {year}"


BIRTH_FRAMES = [
    "DOB: {v}", "date of birth {v}, admitted 2026-03-12", "geboren am {v} in [[LOCATION|Kassel]]", "Geburtsdatum: {v}", "geb. {v}",
    "né le {v} à [[LOCATION|Lille]]", "date de naissance : {v}", "nacido el {v}", "Fecha de nacimiento: {v}", "nata a [[LOCATION|Bari]] il {v}",
    "data di nascita: {v}", "geboortedatum {v}", "ur. {v} w [[LOCATION|Łodzi]]", "data urodzenia: {v}", "data de nascimento: {v}",
    "född {v}", "\"birthDate\": \"{v}\"", "birthday,{v}", "The claimant (born {v}) seeks damages.", "narozen {v}",
]


def addresses_v4(source):
    for nth in range(26):
        first = source.pick([10, 172, 192, 203, 198, 84, 5])
        yield f"{first}.{source.below(255)}.{source.below(255)}.{source.between(1, 254)}"
    yield "2001:db8:85a3::8a2e:370:7334"
    yield "fe80::1ff:fe23:4567:890a"
    yield "2001:DB8:0:0:8:800:200C:417A"
    yield "::ffff:192.0.2.128"
    yield "2a02:8109:9a80:1234:5678:9abc:def0:1"


IP_FRAMES = [
    "peer={v} port=51233 status=200", "Failed login from {v}", "{v} - - [12/Mar/2026:10:11:12 +0000] \"GET /v1.2/x\" 200 512",
    "host {v};", "X-Forwarded-For: {v}", "ping {v}/24", "[{v}]", "ssh -p 2222 {v}", "client IP: {v}.", "\"ip\":\"{v}\"",
]


def macs(source):
    for nth in range(8):
        pairs = [source.letters(2, HEXADECIMAL) for _ in range(6)]
        pairs[0] = "3c"
        yield ":".join(pairs)
        yield "-".join(pairs).upper()
        yield grouped("".join(pairs), 4, 4, 4, by=".")


MAC_FRAMES = ["link/ether {v} brd ff:ff:ff:ff:ff:ff", "MAC address {v}", "device {v} joined", "{v}", "hwaddr={v} mtu=1500"]


def cards(source):
    for prefix, length, groups in [("4", 16, (4, 4, 4, 4)), ("52", 16, (4, 4, 4, 4)), ("37", 15, (4, 6, 5)),
                                   ("6011", 16, (4, 4, 4, 4)), ("3055", 14, (4, 6, 4)), ("3530", 16, (4, 4, 4, 4)),
                                   ("2223", 16, (4, 4, 4, 4)), ("62", 16, (4, 4, 4, 4))]:
        yield made.card(source, prefix, length)
        yield grouped(made.card(source, prefix, length), *groups)
        yield grouped(made.card(source, prefix, length), *groups, by="-")
        yield made.card(source, prefix, length)
    for prefix in ["6759", "5018", "6304"]:
        yield made.card(source, prefix, 16)


CARD_FRAMES = [
    "card {v} exp 04/29", "Kreditkarte: {v}", "{v}", "paid with {v} on 12 March", "\"pan\": \"{v}\"", "Carte bancaire {v}, CVC 123",
    "tarjeta {v}", "Amount 149.90 EUR, {v}, approved 004471", "carta di credito n. {v}", "numer karty {v}",
]


def ibans(source):
    for nth, country in enumerate(list(made.IBANS) * 2):
        number = made.iban(source, country)
        yield number if nth % 2 else grouped(number, *[4] * 9)


IBAN_FRAMES = [
    "IBAN {v}", "Please pay 149.90 to {v} by 12 March.", "{v}", "Kontonummer: {v}, Verwendungszweck RE-2026-0312",
    "virement sur le compte {v}", "<IBAN>{v}</IBAN>", "cuenta {v}, concepto 44/2026", "bank: {v}; ref 20260312",
]


def bics(source):
    yield from ["COBADEFFXXX", "NWBKGB2L", "BNPAFRPPXXX", "CAIXESBBXXX", "UNCRITMM", "INGBNL2A", "PKOPPLPW", "CGDIPTPL",
                "SWEDSESS", "RZBAATWW", "KREDBEBB", "UBSWCHZH80A", "DNBANOKK", "DABADKKK", "NDEAFIHH", "AIBKIE2D",
                "BCEELULL", "CEKOCZPP", "CHASUS33", "ROYCCAT2", "CTBAAU2S", "ITAUBRSP"]


BIC_FRAMES = ["BIC: {v}", "BIC {v}, reference 4471", "SWIFT code {v}", "IBAN see below, SWIFT/BIC: {v}", "<BIC>{v}</BIC>", "Bankleitzahl (BIC) {v}"]

# Published examples: the first address of Bitcoin, those of BIP 173, BIP 350 and EIP-55.
WALLETS = [
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
    "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]
WALLET_FRAMES = ["Send the rest to {v} please.", "wallet: {v}", "{v}", "tx to {v} confirmed in block 840000"]

MRN_TEXTS = [
    "MRN [[MEDICAL_RECORD|4471902]]", "MRN: [[MEDICAL_RECORD|00-44-71]]", "Medical record number [[MEDICAL_RECORD|A4471902]]",
    "Patient ID: [[MEDICAL_RECORD|PT-447190]]", "patient no. [[MEDICAL_RECORD|88213-4]], ward 7", "Patientennummer: [[MEDICAL_RECORD|447190]]",
    "Fallnummer [[MEDICAL_RECORD|2026004471]], Station 3B", "Patienten-ID [[MEDICAL_RECORD|K4471902]]", "Krankenakte Nr. [[MEDICAL_RECORD|447-190]]",
    "dossier médical n° [[MEDICAL_RECORD|4471902]]", "IPP [[MEDICAL_RECORD|8004471902]]", "numéro patient : [[MEDICAL_RECORD|447190]]",
    "historia clínica [[MEDICAL_RECORD|HC-447190]]", "NHC: [[MEDICAL_RECORD|4471902]]", "cartella clinica n. [[MEDICAL_RECORD|2026/4471]]",
    "patiëntnummer [[MEDICAL_RECORD|4471902]]", "numer pacjenta: [[MEDICAL_RECORD|447190]]", "processo clínico [[MEDICAL_RECORD|4471902]]",
    "prontuário [[MEDICAL_RECORD|447190-2]]", "journalnummer [[MEDICAL_RECORD|447190]]", "\"patientId\": \"[[MEDICAL_RECORD|99417280]]\"",
    "hospital number [[MEDICAL_RECORD|H447190]] was seen on 12/03/2026", "Chart no: [[MEDICAL_RECORD|4471-902]]", "カルテ番号 [[MEDICAL_RECORD|4471902]]",
]

PAPER_TEXTS = [
    "passport [[PASSPORT|NX4471902]] ([[LOCATION|Netherlands]])", "paspoortnummer [[PASSPORT|NW7C3KR58]]", "passeport n° [[PASSPORT|24FV18834]]",
    "číslo pasu: [[PASSPORT|44719028]]", "cestovní pas [[PASSPORT|40219983]]", "svenskt pass nr [[PASSPORT|AA1234567]]",
    "Passport No. [[PASSPORT|K2200441]]", "útlevél száma: [[PASSPORT|BH1234567]]", "passin numero [[PASSPORT|FP1234567]]",
    "pașaport seria [[PASSPORT|055123456]]", "Reisepass ([[LOCATION|Österreich]]) [[PASSPORT|U1234567]]", "διαβατήριο [[PASSPORT|AT1234567]]",
    "passaporte [[PASSPORT|CB123456]]", "putovnica [[PASSPORT|007007007]]", "passport: [[PASSPORT|S00010001]], issued 2019-04-02",
    "Pasaporte argentino [[PASSPORT|AAB123456]]", "passnummer [[PASSPORT|35501234]]", "passport number [[PASSPORT|LR1234567]] (Irish)",
    "паспорт [[PASSPORT|381234567]]", "Reisepassnummer ([[LOCATION|Schweiz]]): [[PASSPORT|X1234567]]",
    "Führerscheinnummer [[DRIVER_LICENSE|B072RRE2I55]]", "Führerschein-Nr.: [[DRIVER_LICENSE|J010072MS12]]", "permis de conduire n° [[DRIVER_LICENSE|13AA00002]]",
    "permiso de conducir [[DRIVER_LICENSE|12345678Z]]", "rijbewijs [[DRIVER_LICENSE|5111476917]]", "rijbewijsnummer: [[DRIVER_LICENSE|4923881077]]",
    "prawo jazdy nr [[DRIVER_LICENSE|00123/16/1435]]", "carta de condução [[DRIVER_LICENSE|L-1234567]]", "körkort [[DRIVER_LICENSE|750401-1234]]",
    "CNH [[DRIVER_LICENSE|04471902881]]", "kørekort nr. [[DRIVER_LICENSE|12345678]]", "ajokortti [[DRIVER_LICENSE|123456-7890]]",
    "řidičský průkaz [[DRIVER_LICENSE|EK123456]]", "driving licence ([[LOCATION|Ireland]]) [[DRIVER_LICENSE|123456789]]", "førerkort [[DRIVER_LICENSE|68 10 123456]]",
    "vezetői engedély [[DRIVER_LICENSE|CF123456]]", "permis de conducere [[DRIVER_LICENSE|B00123456]]", "vozačka dozvola [[DRIVER_LICENSE|12345678]]",
    "Führerscheinnr. [[DRIVER_LICENSE|N1234567AB1]]", "driver licence [[DRIVER_LICENSE|12345678]] ([[LOCATION|NSW]])",
    "identiteitskaart [[IDENTITY_CARD|592-1234567-88]]", "číslo OP [[IDENTITY_CARD|123456789]]", "občiansky preukaz [[IDENTITY_CARD|EA123456]]",
    "carte nationale d'identité n° [[IDENTITY_CARD|180692312345]]", "CNI [[IDENTITY_CARD|X4RTBPFW4]]", "carte de identitate [[IDENTITY_CARD|RX 123456]]",
    "osobna iskaznica [[IDENTITY_CARD|123456789]]", "osebna izkaznica [[IDENTITY_CARD|IC1234567]]", "személyi igazolvány: [[IDENTITY_CARD|123456AB]]",
    "henkilökortti [[IDENTITY_CARD|012345678]]", "лична карта [[IDENTITY_CARD|641234567]]", "nationellt id-kort [[IDENTITY_CARD|12345678]]",
    "identity card [[IDENTITY_CARD|S1234567]]", "ID card no. [[IDENTITY_CARD|A123456]]", "asmens tapatybės kortelė [[IDENTITY_CARD|12345678]]",
    "ID-kaart [[IDENTITY_CARD|AA1234567]]", "RG [[IDENTITY_CARD|24.678.131-4]]", "national ID: [[IDENTITY_CARD|29001011234567]]",
    "identiteitsbewijs [[IDENTITY_CARD|IKF1234C8]]", "Identitätskarte [[IDENTITY_CARD|C1234567]]",
    "tax number [[TAX_NUMBER|49091850]] ([[ORGANIZATION|IRD]], [[LOCATION|New Zealand]])", "tax ID: [[TAX_NUMBER|1234567890]]", "TIN [[TAX_NUMBER|123456789]] ([[LOCATION|Philippines]])",
    "Foreign tax identification number: [[TAX_NUMBER|7812345678]]", "numéro d'identification fiscale [[TAX_NUMBER|1234567890]] ([[LOCATION|Maroc]])",
    "taxpayer no. [[TAX_NUMBER|20123456789]]", "identificación fiscal [[TAX_NUMBER|20304050607]] ([[LOCATION|Argentina]])",
    "Tax No. [[TAX_NUMBER|0123456789]]", "steuerliche Nummer im Ausland: [[TAX_NUMBER|44719028]]", "tax id [[TAX_NUMBER|311234567]]",
]

PLATES = [
    "Kennzeichen [[VEHICLE_PLATE|HH-KR 4471]]", "Kfz-Kennzeichen: [[VEHICLE_PLATE|B XY 512]]", "Kennzeichen [[VEHICLE_PLATE|M-TL 88E]], Elektroauto",
    "registration [[VEHICLE_PLATE|LK19 XTR]]", "number plate [[VEHICLE_PLATE|AB51 DVL]]", "license plate [[VEHICLE_PLATE|7ABC123]]",
    "plate number: [[VEHICLE_PLATE|XYZ-4821]]", "immatriculation [[VEHICLE_PLATE|AB-123-CD]]", "plaque d'immatriculation [[VEHICLE_PLATE|FG-482-KL]]",
    "matrícula [[VEHICLE_PLATE|4821 KLM]]", "matrícula: [[VEHICLE_PLATE|AA-12-BB]]", "targa [[VEHICLE_PLATE|FH 482 KD]]",
    "veicolo targato [[VEHICLE_PLATE|EB123CD]]", "kenteken [[VEHICLE_PLATE|12-ABC-3]]", "kenteken: [[VEHICLE_PLATE|K-482-XT]]",
    "numer rejestracyjny [[VEHICLE_PLATE|WA 12345]]", "nr rej. [[VEHICLE_PLATE|KR 482LM]]", "registreringsnummer [[VEHICLE_PLATE|ABC 123]]",
    "regnr [[VEHICLE_PLATE|XYZ48A]]", "SPZ [[VEHICLE_PLATE|4A2 3000]]", "amtl. Kennzeichen [[VEHICLE_PLATE|W-4821 B]]",
    "placa [[VEHICLE_PLATE|BRA2E19]]", "rendszám: [[VEHICLE_PLATE|ABC-123]]", "his car, reg [[VEHICLE_PLATE|MN12 OPQ]], was parked outside",
]


def vins(source):
    for _ in range(16):
        yield made.vin(source)
    # European makers need no check digit.
    yield from ["WVWZZZ1JZXW000001", "WBA3B1C50EK123456", "VF1RFB00X55123456", "ZFA22300005556777"]


VIN_FRAMES = ["VIN {v}", "Fahrgestellnummer: {v}", "chassis no. {v}, first registered 12.03.2019", "vehicle identification number {v}", "n° de châssis {v}"]

COMMON = [
    ("EMAIL_ADDRESS", EMAIL_FRAMES, emails), ("PHONE_NUMBER", PHONE_FRAMES, phones),
    ("ADDRESS", ADDRESS_FRAMES, lambda _: ADDRESSES), ("DATE_OF_BIRTH", BIRTH_FRAMES, births),
    ("IP_ADDRESS", IP_FRAMES, addresses_v4), ("MAC_ADDRESS", MAC_FRAMES, macs), ("CREDIT_CARD", CARD_FRAMES, cards),
    ("IBAN_CODE", IBAN_FRAMES, ibans), ("BIC_CODE", BIC_FRAMES, bics), ("CRYPTO", WALLET_FRAMES, lambda _: WALLETS * 2),
    ("VIN", VIN_FRAMES, vins),
]
TEXTS = {"phone": NATIONAL_PHONES, "medical": MRN_TEXTS, "papers": PAPER_TEXTS, "plates": PLATES}


def token(source, length, of=ALPHABET):
    return source.letters(length, of)


def private_keys(source):
    for label in ["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY"] * 4:
        body = base64.b64encode(bytes(source.below(256) for _ in range(96))).decode()
        yield f"-----BEGIN {label}-----\n{body[:64]}\n{body[64:]}\n-----END {label}-----"


def api_keys(source):
    for _ in range(3):
        yield f"AKIA{token(source, 16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}"
        yield f"glpat-{token(source, 20)}"
        yield f"hf_{token(source, 34)}"
        yield f"npm_{token(source, 36)}"
        yield f"sk_test_{token(source, 24)}"
        yield f"sk-ant-api03-{token(source, 90)}AA"
        yield f"dop_v1_{token(source, 64, HEXADECIMAL)}"
        yield f"SG.{token(source, 22)}.{token(source, 43)}"


def assigned(source):
    for _ in range(6):
        yield token(source, 32, HEXADECIMAL)
        yield token(source, 40)


def jwts(source):
    part = lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    for nth in range(20):
        head = part('{"alg":"HS256","typ":"JWT"}')
        yield f"{head}.{part(chr(123) + f'{chr(34)}sub{chr(34)}:{source.below(99999)}' + chr(125))}.{token(source, 43)}"


def connections(source):
    for nth in range(5):
        secret = token(source, 12)
        yield f"postgres://app:{secret}@db{nth}.example.org:5432/shop"
        yield f"mongodb+srv://reader:{secret}@cluster{nth}.example.net/test?retryWrites=true"
        yield f"redis://:{secret}@10.0.3.{nth + 4}:6379/0"
        yield f"Server=tcp:sql{nth}.example.net,1433;Database=shop;User ID=app;Password={secret};Encrypt=True"


def urls(source):
    for nth in range(10):
        yield f"https://user{nth}:{token(source, 10)}@git.example.org/team/repo.git"
        yield f"ftp://backup:{token(source, 8)}@files.example.com/daily"


def passwords(source):
    words = ["Sommer", "horse-battery", "Lisboa!", "qwerty", "Zürich", "t0mato", "Wisla#", "kaffe&te"]
    for nth in range(28):
        yield f"{words[nth % len(words)]}{source.between(10, 9999)}"


SECRETS = [
    ("PRIVATE_KEY", ["{v}\n", "key.pem:\n{v}\nkeep it safe", "Here it is, delete afterwards:\n\n{v}"], private_keys),
    ("API_KEY", ["export TOKEN={v}", "{v}", "curl -H 'X-Key: {v}' https://api.example.org/v2/items", "use {v} for staging, please", "token: {v} # rotate"], api_keys),
    ("API_KEY#assigned", ["API_KEY={v}", "\"client_secret\": \"{v}\"", "Authorization: Bearer {v}", "secret_key = '{v}'", "access_token: {v}"], assigned),
    ("JWT", ["Cookie: session={v}; Path=/", "{v}", "Authorization: Bearer {v}", "jwt={v}&v=2"], jwts),
    ("CONNECTION_STRING", ["DATABASE_URL={v}", "connect with {v}", "\"url\": \"{v}\""], connections),
    ("URL", ["git clone {v}", "see {v} for the files", "remote: {v}"], urls),
    ("PASSWORD", ["password: {v}", "DB_PASSWORD={v}", "Passwort: {v}", "\"password\": \"{v}\",", "mot de passe : {v}", "contraseña: {v}",
                  "hasło: {v}", "wachtwoord = {v}", "the wifi password is {v}.", "senha: {v}", "login a4471 / pwd {v}", "lösenord: {v}"], passwords),
    ("HIGH_ENTROPY", ["the signing key is {v} until Friday", "seed {v}", "hmac key: {v}", "Schlüssel {v}", "nonce = {v}"],
     lambda source: [token(source, 36) for _ in range(20)]),
]


def made_negatives():
    """Numbers that look like something and are nothing, and numbers with a wrong check digit."""
    source = made.Source(97)
    frames = [
        lambda: f"Order {source.digits(10)} shipped, tracking 1Z{token(source, 16, 'ABCDEF0123456789')}",
        lambda: f"commit {token(source, 40, HEXADECIMAL)} (tag v{source.below(9)}.{source.below(30)}.{source.below(99)})",
        lambda: f"ISBN 978-3-16-{source.digits(6)}-{source.below(10)}, edition {source.below(9)}",
        lambda: f"{source.between(2019, 2026)}-{source.between(10, 12)}-{source.between(10, 28)}T{source.between(10, 23)}:{source.between(10, 59)}:{source.between(10, 59)}.{source.digits(3)}Z INFO took {source.digits(4)} ms",
        lambda: f"id={token(source, 8, HEXADECIMAL)}-{token(source, 4, HEXADECIMAL)}-4{token(source, 3, HEXADECIMAL)}-a{token(source, 3, HEXADECIMAL)}-{token(source, 12, HEXADECIMAL)}",
        lambda: f"width: {source.digits(3)}.{source.digits(6)}px; color: #{token(source, 6, HEXADECIMAL)};",
        lambda: f"EUR {source.digits(1)}.{source.digits(3)},{source.digits(2)} netto, USt {source.digits(3)},{source.digits(2)}",
        lambda: f"sha256:{token(source, 64, HEXADECIMAL)}",
        lambda: f"Rechnung RE-{source.between(2020, 2026)}-{source.digits(5)} vom {source.between(1, 28)}.{source.between(1, 12)}.2026",
        lambda: f"{source.digits(5)};{source.digits(4)};{source.digits(6)};{source.digits(3)},{source.digits(2)}",
        lambda: f"lat {source.between(40, 59)}.{source.digits(6)}, lon {source.between(1, 20)}.{source.digits(6)}",
        lambda: f"version {source.below(20)}.{source.below(200)}.{source.below(200)}.{source.between(256, 999)} (build {source.digits(6)})",
        lambda: f"Artikel-Nr. {source.digits(8)}, Charge {source.digits(6)}-{source.letters(2)}",
        lambda: f"EAN 40{source.digits(11)}",
        lambda: f"0x{token(source, 16, HEXADECIMAL)} -> 0x{token(source, 16, HEXADECIMAL)}",
        lambda: f"case {source.between(1, 9)} K {source.digits(4)}/25, page {source.digits(3)} of {source.digits(3)}",
        lambda: f"total_bytes={source.digits(12)} offset={source.digits(11)} count={source.digits(9)}",
        lambda: f"unix time {source.between(1600000000, 1799999999)}",
        lambda: f"BGBl. I S. {source.digits(4)}, § {source.between(1, 900)} Abs. {source.between(1, 9)}",
        lambda: f"Flight LH{source.digits(4)}, seat {source.between(1, 40)}A, gate B{source.between(1, 60)}",
        lambda: f"x = {source.digits(3)}.{source.digits(9)}e-{source.between(2, 12)}",
        lambda: f"{source.digits(2)}:{source.digits(2)}:{source.digits(2)},{source.digits(3)} --> {source.digits(2)}:{source.digits(2)}:{source.digits(2)},{source.digits(3)}",
        lambda: f"score {source.below(9)}-{source.below(9)}, attendance {source.digits(2)} {source.digits(3)}",
        lambda: f"part number {source.letters(3)}{source.digits(6)} fits model {source.letters(2)}-{source.digits(4)}",
    ]
    for nth in range(240):
        text = frames[nth % len(frames)]()
        yield {"id": f"negative/{nth}", "text": text, "spans": []}
    for nth in range(20):
        number = made.card(source, "4", 16)
        wrong = number[:-1] + str((int(number[-1]) + 1 + source.below(8)) % 10)
        yield {"id": f"negative/card/{nth}", "text": f"card {grouped(wrong, 4, 4, 4, 4)} was refused: mistyped", "spans": []}
    for nth, country in enumerate(["DE", "FR", "GB", "ES", "IT", "NL", "PL", "PT", "SE", "AT"]):
        number = made.iban(source, country)
        wrong = number[:2] + f"{(int(number[2:4]) + 7) % 97:02}" + number[4:]
        yield {"id": f"negative/iban/{nth}", "text": f"{wrong} is no valid IBAN, says the form", "spans": []}
