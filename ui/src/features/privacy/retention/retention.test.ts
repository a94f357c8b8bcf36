import { screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, describe, expect, it } from "vitest";

import type { FakeOptions } from "$lib/backend/fake";
import { pastRuleWords } from "$lib/pastRule";
import { forgetHolding, holdAfterAsking, holding } from "$lib/state/holding.svelte";
import { dismissToast, toasts } from "$lib/state/toasts.svelte";

import { accessibilityFaults } from "../../../test/axe";
import { host, show } from "../../../test/render";
import HoldDialog from "./HoldDialog.svelte";
import Retention from "./Retention.svelte";
import { copiesWords } from "./words";

type User = ReturnType<typeof show>["user"];

async function open(options: FakeOptions = {}) {
	const fake = host(options);
	const shown = show(Retention);
	const card = await screen.findByRole("region", { name: "How long chats are kept" });
	return { fake, card, ...shown };
}

const personal = { kind: "workspace" as const, workspaceId: "personal" };

/** A rule for the workspace Personal, as a person sets it. */
async function setRule(user: User, what: string, days: string) {
	await user.click(
		await screen.findByRole("button", { name: "Change how long Personal keeps its chats" }),
	);
	const dialog = await screen.findByRole("dialog");
	await user.click(within(dialog).getByRole("radio", { name: what }));
	const field = within(dialog).getByRole("spinbutton", { name: "After" });
	await user.clear(field);
	await user.type(field, `${days}{Tab}`);
	await user.click(within(dialog).getByRole("button", { name: "Save" }));
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
}

beforeEach(() => {
	forgetHolding();
	for (const { id } of toasts.list) dismissToast(id);
});

describe("how long chats are kept", () => {
	it("is said for each workspace; without a rule nothing goes and nothing can be run", async () => {
		const { card } = await open();
		await waitFor(() =>
			expect(card.textContent).toMatch(/Kept until somebody deletes them\. 6 chats\./),
		);
		expect(within(card).getByRole("button", { name: /^What would go/ })).toHaveProperty(
			"disabled",
			true,
		);
		expect(await accessibilityFaults()).toEqual([]);
	});

	it("is a rule of days, and how many are due by it is said before anything goes", async () => {
		const { fake, card, user } = await open();
		await setRule(user, "Delete", "5");
		expect(card.textContent).toMatch(
			/Deleted 5 days after the last message\. 6 chats, 2 due now\./,
		);
		expect(fake.calls.some(({ method }) => method === "runRetention")).toBe(false);
		expect(fake.calls.find(({ method }) => method === "setRetention")?.args).toEqual([
			"personal",
			{ days: 5, action: "delete" },
		]);
	});

	it("outside its limits is not kept", async () => {
		const { fake, user } = await open();
		await user.click(
			await screen.findByRole("button", { name: "Change how long Personal keeps its chats" }),
		);
		const dialog = await screen.findByRole("dialog");
		await user.click(within(dialog).getByRole("radio", { name: "Make anonymous" }));
		const field = within(dialog).getByRole("spinbutton", { name: "After" });
		await user.clear(field);
		await user.type(field, "0{Tab}");
		expect(await within(dialog).findByText("Enter a number from 1 to 36,525.")).toBeTruthy();
		await user.click(within(dialog).getByRole("button", { name: "Save" }));
		expect(fake.calls.some(({ method }) => method === "setRetention")).toBe(false);
	});

	it("a run is shown chat by chat before it is made, and says what it did", async () => {
		const { fake, user } = await open();
		await setRule(user, "Delete", "5");
		await user.click(screen.getByRole("button", { name: "What would go (2)…" }));
		const dialog = await screen.findByRole("dialog", { name: "What would go" });
		const table = await within(dialog).findByRole("table", { name: "Chats that would go" });
		const copies = within(dialog).getByRole("list", { name: "Copies that keep what goes" });
		expect(copies.textContent).toMatch(/1 snapshot made by hand keeps it/);
		expect(within(table).getByRole("row", { name: /Table of deposit deductions/ })).toBeTruthy();
		expect(within(table).getByRole("row", { name: /Without a title/ })).toBeTruthy();
		expect(await accessibilityFaults()).toEqual([]);
		await user.click(within(dialog).getByRole("button", { name: "Run now" }));
		const did = await screen.findByRole("list", { name: "What the run did" });
		expect(did.textContent).toMatch(/Personal: 2 chats deleted/);
		expect(await fake.listConversations()).toHaveLength(4);
	});

	it("that cannot be read says why, and is read again", async () => {
		const fake = host();
		fake.fail("retentionStatus", { code: "data_unusable", message: "Disk I/O error", hint: null });
		const { user } = show(Retention);
		expect((await screen.findByRole("alert")).textContent).toMatch(/Disk I\/O error/);
		fake.fail("retentionStatus", null);
		await user.click(screen.getByRole("button", { name: "Try again" }));
		expect(await screen.findByRole("region", { name: "How long chats are kept" })).toBeTruthy();
	});
});

