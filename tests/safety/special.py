"""Special categories in words: about somebody, and about nobody.

Marked is what a reader would take out: the illness, the medicine, the belief, the party or the union,
without the words around it. Texts about nobody in particular have nothing marked.
"""

HEALTH = """
My mother is 71 and has [[HEALTH_CONDITION|type 2 diabetes]]. Can she take ibuprofen?
The patient was diagnosed with [[HEALTH_CONDITION|multiple sclerosis]] in 2019 and walks with a stick.
She takes [[HEALTH_CONDITION|metformin]] twice a day.
I have been on [[HEALTH_CONDITION|sertraline]] since March and sleep badly.
He suffers from [[HEALTH_CONDITION|asthma]] and needs a ground-floor flat.
Our client is [[HEALTH_CONDITION|pregnant]] and was dismissed on 4 May.
[[PERSON|Eleanor Ashdown]] has [[HEALTH_CONDITION|epilepsy]], so she may not drive.
Diagnosis: [[HEALTH_CONDITION|schizophrenia]], stable under treatment.
PMH: [[HEALTH_CONDITION|hypertension]], [[HEALTH_CONDITION|atrial fibrillation]]
My son's [[HEALTH_CONDITION|ADHD]] makes mornings hard.
I think my boss knows about my [[HEALTH_CONDITION|depression]].
She is [[HEALTH_CONDITION|HIV positive]] and afraid that her landlord hears of it.
The employee has been on [[HEALTH_CONDITION|sick leave]] for six weeks.
His [[HEALTH_CONDITION|chemotherapy]] starts on Monday. After that he will work from home.
Dad had a [[HEALTH_CONDITION|heart attack]] last night.
Draft a letter for Mr [[PERSON|Pryce]]: he needs [[HEALTH_CONDITION|dialysis]] three times a week and cannot attend.
My wife has [[HEALTH_CONDITION|breast cancer]]. The [[HEALTH_CONDITION|tamoxifen]] gives her hot flushes.
can i drink with [[HEALTH_CONDITION|lithium]]? been on it two years
Pt c/o fatigue, known [[HEALTH_CONDITION|T2DM]], [[HEALTH_CONDITION|COPD]]. Cont. [[HEALTH_CONDITION|metformin]].
Meine Mutter hat [[HEALTH_CONDITION|Diabetes Typ 2]] und nimmt [[HEALTH_CONDITION|Metformin]].
Der Patient leidet an [[HEALTH_CONDITION|Morbus Crohn]].
Ich bin seit zwei Wochen [[HEALTH_CONDITION|krankgeschrieben]].
Meine Mandantin ist [[HEALTH_CONDITION|schwerbehindert]] (GdB 60).
Diagnose: [[HEALTH_CONDITION|Brustkrebs]], Stadium II
Frau [[PERSON|Grabowski]] ist an [[HEALTH_CONDITION|Multipler Sklerose]] erkrankt.
Er hatte im Mai einen [[HEALTH_CONDITION|Schlaganfall]] und lebt jetzt bei seiner Tochter.
Wegen seiner [[HEALTH_CONDITION|Depression]] kann mein Kollege nicht reisen.
Sie ist im vierten Monat [[HEALTH_CONDITION|schwanger]].
Vorerkrankungen: [[HEALTH_CONDITION|Bluthochdruck]], [[HEALTH_CONDITION|Vorhofflimmern]]
Ma mère souffre d'[[HEALTH_CONDITION|hypertension]].
J'ai un [[HEALTH_CONDITION|cancer]] du sein, puis-je travailler ?
Le patient est atteint de [[HEALTH_CONDITION|sclérose en plaques]].
Elle est [[HEALTH_CONDITION|enceinte]] de trois mois.
Mon fils prend de l'[[HEALTH_CONDITION|insuline]] depuis deux ans.
Mi padre tiene [[HEALTH_CONDITION|diabetes tipo 2]].
La paciente padece [[HEALTH_CONDITION|esclerosis múltiple]].
Tomo [[HEALTH_CONDITION|sertralina]] por mi [[HEALTH_CONDITION|depresión]].
Mi hija está [[HEALTH_CONDITION|embarazada]] y no encuentra trabajo.
Mia madre ha l'[[HEALTH_CONDITION|Alzheimer]].
Il paziente soffre di [[HEALTH_CONDITION|epilessia]].
Mio marito è in [[HEALTH_CONDITION|dialisi]] da un anno.
"""

