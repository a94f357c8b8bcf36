// The official JavaScript clients where a provider fails: `faults.mjs BASE KEY MODEL`, as faults.py.

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

const [base, key, model] = process.argv.slice(2);
const options = { apiKey: key, maxRetries: 0, timeout: 120_000 };
const one = new OpenAI({ ...options, baseURL: `${base}/v1` });
const two = new Anthropic({ ...options, baseURL: base });
/** What is said, the error of each client, and the code in OpenAI's language. */
const before = [
	["too often", OpenAI.RateLimitError, Anthropic.RateLimitError, "rate_limit_exceeded"],
	["no credit", OpenAI.RateLimitError, Anthropic.PaymentRequiredError, "insufficient_quota"],
	["failed", OpenAI.InternalServerError, Anthropic.InternalServerError, "provider_failed"],
	["overloaded", OpenAI.InternalServerError, Anthropic.InternalServerError, "overloaded"],
	["too long", OpenAI.BadRequestError, Anthropic.BadRequestError, "context_length_exceeded"],
	["filtered", OpenAI.BadRequestError, Anthropic.BadRequestError, "content_filter"],
	["no such model", OpenAI.NotFoundError, Anthropic.NotFoundError, "model_not_found"],
];
/** The same within a stream, with Anthropic's name of the error. */
const within = [
	["cut off", "provider_failed", "api_error"],
	["overloaded within", "overloaded", "overloaded_error"],
	["filtered within", "content_filter", "invalid_request_error"],
];

const asked = (said) => ({ model, max_tokens: 50, messages: [{ role: "user", content: said }] });

function holds(name, claim) {
	if (!claim) {
		console.error(`does not hold: ${name}`);
		process.exit(1);
	}
	console.log(name);
}

async function raised(kind, ask) {
	try {
		await ask();
	} catch (error) {
		if (error instanceof kind) return error;
		throw error;
	}
	console.error(`${kind.name} was not thrown`);
	process.exit(1);
}

for (const [said, kindOfOne, kindOfTwo, code] of before) {
	const error = await raised(kindOfOne, () => one.chat.completions.create(asked(said)));
	holds(`openai: ${said}`, error.code === code);
	const other = await raised(kindOfTwo, () => two.messages.create(asked(said)));
	holds(`anthropic: ${said}`, other.type !== null);
	if (said === "too often") {
		const waits = [error, other].map((told) => told.headers.get("retry-after"));
		holds("both are told when to come again", waits.every((wait) => wait === "77"));
	}
}
for (const [said, code, kind] of within) {
	const heard = [];
	const error = await raised(OpenAI.APIError, async () => {
		const stream = await one.chat.completions.create({ ...asked(said), stream: true });
		for await (const chunk of stream) heard.push(chunk.choices[0]);
	});
	const text = heard.map((choice) => choice.delta.content ?? "").join("");
	const ended = heard.some((choice) => choice.finish_reason);
	holds(`openai: ${said}`, error.code === code && text === "Half of an answer" && !ended);

	const events = [];
	const other = await raised(Anthropic.APIError, async () => {
		const stream = await two.messages.create({ ...asked(said), stream: true });
		for await (const event of stream) events.push(event.type);
	});
	const hasEnd = events.includes("message_delta") || events.includes("message_stop");
	holds(`anthropic: ${said}`, other.type === kind && events.includes("content_block_delta") && !hasEnd);
}
await raised(OpenAI.InternalServerError, () => one.chat.completions.create(asked("cut off")));
await raised(Anthropic.InternalServerError, () => two.messages.create(asked("cut off")));
holds("both: cut off, not streamed", true);
