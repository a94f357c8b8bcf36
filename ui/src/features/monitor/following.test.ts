// From every number of the Monitor screen down to the calls that it is made of.

import "../../test/layout";

import { cleanup, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, expect, it } from "vitest";

import { readAlerts } from "$lib/state/alerts.svelte";
import { readSettings } from "$lib/state/settings.svelte";

import { amountsThatLeadNowhere, cellsThatLeadNowhere } from "../../test/following";
import { host, openTables, show } from "../../test/render";
import MonitorScreen from "./MonitorScreen.svelte";

afterEach(cleanup);

async function open() {
	const fake = host();
	await readSettings();
	await readAlerts();
	const shown = show(MonitorScreen, {});
	await screen.findByRole("region", { name: "Success" });
	return { fake, ...shown };
}

/** Click what leads somewhere, and say which calls are looked at. */
async function followed({ fake, user }: Awaited<ReturnType<typeof open>>, button: HTMLElement) {
	await user.click(button);
	await screen.findByRole("dialog");
	const asked = fake.calls.filter(({ method }) => method === "costCalls").at(-1);
	await user.keyboard("{Escape}");
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
	return asked?.args[0];
}

it("has no number that leads nowhere", async () => {
	await open();
	await openTables();
	for (const name of ["Calls by model", "Calls over time", "Failed calls by reason"]) {
		const table = await screen.findByRole("table", { name });
		expect(cellsThatLeadNowhere(table), name).toEqual([]);
	}
	for (const name of ["Calls", "Success", "First token", "Tokens a second"]) {
		expect(amountsThatLeadNowhere(screen.getByRole("region", { name })), name).toEqual([]);
	}
	const drift = screen.getByText(/Its time to the first token is worse/);
	expect(amountsThatLeadNowhere(drift)).toEqual([]);
});

it("leads from each number of a model and of a day to the calls that have it", async () => {
	const shown = await open();
	const which = {
		Success: "ended",
		"First token": "began",
		"Whole answer": "answered",
		Speed: "wrote",
	};
	const model = within(screen.getByRole("table", { name: "Calls by model" }))
		.getByText("gpt-6-luna")
		.closest("tr")!;
	await openTables();
	const overTime = await screen.findByRole("table", { name: "Calls over time" });
	const [, day] = within(overTime).getAllByRole("row");
	for (const [name, only] of Object.entries(which)) {
		const button = { name: new RegExp(`^${name} `) };
		expect(await followed(shown, within(model).getByRole("button", button))).toMatchObject({
			filter: { provider: "openai", model: "gpt-6-luna", only: [only, "of_models"] },
		});
		expect(await followed(shown, within(day!).getByRole("button", button))).toMatchObject({
			first: "2026-11-21",
			last: "2026-11-21",
			filter: { only: [only, "of_models"] },
		});
	}
});

it("leads from how a model has changed to the calls of both times", async () => {
	const shown = await open();
	const filter = { model: "claude-sonnet-5-5", only: ["began", "of_models"] };
	const now = { first: "2026-11-21", last: "2026-11-27", filter };
	const before = { first: "2026-10-24", last: "2026-11-20", filter };
	for (const [name, calls] of [
		[/^Now 760 ms, \S/, now],
		[/^Was 410 ms, \S/, before],
		["280 calls in 7 days", now],
	] as const) {
		expect(await followed(shown, screen.getByRole("button", { name }))).toMatchObject(calls);
	}
});
