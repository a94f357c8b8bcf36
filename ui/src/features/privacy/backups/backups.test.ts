import { screen, waitFor, within } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { startAfresh } from "$lib/afresh";
import type { FakeOptions } from "$lib/backend/fake";
import { dismissToast, toasts } from "$lib/state/toasts.svelte";

import { accessibilityFaults } from "../../../test/axe";
import { host, show } from "../../../test/render";
import Backups from "./Backups.svelte";
import { readBackups } from "./backups.svelte";

vi.mock("$lib/afresh", () => ({ startAfresh: vi.fn() }));

async function open(options: FakeOptions = {}) {
	const fake = host(options);
	// What the test before had read is not shown meanwhile.
	await readBackups();
	const shown = show(Backups);
	const card = await screen.findByRole("region", { name: "Backups" });
	return { fake, card, ...shown };
}

const rows = () =>
	within(screen.getByRole("table", { name: "Backups that were made" })).getAllByRole("row");
const list = () => screen.getByRole("region", { name: "Backups in the folder" });

beforeEach(() => {
	vi.mocked(startAfresh).mockClear();
	for (const { id } of toasts.list) dismissToast(id);
});

describe("backups", () => {
	it("ask for a folder first, and offer nothing else before there is one", async () => {
		const { card, user } = await open({ empty: true });
		expect(within(card).queryByRole("button", { name: "Back up now" })).toBeNull();
		expect(list().textContent).toMatch(/Choose a folder first/);
		await user.click(within(card).getByRole("button", { name: "Choose…" }));
		expect(await within(card).findByText("/media/ada/Other disk")).toBeTruthy();
		expect(within(card).getByRole("button", { name: "Back up now" })).toBeTruthy();
	});

	it("say where they go, when the last was made and when the next is due", async () => {
		const { card } = await open();
		expect(within(card).getByText("/media/ada/Backups")).toBeTruthy();
		expect(card.textContent).toMatch(/Last on 27 November 2026, .*The next is due/);
		expect(rows(), "a head and two").toHaveLength(3);
		expect(await accessibilityFaults()).toEqual([]);
	});

	it("are made as often, and as many kept, as is chosen", async () => {
		const { fake, card, user } = await open();
		within(card).getByRole("combobox", { name: "How often: Daily" }).focus();
		await user.keyboard("{Enter}");
		await screen.findByText("Only by hand", { selector: "[role=option]" });
		await user.keyboard("Only{Enter}");
		await waitFor(() => expect(card.textContent).toMatch(/The next is made when you ask/));
		const kept = within(card).getByRole("spinbutton", { name: "How many are kept" });
		await user.clear(kept);
		await user.type(kept, "3{Tab}");
		await waitFor(() => {
			const asked = fake.calls.filter(({ method }) => method === "setBackupSchedule");
			expect(asked.map(({ args }) => args)).toEqual([
				[null, 7],
				[null, 3],
			]);
		});
	});

	it("are made now, with progress, and stand in the list", async () => {
		const { fake, user } = await open();
		fake.halt();
		await user.click(screen.getByRole("button", { name: "Back up now" }));
		expect(await screen.findByRole("progressbar")).toBeTruthy();
		expect(screen.getByRole("button", { name: "Back up now" })).toHaveProperty("disabled", true);
		fake.goOn();
		await waitFor(() => expect(rows()).toHaveLength(4));
		await waitFor(() =>
			expect(toasts.list.map(({ text }) => text)).toEqual(["Backup made and verified."]),
		);
	});

	it("that fail are said, with what can be done, and the rest of the screen works", async () => {
		const { card, user } = await open({ unplugged: true });
		const [failing] = screen.getAllByRole("alert");
		expect(failing?.textContent).toMatch(/The folder \/media\/ada\/Backups is not there/);
		expect(failing?.textContent).toMatch(/Connect the disk, or choose another folder/);
		expect(failing?.textContent).toMatch(/Backups have failed since 27 November 2026/);
		expect(await within(list()).findByRole("alert")).toBeTruthy();
		await user.click(within(card).getByRole("button", { name: "Choose…" }));
		expect(await within(card).findByText("/media/ada/Other disk")).toBeTruthy();
	});

	it("that are verified say what was read", async () => {
		const { fake, user } = await open();
		await user.click(screen.getAllByRole("button", { name: /^Verify the backup of/ })[0]!);
		expect(await screen.findByText(/is sound\.$/)).toBeTruthy();
		expect(list().textContent).toMatch(/The record in it verifies, with 160 entries/);
		const [name] = fake.calls.find(({ method }) => method === "verifyBackup")?.args ?? [];
		expect(name).toMatch(/^gatehouse-3fa93fa9-/);
	});

	it("whose record does not verify are not called good", async () => {
		const { user } = await open({ spoiled: true });
		await user.click(screen.getByRole("button", { name: "Verify a file…" }));
		await waitFor(() =>
			expect(list().textContent.replace(/\s+/g, " ")).toMatch(
				/The record in it does not verify\. Entry 41 was changed/,
			),
		);
		expect(list().textContent).toMatch(/it is of another installation/);
	});

	it("that are not sound say so", async () => {
		const { fake, user } = await open();
		const message = "Page 41 of the backup is not what was written.";
		fake.fail("verifyBackup", { code: "data_unusable", message, hint: null });
		await user.click(screen.getAllByRole("button", { name: /^Verify the backup of/ })[0]!);
		expect((await within(list()).findByRole("alert")).textContent).toContain(message);
	});
});

