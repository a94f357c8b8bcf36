// Files that are let go over the window: models are added, pictures go to the message.

import assert from "node:assert/strict";
import { copyFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { Gatehouse, program, temporaryFolder } from "./app.js";
import { drop, hover } from "./file-drop.js";

const starter = "SmolLM2-135M-Instruct.Q4_1.gguf";

test("files that are dropped on the window", async (t) => {
	const app = await Gatehouse.startNew(t);
	const files = await temporaryFolder(t);
	// A name as people give it, which stands otherwise in an address.
	const model = join(files, "Größe & 100 %.gguf");
	await copyFile(join(program("GATEHOUSE_TEST_MODELS"), starter), model);
	// One byte more, and so another model than the one that is there.
	await truncate(model, 98_362_433);

	await t.test("the window says what letting go would do, as long as they are over it", async () => {
		const over = await hover(app, model);
		await app.says("Drop a GGUF file to add the model");
		await over.away();
		await app.until("it says so no more", async () => {
			return !(await app.text()).includes("Drop a GGUF file");
		});
	});

	await t.test("a model is added, and a file that is none is refused with its reason", async () => {
		const letter = join(files, "letter.gguf");
		await writeFile(letter, "Dear Sir or Madam,\n".repeat(100));
		await drop(app, letter, model);
		await app.says("it is a text file, not a model");
		await app.press("Control+2");
		const list = await app.see("list", "Installed models");
		await app.until("it is in the list", async () => {
			return (await app.all("article", undefined, list)).length === 2;
		});
	});

	await t.test("a picture goes to the message", async () => {
		const picture = join(files, "seal.png");
		await writeFile(picture, await app.screenshot());
		await drop(app, picture);
		await app.see("list", "Pictures that go with the message");
		assert.equal((await app.all("listitem", undefined, await app.see("list", /^Pictures/))).length, 1);
	});
});
