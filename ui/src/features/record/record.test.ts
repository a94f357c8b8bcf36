import { screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { allActions } from "$lib/actions";
import type { KeyHome } from "$lib/backend";
import type { FakeOptions } from "$lib/backend/fake";
import { go, place } from "$lib/navigation.svelte";
import { readRecord, record, verifyRecord } from "$lib/state/record.svelte";
import { readSettings } from "$lib/state/settings.svelte";
import { dismissToast, toasts } from "$lib/state/toasts.svelte";

import format from "../../../../docs/record-format.md?raw";
import { accessibilityFaults } from "../../test/axe";
import { host, show } from "../../test/render";
import RecordScreen from "./RecordScreen.svelte";
import { actionOf } from "./words";

async function open(options: FakeOptions = {}, keyHome: KeyHome = "keychain") {
	const fake = host(options);
	await readSettings();
	const shown = show(RecordScreen, { keyHome });
	await entries();
	return { fake, ...shown };
}

const standing = (name: RegExp) => screen.findByRole("region", { name });
const list = () => screen.findByRole("list", { name: "Entries" });
const entries = async () => within(await list()).getAllByRole("button");
const button = (name: string | RegExp) => screen.getByRole("button", { name });

/** Opens an entry by its number. */
async function openEntry(user: ReturnType<typeof show>["user"], number: number) {
	await user.click(within(await list()).getByRole("button", { name: new RegExp(`^${number} `) }));
	const dialog = await screen.findByRole("dialog", { name: `Entry ${number}` });
	await within(dialog).findByRole("region", { name: "Place in the chain" });
	return dialog;
}

async function choose(user: ReturnType<typeof show>["user"], select: string, option: string) {
	screen.getByRole("combobox", { name: new RegExp(`^${select}:`) }).focus();
	await user.keyboard("{Enter}");
	// Typing leads to it, as in any list; without a layout it can't be clicked.
	await screen.findByText(option, { selector: "[role=option]" });
	await user.keyboard(`${option}{Enter}`);
}

beforeEach(async () => {
	for (const { id } of toasts.list) dismissToast(id);
	go("record");
	// What the test before has found is forgotten.
	host();
	await verifyRecord();
});

describe("how the record stands", () => {
	it("is not called verified before all of it was", async () => {
		await open();
		const region = await standing(/168 entries, not all verified yet/);
		expect(within(region).getByText("Not yet")).toBeTruthy();
		expect(within(region).getByText(/^GH-168-/)).toBeTruthy();
		expect(await accessibilityFaults()).toEqual([]);
	});

	it("is verified with progress, and the verdict says what is worth knowing", async () => {
		const { user } = await open();
		await user.click(button("Verify everything"));
		const region = await standing(/^168 entries, verified$/);
		expect(within(region).getByText("All 168 entries hold.")).toBeTruthy();
		const notes = within(region).getByRole("list", { name: "Worth knowing" });
		expect(
			within(notes).getByText("1 entry was written while the clock was set back, entry 12."),
		).toBeTruthy();
		expect(within(notes).getByText(/private parts of 20 entries were erased/)).toBeTruthy();
		expect((await entries())[0]?.textContent, "it is an entry itself").toMatch(
			/169.*Everything verified/,
		);
	});

	it("says how many entries were verified, and how many came since", async () => {
		const { fake, user } = await open();
		await user.click(button("Verify everything"));
		await standing(/^168 entries, verified$/);
		await fake.compareWitness("GH-128-BXMF-3DVT-M4CJ-TCIW-MYDE-KLHS-77M5-7KKK");
		await readRecord();
		const region = await standing(/^168 entries, verified$/);
		expect(within(region).getByText(/1 entry was added since\./)).toBeTruthy();
	});

	it("counts what was written while it was verified as added since", async () => {
		const { fake, user } = await open();
		const status = fake.recordStatus;
		fake.recordStatus = async () => {
			const read = await status();
			// 12 entries stood before the one that says that the first 168 hold.
			const verified = read.verified && { ...read.verified, sequence: 181 };
			return verified ? { ...read, count: 181, verified } : read;
		};
		await user.click(button("Verify everything"));
		const region = await standing(/^168 entries, verified$/);
		expect(within(region).getByText(/12 entries were added since\./)).toBeTruthy();
	});

	it("says what was set right, and only where nothing was that nothing was repaired", async () => {
		const { user } = await open({
			changedEntry: 41,
			setRight: { madeAnew: ["audit_lookup", "audit_values"], removed: 1, strays: 2 },
		});
		const red = await standing(/The record does not verify/);
		expect(within(red).queryByText(/Nothing was repaired/)).toBeNull();
		expect(
			within(red).getByText(
				/made again what was gone or changed: audit_lookup, audit_values; took 1 thing that is not its own out of the database; took out 2 checkpoints that did not fit\. Entry 169 says so/,
			),
		).toBeTruthy();
		await user.click(within(red).getByRole("button", { name: "Open entry 169" }));
		expect(await screen.findByRole("dialog", { name: "Entry 169" })).toBeTruthy();
	});

	it("can be stopped while it is verified, and then says nothing new", async () => {
		const { fake, user } = await open();
		fake.halt();
		await user.click(button("Verify everything"));
		expect(await screen.findByRole("progressbar", { name: "Verifying the record" })).toBeTruthy();
		await user.click(button("Stop verifying"));
		fake.goOn();
		await screen.findByRole("button", { name: "Verify everything" });
		expect(fake.calls.map(({ method }) => method)).toContain("stopVerifyingRecord");
		expect(record.verdict).toBeNull();
		expect(toasts.list, "to stop is no error").toEqual([]);
		await standing(/not all verified yet/);
	});

	it("is red after a failure, amber when that was read, and keeps it", async () => {
		const { user } = await open({ changedEntry: 41 });
		const red = await standing(/The record does not verify/);
		expect(within(red).getByText("Entry 41 was changed after it was written.")).toBeTruthy();
		expect(within(red).getByText(/Found on 27 November 2026, .*, entry 169/)).toBeTruthy();
		expect(within(red).getByText(/Nothing was repaired\./)).toBeTruthy();
		expect(red.className).toContain("bad");
		await user.click(button("I have read this"));
		const amber = await standing(/The record did not verify/);
		expect(amber.className).toContain("caution");
		expect(within(amber).getByText(/You have read this\. It stays in the record\./)).toBeTruthy();
		expect(screen.queryByRole("button", { name: "I have read this" })).toBeNull();
		const [newest, before] = await entries();
		expect(newest?.textContent).toMatch(/Failed verification read/);
		expect(before?.textContent).toMatch(/Verification failed/);
	});

	it("is red again when a later verification fails, also where the failure was read before", async () => {
		const { user } = await open({ changedEntry: 41 });
		await user.click(await screen.findByRole("button", { name: "I have read this" }));
		await standing(/The record did not verify/);
		await user.click(button("Verify everything"));
		const red = await standing(/The record does not verify/);
		expect(within(red).getByText("It does not hold.")).toBeTruthy();
	});

	it("leads to the entry that was changed", async () => {
		const { user } = await open({ changedEntry: 41 });
		await user.click(await screen.findByRole("button", { name: "Open entry 41" }));
		expect(await screen.findByRole("dialog", { name: "Entry 41" })).toBeTruthy();
	});

	it("gives its code to copy", async () => {
		const { user } = await open();
		const copied = vi.spyOn(navigator.clipboard, "writeText");
		await user.click(await screen.findByRole("button", { name: "Copy the code" }));
		expect(copied).toHaveBeenCalledWith(expect.stringMatching(/^GH-168-/));
	});

	it("gives no code while a fault stands", async () => {
		await open({ changedEntry: 41 });
		expect(await screen.findByText(/^Not given while a fault stands/)).toBeTruthy();
		expect(screen.queryByRole("button", { name: "Copy the code" })).toBeNull();
		expect(button("Copy the public key")).toBeTruthy();
	});
});

describe("where keys are files", () => {
	it("says what is weaker and offers the witness", async () => {
		const { fake, user } = await open({}, "file");
		const notice = screen.getByRole("complementary", {
			name: "What is weaker without a keychain",
		});
		expect(notice.textContent).toMatch(/can write the record anew/);
		await user.click(within(notice).getByRole("button", { name: "Save a witness" }));
		await user.click(await screen.findByRole("button", { name: "Choose where…" }));
		await waitFor(() => expect(fake.calls.map(({ method }) => method)).toContain("saveWitness"));
		expect(screen.getByText("In files beside the record")).toBeTruthy();
	});

	it("says nothing of it where there is a keychain", async () => {
		await open();
		expect(screen.queryByRole("complementary")).toBeNull();
		expect(await screen.findByText("In the keychain")).toBeTruthy();
	});
});

describe("what happened", () => {
	it("is listed newest first, a page at a time", async () => {
		const { user } = await open({ entries: 60 });
		const first = await entries();
		expect(first).toHaveLength(50);
		expect(first[0]?.textContent).toMatch(/^60/);
		await user.click(button("Show older"));
		await waitFor(async () => expect((await list()).children).toHaveLength(60));
		expect(screen.queryByRole("button", { name: "Show older" }), "that was the first").toBeNull();
		expect((await list()).lastElementChild?.textContent).toMatch(/^1.*Record began/);
	});

	it("says in a row which model answered, how it ended and what it cost", async () => {
		await open();
		const row = (await entries()).find((row) => row.textContent.includes("gpt-6-luna"));
		const began = row?.textContent.includes("Call began") ? row : null;
		expect(row?.textContent).toMatch(began ? /Left masked.*2 masked/ : /Answered.*\$0\.00009/);
	});

	it("is filtered by kind and by outcome, together", async () => {
		const { fake, user } = await open();
		await choose(user, "Kind", "Call ended");
		await waitFor(async () => {
			const shown = (await entries()).map(({ textContent }) => textContent);
			expect(shown.every((text) => text.includes("Call ended"))).toBe(true);
		});
		await choose(user, "Outcome", "Failed");
		await waitFor(async () => {
			const shown = (await entries()).map(({ textContent }) => textContent);
			expect(shown.every((text) => /Call ended\s*Failed/.test(text))).toBe(true);
		});
		const asked = fake.calls.filter(({ method }) => method === "recordEntries").at(-1)?.args[0];
		expect(asked).toMatchObject({ action: "call.ended", outcome: "failed", model: null });
	});

	it("is filtered by model and workspace", async () => {
		const { fake, user } = await open();
		await choose(user, "Model", "gpt-6-luna");
		await choose(user, "Workspace", "Personal");
		await waitFor(() => {
			const asked = fake.calls.filter(({ method }) => method === "recordEntries").at(-1)?.args[0];
			expect(asked).toMatchObject({ model: "gpt-6-luna", workspace: "personal" });
		});
	});

	it("is searched when a person stops typing, and can match nothing", async () => {
		const { fake, user } = await open();
		const before = fake.calls.filter(({ method }) => method === "recordEntries").length;
		await user.type(screen.getByRole("searchbox", { name: "Find entries" }), "zebra");
		expect(await screen.findByText("No entries match.")).toBeTruthy();
		const asked = fake.calls.filter(({ method }) => method === "recordEntries").length - before;
		expect(asked, "not for every letter").toBe(1);
		await user.click(button("Show everything"));
		expect(await entries()).toHaveLength(50);
		expect(screen.getByRole<HTMLInputElement>("searchbox", { name: "Find entries" }).value).toBe(
			"",
		);
	});

	it("is found by the words that stand on the screen", async () => {
		const { fake, user } = await open();
		await user.type(screen.getByRole("searchbox", { name: "Find entries" }), "Call ended");
		await waitFor(async () => {
			const shown = (await entries()).map(({ textContent }) => textContent);
			expect(shown.length).toBeGreaterThan(1);
			expect(shown.every((text) => text.includes("Call ended"))).toBe(true);
		});
		const asked = fake.calls.filter(({ method }) => method === "recordEntries").at(-1)?.args[0];
		expect(asked).toMatchObject({ text: "Call ended", shown: ["call.ended"] });
	});

	it("says when it can't be read, and reads it again", async () => {
		const fake = host();
		fake.fail("recordEntries", { code: "data_unusable", message: "Disk I/O error", hint: null });
		const { user } = show(RecordScreen, { keyHome: "keychain" });
		expect((await screen.findByRole("alert")).textContent).toMatch(/Disk I\/O error/);
		fake.fail("recordEntries", null);
		await user.click(button("Try again"));
		expect(await entries()).toHaveLength(50);
	});

	it("is walked with the arrow keys, and Enter opens", async () => {
		const { user } = await open();
		(await entries())[0]?.focus();
		await user.keyboard("{ArrowDown}{ArrowDown}{ArrowUp}{Enter}");
		expect(await screen.findByRole("dialog", { name: "Entry 167" })).toBeTruthy();
		await user.keyboard("{Escape}");
		await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
		await waitFor(async () => expect(document.activeElement).toBe((await entries())[1]));
	});
});

describe("one entry", () => {
	it("shows its facts, its private part and its place in the chain", async () => {
		const { user } = await open();
		await user.click(button("Show older"));
		await waitFor(async () => expect((await list()).children).toHaveLength(100));
		const dialog = await openEntry(user, 100);
		const facts = within(dialog).getByRole("table", { name: "Facts" });
		expect(within(facts).getByRole("row", { name: "Where it went Left masked" })).toBeTruthy();
		expect(within(facts).getByRole("row", { name: "Workspace Personal" })).toBeTruthy();
		expect(within(dialog).getByLabelText("Private part as JSON").textContent).toBe(
			'{\n  "answer": "message-5",\n  "question": "She owes what?"\n}',
		);
		const chain = within(dialog).getByRole("region", { name: "Place in the chain" });
		expect(within(chain).getByText("Signed with the first 128 entries")).toBeTruthy();
		expect(within(chain).getByRole("button", { name: "Copy the hash" })).toBeTruthy();
		expect(await accessibilityFaults()).toEqual([]);
	});

	it("leads to the message that its call wrote", async () => {
		const { user } = await open();
		const calls = (await entries()).find((row) => row.textContent.includes("Call ended"));
		await user.click(calls!);
		await user.click(await screen.findByRole("button", { name: "Open the message" }));
		expect([place.screen, place.conversationId, place.messageId]).toEqual([
			"chat",
			"chat-1",
			"message-5",
		]);
	});

	it("tells an erased private part from none", async () => {
		const { user } = await open();
		const deleted = (await entries()).find((row) => row.textContent.includes("Chat deleted"));
		await user.click(deleted!);
		expect(await screen.findByText(/It was erased, or can no longer be read/)).toBeTruthy();
		expect(screen.queryByRole("button", { name: "Open the message" })).toBeNull();
		await user.click(button("Entry before"));
		expect(await screen.findByText("Nothing private belongs to this entry.")).toBeTruthy();
	});

	it("leads on to the entries beside it, and not past the end", async () => {
		const { user } = await open();
		await openEntry(user, 168);
		expect(button("Entry after")).toHaveProperty("disabled", true);
		await user.click(button("Entry before"));
		await user.click(button("Entry after"));
		expect(await screen.findByRole("dialog", { name: "Entry 168" })).toBeTruthy();
	});

	it("that a failure names and that is not there is said to be missing", async () => {
		const { user } = await open({ changedEntry: 500 });
		await user.click(await screen.findByRole("button", { name: "Open entry 500" }));
		expect((await screen.findByRole("alert")).textContent).toMatch(
			/Entry 500 is not in the record/,
		);
	});
});

describe("proof for others", () => {
	it("is exported without private parts unless they are asked for, and says how to verify it", async () => {
		const { fake, user } = await open();
		await user.click(button("Export…"));
		const dialog = await screen.findByRole("dialog", { name: "Export the record" });
		expect(dialog.textContent).toMatch(/gatehouse record verify gatehouse-record\.jsonl/);
		expect(dialog.textContent).toMatch(/node docs\/verify-record\.mjs/);
		await user.click(within(dialog).getByRole("button", { name: "Choose where…" }));
		expect(await within(dialog).findByText("/home/ada/gatehouse-record.jsonl")).toBeTruthy();
		await user.click(within(dialog).getByRole("radio", { name: "Included" }));
		await user.click(within(dialog).getByRole("button", { name: "Choose where…" }));
		await within(dialog).findByText("/home/ada/gatehouse-record.jsonl");
		const asked = fake.calls.filter(({ method }) => method === "exportRecord");
		expect(asked.map(({ args }) => args)).toEqual([
			["facts", false],
			["everything", false],
		]);
	});

	it("is given away as a witness, which the glance then names", async () => {
		const { fake, user } = await open();
		await user.click(button("Save witness…"));
		const dialog = await screen.findByRole("dialog", { name: "Save a witness" });
		await user.click(within(dialog).getByRole("button", { name: "Choose where…" }));
		expect(await within(dialog).findByText("/home/ada/gatehouse-witness.json")).toBeTruthy();
		const asked = fake.calls.filter(({ method }) => method === "saveWitness");
		expect(
			asked.map(({ args }) => args),
			"no service is asked that nobody named",
		).toEqual([[false, null, null]]);
		await user.keyboard("{Escape}");
		const region = await standing(/169 entries/);
		expect(within(region).getByText(/entry 169$/)).toBeTruthy();
	});

	it("a witness that a service has stamped says when it was there, and whom to compare", async () => {
		const { user } = await open();
		await user.click(button("Save witness…"));
		const dialog = await screen.findByRole("dialog", { name: "Save a witness" });
		const address = within(dialog).getByRole("textbox", { name: /Time-stamp service/ });
		await user.click(address);
		await user.paste("https://stamps.example/tsa");
		await user.click(within(dialog).getByRole("button", { name: "Choose where…" }));
		expect(await within(dialog).findByText("5d5e".repeat(16))).toBeTruthy();
		expect(within(dialog).getByText("CN=Stamps of Berne")).toBeTruthy();
		expect(within(dialog).getByText(/Compare the fingerprint/)).toBeTruthy();
		expect(await accessibilityFaults()).toEqual([]);
	});

	it("a stamp leads to the authority that a person has named from its certificate", async () => {
		const { fake, user } = await open();
		await user.click(button("Save witness…"));
		const dialog = await screen.findByRole("dialog", { name: "Save a witness" });
		expect(
			within(dialog).queryByRole("region"),
			"without a service there is no authority",
		).toBeNull();
		const address = within(dialog).getByRole("textbox", { name: /Time-stamp service/ });
		await user.click(address);
		await user.paste("https://stamps.example/tsa");
		const authority = within(dialog).getByRole("region", { name: "Authority of the time-stamp" });
		await user.click(within(authority).getByRole("button", { name: "Name the authority…" }));
		expect(await within(authority).findByText("CN=Root of Berne")).toBeTruthy();
		await user.click(within(dialog).getByRole("button", { name: "Choose where…" }));
		await within(dialog).findByText("/home/ada/gatehouse-witness.json");
		expect(within(dialog).queryByText(/Compare the fingerprint/), "they have named it").toBeNull();
		const asked = fake.calls.filter(({ method }) => method === "saveWitness");
		expect(asked.map(({ args }) => args)).toEqual([
			[false, "https://stamps.example/tsa", "-----BEGIN CERTIFICATE-----"],
		]);
		await user.click(within(authority).getByRole("button", { name: "Name none" }));
		expect(within(authority).queryByText("CN=Root of Berne")).toBeNull();
	});

	it("while a fault stands, what is signed says so and a person must insist", async () => {
		const { fake, user } = await open({ changedEntry: 40 });
		await user.click(button("Save witness…"));
		const dialog = await screen.findByRole("dialog", { name: "Save a witness" });
		expect(dialog.textContent).toMatch(/The record did not verify/);
		await user.click(within(dialog).getByRole("button", { name: "Save all the same…" }));
		await within(dialog).findByText("/home/ada/gatehouse-witness.json");
		await user.keyboard("{Escape}");
		await user.click(button("Export…"));
		await user.click(await screen.findByRole("button", { name: "Export all the same…" }));
		await screen.findByText("/home/ada/gatehouse-record.jsonl");
		const insisted = fake.calls.filter(({ method }) =>
			["saveWitness", "exportRecord"].includes(method),
		);
		expect(insisted.map(({ args }) => args)).toEqual([
			[true, null, null],
			["facts", true],
		]);
	});

	it("a witness file that fits says what was added since", async () => {
		const { user } = await open();
		await user.click(button("Compare…"));
		await user.click(button("Choose a witness file…"));
		expect(await screen.findByText("The first 128 entries are those of the witness.")).toBeTruthy();
		expect(screen.getByText("40 came after:")).toBeTruthy();
		const since = screen.getByRole("list", { name: "Added since" });
		expect(within(since).getByText("10 × Call ended")).toBeTruthy();
		expect(screen.queryByText(/mistake in the code/)).toBeNull();
		expect(await accessibilityFaults()).toEqual([]);
	});

	it("a code that does not fit says that it is another record", async () => {
		const { user } = await open();
		await user.click(button("Compare…"));
		const code = await screen.findByRole("textbox", { name: "Code of the witness" });
		await user.type(code, "GH-100-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA{Enter}");
		expect(
			await screen.findByText("This is not the record that the witness speaks of."),
		).toBeTruthy();
		expect(
			screen.getByText("The first 100 entries are not the ones that were signed."),
		).toBeTruthy();
		expect(screen.getByText(/^A mistake in the code looks the same/)).toBeTruthy();
		expect((await entries())[0]?.textContent, "that it was compared is recorded").toMatch(
			/Compared with a witness/,
		);
	});

	it("what is no code is refused in words", async () => {
		const { user } = await open();
		await user.click(button("Compare…"));
		await user.type(await screen.findByRole("textbox", { name: "Code of the witness" }), "hello");
		await user.click(button("Compare"));
		expect((await screen.findByRole("alert")).textContent).toMatch(/neither a witness file/);
	});
});

describe("by the palette", () => {
	it("every action of the screen is offered, and is gone with it", async () => {
		const { unmount } = await open();
		const titles = () =>
			allActions()
				.filter(({ group }) => group === "Record")
				.map(({ title }) => title);
		expect(titles()).toEqual([
			"Verify the whole record",
			"Save a witness of the record",
			"Compare the record with a witness",
			"Export the record",
		]);
		unmount();
		expect(titles()).toEqual([]);
	});
});

describe("words", () => {
	it("there are some for every action that the format names", () => {
		const table = format.slice(format.indexOf("## Actions"));
		const names = [...table.matchAll(/^\| `([a-z.-]+)` \|/gm)].map(([, name]) => name!);
		expect(names.length).toBeGreaterThan(40);
		for (const name of names) {
			expect(actionOf(name).title, name).not.toBe(name);
			expect(actionOf(name).sentence, name).toMatch(/\.$/);
		}
	});

	it("an action that is not known is shown by its name", () => {
		expect(actionOf("moon.landed").title).toBe("moon.landed");
	});
});

describe("a failure that nobody has read", () => {
	it("is known to the rail until it is read", async () => {
		host({ changedEntry: 3 });
		await readRecord();
		expect(record.warns).toBe(true);
		host();
		await readRecord();
		expect(record.warns).toBe(false);
	});
});
