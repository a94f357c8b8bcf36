// The system's own dialog for files. It is no part of the page, so the driver of the page cannot reach it;
// file_dialog.py does, by its accessibility.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const script = fileURLToPath(new URL("file_dialog.py", import.meta.url));

/** The system's own, for which its packages are; another may come first on the path. */
const python = "/usr/bin/python3";

const saving = "Save File";
const opening = "Open File";
const choosing = "Select Folder";

/** Save under a path, in the dialog that is open or about to open. Nothing is there yet. */
export async function saveAs(app, path) {
	assert.equal(await run(app, "give", saving, path), "", "it asks nothing");
}

/** Save under a path where there is something, and leave it at what the dialog asks then, which is returned. */
export async function saveOver(app, path) {
	const asked = await run(app, "give", saving, path);
	assert.notEqual(asked, "", "it asks whether to replace what is there");
	return asked;
}

/** Answer what the dialog asks, with one of its buttons. */
export async function answer(app, button) {
	await run(app, "answer", button);
}

/** Open the file that has a path, in the same way. */
export async function openFile(app, path) {
	await run(app, "give", opening, path);
}

/** Choose the folder that has a path, in the same way. */
export async function chooseFolder(app, path) {
	await run(app, "give", choosing, path);
}

/** Leave the dialog for saving without a choice. */
export async function leaveSaving(app) {
	await run(app, "leave", saving);
}

/** Leave the dialog for opening without a choice. */
export async function leaveOpening(app) {
	await run(app, "leave", opening);
}

async function run(app, ...words) {
	const { stdout } = await promisify(execFile)(python, [script, app.pid, ...words].map(String));
	return stdout.trim();
}