describe("the recovery code", () => {
	it("is saved by the host, which says where; it is never shown", async () => {
		const { user } = await open();
		await user.click(screen.getByRole("button", { name: "Save the recovery code…" }));
		const card = screen.getByRole("region", { name: "Recovery code" });
		expect(await within(card).findByText("/home/ada/gatehouse-recovery-code.txt")).toBeTruthy();
	});
});

describe("going back to a backup", () => {
	it("says what becomes of what is there now, and uses the key of this computer", async () => {
		const { fake, user } = await open();
		await user.click(screen.getAllByRole("button", { name: /^Go back to the backup of/ })[0]!);
		const dialog = await screen.findByRole("dialog", { name: "Go back to a backup?" });
		expect(dialog.textContent).toMatch(/set aside in the data folder, not deleted/);
		expect(await accessibilityFaults()).toEqual([]);
		await user.click(within(dialog).getByRole("button", { name: "Go back" }));
		await waitFor(() =>
			expect(fake.calls.find(({ method }) => method === "restoreBackup")?.args).toEqual([
				expect.stringMatching(/^gatehouse-/),
				{ with: "this_computer" },
			]),
		);
		await waitFor(() => expect(startAfresh).toHaveBeenCalledOnce());
	});

	it("of another computer takes a typed code, and a wrong one is said", async () => {
		const { fake, user } = await open();
		const message = "This is not a recovery code.";
		fake.fail("restoreBackup", { code: "invalid_input", message, hint: null });
		await user.click(screen.getByRole("button", { name: "Go back to a file…" }));
		const dialog = await screen.findByRole("dialog");
		await user.click(within(dialog).getByRole("radio", { name: "A recovery code on paper" }));
		const go = within(dialog).getByRole("button", { name: "Choose the file and go back…" });
		expect(go, "nothing was typed yet").toHaveProperty("disabled", true);
		await user.type(within(dialog).getByRole("textbox", { name: "Recovery code" }), "AAAA-BBBB");
		await user.click(go);
		expect((await within(dialog).findByRole("alert")).textContent).toContain(message);
		expect(fake.calls.find(({ method }) => method === "restoreBackup")?.args).toEqual([
			null,
			{ with: "code", code: "AAAA-BBBB" },
		]);
	});
});
