// The Costs screen against a host in memory: what is said, that each number leads to its calls, and that
// all of it can be done by keyboard.

import "../../test/layout";

import { cleanup, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { FakeBackend, FakeOptions } from "$lib/backend/fake";
import { readDrawing } from "$lib/charts/drawing";
import { readSettings } from "$lib/state/settings.svelte";

import { accessibilityFaults } from "../../test/axe";
import { host, show } from "../../test/render";
import { showPart } from "./costs.svelte";
import CostsScreen from "./CostsScreen.svelte";
import { daysIn, queryOf } from "./days";
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
		expect(screen.getByRole("region", { name: "On course for" }).textContent).toContain("$4.46");
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
		await user.type(original, "Read it in order to find risks.");
		await user.click(screen.getByRole("button", { name: "Say it shorter" }));
		const shorter = await screen.findByRole<HTMLTextAreaElement>("textbox", {
			name: "In fewer words",
		});
		expect(shorter.value).toBe("Read it to find risks.");
		expect((original as HTMLTextAreaElement).value).toBe("Read it in order to find risks.");
		expect(screen.getByText(/2 saved each time .* Everything else\s+is as it was\./)).toBeTruthy();
		await user.clear(original);
		await user.type(original, "Find risks.");
		await user.click(screen.getByRole("button", { name: "Say it shorter" }));
		expect(await screen.findByText(/nothing in it that surely can be left out/)).toBeTruthy();
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
	it("never rounds something to nothing", () => {
		const shown = ["$0", "$0.000000000001", "$0.0004", "$0.123456", "$3.409", "$1234.5", "-$2"];
		expect(shown.map(formatMoney)).toEqual([
			"$0.00",
			"$0.000000000001",
			"$0.0004",
			"$0.12",
			"$3.41",
			"$1,234.50",
			"-$2.00",
		]);
	});

	it("counts days by the calendar, also where clocks are moved", () => {
		const query = queryOf("month", new Date(2026, 9, 27, 12).getTime());
		expect([query.first, query.last, daysIn(query)]).toEqual(["2026-09-28", "2026-10-27", 30]);
		expect(queryOf("year", new Date(2026, 10, 27).getTime()).first).toBe("2026-01-01");
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
