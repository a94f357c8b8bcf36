"""Names set into sentences, with and without anything that gives them away.

The pool has names that every list has and names that few have, as offices see them.
"""

PEOPLE = {
    "en": ["Oliver Bennett", "Charlotte Reid", "Kwame Mensah", "Aoife Brannigan", "Harpreet Gill", "Declan Pryce", "Zainab Bello",
           "Edith Holloway", "Mei-Ling Chow", "Rory McTavish", "Latoya Gibbs", "Vikram Deshpande"],
    "de": ["Annegret Holzapfel", "Thorsten Riedel", "Zeynep Kaplan", "Lorenz Eichinger", "Dorothea von Plessen", "Mirko Jovanović",
           "Hildegard Frerichs", "Cem Arslan", "Jannik Bohnenkamp", "Ulrike Sauerland"],
    "fr": ["Clémence Marchand", "Yves Kermarrec", "Rokhaya Sarr", "Thibault de Montferrand", "Inès Belkacem", "Hervé Poulain",
           "Océane Jacquot", "Lamine Cissé"],
    "es": ["Begoña Arrieta", "Luis Alberto Mamani", "Marisol Carrasco", "Gonzalo de la Fuente", "Nerea Otxoa", "Wilmer Cárdenas",
           "Amparo Gil", "Jordi Casals"],
    "it": ["Ottavia Grimaldi", "Gennaro Esposito", "Federica Della Valle", "Andrei Munteanu", "Loredana Sartori", "Tommaso Berti"],
    "nl": ["Lieke van den Berg", "Sjoerd Wiersma", "Fatima Bouzid", "Koen ter Horst", "Anouk Jacobs", "Rajesh Soebedar"],
    "pl": ["Joanna Zielińska", "Mirosław Gajda", "Weronika Sikora", "Dariusz Błaszczyk", "Halyna Melnyk", "Kacper Urbański"],
    "pt": ["Catarina Salgueiro", "Nuno Bragança", "Adelaide Ferreira", "Joaquim dos Santos", "Rosângela Moura", "Hélder Tavares"],
    "sv": ["Astrid Lundmark", "Mikael Öberg", "Sahra Jama", "Gunilla Wallin", "Viggo Ekström", "Leila Karimi"],
}

# {n} is the whole name, {f} its first word, {l} its last.
FRAMES = {
    "en": ["Dear {n}, your appointment is on 12 March at 9.", "The parcel was collected by {n} yesterday.", "My name is {n} and I would like to complain.",
           "{n} <[[EMAIL_ADDRESS|reply@example.org]]> wrote:", "According to {n}, the valve was closed. Later {l} changed the record.", "Attendee: {n}"],
    "de": ["Sehr geehrter Herr {l}, Ihr Termin ist am 12. März.", "Das Paket hat gestern {n} abgeholt.", "Ich heiße {n} und habe eine Frage.",
           "Ansprechpartner: {n}", "Nach Angaben von {n} war das Ventil zu.", "Hallo {f}, kommst du mit?"],
    "fr": ["Monsieur {l}, votre rendez-vous est fixé au 12 mars.", "Le colis a été retiré hier par {n}.", "Je m'appelle {n} et j'ai une question.",
           "Selon {n}, la vanne était fermée.", "Bonjour {f}, tu viens ?"],
    "es": ["Estimado señor {l}: su cita es el 12 de marzo.", "El paquete lo recogió ayer {n}.", "Me llamo {n} y tengo una pregunta.", "Hola {f}, ¿vienes?",
           "Según {n}, la válvula estaba cerrada."],
    "it": ["Gentile signora {l}, il suo appuntamento è il 12 marzo.", "Il pacco è stato ritirato ieri da {n}.", "Mi chiamo {n} e ho una domanda.", "Ciao {f}, vieni?"],
    "nl": ["Beste {f}, je afspraak is op 12 maart.", "Het pakket is gisteren opgehaald door {n}.", "Mijn naam is {n} en ik heb een vraag.", "Volgens {n} was de klep dicht."],
    "pl": ["Szanowny Panie {f}, wizyta jest 12 marca.", "Paczkę odebrała wczoraj osoba: {n}.", "Nazywam się {n} i mam pytanie.", "Obecni: {n}, sekretariat"],
    "pt": ["Caro {f}, a sua consulta é a 12 de março.", "A encomenda foi levantada ontem por {n}.", "Chamo-me {n} e tenho uma pergunta.", "Segundo {n}, a válvula estava fechada."],
    "sv": ["Hej {f}, din tid är den 12 mars.", "Paketet hämtades i går av {n}.", "Jag heter {n} och har en fråga.", "Enligt {n} var ventilen stängd."],
}

# Nothing but the letters says that these are names.
BARE = ["{n}", "{n};88213;149.90", "ok thx {n}", "| {n} | 7 | yes |"]

PLACES = [
    "I grew up in [[LOCATION|Glasgow]] and studied in [[LOCATION|Portugal]].", "The lorry left [[LOCATION|Rotterdam]] on 12 March.",
    "Our office in [[LOCATION|São Paulo]] is closed.", "She flew from [[LOCATION|Helsinki]] to [[LOCATION|Japan]].",
    "They met near [[LOCATION|Tbilisi]].", "Er wohnt jetzt in [[LOCATION|Wuppertal]].", "Wir fahren nach [[LOCATION|Österreich]].",
    "Der Zug aus [[LOCATION|Görlitz]] hat Verspätung.", "Il habite à [[LOCATION|Clermont-Ferrand]].", "Nous partons en [[LOCATION|Espagne]].",
    "Viene de [[LOCATION|Zaragoza]].", "Vive en [[LOCATION|Buenos Aires]] desde 2019.", "Abita a [[LOCATION|Bologna]].", "Woont in [[LOCATION|Eindhoven]].",
    "Mieszka w [[LOCATION|Krakowie]].", "Mora em [[LOCATION|Coimbra]].", "Bor i [[LOCATION|Uppsala]].", "Born in [[LOCATION|Addis Ababa]].",
    "City: [[LOCATION|Vancouver]]", "Ort: [[LOCATION|Bamberg]]", "Ville : [[LOCATION|Rouen]]", "flight to [[LOCATION|singapore]] at nine",
    "[[LOCATION|Paris]] and [[LOCATION|Warsaw]] signed in May.", "He owns a farm in [[LOCATION|Tuscany]].", "Deliveries to [[LOCATION|Northern Ireland]] take longer.",
]

