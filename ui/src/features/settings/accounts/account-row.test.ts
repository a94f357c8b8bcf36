// A model that an Ollama server is told to fetch.

import { screen, waitFor } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import type { Problem } from "$lib/backend";
import { refreshAccounts } from "$lib/state/accounts.svelte";
import { toasts } from "$lib/state/toasts.svelte";

import { host, show } from "../../../test/render";
import AccountSettings from "./AccountSettings.svelte";

/** A fetch that is half done, and how the host ends it with a problem. */
async function fetching() {
	const fake = host();
	await fake.saveAccount(null, {
		kind: "ollama",
		name: "Ollama",
		baseUrl: "http://localhost:11434",
		destination: null,
		contextTokens: null,
	});
	await refreshAccounts();
	let end: (problem: Problem) => void = () => undefined;
	fake.pullModel = (_id, _model, onProgress) => {
		onProgress({ status: "pulling 6a07", total: 100, completed: 50 });
		return new Promise((_done, failed) => (end = failed));
	};
	const { user, unmount } = show(AccountSettings);
	await user.type(screen.getByRole("textbox", { name: "Fetch a model" }), "lama3.2");
	await user.click(screen.getByRole("button", { name: "Fetch" }));
	expect(await screen.findByText("pulling 6a07, 50%")).toBeTruthy();
	return { fake, user, unmount, end: (problem: Problem) => end(problem) };
}

describe("a model that is fetched", () => {
	it("can be stopped, and the person hears what becomes of what is there", async () => {
		const { fake, user, end } = await fetching();
		fake.stopPull = async () => end({ code: "cancelled", message: "Stopped.", hint: null });
		await user.click(screen.getByRole("button", { name: "Stop" }));
		await waitFor(() => expect(screen.queryByText(/pulling 6a07/)).toBeNull());
		expect(screen.queryByRole("button", { name: "Stop" })).toBeNull();
		expect(screen.queryByRole("alert"), "a stop is no failure").toBeNull();
		expect(toasts.list.some(({ text }) => text.includes("goes on where it was"))).toBe(true);
	});

	it("can still be stopped after the screen was left", async () => {
		const { fake, unmount, end } = await fetching();
		unmount();
		const { user } = show(AccountSettings);
		expect(await screen.findByText("pulling 6a07, 50%")).toBeTruthy();
		fake.stopPull = async () => end({ code: "cancelled", message: "Stopped.", hint: null });
		await user.click(screen.getByRole("button", { name: "Stop" }));
		await waitFor(() => expect(screen.queryByRole("button", { name: "Stop" })).toBeNull());
	});

	it("leaves no progress behind where it failed", async () => {
		const { end } = await fetching();
		end({ code: "provider", message: "localhost does not have this model.", hint: null });
		expect(await screen.findByText(/does not have this model/)).toBeTruthy();
		expect(screen.queryByText(/pulling 6a07/)).toBeNull();
		const field = screen.getByRole<HTMLInputElement>("textbox", { name: "Fetch a model" });
		expect(field.value, "to be mended").toBe("lama3.2");
	});
});
