// A provider on this computer that speaks as OpenAI does, and as carelessly as real ones: it cuts
// letters in half, ends lines in two ways and talks in comments. It keeps what it was sent.

import { createServer } from "node:http";

/**
 * Start one; it says back the last message that it was sent. What is put into `faults` answers the
 * requests that come, one each, in its place. It ends with the test.
 */
export async function startProvider(t) {
	const bodies = [];
	const faults = [];
	const server = createServer(async (request, response) => {
		const chunks = [];
		for await (const chunk of request) chunks.push(chunk);
		const body = Buffer.concat(chunks).toString();
		if (request.method === "GET") {
			response.setHeader("content-type", "application/json");
			response.end(JSON.stringify({ data: [{ id: "small" }, { id: "large" }] }));
			return;
		}
		bodies.push(body);
		const fault = faults.shift();
		if (fault) return fault(response);
		response.setHeader("content-type", "text/event-stream");
		const said = JSON.parse(body).messages.at(-1).content;
		const text = typeof said === "string" ? said : said.find(({ type }) => type === "text").text;
		const bytes = Buffer.from(stream(text));
		// Not on the borders of letters, lines or events.
		for (let at = 0; at < bytes.length; at += 37) {
			response.write(bytes.subarray(at, at + 37));
			await new Promise(setImmediate);
		}
		response.end();
	});
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	const close = () =>
		new Promise((resolve) => {
			server.close(resolve);
			server.closeAllConnections();
		});
	t.after(close);
	return { address: `http://127.0.0.1:${server.address().port}/v1`, bodies, faults, close };
}

/** A fault: it refuses, in OpenAI's form of an error. */
export function refuse(status, error, headers = {}) {
	return (response) => {
		response.writeHead(status, { "content-type": "application/json", ...headers });
		response.end(JSON.stringify({ error }));
	};
}

/** A fault: it begins to answer, and then does this with the connection. */
export function begin(text, then) {
	return (response) => {
		response.writeHead(200, { "content-type": "text/event-stream" });
		response.write(event(delta(text)), () => then(response));
	};
}

/** What `begin` may do then: an error where a piece of the answer should be. */
export function breakIn(error) {
	return (response) => response.end(event({ error }));
}

/**
 * Start one that answers with so many tokens, each an event of its own, at a steady rate: with those
 * that `text` gives for their places, or with numbered ones in paragraphs of 60. `ended()` resolves
 * once the last one of the next answer is written.
 */
export async function startSteadyProvider(t, { tokens, perSecond, text = paragraphs }) {
	let end = () => undefined;
	const ended = () => new Promise((resolve) => (end = resolve));
	const server = createServer((request, response) => {
		request.resume();
		if (request.method === "GET") {
			response.setHeader("content-type", "application/json");
			response.end(JSON.stringify({ data: [{ id: "steady" }] }));
			return;
		}
		response.setHeader("content-type", "text/event-stream");
		const began = performance.now();
		let sent = 0;
		const timer = setInterval(() => {
			// What a late tick owes is made up for, so the rate holds.
			const due = Math.min(tokens, Math.floor(((performance.now() - began) / 1000) * perSecond));
			for (; sent < due; sent++) response.write(event(delta(text(sent))));
			if (sent < tokens) return;
			clearInterval(timer);
			const usage = { prompt_tokens: 20, completion_tokens: tokens };
			response.end(
				[event(finish), event({ choices: [], usage }), "data: [DONE]\n\n"].join(""),
			);
			end({ tookMs: performance.now() - began });
		}, 1000 / perSecond);
		response.on("close", () => clearInterval(timer));
	});
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	t.after(() => {
		server.closeAllConnections();
		return new Promise((resolve) => server.close(resolve));
	});
	return { address: `http://127.0.0.1:${server.address().port}/v1`, ended };
}

/** The text of the token at this place. */
export function numbered(at) {
	return `t${at}`;
}

function paragraphs(at) {
	return numbered(at) + (at % 60 === 59 ? "\n\n" : " ");
}

const event = (value) => `data: ${JSON.stringify(value)}\r\n\r\n`;
const delta = (content) => ({ choices: [{ index: 0, delta: { content } }] });
const finish = { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };

function stream(text) {
	const pieces = text.match(/.{1,3}/gsu) ?? [];
	return [
		": PROCESSING\n\n",
		...pieces.map((content) => event(delta(content))),
		event(finish),
		event({ choices: [], usage: { prompt_tokens: 50, completion_tokens: 12 } }),
		"data: [DONE]\n\n",
	].join("");
}
