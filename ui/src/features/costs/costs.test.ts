// The Costs screen against a host in memory: what is said, that each number leads to its calls, and that
// all of it can be done by keyboard.

import "../../test/layout";

import { cleanup, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { FakeBackend, FakeOptions } from "$lib/backend/fake";
import { readDrawing } from "$lib/charts/drawing";
import { daysOf, stepOf } from "$lib/days";
import { readSettings } from "$lib/state/settings.svelte";
import { toasts } from "$lib/state/toasts.svelte";

import { accessibilityFaults } from "../../test/axe";
import { host, show } from "../../test/render";
import amounts from "./amounts.json";
import { showPart } from "./costs.svelte";
import CostsScreen from "./CostsScreen.svelte";
import { formatMoney, formatSeconds, modelOf, moreWords } from "./words";

vi.setConfig({ testTimeout: 30_000 });
const now = () => Date.parse("2026-11-27T12:00:00Z");

beforeEach(() => showPart("spend"));
afterEach(cleanup);

async function open(options: FakeOptions = {}) {
	const fake: FakeBackend = host({ now, ...options });
	await readSettings();
	return { fake, ...show(CostsScreen, {}) };
}

describe("What was spent", () => {
	it("says what is spent, what is not known, and what is likely", async () => {
		await open();
		const spent = await screen.findByRole("region", { name: "Spent" });
		expect(within(spent).getByRole("button", { name: "$3.60" })).toBeTruthy();
		expect(spent.textContent).toContain("calls of unknown cost");
		const said = screen.getByRole("region", { name: "On course for" }).textContent;
		const course = said.replace(/\s+/g, " ");
		expect(course).toContain("$4.47");
		expect(course).toContain("2 calls of unknown cost in this month, not in it");
	});

	it("is nothing but an explanation before the first call", async () => {
		await open({ empty: true });
		expect(await screen.findByRole("heading", { name: "No calls yet" })).toBeTruthy();
	});

	it("leads from a number to its calls and from a call to its entry", async () => {
		const { fake, user } = await open();
		await user.click(await screen.findByRole("button", { name: /calls of gpt-6-luna/ }));
		const dialog = await screen.findByRole("dialog", { name: "gpt-6-luna" });
		await within(dialog).findAllByRole("button", { name: "Record" });
		const asked = fake.calls.find(({ method }) => method === "costCalls");
		expect(asked?.args[0]).toMatchObject({
			filter: { provider: "openai", model: "gpt-6-luna" },
		});
		await user.click(within(dialog).getByRole("button", { name: "Show older ones" }));
		await waitFor(() =>
			expect(fake.calls.filter(({ method }) => method === "costCalls").at(-1)?.args[1]).toBe(10),
		);
	});

	it("steps through the chart by keyboard and says each value", async () => {
		const { user } = await open();
		const chart = await screen.findByRole("slider", { name: "Spend over time, by model" });
		chart.focus();
		await user.keyboard("{Home}");
		expect(chart.getAttribute("aria-valuetext")).toContain("claude-sonnet-5-5 $0.09");
		await user.keyboard("{ArrowRight}{Enter}");
		expect(await screen.findByRole("dialog")).toBeTruthy();
	});

	it("tells two models of one name apart, and is pointed at all the same", async () => {
		const fake: FakeBackend = host({ now });
		const drawn = fake.costChart;
		fake.costChart = async (...asked) => {
			const chart = await drawn(...asked);
			const values = [
				{ name: "llama-4", value: "$1" },
				{ name: "llama-4", value: "$2" },
				{ name: "Together", value: "$3" },
			];
			return { ...chart, spots: chart.spots.map((spot) => ({ ...spot, values })) };
		};
		await readSettings();
		const { user } = show(CostsScreen, {});
		const chart = await screen.findByRole("slider", { name: "Spend over time, by model" });
		chart.focus();
		await user.keyboard("{Home}");
		const told = "llama-4 $1, llama-4 $2, Together $3";
		expect(chart.getAttribute("aria-valuetext")).toContain(told);
		expect(within(chart).getAllByText("llama-4")).toHaveLength(2);
		await user.keyboard("{ArrowRight}");
		expect(chart.getAttribute("aria-valuetext")).toContain(told);
	});

	it("shows where the month is likely to end, by keyboard and as a table, too", async () => {
		const { user } = await open();
		const chart = await screen.findByRole("slider", { name: /what it is on course for/ });
		chart.focus();
		await user.keyboard("{End}");
		expect(chart.getAttribute("aria-valuetext")).toBe("2026-11-30: On course for $3");
		const table = screen.getByRole("table", { name: "This month, day by day", hidden: true });
		const last = within(table).getAllByRole("row", { hidden: true }).at(-1);
		expect(last?.textContent).toContain("$2.94");
	});

	it("says how long models took to begin, once that is read", async () => {
		await open();
		const table = await screen.findByRole("table", { name: "By model" });
		await waitFor(() => expect(table.textContent).toContain("1.2 s"));
		expect(within(table).getByRole("row", { name: /SmolLM2/ }).textContent).toContain("none came");
	});

	it("has the chart as a table, too", async () => {
		await open();
		const table = await screen.findByRole("table", { name: "Spend over time", hidden: true });
		expect(within(table).getAllByRole("row", { hidden: true })).toHaveLength(31);
		const headings = within(table).getAllByRole("columnheader", { hidden: true });
		expect(headings.map(({ textContent }) => textContent)).toEqual([
			"From",
			"To",
			"Calls",
			"Failed",
			"Tokens",
			"claude-sonnet-5-5",
			"gpt-6-luna",
			"Cost",
		]);
		const day = within(table).getAllByRole("row", { hidden: true })[1];
		expect(day?.textContent).toContain("$0.09");
		expect(day?.textContent).toContain("$0.03");
	});

	it("gives each table away as CSV", async () => {
		const { fake, user } = await open();
		for (const [table, file] of [
			["Spend over time", "steps_csv"],
			["This month, day by day", "month_csv"],
			["By model", "models_csv"],
		]) {
			await user.click(await screen.findByRole("button", { name: `Save as CSV: ${table}` }));
			await waitFor(() => {
				const asked = fake.calls.filter(({ method }) => method === "saveCosts").at(-1);
				expect(asked?.args[1]).toBe(file);
			});
		}
		await waitFor(() => expect(toasts.list.some(({ text }) => /^Saved to/.test(text))).toBe(true));
		await user.click(screen.getByRole("tab", { name: "Pay less" }));
		for (const [table, of] of [
			["Where it would be cheaper", "advice"],
			["What if", "what_if"],
			["What the plan would cost", "plan"],
		]) {
			await user.click(await screen.findByRole("button", { name: `Save as CSV: ${table}` }));
			const asked = fake.calls.filter(({ method }) => method === "saveCostTable").at(-1);
			expect(asked?.args[0]).toMatchObject({ of });
		}
		await user.click(screen.getByRole("tab", { name: "Prices" }));
		await user.click(await screen.findByRole("button", { name: "Save as CSV: Prices" }));
		const asked = fake.calls.filter(({ method }) => method === "saveCostTable").at(-1);
		expect(asked?.args[0]).toEqual({ of: "prices", words: "" });
	});

	it("says beside each report whether titles of chats go with it", async () => {
		const { fake, user } = await open();
		await user.click(await screen.findByRole("button", { name: "Save…" }));
		await user.click(
			await screen.findByRole("menuitem", {
				name: "Report to print, without chat titles (PDF)",
			}),
		);
		const asked = fake.calls.filter(({ method }) => method === "saveCosts").at(-1);
		expect(asked?.args[1]).toBe("pdf");
	});

	it("looks at other days, also from one to another", async () => {
		const { fake, user } = await open();
		const asked = () =>
			fake.calls.filter(({ method }) => method === "costOverview").at(-1)?.args[0];
		await user.click(await screen.findByRole("radio", { name: "Last month" }));
		const last = daysOf("last_month", Date.now());
		await waitFor(() => expect(asked()).toMatchObject({ ...last, step: "day" }));
		await user.click(screen.getByRole("radio", { name: "From – to" }));
		const from = screen.getAllByRole("spinbutton", { name: /^year, From/ })[0];
		from?.focus();
		await user.keyboard("2024");
		const first = `2024${last.first.slice(4)}`;
		await waitFor(() => expect(asked()).toMatchObject({ first, last: last.last, step: "month" }));
	});

	it("has nothing that a screen reader stumbles over", async () => {
		await open();
		await screen.findAllByRole("slider");
		expect(await accessibilityFaults()).toEqual([]);
	});
});

describe("Paying less", () => {
	it("says that it is still looking for advice", async () => {
		const { user, fake } = await open();
		fake.costAdvice = () => new Promise(() => undefined);
		await user.click(await screen.findByRole("tab", { name: "Pay less" }));
		expect(await screen.findByText(/Still looking/)).toBeTruthy();
	});

	it("gives advice with its reason, its saving and its calls", async () => {
		const { user } = await open();
		await user.click(await screen.findByRole("tab", { name: "Pay less" }));
		expect(await screen.findByText(/gpt-6-luna does as well for less/)).toBeTruthy();
		expect(screen.getByText("$0.74")).toBeTruthy();
		await user.click(screen.getByRole("button", { name: "30 calls" }));
		expect(await screen.findByRole("dialog")).toBeTruthy();
	});

	it("shows a shorter prompt beside the original, which it leaves alone", async () => {
		const { user } = await open();
		await user.click(await screen.findByRole("tab", { name: "Pay less" }));
		const original = await screen.findByRole("textbox", { name: "Your prompt" });
		await user.type(original, "Please say it");
		await user.click(screen.getByRole("button", { name: "Say it shorter" }));
		const shorter = await screen.findByRole<HTMLTextAreaElement>("textbox", {
			name: "In fewer words",
		});
		expect(shorter.value).toBe("say it");
		expect((original as HTMLTextAreaElement).value).toBe("Please say it");
	});
});

describe("Prices", () => {
	it("marks what is not known, and sets and removes a price of one's own", async () => {
		const { user } = await open();
		await user.click(await screen.findByRole("tab", { name: "Prices" }));
		await user.click(await screen.findByRole("button", { name: "Set one…" }));
		const dialog = await screen.findByRole("dialog", { name: "A price of your own" });
		const input = within(dialog).getByRole("textbox", { name: /^Input/ });
		await user.type(input, "a lot");
		await user.click(within(dialog).getByRole("button", { name: "Set price" }));
		expect(await within(dialog).findByText(/is not a price/)).toBeTruthy();
		await user.clear(input);
		await user.type(input, "2.5");
		await user.click(within(dialog).getByRole("button", { name: "Set price" }));
		await user.click(await screen.findByRole("button", { name: "Remove the price of acme/m-1" }));
		expect(await screen.findByRole("button", { name: "Set one…" })).toBeTruthy();
	});
});

describe("Words", () => {
	it("rounds as the host does, and something never to nothing", () => {
		// The host holds itself to the same list.
		for (const [exact = "", shown] of amounts) expect(formatMoney(exact)).toBe(shown);
	});

	it("counts days by the calendar, also where clocks are moved", () => {
		const october = new Date(2026, 9, 27, 12).getTime();
		expect(daysOf("month", october)).toEqual({ first: "2026-09-28", last: "2026-10-27" });
		expect(daysOf("year", october)).toEqual({ first: "2026-01-01", last: "2026-10-27" });
		expect(daysOf("last_month", october)).toEqual({ first: "2026-09-01", last: "2026-09-30" });
		const march = new Date(2026, 2, 31, 12).getTime();
		expect(daysOf("twelve", march)).toEqual({ first: "2025-04-01", last: "2026-03-31" });
		expect(daysOf("last_month", march)).toEqual({ first: "2026-02-01", last: "2026-02-28" });
		const january = new Date(2027, 0, 2).getTime();
		expect(daysOf("last_month", january)).toEqual({ first: "2026-12-01", last: "2026-12-31" });
	});

	it("takes steps that can be taken in at a glance", () => {
		const steps = ["2026-11-01", "2026-06-01", "2025-01-01"].map((first) =>
			stepOf({ first, last: "2026-11-30" }),
		);
		expect(steps).toEqual(["day", "week", "month"]);
	});

	it("says more, less and as much", () => {
		expect(moreWords(-18, 30)).toBe("18% less than the 30 days before");
		expect(moreWords(null, 7)).toBe("nothing was spent in the 7 days before");
	});

	it("says a time as it is felt", () => {
		expect([70, 999, 1170, 14_400].map(formatSeconds)).toEqual([
			"70 ms",
			"999 ms",
			"1.2 s",
			"14 s",
		]);
	});

	it("reads a model with its provider", () => {
		expect(modelOf("groq/meta/llama-3")).toEqual({ provider: "groq", model: "meta/llama-3" });
		expect(modelOf("gpt-5")).toBeNull();
	});
});

describe("Drawings", () => {
	it("takes shapes and words over, and nothing that could act", () => {
		const drawing = readDrawing(
			'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"><script>x()</script><foreignObject/><rect x="1" onclick="x()" style="a"/><text>A &amp; B</text></svg>',
		);
		expect(drawing?.outerHTML).toBe(
			'<svg xmlns="http://www.w3.org/2000/svg"><rect x="1"></rect><text>A &amp; B</text></svg>',
		);
		expect(readDrawing("no drawing")).toBeNull();
	});
});
