"""The official Python clients against the local API: `check.py BASE KEY MODEL KIND EMBEDDER COMPLETER`.

KIND is `local` for the real models on this computer, or `provider` for the one that the tests play; EMBEDDER is
the model that makes vectors, COMPLETER the one that goes on with a text. Prints one line for each case that holds; the first that does not ends it.
"""

import json
import math
import sys

import anthropic
import openai

base, key, model, kind, embedder, completer = sys.argv[1:]
one = openai.OpenAI(base_url=f"{base}/v1", api_key=key, max_retries=0, timeout=120)
two = anthropic.Anthropic(base_url=base, api_key=key, max_retries=0, timeout=120)
PARAMETERS = {
    "type": "object",
    "properties": {"place": {"type": "string", "enum": ["Bern", "Rome"]}},
    "required": ["place"],
    "additionalProperties": False,
}
SHAPE = {
    "type": "object",
    "properties": {"colour": {"type": "string", "enum": ["red", "blue"]}},
    "required": ["colour"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "weather", "description": "The weather.", "parameters": PARAMETERS}}
TOOL_OF_TWO = {"name": "weather", "description": "The weather.", "input_schema": PARAMETERS}
# This client has no word for it any more, and the interface still has.
STEADY = {"temperature": 0}
HELLO = [{"role": "user", "content": "Say hello."}]
# How near the first is to each of the others, its makers' own program says.
MEALS = ["A man is eating food.", "A man is eating a piece of bread.", "The girl is carrying a baby."]
CALLED = [{"role": "user", "content": "How is the weather in Bern? Use the tool."}]


def holds(name, claim):
    if not claim:
        sys.exit(f"does not hold: {name}")
    print(name)


def cosine(one, other):
    lengths = math.sqrt(sum(x * x for x in one)) * math.sqrt(sum(x * x for x in other))
    return sum(x * y for x, y in zip(one, other)) / lengths


def refused(kind_of_error, ask):
    try:
        ask()
    except kind_of_error as error:
        return error
    sys.exit(f"was not refused with {kind_of_error.__name__}")


def with_openai():
    said = one.chat.completions.create(model=model, messages=HELLO, max_tokens=12, temperature=0)
    holds("openai: a conversation", said.choices[0].message.content and said.usage.completion_tokens > 0)
    going_on = HELLO + [
        {"role": "assistant", "content": said.choices[0].message.content},
        {"role": "user", "content": "And again."},
    ]
    said = one.chat.completions.create(model=model, messages=going_on, max_completion_tokens=12, temperature=0)
    holds("openai: a second turn", said.choices[0].finish_reason in ("stop", "length"))

    options = {"include_usage": True}
    stream = one.chat.completions.create(
        model=model, messages=HELLO, max_tokens=12, temperature=0, stream=True, stream_options=options
    )
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    holds("openai: a stream", text and chunks[-1].usage.completion_tokens > 0)
    reasons = [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices]
    holds("openai: the stream ends once", reasons[-1] and not any(reasons[:-1]))

    asked = dict(model=model, messages=CALLED, tools=[TOOL], tool_choice="required", max_tokens=128, temperature=0)
    called = one.chat.completions.create(**asked).choices[0]
    call = called.message.tool_calls[0]
    holds("openai: a tool call", called.finish_reason == "tool_calls" and call.function.name == "weather")
    holds("openai: its arguments", json.loads(call.function.arguments)["place"] in ("Bern", "Rome"))
    result = CALLED + [
        called.message,
        {"role": "tool", "tool_call_id": call.id, "content": "It rains."},
    ]
    said = one.chat.completions.create(
        model=model, messages=result, tools=[TOOL], tool_choice="none", max_tokens=12, temperature=0
    )
    holds("openai: after the tool", said.choices[0].message.content)
    calls = [
        piece
        for chunk in one.chat.completions.create(**asked, stream=True)
        if chunk.choices
        for piece in chunk.choices[0].delta.tool_calls or []
    ]
    holds("openai: a streamed tool call", calls and calls[0].function.name == "weather")

    schema = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SHAPE, "strict": True}}
    shaped = one.chat.completions.create(model=model, messages=HELLO, response_format=schema, max_tokens=128, temperature=0)
    holds("openai: schema output", json.loads(shaped.choices[0].message.content)["colour"] in ("red", "blue"))

    listed = [entry.id for entry in one.models.list()]
    holds("openai: models", model in listed and "default" in listed)
    holds("openai: one model", one.models.retrieve("default").id == "default")

    made = [entry.embedding for entry in one.embeddings.create(model=embedder, input=MEALS).data]
    if kind == "provider":
        holds("openai: embeddings", [len(vector) for vector in made] == [3, 3, 3])
    else:
        lengths = [len(vector) for vector in made]
        meals, other = (cosine(made[0], vector) for vector in made[1:])
        holds("openai: embeddings", lengths == [384] * 3 and abs(meals - 0.755) < 0.01 and abs(other + 0.105) < 0.01)
        # That the model that writes makes no vectors is said, and not made up for.
        error = refused(openai.BadRequestError, lambda: one.embeddings.create(model=model, input="one"))
        holds("openai: no embedding from a model that writes", "vectors" in str(error))

    error = refused(openai.NotFoundError, lambda: one.chat.completions.create(model="nobody", messages=HELLO))
    holds("openai: an error", error.code == "model_not_found")
    wrong = openai.OpenAI(base_url=f"{base}/v1", api_key="wrong", max_retries=0)
    refused(openai.AuthenticationError, lambda: wrong.models.list())
    holds("openai: a wrong key", True)
    refused(openai.BadRequestError, lambda: one.chat.completions.create(model=model, messages=HELLO, n=2))
    holds("openai: what cannot be done", True)


