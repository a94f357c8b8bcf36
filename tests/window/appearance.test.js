// How it looks: every screen in both themes, at its usual size and at a small one, into the
// folder `screenshots` for a person to look at.

import assert from "node:assert/strict";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { damage, Gatehouse, importChat, temporaryFolder, until } from "./app.js";
import { addAccount, focused, isAtRest } from "./page.js";
import { look } from "./png.js";
import { startSteadyProvider } from "./provider.js";

const shots = new URL("screenshots/", import.meta.url);
const small = [700, 600];
const usual = [1280, 860];

const rich = `A notice period is the time between **saying** that you leave and **leaving**.

| Who gives notice | Usual length | In writing |
| --- | ---: | :---: |
| The tenant | 1 month | yes |
| The landlord | 2 months | yes |

The last day is $d = s + n$, where $s$ is the day of the letter:

$$ d = s + \\max(n, 28) $$

1. Write the letter and keep a copy.
2. Send it so that you can prove when.

\`\`\`python
from datetime import date, timedelta

def last_day(sent: date, weeks: int) -> date:
    """The day on which the lease ends."""
    return sent + timedelta(weeks=max(weeks, 4))
\`\`\`

> Read the lease first: what it says comes before what is usual. See [the guide](https://example.org/guide).`;

/** An answer that comes again and again, and so has always more to come. */
const words = `${rich}\n\n`.match(/\S*\s+/g);
const endless = { tokens: 100_000, perSecond: 20, text: (at) => words[at % words.length] };

