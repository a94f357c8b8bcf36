// From every number of the Costs screen down to the calls that it is made of.

import "../../test/layout";

import { cleanup, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, it } from "vitest";

import type { CallFilter, Overview, Query } from "$lib/backend";
import type { FakeBackend } from "$lib/backend/fake";
import { readSettings } from "$lib/state/settings.svelte";

import { amountsThatLeadNowhere, cellsThatLeadNowhere } from "../../test/following";
import { host, openTables, show } from "../../test/render";
import { showPart } from "./costs.svelte";
import CostsScreen from "./CostsScreen.svelte";

beforeEach(() => showPart("spend"));
afterEach(cleanup);

/** The screen where everything that can be said is said. */
async function open() {
	const fake: FakeBackend = host();
	const costOverview = fake.costOverview;
	fake.costOverview = async (query) => {
		const overview = await costOverview(query);
		const some = { failed: 2, unknown: 3, estimated: 1 };
		const steps = overview.steps.map((step) => ({
			...step,
			figures: { ...step.figures, ...some },
		}));
		const more: Partial<Overview> = {
			total: { ...overview.total, ...some },
			steps,
			series: overview.series.map((of) => ({ ...of, unknown: of.unknown.map(() => 3) })),
			models: overview.models.map((of) => ({ ...of, figures: { ...of.figures, ...some } })),
			kept: {
				...overview.kept,
				comparedWith: { provider: "openai", model: "gpt-6-luna" },
				wouldHaveCost: "$1.4",
			},
			energy: { kilowattHours: "0.120", cost: "$0.03", watts: 90 },
		};
		return { ...overview, ...more };
	};
	await readSettings();
	const shown = show(CostsScreen, {});
	await screen.findByRole("region", { name: "Spent" });
	return { fake, ...shown };
}

async function tableOf(name: string) {
	await openTables();
	return screen.findByRole("table", { name });
}

/** Click what leads somewhere, and say which calls are looked at. */
async function followed(
	{ fake, user }: Awaited<ReturnType<typeof open>>,
	button: HTMLElement,
): Promise<Query & { filter: CallFilter }> {
	await user.click(button);
	await screen.findByRole("dialog");
	const asked = fake.calls.filter(({ method }) => method === "costCalls").at(-1);
	await user.keyboard("{Escape}");
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
	return asked?.args[0] as Query;
}

it("has no number that leads nowhere", async () => {
	await open();
	for (const name of ["Spend over time", "This month, day by day", "By model"]) {
		expect(cellsThatLeadNowhere(await tableOf(name)), name).toEqual([]);
	}
	for (const name of ["Spent", "On course for", "Kept on this computer"]) {
		const said = screen.getByRole("region", { name });
		expect(amountsThatLeadNowhere(said), name).toEqual([]);
	}
});

it("leads from each number of a model to its calls", async () => {
	const shown = await open();
	const row = within(await tableOf("By model")).getByRole("row", { name: /^gpt-6-luna/ });
	await within(row).findByRole("button", { name: /^First token/ });
	const buttons = within(row).getAllByRole("button");
	expect(buttons).toHaveLength(8);
	for (const button of buttons) {
		const { filter } = await followed(shown, button);
		expect(filter).toMatchObject({ provider: "openai", model: "gpt-6-luna" });
	}
});

it("leads from each number of a day to the calls of that day, with a model to those with it", async () => {
	const shown = await open();
	const [, , day] = within(await tableOf("Spend over time")).getAllByRole("row");
	const buttons = within(day!).getAllByRole("button");
	expect(buttons).toHaveLength(9);
	for (const button of buttons) {
		const name = button.getAttribute("aria-label") ?? "";
		const { first, last, filter } = await followed(shown, button);
		expect([first, last]).toEqual(["2026-10-30", "2026-10-30"]);
		const model = /with (.*), /.exec(name)?.[1] ?? null;
		expect(filter.model ?? null).toBe(model);
		expect(filter.only ?? []).toEqual(
			/unknown/.test(button.textContent) ? ["unknown"] : name.includes("failed") ? ["failed"] : [],
		);
	}
});

it("leads from a day of the month to what was spent up to it, and from one to come to all so far", async () => {
	const shown = await open();
	const chart = await screen.findByRole("slider", { name: /what it is on course for/ });
	const month = async () => {
		await screen.findByRole("dialog");
		const asked = shown.fake.calls.filter(({ method }) => method === "costCalls").at(-1);
		return asked?.args[0];
	};
	chart.focus();
	await shown.user.keyboard("{End}{Enter}");
	expect(await month()).toMatchObject({ first: "2026-11-01", last: "2026-11-27" });
	await shown.user.keyboard("{Escape}");
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
	const table = await tableOf("This month, day by day");
	const [, , second, ...rest] = within(table).getAllByRole("row");
	const spent = within(second!).getByRole("button");
	expect(await followed(shown, spent)).toMatchObject({ first: "2026-11-01", last: "2026-11-02" });
	const [likely] = within(rest.at(-1)!).getAllByRole("button");
	expect(await followed(shown, likely!)).toMatchObject({ last: "2026-11-27" });
});

it("leads from the calls of unknown cost of a forecast to these", async () => {
	const shown = await open();
	const course = screen.getByRole("region", { name: "On course for" });
	const unknown = within(course).getByRole("button", { name: "2 calls of unknown cost" });
	expect(await followed(shown, unknown)).toMatchObject({
		first: "2026-11-01",
		last: "2026-11-27",
		filter: { only: ["unknown"] },
	});
});
