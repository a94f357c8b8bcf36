// The Monitor screen against a host in memory: what it says of calls, that one under way can be stopped,
// that alerts are set, told and removed, and that all of it can be done by keyboard.

import "../../test/layout";

import { cleanup, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, describe, expect, it, vi } from "vitest";

import type { MonitorOverview, MonitorQuery } from "$lib/backend";
import type { FakeBackend, FakeOptions } from "$lib/backend/fake";
import { alerts, readAlerts, watchAlerts } from "$lib/state/alerts.svelte";
import { daysOf } from "$lib/days";
import { readSettings } from "$lib/state/settings.svelte";
import { toasts } from "$lib/state/toasts.svelte";
import { failureWords } from "$lib/words";

import { accessibilityFaults } from "../../test/axe";
import { testDay } from "../../test/day";
import { host, openTables, show } from "../../test/render";
import { paceOf } from "./days";
import { callsOfStep } from "./follow";
import { Monitor } from "./monitor.svelte";
import MonitorScreen from "./MonitorScreen.svelte";
import { formatShare, formatSpeed, formatSuccess, formatTime } from "./words";

afterEach(cleanup);

async function open(options: FakeOptions = {}) {
	const fake: FakeBackend = host(options);
	await readSettings();
	await readAlerts();
	return { fake, ...show(MonitorScreen, {}) };
}

async function choose(user: ReturnType<typeof show>["user"], select: string, option: string) {
	screen.getAllByRole("combobox", { name: new RegExp(`^${select}:`) })[0]?.focus();
	await user.keyboard("{Enter}");
	// Typing leads to it, as in any list; without a layout it can't be clicked.
	await screen.findByText(option, { selector: "[role=option]" });
	await user.keyboard(`${option}{Enter}`);
}

