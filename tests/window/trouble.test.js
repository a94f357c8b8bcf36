// What goes wrong, and what the person is told and can do about it.

import assert from "node:assert/strict";
import { copyFile, mkdir, open, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import {
	damage,
	Gatehouse,
	gatehouse,
	gatehouseIn,
	importChat,
	program,
	temporaryFolder,
	until,
} from "./app.js";
import * as page from "./page.js";
import { childrenOf } from "./processes.js";

const starter = "SmolLM2-135M-Instruct.Q4_1.gguf";

async function folderWithChat(t) {
	const folder = await temporaryFolder(t);
	await importChat(t, folder, "Kept", ["What is kept?", "This answer."]);
	return folder;
}

test("a second window on the same folder says so and takes over when the first has gone", async (t) => {
	const folder = await folderWithChat(t);
	const first = await Gatehouse.start(t, folder);
	await first.see("button", /^Kept/);
	const second = await Gatehouse.start(t, folder);
	await second.see("heading", "Gatehouse is already open");
	await first.click("button", /^Kept/);
	await first.says("This answer.");
	await first.quit();
	await second.click("button", "Try again");
	await second.click("button", /^Kept/);
	await second.says("This answer.");
});

test("a damaged database leads back to a snapshot", async (t) => {
	const folder = await folderWithChat(t);
	const app = await Gatehouse.start(t, folder);
	await app.see("button", /^Kept/);
	await app.click("button", "Settings");
	await app.click("button", "Make one now");
	await app.says("Made by hand", "table", "Snapshots of your chats");
	await app.quit();
	await damage(join(folder, "gatehouse.db"));

	const broken = await Gatehouse.start(t, folder);
	await broken.see("heading", "Your chats can’t be read");
	await broken.says("The damaged file was left as it is.");
	await broken.says("Made by hand", "table");
	await broken.click("button", /^Go back to this one/);
	await broken.click("button", "Go back", await broken.see("dialog"));
	await broken.click("button", /^Kept/);
	await broken.says("This answer.");
	const aside = (await readdir(folder)).filter((name) => /damaged|aside|replaced/.test(name));
	assert.notDeepEqual(aside, [], "the damaged file is set aside, not deleted");
});

test("a missing key is said to be missing, and everything is there when it comes back", async (t) => {
	const folder = await folderWithChat(t);
	const key = join(folder, "database.key");
	await rename(key, `${key}.elsewhere`);
	const app = await Gatehouse.start(t, folder);
	await app.see("heading", "The key to your chats is missing");
	await app.says(folder);
	await app.click("button", "Try again");
	await app.see("heading", "The key to your chats is missing");
	await rename(`${key}.elsewhere`, key);
	await app.click("button", "Try again");
	await app.click("button", /^Kept/);
	await app.says("This answer.");
});

test("a file that is no model is refused with a reason of its own", async (t) => {
	const folder = await temporaryFolder(t);
	const files = await temporaryFolder(t);
	const whole = await readStart(join(program("GATEHOUSE_TEST_MODELS"), starter), 1 << 20);
	await writeFile(join(files, "empty.gguf"), "");
	await writeFile(join(files, "letter.gguf"), "Dear Sir or Madam,\n".repeat(100));
	await writeFile(join(files, "cut.gguf"), whole);
	await mkdir(join(files, "folder.gguf"));
	const reasons = new Set();
	for (const name of ["empty.gguf", "letter.gguf", "cut.gguf", "folder.gguf", "nowhere.gguf"]) {
		const { code, stderr } = await gatehouse(folder, "models", "add", join(files, name));
		assert.notEqual(code, 0, `${name} is refused`);
		reasons.add(stderr.replaceAll(name, "").trim());
	}
	assert.equal(reasons.size, 5, `each has its own reason: ${[...reasons].join(" | ")}`);
	const app = await Gatehouse.start(t, folder);
	await app.click("button", "Models");
	await app.says("SmolLM2", "list", "Installed models");
	const list = await app.see("list", "Installed models");
	assert.equal((await app.all("article", undefined, list)).length, 1, "only the starter is there");
});

test("a model whose file went away is shown as missing, and chatting with it says so", async (t) => {
	const folder = await temporaryFolder(t);
	const files = await temporaryFolder(t);
	const file = join(files, "mine.gguf");
	await copyFile(join(program("GATEHOUSE_TEST_MODELS"), starter), file);
	// No starter model to fall back on.
	const env = { GATEHOUSE_TEST_MODELS: folder };
	const { code, stderr } = await gatehouseIn(env, folder, "models", "add", file);
	assert.equal(code, 0, stderr);
	await rm(file);
	const app = await Gatehouse.start(t, folder, env);
	await app.says("The file of mine is missing.");
	await app.fill("Message", "Hello?");
	const disabled = await app.attributeOf("button", "Send", "disabled");
	assert.notEqual(disabled, null, "there is nothing to send it to");
	await app.click("button", "Open Models");
	await app.see("alert", /The file is gone\./);
});

test("a load that a person cancels is over, and is no failure", async (t) => {
	// An engine that never says that it is ready, beside a copy of the window.
	const programs = await temporaryFolder(t);
	const binary = join(programs, "gatehouse-desktop");
	await copyFile(program("GATEHOUSE_APP"), binary);
	await writeFile(join(programs, "gatehouse-engine"), "#!/bin/sh\nexec sleep 600\n", {
		mode: 0o755,
	});
	const app = await Gatehouse.start(t, await temporaryFolder(t), {}, binary);
	await app.see("button", /^Model: SmolLM2/);
	await app.click("button", "Models");
	await app.click("button", "Load");
	await app.says("Loading, 0%");
	await until("its engine runs", async () => {
		return (await childrenOf(app.pid, "sleep")).length === 1;
	});
	await app.click("button", "Cancel");
	await app.see("button", "Load");
	assert.deepEqual(await app.all("alert"), [], "nothing went wrong");
	await until("the engine has ended", async () => {
		return (await childrenOf(app.pid, "sleep")).length === 0;
	});
});

test("when the engine dies its text is kept, the person is told, and the next message works", async (t) => {
	const app = await Gatehouse.startNew(t);
	await app.answerWithoutEnd();
	await app.ask("Write a long story about a clock.");
	const { text } = await app.writing(40);
	const [engine] = await app.engines();
	process.kill(engine, "SIGKILL");
	await app.says("What was written is kept.", "alert");
	const failed = (await app.messages()).at(-1);
	assert.ok(failed.text.startsWith(text), "nothing that was read disappears");
	await app.limitAnswers(20);
	await app.ask("Are you there?");
	await app.answered();
	const [next] = await app.engines();
	assert.notEqual(next, engine, "a new engine has answered");
});

test("an answer cannot load anything, run anything, or lead away unasked", async (t) => {
	const folder = await temporaryFolder(t);
	const evil = [
		"![a picture](https://pictures.example/a.png)",
		'<img src="https://pictures.example/b.png" onerror="window.wasRun = true">',
		"<script>window.wasRun = true</script>",
		'<iframe src="https://frames.example/"></iframe>',
		'<style>@import url("https://styles.example/c.css");</style>',
		"[a link](https://links.example/d) and [another](javascript:window.wasRun=true)",
	].join("\n\n");
	await importChat(t, folder, "Tricks", ["Show me.", evil]);
	const app = await Gatehouse.start(t, folder);
	await app.click("button", /^Tricks/);
	await app.says("a link");
	assert.deepEqual(await app.run(dangers), [], "none of it is part of the page");
	const here = await app.run(() => location.origin);
	await app.run(clickLink);
	await app.says("https://links.example/d", "dialog");
	await app.press("Escape");
	await app.gone("dialog");
	assert.equal(await app.run(() => location.origin), here);
	assert.equal(await app.run(() => window.wasRun ?? null), null, "no script of it ran");
	const origins = await app.run(page.loadedFrom);
	assert.deepEqual(
		origins.filter((origin) => origin.endsWith(".example")),
		[],
	);
});

/** Elements of an answer that could load or run something. */
function dangers() {
	const found = document.querySelectorAll(
		"article :is(img, picture, video, audio, script, iframe, object, embed, style, link, form, [src], [onerror])",
	);
	return [...found].map((element) => element.outerHTML);
}

function clickLink() {
	const links = [...document.querySelectorAll("article a")];
	links.find((link) => link.textContent.includes("a link")).click();
}

async function readStart(path, bytes) {
	const file = await open(path);
	const { buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
	await file.close();
	return buffer;
}
