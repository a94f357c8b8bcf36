// Files that are carried over the window and let go there, as from a file manager. drop.py does what that does.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("drop.py", import.meta.url));

/** Carry files over the window; they stay there until they are carried `away`. */
export async function hover(app, ...paths) {
	const carrying = carry(app, "hover", paths);
	await Promise.race([once(carrying.stdout, "data"), carrying.ended]);
	return {
		away() {
			carrying.stdin.end();
			return carrying.ended;
		},
	};
}

/** Let files go over the window. */
export async function drop(app, ...paths) {
	await carry(app, "drop", paths).ended;
}

function carry(app, deed, paths) {
	const stdio = ["pipe", "pipe", "inherit"];
	const child = spawn("/usr/bin/python3", [script, String(app.pid), deed, ...paths], { stdio });
	const ended = once(child, "exit").then(([code]) => {
		if (code !== 0) throw new Error(`the files could not be carried over the window: ${code}`);
	});
	return { stdin: child.stdin, stdout: child.stdout, ended };
}
