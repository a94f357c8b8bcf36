import { expect, it } from "vitest";

import type { Problem } from "$lib/backend";

import { host } from "../../test/render";
import { changeSettings, readSettings, settings } from "./settings.svelte";

// In this order: what was read once stays known.

it("a change is refused, and nothing written, while the settings cannot be read", async () => {
	const fake = host();
	const error: Problem = { code: "internal", message: "The disk is slow.", hint: null };
	fake.fail("getSettings", error);
	await expect(readSettings()).rejects.toEqual(error);
	await expect(changeSettings({ theme: "dark" })).rejects.toEqual(error);
	expect(settings.areKnown).toBe(false);
	expect(
		fake.calls.some(({ method }) => method === "setSettings"),
		"made-up defaults would take the place of the person's settings",
	).toBe(false);
});

it("the same change works once they can be read, with all others as the host has them", async () => {
	const fake = host();
	const kept = await fake.setSettings({ ...(await fake.getSettings()), idleUnloadMinutes: 60 });
	await changeSettings({ theme: "dark" });
	expect(settings.now).toEqual({ ...kept, theme: "dark" });
});

it("two changes at once are both kept", async () => {
	host();
	await Promise.all([changeSettings({ sendKey: "ctrl_enter" }), changeSettings({ threads: 3 })]);
	expect([settings.now.sendKey, settings.now.threads]).toEqual(["ctrl_enter", 3]);
});
