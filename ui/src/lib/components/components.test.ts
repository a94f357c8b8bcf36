import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { flushSync } from "svelte";
import { afterEach, describe, expect, it, vi } from "vitest";

import { forgetLink, openLinkAfterAsking } from "$lib/state/links.svelte";
import { dismissToast, toast, toastError, toasts } from "$lib/state/toasts.svelte";

import { host, show } from "../../test/render";
import ConfirmDialog from "./ConfirmDialog.svelte";
import Dialog from "./Dialog.svelte";
import IconButton from "./IconButton.svelte";
import LinkDialog from "./LinkDialog.svelte";
import NumberField from "./NumberField.svelte";
import Pieces from "./Pieces.svelte";
import Progress from "./Progress.svelte";
import Toasts from "./Toasts.svelte";

afterEach(() => {
	vi.useRealTimers();
	forgetLink();
	for (const { id } of toasts.list) dismissToast(id);
});

describe("a question before something is lost", () => {
	const props = {
		open: true,
		title: "Remove it?",
		description: "It leaves the list.",
		confirm: "Remove",
	};

	it("is not answered by Escape", async () => {
		const onconfirm = vi.fn();
		const { user } = show(ConfirmDialog, { ...props, onconfirm });
		await user.keyboard("{Escape}");
		await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
		expect(onconfirm).not.toHaveBeenCalled();
	});

	it("is answered by its verb", async () => {
		const onconfirm = vi.fn();
		const { user } = show(ConfirmDialog, { ...props, onconfirm });
		await user.click(screen.getByRole("button", { name: "Remove" }));
		expect(onconfirm).toHaveBeenCalledOnce();
	});
});

it("tells a secret that was taken out from what somebody wrote", () => {
	const pieces = [
		{ sent: "It is ", original: null, removed: false },
		{ sent: "[removed: PASSWORD]", original: null, removed: true },
	];
	const { unmount } = show(Pieces, { pieces, side: "original" });
	expect(screen.getByText("a secret").title).toBe("Leaves as [removed: PASSWORD]");
	expect(screen.queryByText(/removed/)).toBeNull();
	unmount();
	show(Pieces, { pieces, side: "sent" });
	expect(screen.getByText("[removed: PASSWORD]").title).toContain("a secret");
});

describe("a number field", () => {
	it("tells only numbers within its limits", async () => {
		const onchange = vi.fn();
		const { user } = show(NumberField, { label: "Top k", value: 40, min: 0, max: 100, onchange });
		const field = screen.getByRole("spinbutton", { name: "Top k" });
		await user.clear(field);
		await user.type(field, "500{Tab}");
		expect(screen.getByText("Enter a number from 0 to 100.")).toBeTruthy();
		await user.clear(field);
		await user.type(field, "60{Tab}");
		expect(onchange.mock.calls).toEqual([[60]]);
		expect(screen.queryByText("Enter a number from 0 to 100.")).toBeNull();
	});
});

