"""Secrets in the forms in which they stand in mails, tables, commands and programs, and what is none.

Marked is the value alone, a private key and an address with a password whole. Texts of the second part
have nothing in them: what a query, a program or a sentence has where a password would stand.
"""

import check_digits as made

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"
HEXADECIMAL = "0123456789abcdef"

PASSWORDS = r"""
config: password = "[[PASSWORD|Tr0ub(4dor&3]]"
PASSWORD=[[PASSWORD|Geheim[99]x]]
export DB_PASSWORD='[[PASSWORD|a;b{c}d9X]]'
Passwort: "[[PASSWORD|Mein Hund heißt Rex 7]]"
password = "[[PASSWORD|correct horse battery staple]]"
password: "[[PASSWORD|p@ss,word1]]"
mot de passe : « [[PASSWORD|le chat dort 12]] »
<Password>[[PASSWORD|Kestrel2024]]</Password>
<add key="Password" value="[[PASSWORD|Kestrel2024]]"/>
<key>Password</key><string>[[PASSWORD|Kestrel2024]]</string>
mytool --user joe --password [[PASSWORD|Kestrel2024]] --force
| Password | [[PASSWORD|Kestrel2024]] |
<tr><td>Password</td><td>[[PASSWORD|Kestrel2024]]</td></tr>
pw: [[PASSWORD|Kestrel2024]]
PW=[[PASSWORD|Kestrel2024]]
curl -u admin:[[PASSWORD|Geheim99]] https://api.example.org/v2/items
mysql -u root -p[[PASSWORD|Geheim99]] shop < dump.sql
CREATE USER reader IDENTIFIED BY '[[PASSWORD|Kestrel2024]]';
ALTER ROLE reader WITH PASSWORD '[[PASSWORD|Kestrel2024]]';
the password for the server is [[PASSWORD|Kestrel2024]], please change it
password (prod): [[PASSWORD|Kestrel2024]]
Password for the guest wifi: [[PASSWORD|Kestrel2024]]
密码：[[PASSWORD|Kestrel2024]]。
пароль: [[PASSWORD|Kestrel2024]]
passwоrd=[[PASSWORD|Kestrel2024]]
**Password:** [[PASSWORD|Kestrel2024]]
{\"user\": \"joe\", \"password\": \"[[PASSWORD|Kestrel2024]]\"}
connect(host, user="joe", password="[[PASSWORD|sunshine]]")
password: [[PASSWORD|swordfish]]
Passwort fürs Labor: [[PASSWORD|swordfish]] (bitte ändern)
pass phrase: [[PASSWORD|seven grey geese]]
the wifi is called Attic and its password [[PASSWORD|Kestrel2024]]
user joe, password: [[PASSWORD|swordfish]] thanks
Nimm als Passwort einfach [[PASSWORD|Kestrel2024]]
net use Z: \\files\daily /user:joe [[PASSWORD|Kestrel2024]]
"""

# Texts of several lines.
BLOCKS = [
    "Your account is ready. Your password:\n\n[[PASSWORD|Kestrel2024]]\n\nPlease change it.",
    "password:\n[[PASSWORD|Kestrel2024]]\nuser: joe",
    "| user | password |\n|---|---|\n| joe | [[PASSWORD|Kestrel2024]] |",
    "Login: joe\nKennwort\n[[PASSWORD|Kestrel2024]]",
]

ADDRESSES = """
DATABASE_URL=[[CONNECTION_STRING|postgresql+psycopg://app:Kestrel2024@db/shop]]
broker: [[CONNECTION_STRING|mqtt://user:Kestrel2024@broker.example.org:1883]]
[[CONNECTION_STRING|mysql+aiomysql://app:Kes*trel$24@db.example.org/shop]] times out
[[CONNECTION_STRING|jdbc:oracle:thin:scott/Kestrel2024@//h.example.org:1521/x]]
[[CONNECTION_STRING|snowflake://joe:Kestrel2024@account/db]]
open [[URL|vnc://:Kestrel2024@desk.example.org:5900]]
mount [[URL|//joe:Kestrel2024@files.example.org/daily]]
"""