def completions():
    asked = dict(model=completer, prompt="Once upon a time", max_tokens=8, temperature=0)
    said = one.completions.create(**asked)
    holds("openai: a completion", said.choices[0].text and said.usage.completion_tokens > 0)
    chunks = list(one.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].text for chunk in chunks if chunk.choices)
    reasons = [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices]
    ended = reasons[-1] and not any(reasons[:-1])
    holds("openai: a streamed completion", text and ended and chunks[-1].usage.completion_tokens > 0)
    if kind == "provider":
        filled = one.completions.create(**asked, suffix="the end.")
        holds("openai: a gap that is filled", filled.choices[0].finish_reason == "stop")
    else:
        error = refused(openai.BadRequestError, lambda: one.completions.create(**asked, suffix="the end."))
        holds("openai: a gap that this model does not fill", "gap" in str(error))


def with_anthropic():
    asked = dict(model=model, max_tokens=12, extra_body=STEADY, system="Be brief.", messages=HELLO)
    said = two.messages.create(**asked)
    holds("anthropic: a conversation", said.content[0].text and said.usage.output_tokens > 0)
    with two.messages.stream(**asked) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    holds("anthropic: a stream", text and final.content[0].text == text and final.stop_reason)

    called = two.messages.create(
        model=model, max_tokens=128, extra_body=STEADY, messages=CALLED, tools=[TOOL_OF_TWO], tool_choice={"type": "any"}
    )
    use = next(block for block in called.content if block.type == "tool_use")
    holds("anthropic: a tool call", called.stop_reason == "tool_use" and use.input["place"] in ("Bern", "Rome"))
    with two.messages.stream(
        model=model, max_tokens=128, extra_body=STEADY, messages=CALLED, tools=[TOOL_OF_TWO], tool_choice={"type": "any"}
    ) as stream:
        final = stream.get_final_message()
    holds("anthropic: a streamed tool call", final.content[-1].input["place"] in ("Bern", "Rome"))
    result = CALLED + [
        {"role": "assistant", "content": called.content},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": use.id, "content": "It rains."}]},
    ]
    said = two.messages.create(
        model=model,
        max_tokens=12,
        extra_body=STEADY,
        messages=result,
        tools=[TOOL_OF_TWO],
        tool_choice={"type": "none"},
    )
    holds("anthropic: after the tool", said.content[0].text)

    shaped = two.messages.create(
        model=model,
        max_tokens=128,
        extra_body=STEADY,
        messages=HELLO,
        output_config={"format": {"type": "json_schema", "schema": SHAPE}},
    )
    holds("anthropic: schema output", json.loads(shaped.content[0].text)["colour"] in ("red", "blue"))

    counted = two.messages.count_tokens(model=model, messages=HELLO)
    holds("anthropic: counting", counted.input_tokens > 0)
    holds("anthropic: models", model in [entry.id for entry in two.models.list()])
    error = refused(
        anthropic.NotFoundError, lambda: two.messages.create(model="nobody", max_tokens=1, messages=HELLO)
    )
    holds("anthropic: an error", error.body["error"]["type"] == "not_found_error")
    wrong = anthropic.Anthropic(base_url=base, api_key="wrong", max_retries=0)
    refused(anthropic.AuthenticationError, lambda: wrong.messages.create(model=model, max_tokens=1, messages=HELLO))
    holds("anthropic: a wrong key", True)


with_openai()
completions()
with_anthropic()
