// The official JavaScript clients against the local API: `check.mjs BASE KEY MODEL KIND EMBEDDER
// COMPLETER`, as check.py.

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

const [base, key, model, kind, embedder, completer] = process.argv.slice(2);
const options = { apiKey: key, maxRetries: 0, timeout: 120_000 };
const one = new OpenAI({ ...options, baseURL: `${base}/v1` });
const two = new Anthropic({ ...options, baseURL: base });
const parameters = {
	type: "object",
	properties: { place: { type: "string", enum: ["Bern", "Rome"] } },
	required: ["place"],
	additionalProperties: false,
};
const shape = {
	type: "object",
	properties: { colour: { type: "string", enum: ["red", "blue"] } },
	required: ["colour"],
	additionalProperties: false,
};
/** The likeliest words, so that none of these answers is empty by chance. */
const brief = { max_tokens: 12, temperature: 0 };
const hello = [{ role: "user", content: "Say hello." }];
const asked = [{ role: "user", content: "How is the weather in Bern? Use the tool." }];

/** How near the first is to each of the others, its makers' own program says. */
const meals = ["A man is eating food.", "A man is eating a piece of bread.", "The girl is carrying a baby."];

const dot = (one, other) => one.reduce((sum, x, at) => sum + x * other[at], 0);
const cosine = (one, other) => dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other));

function holds(name, claim) {
	if (!claim) {
		console.error(`does not hold: ${name}`);
		process.exit(1);
	}
	console.log(name);
}

async function refused(status, ask) {
	try {
		await ask();
	} catch (error) {
		if (error.status === status) return error;
		throw error;
	}
	console.error(`was not refused with ${status}`);
	process.exit(1);
}

async function withOpenAi() {
	const said = await one.chat.completions.create({ model, messages: hello, ...brief });
	holds("openai: a conversation", said.choices[0].message.content && said.usage.completion_tokens > 0);

	const stream = await one.chat.completions.create({ model, messages: hello, ...brief, stream: true });
	let text = "";
	for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? "";
	holds("openai: a stream", text);

	const tool = { type: "function", function: { name: "weather", description: "The weather.", parameters } };
	const called = await one.chat.completions.create({
		model, messages: asked, tools: [tool], tool_choice: "required", max_tokens: 128, temperature: 0,
	});
	const call = called.choices[0].message.tool_calls[0];
	holds("openai: a tool call", ["Bern", "Rome"].includes(JSON.parse(call.function.arguments).place));

	const shaped = await one.chat.completions.create({
		model, messages: hello, max_tokens: 128, temperature: 0,
		response_format: { type: "json_schema", json_schema: { name: "answer", schema: shape, strict: true } },
	});
	holds("openai: schema output", ["red", "blue"].includes(JSON.parse(shaped.choices[0].message.content).colour));

	// Unless told otherwise, this client asks for base64 and reads it back.
	const made = await one.embeddings.create({ model: embedder, input: meals });
	const [first, ...others] = made.data.map((entry) => entry.embedding);
	const [meal, other] = others.map((vector) => cosine(first, vector));
	const areNear = Math.abs(meal - 0.755) < 0.01 && Math.abs(other + 0.105) < 0.01;
	const areRight = kind === "provider" ? first.length === 3 : first.length === 384 && areNear;
	holds("openai: embeddings", areRight);

	const error = await refused(404, () => one.chat.completions.create({ model: "nobody", messages: hello }));
	holds("openai: an error", error.code === "model_not_found");
}

async function completions() {
	const request = { model: completer, prompt: "Once upon a time", max_tokens: 8, temperature: 0 };
	const said = await one.completions.create(request);
	holds("openai: a completion", said.choices[0].text && said.usage.completion_tokens > 0);

	const chunks = [];
	for await (const chunk of await one.completions.create({ ...request, stream: true })) chunks.push(chunk.choices[0]);
	const reasons = chunks.map((choice) => choice.finish_reason).filter(Boolean);
	holds("openai: a streamed completion", chunks.some((choice) => choice.text) && reasons.length === 1);
}

async function withAnthropic() {
	const said = await two.messages.create({ model, ...brief, messages: hello });
	holds("anthropic: a conversation", said.content[0].text && said.usage.output_tokens > 0);

	const stream = two.messages.stream({ model, ...brief, messages: hello });
	let text = "";
	stream.on("text", (piece) => (text += piece));
	const final = await stream.finalMessage();
	holds("anthropic: a stream", text && final.content[0].text === text);

	const called = await two.messages.create({
		model, max_tokens: 128, temperature: 0, messages: asked, tool_choice: { type: "any" },
		tools: [{ name: "weather", description: "The weather.", input_schema: parameters }],
	});
	const use = called.content.find((block) => block.type === "tool_use");
	holds("anthropic: a tool call", ["Bern", "Rome"].includes(use.input.place));

	const shaped = await two.messages.create({
		model, max_tokens: 128, temperature: 0, messages: hello,
		output_config: { format: { type: "json_schema", schema: shape } },
	});
	holds("anthropic: schema output", ["red", "blue"].includes(JSON.parse(shaped.content[0].text).colour));

	const error = await refused(404, () => two.messages.create({ model: "nobody", max_tokens: 1, messages: hello }));
	holds("anthropic: an error", error.error.error.type === "not_found_error");
}

await withOpenAi();
await completions();
await withAnthropic();
