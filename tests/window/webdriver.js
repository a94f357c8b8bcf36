// A client of the W3C WebDriver protocol, as much of it as these tests need, and the driver
// program that comes with WebKitGTK. It starts the app itself; no other program is in between.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** The name under which the protocol hands over an element. */
const elementKey = "element-6066-11e4-a52e-4f735466cecf";

/** How the protocol writes keys that have no character. */
const keys = {
	End: "\uE010",
	Control: "\uE009",
	Shift: "\uE008",
	Alt: "\uE00A",
	Enter: "\uE007",
	Escape: "\uE00C",
	Tab: "\uE004",
	Backspace: "\uE003",
	Delete: "\uE017",
	ArrowUp: "\uE013",
	ArrowDown: "\uE015",
	F2: "\uE032",
};

/** No call takes this long, so one that does will not return. */
const callLimitMs = 60_000;

export class WebDriverError extends Error {
	constructor({ error, message }) {
		super(`${error}: ${message}`);
		this.code = error;
	}
}

export class WebDriver {
	#driver;
	#address;

	/** Start a program with a web view and take control of it. */
	static open(program, args, env) {
		const options = { binary: program, args };
		return WebDriver.#begin([], { TAURI_WEBVIEW_AUTOMATION: "true", ...env }, options);
	}

	/** Take control of a program that a driver has started which has lost it since. */
	static async attach(pid) {
		const environment = await readFile(`/proc/${pid}/environ`, "utf8");
		const [, address] = environment.match(/(?:^|\0)WEBKIT_INSPECTOR_SERVER=([^\0]+)/);
		return WebDriver.#begin([`--target=${address}`], {}, {});
	}

	static async #begin(args, env, options) {
		const port = await freePort();
		const driver = spawn("WebKitWebDriver", [`--port=${port}`, ...args], {
			env: { ...process.env, ...env },
			stdio: ["ignore", "ignore", process.env.GATEHOUSE_SHOW_LOG ? "inherit" : "ignore"],
		});
		const self = new WebDriver();
		self.#driver = driver;
		self.#address = `http://127.0.0.1:${port}`;
		try {
			await self.#ready();
			// The driver now and then misses that a page was loaded, and would wait for it with each call.
			// Who drives the app waits for what is on screen anyway.
			const wanted = {
				pageLoadStrategy: "none",
				"webkitgtk:browserOptions": options,
			};
			const { sessionId } = await self.#call("POST", "/session", {
				capabilities: { alwaysMatch: wanted },
			});
			self.#address += `/session/${sessionId}`;
			await self.#call("POST", "/timeouts", { script: callLimitMs });
			await self.#loaded(() => location.href !== "about:blank");
		} catch (error) {
			driver.kill();
			throw error;
		}
		return self;
	}

	/** The driver's process, which is the parent of the program's. */
	get pid() {
		return this.#driver.pid;
	}

	/** End the driver; the program must have ended before, or ends the hard way. */
	async close() {
		if (this.#driver.exitCode !== null || this.#driver.signalCode !== null) return;
		const ended = once(this.#driver, "exit");
		this.#driver.kill();
		await ended;
	}

	/** Run a function in the page. Elements go in and come out. */
	async run(work, ...args) {
		const script = `return (${work}).apply(null, arguments)`;
		return this.#fromPage(await this.#call("POST", "/execute/sync", this.#script(script, args)));
	}

	async screenshot() {
		// A picture is taken of the next frame, and a page where nothing moves has none.
		await this.run(drawOnAndOn);
		try {
			return Buffer.from(await this.#call("GET", "/screenshot"), "base64");
		} finally {
			await this.run(() => globalThis.stopDrawing?.());
		}
	}

	/** Load the page again, and wait until it is loaded. */
	async reload() {
		await this.run(() => void (globalThis.isOfBefore = true));
		await this.#call("POST", "/refresh");
		await this.#loaded(() => !globalThis.isOfBefore);
	}

	/** Wait for the page of which this holds, and until it is loaded. */
	async #loaded(isIt) {
		const work = `() => (${isIt})() && document.readyState === "complete"`;
		while (!(await this.run(work).catch(unlessBetweenPages))) await pause(50);
	}

	async resize(width, height) {
		await this.#call("POST", "/window/rect", { width, height });
	}

	/** Press keys together, as in "Control+k". */
	async press(chord) {
		const names = chord.split("+");
		const down = names.map((name) => ({
			type: "keyDown",
			value: keys[name] ?? name,
		}));
		const up = down.toReversed().map(({ value }) => ({ type: "keyUp", value }));
		await this.#call("POST", "/actions", {
			actions: [{ type: "key", id: "keyboard", actions: [...down, ...up] }],
		});
	}

	/** Type where the focus is. */
	async type(text) {
		const actions = [...text].flatMap((value) => [
			{ type: "keyDown", value },
			{ type: "keyUp", value },
		]);
		await this.#call("POST", "/actions", {
			actions: [{ type: "key", id: "keyboard", actions }],
		});
	}

	async #ready() {
		for (;;) {
			if (this.#driver.exitCode !== null) throw new Error("WebKitWebDriver ended at once");
			try {
				return await this.#call("GET", "/status");
			} catch (error) {
				if (error instanceof WebDriverError) throw error;
				// Not listening yet.
				await pause(20);
			}
		}
	}

	async #call(method, path, body) {
		const signal = AbortSignal.timeout(callLimitMs);
		const response = await fetch(this.#address + path, {
			method,
			body: method === "POST" ? JSON.stringify(body ?? {}) : undefined,
			signal,
		}).catch((error) => {
			if (!signal.aborted) throw error;
			throw new Error(`the driver did not answer ${method} ${path} in ${callLimitMs / 1000} s`);
		});
		const { value } = await response.json();
		if (!response.ok) throw new WebDriverError(value);
		return value;
	}

	#script(script, args) {
		return {
			script,
			args: args.map((arg) => (arg instanceof Element ? arg.reference : arg)),
		};
	}

	#fromPage(value) {
		if (Array.isArray(value)) return value.map((one) => this.#fromPage(one));
		if (value?.[elementKey]) {
			const call = (method, path, body) =>
				this.#call(method, `/element/${value[elementKey]}${path}`, body);
			return new Element(value, call);
		}
		return value;
	}
}

/** Something in the page. */
export class Element {
	#call;

	constructor(reference, call) {
		this.reference = reference;
		this.#call = call;
	}

	/** Scroll to it and click in its middle, as a person does; fails if something covers it. */
	async click() {
		await this.#call("POST", "/click");
	}

	/** Click it and type. */
	async type(text) {
		await this.#call("POST", "/value", { text });
	}
}

/** Have the page drawn again and again, by a dot that nobody sees, until `stopDrawing`. */
function drawOnAndOn() {
	const dot = document.createElement("i");
	dot.style = "position: fixed; top: 0; left: 0; width: 1px; height: 1px; opacity: 0.01";
	document.body.append(dot);
	const colours = ["black", "white"];
	const timer = setInterval(() => {
		colours.reverse();
		dot.style.background = colours[0];
	}, 20);
	globalThis.stopDrawing = () => {
		clearInterval(timer);
		dot.remove();
	};
}

/** While one page takes the place of another there may be none to run a script in. */
function unlessBetweenPages(error) {
	if (!(error instanceof WebDriverError)) throw error;
	return false;
}

async function freePort() {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address();
	server.close();
	return port;
}
