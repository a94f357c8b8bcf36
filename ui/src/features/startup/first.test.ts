import { flushSync, mount, unmount } from "svelte";
import { expect, it } from "vitest";

import type { First } from "$lib/backend";
import { fakeBackend } from "$lib/backend/fake";

// What the page has is read with the first module that shows it, so it is written before they are.
const host = fakeBackend();
const first: First = {
	startup: await host.startup(),
	settings: await host.getSettings(),
	workspaces: await host.listWorkspaces(),
	conversations: await host.listConversations(),
	models: await host.listModels(),
	accounts: [],
	aliases: [],
};
const element = document.createElement("script");
element.type = "application/json";
element.id = "first";
element.textContent = JSON.stringify(first);
document.head.append(element);

const { useBackend } = await import("$lib/backend");
const { default: App } = await import("../../App.svelte");
const { Start } = await import("./start.svelte");

it("the first frame has the chats and the model, and waits for no answer", async () => {
	const silent = new Proxy(host, {
		get: (_, name) => (name === "on" ? () => () => {} : () => new Promise(() => {})),
	});
	useBackend(silent);
	const start = new Start();
	await start.ended;

	const target = document.body;
	const app = mount(App, { target, props: { start } });
	flushSync();
	const shown = target.textContent;
	expect(target.querySelector("textarea"), "a message can be written").not.toBeNull();
	expect(shown).toContain(first.models[0]?.name);
	expect(shown, "the list is there, though nothing scrolls it here").not.toContain(
		"Reading your chats",
	);
	expect(target.querySelector('nav[aria-label="Chats"]')).not.toBeNull();
	expect(
		target.querySelector(`[aria-label="Workspace: ${first.workspaces[0]?.name}"]`),
	).not.toBeNull();
	await unmount(app);
});
