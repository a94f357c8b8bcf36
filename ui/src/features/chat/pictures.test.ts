// Pictures in a message: added, taken out again, looked at before they leave, and shown with what was said.

import "../../test/layout";

import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, describe, expect, it, vi } from "vitest";

import type { FakeBackend } from "$lib/backend/fake";
import { go, place } from "$lib/navigation.svelte";
import { refreshAccounts } from "$lib/state/accounts.svelte";
import { watchModels } from "$lib/state/models.svelte";
import { readSettings } from "$lib/state/settings.svelte";

import { accessibilityFaults } from "../../test/axe";
import { host, option, show } from "../../test/render";
import ModelDropZone from "../models/ModelDropZone.svelte";
import { resetChat } from "./chat.svelte";
import ChatScreen from "./ChatScreen.svelte";
import { threadView } from "./thread/read";
// Read when the button is pressed; to read it takes long where it is also compiled.
import "../picker/PickerDialog.svelte";

const leave: (() => void)[] = [];
afterEach(() => {
	cleanup();
	for (const end of leave.splice(0)) end();
});

/** A new chat; `away`: with the model of an account. */
async function open({ away = true } = {}) {
	const fake = host();
	resetChat();
	go("chat");
	await readSettings();
	await threadView();
	const account = await fake.saveAccount(null, {
		kind: "open_ai",
		name: "OpenAI",
		baseUrl: "",
		destination: null,
		contextTokens: null,
	});
	await fake.testAccount(account.id);
	await refreshAccounts();
	leave.push(watchModels(() => undefined));
	const { user } = show(ChatScreen);
	if (away) {
		await user.click(await screen.findByRole("button", { name: /^Model:/ }));
		await user.click(await option("GPT-6 Luna"));
	}
	return { fake, user };
}

const field = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Message" });
const strip = () => screen.findByRole("list", { name: "Pictures that go with the message" });
const add = () => screen.getByRole("button", { name: "Add a picture" });
const sent = (fake: FakeBackend) => fake.calls.filter(({ method }) => method === "sendMessage");

describe("a picture that is added", () => {
	it("stands above the text, is said not to be inspected, and can be taken out", async () => {
		const { fake, user } = await open();
		await user.type(field(), "What is this?");
		await user.click(add());
		expect(within(await strip()).getByRole("img", { name: /^Picture, 1600 × 1067/ })).toBeTruthy();
		expect(await screen.findByText(/1 picture, not inspected/)).toBeTruthy();
		const faults = await accessibilityFaults();
		expect(faults.filter((fault) => !fault.startsWith("landmark"))).toEqual([]);
		await user.click(screen.getByRole("button", { name: "Remove Picture" }));
		await waitFor(() => expect(screen.queryByText(/not inspected/)).toBeNull());
		expect(await fake.draftPictures(null)).toEqual([]);
	});

	it("can be pasted, and then is no text", async () => {
		const { fake } = await open();
		const file = new File([new Uint8Array([1, 2, 3])], "shot.png", { type: "image/png" });
		await fireEvent.paste(field(), { clipboardData: { files: [file] } });
		await within(await strip()).findByRole("img");
		const pasted = fake.calls.find(({ method }) => method === "pastePicture");
		expect(pasted?.args).toEqual([null, "AQID"]);
		expect(field().value).toBe("");
	});

	it("can be pasted where the web view keeps it from the page, and a text is not looked behind", async () => {
		const { fake } = await open();
		fake.pasteCopiedPicture = vi.fn(async (conversation) => fake.pastePicture(conversation, ""));
		const paste = (text: string) =>
			fireEvent.paste(field(), { clipboardData: { files: [], getData: () => text } });
		await paste("a text");
		expect(fake.pasteCopiedPicture).not.toHaveBeenCalled();
		await paste("");
		await within(await strip()).findByRole("img");
	});

	it("can be dropped, also where another screen is shown", async () => {
		const { fake } = await open();
		render(ModelDropZone);
		fake.emit("pictureDragging", { over: true });
		expect(await screen.findByText("Drop the picture to add it to your message")).toBeTruthy();
		fake.emit("pictureDragging", { over: false });
		go("settings");
		fake.emit("picturesDropped", {});
		expect(place.screen).toBe("chat");
		await strip();
	});

	it("that cannot be taken is told, and the others stay", async () => {
		const { fake, user } = await open();
		await user.click(add());
		await strip();
		fake.choosePictures = async () => ({
			pictures: [],
			refused: [{ code: "invalid_input", message: "a.svg: This is an SVG.", hint: null }],
		});
		await user.click(add());
		await waitFor(() => expect(add()).toHaveProperty("disabled", false));
		expect(within(await strip()).getAllByRole("img").length).toBe(1);
	});

	it("waits where only models on this computer could answer, which read texts alone", async () => {
		const { user } = await open({ away: false });
		await user.type(field(), "What is this?");
		await user.click(add());
		expect(await screen.findByText("Nobody can look at the picture")).toBeTruthy();
		expect(screen.getByRole("button", { name: "Send" })).toHaveProperty("disabled", true);
	});
});

describe("a message with a picture", () => {
	it("is shown before it leaves, and leaves when the person says so", async () => {
		const { fake, user } = await open();
		await user.type(field(), "What is this?");
		await user.click(add());
		await strip();
		fake.fail("sendMessage", { code: "review_first", message: "Look first.", hint: null });
		await user.click(screen.getByRole("button", { name: "Send" }));
		const sheet = await screen.findByRole("dialog", { name: "What leaves for OpenAI" });
		const pictures = within(sheet).getByRole("region", { name: "Pictures that leave" });
		expect(within(pictures).getByRole("img", { name: "Picture" })).toBeTruthy();
		expect(pictures.textContent).toContain("cannot see what is in a picture");
		expect(within(sheet).queryByRole("button", { name: "Keep on this computer" })).toBeNull();
		fake.fail("sendMessage", null);
		await user.click(within(sheet).getByRole("button", { name: "Send with the picture" }));
		await waitFor(() => expect(sent(fake).at(-1)?.args[2]).toEqual(["picture-1"]));
		expect(sent(fake).at(-1)?.args[3]).toEqual({ may_leave: ["account-1"] });
		const shown = await screen.findByRole("list", { name: "Pictures of this message" });
		await user.click(within(shown).getByRole("button", { name: "Show Picture large" }));
		expect(await screen.findByRole("dialog", { name: "Picture" })).toBeTruthy();
	});

	it("needs no text", async () => {
		const { fake, user } = await open();
		await user.click(add());
		await strip();
		await user.click(screen.getByRole("button", { name: "Send" }));
		await screen.findByRole("button", { name: "Regenerate" });
		expect(sent(fake).at(-1)?.args.slice(1, 3)).toEqual(["", ["picture-1"]]);
		expect(screen.queryByRole("list", { name: "Pictures that go with the message" })).toBeNull();
	});
});