describe("How calls went", () => {
	it("says how many there were, how they ended and how long they took", async () => {
		await open();
		const success = await screen.findByRole("region", { name: "Success" });
		expect(success.textContent).toContain("97.5%");
		expect(screen.getByRole("region", { name: "First token" }).textContent).toContain("380 ms");
		const byModel = screen.getByRole("table", { name: "Calls by model" });
		expect(within(byModel).getByText("gpt-6-luna")).toBeTruthy();
		expect(screen.getByText(/Its time to the first token is worse/)).toBeTruthy();
		const failed = screen.getByRole("table", { name: "Failed calls by reason" });
		expect(within(failed).getByText("The provider was overloaded")).toBeTruthy();
	});

	it("is an explanation before the first call, where alerts can be set already", async () => {
		await open({ empty: true });
		expect(await screen.findByRole("heading", { name: "No calls yet" })).toBeTruthy();
		expect(screen.getByText("No call is under way.")).toBeTruthy();
		expect(screen.getByRole("form", { name: "Set an alert" })).toBeTruthy();
	});

	it("says why there is nothing where the host refuses, and recovers", async () => {
		const { fake, user } = await open();
		await screen.findByRole("region", { name: "Success" });
		fake.fail("monitorOverview", {
			code: "data_unusable",
			message: "The database cannot be read.",
			hint: null,
		});
		await user.click(screen.getByRole("radio", { name: "30 days" }));
		expect((await screen.findByRole("alert")).textContent).toContain("cannot be read");
		fake.fail("monitorOverview", null);
		await user.click(screen.getByRole("radio", { name: "7 days" }));
		await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
	});

	it("forgets that a look failed as soon as one succeeds", async () => {
		const { fake } = await open();
		await screen.findByRole("region", { name: "Success" });
		fake.fail("monitorLive", {
			code: "data_unusable",
			message: "The database cannot be read.",
			hint: null,
		});
		await screen.findByRole("alert", undefined, { timeout: 5_000 });
		fake.fail("monitorLive", null);
		await waitFor(() => expect(screen.queryByRole("alert")).toBeNull(), { timeout: 5_000 });
	});

	it("says where times are not exact, and shows one model alone", async () => {
		const { fake, user } = await open();
		await user.click(await screen.findByRole("radio", { name: "12 months" }));
		expect(await screen.findByText(/right to within a tenth/)).toBeTruthy();
		await choose(user, "Model", "gpt-6-luna, openai");
		await waitFor(() => {
			const asked = fake.calls.filter(({ method }) => method === "monitorOverview").at(-1);
			expect(asked?.args[0]).toMatchObject({
				model: { provider: "openai", model: "gpt-6-luna" },
			});
		});
	});

	it("steps through each chart by keyboard, and has it as a table", async () => {
		const { fake, user } = await open();
		const chart = await screen.findByRole("slider", { name: "Calls over time, by how they ended" });
		chart.focus();
		await user.keyboard("{Home}");
		expect(chart.getAttribute("aria-valuetext")).toContain("Answered 117, Failed 3, Together 120");
		await openTables();
		const table = await screen.findByRole("table", { name: "Calls over time" });
		expect(within(table).getAllByRole("row")).toHaveLength(8);
		await user.click(screen.getByRole("radio", { name: "First token" }));
		expect(
			await screen.findByRole("slider", { name: "Time to the first token over time" }),
		).toBeTruthy();
		const drawn = fake.calls.filter(({ method }) => method === "monitorChart").at(-1);
		expect(drawn?.args[1]).toBe("first_token");
	});

	it("says of each model how long its calls took and waited, also the slowest of them", async () => {
		await open();
		const byModel = await screen.findByRole("table", { name: "Calls by model" });
		const here = within(byModel).getByText("SmolLM2 135M").closest("tr");
		expect(here?.textContent).toContain("40 ms · 128 ms · 240 ms");
		expect(here?.textContent).toContain("48.2/s · 31.0/s · 12.7/s");
		const elsewhere = within(byModel).getByText("gpt-6-luna").closest("tr");
		expect(elsewhere?.textContent).toContain("380 ms · 1.22 s · 2.28 s");
		expect(screen.getByText(/Providers do not say how long a call waits/)).toBeTruthy();
	});

	it("tells what failed and how long calls waited along the time", async () => {
		const { fake, user } = await open();
		for (const [name, of, label] of [
			["What failed", "failures", "Failed calls over time, by what failed"],
			["Waiting", "waited", "Time that calls on this computer waited over time"],
		] as const) {
			await user.click(await screen.findByRole("radio", { name }));
			expect(await screen.findByRole("slider", { name: label })).toBeTruthy();
			const drawn = fake.calls.filter(({ method }) => method === "monitorChart").at(-1);
			expect(drawn?.args[1]).toBe(of);
		}
		await openTables();
		const table = await screen.findByRole("table", { name: "Calls over time" });
		const overloaded = { name: /^2: The provider was overloaded, / };
		const silent = { name: /^1: The provider said nothing for too long, / };
		expect(within(table).getAllByRole("button", silent).length).toBe(6);
		const [first, ...others] = within(table).getAllByRole("button", overloaded);
		expect(others.length).toBe(5);
		await user.click(first!);
		await screen.findByRole("dialog", { name: /^The provider was overloaded, / });
		const asked = fake.calls.filter(({ method }) => method === "costCalls").at(-1);
		expect(asked?.args[0]).toMatchObject({ filter: { errorKind: "overloaded" } });
	});

	it("leads from each number to its calls", async () => {
		const { fake, user } = await open();
		await screen.findByRole("region", { name: "Success" });
		const within7 = { first: "2026-11-21", last: "2026-11-27" };
		const ways: [string | RegExp, string, object][] = [
			["97.5%", "Calls that ended by themselves", { only: ["ended", "of_models"] }],
			["380 ms", "First token", { only: ["began", "of_models"] }],
			[
				"14: The provider was overloaded",
				"The provider was overloaded",
				{ errorKind: "overloaded", only: ["of_models"] },
			],
			[/of gpt-6-luna$/, "gpt-6-luna", { provider: "openai", model: "gpt-6-luna" }],
		];
		for (const [button, title, filter] of ways) {
			await user.click(screen.getByRole("button", { name: button }));
			await screen.findByRole("dialog", { name: title });
			const asked = fake.calls.filter(({ method }) => method === "costCalls").at(-1);
			expect(asked?.args[0]).toMatchObject({ ...within7, filter });
			await user.keyboard("{Escape}");
			await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
		}
		const chart = screen.getByRole("slider", { name: "Calls over time, by how they ended" });
		chart.focus();
		await user.keyboard("{Home}{Enter}");
		await screen.findByRole("dialog", { name: "From 21 Nov 2026" });
		const asked = fake.calls.filter(({ method }) => method === "costCalls").at(-1);
		expect(asked?.args[0]).toMatchObject({ first: "2026-11-21", last: "2026-11-21" });
	});

	it("leads from an hour to the calls of that hour", () => {
		const query: MonitorQuery = { ...daysOf("today", testDay), pace: "hour", model: null };
		const steps = [22, 23].map((hour) => ({ begins: `${query.last}T${hour}:00:00` }));
		const overview = {
			pace: "hour",
			steps: steps.map((step) => ({ ...step, last: query.last })),
		} as MonitorOverview;
		const midnight = new Date(2026, 10, 28).getTime();
		expect(callsOfStep(query, overview, 1, "The last hour", { only: ["failed"] })).toEqual({
			title: "The last hour",
			first: query.last,
			last: query.last,
			filter: { only: ["failed", "of_models"], fromMs: midnight - 3_600_000, untilMs: midnight },
		});
	});

	it("gives each table away as CSV", async () => {
		const { fake, user } = await open();
		for (const [table, name] of [
			["Calls over time", "steps"],
			["Calls by model", "models"],
			["Failed calls by reason", "failures"],
		]) {
			await user.click(await screen.findByRole("button", { name: `Save as CSV: ${table}` }));
			const asked = fake.calls.filter(({ method }) => method === "saveMonitor").at(-1);
			expect(asked?.args[1]).toBe(name);
		}
	});

	it("has nothing that a screen reader stumbles over", async () => {
		await open();
		await screen.findByRole("slider");
		expect(await accessibilityFaults()).toEqual([]);
	});
});

