// A provider on this computer that speaks as OpenAI does, and as carelessly as real ones: it cuts
// letters in half, ends lines in two ways and talks in comments. It keeps what it was sent.

import { createServer } from "node:http";

/** Start one; it says back the last message that it was sent. It ends with the test. */
export async function startProvider(t) {
	const bodies = [];
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
		response.setHeader("content-type", "text/event-stream");
		const said = JSON.parse(body).messages.at(-1).content;
		const text = typeof said === "string" ? said : said[0].text;
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
	return { address: `http://127.0.0.1:${server.address().port}/v1`, bodies, close };
}

function stream(text) {
	const event = (value) => `data: ${JSON.stringify(value)}\r\n\r\n`;
	const pieces = text.match(/.{1,3}/gsu) ?? [];
	return [
		": PROCESSING\n\n",
		...pieces.map((content) => event({ choices: [{ index: 0, delta: { content } }] })),
		event({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }),
		event({ choices: [], usage: { prompt_tokens: 50, completion_tokens: 12 } }),
		"data: [DONE]\n\n",
	].join("");
}
