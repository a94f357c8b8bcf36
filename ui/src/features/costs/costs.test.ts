// The Costs screen against a host in memory: what is said, that each number leads to its calls, and that
// all of it can be done by keyboard.

import "../../test/layout";

import { cleanup, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Query } from "$lib/backend";
import type { FakeBackend, FakeOptions } from "$lib/backend/fake";
import { readDrawing } from "$lib/charts/drawing";
import { daysOf, stepOf } from "$lib/days";
import { readSettings } from "$lib/state/settings.svelte";
import { toasts } from "$lib/state/toasts.svelte";

import { accessibilityFaults } from "../../test/axe";
import { testDay } from "../../test/day";
import { host, openTables, show } from "../../test/render";
import amounts from "./amounts.json";
import { showPart } from "./costs.svelte";
import CostsScreen from "./CostsScreen.svelte";
import { emptyInput } from "./prices/inputs";
import Breakdown from "./spend/Breakdown.svelte";
import {
	callWords,
	costWords,
	everything,
	formatMoney,
	formatSeconds,
	modelOf,
	moreWords,
} from "./words";

const monthOf = (nowMs: number): Query => ({
	...daysOf("month", nowMs),
	step: "day",
	filter: everything,
});

beforeEach(() => showPart("spend"));
afterEach(cleanup);