describe("What is under way", () => {
	it("is stopped by its button, also where another process makes it", async () => {
		const { fake, user } = await open({ liveCalls: 5 });
		const table = await screen.findByRole("table", { name: "Calls under way" });
		expect(within(table).getAllByText("Editor")).toHaveLength(3);
		const elsewhere = within(table).getByText("In another Gatehouse").closest("tr")!;
		expect(within(elsewhere).getByRole("button", { name: "Stop call 4124" })).toBeTruthy();
		for (const number of [4121, 4124]) {
			const name = `Stop call ${number}`;
			await user.click(screen.getByRole("button", { name }));
			await waitFor(() => expect(screen.queryByRole("button", { name })).toBeNull());
		}
		const stopped = fake.calls.filter(({ method }) => method === "stopCall");
		expect(stopped.map(({ args }) => args)).toEqual([[4121], [4124]]);
	});

	it("says what engines take", async () => {
		await open();
		const engines = await screen.findByRole("table", { name: "Engines" });
		expect(engines.textContent).toContain("Answers 1, 1 waiting");
		expect(engines.textContent).toContain("187\u00a0MB");
		expect(engines.textContent).toContain("163%");
	});

	it("tells of a call that has ended meanwhile, and lets it be", async () => {
		const { fake, user } = await open();
		const stop = await screen.findByRole("button", { name: "Stop call 4120" });
		await fake.stopCall(4120);
		await user.click(stop);
		await waitFor(() =>
			expect(toasts.list.some(({ text }) => text.includes("not under way"))).toBe(true),
		);
	});
});