describe("a message in the corner of the window", () => {
	it("is heard by a screen reader, and its action runs once", async () => {
		const undo = vi.fn();
		const { user } = show(Toasts);
		toast("Chat deleted.", { label: "Undo", run: undo });
		const region = screen.getByRole("region", { name: "Messages" });
		expect(region.getAttribute("aria-live")).toBe("polite");
		await user.click(await screen.findByRole("button", { name: "Undo" }));
		expect(undo).toHaveBeenCalledOnce();
		await waitFor(() => expect(screen.queryByText("Chat deleted.")).toBeNull());
	});

	it("goes by itself, but an error stays until it is dismissed", () => {
		vi.useFakeTimers();
		toast("Saved.");
		toastError({ code: "disk_full", message: "No space left.", hint: null });
		vi.advanceTimersByTime(60_000);
		expect(toasts.list.map(({ text }) => text)).toEqual([
			"The disk is full. No space left. Free some space and try again. Nothing saved before was lost.",
		]);
	});

	it("waits while a person points at it or is in it by keyboard", async () => {
		show(Toasts);
		vi.useFakeTimers();
		toast("Chat deleted.", { label: "Undo", run: () => undefined });
		vi.advanceTimersByTime(9_000);
		flushSync();
		const undo = screen.getByRole("button", { name: "Undo" });
		undo.focus();
		await fireEvent.pointerEnter(undo.closest(".toast")!);
		vi.advanceTimersByTime(60_000);
		undo.blur();
		vi.advanceTimersByTime(60_000);
		expect(toasts.list, "the pointer is still there").toHaveLength(1);
		await fireEvent.pointerLeave(undo.closest(".toast")!);
		vi.advanceTimersByTime(9_000);
		expect(toasts.list, "all of its time, once nobody is at it").toHaveLength(1);
		vi.advanceTimersByTime(2_000);
		expect(toasts.list).toHaveLength(0);
	});

	it("is put away without closing the dialog under it, which a click beside it does close", async () => {
		show(Toasts);
		show(Dialog, { open: true, title: "Export" });
		await screen.findByRole("dialog", { name: "Export" });
		toastError({ code: "disk_full", message: "No space left.", hint: null });
		const dismiss = await screen.findByRole("button", { name: "Dismiss", hidden: true });
		// Pressed for as long as a hand presses: what is outside is told apart 10 ms after the press.
		vi.useFakeTimers();
		const press = async (on: Element) => {
			const where = { clientX: 900, clientY: 80, bubbles: true, cancelable: true };
			await fireEvent(on, new MouseEvent("pointerdown", where));
			vi.advanceTimersByTime(100);
			flushSync();
			await fireEvent.click(on);
		};
		await press(dismiss);
		expect(toasts.list).toEqual([]);
		expect(screen.queryByRole("dialog", { name: "Export" })?.dataset.state).toBe("open");
		await press(document.querySelector(".overlay")!);
		expect(screen.queryByRole("dialog", { name: "Export" })?.dataset.state).not.toBe("open");
	});

	it("is not shown for what a person cancelled", () => {
		toastError({ code: "cancelled", message: "Stopped.", hint: null });
		expect(toasts.list).toEqual([]);
	});
});

describe("a link", () => {
	it("opens only after its address was shown", async () => {
		const fake = host();
		const { user } = show(LinkDialog);
		openLinkAfterAsking("https://example.org/a");
		const dialog = await screen.findByRole("dialog");
		expect(dialog.textContent).toContain("example.org");
		expect(fake.calls, "nothing happens before the yes").toEqual([]);
		await user.click(screen.getByRole("button", { name: "Open in browser" }));
		expect(fake.calls).toEqual([{ method: "openLink", args: ["https://example.org/a"] }]);
	});

	it("stays shut when the dialog is closed", async () => {
		const fake = host();
		const { user } = show(LinkDialog);
		openLinkAfterAsking("https://example.org/a");
		await screen.findByRole("dialog");
		await user.keyboard("{Escape}");
		await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
		expect(fake.calls).toEqual([]);
	});
});

it("progress is told in whole per cents and never beyond its ends", () => {
	show(Progress, { label: "Reading", fraction: 1.2 });
	expect(screen.getByRole("progressbar", { name: "Reading" }).getAttribute("aria-valuenow")).toBe(
		"100",
	);
});

describe("what a button without words does", () => {
	const tip = () => document.querySelector(".tooltip")?.textContent;

	it("is said under the pointer after a moment, until it is pressed", async () => {
		vi.useFakeTimers();
		show(IconButton, { icon: "plus" as const, label: "New chat", shortcut: "Mod+N" });
		const button = screen.getByRole("button", { name: "New chat" });
		await fireEvent.pointerEnter(button);
		expect(tip(), "passing over it says nothing").toBeUndefined();
		await vi.advanceTimersByTimeAsync(600);
		expect(tip()).toMatch(/New chat.*Ctrl.*N/s);
		await fireEvent.pointerDown(button);
		expect(tip()).toBeUndefined();
	});

	it("is not said once the pointer has left, nor while its menu is open", async () => {
		vi.useFakeTimers();
		const { rerender } = show(IconButton, { icon: "more" as const, label: "More" });
		const button = screen.getByRole("button", { name: "More" });
		await fireEvent.pointerEnter(button);
		await fireEvent.pointerLeave(button);
		await vi.advanceTimersByTimeAsync(600);
		expect(tip()).toBeUndefined();
		await rerender({ "aria-expanded": "true" });
		await fireEvent.pointerEnter(button);
		await vi.advanceTimersByTimeAsync(600);
		expect(tip()).toBeUndefined();
	});
});
