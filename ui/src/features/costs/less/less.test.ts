// What is said about paying less is of what is asked now, and of the calls that there are now.

import "../../../test/layout";

import { cleanup, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, it } from "vitest";

import type { Shorter } from "$lib/backend";
import { readSettings } from "$lib/state/settings.svelte";

import { host, show } from "../../../test/render";
import { showPart } from "../costs.svelte";
import CostsScreen from "../CostsScreen.svelte";
import ShorterPrompt from "./ShorterPrompt.svelte";

beforeEach(() => showPart("less"));
afterEach(cleanup);

/** A host whose shorter prompts come when the test says so, by the prompt that was asked about. */
function slow() {
	const fake = host();
	const answers = new Map<string, (shorter: Shorter) => void>();
	fake.shorterPrompt = (text) => new Promise((resolve) => answers.set(text, resolve));
	const answer = (text: string) =>
		answers.get(text)?.({
			text: `${text} (shorter)`,
			tokensBefore: 9,
			tokensAfter: 7,
			changes: [],
		});
	return { fake, answer, ...show(ShorterPrompt, {}) };
}

const shorter = () =>
	screen.queryByRole<HTMLTextAreaElement>("textbox", { name: "In fewer words" })?.value;

it("says nothing of a prompt that was changed since", async () => {
	const { user, answer } = slow();
	const original = screen.getByRole("textbox", { name: "Your prompt" });
	await user.type(original, "One");
	await user.click(screen.getByRole("button", { name: "Say it shorter" }));
	answer("One");
	await waitFor(() => expect(shorter()).toBe("One (shorter)"));
	await user.type(original, " two");
	await waitFor(() => expect(shorter()).toBeUndefined());
});

it("does not let a late answer take the place of a newer one", async () => {
	const { user, answer } = slow();
	const original = screen.getByRole("textbox", { name: "Your prompt" });
	await user.type(original, "One");
	await user.click(screen.getByRole("button", { name: "Say it shorter" }));
	await user.type(original, " two");
	await user.click(screen.getByRole("button", { name: "Say it shorter" }));
	answer("One two");
	await waitFor(() => expect(shorter()).toBe("One two (shorter)"));
	answer("One");
	// A turn of the loop later it would have been taken.
	await Promise.resolve();
	await Promise.resolve();
	expect(shorter()).toBe("One two (shorter)");
});

it("looks for advice and compares again when calls have ended", async () => {
	const fake = host();
	await readSettings();
	show(CostsScreen, {});
	await screen.findByText(/gpt-6-luna does as well for less/);
	await screen.findByRole("table", { name: "The same usage elsewhere" });
	const count = (asked: string) => fake.calls.filter(({ method }) => method === asked).length;
	const live = await fake.monitorLive();
	await waitFor(() => expect(count("monitorLive")).toBeGreaterThan(1), { timeout: 5_000 });
	const before = [count("costAdvice"), count("costWhatIf")];
	fake.monitorLive = async () => ({ ...live, newest: live.newest + 1 });
	await waitFor(
		() => expect([count("costAdvice"), count("costWhatIf")]).toEqual(before.map((of) => of + 1)),
		{ timeout: 5_000 },
	);
	expect(screen.getByText(/gpt-6-luna does as well for less/)).toBeTruthy();
});

it("says what is missing where there is no model to plan with", async () => {
	const fake = host();
	fake.planCosts = async () => [];
	await readSettings();
	show(CostsScreen, {});
	expect(await screen.findByText(/Name a model to plan with/)).toBeTruthy();
});

it("says beside a plan what a call costs at other hours", async () => {
	const fake = host();
	fake.planCosts = async () => [
		{
			model: { provider: "deepseek", model: "deepseek-chat" },
			call: "$0.001",
			day: "$0.05",
			month: "$1.5",
			atHours: [{ hours: "16:30-00:30", call: "$0.0005" }],
		},
	];
	await readSettings();
	show(CostsScreen, {});
	const row = await screen.findByRole("row", { name: /deepseek-chat/ });
	expect(row.textContent).toContain("$0.0005 at 16:30-00:30 UTC");
});
