// The system's own dialog for files. It is no part of the page, so it is driven by the keys that a person
// presses, which the display gives to the window that has the focus.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { until } from "./app.js";

const saving = "Save File";
const opening = "Open File";

/** The key of the button Save or Open. Return is also taken by Cancel, where that has the focus. */
const accept = { [saving]: "alt+s", [opening]: "alt+o" };

/** How long a dialog may take to close. Then it is taken to have missed a key. */
const closesWithinMs = 3_000;

/** Save under a path, in the dialog that is open or about to open. */
export function saveAs(app, path) {
	return choose(app, saving, path);
}

/** Open the file that has a path, in the same way. */
export function openFile(app, path) {
	return choose(app, opening, path);
}

/**
 * A dialog for opening shows a field for a path with the first slash, and while it still reads a folder
 * it may lose a key that comes then. It stays open where the path leads nowhere, and is given it again.
 */
async function choose(app, title, path) {
	await shown(app, title);
	await app.until(`the dialog “${title}” takes ${path}`, async () => {
		const [dialog] = await windows(app, title);
		if (!dialog) return true;
		const given = async () => {
			// In a field, what is there gives way: a name that is proposed is marked but for its ending.
			await withFocus(dialog, "key", "ctrl+a");
			await withFocus(dialog, "type", path);
			await withFocus(dialog, "key", accept[title]);
		};
		// It may close between two keys.
		await given().catch(() => null);
		return until("it closes", () => isClosed(app, title), closesWithinMs).catch(() => false);
	});
}

/** Leave the dialog for saving without a choice. */
export function leaveSaving(app) {
	return leave(app, saving);
}

/** Leave the dialog for opening without a choice. */
export function leaveOpening(app) {
	return leave(app, opening);
}

async function leave(app, title) {
	await withFocus(await shown(app, title), "key", "Escape");
	await app.until(`the dialog “${title}” is closed`, () => isClosed(app, title));
}

function shown(app, title) {
	return app.until(`the dialog “${title}” is shown`, async () => (await windows(app, title))[0]);
}

async function isClosed(app, title) {
	return (await windows(app, title)).length === 0;
}

/** The windows of the app that can be seen and have this title. */
async function windows(app, title) {
	const which = ["--all", "--onlyvisible", "--pid", app.pid, "--name", `^${title}$`];
	// It fails where it finds none.
	const listed = await xdotool("search", ...which).catch(() => "");
	return listed.split("\n").filter(Boolean);
}

/** Nobody manages the windows of this display, so nobody but us gives one the focus. */
function withFocus(window, ...command) {
	return xdotool("windowfocus", "--sync", window, ...command);
}

async function xdotool(...words) {
	const { stdout } = await promisify(execFile)("xdotool", words.map(String), { timeout: 5_000 });
	return stdout;
}
