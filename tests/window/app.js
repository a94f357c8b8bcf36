// The app as a person has it before them: started on a data folder, driven by what is on screen.

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import * as page from "./page.js";
import { childrenOf, isRunning } from "./processes.js";
import { WebDriver, WebDriverError } from "./webdriver.js";

/** Machines that test are slow and busy; a condition that holds ends the waiting at once. */
const patienceMs = 60_000;

const shots = new URL("./screenshots/", import.meta.url);

/** The sampling settings of a new chat, as an exported file holds them. */
const sampling = {
	temperature: 0.7,
	topK: 40,
	topP: 0.95,
	minP: 0.05,
	repeatPenalty: 1.1,
	repeatLast: 64,
	frequencyPenalty: 0,
	presencePenalty: 0,
	seed: null,
	stop: [],
	maxTokens: null,
};

/** Every app that a test has started. */
const started = new Set();

/** A program that xtask has built. */
export function program(name) {
	const path = process.env[name];
	if (!path) throw new Error(`${name} is not set: run \`cargo xtask test --only window\``);
	return path;
}

/** A new, empty folder, removed after the test that made it. */
export async function temporaryFolder(t) {
	const folder = await mkdtemp(join(tmpdir(), "gatehouse-window-"));
	t.after(async () => {
		// What still writes in it would put files into what is being removed.
		for (const app of started) if (app.folder === folder) await app.kill();
		await rm(folder, { recursive: true, force: true });
	});
	return folder;
}

/** Have a conversation in the folder that was not held there: `turns` are texts, yours first. */
export async function importChat(t, folder, title, turns) {
	const file = join(await temporaryFolder(t), "chats.json");
	const now = Date.now();
	await writeFile(
		file,
		JSON.stringify({
			format: "gatehouse-conversations",
			version: 1,
			conversations: [
				{
					title,
					createdAtMs: now,
					updatedAtMs: now,
					systemPrompt: "",
					sampling,
					leaf: turns.length - 1,
					messages: turns.map((text, at) => ({
						parent: at === 0 ? null : at - 1,
						role: at % 2 === 0 ? "user" : "assistant",
						text,
						createdAtMs: now,
					})),
				},
			],
		}),
	);
	const { code, stdout, stderr } = await gatehouse(folder, "--json", "chats", "import", file);
	if (code !== 0) throw new Error(stderr);
	return JSON.parse(stdout)[0];
}

/** Write over the beginning of a file. */
export async function damage(path) {
	const file = await open(path, "r+");
	await file.write(Buffer.alloc(8192, 0x5a), 0, 8192, 0);
	await file.close();
}

/** Run the command line; what it wrote, and its exit code. */
export function gatehouse(folder, ...args) {
	return gatehouseIn({}, folder, ...args);
}

/** The same, with other variables in its environment. */
export function gatehouseIn(env, folder, ...args) {
	return new Promise((resolve) => {
		const options = { maxBuffer: 1 << 28, env: { ...process.env, ...env } };
		const all = ["--data-dir", folder, ...args];
		execFile(program("GATEHOUSE_CLI"), all, options, (error, stdout, stderr) => {
			resolve({ code: error ? error.code : 0, stdout, stderr });
		});
	});
}

/** Wait until `work` returns something that is not false, null or undefined, and return it. */
export async function until(what, work, limitMs = patienceMs) {
	const end = Date.now() + limitMs;
	for (;;) {
		const seen = await work();
		if (seen) return seen;
		if (Date.now() > end) throw new Error(`waited ${limitMs / 1000} s in vain: ${what}`);
		await pause(30);
	}
}

export class Gatehouse {
	#web;
	/** Drivers that have lost the page; with the first the app would end. */
	#lost = [];

	/** Start on a new folder and wait until the starter model can be asked. */
	static async startNew(t, env = {}) {
		const app = await Gatehouse.start(t, await temporaryFolder(t), env);
		await app.see("button", /^Model: SmolLM2/);
		await app.spareTheMachine();
		return app;
	}

