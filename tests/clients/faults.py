"""The official Python clients where a provider fails: `faults.py BASE KEY MODEL COMPLETER`.

The provider behind the model fails as a message says, and that of COMPLETER in the middle of what it writes. Each failure must be raised as the kind of error that a
program catches, and none may look like the end of an answer. Prints one line for each case that holds.
"""

import sys

import anthropic
import openai

base, key, model, completer = sys.argv[1:]
one = openai.OpenAI(base_url=f"{base}/v1", api_key=key, max_retries=0, timeout=120)
two = anthropic.Anthropic(base_url=base, api_key=key, max_retries=0, timeout=120)
# What is said, the error of each client, and the code in OpenAI's language.
BEFORE = [
    ("too often", openai.RateLimitError, anthropic.RateLimitError, "rate_limit_exceeded"),
    ("no credit", openai.RateLimitError, anthropic.PaymentRequiredError, "insufficient_quota"),
    ("failed", openai.InternalServerError, anthropic.InternalServerError, "provider_failed"),
    ("overloaded", openai.InternalServerError, anthropic.OverloadedError, "overloaded"),
    ("too long", openai.BadRequestError, anthropic.BadRequestError, "context_length_exceeded"),
    ("filtered", openai.BadRequestError, anthropic.BadRequestError, "content_filter"),
    ("no such model", openai.NotFoundError, anthropic.NotFoundError, "model_not_found"),
]
# The same within a stream, with Anthropic's name of the error.
WITHIN = [
    ("cut off", "provider_failed", "api_error"),
    ("overloaded within", "overloaded", "overloaded_error"),
    ("filtered within", "content_filter", "invalid_request_error"),
]


def asked(said):
    return dict(model=model, max_tokens=50, messages=[{"role": "user", "content": said}])


def holds(name, claim):
    if not claim:
        sys.exit(f"does not hold: {name}")
    print(name)


def raised(kind, ask):
    try:
        ask()
    except kind as error:
        return error
    sys.exit(f"{kind.__name__} was not raised")


def before(said, kind_of_one, kind_of_two, code):
    error = raised(kind_of_one, lambda: one.chat.completions.create(**asked(said)))
    holds(f"openai: {said}", error.code == code)
    other = raised(kind_of_two, lambda: two.messages.create(**asked(said)))
    holds(f"anthropic: {said}", type(other) is kind_of_two)
    if said == "too often":
        waits = [told.response.headers["retry-after"] for told in (error, other)]
        holds("both are told when to come again", waits == ["77", "77"])


def within(said, code, kind):
    heard = []

    def read_one():
        for chunk in one.chat.completions.create(**asked(said), stream=True):
            heard.append(chunk.choices[0])

    error = raised(openai.APIError, read_one)
    text = "".join(choice.delta.content or "" for choice in heard)
    ended = any(choice.finish_reason for choice in heard)
    holds(f"openai: {said}", error.code == code and text == "Half of an answer" and not ended)

    events = []

    def read_two():
        with two.messages.stream(**asked(said)) as stream:
            events.extend(event.type for event in stream)

    error = raised(anthropic.APIStatusError, read_two)
    ended = {"message_delta", "message_stop"} & set(events)
    holds(f"anthropic: {said}", error.type == kind and "text" in events and not ended)


def whole(said):
    """Of an answer that breaks off nothing is given where all of it was asked for."""
    raised(openai.InternalServerError, lambda: one.chat.completions.create(**asked(said)))
    raised(anthropic.InternalServerError, lambda: two.messages.create(**asked(said)))
    holds(f"both: {said}, not streamed", True)


def completion():
    heard = []

    def read():
        for chunk in one.completions.create(model=completer, prompt="Once upon a time", stream=True):
            heard.append(chunk.choices[0])

    error = raised(openai.APIError, read)
    text = "".join(choice.text for choice in heard)
    ended = any(choice.finish_reason for choice in heard)
    holds("openai: a completion that breaks off", error.code == "provider_failed" and text == "Half of it" and not ended)


for case in BEFORE:
    before(*case)
for case in WITHIN:
    within(*case)
whole("cut off")
completion()
said = one.chat.completions.create(**asked("well"))
holds("openai: it answers again", said.choices[0].finish_reason == "stop")
