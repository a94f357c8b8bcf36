"""Write `labelled.jsonl`: the texts on which the scanner is measured, with what is in them.

    python3 tests/safety/make.py           write the file anew
    python3 tests/safety/make.py --check   fail if it is not what this script would write

Two kinds of texts: what people of the project wrote by hand (`written/*.txt`, mostly names and context), and
what this script sets into sentences, forms, tables, logs and code. Each line is
{"id", "text", "spans": [{"start", "end", "type"}]}, offsets in Unicode scalar values. The rules of
labelling are in docs/safety.md.
"""

import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))

from beside import texts as beside  # noqa: E402
from check_digits import Source  # noqa: E402
from common import COMMON, SECRETS, TEXTS, made_negatives  # noqa: E402
from hidden import texts as hidden  # noqa: E402
from names import texts as named  # noqa: E402
from national import FORMS, NATIONAL, SENTENCES  # noqa: E402
from special import texts as special  # noqa: E402

MARK = re.compile(r"\[\[([A-Z_]+)\|(.*?)\]\]", re.DOTALL)


def labelled(name, marked):
    """A text in which `[[TYPE|value]]` marks what is in it."""
    text, spans, at = "", [], 0
    for found in MARK.finditer(marked):
        text += marked[at:found.start()]
        spans.append({"start": len(text), "end": len(text) + len(found[2]), "type": found[1]})
        text += found[2]
        at = found.end()
    return {"id": name, "text": text + marked[at:], "spans": spans}


def written():
    """Texts by hand: a line `=== name` begins each, and what is marked is in it."""
    for file in sorted((HERE / "written").glob("*.txt")):
        parts = re.split(r"^=== (.+)\n", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for name, text in zip(parts[1::2], parts[2::2]):
            yield labelled(f"{file.stem}/{name}", text.strip("\n"))


def shaped(compact, shape):
    signs = iter(compact)
    return compact if shape == "*" else "".join(next(signs) if sign == "#" else sign for sign in shape)


def national():
    """Every way of writing in sentences of its languages and in forms, in turn."""
    for kind, make, shapes, words in NATIONAL:
        source = Source(sum(ord(sign) for sign in kind) * 7919)
        for nth in range(10):
            language, word = words[nth % len(words)]
            shape = shapes[nth % len(shapes)]
            if nth % 2 == 0:
                frames = SENTENCES[language]
                frame = frames[(nth // 2) % len(frames)]
            else:
                frame = FORMS[(nth // 2 + len(kind)) % len(FORMS)]
            value = f"[[{kind}|{shaped(make(source), shape)}]]"
            yield labelled(f"national/{kind}/{nth}", frame.format(w=word, v=value))


def common():
    for name, frames, values in COMMON + SECRETS:
        kind = name.split("#")[0]
        source = Source(sum(ord(sign) for sign in name) * 104729)
        for nth, value in enumerate(values(source)):
            frame = frames[nth % len(frames)]
            yield labelled(f"common/{name}/{nth}", frame.replace("{v}", f"[[{kind}|{value}]]"))
    for name, texts in TEXTS.items():
        for nth, text in enumerate(texts):
            yield labelled(f"common/{name}/{nth}", text)


def names():
    for name, text in named():
        yield labelled(name, text)


def in_words():
    for name, text in special():
        yield labelled(name, text)


def forms():
    for name, text in beside():
        yield labelled(name, text)


def secrets():
    for name, text in hidden():
        yield labelled(name, text)


def main():
    texts = [
        *written(),
        *national(),
        *common(),
        *names(),
        *in_words(),
        *forms(),
        *secrets(),
        *made_negatives(),
    ]
    ids = [text["id"] for text in texts]
    assert len(ids) == len(set(ids)), "two texts share an id"
    lines = "".join(json.dumps(text, ensure_ascii=False) + "\n" for text in texts)
    file = HERE / "labelled.jsonl"
    if "--check" in sys.argv:
        if file.read_text(encoding="utf-8") != lines:
            sys.exit(f"{file} is not what make.py writes: run it without --check")
        return
    with open(file, "w", encoding="utf-8", newline="\n") as out:
        out.write(lines)
    print(f"{len(texts)} texts, {sum(len(text['spans']) for text in texts)} spans")


main()