	/** Start on a folder and wait for a first screen, which may say what is wrong. */
	static async start(t, folder, env = {}, binary = program("GATEHOUSE_APP")) {
		const app = new Gatehouse();
		app.folder = folder;
		app.#web = await WebDriver.open(binary, ["--data-dir", folder], {
			// What the web view keeps for itself; each folder has its own, as each person has.
			XDG_DATA_HOME: join(folder, "web"),
			...env,
		});
		started.add(app);
		t.after(() => app.kill());
		[app.pid] = await childrenOf(app.#web.pid, "gatehouse-deskt");
		await app.see("heading", /./);
		return app;
	}

	/** End it in good order. */
	async quit() {
		const helpers = await childrenOf(this.pid);
		await this.#web.run(page.quit).catch(unlessGone);
		await until("the app ends", async () => !(await isRunning(this.pid)));
		await this.#close();
		await ended(helpers);
	}

	/** End it the hard way, if it still runs. */
	async kill() {
		const helpers = await childrenOf(this.pid);
		await this.#close();
		if (await isRunning(this.pid)) {
			process.kill(this.pid, "SIGKILL");
			await until("the app is gone", async () => !(await isRunning(this.pid)));
		}
		await ended(helpers);
	}

	async #close() {
		for (const web of [...this.#lost, this.#web]) await web.close();
	}

	/** Kill the process that draws the page, do what that calls for, and wait until another one draws. */
	async killRenderer(mend = async () => {}) {
		const renderers = () => childrenOf(this.pid, "WebKitWebProces");
		const [before] = await renderers();
		process.kill(before, "SIGKILL");
		// The driver loses the page with it. Asked only later, it would first wait for the page that comes then.
		const isLost = (error) => error.code === "invalid session id";
		await until("the driver knows", () => this.text().then(() => false, isLost));
		await mend();
		await until("another draws", async () => {
			const now = await renderers();
			return now.length > 0 && !now.includes(before);
		});
	}

	/** Have another driver take control, and wait until the page is there again. */
	async attachAgain() {
		this.#lost.push(this.#web);
		this.#web = await WebDriver.attach(this.pid);
		await this.see("heading", /./);
	}

	/** The engines that it runs now. */
	engines() {
		return childrenOf(this.pid, "gatehouse-engin");
	}

	/** What is on screen now, all of it. */
	async all(role, name, within) {
		const pattern = name instanceof RegExp ? { pattern: name.source } : name;
		for (let tries = 1; ; tries++) {
			try {
				return await this.#web.run(page.findAll, role, pattern, within);
			} catch (error) {
				// What was found went away before the driver could name it: look again.
				if (error.code !== "stale element reference" || tries === 10) throw error;
			}
		}
	}

	/** Wait for something of the page; where it does not come, the error tells what the page says. */
	async until(what, work) {
		return until(what, work).catch(async (error) => {
			const shown = await this.text().catch(() => "nothing that can be read");
			throw new Error(`${error.message}; the page says: ${shown}`, {
				cause: error,
			});
		});
	}

	/** Wait until it is on screen; the last one if there are several. */
	see(role, name, within) {
		const seen = async () => (await this.all(role, name, within)).at(-1);
		return this.until(`${role} ${words(name)}`, seen);
	}

	/** Wait until it is not on screen. */
	async gone(role, name, within) {
		await this.until(`no ${role} ${words(name)}`, async () => {
			return (await this.all(role, name, within)).length === 0;
		});
	}

	/** Click it as soon as it is there, it stays where it is and nothing covers it. */
	async click(role, name, within) {
		await this.until(`${role} ${words(name)} can be clicked`, async () => {
			const element = await this.see(role, name, within);
			// The page may be about to scroll, as to what a Tab has led to, and the click would land beside it.
			const clicked = async () =>
				(await this.#web.run(page.staysInPlace, element)) && (await element.click(), true);
			return clicked().catch(unlessMoving);
		});
	}

	/** Choose an option of a field that opens a list of them. */
	async choose(field, option, within) {
		await this.click("button", field, within);
		await this.click("option", option);
		await this.gone("option");
	}

	/** Type over what a field holds. */
	async fill(name, text) {
		await this.click("textbox", name);
		await this.press("Control+a");
		await this.type(text);
	}

	/** Wait until the page says this somewhere, or what has this role and name does. */
	says(text, role, name) {
		const where = role ? `${role} ${words(name)}` : "the page";
		return this.until(`${where} says “${text}”`, async () => {
			return (await (role ? this.textOf(role, name) : this.text())).includes(text);
		});
	}

	/** What the page says, all of it. */
	text() {
		return this.#web.run(page.textOf);
	}

	/** What it says, once it is on screen. */
	textOf(role, name) {
		return this.#read(role, name, page.textOf);
	}

	/** What an attribute of it is, once it is on screen; null if it has none. */
	attributeOf(role, name, attribute) {
		return this.#read(role, name, page.attributeOf, attribute);
	}

	/** What a field holds. */
	valueOf(name) {
		return this.#read("textbox", name, page.valueOf);
	}

	/** Have the page say something of it; where it is drawn anew meanwhile, of what took its place. */
	async #read(role, name, work, ...args) {
		const read = async () => {
			const element = await this.see(role, name);
			return this.#web.run(work, element, ...args).then((value) => ({ value }), unlessMoving);
		};
		const { value } = await this.until(`${role} ${words(name)} can be read`, read);
		return value;
	}

	run(work, ...args) {
		return this.#web.run(work, ...args);
	}

	press(chord) {
		return this.#web.press(chord);
	}

	type(text) {
		return this.#web.type(text);
	}

	reload() {
		return this.#web.reload();
	}

	resize(width, height) {
		return this.#web.resize(width, height);
	}

	screenshot() {
		return this.#web.screenshot();
	}

	/** Keep a picture of the window, once nothing moves in it. */
	async shoot(name) {
		await until(`${name} comes to rest`, () => this.#web.run(page.isAtRest));
		await mkdir(shots, { recursive: true });
		await writeFile(new URL(`${name}.png`, shots), await this.screenshot());
	}

	messages() {
		return this.#web.run(page.shownMessages);
	}

	/** Set up an account at a server of somebody else, on the Settings screen, and read what it offers. */
	async addAccount(name, address) {
		await this.click("button", "Add an account");
		await this.see("dialog", "Add an account");
		await this.choose(/^Provider:/, /^Another server/);
		await this.fill("Name", name);
		await this.fill("Address", address);
		await this.choose(/^Whose server:/, /^Somebody else/);
		await this.fill("Key", "sk-test-5f3a9c0b7e1d4826");
		await this.click("button", "Save");
		await this.gone("dialog");
		await this.click("button", "Test and read models");
	}

	/**
	 * Let the engine use one thread. With one for each core, a machine that is busy otherwise makes
	 * them wait for each other and answers take minutes.
	 */
	async spareTheMachine() {
		await this.#web.run(page.changeSettings, { threads: 1 });
	}

	/** Have answers end after so many tokens, by the options of the chat that is shown. */
	limitAnswers(tokens) {
		return this.#withOptions(() => this.#option("Most tokens in an answer", tokens));
	}

	/**
	 * Have answers of the local model go on until they are stopped, however fast the machine is and
	 * whatever is asked: each word makes itself likelier, and so the end never is.
	 */
	answerWithoutEnd() {
		return this.#withOptions(async () => {
			await this.#option("Temperature", 0);
			await this.click("button", "More sampling settings");
			await this.#option("Repeat penalty", 0.5);
			await this.#option("Frequency penalty", -2);
		});
	}

	/** Have answers be as those of a new chat again. */
	resetOptions() {
		return this.#withOptions(() => this.click("button", "Reset"));
	}

	async #withOptions(work) {
		await this.click("button", "Options");
		await work();
		await this.click("button", "Close options");
		await this.gone("complementary", "Chat options");
	}

	#option(name, value) {
		return this.fill(name, `${value}\uE004`);
	}

	/** Write a message and send it. */
	async ask(text) {
		await this.fill("Message", text);
		await this.click("button", "Send");
		await this.asked(text);
	}

	/** Wait until this is the newest question and its answer has begun. */
	asked(text) {
		return this.until(`“${text}” is asked`, async () => {
			const [question, answer] = (await this.messages()).slice(-2);
			return question?.text === text && answer?.kind === "Answer";
		});
	}

	/** Wait until an answer is being written and has some text. */
	writing(atLeast = 1) {
		return this.until("an answer is being written", async () => {
			const last = (await this.messages()).at(-1);
			return last?.busy && last.text.length >= atLeast && last;
		});
	}

	/** Wait until the newest answer has come to its end. */
	answered() {
		return this.until("the answer ends", async () => {
			const last = (await this.messages()).at(-1);
			return last?.kind === "Answer" && !last.busy && last.footer && last;
		});
	}
}

/** The web view's own processes outlive the window by a moment, and write until they end. */
async function ended(helpers) {
	const gone = async () => (await Promise.all(helpers.map(isRunning))).every((runs) => !runs);
	await until("the processes of the app are gone", gone);
}

function words(name) {
	return name === undefined ? "" : `“${name.pattern ?? name.source ?? name}”`;
}

function unlessGone(error) {
	// The app may end before the driver has heard the answer.
	if (!(error instanceof WebDriverError)) throw error;
}

function unlessMoving(error) {
	const passing = [
		"element click intercepted",
		"stale element reference",
		"element not interactable",
	];
	if (!passing.includes(error.code)) throw error;
	return false;
}