OTHERS = """
He is [[SEXUAL_ORIENTATION|gay]] and has not told his parents.
My [[SEXUAL_ORIENTATION|lesbian]] daughter wants to marry in June.
[[PERSON|Declan Pryce]] came out as [[SEXUAL_ORIENTATION|bisexual]] last year.
I am [[SEXUAL_ORIENTATION|transgender]] and my employer uses the wrong name.
Mein Bruder ist [[SEXUAL_ORIENTATION|schwul]].
Sie ist [[SEXUAL_ORIENTATION|lesbisch]] und lebt mit ihrer Partnerin in [[LOCATION|Köln]].
Mon frère est [[SEXUAL_ORIENTATION|homosexuel]].
Mi hermana es [[SEXUAL_ORIENTATION|lesbiana]].
Sexual orientation: [[SEXUAL_ORIENTATION|bisexual]]
I was raised [[RELIGION|Catholic]] and left the church at 18.
She is a practising [[RELIGION|Muslim]] and needs a room for prayer.
Our tenant is [[RELIGION|Jewish]]; the lift must work on Saturdays.
Konfession: [[RELIGION|evangelisch]]
Der Bewerber ist [[RELIGION|Zeuge Jehovas]].
Ich bin [[RELIGION|Muslim]] und faste im Ramadan.
[[PERSON|Kemal Yıldız]] ist [[RELIGION|Alevit]].
Ma collègue est [[RELIGION|musulmane]].
Religione: [[RELIGION|cattolica]]
The [[RELIGION|Sikh]] student wears a turban in class.
Ethnicity: [[ETHNIC_ORIGIN|Black Caribbean]]
The client is [[ETHNIC_ORIGIN|Roma]] and was refused a pitch.
She is [[ETHNIC_ORIGIN|mixed race]] and grew up in [[LOCATION|Leeds]].
Der Zeuge ist [[ETHNIC_ORIGIN|Kurde]].
My wife is [[ETHNIC_ORIGIN|African American]].
Mi abuela era [[ETHNIC_ORIGIN|gitana]].
Ich bin Mitglied der [[UNION_MEMBERSHIP|IG Metall]].
He is a member of [[UNION_MEMBERSHIP|UNISON]] and wants his rep at the meeting.
My colleague is a [[UNION_MEMBERSHIP|shop steward]].
Unsere Kollegin ist seit 2011 Mitglied bei [[UNION_MEMBERSHIP|ver.di]].
Elle est membre de la [[UNION_MEMBERSHIP|CGT]] depuis dix ans.
[[PERSON|Amparo Gil]] está afiliada a [[UNION_MEMBERSHIP|Comisiones Obreras]].
Mio padre è iscritto alla [[UNION_MEMBERSHIP|CGIL]].
I pay my dues to the [[UNION_MEMBERSHIP|Teamsters]] every month.
She joined the [[POLITICAL_OPINION|Labour Party]] at sixteen.
Mein Nachbar wählt die [[POLITICAL_OPINION|AfD]].
Er ist Mitglied der [[POLITICAL_OPINION|SPD]].
My uncle is a [[POLITICAL_OPINION|communist]].
Partei: [[POLITICAL_OPINION|Die Linke]]
Il est membre du [[POLITICAL_OPINION|Rassemblement National]].
He is a registered [[POLITICAL_OPINION|Republican]] and gives money every year.
The police took his [[BODY_DATA|fingerprints]] in 2018.
She tested positive for [[BODY_DATA|BRCA1]] and wants to know about surgery.
My sister carries the gene for [[BODY_DATA|Huntington's]].
Der [[BODY_DATA|DNA-Test]] meines Mandanten liegt bei der Akte.
Ses [[BODY_DATA|empreintes digitales]] sont dans le fichier.
Mein Sohn hat [[BODY_DATA|Mukoviszidose]].
My client has a [[CRIMINAL_RECORD|criminal record]] from 2009.
He was [[CRIMINAL_RECORD|arrested for]] theft last week.
Der Bewerber ist [[CRIMINAL_RECORD|vorbestraft]].
Her husband is [[CRIMINAL_RECORD|on probation]].
[[PERSON|Colin Dray]] was [[CRIMINAL_RECORD|convicted of]] assault in 2012.
Mon client a un [[CRIMINAL_RECORD|casier judiciaire]].
Mi hijo tiene [[CRIMINAL_RECORD|antecedentes penales]].
"""

