import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { createRawSnippet } from "svelte";
import { beforeEach, describe, expect, it } from "vitest";

import { runAction, runShortcut } from "$lib/actions";
import type { Startup } from "$lib/backend";
import type { FakeOptions } from "$lib/backend/fake";
import { go, place, type Screen } from "$lib/navigation.svelte";
import { models } from "$lib/state/models.svelte";
import { readRecord } from "$lib/state/record.svelte";
import { settings } from "$lib/state/settings.svelte";
import { dismissToast, toasts } from "$lib/state/toasts.svelte";

import { accessibilityFaults } from "../../test/axe";
import { host, show } from "../../test/render";
// Read after the first frame; to read it takes long where it is also compiled.
import { part } from "../privacy/part.svelte";
import "./Overlays.svelte";
import Shell from "./Shell.svelte";

type Ready = Extract<Startup, { state: "ready" }>;

const ready: Ready = {
	state: "ready",
	version: "0.2.0",
	dataFolder: "/home/ada/.local/share/gatehouse",
	keyHome: "keychain",
};
const screenName = createRawSnippet<[Screen]>((name) => ({
	render: () => `<h1>Screen ${name()}</h1>`,
}));

function open(startup: Partial<Ready> = {}, options: FakeOptions = {}) {
	const fake = host(options);
	return { fake, ...show(Shell, { startup: { ...ready, ...startup }, screen: screenName }) };
}

const rail = () => screen.getByRole("navigation", { name: "Screens" });
const press = (key: string, init: KeyboardEventInit = {}) =>
	fireEvent.keyDown(document.body, { key, ...init });

window.addEventListener("keydown", runShortcut);

beforeEach(() => {
	localStorage.clear();
	for (const { id } of toasts.list) dismissToast(id);
	go("chat");
});

describe("the rail", () => {
	it("leads to each screen and marks where one is", async () => {
		const { user } = open();
		await user.click(within(rail()).getByRole("button", { name: "Models" }));
		expect(place.screen).toBe("models");
		expect(
			within(rail()).getByRole("button", { name: "Models" }).getAttribute("aria-current"),
		).toBe("page");
	});

	it("marks an alert that fires when the window opens, which is no news, and tells of the next", async () => {
		const fake = host();
		const failures = { kind: "failures", model: null, over: "2", minutes: 60, calls: 5 } as const;
		await fake.addAlert(failures);
		show(Shell, { startup: ready, screen: screenName });
		expect(
			await within(rail()).findByRole("button", { name: /^Monitor: an alert fires/ }),
		).toBeTruthy();
		expect(toasts.list).toEqual([]);
		await fake.addAlert(failures);
		await waitFor(() =>
			expect(toasts.list.map(({ text }) => text)).toEqual([expect.stringContaining("Now: 3.1%")]),
		);
	});

	it("says that nothing leaves, and which model is loaded", async () => {
		open();
		expect(within(rail()).getByText("Everything stays on this computer")).toBeTruthy();
		expect(await within(rail()).findByText(/SmolLM2 135M Instruct loaded/)).toBeTruthy();
	});

	it("says so when there is no model", async () => {
		open({}, { noModels: true });
		expect(await within(rail()).findByText("No model installed")).toBeTruthy();
	});
});

describe("a record that does not verify", () => {
	it("is warned of on every screen, until a person has read it", async () => {
		const { fake } = open({}, { changedEntry: 3 });
		go("models");
		expect(
			await within(rail()).findByRole("button", { name: "Record: does not verify" }),
		).toBeTruthy();
		await fake.recordFailureSeen();
		await readRecord();
		expect(await within(rail()).findByRole("button", { name: "Record" })).toBeTruthy();
	});
});

describe("by keyboard", () => {
	it("Ctrl+1 to 8 lead to the screens", async () => {
		open();
		const screens = [
			"chat",
			"models",
			"costs",
			"monitor",
			"safety",
			"record",
			"privacy",
			"settings",
		];
		for (const [nth, name] of [...screens.entries()].toReversed()) {
			await press(String(nth + 1), { ctrlKey: true });
			expect(place.screen).toBe(name);
		}
	});

	it("an action leads to each part of the Privacy screen", () => {
		open();
		runAction("privacy.backups");
		expect([place.screen, part.shown]).toEqual(["privacy", "backups"]);
	});

	it("Ctrl+N begins a new chat from anywhere", async () => {
		open();
		go("chat", "old");
		go("settings");
		await press("n", { ctrlKey: true });
		expect([place.screen, place.conversationId]).toEqual(["chat", null]);
	});

	it("a question mark shows every shortcut", async () => {
		open();
		await press("?", { shiftKey: true });
		const sheet = await screen.findByRole("dialog", { name: "Keyboard shortcuts" });
		expect(within(sheet).getByText("New chat")).toBeTruthy();
		expect(within(sheet).getAllByText("Ctrl").length).toBeGreaterThan(3);
		expect(await accessibilityFaults()).toEqual([]);
	});
});