ORGANISATIONS = [
    "She works for [[ORGANIZATION|Lindner Maschinenbau GmbH]].", "an invoice from [[ORGANIZATION|Casa Verde S.L.]]", "[[ORGANIZATION|Tidewater Capital LLC]] is the tenant.",
    "le contrat avec [[ORGANIZATION|Dupuis Frères SAS]]", "la [[ORGANIZATION|Banca Popolare di Lodi]] ha risposto", "bij [[ORGANIZATION|De Jong Transport B.V.]]",
    "umowa z [[ORGANIZATION|Polmax Sp. z o.o.]]", "[[ORGANIZATION|Mondal Textiles Pvt. Ltd.]] has paid", "Vertrag mit der [[ORGANIZATION|Bergblick Klinik AG]]",
    "as reported by [[ORGANIZATION|Greenpeace]]", "He sued [[ORGANIZATION|Volkswagen]] in 2019.", "her job at [[ORGANIZATION|Siemens]]",
    "treated at [[ORGANIZATION|St Thomas' Hospital]]", "a student of the [[ORGANIZATION|University of Porto]]", "das [[ORGANIZATION|Landgericht Hamburg]] entschied",
    "ein Konto bei der [[ORGANIZATION|Deutschen Bank]]", "[[ORGANIZATION|Nordlicht e.V.]] sammelt Spenden", "kontrakt med [[ORGANIZATION|Havnegruppen A/S]]",
    "[[ORGANIZATION|Silva & Rocha Lda.]] enviou a fatura", "[[ORGANIZATION|Ackermann, Pohl & Partner]] vertreten die Klägerin", "the board of [[ORGANIZATION|Marlowe Foods Inc.]]",
    "an employee of [[ORGANIZATION|Deloitte]]", "[[ORGANIZATION|Ministerio de Hacienda]] aprobó", "l'[[ORGANIZATION|Université de Lille]]", "[[ORGANIZATION|Bright Minds Foundation]] funds it",
]

# Capital letters that are no names.
NOTHING = [
    "Please read the Terms and Conditions before Monday.", "The Chief Executive and the Board of Directors met in Room Alpha.",
    "Open the File menu, choose Save As and pick Rich Text.", "Our Autumn Collection has Velvet Blue and Deep Olive.",
    "Press Control, then Shift. The Home key jumps to the start.", "We use Kafka for queues, Oracle for storage, and Ruby for scripts.",
    "Mercury is closer to the Sun than Venus; Mars is red.", "Die Lieferung erfolgt im April, der Rest im Mai.", "Das Amt hat den Antrag auf Förderung abgelehnt.",
    "Bitte die Anlage Vorsorgeaufwand beifügen.", "Der Vorsitzende eröffnet die Sitzung um Neun.", "La Commission a publié le Livre Vert.", "El Tribunal Supremo dictó Sentencia.", "Il Piano Casa è stato rinviato.", "De Wet Werk en Bijstand geldt niet.",
    "Kodeks Cywilny stanowi inaczej.", "O Regulamento Geral entra em vigor.", "Grundlagen der Statistik, Band Zwei.", "Will this work? May I ask? Mark it as done.",
    "Rich text and Bill of lading: see Annex Three.", "Rose wine, Pearl barley, Amber ale.", "Frank discussion, Earnest reply, Hope for the best.",
    "The Prime Minister spoke; the King did not.", "Summer School: Deep Learning with Transformers.", "New Features: Dark Theme, Live Preview.",
    "ERROR: Connection Refused. Retry Later.", "SELECT Name, City FROM Customer WHERE Id = 7", "TODO: Rename Class Person to Contact", "# Getting Started\n\n## First Steps",
    "Chapter One: The Long Road", "Black Friday, Cyber Monday, Boxing Day", "Gold Standard, Silver Lining, Iron Curtain", "Type A, Vitamin D, Plan B, Grade C",
    "Blue Whale, Red Panda, Snow Leopard", "General Relativity and Quantum Field Theory", "Kind Regards is how the template ends.", "Sincerely, the Management",
    "Hello World", "Dear Customer, dear Members,", "Sehr geehrte Damen und Herren,", "Madame, Monsieur,", "Estimados clientes:", "Hi all, Hi everyone, Hi team",
]


def texts():
    """Marked texts with their names, in a fixed order."""
    for language, people in PEOPLE.items():
        frames = FRAMES[language] + BARE
        for nth, name in enumerate(people * 2):
            frame = frames[(nth * 3 + nth // len(people)) % len(frames)]
            marked = {
                "n": f"[[PERSON|{name}]]",
                "f": f"[[PERSON|{name.split()[0]}]]",
                "l": f"[[PERSON|{name.split()[-1]}]]",
            }
            yield f"names/{language}/{nth}", frame.format(**marked)
    for group, list_of in (("places", PLACES), ("organisations", ORGANISATIONS), ("nothing", NOTHING)):
        for nth, text in enumerate(list_of):
            yield f"names/{group}/{nth}", text