# Written after the lists of words, with words that came to mind and not from them: said in passing, or
# by what somebody does.
UNLISTED = """
My [[HEALTH_CONDITION|sciatica]] is back, so I need a day off.
Our foreman has [[HEALTH_CONDITION|gout]] and cannot climb.
She had her children by [[HEALTH_CONDITION|IVF]].
My daughter has [[HEALTH_CONDITION|PCOS]] and bad skin.
His [[HEALTH_CONDITION|vasectomy]] is on the 9th.
I take [[HEALTH_CONDITION|antidepressants]] and drink too much.
He hears voices and sees a [[HEALTH_CONDITION|psychiatrist]].
Ich habe [[HEALTH_CONDITION|Tinnitus]] seit dem Konzert.
Meine Chefin hat einen [[HEALTH_CONDITION|Bandscheibenvorfall]].
Er ist seit Mai in der [[HEALTH_CONDITION|Psychiatrie]].
Elle a une [[HEALTH_CONDITION|hernie discale]].
Mi jefe tiene [[HEALTH_CONDITION|gota]].
Mia zia ha la [[HEALTH_CONDITION|sciatica]].
She wears a [[RELIGION|hijab]] at work.
We go to [[RELIGION|mass]] every Sunday.
Mein Mann ist [[RELIGION|Pfarrer]].
He [[SEXUAL_ORIENTATION|likes men]] and will not say so.
My brother and his [[SEXUAL_ORIENTATION|boyfriend]] are moving in.
He has always [[POLITICAL_OPINION|voted left]].
Sie kandidiert für die [[POLITICAL_OPINION|Grünen]].
He is in the [[UNION_MEMBERSHIP|union]] and will not sign.
Er sitzt im [[UNION_MEMBERSHIP|Ortsvorstand der IG BAU]].
My uncle spent [[CRIMINAL_RECORD|two years in prison]].
Mein Mieter war im [[CRIMINAL_RECORD|Gefängnis]].
The gate opens when I show my [[BODY_DATA|face]].
"""

NOBODY = """
Diabetes is a disease in which the blood has too much sugar.
How does metformin work, and why is it taken with food?
People with epilepsy may not drive in many countries.
Explain the difference between type 1 and type 2 diabetes to a class of twelve-year-olds.
The study had 412 patients with asthma and ran for two years.
Write a blog post about living with multiple sclerosis.
The World Health Organization counts depression among the most common illnesses.
Insulin was first used in 1922.
A patient with hypertension should be seen once a year.
The Great Depression began in 1929.
My account is disabled and I cannot sign in.
Which vaccines are there against hepatitis?
Krebs ist die zweithäufigste Todesursache in Europa.
Bei Asthma verengen sich die Bronchien.
Welche Nebenwirkungen hat Metformin?
Patienten mit Diabetes sollten ihre Füße täglich ansehen.
Le diabète touche une personne sur dix.
La hipertensión es frecuente a partir de los sesenta años.
L'epilessia è una malattia del sistema nervoso.
The gay rights movement changed the law in 1967.
The Catholic Church owns many schools.
Islam has five pillars.
What did the Roma eat in the nineteenth century?
The museum shows Jewish life in [[LOCATION|Vienna]] before 1938.
Die katholische Kirche zahlt nach Tarif.
Die IG Metall fordert sieben Prozent.
Every member of the union may vote by post.
UNISON has called a strike for Friday.
Die SPD hat ihren Parteitag in [[LOCATION|Berlin]].
The Labour Party won 411 seats.
Labels: condition, treatment, placebo. Plot them on one axis.
The phone unlocks by fingerprint or face.
The Act says who may ask for a criminal record check.
Wer vorbestraft ist, kann dieses Amt nicht haben.
def diagnose(patient): return model.predict(patient.features)  # ICD-10 in, label out
SELECT diagnosis, count(*) FROM visits GROUP BY diagnosis;
Our lesson on world religions covers Hindu, Sikh and Buddhist festivals.
A trade union can sign a collective agreement.
He read a book about schizophrenia.
She teaches the history of Islam.
"""


def texts():
    for name, lines in {"health": HEALTH, "others": OTHERS, "unlisted": UNLISTED, "nobody": NOBODY}.items():
        for nth, line in enumerate(lines.strip().splitlines()):
            yield f"special/{name}/{nth}", line