for (const theme of ["light", "dark"]) {
	const env = {
		// As on a desktop that is set so: before its data is open, the app has only this to go by.
		GTK_THEME: theme === "dark" ? "Adwaita:dark" : "Adwaita",
	};

	test(`every screen in the ${theme} theme`, async (t) => {
		const folder = await temporaryFolder(t);
		const app = await Gatehouse.start(t, folder, env);
		const shoot = (name) => take(app, theme, name);
		const shootBoth = async (name) => {
			await shoot(name);
			await app.resize(...small);
			await until("the small size", () => app.run(isNarrow));
			await take(app, theme, `${name}-small`);
			await app.resize(...usual);
			await until("the usual size", async () => !(await app.run(isNarrow)));
		};

		await app.see("button", /^Model: SmolLM2/);
		await app.spareTheMachine();
		await shootBoth("first-start");
		await app.click("button", "Dismiss");

		await importChat(t, folder, "Reply to the landlord, polite", ["Please help.", "Of course."]);
		await importChat(t, folder, "Notice period in the Larkspur lease", [
			"How long is a notice period, and how do I work out the last day?",
			rich,
		]);
		const provider = await startSteadyProvider(t, endless);
		await app.run(addAccount, "Steady", provider.address);
		await app.reload();
		await app.click("button", /^Notice period/);
		await app.says("The landlord");
		await shootBoth("chat");

		await app.click("button", "Options");
		await app.see("complementary", "Chat options");
		await shootBoth("options");
		await app.click("button", "Close options");

		await app.click("button", "More for this chat");
		await app.see("menuitem", /^Rename/);
		await shoot("menu");
		await app.press("Escape");
		await app.gone("menuitem");
		await app.click("button", /^Model:/);
		await app.see("option", /^SmolLM2/);
		await shoot("model-picker");
		await app.press("Escape");
		await app.gone("option");

		await app.press("Control+k");
		await until("the palette has the focus", async () =>
			(await app.run(focused)).startsWith("Find"),
		);
		await app.type("notice");
		await app.see("option", /^Notice period/);
		await shoot("palette");
		await app.press("Escape");
		await app.gone("dialog");
		await app.press("F2");
		await app.see("dialog", "Rename this chat");
		await shoot("rename");
		await app.press("Escape");
		await app.gone("dialog");
		await app.press("Control+/");
		await app.see("dialog", "Keyboard shortcuts");
		await shoot("shortcuts");
		await app.press("Escape");
		await app.gone("dialog");
		await app.fill("Search chats", "lease");
		await app.see("region", "Search results");
		await shoot("search");
		await app.click("button", "Clear search");

		await app.click("button", /^Model:/);
		await app.click("option", /^steady/);
		await app.ask("Say it all once more.");
		await app.writing(200);
		await keep(app, theme, "streaming");
		await app.click("button", "Stop");
		await app.answered();
		await shoot("stopped");

		await app.click("button", "Models");
		await app.see("list", "Installed models");
		await app.click("button", /^Details/);
		await shootBoth("models");
		await app.click("button", "Safety");
		await app.see("region", "Policy of this workspace");
		await app.says("Measured");
		await shootBoth("safety-empty");
		await app.fill("A text to look at", letter);
		await app.says("things were found");
		await shootBoth("safety");
		await app.click("button", "Record");
		await app.see("list", "Entries");
		await shootBoth("record");
		await app.click("button", "Verify everything");
		await app.see("heading", /entries, verified$/);
		await shoot("record-verified");
		await app.click("button", /Call ended/);
		await app.see("table", "Facts");
		await shootBoth("record-entry");
		await app.press("Escape");
		await app.gone("dialog");
		await app.click("button", "Export…");
		await app.see("dialog", "Export the record");
		await shoot("record-export");
		await app.press("Escape");
		await app.gone("dialog");
		await app.click("button", "Privacy");
		await app.see("region", "Requests");
		await shootBoth("privacy-empty");
		await app.click("button", "Note a request");
		await app.see("dialog", "Note a request");
		await app.fill("Who it is", "Larkspur");
		await shootBoth("privacy-request");
		await app.click("button", "Note the request");
		await app.gone("dialog");
		await app.click("button", "Find the person of request 1");
		await app.see("region", "What is kept about them");
		await shootBoth("privacy-found");
		await app.click("button", "Erase…");
		await app.see("heading", "What goes");
		await shootBoth("privacy-erase");
		await app.press("Escape");
		await app.gone("dialog");
		for (const part of ["Retention", "Backups", "Archive", "Storage"]) {
			await app.click("tab", part);
			await app.gone("region", "Requests");
			await shootBoth(`privacy-${part.toLowerCase()}`);
		}
		await app.click("button", "Settings");
		await app.says("Key to the chats");
		await shootBoth("settings");
		await app.click("button", "Add an account");
		await app.see("dialog", "Add an account");
		await shootBoth("account");
		await app.press("Escape");
		await app.gone("dialog");
		await app.run(scrollToEnd);
		await shoot("settings-end");

		const second = await Gatehouse.start(t, folder, env);
		await second.see("heading", "Gatehouse is already open");
		await take(second, theme, "problem-already-open");
		await second.kill();
		await app.click("button", "Make one now");
		await app.says("Made by hand", "table", "Snapshots of your chats");
		await app.quit();

		await damage(join(folder, "gatehouse.db"));
		const damaged = await Gatehouse.start(t, folder, env);
		await damaged.see("heading", "Your chats can’t be read");
		await take(damaged, theme, "problem-damaged");
		await damaged.kill();
		await rename(join(folder, "database.key"), join(folder, "elsewhere"));
		const locked = await Gatehouse.start(t, folder, env);
		await locked.see("heading", "The key to your chats is missing");
		await take(locked, theme, "problem-key-missing");
		await locked.kill();
		await writeFile(join(folder, "database.key"), "5a".repeat(32), { mode: 0o600 });
		const wrong = await Gatehouse.start(t, folder, env);
		await wrong.see("heading", "The key does not fit your chats");
		await take(wrong, theme, "problem-key-wrong");
	});
}

const letter =
	"Dear Ms Weiss, please call +49 30 901820 or write to anna.weiss@example.org. Your NHS number is 943 476 5919.";

/** Write a screenshot of the window at rest. */
async function take(app, theme, name) {
	await until(`${name} comes to rest`, () => app.run(isAtRest));
	await keep(app, theme, name);
}

/** Write a screenshot once it shows something, and see that it has the right theme. */
async function keep(app, theme, name) {
	const { png, brightness } = await until(`${name} is drawn`, async () => {
		const png = await app.screenshot();
		const { brightness, colours, mostCommon } = look(png);
		return colours > 50 && mostCommon < 0.98 && { png, brightness };
	});
	assert.equal(brightness > 0.5 ? "light" : "dark", theme, `${name} has the theme`);
	await mkdir(shots, { recursive: true });
	await writeFile(new URL(`${name}-${theme}.png`, shots), png);
}

function isNarrow() {
	return innerWidth < 900;
}

function scrollToEnd() {
	const page = document.querySelector(".page");
	page.scrollTop = page.scrollHeight;
}
