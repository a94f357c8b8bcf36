import { screen, waitFor, within } from "@testing-library/svelte";
import { createRawSnippet } from "svelte";
import { afterEach, describe, expect, it, vi } from "vitest";

import type { StartupCode } from "$lib/backend";
import { dismissToast, toasts } from "$lib/state/toasts.svelte";

import { accessibilityFaults } from "../../test/axe";
import { host, show } from "../../test/render";
import { problemWords } from "./problems";
// Read when it is needed; to read it takes long where it is also compiled.
import "./ProblemScreen.svelte";
import Startup from "./Startup.svelte";

const ready = createRawSnippet(() => ({ render: () => "<p>The app is open.</p>" }));
const codes = Object.keys(problemWords) as StartupCode[];

afterEach(() => vi.useRealTimers());

describe("while the data opens", () => {
	it("the window already has its frame, and nothing in it can be pressed", () => {
		host({ starting: true });
		show(Startup, { ready });
		const entry = screen.getByRole("button", { name: "Chat" });
		expect(entry, "there is nowhere to go yet").toHaveProperty("disabled", true);
		expect(screen.getByRole("status").textContent).toContain("Opening your chats");
	});

	it("says after a while that the keychain may be asking", async () => {
		vi.useFakeTimers();
		host({ starting: true });
		show(Startup, { ready });
		expect(screen.getByRole("status").textContent).not.toContain("keychain");
		await vi.advanceTimersByTimeAsync(5_000);
		expect(screen.getByRole("status").textContent).toContain("keychain");
	});
});

it("shows the app once it is open", async () => {
	host();
	show(Startup, { ready });
	expect(await screen.findByText("The app is open.")).toBeTruthy();
});

describe.each(codes)("when it can't open: %s", (problem) => {
	it("says what happened, what was kept and what to do, and can be quit", async () => {
		host({ problem });
		show(Startup, { ready });
		const words = problemWords[problem];
		expect(await screen.findByRole("heading", { level: 1, name: words.title })).toBeTruthy();
		const alert = screen.getByRole("alert").textContent;
		for (const part of [words.happened, words.kept, words.next]) expect(alert).toContain(part);
		expect(screen.getByRole("button", { name: "Quit" })).toBeTruthy();
		expect(await accessibilityFaults()).toEqual([]);
	});
});

it("tries again when asked to, and opens", async () => {
	const fake = host({ problem: "keychain_locked" });
	const { user } = show(Startup, { ready });
	await user.click(await screen.findByRole("button", { name: "Try again" }));
	expect(await screen.findByText("The app is open.")).toBeTruthy();
	const asked = fake.calls.map(({ method }) => method).filter((method) => method === "startup");
	expect(asked, "one command opens the data, at first and again").toEqual(["startup", "startup"]);
});

it("offers no second try where it can't help", async () => {
	host({ problem: "damaged" });
	show(Startup, { ready });
	await screen.findByRole("heading", { level: 1 });
	expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
});

it("keeps the problem on screen with the reason when the second try fails", async () => {
	const fake = host({ problem: "disk_full" });
	const { user } = show(Startup, { ready });
	const again = await screen.findByRole("button", { name: "Try again" });
	fake.fail("startup", { code: "disk_full", message: "Still 0 bytes free.", hint: null });
	await user.click(again);
	expect(await screen.findByText("Still 0 bytes free.")).toBeTruthy();
	expect(screen.getByRole("heading", { level: 1, name: "The disk is full" })).toBeTruthy();
});

it("does not send a person to snapshots that do not exist", async () => {
	const fake = host({ problem: "damaged" });
	const found = await fake.startup();
	fake.startup = async () => ({ ...found, snapshots: [] });
	show(Startup, { ready });
	expect(await screen.findByText(/There is no snapshot to go back to/)).toBeTruthy();
	expect(screen.queryByRole("table")).toBeNull();
});

it("shows damage that the daily check finds while the app is open, and lets a person go on", async () => {
	const fake = host({ problem: "damaged_in_part" });
	const found = await fake.startup();
	const { user } = show(Startup, { ready });
	await screen.findByText("The app is open.");
	fake.emit("startupChanged", found);
	expect(await screen.findByText(/The daily check read the whole file/)).toBeTruthy();
	expect(screen.getAllByRole("button", { name: /^Go back to this one/ })).not.toEqual([]);
	await user.click(screen.getByRole("button", { name: "Go on for now" }));
	expect(await screen.findByText("The app is open.")).toBeTruthy();
});

it("tells what did not succeed by itself, and it stays until it was read", async () => {
	const fake = host();
	show(Startup, { ready });
	await screen.findByText("The app is open.");
	const message = "The snapshot of the day is missing: The disk is full.";
	fake.emit("troubleMet", { code: "disk_full", message, hint: null });
	const told = toasts.list.find(({ text }) => text.includes(message));
	expect(told?.tone).toBe("error");
	if (told) dismissToast(told.id);
});

describe.each([
	["key_missing", "Start with no chats…", "set aside", "Start with no chats", "startEmpty"],
	[
		"keychain_locked",
		"Keep the key in a file…",
		"whoever can read",
		"Keep it in a file",
		"useKeyFile",
	],
] as const)("the way out of %s", (problem, button, warning, confirm, method) => {
	it("is taken only after saying what it means", async () => {
		const fake = host({ problem });
		const { user } = show(Startup, { ready });
		await user.click(await screen.findByRole("button", { name: button }));
		const question = await screen.findByRole("alertdialog");
		expect(question.textContent).toContain(warning);
		expect(fake.calls.some((call) => call.method === method)).toBe(false);
		await user.click(within(question).getByRole("button", { name: confirm }));
		expect(await screen.findByText("The app is open.")).toBeTruthy();
		expect(fake.calls.filter((call) => call.method === method)).toHaveLength(1);
	});
});

describe("going back to a snapshot", () => {
	const button = () =>
		screen.findByRole("button", { name: /^Go back to this one, of 26 November 2026/ });

	it("happens only after a question that says the present file is not deleted", async () => {
		const fake = host({ problem: "damaged" });
		const { user } = show(Startup, { ready });
		await user.click(await button());
		const question = await screen.findByRole("alertdialog", { name: "Go back to this snapshot?" });
		expect(question.textContent).toContain("set aside in the data folder, not deleted");
		await user.click(within(question).getByRole("button", { name: "Go back" }));
		expect(await screen.findByText("The app is open.")).toBeTruthy();
		expect(fake.calls.filter((call) => call.method === "restoreSnapshot")).toEqual([
			{ method: "restoreSnapshot", args: ["2026-11-22-by-hand"] },
		]);
	});

	it("does not happen when the question is cancelled", async () => {
		const fake = host({ problem: "damaged" });
		const { user } = show(Startup, { ready });
		await user.click(await button());
		await user.click(await screen.findByRole("button", { name: "Cancel" }));
		await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
		expect(fake.calls.some((call) => call.method === "restoreSnapshot")).toBe(false);
	});
});