describe("Alerts", () => {
	it("are set, tell when they fire, and are removed", async () => {
		const { user } = await open();
		const unwatch = watchAlerts((thrown) => expect(thrown).toBeUndefined());
		const form = await screen.findByRole("form", { name: "Set an alert" });
		const over = within(form).getByRole("textbox", { name: "More than, %" });
		await user.type(over, "2");
		await user.click(within(form).getByRole("button", { name: "Set alert" }));
		const firing = await screen.findByRole("alert");
		expect(firing.textContent).toContain("More than 2% of calls fail");
		expect(toasts.list.some(({ text }) => text.includes("Now: 3.1%"))).toBe(true);
		await waitFor(() => expect((over as HTMLInputElement).value).toBe(""));
		await user.click(screen.getByRole("button", { name: "Remove alert 1" }));
		expect(await screen.findByText(/None is set/)).toBeTruthy();
		expect(screen.queryByRole("alert")).toBeNull();
		unwatch();
	});

	it("say how it stands now, also where no call begins or ends", async () => {
		const fake = host();
		await fake.addAlert({ kind: "failures", model: null, over: "5", minutes: 60, calls: 20 });
		vi.useFakeTimers({ toFake: ["Date"] });
		try {
			const monitor = new Monitor();
			await monitor.look();
			await readAlerts();
			const [alert] = await fake.listAlerts();
			fake.listAlerts = async () => [{ ...alert!, now: "0.4%" }];
			vi.setSystemTime(Date.now() + 29_000);
			await monitor.look();
			expect(alerts.list?.[0]?.now).toBe("3.1%");
			vi.setSystemTime(Date.now() + 1_000);
			await monitor.look();
			expect(alerts.list?.[0]?.now).toBe("0.4%");
		} finally {
			vi.useRealTimers();
		}
	});

	it("say what they do not take, and keep what was entered", async () => {
		const { user } = await open();
		const form = await screen.findByRole("form", { name: "Set an alert" });
		const over = within(form).getByRole("textbox", { name: "More than, %" });
		await user.type(over, "many");
		await user.click(within(form).getByRole("button", { name: "Set alert" }));
		expect(await within(form).findByText(/“many” is not a percentage/)).toBeTruthy();
		expect((over as HTMLInputElement).value).toBe("many");
		expect(alerts.list).toEqual([]);
	});

	it("about the record ask for nothing more", async () => {
		const { fake, user } = await open();
		const form = await screen.findByRole("form", { name: "Set an alert" });
		await choose(user, "Alert", "Tell me when the record does not verify");
		expect(within(form).queryByRole("textbox")).toBeNull();
		await user.click(within(form).getByRole("button", { name: "Set alert" }));
		expect(await screen.findByText("The record does not verify.")).toBeTruthy();
		expect(fake.calls.find(({ method }) => method === "addAlert")?.args[0]).toMatchObject({
			kind: "record",
			model: null,
		});
	});

	it("about the record say when it was last verified, and that it was not yet", async () => {
		const { fake } = await open();
		await fake.addAlert({ kind: "record", model: null, over: "", minutes: 60, calls: 20 });
		await readAlerts();
		expect(await screen.findByText("Not verified yet.")).toBeTruthy();
		const [alert] = await fake.listAlerts();
		fake.listAlerts = async () => [{ ...alert!, now: "verifies", verifiedMs: testDay }];
		await readAlerts();
		expect(await screen.findByText(/^Last verified on 27 November 2026/)).toBeTruthy();
	});
});

describe("Words", () => {
	it("read in the unit that fits", () => {
		expect([null, 0, 999, 1_234, 150_000].map(formatTime)).toEqual([
			"–",
			"0 ms",
			"999 ms",
			"1.23 s",
			"2.5 min",
		]);
		expect([null, 48_250].map(formatSpeed)).toEqual(["–", "48.3/s"]);
		expect([0, 250, 9_999, 10_000].map(formatShare)).toEqual(["0%", "2.5%", "99.9%", "100%"]);
	});

	it("never call almost all of them all", () => {
		expect(formatSuccess({ answered: 99_999, failed: 1 })).toBe("99.9%");
		expect(formatSuccess({ answered: 0, failed: 0 })).toBe("–");
	});

	it("show a reason without words as it is", () => {
		expect(failureWords("silent")).toBe("The provider said nothing for too long");
		expect(failureWords("something_new")).toBe("something_new");
	});

	it("take a single day by its hours, and many by longer steps", () => {
		const paces = ["2026-03-31", "2026-03-02", "2025-12-01", "2025-04-01"].map((first) =>
			paceOf({ first, last: "2026-03-31" }),
		);
		expect(paces).toEqual(["hour", "day", "week", "month"]);
	});
});
