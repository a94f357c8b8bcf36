"""Time presidio-analyzer's default English recognisers on the texts on standard input (a JSON array).

Its usual language model is not used: a blank spaCy pipeline stands in, which cuts words and finds no
names. That makes presidio-analyzer faster than it usually is. Nothing is fetched: the list of domain
endings is the one that comes with its package.
"""

import importlib.metadata
import json
import logging
import sys
import time

import spacy
import tldextract.tldextract
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine

ROUNDS = 3


class BlankEngine(SpacyNlpEngine):
    """English words and nothing more."""

    def __init__(self):
        super().__init__(models=[{"lang_code": "en", "model_name": "blank"}])
        self.nlp = {"en": spacy.blank("en")}

    def load(self):
        """There is nothing to load."""


def main():
    logging.disable(logging.WARNING)
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())
    texts = json.load(sys.stdin)
    engine = BlankEngine()
    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=engine)
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])
    times, found = [], 0
    for nth in range(ROUNDS + 1):
        begin = time.perf_counter()
        found = sum(len(analyzer.analyze(text=text, language="en")) for text in texts)
        # The first round warms up.
        if nth > 0:
            times.append((time.perf_counter() - begin) * 1000)
    print(json.dumps({
        "version": importlib.metadata.version("presidio-analyzer"),
        "recognizers": len(registry.recognizers),
        "found": found,
        "milliseconds": min(times),
    }))


main()
