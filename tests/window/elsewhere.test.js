// A model that is not on this computer, as a person sets it up, uses it, and sees what leaves.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { Gatehouse, until } from "./app.js";
import { addAccount, focused } from "./page.js";
import { startProvider } from "./provider.js";

const key = "sk-test-5f3a9c0b7e1d4826";
const letter = "Please write to anna.weiss@example.org about the lease. 早い";
test("a model elsewhere", async (t) => {
	const provider = await startProvider(t);
	const app = await Gatehouse.startNew(t);

	await t.test("an account is set up, and nothing is sent before it is tested", async () => {
		await app.click("button", "Settings");
		await app.click("button", "Add an account");
		await app.see("dialog", "Add an account");
		await app.choose(/^Provider:/, /^Another server/);
		await app.fill("Name", "Test");
		await app.fill("Address", provider.address);
		await app.choose(/^Whose server:/, /^Somebody else/);
		await app.fill("Key", key);
		await app.click("button", "Save");
		await app.gone("dialog");
		await app.says("key kept");
		assert.ok(!(await app.text()).includes(key), "no screen shows the key");
		await app.click("button", "Test and read models");
		await app.says("2 of 2 models in lists");
	});

	await t.test("the line says what leaves before it does, and the sheet shows it", async () => {
		await app.click("button", "Chat");
		await app.click("button", /^Model:/);
		await app.click("option", /^small/);
		await app.fill("Message", letter);
		await app.says("Leaves for Test with 1 item masked");
		await app.says("price unknown");
		await app.shoot("route-line-light");
		await app.click("button", "See what leaves");
		await app.see("dialog", "What leaves for Test");
		await app.says("[EMAIL-ADDRESS-1-");
		await app.press("Escape");
		await app.gone("dialog");
		assert.equal(provider.bodies.length, 0, "looking sends nothing");
	});

	await t.test("it leaves masked, and the answer comes back with the real values", async () => {
		await app.click("button", "Send");
		await app.asked(letter);
		const answer = await app.answered();
		assert.equal(answer.text, letter);
		assert.match(answer.footer, /^small, Test, 1 item masked 50 in · 12 out/);
		assert.ok(!provider.bodies.join().includes("anna.weiss"), provider.bodies.join());
		await app.click("button", "See what left");
		await app.see("dialog", "What left for Test");
		await app.press("Escape");
		await app.gone("dialog");
		await app.says("1 call of unknown price");
		await app.shoot("answered-elsewhere-light");
	});

	await t.test("a password does not leave, and what was typed is still there", async () => {
		const secret = "The password: hunter2-Kr0kodil!x9";
		await app.fill("Message", secret);
		await app.says("Does not leave");
		await app.shoot("does-not-leave-light");
		const before = provider.bodies.length;
		await app.click("button", "Send");
		await app.see("alert", /does not leave/i);
		assert.equal(await app.valueOf("Message"), secret);
		assert.equal(provider.bodies.length, before);
		await app.click("button", "Open the policy");
		await until("the policy has the focus", async () =>
			(await app.run(focused)).startsWith("Nothing found"),
		);
		await app.click("button", "Chat");
		assert.equal(await app.valueOf("Message"), secret, "what was typed is still there");
	});

	await t.test("what is no password leaves as written, once that was said twice", async () => {
		const before = provider.bodies.length;
		await app.click("button", "See what was found");
		await app.see("dialog", "What was found for Test");
		await app.click("button", /is a mistake$/);
		await app.says("Is it really no secret?");
		await app.shoot("no-secret-light");
		await app.click("button", "It is no secret");
		await app.says("Leaves as written, as you said");
		await app.press("Escape");
		await app.gone("dialog");
		// What went before is masked still.
		await app.says("Leaves for Test with 2 items masked");
		await app.click("button", "Send");
		await app.asked("The password: hunter2-Kr0kodil!x9");
		await app.answered();
		assert.equal(provider.bodies.length, before + 1);
		assert.ok(provider.bodies.at(-1).includes("hunter2-Kr0kodil!x9"));
	});

	await t.test("several models answer one question", async () => {
		const before = provider.bodies.length;
		await app.fill("Message", "What is a lease?");
		await app.click("button", "Ask several models");
		await app.see("dialog", "Ask several models");
		await app.click("checkbox", /^large/);
		await app.shoot("several-models-light");
		await app.click("button", "Ask 2 models");
		await app.gone("dialog");
		await until("both have answered", async () => (await app.text()).includes("2/2"));
		await app.answered();
		assert.equal(provider.bodies.length, before + 2);
	});

	await t.test("with the provider gone, the model on this computer goes on", async () => {
		await provider.close();
		await app.limitAnswers(12);
		await app.ask("Are you there?");
		const answer = await app.answered();
		assert.match(answer.footer, /^SmolLM2-135M-Instruct, on this computer/);
		assert.match(answer.all, /small → SmolLM2-135M-Instruct, on this computer/);
		assert.match(answer.all, /small did not answer: .*cannot be reached/);
		await app.shoot("moved-on-light");
	});

	await t.test("new chats can begin with it", async () => {
		await app.click("button", "Settings");
		await app.click("button", /^Model for new chats:/);
		await app.see("option", /^large.*price unknown/);
		await app.type("small");
		await app.gone("option", /^large/);
		await app.press("Enter");
		await app.see("button", "Model for new chats: small, Test");
		await app.click("button", "Chat");
		await app.click("button", "New chat");
		await app.see("button", "Model: small, Test");
	});

	await t.test("offline is said everywhere", async () => {
		await app.click("button", "Settings");
		await app.click("switch", "Offline");
		await app.says("Offline: no connection is made");
		await app.click("button", "Show the log");
		await app.see("region", "Log of connections");
		await app.says("127.0.0.1");
	});

	await t.test("the key is in no file but its own", async () => {
		await app.quit();
		const names = await readdir(app.folder, { recursive: true, withFileTypes: true });
		const files = names.filter((entry) => entry.isFile());
		const having = await Promise.all(
			files.map(async (file) => {
				const path = join(file.parentPath ?? file.path, file.name);
				return (await readFile(path)).includes(key) ? path : null;
			}),
		);
		const found = having.filter((path) => path !== null);
		assert.equal(found.length, 1, `only the key file has it: ${found}`);
		assert.match(found[0], /[\\/]keys[\\/]/);
	});
});

test("a policy that asks", async (t) => {
	const provider = await startProvider(t);
	const app = await Gatehouse.startNew(t);
	await app.run(addAccount, "Test", provider.address);
	await app.reload();
	await app.see("button", /^Model:/);

	await t.test("shows the sheet before the first send, and keeps it here when told so", async () => {
		await app.click("button", "Safety");
		await app.choose(/^Personal data, Cloud:/, "You are asked");
		await until("the policy is kept", async () => (await app.run(personalInCloud)) === "ask");
		await app.click("button", "Chat");
		await app.click("button", /^Model:/);
		await app.click("option", /^small/);
		await app.fill("Message", letter);
		await app.says("Leaves for Test");
		await app.click("button", "Send");
		await app.see("dialog", "What leaves for Test");
		assert.equal(provider.bodies.length, 0);
		await app.click("button", "Send masked");
		await app.asked(letter);
		const answer = await app.answered();
		assert.equal(answer.text, letter);
		assert.ok(!provider.bodies.join().includes("anna.weiss"));
	});
});

async function personalInCloud() {
	const policy = await window.__TAURI_INTERNALS__.invoke("get_policy");
	return policy.personal.cloud;
}
