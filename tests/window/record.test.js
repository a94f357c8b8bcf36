// The record as a person reads it, and as a stranger verifies it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { Gatehouse, gatehouse, temporaryFolder, until } from "./app.js";
import * as page from "./page.js";

const verifier = fileURLToPath(new URL("../../docs/verify-record.mjs", import.meta.url));
const question = "Name one colour of the sky.";
/** What the private part says of the question. */
const fingerprint = createHash("sha256").update(question).digest("hex");

test("the record", async (t) => {
	const app = await Gatehouse.startNew(t);
	// The call for a title ends at any moment, and its entry would come after what was verified.
	await app.run(page.changeSettings, { automaticTitles: false });
	await app.limitAnswers(20);
	await app.ask(question);
	const { footer, text } = await app.answered();
	const call = footer.match(/call (\d+)$/)[1];
	let code;

	await t.test("a call that was made stands among the entries", async () => {
		await app.press("Control+6");
		await app.see("heading", "Record");
		await app.see("list", "Entries");
		await app.fill("Find entries", `#${call}`);
		// The entry with this number is found, too.
		await app.see("button", /Call ended Answered SmolLM2-135M-Instruct/);
	});

	await t.test("its entry says what it took and what it was about", async () => {
		await app.click("button", /Call ended Answered SmolLM2-135M-Instruct/);
		await app.see("table", "Facts");
		const said = await app.textOf("dialog", /^Entry \d/);
		assert.match(said, new RegExp(`Call ${call}\\b`));
		assert.match(said, /Outcome Answered/);
		assert.match(said, /Its hash [0-9a-f]{64}/);
		assert.ok(said.includes(fingerprint), "the private part vouches for the question");
	});

	await t.test("it leads to the message", async () => {
		await app.click("button", "Open the message");
		await app.gone("dialog");
		await until("the answer is in view", async () => {
			const marked = await app.run(page.markedMessage);
			return marked?.includes(text.slice(0, 10));
		});
	});

	await t.test("all of it verifies, and the screen says so", async () => {
		await app.press("Control+6");
		await app.click("button", "Verify everything");
		const said = await app.textOf("region", /^\d+ entries, verified$/);
		assert.match(said, /All \d+ entries hold\./);
		assert.match(said, /In files beside the record/);
		[code] = said.match(/GH-\d+(-[A-Z2-7]{4}){8}/);
		await app.see("complementary", "What is weaker without a keychain");
	});

	await t.test("its code, compared later, says that nothing before was changed", async () => {
		await app.click("button", "Compare…");
		await app.fill("Code of the witness", `${code}\uE007`);
		const count = Number(code.split("-")[1]);
		await app.says(`The first ${count} entries are those of the witness.`);
		await app.press("Escape");
		await app.gone("dialog");
		await app.see("button", /Compared with a witness Holds/);
	});

	await t.test("the command line and a stranger find the same", async () => {
		await app.quit();
		const verified = await gatehouse(app.folder, "record", "verify", "--witness", code);
		assert.equal(verified.code, 0, verified.stderr + verified.stdout);
		const file = join(await temporaryFolder(t), "record.jsonl");
		const exported = await gatehouse(app.folder, "record", "export", file);
		assert.equal(exported.code, 0, exported.stderr);
		assert.ok((await readFile(file, "utf8")).includes(fingerprint), "with the private parts");
		const args = [verifier, file, "--witness", code, "--json"];
		const { stdout } = await promisify(execFile)(process.execPath, args);
		const verdict = JSON.parse(stdout);
		assert.equal(verdict.holds, true, stdout);
	});
});

test("a record whose end was cut off", async (t) => {
	const folder = await temporaryFolder(t);
	const said = await gatehouse(folder, "models", "list");
	assert.equal(said.code, 0, said.stderr);
	const database = join(folder, "gatehouse.db");
	const older = await readFile(database);
	await gatehouse(folder, "record", "checkpoint");
	// Somebody puts an older file in its place, while nobody has it open.
	for (const beside of ["-wal", "-shm"]) await rm(database + beside, { force: true });
	await writeFile(database, older);
	const app = await Gatehouse.start(t, folder);

	await t.test("is told in plain words, on every screen", async () => {
		await app.see("button", "Record: does not verify");
		await app.press("Control+6");
		const red = await app.textOf("region", "The record does not verify");
		assert.match(
			red,
			/Only \d+ entries are left: the end was cut off, or an older file was put in its place\./,
		);
		assert.match(red, /Gatehouse goes on and keeps recording\. Nothing was repaired\./);
		await app.see("button", /Verification failed/);
	});

	await t.test("and not taken back because what is left holds", async () => {
		await app.click("button", "Verify everything");
		await app.says("entries hold.", "region", "The record does not verify");
		await app.says("warn of it until you have read this", "region", "The record does not verify");
		await app.click("button", "Export…");
		await app.says("The record did not verify.", "dialog", "Export the record");
		await app.see("button", "Export all the same…");
		await app.press("Escape");
		await app.gone("dialog");
	});

	await t.test("until a person has read it", async () => {
		await app.click("button", "I have read this");
		const read = await app.textOf("region", /^\d+ entries, verified$/);
		assert.match(read, /You have read this, and all of it was verified since\./);
		await app.click("button", "Export…");
		await app.see("button", "Choose where…");
		await app.quit();
		const verified = await gatehouse(folder, "record", "verify");
		assert.equal(verified.code, 0, verified.stderr);
		assert.match(verified.stdout, /A verification failed once/);
	});
});
