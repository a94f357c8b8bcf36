import { screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";

import type { FakeOptions } from "$lib/backend/fake";
import { place } from "$lib/navigation.svelte";
import { readRecord } from "$lib/state/record.svelte";

import { accessibilityFaults } from "../../../test/axe";
import { host, show } from "../../../test/render";
import Archive from "./Archive.svelte";
import { archiveOf, choose, everything } from "./scope.svelte";

function open(options: FakeOptions = {}) {
	const fake = host(options);
	return { fake, ...show(Archive) };
}

const card = (name: string) => screen.getByRole("region", { name });
const out = () => card("Take it with you");
const back = () => card("Bring an archive in");
const write = () => within(out()).getByRole("button", { name: "Choose where…" });
const argsOf = (fake: ReturnType<typeof open>["fake"], method: string) =>
	fake.calls.find((call) => call.method === method)?.args;

beforeEach(() => choose(everything));

describe("an archive", () => {
	it("of everything is written without a passphrase, and is said to be open to whoever has it", async () => {
		const { fake, user } = open();
		await user.click(write());
		await waitFor(() =>
			expect(out().textContent).toMatch(/gatehouse-archive\.zip.*6 chats.*It is not locked/s),
		);
		expect(argsOf(fake, "exportArchive")?.slice(0, 2)).toEqual([{ type: "everything" }, null]);
		expect(await accessibilityFaults()).toEqual([]);
	});

	it("is written while a fault stands in the record, and that is said before", async () => {
		host({ changedEntry: 41 });
		await readRecord();
		const { fake, user } = open({ changedEntry: 41 });
		expect(out().textContent).toMatch(/Entry 41 was changed after it was written/);
		await user.click(write());
		await waitFor(() => expect(argsOf(fake, "exportArchive")).toBeTruthy());
		host();
		await readRecord();
		await waitFor(() => expect(out().textContent).not.toMatch(/Entry 41/));
	});

	it("can be of one chat, which its menu has chosen", async () => {
		archiveOf({
			scope: { type: "conversation", conversationId: "chat-1" },
			name: "The chat “Notice period”",
		});
		expect(place.screen).toBe("privacy");
		const { fake, user } = open();
		expect(
			await screen.findByRole("combobox", { name: "Archive of: The chat “Notice period”" }),
		).toBeTruthy();
		await user.click(write());
		await waitFor(() =>
			expect(argsOf(fake, "exportArchive")?.[0]).toEqual({
				type: "conversation",
				conversationId: "chat-1",
			}),
		);
	});

	it("is locked only with a passphrase that is long enough and typed the same twice", async () => {
		const { fake, user } = open();
		await user.click(screen.getByRole("checkbox", { name: "Lock it with a passphrase" }));
		expect(write(), "there is none yet").toHaveProperty("disabled", true);
		await user.type(screen.getByLabelText("Passphrase"), "short");
		expect(screen.getByText(/At least 12 characters: shorter ones/)).toBeTruthy();
		await user.type(screen.getByLabelText("Passphrase"), " but now longer");
		await user.type(screen.getByLabelText("The same again"), "short but now longe");
		expect(screen.getByText("The two differ.")).toBeTruthy();
		expect(write()).toHaveProperty("disabled", true);
		await user.type(screen.getByLabelText("The same again"), "r");
		await user.click(write());
		await waitFor(() => expect(out().textContent).toMatch(/\.zip\.age.*Only the passphrase/s));
		expect(argsOf(fake, "exportArchive")?.[1]).toBe("short but now longer");
	});

	it("that was saved stays said where no file is chosen for the next", async () => {
		const { fake, user } = open();
		await user.click(write());
		await waitFor(() => expect(out().textContent).toMatch(/Saved/));
		vi.spyOn(fake, "exportArchive").mockResolvedValueOnce(null);
		await user.click(write());
		await waitFor(() => expect(screen.queryByRole("progressbar")).toBeNull());
		expect(out().textContent).toMatch(/Saved/);
	});

	it("is said to be written once a file was chosen for it, and not before", async () => {
		const { fake, user } = open();
		let chosen: (() => void) | undefined;
		let written: (() => void) | undefined;
		vi.spyOn(fake, "exportArchive").mockImplementationOnce(async (_scope, _passphrase, tell) => {
			await new Promise<void>((resolve) => (chosen = resolve));
			tell(0);
			await new Promise<void>((resolve) => (written = resolve));
			return null;
		});
		await user.click(write());
		await waitFor(() => expect(chosen).toBeDefined());
		expect(write(), "one dialog for a file is enough").toHaveProperty("disabled", true);
		expect(screen.queryByRole("progressbar")).toBeNull();
		expect(screen.queryByRole("button", { name: "Stop" })).toBeNull();
		chosen?.();
		expect(await screen.findByRole("progressbar", { name: "Writing the archive" })).toBeTruthy();
		written?.();
		await waitFor(() => expect(screen.queryByRole("progressbar")).toBeNull());
		expect(write()).toHaveProperty("disabled", false);
	});

	it("can be stopped while it is written, which is no error", async () => {
		const { fake, user } = open();
		fake.halt();
		await user.click(write());
		await user.click(await screen.findByRole("button", { name: "Stop" }));
		fake.goOn();
		await waitFor(() => expect(screen.queryByRole("progressbar")).toBeNull());
		expect(argsOf(fake, "stopArchive")).toEqual([]);
		expect(screen.queryByRole("alert")).toBeNull();
		expect(out().textContent).not.toMatch(/Saved/);
	});

	it("made anonymous says what was found, and that it is best effort", async () => {
		const { fake, user } = open();
		await user.click(screen.getByRole("radio", { name: "Made anonymous, for analysis" }));
		expect(out().textContent).toMatch(/what the rules do not find stays/);
		await user.click(screen.getByRole("checkbox", { name: /The same pseudonyms/ }));
		await user.click(write());
		const table = await screen.findByRole("table", { name: "What was found and replaced" });
		expect(within(table).getByRole("row", { name: "Names of people PERSON-… 12 3" })).toBeTruthy();
		expect(argsOf(fake, "exportAnonymous")?.slice(0, 3)).toEqual([
			{ type: "everything" },
			{ daysOnly: true, keepKey: true },
			null,
		]);
	});

	it("keeps the key of its pseudonyms only until a person destroys it", async () => {
		const { fake, user } = open();
		await user.click(screen.getByRole("radio", { name: "Made anonymous, for analysis" }));
		expect(screen.queryByRole("button", { name: "Destroy…" }), "none is kept").toBeNull();
		await user.click(screen.getByRole("checkbox", { name: /The same pseudonyms/ }));
		await user.click(write());
		await user.click(await screen.findByRole("button", { name: "Destroy…" }));
		await user.click(await screen.findByRole("button", { name: "Destroy" }));
		await waitFor(() => expect(out().textContent).toMatch(/Nobody can tell any more.*Snapshots/s));
		expect(argsOf(fake, "destroyPseudonymKeys")).toEqual([]);
		expect(screen.queryByRole("button", { name: "Destroy…" })).toBeNull();
		expect(await accessibilityFaults()).toEqual([]);
	});

	it("that cannot be written says why", async () => {
		const { fake, user } = open();
		fake.fail("exportArchive", { code: "disk_full", message: "No space left.", hint: null });
		await user.click(write());
		expect((await screen.findByRole("alert")).textContent).toContain("No space left.");
	});
});

describe("bringing an archive in", () => {
	const pick = () => within(back()).getByRole("button", { name: "Choose an archive…" });

	it("shows what is in it first, and changes nothing before a person agrees", async () => {
		const { fake, user } = open();
		await user.click(pick());
		await waitFor(() => expect(back().textContent).toMatch(/1 workspace, 2 chats, 14 messages/));
		expect(back().textContent).toMatch(/Larkspur.*Verifies/s);
		expect(argsOf(fake, "importArchive")).toBeUndefined();
		expect(await accessibilityFaults()).toEqual([]);
		await user.click(within(back()).getByRole("button", { name: "Bring it in" }));
		const went = await screen.findByRole("list", { name: "Where it went" });
		expect(went.textContent.replace(/\s+/g, " ")).toMatch(/New workspace Larkspur: 2 chats/);
		expect(screen.getByRole("list", { name: "Not as it was" }).textContent).toMatch(/Phi 4/);
	});

	it("of a locked one asks for its passphrase, and a wrong one can be typed again", async () => {
		const { user } = open({ lockedWith: "correct horse battery" });
		await user.click(pick());
		const field = await screen.findByLabelText("Passphrase of the archive");
		await user.type(field, "correct horse{Enter}");
		expect((await within(back()).findByRole("alert")).textContent).toMatch(/does not open/);
		await user.type(field, " battery{Enter}");
		expect(await within(back()).findByRole("button", { name: "Bring it in" })).toBeTruthy();
		expect(within(back()).queryByRole("alert")).toBeNull();
	});

	it("whose record does not hold says so before it is brought in", async () => {
		const { user } = open({ spoiled: true });
		await user.click(pick());
		await waitFor(() =>
			expect(back().textContent).toMatch(/Does not verify.*Entry 42 was changed/s),
		);
	});

	it("can be left", async () => {
		const { user } = open();
		await user.click(pick());
		await user.click(await within(back()).findByRole("button", { name: "Leave it" }));
		expect(back().textContent).not.toMatch(/larkspur/);
	});
});
