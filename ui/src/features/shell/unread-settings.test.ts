import { screen } from "@testing-library/svelte";
import { createRawSnippet } from "svelte";
import { expect, it } from "vitest";

import type { Screen } from "$lib/navigation.svelte";

import { host, show } from "../../test/render";
import Shell from "./Shell.svelte";

// In a file of its own: elsewhere the settings were read by an earlier test.

it("settings that cannot be read are said in place of the screen, with another try", async () => {
	const fake = host();
	fake.fail("getSettings", { code: "internal", message: "The disk is slow.", hint: null });
	const startup = {
		state: "ready",
		version: "0.2.0",
		dataFolder: "",
		keyHome: "keychain",
	} as const;
	const content = createRawSnippet<[Screen]>((name) => ({
		render: () => `<h1>Screen ${name()}</h1>`,
	}));
	const { user } = show(Shell, { startup, screen: content });
	expect((await screen.findByRole("alert")).textContent).toContain("The disk is slow.");
	expect(screen.queryByRole("heading", { level: 1 }), "no screen with made-up settings").toBeNull();
	fake.fail("getSettings", null);
	await user.click(screen.getByRole("button", { name: "Try again" }));
	expect(await screen.findByRole("heading", { name: "Screen chat" })).toBeTruthy();
	expect(screen.queryByRole("alert")).toBeNull();
});