NOTHING = """
SELECT id FROM users WHERE name = :name AND password = :password
UPDATE users SET password = @password WHERE id = $1
INSERT INTO users (name, password) VALUES (?, crypt(?, gen_salt('bf')))
First pass: completed. Summarise.
Palabra clave: economía
La clave: perseverancia
boarding pass: Lufthansa
Test 4: pass: failed
fn login(user: &str, password: &str) -> Result<Token, LoginError>
password: SecretString, token: Option<String>,
Hash::make($request->password); 'password' => bcrypt($data)
password: !vault |
password: "{{ vault_db_password }}"
Password: forgotten?
Passwort: vergessen
mdp: oublié
password: 8-20 characters
Password: min. 8
Kennwort: 12-stellig, mit Sonderzeichen
Passwort: siehe Anhang
The password is case-sensitive
The pin is GPIO17
"password": "Passwort", "forgotPassword": "Passwort vergessen?"
password: z.string().min(8, "Password must have 8 characters")
password = getpass.getpass("Password: ")
const hash = await bcrypt.hash(password, 10)
use --password to log in, or --password-file
<input type="password" name="password" placeholder="Enter it">
| Password | Created | Owner |
primary_key: user_id_2024_index
foreign_key = orders_customer_id_fkey1
secretName: tls-cert-prod-2024a
license_key: MIT-LICENSE-2024-v1
apiKey: process.env.API_KEY_PRODUCTION_2024
public_key = 04bfcab2a3d1e7f8096b5c4d3e2f1a0b9c8d7e6f50413223
s3_key: uploads/2024/03/12/img_20240312_123456.jpg
cache_key = "items:2024:page-3"
https://host.example.org:8080/path@2
postgres://user:password@localhost/db
redis://:${REDIS_PASSWORD}@cache:6379
// TODO:ask@team about this
-----BEGIN PUBLIC KEY-----
a key begins with -----BEGIN PRIVATE KEY----- in its first line
re_compile_all_expressions(x) and r8_weights of xai-org, pul-request
"""


def keys(source):
    """One key as it stands in a quote, a comment, a table, HTML, code, and with headers."""
    def body(lines):
        return [source.letters(64, ALPHABET) for _ in range(lines)] + [source.letters(20, ALPHABET) + "=="]

    def block(label, between, headers=()):
        lines = [f"-----BEGIN {label}-----", *headers, *body(3), f"-----END {label}-----"]
        return between.join(lines)

    for between in ["\n> ", "\n# ", "\n// ", "<br>", "\\n", " |\n| "]:
        begin = between.strip("\n") if "\n" in between else ""
        yield f"Here it is:\n{begin.replace(' |', '').strip()} [[PRIVATE_KEY|{block('RSA PRIVATE KEY', between)}]]\nThanks"
    headers = ["Version: GnuPG v2.0.22 (GNU/Linux)", "Comment: https://example.org/keys", ""]
    yield f"[[PRIVATE_KEY|{block('PGP PRIVATE KEY BLOCK', chr(10), headers)}]]"
    one = "\n".join(body(1))
    yield (
        "[[PRIVATE_KEY|PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\nComment: joe\nPublic-Lines: 2\n"
        f"{one}\nPrivate-Lines: 2\n{one}\nPrivate-MAC: {source.letters(64, HEXADECIMAL)}]]\n"
    )
    part = source.letters(43, ALPHABET)
    yield '{"keys":[[[PRIVATE_KEY|{"kty":"EC","crv":"P-256","x":"%s","y":"%s","d":"%s"}]]]}' % (part, part, part)
    yield f"[[PRIVATE_KEY|<RSAKeyValue><Modulus>{part}</Modulus><D>{part}</D></RSAKeyValue>]]"


def tokens(source):
    """Tokens of services by their published forms."""
    def some(count, of=ALPHABET):
        return source.letters(count, of)

    digits = "0123456789"
    for token in [
        f"gsk_{some(52)}", f"xai-{some(80)}", f"dckr_pat_{some(27)}", f"glcbt-64_{some(20)}", f"tskey-auth-k{some(12)}-{some(32)}",
        f"glsa_{some(32)}_{some(8, HEXADECIMAL)}", f"lin_api_{some(40)}", f"sbp_{some(40, HEXADECIMAL)}", f"pul-{some(40, HEXADECIMAL)}",
        f"PMAK-{some(24, HEXADECIMAL)}-{some(34, HEXADECIMAL)}", f"rubygems_{some(48, HEXADECIMAL)}", f"nfp_{some(40)}", f"r8_{some(37)}",
        f"nvapi-{some(64)}", f"pplx-{some(48)}", f"figd_{some(40)}", f"{some(3)}8Q~{some(34)}", f"{some(9, '123456789')}:AA{some(33)}",
        f"discord.com/api/webhooks/{some(18, '123456789')}/{some(68)}", f"EZ{some(60)}", f"pat{some(14)}.{some(64, HEXADECIMAL)}",
        f"{some(32, HEXADECIMAL)}-us{some(2, digits)}",
    ]:
        yield f"use [[API_KEY|{token}]] for staging, please"
    for field in [
        'api_key = "[[API_KEY|AbCd(1234)EfGh5678]]"', 'token="[[API_KEY|abc|def1234567890ghij]]"', 'secret: "[[API_KEY|p@ss:w0rd!longvalue9]]"',
        f"<ApiKey>[[API_KEY|{some(32)}]]</ApiKey>", f"deploy --token [[API_KEY|{some(32)}]]", f"license_key=[[API_KEY|QX7P-4RTB-{some(4)}-2ZWD]]",
    ]:
        yield field


def texts():
    """Each text with its name."""
    source = made.Source(20261127)
    parts = {
        "password": [*PASSWORDS.strip().splitlines(), *BLOCKS],
        "address": ADDRESSES.strip().splitlines(),
        "key": keys(source),
        "token": tokens(source),
        "nothing": NOTHING.strip().splitlines(),
    }
    for part, of_part in parts.items():
        for nth, text in enumerate(of_part):
            yield f"hidden/{part}/{nth}", text