describe("the command palette", () => {
	async function openPalette() {
		const opened = open();
		await press("k", { ctrlKey: true });
		const input = await screen.findByRole("combobox", { name: "Find a chat or an action" });
		return { ...opened, input };
	}

	it("begins with the chats used last", async () => {
		await openPalette();
		expect(
			await screen.findByRole("option", { name: "Notice period in the Larkspur lease" }),
		).toBeTruthy();
	});

	it("finds a chat by what was said in it and opens it at that message", async () => {
		const { user, input } = await openPalette();
		await user.type(input, "radiators");
		const found = await screen.findByRole("option", { name: /Summarise the inspection report/ });
		await user.click(found);
		expect(place.screen).toBe("chat");
		expect(place.conversationId).not.toBeNull();
		expect(place.messageId, "the search hit names the message").not.toBeNull();
		await waitFor(() => expect(screen.queryByRole("combobox")).toBeNull());
	});

	it("calls a chat without a title as the list of chats does", async () => {
		const { user, input } = await openPalette();
		await user.type(input, "hello");
		const name = /^Hello\. What can I help you with\?/;
		expect(await screen.findByRole("option", { name })).toBeTruthy();
	});

	it("runs an action with Enter", async () => {
		const { user, input } = await openPalette();
		await user.type(input, "dark");
		await screen.findByRole("option", { name: "Dark theme" });
		await user.keyboard("{Enter}");
		await waitFor(() => expect(settings.now.theme).toBe("dark"));
	});

	it("switches the model for new chats", async () => {
		const { user, input } = await openPalette();
		await user.type(input, "use qwen");
		await user.click(
			await screen.findByRole("option", { name: "Use Qwen2.5 7B Instruct for new chats" }),
		);
		await waitFor(() => expect(settings.now.defaultModelId).toBe("qwen"));
	});

	it("loads a model and takes it out of memory again", async () => {
		const { user, input, fake } = await openPalette();
		await user.type(input, "load qwen");
		expect(
			screen.queryByRole("option", { name: "Unload Qwen2.5 7B Instruct" }),
			"it is not loaded yet",
		).toBeNull();
		await user.click(await screen.findByRole("option", { name: "Load Qwen2.5 7B Instruct" }));
		await waitFor(() => expect(models.engine("qwen")?.state).toBe("ready"));
		await press("k", { ctrlKey: true });
		await user.type(await screen.findByRole("combobox"), "unload qwen");
		await user.click(await screen.findByRole("option", { name: "Unload Qwen2.5 7B Instruct" }));
		await waitFor(() => expect(models.engine("qwen")).toBeUndefined());
		expect(fake.calls.filter(({ method }) => method === "unloadModel")).toHaveLength(1);
	});

	it("offers no load of a model whose file is gone", async () => {
		const { user, input } = await openPalette();
		await user.type(input, "load");
		await screen.findByRole("option", { name: "Load Qwen2.5 7B Instruct" });
		expect(screen.queryByRole("option", { name: /^Load Mistral/ })).toBeNull();
	});

	it("makes a snapshot", async () => {
		const { user, input, fake } = await openPalette();
		await user.type(input, "snapshot");
		await user.click(await screen.findByRole("option", { name: "Make a snapshot of the chats" }));
		expect(await screen.findByText("Snapshot made and checked.")).toBeTruthy();
		expect(fake.calls.some(({ method }) => method === "makeSnapshot")).toBe(true);
	});

	it("says when nothing is found", async () => {
		const { user, input } = await openPalette();
		await user.type(input, "zzzz");
		expect(await screen.findByText("Nothing found for “zzzz”.")).toBeTruthy();
	});

	it("has no fault that an accessibility checker finds", async () => {
		await openPalette();
		await screen.findByRole("option", { name: "Notice period in the Larkspur lease" });
		expect(await accessibilityFaults()).toEqual([]);
	});
});

describe("notices", () => {
	it("a key in a file is said once and not again after it was dismissed", async () => {
		const first = open({ keyHome: "file" });
		const notice = screen.getByRole("complementary", { name: "Where the key is" });
		await first.user.click(within(notice).getByRole("button", { name: "Dismiss" }));
		expect(screen.queryByRole("complementary", { name: "Where the key is" })).toBeNull();
		first.unmount();
		open({ keyHome: "file" });
		expect(screen.queryByRole("complementary", { name: "Where the key is" })).toBeNull();
	});

	it("with the key in the keychain there is nothing to say", () => {
		open();
		expect(screen.queryByRole("complementary", { name: "Where the key is" })).toBeNull();
	});
});
