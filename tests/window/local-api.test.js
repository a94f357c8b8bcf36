// The local API as a person lets another program use it: switched on, a client with a workspace of its own,
// its key used from outside, its call found again, and the key taken back.

import assert from "node:assert/strict";
import { copyFile, truncate } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";

import { Gatehouse, program, temporaryFolder, until } from "./app.js";
import { openFile } from "./file-dialog.js";
import { changeSettings } from "./page.js";
import { startProvider } from "./provider.js";

const tab = "\uE004";
const theCard = ["region", "Local API"];
const starter = "SmolLM2-135M-Instruct.Q4_1.gguf";

/** The card, as it is seen in both themes, wide and narrow. */
async function shootAll(app) {
	for (const theme of ["light", "dark"]) {
		await app.run(changeSettings, { theme });
		await app.reload();
		await app.press("Control+8");
		for (const width of [1280, 640]) {
			await app.resize(width, 900);
			const card = await app.see(...theCard);
			await app.run((element) => element.scrollIntoView(), card);
			await app.shoot(`local-api-${theme}-${width}`);
		}
	}
	await app.resize(1280, 900);
}

/** A port that nobody listens on. */
async function freePort() {
	const server = createServer();
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address();
	await new Promise((resolve) => server.close(resolve));
	return port;
}

test("the local API", async (t) => {
	const provider = await startProvider(t);
	const app = await Gatehouse.startNew(t);
	const base = `http://127.0.0.1:${await freePort()}`;
	let key = "";

	const ask = (text) =>
		fetch(`${base}/v1/chat/completions`, {
			method: "POST",
			headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
			body: JSON.stringify({ model: "small", messages: [{ role: "user", content: text }] }),
		});

	await t.test("nobody listens until it is switched on", async () => {
		await app.press("Control+8");
		await app.addAccount("Test", provider.address);
		await app.says("2 of 2 models in lists");
		await app.fill("Port of the local API", `${new URL(base).port}${tab}`);
		await assert.rejects(ask("Is anybody there?"));
		await app.click("switch", "Local API");
		await app.says(`Anthropic's take ${base}.`);
		assert.equal((await ask("Let me in.")).status, 401, "nobody has a key yet");
	});

	await t.test("a client asks in a workspace that is not open, with the key that is shown once", async () => {
		await app.click("button", /^Workspace:/, await app.see("navigation"));
		await app.click("menuitem", "New workspace");
		await app.see("dialog", "New workspace");
		await app.fill("Name", "Larkspur");
		await app.click("button", "Save");
		// A new workspace is opened, which leads to its chats.
		await app.see("textbox", "Message");
		await app.press("Control+8");
		const card = await app.see(...theCard);
		await app.choose("Workspace: Larkspur", "Personal", card);
		await app.fill("New client", "My editor");
		await app.click("button", "Add", card);
		await app.says("The key of My editor.", ...theCard);
		[key] = (await app.textOf(...theCard)).match(/gatehouse-[\w-]{43}/);
		await app.says("asks in Personal; good until you take it back, never used", ...theCard);
		const answer = await ask("Say this back.");
		assert.equal(answer.status, 200);
		const { choices } = await answer.json();
		assert.equal(choices[0].message.content, "Say this back.");
		assert.equal(provider.bodies.length, 1);
		await app.click("button", "Done", card);
		await until("the key is gone", async () => !(await app.text()).includes(key));
		await shootAll(app);
	});

	await t.test("what it has asked is on the Costs screen, under its workspace", async () => {
		await app.press("Control+3");
		await app.click("tab", "Spend");
		await app.choose(/^Told apart:/, "By workspace");
		await app.see("button", /^1 calls? of Personal$/);
		assert.equal((await app.all("button", /of Larkspur$/)).length, 0);
	});

	await t.test("going back to a snapshot that is refused leaves it listening", async (t) => {
		await app.press("Control+8");
		await app.click("button", "Make one now");
		await app.says("Made by hand", "table", "Snapshots of your chats");
		// A model that takes long to read holds the data for longer than going back waits.
		const large = join(await temporaryFolder(t), "large.gguf");
		await copyFile(join(program("GATEHOUSE_TEST_MODELS"), starter), large);
		await truncate(large, 64 * 2 ** 30);
		await app.press("Control+2");
		await app.click("button", "Add a model");
		await openFile(app, large);
		await app.says("large.gguf", "region", "Adding a model");
		await app.press("Control+8");
		await app.click("button", /^Go back to this one/);
		await app.click("button", "Go back", await app.see("dialog"));
		await app.says("Gatehouse is still working on something.");
		assert.equal((await ask("Still there?")).status, 200);
		// The message stays until it is read, over what is at the top of a screen.
		await app.click("button", "Dismiss", await app.see("region", "Messages"));
		await app.press("Control+2");
		await app.click("button", "Cancel", await app.see("region", "Adding a model"));
		await app.gone("region", "Adding a model");
	});

	await t.test("a key that was taken back opens nothing", async () => {
		await app.press("Control+8");
		await app.click("button", "Take the key of My editor back");
		await app.see("dialog", /^Take the key of My editor back/);
		await app.click("button", "Take back");
		await app.says("taken back");
		const refused = await ask("Once more.");
		assert.equal(refused.status, 401);
		assert.equal((await refused.json()).error.code, "invalid_api_key");
		assert.equal(provider.bodies.length, 2, "nothing left");
		await app.click("switch", "Local API");
		await until("nobody listens", () => ask("And now?").then(() => false, () => true));
	});

	await t.test("all of it is in the record", async () => {
		await app.press("Control+6");
		for (const said of ["Client added", "Client's key taken back"]) await app.says(said);
	});
});
