// A provider that fails, and what a person sees of it: why, what was kept, what it cost, and who answers
// in its place.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Gatehouse } from "./app.js";
import * as page from "./page.js";
import { begin, breakIn, refuse, startProvider } from "./provider.js";

const story = "Once upon a time there was a lease";

test("a provider that fails", async (t) => {
	const provider = await startProvider(t);
	const app = await Gatehouse.startNew(t);
	const accountId = await app.run(page.addAccount, "Test", provider.address);
	await app.run(setPrice, "small");
	const defaultElsewhere = { type: "account", accountId, model: "small" };
	await app.run(page.changeSettings, { defaultElsewhere });
	await app.reload();
	await app.see("button", /^Model: small/);

	await t.test("a wrong key is told, nothing answers in its place, and the question stays", async () => {
		provider.faults.push(refuse(401, { message: "Incorrect key", code: "invalid_api_key" }));
		await app.ask("Who may end a lease?");
		const answer = await app.answered();
		assert.match(answer.all, /does not accept the key/);
		assert.doesNotMatch(answer.footer, /SmolLM2/);
		await app.shoot("fault-key-light");
	});

	await t.test("too many requests are tried again after the time that is asked for", async () => {
		const before = provider.bodies.length;
		const busy = refuse(429, { message: "Slow down" }, { "retry-after": "1" });
		provider.faults.push(busy);
		await app.ask("And then?");
		const answer = await app.answered();
		assert.equal(answer.text, "And then?");
		assert.equal(provider.bodies.length, before + 2);
	});

	await t.test("an answer that breaks off keeps its text, and its cost is estimated", async () => {
		const cut = (response) => response.destroy();
		for (const [then, why] of [
			[cut, /The answer of 127\.0\.0\.1 broke off\./],
			[breakIn({ message: "The GPU is gone", type: "server_error" }), /The GPU is gone/],
		]) {
			const before = provider.bodies.length;
			provider.faults.push(begin(story, then));
			await app.ask("Tell me a story.");
			const answer = await app.answered();
			assert.match(answer.all, new RegExp(story));
			assert.match(answer.all, why);
			assert.match(answer.footer, /\$[\d.]+, estimated/);
			assert.equal(provider.bodies.length, before + 1, "what was read is not paid for twice");
		}
		await app.shoot("fault-broken-off-light");
	});

	await t.test("one that falls silent is stopped by the person", async () => {
		provider.faults.push(begin(story, () => undefined));
		await app.ask("Tell me another one.");
		await app.writing(story.length);
		await app.press("Escape");
		const answer = await app.answered();
		assert.match(answer.all, /Stopped\./);
		assert.match(answer.footer, /\$[\d.]+, estimated/);
	});

	await t.test("where its server fails, the model on this computer goes on and says why", async () => {
		await app.limitAnswers(12);
		const failed = refuse(503, { message: "No room", type: "server_error" });
		provider.faults.push(...Array(9).fill(failed));
		await app.ask("Are you there?");
		const answer = await app.answered();
		assert.match(answer.footer, /^SmolLM2-135M-Instruct, on this computer/);
		assert.match(answer.all, /small did not answer: /);
		provider.faults.length = 0;
	});

	await t.test("all of it is counted", async () => {
		await app.press("Control+4");
		await app.see("heading", "Monitor");
		// The key, both answers that broke off, and the server that another model stood in for.
		await app.see("button", "4 failed");
	});
});

async function setPrice(model) {
	const none = { cached: "", cacheWrite: "", cacheWriteHour: "", reasoning: "", source: "" };
	const of = { provider: "compatible", model, service: "standard", dated: false };
	const paid = { input: "1000", output: "1000" };
	await window.__TAURI_INTERNALS__.invoke("set_price", { price: { ...none, ...of, ...paid } });
}