describe("after an older database was put back", () => {
	it("nothing goes until a person has looked, and then it goes on", async () => {
		const { fake, user } = await open({ putBack: true });
		expect(screen.queryByText(/until you have looked/)).toBeNull();
		await setRule(user, "Delete", "5");
		expect((await screen.findByText(/until you have looked/)).textContent).toBeTruthy();
		await user.click(screen.getByRole("button", { name: "Look at what would go…" }));
		const dialog = await screen.findByRole("dialog", { name: "What would go" });
		expect(await within(dialog).findByText(/An older database was put back on/)).toBeTruthy();
		expect(await accessibilityFaults()).toEqual([]);
		await user.click(within(dialog).getByRole("button", { name: "Run now" }));
		await screen.findByRole("list", { name: "What the run did" });
		expect((await fake.retentionStatus()).waits).toBeNull();
		await waitFor(() => expect(screen.queryByText(/until you have looked/)).toBeNull());
	});

	it("a person who looked can go on where nothing is due", async () => {
		const { fake, user } = await open({ putBack: true });
		await setRule(user, "Delete", "5000");
		await user.click(await screen.findByRole("button", { name: "Look at what would go…" }));
		const dialog = await screen.findByRole("dialog", { name: "What would go" });
		expect(await within(dialog).findByText(/Nothing is due\./)).toBeTruthy();
		await user.click(within(dialog).getByRole("button", { name: "Go on" }));
		await waitFor(async () => expect((await fake.retentionStatus()).waits).toBeNull());
	});
});

describe("in words", () => {
	const none = { passing: 0, byHand: 0, setAside: 0, backups: 0, earlierBackups: 0 };
	const past = { workspace: "Miller", untilMs: Date.UTC(2026, 11, 27), action: "delete" as const };

	it("copies that keep what goes agree with their number", () => {
		expect(copiesWords(none)).toEqual([]);
		expect(copiesWords({ ...none, byHand: 1 })).toEqual([
			"1 snapshot made by hand keeps it until somebody deletes it.",
		]);
		expect(copiesWords({ ...none, passing: 5, byHand: 2, setAside: 1, backups: 7 })).toEqual([
			"2 snapshots made by hand and 1 database that was set aside keep it until somebody deletes them.",
			"5 snapshots and 7 backups keep it until newer ones take their places.",
		]);
		expect(copiesWords({ ...none, earlierBackups: 3 })).toEqual([
			"3 backups in folders chosen earlier keep it until somebody deletes them.",
		]);
	});

	it("what is past its rule already agrees, too", () => {
		expect(pastRuleWords({ ...past, conversations: 1 })).toBe(
			"1 chat is past the rule of Miller already, and kept until 27 December 2026: then it is deleted.",
		);
		expect(pastRuleWords({ ...past, conversations: 1200 })).toMatch(
			/^1,200 chats are past .* then they are deleted\.$/,
		);
	});
});

describe("a legal hold", () => {
	it("is asked for with a reason", async () => {
		const { user } = await open();
		await user.click(await screen.findByRole("button", { name: "Put Personal on legal hold" }));
		expect(holding.asked).toMatchObject({ on: personal, name: "The workspace Personal" });
	});

	it("needs a reason, and then stands", async () => {
		const fake = host();
		holdAfterAsking({ on: personal, name: "The workspace Personal" });
		const { user } = show(HoldDialog, { asked: holding.asked! });
		const hold = await screen.findByRole("button", { name: "Hold" });
		expect(hold).toHaveProperty("disabled", true);
		await user.type(screen.getByRole("textbox", { name: "Why" }), " Proceedings 3 O 118/26 ");
		expect(await accessibilityFaults()).toEqual([]);
		await user.click(hold);
		await waitFor(() => expect(holding.asked).toBeNull());
		expect((await fake.retentionStatus()).holds).toMatchObject([
			{ on: personal, reason: "Proceedings 3 O 118/26" },
		]);
	});

	it("that is refused keeps the reason that was typed", async () => {
		const fake = host();
		fake.fail("hold", { code: "not_found", message: "There is no such chat.", hint: null });
		holdAfterAsking({ on: personal, name: "The workspace Personal" });
		const { user } = show(HoldDialog, { asked: holding.asked! });
		const why = await screen.findByRole("textbox", { name: "Why" });
		await user.type(why, "Proceedings");
		await user.click(screen.getByRole("button", { name: "Hold" }));
		expect((await screen.findByRole("alert")).textContent).toContain("There is no such chat.");
		expect(why).toHaveProperty("value", "Proceedings");
	});

	it("stops what a rule says, which is told, until it is lifted", async () => {
		const fake = host();
		await fake.setRetention("personal", { days: 5, action: "delete" });
		await fake.hold(personal, "Proceedings 3 O 118/26");
		const { user } = show(Retention);
		const card = await screen.findByRole("region", { name: "How long chats are kept" });
		await waitFor(() => expect(card.textContent).toMatch(/6 chats, 2 would be due, but held/));
		expect(screen.getByRole("button", { name: "Put Personal on legal hold" })).toHaveProperty(
			"disabled",
			true,
		);
		const holds = screen.getByRole("region", { name: "Legal holds" });
		expect(holds.textContent).toMatch(/Proceedings 3 O 118\/26\. Held since 27 November 2026/);
		await user.click(
			screen.getByRole("button", { name: "Lift the hold on The workspace Personal" }),
		);
		await user.click(await screen.findByRole("button", { name: "Lift the hold" }));
		await waitFor(() => expect(card.textContent).toMatch(/6 chats, 2 due now/));
		expect(holds.textContent).toMatch(/Nothing is held/);
	});
});