async function open(options: FakeOptions = {}) {
	const fake: FakeBackend = host(options);
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

	it("leads from every number to its calls", async () => {
		const { fake, user } = await open();
		await fake.setBudget({
			everywhere: true,
			period: "month",
			limit: "20",
			warnPercent: 80,
			stops: false,
		});
		const overview = await fake.costOverview(monthOf(testDay));
		const compared = { provider: "openai", model: "gpt-6-luna" };
		fake.costOverview = async () => ({
			...overview,
			kept: { ...overview.kept, comparedWith: compared, wouldHaveCost: "$1.4" },
			energy: { kilowattHours: "0.120", cost: "$0.03", watts: 90 },
		});
		// Another workspace or other days have it read again.
		await user.click(screen.getByRole("radio", { name: "7 days" }));
		const month = { first: "2026-11-01", last: "2026-11-27" };
		const days = { first: overview.first, last: overview.last };
		const ways: [string, string, object][] = [
			["$4.47", "Calls of this month", month],
			["$1.40", "Calls on this computer", { ...days, filter: { only: ["local"] } }],
			["0.120 kWh", "Calls on this computer", { ...days, filter: { only: ["local"] } }],
			[
				"$3.41",
				"Budget this month, all workspaces",
				{
					filter: {
						workspace: null,
						fromMs: Date.parse("2026-11-01"),
						untilMs: Date.parse("2026-12-01"),
					},
				},
			],
		];
		for (const [button, title, asked] of ways) {
			await user.click(await screen.findByRole("button", { name: button }));
			await screen.findByRole("dialog", { name: title });
			const last = fake.calls.filter(({ method }) => method === "costCalls").at(-1);
			expect(last?.args[0]).toMatchObject(asked);
			await user.keyboard("{Escape}");
			await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
		}
	});

	it("shows the budgets of the workspace that is looked at, and those of its clients", async () => {
		const { fake, user } = await open();
		await fake.setBudget({
			everywhere: false,
			period: "month",
			limit: "8",
			warnPercent: 80,
			stops: false,
		});
		await fake.addClient({
			name: "Mail sorter",
			workspaceId: null,
			days: null,
			period: "day",
			limit: "5",
			keepsSent: true,
			onlyMetrics: false,
		});
		await user.click(screen.getByRole("radio", { name: "7 days" }));
		const budgets = await screen.findByRole("region", { name: "Budgets" });
		await waitFor(() => expect(budgets.textContent).toContain("$5.00 today, Mail sorter"));
		expect(budgets.textContent).not.toContain("this workspace");
		const [workspace] = screen.getAllByRole("combobox", { name: /^Workspace:/ });
		workspace!.focus();
		await user.keyboard("{Enter}");
		await screen.findByText("Personal", { selector: "[role=option]" });
		await user.keyboard("Personal{Enter}");
		await waitFor(() => expect(budgets.textContent).toContain("$8.00 this month, this workspace"));
		const asked = fake.calls.filter(({ method }) => method === "costBudgets").at(-1);
		expect(asked?.args).toEqual(["personal"]);
		await user.click(within(budgets).getAllByRole("button").at(-1)!);
		await screen.findByRole("dialog", { name: "Budget today, Mail sorter" });
		const calls = fake.calls.filter(({ method }) => method === "costCalls").at(-1);
		expect(calls?.args[0]).toMatchObject({ filter: { client: "client-1" } });
	});

	it("says of a budget how many calls have an unknown cost, and never takes them for nothing", async () => {
		const { fake, user } = await open();
		await fake.setBudget({
			everywhere: true,
			period: "month",
			limit: "8",
			warnPercent: 80,
			stops: false,
		});
		const budgets = (await fake.costBudgets(null)).map((of) => ({
			...of,
			spent: "$0",
			unknownCalls: 2,
		}));
		fake.costBudgets = async () => budgets;
		await user.click(screen.getByRole("radio", { name: "7 days" }));
		const meters = await screen.findByRole("region", { name: "Budgets" });
		const unknown = await within(meters).findByRole("button", { name: "2 calls of unknown cost" });
		expect(meters.textContent).toMatch(/not known\s+of/);
		await user.click(unknown);
		await screen.findByRole("dialog", { name: /^Budget this month/ });
		const asked = fake.calls.filter(({ method }) => method === "costCalls").at(-1);
		expect(asked?.args[0]).toMatchObject({ filter: { only: ["unknown"] } });
	});

	it("reads the chats again when calls end, and shows those it had meanwhile", async () => {
		const fake = host();
		const query = monthOf(testDay);
		const [overview, later] = [await fake.costOverview(query), await fake.costOverview(query)];
		const [line] = overview.models;
		const waiting: ((name: string) => void)[] = [];
		fake.costLines = () =>
			new Promise((answer) => {
				const lines = (name: string) => [{ ...line!, name }];
				waiting.push((name) => answer({ lines: lines(name), leftOut: 0 }));
			});
		const props = { query, overview, onfollow: () => {} };
		const { user, rerender } = show(Breakdown, props);
		screen.getByRole("combobox", { name: /^Told apart:/ }).focus();
		await user.keyboard("{Enter}");
		await screen.findByText("By chat", { selector: "[role=option]" });
		await user.keyboard("By chat{Enter}");
		await waitFor(() => expect(waiting).toHaveLength(1));
		waiting[0]!("First");
		await screen.findByRole("rowheader", { name: "First" });
		await rerender({ ...props, overview: later });
		await waitFor(() => expect(waiting).toHaveLength(2));
		expect(screen.getByRole("rowheader", { name: "First" })).toBeTruthy();
		waiting[1]!("Second");
		await screen.findByRole("rowheader", { name: "Second" });
	});

	it("leads from what failed in a step to those calls", async () => {
		const { fake, user } = await open();
		const overview = await fake.costOverview(monthOf(testDay));
		const [step] = overview.steps;
		const failing = { ...step!, figures: { ...step!.figures, failed: 2, unknown: 1 } };
		fake.costOverview = async () => ({ ...overview, steps: [failing] });
		await user.click(screen.getByRole("radio", { name: "7 days" }));
		await openTables();
		const table = await screen.findByRole("table", { name: "Spend over time" });
		await user.click(await within(table).findByRole("button", { name: /^2 failed/ }));
		await screen.findByRole("dialog", { name: /^Failed, / });
		const asked = fake.calls.filter(({ method }) => method === "costCalls").at(-1);
		expect(asked?.args[0]).toMatchObject({ first: step!.first, filter: { only: ["failed"] } });
	});

	it("leads from what failed without a chat to those calls alone", async () => {
		const { fake, user } = await open();
		const [line] = (await fake.costOverview(monthOf(testDay))).models;
		const filter = { ...line!.filter, model: null, only: ["without_conversation" as const] };
		const figures = { ...line!.figures, failed: 4, unknown: 3 };
		fake.costLines = async () => ({ lines: [{ name: "Of no chat", filter, figures }], leftOut: 0 });
		const [told] = await screen.findAllByRole("combobox", { name: /^Told apart:/ });
		told!.focus();
		await user.keyboard("{Enter}");
		await screen.findByText("By chat", { selector: "[role=option]" });
		await user.keyboard("By chat{Enter}");
		for (const [link, only] of [
			["4 failed calls of Of no chat", "failed"],
			["3 calls of unknown cost", "unknown"],
		]) {
			const table = await screen.findByRole("table", { name: "By chat" });
			await user.click(within(table).getByRole("button", { name: link }));
			await screen.findByRole("dialog", { name: "Of no chat" });
			const asked = fake.calls.filter(({ method }) => method === "costCalls").at(-1);
			expect(asked?.args[0]).toMatchObject({ filter: { only: ["without_conversation", only] } });
			await user.keyboard("{Escape}");
			await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
		}
	});

	it("never reads as nothing where nothing is known", async () => {
		const { fake, user } = await open();
		const overview = await fake.costOverview(monthOf(testDay));
		const [step] = overview.steps;
		const figures = { ...step!.figures, cost: "$0", unknown: 2 };
		const filter = { provider: "acme", model: "m-1" };
		const series = [{ name: "m-1", provider: "acme", filter, costs: ["$0"], unknown: [2] }];
		const models = [{ ...overview.models[0]!, name: "m-1", figures }];
		const steps = [{ ...step!, figures }];
		fake.costOverview = async () => ({ ...overview, total: figures, steps, series, models });
		await user.click(screen.getByRole("radio", { name: "7 days" }));
		const spent = await screen.findByRole("region", { name: "Spent" });
		await within(spent).findByRole("button", { name: "not known" });
		await openTables();
		for (const name of ["Spend over time", "By model"]) {
			const table = await screen.findByRole("table", { name });
			expect(table.textContent).toContain("not known");
			expect(table.textContent).not.toContain("$0.00");
		}
		expect(costWords("$0", 0)).toBe("$0.00");
	});

	it("says what energy costs only where its price is known", async () => {
		const { fake, user } = await open();
		const overview = await fake.costOverview(monthOf(testDay));
		fake.costOverview = async () => ({
			...overview,
			energy: { kilowattHours: "0.120", cost: null, watts: 90 },
		});
		await user.click(screen.getByRole("radio", { name: "7 days" }));
		await screen.findByRole("button", { name: "0.120 kWh" });
		const kept = screen.getByRole("region", { name: "Kept on this computer" });
		expect(kept.textContent.replace(/\s+/g, " ")).toMatch(/0\.120 kWh at 90 W *$/);
	});

	it("leads from the comparison to the calls of the days before", async () => {
		const { fake, user } = await open();
		await user.click(screen.getByRole("radio", { name: "7 days" }));
		await user.click(await screen.findByRole("button", { name: /in the days before$/ }));
		await screen.findByRole("dialog", { name: "Calls of the days before" });
		const asked = fake.calls.filter(({ method }) => method === "costCalls").at(-1);
		expect(asked?.args[0]).toMatchObject({ first: "2026-11-14", last: "2026-11-20" });
	});

	it("is read again when a call has ended", async () => {
		const { fake, user } = await open();
		await screen.findByRole("region", { name: "Spent" });
		const chart = await screen.findByRole("slider", { name: "Spend over time, by model" });
		chart.focus();
		await user.keyboard("{Home}{ArrowRight}");
		const pointedAt = chart.getAttribute("aria-valuetext");
		expect(pointedAt).toContain("2026-");
		const live = await fake.monitorLive();
		const read = () => fake.calls.filter(({ method }) => method === "costOverview").length;
		await waitFor(
			() => expect(fake.calls.filter(({ method }) => method === "monitorLive")).toHaveLength(2),
			{ timeout: 5_000 },
		);
		const before = read();
		const drawn = () => fake.calls.filter(({ method }) => method === "costChart").length;
		const drawnBefore = drawn();
		fake.monitorLive = async () => ({ ...live, newest: live.newest + 1 });
		await waitFor(() => expect(read()).toBe(before + 1), { timeout: 5_000 });
		await waitFor(() => expect(drawn()).toBe(drawnBefore + 1));
		await screen.findByRole("region", { name: "Spent" });
		expect(chart.getAttribute("aria-valuetext")).toBe(pointedAt);
	});

	it("shows the next day once it has begun, where the screen stays open", async () => {
		const { fake } = await open();
		await screen.findByRole("region", { name: "Spent" });
		const asked = () =>
			fake.calls.filter(({ method }) => method === "costOverview").at(-1)?.args[0];
		expect(asked()).toMatchObject({ first: "2026-10-29", last: "2026-11-27" });
		vi.setSystemTime(testDay + 86_400_000);
		await waitFor(() => expect(asked()).toMatchObject({ first: "2026-10-30", last: "2026-11-28" }));
	});

	it("reads the first tokens once at a time, however often calls end, and shows the last of them", async () => {
		const fake = host();
		const query = monthOf(testDay);
		const overview = await fake.costOverview(query);
		const [one] = await fake.costFirstTokens(query);
		const waiting: ((medianMs: number) => void)[] = [];
		fake.costFirstTokens = () =>
			new Promise((resolve) =>
				waiting.push((medianMs) => resolve([{ ...one!, medianMs, exact: true }])),
			);
		const props = { query, overview, onfollow: () => undefined };
		const { rerender } = show(Breakdown, props);
		const named = (name: RegExp) => screen.findByRole("button", { name });
		expect(waiting).toHaveLength(1);
		for (let nth = 0; nth < 3; nth += 1) await rerender({ overview: { ...overview } });
		expect(waiting).toHaveLength(1);
		waiting[0]!(1_000);
		await named(/^First token of .*: 1\.0 s$/);
		expect(waiting).toHaveLength(2);
		waiting[1]!(2_000);
		await named(/^First token of .*: 2\.0 s$/);
		await rerender({ overview: { ...overview } });
		expect(waiting).toHaveLength(3);
		await named(/^First token of .*: 2\.0 s$/);
	});

	it("leads from a call to its own entry, whatever models are called and however much came after", async () => {
		const { fake, user } = await open({ entries: 400 });
		const [call] = (await fake.costCalls(monthOf(testDay), null)).calls;
		fake.costCalls = async () => ({ calls: [{ ...call!, number: 4181 }], next: null });
		await user.click(await screen.findByRole("button", { name: /calls of gpt-6-luna/ }));
		await user.click(await screen.findByRole("button", { name: "Record" }));
		const entry = await screen.findByRole("dialog", { name: /^Entry \d/ });
		expect(entry.textContent).toContain("4181");
		const asked = fake.calls.filter(({ method }) => method === "recordEntries");
		expect(asked.map(({ args }) => args[0])).toEqual([
			{ action: "call.ended", call: 4181, limit: 1 },
		]);
	});

	it("leads from a call of a client to what left, and says whose it was", async () => {
		const { fake, user } = await open();
		const [call] = (await fake.costCalls(monthOf(testDay), null)).calls;
		const ofClient = { ...call!, number: 7, purpose: "api" as const, client: "Mail sorter" };
		fake.costCalls = async () => ({ calls: [ofClient], next: null });
		fake.whatLeft = async (number) => ({
			model: "gpt-6-luna",
			account: "OpenAI",
			accountId: null,
			asks: false,
			client: "Mail sorter",
			messages: [
				{
					role: "user",
					pieces: [{ sent: `Call ${number}: sort [EMAIL_1]`, original: null, removed: false }],
					pictures: [],
				},
			],
			masked: 1,
			body: "{}",
			found: [],
			moves: [],
			tokens: 9,
			exact: true,
			cost: "$0.0075",
		});
		await user.click(await screen.findByRole("button", { name: /calls of gpt-6-luna/ }));
		expect(await screen.findByText("Requests of clients: Mail sorter")).toBeTruthy();
		await user.click(screen.getByRole("button", { name: "What left" }));
		const left = await screen.findByRole("dialog", { name: "What left for OpenAI" });
		expect(left.textContent).toContain("asked by Mail sorter");
		const received = within(left).getByRole("region", { name: "OpenAI received" });
		expect(received.textContent).toContain("Call 7: sort [EMAIL_1]");
		expect(within(left).queryByRole("region", { name: "You wrote" })).toBeNull();
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
		const fake: FakeBackend = host();
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
		await openTables();
		const table = await screen.findByRole("table", { name: "This month, day by day" });
		const last = within(table).getAllByRole("row").at(-1);
		expect(last?.textContent).toContain("$2.94");
	});

	it("says how long models took to begin, once that is read", async () => {
		await open();
		const table = await screen.findByRole("table", { name: "By model" });
		await waitFor(() => expect(table.textContent).toContain("1.2 s"));
		expect(within(table).getByRole("row", { name: /SmolLM2/ }).textContent).toContain("none came");
	});

	it("has the chart as a table, too, for who opens it", async () => {
		const { user } = await open();
		const [summary] = await screen.findAllByText("The same as a table");
		expect(document.querySelector("details table")).toBeNull();
		await user.click(summary!);
		const table = await screen.findByRole("table", { name: "Spend over time" });
		expect(within(table).getAllByRole("row")).toHaveLength(31);
		const headings = within(table).getAllByRole("columnheader");
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
		const day = within(table).getAllByRole("row")[1];
		expect(within(day!).getByRole("button", { name: /^\d+ calls?, / })).toBeTruthy();
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

	it("says of a saving that is an estimate that it is about that", async () => {
		const { user, fake } = await open();
		fake.costAdvice = ({ filter }) =>
			Promise.resolve([
				{
					kind: "caching",
					title: "gpt-6-luna: the same instructions are read anew",
					reason: "2 calls began with the same instructions.",
					saving: "$0.05",
					atMost: false,
					calls: 2,
					filter,
				},
			]);
		await user.click(await screen.findByRole("tab", { name: "Pay less" }));
		expect(await screen.findByText("about $0.05")).toBeTruthy();
	});

	it("gives advice with its reason, its saving and its calls", async () => {
		const { fake, user } = await open();
		await user.click(await screen.findByRole("tab", { name: "Pay less" }));
		expect(await screen.findByText(/gpt-6-luna does as well for less/)).toBeTruthy();
		expect(screen.getByText("$0.74")).toBeTruthy();
		expect(screen.getByText("up to $0.31")).toBeTruthy();
		await user.click(screen.getByRole("button", { name: /^2 calls: .*new chat sooner$/ }));
		expect(await screen.findByRole("dialog", { name: /begin a new chat sooner/ })).toBeTruthy();
		const asked = fake.calls.find(({ method }) => method === "costCalls");
		expect(asked?.args[0]).toMatchObject({ filter: { only: ["long_history"] } });
	});

	it("leads from what the same usage would cost elsewhere to that usage", async () => {
		const { fake, user } = await open();
		await user.click(await screen.findByRole("tab", { name: "Pay less" }));
		await user.click(
			await screen.findByRole("button", { name: "$2.21 less with openai/gpt-6-luna" }),
		);
		await screen.findByRole("dialog", { name: "Calls that left" });
		const asked = () => fake.calls.filter(({ method }) => method === "costCalls").at(-1)?.args[0];
		expect(asked()).toMatchObject({ filter: { only: ["elsewhere"] } });
		await user.keyboard("{Escape}");
		const unknown = await screen.findByText(/Less is counted as if it were nothing/);
		await user.click(within(unknown).getByRole("button", { name: "3 calls" }));
		expect(asked()).toMatchObject({ filter: { only: ["elsewhere", "unknown"] } });
	});

	it("takes a recommendation away when what was asked is changed", async () => {
		const { user } = await open();
		await user.click(await screen.findByRole("tab", { name: "Pay less" }));
		await user.click(await screen.findByRole("button", { name: "Recommend a model" }));
		expect(await screen.findByText(/This rests on prices alone/)).toBeTruthy();
		await user.click(screen.getByRole("radio", { name: "Hard" }));
		await waitFor(() => expect(screen.queryByText(/This rests on prices alone/)).toBeNull());
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

	it("begins a price of one's own with what is known, and unknown stays unknown", async () => {
		const { fake, user } = await open();
		await user.click(await screen.findByRole("tab", { name: "Prices" }));
		await user.click(
			await screen.findByRole("button", { name: "Your own price of anthropic/claude-sonnet-5-5" }),
		);
		const dialog = await screen.findByRole("dialog", { name: "A price of your own" });
		const value = (name: RegExp) =>
			within(dialog).getByRole<HTMLInputElement>("textbox", { name }).value;
		expect([value(/^Input/), value(/^Cached/), value(/for minutes/), value(/an hour/)]).toEqual([
			"3",
			"0.3",
			"3.75",
			"",
		]);
		await user.click(within(dialog).getByRole("button", { name: "Set price" }));
		await screen.findByRole("button", {
			name: "Remove the price of anthropic/claude-sonnet-5-5",
		});
		const set = fake.calls.filter(({ method }) => method === "setPrice").at(-1)?.args[0];
		expect(set).toMatchObject({
			cacheWrite: "3.75",
			cacheWriteHour: "",
			service: "standard",
			dated: true,
		});
	});

	it("says that nothing uses a price, for as long as it is the last one that was set", async () => {
		const { user } = await open();
		await user.click(await screen.findByRole("tab", { name: "Prices" }));
		for (const [provider, told] of [
			["nosuchthing", true],
			["acme", false],
		] as const) {
			await user.click(await screen.findByRole("button", { name: /^Own price/ }));
			const dialog = await screen.findByRole("dialog", { name: "A price of your own" });
			const type = (name: RegExp | string, text: string) =>
				user.type(within(dialog).getByRole("textbox", { name }), text);
			await type("Provider", provider);
			await type("Model", "m-1");
			await type(/^Input/, "2");
			await user.click(within(dialog).getByRole("button", { name: "Set price" }));
			await screen.findByRole("button", { name: `Remove the price of ${provider}/m-1` });
			const words = screen.queryByText(/Nothing uses this price yet/);
			expect(words !== null).toBe(told);
		}
	});

	it("has the other parts of the screen read again when one is set", async () => {
		const { fake, user } = await open();
		await user.click(await screen.findByRole("tab", { name: "Prices" }));
		await user.click(
			await screen.findByRole("button", { name: "Your own price of anthropic/claude-sonnet-5-5" }),
		);
		const dialog = await screen.findByRole("dialog", { name: "A price of your own" });
		const read = () => fake.calls.filter(({ method }) => method === "costOverview").length;
		const before = read();
		await user.click(within(dialog).getByRole("button", { name: "Set price" }));
		await waitFor(() => expect(read()).toBe(before + 1));
	});

	it("says what is free on a server of one's own, and every rate that calls are billed by", async () => {
		const { fake } = await open();
		const page = await fake.listPrices("");
		const sonnet = page.rows.find(({ model }) => model === "claude-sonnet-5-5")!;
		const tier = { ...sonnet, above: 200_000, input: "$6", cacheWriteHour: "$12", output: "$22.5" };
		const rows = [{ ...sonnet, cacheWriteHour: "$6", tiers: [tier] }];
		fake.listPrices = async () => ({ ...page, rows });
		showPart("prices");
		const table = await screen.findByRole("table", { name: "Prices" });
		const [, base, longer] = within(table)
			.getAllByRole("row")
			.map(({ textContent }) => textContent.replace(/\s+/g, " "));
		expect(base).toMatch(/\$3.*\$0\.3.*\$3\.75 \$6 for an hour.*\$15/);
		expect(longer).toMatch(/prompts of more than 200,000 tokens.*\$6.*\$12 for an hour.*\$22\.5/);
		const free = screen.getByText("Runs on a server of your own, and costs nothing");
		expect(free.parentElement?.textContent).toContain("compatible/qwen-on-the-shelf");
	});

	it("finds the price of a model that is named by hand", async () => {
		const { user } = await open();
		await user.click(await screen.findByRole("tab", { name: "Prices" }));
		await user.click(await screen.findByRole("button", { name: /^Own price/ }));
		const dialog = await screen.findByRole("dialog", { name: "A price of your own" });
		const field = (name: RegExp | string) =>
			within(dialog).getByRole<HTMLInputElement>("textbox", { name });
		await user.type(field("Provider"), "openai");
		await user.type(field("Model"), "gpt-6-luna");
		await waitFor(() => expect(field(/^Input/).value).toBe("0.15"));
		expect(field(/^Output/).value).toBe("0.6");
	});

	it("removes the very price of the row", async () => {
		const { fake, user } = await open();
		const price = emptyInput({ provider: "acme", model: "m-1" });
		await fake.setPrice({ ...price, input: "2" });
		await fake.setPrice({ ...price, input: "1", service: "batch" });
		await user.click(await screen.findByRole("tab", { name: "Prices" }));
		await user.click(
			await screen.findByRole("button", { name: "Remove the price of acme/m-1, batch" }),
		);
		await waitFor(() =>
			expect(
				screen.queryByRole("button", { name: /Remove the price of acme\/m-1, batch/ }),
			).toBeNull(),
		);
		expect(screen.getByRole("button", { name: "Remove the price of acme/m-1" })).toBeTruthy();
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
		const known = { now: 0, before: 0 };
		expect(moreWords(-18, 30, known)).toBe("18% less than the 30 days before");
		expect(moreWords(2_147_483_647, 1, known)).toBe(
			"more than 2147483647% more than the day before",
		);
		expect(moreWords(null, 7, known)).toBe("nothing was spent in the 7 days before");
		expect(moreWords(null, 7, { now: 0, before: 2 })).toBe(
			"what was spent in the 7 days before is not known",
		);
		for (const unknown of [
			{ now: 1, before: 0 },
			{ now: 0, before: 1 },
		]) {
			expect(moreWords(-18, 30, unknown)).toBe(
				"18% less than the 30 days before, as far as costs are known",
			);
		}
	});

	it("says one call and many", () => {
		expect([callWords(1), callWords(2), callWords(1, "failed")]).toEqual([
			"1 call",
			"2 calls",
			"1 failed call",
		]);
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
