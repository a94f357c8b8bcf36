// A problem leads to the control that mends it, and the text stays where it was.

import "../../test/layout";

import { cleanup, screen, waitFor } from "@testing-library/svelte";
import { afterEach, describe, expect, it } from "vitest";

import type { Problem, ProblemCode } from "$lib/backend";
import { go, place } from "$lib/navigation.svelte";
import { watchModels } from "$lib/state/models.svelte";
import { readSettings } from "$lib/state/settings.svelte";

import { withAccount } from "../../test/account";
import { host, option, show } from "../../test/render";
import SafetyScreen from "../safety/SafetyScreen.svelte";
import SettingsScreen from "../settings/SettingsScreen.svelte";
import { resetChat } from "./chat.svelte";
import ChatScreen from "./ChatScreen.svelte";
import { threadView } from "./thread/read";
// Read when the button is pressed; to read it takes long where it is also compiled.
import "../picker/PickerDialog.svelte";

const startup = {
	state: "ready",
	version: "0.1.0",
	dataFolder: "/home/ada/.local/share/gatehouse",
	keyHome: "keychain",
} as const;

const leave: (() => void)[] = [];
afterEach(() => {
	cleanup();
	for (const end of leave.splice(0)) end();
});

const problem = (code: ProblemCode): Problem => ({ code, message: "So it is.", hint: null });
const field = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Message" });

/** A message for an account that the host refuses. */
async function refused(code: ProblemCode) {
	const fake = host();
	resetChat();
	go("chat");
	await readSettings();
	await threadView();
	await withAccount(fake);
	leave.push(watchModels(() => undefined));
	const { user } = show(ChatScreen);
	await user.click(await screen.findByRole("button", { name: /^Model:/ }));
	await user.click(await option("GPT-6 Luna"));
	fake.fail("sendMessage", problem(code));
	await user.type(field(), "Hello{Enter}");
	await screen.findByText("So it is.");
	expect(field().value, "the text is kept as a draft").toBe("Hello");
	return { fake, user };
}

/** The screen that the person was led to, in the place of the chat. */
function arrive(screenName: "settings" | "safety"): void {
	expect(place.screen).toBe(screenName);
	cleanup();
	if (screenName === "safety") show(SafetyScreen);
	else show(SettingsScreen, { startup });
}

const focused = (name: RegExp | string) =>
	waitFor(() => {
		const element = document.activeElement;
		const label =
			element?.getAttribute("aria-label") ??
			(element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : null);
		expect(label).toMatch(name);
	});

describe("a button leads", () => {
	it("from a wrong key to the field for the key of that account", async () => {
		const { user } = await refused("key_wrong");
		await user.click(screen.getByRole("button", { name: "Change the key" }));
		arrive("settings");
		expect(await screen.findByRole("dialog", { name: "Account OpenAI" })).toBeTruthy();
		await focused("Key");
	});

	it("from no connection to the offline switch", async () => {
		const { user } = await refused("offline");
		await user.click(screen.getByRole("button", { name: "Open Network" }));
		arrive("settings");
		await focused("Offline");
	});

	it("from policy to the policy", async () => {
		const { user } = await refused("not_allowed");
		await user.click(screen.getByRole("button", { name: "Open the policy" }));
		arrive("safety");
		await focused(/^Nothing found, Own server/);
	});

	it("from a budget to the budgets", async () => {
		const { user } = await refused("budget_reached");
		await user.click(screen.getByRole("button", { name: "Open the budgets" }));
		arrive("settings");
		await focused("Budget in dollars");
	});

	it("nowhere from what no control mends", async () => {
		await refused("provider");
		expect(screen.queryByRole("button", { name: /^(Open|Change|Go to)/ })).toBeNull();
	});
});

describe("what is to be looked at first", () => {
	it("can be opened again after it was closed", async () => {
		const { user } = await refused("review_first");
		await screen.findByRole("dialog", { name: "What leaves for OpenAI" });
		await user.keyboard("{Escape}");
		await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
		const [banner] = screen.getAllByRole("button", { name: "See what leaves" });
		await user.click(banner!);
		expect(await screen.findByRole("button", { name: "Send as written" })).toBeTruthy();
	});

	it("is forgotten when another text is typed, so that no other text leaves than the one shown", async () => {
		const { user } = await refused("review_first");
		await screen.findByRole("dialog", { name: "What leaves for OpenAI" });
		await user.keyboard("{Escape}");
		await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
		await user.type(field(), " Anna");
		await waitFor(() => expect(screen.queryByText("So it is.")).toBeNull());
	});
});

it("what was typed while a message was refused is kept beside it", async () => {
	const fake = host();
	resetChat();
	go("chat");
	await readSettings();
	await threadView();
	leave.push(watchModels(() => undefined));
	const { user } = show(ChatScreen);
	let refuse: (() => void) | undefined;
	fake.sendMessage = () =>
		new Promise((_, reject) => (refuse = () => reject(problem("provider") as unknown as Error)));
	await user.type(field(), "First{Enter}");
	await waitFor(() => expect(refuse).toBeDefined());
	await user.type(field(), "Second");
	refuse?.();
	await waitFor(() => expect(field().value).toBe("First\n\nSecond"));
});
